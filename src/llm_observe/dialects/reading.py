"""The canonical form every dialect is brought to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_observe.content import Message
from llm_observe.dialects.source import SourceSpan
from llm_observe.usage import Usage


@dataclass(slots=True)
class Reading:
    """What a span says about a model call, an agent or a tool. ``None`` means it does not say.

    ``counted``: the span describes a model call by itself, so its tokens are part of sums.
    ``rest`` holds the attributes that the dialect did not understand.
    """

    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    service_tier: str | None = None
    agent_name: str | None = None
    tool_name: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    environment: str | None = None
    error_type: str | None = None
    streamed: bool | None = None
    finish_reasons: tuple[str, ...] | None = None
    time_to_first_token_ms: float | None = None
    usage: Usage | None = None
    input: Sequence[Message] = ()
    output: Sequence[Message] = ()
    abandoned: bool = False
    counted: bool = False
    dialect: str | None = None
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One convention: when a span speaks it, how it is read, and which attributes it understands.

    ``keys`` and ``prefixes`` name attributes that ``read`` has used or that are content: they do
    not stand in ``Reading.rest``.
    """

    name: str
    speaks: Callable[[SourceSpan], bool]
    read: Callable[[SourceSpan], Reading]
    keys: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def owns(self, key: str) -> bool:
        """Whether the dialect understands an attribute."""
        return key in self.keys or key.startswith(self.prefixes)
