"""The OTLP exporter's requests fit a receiver: none is so large that it would be dropped."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags

from llm_observe._delivery.exporter import Outcome, Transcribed
from llm_observe._delivery.finished import FinishedSpan
from llm_observe._delivery.otlp import OtlpExporter
from llm_observe.config import Settings
from llm_observe.content import Content
from llm_observe.records import SpanRecord

RECEIVER = 4_500_000


class FakeReceiver(SpanExporter):
    """Stands for a receiver that takes so many bytes a request, and counts."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.names: list[str] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take what is small enough."""
        size = encode_spans(spans).ByteSize()
        self.sizes.append(size)
        if size > RECEIVER:
            return SpanExportResult.FAILURE
        self.names += [span.name for span in spans]
        return SpanExportResult.SUCCESS


def make_batch(many: int, text: str) -> list[Transcribed]:
    """Give transcribed spans, each with an attribute of that text, and with it as input."""
    return [
        Transcribed(
            FinishedSpan(
                "a",
                ReadableSpan(
                    f"step {number}",
                    SpanContext(7, number, False, TraceFlags(1)),
                    attributes={"http.route": "x", "k": number},
                ),
                Content(),
            ),
            SpanRecord(
                tenant_id="a",
                trace_id="07" * 16,
                span_id=f"{number:016x}",
                name=f"step {number}",
                kind="internal",
                start_ns=1,
                end_ns=2,
                input=[{"role": "user", "content": text}],
            ),
        )
        for number in range(1, many + 1)
    ]


def export(
    receiver: FakeReceiver, batch: Sequence[Transcribed], seconds: float = 60
) -> Sequence[Outcome]:
    settings = Settings(capture_content=True)
    exporter = OtlpExporter(receiver, settings)
    return exporter.export("a", batch, deadline=time.monotonic() + seconds)


@pytest.mark.parametrize(("many", "length"), [(2_048, 0), (150, 40_000), (14, 400_000)])
@pytest.mark.parametrize("letter", ["x", "\u00e9", "\N{SNOWMAN}", '"', "\U0001f600"])
def test_a_large_batch_is_sent_in_requests_that_fit(many: int, length: int, letter: str) -> None:
    """Every span arrives, once and in order, whatever its text weighs on the wire."""
    receiver = FakeReceiver()
    outcomes = export(receiver, make_batch(many, letter * (length // 12)))

    assert set(outcomes) == {Outcome.STORED}
    assert receiver.names == [f"step {number}" for number in range(1, many + 1)]
    assert max(receiver.sizes) <= RECEIVER


def test_a_small_batch_is_one_request() -> None:
    """Nothing is cut that fits."""
    receiver = FakeReceiver()
    export(receiver, make_batch(100, "hi"))

    assert len(receiver.sizes) == 1


def test_what_has_no_time_left_waits_for_the_next_flush() -> None:
    """One request is always tried; the others are told as unreached, not as lost."""
    outcomes = export(FakeReceiver(), make_batch(600, ""), seconds=-1)

    assert outcomes[:512] == [Outcome.STORED] * 512
    assert outcomes[512:] == [Outcome.UNREACHABLE] * 88


def test_a_request_that_is_refused_costs_its_own_spans_alone() -> None:
    """The span that is too large by itself is rejected, its neighbours are stored."""
    batch = [*make_batch(2, "hi"), *make_batch(1, "x" * 5_000_000), *make_batch(2, "hi")]
    outcomes = export(FakeReceiver(), batch)

    assert [each is Outcome.STORED for each in outcomes] == [True, True, False, True, True]
