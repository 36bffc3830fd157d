"""The tier that served a call is read wherever a span tells it, apart from the one asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.dialects import read
from tests.llm_observe.dialects.spans import make_span

PLAIN: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-5.1",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 1000,
}
SIX: dict[str, Any] = {
    "ai.operationId": "ai.generateText.doGenerate",
    "ai.model.provider": "openai.responses",
    "ai.model.id": "gpt-5.1",
    "ai.usage.inputTokens": 1000,
    "ai.usage.outputTokens": 1000,
}
INFERENCE: dict[str, Any] = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-5.1",
    "llm.token_count.prompt": 1000,
    "llm.token_count.completion": 1000,
}
PRIORITY = {"service_tier": "priority"}
METADATA = {"response_metadata": {"id": "resp_1", **PRIORITY}}


def tiers(attributes: dict[str, Any], scope: str = "acme") -> tuple[str | None, str | None]:
    reading = read(make_span(scope, attributes))
    return reading.service_tier, reading.asked_tier


@pytest.mark.parametrize(
    "key",
    [
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "gen_ai.response.service_tier",
        "anthropic.response.service_tier",
    ],
)
def test_a_key_of_the_answer_tells_the_tier(key: str) -> None:
    """Of any convention, in a span of any scope."""
    assert tiers(PLAIN | {key: "priority"}) == ("priority", None)
    assert tiers(PLAIN | {key: "priority"}, "langsmith") == ("priority", None)


@pytest.mark.parametrize(
    "key",
    [
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
        "gen_ai.request.service_tier",
    ],
)
def test_a_key_of_the_request_tells_what_was_asked_for(key: str) -> None:
    """It is no tier that served, unless the answer says so, too."""
    assert tiers(PLAIN | {key: "flex"}) == (None, "flex")
    served = {"openai.response.service_tier": "default"}
    assert tiers(PLAIN | served | {key: "flex"}) == ("default", "flex")


@pytest.mark.parametrize("beta", ["fast-mode-2026-02-01", ["x-1", "fast-mode-2026-02-01"]])
def test_anthropics_fast_mode_is_asked_for_by_its_beta(beta: Any) -> None:
    """The answer's tier is ``standard`` all the same, so that none is told."""
    told = {"anthropic.response.service_tier": "standard", "anthropic.beta": beta}

    assert tiers(PLAIN | told, "com.anthropic.sdk.python") == (None, "fast")


@pytest.mark.parametrize(
    ("metadata", "tier"),
    [
        ({"openai": {"responseId": "r", "serviceTier": "priority"}}, "priority"),
        ({"gateway": {"cost": "1"}, "openai": {"serviceTier": "flex"}}, "flex"),
        ({"azure": {"serviceTier": "priority"}}, "priority"),
        ({"anthropic": {"usage": {"service_tier": "batch"}}}, "batch"),
        ({"anthropic": {"usage": {"service_tier": "standard", "speed": "fast"}}}, "fast"),
        ({"bedrock": {"serviceTier": {"type": "flex"}}}, "flex"),
        ({"google": {"usageMetadata": {"trafficType": "ON_DEMAND_PRIORITY"}}}, "priority"),
        ({"google": {"usageMetadata": {"serviceTier": "flex"}}}, "flex"),
        ({"openai": {"responseId": "r"}}, None),
        ("{broken", None),
    ],
)
def test_the_ai_sdks_metadata_of_a_provider_tells_the_tier(metadata: Any, tier: str | None) -> None:
    """In its own spans, until version 6, and in those by OpenTelemetry's keys."""
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    told = {"ai.response.providerMetadata": text}
    stream = SIX | {"ai.operationId": "ai.streamText.doStream"}

    assert tiers(SIX | told, "ai")[0] == tiers(stream | told, "ai")[0] == tier
    assert tiers(PLAIN | told, "gen_ai")[0] == tier


