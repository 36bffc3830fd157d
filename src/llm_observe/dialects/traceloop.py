"""OpenLLMetry, as Traceloop's instrumentations emit it, now and until 0.5x.

Now it follows OpenTelemetry's conventions and adds to them; before, prompts and answers were
flattened keys. A stream that broke or that nobody finished looks alike in it: neither is told.
A LangChain span always counts, even beside the client's own. Streams and failures carry no response
id, so that leaving it out could lose the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import Usage
from llm_observe.dialects import genai
from llm_observe.dialects.counts import read_counts, tells_tokens
from llm_observe.dialects.flattened import gather
from llm_observe.dialects.litellm import (
    LITELLM,
    OLD_STREAMING,
    REQUEST_TYPE,
    name_operation,
    settle_call,
)
from llm_observe.dialects.messages import Part, call, read_messages, result, say
from llm_observe.dialects.operations import find_operation
from llm_observe.dialects.parameters import read_parameters
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_flag, read_json, read_text, read_whole

# Observed on opentelemetry-instrumentation-openai, -anthropic, -bedrock, -cohere,
# -google-generativeai, -groq, -langchain and -litellm 0.62.4, and on -openai and -anthropic 0.47.5;
# those of workflows are opentelemetry-semantic-conventions-ai's.
_CHUNKS: Final = (semconv.OLD_CHUNK_EVENT, "llm.content.completion.chunk")
_TOTALS: Final = (semconv.USAGE_TOTAL_TOKENS, "llm.usage.total_tokens")
_KIND: Final = "traceloop.span.kind"
_ENTITY: Final = "traceloop.entity.name"
_ENTITY_INPUT: Final = "traceloop.entity.input"
_ENTITY_OUTPUT: Final = "traceloop.entity.output"
_OLD_KEYS: Final = (
    *("llm.usage.prompt_tokens", "llm.usage.completion_tokens", "llm.usage.total_tokens"),
    *("llm.request.model", "llm.response.model", "llm.vendor"),
)
"""Keys of 2023, which applications still write by hand."""
_OLD_PENALTIES: Final = ("frequency_penalty", "presence_penalty")

_SCOPES: Final = "opentelemetry.instrumentation."
_JS: Final = "@traceloop/instrumentation-"
_BEDROCK: Final = _SCOPES + "bedrock"
_WITHOUT_CACHE: Final = frozenset({_BEDROCK, _JS + "anthropic", _JS + "bedrock"})
"""Their input tokens exclude cached ones, as Anthropic and Bedrock report them."""
_INVOKING: Final = frozenset({_BEDROCK, _JS + "bedrock"})
_CACHING: Final = ("claude", "nova")
"""In names of models that have a cache at Bedrock, which is told for its Converse methods only."""
_ESTIMATING: Final = frozenset({_JS + "openai", _JS + "azure"})
"""Which put the counts of a tokenizer of their own in the place of a stream's, without a sign."""
_LANGCHAIN: Final = _SCOPES + "langchain"
_ANTHROPIC: Final = _SCOPES + "anthropic"
"""Its streams sum Anthropic's running totals, so the output count is too high."""
_WITHOUT_THOUGHTS: Final = frozenset(
    {_SCOPES + "google_generativeai", _SCOPES + "vertexai"}
    | {_JS + "google-generativeai", _JS + "vertexai"}
)
"""Their output tokens exclude thinking; the total has it."""
_JS_NAMES: Final = (
    *("anthropic", "azure", "bedrock", "cohere", "google-generativeai", "langchain"),
    *("llamaindex", "mcp", "openai", "together", "vertexai"),
)
"""OpenLLMetry's packages for Node."""
_COPYING: Final = frozenset({_LANGCHAIN, LITELLM, *_WITHOUT_THOUGHTS})


def read(span: SourceSpan) -> Reading:
    """Read a call, or a workflow, task, agent or tool that an application has decorated."""
    attributes = span.attributes
    reading = genai.read(span)
    reading.operation = (
        name_operation(span) if span.scope == LITELLM else reading.operation
    ) or _find_operation(span)
    if span.scope in _COPYING and reading.response_model == reading.request_model:
        # Of streams and of failed calls, it is the model that was asked for; Gemini's is always.
        reading.response_model = None
    if span.scope == _BEDROCK and not any(map(str.isdigit, reading.response_model or "0")):
        # Of some answers, the family alone.
        reading.response_model = None
    if reading.operation in semconv.MODEL_CALLS:
        read_call(reading, span)
    elif span.scope == LITELLM and tells_tokens(attributes):
        # The raw request, of which another span is the call.
        reading.usage_uncounted = "repeats_calls"
    elif (name := read_text(attributes, _ENTITY)) is not None:
        _read_entity(reading, name, attributes)
    return reading


def _find_operation(span: SourceSpan) -> str | None:
    kind = read_text(span.attributes, REQUEST_TYPE)
    if kind is not None:
        return find_operation(kind)
    if span.name == "openai.response":
        return semconv.CHAT
    return find_operation(read_text(span.attributes, _KIND) or "")


def read_call(reading: Reading, span: SourceSpan) -> None:
    """Fill in what only a model's call has."""
    attributes = span.attributes
    first = span.find_event(*_CHUNKS)
    answers = gather(attributes, semconv.OLD_COMPLETION)
    reading.countable = True
    reading.streamed = True if first else _is_streamed(span, reading)
    if first:
        reading.time_to_first_token_ms = max(0, first.time_ns - span.start_ns) / 1e6
    reading.finish_reasons = reading.finish_reasons or tuple(
        reason for each in answers if (reason := read_text(each, "finish_reason"))
    )
    reading.usage = _read_usage(span, reading)
    if reading.usage and reading.streamed and span.scope == _ANTHROPIC:
        reading.usage = replace(reading.usage, output_tokens=None).if_known()
    if span.scope == LITELLM:
        settle_call(reading, attributes)
    asked = {name: attributes.get("llm." + name) for name in _OLD_PENALTIES}
    reading.parameters = read_parameters(asked)
    reading.input = reading.input or _read_flattened(gather(attributes, semconv.OLD_PROMPT), "user")
    reading.output = reading.output or _read_flattened(answers, "assistant")


