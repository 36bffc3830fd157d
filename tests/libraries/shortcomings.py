"""What is wrong today, by library and scenario, with the reason: each is to be repaired.

A scenario that turns out right although it stands here fails, so the list can only shrink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Final

_TOO_EARLY: Final = (
    "the call is counted twice where the client is traced, too: the framework ends its span before "
    "the client asks, so neither lies within the other, and they are in two traces"
)
_UNSEEN: Final = (
    "the call is counted as two, one of them without tokens: the client's instrumentation sees "
    "nothing of an answer that is streamed this way, so its span tells neither response nor usage"
)
_OWN_FAILURE: Final = (
    "the library fails at reading the answer and writes that as the failure of the call, which the "
    "application knows nothing of"
)

_BY_REASON: Final[Sequence[tuple[str, Sequence[str], Sequence[str]]]] = (
    (_TOO_EARLY, ("openinference-llama-index-openai",), ("chat_stream",)),
    (_OWN_FAILURE, ("openlit-groq",), ("tools",)),
    (_UNSEEN, ("openinference-openai-agents-openai",), ("chat_stream",)),
)
"""A reason, the libraries, and the scenarios in which each of these is wrong."""
SHORTCOMINGS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        place: reason
        for reason, libraries, scenarios in _BY_REASON
        for place in product(libraries, scenarios)
    }
)
