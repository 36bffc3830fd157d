"""What a process counts and what the database knows of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

import llm_observe
from infra.local.throwaway import Database
from llm_observe.content import Content
from llm_observe.dialects import SourceSpan
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe

Start = Callable[..., None]


def read_ledger(database: Database, tenant: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(
            "select emitted, stored, dropped, gaps from delivery_ledger where tenant_id = %s",
            (tenant,),
        ).fetchall()


def trace_steps(tenant: str, count: int) -> None:
    with llm_observe.tenant(tenant):
        for _ in range(count):
            with llm_observe.span("step"):
                pass


def test_every_span_is_accounted_for(start: Start, database: Database) -> None:
    """Stored and reported lost add up to what was emitted, in the process and in SQL."""
    start(max_spans=3)
    trace_steps("ledger", 5)
    llm_observe.flush()
    counts = llm_observe.stats()

    assert (counts["emitted"], counts["stored"], counts["waiting"]) == (5, 3, 0)
    assert counts["dropped"] == {"buffer_full": 2}
    assert read_ledger(database, "ledger") == [(5, 3, 2, 0)]


def test_a_failed_batch_goes_out_with_the_next_flush(
    start: Start, database: Database, data_api: str
) -> None:
    """Nothing is lost to a flush that ran out of time, and nothing arrives twice."""
    start()
    trace_steps("later", 2)
    llm_observe.flush(timeout=0.01)
    assert llm_observe.stats()["waiting"] == 2
    trace_steps("later", 1)
    llm_observe.flush()

    assert llm_observe.stats()["waiting"] == 0
    assert read_ledger(database, "later") == [(3, 3, 0, 0)]


def test_a_bound_in_bytes_holds_too(start: Start, database: Database) -> None:
    """Large content fills the buffer before its number does; the rest is counted."""
    start(max_bytes=50_000, digest_key=None)

    @llm_observe.observe("execute_tool")
    def echo(text: str) -> str:
        return text

    with llm_observe.tenant("heavy"):
        for _ in range(4):
            echo("x" * 10_000)
    llm_observe.flush()

    assert llm_observe.stats()["dropped"] == {"buffer_full": 2}
    assert read_ledger(database, "heavy") == [(4, 2, 2, 0)]


def test_a_forked_child_is_another_process(start: Start, database: Database) -> None:
    """A child sends only its own spans, under a process id of its own."""
    start()
    trace_steps("forked", 2)
    child = os.fork()
    if child == 0:
        trace_steps("forked", 1)
        llm_observe.flush()
        os._exit(0)
    os.waitpid(child, 0)
    llm_observe.flush()

    assert sorted(read_ledger(database, "forked")) == [(1, 1, 0, 0), (2, 2, 0, 0)]


def test_a_span_that_cannot_be_read_is_lost_once(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often its batch is sent again, it is counted and left behind the first time."""

    def refuse_odd(span: SourceSpan, content: Content, **given: Any) -> SpanRecord:
        if span.name == "odd":
            raise ValueError("unreadable")
        return transcribe(span, content, **given)

    monkeypatch.setattr("llm_observe._delivery.drain.transcribe", refuse_odd)
    start()
    trace_steps("odd", 1)
    llm_observe.flush()

    def refuse_connection(*_: object, **__: object) -> None:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr("llm_observe.supabase.data_api.DataApi.connect_as", refuse_connection)
    with llm_observe.tenant("odd"):
        for name in ("odd", "even"):
            with llm_observe.span(name):
                pass
    llm_observe.flush()
    llm_observe.flush()
    counts = llm_observe.stats()

    assert (counts["dropped"], counts["waiting"]) == ({"unreadable": 1}, 1)
