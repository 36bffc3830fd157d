"""Spans of frameworks are told apart from the calls below them, and the models from each other."""

from __future__ import annotations

from typing import Any

import pytest

from llm_observe.cost.usage import Usage
from llm_observe.dialects import read
from tests.llm_observe.dialects.spans import make_span

LLAMA_INDEX = "openinference.instrumentation.llama_index"
LLM: dict[str, Any] = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-4o-mini",
    "llm.token_count.prompt": 21,
    "llm.token_count.completion": 17,
}
LITELLM: dict[str, Any] = {
    "llm.request.type": "completion",
    "llm.is_streaming": "False",
    "gen_ai.operation.name": "completion",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.usage.input_tokens": 21,
    "gen_ai.usage.output_tokens": 17,
    "metadata.usage_object": (
        "{'completion_tokens': 17, 'completion_tokens_details': {'reasoning_tokens': 5}, "
        "'prompt_tokens_details': {'cached_tokens': 8}}"
    ),
}
AGENTS: dict[str, Any] = {
    "logfire.msg_template": "Chat completion with {gen_ai.request.model!r}",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini",
    "usage": '{"input_tokens": 21, "output_tokens": 17}',
}


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        ("openai/gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("together_ai/meta-llama/Llama-3-8b", "meta-llama/Llama-3-8b"),
        ("meta-llama/Llama-3-8b", "meta-llama/Llama-3-8b"),
    ],
)
def test_litellms_model_is_named_as_its_provider_is_asked(asked: str, model: str) -> None:
    """The provider before it is no part of the name; another maker's folder is."""
    said = {"llm.model_name": asked, "llm.invocation_parameters": f'{{"model": "{asked}"}}'}
    reading = read(make_span("openinference.instrumentation.litellm", LLM | said))

    assert (reading.request_model, reading.response_model) == (model, None)


@pytest.mark.parametrize(
    ("name", "counted"),
    [("OpenAI.chat", True), ("Groq.astream_complete", True), ("OpenAI.predict_and_call", False)],
)
def test_llama_indexs_steps_are_no_calls(name: str, counted: bool) -> None:
    """What leads to a call is of the same kind of span, and is not counted."""
    reading = read(make_span(LLAMA_INDEX, LLM, name=name))

    assert reading.countable is counted
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", None)


@pytest.mark.parametrize("framework", ["agno", "dspy", "smolagents"])
def test_a_framework_knows_the_model_that_was_asked_for(framework: str) -> None:
    """Which one answered is not told."""
    reading = read(make_span(f"openinference.instrumentation.{framework}", LLM))

    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", None)


def test_haystacks_answers_name_the_model_that_gave_them() -> None:
    """Its embeddings name the one that was asked for."""
    scope = "openinference.instrumentation.haystack"
    embedded = {"openinference.span.kind": "EMBEDDING", "embedding.model_name": "ada"}
    answer, embedding = read(make_span(scope, LLM)), read(make_span(scope, embedded))

    assert (answer.request_model, answer.response_model) == (None, "gpt-4o-mini")
    assert (embedding.request_model, embedding.response_model) == ("ada", None)


def test_autogen_knows_by_itself_what_an_alias_stands_for() -> None:
    """So of a call that failed the model is unknown, and zeros are no count."""
    scope = "openinference.instrumentation.autogen_agentchat"
    none = {"llm.token_count.prompt": 0, "llm.token_count.completion": 0}
    answered, failed = read(make_span(scope, LLM)), read(make_span(scope, LLM | none))

    assert answered.response_model == "gpt-4o-mini"
    assert (failed.response_model, failed.usage) == (None, None)


def test_a_framework_is_no_provider() -> None:
    """Where one names itself as the provider, the model tells who it is, or nobody does."""
    told = {"gen_ai.operation.name": "chat", "gen_ai.system": "strands-agents"}
    known = told | {"gen_ai.request.model": "gpt-4o-mini"}

    assert read(make_span("strands.telemetry.tracer", told)).provider is None
    assert read(make_span("strands.telemetry.tracer", known)).provider == "openai"


