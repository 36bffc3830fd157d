"""The body of /traces."""

from __future__ import annotations

from pydantic import BaseModel

from functions.common.summaries import TraceSummary


class TracePage(BaseModel):
    items: list[TraceSummary]
    next_cursor: str | None
