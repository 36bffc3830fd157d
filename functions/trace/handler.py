"""GET /traces/{trace_id}: one trace with all its spans."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from functions.common.answer_size import MOST_BYTES, measure
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.errors import ErrorBody, NotFoundError
from functions.common.summaries import find_trace, to_trace_summary
from functions.common.types import SpanId, TraceId
from functions.trace.bodies import TraceDetail, to_span_detail
from functions.trace.reading import read_evaluations, read_spans
from functions.trace.tree import order_as_tree

app = create_app("trace")


@app.get("/traces/{trace_id}", responses={404: {"model": ErrorBody}})
async def get_trace(
    caller: Caller,
    trace_id: TraceId,
    details_of: Annotated[
        SpanId | None, Query(description="Whose attributes and content come before all others'.")
    ] = None,
) -> TraceDetail:
    """Give a trace and its spans in tree order, the earliest 2,000 of a longer one.

    An answer holds 6 MB: attributes and content that do not fit are left out, from the latest
    spans on, and so are spans where even that is not enough. It says how much is missing;
    ``details_of`` names a span whose are to be there.
    """
    found = find_trace(caller, trace_id)
    if found is None:
        raise NotFoundError("There is no such trace.")
    trace = to_trace_summary(found)
    evaluations = read_evaluations(caller, trace_id)
    room = MOST_BYTES - sum(map(measure, evaluations))
    rows = read_spans(caller, found, details_of, room)
    spans = [to_span_detail(row) for row in order_as_tree(rows)]
    missing = max(trace.span_count - len(spans), 0)
    bare = sum(span.truncated for span in spans)
    return TraceDetail(
        trace=trace,
        spans=spans,
        evaluations=evaluations,
        truncated=bool(missing or bare),
        missing_spans=missing,
        bare_spans=bare,
    )


handler = create_handler(app)
