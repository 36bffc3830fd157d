"""Which dialect a span speaks: its scope says it, else a key that only one dialect has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from llm_observe.dialects.reading import Dialect
from llm_observe.dialects.source import SourceSpan

_MOST_SCOPES = 1024
"""Scopes whose dialect is remembered: a process has dozens, an attacker as many as he likes."""
_LONGEST_SCOPE = 256


def build_choice(dialects: Sequence[Dialect], plain: Dialect) -> Callable[[SourceSpan], Dialect]:
    """Make the function that chooses; where several claim a span, the first of them has it."""
    exact = {scope: each for each in reversed(dialects) for scope in each.scopes}
    begun = [(scope, each) for scope, each in exact.items() if scope.endswith(".")]
    signs = [(sign, each) for each in dialects for sign in each.signs]

    def choose_by_scope(scope: str) -> Dialect | None:
        found = exact.get(scope)
        return found or next((each for start, each in begun if scope.startswith(start)), None)

    remembered = lru_cache(_MOST_SCOPES)(choose_by_scope)

    def choose(span: SourceSpan) -> Dialect:
        scope = span.scope
        found = remembered(scope) if len(scope) <= _LONGEST_SCOPE else choose_by_scope(scope)
        if found is not None:
            return found
        attributes = span.attributes
        for sign, dialect in signs:
            if sign in attributes:
                return dialect
        return plain

    return choose
