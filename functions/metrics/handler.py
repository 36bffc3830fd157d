"""GET /metrics: a tenant's model calls in numbers."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Query

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.summaries import Row, name_tokens
from functions.metrics.bodies import (
    Latency,
    Metrics,
    MetricsQuery,
    ModelTotals,
    SeriesPoint,
    Totals,
    Window,
    WindowTotals,
)

app = create_app("metrics")


@app.get("/metrics")
async def get_metrics(caller: Caller, query: Annotated[MetricsQuery, Query()]) -> Metrics:
    """Give totals, a series without holes and totals by model; the last 24 hours by default."""
    start, end = query.choose()
    window = Window(start=start, end=end, bucket=query.bucket)
    arguments = {
        "window_start": window.start.isoformat(),
        "window_end": window.end.isoformat(),
        "bucket": window.bucket,
    }
    found = cast("dict[str, Any]", read_as(caller).rpc("query_metrics", arguments).execute().data)
    return Metrics(
        tenant_id=caller.tenant,
        generated=found["generated"],
        window=window,
        totals=WindowTotals(
            **_to_totals(found["totals"]).model_dump(),
            possible_duplicates=found["totals"]["possible_duplicates"],
            left_out=found["totals"]["left_out"],
        ),
        series=[
            SeriesPoint(**_to_totals(row).model_dump(), bucket_start=row["bucket_start"])
            for row in found["series"]
        ],
        by_model=[
            ModelTotals(
                **_to_totals(row).model_dump(), provider=row["provider"], model=row["model"]
            )
            for row in found["by_model"]
        ],
    )


def _to_totals(row: Row) -> Totals:
    latency = Latency.model_validate(row["latency_ms"])
    return Totals.model_validate({**name_tokens(row), "latency_ms": latency})


handler = create_handler(app)
