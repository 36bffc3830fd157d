"""A demo of one clone, run as a user runs it, with all its real children."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.ports import free_port
from infra.local.settings import REPOSITORY, Settings
from tests.infra.stack.waiting import wait_until

COMMAND = [sys.executable, "-m", "infra.local"]
PORTS = ("API_PORT", "UI_PORT", "DATA_API_PORT")
NOT_INHERITED = {"OPENAI_API_KEY", "DATABASE_URL", "ARGS", "MAKEFLAGS", "MAKEOVERRIDES"}
"""What would make another demo of it; the last three are of the `make` that runs the tests."""


@dataclass
class Demo:
    """One clone's demo: its environment, and the supervisor while there is one."""

    state_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        return (self.state_dir.parent / "output").read_text()

    @property
    def stack(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state_dir / "stack.json").read_text())
        return found

    def start(
        self,
        *options: str,
        until: Callable[[], bool] | None = None,
        prefix: tuple[str, ...] = (),
    ) -> None:
        """Start in the background, without a terminal, and wait until it is ready."""
        with (self.state_dir.parent / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [*prefix, *COMMAND, "up", *options, *(["--with-parent"] if prefix else [])],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Under nohup the test run ignores SIGHUP, and so would all that it starts.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509  # before exec, no threads
            )
        process = self.process
        ready = until or (lambda: "Ready in" in self.output)
        wait_until(lambda: ready() or process.poll() is not None, 120)
        assert process.poll() is None, self.output

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def processes(self) -> list[str]:
        """The command lines that belong to this state directory: every child's leash names it."""
        listing = subprocess.run(["ps", "-eo", "stat=,args="], check=True, capture_output=True)
        lines = listing.stdout.decode().splitlines()
        mine = str(self.state_dir)
        return [line for line in lines if mine in line and not line.startswith("Z")]


def make_environment(settings: Settings) -> dict[str, str]:
    """Give a demo's environment: no OpenAI, no given database, ports of its own."""
    return {
        name: value for name, value in settings.environment.items() if name not in NOT_INHERITED
    } | {variable: str(free_port()) for variable in PORTS}
