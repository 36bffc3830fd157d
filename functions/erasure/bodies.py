"""The bodies of forgetting."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from functions.common.paths import GivenId


class UserToForget(BaseModel):
    """The user whose data is to be deleted: any id, as the application sets or as spans show it."""

    model_config = ConfigDict(extra="forbid")

    user_id: GivenId


class Receipt(BaseModel):
    """A deletion: its counts, its time and its author; the same stands in the audit."""

    receipt_id: str
    action: str
    target: str
    deleted: dict[str, int]
    at: datetime
    by: str
