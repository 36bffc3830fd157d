"""GET /metrics: a tenant's model calls in numbers."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

from fastapi import Query
from fastapi.responses import PlainTextResponse

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.dear_filters import name_dearest
from functions.metrics.answering import to_metrics
from functions.metrics.bodies import Metrics, Window
from functions.metrics.explaining import explain
from functions.metrics.query import TAG_FILTER, MetricsQuery

_SQL: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}

app = create_app("metrics")


@app.get(
    "/metrics",
    response_model=Metrics,
    responses=_SQL,
    openapi_extra={"parameters": [TAG_FILTER]},
)
async def get_metrics(
    caller: Caller, query: Annotated[MetricsQuery, Query()]
) -> Metrics | PlainTextResponse:
    """Give totals, a series without holes and totals by model; the last 24 hours by default.

    With group_by, groups too; with explain=sql the statement in their place, as text.
    """
    start, end = query.choose()
    arguments = query.to_arguments(start, end)
    # Asked in either case: SQL that would be refused explains nothing.
    with name_dearest(arguments["filters"], "spans"):
        answer = read_as(caller).rpc("query_metrics", arguments).execute().data
    found = cast("dict[str, Any]", answer)
    if query.explain is not None:
        return PlainTextResponse(explain(caller.tenant, arguments))
    window = Window(start=start, end=end, bucket=query.bucket, time_zone=query.time_zone)
    return to_metrics(caller.tenant, query, window, found)


handler = create_handler(app)
