"""The tokens that a span tells of, read by the words of its keys (``count_words``)."""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from llm_observe.cost.usage import MOST_TOKENS, Usage
from llm_observe.dialects.count_words import (
    BESIDE,
    DOUBT,
    IN_CACHE,
    LAST,
    SHORT,
    TEXT_INPUT,
    TEXT_OUTPUT,
    find_part,
)
from llm_observe.dialects.key_looks import look_at
from llm_observe.dialects.silences import CACHE
from llm_observe.dialects.values import LISTS, read_whole

_OTHER: Final = frozenset({"without_output", "untold", "compacted", "mixed"})
_PARTS: Final = frozenset(each.name for each in fields(Usage)) - _OTHER
LONGEST_TEXT: Final = 4096
_MOST_OBJECTS: Final = 8
"""Objects that are read of a list of them."""
_DIGITS: Final = re.compile(r"[0-9]{1,13}", re.ASCII)
_PAIR: Final = re.compile(r"['\"]?(\w{1,64})['\"]?\s?[:=]\s?(\d{1,13})(?![.\w])", re.ASCII)
"""A name and its count, in an object as Python prints it."""
_PRINTED: Final = re.compile(r"[A-Z]\w{0,63}\(\w{1,64}=", re.ASCII)
"""How such an object begins: ``CompletionUsage(completion_tokens=98, …``."""
_SOME: Final = re.compile(r"[:=]\s?[1-9][0-9]{0,12}\s*[,}]")
"""A count in an object, whatever its name."""

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
    for key, (name, part, rank) in look_at(attributes).counts:
        value = attributes[key]
        if type(value) is not int:
            _add(found, rank, name, value)
        elif part is not None:
            _add_count(found, rank, part, value)
    return _make_usage(found, without_output=without_output)


def count_any(attributes: Mapping[str, Any], *, without_output: bool = False) -> Usage | None:
    """Give the usage that a span tells, under bare names too, None where it tells none."""
    told = read_counts(attributes, without_output=without_output)
    tokens = () if told is not None else look_at(attributes).tokens
    counts: dict[str, Any] = {}
    for key, part in tokens:
        if part in _PARTS and part not in counts and (count := _read(attributes[key])) is not None:
            counts[part] = count
    return Usage(without_output=without_output, **counts).if_known() if counts else told


def tells_tokens(attributes: Mapping[str, Any]) -> bool:
    """Whether a span tells that any token was used."""
    return any(_tells(part, attributes[key]) for key, part in look_at(attributes).tokens)


def _tells(part: str | None, value: Any) -> bool:
    if isinstance(value, str) and value[:1] == "{":
        # An object of counts, whatever their names.
        return _SOME.search(value, 0, LONGEST_TEXT) is not None
    return part is not None and (_read(value) or 0) > 0


def _read(value: Any) -> int | None:
    """Give a count, also one that was written as a float or as text."""
    return read_number(read_whole(value))


def read_parts(details: Mapping[str, Any]) -> dict[str, Any]:
    """Give the counts of a mapping by their part of ``Usage``."""
    found: Found = {}
    for key, value in details.items():
        _add(found, LAST, str(key), value)
    for name in (DOUBT, SHORT, TEXT_INPUT, TEXT_OUTPUT):
        found.pop(name, None)
    return {part: count for part, (_, count) in found.items() if count is not None}


def read_number(value: Any) -> int | None:
    """Give a count, also where it was written as text."""
    if type(value) is not int:
        written = isinstance(value, str) and _DIGITS.fullmatch(value)
        return int(value) if written and int(value) <= MOST_TOKENS else None
    return value if 0 <= value <= MOST_TOKENS else None


def _add(found: Found, rank: int, name: str, value: Any) -> None:
    if isinstance(value, Mapping) or (isinstance(value, str) and _opens(value)):
        for inner, count in _open(value):
            _add_count(found, LAST, find_part(f"{name}.{inner}"), count)
    else:
        _add_count(found, rank, find_part(name), value)


def _opens(text: str) -> bool:
    return text[:1] in {"{", "["} or _PRINTED.match(text) is not None


def _add_count(found: Found, rank: int, part: str | None, value: Any) -> None:
    if part is None:
        return
    count = read_number(value)
    if count is None:
        if part in IN_CACHE and value:
            found[DOUBT] = rank, 1
        return
    known = found.get(part)
    if known is None:
        found[part] = rank, count
    elif count != known[1]:
        best, other = ((rank, count), known) if rank < known[0] else (known, (rank, count))
        # A zero may be no count but what a number begins as.
        open_ = rank == known[0] or (part in BESIDE and best[1] == 0 and other[1])
        found[part] = best[0], None if open_ else best[1]


def _open(value: Any) -> Iterable[tuple[str, Any]]:
    """Give the counts of a mapping, also where it was written as JSON or as Python prints it."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return ()
        value = parse_text(value)
        if isinstance(value, str):
            return _PAIR.findall(value) if _PRINTED.match(value) else ()
    objects = value[:_MOST_OBJECTS] if isinstance(value, LISTS) else (value,)
    return [pair for each in objects if isinstance(each, Mapping) for pair in _flatten(each)]


def parse_text(text: str) -> Any:
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
    short = counts.pop(SHORT, None)
    doubt = counts.pop(DOUBT, 0) != 0 or "cache_read" in counts
    text_in, text_out = counts.pop(TEXT_INPUT, None), counts.pop(TEXT_OUTPUT, None)
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
