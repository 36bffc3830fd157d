"""Tokens: an enumeration's words, ids, routes and versions, which hold no sentence."""

from __future__ import annotations

import re
from typing import Any, Final

from llm_observe.records import MOST_NAME, MOST_REASONS

_TOKEN: Final = re.compile(rf"[!-~]{{1,{MOST_NAME}}}")
_MOST_KINDS: Final = 8
_LISTS: Final = (list, tuple)


def is_token(value: Any) -> bool:
    """Whether a value is a word without blanks, of 256 characters at most."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def take_tokens(values: Any) -> list[str]:
    """Give the tokens of a list of at most eight kinds, which together have 256 characters.

    A sentence cut into words is no list of reasons.
    """
    if not isinstance(values, _LISTS):
        return []
    kept = [value for value in values[:MOST_REASONS] if is_token(value)]
    kinds = set(kept)
    return kept if len(kinds) <= _MOST_KINDS and sum(map(len, kinds)) <= MOST_NAME else []
