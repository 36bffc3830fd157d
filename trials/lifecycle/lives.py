"""The lives that an execution environment can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Ending = Literal["frozen", "SIGTERM"]
Promise = Literal["stored", "reported"]

FAULTY_INVOCATIONS: Final = 3
"""How many invocations a fault lasts, where it ends at all."""
UNANNOUNCED: Final = frozenset({"exit", "struck"})
"""The ends of which nobody can tell anything."""


@dataclass(frozen=True, slots=True)
class Life:
    """How a function's invocations end, one after another, and how its environment does."""

    name: str
    sentence: str
    invocations: tuple[str, ...]
    """What each does at its end; see ``function/traced.py`` and ``running.py``."""
    ending: Ending = "frozen"
    dropped: bool = False
    """Whether the server closes idle connections between invocations."""
    pause: float = 0.0
    """Seconds for which the environment is frozen before its last invocation."""
    mended: bool = True
    """Whether the database comes back after the third invocation."""
    promise: Promise = "stored"
    """``reported``: what is not stored stands in the last metric line of its process."""

    @property
    def title(self) -> str:
        """Its name at the head of a section."""
        return self.name[0].upper() + self.name[1:]


_THREE: Final = ("answer",) * 3
NORMAL: Final = Life("normal", "Five invocations, then SIGTERM.", ("answer",) * 5, ending="SIGTERM")
FROZEN: Final = Life(
    "frozen at once, then killed",
    "Frozen as soon as Lambda may, killed in the freeze.",
    (*_THREE, "answer"),
)
IDLE: Final = Life(
    "long idle",
    "The server hangs up between invocations.",
    (*_THREE, "answer", "answer"),
    dropped=True,
)
LONG_IDLE: Final = Life(
    "idle for 61 s",
    "Frozen for 61 s before the last invocation: connection and token both lapse.",
    (*_THREE, "answer"),
    pause=61.0,
)
TIMEOUT: Final = Life(
    "timeout", "The fourth invocation sleeps until it is killed.", (*_THREE, "sleep", "answer")
)
CRASH: Final = Life(
    "crash",
    "The process of the fourth invocation ends without warning, its work done and not sent.",
    (*_THREE, "exit", "answer"),
    promise="reported",
)
OUT_OF_MEMORY: Final = Life(
    "killed as out of memory",
    "SIGKILL in the fourth invocation, while it works.",
    (*_THREE, "struck", "answer"),
    promise="reported",
)
ENDINGS: Final = (FROZEN, TIMEOUT, CRASH, OUT_OF_MEMORY)
"""Those that end an invocation differently."""
COMMON: Final = (NORMAL, IDLE, *ENDINGS)

SIGTERM: Final = Life(
    "SIGTERM with work waiting", "Shut down as soon as the fault is over.", _THREE, ending="SIGTERM"
)
KILLED_DOWN: Final = Life(
    "killed, never mended",
    "Killed in the freeze, the database still in trouble.",
    _THREE[:2],
    mended=False,
    promise="reported",
)
SIGTERM_DOWN: Final = Life(
    "SIGTERM, never mended",
    "Shut down, the database still in trouble.",
    _THREE[:2],
    ending="SIGTERM",
    mended=False,
    promise="reported",
)
TIMEOUT_DOWN: Final = Life(
    "timeout, never mended",
    "Killed at its deadline, the database still in trouble.",
    ("answer", "sleep"),
    mended=False,
    promise="reported",
)
TROUBLED: Final = (SIGTERM, KILLED_DOWN, SIGTERM_DOWN, TIMEOUT_DOWN)

TIMEOUT_AT_FIRST: Final = Life(
    "timeout at first",
    "The first invocation sleeps until it is killed, with no request made before.",
    ("sleep", "answer"),
)
HANG: Final = Life(
    "model hangs",
    "The model does not answer the fourth invocation, which is killed at its deadline.",
    (*_THREE, "hang", "answer"),
)
LATE: Final = Life(
    "returns late",
    "The fourth invocation answers 0.3 s before its deadline, after open work was given up.",
    (*_THREE, "late"),
)
TOO_LATE: Final = Life(
    "returns after the deadline",
    "The fourth invocation would answer 0.2 s after its deadline, and is killed at it.",
    (*_THREE, "too late", "answer"),
)
MALFORMED: Final = Life(
    "malformed event",
    "Two events are no JSON, so that the handler is never called.",
    ("answer", "malformed", "answer", "malformed", "answer"),
)
RAISE: Final = Life(
    "handler raises", "The last two invocations raise.", (*_THREE, "raise", "raise")
)
FORK: Final = Life(
    "handler forks",
    "The fourth invocation does some work in a child process.",
    (*_THREE, "fork", "answer"),
)
ODD: Final = (HANG, LATE, TOO_LATE, MALFORMED, RAISE, FORK)
UNTIL_KILLED: Final = Life(
    "called until killed",
    "Forty invocations without a pause, then killed in the freeze.",
    ("answer",) * 40,
)
