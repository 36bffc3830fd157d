"""The local stack's scheduler: real jobs tick beside an API that takes spans all the while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.services import api_child, local_url
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.database.support.callers import Connection, ingest
from tests.database.support.spans import call
from tests.functions.ingest.spans import JSON_TYPE, make_request, make_span, to_json
from tests.functions.jobs.conftest import drop_month, find_partitions, read_runs

TENANT = "ticking"
_PATIENCE = 60.0


@pytest.fixture
def ticking(settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes) -> Iterator[str]:
    """The base URL of an API whose jobs run each second."""
    ports = replace(
        settings, api_port=free_port(), data_api_port=urlsplit(data_api).port or 0, jobs_every=1.0
    )
    running = leashes.start(api_child(ports, keys, free_port(), jobs=True))
    try:
        running.wait_until_ready()
        yield local_url(ports.api_port)
    finally:
        running.stop()


def send(client: httpx.Client, number: int) -> None:
    """Deliver one span of now."""
    start = time.time_ns()
    span = make_span(
        spanId=f"{number:016x}",
        traceId=f"{number:032x}",
        startTimeUnixNano=str(start),
        endTimeUnixNano=str(start + 1000),
    )
    answer = client.post("/v1/traces", content=to_json(make_request(span)))
    assert answer.status_code == 200, answer.text
    assert "partialSuccess" not in answer.json()


def test_jobs_tick_while_spans_arrive(database: Database, owner: Connection, ticking: str) -> None:
    """A month that is missing appears, what is too old goes, and no span is refused or lost."""
    now = datetime.now(UTC)
    names = drop_month(owner)
    old = [call(n, trace=n, at=now - timedelta(days=9, hours=n % 20)) for n in range(1, 301)]
    ingest(database, TENANT, old)
    headers = {"x-tenant-id": TENANT, "content-type": JSON_TYPE}
    with httpx.Client(base_url=ticking, headers=headers, timeout=30) as client:
        client.put("/retention", json={"span_days": 5, "content_days": None}).raise_for_status()
        sent, until = 0, time.monotonic() + _PATIENCE
        told: dict[str, Any] = {}
        while time.monotonic() < until and not _is_done(told, owner, names):
            sent += 1
            send(client, 0xA000 + sent)
            told = client.get("/retention").json()

    assert _is_done(told, owner, names), told
    query = "select count(*) as spans from public.spans where tenant_id = %s"
    row = owner.execute(query, (TENANT,)).fetchone()
    assert row is not None
    assert row["spans"] == sent
    assert datetime.fromisoformat(told["next_run"]) > now
    for job in ("partitions", "expiry"):
        assert {run["outcome"] for run in read_runs(owner, job)} <= {"done", "running"}


def _is_done(told: dict[str, Any], owner: Connection, names: set[str]) -> bool:
    finished = (told.get("last_run") or {}).get("outcome") == "done"
    rows = owner.execute(
        "select 1 from public.spans where tenant_id = %s and start_time < now() - interval '5 days'"
        " limit 1",
        (TENANT,),
    ).fetchall()
    return finished and not rows and find_partitions(owner, names) == names
