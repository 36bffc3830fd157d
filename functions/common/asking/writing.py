"""The text form of a filter, written from its JSON form: what reads back as the same."""

from __future__ import annotations

import re
from typing import Any, Final

from functions.common.asking.fields import MOST_CHARACTERS, TAG
from functions.common.asking.trees import Tree

_BARE: Final = re.compile(r'[^\s",()\\]+')
_BARE_KEY: Final = re.compile(r'[^\s:<>=,"()\\]+')
_ESCAPED: Final = re.compile(r'["\\]')
_SIGNS: Final = {"in": ":", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def write_filter_text(tree: Tree) -> str | None:
    """Write a tree whose terms can stand beside others; "" for one that keeps all.

    None where it has a value that no filter can name: one that is empty or too long.
    """
    if not tree:
        return ""
    members = tree.get("and") or [tree]
    written = [_write(member) for member in members]
    return None if None in written else " ".join(filter(None, written))


def _write(tree: Tree) -> str | None:
    """Write a tree as one operand."""
    if "not" in tree:
        operand = _write(tree["not"])
        # No two minuses stand beside each other.
        return operand and (f"-({operand})" if operand.startswith("-") else f"-{operand}")
    for how, between in (("and", " "), ("or", " OR ")):
        if how in tree:
            written = [_write(member) for member in tree[how]]
            return None if None in written else f"({between.join(filter(None, written))})"
    return _write_term(tree)


def _write_term(term: Tree) -> str | None:
    values = [str(value) for value in term.get("values", ())]
    if any(not 0 < len(value) <= MOST_CHARACTERS for value in values):
        return None
    name, op = _write_name(term["field"]), term["op"]
    if op in ("has", "is"):
        return f"{op}:{name}"
    if op == "matches":
        return _quote(values[0])
    return f"{name}{_SIGNS[op]}{','.join(_write_value(value) for value in values)}"


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
