"""What is said of measured values: percentiles, and differences with what chance could explain."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Final, TypeVar

_T = TypeVar("_T")
_RESAMPLES: Final = 1000
_SEED: Final = 20_261_123
"""Fixed, so that the same values always give the same interval."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The median of paired differences, and the 95 % interval of that median."""

    median: float
    low: float
    high: float


def p95(values: Sequence[float]) -> float:
    """Give the value that 95 % of the values do not exceed."""
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=20, method="inclusive")[-1]


def compare(subject: Sequence[float], baseline: Sequence[float]) -> Difference:
    """Compare values that were measured in turn: the n-th of each belong together.

    Pairs share what disturbed the machine at the time. The interval is a percentile bootstrap's
    (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13).
    """
    pairs = zip(subject, baseline, strict=True)
    differences = [after - before for after, before in pairs]
    chance = random.Random(_SEED)  # resampling, no secret
    medians = [median(chance.choices(differences, k=len(differences))) for _ in range(_RESAMPLES)]
    edges = quantiles(medians, n=40, method="inclusive")
    return Difference(median(differences), edges[0], edges[-1])


def take_turns(items: Sequence[_T], number: int) -> list[_T]:
    """Give the order of a round: each item is the first as often as the others."""
    start = number % len(items)
    return [*items[start:], *items[:start]]
