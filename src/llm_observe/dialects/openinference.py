"""OpenInference, as Arize's instrumentations emit it.

Its input tokens include what was cached, whichever provider.
A LangChain span always counts, even beside the client's own. Streams and failures carry no response
id, so that leaving it out could lose the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import Usage, read_count
from llm_observe.dialects.counts import read_counts
from llm_observe.dialects.messages import call, read_messages, result, say, text
from llm_observe.dialects.openinference_answers import fill_usage, find_id, find_tier, unwrap
from llm_observe.dialects.openinference_frameworks import (
    COHERE,
    LANGCHAIN,
    OPENAI_AGENTS,
    PROVIDERS,
    SCOPES,
    find_end,
    is_step,
    settle_models,
)
from llm_observe.dialects.openinference_messages import (
    TOOL_CALL_ID,
    read_documents,
    read_flattened,
    read_texts,
)
from llm_observe.dialects.operations import find_operation
from llm_observe.dialects.parameters import read_parameters
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.responses import read_finish_reasons, read_previous
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import (
    read_flag,
    read_json,
    read_mapping,
    read_text,
    read_whole,
)

# Observed on openinference-instrumentation-openai 0.1.66, -anthropic 3.1.0 and the packages of
# bedrock, cohere, google-genai, groq, langchain, litellm and mistralai of November 2026; the rest
# is openinference-semantic-conventions'.
_KIND: Final = "openinference.span.kind"
_INPUT: Final = "input.value"
_OUTPUT: Final = "output.value"
_INVOCATION: Final = "llm.invocation_parameters"
_EMBEDDING_INVOCATION: Final = "embedding.invocation_parameters"
_PROMPTS: Final = "llm.prompts"
_FIRST_PART: Final = "First Token Stream Event"
_TOKENS: Final = "llm.token_count."
_STRANDS_METADATA: Final = "metadata"

_COUNTED: Final = frozenset(_TOKENS + each for each in ("prompt", "completion", "total"))
_STREAM_NAMES: Final = ("stream", "Stream")
_COUNTS_ON: Final = frozenset({"anthropic", "google"})
"""Providers that count a stream's output before its end."""


def read(span: SourceSpan) -> Reading:
    """Read an OpenInference span. An agent's and a chain's tokens repeat those of their calls."""
    attributes = span.attributes
    operation = _find_operation(attributes)
    if operation == semconv.CHAT and is_step(span):
        operation = semconv.INVOKE_WORKFLOW
    asked = read_mapping(attributes.get(_INVOCATION) or attributes.get(_EMBEDDING_INVOCATION))
    reading = Reading(
        operation=operation,
        provider=read_text(attributes, "llm.provider", "llm.system") or PROVIDERS.get(span.scope),
        request_model=read_text(attributes, "llm.request.model_name") or read_text(asked, "model"),
        response_model=_read_response_model(span),
        agent_name=read_text(attributes, "agent.name"),
        tool_name=read_text(attributes, "tool.name"),
        user_id=read_text(attributes, semconv.USER_ID) or read_text(asked, "user"),
        parameters=read_parameters(asked),
    )
    if operation in {semconv.CHAT, semconv.EMBEDDINGS}:
        _read_call(reading, span, asked)
    settle_models(reading, span.scope, asked)
    _read_content(reading, attributes)
    return reading


def _find_operation(attributes: Mapping[str, Any]) -> str | None:
    """Name the span's kind; whoever writes these keys by hand may forget it beside the tokens."""
    if kind := read_text(attributes, _KIND):
        return find_operation(kind)
    if _COUNTED.isdisjoint(attributes):
        return None
    if "embedding.model_name" in attributes:
        return semconv.EMBEDDINGS
    return semconv.CHAT if "llm.model_name" in attributes else None


def _read_call(reading: Reading, span: SourceSpan, asked: Mapping[str, Any]) -> None:
    """Fill in what only a model's call has."""
    attributes = span.attributes
    first = span.find_event(_FIRST_PART)
    told = reading.operation == semconv.CHAT or span.scope == COHERE
    response = unwrap(read_mapping(attributes.get(_OUTPUT))) if told else {}
    if f"{_PROMPTS}.0.prompt.text" in attributes:
        reading.operation = semconv.TEXT_COMPLETION
    reading.countable = True
    reading.response_id = find_id(response)
    reading.previous_response_id = read_previous(asked, response)
    reading.service_tier, reading.asked_tier = find_tier(response), read_text(asked, "service_tier")
    reason = read_text(attributes, "llm.finish_reason")
    if reason and span.scope != OPENAI_AGENTS:
        reading.finish_reasons = (reason,)
    else:
        # The Agents SDK's says that the answer is whole, also where it is a call of a tool.
        reading.finish_reasons = read_finish_reasons(response)
    streams = first or span.name.endswith(_STREAM_NAMES)
    reading.streamed = True if streams else _is_streamed(span, asked)
    if first:
        reading.time_to_first_token_ms = max(0, first.time_ns - span.start_ns) / 1e6
    reading.end_ns = find_end(span)
    reading.usage = _read_usage(attributes, reading, response)
    unended = bool(reading.streamed) and _OUTPUT in attributes and not reading.finish_reasons
    # A call that has ended is ok or an error; an unfinished stream is neither.
    reading.abandoned = unended and span.status == "unset"
    if unended and reading.usage and reading.provider in _COUNTS_ON:
        # They have counted a part of it until then.
        reading.usage = replace(reading.usage, output_tokens=None).if_known()


def _is_streamed(span: SourceSpan, asked: Mapping[str, Any]) -> bool | None:
    """Read the request's flag; LangChain's is its model's setting, which streams all the same."""
    said = read_flag(asked, "stream")
    return None if span.scope == LANGCHAIN and not said else said


