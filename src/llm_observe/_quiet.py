"""Keeps what other libraries have to say of our own work out of the application's log.

``httpx`` logs every request, OpenTelemetry every attribute it does not like. Of the application's
own use of them nothing is taken away: only what is logged while this library works, in its thread.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_TALKERS: Final = (
    "hpack",
    "httpcore",
    "httpx",
    "opentelemetry",
    "postgrest",
    "requests",
    "urllib3",
)
_working: ContextVar[bool] = ContextVar("llm_observe_working", default=False)


@contextmanager
def silence() -> Iterator[None]:
    """Drop what the libraries that this one uses log inside."""
    _gag()
    token = _working.set(True)
    try:
        yield
    finally:
        _working.reset(token)


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not _working.get()


def _gag() -> None:
    """A logger's filters hear only what is logged under its own name, so each one gets ours."""
    # Copied in one step: another thread may make a logger meanwhile.
    for name, logger in logging.root.manager.loggerDict.copy().items():
        if name.startswith(_TALKERS) and isinstance(logger, logging.Logger):
            logger.addFilter(_is_not_ours)
