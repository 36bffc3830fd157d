"""The flush at the end of an invocation."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import psycopg
import pytest

import llm_observe
from infra.local.throwaway import Database

Start = Callable[..., None]


class Context:
    """A Lambda context with some time left."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def count(database: Database, tenant: str) -> Any:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(
            "select count(*) from spans where tenant_id = %s", (tenant,)
        ).fetchone()


def test_spans_leave_before_the_handler_returns(start: Start, database: Database) -> None:
    """After an invocation nothing waits in a process that may freeze."""
    start()

    @llm_observe.lambda_handler
    def handler(event: dict[str, str], _context: Context) -> str:
        with llm_observe.tenant("invoked"), llm_observe.span("work"):
            return event["name"]

    assert handler({"name": "answer"}, Context(10_000)) == "answer"
    assert count(database, "invoked") == (1,)


def test_a_handler_that_raises_keeps_its_error_and_its_spans(
    start: Start, database: Database
) -> None:
    """The error goes on unchanged; what was traced before it is stored."""
    start()

    @llm_observe.lambda_handler
    def handler(_event: object, _context: Context) -> None:
        with llm_observe.tenant("raised"), llm_observe.span("work"):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        handler({}, Context(10_000))
    assert count(database, "raised") == (1,)


def test_no_time_left_means_no_flush(start: Start, database: Database) -> None:
    """A flush never runs into the deadline: what it could not send goes with the next one."""
    start()

    @llm_observe.lambda_handler
    def handler(_event: object, _context: Context) -> None:
        with llm_observe.tenant("late"), llm_observe.span("work"):
            pass

    handler({}, Context(200))

    assert count(database, "late") == (0,)
    assert llm_observe.stats()["waiting"] == 1
    llm_observe.flush()
    assert count(database, "late") == (1,)


def test_a_context_without_a_deadline_is_fine(start: Start, database: Database) -> None:
    """Called by hand, as tests do, it flushes within the export timeout."""
    start()

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> None:
        with llm_observe.tenant("byhand"), llm_observe.span("work"):
            pass

    handler({}, None)

    assert count(database, "byhand") == (1,)


def test_a_handler_is_wrapped_once(start: Start) -> None:
    """Wrapped again, under another decorator too, it is left alone: the layer does that."""
    start()

    @llm_observe.lambda_handler
    def handler(_event: object, _context: Context) -> None: ...

    @wraps(handler)
    def decorated(event: object, context: Context) -> None:
        handler(event, context)

    assert llm_observe.lambda_handler(handler) is handler
    assert llm_observe.lambda_handler(decorated) is decorated


def test_an_odd_context_does_not_break_the_handler(start: Start) -> None:
    """Tests call handlers with all sorts of things; the answer is the handler's own."""
    start(exporters=())

    class Odd:
        """As a mock: it has everything, and nothing of it is a number."""

        def get_remaining_time_in_millis(self) -> object:
            return object()

    handler = llm_observe.lambda_handler(lambda event, _context: event)

    assert handler("answer", Odd()) == "answer"
