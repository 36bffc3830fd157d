"""A request's JSON body, as far as it must be understood before Postgres reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from infra.local.data_api.errors import invalid_body


@dataclass(frozen=True)
class Payload:
    """The body as text for Postgres, whether it is one object, and the keys of each object."""

    text: str
    is_object: bool
    keys: tuple[str, ...]


def parse_payload(body: bytes, *, columns: tuple[str, ...] | None, empty: str | None) -> Payload:
    """Check a body as PostgREST does; raises DataApiError 400 PGRST102.

    Where ``columns`` names the keys, Postgres alone reads the JSON.
    ``empty`` stands for a body of no bytes, where that is allowed.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise invalid_body("Empty or invalid json") from None
    if columns is not None:
        return Payload(text, text.lstrip(" \t\n\r").startswith("{"), columns)
    try:
        value = json.loads(text if body or empty is None else empty, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise invalid_body("Empty or invalid json") from None
    if isinstance(value, dict):
        return Payload(text, is_object=True, keys=tuple(value))
    if not isinstance(value, list):
        return Payload("[]", is_object=False, keys=())  # what PostgREST makes of a scalar
    return Payload(text, is_object=False, keys=_uniform_keys(value))


def _uniform_keys(rows: list[Any]) -> tuple[str, ...]:
    if not rows:
        return ()
    first = rows[0]
    if not all(isinstance(row, dict) and row.keys() == first.keys() for row in rows):
        raise invalid_body("All object keys must match")
    return tuple(first)


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON has not."""
    raise ValueError(f"{constant} is not JSON")
