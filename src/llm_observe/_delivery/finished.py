"""A span that OpenTelemetry's SDK has finished, on its way to a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanKind, StatusCode

from llm_observe import semconv
from llm_observe._delivery.this_process import THIS_PROCESS
from llm_observe.content import Content
from llm_observe.dialects import SourceEvent, SourceSpan
from llm_observe.privacy.redaction import redact
from llm_observe.records import MOST_NAME, Kind, Status
from llm_observe.times import order_times

_KINDS: Final[Mapping[SpanKind, Kind]] = {
    SpanKind.INTERNAL: "internal",
    SpanKind.SERVER: "server",
    SpanKind.CLIENT: "client",
    SpanKind.PRODUCER: "producer",
    SpanKind.CONSUMER: "consumer",
}
_STATUSES: Final[Mapping[StatusCode, Status]] = {
    StatusCode.UNSET: "unset",
    StatusCode.OK: "ok",
    StatusCode.ERROR: "error",
}


@dataclass(frozen=True, slots=True)
class FinishedSpan:
    """A span that has ended, whose it is, and its content."""

    tenant: str
    span: ReadableSpan
    content: Content

    def to_source(self) -> SourceSpan:
        """Give the span in the form that dialects read."""
        span = self.span
        context = span.get_span_context() or INVALID_SPAN_CONTEXT
        scope = span.instrumentation_scope
        attributes = span.attributes or {}
        # An application may set them by hand, in any unit.
        start, end, repairs = order_times(
            span.start_time or 0, span.end_time or span.start_time or 0
        )
        return SourceSpan(
            trace_id=f"{context.trace_id:032x}",
            span_id=f"{context.span_id:016x}",
            parent_span_id=f"{span.parent.span_id:016x}" if span.parent else None,
            name=span.name,
            kind=_KINDS[span.kind],
            start_ns=start,
            end_ns=end,
            status=_STATUSES[span.status.status_code],
            description=span.status.description,
            scope=scope.name if scope else "",
            scope_version=(scope.version or "") if scope else "",
            attributes=attributes,
            resource=THIS_PROCESS.stamp(span.resource.attributes),
            events=[
                SourceEvent(event.name, event.timestamp, event.attributes or {})
                for event in span.events
            ],
            repairs=repairs,
            notes=_read_notes(attributes),
        )


def _read_notes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Give what our own spans say under our own names; a sender's never get here."""
    notes: dict[str, Any] = {}
    step = attributes.get(semconv.STEP_NAME)
    if isinstance(step, str):
        notes[semconv.STEP_NAME] = redact(step, limit=MOST_NAME)
    if attributes.get(semconv.GENERATED) is True:
        notes[semconv.GENERATED] = True
    return notes
