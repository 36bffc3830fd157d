"""Waiting for something that happens by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

_DEADLINE_SECONDS = 10
_POLL_SECONDS = 0.02


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fails after ten seconds."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not hold within 10 s"
        time.sleep(_POLL_SECONDS)
