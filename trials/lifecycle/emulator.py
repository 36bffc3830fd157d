"""A fake of AWS Lambda: the Runtime API, the Extensions API, and a freeze that is real.

As the service does, it delivers a response when it is posted, stops the process group once the
runtime and every extension have asked for their next event, and kills it at the deadline.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Final

from trials.lifecycle.apis import Apis

_RUNTIME: Final = "runtime"
_INIT_SECONDS: Final = 60.0
"""Lambda allows 10 s; a test machine that is busy may need more."""
_SHUTDOWN_SECONDS: Final = 0.5
"""Between SIGTERM and SIGKILL where an internal extension is registered."""


class EmulatorError(RuntimeError):
    """The function did not start, or did what no function can do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an invocation: ``answered``, ``failed``, ``timeout`` or ``exit``."""

    kind: str
    client_ms: float
    """Until the caller had its answer."""
    billed_ms: float
    """Until the environment was frozen or gone."""
    answer: bytes
    """What the caller got."""


@dataclass(slots=True)
class _Call:
    request_id: str
    deadline: float
    answered_at: float | None = None
    answer: bytes = b""
    failed: bool = False


class Environment:
    """One execution environment after another for one function; a dead one is replaced."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._variables = variables
        self._log = log
        self._changed = Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._events: dict[str, dict[str, Any]] = {}
        self._parties: set[str] = set()
        self._waiting: set[str] = set()
        self._frozen = False
        self._call: _Call | None = None
        self._apis = Apis(self)

    def invoke(self, payload: bytes, seconds: float) -> Outcome:
        """Invoke the function and see the invocation to its end, which is the freeze."""
        if self._process is None:
            self._start()
        started, deadline = time.monotonic(), time.monotonic() + seconds
        call = _Call(str(uuid.uuid4()), deadline)
        announced = {
            "eventType": "INVOKE",
            "requestId": call.request_id,
            "deadlineMs": int((time.time() + seconds) * 1000),
            "payload": payload,
        }
        self._thaw()
        with self._changed:
            self._call = call
            self._waiting.clear()
            self._events = dict.fromkeys(self._parties, announced)
            self._changed.notify_all()
            settled = self._changed.wait_for(self._is_settled, deadline - time.monotonic())
        ended = time.monotonic()
        return self._conclude(call, started, ended, settled=settled)

    def shut_down(self) -> None:
        """Thaw, SIGTERM, and SIGKILL half a second later."""
        if self._process is None:
            return
        self._thaw()
        self._wait_until_asleep(self._process.pid)
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_SHUTDOWN_SECONDS)
        self.kill()

    def strike(self) -> None:
        """SIGKILL in the middle of an invocation, as when memory runs out."""
        self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL the whole group, frozen or not, as Lambda may at any time."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with self._changed:
            self._parties, self._waiting, self._events = set(), set(), {}
            self._frozen = False
            self._changed.notify_all()

    def close(self) -> None:
        """Kill what is left and stop listening."""
        self.kill()
        self._apis.close()

    def register(self) -> str:
        """Register an extension; give its identifier."""
        identifier = str(uuid.uuid4())
        with self._changed:
            self._parties.add(identifier)
        return identifier

    def wait_for_event(self, party: str = _RUNTIME) -> dict[str, Any] | None:
        """Hold a party that asked for its next event until there is one; None if it died."""
        with self._changed:
            process = self._process
            self._waiting.add(party)
            self._changed.notify_all()
            self._changed.wait_for(lambda: party in self._events or self._process is not process)
            return self._events.pop(party, None) if self._process is process else None

    def answer(self, request_id: str, body: bytes, *, failed: bool) -> None:
        """Take the function's answer: its caller has it now."""
        with self._changed:
            if self._call is not None and self._call.request_id == request_id:
                self._call.answered_at = time.monotonic()
                self._call.answer, self._call.failed = body, failed
                self._changed.notify_all()

    def _start(self) -> None:
        with self._log.open("ab") as output, self._changed:
            self._parties = {_RUNTIME}
            process = self._process = subprocess.Popen(
                self._command,
                env={**self._variables, "AWS_LAMBDA_RUNTIME_API": self._apis.address},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Not a session: a stopped group whose parent dies gets SIGHUP from the kernel,
                # so that nothing stays behind a test run that is killed.
                process_group=0,
            )
        Thread(target=self._watch, args=(process,), daemon=True).start()
        with self._changed:
            if not self._changed.wait_for(self._is_settled, _INIT_SECONDS) or self._has_ended():
                raise EmulatorError(f"The function did not start. Its log is {self._log}.")
        self._freeze()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        with self._changed:
            self._changed.notify_all()

    def _is_settled(self) -> bool:
        return self._has_ended() or (self._waiting == self._parties and not self._events)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _conclude(self, call: _Call, started: float, ended: float, *, settled: bool) -> Outcome:
        exited = self._has_ended()
        if exited or not settled:
            self.kill()
            kind = "exit" if exited else "timeout"
        else:
            self._freeze()
            kind = "failed" if call.failed else "answered"
        answered = call.answered_at or ended
        times = (answered - started) * 1000, (ended - started) * 1000
        return Outcome(kind, *times, call.answer)

    def _freeze(self) -> None:
        self._signal(signal.SIGSTOP)
        self._frozen = True

    def _thaw(self) -> None:
        if self._frozen:
            self._signal(signal.SIGCONT)
            self._frozen = False

    def _wait_until_asleep(self, pid: int) -> None:
        """Let the main thread wake from SIGCONT: Linux gives SIGTERM to another while it does.

        Python's handler would then not run. Lambda freezes the whole machine and sends no SIGCONT.
        """
        state, deadline = Path(f"/proc/{pid}/stat"), time.monotonic() + _SHUTDOWN_SECONDS
        while state.exists() and time.monotonic() < deadline:
            if state.read_text().rpartition(")")[2].split()[0] == "S":
                return
            time.sleep(0.001)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
