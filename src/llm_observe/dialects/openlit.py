"""OpenLIT: OpenTelemetry's conventions, with defaults, estimates and raw counts in their keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.cost.usage import Usage
from llm_observe.dialects import genai
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_milliseconds, read_text, read_whole

# Observed on openlit 1.45.0; what it does with other providers is that version's source.
_WITHOUT_CACHE: Final = frozenset({"anthropic", "aws.bedrock"})
"""Providers whose input leaves out what was cached, which OpenLIT passes on."""
_SCOPES: Final = "openlit.instrumentation."
_GEMINI: Final = _SCOPES + "google_ai_studio"
"""Their output tokens exclude thinking, which has a count of its own."""
_COHERE: Final = _SCOPES + "cohere"
_ANTHROPIC: Final = _SCOPES + "anthropic"
_PROVIDERS: Final = {
    _GEMINI: "gcp.gemini",
    _ANTHROPIC: "anthropic",
    _SCOPES + "bedrock": "aws.bedrock",
    _COHERE: "cohere",
    _SCOPES + "groq": "groq",
    _SCOPES + "mistral": "mistral_ai",
}
"""Of clients that speak to one provider only, as OpenAI's does not."""
_VERTEX: Final = _SCOPES + "vertexai"
"""Its output tokens exclude thinking, and no attribute has it."""
_ESTIMATING: Final = frozenset(
    _SCOPES + name
    for name in (
        "ai21",
        "gpt4all",
        "gradient",
        "langchain",
        "oci_genai",
        "ollama",
        "premai",
        "pydo",
        "reka",
        "transformers",
        "vllm",
    )
)
"""Which make tokens up of the text where the provider gave none, not of streams only."""

_DEFAULTS: Final = {
    semconv.REQUEST_TEMPERATURE: 1.0,
    semconv.REQUEST_TOP_P: 1.0,
    semconv.REQUEST_TOP_K: 1.0,
    semconv.REQUEST_MAX_TOKENS: -1,
    semconv.REQUEST_SEED: 0,
    semconv.REQUEST_FREQUENCY_PENALTY: 0.0,
    semconv.REQUEST_PRESENCE_PENALTY: 0.0,
    semconv.REQUEST_STOP_SEQUENCES: [],
}
"""OpenLIT's values for parameters that were not set; the seed of Groq's and Cohere's is empty."""


def read(span: SourceSpan) -> Reading:
    """Read a span; time to first token is the whole duration where there was no stream."""
    attributes = span.attributes
    if span.scope == _COHERE:
        # Its counts are whole numbers written as floats.
        attributes = {key: read_whole(value) for key, value in attributes.items()}
        span = replace(span, attributes=attributes)
    reading = genai.read(span)
    if reading.operation is None:
        _read_name(reading, span.name)
        reading.provider = _PROVIDERS.get(span.scope)
    reading.environment = read_text(attributes, semconv.OLD_ENVIRONMENT)
    if reading.streamed:
        reading.time_to_first_token_ms = read_milliseconds(
            attributes, semconv.SERVER_TIME_TO_FIRST_TOKEN
        )
    if reading.countable:
        # A call that is not streamed and fails has no answer: the answer's reader failed.
        answered = bool(reading.response_id and reading.finish_reasons) and not reading.streamed
        reading.misread = span.status == "error" and answered
        reading.tool_name = None
        estimated = _is_estimated(span, reading) or reading.usage is None
        reading.usage = None if estimated else _repair(span, reading)
    if any(message.get("role") == "system" for message in reading.input[1:]):
        # The instructions stand among the messages, too.
        reading.input = reading.input[1:]
    return reading


def _read_name(reading: Reading, name: str) -> None:
    """A call that failed may have no attributes at all: its name holds operation and model."""
    operation, _, model = name.partition(" ")
    if operation in semconv.MODEL_CALLS and model:
        reading.operation, reading.request_model, reading.countable = operation, model, True


def _repair(span: SourceSpan, reading: Reading) -> Usage | None:
    """Put what providers report beside input and output into them."""
    usage = reading.usage or Usage()
    if (
        reading.streamed
        and span.scope == _ANTHROPIC
        and not (usage.cache_read or usage.cache_write)
    ):
        # It writes zeros for a stream, whatever was cached, and its input leaves that out.
        return replace(usage, input_tokens=None, cache_read=None, cache_write=None).if_known()
    if reading.provider in _WITHOUT_CACHE:
        usage = usage.with_cache()
    if span.scope == _GEMINI:
        usage = usage.with_reasoning()
    if span.scope == _VERTEX:
        usage = replace(usage, output_tokens=None)
    return usage.if_known()


def _is_estimated(span: SourceSpan, reading: Reading) -> bool:
    """Whether tokens may be made up of the text: then nothing is said of the cache."""
    suspected = reading.streamed or span.scope in _ESTIMATING
    return bool(suspected) and semconv.USAGE_CACHE_READ not in span.attributes


def drops(key: str, value: Any) -> bool:
    """Whether an attribute is a default, which nobody asked for."""
    if key not in _DEFAULTS:
        return False
    return value == "" or bool(
        (list(value) if isinstance(value, tuple) else value) == _DEFAULTS[key]
    )


OPENLIT: Final = Dialect(
    name="openlit",
    read=read,
    scopes=(_SCOPES, "openlit"),
    signs=(semconv.SDK_VERSION,),
    keys=genai.GENAI_KEYS
    | {
        semconv.OLD_ENVIRONMENT,
        semconv.TOOL_CALL_ID,
        semconv.SDK_VERSION,
        semconv.REQUEST_USER,
        semconv.SERVER_TIME_TO_FIRST_TOKEN,
        semconv.CLIENT_TOKEN_USAGE,
        semconv.USAGE_COST,
        semconv.TELEMETRY_SDK_NAME,
        semconv.SERVER_TIME_PER_OUTPUT_TOKEN,
    },
    roots=(semconv.OLD_TOOL_ARGUMENTS,),
    drops=drops,
)
