"""``python -m trials.chaos.client``: an application with OpenTelemetry's own exporter.

Writes down, a line each, what it sends before it sends it, what was acknowledged, and every status
that it was answered. A batch that failed is sent again later, as a Collector's queue would, and
now and then one that was acknowledged is, too. SIGTERM ends it after one last round.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
from collections import deque
from random import Random
from threading import Event
from typing import Final

import requests
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

_SPANS_OF_A_TRACE: Final = 7
_START_NS: Final = 1_795_253_450_000_000_000
_AGAIN: Final = 0.1
"""Of the acknowledged batches that are sent once more."""
_LAST_ROUNDS: Final = 3
_EXPORT_SECONDS: Final = 8.0

Batch = tuple[int, list[ReadableSpan]]


def note(*words: object) -> None:
    """Write a line down, before anything else happens."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Collecting(SpanProcessor):
    """Keeps spans that have ended, to be exported by hand."""

    def __init__(self) -> None:
        self.ended: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span."""
        self.ended.append(span)


class Application:
    """Makes numbered spans of a tenant; clients of one tenant add to the same traces."""

    def __init__(self, tenant: str, name: str) -> None:
        self._tenant, self._name, self._next = tenant, name, 0
        self._collecting = Collecting()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(self._collecting)
        self._tracer = provider.get_tracer("trials.chaos")

    def make_batch(self, size: int) -> Batch:
        """Give the number of the first span, and the spans."""
        first, self._collecting.ended = self._next, []
        for number in range(first, first + size):
            self._make_span(number)
        self._next += size
        return first, self._collecting.ended

    def _make_span(self, number: int) -> None:
        start = _START_NS + number * 1_000_000
        attributes: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": number % 97 + 1,
            "gen_ai.usage.output_tokens": number % 31,
            "gen_ai.response.id": f"{self._tenant}/{self._name}/{number}",
        }
        span = self._tracer.start_span(
            "chat", self._find_parent(number), attributes=attributes, start_time=start
        )
        if number % 11 == 0:
            span.set_status(trace.StatusCode.ERROR)
        span.end(start + number % 13 * 1_000_000)

    def _find_parent(self, number: int) -> Context:
        """A root that never comes, of a trace that two clients write to."""
        key = f"{self._tenant}/{number // _SPANS_OF_A_TRACE}"
        digest = hashlib.sha256(key.encode()).digest()
        parent = SpanContext(
            int.from_bytes(digest[:16]),
            int.from_bytes(digest[16:24]),
            is_remote=True,
            trace_flags=TraceFlags(TraceFlags.SAMPLED),
        )
        return trace.set_span_in_context(NonRecordingSpan(parent))


def make_exporter(endpoint: str, tenant: str) -> OTLPSpanExporter:
    """Give the exporter, on a session that tells of every answer."""

    def tell(response: requests.Response, **_: object) -> None:
        note("answer", response.status_code)
        if response.ok:
            told = ExportTraceServiceResponse.FromString(response.content)
            if told.partial_success.rejected_spans:
                note("rejected", told.partial_success.rejected_spans)

    session = requests.Session()
    session.hooks["response"].append(tell)
    return OTLPSpanExporter(
        endpoint, headers={"x-tenant-id": tenant}, timeout=_EXPORT_SECONDS, session=session
    )


def export(exporter: OTLPSpanExporter, batch: Batch) -> bool:
    """Export a batch and write down what became of it."""
    first, spans = batch
    note("sent", first, len(spans))
    acknowledged = exporter.export(spans) is SpanExportResult.SUCCESS
    if acknowledged:
        note("acked", first, len(spans))
    return acknowledged


def main() -> None:
    """Export until told to end."""
    parser = argparse.ArgumentParser(prog="python -m trials.chaos.client")
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()
    ending, random = Event(), Random(f"{arguments.seed}/{arguments.tenant}/{arguments.name}")
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    application = Application(arguments.tenant, arguments.name)
    exporter = make_exporter(arguments.endpoint, arguments.tenant)
    waiting: deque[Batch] = deque()
    while not ending.is_set():
        batch = waiting.popleft() if waiting else application.make_batch(random.randint(1, 40))
        if not export(exporter, batch) or random.random() < _AGAIN:
            waiting.append(batch)
        ending.wait(random.uniform(0.02, 0.2))
    for _ in range(_LAST_ROUNDS):
        waiting = deque(batch for batch in waiting if not export(exporter, batch))
    note("ended")


if __name__ == "__main__":
    main()
