"""MLflow's tracing over OTLP: its own keys, or OpenTelemetry's beside every argument of the call.

All values of its own are JSON, texts among them, and every argument is an attribute with a bare
name. Those may hold content and are not kept: what was asked is read from the call's inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import Usage, read_count
from llm_observe.dialects import genai
from llm_observe.dialects.attribution import MLFLOW_SESSION, MLFLOW_USER
from llm_observe.dialects.messages import call, read_messages, result, say
from llm_observe.dialects.mlflow_chunks import settle_stream
from llm_observe.dialects.operations import find_operation
from llm_observe.dialects.parameters import read_parameters
from llm_observe.dialects.providers import infer_provider, name_provider
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.responses import (
    read_finish_reasons,
    read_output,
    read_previous,
    read_usage,
)
from llm_observe.dialects.silences import BOTH, MLFLOW_SCOPE
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.tiers import find_in_answer
from llm_observe.dialects.values import read_flag, read_mapping, read_quoted, read_text

# Observed on mlflow 3.17.2.
_TYPE: Final = "mlflow.spanType"
_INPUTS: Final = "mlflow.spanInputs"
_OUTPUTS: Final = "mlflow.spanOutputs"
_MODEL: Final = "mlflow.llm.model"
_PROVIDER: Final = "mlflow.llm.provider"
_FORMAT: Final = "mlflow.message.format"
_USAGE: Final = "mlflow.chat.tokenUsage"
_COST: Final = "mlflow.llm.cost"
_ASKED_MODEL: Final = "model"
_STREAM: Final = "stream"
_ASKED_TIER: Final = "service_tier"
_CHUNK: Final = "mlflow.chunk.item.0"

_PROVIDERS_CLIENTS: Final = frozenset(
    {"openai", "anthropic", "bedrock", "gemini", "groq", "mistral"}
)
"""Formats that are a provider's own client: their counts of input include what was cached."""
_GEMINI: Final = frozenset({"gcp.gemini", "gcp.vertex_ai"})
_BEDROCK: Final = "BedrockRuntime."
"""How names of spans of AWS's client begin."""
_ASKED: Final = ("messages", "input", "prompt", "contents")


def read(span: SourceSpan) -> Reading:
    """Read a span in either of MLflow's two exports."""
    own = _TYPE in span.attributes
    reading = _read_own(span) if own else _read_semconv(span)
    if reading.countable:
        first = span.find_event(_CHUNK)
        asked = read_quoted(span.attributes.get(_STREAM))
        if first or isinstance(asked, bool):
            reading.streamed = bool(first or asked)
        if first:
            reading.time_to_first_token_ms = max(0, first.time_ns - span.start_ns) / 1e6
            settle_stream(reading, span)
    return reading


def _read_semconv(span: SourceSpan) -> Reading:
    """OpenTelemetry's keys, where the request's model is the one that answered."""
    reading = genai.read(span)
    reading.dialect = "mlflow-semconv"
    asked = _read_quoted_text(span.attributes, _ASKED_MODEL)
    reading.request_model = asked or reading.request_model
    reading.asked_tier = _read_quoted_text(span.attributes, _ASKED_TIER)
    models = (reading.response_model, reading.request_model)
    reading.provider = reading.provider or infer_provider(*models)
    if reading.usage and name_provider(reading.provider) in _GEMINI:
        reading.usage = replace(reading.usage, output_tokens=None).if_known()
    if reading.usage:
        # Its two totals come without their parts, whichever the provider.
        reading.usage = replace(reading.usage, untold=BOTH)
    return reading


def _read_own(span: SourceSpan) -> Reading:
    attributes = span.attributes
    operation = find_operation(_read_quoted_text(attributes, _TYPE) or "")
    inputs = read_mapping(attributes.get(_INPUTS))
    reading = Reading(
        operation=operation,
        agent_name=span.name if operation == semconv.INVOKE_AGENT else None,
        tool_name=span.name if operation == semconv.EXECUTE_TOOL else None,
        session_id=_read_quoted_text(attributes, semconv.SESSION_ID, MLFLOW_SESSION),
        user_id=_read_quoted_text(attributes, semconv.USER_ID, MLFLOW_USER)
        or read_text(inputs, "user"),
        countable=operation in semconv.MODEL_CALLS,
    )
    if reading.countable:
        _read_call(reading, attributes, inputs)
        if span.name.startswith(_BEDROCK):
            _settle_bedrock(reading, span)
    else:
        _read_step(reading, attributes)
    return reading