@pytest.mark.parametrize(
    "output",
    [
        {"id": "chatcmpl-1", "choices": [], "usage": {}, **PRIORITY},
        {"object": "response", "output": [], "usage": {}, **PRIORITY},
        {"type": "message", "usage": PRIORITY},
        {"data": {"choices": [], **PRIORITY}},
        {"generations": [[{"message": {"kwargs": METADATA}}]], "llm_output": None},
        {"generations": [[{"generation_info": PRIORITY}]], "llm_output": None},
        {"generations": [[{}]], "llm_output": PRIORITY},
        {"candidates": [], "usage_metadata": {"traffic_type": "ON_DEMAND_PRIORITY"}},
    ],
)
def test_openinferences_output_tells_the_tier(output: dict[str, Any]) -> None:
    """As the provider's answer has it, or what an integration has kept of one."""
    assert tiers(INFERENCE | {"output.value": json.dumps(output)}) == ("priority", None)


def test_what_a_model_puts_out_is_no_tier() -> None:
    """JSON that a model was asked for has any names."""
    assert tiers(INFERENCE | {"output.value": json.dumps(PRIORITY)}) == (None, None)


def test_openinferences_parameters_tell_what_was_asked_for() -> None:
    """They stand in the span, even where content is off."""
    asked = {"llm.invocation_parameters": json.dumps(PRIORITY)}

    assert tiers(INFERENCE | asked) == (None, "priority")


def test_logfires_request_tells_what_was_asked_for() -> None:
    """No key of it has the answer's tier, but for Anthropic's raw usage."""
    asked = PLAIN | {"request_data": json.dumps(PRIORITY)}
    usage = {"input_tokens": 5, "output_tokens": 1, "service_tier": "batch"}

    assert tiers(asked, "logfire.openai") == (None, "priority")
    assert tiers(PLAIN | {"gen_ai.usage.raw": json.dumps(usage)}, "logfire.anthropic")[0] == "batch"


def test_mlflows_two_exports_tell_either() -> None:
    """The call's arguments, and the answer."""
    own = {
        "mlflow.spanType": '"CHAT_MODEL"',
        "mlflow.spanInputs": json.dumps({"model": "gpt-5.1", "service_tier": "flex"}),
        "mlflow.spanOutputs": json.dumps({"choices": [], **PRIORITY}),
    }

    assert tiers(own, "mlflow.tracing.provider") == ("priority", "flex")
    argument = {"service_tier": '"flex"'}
    assert tiers(PLAIN | argument, "mlflow.tracing.provider") == (None, "flex")


def test_mlflow_tells_the_tier_of_geminis_client() -> None:
    """Vertex AI answers with its kind of traffic; Gemini's own client drops what served."""
    config = {"service_tier": "priority"}
    call = {
        "mlflow.spanType": json.dumps("LLM"),
        "mlflow.spanInputs": json.dumps({"model": "gemini-2.5-flash", "config": config}),
    }
    traffic = {"usage_metadata": {"traffic_type": "ON_DEMAND_PRIORITY"}}
    scope = "mlflow.tracing.provider"

    assert tiers(call, scope) == (None, "priority")
    told = {"mlflow.spanOutputs": json.dumps(traffic)}
    assert tiers(call | told, scope) == ("priority", "priority")


@pytest.mark.parametrize("tier", [None, {"type": "default"}])
def test_bedrocks_answer_tells_inference_optimized_for_latency(tier: dict[str, str] | None) -> None:
    """It has prices of its own, whatever the tier is called beside it."""
    fast = {"performanceConfig": {"latency": "optimized"}}
    answer = json.dumps(fast | ({"serviceTier": tier} if tier else {}))
    told = {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.llm.model": '"amazon.nova-pro-v1:0"'}
    counts = {"mlflow.chat.tokenUsage": json.dumps({"input_tokens": 9, "output_tokens": 9})}

    assert tiers(told | counts | {"mlflow.spanOutputs": answer})[0] == "optimized"
    assert tiers(PLAIN | {"gen_ai.response.metadata": answer})[0] == "optimized"
    assert tiers(PLAIN | {"gen_ai.request.parameters": json.dumps(fast)}) == (None, "optimized")
    slow = json.dumps({"performanceConfig": {"latency": "standard"}})
    assert tiers(PLAIN | {"gen_ai.response.metadata": slow}) == (None, None)
