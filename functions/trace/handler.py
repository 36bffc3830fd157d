"""GET /traces/{trace_id}: one trace with all its spans."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path

from functions.common.access import CallerIdentity
from functions.common.app import create_app, create_handler
from functions.common.callers import Caller
from functions.common.database import fetch, find_trace, read_as
from functions.common.errors import NotFoundError
from functions.common.models import ErrorBody, TraceDetail
from functions.common.rows import to_span_detail, to_trace_summary
from functions.common.tree import order_as_tree

_PAGE: Final = 1000
"""Rows a request: what the Data API gives at most (max_rows)."""
_MOST_SPANS: Final = 2000
"""Keeps the answer below the 6 MB that a Lambda may return."""

app = create_app("trace")


@app.get("/traces/{trace_id}", responses={404: {"model": ErrorBody}})
async def get_trace(
    caller: Caller, trace_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
) -> TraceDetail:
    """Give a trace and its spans in tree order; the earliest 2,000 of a longer one."""
    found = find_trace(caller, trace_id)
    if found is None:
        raise NotFoundError("There is no such trace.")
    trace = to_trace_summary(found)
    rows = _read_spans(caller, found)
    return TraceDetail(
        trace=trace,
        spans=[to_span_detail(row) for row in order_as_tree(rows)],
        truncated=len(rows) < trace.span_count,
    )


def _read_spans(caller: CallerIdentity, trace: dict[str, Any]) -> list[dict[str, Any]]:
    """Read pages of spans; the time bounds keep Postgres to the partitions that matter."""
    rows: list[dict[str, Any]] = []
    while len(rows) < _MOST_SPANS:
        spans = (
            read_as(caller)
            .from_("span_details")
            .select("*")
            .eq("tenant_id", caller.tenant)
            .eq("trace_id", trace["trace_id"])
            .gte("start_time", trace["start_time"])
            .lte("start_time", trace["end_time"])
        )
        ordered = spans.order("start_time").order("span_id")
        page = fetch(ordered.range(len(rows), len(rows) + _PAGE - 1))
        rows += page
        if len(page) < _PAGE:
            break
    return rows


handler = create_handler(app)
