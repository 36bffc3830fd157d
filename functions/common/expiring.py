"""A small memory of answers that are good for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MOST_KEPT: Final = 1024


class ExpiringCache(Generic[K, V]):
    """Keeps at most 1,024 values, each for the seconds that it was stored for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def find(self, key: K) -> tuple[V] | None:
        """Give the value in a tuple of its own, since it may be None, or None if there is none."""
        kept = self._kept.get(key)
        if kept is None or self._clock() >= kept[0]:
            return None
        # A used key stays: many new ones drive out those that nobody asks for.
        self._kept.move_to_end(key)
        return (kept[1],)

    def store(self, key: K, value: V, seconds: float) -> V:
        """Keep a value for so long, and give it."""
        self._kept[key] = (self._clock() + seconds, value)
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return value
