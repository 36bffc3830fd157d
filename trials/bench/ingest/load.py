"""The generator: keep-alive clients that send one request after another, in a process apart."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from multiprocessing import get_context
from urllib.parse import urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from trials.bench.ingest.payloads import TRACE, Template, encode_template

_TIMEOUT_SECONDS = 120.0
_REFUSED_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Shape:
    """How clients send: spans in a request (a multiple of a trace's), and clients at once."""

    spans: int
    clients: int

    def __str__(self) -> str:
        return f"{self.spans} spans a request x {self.clients} clients"

    @property
    def traces(self) -> int:
        """Traces in a request."""
        return self.spans // len(TRACE)


@dataclass(frozen=True, slots=True)
class Load:
    """What to send where, until either bound is reached."""

    url: str
    headers: Mapping[str, str]
    shape: Shape
    first: int
    """The number of the first request; ids are made of numbers, so none may be used again."""
    requests: int
    seconds: float

    def numbers(self, client: int) -> range:
        """Give the numbers of one client's requests."""
        return range(self.first + client, self.first + self.requests, self.shape.clients)


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of a load. Times are the machine's monotonic seconds."""

    started: float
    ended: float
    acknowledged: int
    """Spans whose request got 200, less those that a partial success names as rejected."""
    milliseconds: Mapping[int, float]
    """Of each acknowledged request, by its number."""
    refused: Mapping[str, int]
    """Requests that got another status, or ``broken`` for a connection that ended, by it."""


class Client:
    """One kept-alive connection."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._path = parts.path
        self._headers = {"content-type": "application/x-protobuf", **headers}
        self._connection = HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[str, bytes]:
        """Send a body; give the status as text, or ``broken``, and the body of the answer."""
        try:
            self._connection.request("POST", self._path, body, {**self._headers, **(headers or {})})
            answer = self._connection.getresponse()
            return str(answer.status), answer.read()
        except (OSError, HTTPException):
            # The next request opens a connection of its own.
            self._connection.close()
            return "broken", b""

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def run_generator() -> Iterator[ProcessPoolExecutor]:
    """Give the process that runs ``send``, so that its work is not the servers'."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as generator:
        generator.submit(str).result()
        yield generator


def send(load: Load) -> Answers:
    """Send from every client at once until the requests are sent or the seconds are over."""
    template = encode_template(load.shape.traces)
    started = time.monotonic()
    clients = range(load.shape.clients)
    with ThreadPoolExecutor(load.shape.clients) as threads:
        parts = list(threads.map(lambda client: _send(load, template, client), clients))
    return Answers(
        started=started,
        ended=time.monotonic(),
        acknowledged=sum(acknowledged for acknowledged, _, _ in parts),
        milliseconds={number: taken for _, times, _ in parts for number, taken in times.items()},
        refused=sum((refused for _, _, refused in parts), Counter()),
    )


def _send(
    load: Load, template: Template, client: int
) -> tuple[int, dict[int, float], Counter[str]]:
    connection = Client(load.url, load.headers)
    acknowledged, times, refused = 0, dict[int, float](), Counter[str]()
    deadline = time.monotonic() + load.seconds
    for number in load.numbers(client):
        if time.monotonic() > deadline:
            break
        body = template.fill(number)
        began = time.monotonic()
        status, answer = connection.post(body)
        if status != str(HTTPStatus.OK.value):
            refused[status] += 1
            time.sleep(_REFUSED_PAUSE_SECONDS)
            continue
        times[number] = (time.monotonic() - began) * 1000
        acknowledged += template.spans - _count_rejected(answer)
    connection.close()
    return acknowledged, times, refused


def _count_rejected(answer: bytes) -> int:
    return int(ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans)
