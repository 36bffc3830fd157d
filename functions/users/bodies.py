"""The bodies of /users."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from functions.common.sessions import SessionSummary
from functions.common.summaries import TraceSummary


class UserSummary(BaseModel):
    """The sums of a user's model calls in the window, as ``/metrics?group_by=user`` has them."""

    user_id: str
    first_seen: datetime | None = Field(description="When the first call of the window started.")
    last_seen: datetime | None = Field(description="When the last call of the window started.")
    requests: int
    errors: int
    error_rate: float | None
    unpriced_requests: int = Field(description="Calls of known usage and unknown price.")
    unmeasured_requests: int = Field(description="Answered calls of unknown usage.")
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None


class UserPage(BaseModel):
    start: datetime
    end: datetime
    items: list[UserSummary]
    next_cursor: str | None


class UserModel(BaseModel):
    """The sums of a user's calls of one model."""

    model: str | None
    provider: str | None
    requests: int
    errors: int
    error_rate: float | None
    unpriced_requests: int
    unmeasured_requests: int
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None


class UserDetail(BaseModel):
    start: datetime
    end: datetime
    user: UserSummary
    by_model: list[UserModel] = Field(description="The model with most calls first.")
    newest_traces: list[TraceSummary] = Field(description="The newest, whenever they were.")
    newest_sessions: list[SessionSummary] = Field(
        description="The sessions of the newest 500 traces, whenever they were."
    )
