"""More spans than anybody waits for: copies of those that were ingested, made in the database.

A copy has ids of its own and starts some minutes before its model; sessions and responses are new
ones, users and customers are not. Triggers see each row as they see any other. Rows are written in
the order of their times, a tenant's of one minute beside each other, as batches would have come.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from infra.local.throwaway import Database
from trials.bench.reads.population import DAYS, TENANTS, Tenant

_MINUTES: Final = 7
"""Between a span and its first copy, between that and the next one."""
_BEYOND: Final = 1_000
"""The number of a copy that is made beside all others, and undone."""
_HOURS: Final = 6
"""Whose spans a statement copies."""
_MOVED: Final[Mapping[str, LiteralString]] = {
    "trace_id": "md5(trace_id || copy)",
    "session_id": "session_id || '-' || copy",
    "start_time": "start_time - copy * %(shift)s",
    "end_time": "end_time - copy * %(shift)s",
    "start_ns": "start_ns - copy * %(shift_ns)s",
    "end_ns": "end_ns - copy * %(shift_ns)s",
}
_CHANGED: Final[Mapping[str, Mapping[str, LiteralString]]] = {
    "spans": {**_MOVED, "response_id": "response_id || '-' || copy"},
    "traces": {
        **_MOVED,
        "root_start_ns": "root_start_ns - copy * %(shift_ns)s",
        "root_session_id": "root_session_id || '-' || copy",
        "earliest": "earliest - copy * %(shift)s",
        "latest": "latest - copy * %(shift)s",
    },
}
"""By table, the columns of a copy that are not its model's."""
# By tenant, since no index begins with the time: else each statement would read all there is.
_COPY: Final = sql.SQL("""insert into {table} ({columns})
select {values} from {table}, generate_series(%(first)s::integer, %(last)s) copy
where tenant_id = any(%(tenants)s) and start_time >= %(since)s and start_time < %(until)s
order by date_bin('1 minute', start_time - copy * %(shift)s, 'epoch'), tenant_id""")
# What is lost in a crash is made anew; a statement's rows fit into memory to be sorted.
_SET: Final = (
    "set synchronous_commit = off",
    "set work_mem = '256MB'",
    "set jit = off",
)
_COLUMNS: Final = """select attname from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''"""


@dataclass(frozen=True, slots=True)
class Copying:
    """How many spans were copied, and how long that took."""

    spans: int
    seconds: float


def copy_all(database: Database, times: int, end: datetime) -> Copying:
    """Copy all spans so many times, and their traces: two halves of the tenants at once."""
    started, halves = time.monotonic(), _halve(list(map(Tenant, range(TENANTS))))
    with ThreadPoolExecutor(len(halves)) as threads:
        copied = threads.map(lambda half: _copy(database, half, times, end), halves)
        return Copying(sum(copied), time.monotonic() - started)


def _halve(tenants: Sequence[Tenant]) -> tuple[Sequence[str], Sequence[str]]:
    """Give two lists of names with about as many spans each: the larger ones come first."""
    first = [tenant.name for tenant in tenants if tenant.place % 4 in {0, 3}]
    return first, [tenant.name for tenant in tenants if tenant.name not in first]


def _copy(database: Database, tenants: Sequence[str], times: int, end: datetime) -> int:
    copied = 0
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        for setting in _SET:
            connection.execute(setting)
        statements = {table: _write(connection, table) for table in _CHANGED}
        for since, until in _cut(end):
            values = _describe(range(1, times + 1), since, until, tenants)
            done = [connection.execute(each, values).rowcount for each in statements.values()]
            copied += done[0]
    return copied


def write_copy(
    connection: psycopg.Connection, table: str, since: datetime
) -> tuple[sql.Composed, dict[str, object]]:
    """Give the statement, with its values, that copies what started since then once more."""
    window = (since, since + timedelta(days=DAYS))
    tenants = [tenant.name for tenant in map(Tenant, range(TENANTS))]
    return _write(connection, table), _describe(range(_BEYOND, _BEYOND + 1), *window, tenants)


def _describe(
    copies: range, since: datetime, until: datetime, tenants: Sequence[str]
) -> dict[str, object]:
    shift = timedelta(minutes=_MINUTES)
    shift_ns = shift // timedelta(microseconds=1) * 1000
    window = {"since": since, "until": until, "tenants": list(tenants)}
    numbers = {"first": copies[0], "last": copies[-1]}
    return {"shift": shift, "shift_ns": shift_ns, **numbers, **window}


def _write(connection: psycopg.Connection, table: str) -> sql.Composed:
    columns = [str(name) for (name,) in connection.execute(_COLUMNS, (table,)).fetchall()]
    changed = _CHANGED[table]
    return _COPY.format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(
            sql.SQL(changed[name]) if name in changed else sql.Identifier(name) for name in columns
        ),
    )


def _cut(end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut the thirty days, the oldest part first: copies go where nothing is copied any more."""
    start, step = end - timedelta(days=DAYS), timedelta(hours=_HOURS)
    parts = DAYS * 24 // _HOURS
    return ((start + number * step, start + (number + 1) * step) for number in range(parts))
