"""The body of /spans."""

from __future__ import annotations

from pydantic import BaseModel

from functions.common.summaries import SpanSummary


class SpanPage(BaseModel):
    items: list[SpanSummary]
    next_cursor: str | None
