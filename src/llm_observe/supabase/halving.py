"""Storing rows of which some can never be stored: the others are, and these are named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from llm_observe.supabase.portions import LARGEST_ROW, TOO_LARGE, cut

T = TypeVar("T")

_MOST_CALLS: Final = 256
"""Of one batch: a dozen bad rows among a thousand take as many."""
_TOO_MANY: Final = "Too many rows beside it are refused. Send it again without them."


class BatchRefusedError(Exception):
    """Nothing of a batch is stored; the text says why, without any value of a row.

    ``certain`` says that it is a row's fault. Else it may as well be everybody's.
    """

    def __init__(self, reason: str, *, certain: bool) -> None:
        super().__init__(reason)
        self.certain = certain


def store_portions(
    items: Iterable[T],
    weigh: Callable[[T], int],
    send: Callable[[Sequence[T]], None],
    refuse: Callable[[T, str], None],
) -> None:
    """Send items in portions by their weights in bytes, and refuse those that are never stored."""
    for portion in cut(items, weigh):
        if len(portion) == 1 and weigh(portion[0]) > LARGEST_ROW:
            refuse(portion[0], TOO_LARGE)
        else:
            store_each(portion, send, refuse)


def store_each(
    items: Sequence[T], send: Callable[[Sequence[T]], None], refuse: Callable[[T, str], None]
) -> None:
    """Send a batch; halve what is refused, down to the items it means, and refuse these.

    An item that is refused for an uncertain reason is only given up if something else was stored,
    or if the database takes an empty batch: else it is the database that fails, and not the item.
    Any other error of ``send`` ends it, and says what of the empty batch. Items that were
    neither stored nor refused by then may be sent again.
    """
    waiting, doubtful = [items], list[tuple[T, str]]()
    stored = False
    for _ in range(_MOST_CALLS):
        if not waiting:
            break
        batch = waiting.pop()
        try:
            send(batch)
            stored = True
        except BatchRefusedError as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                waiting += (batch[middle:], batch[:middle])
            elif error.certain:
                refuse(batch[0], str(error))
            else:
                doubtful.append((batch[0], str(error)))
    doubtful += [(item, _TOO_MANY) for batch in reversed(waiting) for item in batch]
    if doubtful and not stored:
        send([])
    for item, reason in doubtful:
        refuse(item, reason)
