"""The JSON form of a filter as a caller writes it; the database says which trees are filters."""

from __future__ import annotations

import json
from typing import Any, Final

from functions.common.asking.scanner import FilterTextError
from functions.common.asking.trees import Tree

_MOST_LEVELS: Final = 16
"""More than a filter can have: four groups, their lists, a term and its values."""


def read_filter_json(text: str) -> Tree:
    """Give the object that a text is in JSON.

    Raises:
        FilterTextError: if it is none.
    """
    try:
        # Numbers stay as they are written: as a float, 0.1 would be another amount.
        tree: Tree = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise FilterTextError(error.pos, f"this is no JSON ({error.msg})") from error
    except RecursionError as error:
        raise FilterTextError(0, "it is nested too deeply") from error
    if _is_deep(tree):
        raise FilterTextError(0, "it is nested too deeply")
    try:
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise FilterTextError(
            0, "a text in it has half of a character (\\ud800 to \\udfff)"
        ) from error
    return tree


def _is_deep(tree: Tree) -> bool:
    level: list[Any] = [tree]
    for _ in range(_MOST_LEVELS):
        level = [member for each in level for member in _list_members(each)]
    return bool(level)


def _list_members(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
