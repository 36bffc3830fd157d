"""The OTLP exporter: the same spans, after the same privacy, to any OTLP receiver."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Status

from llm_observe import semconv
from llm_observe._delivery.exporter import Outcome, Transcribed
from llm_observe._tokens import is_token
from llm_observe.config import Settings
from llm_observe.privacy.kept_attributes import allow_attributes
from llm_observe.privacy.work import WorkBudget
from llm_observe.records import SpanRecord
from llm_observe.supabase.tenant_settings import NOTHING_KNOWN, TenantSettings

_MOST_BYTES: Final = 3_000_000
"""Of a request, by estimate: receivers on Lambda take 4.5 MB, and some others 4 MiB."""
_MOST_SPANS: Final = 512
_SPAN_BYTES: Final = 512
"""Of a span's ids, times and resource on the wire; and so much more for each attribute's key."""
_KEY_BYTES: Final = 48


class OtlpExporter:
    """Sends spans by OpenTelemetry's own exporter, configured by its ``OTEL_EXPORTER_OTLP_*``."""

    def __init__(self, sender: SpanExporter, settings: Settings) -> None:
        self._sender = sender
        self._capture = settings.capture_content

    @classmethod
    def from_environment(cls, settings: Settings) -> OtlpExporter:
        """Build it over OTLP/HTTP; its package is an extra."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # an extra
            OTLPSpanExporter,
        )

        return cls(OTLPSpanExporter(timeout=settings.export_timeout), settings)

    def find_settings(
        self,
        tenant: str,  # noqa: ARG002  # nobody is asked
        *,
        deadline: float | None,  # noqa: ARG002  # nobody is asked
    ) -> TenantSettings:
        """Nothing is known: only the database knows a tenant's salt and rules."""
        return NOTHING_KNOWN

    def export(
        self,
        tenant: str,  # noqa: ARG002  # in each span's attributes
        batch: Sequence[Transcribed],
        *,
        deadline: float,
    ) -> Sequence[Outcome]:
        """Send the batch in requests that receivers take; what has no time left waits."""
        outcomes: list[Outcome] = []
        work = WorkBudget()
        for portion in _divide([self._protect(item, work) for item in batch]):
            # Its own timeout bounds a request, and begins anew with each.
            late = outcomes and time.monotonic() > deadline
            outcome = Outcome.UNREACHABLE if late else self._send(portion)
            outcomes += [outcome] * len(portion)
        return outcomes

    def _send(self, portion: Sequence[ReadableSpan]) -> Outcome:
        with suppress_instrumentation():
            result = self._sender.export(portion)
        # OpenTelemetry's exporter has tried again by itself and does not say whether more helps.
        return Outcome.STORED if result is SpanExportResult.SUCCESS else Outcome.REJECTED

    def reset(self) -> None:
        """Nothing to do: OpenTelemetry's exporter renews its own connections."""

    def _protect(self, item: Transcribed, work: WorkBudget) -> ReadableSpan:
        """Copy the span with allowed attributes only, digests instead of content, no events."""
        work.begin_share()
        span, record = item.finished.span, item.record
        attributes = allow_attributes(span.attributes or {}, capture=self._capture, work=work)
        people = {semconv.USER_ID: record.user_id, semconv.SESSION_ID: record.session_id}
        attributes = {
            name: people.get(name, value)
            for name, value in attributes.items()
            if name not in people or people[name] is not None
        } | {semconv.TENANT_ID: record.tenant_id}
        # Under our own names stands in a record what its writer says.
        notes = {
            name: note for name, note in record.attributes.items() if name.startswith(semconv.OWN)
        }
        return ReadableSpan(
            name=record.name,
            context=span.get_span_context(),
            parent=span.parent,
            resource=Resource(self._allow_resource(span.resource.attributes, work)),
            attributes=attributes | notes | _describe_content(record),
            kind=span.kind,
            status=Status(span.status.status_code, record.status_message),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=_describe_scope(span, record),
        )

    def _allow_resource(self, attributes: Mapping[str, Any], work: WorkBudget) -> dict[str, Any]:
        """A resource tells of its process: command lines and host names stay at home."""
        allowed = allow_attributes(attributes, capture=self._capture, work=work)
        return {key: value for key, value in allowed.items() if not key.startswith(semconv.OWN)}


def _divide(spans: Sequence[ReadableSpan]) -> Iterator[list[ReadableSpan]]:
    """Give the spans in portions that fit into a request each."""
    portion: list[ReadableSpan] = []
    size = 0
    for span in spans:
        weight = _weigh(span)
        if portion and (size + weight > _MOST_BYTES or len(portion) == _MOST_SPANS):
            yield portion
            portion, size = [], 0
        portion.append(span)
        size += weight
    if portion:
        yield portion


def _weigh(span: ReadableSpan) -> int:
    """Estimate a span's bytes on the wire, from above: texts are nearly all of them."""
    held = (*(span.attributes or {}).values(), *span.resource.attributes.values())
    texts = (text for value in held for text in (value if isinstance(value, tuple) else (value,)))
    return _SPAN_BYTES + sum(
        _KEY_BYTES + (len(text.encode(errors="replace")) if isinstance(text, str) else 0)
        for text in texts
    )


def _describe_scope(span: ReadableSpan, record: SpanRecord) -> InstrumentationScope:
    """A scope's own attributes may be anything."""
    version = span.instrumentation_scope.version if span.instrumentation_scope else None
    return InstrumentationScope(
        record.instrumentation or "", version if is_token(version) else None
    )


def _describe_content(record: SpanRecord) -> dict[str, Any]:
    values = {
        semconv.INPUT_DIGEST: record.input_digest,
        semconv.INPUT_LENGTH: record.input_length,
        semconv.OUTPUT_DIGEST: record.output_digest,
        semconv.OUTPUT_LENGTH: record.output_length,
        semconv.INPUT_MESSAGES: json.dumps(record.input) if record.input else None,
        semconv.OUTPUT_MESSAGES: json.dumps(record.output) if record.output else None,
    }
    return {key: value for key, value in values.items() if value is not None}