def _read_call(reading: Reading, attributes: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
    """Fill in what only a model's call has, from the raw request and answer."""
    response = read_mapping(attributes.get(_OUTPUTS))
    if response.get("object") == semconv.TEXT_COMPLETION:
        reading.operation = semconv.TEXT_COMPLETION
    embeds = reading.operation == semconv.EMBEDDINGS
    client = _read_quoted_text(attributes, _FORMAT)
    asked, said = read_text(inputs, "model"), _read_quoted_text(attributes, _MODEL)
    reading.request_model = _read_quoted_text(attributes, _ASKED_MODEL) or asked
    # Of Anthropic's calls and of failed ones, it is the model that was asked for.
    reading.response_model = read_text(response, "model", "model_version") or (
        said if said != asked else None
    )
    reading.provider = (
        _read_quoted_text(attributes, _PROVIDER)
        or infer_provider(reading.response_model, reading.request_model)
        or (client if client in _PROVIDERS_CLIENTS else None)
    )
    reading.response_id = read_text(response, "id", "response_id")
    reading.previous_response_id = read_previous(inputs, response)
    reading.service_tier = find_in_answer(response)
    # Of Gemini's client it stands in the configuration.
    asks = (inputs, read_mapping(inputs.get("config")))
    reading.asked_tier = next(filter(None, map(find_in_answer, asks)), None)
    reading.finish_reasons = read_finish_reasons(response)
    reading.streamed = read_flag(inputs, _STREAM)
    reading.parameters = read_parameters(inputs)
    counts = read_mapping(attributes.get(_USAGE))
    reading.usage = read_usage(
        read_mapping(response.get("usage")), without_output=embeds
    ) or _count_any(counts, client, without_output=embeds)
    reading.input = _read_request(inputs)
    reading.output = read_output(response) if not embeds else ()


def _settle_bedrock(reading: Reading, span: SourceSpan) -> None:
    """AWS's client asks by a model's id, of which MLflow takes the beginning for the provider."""
    reading.provider = "aws.bedrock"
    reading.request_model = read_text(read_mapping(span.attributes.get(_INPUTS)), "modelId")
    reading.response_model = None
    reading.streamed = span.name.endswith("_stream")
    reason = read_text(read_mapping(span.attributes.get(_OUTPUTS)), "stopReason")
    reading.finish_reasons = (reason,) if reason else reading.finish_reasons


def _count_any(
    counts: Mapping[str, Any], client: str | None, *, without_output: bool
) -> Usage | None:
    """MLflow's own counts; what a framework counts may or may not include what was cached."""
    usage = Usage(
        input_tokens=read_count(counts, "input_tokens"),
        output_tokens=read_count(counts, "output_tokens"),
        cache_read=read_count(counts, "cache_read_input_tokens"),
        cache_write=read_count(counts, "cache_creation_input_tokens"),
        cache_write_1h=read_count(counts, "cache_creation_input_tokens_above_1hr"),
        without_output=without_output,
    )
    if client == "gemini":
        usage = usage.with_thoughts(read_count(counts, "total_tokens"))
    if client not in _PROVIDERS_CLIENTS and (usage.cache_read or usage.cache_write):
        usage = replace(usage, input_tokens=None)
    return usage.if_known()


def _read_request(inputs: Mapping[str, Any]) -> Sequence[Message]:
    """The instructions, then what was said, in whichever of the providers' interfaces."""
    instructions = inputs.get("system") or inputs.get("instructions")
    said = next((inputs[name] for name in _ASKED if inputs.get(name) is not None), None)
    return [
        *(read_messages([{"role": "system", "content": instructions}]) if instructions else ()),
        *(read_messages(said) if said is not None else ()),
    ]


def _read_step(reading: Reading, attributes: Mapping[str, Any]) -> None:
    """Fill in what went into a step that is no call, and what came out."""
    input_value, output_value = (read_quoted(attributes.get(key)) for key in (_INPUTS, _OUTPUTS))
    if reading.operation == semconv.EXECUTE_TOOL:
        reading.input = (
            say("assistant", call(None, reading.tool_name, input_value)) if input_value else ()
        )
        reading.output = say("tool", result(None, output_value)) if output_value is not None else ()
        return
    reading.input = read_messages(input_value) if input_value is not None else ()
    documents = reading.operation == semconv.RETRIEVAL and isinstance(output_value, list)
    if documents:
        output_value = [
            each.get("page_content", each) if isinstance(each, dict) else each
            for each in output_value
        ]
    role = "tool" if documents else "assistant"
    reading.output = read_messages(output_value, role) if output_value is not None else ()


def _read_quoted_text(attributes: Mapping[str, Any], *keys: str) -> str | None:
    values = (read_quoted(attributes.get(key)) for key in keys)
    return next((value for value in values if isinstance(value, str) and value), None)


def drops(key: str, _value: Any) -> bool:
    """Whether an attribute is an argument of the call: all have bare names."""
    return "." not in key


MLFLOW: Final = Dialect(
    name="mlflow",
    read=read,
    scopes=(MLFLOW_SCOPE,),
    signs=(_TYPE,),
    keys=genai.GENAI_KEYS
    | {
        _TYPE,
        _MODEL,
        _PROVIDER,
        _FORMAT,
        _USAGE,
        _COST,
        "mlflow.traceRequestId",
        "mlflow.spanLogLevel",
    },
    roots=(
        _INPUTS,
        _OUTPUTS,
        "mlflow.chat.tools",
        "mlflow.chat.messages",
        "mlflow.traceInputs",
        "mlflow.traceOutputs",
    ),
    drops=drops,
)
