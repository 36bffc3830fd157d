"""Logfire's spans are read as their provider served them, a stream's two spans as one call."""

from __future__ import annotations

import json
from typing import Any

from llm_observe.cost.usage import Usage
from llm_observe.dialects import read
from tests.llm_observe.dialects.spans import make_span, parts, texts

SCOPE = "logfire.openai"
SAID = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "hello"}]}])
ASKED: dict[str, Any] = {
    "request_data": '{"model":"gpt-4o-mini"}',
    "gen_ai.system": "openai",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.operation.name": "chat",
    "gen_ai.input.messages": SAID,
    "gen_ai.response.model": "gpt-4o-mini",
    "async": False,
    "logfire.msg": "Chat Completion with 'gpt-4o-mini'",
    "logfire.span_type": "span",
    "session_id": "s-1",
    "user_id": "ann",
}
ANSWERED: dict[str, Any] = ASKED | {
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": '["stop"]',
    "gen_ai.usage.input_tokens": 21,
    "gen_ai.usage.output_tokens": 17,
    "gen_ai.usage.raw": json.dumps(
        {
            "prompt_tokens": 21,
            "completion_tokens": 17,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 5},
        }
    ),
}
STREAMED = ANSWERED | {"logfire.span_type": "log", "duration": 0.25}


def without(attributes: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The attributes without some."""
    return {key: value for key, value in attributes.items() if key not in keys}


def test_a_call_is_read_with_its_raw_usage() -> None:
    """Reasoning stands in the raw usage only; finish reasons are JSON."""
    reading = read(make_span(SCOPE, ANSWERED))
    assert (reading.dialect, reading.countable, reading.streamed) == ("logfire", True, None)
    assert reading.usage == Usage(input_tokens=21, output_tokens=17, cache_read=8, reasoning=5)
    assert reading.finish_reasons == ("stop",)
    assert (reading.session_id, reading.user_id) == ("s-1", "ann")
    assert texts(reading.input) == [("user", "hello")]


def test_a_stream_is_told_twice() -> None:
    """The span that opens it knows no usage, and the log of what came of it may never come."""
    opening, outcome = read(make_span(SCOPE, ASKED)), read(make_span(SCOPE, STREAMED))
    assert (opening.countable, opening.usage, opening.response_model) == (True, None, None)
    assert (outcome.countable, outcome.streamed) == (True, True)
    assert outcome.response_model == "gpt-4o-mini-2024-07-18"


def test_a_refused_call_is_counted() -> None:
    """It has no answer, either, but an error; the model that stands there was asked for."""
    reading = read(make_span(SCOPE, ASKED, status="error"))
    assert (reading.countable, reading.usage, reading.response_model) == (True, None, None)


def test_a_span_that_is_still_pending_is_no_call() -> None:
    """Logfire tells a span's start by a span of its own."""
    assert not read(make_span(SCOPE, ASKED | {"logfire.span_type": "pending_span"})).countable


def test_a_stream_with_no_end_is_abandoned_and_its_output_unknown() -> None:
    """What Anthropic counts first is not the output."""
    first = {"gen_ai.usage.raw": '{"input_tokens": 7, "output_tokens": 1}'}
    begun = without(STREAMED, "gen_ai.response.finish_reasons") | first
    reading = read(make_span(SCOPE, begun))
    assert (reading.abandoned, reading.usage) == (True, Usage(input_tokens=7))
    assert not read(make_span(SCOPE, begun, status="error")).abandoned
    assert not read(make_span(SCOPE, STREAMED)).abandoned


def test_version_1_has_messages_in_request_and_answer() -> None:
    """As the provider's interface has them."""
    raw = {
        "request_data": json.dumps({"messages": [{"role": "user", "content": "hello"}]}),
        "response_data": json.dumps({"message": {"role": "assistant", "content": "hi"}}),
    }
    reading = read(make_span(SCOPE, without(ANSWERED, "gen_ai.input.messages") | raw))
    assert texts(reading.input) == [("user", "hello")]
    assert texts(reading.output) == [("assistant", "hi")]
    chunks = {"response_data": json.dumps({"combined_chunk_content": "hi", "chunk_count": 2})}
    assert texts(read(make_span(SCOPE, STREAMED | chunks)).output) == [("assistant", "hi")]


def test_version_1_has_messages_in_events() -> None:
    """One event for each message, the answer among them."""
    call = {"id": "t1", "function": {"name": "look", "arguments": "{}"}}
    events = [
        {"event.name": "gen_ai.system.message", "content": "be terse", "role": "system"},
        {"event.name": "gen_ai.user.message", "content": "hello", "role": "user"},
        {"event.name": "gen_ai.tool.message", "content": "sunny", "id": "t0"},
        {"event.name": "gen_ai.choice", "message": {"role": "assistant", "tool_calls": [call]}},
    ]
    told = without(ANSWERED, "gen_ai.input.messages") | {"events": json.dumps(events)}
    reading = read(make_span("logfire.anthropic", told))
    assert texts(reading.input) == [("system", "be terse"), ("user", "hello")]
    assert parts(reading.input)[2]["response"] == "sunny"
    assert parts(reading.output)[-1]["name"] == "look"


def test_nothing_that_was_said_is_left_over() -> None:
    """Neither Logfire's message nor the raw request, answer and events."""
    left = read(make_span(SCOPE, ANSWERED | {"events": "[]", "response_data": "{}"})).rest
    assert all(key.startswith("gen_ai.usage.") for key in left)
