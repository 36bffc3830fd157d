"""Parts of a path that hold an id as an application sets it: any text, slashes among it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from starlette.convertors import Convertor, register_url_convertor

from llm_observe.records import clean_text

MOST_ID: Final = 65_536
"""Characters of an id that a caller may give; a longer one is named as it is stored."""


class _AnyText(Convertor[str]):
    """A part of a path that holds anything: Starlette's own ends at a slash or a line break."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def _read_id(value: object) -> object:
    # Before anything else: a lone surrogate is stored as a question mark, not refused.
    if isinstance(value, str) and len(value) <= MOST_ID:
        return clean_text(value, MOST_ID)
    return value


GivenId = Annotated[str, Field(min_length=1, max_length=MOST_ID), BeforeValidator(_read_id)]
"""A user's or a session's id as the application sets it; or as spans show it."""

register_url_convertor("any", _AnyText())
