"""When the database does not answer, the application does not notice."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

import llm_observe
from infra.local.throwaway import Database
from llm_observe.config import Settings
from tests.database.support.callers import read_as_owner, set_limits

Start = Callable[..., None]


@pytest.fixture
def blackhole() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        thread = Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)
        for connection in taken:
            connection.close()


def trace_steps(count: int) -> None:
    with llm_observe.tenant("trouble"):
        for _ in range(count):
            with llm_observe.span("step"):
                pass


def test_a_silent_database_costs_no_more_than_the_timeout(start: Start, blackhole: str) -> None:
    """A flush is bounded in time, and what it could not send waits."""
    start(supabase_url=blackhole, export_timeout=0.6, digest_key=None)
    trace_steps(3)
    started = time.monotonic()
    llm_observe.flush()

    assert time.monotonic() - started < 1.5
    assert llm_observe.stats()["waiting"] == 3


def test_a_refused_connection_is_logged_once(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """One line a flush, not one a span, and no word of what was in them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    start(supabase_url=f"http://127.0.0.1:{port}", export_timeout=0.5)
    trace_steps(5)
    with caplog.at_level(logging.WARNING, logger="llm_observe"):
        llm_observe.flush()

    assert [record.getMessage() for record in caplog.records] == [
        "llm_observe: SupabaseSpanExporter keeps 5 spans for its next try"
    ]


def test_spans_that_never_left_are_counted_at_the_end(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that ends while the database is away says what it takes with it."""
    start(supabase_url="http://127.0.0.1:1", export_timeout=0.2)
    trace_steps(2)
    with caplog.at_level(logging.WARNING, logger="llm_observe"):
        llm_observe.shutdown()

    assert "{'shut_down': 2}" in caplog.text


def test_a_refusal_is_not_tried_again(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """What can never be accepted is dropped at once: here the key is wrong."""
    start(supabase_key="sb_publishable_wrong")
    trace_steps(1)
    llm_observe.flush()

    assert llm_observe.stats()["dropped"] == {"rejected": 1}


def test_a_tenant_over_its_limit_loses_nothing(start: Start, database: Database) -> None:
    """The batch waits in the process, and goes out when there is budget again."""
    set_limits(database, "trouble", spans_per_minute=2)
    start()
    for waiting in (0, 3):
        trace_steps(3)
        llm_observe.flush()
        assert llm_observe.stats()["waiting"] == waiting
    set_limits(database, "trouble")
    llm_observe.flush()

    assert (llm_observe.stats()["waiting"], llm_observe.stats()["dropped"]) == (0, {})
    query = "select stored from public.delivery_ledger where tenant_id = 'trouble' and stored = 6"
    assert len(read_as_owner(database, query)) == 1


def test_a_client_writes_only_for_its_own_tenant(start: Start) -> None:
    """A Supabase client of the application's own carries one tenant's token."""
    sent: list[str] = []

    class Client:
        """Stands for a Supabase client: only its ``rpc`` is used, and here it is never reached."""

        def rpc(self, func: str, params: object) -> None:
            sent.append(func)

    llm_observe.init(Settings(tenant="mine", exporters=()), client=Client())
    trace_steps(1)
    llm_observe.flush()

    assert sent == []
    assert llm_observe.stats()["dropped"] == {"failed": 1}


def test_a_client_without_a_tenant_is_refused() -> None:
    """Whose token a client carries must be said."""
    with pytest.raises(llm_observe.ConfigurationError, match="LLM_OBSERVE_TENANT"):
        llm_observe.init(Settings(), client=object(), strict=True)  # type: ignore[arg-type]  # never called


def test_missing_settings_are_all_named() -> None:
    """The first start tells everything that is missing, not one thing at a time."""
    with pytest.raises(llm_observe.ConfigurationError) as caught:
        llm_observe.init(Settings(), strict=True)

    for name in ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "LLM_OBSERVE_INGEST_TOKEN"):
        assert name in str(caught.value).partition(". ")[0]
    assert "make access ARGS='ingest-token --tenant" in str(caught.value)
