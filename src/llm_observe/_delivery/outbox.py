"""Finished spans that an exporter has yet to send: in order, bounded by count and by bytes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final

from llm_observe._delivery.finished import FinishedSpan

_SPAN_BYTES: Final = 2048
"""Weight of a span without its content: an OpenTelemetry span with some twenty attributes."""


class Outbox:
    """A bounded queue, shared fairly by tenants. Spans without room are given back, for a count."""

    def __init__(self, *, max_spans: int, max_bytes: int) -> None:
        self._max_spans = max_spans
        self._max_bytes = max_bytes
        self._waiting: dict[str, deque[tuple[FinishedSpan, int]]] = {}
        self._held: Counter[str] = Counter()
        self._spans = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._spans

    def add(self, spans: Iterable[FinishedSpan]) -> list[FinishedSpan]:
        """Append spans; give back those that found no room.

        Where it is full, the tenant that holds the most gives way to one that holds less: the
        spans of a tenant that nobody takes must not keep the others' out.
        """
        refused = []
        for span in spans:
            weight = _weigh(span)
            while not self._has_room(weight) and (
                largest := self._find_larger(span.tenant, weight)
            ):
                refused.append(self._give_up_newest(largest))
            if self._has_room(weight):
                self._waiting.setdefault(span.tenant, deque()).append((span, weight))
                self._count(span.tenant, weight, 1)
            else:
                refused.append(span)
        return refused

    def take(self) -> list[FinishedSpan]:
        """Give up all spans, each tenant's oldest first."""
        taken = [span for waiting in self._waiting.values() for span, _ in waiting]
        self._waiting.clear()
        self._held.clear()
        self._spans = self._bytes = 0
        return taken

    def put_back(self, spans: Sequence[FinishedSpan]) -> None:
        """Return spans that could not be sent to where they were."""
        for span in reversed(spans):
            weight = _weigh(span)
            self._waiting.setdefault(span.tenant, deque()).appendleft((span, weight))
            self._count(span.tenant, weight, 1)

    def _has_room(self, weight: int) -> bool:
        return self._spans < self._max_spans and self._bytes + weight <= self._max_bytes

    def _find_larger(self, tenant: str, weight: int) -> str | None:
        """Give the tenant that holds the most, if that is more than this one would with so much."""
        largest, held = max(self._held.items(), key=itemgetter(1), default=("", 0))
        return largest if held > self._held[tenant] + weight else None

    def _give_up_newest(self, tenant: str) -> FinishedSpan:
        span, weight = self._waiting[tenant].pop()
        self._count(tenant, -weight, -1)
        if not self._waiting[tenant]:
            del self._waiting[tenant], self._held[tenant]
        return span

    def _count(self, tenant: str, weight: int, number: int) -> None:
        self._held[tenant] += weight
        self._bytes += weight
        self._spans += number


def _weigh(span: FinishedSpan) -> int:
    """Estimate bytes in memory; exactness would cost more than it saves."""
    return _SPAN_BYTES + span.content.weight
