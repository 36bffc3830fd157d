"""Lists that a convention has flattened into keys: ``messages.0.role``, ``messages.1.role``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from llm_observe.dialects.key_looks import look_at

MOST_ITEMS: Final = 1024
"""Messages, documents or calls of one list that are read; of more, the last."""
_LONGEST_INDEX: Final = 9


def gather(attributes: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Give the items of a flattened list in order, each with its keys behind ``name.N.``.

    Where which item's values stand is remembered with the other answers about these keys.
    """
    look = look_at(attributes)
    items = look.lists.get(name)
    if items is None:
        items = look.lists[name] = _find_items(look.keys, name + ".")
    return [{rest: attributes[key] for key, rest in item} for item in items]


def _find_items(keys: Iterable[str], start: str) -> Sequence[Sequence[tuple[str, str]]]:
    """Give each item's keys in one walk over all, whatever the indexes are."""
    items = dict[int, list[tuple[str, str]]]()
    for key in keys:
        if key.startswith(start):
            index, _, rest = key[len(start) :].partition(".")
            if index.isdecimal() and index.isascii() and len(index) <= _LONGEST_INDEX:
                items.setdefault(int(index), []).append((key, rest))
    return [items[index] for index in sorted(items)[-MOST_ITEMS:]]
