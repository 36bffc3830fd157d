"""Google's Agent Development Kit tells other providers' calls as if they were Gemini's."""

from __future__ import annotations

from typing import Any

from llm_observe.cost.usage import Usage
from llm_observe.dialects import Reading, read
from tests.llm_observe.dialects.spans import make_span

CALL: dict[str, Any] = {
    "gen_ai.operation.name": "generate_content",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "openai/o4-mini",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": 34,
    "gen_ai.usage.output_tokens": 407,
    "gen_ai.usage.reasoning.output_tokens": 192,
}


def read_call(
    name: str = "generate_content openai/o4-mini", said: dict[str, Any] | None = None
) -> Reading:
    return read(make_span("gcp.vertex.agent", CALL | (said or {}), name=name))


def test_another_providers_call_is_a_chat_with_its_model() -> None:
    """The operation is Gemini's and the model is named as LiteLLM names it."""
    reading = read_call()

    assert (reading.dialect, reading.operation, reading.countable) == ("google-adk", "chat", True)
    assert (reading.provider, reading.request_model) == ("openai", "o4-mini")


def test_reasoning_tokens_are_added_once() -> None:
    """Others than Gemini count it within the output."""
    usage = read_call().usage

    assert usage == Usage(input_tokens=34, output_tokens=215, reasoning=192)


def test_stop_of_another_provider_may_be_a_tool_call() -> None:
    """So how it ended is unknown; that it was too long is not."""
    assert read_call().finish_reasons is None
    long = read_call(said={"gen_ai.response.finish_reasons": ("max_tokens",)})
    assert long.finish_reasons == ("length",)


def test_geminis_calls_are_as_they_are_told() -> None:
    """Operation, output and how it ended are Gemini's own."""
    gemini = {"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-2.5-flash"}
    reading = read_call(said=gemini)

    assert (reading.operation, reading.finish_reasons) == ("generate_content", ("stop",))
    assert reading.usage == Usage(input_tokens=34, output_tokens=407, reasoning=192)


def test_an_agent_that_holds_the_last_of_its_calls_is_no_call() -> None:
    """OpenInference's instrumentation leaves one span for all of them."""
    reading = read_call("invoke_agent guide")

    assert (reading.operation, reading.countable, reading.usage) == ("invoke_agent", False, None)
