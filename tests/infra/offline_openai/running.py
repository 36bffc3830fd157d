"""The offline server in a process of its own, as the stack starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


class Server:
    """A running offline server; ``base_url`` is what a client is given."""

    def __init__(self, *flags: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.offline_openai", *flags],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        state, _, self.base_url = self._process.stdout.readline().strip().partition(" ")
        assert state == "ready", self.stop()

    def stop(self) -> str:
        """End the server and return all it wrote after its ready line."""
        self._process.terminate()
        written, complained = self._process.communicate(timeout=10)
        return written + complained
