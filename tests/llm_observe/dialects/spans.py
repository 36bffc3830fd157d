"""Spans for the tests of dialects: by hand, in the shape that was observed of each library."""

from __future__ import annotations

from typing import Any

from llm_observe.content import Message
from llm_observe.dialects import SourceSpan

START_NS = 1_767_225_600_000_000_000
SECOND = 1_000_000_000


def make_span(scope: str, attributes: dict[str, Any], **changes: Any) -> SourceSpan:
    """A span of one second from an instrumentation."""
    usual = {
        "trace_id": "0" * 31 + "1",
        "span_id": "0" * 15 + "1",
        "parent_span_id": None,
        "name": "call",
        "kind": "internal",
        "start_ns": START_NS,
        "end_ns": START_NS + SECOND,
    }
    return SourceSpan(scope=scope, attributes=attributes, **(usual | changes))


def texts(messages: Any) -> list[tuple[str, str]]:
    """Who said which text, in order."""
    return [
        (message["role"], part["content"])
        for message in messages
        for part in message["parts"]
        if part["type"] == "text"
    ]


def parts(messages: Any) -> list[Message]:
    """All parts of all messages."""
    return [part for message in messages for part in message["parts"]]
