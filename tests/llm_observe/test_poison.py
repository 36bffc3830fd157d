"""One span that the database refuses costs its flush nothing but itself."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from unittest.mock import Mock

import pytest

import llm_observe
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from llm_observe._delivery.exporter import Outcome, SupabaseSpanExporter, Transcribed
from llm_observe._delivery.finished import FinishedSpan
from llm_observe._delivery.ledger import Ledger
from llm_observe.records import SpanRecord
from llm_observe.supabase.data_api import DataApi
from llm_observe.supabase.tokens import TokenMinter
from tests.database.support.callers import read_as_owner
from tests.database.support.failing import inject_faults, name_fault
from tests.database.support.spans import NOON, nanoseconds

Start = Callable[..., None]


@pytest.fixture(autouse=True, scope="module")
def _faults(database: Database) -> None:
    inject_faults(database)


def trace_users(tenant: str, *users: str | None) -> None:
    """Make a span for each user."""
    for user in users:
        with llm_observe.tenant(tenant), llm_observe.user(user or "anna"):  # noqa: SIM117  # three in a line are hard to read
            with llm_observe.span("step"):
                pass


def count_spans(database: Database, tenant: str) -> int:
    query = "select 1 from public.spans where tenant_id = %s"
    return len(read_as_owner(database, query, (tenant,)))


@pytest.mark.parametrize("code", ["XX000", "P0001", "54000", "23505"])
def test_only_the_refused_span_is_dropped(
    start: Start, database: Database, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    """Before, its whole flush was; the log says why, without a value of it."""
    tenant = f"poisoned-{code.lower()}"
    start()
    trace_users(tenant, None, None, name_fault(code), None, None, None)
    with caplog.at_level(logging.WARNING, logger="llm_observe"):
        llm_observe.flush()
    counts = llm_observe.stats()

    assert (counts["stored"], counts["dropped"], counts["waiting"]) == (5, {"rejected": 1}, 0)
    assert count_spans(database, tenant) == 5
    assert "the database refused spans for good (1: " in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("code", ["57014", "40P01", "53100"])
def test_a_temporary_failure_drops_nothing(start: Start, database: Database, code: str) -> None:
    """A statement that is cut off refuses no span, though each of the batch fails with it."""
    tenant = f"patient-{code.lower()}"
    start()
    trace_users(tenant, None, name_fault(code))
    llm_observe.flush(timeout=1.0)
    counts = llm_observe.stats()

    assert (counts["dropped"], counts["waiting"]) == ({}, 2)
    assert count_spans(database, tenant) == 0


def test_a_tenant_that_takes_all_the_time_comes_last(start: Start, database: Database) -> None:
    """Of an application's tenants one cannot keep the others' spans from being sent."""
    start()
    read_as_owner(
        database,
        """create or replace function public.dawdle() returns trigger language plpgsql as
             $$ begin perform pg_sleep(4); return new; end $$;
           create or replace trigger dawdle before insert on public.spans
             for each row when (new.tenant_id = 'a-slow-one') execute function public.dawdle()""",
    )
    for turn in range(2):
        trace_users("a-slow-one", None)
        trace_users("b-quick-one", None)
        llm_observe.flush(timeout=1.5 if turn == 0 else 3.0)

    assert count_spans(database, "b-quick-one") == 2


def test_a_tenant_whose_spans_nobody_takes_leaves_room(start: Start, database: Database) -> None:
    """What waits for a tenant over its rate fills the buffer, and gives way to the others'."""
    start(max_spans=6)
    trace_users("a-limited-one", None)
    llm_observe.flush()
    read_as_owner(
        database, "update public.tenants set spans_per_minute = 1 where tenant_id = 'a-limited-one'"
    )
    for _ in range(2):
        trace_users("a-limited-one", *["anna"] * 6)
        llm_observe.flush()
    for _ in range(2):
        trace_users("b-unlimited-one", *["berta"] * 3)
        llm_observe.flush()
    counts = llm_observe.stats()

    assert count_spans(database, "b-unlimited-one") == 6
    assert counts["waiting"] == 3
    assert counts["emitted"] == counts["stored"] + counts["dropped"]["buffer_full"] + 3


def test_large_flushes_are_split(data_api: str, keys: StackKeys, database: Database) -> None:
    """20 MB of attributes are more than the Data API takes at once: nothing of it is lost."""
    minter = TokenMinter(json.dumps(keys.signing_key), issuer=f"{data_api}/auth/v1")
    api = DataApi(data_api, keys.publishable_key, minter)
    exporter = SupabaseSpanExporter.from_data_api(api, Ledger(), digest_master=None)
    noon = nanoseconds(NOON)
    attributes = {f"key{number}": "x" * 8_000 for number in range(100)}
    finished = Mock(spec=FinishedSpan)
    batch = [
        Transcribed(
            finished,
            SpanRecord(
                tenant_id="bulky",
                trace_id=f"{number:032x}",
                span_id=f"{number:016x}",
                name="x",
                kind="client",
                start_ns=noon,
                end_ns=noon,
                attributes=attributes,
            ),
        )
        for number in range(1, 26)
    ]
    outcomes = exporter.export("bulky", batch, deadline=time.monotonic() + 30)
    exporter.reset()

    assert outcomes == [Outcome.STORED] * 25
    assert count_spans(database, "bulky") == 25
