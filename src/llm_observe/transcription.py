"""From a span to its record: dialect, privacy, usage, price. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.content import NOTHING, Content
from llm_observe.dialects import Reading, SourceSpan, read
from llm_observe.dialects.mapping import NO_RULES, Rules, apply_rules
from llm_observe.pricing import PriceBook, cost
from llm_observe.privacy import DigestKey, Kept, allow_attributes, keep, pseudonymize
from llm_observe.records import MOST_NAME, MOST_TEXT, SpanRecord, clamp_ns
from llm_observe.redaction import redact
from llm_observe.usage import Buckets


def transcribe(  # noqa: PLR0913  # all that a record depends on
    span: SourceSpan,
    content: Content = NOTHING,
    *,
    tenant: str,
    key: DigestKey | None,
    prices: PriceBook,
    settings: Settings,
    rules: Rules = NO_RULES,
) -> SpanRecord:
    """Make the record of a span, with content only where ``settings`` open it.

    ``content`` is what came beside the span; without it, what its attributes hold is taken.
    ``rules`` are the tenant's own, which go over what the span's dialect says.
    """
    reading, capture = read(span), settings.capture_content
    if rules:
        apply_rules(rules, span, reading)
    prompt = keep(
        content.input or reading.input, key=key, capture=capture, limit=settings.prompt_limit
    )
    answer = keep(
        content.output or reading.output, key=key, capture=capture, limit=settings.response_limit
    )
    return SpanRecord(
        **_identify(span),
        **_describe_outcome(span, reading, capture=capture),
        **_describe_call(reading),
        **_measure(span, reading, prices),
        **_describe_content(prompt, answer),
        tenant_id=tenant,
        service_name=_name_service(span.resource),
        environment=_redact(reading.environment),
        session_id=_redact(reading.session_id),
        user_id=_name_user(reading.user_id, key, settings),
        attributes=_describe_rest(span, reading, capture=capture),
    )


def _identify(span: SourceSpan) -> dict[str, Any]:
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        # An application may build a name of its input.
        "name": redact(span.name, limit=MOST_NAME),
        "kind": span.kind,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
    }


def _describe_outcome(span: SourceSpan, reading: Reading, *, capture: bool) -> dict[str, Any]:
    """A stream the application walked away from is abandoned, not failed."""
    if reading.abandoned:
        return {"status": "unset", "error_type": semconv.ABANDONED}
    return {
        "status": "unset" if _is_ok_too_soon(span, reading) else span.status,
        # Providers quote the prompt in their error messages.
        "status_message": redact(span.description or "", limit=MOST_TEXT) or None
        if capture
        else None,
        "error_type": _redact(reading.error_type),
    }


def _is_ok_too_soon(span: SourceSpan, reading: Reading) -> bool:
    """Whether a stream was called ok and nothing of its end was seen.

    OpenLLMetry and MLflow write ok when a stream begins or is let go of, also where it broke.
    """
    unended = reading.streamed and not reading.finish_reasons and reading.usage is None
    return span.status == "ok" and reading.counted and bool(unended)


def _describe_call(reading: Reading) -> dict[str, Any]:
    return {
        "operation": _redact(reading.operation),
        "provider": _redact(reading.provider),
        "request_model": _redact(reading.request_model),
        "response_model": _redact(reading.response_model),
        # Random by nature, as tokens are; cut, since anybody may send it.
        "response_id": reading.response_id[:MOST_NAME] if reading.response_id else None,
        "service_tier": _redact(reading.service_tier),
        "agent_name": _redact(reading.agent_name),
        "tool_name": _redact(reading.tool_name),
        "streamed": reading.streamed,
        "finish_reasons": [redact(reason, limit=MOST_NAME) for reason in reading.finish_reasons]
        if reading.finish_reasons
        else None,
        "time_to_first_token_ms": reading.time_to_first_token_ms,
        "counted": reading.counted,
    }


def _measure(span: SourceSpan, reading: Reading, prices: PriceBook) -> dict[str, Any]:
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
    span: SourceSpan,
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
    at = datetime.fromtimestamp(clamp_ns(span.start_ns) // 1_000_000_000, UTC)
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


def _describe_rest(span: SourceSpan, reading: Reading, *, capture: bool) -> dict[str, Any]:
    """What no column holds, with the raw error type beside the taxonomy's word for it."""
    rest = allow_attributes(reading.rest, capture=capture)
    notes = {semconv.DIALECT: reading.dialect, semconv.REPAIRS: list(span.repairs)}
    return rest | {name: value for name, value in notes.items() if value}


def _name_service(resource: Mapping[str, Any]) -> str | None:
    """OpenTelemetry's SDK makes up ``unknown_service:python`` where nobody named the service."""
    name = resource.get(semconv.SERVICE_NAME)
    named = isinstance(name, str) and name and not name.startswith("unknown_service")
    return _redact(str(name)) if named else None


def _name_user(user: str | None, key: DigestKey | None, settings: Settings) -> str | None:
    """A user's id is stored as it is, to be found and forgotten by, or as a pseudonym."""
    return pseudonymize(user, key) if user and settings.user_ids == "pseudonym" else user


def _redact(name: str | None) -> str | None:
    return redact(name, limit=MOST_NAME) if name else name
