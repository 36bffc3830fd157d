"""The bodies of /sessions."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from functions.common.sessions import SessionSummary
from functions.common.summaries import TraceSummary


class SessionPage(BaseModel):
    items: list[SessionSummary]
    next_cursor: str | None


class Turn(TraceSummary):
    """A trace of a session, and what is new in it."""

    gap_ms: float | None = Field(
        description="From the end of the turn before to its start, 0 where they overlap."
    )
    messages: list[Any] | None = Field(
        description="What its first and last calls were sent that was in none of the 20 turns "
        "before, and what the last one answered, as far as it is kept; null where nothing is."
    )
    messages_missing: bool = Field(description="True where they had no room in the answer.")


class SessionDetail(BaseModel):
    """A session and a page of its turns, in order."""

    session: SessionSummary
    turns: list[Turn]
    next_cursor: str | None
