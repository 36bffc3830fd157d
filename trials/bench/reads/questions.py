"""The questions as a tenant asks them, each with its target if it has one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from trials.bench.reads.population import DAYS

DAY_MS: Final = 15.0
MONTH_MS: Final = 30.0
FILTERED_MS: Final = 100.0
GROWTH: Final = 1.5
"""Target: from a million spans to ten, at most so many times as long."""
ZONES: Final = ("UTC", "Europe/Berlin", "Asia/Kolkata")
FILTERS: Final[Mapping[str, str]] = {
    "environment": "production",
    "service": "assistant",
    "operation": "chat",
    "provider": "anthropic",
    "model": "gpt-5.4",
    "user": "user-0",
    "customer": "account-0",
    "session": "conversation-00-7",
    "agent": "triage",
    "tool": "refund",
    "prompt": "billing-system@2",
    "feature": "search",
    "error_type": "rate_limit",
    "api_key": "key00000",
    "release": "2026.55",
}
"""Each dimension that filters once, and the value that it must have: the busiest user, too."""
COLUMNS: Final[Mapping[str, LiteralString]] = {
    "environment": "environment",
    "service": "service_name",
    "operation": "operation",
    "provider": "provider",
    "model": "canonical_model",
    "user": "user_id",
    "customer": "customer_id",
    "session": "session_id",
    "agent": "agent_name",
    "tool": "tool_name",
    "prompt": "prompt_name || '@' || prompt_version",
    "feature": "tags ->> 'feature'",
    "error_type": "error_type",
    "api_key": "api_key_id",
    "release": "release",
}
"""Each of them as raw rows have it: here every span tells its user, session and customer."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A question to ``query_metrics``."""

    name: str
    bucket: str = "day"
    days: float = DAYS
    zone: str = "UTC"
    group_by: str = "model"
    then_by: str | None = None
    filter: Mapping[str, Sequence[str]] = field(default_factory=dict)
    top: int = 500
    target: float | None = MONTH_MS

    def arguments(self, end: datetime) -> dict[str, Any]:
        """Give the function's arguments by their names, for a window that ends at ``end``."""
        return {
            "window_start": end - timedelta(days=self.days),
            "window_end": end,
            "bucket": self.bucket,
            "time_zone": self.zone,
            "group_by": self.group_by,
            "then_by": self.then_by,
            "filter": json.dumps(self.filter),
            "top": self.top,
        }


ASK_SUM: Final[LiteralString] = """select public.query_metrics(
  window_start => %(window_start)s, window_end => %(window_end)s, bucket => %(bucket)s,
  time_zone => %(time_zone)s, group_by => %(group_by)s, then_by => %(then_by)s,
  filter => %(filter)s, top => %(top)s)"""


@dataclass(frozen=True, slots=True)
class View:
    """A view or a list; its truth is SQL over ``raw_spans`` that gives the same, or nothing."""

    name: str
    statement: LiteralString
    truth: LiteralString | None = None
    target: float | None = None


Question = Sum | View


def list_sums() -> Iterator[Sum]:
    """List what is asked of ``query_metrics``."""
    yield Sum("24 hours by hour, by model", bucket="hour", days=1, target=DAY_MS)
    yield from (Sum(f"30 days by day, {zone}", zone=zone) for zone in ZONES)
    by_user = Sum("by user, top 20", group_by="user", top=20)
    by_error = Sum("errors by type", group_by="error_type")
    by_two = Sum("by model, then by environment", then_by="environment")
    yield from (by_user, by_error, by_two)
    for name in ("user", "customer"):
        yield Sum(f"by {name}, then by model, top 20", group_by=name, then_by="model", top=20)
    asked_of_one = {"user": [FILTERS["user"]], "model": [FILTERS["model"]]}
    yield Sum("by day where user and model are one", filter=asked_of_one, target=FILTERED_MS)
    yield from (
        Sum(f"by day where {name} is one", filter={name: [value]}, target=FILTERED_MS)
        for name, value in FILTERS.items()
    )
    usual = {"user": ["user-200"]}
    yield Sum("by day where user is a usual one", filter=usual, target=FILTERED_MS)
    for asked in (by_user, by_error, by_two):
        for name in ("environment", "model"):
            filtered = replace(asked, filter={name: [FILTERS[name]]}, target=FILTERED_MS)
            yield replace(filtered, name=f"{asked.name}, where {name} is one")


_CALLS: Final[LiteralString] = "counted and misdated is null"
_SUMS: Final[LiteralString] = """count(*) as requests,
  count(*) filter (where status = 'error') as errors,
  sum(total_tokens) as total_tokens, sum(cost_usd) as cost_usd"""
_READ: Final[LiteralString] = "requests, errors, total_tokens, cost_usd"
_SINCE: Final[LiteralString] = "date_trunc('day', %(window_start)s, 'UTC')"


def list_views() -> Iterator[View]:
    """List the standing views and what lists and trees read."""
    for view, column in (("metrics_by_hour", "hour"), ("metrics_by_day", "day")):
        yield View(
            view,
            f"select {column}, {_READ} from {view} where {column} >= {_SINCE} order by 1",
            f"select date_trunc('{column}', start_time, 'UTC'), {_SUMS} from raw_spans "
            f"where {_CALLS} and start_time >= {_SINCE} group by 1 order by 1",
        )
    yield View(
        "metrics_by_model",
        f"select provider, model, {_READ} from metrics_by_model order by 3 desc, 1, 2",
        f"select provider, canonical_model, {_SUMS} from raw_spans where {_CALLS} "
        "group by 1, 2 order by 3 desc, 1, 2",
    )
    yield View(
        "metrics_by_user",
        f"select user_id, {_READ} from metrics_by_user order by 2 desc, 1 limit 20",
        f"select user_id, {_SUMS} from raw_spans where {_CALLS} "
        "group by 1 order by 2 desc, 1 limit 20",
    )
    yield View(
        "error_summaries",
        "select error_type, sum(errors) from error_summaries group by 1 order by 2 desc, 1",
        "select coalesce(error_type, '_OTHER'), count(*) from raw_spans where status = 'error' "
        "and misdated is null group by 1 order by 2 desc, 1",
    )
    yield View(
        "newest 51 traces",
        "select trace_id from trace_summaries where tenant_id = %(tenant)s "
        "order by start_time desc, trace_id desc limit 51",
        "select trace_id from raw_spans group by 1 order by min(start_time) desc, 1 desc limit 51",
    )
    yield View(
        "a trace",
        "select span_id from span_details where tenant_id = %(tenant)s and trace_id = %(trace)s "
        "and start_time between %(trace_start)s and %(trace_end)s order by start_time, span_id",
        "select span_id from raw_spans where trace_id = %(trace)s order by start_time, span_id",
    )
