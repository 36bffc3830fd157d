"""One generated trace: spans nest, and its clock only moves forward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from infra.local.sample.weather import Weather
from llm_observe import semconv
from llm_observe._delivery.finished import FinishedSpan
from llm_observe.content import NOTHING, Content

TENANT: Final = "sample"
_SCOPE: Final = InstrumentationScope("infra.local.sample")
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a trace comes from."""

    service: str
    environment: str
    session: str | None
    user: str | None


@dataclass(slots=True)
class Draft:
    """A span that is still open."""

    name: str
    kind: SpanKind
    context: SpanContext
    parent: SpanContext | None
    start_ns: int
    attributes: dict[str, Any]
    content: Content = NOTHING
    status: Status = field(default_factory=Status)

    def fail(self, error_type: str, description: str | None = None) -> None:
        """End the span as failed."""
        self.attributes[semconv.ERROR_TYPE] = error_type
        self.status = Status(StatusCode.ERROR, description)


class Trace:
    """Writes the spans of one trace; all chance comes from ``draw``."""

    def __init__(self, draw: Random, start_ns: int, origin: Origin, weather: Weather) -> None:
        self.draw = draw
        self.weather = weather
        self.now_ns = start_ns
        self.finished: list[FinishedSpan] = []
        self._trace_id = draw.getrandbits(128) | 1
        self._open: list[Draft] = []
        self._resource = Resource({semconv.SERVICE_NAME: origin.service})
        self._stamps = {
            semconv.TENANT_ID: TENANT,
            semconv.ENVIRONMENT: origin.environment,
            semconv.GENERATED: True,
        }
        self._stamps |= {semconv.SESSION_ID: origin.session} if origin.session else {}
        self._stamps |= {semconv.USER_ID: origin.user} if origin.user else {}

    def wait(self, median: float, spread: float = 0.4) -> float:
        """Let time pass around a median, in seconds; gives what passed."""
        seconds = median * self.draw.lognormvariate(0, spread)
        self.now_ns += int(seconds * _SECOND)
        return seconds

    @contextmanager
    def span(self, name: str, kind: SpanKind, attributes: Mapping[str, Any]) -> Iterator[Draft]:
        """Open a span inside the one that is open now."""
        self.wait(0.002)
        draft = Draft(
            name=name,
            kind=kind,
            context=self._new_context(),
            parent=self._open[-1].context if self._open else None,
            start_ns=self.now_ns,
            attributes={**self._stamps, **attributes},
        )
        self._open.append(draft)
        yield draft
        self.wait(0.001)
        self._open.pop()
        self.finished.append(FinishedSpan(TENANT, self._close(draft), draft.content))

    def _new_context(self) -> SpanContext:
        return SpanContext(self._trace_id, self.draw.getrandbits(64) | 1, is_remote=False)

    def _close(self, draft: Draft) -> ReadableSpan:
        return ReadableSpan(
            name=draft.name,
            context=draft.context,
            parent=draft.parent,
            resource=self._resource,
            attributes=draft.attributes,
            kind=draft.kind,
            status=draft.status,
            start_time=draft.start_ns,
            end_time=self.now_ns,
            instrumentation_scope=_SCOPE,
        )
