"""Run one command that ends when the process that started it does, however that one ends.

Nobody writes to the pipe ``--alive``; its only write end is the supervisor's, so the kernel
closes it even on SIGKILL and the read here returns. Unlike ``PR_SET_PDEATHSIG`` this works on
macOS, reaches grandchildren, lets Postgres shut down in order, and leaves no moment between
fork and registration. Run by path with ``python -I -S``: it imports nothing but the standard
library.

The lock ``--lock`` is inherited by the command, so it is held while any of its processes live.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time

LOCKED_EXIT = 75
"""Exit code when another command holds the lock (EX_TEMPFAIL of sysexits.h)."""

GRACE_SECONDS = 8.0
"""How long an orphaned command may take to stop before it is killed."""


def main() -> int:
    """Run the command given after ``--`` and return its exit code."""
    options = _parse()
    # Files that the command writes are its owner's alone.
    os.umask(0o077)
    lock = os.open(options.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"{options.lock} is held: this command is running already.\n")
        return LOCKED_EXIT
    # A handler that does nothing, not SIG_IGN, which the command would inherit.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(
        options.command,
        pass_fds=(lock,),
        user=options.uid,
        group=options.gid,
        extra_groups=None if options.uid is None else [],
    )
    os.ftruncate(lock, 0)
    record = {"group": os.getpid(), "pid": child.pid, "stop": options.stop}
    os.pwrite(lock, json.dumps(record).encode(), 0)
    orphaned = threading.Event()
    arguments = (options.alive, options.stop, orphaned)
    threading.Thread(target=_stop_when_orphaned, args=arguments, daemon=True).start()
    code: int = child.wait()
    if orphaned.is_set():
        os.killpg(0, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="leash")
    parser.add_argument("--alive", type=int, required=True, help="read end of the pipe")
    parser.add_argument("--lock", required=True, help="file held while the command lives")
    parser.add_argument("--stop", type=int, default=signal.SIGTERM, help="signal that stops it")
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _stop_when_orphaned(alive: int, stop: int, orphaned: threading.Event) -> None:
    while os.read(alive, 1):
        pass
    orphaned.set()
    os.killpg(0, stop)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
