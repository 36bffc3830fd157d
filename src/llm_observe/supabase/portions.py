"""Rows cut into portions that one request may hold and one statement has time for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

Row = dict[str, Any]
T = TypeVar("T")

_MOST_ROWS: Final = 1_000
_MOST_BYTES: Final = 4 * 1024 * 1024
"""Of JSON: stored by one call well within a statement's time, and less than proxies take."""
LARGEST_ROW: Final = 8 * 1024 * 1024
"""Bytes of JSON. The local Data API takes 10 MiB, as do many proxies; no row of ours comes near."""
TOO_LARGE: Final = "It has more than 8 MiB as JSON. Send less content and fewer attributes with it."


def cut(items: Iterable[T], weigh: Callable[[T], int]) -> Iterator[list[T]]:
    """Give items in their order: at most 1,000 and 4 MiB at a time by their weights, or one."""
    portion: list[T] = []
    size = 0
    for item in items:
        weight = weigh(item)
        if portion and (len(portion) == _MOST_ROWS or size + weight > _MOST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(item)
        size += weight
    if portion:
        yield portion
