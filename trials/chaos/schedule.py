"""What goes wrong and when, from a seed: two tracks, the network's and the processes'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

NETWORK: Final = (
    "reset before the request arrives",
    "cut after commit",
    "503",
    "429",
    "black hole",
    "down",
    "latency",
)
"""Each on the way from the client to the API, or from the API to the Data API."""
WAYS: Final = ("front", "back")
PROCESSES: Final = (
    "kill function",
    "stop function",
    "kill data_api",
    "stop data_api",
    "restart postgres",
)
_TROUBLE: Final = (0.3, 2.5)
"""Seconds that the network is bad, or a killed process away."""
_FREEZE: Final = {"stop function": (0.5, 12.0), "stop data_api": (0.5, 5.0)}
"""Seconds that a process stands still; a function's timeout is 10, a statement's 6."""
_PAUSES: Final = {"network": (2.0, 5.0), "processes": (4.0, 8.0)}
"""Seconds after a fault: an open circuit breaker takes 5, an exporter's patience 8."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; times are seconds since the beginning. ``pick`` chooses among processes."""

    at: float
    seconds: float
    name: str
    way: str = ""
    pick: float = 0.0

    def __str__(self) -> str:
        what = f"{self.way} {self.name}".strip()
        lasts = f", for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {what}{lasts}"


def plan_network(seed: int, seconds: float) -> Sequence[Fault]:
    """Give the network's faults: the same for the same seed."""
    return list(_plan("network", seed, seconds, [(name, way) for name in NETWORK for way in WAYS]))


def plan_processes(seed: int, seconds: float) -> Sequence[Fault]:
    """Give the processes' faults."""
    return list(_plan("processes", seed, seconds, [(name, "") for name in PROCESSES]))


def _plan(
    track: str, seed: int, seconds: float, kinds: Sequence[tuple[str, str]]
) -> Iterator[Fault]:
    """Each kind once in every round, in an order of its own, so that none stays away for long."""
    random, left = Random(f"{track}/{seed}"), list[tuple[str, str]]()
    at = random.uniform(*_PAUSES[track])
    while True:
        left = left or random.sample(kinds, len(kinds))
        name, way = left.pop()
        lasts = _choose_length(random, name)
        if at + lasts > seconds:
            return
        yield Fault(at, lasts, name, way, random.random())
        at += lasts + random.uniform(*_PAUSES[track])


def _choose_length(random: Random, name: str) -> float:
    if name == "kill function":  # another is started for the next request
        return 0.0
    return random.uniform(*_FREEZE.get(name, _TROUBLE))
