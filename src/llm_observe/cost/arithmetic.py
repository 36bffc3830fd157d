"""Which arithmetic a sender counted by: its parts inside their totals, or beside them.

The convention is inside. Anthropic's and Bedrock's own input leaves out what was cached, Gemini's
own output what was thought, and a sender may pass either on as it is. Either is proven:

- a part that exceeds its total stands beside it;
- a sum that the sender told decides, where it fits one of the two ways only.

A part beside its total is added to it. Counts that fit no way are dropped: nothing is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Final, NamedTuple

from llm_observe.cost.usage import Buckets, Usage
from llm_observe.semconv import Repair, UnknownBecause


class Reconciled(NamedTuple):
    """Usage whose totals include their parts, its buckets, and what it took.

    ``because`` is the reason for which there are no buckets, None where a count is just not told.
    """

    usage: Usage | None
    buckets: Buckets | None
    repair: Repair | None = None
    because: UnknownBecause | None = None


_Totals = tuple[int | None, int | None]
_DROPPED: Final = Reconciled(None, None, "usage_dropped", "usage_contradictory")


def reconcile(usage: Usage) -> Reconciled:
    """Bring reported counts to the convention, or drop them; reconciled ones stay as they are."""
    buckets = usage.buckets()
    if buckets is not None and usage.total in (None, 0, usage.total_tokens):
        return Reconciled(usage, buckets)
    # Languages whose numbers begin as zero send a total of none for one that was not told.
    nested = _nest(replace(usage, total=usage.total or None))
    totals = _place(nested)
    if totals is None:
        return _DROPPED
    reconciled = replace(nested, input_tokens=totals[0], output_tokens=totals[1], total=None)
    repair: Repair | None = None if reconciled == usage else "usage_added"
    buckets = reconciled.buckets()
    if buckets is None and reconciled.total_tokens is not None:
        if not (reconciled.hides_overlap or reconciled.hides_runs):
            return _DROPPED
        because: UnknownBecause = "part_not_priced" if reconciled.mixed else "cache_not_told"
        return Reconciled(reconciled, None, repair, because)
    return Reconciled(reconciled, buckets, repair)


class _Side(NamedTuple):
    """Input or output as told, and groups of parts that may each be inside it or beside it."""

    told: int | None
    groups: tuple[int, int]

    @property
    def by_parts(self) -> int | None:
        """The total as the parts alone prove it: one that exceeds what is told stands beside it."""
        if self.told is None:
            return None
        beside = sum(part for part in self.groups if part > self.told)
        inside = sum(self.groups) - beside
        return self.told + beside if inside <= self.told else None

    def list_totals(self) -> Iterator[int]:
        """Give each total that is possible, with any of the groups beside what is told."""
        for choice in product((False, True), repeat=len(self.groups)):
            beside = sum(
                part for part, is_beside in zip(self.groups, choice, strict=True) if is_beside
            )
            if self.told is not None and sum(self.groups) - beside <= self.told:
                yield self.told + beside


def _nest(usage: Usage) -> Usage:
    """Put parts of parts into those: longer cache writes, and cached audio and images."""
    kept = (usage.cache_write_1h or 0) + (usage.cache_write_12h or 0)
    heard, seen = usage.cache_audio_read or 0, usage.cache_image_read or 0
    return replace(
        usage,
        cache_write=_include(usage.cache_write, kept),
        cache_read=_include(usage.cache_read, heard + seen),
        input_audio=_include(usage.input_audio, heard),
        input_image=_include(usage.input_image, seen),
    )


def _place(usage: Usage) -> _Totals | None:
    """Give input and output with what stood beside them; None where no arithmetic fits."""
    cached = (usage.cache_read or 0) + (usage.cache_write or 0)
    heard = (usage.input_audio or 0) - (usage.cache_audio_read or 0)
    seen = (usage.input_image or 0) - (usage.cache_image_read or 0)
    # How far tokens were cached and heard alike may not be told: then only one of both is sure.
    media = 0 if usage.hides_overlap else heard + seen
    made = (usage.output_audio or 0) + (usage.output_image or 0)
    inputs = _Side(usage.input_tokens, (cached, media))
    outputs = _Side(
        0 if usage.output_tokens is None and usage.without_output else usage.output_tokens,
        (usage.reasoning or 0, made),
    )
    if inputs.told is None or outputs.told is None:
        return _place_one(inputs, outputs, usage.total, cached)
    placed = _place_both(inputs, outputs, usage.total, cached)
    if placed is None:
        return None
    return placed[0], placed[1] or usage.output_tokens


def _place_both(inputs: _Side, outputs: _Side, total: int | None, cached: int) -> _Totals | None:
    """Settle both sides; a total that is just the sum of what is told proves nothing."""
    told = (inputs.told or 0) + (outputs.told or 0)
    bare = inputs.by_parts, outputs.by_parts
    if total is None or total == told:
        return bare if None not in bare else None
    fits = {
        pair for pair in product(inputs.list_totals(), outputs.list_totals()) if sum(pair) == total
    }
    if len(fits) == 1:
        return fits.pop()
    # Some leave what was cached out of the sum alone.
    inside = bare == (inputs.told, outputs.told)
    return bare if inside and not fits and total == told - cached else None


def _place_one(inputs: _Side, outputs: _Side, total: int | None, cached: int) -> _Totals | None:
    """Settle the only side that is told, which a total must not fall short of."""
    side, left_out = (outputs, 0) if inputs.told is None else (inputs, cached)
    short = total is not None and side.told is not None and total < side.told - left_out
    if short or (side.told is not None and side.by_parts is None):
        return None
    return inputs.by_parts, outputs.by_parts


def _include(total: int | None, part: int) -> int | None:
    return (total or 0) + part if part > (total or 0) else total
