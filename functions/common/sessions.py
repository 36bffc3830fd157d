"""A session's row, as several endpoints answer it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from functions.common.summaries import Row, name_tokens


class SessionSummary(BaseModel):
    """A session and its sums over all of its turns, which are its well-dated traces."""

    session_id: str
    first_start: datetime = Field(description="When its first turn started.")
    last_start: datetime = Field(description="When its last turn started.")
    last_end: datetime
    duration_ms: float = Field(description="From the first start to the last end.")
    turns: int = Field(description="Its traces.")
    more_turns: bool = Field(description="True where sums are over the newest 10,000 turns alone.")
    failed_turns: int = Field(description="Turns with a failed span.")
    requests: int = Field(description="Model calls.")
    unpriced_requests: int = Field(description="Calls of known usage and unknown price.")
    unmeasured_requests: int = Field(description="Answered calls of unknown usage.")
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    total_cost_usd: float | None
    models: list[str] = Field(description="Names in order; at most 32.")
    error_types: list[str] = Field(description="Of its failed spans, in order; at most 32.")
    user_id: str | None = Field(description="Of several the one that the newest turn tells.")
    customer_id: str | None
    environment: str | None
    preview: str | None = Field(
        description="What the user said in the first turn, 200 characters at most, where kept."
    )


def to_session_summary(row: Row) -> SessionSummary:
    """Make a session's row."""
    return SessionSummary.model_validate(name_tokens(row))
