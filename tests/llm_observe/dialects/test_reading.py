"""Whatever the dialect, one word for each provider and end, and one way to choose."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from llm_observe.cost.provider_names import name_source_provider
from llm_observe.dialects import SourceEvent, read
from llm_observe.dialects.finish_reasons import name_finish_reasons
from llm_observe.dialects.providers import infer_provider, name_provider
from tests.llm_observe.dialects.spans import START_NS, make_span


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("openai", "openai"),
        ("OpenAI", "openai"),
        ("openai.responses", "openai"),
        ("Cohere", "cohere"),
        ("gemini", "gcp.gemini"),
        ("google.generative-ai", "gcp.gemini"),
        ("vertex_ai", "gcp.vertex_ai"),
        ("google.vertex.chat", "gcp.vertex_ai"),
        ("az.ai.openai", "azure.ai.openai"),
        ("azure.ai.inference", "azure.ai.inference"),
        ("amazon-bedrock", "aws.bedrock"),
        ("AWS", "aws.bedrock"),
        ("mistralai", "mistral_ai"),
        ("xai", "x_ai"),
        ("xai.chat", "x_ai"),
        ("my.own.gateway", "my.own.gateway"),
        ("", None),
    ],
)
def test_a_provider_has_one_name_whoever_names_it(said: str, name: str | None) -> None:
    """Older, other and interfaces' names become the registered one."""
    assert name_provider(said) == name


@pytest.mark.parametrize("said", ["gemini", "vertexai", "AWS", "azure", "mistralai", "grok"])
def test_prices_know_every_name_that_is_given(said: str) -> None:
    """The price source's own name is found from ours."""
    known = {"google", "aws", "azure", "mistral", "x-ai"}
    assert name_source_provider(name_provider(said)) in known


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4o-mini", "openai"),
        ("o4-mini-2025-04-16", "openai"),
        ("o1", "openai"),
        ("text-embedding-3-small", "openai"),
        ("claude-haiku-4-5", "anthropic"),
        ("gemini-2.5-flash", "gcp.gemini"),
        ("grok-4", "x_ai"),
        ("llama-3.3-70b", None),
        ("o1x", None),
        ("my-gpt-4", None),
    ],
)
def test_a_provider_is_inferred_only_where_no_doubt_is_left(
    model: str, provider: str | None
) -> None:
    """Models that anybody may host say nothing about who does."""
    assert infer_provider(None, model) == provider


def test_ends_have_one_word_whoever_names_them() -> None:
    """OpenAI's, Anthropic's, Bedrock's, Gemini's and Cohere's words become OpenTelemetry's."""
    said = ("tool_calls", "tool_use", "end_turn", "MAX_TOKENS", "COMPLETE", "tool-calls", "Odd")
    assert name_finish_reasons(["FinishReason.MAX_TOKENS"]) == ("length",)
    assert name_finish_reasons(said) == (
        "tool_call",
        "tool_call",
        "stop",
        "length",
        "stop",
        "tool_call",
        "odd",
    )


def test_a_span_of_no_dialect_is_part_of_the_trace_only() -> None:
    """Its attributes stay, it says nothing about a model."""
    reading = read(make_span("opentelemetry.instrumentation.fastapi", {"http.route": "/x"}))
    assert (reading.dialect, reading.operation, reading.countable) == ("plain", None, False)
    assert reading.rest == {"http.route": "/x"}


def test_sets_of_keys_of_any_size_and_number_are_not_kept() -> None:
    """Sets of keys come again, so they are remembered, but a sender chooses them."""
    tracemalloc.start()
    try:
        for number in range(3_000):
            read(make_span("", {f"{number}{'x' * 3_000}": 1}))
        read(make_span("", {f"{number}{'x' * 3_000}": 1 for number in range(3_000)}))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 6_000_000


def test_the_scope_decides_before_keys_do() -> None:
    """A library that puts another's keys beside its own is still that library."""
    both: dict[str, Any] = {"openinference.span.kind": "LLM", "gen_ai.operation.name": "chat"}
    genai = read(make_span("opentelemetry.instrumentation.genai.openai", both))
    assert genai.dialect == "otel-genai"
    assert read(make_span("unheard-of", both)).dialect == "openinference"


def test_a_generator_that_was_closed_was_abandoned() -> None:
    """GeneratorExit is no error: nobody waited for the rest of the answer."""
    call = {"gen_ai.operation.name": "chat", "error.type": "GeneratorExit"}
    assert read(make_span("any", call, status="error")).abandoned
    assert not read(make_span("any", {"error.type": "GeneratorExit"}, status="error")).abandoned


@pytest.mark.parametrize(
    ("class_", "message", "word"),
    [
        ("google.genai.errors.ClientError", "429 RESOURCE_EXHAUSTED. {'error': {}}", "rate_limit"),
        ("ClientError", "400 INVALID_ARGUMENT. {'error': {}}", "invalid_request"),
        ("ServerError", "503 UNAVAILABLE. {'error': {}}", "server_error"),
        (
            "botocore.exceptions.ClientError",
            "An error occurred (ThrottlingException) when calling the Converse operation: wait",
            "rate_limit",
        ),
        ("ClientError", "ClientError: 404 NOT_FOUND. {}", "not_found"),
        ("models.SDKError", "API error occurred: Status 429. Body: {}", "rate_limit"),
        ("ClientError", "nobody is there", "ClientError"),
    ],
)
def test_a_class_for_any_refusal_is_told_by_its_message(
    class_: str, message: str, word: str
) -> None:
    """Google's and AWS's clients raise one class; the kind stands in what it says."""
    exception = SourceEvent(
        "exception", START_NS, {"exception.type": class_, "exception.message": message}
    )
    assert read(make_span("app", {}, status="error", events=[exception])).error_type == word
    said = make_span("app", {"error.type": class_}, status="error", description=message)
    assert read(said).error_type == word


def test_an_errors_http_status_is_told_by_its_description() -> None:
    """Where a library names no error, its client's message begins with the status."""
    said = {"status": "error", "description": "Error code: 429 - slow down, please"}
    assert read(make_span("any", {}, **said)).error_type == "rate_limit"
    assert read(make_span("any", {}, status="error", description="429 cats")).error_type is None
