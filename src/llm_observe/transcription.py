"""From a span to its record: dialect, privacy, usage, price. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.content import NOTHING, Content
from llm_observe.cost.pricing import PriceBook, cost
from llm_observe.cost.usage import Buckets
from llm_observe.dialects import Reading, SourceSpan, read
from llm_observe.dialects.mapping import NO_RULES, Rules, apply_rules
from llm_observe.dialects.values import is_token
from llm_observe.privacy.bounding import bound_span
from llm_observe.privacy.identities import Identities
from llm_observe.privacy.kept_attributes import allow_attributes
from llm_observe.privacy.protection import UNSAID, DigestKey, Kept, keep
from llm_observe.privacy.redaction import redact
from llm_observe.privacy.shapes import take_tokens
from llm_observe.privacy.work import WorkBudget
from llm_observe.records import MOST_NAME, MOST_TEXT, SpanRecord, bound_id, clamp_ns

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
    work: WorkBudget | None = None,
) -> SpanRecord:
    """Make the record of a span, with content only where ``settings`` open it.

    ``content`` is what came beside the span; without it, what its attributes hold is taken.
    ``work`` is what may be done for all spans of a request or flush.
    """
    transcriber = Transcriber(tenant, key, prices, settings, rules, work or WorkBudget())
    return transcriber.write(transcriber.protect(transcriber.read(span, content)))


@dataclass(slots=True)
class Draft:
    """A span on its way to a record."""

    span: SourceSpan
    content: Content
    reading: Reading
    prompt: Kept = UNSAID
    answer: Kept = UNSAID
    repairs: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Transcriber:
    """Makes records of spans in three steps, each of which may be taken for many spans in turn.

    ``rules`` are the tenant's own, which go over what a span's dialect says. ``work`` is what may
    be done for all of them together.
    """

    tenant: str
    key: DigestKey | None
    prices: PriceBook
    settings: Settings
    rules: Rules = NO_RULES
    work: WorkBudget = field(default_factory=WorkBudget)

    def read(self, span: SourceSpan, content: Content = NOTHING) -> Draft:
        """Read a span; ``content`` is what came beside it, as for ``transcribe``."""
        span = bound_span(span, self.work)
        reading = read(span)
        if self.rules:
            apply_rules(self.rules, span, reading)
        repairs = {"value_dropped"} if self.work.take_missed() else set()
        return Draft(span, content, reading, repairs=repairs.union(span.repairs))

    def protect(self, draft: Draft) -> Draft:
        """Decide what is kept of content."""
        content, reading, settings = draft.content, draft.reading, self.settings
        key, capture, work = self.key, settings.capture_content, self.work
        asked, answered = content.input or reading.input, content.output or reading.output
        draft.prompt = keep(asked, key=key, capture=capture, limit=settings.prompt_limit, work=work)
        draft.answer = keep(
            answered, key=key, capture=capture, limit=settings.response_limit, work=work
        )
        if self.work.take_missed():
            draft.repairs.add("content_dropped")
        return draft

    def write(self, draft: Draft) -> SpanRecord:
        """Give the record, with content only where it was kept."""
        self.work.begin_share()
        record = _Writer(self, draft).write()
        record.input_digest, record.input_length, record.input = draft.prompt
        record.output_digest, record.output_length, record.output = draft.answer
        return record


class _Writer:
    """Writes the record of one draft."""

    def __init__(self, way: Transcriber, draft: Draft) -> None:
        self._way, self._work = way, way.work
        self._span, self._reading, self._repairs = draft.span, draft.reading, draft.repairs
        self._capture = way.settings.capture_content
        self._identities = Identities(way.key, way.settings.user_ids == "pseudonym")

    def write(self) -> SpanRecord:
        """Give the record without its content."""
        span, reading = self._span, self._reading
        record = SpanRecord(
            tenant_id=self._way.tenant,
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_span_id=span.parent_span_id,
            # An application may build a name of its input.
            name=self._name(span.name) or "",
            kind=span.kind,
            instrumentation=self._name(span.scope),
            start_ns=span.start_ns,
            end_ns=max(span.end_ns, reading.end_ns or 0),
            service_name=self._name(_find_service(span.resource)),
        )
        self._tell_call(record)
        self._tell_outcome(record)
        self._tell_whose(record)
        _measure(record, reading, self._way.prices)
        record.attributes = self._describe_rest()
        return record

    def _name(self, name: str | None) -> str | None:
        return (redact(name, limit=MOST_NAME, work=self._work) or None) if name else None

    def _tell_outcome(self, record: SpanRecord) -> None:
        """A stream the application walked away from is abandoned, not failed."""
        span, reading = self._span, self._reading
        if reading.misread:
            return
        if reading.abandoned:
            record.error_type = semconv.ABANDONED
            return
        record.status = "unset" if _is_ok_too_soon(span, reading) else span.status
        record.error_type = self._name(reading.error_type)
        if self._capture:
            # Providers quote the prompt in their error messages.
            message = redact(span.description or "", limit=MOST_TEXT, work=self._work)
            record.status_message = message or None

    def _tell_call(self, record: SpanRecord) -> None:
        reading = self._reading
        record.operation = self._name(reading.operation)
        record.provider = self._name(reading.provider)
        record.request_model = self._name(reading.request_model)
        record.response_model = self._name(reading.response_model)
        # Random by nature, as tokens are.
        record.response_id = bound_id(reading.response_id) if reading.response_id else None
        tier = reading.service_tier
        record.service_tier = self._name(tier) if is_token(tier) else None
        record.agent_name = self._name(reading.agent_name)
        record.tool_name = self._name(reading.tool_name)
        record.streamed = reading.streamed
        if reading.finish_reasons:
            reasons = map(self._name, take_tokens(reading.finish_reasons))
            record.finish_reasons = [reason for reason in reasons if reason] or None
        record.time_to_first_token_ms = reading.time_to_first_token_ms
        record.countable = reading.countable

    def _tell_whose(self, record: SpanRecord) -> None:
        """Ids are stored as they are, to be found and forgotten by, or as pseudonyms."""
        reading, work, repairs = self._reading, self._work, self._repairs
        record.environment = self._name(reading.environment)
        record.session_id = self._identities.name_group(reading.session_id, work, repairs)
        record.user_id = self._identities.name_user(reading.user_id, work, repairs)

    def _describe_rest(self) -> dict[str, Any]:
        """What no column holds, with the raw error type beside the taxonomy's word for it."""
        reading, repairs = self._reading, self._repairs
        rest = allow_attributes(
            reading.rest,
            capture=self._capture,
            identities=self._identities,
            work=self._work,
            repairs=repairs,
        )
        rest.update(self._span.notes)
        if reading.dialect:
            rest[semconv.DIALECT] = reading.dialect
        if reading.mapped:
            rest[semconv.MAPPED] = list(reading.mapped)
        if self._work.take_missed():
            repairs.add("text_dropped")
        if repairs:
            rest[semconv.REPAIRS] = sorted(repairs)
        return rest


def _is_ok_too_soon(span: SourceSpan, reading: Reading) -> bool:
    """Whether a stream was called ok and nothing of its end was seen.

    OpenLLMetry and MLflow write ok when a stream begins or is let go of, also where it broke.
    """
    unended = reading.streamed and not reading.finish_reasons and reading.usage is None
    return span.status == "ok" and reading.countable and bool(unended)


def _measure(record: SpanRecord, reading: Reading, prices: PriceBook) -> None:
    if not reading.countable:
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
    said = (reading.provider, reading.response_model, reading.request_model)
    provider, *models = (name if name and len(name) <= MOST_NAME else None for name in said)
    key = prices.resolve(provider, *models, service_tier=record.service_tier)
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


def _find_service(resource: Mapping[str, Any]) -> str | None:
    """OpenTelemetry's SDK makes up ``unknown_service:python`` where nobody named the service."""
    name = resource.get(semconv.SERVICE_NAME)
    named = isinstance(name, str) and name and not name.startswith("unknown_service")
    return str(name) if named else None
