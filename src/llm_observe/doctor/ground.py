"""The first checks: is there a project at the address, and do its clock and ours agree?"""

from __future__ import annotations

from typing import Final

from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import ProjectDoor, split
from llm_observe.doctor.rounds import Step

_WARN_SECONDS: Final = 30.0
"""The skew that the Data API still forgives."""
_FAIL_SECONDS: Final = 60.0
"""The lifetime of a token."""
_SEE_PROJECT: Final = "Check SUPABASE_URL, and whether the project is paused, or deleted."
_SEE_DATE: Final = "Find out what between here and the project takes the header Date away."
_SET_CLOCK: Final = "Let this machine set its clock by the network (NTP)."


def list_ground_steps(door: ProjectDoor) -> list[Step]:
    """Give the checks that every other one stands on."""
    ground = _Ground(door)
    return [
        Step("project", ground.check_project, action=_SEE_PROJECT),
        Step("clock", ground.check_clock, needs=("project",)),
    ]


class _Ground:
    def __init__(self, door: ProjectDoor) -> None:
        self._door = door
        self._skew: float | None = None

    def check_project(self) -> Check:
        """Ask without a token: whoever answers names the publishable key, or knows it."""
        answer = self._door.ask_unnamed("/rest/v1/spans?select=span_id&limit=0")
        self._skew = answer.skew
        if answer.trouble is not None:
            return Check("project", "failed", *split(answer.trouble))
        if answer.status >= 500:  # noqa: PLR2004  # the server's own
            message = f"The project answers, but not well: {answer.explain()}."
            return Check("project", "failed", message, _SEE_PROJECT)
        return Check("project", "ok", "The project answers, and knows the publishable key.")

    def check_clock(self) -> Check:
        skew = self._skew
        if skew is None:
            # No reason to skip what follows: a round of nothing would pass for a good one.
            message = "The project does not tell the time, so the clocks were not compared."
            return Check("clock", "warning", message, _SEE_DATE)
        if abs(skew) <= _WARN_SECONDS:
            return Check("clock", "ok", f"This machine's clock is right within {abs(skew):.0f} s.")
        way = "behind" if skew > 0 else "ahead"
        message = f"This machine's clock is {abs(skew):.0f} s {way} of the project's."
        return Check(
            "clock", "failed" if abs(skew) > _FAIL_SECONDS else "warning", message, _SET_CLOCK
        )