def test_the_agents_sdk_puts_the_answer_in_the_requests_place() -> None:
    """Of the Responses API the model answered, of the one before it was asked."""
    scope = "openinference.instrumentation.openai_agents"
    answered = LLM | {"llm.invocation_parameters": '{"id": "resp_1", "model": "gpt-4o-mini"}'}
    new, old = read(make_span(scope, answered)), read(make_span(scope, LLM))

    assert (new.request_model, new.response_model) == (None, "gpt-4o-mini")
    assert (old.request_model, old.response_model) == ("gpt-4o-mini", None)


def test_a_call_of_a_tool_is_how_an_agents_answer_ended() -> None:
    """The SDK says of any whole answer that it stopped."""
    answer = (
        '{"id": "resp_1", "object": "response", "status": "completed", '
        '"output": [{"type": "function_call"}]}'
    )
    told = LLM | {"llm.finish_reason": "stop", "output.value": answer}
    reading = read(make_span("openinference.instrumentation.openai_agents", told))

    assert reading.finish_reasons == ("tool_call",)


def test_litellms_own_callback_tells_cached_and_reasoned_tokens() -> None:
    """They stand in a mapping as Python prints it."""
    reading = read(make_span("litellm", LITELLM))

    assert (reading.operation, reading.countable, reading.streamed) == ("chat", True, False)
    assert reading.usage == Usage(input_tokens=21, output_tokens=17, cache_read=8, reasoning=5)


def test_usage_that_litellm_counted_itself_is_unknown() -> None:
    """A stream whose usage was not asked for has no details; a provider's has."""
    streamed = LITELLM | {"llm.is_streaming": "True"}
    made_up = streamed | {"metadata.usage_object": "{'prompt_tokens_details': None}"}

    assert read(make_span("litellm", streamed)).usage is not None
    assert read(make_span("litellm", made_up)).usage is None


@pytest.mark.parametrize("function", ["embedding", "aembedding"])
def test_litellms_functions_for_coroutines_are_the_same(function: str) -> None:
    """An embedding is one, however it was called."""
    reading = read(make_span("litellm", LITELLM | {"llm.request.type": function}))

    assert (reading.operation, reading.countable) == ("embeddings", True)


def test_litellms_raw_request_is_no_call() -> None:
    """It lies beside the span that is counted."""
    assert not read(make_span("litellm", {"llm.openai.model": "gpt-4o-mini"})).countable


def test_logfires_agents_call_models_also_where_they_tell_no_operation() -> None:
    """Its tokens are in the SDK's own usage; the model is the one that was asked."""
    reading = read(make_span("logfire.openai_agents", AGENTS))

    assert (reading.operation, reading.countable) == ("chat", True)
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", None)
    assert reading.usage == Usage(input_tokens=21, output_tokens=17)


def test_pydantic_ai_has_keys_of_its_own() -> None:
    """What was reasoned, and that a first chunk came, which only streams have."""
    reading = read(
        make_span(
            "pydantic-ai",
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.system": "openai",
                "gen_ai.usage.input_tokens": 21,
                "gen_ai.usage.output_tokens": 17,
                "gen_ai.usage.details.reasoning_tokens": 5,
                "gen_ai.client.operation.time_to_first_chunk": 0.25,
            },
        )
    )

    assert (reading.dialect, reading.streamed) == ("otel-genai", True)
    assert reading.time_to_first_token_ms == 250
    assert reading.usage == Usage(input_tokens=21, output_tokens=17, reasoning=5)


def test_a_failed_call_has_no_response_model() -> None:
    """Logfire gives a failed span the model that was asked for."""
    failed = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o",
    }

    assert read(make_span("pydantic-ai", failed, status="error")).response_model is None
    assert read(make_span("pydantic-ai", failed)).response_model == "gpt-4o"


def test_an_agents_error_holds_the_providers() -> None:
    """The HTTP status within it says what went wrong."""
    told = "Error getting response: {'error': 'Error code: 429 - slow down'}"
    scope = "openinference.instrumentation.openai_agents"
    reading = read(make_span(scope, LLM, status="error", description=told))

    assert reading.error_type == "rate_limit"
