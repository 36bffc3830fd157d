"""A database of the first release, full and in use, takes every later migration."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.migrations import MIGRATIONS, apply_migrations, apply_schemas
from infra.local.prices import set_prices
from infra.local.sample.delivery import deliver_sample
from infra.local.throwaway import Database, ThrowawayServer
from infra.schema.catalogue import compare, read_database
from infra.schema.past import read_released
from llm_observe.config import read_settings
from llm_observe.supabase.refusals import Refusal, classify
from tests.database.support.callers import (
    administer,
    connect,
    connect_as_owner,
    ingest,
    ingest_on,
    read_as,
    read_as_owner,
    refusal,
    set_limits,
)
from tests.database.support.consistency import check_consistency, read_summaries
from tests.database.support.keys import authenticate, create_key
from tests.database.support.rules import RULES
from tests.database.support.spans import call, failed_call, step, trace_id

SAMPLE_END = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
WRITERS = 3
_PATIENCE_SECONDS = 60
_KEPT_FOR = 5
"""Batches that a writer sends on one connection."""
_ALTERS = """
alter table public.spans add constraint kind_made_up check (kind <> 'made up');
alter table public.traces add column made_up integer not null default 7;
create index spans_made_up on public.spans (tenant_id, kind);
drop view public.delivery_ledger;
"""
_BREAKS = """
alter table public.spans add constraint made_up check (tenant_id !~ '^broken') not valid;
"""


@pytest.fixture(scope="module")
def database(
    postgres_server: ThrowawayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database of the first release alone, with its prices."""
    folder = tmp_path_factory.mktemp("released")
    shutil.copy(MIGRATIONS / next(iter(read_released())), folder)
    made = postgres_server.create_database("upgraded")
    apply_migrations(made.owner_url, folder)
    set_prices(made.owner_url)
    yield made
    postgres_server.drop_database("upgraded")


@pytest.fixture(scope="module")
def filled(database: Database, data_api: str, keys: StackKeys) -> Database:
    """The same with the sample's week and traffic of every kind."""
    environment = {
        "SUPABASE_URL": data_api,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
    }
    deliver_sample(read_settings(environment), database.owner_url, SAMPLE_END)
    _use(database, "busy")
    _use(database, "gone")
    administer(database, "gone", "forget_tenant", tenant_id="gone")
    return database


def _use(database: Database, tenant: str) -> None:
    """Do once what tenants do: send, merge, fail, keep content, set, share, limit and forget."""
    content: dict[str, Any] = {"input": ["Where is Ada?"], "output": ["In room 7."]}
    sent = [
        step(1, trace=1),
        call(2, trace=1, user_id="ann", response_id="r1", **content),
        failed_call(3, trace=1),
        call(1, trace=2, user_id="bob", session_id="s"),
        call(1, trace=3, attributes={"my.kind": "search"}),
    ]
    ingest(database, tenant, sent)
    ingest(database, tenant, [call(2, trace=1, model="fable-2", response_id="r1"), *sent[1:3]])
    create_key(database, tenant, len(tenant), scopes=["read", "admin"])
    administer(database, tenant, "set_membership", user_id=_USER, role="owner", by="dev")
    administer(database, tenant, "set_retention", span_days=3000, content_days=30)
    administer(database, tenant, "set_content_capture", content_capture="off")
    rules = [{"attribute": "my.kind", "field": "operation", "value": "chat"}]
    administer(database, tenant, "set_attribute_mappings", mappings=rules)
    set_limits(database, tenant, spans_per_minute=100_000)
    administer(database, tenant, "forget_trace", trace_id=trace_id(3))
    administer(database, tenant, "forget_user", user_id="bob")


_USER = "00000000-0000-4000-8000-000000000001"


@dataclass(slots=True)
class Writer:
    """One sender, which sends again what may be sent again, and connects anew now and then.

    Connections that are kept have plans of before; new ones read the tables as they are.
    """

    database: Database
    tenant: str
    acknowledged: int = 0
    retried: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def run(self, ended: threading.Event) -> None:
        """Send one trace of three spans after another until told to end."""
        traces = itertools.count(1)
        while not ended.is_set():
            with connect(self.database) as connection:
                for trace in itertools.islice(traces, _KEPT_FOR):
                    batch = [
                        step(1, trace=trace),
                        call(2, trace=trace),
                        failed_call(3, trace=trace),
                    ]
                    while not self._send(connection, batch):
                        time.sleep(0.01)

    def _send(
        self, connection: psycopg.Connection[dict[str, object]], batch: list[dict[str, object]]
    ) -> bool:
        try:
            ingest_on(connection, self.tenant, batch)
        except psycopg.Error as error:
            temporary = classify(error.sqlstate) is Refusal.TEMPORARY
            (self.retried if temporary else self.refused).append(f"{error.sqlstate} {error}")
            return not temporary
        self.acknowledged += len(batch)
        return True


