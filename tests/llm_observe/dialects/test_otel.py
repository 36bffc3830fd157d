"""OpenTelemetry's own conventions, new and old, and Anthropic's client that follows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.cost.usage import Usage
from llm_observe.dialects import SourceEvent, read
from llm_observe.dialects.counts import read_counts
from llm_observe.dialects.responses import read_usage
from tests.llm_observe.dialects.spans import START_NS, make_span, parts, texts

GENAI = "opentelemetry.instrumentation.genai.openai"
GOOGLE = "opentelemetry.instrumentation.google_genai"
BOTOCORE = "opentelemetry.instrumentation.botocore.bedrock-runtime"
ANTHROPIC = "com.anthropic.sdk.python"
CALL: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 21,
    "gen_ai.usage.output_tokens": 17,
}
BEDROCK = CALL | {
    "gen_ai.usage.input_tokens": 19,
    "gen_ai.usage.cache_read.input_tokens": 4,
    "gen_ai.usage.cache_write.input_tokens": 2,
}


def without(attributes: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The attributes without some."""
    return {key: value for key, value in attributes.items() if key not in keys}


def test_a_stream_with_no_end_is_abandoned() -> None:
    """The official instrumentations tell every end, so none means that nobody waited for it."""
    begun = without(CALL, "gen_ai.response.finish_reasons") | {"gen_ai.request.stream": True}
    assert read(make_span(GENAI, begun)).abandoned
    assert not read(make_span(GENAI, begun, status="error")).abandoned
    assert not read(make_span(GENAI, CALL | {"gen_ai.request.stream": True})).abandoned
    assert not read(make_span("my-app", begun)).abandoned


def test_the_output_of_a_stream_with_no_end_is_unknown() -> None:
    """What was counted is Anthropic's first count, or Gemini's until then, only."""
    begun = without(CALL, "gen_ai.response.finish_reasons") | {"gen_ai.request.stream": True}
    assert read(make_span(GENAI, begun, status="error")).usage == Usage(input_tokens=21)
    assert read(make_span(GOOGLE, begun, status="error")).usage == Usage(input_tokens=21)
    assert read(make_span(GOOGLE, begun)).abandoned


def test_geminis_embeddings_name_no_model() -> None:
    """What stands there is the model that was asked for, which Logfire writes."""
    reading = read(make_span(GOOGLE, CALL | {"gen_ai.operation.name": "embeddings"}))
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", None)


def test_whether_it_was_a_stream_is_unknown_where_nobody_says() -> None:
    """A span that says nothing of it may be of either."""
    assert read(make_span(GENAI, CALL)).streamed is None
    assert read(make_span(GENAI, CALL | {"gen_ai.request.stream": False})).streamed is False


def test_a_tools_arguments_and_result_are_content() -> None:
    """They are told as a call and its answer, and are not left over."""
    reading = read(
        make_span(
            GENAI,
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "look",
                "gen_ai.tool.call.id": "call_1",
                "gen_ai.tool.call.arguments": '{"city": "Paris"}',
                "gen_ai.tool.call.result": "sunny",
            },
        )
    )
    assert parts(reading.input)[0]["arguments"] == {"city": "Paris"}
    assert parts(reading.output)[0]["response"] == "sunny"
    assert reading.rest == {"gen_ai.tool.call.id": "call_1"}


def test_a_search_was_asked_and_found_documents() -> None:
    """A retrieval's query went in, its documents came out."""
    reading = read(
        make_span(
            "any",
            {
                "gen_ai.operation.name": "retrieval",
                "gen_ai.retrieval.query.text": "capital",
                "gen_ai.retrieval.documents": '[{"id": "1", "content": "Paris"}]',
            },
        )
    )
    assert texts(reading.input) == [("user", "capital")]
    assert parts(reading.output)[0]["content"] == {"id": "1", "content": "Paris"}
    assert not reading.countable


