"""A tier is read by the words of its key, and one that was asked for is never the one served."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.llm_observe.dialects.test_tiers import INFERENCE, PLAIN, tiers

CLAUDE = PLAIN | {"gen_ai.request.model": "claude-opus-4-6", "gen_ai.provider.name": "anthropic"}


@pytest.mark.parametrize(
    "key",
    [
        *("gen_ai.usage.service_tier", "gen_ai.response.serviceTier", "llm.response.service_tier"),
        *("gen_ai.usage.serviceTier", "llm.openai.response.service_tier", "gen_ai.response.tier"),
        "gen_ai.response.metadata.service_tier",
    ],
)
def test_a_key_with_the_words_of_an_answer_tells_the_tier_that_served(key: str) -> None:
    """However they are joined."""
    assert tiers(PLAIN | {key: "flex"}) == ("flex", None)


@pytest.mark.parametrize(
    "key", ["service_tier", "llm.service_tier", "gen_ai.request.serviceTier", "openai.service_tier"]
)
def test_a_key_that_does_not_say_whose_tier_tells_the_one_asked_for(key: str) -> None:
    """It may have been refused."""
    assert tiers(PLAIN | {key: "priority"}) == (None, "priority")


@pytest.mark.parametrize("value", ["gold", "premium", "default", "", 3])
def test_a_customers_own_plan_is_no_tier(value: Any) -> None:
    """Of keys that are no convention's, only tiers that providers have are read."""
    assert tiers(PLAIN | {"customer.service_tier": value}) == (None, None)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("ai.response.providerMetadata", {"openai": {"serviceTier": "priority"}}),
        ("gen_ai.response.provider_metadata", {"openai": {"serviceTier": "priority"}}),
        ("gen_ai.usage.raw", {"service_tier": "priority"}),
        ("gen_ai.usage", {"input_tokens": 1000, "service_tier": "priority"}),
        ("ai.response.providerMetadata", {"anthropic": {"usage": {"service_tier": "priority"}}}),
    ],
)
def test_an_object_of_an_answer_tells_the_tier_on_anybodys_span(key: str, told: Any) -> None:
    """Metadata of providers and raw usage, as JSON."""
    assert tiers(PLAIN | {key: json.dumps(told)}) == ("priority", None)


@pytest.mark.parametrize(
    ("base", "key", "told"),
    [
        (INFERENCE, "input.value", {"messages": [], "service_tier": "flex"}),
        (PLAIN, "llm.invocation_parameters", {"service_tier": "flex"}),
        (PLAIN, "ai.settings.providerOptions", {"openai": {"serviceTier": "flex"}}),
    ],
)
def test_an_object_of_a_request_tells_the_tier_asked_for(
    base: dict[str, Any], key: str, told: Any
) -> None:
    """Parameters and options, as JSON."""
    assert tiers(base | {key: json.dumps(told)}) == (None, "flex")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"gen_ai.usage.speed": "fast"}, ("fast", None)),
        ({"anthropic.response.speed": "fast"}, ("fast", None)),
        ({"gen_ai.usage.raw": '{"speed": "fast", "service_tier": "standard"}'}, ("fast", None)),
        ({"anthropic.request.speed": "fast"}, (None, "fast")),
        ({"gen_ai.usage.speed": "standard"}, ("standard", None)),
    ],
)
def test_fast_mode_goes_before_the_tier_that_is_told_beside_it(
    told: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    """Anthropic calls the tier of a fast answer ``standard``."""
    assert tiers(CLAUDE | {"gen_ai.response.service_tier": "standard"} | told) == expected


@pytest.mark.parametrize(
    ("traffic", "tier"),
    [("ON_DEMAND_FLEX", "flex"), ("PROVISIONED_THROUGHPUT", "provisioned")],
)
def test_vertex_ais_kind_of_traffic_is_a_tier(traffic: str, tier: str) -> None:
    """As a key of the answer's."""
    assert tiers(PLAIN | {"gen_ai.response.traffic_type": traffic}) == (tier, None)


def test_a_tier_has_no_blanks_around_it() -> None:
    """With one it would be no name, and the call be priced as if none was told."""
    assert tiers(PLAIN | {"gen_ai.response.service_tier": "priority "}) == ("priority", None)
