"""The fields of a message in JSON, each by its type; what has another type is absent, and told."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from math import ceil
from typing import Any, Final, TypeVar

from functions.ingest.building import Values
from functions.ingest.field_names import FieldNames, Restored
from functions.ingest.json_body import MOST_DIGITS
from functions.ingest.rejections import UnacceptableSpanError
from llm_observe.records import LATEST_NS

_HEX: Final = re.compile(r"[0-9a-f]*")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_INTEGER: Final = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}")
_DOUBLE: Final = re.compile(r"-?[0-9]{1,64}(?:\.[0-9]{1,64})?(?:[eE][+-]?[0-9]{1,9})?")
_NO_NUMBERS: Final = {name: float(name) for name in ("NaN", "Infinity", "-Infinity")}
_TO_MICROSECONDS: Final = (10**6, 10**3, 1)
_EARLIEST: Final = 946_684_800_000_000
_LATEST: Final = LATEST_NS // 1000
"""From 2000 to 2100, in microseconds."""
KINDS: Final = (
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
)
CODES: Final = ("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")

T = TypeVar("T")


def rename(values: Values, owner: Mapping[str, Any], fields: FieldNames) -> Mapping[str, Any]:
    """Give a message with its fields' own names; a member that is no field is left out."""
    if owner.keys() <= fields.names:
        return owner
    restored = fields.restore(owner)
    note_renaming(values, restored)
    return restored.fields


def note_renaming(values: Values, restored: Restored) -> None:
    """Tell of fields with other names, and of members that are none."""
    if restored.renamed:
        values.repairs.add("field_renamed")
    if restored.strays:
        values.repairs.add("field_dropped")


def read_integer(held: Any) -> int | None:
    """Protobuf's JSON has 64-bit integers as text, and takes numbers, with an exponent, too."""
    if isinstance(held, str) and _INTEGER.fullmatch(held):
        return int(held)
    if isinstance(held, float) and held.is_integer():
        return int(held)
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def read_double(held: Any) -> float | None:
    """Numbers, also as text, and what JSON has no number for: ``"NaN"``, ``"Infinity"``."""
    if isinstance(held, str):
        return float(held) if _DOUBLE.fullmatch(held) else _NO_NUMBERS.get(held)
    return float(held) if isinstance(held, int | float) and not isinstance(held, bool) else None


def read_bytes(held: str) -> bytes | None:
    """Bytes are in base64."""
    try:
        return b64decode(held)
    except ValueError:
        return None


def read_id(values: Values, owner: Mapping[str, Any], key: str) -> str:
    """Give an id in lower case; ``?`` for anything but hex."""
    digits = take_text(values, owner, key).lower()
    return digits if _HEX.fullmatch(digits) else "?"


def read_own_id(values: Values, span: Mapping[str, Any], key: str, digits: int) -> str:
    """Give an id of the span itself.

    Raises:
        UnacceptableSpanError: if it is in base64: the message says so, since senders can mend it.
    """
    text = take_text(values, span, key)
    lower = text.lower()
    if _HEX.fullmatch(lower):
        return lower
    if len(text.rstrip("=")) == ceil(digits * 4 / 6) and _BASE64.fullmatch(text):
        raise UnacceptableSpanError(
            f"{key} is in base64, as protobuf's own JSON has it. OTLP's JSON has it in hex, "
            f"of {digits} digits."
        )
    return "?"


def read_time(values: Values, owner: Mapping[str, Any], key: str) -> int:
    """Nanoseconds since 1970; 0 where there are none."""
    held = owner.get(key)
    whole = read_integer(held)
    if whole is not None:
        return whole
    return _note_absence(values, owner, key, read_fraction(held), 0)


def read_fraction(held: Any) -> int | None:
    """Give a time with a fraction, as Python's ``time.time()`` has it, in whole microseconds.

    Seconds, milliseconds and microseconds of this century have digits of their own.
    """
    number = read_double(held)
    if number is None:
        return None
    scaled = (round(number * factor) for factor in _TO_MICROSECONDS if 0 < number < _LATEST)
    return next((each for each in scaled if _EARLIEST <= each <= _LATEST), None)


def read_enum(values: Values, owner: Mapping[str, Any], key: str, names: tuple[str, ...]) -> int:
    """Numbers are the rule; names are what protobuf's own JSON has."""
    held = owner.get(key)
    if type(held) is int:
        return held
    number = names.index(held) if held in names else read_integer(held)
    return _note_absence(values, owner, key, number, 0)


def take_text(values: Values, owner: Mapping[str, Any], key: str) -> str:
    """Give a text, or an empty one."""
    held = owner.get(key)
    if isinstance(held, str):
        return held
    return _note_absence(values, owner, key, None, "")


def take_object(values: Values, owner: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Give an object, or an empty one."""
    held = owner.get(key)
    if isinstance(held, dict):
        return held
    return _note_absence(values, owner, key, None, {})


def take_objects(values: Values, owner: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Give a list's objects; whatever else it holds is left out."""
    held = owner.get(key)
    members = held if isinstance(held, list) else _note_absence(values, owner, key, None, [])
    if not members:
        return []
    objects: list[Mapping[str, Any]] = [member for member in members if isinstance(member, dict)]
    if len(objects) < len(members):
        values.repairs.add("field_dropped")
    return objects


def _note_absence(
    values: Values, owner: Mapping[str, Any], key: str, read: T | None, absent: T
) -> T:
    """Give what was read; what could not be read counts as absent, and that is told.

    The readers of texts, objects and lists come here without one only: a call less for each.
    """
    if read is not None:
        return read
    if owner.get(key) is not None:
        values.repairs.add("field_dropped")
    return absent
