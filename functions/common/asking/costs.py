"""The term of a filter that costs the database most: the one that a caller should narrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from functions.common.asking.fields import FIELDS, READ_FROM_SPANS, TAG
from functions.common.asking.trees import Tree, list_members

_BY_KEY: Final = frozenset({"started", "trace"})
"""An index has these."""


def find_dearest(trees: Sequence[Tree], rows: Literal["spans", "traces"]) -> str | None:
    """Give the field of the dearest term, or None where every term is found by an index."""
    fields = [term["field"] for tree in trees for term in _list_terms(tree)]
    dearest = max(fields, key=lambda field: _rank(field, rows), default=None)
    return dearest if dearest is not None and _rank(dearest, rows) else None


def _rank(field: str, rows: Literal["spans", "traces"]) -> int:
    if field in _BY_KEY:
        return 0
    kind = FIELDS.get(field)
    if kind in ("words", "store"):
        return 3
    reads_spans = field in READ_FROM_SPANS or field.startswith(TAG)
    return 2 if rows == "traces" and reads_spans else 1


def _list_terms(tree: Tree) -> Iterator[Tree]:
    members = list_members(tree)
    if members is None:
        yield from [tree] if tree else []
    for member in members or []:
        yield from _list_terms(member)
