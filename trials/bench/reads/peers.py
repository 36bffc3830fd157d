"""The same spans in Phoenix and MLflow, and their own ways to ask what can be asked of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from infra.local.children import Leashes, RunningChild
from infra.local.report import Reporter
from infra.local.throwaway import ThrowawayServer
from trials.bench.ingest import peers
from trials.bench.ingest.payloads import to_attributes
from trials.bench.ingest.systems import System
from trials.bench.reads import mlflow, phoenix
from trials.bench.reads.batches import Batch, plan
from trials.bench.reads.population import DAYS, LARGEST
from trials.bench.reads.turns import Patience, Timing, ask_in_turns

PEERS: Final = ("phoenix", "mlflow")
_SETTLE_SECONDS: Final = 1800.0
_POLL_SECONDS: Final = 1.0
_LATER: Final = frozenset({429, 503})
"""Statuses after which an exporter sends the same again: OTLP's table of retryable ones."""
_KINDS: Final = {"client": Span.SPAN_KIND_CLIENT, "internal": Span.SPAN_KIND_INTERNAL}
_STATUSES: Final = {"error": Status.STATUS_CODE_ERROR, "unset": Status.STATUS_CODE_UNSET}
Ask = Callable[[httpx.Client, datetime, datetime], Any]


@dataclass(frozen=True, slots=True)
class Peer:
    """What a system holds, and each question with its times, or with none if it has no such."""

    system: str
    spans: int
    answers: Sequence[tuple[str, Timing | None, str]]
    """The question, the times, and the way it is asked or the reason that it cannot be."""


def measure_peer(
    server: ThrowawayServer,
    name: str,
    spans: int,
    patience: Patience,
    folder: Path,
    report: Reporter,
) -> Peer:
    """Fill a system with so many spans of one project, and ask it."""
    with report.step(f"install {name}"):
        python = peers.install(name)
    database = server.create_database(name)
    describe = peers.describe_phoenix if name == "phoenix" else peers.describe_mlflow
    system = describe(python, database.owner_url, folder)
    questions = phoenix.QUESTIONS if name == "phoenix" else mlflow.QUESTIONS
    end = datetime.now(UTC).replace(microsecond=0)
    with run(system, folder) as client:
        with report.step("send") as step:
            stored = send(client, system, spans, end)
            step.detail = f"{stored:,} spans to {system.name}"
        with psycopg.connect(database.owner_url, autocommit=True) as connection:
            connection.execute("vacuum analyze")
        with report.step("ask"):
            times = ask(client, questions, end, patience)
    answers = [(question, times.get(question), how) for question, (how, _) in questions.items()]
    return Peer(system.name, stored, answers)


@contextmanager
def run(system: System, folder: Path) -> Iterator[httpx.Client]:
    """Start a system; give a client of its address."""
    leashes, running = Leashes(folder / "peers"), list[RunningChild]()
    try:
        for child in system.children:
            running.append(leashes.start(child))
            running[-1].wait_until_ready()
        with httpx.Client(base_url=system.url.removesuffix("/v1/traces"), timeout=300) as client:
            yield client
    finally:
        for started in running:
            started.stop()
        leashes.close()


def send(client: httpx.Client, system: System, spans: int, end: datetime) -> int:
    """Send the largest tenant's spans, so many, and wait for them; give how many are stored."""
    whole = round(spans / LARGEST.share)
    sent = 0
    headers = {"content-type": "application/x-protobuf", **system.headers}
    for batch in plan(whole, end):
        if batch.tenant == LARGEST:
            body, count = encode(batch)
            _post(client, system.url, body, headers)
            sent += count
    deadline = time.monotonic() + _SETTLE_SECONDS
    with psycopg.connect(system.database_url, autocommit=True) as connection:
        while (stored := _count(connection, system)) < sent and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    return stored


def _post(client: httpx.Client, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post a batch, again where the system says that its queue is full, as exporters do."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    answer = client.post(url, content=body, headers=headers)
    while answer.status_code in _LATER and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        answer = client.post(url, content=body, headers=headers)
    answer.raise_for_status()


def _count(connection: psycopg.Connection, system: System) -> int:
    row = connection.execute(system.count).fetchone()
    return int(row[0]) if row else 0


def encode(batch: Batch) -> tuple[bytes, int]:
    """Give a batch as an OTLP request, and how many spans are in it."""
    request, count = ExportTraceServiceRequest(), 0
    for span in batch.list_spans():
        resource = request.resource_spans.add()
        resource.resource.attributes.extend(to_attributes(span.resource))
        scope = resource.scope_spans.add()
        scope.scope.name = span.scope
        scope.spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_span_id or ""),
            name=span.name,
            kind=_KINDS[span.kind],
            start_time_unix_nano=span.start_ns,
            end_time_unix_nano=span.end_ns,
            status=Status(code=_STATUSES[span.status]),
            attributes=to_attributes(span.attributes),
        )
        count += 1
    return request.SerializeToString(), count


def ask(
    client: httpx.Client,
    questions: Mapping[str, tuple[str, Ask | None]],
    end: datetime,
    patience: Patience,
) -> dict[str, Timing]:
    """Ask what can be asked, in turns."""
    known = {name: question for name, (_, question) in questions.items() if question}
    start = end - timedelta(days=DAYS)
    return ask_in_turns(list(known), patience, lambda name: known[name](client, start, end))
