"""Lists that a convention has flattened into keys: ``messages.0.role``, ``messages.1.role``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

MOST_ITEMS: Final = 1024
"""Messages, documents or calls of one list that are read; of more, the last."""
_LONGEST_INDEX: Final = 9


def gather(attributes: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Give the items of a flattened list in order, each with its keys behind ``name.N.``.

    One walk over the attributes, whatever the indexes are.
    """
    start, items = name + ".", dict[int, dict[str, Any]]()
    for key, value in attributes.items():
        if key.startswith(start):
            index, _, rest = key[len(start) :].partition(".")
            if index.isdecimal() and index.isascii() and len(index) <= _LONGEST_INDEX:
                items.setdefault(int(index), {})[rest] = value
    return [items[index] for index in sorted(items)[-MOST_ITEMS:]]
