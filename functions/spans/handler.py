"""GET /spans: a tenant's spans, newest first or in another order."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.paging import SpanPageQuery, describe_page, read_page
from functions.common.summaries import SpanSummary, list_columns, to_span_summary
from functions.spans.bodies import SpanPage

_COLUMNS: Final = list_columns(SpanSummary.model_fields)

app = create_app("spans")


@app.get("/spans")
async def list_spans(caller: Caller, query: Annotated[SpanPageQuery, Query()]) -> SpanPage:
    """List spans, newest first unless sort says another order, a page at a time."""
    page, next_cursor = read_page(caller, "spans", query, _COLUMNS)
    items = [to_span_summary(row) for row in page]
    return SpanPage(items=items, **describe_page(caller, "spans", query, page, next_cursor))


handler = create_handler(app)
