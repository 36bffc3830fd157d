"""The query and the bodies of /keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.common.auth.access import KeyScope
from functions.common.key_summaries import ApiKeySummary
from functions.common.paging import NewestQuery
from functions.common.types import Moment


class KeyQuery(NewestQuery):
    """How much, from where on, and which."""

    status: Literal["active", "expired", "revoked"] | None = None


class ApiKeyPage(BaseModel):
    items: list[ApiKeySummary]
    next_cursor: str | None


class RevokedApiKey(ApiKeySummary):
    """A key that was ended, and what it had made."""

    children: list[ApiKeySummary] = Field(
        description="The keys that worked and that it made, they and their successors in turn: "
        "revoked with it, or kept."
    )


class NewApiKey(BaseModel):
    """The key that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
    environment: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] = "live"
    scopes: Annotated[list[KeyScope], Field(min_length=1, max_length=3)]
    expires_at: Annotated[
        Moment | None,
        Field(description="Null: when the key that asks for it does, or never."),
    ] = None


class KeyRotation(BaseModel):
    """For how long the old key goes on working beside the new one, and when that one ends."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[int, Field(ge=0, le=72)] = 24
    expires_at: Annotated[
        Moment | None,
        Field(description="Null: as long as the old one was made to, at most as its rotator."),
    ] = None


class CreatedApiKey(ApiKeySummary):
    """A new key. ``key`` is shown this once and stored nowhere."""

    key: str
