"""Vercel's AI SDK: keys of its own until version 6, OpenTelemetry's from version 7 on.

An outer span (``ai.generateText``) repeats the tokens of the calls inside it
(``ai.generateText.doGenerate``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import Usage, read_count
from llm_observe.dialects import genai
from llm_observe.dialects.counts import read_parts
from llm_observe.dialects.flattened import MOST_ITEMS
from llm_observe.dialects.messages import Part, call, read_messages, result, say, text
from llm_observe.dialects.providers import name_provider
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.responses import read_usage
from llm_observe.dialects.silences import BOTH
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.tiers import find_in_metadata
from llm_observe.dialects.values import (
    read_json,
    read_list,
    read_mapping,
    read_milliseconds,
    read_number,
    read_quoted,
    read_text,
)

# Observed on ai 6.0.325 and, with @ai-sdk/otel, 7.0.173; version 5's are those of its source.
_OPERATION_ID: Final = "ai.operationId"
_PROVIDER: Final = "ai.model.provider"
_MODEL: Final = "ai.model.id"
_FUNCTION: Final = "ai.telemetry.functionId"
_RESPONSE: Final = "ai.response."
_USAGE: Final = "ai.usage."
_OLD_INPUT: Final = "promptTokens"
_TO_FIRST_CHUNK: Final = _RESPONSE + "msToFirstChunk"
_PROVIDER_METADATA: Final = _RESPONSE + "providerMetadata"
_TOOL: Final = "ai.toolCall."
_FIRST_ERROR_STATUS: Final = 400

_OPERATIONS: Final = {
    "doGenerate": semconv.CHAT,
    "doStream": semconv.CHAT,
    "doEmbed": semconv.EMBEDDINGS,
    "doRerank": semconv.RERANK,
    "toolCall": semconv.EXECUTE_TOOL,
    "generateText": semconv.INVOKE_AGENT,
    "streamText": semconv.INVOKE_AGENT,
    "generateObject": semconv.INVOKE_AGENT,
    "streamObject": semconv.INVOKE_AGENT,
    "embed": semconv.INVOKE_WORKFLOW,
    "embedMany": semconv.INVOKE_WORKFLOW,
    "rerank": semconv.INVOKE_WORKFLOW,
}
"""By the last part of the operation's id."""
_WITHOUT_CACHE: Final = frozenset({"anthropic", "aws.bedrock"})
"""Providers whose input left out what was cached until version 5."""
_GEMINI: Final = frozenset({"gcp.gemini", "gcp.vertex_ai"})
"""Providers whose output left out what was thought until version 5; the total has it."""


def read(span: SourceSpan) -> Reading:
    """Read a span of any version."""
    return _read_own(span) if _OPERATION_ID in span.attributes else _read_semconv(span)


def _read_semconv(span: SourceSpan) -> Reading:
    """Read a span of version 7, where an embedding's outer span differs by its missing usage."""
    attributes = span.attributes
    reading = genai.read(span)
    if reading.operation == "agent_step":
        reading.operation = semconv.INVOKE_WORKFLOW
    status = attributes.get(semconv.HTTP_STATUS_CODE)
    if span.status == "error" and isinstance(status, int) and status >= _FIRST_ERROR_STATUS:
        reading.error_type = str(status)
    if not reading.countable:
        return reading
    reading.service_tier = find_in_metadata(attributes.get(_PROVIDER_METADATA))
    reading.time_to_first_token_ms = read_milliseconds(
        attributes, semconv.CLIENT_TIME_TO_FIRST_CHUNK
    )
    silent = span.status != "error" and reading.usage is None
    if reading.operation == semconv.EMBEDDINGS:
        reading.countable = not silent
    else:
        reading.abandoned = silent and not reading.finish_reasons
        streamed = semconv.CLIENT_TIME_TO_FIRST_CHUNK in attributes or reading.abandoned
        reading.streamed = True if streamed else None
    return reading


def _read_own(span: SourceSpan) -> Reading:
    attributes = span.attributes
    kind = (read_text(attributes, _OPERATION_ID) or "").rpartition(".")[2]
    operation = _OPERATIONS.get(kind)
    agent = operation == semconv.INVOKE_AGENT
    reading = Reading(
        operation=operation,
        provider=read_text(attributes, _PROVIDER, semconv.SYSTEM),
        request_model=read_text(attributes, _MODEL, semconv.REQUEST_MODEL),
        response_model=read_text(attributes, _RESPONSE + "model", semconv.RESPONSE_MODEL),
        response_id=read_text(attributes, _RESPONSE + "id", semconv.RESPONSE_ID),
        agent_name=read_text(attributes, _FUNCTION) if agent else None,
        tool_name=read_text(attributes, _TOOL + "name"),
        countable=operation in semconv.MODEL_CALLS,
    )
    reason = read_text(attributes, _RESPONSE + "finishReason")
    reading.finish_reasons = (reason,) if reason else None
    if reading.countable:
        reading.streamed = kind == "doStream"
        reading.time_to_first_token_ms = read_number(attributes.get(_TO_FIRST_CHUNK))
        reading.abandoned = reading.streamed and reason is None and span.status == "unset"
        reading.usage = _read_usage(attributes, reading)
        reading.service_tier = find_in_metadata(attributes.get(_PROVIDER_METADATA))
    _read_content(reading, attributes)
    return reading


