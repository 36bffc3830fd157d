"""What a cell showed, and what of it is not as promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Final

from trials.lifecycle.accounts import Account, Settlement
from trials.lifecycle.cells import Cell
from trials.lifecycle.emulator import Outcome

_OUTCOMES: Final = {
    "sleep": "timeout",
    "hang": "timeout",
    "too late": "timeout",
    "exit": "exit",
    "struck": "exit",
    "raise": "failed",
    "malformed": "failed",
}
"""What becomes of an invocation by its end; all others are answered."""


@dataclass(frozen=True, slots=True)
class Result:
    """A cell's settled accounts and what its callers saw."""

    cell: Cell
    settlement: Settlement
    outcomes: tuple[Outcome, ...]
    is_own_answer: Callable[[bytes], bool]

    @property
    def account(self) -> Account:
        """What became of the spans."""
        return self.settlement.account

    @property
    def unaccounted(self) -> int:
        """Spans that the promise does not cover: where all is to be stored, a report is no help."""
        stored = self.cell.life.promise == "stored"
        return self.account.missing if stored else self.account.unaccounted

    def client_ms(self) -> tuple[float, float]:
        """Median and 95th percentile (nearest rank) until the caller had its answer."""
        times = sorted(outcome.client_ms for outcome in self.outcomes)
        return median(times), times[ceil(0.95 * len(times)) - 1]

    def billed_ms(self) -> float:
        """Median until the freeze."""
        return median(outcome.billed_ms for outcome in self.outcomes)

    def list_faults(self) -> list[str]:
        """What is not as it should be, in words."""
        account, settlement, life = self.account, self.settlement, self.cell.life
        wanted = [_OUTCOMES.get(end, "answered") for end in life.invocations]
        came = [outcome.kind for outcome in self.outcomes]
        answers = [outcome.answer for outcome in self.outcomes if outcome.kind == "answered"]
        checks = {
            f"{self.unaccounted} spans unaccounted for": self.unaccounted,
            f"{settlement.duplicates} duplicates": settlement.duplicates,
            f"{settlement.unknown} stored spans that were never emitted": settlement.unknown,
            f"{account.overcounted} spans counted that never were": account.overcounted,
            "nothing was emitted": not account.emitted,
            f"the database's ledger shows {settlement.gaps} gaps": (
                life.promise == "stored" and settlement.gaps
            ),
            f"the function's own behaviour changed: {came} for {wanted}": came != wanted,
            f"the function's own answer changed: {answers}": (
                not all(map(self.is_own_answer, answers))
            ),
        }
        return [fault for fault, found in checks.items() if found]
