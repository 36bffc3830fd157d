"""A question asked again and again in the database, as a tenant under row level security."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from infra.local.throwaway import Database
from trials.bench.reads.checks import Verdict, check, narrow
from trials.bench.reads.population import Tenant
from trials.bench.reads.questions import ASK_SUM, Question, Sum
from trials.bench.reads.turns import Patience, Timing, ask_in_turns

_LIMIT_MS: Final = 8_000.0
"""A tenant's statements end after so long, in the local stack as in a project."""
_TOO_LATE: Final = Verdict("no answer within 8 s")


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of a tenant, how long it took, and what was found of its answer."""

    question: Question
    tenant: Tenant
    timing: Timing
    verdict: Verdict
    handled: Timing | None = None
    """Through the handler of GET /metrics."""

    @property
    def is_late(self) -> bool:
        """Whether there was no answer."""
        return self.verdict == _TOO_LATE


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
    patience: Patience,
) -> list[Answered]:
    """Ask each question once, compare its answer with raw rows, then ask all of them in turns."""
    with (
        connect_as(database, tenant) as connection,
        psycopg.connect(database.owner_url, autocommit=True) as owner,
    ):
        context = find_context(owner, tenant, end)
        narrow(owner, tenant)
        found = {each.name: _examine(connection, owner, each, context) for each in questions}
        asked = {each.name: each for each in questions if found[each.name] != _TOO_LATE}
        times = ask_in_turns(
            list(asked), patience, lambda name: _await(connection, asked[name], context)
        )
    late = Timing(_LIMIT_MS, _LIMIT_MS, 1)
    return [
        Answered(each, tenant, times.get(each.name, late), found[each.name]) for each in questions
    ]


def _examine(
    connection: psycopg.Connection,
    owner: psycopg.Connection,
    question: Question,
    context: Mapping[str, Any],
) -> Verdict:
    try:
        return check(owner, question, ask(connection, question, context), context)
    except psycopg.errors.QueryCanceled:
        return _TOO_LATE


def _await(connection: psycopg.Connection, question: Question, context: Mapping[str, Any]) -> None:
    """Wait for an answer, or until none is awaited any more."""
    with suppress(psycopg.errors.QueryCanceled):
        ask(connection, question, context)


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
