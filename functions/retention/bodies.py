"""The body of /retention."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Days = Annotated[int, Field(ge=1, le=3650)]


class Retention(BaseModel):
    """For how many days spans and their contents are kept; null: until they are deleted."""

    model_config = ConfigDict(extra="forbid")

    span_days: Days | None
    content_days: Days | None
