"""OpenTelemetry's GenAI conventions until 1.36: ``gen_ai.system``, and content in events.

The events were logs, which are no part of a span; some libraries put them on the span itself.
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
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_json, read_mapping, read_text

# Observed on opentelemetry-instrumentation-openai-v2 2.4b0 and -botocore 0.66b0; the events are of
# semantic conventions 1.27 (one event each way) and 1.28 to 1.36 (one event each message).
_BEDROCK: Final = "opentelemetry.instrumentation.botocore.bedrock-runtime"
_STREAMING_METHODS: Final = {"ConverseStream", "InvokeModelWithResponseStream"}
_TELLING_METHOD: Final = "ConverseStream"
"""Its answers always have a finish reason."""
_CACHING: Final = ("anthropic.", "amazon.nova")
"""Makers whose models cache, and count that beside the input."""
_ESTIMATED: Final = ("cohere.", "mistral.")
"""Makers whose counts the instrumentation makes up of the length of the text."""


def read(span: SourceSpan) -> Reading:
    """Read a call; whether it was streamed is told by Bedrock's methods only."""
    attributes = span.attributes
    reading = genai.read(span)
    if span.scope == _BEDROCK and reading.usage is not None:
        reading.usage = _repair(reading.usage, reading.request_model or "", attributes)
    if method := read_text(attributes, semconv.RPC_METHOD):
        reading.streamed = method in _STREAMING_METHODS if reading.countable else None
        unended = method == _TELLING_METHOD and span.status == "unset"
        reading.abandoned = unended and not reading.finish_reasons
    if span.events:
        reading.input = reading.input or list(_read_input(span))[-MOST_ITEMS:]
        reading.output = reading.output or list(_read_output(span))[-MOST_ITEMS:]
    return reading


def _repair(usage: Usage, model: str, attributes: Mapping[str, Any]) -> Usage | None:
    """Bedrock's input leaves out what was cached, which is told for its Converse methods only."""
    if (read_text(attributes, semconv.RPC_METHOD) or "").startswith("Converse"):
        return usage.with_cache()
    if any(maker in model for maker in _ESTIMATED):
        return None
    without_cache = any(maker in model for maker in _CACHING)
    return replace(usage, input_tokens=None).if_known() if without_cache else usage


def _read_input(span: SourceSpan) -> Iterator[Message]:
    for event in span.events:
        if event.name in semconv.MESSAGE_EVENTS:
            yield from _read_event(event.attributes, semconv.MESSAGE_EVENTS[event.name])
        elif event.name == semconv.OLD_PROMPT_EVENT:
            yield from read_messages(event.attributes.get(semconv.OLD_PROMPT))


def _read_output(span: SourceSpan) -> Iterator[Message]:
    for event in span.events:
        if event.name == semconv.CHOICE_EVENT:
            said = read_mapping(event.attributes.get("message")) or event.attributes
            yield from _read_event(said, "assistant")
        elif event.name == semconv.OLD_COMPLETION_EVENT:
            yield from read_messages(event.attributes.get(semconv.OLD_COMPLETION), "assistant")


def _read_event(said: Mapping[str, Any], role: str) -> Sequence[Message]:
    message = {
        "role": said.get("role") or role,
        "content": read_json(said.get("content")),
        "tool_calls": read_json(said.get("tool_calls")),
    }
    called = said.get("id")
    return read_messages([message | ({"tool_call_id": called} if role == "tool" else {})])


OTEL_V2: Final = Dialect(
    name="otel-v2",
    read=read,
    scopes=(
        "opentelemetry.instrumentation.openai_v2",
        _BEDROCK,
    ),
    signs=(semconv.SYSTEM,),
    keys=genai.GENAI_KEYS,
)
