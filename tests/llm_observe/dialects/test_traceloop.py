"""OpenLLMetry's spans are read as their provider served them, of both generations."""

from __future__ import annotations

import json
from typing import Any

from llm_observe.cost.usage import Usage
from llm_observe.dialects import SourceEvent, read
from tests.llm_observe.dialects.spans import START_NS, make_span, parts, texts

SCOPE = "opentelemetry.instrumentation.openai.v1"
BEDROCK = "opentelemetry.instrumentation.bedrock"
ANTHROPIC = "opentelemetry.instrumentation.anthropic"
GOOGLE = "opentelemetry.instrumentation.google_generativeai"
NOW: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.is_streaming": False,
    "gen_ai.user": "ann",
    "gen_ai.headers": '{"Authorization": "Bearer abc"}',
    "gen_ai.input.messages": json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]
    ),
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": ["tool_call"],
    "gen_ai.usage.input_tokens": 21,
    "gen_ai.usage.output_tokens": 17,
    "gen_ai.usage.total_tokens": 38,
    "gen_ai.usage.cache_read.input_tokens": 8,
    "gen_ai.usage.reasoning_tokens": 5,
}
BEFORE: dict[str, Any] = {
    "llm.request.type": "chat",
    "gen_ai.system": "OpenAI",
    "gen_ai.request.model": "gpt-4o-mini",
    "llm.headers": "None",
    "llm.is_streaming": False,
    "llm.presence_penalty": 0.5,
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": "hello",
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": "hi",
    "gen_ai.completion.0.finish_reason": "tool_calls",
    "gen_ai.completion.0.tool_calls.0.id": "call_1",
    "gen_ai.completion.0.tool_calls.0.name": "look",
    "gen_ai.completion.0.tool_calls.0.arguments": '{"city": "Paris"}',
    "llm.request.functions.0.name": "look",
    "gen_ai.usage.prompt_tokens": 21,
    "gen_ai.usage.completion_tokens": 17,
    "gen_ai.usage.cache_read_input_tokens": 8,
    "gen_ai.usage.reasoning_tokens": 5,
    "llm.usage.total_tokens": 38,
}
USAGE = Usage(input_tokens=21, output_tokens=17, cache_read=8, reasoning=5)


def test_a_call_of_now_is_read() -> None:
    """OpenTelemetry's keys, with Traceloop's own names of user and reasoning."""
    reading = read(make_span(SCOPE, NOW))
    assert (reading.dialect, reading.operation, reading.countable) == ("traceloop", "chat", True)
    assert (reading.user_id, reading.streamed) == ("ann", False)
    assert reading.finish_reasons == ("tool_call",)
    assert reading.usage == USAGE
    assert texts(reading.input) == [("user", "hello")]


def test_a_call_of_before_is_read() -> None:
    """Flattened prompts and answers, and the older names of everything."""
    reading = read(make_span(SCOPE, BEFORE))
    assert (reading.operation, reading.provider, reading.countable) == ("chat", "openai", True)
    assert reading.finish_reasons == ("tool_call",)
    assert reading.usage == USAGE
    assert texts(reading.input) == [("user", "hello")]
    assert parts(reading.output)[1] == {
        "type": "tool_call",
        "id": "call_1",
        "name": "look",
        "arguments": {"city": "Paris"},
    }


def test_nothing_that_was_said_is_left_over() -> None:
    """Neither prompts nor headers nor tools; a request's parameters have one name."""
    left = read(make_span(SCOPE, BEFORE)).rest
    assert left["gen_ai.request.presence_penalty"] == 0.5
    assert all(".usage." in key or ".request." in key for key in left)
    assert "gen_ai.headers" not in read(make_span(SCOPE, NOW)).rest


def test_a_response_of_before_names_no_operation_and_is_a_call() -> None:
    """Spans of the responses interface had no request type."""
    unnamed = {key: value for key, value in BEFORE.items() if key != "llm.request.type"}
    reading = read(make_span(SCOPE, unnamed, name="openai.response"))
    assert (reading.operation, reading.countable) == ("chat", True)


def test_the_first_token_is_the_time_of_the_first_chunk() -> None:
    """Chunks are events, in both generations."""
    for name in ("gen_ai.content.completion.chunk", "llm.content.completion.chunk"):
        events = [SourceEvent(name, START_NS + n * 1_000_000) for n in (3, 7)]
        reading = read(make_span(SCOPE, NOW, events=events))
        assert (reading.time_to_first_token_ms, reading.streamed) == (3.0, True)


