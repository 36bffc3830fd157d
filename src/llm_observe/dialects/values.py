"""Attribute values read with the type they should have; what has another counts as not said."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

_LONGEST_JSON: Final = 1_000_000
"""Characters of an attribute that are parsed as JSON: more is no request anybody looks at."""


def read_text(attributes: Mapping[str, Any], *keys: str) -> str | None:
    """Give the first of the keys that holds text."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            return value
    return None


def read_flag(attributes: Mapping[str, Any], key: str) -> bool | None:
    """Give a boolean."""
    value = attributes.get(key)
    return value if isinstance(value, bool) else None


def read_texts(attributes: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """Give a list of texts, also where the list was written as JSON."""
    value = read_json(attributes.get(key))
    if not isinstance(value, list | tuple):
        return None
    return tuple(item for item in value if isinstance(item, str) and item) or None


def read_milliseconds(attributes: Mapping[str, Any], key: str) -> float | None:
    """Give a number of seconds as milliseconds."""
    value = attributes.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value * 1000 if math.isfinite(value) and value >= 0 else None


def read_json(value: Any) -> Any:
    """Give what a text says if it is a JSON object or list, else the value itself."""
    if not isinstance(value, str) or value[:1] not in {"{", "["} or len(value) > _LONGEST_JSON:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
