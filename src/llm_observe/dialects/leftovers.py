"""What is left of a span's attributes when its dialect has read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from llm_observe import semconv
from llm_observe.dialects.reading import Dialect

_COMMON = frozenset({semconv.TENANT_ID, semconv.SESSION_ID, semconv.USER_ID, semconv.ENVIRONMENT})
"""Attributes with a column, whatever the dialect."""
_MOST_KEYS = 4096
"""Keys that are remembered to be under a root or not; longer ones are looked at each time."""
_LONGEST_KEY = 256

Leave = Callable[[Dialect, Mapping[str, Any]], dict[str, Any]]


def build_leave(dialects: Sequence[Dialect]) -> Leave:
    """Make the function that leaves what a dialect did not understand and no root of any has."""
    roots = frozenset(root for dialect in dialects for root in dialect.roots)
    under = tuple(root + "." for root in sorted(roots))

    def look_at(key: str) -> bool:
        return key in roots or key.startswith(under)

    is_rooted = lru_cache(_MOST_KEYS)(look_at)
    used = {dialect.name: dialect.keys | _COMMON for dialect in dialects}

    def leave(dialect: Dialect, attributes: Mapping[str, Any]) -> dict[str, Any]:
        keys, drops = used.get(dialect.name, _COMMON), dialect.drops
        left = {
            key: value
            for key, value in attributes.items()
            if key not in keys and not (is_rooted if len(key) <= _LONGEST_KEY else look_at)(key)
        }
        return {k: v for k, v in left.items() if not drops(k, v)} if drops else left

    return leave