def test_bedrocks_input_gets_what_was_cached() -> None:
    """Bedrock reports 19 beside 4 read and 2 written: the input was 25."""
    usage = read(make_span("opentelemetry.instrumentation.genai.bedrock", BEDROCK)).usage
    assert usage is not None
    assert usage.input_tokens == 25
    converse = BEDROCK | {"rpc.method": "Converse", "gen_ai.system": "aws.bedrock"}
    usage = read(make_span(BOTOCORE, converse)).usage
    assert usage is not None
    assert usage.input_tokens == 25


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", Usage(output_tokens=17)),
        ("cohere.command-r-v1:0", None),
        ("amazon.titan-text-express-v1", Usage(input_tokens=21, output_tokens=17)),
    ],
)
def test_usage_that_botocore_cannot_know_is_unknown(model: str, usage: Usage | None) -> None:
    """Invoking Claude it leaves out what was cached, and Cohere's tokens it makes up."""
    invoke = CALL | {"rpc.method": "InvokeModel", "gen_ai.request.model": model}
    assert read(make_span(BOTOCORE, invoke)).usage == usage


def test_bedrocks_streams_are_told_by_their_method() -> None:
    """There is no other sign."""
    assert read(make_span(BOTOCORE, CALL | {"rpc.method": "ConverseStream"})).streamed
    assert read(make_span(BOTOCORE, CALL | {"rpc.method": "Converse"})).streamed is False


def test_bedrocks_stream_with_no_end_is_abandoned() -> None:
    """Converse names no answer: that one began is told by its first part, or by its method."""
    begun = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.2,
    }
    assert read(make_span("opentelemetry.instrumentation.genai.bedrock", begun)).abandoned
    streamed = {"gen_ai.operation.name": "chat", "rpc.method": "ConverseStream"}
    assert read(make_span(BOTOCORE, streamed)).abandoned
    assert not read(make_span(BOTOCORE, streamed, status="error")).abandoned
    assert not read(make_span(BOTOCORE, streamed | {"rpc.method": "Converse"})).abandoned


def test_a_model_that_only_embeds_makes_a_call_of_bedrocks_an_embedding() -> None:
    """InvokeModel says nothing of what is invoked, and an embedding has no output to count."""
    told = {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.system": "aws.bedrock",
        "gen_ai.request.model": "amazon.titan-embed-text-v2:0",
        "gen_ai.usage.input_tokens": 3,
    }
    reading = read(make_span(BOTOCORE, told))
    assert reading.operation == "embeddings"
    assert reading.usage is not None
    assert reading.usage.total_tokens == 3
    asked = told | {"gen_ai.request.model": "amazon.titan-text-lite-v1"}
    assert read(make_span(BOTOCORE, asked)).operation == "text_completion"


def test_bedrocks_model_that_was_asked_for_did_not_name_itself() -> None:
    """Converse's answer names no model, so one of the same name is the request's."""
    profile = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.request.model": profile,
    }
    repeated = read(make_span(GENAI, told | {"gen_ai.response.model": profile}))
    assert (repeated.request_model, repeated.response_model) == (profile, None)
    own = read(make_span(GENAI, told | {"gen_ai.response.model": "claude-haiku-4-5-20251001"}))
    assert own.response_model == "claude-haiku-4-5-20251001"


def test_the_old_name_of_the_provider_gives_old_spans_away() -> None:
    """gen_ai.system and the old token counts, in any scope."""
    old = without(CALL, "gen_ai.provider.name", "gen_ai.usage.input_tokens") | {
        "gen_ai.system": "az.ai.openai",
        "gen_ai.usage.prompt_tokens": 21,
    }
    reading = read(make_span("my-app", old))
    assert (reading.dialect, reading.provider) == ("otel-v2", "azure.ai.openai")
    assert reading.usage == Usage(input_tokens=21, output_tokens=17)
    assert reading.streamed is None


