"""Postgres stops while the demo runs: the demo answers, says what waits, and loses nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from infra.local.bootstrap import bootstrap_server
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.postgres import open_cluster, remove_cluster
from infra.local.services import data_api_child, local_url
from infra.local.settings import Settings
from infra.local.throwaway import ThrowawayServer
from tests.functions.conftest import run_api

TENANT = {"x-tenant-id": "outage"}


def wait_for(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A state directory of this test's own: it stops its server."""
    yield tmp_path
    remove_cluster(tmp_path)


def test_the_demo_survives_its_database(
    settings: Settings, keys: StackKeys, openai_port: int, folder: Path
) -> None:
    """While it is down: an answer, a 503 from /health, one line of log. After: every span."""
    leashes = Leashes(folder)
    cluster = open_cluster(replace(settings, state_dir=folder, database_url=None), durable=False)
    postgres = leashes.start(cluster.child())
    postgres.wait_until_ready()
    bootstrap_server(cluster.superuser_url, cluster.passwords)
    database = ThrowawayServer(cluster).create_template()
    port = free_port()
    data_api = leashes.start(data_api_child(settings, keys, database.authenticator_url, port))
    data_api.wait_until_ready()
    try:
        with (
            run_api(settings, keys, local_url(port), openai_port, leashes) as api,
            httpx.Client(base_url=api, headers=TENANT, timeout=60) as client,
        ):
            assert client.post("/demo/run").json()["total_tokens"] > 0

            postgres.stop()
            # What was known before is told for ten seconds more.
            wait_for(lambda: client.get("/health").status_code == 503)
            health = client.get("/health")
            run = client.post("/demo/run")
            read = client.get("/traces")

            assert (health.status_code, health.json()["database"]["status"]) == (503, "unreachable")
            assert run.status_code == 200
            assert run.json()["answer"]
            assert run.json()["total_tokens"] is None
            assert (read.status_code, read.json()["error"]["code"]) == (503, "database_unavailable")
            assert read.headers["retry-after"] in {"1", "2"}  # spread
            log = (folder / "logs" / "api.log").read_text()
            assert log.count("llm_observe:") == 1
            assert "keeps 5 spans for its next try" in log

            postgres = leashes.start(cluster.child())
            postgres.wait_until_ready()
            wait_for(lambda: client.get("/health").status_code == 200)
            assert client.post("/demo/run").json()["total_tokens"] > 0
            traces = client.get("/traces").json()["items"]
            assert [trace["span_count"] for trace in traces] == [5, 5, 5]
            assert run.json()["trace_id"] in {trace["trace_id"] for trace in traces}
    finally:
        data_api.stop()
        postgres.stop()
        leashes.close()
