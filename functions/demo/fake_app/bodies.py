"""The body of /demo/fake_app."""

from __future__ import annotations

from pydantic import BaseModel

from functions.common.types import TraceId


class FakeAppCall(BaseModel):
    api: str
    model: str
    outcome: str


class FakeAppRun(BaseModel):
    trace_id: TraceId
    calls: list[FakeAppCall]
    total_tokens: int | None
    total_cost_usd: float | None
    offline: bool
