"""GET /spans: a tenant's spans, newest first."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.paging import SpanListQuery, select_page
from functions.common.summaries import SpanSummary, list_columns, to_span_summary
from functions.spans.bodies import SpanPage

_COLUMNS: Final = list_columns(SpanSummary.model_fields)

app = create_app("spans")


@app.get("/spans")
async def list_spans(caller: Caller, query: Annotated[SpanListQuery, Query()]) -> SpanPage:
    """List spans, newest first, a page at a time."""
    rows = read_as(caller).from_("span_summaries").select(_COLUMNS).eq("tenant_id", caller.tenant)
    rows = query.narrow(rows, "spans")
    page, next_cursor = select_page(query, rows, ("trace_id", "span_id"))
    return SpanPage(items=[to_span_summary(row) for row in page], next_cursor=next_cursor)


handler = create_handler(app)
