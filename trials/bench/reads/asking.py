"""A question asked again and again in the database, as a tenant under row level security."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

import psycopg

from infra.local.throwaway import Database
from trials.bench.reads.checks import check
from trials.bench.reads.population import Tenant
from trials.bench.reads.questions import ASK_SUM, Question, Sum
from trials.bench.samples import p95, take_turns

WARM_UP: Final = 2
"""Rounds that are not counted."""
_LIMIT_MS: Final = 8_000.0
"""A tenant's statements end after so long, in the local stack as in a project."""
TOO_LATE: Final = "no answer within 8 s"


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one question, over the rounds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of a tenant, how long it took, and what was wrong with the answer, if anything."""

    question: Question
    tenant: Tenant
    timing: Timing
    wrong: str | None
    handled: Timing | None = None
    """Through the handler of GET /metrics."""


@contextmanager
def connect_as(database: Database, tenant: Tenant) -> Iterator[psycopg.Connection]:
    """Give a connection that is a tenant's from now on, as the Data API's is for a request."""
    claims = json.dumps({"role": "authenticated", "tenant_id": tenant.name})
    with psycopg.connect(database.authenticator_url, autocommit=True) as connection:
        connection.execute(
            "select set_config('request.jwt.claims', %s, false), "
            "set_config('role', 'authenticated', false)",
            (claims,),
        )
        yield connection


def ask_all(
    database: Database,
    tenant: Tenant,
    questions: Sequence[Question],
    end: datetime,
    rounds: int,
) -> list[Answered]:
    """Ask each question in turns, so that what disturbs the machine disturbs all of them."""
    times: dict[str, list[float]] = {question.name: [] for question in questions}
    with (
        connect_as(database, tenant) as connection,
        psycopg.connect(database.owner_url, autocommit=True) as owner,
    ):
        context = find_context(owner, tenant, end)
        found = {each.name: _examine(connection, owner, each, context) for each in questions}
        asked = [question for question in questions if found[question.name] != TOO_LATE]
        for number in range(WARM_UP + rounds):
            for question in take_turns(asked, number):
                taken = _time(connection, question, context)
                if number >= WARM_UP:
                    times[question.name].append(taken)
    return [
        Answered(each, tenant, summarise(times[each.name] or [_LIMIT_MS]), found[each.name])
        for each in questions
    ]


def _examine(
    connection: psycopg.Connection,
    owner: psycopg.Connection,
    question: Question,
    context: Mapping[str, Any],
) -> str | None:
    try:
        return check(owner, question, ask(connection, question, context), context)
    except psycopg.errors.QueryCanceled:
        return TOO_LATE


def _time(connection: psycopg.Connection, question: Question, context: Mapping[str, Any]) -> float:
    """Give the milliseconds that an answer took, or those after which it is not awaited."""
    started = time.perf_counter()
    try:
        ask(connection, question, context)
    except psycopg.errors.QueryCanceled:
        return _LIMIT_MS
    return (time.perf_counter() - started) * 1000


def summarise(milliseconds: Sequence[float]) -> Timing:
    """Give the median and the 95th percentile."""
    return Timing(median(milliseconds), p95(milliseconds))


def ask(
    connection: psycopg.Connection, question: Question, context: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Give a question's rows."""
    if isinstance(question, Sum):
        arguments = question.arguments(context["window_end"])
        return connection.execute(ASK_SUM, arguments).fetchall()
    return connection.execute(question.statement, context).fetchall()


def find_context(owner: psycopg.Connection, tenant: Tenant, end: datetime) -> dict[str, Any]:
    """Give the values that the views' statements name: the window, and a trace of a week ago."""
    row = owner.execute(
        "select trace_id, start_time, end_time from traces where tenant_id = %s "
        "and start_time < %s::timestamptz - interval '7 days' order by start_time desc limit 1",
        (tenant.name, end),
    ).fetchone()
    trace, start, last = row or ("", end, end)
    month = Sum("").arguments(end)
    window = {name: month[name] for name in ("window_start", "window_end")}
    return window | {
        "tenant": tenant.name,
        "trace": trace,
        "trace_start": start,
        "trace_end": last,
    }
