"""Tags: a few words of an application's own on each of its spans, by key; bounded.

Nothing here raises for a value of any kind: an application's calls do not break on its tags.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llm_observe import semconv
from llm_observe.records import MOST_TAG_KEY, MOST_TAGS, bound_id

_KEY: Final = re.compile(rf"\S{{1,{MOST_TAG_KEY}}}")
_LARGEST: Final = 2**64


@dataclass(frozen=True, slots=True)
class Tags:
    """Tags as the attributes that spans are stamped with, and how many there was no room for."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    dropped: int = 0

    def add(self, told: Mapping[str, Any]) -> Tags:
        """Give these and others, of one key the later; beyond 16 the later are dropped."""
        kept, dropped = dict(self.attributes), self.dropped
        for key, value in told.items():
            name, text = semconv.TAG + key, read_tag(value)
            if text is None or not is_tag_key(key) or (name not in kept and len(kept) >= MOST_TAGS):
                dropped += 1
            else:
                kept[name] = text
        return Tags(kept, dropped)


NO_TAGS: Final = Tags()


def is_tag_key(key: str) -> bool:
    """Whether a tag may have this key: 1 to 64 characters, no blank."""
    return _KEY.fullmatch(key) is not None


def read_tag(value: Any) -> str | None:
    """Give a tag's value as text, a longer one by its hash; None for what is no word.

    A number and a flag are written as JSON does, a whole number without a fraction.
    """
    kind = type(value)
    if issubclass(kind, str):
        # Not ``str(value)``, which is the application's where the class is.
        return bound_id(str.__str__(value)) or None
    if kind is bool:
        return "true" if value else "false"
    if kind is float and math.isfinite(value):
        is_whole = value.is_integer() and abs(value) < _LARGEST
        return str(int(value)) if is_whole else str(value)
    if kind is int and abs(value) < _LARGEST:
        return str(value)
    return None
