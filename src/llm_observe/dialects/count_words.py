"""Which counts of tokens the words of a key name, under every spelling that libraries have.

``gen_ai.usage.details.cached_tokens``, ``usage.cacheReadInputTokens`` and
``llm.token_count.prompt_details.cache_read`` are the same part: a list of keys would always lack
the next one. Within a usage object, a word that is not known here makes a key none of a count, so
that a share, a price or a speed is never taken for one. Beside such objects a key has to say that
it counts tokens, and of spans that no dialect has read as calls such bare names are read, too.

Spellings other than the convention's were seen on LangSmith, Mastra, Langfuse, LiteLLM, Spring AI,
Pydantic AI, OpenInference, OpenLLMetry and the AI SDK, or stand in
https://github.com/open-telemetry/semantic-conventions/issues/2094.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from llm_observe import semconv
from llm_observe._remembering import remember
from llm_observe.dialects.operations import split_words

_ROOTS: Final = frozenset(
    {
        *("usage", "token_count", "token_usage", "usage_details", "usage_metadata"),
        *("tokenCount", "tokenUsage", "usageDetails", "usageMetadata"),
    }
)
"""Names after which a key's words tell what is counted."""
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+[a-z]*")
_SAME: Final = {
    **dict.fromkeys(("input", "prompt"), "input"),
    **dict.fromkeys(("output", "completion", "candidates", "candidate", "generated"), "output"),
    **dict.fromkeys(("read", "reads", "hit", "hits"), "read"),
    **dict.fromkeys(("write", "writes", "written", "creation", "created", "create"), "write"),
    **dict.fromkeys(("reasoning", "thinking", "thoughts", "thought"), "reasoning"),
    **dict.fromkeys(("image", "images"), "image"),
    "text": "text",
    **dict.fromkeys(("1h", "1hr", "1hour"), "1h"),
    **dict.fromkeys(("12h", "12hr", "12hour"), "12h"),
    **dict.fromkeys(("5m", "5min"), "5m"),
    **dict.fromkeys(("30m", "30min"), "30m"),
    **{word: word for word in ("cache", "cached", "audio", "total")},
}
"""A word for each that senders use."""
_SILENT: Final = frozenset(
    {
        *("token", "tokens", "count", "counts", "details", "detail", "number", "num", "used"),
        *("ephemeral", "content", "usage", "above", "ttl", "raw", "metadata"),
    }
)
"""Words that tell nothing of the part."""
_TIERS: Final = frozenset({"priority", "flex", "batch", "standard", "default"})
"""Tiers that LangChain puts before a part's name, and before their own rest of the input."""

TEXT_INPUT: Final = "text_input"
TEXT_OUTPUT: Final = "text_output"
DOUBT: Final = "doubt"
"""A count of a cache whose meaning is not known: enough to know that there may have been one."""
SHORT: Final = "short"
"""Writes that the price source has no price of their own for: a part of all writes."""
_CACHE_WORDS: Final = frozenset({"cache", "cached"})
IN_CACHE: Final = frozenset(
    {"cache_read", "cache_write", "cache_write_1h", "cache_write_12h"}
    | {"cache_audio_read", "cache_image_read"}
)
BESIDE: Final = IN_CACHE | {"reasoning"}
"""Parts that a key names beyond doubt, also where it names no usage object."""
_NO_CACHE: Final = frozenset({"miss", "misses", "no", "non", "cost", "price", "rate", "ratio"})
"""Words beside a cache's that make it none, or no count."""


def _list_names() -> Iterable[tuple[str, str]]:
    """Give each set of words, as text, with the part of ``Usage`` that it means."""
    yield from (("input", "input_tokens"), ("output", "output_tokens"), ("total", "total"))
    yield from (("reasoning", "reasoning"), ("reasoning output", "reasoning"))
    for cache in ("cache input", "cached", "cached input", "cache read", "cached read"):
        yield cache, "cache_read"
    yield from (("cache read input", "cache_read"), ("cached read input", "cache_read"))
    for write in ("cache write", "cached write"):
        yield from ((write, "cache_write"), (f"{write} input", "cache_write"))
        for short in ("5m", "30m"):
            yield from ((f"{write} {short}", SHORT), (f"{write} {short} input", SHORT))
        for long in ("1h", "12h"):
            yield from ((f"{write} {long}", f"cache_write_{long}"),)
            yield from ((f"{write} {long} input", f"cache_write_{long}"),)
    yield from (("5m input", SHORT), ("30m input", SHORT))
    yield from (("1h input", "cache_write_1h"), ("12h input", "cache_write_12h"))
    yield "text input", TEXT_INPUT
    yield "text output", TEXT_OUTPUT
    for kind in ("audio", "image"):
        yield from ((f"{kind} input", f"input_{kind}"), (f"{kind} output", f"output_{kind}"))
        for cache in ("cache read", "cached", "cached read"):
            yield from ((f"{cache} {kind}", f"cache_{kind}_read"),)
            yield from ((f"{cache} {kind} input", f"cache_{kind}_read"),)


