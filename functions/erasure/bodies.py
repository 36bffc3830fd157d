"""The bodies of forgetting."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from llm_observe.records import clean_text

MOST_USER_ID: Final = 65_536
"""Characters of an id that is to be forgotten; a longer one is named as it is stored."""


def _read_user_id(value: object) -> object:
    # Before anything else: a lone surrogate is stored as a question mark, not refused.
    if isinstance(value, str) and len(value) <= MOST_USER_ID:
        return clean_text(value, MOST_USER_ID)
    return value


UserId = Annotated[
    str, Field(min_length=1, max_length=MOST_USER_ID), BeforeValidator(_read_user_id)
]
"""A user's id as the application sets it; or as spans show it."""


class UserToForget(BaseModel):
    """The user whose data is to be deleted: any id, as the application sets or as spans show it."""

    model_config = ConfigDict(extra="forbid")

    user_id: UserId


class Receipt(BaseModel):
    """A deletion: its counts, its time and its author; the same stands in the audit."""

    receipt_id: str
    action: str
    target: str
    deleted: dict[str, int]
    at: datetime
    by: str
