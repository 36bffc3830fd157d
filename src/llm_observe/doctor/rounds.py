"""One round of checks: in their order, each for a few seconds, and none on a broken ground."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import httpx

from llm_observe.doctor.checks import Check
from llm_observe.errors import LlmObserveError

CHECK_SECONDS: Final = 5.0
ROUND_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """A check by its name, and the names of those that it cannot do without.

    ``action`` is what to do where nobody answers.
    """

    name: str
    run: Callable[[], Check]
    needs: tuple[str, ...] = ()
    action: str | None = None


def go_round(steps: Sequence[Step], *, seconds: float = ROUND_SECONDS) -> list[Check]:
    """Run the steps; skip what needs one that failed, and warn of the rest when the time is up."""
    ends = time.monotonic() + seconds
    checks: dict[str, Check] = {}
    for step in steps:
        lame = next((name for name in step.needs if _is_lame(checks[name])), None)
        left = min(CHECK_SECONDS, ends - time.monotonic())
        if lame is not None:
            checks[step.name] = Check(step.name, "skipped", f"It needs the check {lame}.")
        elif left <= 0:
            message = "It was not made: the time for all checks was up."
            checks[step.name] = Check(step.name, "warning", message, "Run the doctor again.")
        else:
            checks[step.name] = _run(step, left)
    return list(checks.values())


def _is_lame(check: Check) -> bool:
    return check.status in {"failed", "skipped"}


def _run(step: Step, seconds: float) -> Check:
    """Run a step in a thread: a host that is slow to be found, or drips, has no time of its own."""
    answers: SimpleQueue[Check] = SimpleQueue()
    Thread(target=lambda: answers.put(_guard(step)), daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        message = f"There was no answer within {seconds:.0f} s."
        return Check(step.name, "failed", message, step.action)


def _guard(step: Step) -> Check:
    """Tell an error by its type: a text of others may quote a secret."""
    try:
        return step.run()
    except LlmObserveError as error:
        return Check(step.name, "failed", str(error))
    except httpx.HTTPError as error:
        message = f"Nobody answered ({type(error).__name__})."
        return Check(step.name, "failed", message, step.action)
    except Exception as error:  # noqa: BLE001  # one check that cannot be made does not end the round
        return Check(step.name, "failed", f"The check itself failed ({type(error).__name__}).")
