"""What is wrong today, by library and scenario, with the reason: each is to be repaired.

A scenario that turns out right although it stands here fails, so the list can only shrink.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType
from typing import Final

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
