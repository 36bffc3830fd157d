"""Folding as the job does it: a tenant's day in each transaction, but for the hour that runs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
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
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        backend = [connection.info.backend_pid]
        wal, cpu, started = read_wal(connection), read_cpu(backend), time.monotonic()
        marked = connection.execute(_MARKED, (end,)).fetchall()
        for tenant, hours in marked:
            connection.execute("select app.fold_hours(%s, %s)", (tenant, hours))
        row = connection.execute("select count(*) from roll_ups").fetchone()
        return Folding(
            hours=sum(len(hours) for _, hours in marked),
            seconds=time.monotonic() - started,
            cpu_seconds=read_cpu(backend) - cpu,
            wal_bytes=read_wal(connection) - wal,
            rows=row[0] if row else 0,
        )
