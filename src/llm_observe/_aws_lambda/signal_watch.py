"""Hears a signal in a thread, where the main thread may not hear it.

CPython notes a signal at once and runs its handler in the main thread, between two bytecodes. A
main thread that is just about to wait, as Lambda's runtime is when an invocation ends, then waits
on with the handler still to run; but the signal's number has been written to the wake-up file.
https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Thread


def watch_signal(number: int, react: Callable[[], None]) -> None:
    """Call ``react`` in a thread of its own at each signal of that number which has a handler.

    Call it in the main thread. Does nothing where the wake-up file is somebody else's, such as an
    event loop's: that one wakes the main thread itself.
    """
    hear, tell = os.pipe()
    os.set_blocking(tell, False)
    taken = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    if taken != -1:
        signal.set_wakeup_fd(taken)
        os.close(hear)
        os.close(tell)
        return
    # A child shares the pipe: its signals are not its parent's.
    os.register_at_fork(after_in_child=lambda: _let_go(tell))
    Thread(
        target=_listen, args=(hear, number, react), name="llm-observe-signal", daemon=True
    ).start()


def _listen(hear: int, number: int, react: Callable[[], None]) -> None:
    while numbers := os.read(hear, 64):
        if number in numbers:
            react()


def _let_go(tell: int) -> None:
    current = signal.set_wakeup_fd(-1)
    if current not in {tell, -1}:
        signal.set_wakeup_fd(current)
