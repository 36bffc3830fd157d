"""The text form of a filter, written from its JSON form: what reads back as the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from functions.common.asking.fields import MOST_CHARACTERS, TAG
from functions.common.asking.trees import Tree

_BARE: Final = re.compile(r'[^\s",()\\]+')
_BARE_KEY: Final = re.compile(r'[^\s:<>=,"()\\]+')
_WORD: Final = re.compile(r"(?!(?:OR|AND|NOT)$)\w+(?:[.'-]\w+)*")
_ESCAPED: Final = re.compile(r'["\\]')
_SIGNS: Final = {"in": ":", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def write_filter_text(tree: Tree) -> str | None:
    """Write a tree whose terms can stand beside others; "" for one that keeps all.

    None for what only JSON says: a value that is empty or too long, words with signs of the text
    form, and two searches for words side by side, which the text form takes for one.
    """
    return _write_side_by_side(tree.get("and") or [tree]) if tree else ""


def _write_side_by_side(trees: Sequence[Tree], between: str = " ") -> str | None:
    written = [_write(tree) for tree in trees]
    searches = sum(tree.get("op") == "matches" for tree in trees)
    if None in written or (searches > 1 and between == " "):
        return None
    return between.join(filter(None, written))


def _write(tree: Tree) -> str | None:
    """Write a tree as one operand."""
    if "not" in tree:
        operand = _write(tree["not"])
        # No minus stands before another.
        return operand and (f"-({operand})" if operand.startswith("-") else f"-{operand}")
    for how, between in (("and", " "), ("or", " OR ")):
        if how in tree:
            inner = _write_side_by_side(tree[how], between)
            return inner and f"({inner})"
    return _write_term(tree)


def _write_term(term: Tree) -> str | None:
    values = [str(value) for value in term.get("values", ())]
    if any(not 0 < len(value) <= MOST_CHARACTERS for value in values):
        return None
    name, op = _write_name(term["field"]), term["op"]
    if op in ("has", "is"):
        return f"{op}:{name}"
    if op == "matches":
        return _write_words(values[0].split(" "))
    if op == "phrase":
        return _quote(values[0])
    return f"{name}{_SIGNS[op]}{','.join(_write_value(value) for value in values)}"


def _write_words(words: Sequence[str]) -> str | None:
    if not all(_WORD.fullmatch(word) for word in words):
        return None
    return words[0] if len(words) == 1 else f"({' '.join(words)})"


def _write_name(field: str) -> str:
    key = field.removeprefix(TAG)
    if key == field or _BARE_KEY.fullmatch(key):
        return field
    return TAG + _quote(key)


def _write_value(value: str) -> str:
    return value if _BARE.fullmatch(value) else _quote(value)


def _quote(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def tell_value(field: str, value: Any) -> Tree:
    """Make the tree that keeps what tells a value of a field; None: what tells none."""
    if value is None:
        return {"not": {"field": field, "op": "has"}}
    return {"field": field, "op": "in", "values": [value]}
