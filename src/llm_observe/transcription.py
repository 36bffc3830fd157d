"""From a span to its record: dialect, privacy, usage, price. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from llm_observe import semconv
from llm_observe._tokens import is_token, take_tokens
from llm_observe.config import Settings
from llm_observe.content import NOTHING, Content, Message
from llm_observe.cost.pricing import PriceBook
from llm_observe.dialects import Reading, SourceSpan, read
from llm_observe.dialects.mapping import NO_RULES, Rules
from llm_observe.measuring import measure
from llm_observe.privacy.bounding import bound_span
from llm_observe.privacy.identities import Identities, take_id
from llm_observe.privacy.kept_attributes import allow_attributes
from llm_observe.privacy.protection import UNSAID, DigestKey, Kept, keep
from llm_observe.privacy.redaction import redact, redact_names
from llm_observe.privacy.tags import NOTHING_KEPT, KeptTags, keep_tags
from llm_observe.privacy.work import WorkBudget
from llm_observe.processes import name_process
from llm_observe.records import MOST_TEXT, SpanRecord

_NAMES: Final = (
    *("name", "instrumentation", "service_name", "operation", "provider", "request_model"),
    *("response_model", "service_tier", "agent_name", "tool_name", "error_type", "environment"),
    *("release", "prompt_name", "prompt_version"),
)
"""Fields that hold a name, redacted in one pass and in this order: where no more work may be done,
the later ones stay empty."""
_read_names: Final = attrgetter(*_NAMES)


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
    input: Kept = UNSAID
    output: Kept = UNSAID
    repairs: set[semconv.Repair] = field(default_factory=set)


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
        reading = read(span, self.rules)
        repairs = set(span.repairs)
        if self.work.take_missed():
            repairs.add("value_dropped")
        return Draft(span, content, reading, repairs=repairs)

    def protect(self, draft: Draft) -> Draft:
        """Decide what is kept of content."""
        content, reading, settings = draft.content, draft.reading, self.settings
        draft.input = self._keep(content.input or reading.input, settings.prompt_limit)
        draft.output = self._keep(content.output or reading.output, settings.response_limit)
        if self.work.take_missed():
            draft.repairs.add("content_dropped")
        return draft

    def _keep(self, messages: Sequence[Message], limit: int) -> Kept:
        if not messages:
            return UNSAID
        return keep(
            messages,
            key=self.key,
            capture=self.settings.capture_content,
            limit=limit,
            work=self.work,
        )

    def write(self, draft: Draft) -> SpanRecord:
        """Give the record, with content only where it was kept."""
        self.work.begin_share()
        record = _Writer(self, draft).write()
        record.input_digest, record.input_length, record.input, shown = draft.input
        record.output_digest, record.output_length, record.output, made = draft.output
        if shown:
            record.attributes[semconv.INPUT_MEDIA] = shown
        if made:
            record.attributes[semconv.OUTPUT_MEDIA] = made
        return record


class _Writer:
    """Writes the record of one draft."""

    def __init__(self, transcriber: Transcriber, draft: Draft) -> None:
        self._transcriber, self._work = transcriber, transcriber.work
        self._span, self._reading, self._repairs = draft.span, draft.reading, draft.repairs
        self._capture = transcriber.settings.capture_content
        self._identities = Identities(transcriber.key, transcriber.settings.user_ids == "pseudonym")

    def write(self) -> SpanRecord:
        """Give the record without its content."""
        record = self._describe()
        self._redact_names(record)
        self._settle_outcome(record)
        self._name_people(record)
        kept = self._keep_tags()
        record.tags = kept.tags or None
        if self._reading.countable:
            self._repairs.update(measure(record, self._reading, self._transcriber.prices))
        record.attributes = self._describe_rest(kept)
        return record

    def _describe(self) -> SpanRecord:
        """Give a record with its names as the span has them."""
        span, reading, tier = self._span, self._reading, self._reading.service_tier
        return SpanRecord(
            tenant_id=self._transcriber.tenant,
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_span_id=span.parent_span_id,
            name=span.name,
            kind=span.kind,
            instrumentation=span.scope,
            start_ns=span.start_ns,
            end_ns=max(span.end_ns, reading.end_ns or 0),
            service_name=_find_service(span.resource),
            operation=reading.operation,
            provider=reading.provider,
            request_model=reading.request_model,
            response_model=reading.response_model,
            service_tier=tier if is_token(tier) else None,
            agent_name=reading.agent_name,
            tool_name=reading.tool_name,
            error_type=reading.error_type,
            environment=reading.environment,
            release=self._take_version(reading.release),
            prompt_name=reading.prompt_name,
            prompt_version=self._take_version(reading.prompt_version),
            streamed=reading.streamed,
            time_to_first_token_ms=reading.time_to_first_token_ms,
            countable=reading.countable,
            process_keys=name_process(span.resource, span.attributes)
            if reading.countable
            else None,
            usage_uncounted=None if reading.countable else reading.usage_uncounted,
        )

    def _take_version(self, version: str | None) -> str | None:
        """A version has no blank: with content off, nothing else passes for one."""
        return version if self._capture or is_token(version) else None

    def _redact_names(self, record: SpanRecord) -> None:
        """An application may build any of its names of its input."""
        reasons = take_tokens(self._reading.finish_reasons)
        said = [*_read_names(record), *reasons]
        names = redact_names(said, work=self._work)
        record.finish_reasons = list(filter(None, names[len(_NAMES) :])) or None
        if names == said:
            return
        for field_name, name in zip(_NAMES, names, strict=False):
            setattr(record, field_name, name)
        record.name = record.name or ""

    def _settle_outcome(self, record: SpanRecord) -> None:
        """A stream the application walked away from is abandoned, not failed."""
        span, reading = self._span, self._reading
        if reading.misread:
            record.error_type = None
            return
        if reading.abandoned:
            record.error_type = semconv.ABANDONED
            return
        record.status = "unset" if _is_ok_too_soon(span, reading) else span.status
        if reading.failed:
            record.status = "error"
        if self._capture:
            # Providers quote the prompt in their error messages.
            message = redact(span.description or "", limit=MOST_TEXT, work=self._work)
            record.status_message = message or None

    def _name_people(self, record: SpanRecord) -> None:
        """Ids are stored as they are, to be found and forgotten by, or as pseudonyms."""
        reading, work, repairs = self._reading, self._work, self._repairs
        record.session_id = self._identities.name_group(reading.session_id, work, repairs)
        record.user_id = self._identities.name_user(reading.user_id, work, repairs)
        record.customer_id = self._identities.name_group(reading.customer_id, work, repairs)
        # Random by nature, as tokens are.
        record.response_id = take_id(reading.response_id)
        if reading.previous_response_id:
            record.previous_response_id = take_id(reading.previous_response_id)

    def _keep_tags(self) -> KeptTags:
        reading = self._reading
        if not (reading.tags or reading.metadata or reading.dropped_tags):
            return NOTHING_KEPT
        return keep_tags(
            reading,
            capture=self._capture,
            identities=self._identities,
            work=self._work,
            repairs=self._repairs,
        )

    def _describe_rest(self, kept: KeptTags) -> dict[str, Any]:
        """Give what no column holds, with the raw error type beside the taxonomy's word for it."""
        reading, repairs = self._reading, self._repairs
        left = reading.rest
        if kept.attributes:
            left = {key: value for key, value in left.items() if key not in kept.attributes}
        rest = allow_attributes(
            left,
            capture=self._capture,
            identities=self._identities,
            work=self._work,
            repairs=repairs,
        )
        rest.update(self._span.notes)
        if reading.dialect:
            rest[semconv.DIALECT] = reading.dialect
        if kept.dropped:
            repairs.add("tags_dropped")
            rest[semconv.DROPPED_TAGS] = kept.dropped
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


def _find_service(resource: Mapping[str, Any]) -> str | None:
    """OpenTelemetry's SDK makes up ``unknown_service:python`` where nobody named the service."""
    name = resource.get(semconv.SERVICE_NAME)
    named = isinstance(name, str) and name and not name.startswith("unknown_service")
    return str(name) if named else None
