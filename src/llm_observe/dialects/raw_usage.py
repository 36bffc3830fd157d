"""A provider's own usage object beside a span's counts, where only that one tells of all runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from llm_observe.cost.usage import Usage
from llm_observe.dialects.counts import LONGEST_TEXT, parse_text
from llm_observe.dialects.responses import read_usage
from llm_observe.dialects.runs import COMPACTION, RUNS
from llm_observe.dialects.values import LISTS, MAPPINGS, read_mapping

_LEFT_OUT: Final = (COMPACTION, "advisor_message")
"""Kinds of runs that the counts around them leave out."""
_USAGE: Final = "usage"


def settle_runs(usage: Usage, told: Iterable[Any]) -> Usage:
    """Give the provider's own usage where it tells of runs that a span's counts may lack.

    Where such runs are named and their counts cannot be read, what the call cost is open.
    """
    if usage.compacted or usage.mixed:
        return usage
    for value in told:
        if not _names_run(value):
            continue
        found = list(_list_usages(value))
        for each in found:
            raw = read_usage(each, without_output=usage.without_output)
            if raw and (raw.compacted or raw.mixed):
                known = usage.output_tokens is not None
                return raw if known else replace(raw, output_tokens=None)
        if not found and not isinstance(value, MAPPINGS):
            return replace(usage, mixed=True)
    return usage


def _names_run(value: Any) -> bool:
    """Whether a value may tell of a run that is left out: in an object, a list, or by itself."""
    if isinstance(value, str):
        told = value[:1] == "[" or RUNS in value
        return value in _LEFT_OUT or (told and any(kind in value for kind in _LEFT_OUT))
    if isinstance(value, LISTS):
        return any(read_mapping(each).get("type") in _LEFT_OUT for each in value)
    return isinstance(value, MAPPINGS) and bool(value)


def _list_usages(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give a usage object, that of an answer, and those of answers by provider."""
    told = read_mapping(value)
    if not told and isinstance(value, str) and len(value) <= LONGEST_TEXT:
        told = read_mapping(parse_text(value))
    for each in (told, *map(read_mapping, told.values())):
        for found in (each, read_mapping(each.get(_USAGE))):
            if found.get(RUNS):
                yield found
