"""What the attacks, the mutants and the fuzz came to, for the lines at the end of the output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Counts of one test run: another's rows asked for, credentials made, mutants, extremes."""

    reads: int = 0
    rows_read: int = 0
    """Reads that answered something of another tenant's."""
    writes: int = 0
    rows_written: int = 0
    """Writes after which another tenant's rows were not the same."""
    made: int = 0
    above: int = 0
    """Credentials that do more, or live longer, than whoever made them."""
    mutants: int = 0
    caught: int = 0
    extremes: int = 0
    """Deliveries of values that no column was made for."""
    unavailable: int = 0
    """Those of them that were told to come again."""

    def add(self, other: Mapping[str, int]) -> None:
        """Add the counts of another process."""
        for name, count in other.items():
            setattr(self, name, getattr(self, name) + count)

    def lines(self) -> Iterator[str]:
        """Give a line for what was counted at all."""
        if self.reads or self.writes:
            yield (
                f"cross-tenant reads: {self.rows_read} of {self.reads}; "
                f"writes: {self.rows_written} of {self.writes}"
            )
        if self.made:
            yield f"made by callers: {self.above} of {self.made} above their maker"
        if self.mutants:
            yield f"mutants caught: {self.caught} of {self.mutants}"
        if self.extremes:
            yield f"answered 503: {self.unavailable} of {self.extremes}"
