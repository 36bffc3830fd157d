"""Times of questions that are asked in turns, so that what disturbs the machine disturbs all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from trials.bench.samples import p95, take_turns

_WARM_UP: Final = 2
"""Rounds that are not counted."""
_FEWEST: Final = 3
"""Rounds that are counted, however long a question takes."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often each question is asked at most, and for how long one that is slow."""

    rounds: int = 15
    seconds: float = 3.0
    """A question that took so long in all is not asked again, once a few rounds are counted."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one question, over so many rounds."""

    p50: float
    p95: float
    rounds: int


def summarise(milliseconds: Sequence[float]) -> Timing:
    """Give the median and the 95th percentile."""
    return Timing(median(milliseconds), p95(milliseconds), len(milliseconds))


def ask_in_turns(
    names: Sequence[str], patience: Patience, ask: Callable[[str], None]
) -> dict[str, Timing]:
    """Ask each question in each round, a slow one in the first of them alone."""
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(_WARM_UP + patience.rounds):
        asked = [name for name in names if not _suffices(taken[name], patience)]
        for name in take_turns(asked, number) if asked else ():
            started = time.perf_counter()
            ask(name)
            taken[name].append((time.perf_counter() - started) * 1000)
    return {name: summarise(found[_WARM_UP:]) for name, found in taken.items()}


def _suffices(taken: Sequence[float], patience: Patience) -> bool:
    return sum(taken) > patience.seconds * 1000 and len(taken) >= _WARM_UP + _FEWEST
