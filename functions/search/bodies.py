"""The bodies of POST /search."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from functions.common.filters import FILTER, FilterText
from functions.common.summaries import SpanSummary

Message = Annotated[
    dict[str, Any], Field(description="As the provider takes it, or in OpenTelemetry's form.")
]


class PromptSearch(BaseModel):
    """A prompt as a body, since addresses end in logs."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, Field(min_length=1)] | Annotated[list[Message], Field(min_length=1)] = (
        Field(description="The prompt's messages, all of them; a text is one message of the user.")
    )
    filter: FilterText | None = FILTER
    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 50
    cursor: Annotated[str, Field(max_length=512)] | None = None


class PromptPage(BaseModel):
    """The calls that had the prompt, newest first."""

    items: list[SpanSummary]
    next_cursor: str | None
