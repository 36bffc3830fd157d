"""The bodies of /traces/{trace_id} and of one of its spans."""

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
        description="True where attributes, input and output are left out, for the answer's size "
        "or in a summary; the span's own route has them."
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
    """A trace and its spans, or a page of them.

    A trace that is here whole comes depth first, siblings by start, orphans as roots; a page of
    one by start and id, each span with its parent's id. ``trace`` is always about all of it.
    """

    trace: TraceSummary
    root_span_id: SpanId | None = Field(
        description="The span without a parent, of several the first, on whichever page it is."
    )
    spans: list[SpanDetail]
    evaluations: list[Evaluation] = Field(
        description="The earliest first; at most 500, all of them on the first page."
    )
    truncated: bool = Field(description="True where not all of the trace is here.")
    missing_spans: int = Field(description="Spans of the trace that are not here.")
    bare_spans: int = Field(description="Spans that are here without attributes, input and output.")
    next: str | None = Field(description="Give it as after for the spans that follow; null: none.")


class Price(BaseModel):
    """A row of the price list, in US dollars per million tokens."""

    price_id: str
    provider: str
    model: str
    service_tier: str
    min_input_tokens: int = Field(description="It holds for calls of at least so many.")
    valid_from: datetime
    valid_to: datetime | None
    source: str
    source_version: str
    rates: dict[str, float] = Field(
        description="By kind of token; of a kind that is not here, see docs/prices.md."
    )


class CostLine(BaseModel):
    """The cost of a span's tokens of one bucket: tokens * rate_per_mtok / 1,000,000."""

    bucket: str
    tokens: float
    rate_per_mtok: float
    cost_usd: float


class SpanWhole(SpanDetail):
    """One span with all there is of it, and the sum that its cost is."""

    end_time: datetime
    received_at: datetime
    canonical_model: str | None = Field(description="The model that prices and sums go by.")
    service_tier: str | None
    streamed: bool | None
    finish_reasons: list[str] | None
    response_id: str | None
    previous_response_id: str | None
    chained_session_id: str | None = Field(
        description="That of its chain of responses; its session where nothing else tells one."
    )
    api_key_id: str | None = Field(description="The key that brought it.")
    countable: bool = Field(description="Whether its sender said that it describes a model call.")
    cache_write_tokens: int | None
    usage_buckets: dict[str, float] | None = Field(
        description="Its tokens in disjoint buckets, each with a price of its own."
    )
    price: Price | None = Field(description="The row that it was priced by.")
    cost_lines: list[CostLine] | None = Field(
        description="They add up to cost_usd, to 1e-12; null where cost_lines_unknown_because."
    )
    cost_lines_unknown_because: str | None = Field(
        description="Of no cost a reason of unknown_because, no_usage or no_price; of one that its "
        "sender told buckets_not_told, price_not_kept or price_differs."
    )
    input_kept_length: int | None = Field(description="Characters of the input that are stored.")
    input_cut: bool | None = Field(
        description="True where less is stored than there was: it was cut, or redacted."
    )
    output_kept_length: int | None
    output_cut: bool | None
    left_out: list[Literal["attributes", "input", "output"]] = Field(
        description="Parts that no answer of 6 MB has room for."
    )
    evaluations: list[Evaluation] = Field(description="Of this span; at most 100.")


def to_span_detail(row: Row) -> SpanDetail:
    """Make a span with all that is stored of it."""
    return SpanDetail.model_validate(name_tokens(row))
