"""The life of an invocation: nothing is left behind when it ends, and nobody waits for that.

With the Extensions API, spans leave after the response; without it (other hosts, tests), in
``finally``. In both, work that is still open 500 ms before the deadline is ended as timed out.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from threading import Condition, Lock, RLock, Thread, Timer, current_thread, main_thread
from typing import Any, Final, NamedTuple, Protocol

from llm_observe import semconv
from llm_observe._aws_lambda.bootstrap import Handler, surround
from llm_observe._aws_lambda.extension import LambdaExtension
from llm_observe._aws_lambda.signal_watch import watch_signal

_RESERVE: Final = 0.3
"""Seconds of an invocation left to the runtime for its own end."""
_WATCH: Final = 0.5
"""Seconds before the deadline at which open work is given up."""
_LAST_RESERVE: Final = 0.05
"""Seconds left of those: the function is killed then, and nothing else needs the time."""
_AGAIN: Final = 0.1
"""Seconds after which what a handler goes on to emit past that point is sent, too."""
_LATEST_BEGIN: Final = 0.25
"""Seconds in which the runtime calls the handler, if it does: it cannot with a malformed event."""
_SIGTERM_TIME: Final = 0.4
"""Seconds; Lambda follows with SIGKILL after 0.5 s where an internal extension is registered."""


class Telemetry(Protocol):
    """The steps at the end of an invocation."""

    def is_active(self) -> bool:
        """Whether anything is traced at all."""

    def end_open(self, error_type: str, attributes: Mapping[str, Any]) -> None:
        """End every span that is still open."""

    def drain(self, timeout: float, *, urgent: bool = False) -> None:
        """Send what is finished, within so many seconds; urgent: with no request but that one."""

    def report(self) -> None:
        """Tell what was emitted, stored and dropped."""


class _Watched(NamedTuple):
    names: Mapping[str, Any]
    watchdog: Timer | None


class _Called(NamedTuple):
    request_id: str | None


class InFinally:
    """Drains before the handler's answer leaves: the caller waits for it."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._lock = Lock()
        self._running = 0

    def wrap(self, handler: Handler) -> Handler:
        """Wrap a handler; what it returns or raises is unchanged."""
        return surround(handler, self._begin, self._end)

    def _begin(self, context: Any) -> _Watched | None:
        if not self._telemetry.is_active():
            return None
        names = _name_invocation(context)
        begun = _Watched(names, self._watch(_time_left(context), names))
        self._count(1)
        return begun

    def _end(self, context: Any, begun: _Watched) -> None:
        if begun.watchdog is not None:
            begun.watchdog.cancel()
        # On a host that runs several calls at once, the others' spans stay open.
        if self._count(-1) == 0:
            self._telemetry.end_open(semconv.ABANDONED, begun.names)
        self._telemetry.drain(_within(_time_left(context)))
        self._telemetry.report()

    def _count(self, change: int) -> int:
        with self._lock:
            self._running += change
            return self._running

    def _watch(self, left: float | None, names: Mapping[str, Any]) -> Timer | None:
        if left is None or left <= _WATCH:
            return None
        timer = Timer(left - _WATCH, self._give_up, (names,))
        timer.daemon = True
        timer.start()
        return timer

    def _give_up(self, names: Mapping[str, Any]) -> None:
        if self._count(0) == 1:
            self._telemetry.end_open(semconv.TIMEOUT, names)
        self._telemetry.drain(_WATCH - _LAST_RESERVE, urgent=True)
        self._telemetry.report()


