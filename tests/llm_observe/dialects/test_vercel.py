"""The AI SDK's spans are read as their provider served them, in versions 5 to 7."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.cost.usage import Usage
from llm_observe.dialects import read
from tests.llm_observe.dialects.spans import make_span, parts, texts

CALL: dict[str, Any] = {
    "operation.name": "ai.streamText.doStream guide",
    "resource.name": "guide",
    "ai.operationId": "ai.streamText.doStream",
    "ai.model.provider": "openai.chat",
    "ai.model.id": "gpt-4o-mini",
    "ai.settings.maxRetries": 0,
    "ai.request.headers.user-agent": "ai/6.0.325",
    "ai.telemetry.functionId": "guide",
    "ai.telemetry.metadata.sessionId": "s-1",
    "ai.telemetry.metadata.userId": "ann",
    "ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"hello"}]}]',
    "gen_ai.system": "openai.chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.request.temperature": 0.2,
    "ai.response.msToFirstChunk": 12.5,
    "ai.response.finishReason": "tool-calls",
    "ai.response.id": "chatcmpl-1",
    "ai.response.model": "gpt-4o-mini-2024-07-18",
    "ai.response.text": "hi",
    "ai.response.toolCalls": '[{"toolCallId":"t1","toolName":"look","input":"{}"}]',
    "ai.usage.inputTokens": 21,
    "ai.usage.outputTokens": 17,
}
SIX = CALL | {
    "ai.usage.inputTokenDetails.cacheReadTokens": 8,
    "ai.usage.inputTokenDetails.cacheWriteTokens": 2,
    "ai.usage.outputTokenDetails.reasoningTokens": 5,
}
SEVEN: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.client.operation.time_to_first_chunk": 0.25,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 21,
    "gen_ai.usage.output_tokens": 17,
}


def test_a_call_is_read() -> None:
    """Models, tokens with their parts, first token, session and user of the metadata."""
    reading = read(make_span("ai", SIX))
    assert (reading.dialect, reading.operation, reading.countable) == ("vercel", "chat", True)
    assert (reading.provider, reading.request_model, reading.response_model) == (
        "openai",
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
    )
    assert reading.usage == Usage(
        input_tokens=21, output_tokens=17, cache_read=8, cache_write=2, reasoning=5
    )
    assert (reading.time_to_first_token_ms, reading.streamed) == (12.5, True)
    assert reading.finish_reasons == ("tool_call",)
    assert (reading.session_id, reading.user_id) == ("s-1", "ann")


def test_content_has_opentelemetrys_shape() -> None:
    """The prompt's messages; text and calls of the answer."""
    reading = read(make_span("ai", CALL))
    assert texts(reading.input) == [("user", "hello")]
    assert [part["type"] for part in parts(reading.output)] == ["text", "tool_call"]


def test_nothing_that_was_said_is_left_over() -> None:
    """Nor settings and headers; a request's parameters have OpenTelemetry's names already."""
    assert read(make_span("ai", SIX)).rest == {"gen_ai.request.temperature": 0.2}


@pytest.mark.parametrize("name", ["generateText", "streamText", "generateObject", "streamObject"])
def test_an_outer_span_counts_nothing(name: str) -> None:
    """It repeats the tokens of the calls inside it, and has the function's name."""
    prompt = '{"system":"be terse","prompt":"hello"}'
    outer = SIX | {"ai.operationId": f"ai.{name}", "ai.prompt": prompt}
    del outer["ai.prompt.messages"]
    reading = read(make_span("ai", outer))
    assert (reading.operation, reading.countable, reading.usage) == ("invoke_agent", False, None)
    assert reading.agent_name == "guide"
    assert texts(reading.input) == [("system", "be terse"), ("user", "hello")]


def test_anthropics_input_until_version_5_is_told_by_its_metadata_only() -> None:
    """It left out what was cached: 14 of 24. Without the metadata it is unknown."""
    five = CALL | {"ai.model.provider": "anthropic.messages", "ai.usage.inputTokens": 14}
    raw = {
        "input_tokens": 14,
        "output_tokens": 17,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 6,
    }
    told = {"ai.response.providerMetadata": json.dumps({"anthropic": {"usage": raw}})}
    usage = read(make_span("ai", five | told)).usage
    assert usage == Usage(input_tokens=24, output_tokens=17, cache_read=4, cache_write=6)
    assert read(make_span("ai", five)).usage == Usage(output_tokens=17)


def test_geminis_output_until_version_5_gets_what_was_thought() -> None:
    """Candidates are 10 of 15: the total tells the rest."""
    five = CALL | {
        "ai.model.provider": "google.generative-ai",
        "ai.usage.inputTokens": 9,
        "ai.usage.outputTokens": 10,
        "ai.usage.totalTokens": 24,
    }
    usage = read(make_span("ai", five)).usage
    assert usage == Usage(input_tokens=9, output_tokens=15, reasoning=5)


def test_an_embedding_keeps_its_text_and_no_vector() -> None:
    """Values are JSON; the outer span counts nothing."""
    told = {
        "ai.operationId": "ai.embedMany.doEmbed",
        "ai.model.provider": "openai.embedding",
        "ai.model.id": "text-embedding-3-small",
        "ai.values": ['"Paris"'],
        "ai.embeddings": ["[0.25]"],
        "ai.usage.tokens": 4,
    }
    reading = read(make_span("ai", told))
    assert reading.usage is not None
    assert (reading.provider, reading.usage.total_tokens) == ("openai", 4)
    assert (texts(reading.input), reading.output, reading.rest) == ([("user", "Paris")], (), {})
    assert not read(make_span("ai", told | {"ai.operationId": "ai.embedMany"})).countable


def test_a_tool_was_called_and_answered() -> None:
    """A tool's name, arguments and result."""
    told = {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "look",
        "ai.toolCall.id": "t1",
        "ai.toolCall.args": '{"city":"Rome"}',
        "ai.toolCall.result": '"sunny"',
    }
    reading = read(make_span("ai", told))
    assert (reading.operation, reading.tool_name) == ("execute_tool", "look")
    assert parts(reading.input)[0]["arguments"] == {"city": "Rome"}
    assert parts(reading.output)[0]["response"] == "sunny"


def test_version_7_has_its_own_key_of_the_first_chunk() -> None:
    """In seconds; without it the answer may be whole or a stream that failed."""
    reading = read(make_span("gen_ai", SEVEN))
    assert (reading.dialect, reading.time_to_first_token_ms, reading.streamed) == (
        "vercel",
        250.0,
        True,
    )
    whole = {key: value for key, value in SEVEN.items() if "chunk" not in key}
    assert read(make_span("gen_ai", whole)).streamed is None


def test_a_call_of_version_7_with_no_end_is_abandoned() -> None:
    """What has failed is an error, by its HTTP status."""
    begun = {key: SEVEN[key] for key in ("gen_ai.operation.name", "gen_ai.request.model")}
    assert read(make_span("gen_ai", begun)).abandoned
    refused = begun | {"http.response.status_code": 429}
    reading = read(make_span("gen_ai", refused, status="error"))
    assert (reading.abandoned, reading.error_type) == (False, "rate_limit")


def test_an_embeddings_outer_span_of_version_7_counts_nothing() -> None:
    """It has the same operation and model, and no tokens."""
    told = {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e"}
    assert not read(make_span("gen_ai", told)).countable
    assert read(make_span("gen_ai", told | {"gen_ai.usage.input_tokens": 4})).countable
