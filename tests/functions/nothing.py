"""Routes about things that are not there, so that only the credential decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PARTS: Final[Mapping[str, str]] = {
    "{trace_id}": "a" * 32,
    "{span_id}": "b" * 16,
    "{session_id}": "nobody/s",
    "{key_id}": "nosuchid",
    "{deletion_id}": "00000000-0000-4000-8000-000000000009",
    "{invitation_id}": "nosuchid",
    "{view_id}": "00000000-0000-4000-8000-000000000009",
    "{user_id}": "00000000-0000-4000-8000-000000000009",
    "{tenant_id}": "another",
}


def name_nothing(route: str) -> tuple[str, str]:
    """Give a route's method, and its path with names that nobody has."""
    method, path = route.split(" ")
    for part, name in _PARTS.items():
        path = path.replace(part, name)
    return method, path
