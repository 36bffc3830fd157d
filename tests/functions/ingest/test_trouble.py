"""While the database is away nothing is acknowledged, and callers learn when to come again."""

from __future__ import annotations

import time

import httpx
import pytest

from functions.ingest.breaker import CircuitBreaker
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.functions.conftest import run_api
from tests.functions.ingest.conftest import read_answer, read_rows
from tests.functions.ingest.spans import PROTOBUF_TYPE, make_request, make_span, to_protobuf
from trials.lifecycle.fault_proxy import Fault, FaultProxy

HEADERS = {"x-tenant-id": "patient", "content-type": PROTOBUF_TYPE}


def test_a_database_away_is_a_503_that_says_when_to_come_again(
    settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes, database: Database
) -> None:
    """Exporters keep what gets a 503; after three in a row the door does not ask for a while."""
    body = to_protobuf(make_request(make_span()))
    way = FaultProxy(data_api)
    with (
        run_api(settings, keys, way.url, free_port(), leashes) as api,
        httpx.Client(base_url=api, headers=HEADERS, timeout=30) as client,
    ):
        way.set_fault(Fault.DOWN)
        answers = [client.post("/v1/traces", content=body) for _ in range(3)]
        way.set_fault(Fault.NONE)
        answers.append(client.post("/v1/traces", content=body))
        assert read_rows(database, "spans", "patient") == []
        time.sleep(float(answers[-1].headers["retry-after"]))
        late = client.post("/v1/traces", content=body)
    way.close()

    assert {answer.status_code for answer in answers} == {503}
    assert {read_answer(answer).code for answer in answers} == {14}
    assert all(1 <= int(answer.headers["retry-after"]) <= 10 for answer in answers)
    assert late.status_code == 200
    assert len(read_rows(database, "spans", "patient")) == 1


def test_the_breaker_lets_one_through_after_its_pause() -> None:
    """Three failures in a row open it for a second, a fourth again; an answer closes it."""
    now = 0.0
    breaker = CircuitBreaker(lambda: now)
    for _ in range(2):
        breaker.note_failure()
    assert breaker.seconds_left() == 0
    breaker.note_failure()
    assert breaker.seconds_left() == pytest.approx(1)
    now = 1.0
    assert breaker.seconds_left() == 0
    breaker.note_failure()
    assert breaker.seconds_left() == pytest.approx(1)
    now = 10.0
    breaker.note_success()
    breaker.note_failure()
    assert breaker.seconds_left() == 0
