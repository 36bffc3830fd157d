"""A key as answers show it, without its secret."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from functions.common.auth.access import KeyScope

KeyId = Annotated[str, Field(pattern=r"^[0-9a-z]{8}$")]


class ApiKeySummary(BaseModel):
    """An API key or ingest token, without its secret."""

    key_id: KeyId
    kind: Literal["api_key", "ingest_token"]
    name: str
    environment: str | None
    scopes: list[KeyScope]
    status: Literal["active", "expired", "revoked"]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: KeyId | None
