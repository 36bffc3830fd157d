"""What a lane cannot deliver is counted for its tenant, under the reason that it has."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, TraceFlags

from llm_observe._delivery.drain import Lane
from llm_observe._delivery.exporter import Outcome, Transcribed
from llm_observe._delivery.finished import FinishedSpan
from llm_observe._delivery.ledger import Ledger
from llm_observe.config import Settings
from llm_observe.content import Content
from llm_observe.supabase.tenant_settings import NOTHING_KNOWN, TenantSettings


class FakeExporter:
    """Stands for any exporter: each span's fate is what it is told, or it breaks."""

    def __init__(self, fate: Outcome | Exception) -> None:
        self.fate = fate

    def find_settings(self, _tenant: str, *, deadline: float | None) -> TenantSettings:
        """Nothing is known; nobody is asked in any time."""
        assert deadline is not None
        return NOTHING_KNOWN

    def export(
        self, _tenant: str, batch: Sequence[Transcribed], *, deadline: float
    ) -> Sequence[Outcome]:
        """Tell the fate."""
        assert deadline
        if isinstance(self.fate, Exception):
            raise self.fate
        return [self.fate] * len(batch)

    def reset(self) -> None:
        """Nothing to do."""


def make_spans(tenant: str, many: int, content: str = "") -> list[FinishedSpan]:
    """Give finished spans of a tenant, each with so much content."""
    return [
        FinishedSpan(
            tenant,
            ReadableSpan(f"step {number}", SpanContext(7, number, False, TraceFlags(1))),
            Content(input=[{"role": "user", "content": content}] if content else []),
        )
        for number in range(1, many + 1)
    ]


def run_lane(fate: Outcome | Exception, spans: Sequence[FinishedSpan], **limits: int) -> Lane:
    """Give a lane that has had the spans, and one drain."""
    lane = Lane(FakeExporter(fate), Settings(**limits), Ledger())  # type: ignore[arg-type]  # limits have several types
    for span in spans:
        lane.ledger.emit(span.tenant)
    lane.run(spans, time.monotonic() + 5)
    return lane


def count_dropped(lane: Lane, tenant: str = "a") -> dict[str, Any]:
    counts: dict[str, Any] = lane.ledger.describe(tenant)["dropped"]
    return counts


def test_an_overflow_of_the_outbox_is_counted() -> None:
    """By number; what found room still waits, and nothing is missing."""
    lane = run_lane(Outcome.UNREACHABLE, make_spans("a", 5), max_spans=2)

    assert count_dropped(lane) == {"buffer_full": 3}
    assert lane.ledger.snapshot()["waiting"] == 2


def test_an_overflow_in_bytes_is_counted() -> None:
    """Content weighs: spans are few, and have no room."""
    lane = run_lane(Outcome.UNREACHABLE, make_spans("a", 4, "x" * 5_000), max_bytes=16_000)

    dropped = count_dropped(lane)["buffer_full"]
    assert 0 < dropped < 4
    assert lane.ledger.snapshot()["waiting"] == 4 - dropped


def test_an_overflow_by_another_drain_is_counted() -> None:
    """What waits from earlier takes the room of what comes later."""
    lane = run_lane(Outcome.UNREACHABLE, make_spans("a", 2), max_spans=2)
    lane.ledger.emit("a")
    lane.run(make_spans("a", 1), time.monotonic() + 5)

    assert count_dropped(lane) == {"buffer_full": 1}


def test_a_span_that_gives_way_is_its_own_tenants_loss() -> None:
    """The tenant that holds the most gives way, and its count says so, not the other's."""
    lane = run_lane(
        Outcome.UNREACHABLE, [*make_spans("many", 4), *make_spans("few", 1)], max_spans=4
    )

    assert count_dropped(lane, "many") == {"buffer_full": 1}
    assert count_dropped(lane, "few") == {}


REASONS: dict[str, Callable[[], Lane]] = {
    "rejected": lambda: run_lane(Outcome.REJECTED, make_spans("a", 3)),
    "failed": lambda: run_lane(RuntimeError("broken"), make_spans("a", 3)),
    "unreadable": lambda: run_unreadable(make_spans("a", 3)),
    "shut_down": lambda: run_abandoned(make_spans("a", 3)),
}


def run_unreadable(spans: list[FinishedSpan]) -> Lane:
    """Give a lane of spans that cannot be made into records."""
    for span in spans:
        span.span._resource = None  # type: ignore[assignment]  # broken on purpose
    return run_lane(Outcome.STORED, spans)


def run_abandoned(spans: list[FinishedSpan]) -> Lane:
    """Give a lane whose process ends while nobody answers."""
    lane = run_lane(Outcome.UNREACHABLE, spans)
    lane.abandon()
    return lane


@pytest.mark.parametrize("reason", REASONS)
def test_every_other_loss_is_counted_once(reason: str) -> None:
    """Emitted = stored + dropped, under the one reason."""
    lane = REASONS[reason]()
    counts = lane.ledger.snapshot()

    assert count_dropped(lane) == {reason: 3}
    assert (counts["emitted"], counts["stored"], counts["waiting"]) == (3, 0, 0)


def test_what_waits_is_no_loss() -> None:
    """It is stored by the drain that reaches the exporter."""
    lane = run_lane(Outcome.UNREACHABLE, make_spans("a", 3))
    assert isinstance(lane.exporter, FakeExporter)
    lane.exporter.fate = Outcome.STORED
    lane.run([], time.monotonic() + 5)

    assert count_dropped(lane) == {}
    assert lane.ledger.snapshot()["stored"] == 3
