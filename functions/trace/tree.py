"""The order of a trace's spans: depth first, siblings by start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def order_as_tree(rows: Iterable[Row]) -> list[Row]:
    """Put each span after its parent; nothing is left out or told twice.

    A span whose parent is not there is a root, and so is the earliest span of a circle.
    """
    ordered = sorted(rows, key=lambda row: (row["start_ns"], row["span_id"]))
    known = {row["span_id"] for row in ordered}
    children: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in ordered:
        parent = row["parent_span_id"]
        children[parent if parent in known else None].append(row)
    result: list[Row] = []
    told: set[str] = set()
    # A circle is reached from no root, so its earliest span is taken up as one at the end.
    for root in (*children[None], *ordered):
        stack = [root]
        while stack:
            row = stack.pop()
            if row["span_id"] not in told:
                told.add(row["span_id"])
                result.append(row)
                stack.extend(reversed(children[row["span_id"]]))
    return result
