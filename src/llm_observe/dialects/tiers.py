"""The tier that served a call, and the one that was asked for, wherever a span tells them.

Sources: ``service_tier`` of OpenAI's and Groq's answers, ``usage.service_tier`` and ``usage.speed``
of Anthropic's (https://docs.claude.com/en/api/messages), ``serviceTier`` and ``performanceConfig``
of Bedrock's Converse, and ``usageMetadata.trafficType`` of Vertex AI.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.values import read_json, read_mapping, read_text

FAST: Final = "fast"
"""Anthropic's fast mode, which has prices of its own whatever the tier is called."""
_OPTIMIZED: Final = "optimized"
"""Bedrock's inference optimized for latency, whose prices are its own, too; the answer tells it:
https://docs.aws.amazon.com/bedrock/latest/userguide/latency-optimized-inference.html"""
_SERVED: Final = (
    semconv.OPENAI_SERVICE_TIER,
    semconv.OLD_OPENAI_SERVICE_TIER,
    semconv.RESPONSE_SERVICE_TIER,
    semconv.ANTHROPIC_SERVICE_TIER,
)
_ASKED: Final = (
    semconv.OPENAI_REQUEST_SERVICE_TIER,
    semconv.OLD_OPENAI_REQUEST_SERVICE_TIER,
    semconv.REQUEST_SERVICE_TIER,
)
TIER_KEYS: Final = frozenset(_SERVED)
_FAST_BETA: Final = "fast-mode"
_USAGES: Final = ("usage", "usageMetadata", "usage_metadata")
_TRAFFIC: Final = {
    "on_demand": "standard",
    "on_demand_priority": "priority",
    "on_demand_flex": "flex",
    "provisioned_throughput": "provisioned",
}
"""Vertex AI's kinds of traffic, https://cloud.google.com/vertex-ai/generative-ai/docs/reference/
rest/v1/GenerateContentResponse#TrafficType; provisioned throughput is not paid by tokens."""


def read_tier(reading: Reading, attributes: Mapping[str, Any]) -> None:
    """Read both tiers by the keys of any convention.

    Anthropic's beta of fast mode is asked for by a header; its answer tells the speed in the
    usage, which no instrumentation passes on, and calls that tier ``standard`` all the same.
    """
    reading.service_tier = read_text(attributes, *_SERVED)
    reading.asked_tier = read_text(attributes, *_ASKED)
    beta = attributes.get(semconv.ANTHROPIC_BETA)
    if beta is not None and _FAST_BETA in str(beta):
        reading.service_tier, reading.asked_tier = None, FAST


def find_in_answer(answer: Mapping[str, Any]) -> str | None:
    """Give the tier that a provider's own answer, or metadata of one, tells."""
    for name in _USAGES:
        if (told := answer.get(name)) and (tier := _name(read_mapping(told))):
            return tier
    return _name(answer)


def find_in_metadata(value: Any) -> str | None:
    """Give the tier of the first provider that tells one, of a mapping by provider."""
    told = read_json(value)
    if not isinstance(told, Mapping):
        return None
    found = (find_in_answer(each) for each in told.values() if isinstance(each, Mapping))
    return next((each for each in found if each), None)


def _name(told: Mapping[str, Any]) -> str | None:
    if told.get("speed") == FAST:
        return FAST
    config = told.get("performanceConfig") or told.get("performance_config")
    if config and read_mapping(config).get("latency") == _OPTIMIZED:
        return _OPTIMIZED
    tier = told.get("service_tier") or told.get("serviceTier")
    if tier:
        tier = tier if isinstance(tier, str) else read_mapping(tier).get("type")
        return tier if isinstance(tier, str) and tier else None
    traffic = told.get("trafficType", told.get("traffic_type"))
    return name_traffic(traffic) if isinstance(traffic, str) else None


def name_traffic(traffic: str) -> str:
    """Give the tier that one of Vertex AI's kinds of traffic is."""
    return _TRAFFIC.get(traffic.lower(), traffic.lower())
