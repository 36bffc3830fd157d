"""What public bug reports showed to be priced wrong costs what it did, or is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceEvent
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import START_NS, make_span

NOVEMBER = 1_795_860_000 * 10**9
"""After the price source began to have tiers."""
OPENAI = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.usage.input_tokens": 3908,
    "gen_ai.usage.output_tokens": 98,
}
FIVE = {
    "ai.operationId": "ai.generateText.doGenerate",
    "ai.model.provider": "openai.responses",
    "ai.model.id": "gpt-4o-mini",
    "ai.usage.promptTokens": 3908,
    "ai.usage.completionTokens": 98,
}
CLAUDE = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-haiku-4-5",
    "gen_ai.usage.input_tokens": 14,
    "gen_ai.usage.output_tokens": 20,
}


def transcribe_call(scope: str, attributes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    span = make_span(scope, attributes, start_ns=NOVEMBER, end_ns=NOVEMBER + 1, **changes)
    record = transcribe(span, tenant="t", key=None, prices=load_prices(), settings=Settings())
    return record.to_row()


@pytest.mark.parametrize(
    ("scope", "attributes"),
    [
        ("@opentelemetry/instrumentation-openai", OPENAI),
        ("opentelemetry.instrumentation.openai_v2", OPENAI | {"gen_ai.system": "openai"}),
        ("langsmith", OPENAI | {"gen_ai.usage.total_tokens": 4006}),
        ("ai", FIVE),
        ("mlflow.tracing.provider", OPENAI),
        ("semantic_kernel.utils.telemetry.model_diagnostics.decorators", OPENAI),
    ],
)
def test_a_cache_that_is_left_out_makes_the_cost_unknown(
    scope: str, attributes: dict[str, Any]
) -> None:
    """With bounds between which it lies, and the tokens that are told."""
    row = transcribe_call(scope, attributes)

    assert row.get("cost_usd") is None
    assert row["unknown_because"] in {"cache_not_told", "tier_not_told"}
    assert (row["input_tokens"], row["output_tokens"]) == (3908, 98)
    assert float(row["cost_min_usd"]) == 0.0003519
    assert float(row["cost_max_usd"]) in {0.000645, 0.001075}


def test_langsmiths_details_are_the_cache() -> None:
    """As Python prints them."""
    told = {
        "gen_ai.usage.input_token_details": "{'cache_read': 3840, 'audio': 0}",
        "gen_ai.response.service_tier": "default",
    }
    row = transcribe_call("langsmith", OPENAI | told)

    assert (row["cost_usd"], row["cache_read_tokens"]) == ("0.000357000000", 3840)


def test_an_older_ai_sdks_metadata_tells_the_cache() -> None:
    """Until version 4, OpenAI's had it."""
    told = {"openai": {"cachedPromptTokens": 3840, "serviceTier": "default"}}
    row = transcribe_call("ai", FIVE | {"ai.response.providerMetadata": json.dumps(told)})

    assert (row["cost_usd"], row["cache_read_tokens"]) == ("0.000357000000", 3840)


@pytest.mark.parametrize("operation", ["chat", "text_completion"])
def test_the_counts_of_openllmetrys_tokenizer_are_no_usage(operation: str) -> None:
    """In Node a stream's counts are its own, and no sign tells a stream apart."""
    told = {"gen_ai.operation.name": operation, "gen_ai.usage.total_tokens": 4006}
    row = transcribe_call("@traceloop/instrumentation-openai", OPENAI | told)

    assert (row["usage_status"], row["unknown_because"]) == ("unknown", "usage_estimated")
    assert row.get("input_tokens") is row.get("cost_usd") is None


def test_openllmetrys_anthropic_of_node_leaves_the_cache_beside() -> None:
    """Its total is of input and output alone."""
    told = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.cache_read.input_tokens": 6,
        "gen_ai.usage.cache_creation.input_tokens": 4,
        "gen_ai.usage.total_tokens": 34,
    }
    row = transcribe_call("@traceloop/instrumentation-anthropic", CLAUDE | told)

    assert (row["input_tokens"], row["cache_read_tokens"]) == (24, 6)
    assert row["usage_buckets"]["input_uncached"] == 14


