"""Questions to Phoenix: GraphQL, as the pages of a project ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

Ask = Callable[[httpx.Client, datetime, datetime], Any]
_FIND: Final = '{ getProjectByName(name: "default") { id } }'
_HOURLY: Final = """
  spanCountTimeSeries(timeRange: $range, timeBinConfig: $bins,
    filterCondition: "span_kind == 'LLM'") { data { timestamp totalCount errorCount } }
  topModelsByCost(timeRange: $range) {
    name costSummary(projectId: $project, timeRange: $range) { total { cost tokens } } }
"""
_DAILY: Final = """
  traceCountByStatusTimeSeries(timeRange: $range, timeBinConfig: $bins) {
    data { timestamp totalCount errorCount } }
  traceTokenCountTimeSeries(timeRange: $range, timeBinConfig: $bins) {
    data { timestamp promptTokenCount completionTokenCount totalTokenCount } }
  traceTokenCostTimeSeries(timeRange: $range, timeBinConfig: $bins) {
    data { timestamp promptCost completionCost totalCost } }
  traceLatencyMsPercentileTimeSeries(timeRange: $range, timeBinConfig: $bins) {
    data { timestamp p50 p95 p99 } }
"""
_OF_ONE: Final = """
  recordCount(timeRange: $range, filterCondition: $filter)
  tokenCountTotal(timeRange: $range, filterCondition: $filter)
  costSummary(timeRange: $range, filterCondition: $filter) { total { cost } }
  spanLatencyMsQuantile(probability: 0.95, timeRange: $range, filterCondition: $filter)
"""
_NEWEST: Final = """
  spans(first: 51, timeRange: $range, filterCondition: "parent_id is None",
    sort: {col: startTime, dir: desc}) { edges { node { name startTime latencyMs } } }
"""
_KINDS: Final = {
    "project": "ID!",
    "range": "TimeRange!",
    "bins": "TimeBinConfig!",
    "filter": "String!",
}
_INDIA: Final = 330
"""Minutes before UTC: a time zone is an offset to Phoenix."""


@dataclass(frozen=True, slots=True)
class _Request:
    """Fields of a project, and the variables that they may name."""

    fields: str
    days: int | None = None
    scale: str = "DAY"
    offset: int = 0
    kept: str = ""

    def __call__(self, client: httpx.Client, start: datetime, end: datetime) -> None:
        found = client.post("graphql", json={"query": _FIND}).json()
        since = end - timedelta(days=self.days) if self.days else start
        variables = {
            "project": found["data"]["getProjectByName"]["id"],
            "range": {"start": since.isoformat(), "end": end.isoformat()},
            "bins": {"scale": self.scale, "utcOffsetMinutes": self.offset},
            "filter": self.kept,
        }
        used = ", ".join(f"${n}: {kind}" for n, kind in _KINDS.items() if f"${n}" in self.fields)
        query = f'query ({used}) {{ getProjectByName(name: "default") {{ {self.fields} }} }}'
        answer = client.post("graphql", json={"query": query, "variables": variables}).json()
        if answer.get("errors"):
            raise AssertionError(f"Phoenix does not answer: {answer['errors'][0]['message']}")


_USER: Final = "attributes['user']['id'] == 'user-0'"
QUESTIONS: Final[Mapping[str, tuple[str, Ask | None]]] = {
    "24 hours by hour, by model": (
        "LLM spans by hour, and models by cost over all 24",
        _Request(_HOURLY, days=1, scale="HOUR"),
    ),
    "30 days by day, UTC": (
        "four series of traces in one request",
        _Request(_DAILY),
    ),
    "30 days by day, Asia/Kolkata": (
        "the same, at a fixed offset",
        _Request(_DAILY, offset=_INDIA),
    ),
    "by user, top 20": ("nothing is grouped by an attribute", None),
    "errors by type": ("errors are counted, not told apart", None),
    "where user is one": (
        "totals of 30 days; no series takes a filter but that of counts",
        _Request(_OF_ONE, kept=_USER),
    ),
    "newest 51 traces": ("root spans", _Request(_NEWEST)),
}
"""By the names of our questions: how Phoenix is asked, or the reason that it cannot be."""
