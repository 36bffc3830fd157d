"""What version 0.1.0 of OpenTelemetry's conventions for generative AI changed."""

from __future__ import annotations

import pytest

from llm_observe.dialects import read
from llm_observe.privacy.kept_attributes import allow_attributes
from tests.llm_observe.dialects.spans import make_span


def test_version_0_1_0_names_prompt_release_and_workflow() -> None:
    """Prompt and versions have columns; a workflow's name stands in an agent's place."""
    told = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "refund",
        "gen_ai.prompt.name": "greeting",
        "gen_ai.prompt.version": 3,
        "gen_ai.prompt.variable.city": "a secret place",
    }
    reading = read(make_span("any", told, resource={"service.version": "1.4.2"}))

    assert (reading.prompt_name, reading.prompt_version) == ("greeting", "3")
    assert (reading.release, reading.agent_name) == ("1.4.2", "refund")
    assert "secret" not in str(reading.rest)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gen_ai.request.previous_response.id", "resp_1"),
        ("gen_ai.conversation.compacted", True),
        ("gen_ai.response.status", "completed"),
        ("gen_ai.request.stream_cursor", "cursor_1"),
        ("gen_ai.retrieval.top_k", 5),
        ("mcp.method.name", "tools/call"),
        ("mcp.session.id", "s-1"),
        ("mcp.protocol.version", "2026-07-28"),
        ("jsonrpc.request.id", "17"),
    ],
)
def test_attributes_of_version_0_1_0_are_kept(key: str, value: object) -> None:
    """None of them can hold content."""
    assert allow_attributes({key: value}, capture=False) == {key: value}


def test_the_end_of_a_message_is_read_where_the_span_tells_none() -> None:
    """It stood in the messages until version 0.1.0."""
    said = [{"role": "assistant", "parts": [], "finish_reason": "length"}]
    told = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": said}

    assert read(make_span("any", told)).finish_reasons == ("length",)


@pytest.mark.parametrize("operation", ["plan", "search_memory", "create_memory_store"])
def test_operations_of_version_0_1_0_are_no_calls(operation: str) -> None:
    """What they repeat of their calls' tokens is not counted, and told."""
    told = {"gen_ai.operation.name": operation, "gen_ai.usage.input_tokens": 5}
    reading = read(make_span("any", told))

    assert (reading.operation, reading.countable) == (operation, False)
    assert reading.usage_uncounted == "repeats_calls"
