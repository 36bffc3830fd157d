"""OpenLIT's spans are read without what it makes up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.config import read_settings
from llm_observe.cost.pricing import load_prices
from llm_observe.cost.usage import Usage
from llm_observe.dialects import read
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span, texts

SCOPE = "openlit.instrumentation.openai"
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.request.stream": False,
    "gen_ai.request.seed": 0,
    "gen_ai.request.temperature": 1.0,
    "gen_ai.request.top_p": 0.9,
    "gen_ai.request.max_tokens": -1,
    "gen_ai.request.stop_sequences": (),
    "gen_ai.request.user": "",
    "gen_ai.sdk.version": "2.54.0",
    "gen_ai.server.time_to_first_token": 0.25,
    "gen_ai.usage.input_tokens": 14,
    "gen_ai.usage.output_tokens": 17,
    "gen_ai.usage.cache_read.input_tokens": 4,
    "gen_ai.usage.cache_creation.input_tokens": 6,
    "gen_ai.usage.cost": 0.1,
    "gen_ai.client.token.usage": 31,
    "deployment.environment": "lab",
}


def test_defaults_are_no_requests() -> None:
    """What nobody asked for is not kept; what differs from a default was asked for."""
    reading = read(make_span(SCOPE, CHAT))
    asked = {key: value for key, value in reading.rest.items() if ".request." in key}
    assert asked == {"gen_ai.request.top_p": 0.9}
    assert (
        "gen_ai.request.seed" not in read(make_span(SCOPE, CHAT | {"gen_ai.request.seed": ""})).rest
    )
    assert (reading.user_id, reading.environment) == (None, "lab")


@pytest.mark.parametrize(("provider", "input_tokens"), [("anthropic", 24), ("openai", 14)])
def test_anthropics_input_gets_what_was_cached(provider: str, input_tokens: int) -> None:
    """Anthropic's count of 14 leaves out 4 read and 6 written; OpenAI's holds them."""
    usage = read(make_span(SCOPE, CHAT | {"gen_ai.provider.name": provider})).usage
    assert usage == Usage(input_tokens=input_tokens, output_tokens=17, cache_read=4, cache_write=6)


def test_tokens_that_were_made_up_are_unknown() -> None:
    """A stream without the provider's usage is counted by its text: nothing is said of a cache."""
    streamed = CHAT | {"gen_ai.request.stream": True}
    assert read(make_span(SCOPE, streamed)).usage is not None
    guessed = {key: value for key, value in streamed.items() if "cache" not in key}
    assert read(make_span(SCOPE, guessed)).usage is None
    whole = guessed | {"gen_ai.request.stream": False}
    assert read(make_span("openlit.instrumentation.langchain", whole)).usage is None


def test_geminis_output_gets_what_was_thought() -> None:
    """Google's own client tells it beside the output, Vertex nowhere: then it is unknown."""
    told = CHAT | {"gen_ai.provider.name": "gemini", "gen_ai.usage.reasoning_tokens": 5}
    usage = read(make_span("openlit.instrumentation.google_ai_studio", told)).usage
    assert usage is not None
    assert (usage.output_tokens, usage.reasoning) == (22, 5)
    usage = read(make_span("openlit.instrumentation.vertexai", told)).usage
    assert usage is not None
    assert usage.output_tokens is None


@pytest.mark.parametrize(
    ("client", "provider"),
    [("google_ai_studio", "gcp.gemini"), ("bedrock", "aws.bedrock"), ("openai", None)],
)
def test_a_failed_call_tells_its_provider_by_the_scope(client: str, provider: str | None) -> None:
    """Such a span has a name and no attribute; OpenAI's client speaks to others, too."""
    scope = f"openlit.instrumentation.{client}"
    reading = read(make_span(scope, {}, name="chat some-model", status="error"))
    assert (reading.provider, reading.request_model) == (provider, "some-model")


def test_coheres_whole_floats_are_counts() -> None:
    """Its client gives its units as floats, and its answers name no model."""
    told = CHAT | {
        "gen_ai.provider.name": "cohere",
        "gen_ai.request.model": "command-a-03-2025",
        "gen_ai.response.model": "command-a-03-2025",
        "gen_ai.usage.input_tokens": 7.0,
        "gen_ai.usage.output_tokens": 23.0,
    }
    reading = read(make_span("openlit.instrumentation.cohere", told))
    assert reading.usage is not None
    assert (reading.usage.input_tokens, reading.usage.output_tokens) == (7, 23)
    assert (reading.request_model, reading.response_model) == ("command-a-03-2025", None)


def test_only_a_stream_has_a_first_token() -> None:
    """Elsewhere OpenLIT writes the whole duration as the time to the first token."""
    assert read(make_span(SCOPE, CHAT)).time_to_first_token_ms is None
    streamed = read(make_span(SCOPE, CHAT | {"gen_ai.request.stream": True}))
    assert streamed.time_to_first_token_ms == 250.0


def test_a_call_of_a_tool_does_not_make_the_call_a_tool() -> None:
    """The tools that a model called are told in its answer."""
    called = CHAT | {"gen_ai.tool.name": "look", "gen_ai.tool.args": '{"city": "Paris"}'}
    reading = read(make_span(SCOPE, called))
    assert (reading.tool_name, reading.input) == (None, ())
    assert "Paris" not in str(reading.rest)


def test_instructions_are_told_once() -> None:
    """OpenLIT tells them beside the messages and among them."""
    said = [{"type": "text", "content": "be terse"}]
    twice = {
        "gen_ai.system_instructions": json.dumps(said),
        "gen_ai.input.messages": json.dumps([{"role": "system", "parts": said}]),
    }
    assert texts(read(make_span(SCOPE, CHAT | twice)).input) == [("system", "be terse")]


def test_a_failed_calls_name_tells_what_it_was() -> None:
    """A call that Anthropic refused has no attributes at all."""
    reading = read(make_span(SCOPE, {}, name="chat claude-haiku-4-5", status="error"))
    assert (reading.operation, reading.request_model, reading.countable) == (
        "chat",
        "claude-haiku-4-5",
        True,
    )
    assert reading.provider == "anthropic"


def test_a_failure_after_the_answer_is_openlits_own() -> None:
    """It fails at reading Groq's calls of tools; a call that failed has no answer."""
    answer = {
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "error.type": "AttributeError",
    }
    asked = {key: value for key, value in CHAT.items() if ".usage." not in key}
    failure = {"error.type": "groq.RateLimitError"}
    answered, failed = (
        transcribe(
            make_span(SCOPE, asked | more, status="error"),
            tenant="tenant-123",
            key=None,
            prices=load_prices(),
            settings=read_settings({"LLM_OBSERVE_EXPORTERS": "console"}),
        )
        for more in (answer, failure)
    )

    assert (answered.status, answered.error_type, answered.countable) == ("unset", None, True)
    assert (failed.status, failed.error_type, failed.countable) == ("error", "rate_limit", True)
