"""Logfire's own instrumentations of OpenAI and Anthropic, in versions 1 and 2 of their data.

A stream has two spans: the first opens it, the second, a log, is what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import Usage
from llm_observe.dialects import genai
from llm_observe.dialects.flattened import MOST_ITEMS
from llm_observe.dialects.messages import read_messages
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.responses import read_previous, read_usage
from llm_observe.dialects.silences import LOGFIRE_AGENTS_SCOPE, LOGFIRE_SCOPE
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.tiers import find_in_answer
from llm_observe.dialects.values import read_list, read_mapping, read_text

# Observed on logfire 5.4.0.
_SPAN_TYPE: Final = "logfire.span_type"
_REQUEST: Final = "request_data"
_RESPONSE: Final = "response_data"
_AGENTS: Final = "response"
"""The answer whole, where OpenAI's Agents SDK is traced."""
_EVENTS: Final = "events"
_USAGE: Final = "usage"
_TEMPLATE: Final = "logfire.msg_template"
_AGENTS_CALLS: Final = ("Chat completion with", "Responses API with")
_ASKED_TIER: Final = "service_tier"


def read(span: SourceSpan) -> Reading:
    """Read a call; its raw usage tells more than OpenTelemetry's keys beside it."""
    span = _name_operation(span)
    attributes = span.attributes
    reading = genai.read(span)
    _read_content(reading, attributes)
    if not reading.countable:
        return reading
    asked = read_mapping(attributes.get(_REQUEST))
    reading.asked_tier = reading.asked_tier or read_text(asked, _ASKED_TIER)
    reading.previous_response_id = read_previous(asked, read_mapping(attributes.get(_AGENTS)))
    raw = read_mapping(attributes.get(semconv.USAGE_RAW) or attributes.get(_USAGE))
    embeds = reading.operation == semconv.EMBEDDINGS
    reading.usage = read_usage(raw, without_output=embeds) or reading.usage
    reading.service_tier = reading.service_tier or find_in_answer({"usage": raw})
    # A stream has a span of its own for what came of it; the first says nothing either way.
    reading.streamed = True if attributes.get(_SPAN_TYPE) == "log" else None
    if reading.usage is None and reading.response_id is None:
        # Nothing was answered yet: what stands there is the model that was asked for.
        reading.response_model = None
    if span.scope == LOGFIRE_AGENTS_SCOPE and reading.response_model == reading.request_model:
        reading.response_model = None
    _settle_stream(reading, span)
    return reading


def _name_operation(span: SourceSpan) -> SourceSpan:
    """Spans of OpenAI's Agents SDK that failed, or of its older interface, tell no operation."""
    told = read_text(span.attributes, _TEMPLATE) or ""
    if span.scope != LOGFIRE_AGENTS_SCOPE or not told.startswith(_AGENTS_CALLS):
        return span
    return replace(span, attributes={semconv.OPERATION_NAME: semconv.CHAT, **span.attributes})


def _settle_stream(reading: Reading, span: SourceSpan) -> None:
    """Tell what a stream's log and its opening are: the database finds which are of one call.

    The log of a stream that is never read to an end never comes, and its opening stands for it.
    """
    if reading.streamed and not reading.finish_reasons:
        reading.abandoned = span.status == "unset" and semconv.ERROR_TYPE not in span.attributes
        reading.usage = _forget_output(reading.usage)
    answered = reading.usage or reading.response_id or reading.finish_reasons
    if not reading.streamed and not answered and span.status != "error":
        kind = span.attributes.get(_SPAN_TYPE)
        reading.countable = kind != "pending_span"
        reading.streamed = True if kind == "span" else None


def _forget_output(usage: Usage | None) -> Usage | None:
    """Anthropic opens a stream with a first count of its output; the whole one never came."""
    return replace(usage, output_tokens=None).if_known() if usage else None


def _read_content(reading: Reading, attributes: Mapping[str, Any]) -> None:
    """Fill in what version 1 has in the raw request and answer, or in a list of events."""
    events = [read_mapping(each) for each in read_list(attributes.get(_EVENTS))[-MOST_ITEMS:]]
    request = read_mapping(attributes.get(_REQUEST))
    response = read_mapping(attributes.get(_RESPONSE))
    reading.input = (
        reading.input
        or list(_read_events(events, semconv.MESSAGE_EVENTS))
        or _read_request(request)
    )
    if reading.operation != semconv.EMBEDDINGS:
        choices = {semconv.CHOICE_EVENT: "assistant"}
        reading.output = (
            reading.output or list(_read_events(events, choices)) or _read_response(response)
        )


def _read_request(request: Mapping[str, Any]) -> Sequence[Message]:
    said = next((request[key] for key in ("messages", "input", "prompt") if request.get(key)), None)
    system = request.get("system") or request.get("instructions")
    return [
        *(read_messages([{"role": "system", "content": system}]) if system else ()),
        *(read_messages(said) if said is not None else ()),
    ]


def _read_response(response: Mapping[str, Any]) -> Sequence[Message]:
    """The message, or the text of a stream's chunks or of a completion."""
    keys = ("message", "combined_chunk_content", "text")
    said = next((response[key] for key in keys if response.get(key)), None)
    return read_messages(said, "assistant") if said is not None else ()


def _read_events(
    events: Sequence[Mapping[str, Any]], roles: Mapping[str, str]
) -> Iterator[Message]:
    for event in events:
        role = roles.get(str(event.get("event.name")))
        if role:
            said = read_mapping(event.get("message")) or event
            kept = {key: said[key] for key in ("content", "tool_calls") if key in said}
            called = {"tool_call_id": event.get("id")} if role == "tool" else {}
            yield from read_messages([{"role": said.get("role") or role} | kept | called])


LOGFIRE: Final = Dialect(
    name="logfire",
    read=read,
    scopes=(LOGFIRE_SCOPE, "logfire.anthropic", "logfire."),
    keys=genai.GENAI_KEYS
    | {
        _SPAN_TYPE,
        _REQUEST,
        _RESPONSE,
        _EVENTS,
        semconv.USAGE_RAW,
        "async",
        "duration",
        _TEMPLATE,
        "logfire.json_schema",
    },
    roots=("logfire.msg",),
)
