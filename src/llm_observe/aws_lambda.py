"""The flush at the end of an invocation."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

_RESERVE: Final = 0.3
"""Seconds of the invocation left to the runtime for sending the response."""


def flush_on_exit(
    handler: Callable[[Any, Any], Any], flush: Callable[[float | None], None]
) -> Callable[[Any, Any], Any]:
    """Wrap a Lambda handler so that its spans leave before the environment freezes.

    The flush stays within the time that is left; what the handler returns or raises is unchanged.
    """

    @wraps(handler)
    def flushing(event: Any, context: Any) -> Any:
        try:
            return handler(event, context)
        finally:
            flush(_time_left(context))

    return flushing


def _time_left(context: Any) -> float | None:
    """Seconds a flush may take; None where the context does not know a deadline."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return max(0.0, remaining() / 1000 - _RESERVE) if callable(remaining) else None
