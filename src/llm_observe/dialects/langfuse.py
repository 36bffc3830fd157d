"""Langfuse, as its SDK emits it: everything under its own keys, most of it written as JSON.

It names no provider. A stream that broke or that nobody finished looks alike in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import Usage
from llm_observe.dialects import genai
from llm_observe.dialects.counts import count_any, read_parts
from llm_observe.dialects.messages import call, read_messages, result, say
from llm_observe.dialects.operations import find_operation
from llm_observe.dialects.parameters import read_parameters
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.responses import read_finish_reasons, read_previous, read_usage
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_json, read_mapping, read_quoted, read_text

# Observed on langfuse 5.0.4; the session and user under langfuse.* are those of 3.0.
_OBSERVATION: Final = "langfuse.observation."
_TYPE: Final = _OBSERVATION + "type"
_MODEL: Final = _OBSERVATION + "model.name"
_PARAMETERS: Final = _OBSERVATION + "model.parameters"
_ANSWER: Final = (
    *("id", "object", "status", "finish_reason", "incomplete_details"),
    "previous_response_id",
)
"""Members of the answer that stand among the metadata by their names."""
_USAGE: Final = _OBSERVATION + "usage_details"
_COST: Final = _OBSERVATION + "cost_details"
_FIRST_TOKEN_AT: Final = _OBSERVATION + "completion_start_time"
_LEVEL: Final = _OBSERVATION + "level"
_INPUT: Final = _OBSERVATION + "input"
_OUTPUT: Final = _OBSERVATION + "output"
_METADATA: Final = _OBSERVATION + "metadata."
_TIER: Final = "service_tier"
_ENVIRONMENT: Final = "langfuse.environment"

_GENERAL: Final = (
    *("provider", "request_model", "response_model", "response_id", "service_tier", "asked_tier"),
    *("finish_reasons", "session_id", "streamed", "time_to_first_token_ms"),
)
_DEFAULTS: Final = {
    "temperature": 1,
    "top_p": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
}
"""Langfuse's values for parameters that the request did not set."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read(span: SourceSpan) -> Reading:
    """Read an observation; one that names neither model nor tokens only wraps others."""
    attributes = span.attributes
    operation = find_operation(read_text(attributes, _TYPE, semconv.OPERATION_NAME) or "")
    told = _MODEL in attributes or _USAGE in attributes
    if operation is None and told and _TYPE not in attributes:
        operation = semconv.CHAT
    reading = Reading(
        operation=operation,
        agent_name=span.name if operation == semconv.INVOKE_AGENT else None,
        tool_name=span.name if operation == semconv.EXECUTE_TOOL else None,
        environment=read_text(attributes, _ENVIRONMENT),
        countable=operation in semconv.MODEL_CALLS and told,
    )
    if reading.countable:
        _read_call(reading, span)
    elif operation is None or operation in semconv.CALLS:
        _read_general(reading, span)
    _read_content(reading, attributes)
    return reading


def _read_call(reading: Reading, span: SourceSpan) -> None:
    """Fill in what only a model's call has; a failed call's model is the one asked for."""
    attributes = span.attributes
    model = read_text(attributes, _MODEL)
    failed = span.status == "error" or attributes.get(_LEVEL) == "ERROR"
    asked = read_mapping(attributes.get(_PARAMETERS))
    told = {name: read_quoted(attributes.get(_METADATA + name)) for name in _ANSWER}
    reading.request_model, reading.response_model = (model, None) if failed else (None, model)
    reading.response_id = read_text(told, "id")
    reading.previous_response_id = read_previous(told)
    _read_tier(reading, asked, attributes)
    reading.finish_reasons = read_finish_reasons(told | {"output": attributes.get(_OUTPUT)})
    reading.parameters = read_parameters(
        {name: value for name, value in asked.items() if value != _DEFAULTS.get(name)}
    )
    reading.time_to_first_token_ms = _read_first_token(attributes, span.start_ns)
    reading.streamed = True if _FIRST_TOKEN_AT in attributes else None
    reading.usage = _read_usage(
        read_mapping(attributes.get(_USAGE)),
        without_output=reading.operation == semconv.EMBEDDINGS,
    )
    if _USAGE not in attributes:
        reading.usage = count_any(attributes)
        _read_general(reading, span)