def test_bedrocks_input_gets_what_was_cached() -> None:
    """Bedrock reports 19 beside 4 read and 2 written: the input was 25."""
    counts = {
        "gen_ai.usage.input_tokens": 19,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.cache_creation.input_tokens": 2,
        "gen_ai.usage.reasoning_tokens": 0,
        "gen_ai.usage.total_tokens": 27,
    }
    usage = read(make_span(BEDROCK, NOW | counts)).usage
    assert usage is not None
    assert (usage.input_tokens, usage.cache_read, usage.cache_write) == (25, 4, 2)


def test_geminis_output_gets_what_was_thought() -> None:
    """Candidates are 10 of 15: the total tells the rest; without it the output is unknown."""
    counts = {"gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 10}
    told = read(make_span(GOOGLE, NOW | counts | {"gen_ai.usage.total_tokens": 24})).usage
    assert told is not None
    assert (told.output_tokens, told.reasoning) == (15, 5)
    silent = read(make_span(GOOGLE, NOW | counts | {"gen_ai.usage.total_tokens": None})).usage
    assert silent is not None
    assert silent.output_tokens is None


def test_the_output_of_anthropics_streams_is_unknown() -> None:
    """It was added up of counts that hold each other; a stream sets tokens before its end."""
    counts = {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 24}
    end = {"gen_ai.response.finish_reasons": ["stop"]}
    call = {"gen_ai.operation.name": "chat"}
    streamed = read(make_span(ANTHROPIC, call | counts | end))
    assert (streamed.streamed, streamed.usage) == (True, Usage(input_tokens=7))
    whole = read(make_span(ANTHROPIC, call | end | counts))
    assert (whole.streamed, whole.usage) == (None, Usage(input_tokens=7, output_tokens=24))


def test_whether_langchain_streamed_is_unknown() -> None:
    """Its spans of streams are like all others, and nothing on them says so."""
    silent = {key: value for key, value in NOW.items() if "streaming" not in key}
    assert read(make_span("opentelemetry.instrumentation.langchain", silent)).streamed is None


def test_langchains_model_that_was_asked_for_did_not_answer() -> None:
    """Of streams and of failed calls, both models are the request's."""
    same = {"gen_ai.response.model": "gpt-4o-mini"}
    reading = read(make_span("opentelemetry.instrumentation.langchain", NOW | same))
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", None)


def test_coheres_whole_floats_are_counts() -> None:
    """Cohere's counts come as 5.0."""
    counts = {"gen_ai.usage.prompt_tokens": 5.0, "gen_ai.usage.completion_tokens": 7.0}
    span = make_span("opentelemetry.instrumentation.cohere", {"llm.request.type": "chat"} | counts)
    assert read(span).usage == Usage(input_tokens=5, output_tokens=7)


def test_an_embedding_has_no_output() -> None:
    """Its total is its input."""
    span = make_span(SCOPE, {"llm.request.type": "embedding", "gen_ai.usage.prompt_tokens": 4})
    usage = read(span).usage
    assert usage is not None
    assert usage.total_tokens == 4


def test_a_decorated_tool_was_called_and_answered() -> None:
    """A tool's span has its name, arguments and result, and counts nothing."""
    reading = read(
        make_span(
            "traceloop.tracer",
            {
                "traceloop.span.kind": "tool",
                "traceloop.entity.name": "look",
                "traceloop.entity.input": '{"city": "Paris"}',
                "traceloop.entity.output": '"sunny"',
                "traceloop.association.properties.session_id": "s-1",
                "traceloop.association.properties.user_id": "ann",
            },
        )
    )
    assert (reading.operation, reading.tool_name, reading.countable) == (
        "execute_tool",
        "look",
        False,
    )
    assert (reading.session_id, reading.user_id) == ("s-1", "ann")
    assert parts(reading.input)[0]["arguments"] == {"city": "Paris"}
    assert reading.rest == {}


def test_a_workflow_and_an_agent_are_no_calls() -> None:
    """They are the trace's structure; the agent has its name."""
    agent = {"traceloop.span.kind": "agent", "traceloop.entity.name": "guide"}
    assert read(make_span("any", agent)).agent_name == "guide"
    flow = {"traceloop.span.kind": "workflow", "traceloop.entity.name": "tour"}
    assert read(make_span("any", flow)).operation == "invoke_workflow"
