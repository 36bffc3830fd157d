"""The fields of a filter and their types, as ``app.list_fields`` and ``app.list_field_types`` say.

The database has the tables; by this copy, which a test compares, a text is refused with the place
of its fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

MOST_CHARACTERS: Final = 256
TAG: Final = "tag:"
_MOST_KEY: Final = 64


@dataclass(frozen=True, slots=True)
class FieldType:
    """The operators that fields of a type take, and the pattern of a whole value, in words, too."""

    operators: tuple[str, ...]
    pattern: re.Pattern[str] | None = None
    meaning: str | None = None


def _type(operators: str, pattern: str | None = None, meaning: str | None = None) -> FieldType:
    compiled = None if pattern is None else re.compile(pattern, re.DOTALL)
    return FieldType(tuple(operators.split()), compiled, meaning)


_ANY: Final = ".+"
_WORDS: Final = "a text of 1 to 256 characters"
_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
_COMPARED: Final = "lt le gt ge"

TYPES: Final[Mapping[str, FieldType]] = {
    "text": _type("in has", _ANY, _WORDS),
    "id": _type("in has", _ANY, _WORDS),
    "choice": _type("in has", "[a-z]{1,16}", "one of its values"),
    "trace_id": _type("in", "[0-9a-f]{32}", "32 hex digits in lower case"),
    "span_id": _type("in", "[0-9a-f]{16}", "16 hex digits in lower case"),
    "whole": _type(f"in {_COMPARED} has", "[0-9]{1,15}", "a whole number, such as 1000"),
    "money": _type(
        f"in {_COMPARED} has",
        r"[0-9]{1,9}(\.[0-9]{1,12})?",
        "an amount of US dollars, such as 0.1",
    ),
    "duration": _type(
        f"{_COMPARED} has",
        r"[0-9]{1,9}(\.[0-9]{1,6})?(ns|us|ms|s|m|h|d)",
        "a duration with its unit, such as 150ms, 2s or 1.5h",
    ),
    "time": _type(
        _COMPARED,
        f"{_DAY}({_TIME})?",
        "a day (UTC) or a time with its zone: 2026-11-01, 2026-11-01T12:00:00Z",
    ),
    "flag": _type("is"),
    "store": _type("has"),
    "digest": _type(
        "in",
        "h1:[^:]{1,64}:[A-Za-z0-9_-]{43}",
        "a digest as spans have it, h1:<key id>:<base64url>",
    ),
    "words": _type("matches phrase", _ANY, _WORDS),
}
_NAMES_OF_TYPES: Final[Mapping[str, str]] = {
    "text": "environment service release operation provider model agent tool prompt error_type"
    " api_key name served_model usage_uncounted unknown_because",
    "id": "user session customer feature",
    "choice": "status misdated",
    "trace_id": "trace",
    "span_id": "span",
    "whole": "tokens input_tokens output_tokens cache_read_tokens reasoning_tokens"
    " calls spans errors",
    "money": "cost",
    "duration": "duration ttft",
    "time": "started",
    "flag": "failed counted summed unpriced unmeasured possible_duplicate streamed",
    "store": "content",
    "digest": "input_digest",
    "words": "text",
}
FIELDS: Final[Mapping[str, str]] = {
    name: kind for kind, names in _NAMES_OF_TYPES.items() for name in names.split()
}
"""The type of each field, beside ``tag:<key>``."""
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("unset", "ok", "error"),
    "misdated": ("future", "past"),
}
OF_TRACES: Final = frozenset({"calls", "spans", "errors"})
"""Fields that no span has."""
READ_FROM_SPANS: Final = frozenset(
    {
        *("release", "agent", "tool", "prompt", "feature", "api_key", "span"),
        *("served_model", "usage_uncounted", "unknown_because", "ttft"),
        *("cache_read_tokens", "reasoning_tokens", "possible_duplicate", "streamed"),
        *("text", "input_digest", "summed"),
    }
)
"""Fields, beside tags, for which a trace's spans have to be read."""
SHORT_NAMES: Final[Mapping[str, str]] = {
    "env": "environment",
    "error": "error_type",
    "key": "api_key",
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
}
"""Names that a text may have in place of a field's own."""


def find_type(name: str) -> FieldType | None:
    """Give the type of a field, or None where there is no such field."""
    if name.startswith(TAG) and 0 < len(name) - len(TAG) <= _MOST_KEY:
        return TYPES["id"]
    return TYPES[FIELDS[name]] if name in FIELDS else None


def is_id(name: str) -> bool:
    """Whether a longer value of a field is stored as its hash."""
    return name.startswith(TAG) or FIELDS.get(name) == "id"


def find_nearest(name: str, names: tuple[str, ...]) -> str | None:
    """Give the name that is most like a misspelt one, or None where none is like it."""
    close = get_close_matches(name.lower(), names, n=1)
    return close[0] if close else None
