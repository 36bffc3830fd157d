"""Postgres may go and come back: requests fail fast meanwhile and succeed right after."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psycopg
import pytest

from infra.local.bootstrap import bootstrap_server
from infra.local.children import Leashes, RunningChild
from infra.local.data_api import create_app
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.postgres import Cluster, open_cluster, remove_cluster
from infra.local.services import data_api_child
from infra.local.settings import Settings
from tests.infra.data_api.waiting import wait_for

_SCHEMA = b"""
create table public.notes (id int primary key);
grant select, insert on public.notes to authenticated;
insert into public.notes values (1);
create function public.doze(seconds float) returns text language sql stable as
  'select ''awake'' from pg_sleep(seconds)';
grant execute on function public.doze(float) to authenticated;
"""


@dataclass
class Breakable:
    """The Data API in front of a Postgres that can be stopped and started."""

    api: httpx.Client
    cluster: Cluster
    leashes: Leashes
    server: RunningChild

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server = self.leashes.start(self.cluster.child())
        self.server.wait_until_ready()

    def is_dozing(self) -> bool:
        with psycopg.connect(self.cluster.superuser_url) as connection:
            dozing = "select 1 from pg_stat_activity where wait_event = 'PgSleep'"
            return connection.execute(dozing).fetchone() is not None

    def terminate_connections(self) -> None:
        with psycopg.connect(self.cluster.superuser_url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where usename = 'authenticator'"
            )


@pytest.fixture(scope="module")
def cluster_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state directory for a Postgres of this module's own."""
    path = tmp_path_factory.mktemp("breakable")
    yield path
    remove_cluster(path)


@pytest.fixture
def breakable(
    settings: Settings, keys: StackKeys, token: Callable[..., str], cluster_dir: Path
) -> Iterator[Breakable]:
    """The Data API and a Postgres, both running."""
    leashes = Leashes(cluster_dir / "children")
    cluster = open_cluster(
        replace(settings, state_dir=cluster_dir, database_url=None), durable=False
    )
    server = leashes.start(cluster.child())
    server.wait_until_ready()
    bootstrap_server(cluster.superuser_url, cluster.passwords)
    with psycopg.connect(cluster.owner_url, autocommit=True) as connection:
        connection.execute("drop table if exists public.notes")
        connection.execute("drop function if exists public.doze")
        connection.execute(_SCHEMA)
    port = free_port()
    data_api = leashes.start(data_api_child(settings, keys, cluster.authenticator_url, port))
    data_api.wait_until_ready()
    headers = {"apikey": keys.publishable_key, "Authorization": f"Bearer {token()}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/rest/v1/", headers=headers) as api:
        running = Breakable(api, cluster, leashes, server)
        yield running
        data_api.stop()
        running.stop()
    leashes.close()


def test_dead_connections_are_replaced_silently(breakable: Breakable) -> None:
    """Connections that died in the pool cost no request an error, reads and writes alike."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: breakable.api.post("rpc/doze", json={"seconds": 0.1}), range(8)))
    breakable.terminate_connections()
    assert breakable.api.post("notes", json={"id": 2}).status_code == 201
    breakable.terminate_connections()
    assert breakable.api.get("notes").json() == [{"id": 1}, {"id": 2}]


def test_an_outage(breakable: Breakable) -> None:
    """While Postgres is down every request is 503 at once; after it, the first one succeeds."""
    assert breakable.api.get("notes").status_code == 200
    breakable.stop()
    for _ in range(3):
        started = time.monotonic()
        response = breakable.api.get("notes")
        assert response.status_code == 503
        assert response.json()["code"] in {"PGRST000", "PGRST001", "PGRST002"}
        assert time.monotonic() - started < 2
    breakable.start()
    assert breakable.api.get("notes").status_code == 200


def test_a_query_cut_off(breakable: Breakable) -> None:
    """A request whose connection is terminated under it is 503, and not tried twice."""
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(breakable.api.post, "rpc/doze", json={"seconds": 20}, timeout=30)
        wait_for(breakable.is_dozing)
        breakable.terminate_connections()
        response = running.result(timeout=10)
    assert response.status_code == 503
    assert response.json()["code"] in {"57P01", "PGRST001"}  # FATAL, or only a closed connection
    assert not breakable.is_dozing()


def test_no_request_waits_for_ever(
    breakable: Breakable, keys: StackKeys, token: Callable[..., str]
) -> None:
    """An answer that doesn't come within the limit is 504, as at Supabase's edge."""
    app = create_app(
        dsn=breakable.cluster.authenticator_url,
        jwks_path=keys.jwks_path,
        publishable_key=keys.publishable_key,
        request_timeout_seconds=0.3,
    )
    headers = {"apikey": keys.publishable_key, "Authorization": f"Bearer {token()}"}

    async def doze() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://data-api") as client:
            return await client.post("/rest/v1/rpc/doze", json={"seconds": 3}, headers=headers)

    assert asyncio.run(doze()).status_code == 504


def test_more_requests_than_connections(breakable: Breakable) -> None:
    """Thirty requests at once share nine connections; all are answered, none is turned away."""

    def doze(_: int) -> httpx.Response:
        return breakable.api.post("rpc/doze", json={"seconds": 0.1})

    with ThreadPoolExecutor(30) as threads:
        assert {one.json() for one in threads.map(doze, range(30))} == {"awake"}
    with psycopg.connect(breakable.cluster.superuser_url) as connection:
        cursor = connection.execute(
            "select count(*) from pg_stat_activity where usename = 'authenticator'"
        )
        assert cursor.fetchone() == (10,)


def test_logs_hold_nothing_of_a_request(
    breakable: Breakable, cluster_dir: Path, keys: StackKeys
) -> None:
    """Neither tokens, keys, filters nor bodies are logged, not even when Postgres is gone."""
    breakable.api.get("notes?id=eq.424242")
    breakable.stop()
    breakable.api.post("notes", json={"id": 424242})
    log = (cluster_dir / "children" / "logs" / "data_api.log").read_text()
    assert "424242" not in log
    assert keys.publishable_key not in log
    assert "eyJ" not in log
