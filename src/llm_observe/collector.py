"""Holds finished spans until somebody drains them: no thread, no timer."""

from __future__ import annotations

from threading import Lock
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.content import ContentHook
from llm_observe.ledger import Ledger
from llm_observe.tenancy import TENANT_ID, current_scope
from llm_observe.transcription import FinishedSpan


class SpanCollector(SpanProcessor):
    """Stamps spans with whose they are, and keeps finished ones in a bounded list."""

    def __init__(self, settings: Settings, content: ContentHook, ledger: Ledger) -> None:
        self._settings = settings
        self._content = content
        self._ledger = ledger
        self._finished: list[FinishedSpan] = []
        self._lock = Lock()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Stamp tenant, session, user and environment from our own context, never from baggage."""
        scope = current_scope()
        stamp = {
            semconv.TENANT_ID: scope.tenant or self._settings.tenant,
            semconv.SESSION_ID: scope.session,
            semconv.USER_ID: scope.user,
            semconv.ENVIRONMENT: self._settings.environment,
        }
        span.set_attributes({key: value for key, value in stamp.items() if value is not None})

    def on_end(self, span: ReadableSpan) -> None:
        """Keep the span, or count why not."""
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return
        content = self._content.take(context.trace_id, context.span_id)
        self._ledger.emit()
        tenant = _read_tenant(span)
        if tenant is None:
            self._ledger.drop("no_tenant")
            return
        with self._lock:
            if len(self._finished) < self._settings.max_spans:
                self._finished.append(FinishedSpan(tenant, span, content))
                return
        self._ledger.drop("buffer_full")

    def take(self) -> list[FinishedSpan]:
        """Give up all finished spans."""
        with self._lock:
            taken, self._finished = self._finished, []
        return taken

    def shutdown(self) -> None:
        """Nothing to do: what is left is drained by ``llm_observe.shutdown``."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        """Nothing to do: ``llm_observe.flush`` drains."""
        return True


def _read_tenant(span: ReadableSpan) -> str | None:
    tenant: Any = (span.attributes or {}).get(semconv.TENANT_ID)
    return tenant if isinstance(tenant, str) and TENANT_ID.fullmatch(tenant) else None
