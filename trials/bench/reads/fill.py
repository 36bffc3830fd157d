"""The first spans: through ``ingest_spans`` as the Data API calls it, on several connections."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from typing import Final

import psycopg

from infra.local.throwaway import Database
from trials.bench.ingest.processes import read_cpu
from trials.bench.reads.batches import Batch, Delivery, encode, plan
from trials.bench.reads.population import TAGS, TENANTS, Tenant

CONNECTIONS: Final = 4
_ENCODERS: Final = 2
_ROUND: Final = 120
"""Batches that are made before they are sent, so that making them takes nothing from sending."""
_CALL: Final = "select public.ingest_spans(%s::jsonb)"
_BECOME: Final = (
    "select set_config('role', 'llm_ingest', true), set_config('request.jwt.claims', %s, true)"
)


@dataclass(frozen=True, slots=True)
class Filling:
    """What it took to ingest the first spans."""

    spans: int
    seconds: float
    """Of sending; making the spans is not in it."""
    cpu_seconds: float
    """Of processor time, of the backends."""
    wal_bytes: int

    @property
    def rate(self) -> float:
        """Spans a second."""
        return self.spans / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of a backend's processor time a span."""
        return self.cpu_seconds * 1e6 / self.spans

    @property
    def wal(self) -> float:
        """Bytes of WAL a span, images of whole pages included."""
        return self.wal_bytes / self.spans


def prepare(database: Database) -> None:
    """Make the tenants, each with sums by its tags, and the API keys whose claims batches carry."""
    tenants = [(tenant.name, list(TAGS)) for tenant in map(Tenant, range(TENANTS))]
    keys = [(tenant.name, key) for tenant in map(Tenant, range(TENANTS)) for key in tenant.keys]
    with psycopg.connect(database.owner_url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into tenants (tenant_id, tag_dimensions) values (%s, %s)", tenants
        )
        cursor.executemany(
            "insert into api_keys (tenant_id, key_id, kind, name, environment, digest, scopes) "
            "values (%s, %s, 'api_key', 'bench', 'bench', sha256('bench'), '{ingest}')",
            keys,
        )


def fill(database: Database, spans: int, end: datetime) -> Filling:
    """Ingest so many spans, in the order of their times."""
    prepare(database)
    batches = plan(spans, end)
    with ExitStack() as stack:
        encoders = stack.enter_context(
            ProcessPoolExecutor(_ENCODERS, mp_context=get_context("spawn"))
        )
        connections = [
            stack.enter_context(psycopg.connect(database.authenticator_url, autocommit=True))
            for _ in range(CONNECTIONS)
        ]
        watcher = stack.enter_context(psycopg.connect(database.owner_url, autocommit=True))
        return _add(
            _send_round(connections, watcher, list(encoders.map(encode, some, chunksize=4)))
            for some in _cut(batches)
        )


def _cut(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    return (batches[first : first + _ROUND] for first in range(0, len(batches), _ROUND))


def _send_round(
    connections: Sequence[psycopg.Connection], watcher: psycopg.Connection, made: list[Delivery]
) -> Filling:
    backends = [connection.info.backend_pid for connection in connections]
    wal, cpu, started = read_wal(watcher), read_cpu(backends), time.monotonic()
    with ThreadPoolExecutor(len(connections)) as threads:
        parts = [made[place :: len(connections)] for place in range(len(connections))]
        list(threads.map(_send, connections, parts))
    seconds = time.monotonic() - started
    return Filling(
        spans=sum(delivery.spans for delivery in made),
        seconds=seconds,
        cpu_seconds=read_cpu(backends) - cpu,
        wal_bytes=read_wal(watcher) - wal,
    )


def _send(connection: psycopg.Connection, deliveries: Sequence[Delivery]) -> None:
    for delivery in deliveries:
        claims = {"role": "llm_ingest", "tenant_id": delivery.tenant, "key_id": delivery.key_id}
        with connection.transaction():
            connection.execute(_BECOME, (json.dumps(claims),))
            row = connection.execute(_CALL, (delivery.body,)).fetchone()
        if row is None or row[0]["stored"] != delivery.spans:
            raise AssertionError(f"Of {delivery.spans} spans not all were new: {row}")


def _add(parts: Iterator[Filling]) -> Filling:
    found = list(parts)
    return Filling(
        spans=sum(part.spans for part in found),
        seconds=sum(part.seconds for part in found),
        cpu_seconds=sum(part.cpu_seconds for part in found),
        wal_bytes=sum(part.wal_bytes for part in found),
    )


def read_wal(connection: psycopg.Connection) -> int:
    """Give the bytes of WAL that the server has written in its life."""
    row = connection.execute(
        "select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
    ).fetchone()
    return int(row[0]) if row else 0
