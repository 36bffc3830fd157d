"""The guard between telemetry and the application: no error of ours gets out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_log = logging.getLogger("llm_observe")
_told: set[tuple[str, str]] = set()


@contextmanager
def guard(what: str) -> Iterator[None]:
    """Stop what is raised inside, with one line of log for each kind of it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # the host must not notice that telemetry broke
        kind = type(error).__name__
        if (what, kind) not in _told:
            _told.add((what, kind))
            _log.warning("llm_observe: %s failed (%s)", what, kind)