def _read_usage(attributes: Mapping[str, Any], reading: Reading) -> Usage | None:
    """Read the tokens; before version 6 they are the provider's own, which may leave some out."""
    told = {
        key.removeprefix(_USAGE): value
        for key, value in attributes.items()
        if key.startswith(_USAGE)
    }
    if reading.operation == semconv.EMBEDDINGS:
        return Usage(input_tokens=read_count(told, "tokens"), without_output=True).if_known()
    usage = Usage(**read_parts(told))
    if any(key.startswith(("inputTokenDetails", "outputTokenDetails")) for key in told):
        return usage.if_known()
    provider = name_provider(reading.provider)
    if provider in _WITHOUT_CACHE:
        return _read_raw_usage(attributes, replace(usage, input_tokens=None))
    if provider in _GEMINI:
        usage = usage.with_thoughts(usage.total)
    if _OLD_INPUT in told:
        usage = _fill_parts(usage, attributes)
    return usage.if_known()


def _fill_parts(usage: Usage, attributes: Mapping[str, Any]) -> Usage:
    """Until version 5 ``generateText`` tells the totals alone; a provider may tell more."""
    parts: dict[str, Any] = {}
    for each in read_mapping(attributes.get(_PROVIDER_METADATA)).values():
        parts |= {
            key: count for key, count in read_parts(read_mapping(each)).items() if key in BOTH
        }
    known = {part: count for part, count in parts.items() if getattr(usage, part) is None}
    return replace(usage, **known, untold=BOTH)


def _read_raw_usage(attributes: Mapping[str, Any], usage: Usage) -> Usage | None:
    """Anthropic's own usage is in its metadata, where content is on; else the input is unknown."""
    metadata = read_mapping(attributes.get(_PROVIDER_METADATA))
    raw = read_mapping(read_mapping(metadata.get("anthropic")).get("usage"))
    return read_usage(raw) or usage.if_known()


def _read_content(reading: Reading, attributes: Mapping[str, Any]) -> None:
    match reading.operation:
        case semconv.EXECUTE_TOOL:
            called = read_text(attributes, _TOOL + "id")
            arguments, response = (attributes.get(_TOOL + key) for key in ("args", "result"))
            if arguments is not None:
                reading.input = say("assistant", call(called, reading.tool_name, arguments))
            if response is not None:
                reading.output = say("tool", result(called, read_quoted(response)))
        case semconv.EMBEDDINGS | semconv.INVOKE_WORKFLOW | semconv.RERANK:
            reading.input = _read_values(attributes)
        case _:
            reading.input = _read_input(attributes)
            reading.output = say("assistant", *_read_output(attributes))


def _read_values(attributes: Mapping[str, Any]) -> Sequence[Message]:
    """Read the values that were embedded or ranked: each is JSON."""
    values = [attributes.get("ai.value")]
    for key in ("ai.values", "ai.documents"):
        values += read_list(attributes.get(key))[:MOST_ITEMS]
    return say("user", *(text(read_quoted(value)) for value in values))


def _read_input(attributes: Mapping[str, Any]) -> Sequence[Message]:
    messages = attributes.get("ai.prompt.messages")
    if messages is not None:
        return read_messages(messages)
    prompt = read_json(attributes.get("ai.prompt"))
    if not isinstance(prompt, Mapping):
        return read_messages(prompt) if prompt is not None else ()
    system, said = prompt.get("system"), prompt.get("messages", prompt.get("prompt"))
    return [
        *(read_messages([{"role": "system", "content": system}]) if system else ()),
        *(read_messages(said) if said is not None else ()),
    ]


def _read_output(attributes: Mapping[str, Any]) -> Sequence[Part]:
    thought = attributes.get(_RESPONSE + "reasoning")
    said = attributes.get(_RESPONSE + "text", attributes.get(_RESPONSE + "object"))
    calls = read_list(attributes.get(_RESPONSE + "toolCalls"))[:MOST_ITEMS]
    return [
        {"type": "reasoning", "content": thought},
        text(said),
        *(
            call(each.get("toolCallId"), each.get("toolName"), each.get("input", each.get("args")))
            for each in calls
            if isinstance(each, Mapping)
        ),
    ]


VERCEL: Final = Dialect(
    name="vercel",
    read=read,
    scopes=("gen_ai",),
    signs=(_OPERATION_ID,),
    keys=genai.GENAI_KEYS
    | {
        _OPERATION_ID,
        _PROVIDER,
        _MODEL,
        _FUNCTION,
        _TO_FIRST_CHUNK,
        semconv.CLIENT_TIME_TO_FIRST_CHUNK,
        _RESPONSE + "model",
        _RESPONSE + "id",
        _RESPONSE + "finishReason",
        _RESPONSE + "timestamp",
        "operation.name",
        "resource.name",
    },
    roots=(
        _USAGE.rstrip("."),
        _TOOL.rstrip("."),
        _PROVIDER_METADATA,
        _RESPONSE + "text",
        _RESPONSE + "object",
        _RESPONSE + "reasoning",
        _RESPONSE + "toolCalls",
        _RESPONSE + "files",
        "ai.prompt",
        "ai.value",
        "ai.values",
        "ai.embedding",
        "ai.embeddings",
        "ai.documents",
        "ai.ranking",
        "ai.schema",
        "ai.decision",
        "ai.settings",
        "ai.request",
    ),
)
