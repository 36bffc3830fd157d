"""Facets: of a window without a filter, and of all rows under filters that keep many and few."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, LiteralString

from trials.bench.reads.questions import FILTERS, View

WINDOW_MS: Final = 30.0
UNDER_FILTER_MS: Final = 100.0
_MOST: Final = 10_000
_TOLD: Final = """select f ->> 'field', v ->> 'value', (v ->> 'count')::bigint
from jsonb_array_elements(public.list_facets({}) -> 'facets') f
  cross join jsonb_array_elements(f -> 'values') v
where f ->> 'field' = any('{{{}}}') order by 1, 3 desc, 2"""
_OF_WINDOW: Final = """jsonb_build_object('kind', '{}',
  'start', %(window_start)s::timestamptz, 'end', %(window_end)s::timestamptz)"""
_FAILED: Final[LiteralString] = """select 'error_type', coalesce(error_type, '_OTHER'), count(*)
from raw_spans where status = 'error' and misdated is null
  and start_time >= %(window_start)s and start_time < %(window_end)s
group by 2 order by 3 desc, 2 limit 10"""
_COLUMNS: Final = {
    "spans": {"tool": "tool_name", "user": "user_id"},
    "traces": {"model": "canonical_model", "user": "user_id"},
}
"""Of those that are compared: of traces what they tell themselves."""
_FILTERED: Final = {"environment": "environment", "user": "user_id", "tool": "tool_name"}


def list_facets() -> Iterator[View]:
    """List the questions to ``list_facets``, each of all fields at once."""
    window = _OF_WINDOW.format("spans")
    yield View("facets of 30 days", _TOLD.format(window, "error_type"), _FAILED, WINDOW_MS)
    # Of many traces sums tell calls, of few the traces themselves: there is no one truth of both.
    window = _OF_WINDOW.format("traces")
    yield View("facets of 30 days, traces", _TOLD.format(window, "model"), None, WINDOW_MS)
    for kind in ("spans", "traces"):
        for field in _FILTERED:
            yield _ask(kind, field, FILTERS[field])


def _ask(kind: str, field: str, value: str) -> View:
    asked = {"kind": kind, "filters": [{"field": field, "op": "in", "values": [value]}]}
    arguments = f"'{json.dumps(asked)}'"
    return View(
        f"facets of {kind} where {field} is one",
        _TOLD.format(arguments, ",".join(_COLUMNS[kind])),
        _tell(kind, f"{_FILTERED[field]} = '{value}'"),
        UNDER_FILTER_MS,
    )


def _tell(kind: str, term: str) -> str:
    ids = "start_time desc, trace_id desc, span_id desc"
    newest = (
        f"select * from raw_spans where misdated is null and {term} order by {ids} limit {_MOST}"
        if kind == "spans"
        else "select * from raw_spans join (select trace_id from raw_spans group by 1 "
        f"having bool_or({term}) order by min(start_time) desc, 1 desc limit {_MOST}) "
        "of_these using (trace_id)"
    )
    rows = "count(*)" if kind == "spans" else "count(distinct trace_id)"
    return f"with newest as ({newest}) " + " union all ".join(
        f"(select '{name}', {column}, {rows} from newest where {column} is not null"
        f"{' and counted' if (kind, name) == ('traces', 'model') else ''} "
        "group by 2 order by 3 desc, 2 limit 10)"
        for name, column in sorted(_COLUMNS[kind].items())
    )
