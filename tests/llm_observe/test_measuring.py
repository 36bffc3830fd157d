"""A model call has its cost, or the reason why that is unknown, and bounds where there are any."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from infra.local.settings import REPOSITORY
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.cost.usage import Usage
from llm_observe.dialects import Reading
from llm_observe.measuring import measure
from llm_observe.records import SpanRecord
from llm_observe.semconv import UNKNOWN_BECAUSE
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span

TOKENS = Usage(1000, 100)
NEVER_CACHE = frozenset({"cache_read", "cache_write"})


def measured(usage: Usage | None, *, day: str = "2026-11-23", **said: Any) -> SpanRecord:
    """Measure a call of gpt-5.1 with what else is said of it."""
    status = said.pop("status", "unset")
    start_ns = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 10**9
    told: dict[str, Any] = {"provider": "openai", "request_model": "gpt-5.1"} | said
    reading = Reading(usage=usage, countable=True, **told)
    record = SpanRecord(
        tenant_id="t1",
        trace_id="1" * 32,
        span_id="2" * 16,
        name="chat",
        kind="client",
        start_ns=start_ns,
        end_ns=start_ns,
        status=status,
        request_model=reading.request_model,
        service_tier=reading.service_tier,
    )
    measure(record, reading, load_prices())
    return record


@pytest.mark.parametrize(
    ("usage", "said", "because"),
    [
        pytest.param(TOKENS, {}, None, id="known"),
        pytest.param(None, {}, "usage_not_told", id="no usage"),
        pytest.param(None, {"status": "error"}, None, id="a failed call without usage"),
        pytest.param(Usage(1000), {"status": "error"}, "usage_not_told", id="half of it"),
        pytest.param(None, {"unknown_because": "usage_estimated"}, "usage_estimated", id="made up"),
        pytest.param(Usage(10, 5, total=90), {}, "usage_contradictory", id="contradictory"),
        pytest.param(None, {"request_model": None}, "usage_not_told", id="neither, in this order"),
        pytest.param(TOKENS, {"request_model": None}, "model_not_told", id="no model"),
        pytest.param(TOKENS, {"request_model": "my-own"}, "model_not_priced", id="unknown model"),
        pytest.param(TOKENS, {"request_model": "whisper-1"}, "model_not_priced", id="no row"),
        pytest.param(TOKENS, {"provider": None}, "model_not_priced", id="no provider"),
        pytest.param(TOKENS, {"service_tier": "scale"}, "tier_not_priced", id="unknown tier"),
        pytest.param(
            TOKENS,
            {"service_tier": "priority", "provider": "azure.ai.openai"},
            "tier_not_priced",
            id="a reseller's tier",
        ),
        pytest.param(
            Usage(300_000, 100),
            {"service_tier": "priority", "request_model": "gpt-5.4"},
            "tier_not_priced",
            id="priority above a step",
        ),
        pytest.param(
            TOKENS, {"service_tier": "flex", "day": "2026-10-11"}, "before_prices", id="too early"
        ),
        pytest.param(TOKENS, {"service_tier": "flex"}, None, id="flex"),
        pytest.param(TOKENS, {"asked_tier": "priority"}, "tier_not_told", id="only asked for"),
        pytest.param(TOKENS, {"asked_tier": "auto"}, None, id="asked for whatever"),
        pytest.param(
            TOKENS,
            {"asked_tier": "priority", "service_tier": "default"},
            None,
            id="asked for, and another served",
        ),
        pytest.param(
            Usage(1000, 100, untold=NEVER_CACHE), {}, "cache_not_told", id="the cache is untold"
        ),
        pytest.param(
            Usage(1000, 100, untold=NEVER_CACHE),
            {"request_model": "gpt-4"},
            None,
            id="the cache is untold and makes no difference",
        ),
        pytest.param(
            Usage(1000, 100, untold=frozenset({"reasoning"})),
            {},
            None,
            id="reasoning is untold and makes no difference",
        ),
        pytest.param(Usage(1000, 100, input_image=50), {}, "part_not_priced", id="images"),
        pytest.param(
            Usage(1000, 100, cache_write=60, cache_write_12h=50),
            {},
            "part_not_priced",
            id="written for twelve hours",
        ),
        pytest.param(TOKENS, {"request_model": "gpt-realtime"}, "image_not_told", id="images?"),
        pytest.param(
            Usage(1000, 100, input_image=0), {"request_model": "gpt-realtime"}, None, id="none"
        ),
    ],
)
def test_an_unknown_cost_has_its_reason(
    usage: Usage | None, said: dict[str, Any], because: str | None
) -> None:
    """A call has a cost or the first reason of the list, but for one that failed early."""
    record = measured(usage, **said)
    assert record.unknown_because == because
    assert (record.cost_usd is None) == (because is not None or usage is None)


@pytest.mark.parametrize(
    ("usage", "said", "least", "most"),
    [
        # 3,908 tokens at 0.15, of which any number at 0.075.
        (
            Usage(3908, 98, untold=NEVER_CACHE),
            {"request_model": "gpt-4o-mini"},
            "0.0003519",
            "0.000645",
        ),
        # What was read is told, so that the rest was not.
        (
            Usage(3908, 98, cache_read=3840, untold=NEVER_CACHE),
            {"request_model": "gpt-4o-mini"},
            None,
            None,
        ),
        (Usage(1000, 100), {"asked_tier": "priority"}, "0.00225", "0.0045"),
        (Usage(1000, 100), {"request_model": "gpt-realtime"}, "0.0056", "0.0066"),
        (Usage(1000, 100, input_image=50), {}, None, None),
        (Usage(1000, 100), {"asked_tier": "scale"}, None, None),
        (Usage(1000, 100), {}, None, None),
    ],
)
def test_an_unknown_cost_is_bounded_where_its_kinds_are_known(
    usage: Usage, said: dict[str, Any], least: str | None, most: str | None
) -> None:
    """The cheapest and the dearest of what the tokens may have been, and no more than that."""
    record = measured(usage, **said)
    found = [record.cost_min_usd, record.cost_max_usd]
    assert [each and Decimal(each) for each in found] == [
        each and Decimal(each) for each in (least, most)
    ]


def test_a_tier_that_is_a_sentence_names_no_price() -> None:
    """Its words would go to the database, which takes the standard price where no tier is told."""
    record = measured(TOKENS, service_tier="she said so")
    assert (record.price_provider, record.price_model, record.price_tier) == (None, None, None)
    assert (record.cost_usd, record.unknown_because) == (None, "tier_not_priced")


def test_a_tier_that_may_not_have_served_names_no_price() -> None:
    """The database looks prices up by these names, and would take the standard one."""
    record = measured(TOKENS, asked_tier="flex")
    assert (record.price_provider, record.price_model, record.price_tier) == (None, None, None)


@pytest.mark.parametrize(
    ("tier", "priced_as"),
    [
        (None, "standard"),
        (" Default ", "standard"),
        ("ON_DEMAND", "standard"),
        ("on-demand", "standard"),
        ("TRAFFIC_TYPE_UNSPECIFIED", "standard"),
        ("standard_only", "standard"),
        ("ON_DEMAND_PRIORITY", "priority"),
        ("ON_DEMAND_FLEX", "flex"),
        ("SERVICE_TIER_FLEX", "flex"),
        ("Batch", "batch"),
        ("fast", "fast"),
        ("PROVISIONED_THROUGHPUT", "provisioned_throughput"),
        ("reserved", "reserved"),
    ],
)
def test_a_tier_has_one_name(tier: str | None, priced_as: str) -> None:
    """Providers spell tiers in their ways; one that the source does not know stays itself."""
    key = load_prices().resolve("openai", "gpt-5.1", service_tier=tier)
    assert key is not None
    assert key.service_tier == priced_as


@pytest.mark.parametrize(
    ("attributes", "totals", "cost", "repairs"),
    [
        pytest.param(
            {
                "gen_ai.provider.name": "anthropic",
                "gen_ai.request.model": "claude-sonnet-4-5",
                "gen_ai.usage.input_tokens": 12,
                "gen_ai.usage.cache_read.input_tokens": 20000,
                "gen_ai.usage.cache_creation.input_tokens": 1500,
                "gen_ai.usage.output_tokens": 340,
            },
            (21512, 340),
            "0.016761",
            ["usage_added"],
            id="parts above their total",
        ),
        pytest.param(
            {
                "gen_ai.provider.name": "aws.bedrock",
                "gen_ai.request.model": "anthropic.claude-sonnet-4-5-20250929-v1:0",
                "gen_ai.usage.input_tokens": 4300,
                "gen_ai.usage.cache_read.input_tokens": 35283,
                "gen_ai.usage.cache_creation.input_tokens": 17787,
                "gen_ai.usage.output_tokens": 630,
                "gen_ai.usage.total_tokens": 58000,
            },
            (57370, 630),
            "0.109599765",
            ["usage_added"],
            id="a total that includes the cache",
        ),
        pytest.param(
            {
                "gen_ai.provider.name": "anthropic",
                "gen_ai.request.model": "claude-sonnet-4-5",
                "gen_ai.usage.input_tokens": 4300,
                "gen_ai.usage.output_tokens": 630,
                "gen_ai.usage.total_tokens": 58000,
            },
            (None, None),
            None,
            ["usage_dropped"],
            id="a total that proves something to be left out",
        ),
    ],
)
def test_a_span_tells_how_its_counts_were_put_right(
    attributes: dict[str, Any],
    totals: tuple[int | None, int | None],
    cost: str | None,
    repairs: list[str],
) -> None:
    """Nothing is added or dropped without ``llm_observe.repairs`` saying so."""
    record = transcribe(
        make_span("acme", {"gen_ai.operation.name": "chat"} | attributes),
        tenant="t1",
        key=None,
        prices=load_prices(),
        settings=Settings(),
    )
    assert (record.input_tokens, record.output_tokens) == totals
    assert (record.cost_usd and Decimal(record.cost_usd)) == (cost and Decimal(cost))
    assert record.attributes["llm_observe.repairs"] == repairs
    assert (record.unknown_because is None) == (cost is not None)


def test_each_reason_is_explained() -> None:
    """The decision on cost names every reason for which a cost may be unknown."""
    text = (REPOSITORY / "docs/adr/006-cost.md").read_text(encoding="utf-8")
    assert {reason for reason in UNKNOWN_BECAUSE if f"`{reason}`" not in text} == set()
