"""Keys beside the conventions' own that tell the tier of a call, by their words.

A key whose words tell of an answer or of usage (``gen_ai.usage.serviceTier``) has the tier that
served; of any other (``llm.request.service_tier``, ``service_tier``) nobody knows more than that it
was asked for. Metadata of providers and raw usage are objects that hold one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from llm_observe.cost.tiers import normalize_tier
from llm_observe.dialects.operations import split_words
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.tiers import FAST, find_in_answer, find_in_metadata, name_traffic
from llm_observe.dialects.values import read_mapping

_SERVED: Final = frozenset({"response", "usage", "served", "answer", "output"})
_ASKED: Final = frozenset({"request", "requested", "asked", "settings", "invocation", "input"})
_VENDORS: Final = frozenset({"gen", "llm", "openai", "anthropic", "usage", "ai"})
_OBJECTS: Final = frozenset(
    {
        *(("provider", "metadata"), ("response", "metadata"), ("usage", "raw")),
        *(("usage", "metadata"), ("output", "metadata")),
        *(("request", "parameters"), ("invocation", "parameters"), ("provider", "options")),
        *(("request", "extra"), ("model", "parameters"), ("input", "value")),
    }
)
"""Ends of keys of objects that may hold a tier."""
_NAMES: Final = frozenset({"priority", "flex", "batch", "scale", "fast"})
"""Tiers of providers: a customer's own plan may be called a service tier, too."""
_LONGEST: Final = 128


class TierPlace(NamedTuple):
    """How a key tells a tier, and whether it is the one that served."""

    form: str
    served: bool


def fill_tiers(
    reading: Reading, attributes: Mapping[str, Any], places: Iterable[tuple[str, TierPlace]]
) -> None:
    """Fill in the tiers that the dialect has not found, of the keys that tell one.

    Fast mode is told beside a tier that is called ``standard`` all the same, and goes before it.
    """
    for key, place in places:
        value = attributes[key]
        tier = _read(place, value) if value else None
        if tier is None:
            continue
        if tier == FAST and not (place.served or reading.service_tier == FAST):
            reading.service_tier, reading.asked_tier = None, FAST
        elif tier == FAST:
            reading.service_tier = FAST
        elif not place.served:
            reading.asked_tier = reading.asked_tier or tier
        elif reading.asked_tier != FAST:
            reading.service_tier = reading.service_tier or tier


def find_tier_place(key: str) -> TierPlace | None:
    """Give how a key tells a tier, None for one that tells none."""
    words = split_words(key) if len(key) <= _LONGEST else ()
    form = _find_form(words)
    if form is None:
        return None
    told = frozenset(words)
    answer = form == "object" and words[-1] in {"metadata", "raw", "usage"}
    served = (answer or not told.isdisjoint(_SERVED)) and told.isdisjoint(_ASKED)
    return TierPlace(form, served)


def _find_form(words: tuple[str, ...]) -> str | None:
    end = words[-2:]
    vendor = not _VENDORS.isdisjoint(words)
    if end == ("service", "tier") or words[-1:] == ("servicetier",):
        return "tier"
    if end == ("response", "tier") and vendor:
        return "tier"
    if end == ("traffic", "type"):
        return "traffic"
    if words[-1:] == ("speed",) and vendor:
        return "speed"
    return "object" if end in _OBJECTS or end[-1:] == ("usage",) else None


def _read(place: TierPlace, value: Any) -> str | None:
    if place.form == "object":
        return _read_object(value)
    if not isinstance(value, str):
        return None
    if place.form == "speed":
        return FAST if value == FAST else None
    if place.form == "traffic":
        return name_traffic(value)
    return value if normalize_tier(value) in _NAMES else None


def _read_object(value: Any) -> str | None:
    """Give the tier in an object, which is only looked at where a word of tiers is in it."""
    if isinstance(value, str) and not (
        "tier" in value
        or "Tier" in value
        or "raffic" in value
        or "speed" in value
        or "erformance" in value
    ):
        return None
    told = read_mapping(value)
    return (find_in_answer({"usage": told, **told}) or find_in_metadata(told)) if told else None
