"""Whether an answer is what sums over raw rows say: a quick answer that is wrong is no result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

from trials.bench.reads.population import Tenant
from trials.bench.reads.questions import COLUMNS, Question, Sum

_COLUMNS: Final = {name: sql.SQL(column) for name, column in COLUMNS.items()}
_MEASURES: Final = ("requests", "errors", "total_tokens", "cost_usd")
_SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_TRUTH: Final = sql.SQL("""
with calls as (
  select {key} as key, {inner} as inner_key,
    date_trunc(%(bucket)s, start_time, %(time_zone)s) as point, *
  from raw_spans
  where counted and misdated is null
    and start_time >= %(window_start)s and start_time < %(window_end)s and {kept}
)
select grouping(key), grouping(inner_key), grouping(point), key, inner_key, count(*),
  count(*) filter (where status = 'error'), sum(total_tokens), sum(cost_usd),
  percentile_disc({shares}) within group (order by duration_ms)
from calls group by grouping sets ((), (key), (key, inner_key), (point))
""")


_NARROW: Final[LiteralString] = """
create temporary table raw_spans as select
  trace_id, span_id, start_time, status, counted, misdated, environment, service_name, operation,
  provider, coalesce(canonical_model, request_model, model) as canonical_model, user_id,
  customer_id, session_id, agent_name, tool_name, prompt_name, prompt_version, tags, error_type,
  api_key_id, release, total_tokens, cost_usd, duration_ms, start_ns, end_ns
from spans where tenant_id = %s
"""


def narrow(owner: psycopg.Connection, tenant: Tenant) -> None:
    """Read a tenant's rows once, without what no truth asks for, into a table of the session."""
    owner.execute(_NARROW, (tenant.name,))
    owner.execute("analyze raw_spans")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with an answer, and by how much of itself a percentile was off at most."""

    wrong: str | None = None
    error: float = 0.0


def check(
    owner: psycopg.Connection,
    question: Question,
    rows: Sequence[tuple[Any, ...]],
    context: Mapping[str, Any],
) -> Verdict:
    """Compare an answer with what raw rows say."""
    if isinstance(question, Sum):
        return _check_sum(_ask_raw(owner, question, context), question, rows[0][0])
    if question.truth is None:
        return Verdict()
    truth = owner.execute(question.truth, context).fetchall()
    if rows == truth:
        return Verdict()
    pairs = enumerate(zip(rows, truth, strict=False))
    differing = (f"row {n}: {ours} is {raw}" for n, (ours, raw) in pairs if ours != raw)
    return Verdict(next(differing, f"{len(rows)} rows are {len(truth)}"))


_Truth = dict[str, Any]


@dataclass(slots=True)
class _Raw:
    """What raw rows say, as an answer has it: by a group's key, and that with its inner one."""

    totals: _Truth = field(default_factory=dict)
    groups: dict[str | None, _Truth] = field(default_factory=dict)
    inner: dict[tuple[str | None, str | None], _Truth] = field(default_factory=dict)
    points: int = 0


def _check_sum(raw: _Raw, question: Sum, answer: Mapping[str, Any]) -> Verdict:
    error = 0.0
    for name, told, truth in _pair(raw, question, answer):
        verdict = _compare(name, told, truth, answer["relative_error"])
        error = max(error, verdict.error)
        if verdict.wrong:
            return verdict
    points = sum(point["requests"] > 0 for point in answer["series"])
    if points != raw.points:
        return Verdict(f"{points} points of the series are {raw.points}")
    if (shown := len(answer["groups"])) < min(question.top, len(raw.groups)):
        return Verdict(f"{shown} groups are {len(raw.groups)}")
    return Verdict(error=error)


def _pair(
    raw: _Raw, question: Sum, answer: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], _Truth]]:
    """List what is told beside its truth; what is no call has none here."""
    yield "totals", answer["totals"], raw.totals
    for group in answer["groups"]:
        key = group["key"]
        if key in raw.groups:
            yield str(key), group, raw.groups[key]
        for inner in group["groups"] if question.then_by else ():
            if (key, inner["key"]) in raw.inner:
                yield f"{key}, {inner['key']}", inner, raw.inner[key, inner["key"]]


def _ask_raw(owner: psycopg.Connection, question: Sum, context: Mapping[str, Any]) -> _Raw:
    kept: list[sql.Composable] = [
        sql.SQL("{} = any({})").format(_COLUMNS[name], sql.Literal(list(values)))
        for name, values in question.filter.items()
    ]
    statement = _TRUTH.format(
        key=_COLUMNS[question.group_by],
        inner=_COLUMNS[question.then_by] if question.then_by else sql.SQL("null::text"),
        kept=sql.SQL(" and ").join(kept or [sql.SQL("true")]),
        shares=sql.Literal(list(_SHARES.values())),
    )
    arguments = {**context, **question.arguments(context["window_end"])}
    raw = _Raw()
    for *summed, key, inner, requests, errors, tokens, cost, latency in owner.execute(
        statement, arguments
    ).fetchall():
        values = (requests, errors, tokens, cost, latency)
        truth = dict(zip((*_MEASURES, "latency"), values, strict=True))
        match summed:
            case 0, 0, 1:
                raw.inner[key, inner] = truth
            case 0, 1, 1:
                raw.groups[key] = truth
            case 1, 1, 0:
                raw.points += 1
            case _:
                raw.totals = truth
    return raw


def _compare(
    name: str, answer: Mapping[str, Any], truth: Mapping[str, Any], error: float
) -> Verdict:
    for measure in _MEASURES:
        told, raw = answer[measure], truth[measure]
        if not isclose(told or 0, raw or 0, rel_tol=1e-9):
            return Verdict(f"{name}: {measure} {told} is {raw}")
    most = 0.0
    for share, exact in zip(_SHARES, truth["latency"] or (), strict=False):
        told = answer["latency_ms"][share]
        # Of groups in detail percentiles are told where they were asked for.
        if told is None:
            continue
        if abs(told - exact) > (error + 1e-6) * exact:
            return Verdict(f"{name}: {share} {told} is {exact}, which is more than {error} off")
        most = max(most, abs(told - exact) / exact if exact else 0.0)
    return Verdict(error=most)
