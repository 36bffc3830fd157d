"""One span's whole life, tried out before anything is traced.

An application brings packages of its own choice, and OpenTelemetry's break each other in ways that
show only when a span is opened, filled or ended: then the application's own call would raise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import (
    Link,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    set_span_in_context,
    use_span,
)

from llm_observe import semconv
from llm_observe._delivery.ledger import Ledger
from llm_observe._tracing.collector import SpanCollector
from llm_observe.config import Settings
from llm_observe.content import Content, ContentHook
from llm_observe.cost.pricing import load_prices
from llm_observe.privacy.protection import DigestKey
from llm_observe.tenancy import tenant
from llm_observe.transcription import transcribe

_TENANT: Final = "probe"
_KEY: Final = DigestKey(kid=semconv.PROBE, secret=bytes(32))


def try_out(build: Callable[[Settings, SpanProcessor], TracerProvider], settings: Settings) -> None:
    """Open, fill, end and transcribe a span as an instrumentation does, and throw it away.

    It goes to nobody and is counted nowhere.

    Raises:
        Exception: whatever would be raised into the application.
    """
    content = ContentHook()
    collector = SpanCollector(settings, content, Ledger())
    with tenant(_TENANT):
        _trace(build(settings, collector), content)
    finished = collector.take()
    for span in finished:
        transcribe(
            span.to_source(),
            span.content,
            tenant=span.tenant,
            key=_KEY,
            prices=load_prices(),
            settings=settings,
        )
    if len(finished) != 2:  # noqa: PLR2004  # the call and the step around it
        raise RuntimeError("A span that was ended is not there.")


def _trace(provider: TracerProvider, content: ContentHook) -> None:
    tracer = provider.get_tracer(
        semconv.PROBE, "1", schema_url="https://opentelemetry.io/schemas/1.37.0"
    )
    with tracer.start_as_current_span("step", attributes={semconv.TOOL_NAME: "probe"}) as step:
        call = tracer.start_span(
            "chat",
            context=set_span_in_context(step),
            kind=SpanKind.CLIENT,
            attributes={semconv.OPERATION_NAME: "chat"},
            links=[Link(step.get_span_context(), {semconv.PROBE: True})],
        )
        with use_span(call, end_on_exit=False), suppress_instrumentation():
            get_current_span().set_attribute(semconv.REQUEST_MODEL, "probe")
        call.set_attributes(
            {semconv.USAGE_INPUT_TOKENS: 1, semconv.RESPONSE_FINISH_REASONS: ("a",)}
        )
        call.add_event("probe", {semconv.PROBE: 1.5})
        call.record_exception(ValueError("probe"))
        call.set_status(Status(StatusCode.ERROR, "probe"))
        call.update_name("chat probe")
        message = {"role": "user", "parts": [{"type": "text", "content": "probe"}]}
        content.keep(call, Content(input=[message]))
        call.end()
