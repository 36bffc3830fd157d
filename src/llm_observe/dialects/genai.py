"""OpenTelemetry's own GenAI conventions, as the official instrumentations emit them.

Keys observed on opentelemetry-instrumentation-genai-openai 1.3b0; the convention is
https://github.com/open-telemetry/semantic-conventions-genai.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import Usage
from llm_observe.dialects.counts import count_any
from llm_observe.dialects.flattened import MOST_ITEMS
from llm_observe.dialects.messages import call, result, say, text
from llm_observe.dialects.operations import name_operation
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.tiers import TIER_KEYS, read_tier
from llm_observe.dialects.values import (
    LISTS,
    read_flag,
    read_json,
    read_list,
    read_milliseconds,
    read_text,
    read_texts,
)

_FINISH_REASON: Final = "finish_reason"
_ABANDONED: Final = "abandoned stream"
"""The status description opentelemetry-util-genai gave a stream nobody finished, until 1.3b0."""
_OFFICIAL: Final = "opentelemetry.instrumentation.genai."
_GOOGLE: Final = "opentelemetry.instrumentation.google_genai"
_TELLING: Final = (_OFFICIAL, _GOOGLE)
"""Instrumentations that always tell how a stream has ended."""
_WITHOUT_CACHE: Final = _OFFICIAL + "bedrock"
"""Its input tokens exclude cached ones, as Bedrock reports them."""
# Pydantic AI writes content into bare keys beside those of the convention (its documentation).
_PYDANTIC_AI: Final = (
    "all_messages_events",
    "events",
    "final_result",
    "model_request_parameters",
    "tool_arguments",
    "tool_response",
)


def read(span: SourceSpan) -> Reading:
    """Read a GenAI span; values of a wrong type count as not said."""
    attributes = span.attributes
    operation = name_operation(read_text(attributes, semconv.OPERATION_NAME))
    countable = operation in semconv.MODEL_CALLS
    first = _read_first(attributes)
    reading = Reading(
        operation=operation,
        provider=read_text(attributes, semconv.PROVIDER_NAME, semconv.SYSTEM),
        request_model=read_text(attributes, semconv.REQUEST_MODEL),
        response_model=read_text(attributes, semconv.RESPONSE_MODEL),
        response_id=read_text(attributes, semconv.RESPONSE_ID),
        agent_name=read_text(attributes, semconv.AGENT_NAME),
        tool_name=read_text(attributes, semconv.TOOL_NAME),
        session_id=read_text(attributes, semconv.CONVERSATION_ID),
        streamed=_is_streamed(attributes, first) if countable else None,
        finish_reasons=read_texts(attributes, semconv.RESPONSE_FINISH_REASONS),
        time_to_first_token_ms=first,
        usage=_read_usage(span, operation) if countable else None,
        input=_read_input(attributes),
        output=_keep_messages(attributes.get(semconv.OUTPUT_MESSAGES)),
        countable=countable,
    )
    read_tier(reading, attributes)
    if span.scope == _GOOGLE and operation == semconv.EMBEDDINGS:
        # Gemini names none: Logfire puts there the model that was asked for.
        reading.response_model = None
    if reading.finish_reasons is None:
        reading.finish_reasons = _find_reasons(reading.output)
    if not countable:
        _read_step(reading, attributes)
    elif (
        span.status == "error"
        and not (reading.response_id or reading.usage)
        and reading.response_model == reading.request_model
    ):
        # Nothing answered: Logfire puts there the model that was asked for.
        reading.response_model = None
    official = span.scope.startswith(_TELLING)
    reading.abandoned = span.description == _ABANDONED or (official and is_left(span, reading))
    if official and reading.streamed and reading.usage and not reading.finish_reasons:
        # Anthropic and Gemini have counted a part of it until then.
        reading.usage = replace(reading.usage, output_tokens=None).if_known()
    return reading


def _find_reasons(messages: Sequence[Message]) -> tuple[str, ...] | None:
    """Give the ends that messages tell, as they did until version 0.1.0 of the conventions."""
    told = (message.get(_FINISH_REASON) for message in messages)
    return tuple(reason for reason in told if isinstance(reason, str) and reason) or None


def is_left(span: SourceSpan, reading: Reading) -> bool:
    """Whether a stream began and neither ended nor failed, where a library always tells its end."""
    begun = reading.response_id or reading.time_to_first_token_ms is not None
    return bool(
        reading.streamed
        and begun
        and not reading.finish_reasons
        and span.status == "unset"
        and semconv.ERROR_TYPE not in span.attributes
    )


def _is_streamed(attributes: Mapping[str, Any], first: float | None) -> bool | None:
    """Whether the answer came in chunks; who does not say so may not know."""
    asked = read_flag(attributes, semconv.REQUEST_STREAM)
    return True if asked is None and first is not None else asked


def _read_first(attributes: Mapping[str, Any]) -> float | None:
    said = read_milliseconds(attributes, semconv.RESPONSE_TIME_TO_FIRST_CHUNK)
    return (
        read_milliseconds(attributes, semconv.CLIENT_TIME_TO_FIRST_CHUNK) if said is None else said
    )


def _read_usage(span: SourceSpan, operation: str | None) -> Usage | None:
    usage = count_any(span.attributes, without_output=operation in semconv.WITHOUT_OUTPUT)
    return usage.with_cache() if usage and span.scope == _WITHOUT_CACHE else usage


def _keep_messages(value: Any) -> Sequence[Message]:
    """Give messages, whether they came as JSON text or as a structured value."""
    messages = read_json(value)
    if not isinstance(messages, LISTS):
        return ()
    return [message for message in messages[-MOST_ITEMS:] if isinstance(message, dict)]


def _read_input(attributes: Mapping[str, Any]) -> Sequence[Message]:
    """The instructions, which are parts without a role, then the messages."""
    messages = _keep_messages(attributes.get(semconv.INPUT_MESSAGES))
    parts = read_json(attributes.get(semconv.SYSTEM_INSTRUCTIONS))
    if not isinstance(parts, LISTS):
        return messages
    return [{"role": "system", "parts": list(parts)}, *messages]


def _read_step(reading: Reading, attributes: Mapping[str, Any]) -> None:
    """Fill in what a tool or a search was asked, and what it gave; the name of a workflow."""
    if reading.operation == semconv.INVOKE_WORKFLOW and reading.agent_name is None:
        reading.agent_name = read_text(attributes, semconv.WORKFLOW_NAME)
    called = read_text(attributes, semconv.TOOL_CALL_ID)
    arguments = attributes.get(semconv.TOOL_CALL_ARGUMENTS)
    response = attributes.get(semconv.TOOL_CALL_RESULT)
    documents = read_list(attributes.get(semconv.RETRIEVAL_DOCUMENTS))[:MOST_ITEMS]
    if not reading.input:
        reading.input = (
            say("assistant", call(called, reading.tool_name, arguments))
            if arguments is not None
            else say("user", text(attributes.get(semconv.RETRIEVAL_QUERY)))
        )
    if not reading.output:
        reading.output = (
            say("tool", result(called, read_json(response)))
            if response is not None
            else say("tool", *(text(each) for each in documents))
        )


GENAI_KEYS: Final = frozenset(
    {
        *_PYDANTIC_AI,
        semconv.CLIENT_TIME_TO_FIRST_CHUNK,
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
        *TIER_KEYS,
    }
)
GENAI_ROOTS: Final = (
    semconv.INPUT_MESSAGES,
    semconv.OUTPUT_MESSAGES,
    semconv.SYSTEM_INSTRUCTIONS,
    semconv.TOOL_DEFINITIONS,
    semconv.TOOL_CALL_ARGUMENTS,
    semconv.TOOL_CALL_RESULT,
    semconv.RETRIEVAL_DOCUMENTS,
    semconv.RETRIEVAL_QUERY,
    semconv.EVALUATION_EXPLANATION,
    "pydantic_ai.all_messages",
)

GENAI: Final = Dialect(
    name="otel-genai",
    read=read,
    scopes=(
        _OFFICIAL,
        _GOOGLE,
        "opentelemetry.util.genai.",
        "pydantic-ai",
    ),
    signs=(semconv.OPERATION_NAME,),
    hints=(
        semconv.PROVIDER_NAME,
        semconv.REQUEST_MODEL,
        semconv.RESPONSE_MODEL,
        semconv.USAGE_INPUT_TOKENS,
        semconv.USAGE_OUTPUT_TOKENS,
        semconv.OLD_USAGE_INPUT_TOKENS,
        semconv.OLD_USAGE_OUTPUT_TOKENS,
    ),
    keys=GENAI_KEYS,
    roots=GENAI_ROOTS,
)