def _is_streamed(span: SourceSpan, reading: Reading) -> bool | None:
    """OpenAI's spans say it; LangChain's never do, and of Anthropic's only those of streams."""
    flags = {read_flag(span.attributes, key) for key in (semconv.IS_STREAMING, OLD_STREAMING)}
    if True in flags or _was_counted_first(span):
        return True
    return False if False in flags else reading.streamed


def _was_counted_first(span: SourceSpan) -> bool:
    """Whether an answer of Anthropic's came as a stream: only then tokens are set before its end.

    Streams of the client's own helper have no other sign.
    """
    keys = list(span.attributes) if span.scope == _ANTHROPIC else []
    counted, ended = semconv.USAGE_OUTPUT_TOKENS, semconv.RESPONSE_FINISH_REASONS
    return counted in keys and ended in keys and keys.index(counted) < keys.index(ended)


def _read_usage(span: SourceSpan, reading: Reading) -> Usage | None:
    # Cohere's counts are whole numbers written as floats.
    counts = {key: read_whole(value) for key, value in span.attributes.items() if ".usage." in key}
    embeds = reading.operation == semconv.EMBEDDINGS
    usage = read_counts(counts, without_output=embeds)
    if usage is None:
        return None
    if span.scope in _ESTIMATING and not embeds:
        reading.unknown_because = "usage_estimated"
        return None
    if span.scope in _WITHOUT_CACHE:
        return _add_cache(usage, span.scope, reading.request_model or "")
    if span.scope in _WITHOUT_THOUGHTS:
        return usage.with_thoughts(usage.total).if_known()
    return usage


def _add_cache(usage: Usage, scope: str, model: str) -> Usage | None:
    """Its sum is of the two totals that leave the cache out, and proves nothing."""
    usage = replace(usage.with_cache(), total=None)
    silent = usage.cache_read is None and usage.cache_write is None
    cut = silent and scope in _INVOKING and any(name in model for name in _CACHING)
    return replace(usage, input_tokens=None).if_known() if cut else usage


def _read_entity(reading: Reading, name: str, attributes: Mapping[str, Any]) -> None:
    """A tool's input are its arguments; everybody else's is just what went in."""
    input_value, output_value = attributes.get(_ENTITY_INPUT), attributes.get(_ENTITY_OUTPUT)
    if reading.operation == semconv.EXECUTE_TOOL:
        reading.tool_name = name
        reading.input = (
            say("assistant", call(None, name, input_value)) if input_value is not None else ()
        )
        reading.output = say("tool", result(None, read_json(output_value))) if output_value else ()
        return
    if reading.operation == semconv.INVOKE_AGENT:
        reading.agent_name = reading.agent_name or name
    reading.input = read_messages(input_value) if input_value is not None else ()
    reading.output = read_messages(output_value, "assistant") if output_value is not None else ()


def _read_flattened(items: Sequence[Mapping[str, Any]], role: str) -> Sequence[Message]:
    return [
        message
        for item in items
        for message in say(read_text(item, "role") or role, *_read_parts(item))
    ]


def _read_parts(item: Mapping[str, Any]) -> Iterator[Part]:
    """Content is a text, or parts as the provider's interface has them, written as JSON."""
    content, called = item.get("content"), item.get("tool_call_id")
    if item.get("reasoning") is not None:
        yield {"type": "reasoning", "content": item["reasoning"]}
    if called is not None:
        yield result(called, content)
    elif content is not None:
        for message in read_messages([{"role": "any", "content": read_json(content)}]):
            yield from message["parts"]
    for each in gather(item, "tool_calls"):
        yield call(each.get("id"), each.get("name"), each.get("arguments"))


TRACELOOP: Final = Dialect(
    name="traceloop",
    read=read,
    scopes=(
        _BEDROCK,
        _ANTHROPIC,
        *(_JS + name for name in _JS_NAMES),
        _LANGCHAIN,
        _SCOPES + "google_generativeai",
        _SCOPES + "vertexai",
        *(
            _SCOPES + name
            for name in (
                "openai.v1",
                "openai.v0",
                "cohere",
                "groq",
                "litellm",
                "llamaindex",
                "mistralai",
                "ollama",
                "replicate",
                "sagemaker",
                "together",
                "watsonx",
                "writer",
                "crewai",
                "haystack",
                "mcp",
            )
        ),
        "traceloop.tracer",
        LITELLM,
    ),
    signs=(REQUEST_TYPE, semconv.IS_STREAMING, OLD_STREAMING, _KIND),
    hints=_OLD_KEYS,
    keys=genai.GENAI_KEYS
    | {
        REQUEST_TYPE,
        semconv.IS_STREAMING,
        OLD_STREAMING,
        _KIND,
        _ENTITY,
        *_TOTALS,
        *("llm." + name for name in _OLD_PENALTIES),
    },
    roots=(
        semconv.OLD_PROMPT,
        semconv.OLD_COMPLETION,
        _ENTITY_INPUT,
        _ENTITY_OUTPUT,
        semconv.HEADERS,
        semconv.REQUEST_OUTPUT_SCHEMA,
        "llm.headers",
        "llm.request.functions",
        "traceloop.prompt",
    ),
)
