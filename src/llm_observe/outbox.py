"""Finished spans that an exporter has yet to send: in order, bounded by count and by bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from llm_observe.finished import FinishedSpan

_SPAN_BYTES: Final = 2048
"""What a span weighs without its content: an OpenTelemetry span with some twenty attributes."""


class Outbox:
    """A bounded queue. What does not fit is given back, to be counted."""

    def __init__(self, *, max_spans: int, max_bytes: int) -> None:
        self._max_spans = max_spans
        self._max_bytes = max_bytes
        self._waiting: deque[FinishedSpan] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, spans: Iterable[FinishedSpan]) -> list[FinishedSpan]:
        """Append spans; give back those that found no room."""
        refused = []
        for span in spans:
            weight = _weigh(span)
            if len(self._waiting) < self._max_spans and self._bytes + weight <= self._max_bytes:
                self._waiting.append(span)
                self._bytes += weight
            else:
                refused.append(span)
        return refused

    def take(self) -> list[FinishedSpan]:
        """Give up all spans, oldest first."""
        taken = list(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return taken

    def put_back(self, spans: Sequence[FinishedSpan]) -> None:
        """Return spans that could not be sent to where they were."""
        self._waiting.extendleft(reversed(spans))
        self._bytes += sum(map(_weigh, spans))


def _weigh(span: FinishedSpan) -> int:
    """Estimate bytes in memory; exactness would cost more than it saves."""
    return _SPAN_BYTES + span.content.weight
