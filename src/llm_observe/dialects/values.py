"""Attribute values read with the type they should have; what has another counts as not said."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

_LONGEST_JSON: Final = 1_000_000
"""Characters of an attribute that are parsed as JSON: more is no request anybody looks at."""
_MOST_JSON: Final = 65_536
"""Values in it: forty embeddings are as many."""
_DEEPEST_JSON: Final = 64
"""Levels of an attribute's JSON: tools' arguments nest a dozen; records keep 32."""
_OPENING: Final = "[{"
_BLANKS: Final = " \t\n\r"
_DECODER: Final = json.JSONDecoder()
LISTS: Final = (list, tuple)
"""Made once: ``list | tuple`` at its use is made each time."""
MAPPINGS: Final = (dict, Mapping)
"""Nearly all are dictionaries, which is told at once: of ``Mapping`` alone it takes 0.3 µs."""
_NUMBERS: Final = (int, float)
_LARGEST: Final = 2**53


def read_text(attributes: Mapping[str, Any], *keys: str) -> str | None:
    """Give the first of the keys that holds text."""
    for key in keys:
        value = attributes.get(key)
        if value and isinstance(value, str):
            return value
    return None


def read_flag(attributes: Mapping[str, Any], key: str) -> bool | None:
    """Give a boolean."""
    value = attributes.get(key)
    return value if isinstance(value, bool) else None


def read_texts(attributes: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """Give a list of texts, also where the list was written as JSON."""
    value = read_json(attributes.get(key))
    if not isinstance(value, LISTS):
        return None
    return tuple(item for item in value if isinstance(item, str) and item) or None


def read_milliseconds(attributes: Mapping[str, Any], key: str) -> float | None:
    """Give a number of seconds as milliseconds."""
    value = read_number(attributes.get(key))
    return value * 1000 if value is not None else None


def read_number(value: Any) -> float | None:
    """Give a finite number that is not negative."""
    if not isinstance(value, _NUMBERS) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST and math.isfinite(value) else None


def read_mapping(value: Any) -> Mapping[str, Any]:
    """Give an object, also where it was written as JSON; an empty one where there is none."""
    if value is None:
        return {}
    found = read_json(value)
    return found if isinstance(found, MAPPINGS) else {}


def read_list(value: Any) -> Sequence[Any]:
    """Give a list, also where it was written as JSON; an empty one where there is none."""
    found = read_json(value)
    return found if isinstance(found, LISTS) else ()


def read_json(value: Any) -> Any:
    """Give what a text says if it is a JSON object or list, else the value itself.

    A text that is too long, nested too deep or broken stays text.
    """
    if not isinstance(value, str) or value[:1] not in _OPENING or _is_much(value):
        return value
    try:
        found, end = _DECODER.raw_decode(value)
    except (ValueError, RecursionError):
        return value
    if end < len(value) and value[end:].strip(_BLANKS):
        return value
    opened = value.count("[") + value.count("{")
    return value if opened > _DEEPEST_JSON and _is_deep(found) else found


def read_quoted(value: Any) -> Any:
    """Give what a text says if it is JSON of any kind, a quoted text or a number, too."""
    if not isinstance(value, str) or _is_much(value):
        return value
    if value[:1] in _OPENING:
        return read_json(value)
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def count_values(value: Any) -> int:
    """Give how many values a list or mapping holds, or a text may hold if it is JSON."""
    if isinstance(value, str):
        return 1 + value.count(",") + value.count("[") + value.count("{")
    return len(value)


def _is_much(text: str) -> bool:
    return len(text) > _LONGEST_JSON or (len(text) > _MOST_JSON and count_values(text) > _MOST_JSON)


def _is_deep(value: Any) -> bool:
    """Whether a value nests more levels than are read; level by level, in linear time."""
    level = [value]
    for _ in range(_DEEPEST_JSON):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def read_whole(value: Any) -> Any:
    """Give a count that was written as a float as the whole number it is, else the value."""
    return int(value) if type(value) is float and value.is_integer() else value
