"""Lists under a filter: of each field a value that there is, one that there is not, and pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from trials.bench.reads.facets import list_facets
from trials.bench.reads.questions import COLUMNS, FILTERS, View

ONE_MS: Final = 20.0
TWO_MS: Final = 50.0
_MOST: Final = 51
"""A page, and whether there is more."""
_NOWHERE: Final = "nowhere"
_OF_CALLS: Final = {"provider", "model"}
_PAIRS: Final = (
    {"model": FILTERS["model"], "environment": FILTERS["environment"]},
    {"user": FILTERS["user"], "tool": FILTERS["tool"]},
    {"agent": FILTERS["agent"], "error_type": FILTERS["error_type"]},
    # Many rows have the one, many the other, and none has both.
    {"operation": "embeddings", "tool": FILTERS["tool"]},
    {"environment": FILTERS["environment"], "user": _NOWHERE},
)


def list_listings() -> Iterator[View]:
    """List the questions to ``list_spans`` and ``list_traces``, and to facets beside them."""
    yield from list_facets()
    for kind in ("spans", "traces"):
        for field, value in FILTERS.items():
            yield _ask(kind, f"{kind} where {field} is one", {field: value}, ONE_MS)
            yield _ask(kind, f"{kind} where {field} is nowhere", {field: _NOWHERE}, ONE_MS)
        for pair in _PAIRS:
            fields = " and ".join(pair)
            missing = " nowhere" if _NOWHERE in pair.values() else ""
            yield _ask(kind, f"{kind} where {fields} are one{missing}", pair, TWO_MS)


def _ask(kind: str, name: str, kept: Mapping[str, str], target: float) -> View:
    ids = ("trace_id", "span_id") if kind == "spans" else ("trace_id",)
    terms = [{"field": field, "op": "in", "values": [value]} for field, value in kept.items()]
    asked = json.dumps({"shown": ids, "filters": [{"and": terms}], "most": _MOST})
    columns = ", ".join(f"{name} text" for name in ids)
    return View(
        name,
        f"select * from json_to_recordset(public.list_{kind}('{asked}')) as r({columns})",
        _tell_spans(kept) if kind == "spans" else _tell_traces(kept),
        target,
    )


def _tell_spans(kept: Mapping[str, str]) -> str:
    terms = (f"{COLUMNS[field]} = '{value}'" for field, value in kept.items())
    return (
        f"select trace_id, span_id from raw_spans where misdated is null and {' and '.join(terms)} "
        f"order by start_time desc, trace_id desc, span_id desc limit {_MOST}"
    )


def _tell_traces(kept: Mapping[str, str]) -> str:
    terms = (
        f"bool_or({COLUMNS[field]} = '{value}' and {'counted' if field in _OF_CALLS else 'true'})"
        for field, value in kept.items()
    )
    return (
        f"select trace_id from raw_spans group by 1 having {' and '.join(terms)} "
        f"order by min(start_time) desc, 1 desc limit {_MOST}"
    )
