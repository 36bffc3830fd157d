"""Which attributes are kept where content is not, and of what shape each has to be. Pure.

A name alone keeps nothing out: libraries put exceptions' texts under ``error.type``, and anybody
may put a prompt under any key. So each key is kept as a shape that a prompt does not have: a
number, a token, a short name. Keys and what they hold are OpenTelemetry's semantic conventions
(https://opentelemetry.io/docs/specs/semconv/registry/attributes/).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final

from llm_observe import semconv


class Shape(Enum):
    """The shape that the value of a kept attribute has."""

    NUMBER = auto()
    FLAG = auto()
    TOKEN = auto()
    """An enumeration's word, an id, a host, a route or a version: 256 characters, no blank."""
    TOKENS = auto()
    """A list of such, of few kinds, which together are no longer."""
    NAME = auto()
    """A name that people give: 256 characters."""
    PERSON = auto()
    """The id of a user or a group."""
    ERROR = auto()
    """A class or a code."""


NUMBER, FLAG, TOKEN, TOKENS, NAME, PERSON, ERROR = Shape
"""For use at every attribute: to take a member out of its class is a call in Python 3.11."""
_LARGEST: Final = 2**63

KEPT: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(
        (
            semconv.PROVIDER_NAME,
            semconv.SYSTEM,
            semconv.AGENT_NAME,
            semconv.TOOL_NAME,
            semconv.WORKFLOW_NAME,
            semconv.REQUEST_MODEL,
            semconv.RESPONSE_MODEL,
            semconv.ENVIRONMENT,
            semconv.OLD_ENVIRONMENT,
            semconv.SERVICE_NAME,
            semconv.SERVICE_NAMESPACE,
        ),
        Shape.NAME,
    ),
    **dict.fromkeys(
        (
            semconv.OPERATION_NAME,
            semconv.TOOL_CALL_ID,
            semconv.RESPONSE_ID,
            semconv.PREVIOUS_RESPONSE_ID,
            semconv.RESPONSE_STATUS,
            semconv.STREAM_CURSOR,
            semconv.MCP_METHOD,
            semconv.MCP_SESSION_ID,
            semconv.MCP_PROTOCOL_VERSION,
            semconv.JSONRPC_REQUEST_ID,
            semconv.OPENAI_SERVICE_TIER,
            semconv.AGENT_ID,
            semconv.AGENT_VERSION,
            semconv.TOOL_TYPE,
            semconv.OUTPUT_TYPE,
            semconv.TOKEN_TYPE,
            semconv.REQUEST_REASONING_LEVEL,
            semconv.OPENAI_API_TYPE,
            semconv.OPENAI_SYSTEM_FINGERPRINT,
            semconv.HTTP_REQUEST_METHOD,
            semconv.HTTP_ROUTE,
            semconv.SERVER_ADDRESS,
            semconv.SERVICE_INSTANCE_ID,
            semconv.SERVICE_VERSION,
            semconv.TELEMETRY_SDK_LANGUAGE,
            semconv.TELEMETRY_SDK_NAME,
            semconv.TELEMETRY_SDK_VERSION,
            *semconv.CLOUD_PLACES,
            *semconv.FAAS_PLACES,
            semconv.FAAS_INVOCATION_ID,
        ),
        Shape.TOKEN,
    ),
    **dict.fromkeys(
        (semconv.REQUEST_ENCODING_FORMATS, semconv.RESPONSE_FINISH_REASONS), Shape.TOKENS
    ),
    **dict.fromkeys(
        (
            semconv.RESPONSE_TIME_TO_FIRST_CHUNK,
            semconv.DIMENSION_COUNT,
            semconv.REQUEST_CHOICE_COUNT,
            semconv.REQUEST_FREQUENCY_PENALTY,
            semconv.REQUEST_MAX_TOKENS,
            semconv.REQUEST_PRESENCE_PENALTY,
            semconv.REQUEST_SEED,
            semconv.REQUEST_TEMPERATURE,
            semconv.REQUEST_TOP_K,
            semconv.RETRIEVAL_TOP_K,
            semconv.REQUEST_TOP_P,
            semconv.HTTP_STATUS_CODE,
            semconv.SERVER_PORT,
            semconv.FAAS_MAX_MEMORY,
        ),
        Shape.NUMBER,
    ),
    **dict.fromkeys(
        (semconv.REQUEST_STREAM, semconv.CONVERSATION_COMPACTED, semconv.FAAS_COLDSTART),
        Shape.FLAG,
    ),
    **dict.fromkeys((semconv.CONVERSATION_ID, semconv.SESSION_ID, semconv.USER_ID), Shape.PERSON),
    semconv.ERROR_TYPE: Shape.ERROR,
}
"""Kept without content capture; any other key is dropped, and counted."""

_USAGE_WORDS: Final = frozenset(
    {
        *("input", "output", "prompt", "completion", "total", "tokens", "token", "details"),
        *("cache", "cached", "read", "write", "creation", "uncached", "ephemeral", "5m", "1h"),
        *("reasoning", "thoughts", "thinking", "text", "audio", "image", "images", "video"),
        *("accepted", "rejected", "prediction", "tool", "use", "requests", "cost", "billed"),
        *("search", "units", "characters", "seconds", "embedding"),
    }
)
"""Words of the counts of providers: a key of any other word might be a sentence."""
_LONGEST_USAGE: Final = 96
_MOST_REMEMBERED: Final = 1024


def find_shape(key: str) -> Shape | None:
    """Give the shape of a key's value, None where nothing is kept under the key."""
    found = KEPT.get(key)
    if found is None and key.startswith(semconv.USAGE) and len(key) <= _LONGEST_USAGE:
        return NUMBER if _is_usage(key) else None
    return found


@lru_cache(_MOST_REMEMBERED)
def _is_usage(key: str) -> bool:
    words = key.removeprefix(semconv.USAGE).replace(".", "_").split("_")
    return len(set(words)) == len(words) and _USAGE_WORDS.issuperset(words)


def is_number(value: Any) -> bool:
    """Whether a value is a number that JSON has."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return -_LARGEST <= value < _LARGEST
    return isinstance(value, float) and math.isfinite(value)