class AfterResponse:
    """Drains in a thread of its own, between the handler's return and the next freeze.

    The handler and the extension learn of an invocation in any order, so its request id is what
    brings the two together.
    """

    def __init__(self, telemetry: Telemetry, extension: LambdaExtension) -> None:
        self._telemetry = telemetry
        self._extension = extension
        self._changed = Condition()
        self._begun: set[str | None] = set()
        self._done: set[str | None] = set()

    def wrap(self, handler: Handler) -> Handler:
        """Wrap a handler; what it returns or raises is unchanged."""
        return surround(handler, self._begin, self._end)

    def start(self) -> None:
        """Begin to listen for invocations."""
        Thread(target=self._listen, name="llm-observe", daemon=True).start()

    def _begin(self, context: Any) -> _Called:
        called = _Called(getattr(context, "aws_request_id", None))
        self._note(self._begun, called.request_id)
        return called

    def _end(self, _context: Any, called: _Called) -> None:
        self._note(self._done, called.request_id)

    def _note(self, state: set[str | None], request_id: str | None) -> None:
        with self._changed:
            state.add(request_id)
            self._changed.notify_all()

    def _listen(self) -> None:
        # The API goes away when the environment does, and then there is nothing left to do.
        with suppress(OSError, ValueError, KeyError):
            while True:
                invocation = self._extension.wait_for_invocation()
                self._follow(invocation.request_id, _to_monotonic(invocation.deadline_ms))

    def _follow(self, request_id: str, deadline: float) -> None:
        """See one invocation to its end."""
        known = {request_id, None}
        with self._changed:
            self._begun &= known
            self._done &= known
        if not self._wait(self._begun, known, time.monotonic() + _LATEST_BEGIN):
            return
        in_time = self._wait(self._done, known, deadline - _WATCH)
        if in_time:
            self._finish(request_id, deadline)
        else:
            self._give_up(known, request_id, deadline)
        with self._changed:
            self._begun -= known
            self._done -= known

    def _wait(self, state: set[str | None], wanted: set[str | None], until: float) -> bool:
        with self._changed:
            left = max(0.0, until - time.monotonic())
            return self._changed.wait_for(lambda: bool(state & wanted), left)

    def _finish(self, request_id: str, deadline: float) -> None:
        self._telemetry.end_open(semconv.ABANDONED, {semconv.FAAS_INVOCATION_ID: request_id})
        self._telemetry.drain(_within(deadline - time.monotonic()))
        self._telemetry.report()

    def _give_up(self, known: set[str | None], request_id: str, deadline: float) -> None:
        """Save what there is, and what a handler that goes on adds, until it is done or killed."""
        done = False
        while (left := deadline - time.monotonic()) > _LAST_RESERVE:
            ending = semconv.ABANDONED if done else semconv.TIMEOUT
            self._telemetry.end_open(ending, {semconv.FAAS_INVOCATION_ID: request_id})
            self._telemetry.drain(left - _LAST_RESERVE, urgent=True)
            self._telemetry.report()
            if done:
                return
            done = self._wait(self._done, known, min(deadline, time.monotonic() + _AGAIN))


def drain_on_sigterm(telemetry: Telemetry) -> None:
    """Drain when Lambda shuts the environment down; then go on as before.

    Only runtimes from Python 3.12 on let a handler run while they wait for work.
    """
    if current_thread() is not main_thread():
        return
    previous = signal.getsignal(signal.SIGTERM)
    # Reentrant: another SIGTERM may come while the main thread is in here.
    saving = RLock()

    def save() -> None:
        if saving.acquire(timeout=_SIGTERM_TIME):
            try:
                telemetry.end_open(semconv.ABANDONED, {})
                telemetry.drain(_SIGTERM_TIME, urgent=True)
                telemetry.report()
            finally:
                saving.release()

    def handle(number: int, frame: Any) -> None:
        save()
        if callable(previous):
            previous(number, frame)
        elif previous is signal.SIG_DFL:
            sys.exit(0)

    signal.signal(signal.SIGTERM, handle)
    watch_signal(signal.SIGTERM, save)


@cache
def renew_after_copy(renew: Callable[[], None]) -> None:
    """Start over in every copy of this process: forked children and restored snapshots. Once."""
    os.register_at_fork(after_in_child=renew)
    with suppress(ImportError):
        # Part of Lambda's own runtime, where SnapStart is.
        from snapshot_restore_py import (  # type: ignore[import-not-found]  # noqa: PLC0415  # see above
            register_after_restore,
        )

        register_after_restore(renew)


def _to_monotonic(epoch_ms: int) -> float:
    return time.monotonic() + epoch_ms / 1000 - time.time()


def _time_left(context: Any) -> float | None:
    """Seconds until Lambda ends the function; None where the context does not know."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 if callable(remaining) else None


def _within(left: float | None) -> float:
    """Seconds that a drain may take, so that the runtime can still end well."""
    return max(0.0, left - _RESERVE) if left is not None else float("inf")


def _name_invocation(context: Any) -> Mapping[str, Any]:
    names = {
        semconv.FAAS_NAME: getattr(context, "function_name", None),
        semconv.FAAS_INVOCATION_ID: getattr(context, "aws_request_id", None),
    }
    return {key: value for key, value in names.items() if isinstance(value, str)}
