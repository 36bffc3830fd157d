"""A span as it came, before anybody has read it: from OpenTelemetry's SDK or over OTLP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_observe.records import Kind, Status
from llm_observe.semconv import Repair


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """Something that happened in a span; ``time_ns`` is nanoseconds since 1970."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class SourceSpan:
    """A finished span. Ids are lower-case hex, times nanoseconds since 1970.

    Attribute values are JSON-like: text, numbers, booleans, bytes, lists and mappings of these.
    ``scope`` is the name of the instrumentation that made the span, ``scope_version`` its version,
    empty where it told none. ``repairs`` says what had to
    be changed for it to be read at all, ``notes`` what else our own writer says of it.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: Kind
    start_ns: int
    end_ns: int
    status: Status = "unset"
    description: str | None = None
    scope: str = ""
    scope_version: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[SourceEvent] = ()
    repairs: tuple[Repair, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def find_event(self, *names: str) -> SourceEvent | None:
        """Give the first event of one of these names."""
        return next((event for event in self.events if event.name in names), None)
