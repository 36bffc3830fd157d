"""How the way to the database can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trials.lifecycle.fault_proxy import Fault


@dataclass(frozen=True, slots=True)
class Database:
    """Added latency in seconds, what is wrong with the way, and both in words."""

    name: str
    sentence: str
    latency: float = 0.005
    fault: Fault = Fault.NONE
    sound: int = 0
    """How many invocations go well before the trouble begins."""


FAST: Final = Database("5 ms", "Well; each request takes 5 ms more.")
MEDIUM: Final = Database("50 ms", "Well; each request takes 50 ms more.", latency=0.05)
SLOW: Final = Database("200 ms", "Well; each request takes 200 ms more.", latency=0.2)
DOWN: Final = Database("down", "Refuses connections.", fault=Fault.DOWN)
RESET: Final = Database(
    "reset", "Connections are reset before a request reaches the Data API.", fault=Fault.RESET
)
UNAVAILABLE: Final = Database(
    "503", "Something before the Data API answers 503.", fault=Fault.UNAVAILABLE
)
LIMITED: Final = Database("429", "Something before the Data API answers 429.", fault=Fault.LIMITED)
BLACKHOLE: Final = Database(
    "blackhole",
    "Requests are taken and never answered; once mended they arrive after all, late.",
    fault=Fault.BLACKHOLE,
)
CUT: Final = Database(
    "cut after commit",
    "Requests are committed, and the connection is reset in place of each answer. It begins with "
    "the second invocation: what is cut is then a batch, not the question for the digest's salt.",
    fault=Fault.CUT,
    sound=1,
)
DATABASES: Final = (FAST, MEDIUM, SLOW, DOWN, RESET, UNAVAILABLE, LIMITED, BLACKHOLE, CUT)