@contextmanager
def _write_meanwhile(database: Database, names: str) -> Iterator[list[Writer]]:
    """Have tenants send all the while, before, during and after the block."""
    writers = [Writer(database, f"{names}-{number}") for number in range(WRITERS)]
    ended = threading.Event()
    with ThreadPoolExecutor(WRITERS) as threads:
        running = [threads.submit(writer.run, ended) for writer in writers]
        try:
            _wait(running, lambda: all(one.acknowledged + len(one.refused) > 20 for one in writers))
            yield writers
            there = [one.acknowledged + len(one.refused) for one in writers]
            _wait(
                running,
                lambda: all(
                    one.acknowledged + len(one.refused) > before + 30
                    for one, before in zip(writers, there, strict=True)
                ),
            )
        finally:
            ended.set()


def _wait(running: list[Future[None]], is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        for one in running:
            assert not one.done(), one.exception()
        assert time.monotonic() < deadline, "the writers do not get on"
        time.sleep(0.02)


def _check_stored(database: Database, writers: list[Writer]) -> None:
    query = "select count(*) as spans from public.spans where tenant_id = %s"
    for writer in writers:
        assert writer.refused == []
        assert read_as_owner(database, query, (writer.tenant,)) == [{"spans": writer.acknowledged}]
        check_consistency(database, writer.tenant)


def test_a_full_database_takes_every_later_migration_in_use(
    filled: Database, postgres_server: ThrowawayServer
) -> None:
    """Nothing is lost or refused meanwhile; what was there is as it was; every rule holds."""
    kept = {tenant: read_summaries(filled, tenant) for tenant in ("sample", "busy")}
    assert all(kept.values())
    sums = {tenant: _read_sums(filled, tenant) for tenant in kept}
    assert all(requests for requests, _tokens, _cost in sums.values())
    with _write_meanwhile(filled, "writer") as writers:
        applied = apply_migrations(filled.owner_url)
    later = sorted(path.name for path in MIGRATIONS.glob("*.sql"))[1:]
    assert [one.path.name for one in applied] == later
    _check_stored(filled, writers)
    for tenant, summaries in kept.items():
        after = read_summaries(filled, tenant)
        assert _take_columns(after, of=summaries) == _take_columns(summaries, of=summaries)
        check_consistency(filled, tenant)
        assert _read_sums(filled, tenant) == sums[tenant]
    _check_settings(filled)
    with connect_as_owner(filled) as owner:
        assert {rule.__name__: found for rule in RULES if (found := rule(owner))} == {}
    fresh = postgres_server.create_database("fresh")
    apply_schemas(fresh.owner_url)
    assert compare(read_database(filled.owner_url), read_database(fresh.owner_url)) == []


def _read_sums(database: Database, tenant: str) -> tuple[int, int, str]:
    """Give a tenant's requests, tokens and cost over all time, as the dashboard asks for them."""
    query = "select public.query_metrics(%s, %s, 'day') as answer"
    window = (SAMPLE_END - timedelta(days=1000), SAMPLE_END + timedelta(days=100))
    (row,) = read_as(database, "authenticated", tenant, query, window)
    totals = row["answer"]["totals"]
    return totals["requests"], totals["total_tokens"], str(totals["cost_usd"])


def _take_columns(rows: list[dict[str, Any]], *, of: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give rows without the columns that came, or say something else, with a later migration.

    Traces tell their calls' canonical models now, which ``check_consistency`` compares.
    """
    return [{name: row[name] for name in of[0] if name != "models"} for row in rows]


def _check_settings(database: Database) -> None:
    """What ``_use`` left holds, and who was forgotten stays so."""
    assert authenticate(database, len("busy")) is not None
    (tenant,) = read_as_owner(
        database,
        "select span_days, content_days, content_capture, spans_per_minute from public.tenants"
        " where tenant_id = 'busy'",
    )
    assert tuple(tenant.values()) == (3000, 30, "off", 100_000)
    for table in ("memberships", "attribute_mappings"):
        assert len(read_as_owner(database, f"select tenant_id from public.{table}")) == 1
    assert ingest(database, "busy", [step(1, trace=1)])["mappings"] is None
    query = "select public.ingest_spans('{\"spans\": []}')"
    assert refusal(database, "llm_ingest", "gone", query) == "PT410"


def test_tables_change_under_writers(filled: Database) -> None:
    """A new column, a check, an index and a dropped view refuse nobody."""
    with _write_meanwhile(filled, "altered") as writers:
        _alter(filled, _ALTERS)
    _check_stored(filled, writers)


def test_a_migration_that_refuses_writers_is_noticed(filled: Database) -> None:
    """The proof that the tests above would see it."""
    with _write_meanwhile(filled, "broken") as writers:
        _alter(filled, _BREAKS)
    assert [line for writer in writers for line in writer.refused if "made_up" not in line] == []
    assert all(writer.refused for writer in writers)


def _alter(database: Database, statements: str) -> None:
    """Apply what is no migration of ours, in one transaction, as the runner does."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(statements.encode())