def _read_response_model(span: SourceSpan) -> str | None:
    """Give the model that answered; where a call failed, the bare name is the one asked for."""
    attributes = span.attributes
    said = read_text(attributes, "llm.response.model_name")
    if said or "llm.request.model_name" in attributes:
        return said
    return read_text(attributes, "llm.model_name", "embedding.model_name", "reranker.model_name")


def _read_usage(
    attributes: Mapping[str, Any], reading: Reading, response: Mapping[str, Any]
) -> Usage | None:
    embeds = reading.operation == semconv.EMBEDDINGS
    if reading.provider == "cohere":
        return _read_billed(response, without_output=embeds)
    usage = read_counts(attributes, without_output=embeds)
    if usage is None or usage.input_tokens == usage.output_tokens == 0:
        # AutoGen's, where the provider told none: there is no call without any.
        return None
    return fill_usage(_add_metadata(usage, attributes), response)


def _add_metadata(usage: Usage, attributes: Mapping[str, Any]) -> Usage:
    """Strands tells the cache in the span's metadata alone, and the total includes it."""
    told = attributes.get(_STRANDS_METADATA)
    if usage.cache_read is not None or not isinstance(told, str) or "cache_" not in told:
        return usage
    metadata = read_mapping(told)
    return replace(
        usage,
        cache_read=read_count(metadata, "cache_read_input_tokens"),
        cache_write=read_count(metadata, "cache_write_input_tokens"),
    )


def _read_billed(response: Mapping[str, Any], *, without_output: bool) -> Usage | None:
    """Cohere's span counts the tokens of its model; billed ones, if any, are in the answer."""
    usage = read_mapping(response.get("usage") or response.get("meta"))
    billed = read_mapping(usage.get("billed_units"))
    counts = {key: read_whole(value) for key, value in billed.items()}
    return Usage(
        input_tokens=read_count(counts, "input_tokens"),
        output_tokens=read_count(counts, "output_tokens"),
        without_output=without_output,
    ).if_known()


def _read_content(reading: Reading, attributes: Mapping[str, Any]) -> None:
    """Fill in what was said: in the keys of the span's kind, else in its input and output."""
    input_value, output_value = attributes.get(_INPUT), attributes.get(_OUTPUT)
    match reading.operation:
        case semconv.CHAT | semconv.TEXT_COMPLETION:
            reading.input = read_flattened(attributes, "llm.input_messages") or read_texts(
                attributes, _PROMPTS, "prompt.text", "user"
            )
            reading.output = read_flattened(attributes, "llm.output_messages") or read_texts(
                attributes, "llm.choices", "completion.text", "assistant"
            )
        case semconv.EMBEDDINGS:
            reading.input = read_texts(attributes, "embedding.embeddings", "embedding.text", "user")
            output_value = None  # vectors
        case semconv.RETRIEVAL:
            reading.output = read_documents(attributes, "retrieval.documents", "tool")
        case semconv.RERANK:
            query = attributes.get("reranker.query")
            reading.input = [
                *say("user", text(query)),
                *read_documents(attributes, "reranker.input_documents", "user"),
            ]
            reading.output = read_documents(attributes, "reranker.output_documents", "tool")
        case semconv.EXECUTE_TOOL:
            called = read_text(attributes, "tool.id", TOOL_CALL_ID)
            input_value = attributes.get("tool.parameters") if input_value is None else input_value
            if input_value is not None:
                reading.input = say("assistant", call(called, reading.tool_name, input_value))
            if output_value is not None:
                reading.output = say("tool", result(called, read_json(output_value)))
    reading.input = reading.input or _read_value(input_value, "user")
    reading.output = reading.output or _read_value(output_value, "assistant")


def _read_value(value: Any, role: str) -> Sequence[Message]:
    """Read a whole input or output; requests and answers hold messages."""
    said = read_json(value)
    if isinstance(said, Mapping):
        said = said.get("messages", said)
    return read_messages(said, role) if value is not None else ()


OPENINFERENCE: Final = Dialect(
    name="openinference",
    read=read,
    scopes=(SCOPES,),
    signs=(_KIND,),
    hints=tuple(sorted(_COUNTED)),
    keys=frozenset(
        {
            _KIND,
            "input.mime_type",
            "output.mime_type",
            "llm.provider",
            "llm.system",
            "llm.model_name",
            "llm.request.model_name",
            "llm.response.model_name",
            "llm.finish_reason",
            _TOKENS + "prompt",
            _TOKENS + "completion",
            _TOKENS + "total",
            _TOKENS + "prompt_details.cache_read",
            _TOKENS + "prompt_details.cache_input",
            _TOKENS + "prompt_details.cache_write",
            _TOKENS + "prompt_details.audio",
            _TOKENS + "completion_details.reasoning",
            _TOKENS + "completion_details.audio",
            "embedding.model_name",
            "reranker.model_name",
            "agent.name",
            "tool.name",
            "tool.id",
            TOOL_CALL_ID,
        }
    ),
    roots=(
        _INPUT,
        _OUTPUT,
        _INVOCATION,
        _EMBEDDING_INVOCATION,
        _PROMPTS,
        "input.images",
        "input.documents",
        "output.images",
        "output.documents",
        "llm.input_messages",
        "llm.output_messages",
        "llm.choices",
        "llm.tools",
        "llm.function_call",
        "llm.prompt_template",
        "embedding.embeddings",
        "retrieval.documents",
        "reranker.query",
        "reranker.input_documents",
        "reranker.output_documents",
        "tool.parameters",
        "tool.json_schema",
        "evaluation.explanation",
        "annotation.explanation",
    ),
)
