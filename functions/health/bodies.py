"""The bodies of /health."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class DatabaseHealth(BaseModel):
    status: Literal["ok", "unreachable"]
    latency_ms: float | None
    age_ms: float = Field(description="How long ago the database was asked; at most every 10 s.")


class Health(BaseModel):
    status: Literal["ok", "degraded"]
    version: str
    database: DatabaseHealth
    llm: Literal["openai", "offline"]
