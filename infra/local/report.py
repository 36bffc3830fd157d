"""The one writer to the terminal: each step with its time, notices, and the ready block."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_NAME_WIDTH = 16


class Reporter:
    """Writes plain lines to stdout; a terminal that has gone away silences it, nothing more."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since this reporter was made."""
        return time.monotonic() - self._began

    def write(self, text: str) -> None:
        """Write ``text`` as a line of its own."""
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError:
            # The reader of the pipe or the terminal is gone; the stack is not its output.
            sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115  # for good

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time the block and write ``name``, the seconds and what the block noted."""
        step = Step()
        began = time.monotonic()
        yield step
        took = time.monotonic() - began
        self.write(f"  {name:<{_NAME_WIDTH}} {took:6.1f} s   {step.detail}".rstrip())


class Step:
    """A step's note about itself."""

    detail = ""
