"""Which keys count tokens, bare names and any others too, by their words.

For spans that no dialect has read as calls; ``counts`` reads those of conventions. A count is named
by few words (``gen_ai.usage.input_tokens``, ``llm.usage.prompt_tokens``, ``inputTokens``),
which it joins and orders in many ways: a list of keys would always lack the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from llm_observe._remembering import remember
from llm_observe.cost.usage import Usage
from llm_observe.dialects.counts import CACHE_WORDS, list_words, read_counts, read_number
from llm_observe.dialects.operations import split_words
from llm_observe.dialects.values import read_whole

_MARK: Final = "oken"
"""Every key of a count has it: ``tokens``, ``Tokens``, ``token_count``."""
_OBJECT: Final = "sage"
"""So has that of an object of counts: ``usage``, ``tokenUsage``, ``usage_details``."""
_COUNT: Final = re.compile(r"[:=]\s?[1-9][0-9]{0,12}\s*[,}]")
_LONGEST_OBJECT: Final = 4096
_TOKENS: Final = frozenset({"token", "tokens"})
_OTHER: Final = frozenset(
    {
        *("max", "min", "limit", "limits", "per", "time", "latency", "first", "second", "seconds"),
        *("cost", "costs", "price", "budget", "remaining", "rate", "ratelimit", "reset", "type"),
        *("id", "ids", "auth", "access", "refresh", "csrf", "session", "bearer", "api", "choice"),
        *("window", "context", "ms", "duration", "saved", "avg", "mean", "message", "messages"),
        *("usd", "percent", "ratio", "threshold", "estimated", "estimate", "expected"),
        *("accepted", "rejected", "secret", "key", "hash", "logprobs", "stop", "next", "page"),
    }
)
"""Words of keys with tokens that are no count of what a call used."""
_INPUT: Final = frozenset({"input", "inputs", "prompt"})
_OUTPUT: Final = frozenset({"output", "outputs", "completion", "generated", "candidates"})
_WRITTEN: Final = list_words("write")
_REASONED: Final = list_words("reasoning")
_LIVES: Final = ("1h", "12h")
_SHORT: Final = "5m"
_MODALITIES: Final = frozenset({"audio", "image", "text", "video", "tool", "document"})
_KINDS: Final = ("audio", "image")
"""Kinds of tokens that have prices of their own."""
_PARTS: Final = frozenset(each.name for each in fields(Usage)) - {"without_output", "untold"}
_QUIET: Final[set[str]] = set()
"""Keys that are known to be no count's: to compare sets is the one look."""
_MOST: Final = 4096
_LONGEST: Final = 128
"""Keys that are remembered: senders choose them."""


def may_count(attributes: Mapping[str, Any]) -> bool:
    """Whether any key may be a count's; asked of every span that is no call, so by one look."""
    return not attributes.keys() <= _QUIET and any(map(_marks, attributes))


def _marks(key: str) -> bool:
    """Whether a key may be a count's; one that is not is remembered, while there is room."""
    if _MARK in key or _OBJECT in key:
        return True
    if len(key) <= _LONGEST and len(_QUIET) < _MOST:
        _QUIET.add(key)
    return False


def count_any(attributes: Mapping[str, Any], *, without_output: bool = False) -> Usage | None:
    """Give the usage that a span tells, under bare names too, None where it tells none."""
    told = read_counts(attributes, without_output=without_output)
    if told is not None or not may_count(attributes):
        return told
    counts: dict[str, Any] = {}
    for key, value in attributes.items():
        part = _find_part(key) if _MARK in key else None
        if part in _PARTS and part not in counts and (count := _read(value)) is not None:
            counts[part] = count
    return Usage(without_output=without_output, **counts).if_known()


def tells_tokens(attributes: Mapping[str, Any]) -> bool:
    """Whether a span tells that any token was used."""
    return any(
        _tells(key, value) for key, value in attributes.items() if _MARK in key or _OBJECT in key
    )


def _tells(key: str, value: Any) -> bool:
    if isinstance(value, str) and value[:1] == "{":
        # An object of counts, whatever their names.
        return _COUNT.search(value, 0, _LONGEST_OBJECT) is not None
    return _find_part(key) is not None and (_read(value) or 0) > 0


def _read(value: Any) -> int | None:
    """Give a count, also one that was written as a float or as text."""
    return read_number(read_whole(value))


def _look_for_part(key: str) -> str | None:
    """Name the part of a usage that a key counts: a field of ``Usage``, or ``other``."""
    words = split_words(key)
    told = frozenset(words)
    if _TOKENS.isdisjoint(told) or not _OTHER.isdisjoint(told):
        return None
    if not CACHE_WORDS.isdisjoint(told):
        return _name_cached(told)
    if not _REASONED.isdisjoint(told):
        return "reasoning"
    output = not _OUTPUT.isdisjoint(told)
    if not output and _INPUT.isdisjoint(told):
        return "total" if "total" in told else None
    if not _MODALITIES.isdisjoint(told):
        return _name_modality(told, "output" if output else "input")
    return "output_tokens" if output else "input_tokens"


def _name_modality(told: frozenset[str], side: str) -> str:
    kind = _name_kind(told)
    return f"{side}_{kind}" if kind else "other"


def _name_kind(told: frozenset[str]) -> str | None:
    return next((kind for kind in _KINDS if kind in told), None)


def _name_cached(told: frozenset[str]) -> str:
    if not _WRITTEN.isdisjoint(told):
        life = next((life for life in _LIVES if life in told), None)
        return f"cache_write_{life}" if life else "other" if _SHORT in told else "cache_write"
    if not _MODALITIES.isdisjoint(told):
        return f"cache_{_name_kind(told)}_read" if _name_kind(told) else "other"
    return "other" if {"miss", "uncached"} & told else "cache_read"


_find_part = remember(_look_for_part, most=_MOST, longest=_LONGEST)
