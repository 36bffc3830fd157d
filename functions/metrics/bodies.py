"""The query and the body of /metrics."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from functions.common.types import TenantId
from functions.common.windows import WindowQuery

Bucket = Literal["minute", "hour", "day"]


class MetricsQuery(WindowQuery):
    """A window, half open, and how finely to cut it."""

    bucket: Bucket = "hour"


class Latency(BaseModel):
    p50: float | None
    p95: float | None
    p99: float | None


class Totals(BaseModel):
    """Sums over counted model-call spans."""

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


class SeriesPoint(Totals):
    bucket_start: datetime


class ModelTotals(Totals):
    provider: str | None
    model: str | None


class Window(BaseModel):
    """Half open: ``start <= t < end``."""

    start: datetime
    end: datetime
    bucket: Bucket


class Metrics(BaseModel):
    tenant_id: TenantId
    generated: bool
    window: Window
    totals: WindowTotals
    series: list[SeriesPoint]
    by_model: list[ModelTotals] = Field(description="The busiest first; at most 500.")
