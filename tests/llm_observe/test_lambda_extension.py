"""The internal extension: spans leave after the response, before the environment is frozen."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

import llm_observe
from infra.local.throwaway import Database

Start = Callable[..., None]


class ExtensionsApi:
    """Lambda's Extensions API on the loopback interface, as its documentation describes it."""

    def __init__(self) -> None:
        self.registered: list[Any] = []
        self.asked = SimpleQueue[float]()
        """When the extension asked for its next event: all its work was done then."""
        self._events = SimpleQueue[dict[str, Any]]()
        api = self

        class Answer(BaseHTTPRequestHandler):
            """Two routes of the API."""

            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                api.registered.append((self.headers["Lambda-Extension-Name"], body))
                self._send({}, {"Lambda-Extension-Identifier": "extension-1"})

            def do_GET(self) -> None:
                assert self.headers["Lambda-Extension-Identifier"] == "extension-1"
                api.asked.put(time.monotonic())
                self._send(api._events.get(), {})

            def _send(self, body: dict[str, Any], headers: dict[str, str]) -> None:
                # As some servers do, whatever version they were asked in.
                self.close_connection = False
                text = json.dumps(body).encode()
                self.send_response(200)
                for name, value in {**headers, "content-length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def invoke(self, seconds: float, request_id: str = "request-1") -> None:
        deadline = int((time.time() + seconds) * 1000)
        self._events.put({"eventType": "INVOKE", "requestId": request_id, "deadlineMs": deadline})

    def stop(self) -> None:
        self._events.put({"eventType": "nothing more"})
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def extensions_api() -> Iterator[ExtensionsApi]:
    """A fake of what only AWS has."""
    api = ExtensionsApi()
    on_sigterm = signal.getsignal(signal.SIGTERM)
    yield api
    api.stop()
    for thread in threading.enumerate():
        if thread.name == "llm-observe":
            thread.join(5)
    signal.signal(signal.SIGTERM, on_sigterm)


@contextmanager
def run_late(api: ExtensionsApi, handler: Callable[..., object]) -> Iterator[None]:
    """Run a handler beside the block, in an invocation that has 1.5 s, and wait for both."""
    api.asked.get(timeout=5)
    api.invoke(seconds=1.5)
    thread = threading.Thread(target=handler, args=({}, None))
    thread.start()
    yield
    thread.join()


def read_spans(database: Database, tenant: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(
            "select name, status, error_type from spans where tenant_id = %s order by start_ns",
            (tenant,),
        ).fetchall()


def test_spans_are_stored_when_the_extension_asks_for_more(
    start: Start,
    extensions_api: ExtensionsApi,
    database: Database,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The handler answers at once; the drain follows, then one metric line, then the next event."""
    start(runtime_api=extensions_api.address, on_lambda=True, service_name="shop")

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> str:
        with llm_observe.tenant("extended"), llm_observe.span("work"):
            return "answer"

    extensions_api.asked.get(timeout=5)
    extensions_api.invoke(seconds=10)
    answer = handler({}, None)
    extensions_api.asked.get(timeout=5)
    line = json.loads(capsys.readouterr().out)

    assert answer == "answer"
    assert extensions_api.registered == [("llm-observe", {"events": ["INVOKE"]})]
    assert read_spans(database, "extended") == [("work", "unset", None)]
    assert (line["service"], line["spans_emitted"], line["spans_stored"]) == ("shop", 1, 1)
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "llm-observe"


def test_work_that_runs_out_of_time_is_saved(
    start: Start, extensions_api: ExtensionsApi, database: Database
) -> None:
    """Half a second before the deadline, open spans end as timed out and leave."""
    start(runtime_api=extensions_api.address)
    release = threading.Event()

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> None:
        with llm_observe.tenant("late2"), llm_observe.span("work"):
            release.wait(10)

    with run_late(extensions_api, handler):
        extensions_api.asked.get(timeout=10)
        stored = read_spans(database, "late2")
        release.set()

    assert stored == [("work", "error", "timeout")]


def test_a_span_left_open_ends_as_abandoned(
    start: Start, extensions_api: ExtensionsApi, database: Database
) -> None:
    """A span that the handler leaves open arrives all the same, and is no error."""
    start(runtime_api=extensions_api.address)
    left_open = []

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> None:
        with llm_observe.tenant("open"):
            opened = llm_observe.span("work")
            opened.__enter__()
            left_open.append(opened)

    extensions_api.asked.get(timeout=5)
    extensions_api.invoke(seconds=10)
    handler({}, None)
    extensions_api.asked.get(timeout=5)

    assert read_spans(database, "open") == [("work", "unset", "abandoned")]


def test_a_handler_that_is_never_called_holds_nothing_up(
    start: Start, extensions_api: ExtensionsApi
) -> None:
    """A malformed event never reaches the handler; the extension goes on long before the end."""
    start(runtime_api=extensions_api.address)
    llm_observe.lambda_handler(lambda _event, _context: None)
    extensions_api.asked.get(timeout=5)
    extensions_api.invoke(seconds=60)

    assert extensions_api.asked.get(timeout=5)


def test_without_the_api_the_flush_is_in_finally(start: Start, database: Database) -> None:
    """Where nobody answers the registration, spans leave before the handler returns."""
    start(runtime_api="127.0.0.1:1")

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> None:
        with llm_observe.tenant("elsewhere2"), llm_observe.span("work"):
            pass

    handler({}, None)

    assert read_spans(database, "elsewhere2") == [("work", "unset", None)]


def test_a_late_handler_does_not_put_the_drains_out_of_step(
    start: Start, extensions_api: ExtensionsApi, database: Database
) -> None:
    """An invocation whose handler the extension had given up on is not taken for the next one."""
    start(runtime_api=extensions_api.address)

    @llm_observe.lambda_handler
    def handler(name: str, _context: object) -> None:
        with llm_observe.tenant("steps2"), llm_observe.span(name):
            pass

    extensions_api.asked.get(timeout=5)
    extensions_api.invoke(seconds=30, request_id="first")
    extensions_api.asked.get(timeout=5)
    handler("late", SimpleNamespace(aws_request_id="first"))
    extensions_api.invoke(seconds=30, request_id="second")
    handler("in time", SimpleNamespace(aws_request_id="second"))
    extensions_api.asked.get(timeout=5)

    assert [name for name, *_ in read_spans(database, "steps2")] == ["late", "in time"]


def test_calls_after_the_warning_are_saved_too(
    start: Start, extensions_api: ExtensionsApi, database: Database
) -> None:
    """A handler that goes on until it is killed loses nothing that ended 100 ms before that."""
    start(runtime_api=extensions_api.address)
    deadline = time.monotonic() + 1.5

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> None:
        with llm_observe.tenant("busy"):
            while time.monotonic() < deadline - 0.3:
                with llm_observe.span("call"):
                    time.sleep(0.02)
            time.sleep(0.5)

    with run_late(extensions_api, handler):
        time.sleep(deadline - time.monotonic())
        stored = len(read_spans(database, "busy"))

    assert stored == llm_observe.stats()["emitted"] > 20


def test_a_last_span_of_a_late_handler_is_saved(
    start: Start, extensions_api: ExtensionsApi, database: Database
) -> None:
    """What a handler adds 0.4 s before the deadline leaves before the freeze."""
    start(runtime_api=extensions_api.address)
    deadline = time.monotonic() + 1.5

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> None:
        with llm_observe.tenant("hasty"):
            with llm_observe.span("work"):
                time.sleep(deadline - time.monotonic() - 0.4)
            with llm_observe.span("afterthought"):
                pass

    extensions_api.asked.get(timeout=5)
    extensions_api.invoke(seconds=1.5)
    handler({}, None)
    frozen = extensions_api.asked.get(timeout=5)

    assert frozen < deadline
    assert [name for name, *_ in read_spans(database, "hasty")] == ["work", "afterthought"]


def test_a_sigterm_that_the_main_thread_misses_is_heeded(
    start: Start, extensions_api: ExtensionsApi, database: Database
) -> None:
    """The runtime may be just about to wait for work, where Python's handler does not run."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    start(runtime_api=extensions_api.address)
    llm_observe.lambda_handler(lambda _event, _context: None)
    found: list[tuple[Any, ...]] = []

    blocked = threading.Event()

    def kill() -> None:
        blocked.wait(5)
        os.kill(os.getpid(), signal.SIGTERM)
        until = time.monotonic() + 5
        while not found and time.monotonic() < until:
            found.extend(read_spans(database, "missed"))

    with llm_observe.tenant("missed"), llm_observe.span("work"):
        pass
    thread = threading.Thread(target=kill)
    thread.start()
    # Blocked here, the signal goes to the other thread and leaves this one waiting.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    blocked.set()
    thread.join()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    assert found == [("work", "unset", None)]


def test_the_last_drain_does_without_a_digest_key(
    start: Start, extensions_api: ExtensionsApi, database: Database
) -> None:
    """Asking for a tenant's salt would cost the time that saving the span takes."""
    start(runtime_api=extensions_api.address)
    release = threading.Event()

    @llm_observe.observe("execute_tool")
    def look_up(word: str) -> str:
        return word.upper()

    @llm_observe.lambda_handler
    def handler(_event: object, _context: object) -> None:
        with llm_observe.tenant("keyless"):
            look_up("word")
            release.wait(10)

    with run_late(extensions_api, handler):
        extensions_api.asked.get(timeout=10)
        with psycopg.connect(database.owner_url) as connection:
            stored = connection.execute(
                "select input_digest, output_length from spans where tenant_id = 'keyless'"
            ).fetchall()
        release.set()

    assert stored == [(None, len("WORD"))]
