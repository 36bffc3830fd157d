"""The console and OTLP exporters: the same spans, after the same privacy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import llm_observe

Start = Callable[..., None]
MARKER = "marker4712"
PROMPT: list[ChatCompletionMessageParam] = [{"role": "user", "content": f"Say {MARKER}."}]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """An OTLP/HTTP receiver that keeps the bodies it was sent."""
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        """Answers 200 to everything, as a receiver that stored it."""

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        yield bodies
        server.shutdown()
        thread.join()


def call_once(client: OpenAI) -> None:
    with llm_observe.tenant("elsewhere"):
        client.chat.completions.create(model="gpt-4o-mini", messages=PROMPT)
    llm_observe.flush()


def test_the_console_gets_a_line_a_span(
    start: Start, client: OpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each record is one line of JSON, priced, without content."""
    start(exporters=("console",))
    call_once(client)
    output = capsys.readouterr().out
    record = json.loads(output)

    assert record["tenant_id"] == "elsewhere"
    assert float(record["cost_usd"]) > 0
    assert MARKER not in output


def test_otlp_gets_the_span_without_content(
    start: Start, client: OpenAI, receiver: list[bytes]
) -> None:
    """The receiver sees tokens, tenant and a length, and no byte of the prompt."""
    start(exporters=("otlp",))
    call_once(client)
    request = ExportTraceServiceRequest.FromString(receiver[0])
    (span,) = request.resource_spans[0].scope_spans[0].spans
    attributes = {item.key: item.value for item in span.attributes}

    assert span.name == "chat gpt-4o-mini"
    assert attributes["llm_observe.tenant.id"].string_value == "elsewhere"
    assert attributes["gen_ai.usage.input_tokens"].int_value > 0
    assert attributes["llm_observe.input.length"].int_value == len(f"Say {MARKER}.")
    assert MARKER.encode() not in receiver[0]


def test_otlp_gets_cut_content_where_it_is_open(
    start: Start, client: OpenAI, receiver: list[bytes]
) -> None:
    """With capture on, messages go along, cut."""
    start(exporters=("otlp",), capture_content=True, prompt_limit=8, response_limit=8)
    call_once(client)

    assert b"Say mark" in receiver[0]
    assert b"Say marke" not in receiver[0]


def test_one_exporters_loss_is_not_anothers(
    start: Start,
    client: OpenAI,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where OTLP fails and the database does not, the ledger says stored, and the log says who."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    start(exporters=("supabase", "otlp"), export_timeout=1.0)
    call_once(client)
    counts = llm_observe.stats()

    assert (counts["stored"], counts["dropped"], counts["waiting"]) == (1, {}, 0)
    assert "OtlpExporter has dropped spans so far: {'rejected': 1}" in caplog.text
