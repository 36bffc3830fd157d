"""OpenTelemetry's own GenAI conventions, as the official instrumentations emit them.

Keys observed on opentelemetry-instrumentation-genai-openai 1.3b0; the convention is
https://github.com/open-telemetry/semantic-conventions-genai.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects.reading import Reading
from llm_observe.usage import usage_from_attributes

_ABANDONED: Final = "abandoned stream"
"""The status description opentelemetry-util-genai gives a stream nobody finished."""


def speaks(attributes: Mapping[str, Any]) -> bool:
    """Whether the span follows the GenAI conventions."""
    return semconv.OPERATION_NAME in attributes


def read(attributes: Mapping[str, Any], *, description: str | None = None) -> Reading:
    """Read a GenAI span; values of a wrong type count as not said."""
    operation = _text(attributes, semconv.OPERATION_NAME)
    counted = operation in semconv.MODEL_CALLS
    return Reading(
        operation=operation,
        provider=_text(attributes, semconv.PROVIDER_NAME) or _text(attributes, semconv.SYSTEM),
        request_model=_text(attributes, semconv.REQUEST_MODEL),
        response_model=_text(attributes, semconv.RESPONSE_MODEL),
        response_id=_text(attributes, semconv.RESPONSE_ID),
        service_tier=_read_service_tier(attributes),
        agent_name=_text(attributes, semconv.AGENT_NAME),
        tool_name=_text(attributes, semconv.TOOL_NAME),
        session_id=_text(attributes, semconv.CONVERSATION_ID),
        streamed=_flag(attributes, semconv.REQUEST_STREAM) if counted else None,
        finish_reasons=_texts(attributes, semconv.RESPONSE_FINISH_REASONS),
        time_to_first_token_ms=_milliseconds(attributes, semconv.RESPONSE_TIME_TO_FIRST_CHUNK),
        usage=usage_from_attributes(attributes) if counted else None,
        abandoned=description == _ABANDONED,
        counted=counted,
    )


def _read_service_tier(attributes: Mapping[str, Any]) -> str | None:
    """What served the call, else what was asked for; ``auto`` says nothing."""
    asked = _text(attributes, semconv.OPENAI_REQUEST_SERVICE_TIER)
    return _text(attributes, semconv.OPENAI_SERVICE_TIER) or (asked if asked != "auto" else None)


def _text(attributes: Mapping[str, Any], key: str) -> str | None:
    value = attributes.get(key)
    return value if isinstance(value, str) and value else None


def _flag(attributes: Mapping[str, Any], key: str) -> bool:
    return attributes.get(key) is True


def _texts(attributes: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    value = attributes.get(key)
    if not isinstance(value, list | tuple):
        return None
    return tuple(item for item in value if isinstance(item, str)) or None


def _milliseconds(attributes: Mapping[str, Any], key: str) -> float | None:
    value = attributes.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value * 1000 if math.isfinite(value) and value >= 0 else None
