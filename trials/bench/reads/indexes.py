"""What an index costs the backend that inserts: the same rows with it and without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Final

import psycopg
from psycopg import sql

from infra.local.throwaway import Database
from trials.bench.ingest.processes import read_cpu
from trials.bench.reads.copies import write_copy
from trials.bench.reads.population import LARGEST
from trials.bench.samples import take_turns

_ROUNDS: Final = 3
_INDEXES: Final = """select indexrelid::regclass::text from pg_index
where indrelid = 'public.spans'::regclass and not indisprimary order by 1"""
# Of one tenant: no index begins with the time.
_NEWEST: Final = """select start_time from spans where tenant_id = %s
order by start_time desc offset %s limit 1"""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ALL: Final = "nothing dropped"


@dataclass(frozen=True, slots=True)
class IndexCost:
    """Microseconds of processor time that an index of ``spans`` adds to a row's insertion."""

    index: str
    cpu_us: float


def measure_indexes(database: Database, rows: int) -> list[IndexCost]:
    """Insert copies of the newest spans, each time without another index, and undo it."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        names = [str(name) for (name,) in connection.execute(_INDEXES).fetchall()]
        asked = (LARGEST.name, round(rows * LARGEST.share))
        newest = connection.execute(_NEWEST, asked).fetchone()
        since = newest[0] if newest else _EPOCH
        spent: dict[str, list[float]] = {name: [] for name in (_ALL, *names)}
        for number in range(_ROUNDS + 1):
            for name in take_turns([_ALL, *names], number):
                cost = _insert(connection, None if name == _ALL else name, since)
                if number:
                    spent[name].append(cost)
    whole = median(spent[_ALL])
    return [IndexCost(name, whole - median(spent[name])) for name in names]


def _insert(connection: psycopg.Connection, dropped: str | None, since: datetime) -> float:
    """Give the microseconds a row, of copies of all that started since then."""
    backend = [connection.info.backend_pid]
    statement, values = write_copy(connection, "spans", since)
    with _undone(connection):
        if dropped:
            connection.execute(sql.SQL("drop index public.{}").format(sql.Identifier(dropped)))
        before = read_cpu(backend)
        done = connection.execute(statement, values)
        return (read_cpu(backend) - before) * 1e6 / max(1, done.rowcount)


@contextmanager
def _undone(connection: psycopg.Connection) -> Iterator[None]:
    with connection.transaction(force_rollback=True):
        yield