_PARTS: Final = {frozenset(words.split()): part for words, part in _list_names()}
_FIRST: Final = {
    key: rank
    for rank, keys in enumerate(
        (
            (semconv.USAGE_INPUT_TOKENS, semconv.USAGE_OUTPUT_TOKENS, semconv.USAGE_CACHE_WRITE),
            (semconv.USAGE_CACHE_CREATION,),
            (semconv.USAGE_CACHE_READ, semconv.USAGE_REASONING, semconv.USAGE_CACHE_WRITE_1H),
        )
    )
    for key in keys
}
"""The convention's own spellings go before all others, in this order."""
LAST: Final = len(_FIRST)
_WHOLE: Final = frozenset({"input_tokens", "output_tokens", "total"})
_MOST_KEYS: Final = 4096
_LONGEST: Final = 256


class Count(NamedTuple):
    """How a key counts: its name within a usage object, the part it is, and the key's rank."""

    name: str
    part: str | None
    rank: int


def find_count(key: str) -> Count | None:
    """Give how a key counts in a usage object, or beside one where its part is beyond doubt."""
    parts = key.split(".")
    places = [place for place, part in enumerate(parts) if part in _ROOTS]
    if not places:
        return _find_beside(parts)
    name = ".".join(parts[places[-1] + 1 :])
    return Count(name, find_part(name), _FIRST.get(key, LAST))


def _find_beside(parts: list[str]) -> Count | None:
    """Read a key beside the usage objects that names tokens of a cache, or reasoned ones."""
    for length in (1, 2):
        name = ".".join(parts[-length:])
        if find_part(name) in BESIDE:
            return Count(name, find_part(name), LAST + 1)
    return None


def _look_up_part(name: str) -> str | None:
    words = {word.lower() for word in _WORD.findall(name)} - _SILENT
    tiered = not words.isdisjoint(_TIERS)
    known = {_SAME.get(word) for word in words - _TIERS}
    part = None if None in known else _PARTS.get(frozenset(filter(None, known)))
    if part is None and not words.isdisjoint(_CACHE_WORDS) and words.isdisjoint(_NO_CACHE):
        return DOUBT
    return None if tiered and part in _WHOLE else part


find_part = remember(_look_up_part, most=_MOST_KEYS, longest=_LONGEST)
"""Give the part that the words of a name within a usage object mean."""

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
_BARE: Final = _SAME | {"inputs": "input", "outputs": "output"}
"""Beside a word for tokens: without one, a usage's ``inputs`` may be texts that were embedded."""
_LIVES: Final = ("1h", "12h")
_MODALITIES: Final = frozenset({"audio", "image", "text", "video", "tool", "document"})
_KINDS: Final = ("audio", "image")
"""Kinds of tokens that have prices of their own."""


def find_bare(key: str) -> str | None:
    """Give the part of a usage that a key counts by its words alone: of ``Usage``, or ``other``."""
    told = frozenset(split_words(key))
    if _TOKENS.isdisjoint(told) or not _OTHER.isdisjoint(told):
        return None
    meant = {_BARE.get(word) for word in told}
    if not _CACHE_WORDS.isdisjoint(told):
        return _name_cached(told, written="write" in meant)
    if "reasoning" in meant:
        return "reasoning"
    side = next((side for side in ("output", "input") if side in meant), None)
    if side is None:
        return "total" if "total" in told else None
    if not _MODALITIES.isdisjoint(told):
        kind = _name_kind(told)
        return f"{side}_{kind}" if kind else "other"
    return f"{side}_tokens"


def _name_kind(told: frozenset[str]) -> str | None:
    return next((kind for kind in _KINDS if kind in told), None)


def _name_cached(told: frozenset[str], *, written: bool) -> str:
    if written:
        life = next((life for life in _LIVES if life in told), None)
        return f"cache_write_{life}" if life else "other" if "5m" in told else "cache_write"
    if not _MODALITIES.isdisjoint(told):
        return f"cache_{_name_kind(told)}_read" if _name_kind(told) else "other"
    return "other" if {"miss", "uncached"} & told else "cache_read"
