"""The canonical form every dialect is brought to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_observe.content import Message
from llm_observe.cost.usage import Usage
from llm_observe.dialects.source import SourceSpan
from llm_observe.semconv import UnknownBecause, UsageUncounted


@dataclass(slots=True)
class Reading:
    """The statements of a span about a call, an agent or a tool. ``None`` means it makes none.

    A dialect gives names as the span has them: ``read`` brings providers, finish reasons and
    errors of all dialects to one word each.
    ``countable``: the span describes a model call by itself, so its tokens are part of sums.
    ``failed``: the span tells a failure in words of its own, whatever its status says.
    ``misread``: what failed is the library, at reading the answer, and not the call.
    ``streamed``: only where the span says so either way, since most say nothing of both.
    ``end_ns``: nanoseconds since 1970, where a span is told to be over before what happened in it.
    ``service_tier`` is the tier that served the call, ``asked_tier`` the one that was asked for;
    ``tier_untold``: this instrumentation never tells either, unless it stands here.
    ``unknown_because`` is a dialect's reason for a usage that it does not give.
    ``usage_uncounted`` is the reason for which a span that tells of tokens is no model call.
    ``tags`` were told as such; ``metadata`` is what a library's keys say beside them, by the tag
    that it may be: its attribute's key, if that says nothing else, and its text.
    ``dropped_tags`` counts those that could be none.
    ``mapped`` are the fields that a tenant's own rules have filled.
    ``parameters`` are what the request asked for, under OpenTelemetry's names.
    ``rest`` holds them and the attributes that the dialect did not understand.
    """

    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    previous_response_id: str | None = None
    service_tier: str | None = None
    asked_tier: str | None = None
    tier_untold: bool = False
    agent_name: str | None = None
    tool_name: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    customer_id: str | None = None
    release: str | None = None
    prompt_name: str | None = None
    prompt_version: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)
    dropped_tags: int = 0
    environment: str | None = None
    error_type: str | None = None
    streamed: bool | None = None
    finish_reasons: tuple[str, ...] | None = None
    time_to_first_token_ms: float | None = None
    usage: Usage | None = None
    unknown_because: UnknownBecause | None = None
    usage_uncounted: UsageUncounted | None = None
    input: Sequence[Message] = ()
    output: Sequence[Message] = ()
    end_ns: int | None = None
    abandoned: bool = False
    failed: bool = False
    misread: bool = False
    countable: bool = False
    dialect: str | None = None
    mapped: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One convention: whose spans speak it, how they are read, which attributes it understands.

    ``scopes`` are the instrumentations that speak it; one that ends in ``.`` begins their names.
    ``signs`` are keys that give it away in a span of any other scope, ``hints`` those that do so
    where no sign does.
    ``keys`` are those that ``read`` has used. ``roots`` are those of what was said or of which
    nothing may be kept, with all that is under them (``llm.tools`` has ``llm.tools.0.name``), in a
    span of any dialect, since libraries mix them.
    Neither stands in ``Reading.rest``, nor does what ``drops`` says means nothing.
    """

    name: str
    read: Callable[[SourceSpan], Reading]
    scopes: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    roots: tuple[str, ...] = ()
    drops: Callable[[str, Any], bool] | None = None
