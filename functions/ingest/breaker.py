"""A circuit breaker: while the database is away, callers are told at once and not one by one.

One is of the process and opens when nobody is served. Each tenant whose own statements fail has
another, so that it takes no time from the rest (``llm_observe.supabase.refusals`` tells the two
apart).

https://aws.amazon.com/builders-library/using-load-shedding-to-avoid-overload/
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_TRIES: Final = 3
"""Failures in a row after which it opens."""
_PAUSE: Final = 1.0
"""Seconds that it stays open; then one request is let through to see. Callers are told up to twice
as many, and OpenTelemetry's exporters give up, and drop, after 10 in all (docs/chaos.md)."""


class CircuitBreaker:
    """Counts failures in a row. One per execution environment, which serves one call at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, tries: int = _TRIES) -> None:
        self._clock = clock
        self._tries = tries
        self._failures = 0
        self._opened_at = 0.0

    def seconds_left(self) -> float:
        """Give the seconds for which nobody should try; 0 where one may."""
        if self._failures < self._tries:
            return 0.0
        return max(0.0, self._opened_at + _PAUSE - self._clock())

    def note_success(self) -> None:
        """The database answered, whatever it said."""
        self._failures = 0

    def note_failure(self) -> None:
        """The database did not answer in time."""
        self._failures += 1
        self._opened_at = self._clock()
