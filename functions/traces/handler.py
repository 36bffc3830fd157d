"""GET /traces: a tenant's traces, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.paging import ListQuery, select_page
from functions.common.summaries import to_trace_summary
from functions.traces.bodies import TracePage

app = create_app("traces")


@app.get("/traces")
async def list_traces(caller: Caller, query: Annotated[ListQuery, Query()]) -> TracePage:
    """List traces, newest first; model, provider and operation match where any span has it."""
    rows = read_as(caller).from_("trace_summaries").select("*").eq("tenant_id", caller.tenant)
    rows = query.narrow(rows, "traces")
    page, next_cursor = select_page(query, rows, ("trace_id",))
    return TracePage(items=[to_trace_summary(row) for row in page], next_cursor=next_cursor)


handler = create_handler(app)
