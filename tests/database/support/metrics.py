"""Questions of query_metrics, and the same sums made of raw rows by plain loops."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import read_as, read_as_owner

Answer = dict[str, Any]
Row = Mapping[str, Any]
_SPANS = """
    select span_id, start_time, counted, status = 'error' as failed, duration_ms,
      time_to_first_token_ms, input_tokens, output_tokens, total_tokens, cost_usd,
      counted and app.is_unpriced(status, total_tokens, cost_usd) as unpriced,
      counted and app.is_unmeasured(status, total_tokens) as unmeasured,
      environment, service_name as service, provider, operation,
      coalesce(canonical_model, request_model, model) as model,
      coalesce(user_id, root_user, trace_user) as "user",
      coalesce(customer_id, root_customer, trace_customer) as customer,
      coalesce(session_id, root_session, trace_session, chained_session_id, chain) as session,
      agent_name as agent,
      tool_name as tool, prompt_name || coalesce('@' || prompt_version, '') as prompt,
      api_key_id as api_key, release,
      case when status = 'error' then coalesce(error_type, '_OTHER') end as error_type,
      tags ->> 'feature' as feature
    from public.spans left join (
      select tenant_id, trace_id, root_user_id as root_user, user_id as trace_user,
        root_session_id as root_session, session_id as trace_session,
        chained_session_id as chain,
        root_customer_id as root_customer, customer_id as trace_customer
      from public.traces) t using (tenant_id, trace_id)
    where tenant_id = %s and misdated is null
      and (counted or status = 'error' or not countable and operation is not null)"""
AMOUNTS = ("input_tokens", "output_tokens", "total_tokens", "cost_usd")


def ask_metrics(
    database: Database, tenant: str, start: datetime, end: datetime, bucket: str, **more: Any
) -> Answer:
    """Ask query_metrics as a tenant."""
    named = "".join(f", {name} => %s" for name in more)
    values = [
        json.dumps(value) if isinstance(value, dict | list) else value for value in more.values()
    ]
    query = f"select public.query_metrics(%s, %s, %s{named}) as answer"
    rows = read_as(database, "authenticated", tenant, query, (start, end, bucket, *values))
    answer: Answer = rows[0]["answer"]
    return answer


def read_summed_spans(database: Database, tenant: str) -> list[dict[str, Any]]:
    """Give the raw rows that sums are made of."""
    return read_as_owner(database, _SPANS, (tenant,))


def add_up(spans: Sequence[Row]) -> Answer:
    """Give the measures of spans, but for percentiles."""
    calls = [span for span in spans if span["counted"]]
    others = [span for span in spans if not span["counted"]]
    amounts = {name: _add([call[name] for call in calls]) for name in AMOUNTS}
    errors = sum(call["failed"] for call in calls)
    return {
        "requests": len(calls),
        "errors": errors,
        "error_rate": errors / len(calls) if calls else None,
        "unpriced_requests": sum(call["unpriced"] for call in calls),
        "unmeasured_requests": sum(call["unmeasured"] for call in calls),
        **{name: amount if calls else 0 for name, amount in amounts.items()},
        "spans": len(others),
        "failed_spans": sum(span["failed"] for span in others),
    }


def _add(amounts: Sequence[Any]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return float(sum(known)) if known else None


def find_percentiles(spans: Sequence[Row], measure: str = "duration_ms") -> dict[str, float | None]:
    """Give the percentiles of model calls by nearest rank."""
    ranked = sorted(
        span[measure] for span in spans if span["counted"] and span[measure] is not None
    )
    return {
        f"p{rank}": ranked[math.ceil(len(ranked) * rank / 100) - 1] if ranked else None
        for rank in (50, 95, 99)
    }


def group(spans: Sequence[Row], dimension: str) -> dict[Any, list[Row]]:
    """Give spans by what they tell of a dimension; a model has its provider beside it."""
    groups = defaultdict(list)
    for span in spans:
        key = span[dimension]
        provider = span["provider"] if key is not None else None
        groups[(key, provider) if dimension == "model" else key].append(span)
    return dict(groups)


def within(spans: Sequence[Row], start: datetime, end: datetime) -> list[Row]:
    """Give the spans of a half-open window."""
    return [span for span in spans if start <= span["start_time"] < end]


def read_point(point: Answer) -> datetime:
    """Give when a point of a series begins."""
    return datetime.fromisoformat(point["bucket_start"]).astimezone(UTC)


def cut_series(answer: Answer, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Give what each point of an answer's series covers."""
    starts = [read_point(point) for point in answer["series"]]
    ends = [*starts[1:], end]
    return [(max(start, one), other) for one, other in zip(starts, ends, strict=True)]


def measures_of(row: Answer) -> Answer:
    """Give what ``add_up`` gives of an answer's row."""
    names = add_up([])
    return {name: row[name] for name in names}


def approach(expected: Mapping[str, Any], error: float | None = None) -> Answer:
    """Give what numbers equal that differ by a share of themselves at most; nothing is nothing."""
    return {
        name: value if value is None else pytest.approx(value, rel=error)
        for name, value in expected.items()
    }
