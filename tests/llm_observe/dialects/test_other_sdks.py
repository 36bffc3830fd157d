"""Claude Code, Laminar, LangSmith, vLLM and Anthropic's clients: spans from their sources."""

from __future__ import annotations

from typing import Any

import pytest

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import read
from llm_observe.dialects.source import SourceEvent
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span

TRACING = "com.anthropic.claude_code.tracing"
REQUEST = {
    "span.type": "llm_request",
    "gen_ai.system": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "model": "claude-sonnet-4-5",
    "input_tokens": 12,
    "output_tokens": 340,
    "cache_read_tokens": 20000,
    "cache_creation_tokens": 1500,
    "ttft_ms": 800,
    "success": True,
    "stop_reason": "end_turn",
    "gen_ai.response.id": "msg_01",
    "speed": "normal",
}
LAMINAR = {
    "lmnr.span.type": "LLM",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 3908,
    "gen_ai.usage.output_tokens": 95,
    "gen_ai.usage.cache_read_input_tokens": 3840,
    "llm.usage.total_tokens": 4003,
    "openai.response.service_tier": "default",
    "lmnr.association.properties.session_id": "s-1",
}
LANGSMITH = {
    "langsmith.span.kind": "llm",
    "gen_ai.system": "langchain",
    "langsmith.metadata.ls_provider": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 3908,
    "gen_ai.usage.output_tokens": 95,
    "gen_ai.usage.total_tokens": 4003,
    "gen_ai.usage.input_token_details": "{'audio': 0, 'cache_read': 3840}",
    "langsmith.metadata.thread_id": "s-1",
}
VLLM = {
    "gen_ai.request.id": "chatcmpl-1",
    "gen_ai.usage.prompt_tokens": 120,
    "gen_ai.usage.completion_tokens": 30,
    "gen_ai.usage.num_sequences": 1,
    "gen_ai.latency.time_in_queue": 0.01,
    "gen_ai.latency.time_to_first_token": 0.25,
    "gen_ai.latency.e2e": 1.0,
}
ANTHROPIC = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.request.stream": True,
    "gen_ai.response.id": "msg_01",
}


def record_of(scope: str, attributes: dict[str, Any], **changes: Any) -> SpanRecord:
    """A span's record with content off."""
    return transcribe(
        make_span(scope, attributes, **changes),
        tenant="any",
        key=None,
        prices=load_prices(),
        settings=Settings(),
    )


def test_claude_codes_request_is_a_call_with_the_cache_beside_its_input() -> None:
    """Its bare counts are Anthropic's: 12 and what was read and written is the whole input."""
    record = record_of(TRACING, REQUEST)

    assert (record.countable, record.operation, record.provider) == (True, "chat", "anthropic")
    assert (record.input_tokens, record.output_tokens) == (21512, 340)
    assert (record.cache_read_tokens, record.cache_write_tokens) == (20000, 1500)
    assert record.cost_usd is not None
    assert float(record.cost_usd) == 0.016761
    assert record.time_to_first_token_ms == 800
    assert record.finish_reasons == ["stop"]


def test_claude_codes_prompt_and_tool_are_an_agent_and_a_tool() -> None:
    """The wait for permission within a tool is no second call of it."""
    kinds = ("interaction", "tool", "tool.execution", "tool.blocked_on_user")
    read_as = [read(make_span(TRACING, {"span.type": kind, "tool_name": "Bash"})) for kind in kinds]

    assert [each.operation for each in read_as] == ["invoke_agent", "execute_tool", None, None]
    assert read_as[1].tool_name == "Bash"
    assert not any(each.countable or each.usage_uncounted for each in read_as)


def test_a_failed_request_of_claude_code_tells_its_error() -> None:
    """Its span's status stays unset, and the call is failed all the same."""
    failed = REQUEST | {"success": False, "status_code": 529}
    record = record_of(TRACING, failed)

    assert (record.status, record.error_type is None) == ("error", False)
    assert record_of(TRACING, REQUEST | {"success": True}).status == "unset"


def test_a_failed_run_of_langsmith_is_failed_whatever_its_status() -> None:
    """LangSmith calls each span ok and records the exception beside."""
    span = make_span("langsmith", LANGSMITH, status="ok")
    assert not read(span).failed

    told = {"exception.type": "Exception", "exception.message": "RateLimitError('wait')"}
    span.events = [SourceEvent("exception", span.end_ns, told)]
    assert (read(span).failed, read(span).error_type) == (True, "rate_limit")


