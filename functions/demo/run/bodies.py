"""The bodies of /demo/run."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from functions.common.types import Operation, TraceId


class DemoRequest(BaseModel):
    question: Annotated[str, Field(min_length=1, max_length=2000)] = (
        "What does it cost to run an agent, and how do we find out?"
    )


class DemoStep(BaseModel):
    name: str
    operation: Operation
    summary: str


class DemoRun(BaseModel):
    trace_id: TraceId
    answer: str
    steps: list[DemoStep]
    total_tokens: int | None
    total_cost_usd: float | None
    offline: bool