def _read_general(reading: Reading, span: SourceSpan) -> None:
    """Fill in OpenTelemetry's keys, which an application writes beside the type of an observation.

    Whether they make a call of it is settled as for spans of any dialect.
    """
    told = genai.read(span)
    for name in _GENERAL:
        if getattr(reading, name) is None:
            setattr(reading, name, getattr(told, name))


def _read_tier(reading: Reading, asked: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    """OpenAI's wrapper, which always tells four parameters, puts the answer's tier among them."""
    told = read_text(asked, _TIER)
    served = read_quoted(attributes.get(_METADATA + _TIER))
    reading.service_tier = served if isinstance(served, str) else None
    if asked.keys() >= _DEFAULTS.keys():
        reading.service_tier = reading.service_tier or told
    reading.asked_tier = told


def _read_first_token(attributes: Mapping[str, Any], start_ns: int) -> float | None:
    """Give the milliseconds until the completion began, which is written as a date in JSON."""
    text = read_quoted(attributes.get(_FIRST_TOKEN_AT))
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if at is None or at.tzinfo is None:
        return None
    return max(0, (at - _EPOCH) // timedelta(microseconds=1) * 1000 - start_ns) / 1e6


def _read_usage(details: Mapping[str, Any], *, without_output: bool) -> Usage | None:
    """Read a provider's own usage, or Langfuse's kinds, whose parts may be inside or beside."""
    raw = read_usage(details, without_output=without_output)
    if raw is not None:
        return raw
    usage = Usage(**read_parts(details), without_output=without_output).if_known()
    if usage is None or usage.total is not None:
        # Whether the parts are inside or beside, a total tells.
        return usage
    # Each kind stands for itself where no total is told: Langfuse adds them up to one.
    return usage.with_cache().with_reasoning()


def _read_content(reading: Reading, attributes: Mapping[str, Any]) -> None:
    input_value, output_value = attributes.get(_INPUT), attributes.get(_OUTPUT)
    if reading.operation == semconv.EXECUTE_TOOL:
        reading.input = _say_call(reading.tool_name, input_value) if input_value is not None else ()
        reading.output = (
            say("tool", result(None, read_json(output_value))) if output_value is not None else ()
        )
        return
    said = read_json(input_value)
    if isinstance(said, Mapping):
        said = said.get("messages", said)
    reading.input = read_messages(said) if input_value is not None else ()
    if output_value is not None and reading.operation != semconv.EMBEDDINGS:
        reading.output = read_messages(output_value, "assistant")


def _say_call(name: str | None, arguments: Any) -> Sequence[Message]:
    return say("assistant", call(None, name, arguments))


LANGFUSE: Final = Dialect(
    name="langfuse",
    read=read,
    scopes=("langfuse-sdk",),
    signs=(_TYPE,),
    hints=(_MODEL, _USAGE),
    keys=frozenset(
        {
            _TYPE,
            _MODEL,
            _PARAMETERS,
            _USAGE,
            _COST,
            _FIRST_TOKEN_AT,
            _LEVEL,
            _ENVIRONMENT,
            _METADATA + "id",
            _METADATA + "status",
            _METADATA + "finish_reason",
        }
    ),
    roots=(
        _INPUT,
        _OUTPUT,
        _OBSERVATION + "status_message",
        _METADATA + "instructions",
        _METADATA + "tools",
        _METADATA + "response_format",
        _METADATA + "reasoning",
        _METADATA + "text",
        "langfuse.trace.input",
        "langfuse.trace.output",
    ),
)
