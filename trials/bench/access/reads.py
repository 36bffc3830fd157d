"""The same reads under row level security, and by a role that passes over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

import psycopg

from infra.local.throwaway import Database
from tests.database.support import callers, spans
from trials.bench.samples import p95, take_turns

_BATCH: Final = 1000
TENANT: Final = "tenant-0"
SUBJECT: Final = "authenticated"
ROLES: Final = (SUBJECT, "bypass", "bypass, again")
WARM_UP: Final = 15
"""Rounds that are not counted: Postgres settles on a plan for a prepared statement in ten."""
QUERIES: Final[Mapping[str, str]] = {
    "newest 51 spans": "select * from span_summaries where tenant_id = %(tenant)s "
    "order by start_time desc, trace_id desc, span_id desc limit 51",
    "newest 51 traces": "select * from trace_summaries where tenant_id = %(tenant)s "
    "order by start_time desc, trace_id desc limit 51",
    "spans of a trace": "select * from span_details "
    "where tenant_id = %(tenant)s and trace_id = %(trace)s order by start_time, span_id",
    "24 hours by hour": "select query_metrics(%(end)s - interval '24 hours', %(end)s, 'hour')",
}


@dataclass(frozen=True, slots=True)
class Read:
    """Milliseconds of one query under the rules and beside them, and the ratio of the medians."""

    query: str
    rounds: int
    governed: float
    governed_p95: float
    bypassing: float
    ratio: float
    noise: float
    """The ratio of the bypassing role to itself."""


def fill(database: Database, tenants: int, each: int) -> datetime:
    """Store so many calls of each tenant, one a minute; give the time after the last."""
    end = datetime.now(UTC).replace(microsecond=0)
    for tenant in (f"tenant-{number}" for number in range(tenants)):
        for first in range(0, each, _BATCH):
            rows = [
                spans.call(n, trace=n // 5, at=end - timedelta(minutes=each - n))
                for n in range(first, min(first + _BATCH, each))
            ]
            with callers.connect_as(database, "llm_ingest", tenant) as connection:
                body = {"spans": rows, "process": callers.PROCESS}
                callers.call_function(connection, "ingest_spans", body)
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("analyze")
    return end


def measure_reads(database: Database, end: datetime, rounds: int) -> list[Read]:
    """Run each query in turns as each role, on a connection of its own, with the same text."""
    parameters = {"tenant": TENANT, "trace": spans.trace_id(7), "end": end}
    return [_measure(database, name, query, parameters, rounds) for name, query in QUERIES.items()]


def _measure(
    database: Database, name: str, query: str, parameters: Mapping[str, object], rounds: int
) -> Read:
    with (
        callers.connect_as(database, "authenticated", TENANT) as governed,
        callers.connect_as_owner(database) as bypassing,
    ):
        # query_metrics takes its tenant from the claim, whoever calls it.
        bypassing.execute(
            "select set_config('request.jwt.claims', %s, false)",
            (f'{{"tenant_id": "{TENANT}"}}',),
        )

        def run(role: str) -> None:
            connection = governed if role == SUBJECT else bypassing
            connection.execute(query, parameters).fetchall()

        return compare_roles(name, run, rounds)


def compare_roles(name: str, run: Callable[[str], None], rounds: int) -> Read:
    """Run something in turns as each role, after a warm-up, and compare the times."""
    times: dict[str, list[float]] = {role: [] for role in ROLES}
    for number in range(rounds + WARM_UP):
        for role in take_turns(ROLES, number):
            started = time.perf_counter()
            run(role)
            if number >= WARM_UP:
                times[role].append((time.perf_counter() - started) * 1000)
    governed, bypassing, again = (median(times[role]) for role in ROLES)
    return Read(
        query=name,
        rounds=rounds,
        governed=governed,
        governed_p95=p95(times[SUBJECT]),
        bypassing=bypassing,
        ratio=governed / bypassing,
        noise=again / bypassing,
    )


def read_version(database: Database) -> str:
    """Give the version of Postgres that was measured."""
    with callers.connect_as_owner(database) as connection:
        row = connection.execute("show server_version").fetchone()
        return str(row["server_version"]) if row else "unknown"
