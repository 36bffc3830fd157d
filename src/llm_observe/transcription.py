"""From a finished span to its record: dialect, privacy, usage, price. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanKind, StatusCode

from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.content import Content
from llm_observe.dialects import Reading, read
from llm_observe.pricing import PriceBook, cost
from llm_observe.privacy import DigestKey, Kept, allow_attributes, keep, pseudonymize
from llm_observe.records import MOST_NAME, MOST_TEXT, Kind, SpanRecord, Status, clamp_ns
from llm_observe.redaction import redact
from llm_observe.usage import Buckets

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
_OWN_COLUMNS: Final = frozenset(
    {
        semconv.TENANT_ID,
        semconv.OPERATION_NAME,
        semconv.PROVIDER_NAME,
        semconv.SYSTEM,
        semconv.AGENT_NAME,
        semconv.TOOL_NAME,
        semconv.CONVERSATION_ID,
        semconv.REQUEST_MODEL,
        semconv.REQUEST_STREAM,
        semconv.RESPONSE_MODEL,
        semconv.RESPONSE_ID,
        semconv.RESPONSE_FINISH_REASONS,
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK,
        semconv.OPENAI_SERVICE_TIER,
        semconv.ERROR_TYPE,
        semconv.SESSION_ID,
        semconv.USER_ID,
        semconv.ENVIRONMENT,
    }
)
"""Attributes that have a column and need not stand in ``attributes`` again."""


@dataclass(frozen=True, slots=True)
class FinishedSpan:
    """A span that has ended, whose it is, and its content."""

    tenant: str
    span: ReadableSpan
    content: Content


def transcribe(
    finished: FinishedSpan, *, key: DigestKey | None, prices: PriceBook, settings: Settings
) -> SpanRecord:
    """Make the record of a span, with content only where ``settings`` open it."""
    span, attributes = finished.span, dict(finished.span.attributes or {})
    reading = read(attributes, description=span.status.description)
    capture = settings.capture_content
    prompt = keep(finished.content.input, key=key, capture=capture, limit=settings.prompt_limit)
    answer = keep(finished.content.output, key=key, capture=capture, limit=settings.response_limit)
    rest = {name: value for name, value in attributes.items() if name not in _OWN_COLUMNS}
    return SpanRecord(
        **_identify(span),
        **_describe_outcome(span, attributes, reading, capture=capture),
        **_describe_call(reading),
        **_measure(span, reading, prices),
        **_describe_content(prompt, answer),
        tenant_id=finished.tenant,
        service_name=_name_service(span.resource.attributes),
        environment=_text(attributes, semconv.ENVIRONMENT),
        session_id=_redact(reading.session_id or _text(attributes, semconv.SESSION_ID)),
        user_id=_name_user(attributes, key, settings),
        attributes=allow_attributes(rest, capture=capture),
    )


def _identify(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context() or INVALID_SPAN_CONTEXT
    return {
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "parent_span_id": f"{span.parent.span_id:016x}" if span.parent else None,
        # An application may build a name of its input.
        "name": redact(span.name, limit=MOST_NAME),
        "kind": _KINDS[span.kind],
        "start_ns": span.start_time or 0,
        "end_ns": span.end_time or span.start_time or 0,
    }


def _describe_outcome(
    span: ReadableSpan, attributes: Mapping[str, Any], reading: Reading, *, capture: bool
) -> dict[str, Any]:
    """A stream the application walked away from is abandoned, not failed."""
    if reading.abandoned:
        return {"status": "unset", "error_type": semconv.ABANDONED}
    return {
        "status": _STATUSES[span.status.status_code],
        # Providers quote the prompt in their error messages.
        "status_message": redact(span.status.description or "", limit=MOST_TEXT) or None
        if capture
        else None,
        "error_type": _text(attributes, semconv.ERROR_TYPE),
    }


def _describe_call(reading: Reading) -> dict[str, Any]:
    return {
        "operation": reading.operation,
        "provider": reading.provider,
        "request_model": _redact(reading.request_model),
        "response_model": _redact(reading.response_model),
        "response_id": reading.response_id,
        "service_tier": reading.service_tier,
        "agent_name": _redact(reading.agent_name),
        "tool_name": _redact(reading.tool_name),
        "streamed": reading.streamed,
        "finish_reasons": list(reading.finish_reasons) if reading.finish_reasons else None,
        "time_to_first_token_ms": reading.time_to_first_token_ms,
        "counted": reading.counted,
    }


def _measure(span: ReadableSpan, reading: Reading, prices: PriceBook) -> dict[str, Any]:
    if not reading.counted:
        return {}
    usage = reading.usage
    if usage is None:
        return {"usage_status": "unknown"}
    buckets = usage.buckets()
    return {
        "usage_status": "reported" if buckets else "unknown",
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
        "usage_buckets": buckets.to_dict() if buckets else None,
        **(_price(span, reading, buckets, usage.input_tokens, prices) if buckets else {}),
    }


def _price(
    span: ReadableSpan,
    reading: Reading,
    buckets: Buckets,
    input_tokens: int | None,
    prices: PriceBook,
) -> dict[str, Any]:
    """Price a call by its own start, by the model that answered, else the one asked for."""
    models = (reading.response_model, reading.request_model)
    key = prices.resolve(reading.provider, *models, service_tier=reading.service_tier)
    if key is None:
        return {}
    at = datetime.fromtimestamp(clamp_ns(span.start_time or 0) // 1_000_000_000, UTC)
    price = prices.look_up(key, at, input_tokens)
    amount = cost(buckets, price) if price else None
    return {
        "price_provider": key.provider,
        "price_model": key.model,
        "price_tier": key.service_tier,
        "price_id": price.price_id if price and amount is not None else None,
        "cost_usd": format(amount, "f") if amount is not None else None,
    }


def _describe_content(prompt: Kept, answer: Kept) -> dict[str, Any]:
    return {
        "input_digest": prompt.digest,
        "input_length": prompt.length,
        "output_digest": answer.digest,
        "output_length": answer.length,
        "input": prompt.content,
        "output": answer.content,
    }


def _name_service(resource: Mapping[str, Any]) -> str | None:
    """OpenTelemetry's SDK makes up ``unknown_service:python`` where nobody named the service."""
    name = _text(resource, semconv.SERVICE_NAME)
    return name if name and not name.startswith("unknown_service") else None


def _name_user(
    attributes: Mapping[str, Any], key: DigestKey | None, settings: Settings
) -> str | None:
    """A user's id is stored as it is, to be found and forgotten by, or as a pseudonym."""
    user = _text(attributes, semconv.USER_ID)
    return pseudonymize(user, key) if user and settings.user_ids == "pseudonym" else user


def _redact(name: str | None) -> str | None:
    return redact(name, limit=MOST_NAME) if name else name


def _text(attributes: Mapping[str, Any], key: str) -> str | None:
    value = attributes.get(key)
    return value if isinstance(value, str) and value else None
