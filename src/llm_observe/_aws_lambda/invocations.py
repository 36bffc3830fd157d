"""Wraps a Lambda handler for whatever is traced when it is called.

Nothing raises: an exception here would replace the handler's answer, or end the thread that Lambda
waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from llm_observe._aws_lambda.bootstrap import Handler
from llm_observe._aws_lambda.extension import register_extension
from llm_observe._aws_lambda.lifecycle import AfterResponse, InFinally, drain_on_sigterm
from llm_observe._aws_lambda.metric_line import MetricLine
from llm_observe._tracing.guard import guard
from llm_observe._tracing.instance import Instance

_WRAPPED: Final = "__llm_observe__"
"""``functools.wraps`` copies it, so decorators around a wrapped handler do not hide it."""
_METRICS: Final = MetricLine()
"""One a process, however many handlers are wrapped in it: each change is told once."""


class CurrentTelemetry:
    """The instance that runs when a wrapped handler is called, if there is one."""

    def __init__(self, find: Callable[[], Instance | None]) -> None:
        self._find = find

    def is_active(self) -> bool:
        """Whether anything may be traced at all."""
        return self._find() is not None

    def end_open(self, error_type: str, attributes: Mapping[str, Any]) -> None:
        """End every span that is still open."""
        with guard("ending open spans"):
            if (instance := self._find()) is not None:
                instance.end_open(error_type, attributes)

    def drain(self, timeout: float, *, urgent: bool = False) -> None:
        """Send what is finished, within so many seconds; urgent: with no request but that one."""
        with guard("draining"):
            if (instance := self._find()) is not None:
                instance.drain(timeout, urgent=urgent)

    def report(self) -> None:
        """Write the metric line, where somebody reads it."""
        with guard("reporting"):
            instance = self._find()
            if instance is not None and instance.settings.on_lambda:
                _METRICS.write(instance.ledger, instance.settings.service_name or "unknown")


def wrap_handler(handler: Handler, find: Callable[[], Instance | None]) -> Handler:
    """Wrap a Lambda handler; after the response where the Extensions API lets us, else before.

    Registering is only possible while the function initialises, and only worth it where tracing
    has been started by then. A handler that is wrapped already, as one may be that the layer
    wraps, too, stays as it is.
    """
    if getattr(handler, _WRAPPED, False):
        return handler
    wrapped = _choose_lifecycle(find).wrap(handler)
    setattr(wrapped, _WRAPPED, True)
    return wrapped


def _choose_lifecycle(find: Callable[[], Instance | None]) -> AfterResponse | InFinally:
    telemetry, instance = CurrentTelemetry(find), find()
    if instance is not None:
        settings = instance.settings
        if settings.runtime_api and not settings.concurrent:
            extension = register_extension(settings.runtime_api)
            if extension is not None:
                lifecycle = AfterResponse(telemetry, extension)
                lifecycle.start()
                drain_on_sigterm(telemetry)
                return lifecycle
    return InFinally(telemetry)
