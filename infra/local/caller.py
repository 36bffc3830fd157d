"""The process that a stack was started by, and that it does not outlive."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A process that must be there for the stack to go on: none, or the make that started it."""

    parent: int | None = None
    terminal: bool = False

    @classmethod
    def now(cls) -> Caller:
        """The present parent, and the terminal if the stack has its foreground."""
        try:
            terminal = os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        except OSError:
            terminal = False
        return cls(os.getppid(), terminal)

    def is_there(self) -> bool:
        """Whether the parent lives and the terminal is open.

        When a connection drops, the kernel tells the session's leader only; a make that is the
        leader (``ssh -t host make demo``) then waits for its recipe and passes nothing on.
        """
        if self.terminal and not os.isatty(sys.stdin.fileno()):
            return False
        return self.parent is None or os.getppid() == self.parent
