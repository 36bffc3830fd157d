"""Questions to MLflow: its metrics of traces and spans, its search, as its own pages ask them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

_METRICS: Final = "ajax-api/3.0/mlflow/traces/metrics"
_SEARCH: Final = "ajax-api/3.0/mlflow/traces/search"
_EXPERIMENT: Final = "0"
_DAY: Final = 86_400
_PERCENTILES: Final = [
    {"aggregation_type": "PERCENTILE", "percentile_value": value} for value in (50.0, 95.0, 99.0)
]
_SUM: Final = [{"aggregation_type": "SUM"}]
_COUNT: Final = [{"aggregation_type": "COUNT"}]
Ask = Callable[[httpx.Client, datetime, datetime], Any]


def _ask(client: httpx.Client, start: datetime, end: datetime, **asked: Any) -> None:
    body = {
        "experiment_ids": [_EXPERIMENT],
        "start_time_ms": int(start.timestamp() * 1000),
        "end_time_ms": int(end.timestamp() * 1000),
        "max_results": 1000,
        **asked,
    }
    client.post(_METRICS, json=body).raise_for_status()


def _by_day(client: httpx.Client, start: datetime, end: datetime) -> None:
    """Ask four times: each answer has one metric, as the dashboard's cards have."""
    asked = (
        ("TRACES", "trace_count", _COUNT),
        ("TRACES", "total_tokens", _SUM),
        ("TRACES", "latency", _PERCENTILES),
        ("SPANS", "total_cost", _SUM),
    )
    for view, metric, sums in asked:
        told = {"view_type": view, "metric_name": metric, "aggregations": sums}
        _ask(client, start, end, time_interval_seconds=_DAY, **told)


def _by_hour(client: httpx.Client, _: datetime, end: datetime) -> None:
    by_model = {
        "dimensions": ["span_model_name", "span_model_provider"],
        "time_interval_seconds": 3600,
        "view_type": "SPANS",
    }
    start = end - timedelta(days=1)
    _ask(client, start, end, metric_name="span_count", aggregations=_COUNT, **by_model)
    _ask(client, start, end, metric_name="total_cost", aggregations=_SUM, **by_model)


def _errors(client: httpx.Client, start: datetime, end: datetime) -> None:
    asked = {"view_type": "SPANS", "metric_name": "span_count", "aggregations": _COUNT}
    _ask(client, start, end, dimensions=["span_status", "span_model_name"], **asked)


def _newest(client: httpx.Client, _: datetime, __: datetime) -> None:
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": _EXPERIMENT}}
    body = {"locations": [location], "max_results": 51, "order_by": ["timestamp_ms DESC"]}
    client.post(_SEARCH, json=body).raise_for_status()


QUESTIONS: Final[Mapping[str, tuple[str, Ask | None]]] = {
    "24 hours by hour, by model": ("spans and cost: two requests; no tokens by model", _by_hour),
    "30 days by day, UTC": ("traces, tokens, cost, latency: four requests", _by_day),
    "30 days by day, Europe/Berlin": ("intervals are seconds since 1970", None),
    "by user, top 20": ("no such dimension", None),
    "errors by type": ("by status and model; no type of error", _errors),
    "where user is one": ("filters are status, tag and metadata of a trace", None),
    "newest 51 traces": ("search", _newest),
}
"""By the names of our questions: how MLflow is asked, or the reason that it cannot be."""
