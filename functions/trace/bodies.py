"""The body of /traces/{trace_id}."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from functions.common.summaries import Row, SpanSummary, TraceSummary, name_tokens
from functions.common.types import SpanId


class SpanDetail(SpanSummary):
    """One span with all that is stored of it."""

    request_model: str | None
    response_model: str | None
    agent_name: str | None
    tool_name: str | None
    instrumentation: str | None
    release: str | None = Field(description="The version of the application.")
    prompt_name: str | None = Field(description="The stored prompt that it used.")
    prompt_version: str | None
    tags: dict[str, str] | None = Field(description="The application's own words, by key.")
    usage_status: Literal["reported", "unknown"] | None
    price_id: str | None
    price_source: str | None
    input_digest: str | None
    input_length: int | None
    output_digest: str | None
    output_length: int | None
    input: Any | None = Field(description="Captured content; null unless ALLOW_CONTENT_CAPTURE.")
    output: Any | None = Field(description="Captured content; null unless ALLOW_CONTENT_CAPTURE.")
    attributes: dict[str, Any]
    truncated: bool = Field(
        description="True where attributes, input and output are left out for the answer's size."
    )


class Evaluation(BaseModel):
    """A finding about a span, or about the trace where it names no span."""

    span_id: SpanId | None
    name: str
    score: float | None
    label: str | None
    explanation: str | None = Field(description="Captured content, as a span's input is.")
    evaluated_at: datetime | None
    received_at: datetime


class TraceDetail(BaseModel):
    """A trace and its spans, depth first, siblings by start; orphans come as roots."""

    trace: TraceSummary
    spans: list[SpanDetail]
    evaluations: list[Evaluation] = Field(description="The earliest first; at most 500.")
    truncated: bool = Field(description="True where not all of the trace is here.")
    missing_spans: int = Field(description="Spans of the trace that are not here.")
    bare_spans: int = Field(description="Spans that are here without attributes, input and output.")


def to_span_detail(row: Row) -> SpanDetail:
    """Make a span with all that is stored of it."""
    return SpanDetail.model_validate(name_tokens(row))
