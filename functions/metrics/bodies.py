"""The body of /metrics."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from functions.common.types import TenantId
from functions.metrics.query import Bucket


class Latency(BaseModel):
    p50: float | None
    p95: float | None
    p99: float | None


class Totals(BaseModel):
    """Sums over counted model-call spans, and from ``spans`` on over other spans."""

    requests: int
    errors: int
    error_rate: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None
    unpriced_requests: int = Field(description="Calls of known usage and unknown price.")
    unmeasured_requests: int = Field(description="Answered calls of unknown usage.")
    latency_ms: Latency
    time_to_first_token_ms: Latency = Field(description="Of calls that were streamed.")
    spans: int | None = Field(
        description="Agents, tools and other steps; of others those that failed. Null by user, "
        "customer, session and tag, of which calls alone are summed up."
    )
    failed_spans: int | None
    span_latency_ms: Latency = Field(description="Of these spans.")


class UsageUncounted(BaseModel):
    """Spans that tell of tokens and are no model calls, for one reason."""

    because: str = Field(description="repeats_calls, no_model; GET /spans?usage_uncounted= lists.")
    spans: int


class MisdatedSpans(BaseModel):
    """Spans whose times cannot be true, over all time: they are in no window."""

    future: int
    past: int


class LeftOut(BaseModel):
    usage_uncounted: list[UsageUncounted] = Field(description="In the window; the most first.")
    misdated: MisdatedSpans


class WindowTotals(Totals):
    """The sums of all of a window, and what is not in them."""

    possible_duplicates: int = Field(description="Calls that may be counted twice.")
    left_out: LeftOut


_LEADS = (
    "Terms of a filter that keep these spans, to stand behind the answer's own; null where none "
    "can, or there is no room."
)


class SeriesPoint(Totals):
    bucket_start: datetime


class ModelTotals(Totals):
    provider: str | None
    model: str | None = Field(description="The canonical one, in which failures stand, too.")
    filter: str | None = Field(description=_LEADS)


class GroupPoint(BaseModel):
    """The measure that was asked for, in one bucket."""

    bucket_start: datetime
    value: float | None


class InnerGroup(Totals):
    """The calls of a group that share a value of the second dimension, too."""

    key: str | None = Field(description="The value; null: these calls tell none.")
    provider: str | None = Field(None, description="Beside a model; null otherwise.")
    filter: str | None = Field(description=_LEADS)


class Group(InnerGroup):
    """The calls that share a value of the dimension."""

    series: list[GroupPoint]
    groups: list[InnerGroup] = Field(description="By the second dimension, if one was asked for.")


class PreviousTotals(Totals):
    """The sums of the window of the same length that ended where this one starts."""

    start: datetime
    end: datetime


class Window(BaseModel):
    """Half open: ``start <= t < end``."""

    start: datetime
    end: datetime
    bucket: Bucket
    time_zone: str = Field(description="Whose hours and days the buckets are.")


class Metrics(BaseModel):
    tenant_id: TenantId
    generated: bool
    window: Window
    filter: str | None = Field(
        description="Of all the question's filters, as /spans takes it with the window's start and "
        "end; which terms a figure adds, docs/metrics.md says."
    )
    totals: WindowTotals
    series: list[SeriesPoint]
    by_model: list[ModelTotals] = Field(
        description="The busiest first; at most 500. Empty where group_by is another dimension."
    )
    relative_error: float = Field(
        description="By which share of itself a percentile may be wrong, at most."
    )
    groups: list[Group] = Field(description="Of group_by; the most of the measure first.")
    truncated: bool = Field(
        description="Whether the last groups, or their series and groups, had no room here."
    )
    other: Totals | None = Field(description="The groups beyond top, summed up.")
    previous: PreviousTotals | None = Field(description="Where compare=previous asks for it.")
