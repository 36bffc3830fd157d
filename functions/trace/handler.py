"""GET /traces/{trace_id}: a trace with its spans, a page at a time, and each of them whole."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from functions.common.answer_size import MOST_BYTES, measure
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.errors import ErrorBody, NotFoundError
from functions.common.summaries import to_trace_summary
from functions.common.types import SpanId, TraceId
from functions.trace.bodies import SpanWhole, TraceDetail, to_span_detail
from functions.trace.places import After, read_place, write_place
from functions.trace.reading import add_details, read_evaluations, read_page
from functions.trace.tree import order_as_tree
from functions.trace.whole import read_span

app = create_app("trace")


@app.get("/traces/{trace_id}", responses={404: {"model": ErrorBody}})
async def get_trace(
    caller: Caller,
    trace_id: TraceId,
    details_of: Annotated[
        SpanId | None, Query(description="Whose attributes and content come before all others'.")
    ] = None,
    view: Annotated[
        Literal["full", "summary"],
        Query(description="summary leaves out attributes and content of all spans."),
    ] = "full",
    after: Annotated[
        After | None, Query(description="The next of the page before: the spans that follow.")
    ] = None,
) -> TraceDetail:
    """Give a trace and its spans in tree order, a longer one by start in pages of 2,000.

    An answer holds 6 MB: attributes and content that do not fit are left out, from the latest
    spans on, and a page ends where even bare spans are too many. It says how much is missing.
    """
    place = None if after is None else read_place(after, trace_id)
    evaluations = [] if place else read_evaluations(caller, trace_id)
    room = MOST_BYTES - sum(map(measure, evaluations))
    page = read_page(caller, trace_id, place, room)
    if page is None:
        raise NotFoundError("There is no such trace.")
    if view == "full":
        add_details(caller, page, place, details_of)
    is_whole = place is None and not page.has_more
    rows = order_as_tree(page.rows) if is_whole else page.rows
    spans = [to_span_detail(row) for row in rows]
    trace = to_trace_summary(page.trace)
    missing = max(trace.span_count - len(spans), 0)
    bare = sum(span.truncated for span in spans)
    return TraceDetail(
        trace=trace,
        root_span_id=page.trace["root_span_id"],
        spans=spans,
        evaluations=evaluations,
        truncated=bool(missing or bare),
        missing_spans=missing,
        bare_spans=bare,
        next=write_place(page.rows[-1]) if page.has_more else None,
    )


@app.get("/traces/{trace_id}/spans/{span_id}", responses={404: {"model": ErrorBody}})
async def get_span(caller: Caller, trace_id: TraceId, span_id: SpanId) -> SpanWhole:
    """Give all there is of one span: content, attributes, what was found of it, and its cost."""
    span = read_span(caller, trace_id, span_id)
    if span is None:
        raise NotFoundError("There is no such span in this trace.")
    return span


handler = create_handler(app)
