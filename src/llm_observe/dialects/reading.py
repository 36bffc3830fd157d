"""The canonical form every dialect is brought to."""

from __future__ import annotations

from dataclasses import dataclass

from llm_observe.usage import Usage


@dataclass(frozen=True, slots=True)
class Reading:
    """What a span says about a model call, an agent or a tool. ``None`` means it does not say."""

    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    service_tier: str | None = None
    agent_name: str | None = None
    tool_name: str | None = None
    session_id: str | None = None
    streamed: bool | None = None
    finish_reasons: tuple[str, ...] | None = None
    time_to_first_token_ms: float | None = None
    usage: Usage | None = None
    abandoned: bool = False
    counted: bool = False
