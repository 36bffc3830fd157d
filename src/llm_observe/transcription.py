"""From a span to its record: dialect, privacy, usage, price. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.content import NOTHING, Content
from llm_observe.dialects import Reading, SourceSpan, read
from llm_observe.dialects.mapping import NO_RULES, Rules, apply_rules
from llm_observe.pricing import PriceBook, cost
from llm_observe.privacy import UNSAID, DigestKey, Kept, allow_attributes, keep, pseudonymize
from llm_observe.records import MOST_NAME, MOST_TEXT, SpanRecord, bound_id, clamp_ns
from llm_observe.redaction import redact
from llm_observe.usage import Buckets

_DAY_NS: Final = 86_400_000_000_000
_FIRST_DAY: Final = date(1970, 1, 1)
_MOST_DAYS: Final = 256


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
    """
    transcriber = Transcriber(tenant, key, prices, settings, rules)
    return transcriber.write(transcriber.protect(transcriber.read(span, content)))


@dataclass(slots=True)
class Draft:
    """A span on its way to a record."""

    span: SourceSpan
    content: Content
    reading: Reading
    prompt: Kept = UNSAID
    answer: Kept = UNSAID


@dataclass(slots=True)
class Transcriber:
    """Makes records of spans in three steps, each of which may be taken for many spans in turn.

    ``rules`` are the tenant's own, which go over what a span's dialect says.
    """

    tenant: str
    key: DigestKey | None
    prices: PriceBook
    settings: Settings
    rules: Rules = NO_RULES

    def read(self, span: SourceSpan, content: Content = NOTHING) -> Draft:
        """Read a span; ``content`` is what came beside it, as for ``transcribe``."""
        reading = read(span)
        if self.rules:
            apply_rules(self.rules, span, reading)
        return Draft(span, content, reading)

    def protect(self, draft: Draft) -> Draft:
        """Decide what is kept of content."""
        content, reading, settings = draft.content, draft.reading, self.settings
        key, capture = self.key, settings.capture_content
        draft.prompt = keep(
            content.input or reading.input, key=key, capture=capture, limit=settings.prompt_limit
        )
        draft.answer = keep(
            content.output or reading.output,
            key=key,
            capture=capture,
            limit=settings.response_limit,
        )
        return draft

    def write(self, draft: Draft) -> SpanRecord:
        """Give the record, with content only where it was kept."""
        span, reading = draft.span, draft.reading
        capture = self.settings.capture_content
        record = SpanRecord(
            tenant_id=self.tenant,
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_span_id=span.parent_span_id,
            # An application may build a name of its input.
            name=redact(span.name, limit=MOST_NAME),
            kind=span.kind,
            scope=_redact(span.scope) or None,
            start_ns=span.start_ns,
            end_ns=max(span.end_ns, reading.end_ns or 0),
            service_name=_name_service(span.resource),
            attributes=_describe_rest(span, reading, capture=capture),
        )
        _tell_outcome(record, span, reading, capture=capture)
        _tell_call(record, reading)
        _tell_whose(record, reading, self.key, self.settings)
        _measure(record, reading, self.prices)
        record.input_digest, record.input_length, record.input = draft.prompt
        record.output_digest, record.output_length, record.output = draft.answer
        return record


def _tell_outcome(record: SpanRecord, span: SourceSpan, reading: Reading, *, capture: bool) -> None:
    """A stream the application walked away from is abandoned, not failed."""
    if reading.misread:
        return
    if reading.abandoned:
        record.error_type = semconv.ABANDONED
        return
    record.status = "unset" if _is_ok_too_soon(span, reading) else span.status
    record.error_type = _redact(reading.error_type)
    if capture:
        # Providers quote the prompt in their error messages.
        record.status_message = redact(span.description or "", limit=MOST_TEXT) or None


def _is_ok_too_soon(span: SourceSpan, reading: Reading) -> bool:
    """Whether a stream was called ok and nothing of its end was seen.

    OpenLLMetry and MLflow write ok when a stream begins or is let go of, also where it broke.
    """
    unended = reading.streamed and not reading.finish_reasons and reading.usage is None
    return span.status == "ok" and reading.counted and bool(unended)


