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
_UNNAMED: Final = (
    "calls are counted twice where both the framework and the client are traced: the framework's "
    "span tells no response id by which the two could be known to be one, and leaving it out would "
    "lose the call where the framework alone is traced; trace one of the two"
)
_FAILED: Final = (
    "a call that failed or was left is two requests, of no tokens and no cost, where two libraries "
    "trace it: without an answer it has no response id, and leaving out the outer span would lose "
    "the failure where that is the only one"
)

_BY_REASON: Final = (
    (_APART, ("openinference-anthropic",), ("chat_stream_helper",)),
    (
        _APART,
        ("openinference-langchain",),
        ("chat", "tools", "cached", "reasoning", "responses", "responses_stream"),
    ),
    (
        _APART,
        ("traceloop-anthropic",),
        ("chat", "chat_stream", "chat_stream_helper", "tools", "cached"),
    ),
    (
        _UNNAMED,
        ("openinference-langchain",),
        ("chat_stream", "chat_stream_without_usage", "within_span"),
    ),
    (_UNNAMED, ("traceloop-langchain",), ("responses", "responses_stream")),
    (
        _FAILED,
        ("openinference-langchain",),
        ("rate_limited", "broken_stream", "abandoned_stream"),
    ),
    (_FAILED, ("traceloop-anthropic",), ("rate_limited",)),
)
SHORTCOMINGS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        place: reason
        for reason, libraries, scenarios in _BY_REASON
        for place in product(libraries, scenarios)
    }
)
