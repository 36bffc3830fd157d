"""The lives an environment can have, the ways its database can fail, and which of them meet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from tests.lifecycle.fault_proxy import Fault

Ending = Literal["frozen", "SIGTERM"]
Promise = Literal["stored", "reported"]

FAULTY_INVOCATIONS: Final = 3
"""How many invocations a fault lasts, where it ends at all."""


@dataclass(frozen=True, slots=True)
class Life:
    """How a function's invocations end, one after another, and how its environment does."""

    name: str
    invocations: tuple[str, ...]
    """What each does at its end; see ``function/traced.py``."""
    ending: Ending = "frozen"
    idle: bool = False
    """Whether so long passes between invocations that the server closes idle connections."""
    mended: bool = True
    """Whether the database comes back after the third invocation."""
    promise: Promise = "stored"
    """``reported``: what is not stored stands in the last metric line of its process."""


@dataclass(frozen=True, slots=True)
class Database:
    """How the way to the database is: added latency in seconds, and what is wrong with it."""

    name: str
    latency: float = 0.005
    fault: Fault = Fault.NONE


@dataclass(frozen=True, slots=True)
class Cell:
    """One life with one database and one kind of work."""

    life: Life
    database: Database
    work: str
    handler: str = "handle"

    @property
    def name(self) -> str:
        """Its place in the matrix."""
        return f"{self.life.name} · {self.database.name} · {self.work}"


_FOUR: Final = ("answer",) * 4
NORMAL: Final = Life("normal", (*_FOUR, "answer"), ending="SIGTERM")
FROZEN: Final = Life("frozen at once, then killed", _FOUR)
IDLE: Final = Life("long idle", (*_FOUR, "answer"), idle=True)
SIGTERM: Final = Life("SIGTERM with work waiting", _FOUR[:3], ending="SIGTERM")
TIMEOUT: Final = Life("timeout", (*_FOUR[:3], "sleep", "answer"))
TIMEOUT_AT_FIRST: Final = Life("timeout at first", ("sleep", "answer"))
CRASH: Final = Life("crash", (*_FOUR[:3], "exit", "answer"), promise="reported")
RAISE: Final = Life("handler raises", (*_FOUR[:3], "raise", "raise"))
FORK: Final = Life("handler forks", (*_FOUR[:3], "fork", "answer"))
KILLED_DOWN: Final = Life("killed, never mended", _FOUR[:2], mended=False, promise="reported")
SIGTERM_DOWN: Final = Life(
    "SIGTERM, never mended", _FOUR[:2], ending="SIGTERM", mended=False, promise="reported"
)
TIMEOUT_DOWN: Final = Life(
    "timeout, never mended", ("answer", "sleep"), mended=False, promise="reported"
)

FAST: Final = Database("5 ms")
SLOW: Final = Database("200 ms", latency=0.2)
DOWN: Final = Database("down", fault=Fault.DOWN)
UNAVAILABLE: Final = Database("503", fault=Fault.UNAVAILABLE)
CUT: Final = Database("cut after commit", fault=Fault.CUT)

_WORKS: Final = ("streaming", "abandoned", "8 threads")


def list_cells() -> list[Cell]:
    """The cells that can differ.

    Left out: without a fault nothing waits at a SIGTERM, and nothing is there to be mended. The
    kind of work decides what is open or finished when an invocation ends, not how a batch travels
    afterwards, so the kinds meet only the lives that end an invocation differently, and one
    database of each sort: well, silent, and of two minds.
    """
    every = (FAST, SLOW, DOWN, UNAVAILABLE, CUT)
    faulty = (DOWN, UNAVAILABLE, CUT)
    sync = [
        *product((NORMAL, FROZEN, IDLE, TIMEOUT, CRASH), every),
        *product((TIMEOUT_AT_FIRST,), (FAST, SLOW)),
        *product((SIGTERM, KILLED_DOWN, SIGTERM_DOWN, TIMEOUT_DOWN), faulty),
        *product((RAISE, FORK), (FAST, DOWN)),
    ]
    works = product((FROZEN, TIMEOUT, CRASH, SIGTERM_DOWN), (FAST, DOWN, CUT), _WORKS)
    return [
        *(Cell(life, database, "sync") for life, database in sync),
        *(Cell(*place) for place in works if place[:2] != (SIGTERM_DOWN, FAST)),
    ]


CONTROL: Final = Cell(FROZEN, FAST, "sync", handler="handle_bare")
"""A handler without ``lambda_handler``: if this one loses nothing, the harness proves nothing."""
