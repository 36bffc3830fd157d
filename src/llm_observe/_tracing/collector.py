"""Stamps spans, knows which are open, and holds finished ones until they are drained.

No thread, no timer: a frozen Lambda runs neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import Status, StatusCode

from llm_observe import semconv
from llm_observe._delivery.finished import FinishedSpan
from llm_observe._delivery.ledger import Ledger
from llm_observe._delivery.outbox import Outbox
from llm_observe._quiet import silence
from llm_observe._tracing.guard import guard
from llm_observe.config import Settings
from llm_observe.content import ContentHook
from llm_observe.tenancy import TENANT_ID, current_attribution

_MOST_OPEN: Final = 4096


class SpanCollector(SpanProcessor):
    """Keeps finished spans in a bounded queue."""

    def __init__(self, settings: Settings, content: ContentHook, ledger: Ledger) -> None:
        self._settings = settings
        self._content = content
        self._ledger = ledger
        self._finished = Outbox(max_spans=settings.max_spans, max_bytes=settings.max_bytes)
        self._open: dict[tuple[int, int], Span] = {}
        # Reentrant: a SIGTERM handler may run while its own thread is in here.
        self._lock = RLock()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002  # OpenTelemetry's signature
        """Stamp attribution and environment from our own context, never from baggage."""
        attribution = current_attribution()
        stamp = {
            semconv.TENANT_ID: attribution.tenant or self._settings.tenant,
            semconv.SESSION_ID: attribution.session,
            semconv.USER_ID: attribution.user,
            semconv.CUSTOMER_ID: attribution.customer,
            semconv.ENVIRONMENT: self._settings.environment,
            semconv.DROPPED_TAGS: attribution.tags.dropped or None,
            **attribution.tags.attributes,
        }
        span.set_attributes({key: value for key, value in stamp.items() if value is not None})
        context = span.get_span_context()
        with self._lock:
            if context is not None and len(self._open) < _MOST_OPEN:
                self._open[context.trace_id, context.span_id] = span

    def on_end(self, span: ReadableSpan) -> None:
        """Keep the span, or count why not."""
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return
        content = self._content.take(context.trace_id, context.span_id)
        with self._lock:
            self._open.pop((context.trace_id, context.span_id), None)
        tenant = _read_tenant(span)
        self._ledger.emit(tenant)
        if tenant is None:
            self._ledger.drop(None, "no_tenant")
            return
        with self._lock:
            refused = self._finished.add([FinishedSpan(tenant, span, content)])
        for lost in refused:
            self._ledger.drop(lost.tenant, "buffer_full")

    def take(self) -> list[FinishedSpan]:
        """Give up all finished spans."""
        with self._lock:
            return self._finished.take()

    def end_open(self, error_type: str, attributes: Mapping[str, Any]) -> None:
        """End every span that is still open: its work was abandoned, or ran out of time.

        A timeout is an error; what the application walked away from is not.
        """
        with self._lock:
            left, self._open = list(self._open.values()), {}
        for span in left:
            # Its own thread may be just about to end it, which OpenTelemetry would remark on.
            with silence():
                if span.is_recording():
                    span.set_attributes({**attributes, semconv.ERROR_TYPE: error_type})
                    if error_type == semconv.TIMEOUT:
                        span.set_status(Status(StatusCode.ERROR))
                    span.end()

    def forget(self) -> None:
        """Let go of everything, as a forked child must: the spans are its parent's."""
        # The thread that held the lock may not be here any more.
        self._lock = RLock()
        self._finished.take()
        self._open = {}

    def shutdown(self) -> None:
        """Nothing to do: what is left is drained by ``llm_observe.shutdown``."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  # OpenTelemetry's signature
        """Nothing to do: ``llm_observe.flush`` drains."""
        return True


class GuardedProcessor(SpanProcessor):
    """Keeps what breaks in another one out of the application: OpenTelemetry would let it pass."""

    def __init__(self, inner: SpanProcessor) -> None:
        self._inner = inner

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Pass it on."""
        with guard("the start of a span"):
            self._inner.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Pass it on."""
        with guard("the end of a span"):
            self._inner.on_end(span)


def _read_tenant(span: ReadableSpan) -> str | None:
    tenant: Any = (span.attributes or {}).get(semconv.TENANT_ID)
    return tenant if isinstance(tenant, str) and TENANT_ID.fullmatch(tenant) else None