@pytest.mark.parametrize("operation", [{}, {"gen_ai.operation.name": "chat"}])
def test_langsmith_tells_its_cache_as_python_prints_it(operation: dict[str, str]) -> None:
    """A run of a model is a call with or without an operation, of the provider it was asked of."""
    record = record_of("langsmith", LANGSMITH | operation)

    assert (record.countable, record.provider) == (True, "openai")
    assert (record.input_tokens, record.cache_read_tokens) == (3908, 3840)
    assert record.session_id == "s-1"


def test_laminars_call_has_all_it_tells() -> None:
    """Provider, response, tier and cache, though no operation is told."""
    record = record_of("lmnr.tracer", LAMINAR, name="openai.chat")

    assert (record.countable, record.operation) == (True, "chat")
    assert (record.input_tokens, record.cache_read_tokens) == (3908, 3840)
    assert (record.response_id, record.service_tier) == ("chatcmpl-1", "default")
    assert record.session_id == "s-1"
    assert record.cost_usd is not None


@pytest.mark.parametrize("kind", ["DEFAULT", "EXECUTOR", "EVALUATION", "TOOL"])
def test_laminars_other_spans_are_no_calls(kind: str) -> None:
    """A decorated function tells of neither model nor tokens."""
    record = record_of("lmnr.tracer", {"lmnr.span.type": kind})

    assert not record.countable
    assert record.usage_uncounted is None


def test_vllms_request_is_a_call_though_it_names_no_model() -> None:
    """Newer versions leave the model out: then its cost is unknown, and it counts all the same."""
    record = record_of("vllm.llm_engine", VLLM, name="llm_request", kind="server")

    assert (record.countable, record.provider) == (True, "vllm")
    assert (record.input_tokens, record.output_tokens) == (120, 30)
    assert record.time_to_first_token_ms == 250
    assert record.cost_usd is None


@pytest.mark.parametrize(
    "scope",
    [
        *("com.anthropic.sdk.python", "com.anthropic.sdk.typescript", "com.anthropic.sdk.go"),
        *("com.anthropic.sdk.java", "com.anthropic.sdk.python.bedrock", "com.anthropic.sdk.cli"),
        *("com.anthropic.sdk.typescript.vertex", "com.anthropic.claude-platform"),
    ],
)
def test_a_stream_that_never_ended_is_abandoned_in_every_language(scope: str) -> None:
    """It began, and has neither a reason why it stopped nor an error."""
    record = record_of(scope, ANTHROPIC)
    ended = record_of(scope, ANTHROPIC | {"anthropic.message.stop_reason": "end_turn"})

    assert record.attributes["llm_observe.dialect"] == "anthropic-native"
    assert (record.countable, record.error_type) == (True, "abandoned")
    assert (ended.error_type, ended.finish_reasons) == (None, ["stop"])


COMPACTION = "anthropic.usage.compaction."


@pytest.mark.parametrize(
    ("told", "tokens", "bounds"),
    [
        # 5,600 input at 0.1 to 2 $ for a million, 900 output at 5 $.
        ({"input_tokens": 5000, "output_tokens": 700}, (5600, 900), ("0.00506", "0.0157")),
        ({"input_tokens": 0, "output_tokens": 0}, (600, 200), None),
        ({"input_tokens": 5000}, (5600, None), None),
    ],
)
def test_what_compaction_took_is_part_of_a_call(
    told: dict[str, int], tokens: tuple[int, int | None], bounds: tuple[str, str] | None
) -> None:
    """Anthropic bills it and leaves it out of the usage; how much a cache had is not told."""
    told = {COMPACTION + side: count for side, count in told.items()}
    call = ANTHROPIC | {
        "gen_ai.request.model": "claude-haiku-4-5",
        "anthropic.message.stop_reason": "end_turn",
        "gen_ai.usage.input_tokens": 600,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_write.input_tokens": 0,
        "gen_ai.usage.output_tokens": 200,
    }
    record = record_of("com.anthropic.sdk.python", call | told)

    assert (record.input_tokens, record.output_tokens) == tokens
    if bounds:
        assert record.cost_usd is None
        assert record.unknown_because == "cache_not_told"
        assert (record.cost_min_usd or "").startswith(bounds[0])
        assert (record.cost_max_usd or "").startswith(bounds[1])


def test_mistrals_own_spans_are_told_apart() -> None:
    """Instrumentations make one beside each, which tells more: those are counted."""
    told = {
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "mistral-small-2506",
        "gen_ai.usage.prompt_tokens": 7,
        "gen_ai.usage.output_tokens": 23,
    }
    record = record_of("mistralai_sdk_tracer", told)

    assert not record.countable
    assert record.usage_uncounted == "repeats_calls"
