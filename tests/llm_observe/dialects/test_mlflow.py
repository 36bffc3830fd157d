"""MLflow's spans are read as their provider served them, in both of its exports."""

from __future__ import annotations

import json
from typing import Any

from llm_observe.cost.usage import Usage
from llm_observe.dialects import SourceEvent, read
from tests.llm_observe.dialects.spans import START_NS, make_span, parts, texts

SCOPE = "mlflow.tracing.provider"
REQUEST = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "hello"}],
    "temperature": 0.2,
    "user": "ann",
}
ANSWER = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-mini-2024-07-18",
    "service_tier": "default",
    "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {
        "prompt_tokens": 21,
        "completion_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 5},
    },
}
COUNTS = {"input_tokens": 21, "output_tokens": 17, "cache_read_input_tokens": 8}
CHAT: dict[str, Any] = {
    "mlflow.spanType": '"CHAT_MODEL"',
    "mlflow.spanInputs": json.dumps(REQUEST),
    "mlflow.spanOutputs": json.dumps(ANSWER),
    "mlflow.llm.model": '"gpt-4o-mini-2024-07-18"',
    "mlflow.message.format": '"openai"',
    "mlflow.chat.tokenUsage": json.dumps(COUNTS),
    "model": '"gpt-4o-mini"',
    "temperature": "0.2",
    "metadata": '{"k": "v"}',
}


def change(**changes: Any) -> dict[str, Any]:
    """The call with some of MLflow's own values changed, written as JSON."""
    return CHAT | {f"mlflow.{key}": json.dumps(value) for key, value in changes.items()}


def test_a_call_is_read_from_its_request_and_answer() -> None:
    """Models, id, tier, tokens with their parts, and the end."""
    reading = read(make_span(SCOPE, CHAT))
    assert (reading.dialect, reading.operation, reading.provider) == ("mlflow", "chat", "openai")
    assert (reading.request_model, reading.response_model, reading.response_id) == (
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
        "chatcmpl-1",
    )
    assert reading.usage == Usage(input_tokens=21, output_tokens=17, cache_read=8, reasoning=5)
    assert (reading.finish_reasons, reading.service_tier) == (("stop",), "default")
    assert (reading.user_id, reading.streamed, reading.countable) == ("ann", None, True)
    assert texts(reading.input) == [("user", "hello")]
    assert texts(reading.output) == [("assistant", "hi")]


def test_no_argument_of_the_call_is_left_over() -> None:
    """Arguments are attributes with bare names; of them only known numbers are kept."""
    assert read(make_span(SCOPE, CHAT)).rest == {"gen_ai.request.temperature": 0.2}


def test_without_the_answer_mlflows_counts_are_taken() -> None:
    """A provider's client counts cached tokens as input; of a framework nobody knows."""
    text = change(spanOutputs="<anthropic.Stream object at 0x0>")
    reading = read(make_span(SCOPE, text))
    assert reading.usage == Usage(input_tokens=21, output_tokens=17, cache_read=8)
    assert reading.output == ()
    framework = text | {"mlflow.message.format": '"langchain"'}
    assert read(make_span(SCOPE, framework)).usage == Usage(output_tokens=17, cache_read=8)


def test_geminis_output_gets_what_was_thought() -> None:
    """Candidates are 10 of 15: the total tells the rest."""
    counts = {"input_tokens": 9, "output_tokens": 10, "total_tokens": 24}
    told = change(**{"message.format": "gemini", "chat.tokenUsage": counts, "spanOutputs": ""})
    assert read(make_span(SCOPE, told)).usage == Usage(
        input_tokens=9, output_tokens=15, reasoning=5
    )


def test_anthropics_answer_gets_what_was_cached() -> None:
    """Its own count of 14 leaves out 4 read and 6 written; instructions are told first."""
    answer = {
        "id": "msg_1",
        "model": "claude-haiku-4-5-20251001",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "hi"}],
        "usage": {
            "input_tokens": 14,
            "output_tokens": 17,
            "cache_read_input_tokens": 4,
            "cache_creation_input_tokens": 6,
        },
    }
    request = REQUEST | {"model": "claude-haiku-4-5", "system": "be terse"}
    reading = read(make_span(SCOPE, change(spanInputs=request, spanOutputs=answer)))
    assert reading.usage == Usage(input_tokens=24, output_tokens=17, cache_read=4, cache_write=6)
    assert reading.finish_reasons == ("stop",)
    assert texts(reading.input) == [("system", "be terse"), ("user", "hello")]
    assert texts(reading.output) == [("assistant", "hi")]


