"""The stack's processes: how one is described, started on its leash, watched and stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.health import is_answering
from infra.local.state import is_locked, open_private, open_state_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.account import Account

_LEASH = Path(__file__).with_name("leash.py")
_POLL_SECONDS = 0.05
_RECORD_SECONDS = 0.005
_STOP_SECONDS = 10.0
_KILL_SECONDS = 5.0
_LOG_LINES = 15


class ChildError(RuntimeError):
    """A process of the stack did not start, did not answer, or would not stop."""


@dataclass(frozen=True, slots=True)
class Child:
    """A command to run.

    ``health`` is an http:// or postgresql:// URL that answers when the child is ready; empty for
    a child that does its work and ends.
    """

    name: str
    argv: tuple[str, ...]
    health: str = field(repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    directory: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    start_seconds: float = 60.0


class Leashes:
    """Starts children that end with this process; ``state_dir`` gets their locks and logs."""

    def __init__(self, state_dir: Path) -> None:
        open_state_dir(state_dir)
        self._locks = open_state_dir(state_dir / "run")
        self._logs = open_state_dir(state_dir / "logs")
        self._alive, self._held = os.pipe()

    def start(self, child: Child) -> RunningChild:
        """Start ``child`` in a session of its own, its output in ``logs/<name>.log``."""
        log = self._logs / f"{child.name}.log"
        lock = self._locks / f"{child.name}.lock"
        with open_private(log) as output:
            process = subprocess.Popen(
                self._argv(child, lock),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(child.environment),
                cwd=child.directory,
                pass_fds=(self._alive,),
                start_new_session=True,
            )
        running = RunningChild(child, process, log, lock)
        running.wait_until_recorded()
        return running

    def close(self) -> None:
        """Let go of every leash: what still runs stops by itself."""
        os.close(self._held)
        os.close(self._alive)

    def _argv(self, child: Child, lock: Path) -> list[str]:
        leash = [sys.executable, "-I", "-S", str(_LEASH)]
        leash += ["--alive", str(self._alive), "--lock", str(lock)]
        leash += ["--stop", str(int(child.stop_signal))]
        if child.account is not None:
            leash += ["--uid", str(child.account.uid), "--gid", str(child.account.gid)]
        return [*leash, "--", *child.argv]


@dataclass(slots=True)
class RunningChild:
    """A started child; ``process`` is its leash, the leader of its process group."""

    child: Child
    process: subprocess.Popen[bytes]
    log: Path
    lock: Path

    @property
    def pid(self) -> int:
        """The process id of the command itself, or of its leash where there is no command."""
        record = _read_record(self.lock)
        return record["pid"] if record.get("group") == self.process.pid else self.process.pid

    def wait_until_recorded(self) -> None:
        """Return when the leash has written what it runs, or has ended."""
        while self.exit_code is None and _read_record(self.lock).get("group") != self.process.pid:
            time.sleep(_RECORD_SECONDS)

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, ``None`` while it runs."""
        return self.process.poll()

    def wait_until_ready(self) -> None:
        """Return when the health URL answers; raises ChildError with the log's end."""
        deadline = time.monotonic() + self.child.start_seconds
        while not is_answering(self.child.health):
            if self.exit_code is not None:
                raise ChildError(self.describe(f"ended with code {self.exit_code}"))
            if time.monotonic() > deadline:
                limit = f"{self.child.start_seconds:.0f} s"
                raise ChildError(self.describe(f"did not answer within {limit}"))
            time.sleep(_POLL_SECONDS)

    def wait_until_done(self) -> None:
        """Return when the command ended well; raises ChildError with the log's end."""
        code = self.process.wait()
        if code != 0:
            raise ChildError(self.describe(f"ended with code {code}"))

    def describe(self, event: str) -> str:
        """``event`` as a message with the last lines of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
        tail = "".join(f"\n  | {line}" for line in lines) or "\n  | (it wrote nothing)"
        return f"{self.child.name} {event}. The end of {self.log}:{tail}"

    def ask_to_stop(self) -> None:
        """Send the stop signal to the whole process group, without waiting."""
        _signal_group(self.process.pid, self.child.stop_signal)

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Stop the child and everything it started; killed after ``seconds``."""
        if self.exit_code is None:
            self.ask_to_stop()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        _signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()


def stop_leftovers(state_dir: Path, seconds: float = _STOP_SECONDS) -> list[str]:
    """Stop what an earlier run left behind and return the names; raises ChildError.

    A held lock proves that a process of that run lives, so its group id cannot be another's.
    """
    held = [path for path in sorted((state_dir / "run").glob("*.lock")) if is_locked(path)]
    records = {lock: _read_record(lock) for lock in held}
    for record in filter(None, records.values()):
        _signal_group(record["group"], signal.Signals(record["stop"]))
    for lock in _wait_until_free(held, seconds):
        if record := records[lock]:
            _signal_group(record["group"], signal.SIGKILL)
    if stuck := _wait_until_free(held, _KILL_SECONDS):
        names = ", ".join(lock.stem for lock in stuck)
        raise ChildError(f"{names} of an earlier run cannot be ended, not even by SIGKILL.")
    return [lock.stem for lock in held]


def _wait_until_free(locks: list[Path], seconds: float) -> list[Path]:
    """Those of ``locks`` that are still held after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (held := [lock for lock in locks if is_locked(lock)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return held


def _read_record(lock: Path) -> dict[str, int]:
    """The content of the leash's lock: group, pid and stop signal; empty if nothing yet."""
    try:
        record: dict[str, int] = json.loads(lock.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
