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
"""Each on the way from the client to the API, or from the API to the gateway."""
WAYS: Final = ("front", "back")
PROCESSES: Final = (
    "kill function",
    "stop function",
    "kill gateway",
    "stop gateway",
    "restart postgres",
)
_TROUBLE: Final = (0.3, 2.5)
"""Seconds that the network is bad, or a killed process away."""
_FREEZE: Final = (0.5, 12.0)
"""Seconds that a process stands still; a function's timeout is 10."""
_PAUSE: Final = (1.0, 5.0)
"""Seconds after a fault, in which what waited gets through."""


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
    return list(_plan(Random(f"network/{seed}"), seconds, NETWORK, WAYS))


def plan_processes(seed: int, seconds: float) -> Sequence[Fault]:
    """Give the processes' faults."""
    return list(_plan(Random(f"processes/{seed}"), seconds, PROCESSES, ("",)))


def _plan(
    random: Random, seconds: float, names: Sequence[str], ways: Sequence[str]
) -> Iterator[Fault]:
    """Each kind once in every round, in an order of its own, so that a short run has them all."""
    at, left = random.uniform(*_PAUSE), list[tuple[str, str]]()
    while True:
        if not left:
            left = [(name, way) for name in names for way in ways]
            random.shuffle(left)
        name, way = left.pop()
        lasts = _choose_length(random, name)
        if at + lasts > seconds:
            return
        yield Fault(at, lasts, name, way, random.random())
        at += lasts + random.uniform(*_PAUSE)


def _choose_length(random: Random, name: str) -> float:
    if name == "kill function":  # another is started for the next request
        return 0.0
    return random.uniform(*(_FREEZE if name.startswith("stop ") else _TROUBLE))
