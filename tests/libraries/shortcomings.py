"""What is wrong today, by library and scenario, with the reason: each is to be repaired.

A scenario that turns out right although it stands here fails, so the list can only shrink.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType
from typing import Final

_APART: Final = (
    "calls are counted twice: the library does not make its span current, so the client's own span "
    "of the same call is none of its children, and without a span around both they are two traces"
)
_ENDED_OK: Final = "a stream that broke has the status ok, which the library writes before its end"
_NOT_TOLD: Final = "a stream reads as none, since the library does not say that it is one"

_BY_REASON: Final = (
    (_APART, ("openinference-anthropic",), ("chat_stream_helper",)),
    (
        _APART,
        ("openinference-langchain",),
        (
            "chat",
            "chat_stream",
            "chat_stream_without_usage",
            "tools",
            "cached",
            "reasoning",
            "responses",
            "responses_stream",
            "rate_limited",
            "broken_stream",
            "abandoned_stream",
            "within_span",
        ),
    ),
    (
        _APART,
        ("traceloop-anthropic",),
        ("chat", "chat_stream", "chat_stream_helper", "tools", "cached", "rate_limited"),
    ),
    (_APART, ("traceloop-langchain",), ("responses", "responses_stream")),
    (
        _NOT_TOLD,
        ("traceloop-langchain",),
        (
            "chat_stream",
            "chat_stream_without_usage",
            "broken_stream",
            "abandoned_stream",
            "within_span",
        ),
    ),
    (
        _ENDED_OK,
        ("mlflow-anthropic", "traceloop-openai", "traceloop-openai-legacy"),
        ("broken_stream",),
    ),
)
SHORTCOMINGS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        place: reason
        for reason, libraries, scenarios in _BY_REASON
        for place in product(libraries, scenarios)
    }
)
