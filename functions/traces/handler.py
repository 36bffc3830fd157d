"""GET /traces: a tenant's traces, newest first or in another order."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.paging import TracePageQuery, describe_page, read_page
from functions.common.summaries import TraceSummary, list_columns, to_trace_summary
from functions.traces.bodies import TracePage

_COLUMNS: Final = list_columns(TraceSummary.model_fields)

app = create_app("traces")


@app.get("/traces")
async def list_traces(caller: Caller, query: Annotated[TracePageQuery, Query()]) -> TracePage:
    """List traces, newest first; model, provider and operation match where any span has it."""
    page, next_cursor = read_page(caller, "traces", query, _COLUMNS)
    items = [to_trace_summary(row) for row in page]
    return TracePage(items=items, **describe_page(caller, "traces", query, page, next_cursor))


handler = create_handler(app)
