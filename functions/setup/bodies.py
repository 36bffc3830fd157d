"""The body of /setup."""

from __future__ import annotations

from pydantic import BaseModel, Field

from llm_observe.doctor.checks import Status


class SetupCheck(BaseModel):
    """How one check of the setup ended, in words without a secret."""

    name: str
    status: Status = Field(description="skipped: what it needs failed before.")
    message: str
    action: str | None = Field(description="What to do; null: nothing.")


class Setup(BaseModel):
    """The checks in their order: the first that failed is the cause of what follows."""

    checks: list[SetupCheck]
