"""Counts of tokens under every spelling that libraries have for them.

A key is read by its words: ``gen_ai.usage.details.cached_tokens``, ``usage.cacheReadInputTokens``
and ``llm.token_count.prompt_details.cache_read`` are the same part. A word that is not known here
makes a key none of a count, so that a share, a price or a speed is never taken for one.
Spellings other than the convention's were seen on LangSmith, Mastra, Langfuse, LiteLLM, Spring AI,
Pydantic AI, OpenInference, OpenLLMetry and the AI SDK, or stand in
https://github.com/open-telemetry/semantic-conventions/issues/2094.
"""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Iterable, Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe._remembering import remember
from llm_observe.cost.usage import MOST_TOKENS, Usage
from llm_observe.dialects.silences import CACHE
from llm_observe.dialects.values import LISTS

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


_TEXT_INPUT: Final = "text_input"
_TEXT_OUTPUT: Final = "text_output"
_DOUBT: Final = "doubt"
"""A count of a cache whose meaning is not known: enough to know that there may have been one."""
CACHE_WORDS: Final = frozenset({"cache", "cached"})
_IN_CACHE: Final = frozenset(
    {"cache_read", "cache_write", "cache_write_1h", "cache_write_12h"}
    | {"cache_audio_read", "cache_image_read"}
)
_BESIDE: Final = _IN_CACHE | {"reasoning"}
"""Parts that a key names beyond doubt, also where it names no usage object."""
_NO_CACHE: Final = frozenset({"miss", "misses", "no", "non", "cost", "price", "rate", "ratio"})
"""Words beside a cache's that make it none, or no count."""
_SHORT: Final = "short"
"""Writes that the price source has no price of their own for: a part of all writes."""


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
            yield from ((f"{write} {short}", _SHORT), (f"{write} {short} input", _SHORT))
        for long in ("1h", "12h"):
            yield from ((f"{write} {long}", f"cache_write_{long}"),)
            yield from ((f"{write} {long} input", f"cache_write_{long}"),)
    yield from (("5m input", _SHORT), ("30m input", _SHORT))
    yield from (("1h input", "cache_write_1h"), ("12h input", "cache_write_12h"))
    yield "text input", _TEXT_INPUT
    yield "text output", _TEXT_OUTPUT
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
_LAST: Final = len(_FIRST)
_WHOLE: Final = frozenset({"input_tokens", "output_tokens", "total"})
_MOST_KEYS: Final = 4096
_LONGEST: Final = 256
_LONGEST_TEXT: Final = 4096
_MOST_OBJECTS: Final = 8
"""Objects that are read of a list of them."""
_DIGITS: Final = re.compile(r"[0-9]{1,13}", re.ASCII)
_PAIR: Final = re.compile(r"['\"]?(\w{1,64})['\"]?\s?[:=]\s?(\d{1,13})(?![.\w])", re.ASCII)
"""A name and its count, in an object as Python prints it."""
_PRINTED: Final = re.compile(r"[A-Z]\w{0,63}\(\w{1,64}=", re.ASCII)
"""How such an object begins: ``CompletionUsage(completion_tokens=98, …``."""

Found = dict[str, tuple[int, int | None]]
"""By part: how far its key is from the convention's, and the count, None where two disagree."""


def read_counts(attributes: Mapping[str, Any], *, without_output: bool = False) -> Usage | None:
    """Read the usage of a span; None where neither input nor output is known.

    A value that is no count (a float, negative, above 10^12) is unknown; so is a part of which two
    keys of one rank tell different counts, or of which the convention's key tells none and another
    some. A cache of which a key tells nobody knows what, or a value that is no count, is open.
    A count that was written as text is one: Spring AI writes all values so.
    """
    found: Found = {}
    for key, value in attributes.items():
        # Cheap before dear: few of a span's keys are of tokens.
        if "usage" not in key and "oken" not in key:
            continue
        place = _find_place(key)
        if place is None:
            continue
        name, part, rank = place
        if type(value) is not int:
            _add(found, rank, name, value)
        elif part is not None:
            _add_count(found, rank, part, value)
    return _make_usage(found, without_output=without_output)


def read_details(details: Mapping[str, Any], *, without_output: bool = False) -> Usage | None:
    """Read a usage object, whichever spelling its keys have."""
    found: Found = {}
    for key, value in details.items():
        _add(found, _LAST, str(key), value)
    return _make_usage(found, without_output=without_output)


def read_parts(details: Mapping[str, Any]) -> dict[str, Any]:
    """Give the counts of a mapping by their part of ``Usage``."""
    found: Found = {}
    for key, value in details.items():
        _add(found, _LAST, str(key), value)
    for name in (_DOUBT, _SHORT, _TEXT_INPUT, _TEXT_OUTPUT):
        found.pop(name, None)
    return {part: count for part, (_, count) in found.items() if count is not None}


def read_number(value: Any) -> int | None:
    """Give a count, also where it was written as text."""
    if type(value) is not int:
        written = isinstance(value, str) and _DIGITS.fullmatch(value)
        return int(value) if written and int(value) <= MOST_TOKENS else None
    return value if 0 <= value <= MOST_TOKENS else None