def test_messages_in_events_of_the_span_are_read() -> None:
    """One event for each message, or one each way."""
    each = [
        SourceEvent("gen_ai.system.message", START_NS, {"content": "be terse"}),
        SourceEvent("gen_ai.user.message", START_NS, {"content": "hello"}),
        SourceEvent("gen_ai.tool.message", START_NS, {"content": "sunny", "id": "call_1"}),
        SourceEvent("gen_ai.choice", START_NS, {"message": '{"content": "hi"}', "index": 0}),
    ]
    reading = read(make_span("my-app", {"gen_ai.system": "openai"}, events=each))
    assert texts(reading.input) == [("system", "be terse"), ("user", "hello")]
    assert parts(reading.input)[2]["response"] == "sunny"
    assert texts(reading.output) == [("assistant", "hi")]

    prompt = json.dumps([{"role": "user", "content": "hello"}])
    both = [
        SourceEvent("gen_ai.content.prompt", START_NS, {"gen_ai.prompt": prompt}),
        SourceEvent("gen_ai.content.completion", START_NS, {"gen_ai.completion": "hi"}),
    ]
    reading = read(make_span("my-app", {"gen_ai.system": "openai"}, events=both))
    assert texts(reading.input) == [("user", "hello")]
    assert texts(reading.output) == [("assistant", "hi")]


def test_anthropics_own_span_has_its_own_end_and_tier() -> None:
    """Its stop reason and service tier are under its own keys."""
    reading = read(
        make_span(
            ANTHROPIC,
            without(CALL, "gen_ai.response.finish_reasons")
            | {
                "gen_ai.provider.name": "anthropic",
                "anthropic.message.stop_reason": "tool_use",
                "anthropic.response.service_tier": "standard",
                "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 3,
                "gen_ai.usage.cache_write.input_tokens": 4,
            },
        )
    )
    assert (reading.dialect, reading.finish_reasons) == ("anthropic-native", ("tool_call",))
    assert (reading.service_tier, reading.streamed) == ("standard", None)
    assert reading.usage is not None
    assert (reading.usage.cache_write, reading.usage.cache_write_1h) == (4, 3)


def test_anthropics_own_stream_with_no_end_is_abandoned() -> None:
    """It tells every end, too."""
    begun = without(CALL, "gen_ai.response.finish_reasons") | {"gen_ai.request.stream": True}
    assert read(make_span(ANTHROPIC, begun)).abandoned
    ended = begun | {"anthropic.message.stop_reason": "end_turn"}
    assert not read(make_span(ANTHROPIC, ended)).abandoned


@pytest.mark.parametrize("name", ["chain", "workflow", "invoke_workflow"])
def test_a_workflow_has_one_operation(name: str) -> None:
    """A filter by OpenTelemetry's name finds it, whatever its sender calls it."""
    reading = read(make_span("my-app", {"gen_ai.operation.name": name}))
    assert reading.operation == "invoke_workflow"


def test_an_answers_own_usage_has_every_part() -> None:
    """OpenAI's details tell cached images and audio, and writes that are kept for twelve hours."""
    usage = {
        "input_tokens": 100,
        "output_tokens": 50,
        "total_tokens": 150,
        "input_tokens_details": {
            "cached_tokens": 30,
            "cached_tokens_details": {"audio_tokens": 4, "image_tokens": 5},
            "audio_tokens": 6,
            "image_tokens": 7,
            "cache_write_tokens": 20,
            "cache_write_tokens_details": {"ttl_30m_tokens": 12, "ttl_12h_tokens": 8},
        },
        "output_tokens_details": {"reasoning_tokens": 9, "image_tokens": 10},
    }
    parts = Usage(
        input_tokens=100,
        output_tokens=50,
        cache_read=30,
        cache_audio_read=4,
        cache_image_read=5,
        cache_write=20,
        cache_write_12h=8,
        input_audio=6,
        input_image=7,
        reasoning=9,
        output_image=10,
    )
    assert read_usage(usage) == parts
    assert read_counts({"gen_ai.usage": usage}) == parts


@pytest.mark.parametrize(("text", "images"), [(100, 0), (90, None)])
def test_text_alone_is_told_to_hold_no_image(text: int, images: int | None) -> None:
    """Where the text is all of the input, none of it was an image."""
    counts = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.text.input_tokens": text}
    usage = read_counts(counts)
    assert usage is not None
    assert usage.input_image == images