def test_the_model_that_was_asked_for_did_not_answer() -> None:
    """Of a failed call, MLflow's model is the request's."""
    failed = change(**{"llm.model": "gpt-4o-mini", "spanOutputs": None})
    reading = read(make_span(SCOPE, failed, status="error"))
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", None)


def test_the_first_token_is_the_time_of_the_first_chunk() -> None:
    """Chunks are events, with content that is not kept."""
    chunk = SourceEvent("mlflow.chunk.item.0", START_NS + 5_000_000, {"mlflow.chunk.value": "h"})
    reading = read(make_span(SCOPE, CHAT, events=[chunk]))
    assert (reading.time_to_first_token_ms, reading.streamed) == (5.0, True)


def test_an_embedding_keeps_its_text_and_no_vector() -> None:
    """What was embedded is content; there is no output."""
    told = change(
        spanType="EMBEDDING",
        spanInputs={"model": "text-embedding-3-small", "input": ["Paris"]},
        spanOutputs={"data": [{"embedding": [0.25]}], "usage": {"prompt_tokens": 4}},
    )
    reading = read(make_span(SCOPE, told))
    assert reading.usage is not None
    assert reading.usage.total_tokens == 4
    assert (texts(reading.input), reading.output) == ([("user", "Paris")], ())


def test_a_tool_and_a_retriever_are_steps() -> None:
    """A tool has arguments and a result, a retriever documents."""
    tool = {"mlflow.spanType": '"TOOL"', "mlflow.spanInputs": '{"city": "Rome"}'}
    reading = read(make_span(SCOPE, tool | {"mlflow.spanOutputs": '"sunny"'}, name="look"))
    assert (reading.operation, reading.tool_name) == ("execute_tool", "look")
    assert parts(reading.input)[0]["arguments"] == {"city": "Rome"}
    assert parts(reading.output)[0]["response"] == "sunny"
    found = {
        "mlflow.spanType": '"RETRIEVER"',
        "mlflow.spanOutputs": '[{"page_content": "Paris", "metadata": {}}]',
    }
    assert texts(read(make_span(SCOPE, found)).output) == [("tool", "Paris")]


def test_the_other_export_has_opentelemetrys_keys() -> None:
    """There the request's model is the one that answered: the argument says what was asked."""
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.usage.input_tokens": 21,
        "gen_ai.usage.output_tokens": 17,
        "model": '"gpt-4o-mini"',
        "stream": "true",
        "prompt": '"hello"',
    }
    reading = read(make_span(SCOPE, told))
    assert (reading.dialect, reading.provider) == ("mlflow-semconv", "openai")
    assert (reading.request_model, reading.streamed) == ("gpt-4o-mini", True)
    assert read(make_span(SCOPE, told | {"stream": "false"})).streamed is False
    assert "prompt" not in reading.rest


def test_bedrocks_call_is_named_by_the_span_and_the_id_it_asked_for() -> None:
    """What stands for the provider is the beginning of the model's id: a region or a maker."""
    profile = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    told = {
        "mlflow.spanType": '"CHAT_MODEL"',
        "mlflow.spanInputs": json.dumps({"modelId": profile}),
        "mlflow.spanOutputs": json.dumps({"stopReason": "end_turn"}),
        "mlflow.llm.model": json.dumps(profile),
        "mlflow.llm.provider": '"us"',
    }
    reading = read(make_span(SCOPE, told, name="BedrockRuntime.converse_stream"))
    assert reading.provider == "aws.bedrock"
    assert (reading.request_model, reading.response_model) == (profile, None)
    assert (reading.finish_reasons, reading.streamed) == (("stop",), True)


def test_geminis_answer_has_names_of_its_own() -> None:
    """For its model, its id and why each candidate ended."""
    answer = {
        "model_version": "gemini-2.5-flash-001",
        "response_id": "1",
        "candidates": [{"finish_reason": "MAX_TOKENS"}],
    }
    told = {
        "mlflow.spanType": '"LLM"',
        "mlflow.spanInputs": json.dumps({"model": "gemini-2.5-flash"}),
        "mlflow.spanOutputs": json.dumps(answer),
        "mlflow.llm.provider": '"gemini"',
    }
    reading = read(make_span(SCOPE, told))
    assert (reading.response_model, reading.response_id) == ("gemini-2.5-flash-001", "1")
    assert reading.finish_reasons == ("length",)
