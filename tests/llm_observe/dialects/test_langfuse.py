"""Langfuse's observations are read as their provider served them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.cost.arithmetic import reconcile
from llm_observe.cost.usage import Usage
from llm_observe.dialects import read
from tests.llm_observe.dialects.spans import make_span, parts, texts

SCOPE = "langfuse-sdk"
USAGE = {
    "prompt_tokens": 21,
    "completion_tokens": 17,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
CHAT: dict[str, Any] = {
    "langfuse.observation.type": "generation",
    "langfuse.observation.input": '[{"role": "user", "content": "hello"}]',
    "langfuse.observation.output": '{"role": "assistant", "content": "hi"}',
    "langfuse.observation.model.name": "gpt-4o-mini-2024-07-18",
    "langfuse.observation.model.parameters": json.dumps(
        {
            "temperature": 1,
            "max_tokens": "Infinity",
            "top_p": 0.9,
            "frequency_penalty": 0,
            "presence_penalty": 0,
            "service_tier": "default",
        }
    ),
    "langfuse.observation.usage_details": json.dumps(USAGE),
    "langfuse.environment": "lab",
    "session.id": "s-1",
    "user.id": "ann",
}


def usage_of(details: dict[str, Any], kind: str = "generation") -> Usage | None:
    """What is read of usage details."""
    told = {
        "langfuse.observation.type": kind,
        "langfuse.observation.usage_details": json.dumps(details),
    }
    return read(make_span(SCOPE, told)).usage


def test_a_generation_is_a_call() -> None:
    """Its provider is inferred from the model; session, user and environment are its own."""
    reading = read(make_span(SCOPE, CHAT))
    assert (reading.dialect, reading.operation, reading.countable) == ("langfuse", "chat", True)
    assert (reading.provider, reading.response_model) == ("openai", "gpt-4o-mini-2024-07-18")
    assert (reading.session_id, reading.user_id, reading.environment) == ("s-1", "ann", "lab")
    assert reading.service_tier == "default"
    assert reading.usage == Usage(
        input_tokens=21,
        output_tokens=17,
        cache_read=8,
        reasoning=5,
        input_audio=0,
    )
    assert texts(reading.input) == [("user", "hello")]
    assert texts(reading.output) == [("assistant", "hi")]


def test_only_what_was_asked_for_is_left_over() -> None:
    """Langfuse's defaults are no requests, and nothing that was said is left."""
    assert read(make_span(SCOPE, CHAT)).rest == {"gen_ai.request.top_p": 0.9}


def test_a_failed_calls_model_is_the_one_asked_for() -> None:
    """There is no answer then; the message of the error is content."""
    failed = {
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.status_message": "Error code: 429 - hello is too much",
    }
    reading = read(make_span(SCOPE, CHAT | failed, status="error", description="Error code: 429"))
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini-2024-07-18", None)
    assert reading.error_type == "rate_limit"
    assert "hello" not in str(reading.rest)


def test_the_first_token_is_the_completions_start() -> None:
    """It is written as a date, as JSON; the span started at midnight of 2026."""
    began = {"langfuse.observation.completion_start_time": '"2026-01-01T00:00:00.250000Z"'}
    reading = read(make_span(SCOPE, CHAT | began))
    assert (reading.time_to_first_token_ms, reading.streamed) == (250.0, True)


@pytest.mark.parametrize("odd", ["soon", '"2026-01-01"', 7, "[", '"' + "9" * 50 + '"'])
def test_a_start_that_is_no_date_is_not_said(odd: object) -> None:
    """Nothing is guessed of another text."""
    began = {"langfuse.observation.completion_start_time": odd}
    assert read(make_span(SCOPE, CHAT | began)).time_to_first_token_ms is None


def test_a_call_of_a_tool_is_told_in_the_answer() -> None:
    """Requests with tools hold messages under a key of their own."""
    called = {"id": "t1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    said = {
        "langfuse.observation.input": json.dumps(
            {"tools": [], "messages": [{"role": "user", "content": "hello"}]}
        ),
        "langfuse.observation.output": json.dumps({"role": "assistant", "tool_calls": [called]}),
    }
    reading = read(make_span(SCOPE, CHAT | said))
    assert texts(reading.input) == [("user", "hello")]
    assert [part["name"] for part in parts(reading.output) if part["type"] == "tool_call"] == [
        "look"
    ]


def test_the_end_of_a_stream_is_in_its_metadata() -> None:
    """As JSON; a response's status says it, too."""
    chat = CHAT | {"langfuse.observation.metadata.finish_reason": '"stop"'}
    assert read(make_span(SCOPE, chat)).finish_reasons == ("stop",)
    response = CHAT | {
        "langfuse.observation.metadata.object": '"response"',
        "langfuse.observation.metadata.status": '"completed"',
        "langfuse.observation.metadata.id": '"resp_1"',
    }
    reading = read(make_span(SCOPE, response))
    assert (reading.finish_reasons, reading.response_id) == (("stop",), "resp_1")


def test_an_embeddings_usage_is_its_input() -> None:
    """Langfuse calls it input."""
    usage = usage_of({"input": 4}, "embedding")
    assert usage is not None
    assert usage.total_tokens == 4


@pytest.mark.parametrize(
    ("total", "usage"),
    [
        (50, Usage(input_tokens=30, output_tokens=20, cache_read=10)),
        (60, Usage(input_tokens=40, output_tokens=20, cache_read=10)),
        (55, None),
    ],
)
def test_the_total_tells_where_cached_tokens_are(total: int, usage: Usage | None) -> None:
    """Inside the input, beside it, or, if the numbers do not fit, unknown."""
    told = {"input": 30, "output": 20, "input_cache_read": 10, "total": total}
    read_usage = usage_of(told)
    assert read_usage is not None
    assert reconcile(read_usage).usage == usage


@pytest.mark.parametrize(
    "part", ["cache_read_input_tokens", "input_cached_tokens", "input_cache_read", "cached_tokens"]
)
def test_without_a_total_each_kind_stands_for_itself(part: str) -> None:
    """Langfuse prices every kind and adds them up; so do those who send it kinds by hand."""
    assert usage_of({"input": 30, "output": 20, part: 10}) == Usage(
        input_tokens=40, output_tokens=20, cache_read=10
    )


def test_a_tier_that_was_asked_for_is_not_the_one_that_served() -> None:
    """OpenAI's wrapper puts the answer's tier among the parameters, others the request's."""
    asked = {"langfuse.observation.model.parameters": '{"service_tier": "priority"}'}
    reading = read(make_span(SCOPE, CHAT | asked))

    assert (reading.service_tier, reading.asked_tier) == (None, "priority")


def test_a_span_without_model_and_tokens_is_a_wrapper() -> None:
    """A decorated function is no call of its own."""
    wrapper = {"langfuse.observation.type": "generation", "langfuse.observation.input": "hello"}
    assert not read(make_span(SCOPE, wrapper)).countable


def test_a_tool_and_an_agent_are_called_by_their_spans_name() -> None:
    """Langfuse names observations after what was decorated."""
    tool = {"langfuse.observation.type": "tool", "langfuse.observation.input": '{"city": "Rome"}'}
    reading = read(make_span(SCOPE, tool, name="look"))
    assert (reading.operation, reading.tool_name) == ("execute_tool", "look")
    assert parts(reading.input)[0]["arguments"] == {"city": "Rome"}
    agent = read(make_span(SCOPE, {"langfuse.observation.type": "agent"}, name="guide"))
    assert (agent.operation, agent.agent_name) == ("invoke_agent", "guide")
