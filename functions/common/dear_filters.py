"""A filter that the database gives up on is refused with its dearest term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from postgrest.exceptions import APIError

from functions.common.asking.costs import find_dearest
from functions.common.asking.trees import Tree
from functions.common.errors import BadRequestError
from functions.common.filters import Rows

_GAVE_UP: Final = "57014"
_TOO_DEAR: Final = (
    "The database gave up looking through so many rows; the dearest term is {}. "
    "Ask of less time with start and end, or started> and started<."
)


@contextmanager
def name_dearest(trees: Sequence[Tree], rows: Rows) -> Iterator[None]:
    """Ask the database for rows that all trees let through.

    Raises:
        BadRequestError: if it gives up, and a term could be narrowed.
    """
    try:
        yield
    except APIError as error:
        dearest = find_dearest(trees, rows) if error.code == _GAVE_UP else None
        if dearest is None:
            raise
        raise BadRequestError(_TOO_DEAR.format(dearest)) from error
