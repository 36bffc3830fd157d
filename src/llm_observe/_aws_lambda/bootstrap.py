"""Calls a handler between two acts of ours, unseen by Lambda's runtime.

The runtime leaves its own frames out of a handler's stack trace: the first ones of files that are
called as this one is. So an error reads as it would without us.
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Handler = Callable[[Any, Any], Any]

_T = TypeVar("_T")

_log = logging.getLogger("llm_observe")


def surround(
    handler: Handler, begin: Callable[[Any], _T | None], end: Callable[[Any, _T], None]
) -> Handler:
    """Wrap a handler; what it returns or raises is unchanged, whatever becomes of the two acts.

    ``begin`` takes Lambda's context; ``end`` takes it, too, and what ``begin`` gave, if anything.
    """

    @wraps(handler)
    def surrounded(event: Any, context: Any) -> Any:
        begun = _attempt(begin, context)
        try:
            return handler(event, context)
        finally:
            if begun is not None:
                _attempt(end, context, begun)

    return surrounded


def _attempt(act: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return act(*arguments)
    except Exception as error:  # noqa: BLE001  # the host must not notice that telemetry broke
        _log.warning("llm_observe: an invocation is not followed (%s)", type(error).__name__)
        return None
