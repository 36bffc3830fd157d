"""Cursors: a place in a list as one word, which a caller sends back to go on behind it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, TypeVar

from pydantic import BaseModel

from functions.common.errors import BadRequestError

FOREIGN_CURSOR: Final = "cursor is not one of this endpoint's; leave it out to start over."
_Place = TypeVar("_Place", bound=BaseModel)


def write_cursor(place: str) -> str:
    """Write a place, which is given as JSON."""
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str, form: type[_Place], refusal: str = FOREIGN_CURSOR) -> _Place:
    """Read a place that has this form.

    Raises:
        BadRequestError: with the refusal, if the cursor says no such place.
    """
    try:
        return form.model_validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:  # pydantic's is one
        raise BadRequestError(refusal) from error