def _tell_call(record: SpanRecord, reading: Reading) -> None:
    record.operation = _redact(reading.operation)
    record.provider = _redact(reading.provider)
    record.request_model = _redact(reading.request_model)
    record.response_model = _redact(reading.response_model)
    # Random by nature, as tokens are; cut, since anybody may send it.
    record.response_id = reading.response_id[:MOST_NAME] if reading.response_id else None
    record.service_tier = _redact(reading.service_tier)
    record.agent_name = _redact(reading.agent_name)
    record.tool_name = _redact(reading.tool_name)
    record.streamed = reading.streamed
    if reading.finish_reasons:
        record.finish_reasons = [
            redact(reason, limit=MOST_NAME) for reason in reading.finish_reasons
        ]
    record.time_to_first_token_ms = reading.time_to_first_token_ms
    record.counted = reading.counted


def _tell_whose(
    record: SpanRecord, reading: Reading, key: DigestKey | None, settings: Settings
) -> None:
    """A user's id is stored as it is, to be found and forgotten by, or as a pseudonym."""
    record.environment = _redact(reading.environment)
    record.session_id = _redact(reading.session_id)
    user = reading.user_id
    pseudonym = settings.user_ids == "pseudonym"
    if user:
        record.user_id = pseudonymize(user, key) if pseudonym else bound_id(user)


def _measure(record: SpanRecord, reading: Reading, prices: PriceBook) -> None:
    if not reading.counted:
        return
    record.usage_status = "unknown"
    usage = reading.usage
    if usage is None:
        return
    record.input_tokens = usage.input_tokens
    record.output_tokens = usage.output_tokens
    record.total_tokens = usage.total_tokens
    record.cache_read_tokens = usage.cache_read
    record.cache_write_tokens = usage.cache_write
    record.reasoning_tokens = usage.reasoning
    buckets = usage.buckets()
    if buckets is not None:
        record.usage_status = "reported"
        record.usage_buckets = buckets.to_dict()
        _price(record, reading, buckets, prices)


def _price(record: SpanRecord, reading: Reading, buckets: Buckets, prices: PriceBook) -> None:
    """Price a call by its own start, by the model that answered, else the one asked for."""
    models = (reading.response_model, reading.request_model)
    key = prices.resolve(reading.provider, *models, service_tier=reading.service_tier)
    if key is None:
        return
    record.price_provider, record.price_model = key.provider, key.model
    record.price_tier = key.service_tier
    day = _name_day(clamp_ns(record.start_ns) // _DAY_NS)
    price = prices.look_up_on(key, day, record.input_tokens)
    amount = cost(buckets, price) if price else None
    if price and amount is not None:
        record.price_id, record.cost_usd = price.price_id, format(amount, "f")


@lru_cache(_MOST_DAYS)
def _name_day(number: int) -> str:
    """Spans of a batch are of one day or two."""
    return (_FIRST_DAY + timedelta(days=number)).isoformat()


def _describe_rest(span: SourceSpan, reading: Reading, *, capture: bool) -> dict[str, Any]:
    """What no column holds, with the raw error type beside the taxonomy's word for it."""
    rest = allow_attributes(reading.rest, capture=capture)
    if reading.dialect:
        rest[semconv.DIALECT] = reading.dialect
    if span.repairs:
        rest[semconv.REPAIRS] = list(span.repairs)
    return rest


def _name_service(resource: Mapping[str, Any]) -> str | None:
    """OpenTelemetry's SDK makes up ``unknown_service:python`` where nobody named the service."""
    name = resource.get(semconv.SERVICE_NAME)
    named = isinstance(name, str) and name and not name.startswith("unknown_service")
    return _redact(str(name)) if named else None


def _redact(name: str | None) -> str | None:
    return redact(name, limit=MOST_NAME) if name else name
