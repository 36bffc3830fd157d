"""A trace's spans, as many and with as much of each as an answer holds.

The tree comes first: a span without its attributes and content is small. The room that is left
goes to those, from the earliest span on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from functions.common.answer_size import cut_rows, measure
from functions.common.auth.access import CallerIdentity
from functions.common.database import fetch, read_as
from functions.common.summaries import list_columns
from functions.trace.bodies import Evaluation, SpanDetail, to_span_detail

_PAGE: Final = 1000
"""Rows a request: what the Data API gives at most (max_rows)."""
_MOST_SPANS: Final = 2000
_BARE: Final[dict[str, Any]] = {
    "attributes": {},
    "input": None,
    "output": None,
    "truncated": True,
}
_SHOWN: Final = [name for name in SpanDetail.model_fields if name not in _BARE]
_COLUMNS: Final = list_columns(["start_ns", *_SHOWN])
_EVALUATION_COLUMNS: Final = ",".join(Evaluation.model_fields)
_MOST_EVALUATIONS: Final = 500
_EVALUATION_BYTES: Final = 1_000_000
Row = dict[str, Any]


def read_spans(
    caller: CallerIdentity, trace: Row, wanted: str | None, most_bytes: int
) -> list[Row]:
    """Read the rows of a trace's spans, the earliest first, as far as ``most_bytes`` hold them.

    Of the span that is ``wanted`` attributes and content come before all others'.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    rows: list[Row] = []
    left = most_bytes
    for row in _read_bare(caller, trace):
        left -= measure(to_span_detail(row))
        if left < 0:
            break
        rows.append(row)
    details = _read_details(caller, trace, left, wanted) if left > 0 else {}
    for row in sorted(rows, key=lambda row: row["span_id"] != wanted):
        found = details.get(row["span_id"])
        size = measure(found) if found is not None else 0
        if found is not None and size <= left:
            left -= size
            row.update(found, truncated=False)
    return rows


def read_evaluations(caller: CallerIdentity, trace_id: str) -> list[Evaluation]:
    """Read what was found of a trace and its spans, the earliest first, as much as 1 MB holds.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    rows = read_as(caller).from_("trace_evaluations").select(_EVALUATION_COLUMNS)
    found = rows.eq("tenant_id", caller.tenant).eq("trace_id", trace_id)
    page = fetch(found.order("received_at").order("evaluation_id").limit(_MOST_EVALUATIONS))
    return [Evaluation.model_validate(row) for row in cut_rows(page, _EVALUATION_BYTES)]


def _read_bare(caller: CallerIdentity, trace: Row) -> Iterator[Row]:
    """Read pages of spans; the time bounds keep Postgres to the partitions that matter."""
    for first in range(0, _MOST_SPANS, _PAGE):
        spans = (
            read_as(caller)
            .from_("span_summaries")
            .select(_COLUMNS)
            .eq("tenant_id", caller.tenant)
            .eq("trace_id", trace["trace_id"])
            .gte("start_time", trace["earliest"])
            .lte("start_time", trace["latest"])
        )
        ordered = spans.order("start_time").order("span_id")
        page = fetch(ordered.range(first, first + _PAGE - 1))
        yield from (row | _BARE for row in page)
        if len(page) < _PAGE:
            return


def _read_details(
    caller: CallerIdentity, trace: Row, most_bytes: int, wanted: str | None
) -> dict[str, Row]:
    """Read attributes and content by span; the database stops at so many bytes."""
    asked = {"trace_id": trace["trace_id"], "most_bytes": most_bytes, "first_span": wanted}
    found = read_as(caller).rpc("read_span_details", asked).execute().data
    return {row.pop("span_id"): row for row in cast("list[Row]", found)}