def test_openlits_zeros_of_anthropics_streams_are_no_counts() -> None:
    """It writes them whatever was cached, which its input leaves out."""
    told = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.stream": True,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_creation.input_tokens": 0,
    }
    scope = "openlit.instrumentation.anthropic"
    row = transcribe_call(scope, CLAUDE | told)
    whole = transcribe_call(scope, CLAUDE | told | {"gen_ai.request.stream": False})
    counted = transcribe_call(scope, CLAUDE | told | {"gen_ai.usage.cache_read.input_tokens": 6})

    assert row.get("input_tokens") is row.get("cache_read_tokens") is row.get("cost_usd") is None
    assert row["output_tokens"] == 20
    assert (whole["input_tokens"], whole["cache_read_tokens"]) == (14, 0)
    assert counted["input_tokens"] == 20


@pytest.mark.parametrize("model", ["claude-3-haiku-20240307-v1:0", "nova-pro-v1:0"])
def test_the_input_of_openllmetrys_invoke_model_is_unknown(model: str) -> None:
    """What was cached is beside it and told of Converse alone; a family's name is no model."""
    told = {
        "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.request.model": model,
        "gen_ai.response.model": "claude",
        "gen_ai.usage.total_tokens": 34,
    }
    row = transcribe_call("opentelemetry.instrumentation.bedrock", CLAUDE | told)

    assert row.get("input_tokens") is row.get("response_model") is row.get("cost_usd") is None
    assert row["output_tokens"] == 20


def test_geminis_model_that_was_asked_for_did_not_answer() -> None:
    """OpenLLMetry tells it in the place of the one that did."""
    told = {
        "gen_ai.request.model": "gemini-2.5-flash",
        "gen_ai.response.model": "gemini-2.5-flash",
        "gen_ai.usage.total_tokens": 34,
    }
    row = transcribe_call("opentelemetry.instrumentation.google_generativeai", CLAUDE | told)

    assert row.get("response_model") is None


def test_mistrals_answer_tells_the_cache_and_what_was_reasoned() -> None:
    """OpenInference's own counts leave both out."""
    usage = {
        "prompt_tokens": 21,
        "completion_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "mistral-small-2506",
        "llm.token_count.prompt": 21,
        "llm.token_count.completion": 17,
    }
    scope = "openinference.instrumentation.mistralai"
    told = {"output.value": json.dumps({"id": "1", "choices": [], "usage": usage})}
    row, silent = (transcribe_call(scope, each) for each in (attributes | told, attributes))

    assert (row["cache_read_tokens"], row["reasoning_tokens"]) == (8, 5)
    assert row["usage_buckets"] == {
        "input_uncached": 13,
        "cache_read": 8,
        "output_text": 12,
        "reasoning": 5,
    }
    assert silent["usage_buckets"] == {"input_unsplit": 21, "output_unsplit": 17}


def make_chunks(*values: dict[str, Any]) -> list[SourceEvent]:
    return [
        SourceEvent(
            f"mlflow.chunk.item.{place}", START_NS, {"mlflow.chunk.value": json.dumps(value)}
        )
        for place, value in enumerate(values)
    ]


def test_the_last_part_of_mlflows_stream_tells_the_whole_answer() -> None:
    """OpenTelemetry's keys beside it have the two totals alone."""
    response = {
        "object": "response",
        "id": "resp_1",
        "model": "gpt-4o-mini-2024-07-18",
        "status": "completed",
        "output": [],
        "service_tier": "default",
        "usage": {
            "input_tokens": 3908,
            "input_tokens_details": {"cached_tokens": 3840},
            "output_tokens": 98,
            "output_tokens_details": {"reasoning_tokens": 6},
        },
    }
    events = make_chunks({"type": "response.created"}, {"response": response})
    row = transcribe_call("mlflow.tracing.provider", OPENAI, events=events)

    assert (row["cost_usd"], row["cache_read_tokens"]) == ("0.000357000000", 3840)
    assert (row["reasoning_tokens"], row["service_tier"], row["response_id"]) == (
        6,
        "default",
        "resp_1",
    )


def test_mlflows_stream_ended_as_its_parts_say() -> None:
    """Its own summary says that a call of a tool is an answer."""
    events = make_chunks({"choices": [{"finish_reason": "tool_calls"}]}, {"choices": []})
    told = OPENAI | {"gen_ai.response.finish_reasons": ["stop"]}
    row = transcribe_call("mlflow.tracing.provider", told, events=events)

    assert row["finish_reasons"] == ["tool_call"]


