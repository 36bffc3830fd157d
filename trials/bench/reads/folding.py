"""Folding as the job does it: a tenant's day in each transaction, but for the hour that runs.

Two at once, in the order of time: a folding holds nobody but its tenant.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Final

import psycopg

from infra.local.throwaway import Database
from trials.bench.ingest.processes import read_cpu
from trials.bench.reads.fill import read_wal

_MARKED: Final = """select tenant_id, array_agg(hour order by hour)
from (
  select distinct tenant_id, hour from roll_up_changes where hour < date_trunc('hour', %s, 'UTC')
) marks
group by tenant_id, date_trunc('day', hour, 'UTC') order by min(hour), tenant_id"""
_AT_ONCE: Final = 2
_Days = Sequence[tuple[str, list[datetime]]]


@dataclass(frozen=True, slots=True)
class Folding:
    """What it took to fold every hour that was marked."""

    hours: int
    seconds: float
    cpu_seconds: float
    wal_bytes: int
    rows: int
    """In the roll-ups afterwards."""


def fold_all(database: Database, end: datetime) -> Folding:
    """Fold every hour that was over at ``end``: the one after it is read from raw rows, as ever."""
    with ExitStack() as stack:
        connections = [
            stack.enter_context(psycopg.connect(database.owner_url, autocommit=True))
            for _ in range(_AT_ONCE)
        ]
        backends = [connection.info.backend_pid for connection in connections]
        wal, cpu, started = read_wal(connections[0]), read_cpu(backends), time.monotonic()
        marked = connections[0].execute(_MARKED, (end,)).fetchall()
        _fold(connections, marked)
        seconds, spent = time.monotonic() - started, read_cpu(backends) - cpu
        written = read_wal(connections[0]) - wal
        row = connections[0].execute("select count(*) from roll_ups").fetchone()
    return Folding(
        hours=sum(len(hours) for _, hours in marked),
        seconds=seconds,
        cpu_seconds=spent,
        wal_bytes=written,
        rows=row[0] if row else 0,
    )


def _fold(connections: Sequence[psycopg.Connection], marked: _Days) -> None:
    """Fold the oldest day on whichever connection is free: a tenant's next one is far behind it."""
    waiting = SimpleQueue[tuple[str, list[datetime]] | None]()
    for day in (*marked, *(None for _ in connections)):
        waiting.put(day)

    def work(connection: psycopg.Connection) -> None:
        while day := waiting.get():
            connection.execute("select app.fold_hours(%s, %s)", day)

    with ThreadPoolExecutor(len(connections)) as threads:
        list(threads.map(work, connections))