def list_words(meaning: str) -> frozenset[str]:
    """Give the words that senders use for one of ours."""
    return frozenset(word for word, same in _SAME.items() if same == meaning)


def _add(found: Found, rank: int, name: str, value: Any) -> None:
    if isinstance(value, Mapping) or (isinstance(value, str) and _opens(value)):
        for inner, count in _open(value):
            _add_count(found, _LAST, _find_part(f"{name}.{inner}"), count)
    else:
        _add_count(found, rank, _find_part(name), value)


def _opens(text: str) -> bool:
    return text[:1] in {"{", "["} or _PRINTED.match(text) is not None


def _add_count(found: Found, rank: int, part: str | None, value: Any) -> None:
    if part is None:
        return
    count = read_number(value)
    if count is None:
        if part in _IN_CACHE and value:
            found[_DOUBT] = rank, 1
        return
    known = found.get(part)
    if known is None:
        found[part] = rank, count
    elif count != known[1]:
        best, other = ((rank, count), known) if rank < known[0] else (known, (rank, count))
        # A zero may be no count but what a number begins as.
        open_ = rank == known[0] or (part in _BESIDE and best[1] == 0 and other[1])
        found[part] = best[0], None if open_ else best[1]


def _open(value: Any) -> Iterable[tuple[str, Any]]:
    """Give the counts of a mapping, also where it was written as JSON or as Python prints it."""
    if isinstance(value, str):
        if len(value) > _LONGEST_TEXT:
            return ()
        value = _parse(value)
        if isinstance(value, str):
            return _PAIR.findall(value) if _PRINTED.match(value) else ()
    objects = value[:_MOST_OBJECTS] if isinstance(value, LISTS) else (value,)
    return [pair for each in objects if isinstance(each, Mapping) for pair in _flatten(each)]


def _parse(text: str) -> Any:
    """Give what a text says as JSON or as Python prints it; one that says nothing stays text."""
    for parse in (json.loads, literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return text


def _flatten(value: Mapping[Any, Any]) -> Iterable[tuple[str, Any]]:
    """Give the counts of a mapping and of those in it, which are details of details at most."""
    for name, inner in value.items():
        if not isinstance(inner, Mapping):
            yield str(name), inner
            continue
        for part, count in inner.items():
            if isinstance(count, Mapping):
                yield from ((f"{name}.{part}.{each}", last) for each, last in count.items())
            else:
                yield f"{name}.{part}", count


def _make_usage(found: Found, *, without_output: bool) -> Usage | None:
    counts: dict[str, Any] = {part: count for part, (_, count) in found.items()}
    short = counts.pop(_SHORT, None)
    doubt = counts.pop(_DOUBT, 0) != 0 or "cache_read" in counts
    text_in, text_out = counts.pop(_TEXT_INPUT, None), counts.pop(_TEXT_OUTPUT, None)
    usage = Usage(**counts, without_output=without_output)
    if doubt and usage.cache_read is None:
        usage.untold = CACHE
    elif "cache_write" in counts and usage.cache_write is None:
        usage.untold = frozenset({"cache_write"})
    if text_in is not None and text_in + (usage.input_audio or 0) == usage.input_tokens:
        # All of it is told to be something else.
        usage.input_image = usage.input_image or 0
    if text_out is not None and text_out + (usage.output_audio or 0) == usage.output_tokens:
        usage.output_image = usage.output_image or 0
    if usage.cache_write is None and short is not None:
        usage.cache_write = short + (usage.cache_write_1h or 0) + (usage.cache_write_12h or 0)
    return usage.if_known()


def _look_up_place(key: str) -> tuple[str, str | None, int] | None:
    """Give what of a key comes after the name of its usage object, its part, and its rank."""
    parts = key.split(".")
    places = [place for place, part in enumerate(parts) if part in _ROOTS]
    if not places:
        return _look_up_bare(parts)
    name = ".".join(parts[places[-1] + 1 :])
    return name, _look_up_part(name), _FIRST.get(key, _LAST)


def _look_up_bare(parts: list[str]) -> tuple[str, str | None, int] | None:
    """Read a key beside the usage objects that names tokens of a cache, or reasoned ones."""
    for length in (1, 2):
        name = ".".join(parts[-length:])
        if _look_up_part(name) in _BESIDE:
            return name, _look_up_part(name), _LAST + 1
    return None


def _look_up_part(name: str) -> str | None:
    """Give the part that a name's words mean."""
    words = {word.lower() for word in _WORD.findall(name)} - _SILENT
    tiered = not words.isdisjoint(_TIERS)
    known = {_SAME.get(word) for word in words - _TIERS}
    part = None if None in known else _PARTS.get(frozenset(filter(None, known)))
    if part is None and not words.isdisjoint(CACHE_WORDS) and words.isdisjoint(_NO_CACHE):
        return _DOUBT
    return None if tiered and part in _WHOLE else part


_find_place = remember(_look_up_place, most=_MOST_KEYS, longest=_LONGEST)
_find_part = remember(_look_up_part, most=_MOST_KEYS, longest=_LONGEST)