def test_an_abandoned_responses_model_is_kept() -> None:
    """It answered, whatever became of the stream; the one that was asked for did not."""
    told = {key: value for key, value in OPENAI.items() if ".usage." not in key}
    scope = "opentelemetry.instrumentation.genai.openai"
    row = transcribe_call(scope, told, status="error")
    copied = transcribe_call(scope, told | {"gen_ai.response.model": "gpt-4o-mini"}, status="error")

    assert row["response_model"] == "gpt-4o-mini-2024-07-18"
    assert copied.get("response_model") is None


@pytest.mark.parametrize(
    ("tier", "cost"), [("priority", "0.022500000000"), ("flex", "0.005625000000")]
)
def test_the_ai_sdks_tier_is_priced(tier: str, cost: str) -> None:
    """gpt-5.1 at standard would be 0.01125."""
    told = {
        "ai.model.id": "gpt-5.1",
        "ai.usage.inputTokens": 1000,
        "ai.usage.outputTokens": 1000,
        "ai.response.providerMetadata": json.dumps({"openai": {"serviceTier": tier}}),
    }
    attributes = {key: value for key, value in FIVE.items() if ".usage." not in key}
    row = transcribe_call("ai", attributes | told)

    assert (row["service_tier"], row["cost_usd"]) == (tier, cost)


def test_a_tier_that_was_only_asked_for_makes_the_cost_unknown() -> None:
    """It may have served, or the standard one."""
    asked = {"llm.invocation_parameters": json.dumps({"service_tier": "priority"})}
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "gpt-5.1",
        "llm.token_count.prompt": 1000,
        "llm.token_count.completion": 1000,
    }
    row = transcribe_call("openinference.instrumentation.openai", attributes | asked)

    assert (row.get("cost_usd"), row["unknown_because"]) == (None, "tier_not_told")
    assert (float(row["cost_min_usd"]), float(row["cost_max_usd"])) == (0.01125, 0.0225)


UNTIERED = OPENAI | {"gen_ai.usage.cache_read.input_tokens": 0}


@pytest.mark.parametrize("scope", ["pydantic-ai", "logfire.openai", "gen_ai"])
def test_a_tier_that_a_library_never_tells_makes_the_cost_unknown(scope: str) -> None:
    """A project's own setting may have had another serve; bounds hold all but a batch."""
    row = transcribe_call(scope, UNTIERED)

    assert (row.get("cost_usd"), row["unknown_because"]) == (None, "tier_not_told")
    assert (float(row["cost_min_usd"]), float(row["cost_max_usd"])) == (0.000645, 0.001075)


@pytest.mark.parametrize(
    "told",
    [
        {"openai.response.service_tier": "default"},
        {"openai.request.service_tier": "default"},
        {"gen_ai.request.model": "gpt-4", "gen_ai.response.model": "gpt-4-0613"},
        {"gen_ai.provider.name": "mistral_ai", "gen_ai.request.model": "mistral-small-2506"}
        | {"gen_ai.response.model": "mistral-small-2506"},
    ],
)
def test_a_tier_that_is_told_or_makes_no_difference_leaves_the_cost(told: dict[str, Any]) -> None:
    """A standard tier, asked for or served, and models of one price but for batches."""
    assert transcribe_call("pydantic-ai", UNTIERED | told).get("cost_usd") is not None


def test_a_sender_that_may_tell_its_tier_is_believed() -> None:
    """By OpenTelemetry's convention one that says nothing was served at the standard tier."""
    assert transcribe_call("acme", UNTIERED)["cost_usd"] == "0.000645000000"


def test_strands_cache_is_in_the_metadata() -> None:
    """The total of Bedrock says that it is beside the input."""
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.provider": "aws",
        "llm.model_name": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "llm.token_count.prompt": 4300,
        "llm.token_count.completion": 630,
        "llm.token_count.total": 58000,
        "metadata": json.dumps(
            {"cache_read_input_tokens": 35283, "cache_write_input_tokens": 17787}
        ),
    }
    row = transcribe_call("openinference.instrumentation.strands_agents", attributes)

    assert (row["input_tokens"], row["output_tokens"]) == (57370, 630)
    assert row["attributes"]["llm_observe.repairs"] == ["usage_added"]
