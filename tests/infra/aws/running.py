"""The API Gateway emulator in a process of its own, as the stack starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


class Api:
    """A running emulator."""

    def __init__(self, template: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "infra.local.aws", "--port", "0"]
        self._process = subprocess.Popen(
            [*command, "--template", str(template), *arguments],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        state, _, self.url = self._process.stdout.readline().strip().partition(" ")
        assert state == "ready", self.stop()

    def read_line(self) -> str:
        """Wait for what it writes next."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def stop(self) -> str:
        """End it and return all it wrote after its ready line."""
        self._process.terminate()
        return self._process.communicate(timeout=10)[0]
