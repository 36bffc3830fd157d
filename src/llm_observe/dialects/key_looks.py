"""The looks at the keys of a span by their words: one for all spans that have the same keys.

Spans of one instrumentation have the same few sets of keys, so that most looks are one look for
the set, whoever asks for counts, tiers or names. Each kind of answer is made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from llm_observe._remembering import remember
from llm_observe.dialects.attribution import PEOPLE
from llm_observe.dialects.count_words import Count, find_bare, find_count
from llm_observe.dialects.naming_keys import find_field
from llm_observe.dialects.tags import TagKeys, find_tag
from llm_observe.dialects.tier_keys import TierPlace, find_tier_place

_MOST: Final = 1024
_LONGEST: Final = 4096
_MOST_IN_SET: Final = 256
"""Sets of keys that are remembered, and characters and keys of one: senders choose them."""
_MOST_KEYS: Final = 4096
_LONGEST_KEY: Final = 256
_MARK: Final = "oken"
"""Every key of a count has it: ``tokens``, ``Tokens``, ``token_count``."""
_OBJECT: Final = "sage"
"""So has that of an object of counts: ``usage``, ``tokenUsage``, ``usage_details``."""


class Look:
    """The answers that a set of keys gives; each is made at the first question."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.left: dict[str, tuple[str, ...]] = {}
        """By dialect, the keys that it leaves: ``registry`` fills it."""
        self.lists: dict[str, Sequence[Sequence[tuple[str, str]]]] = {}
        """By name, the keys of each item of a flattened list: ``flattened`` fills it."""

    @cached_property
    def counts(self) -> tuple[tuple[str, Count], ...]:
        """Keys that count tokens in a usage object, or beyond doubt beside one."""
        found = ((key, _find_count(key)) for key in self.keys if "usage" in key or _MARK in key)
        return tuple((key, count) for key, count in found if count is not None)

    @cached_property
    def tokens(self) -> tuple[tuple[str, str | None], ...]:
        """Keys that may tell of tokens at all, each with the part that its bare words mean."""
        return tuple((k, _find_bare(k)) for k in self.keys if _MARK in k or _OBJECT in k)

    @cached_property
    def tiers(self) -> tuple[tuple[str, TierPlace], ...]:
        """Keys that tell a tier."""
        found = ((key, _find_tier_place(key)) for key in self.keys)
        return tuple((key, place) for key, place in found if place is not None)

    @cached_property
    def raw_usages(self) -> tuple[str, ...]:
        """Keys of objects that may hold a provider's own usage, and of its runs alone."""
        objects = (key for key, place in self.tiers if place.form == "object" and place.served)
        runs = (key for key in self.keys if _OBJECT in key and _ends_raw(key))
        return (*objects, *runs)

    @cached_property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Keys that name a model, a provider or a response, each with its field."""
        found = ((key, _find_field(key)) for key in self.keys)
        return tuple((key, field) for key, field in found if field is not None)

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Keys of a session, a user or a customer."""
        return tuple(key for key in self.keys if key in PEOPLE)

    @cached_property
    def tags(self) -> TagKeys:
        """Keys that are told as tags or may be such, and name nobody."""
        found = ((key, _find_tag(key)) for key in self.keys if key not in PEOPLE)
        return tuple((key, *named) for key, named in found if named is not None)


def _ends_raw(key: str) -> bool:
    return "iterations" in key or key.endswith("usage_object")


_LOOKS: Final[dict[tuple[str, ...], Look]] = {}


def look_at(attributes: Mapping[str, Any]) -> Look:
    """Give what the keys of attributes tell."""
    keys = tuple(attributes)
    return _LOOKS.get(keys) or _look(keys)


def _look(keys: tuple[str, ...]) -> Look:
    """Look for the first time; where there is no more room, begin anew."""
    look = Look(keys)
    if len(keys) <= _MOST_IN_SET and sum(map(len, keys)) <= _LONGEST:
        if len(_LOOKS) >= _MOST:
            _LOOKS.clear()
        _LOOKS[keys] = look
    return look


_find_count = remember(find_count, most=_MOST_KEYS, longest=_LONGEST_KEY)
_find_bare = remember(find_bare, most=_MOST_KEYS, longest=_LONGEST_KEY)
_find_tier_place = remember(find_tier_place, most=_MOST_KEYS, longest=_LONGEST_KEY)
_find_tag = remember(find_tag, most=_MOST_KEYS, longest=_LONGEST_KEY)
_find_field = remember(find_field, most=_MOST_KEYS, longest=_LONGEST_KEY)
