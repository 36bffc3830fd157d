"""OpenTelemetry's own GenAI conventions, as the official instrumentations emit them.

Keys observed on opentelemetry-instrumentation-genai-openai 1.3b0; the convention is
https://github.com/open-telemetry/semantic-conventions-genai.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import (
    read_flag,
    read_json,
    read_milliseconds,
    read_text,
    read_texts,
)
from llm_observe.usage import usage_from_attributes

_ABANDONED: Final = "abandoned stream"
"""The status description opentelemetry-util-genai gives a stream nobody finished."""


def speaks(span: SourceSpan) -> bool:
    """Whether the span follows the GenAI conventions."""
    return semconv.OPERATION_NAME in span.attributes


def read(span: SourceSpan) -> Reading:
    """Read a GenAI span; values of a wrong type count as not said."""
    attributes = span.attributes
    operation = read_text(attributes, semconv.OPERATION_NAME)
    counted = operation in semconv.MODEL_CALLS
    return Reading(
        operation=operation,
        provider=read_text(attributes, semconv.PROVIDER_NAME, semconv.SYSTEM),
        request_model=read_text(attributes, semconv.REQUEST_MODEL),
        response_model=read_text(attributes, semconv.RESPONSE_MODEL),
        response_id=read_text(attributes, semconv.RESPONSE_ID),
        service_tier=_read_service_tier(attributes),
        agent_name=read_text(attributes, semconv.AGENT_NAME),
        tool_name=read_text(attributes, semconv.TOOL_NAME),
        session_id=read_text(attributes, semconv.CONVERSATION_ID),
        streamed=bool(read_flag(attributes, semconv.REQUEST_STREAM)) if counted else None,
        finish_reasons=read_texts(attributes, semconv.RESPONSE_FINISH_REASONS),
        time_to_first_token_ms=read_milliseconds(attributes, semconv.RESPONSE_TIME_TO_FIRST_CHUNK),
        usage=usage_from_attributes(attributes) if counted else None,
        input=[
            *_read_instructions(attributes),
            *read_messages(attributes.get(semconv.INPUT_MESSAGES)),
        ],
        output=read_messages(attributes.get(semconv.OUTPUT_MESSAGES)),
        abandoned=span.description == _ABANDONED,
        counted=counted,
    )


def read_messages(value: Any) -> Sequence[Message]:
    """Give messages, whether they came as JSON text or as a structured value."""
    messages = read_json(value)
    if not isinstance(messages, list | tuple):
        return ()
    return [message for message in messages if isinstance(message, dict)]


def _read_instructions(attributes: Mapping[str, Any]) -> Sequence[Message]:
    """System instructions are parts without a role."""
    parts = read_json(attributes.get(semconv.SYSTEM_INSTRUCTIONS))
    return [{"role": "system", "parts": list(parts)}] if isinstance(parts, list | tuple) else ()


def _read_service_tier(attributes: Mapping[str, Any]) -> str | None:
    """What served the call, else what was asked for; ``auto`` says nothing."""
    asked = read_text(attributes, semconv.OPENAI_REQUEST_SERVICE_TIER)
    return read_text(attributes, semconv.OPENAI_SERVICE_TIER) or (
        asked if asked != "auto" else None
    )


GENAI: Final = Dialect(
    name="otel-genai",
    speaks=speaks,
    read=read,
    keys=frozenset(
        {
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
            semconv.INPUT_MESSAGES,
            semconv.OUTPUT_MESSAGES,
            semconv.SYSTEM_INSTRUCTIONS,
        }
    ),
)
