from __future__ import annotations

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from trials.bench.ingest.__main__ import BATCHES, FLUSHES, Effort, measure
from trials.bench.ingest.load import Load
from trials.bench.ingest.payloads import encode_template, trace_id
from trials.bench.ingest.speed import Bounds

_NEXT_TO_NOTHING = Bounds(spans=60, seconds=10, settle_seconds=10)
_LEAST = Effort(
    rounds=1,
    warm_up=_NEXT_TO_NOTHING,
    batches=_NEXT_TO_NOTHING,
    flushes=_NEXT_TO_NOTHING,
    requests=2,
    long_spans=60,
    long_seconds=10,
    bombs=(2**25,),
    kill_seconds=0.5,
)


def test_the_bench_of_ingestion_works() -> None:
    """Everything acknowledged is found stored, at once and after a kill; a bomb gets 413."""
    page = "\n".join(measure(("app",), _LEAST))

    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| llm")]
    batches, flushes, promise, long_run, bomb = rows
    assert batches[-3:] == ["2,040", "2,040", "0"]
    assert flushes[-3:] == ["60", "60", "0"]
    assert promise[1] == "2 of 2"
    assert promise[-2] != "0"
    assert promise[-1] == "0"
    assert long_run[1] == "2,040"
    assert bomb[2] == "413"


def test_no_id_is_sent_twice() -> None:
    """Over all clients of a load and its requests, trace and span ids are unique."""
    load = Load("", {}, BATCHES, first=7, requests=12, seconds=0)
    numbers = [n for client in range(BATCHES.clients) for n in load.numbers(client)]
    template = encode_template(FLUSHES.traces * 2)
    spans = [span for number in numbers for span in _decode(template.fill(number))]

    assert sorted(numbers) == list(range(7, 19))
    assert len({span.span_id for span in spans}) == len(spans) == 12 * 12
    assert len({span.trace_id for span in spans}) == 12 * 2
    assert trace_id(7) == spans[0].trace_id.hex()


def test_a_trace_holds_together() -> None:
    """One root, every other span its child and within its time, messages of 300 characters."""
    root, *others = _decode(encode_template(1).fill(1))

    assert root.parent_span_id == b""
    assert {span.parent_span_id for span in others} == {root.span_id}
    assert all(span.start_time_unix_nano > root.start_time_unix_nano for span in others)
    assert all(span.end_time_unix_nano <= root.end_time_unix_nano for span in others)
    messages = [a.value.string_value for a in root.attributes if a.key == "gen_ai.input.messages"]
    assert 250 < len(messages[0]) < 400


def _decode(body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body)
    return list(request.resource_spans[0].scope_spans[0].spans)
