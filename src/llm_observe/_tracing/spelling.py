"""Arguments and results of an application's functions, written as JSON-like values.

Nothing of the application runs for it: no ``repr`` or ``str`` of its own, no property, and no
iterator, which would be consumed. Any other value is told by its type; a ``repr`` may hold
an address or a secret, too.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any, Final, cast

_MOST_VALUES: Final = 10_000
_MOST_CHARACTERS: Final = 1_000_000
_DEEPEST: Final = 32
_MORE: Final = "…"


def spell(value: object) -> Any:
    """Write a value down: 10,000 values, a million characters and 32 levels of it at most."""
    return _Writer().write(value, 0)


class _Writer:
    """Writes one value, as far as there is room."""

    def __init__(self) -> None:
        self._values = _MOST_VALUES
        self._characters = _MOST_CHARACTERS

    def write(self, value: object, depth: int) -> Any:
        self._values -= 1
        kind = type(value)
        if value is None or kind in {bool, int, float}:
            return value
        # By the type: to ask whether a value is an instance may run a ``__class__`` of its own.
        if issubclass(kind, str):
            return self._write_text(cast("str", value))
        if kind in {bytes, bytearray}:
            return f"<{kind.__name__} of {len(cast('bytes', value))}>"
        if depth < _DEEPEST and issubclass(kind, dict):
            return self._write_items(cast("dict[Any, Any]", value), depth)
        if depth < _DEEPEST and issubclass(kind, list | tuple):
            return self._write_list(cast("list[Any]", value), depth)
        if depth < _DEEPEST and is_dataclass(kind) and (held := _find_fields(value)):
            return self._write_items(held, depth)
        return f"<{kind.__name__}>"

    def _write_text(self, text: str) -> str:
        kept = str.__getitem__(text, slice(max(0, self._characters)))
        self._characters -= len(kept)
        return kept

    def _write_items(self, items: dict[Any, Any], depth: int) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for key, value in dict.items(items):
            if self._is_spent:
                written[_MORE] = _MORE
                break
            kind = type(key)
            name = str(key) if kind in {int, float, bool} else f"<{kind.__name__}>"
            name = self._write_text(key if issubclass(kind, str) else name)
            written[name] = self.write(value, depth + 1)
        return written

    def _write_list(self, items: list[Any], depth: int) -> list[Any]:
        written = []
        walk = list.__iter__ if issubclass(type(items), list) else tuple.__iter__
        for item in walk(items):  # type: ignore[arg-type]  # of its own type
            if self._is_spent:
                written.append(_MORE)
                break
            written.append(self.write(item, depth + 1))
        return written

    @property
    def _is_spent(self) -> bool:
        return self._values <= 0 or self._characters <= 0


def _find_fields(value: object) -> Any:
    """A dataclass's own values; one with slots has none to be found without running its code."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if type(found) is dict else None
