"""The runs that a call of Anthropic's interface took: ``iterations`` in its usage object.

The usage around them counts the runs that served. One that made a long context shorter first (a
compaction) is billed and counted nowhere else; so is one of another model, which has another price.
Source: ``BetaUsage`` of https://github.com/anthropics/anthropic-sdk-python, version 1.14.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llm_observe.cost.usage import MOST_TOKENS, Usage, read_count
from llm_observe.dialects.values import read_list, read_mapping

RUNS: Final = "iterations"
COMPACTION: Final = "compaction"
_SERVING: Final = ("message", "fallback_message")
_INPUT: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_OUTPUT: Final = ("output_tokens",)

_Run = Mapping[str, Any]


def add_runs(usage: Usage, raw: Mapping[str, Any]) -> Usage:
    """Add the runs that a raw usage object leaves out of its own counts."""
    if not raw.get(RUNS):
        return usage
    runs = [read_mapping(each) for each in read_list(raw[RUNS])]
    shorter = [run for run in runs if run.get("type") == COMPACTION]
    if _is_mixed(runs):
        usage = replace(usage, mixed=True)
    if not any(map(_took, shorter)):
        return usage
    return add_compaction(usage, _sum(shorter, _INPUT), _sum(shorter, _OUTPUT))


def add_compaction(usage: Usage, read: int | None, written: int | None) -> Usage:
    """Add what compaction took to both sides; a side of which it is not told is unknown."""
    if not read and not written:
        return usage
    return replace(
        usage,
        input_tokens=_add(usage.input_tokens, read),
        output_tokens=_add(usage.output_tokens, written),
        total=None,
        compacted=read or 0,
    )


def _is_mixed(runs: Sequence[_Run]) -> bool:
    """Whether more than one model took part, or a run of a kind that nobody knows."""
    served = [run for run in runs if run.get("type") in _SERVING]
    models = {str(run["model"]) for run in served if run.get("model") and _took(run)}
    others = (run for run in runs if run.get("type") not in (*_SERVING, COMPACTION))
    return len(models) > 1 or any(map(_took, others))


def _took(run: _Run) -> bool:
    return any(read_count(run, name) for name in (*_INPUT, *_OUTPUT))


def _sum(runs: Sequence[_Run], names: Sequence[str]) -> int | None:
    """Give the sum of counts of which each run tells the first; the cache's may be left out."""
    if any(read_count(run, names[0]) is None for run in runs):
        return None
    return _bound(sum(read_count(run, name) or 0 for run in runs for name in names))


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else _bound(one + other)


def _bound(count: int) -> int | None:
    return count if count <= MOST_TOKENS else None
