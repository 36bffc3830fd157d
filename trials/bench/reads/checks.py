"""Whether an answer is what sums over raw rows say: a quick answer that is wrong is no result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

from trials.bench.reads.population import Tenant
from trials.bench.reads.questions import Question, Sum

_COLUMNS: Final[Mapping[str, sql.SQL]] = {
    "environment": sql.SQL("environment"),
    "service": sql.SQL("service_name"),
    "operation": sql.SQL("operation"),
    "provider": sql.SQL("provider"),
    "model": sql.SQL("canonical_model"),
    "user": sql.SQL("user_id"),
    "customer": sql.SQL("customer_id"),
    "session": sql.SQL("session_id"),
    "agent": sql.SQL("agent_name"),
    "tool": sql.SQL("tool_name"),
    "prompt": sql.SQL("prompt_name || '@' || prompt_version"),
    "feature": sql.SQL("tags ->> 'feature'"),
    "error_type": sql.SQL("error_type"),
    "api_key": sql.SQL("api_key_id"),
    "release": sql.SQL("release"),
}
"""Each dimension as raw rows have it."""
_MEASURES: Final = ("requests", "errors", "total_tokens", "cost_usd")
_SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_TRUTH: Final = sql.SQL("""
with calls as (
  select {key} as key, date_trunc(%(bucket)s, start_time, %(time_zone)s) as point, *
  from raw_spans
  where counted and misdated is null
    and start_time >= %(window_start)s and start_time < %(window_end)s and {kept}
)
select grouping(key), grouping(point), key, point, count(*),
  count(*) filter (where status = 'error'), sum(total_tokens), sum(cost_usd),
  percentile_disc({shares}) within group (order by duration_ms)
from calls group by grouping sets ((), (key), (point))
""")


_NARROW: Final[LiteralString] = """
create temporary table raw_spans as select
  trace_id, span_id, start_time, status, counted, misdated, environment, service_name, operation,
  provider, canonical_model, user_id, customer_id, session_id, agent_name, tool_name,
  prompt_name, prompt_version, tags, error_type, api_key_id, release, total_tokens, cost_usd,
  duration_ms
from spans where tenant_id = %s
"""


def narrow(owner: psycopg.Connection, tenant: Tenant) -> None:
    """Read a tenant's rows once, without what no truth asks for, into a table of the session."""
    owner.execute(_NARROW, (tenant.name,))
    owner.execute("analyze raw_spans")


def check(
    owner: psycopg.Connection,
    question: Question,
    rows: Sequence[tuple[Any, ...]],
    context: Mapping[str, Any],
) -> str | None:
    """Say what is wrong with an answer; None if nothing is."""
    if isinstance(question, Sum):
        return _check_sum(owner, question, rows[0][0], context)
    if question.truth is None:
        return None
    truth = owner.execute(question.truth, context).fetchall()
    if rows == truth:
        return None
    pairs = enumerate(zip(rows, truth, strict=False))
    differing = (f"row {n}: {ours} is {raw}" for n, (ours, raw) in pairs if ours != raw)
    return next(differing, f"{len(rows)} rows are {len(truth)}")


def _check_sum(
    owner: psycopg.Connection, question: Sum, answer: Mapping[str, Any], context: Mapping[str, Any]
) -> str | None:
    totals, groups, points = _ask_raw(owner, question, context)
    wrong = _compare("totals", answer["totals"], totals, answer.get("relative_error", 0.0))
    if wrong:
        return wrong
    told = {point["bucket_start"]: point for point in answer["series"] if point["requests"]}
    if len(told) != len(points):
        return f"{len(told)} points of the series are {len(points)}"
    for group in answer["groups"]:
        truth = groups.get(group["key"])
        # A model stands once for each provider, and what is no call has no truth here.
        if truth is None or question.group_by == "model":
            continue
        if wrong := _compare(str(group["key"]), group, truth, answer["relative_error"]):
            return wrong
    if (shown := len(answer["groups"])) < min(question.top, len(groups)):
        return f"{shown} groups are {len(groups)}"
    return None


_Truth = dict[str, Any]


def _ask_raw(
    owner: psycopg.Connection, question: Sum, context: Mapping[str, Any]
) -> tuple[_Truth, dict[str | None, _Truth], list[_Truth]]:
    kept: list[sql.Composable] = [
        sql.SQL("{} = any({})").format(_COLUMNS[name], sql.Literal(list(values)))
        for name, values in question.filter.items()
    ]
    statement = _TRUTH.format(
        key=_COLUMNS[question.group_by],
        kept=sql.SQL(" and ").join(kept or [sql.SQL("true")]),
        shares=sql.Literal(list(_SHARES.values())),
    )
    arguments = {**context, **question.arguments(context["window_end"])}
    totals, groups, points = {}, {}, []
    for not_by_key, not_by_point, key, _, *values in owner.execute(statement, arguments).fetchall():
        truth = dict(zip((*_MEASURES, "latency"), values, strict=True))
        if not not_by_key:
            groups[key] = truth
        elif not not_by_point:
            points.append(truth)
        else:
            totals = truth
    return totals, groups, points


def _compare(
    name: str, answer: Mapping[str, Any], truth: Mapping[str, Any], error: float
) -> str | None:
    for measure in _MEASURES:
        told, raw = answer[measure], truth[measure]
        if not isclose(told or 0, raw or 0, rel_tol=1e-9):
            return f"{name}: {measure} {told} is {raw}"
    for share, exact in zip(_SHARES, truth["latency"] or (), strict=False):
        told = answer["latency_ms"][share]
        # Of groups in detail percentiles are told where they were asked for.
        if told is not None and abs(told - exact) > (error + 1e-6) * exact:
            return f"{name}: {share} {told} is {exact}, which is more than {error} off"
    return None
