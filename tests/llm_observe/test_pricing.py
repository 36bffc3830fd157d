"""A call's cost is that of its own day, tier and size, or unknown; never a wrong number."""

from __future__ import annotations

import decimal
import json
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.cost.pricing import PriceBook, load_prices
from llm_observe.cost.rates import Price, PriceKey, cost
from llm_observe.cost.usage import MOST_TOKENS, Usage

BOOK = load_prices()
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MILLION = 1_000_000


def price_of(provider: str, model: str, tier: str | None = None, tokens: int = 0) -> Price | None:
    return BOOK.find(provider, model, NOW, tier, tokens)


def cost_of(
    usage: Usage, provider: str, model: str, tier: str | None = None, at: datetime = NOW
) -> Decimal | None:
    price = BOOK.find(provider, model, at, tier, usage.input_tokens)
    buckets = usage.buckets()
    assert buckets is not None
    return cost(buckets.to_dict(), price) if price else None


# The expected costs are worked out by hand from the providers' list prices.
@pytest.mark.parametrize(
    ("usage", "provider", "model", "tier", "dollars"),
    [
        pytest.param(Usage(1000, 100), "openai", "gpt-4o-mini", None, "0.00021", id="plain"),
        pytest.param(
            Usage(1000, 100),
            "openai",
            "gpt-4o-mini-2024-07-18",
            "default",
            "0.00021",
            id="dated name",
        ),
        pytest.param(
            Usage(10_000, 1000, cache_read=8000),
            "openai",
            "gpt-4o",
            None,
            "0.025",
            id="80 % cached gpt-4o: half price for 8,000",
        ),
        pytest.param(Usage(1000, 1000), "openai", "gpt-4o", "batch", "0.00625", id="batch gpt-4o"),
        pytest.param(
            Usage(1000, 1000), "anthropic", "claude-sonnet-4-5", "batch", "0.009", id="batch sonnet"
        ),
        pytest.param(
            Usage(10_000, 1000, cache_read=8000),
            "openai",
            "gpt-5",
            "flex",
            "0.00675",
            id="gpt-5 flex, cached",
        ),
        pytest.param(Usage(1000, 1000), "openai", "gpt-5", "priority", "0.0225", id="priority"),
        pytest.param(
            Usage(300_000, 1000), "openai", "gpt-5.4", None, "1.5225", id="gpt-5.4, long context"
        ),
        pytest.param(
            Usage(10_000, 500, cache_read=6000, cache_write=3000),
            "anthropic",
            "claude-sonnet-4-5-20250929",
            None,
            "0.02355",
            id="sonnet, 5 min cache write and read",
        ),
        pytest.param(
            Usage(10_000, 500, cache_write=3000, cache_write_1h=3000),
            "anthropic",
            "claude-sonnet-4-5",
            None,
            "0.0465",
            id="sonnet, 1 h cache write",
        ),
        pytest.param(
            Usage(100_000, 1000), "gcp.gemini", "gemini-2.5-pro", None, "0.135", id="gemini 100k"
        ),
        pytest.param(
            Usage(250_000, 1000), "gcp.gemini", "gemini-2.5-pro", None, "0.64", id="gemini 250k"
        ),
        pytest.param(
            Usage(250_000, 1000, cache_read=200_000),
            "gcp.vertex_ai",
            "gemini-2.5-pro",
            None,
            "0.19",
            id="gemini 250k, 200k cached",
        ),
        pytest.param(
            Usage(10_000, 100, input_audio=8000),
            "gcp.gemini",
            "gemini-2.5-flash",
            None,
            "0.00885",
            id="flash, audio in",
        ),
        pytest.param(
            Usage(1000, 1000, reasoning=900),
            "openai",
            "o3",
            None,
            "0.01",
            id="reasoning is priced as output, once",
        ),
        pytest.param(
            Usage(8000, None, without_output=True),
            "openai",
            "text-embedding-3-small",
            None,
            "0.00016",
            id="embedding",
        ),
        pytest.param(
            Usage(1000, 1000, input_audio=900, output_audio=800),
            "openai",
            "gpt-4o-realtime-preview",
            None,
            "0.1045",
            id="realtime audio",
        ),
        pytest.param(
            Usage(1000, 100),
            "anthropic",
            "claude-3-5-sonnet-20241022",
            None,
            "0.0045",
            id="a retired model keeps its price",
        ),
        pytest.param(
            Usage(1000, 100),
            "azure.ai.openai",
            "gpt-4o-2024-11-20",
            None,
            "0.0035",
            id="azure resells openai",
        ),
        pytest.param(
            Usage(1000, 100),
            "aws.bedrock",
            "us.anthropic.claude-3-haiku-20240307-v1:0",
            None,
            "0.000375",
            id="bedrock",
        ),
    ],
)
def test_reference_usages(
    usage: Usage, provider: str, model: str, tier: str | None, dollars: str
) -> None:
    """The reference usages that other tools misprice cost what the price lists say."""
    assert cost_of(usage, provider, model, tier) == Decimal(dollars)


def test_a_span_is_priced_by_its_own_day() -> None:
    """o3 cost five times as much until its price changed at midnight UTC on 2025-06-10."""
    usage = Usage(1000, 1000)
    change = datetime(2025, 6, 10, tzinfo=UTC)
    before = BOOK.find("openai", "o3", change - timedelta(microseconds=1))
    after = BOOK.find("openai", "o3", change)
    assert before is not None
    assert after is not None
    assert before.price_id == "openai/o3/standard/0/-"
    assert after.price_id == "openai/o3/standard/0/2025-06-10"
    assert cost_of(usage, "openai", "o3", at=change - timedelta(seconds=1)) == Decimal("0.05")
    assert cost_of(usage, "openai", "o3", at=change) == Decimal("0.01")
    elsewhere = change.astimezone(timezone(timedelta(hours=-7)))
    assert BOOK.find("openai", "o3", elsewhere) == after


@pytest.mark.parametrize(
    ("provider", "model", "tier"),
    [
        pytest.param("openai", "no-such-model", None, id="unknown model"),
        pytest.param("openai", "", None, id="no model"),
        pytest.param("openai", "gpt-4o" * 1000, None, id="an endless name"),
        pytest.param("acme", "gpt-4o", None, id="unknown provider"),
        pytest.param("", "gpt-4o", None, id="no provider"),
        pytest.param("openai", "gpt-4o", "scale", id="unknown tier"),
        pytest.param("openai", "text-embedding-3-small", "priority", id="tier not sold"),
        pytest.param("azure.ai.openai", "gpt-5", "priority", id="a reseller's own tier"),
        pytest.param("perplexity", "sonar-pro", None, id="billed by request too"),
        pytest.param("google", "gemini-embedding-2", None, id="video tokens have their own price"),
        pytest.param("openai", "whisper-1", None, id="billed by the second"),
    ],
)
def test_an_unknown_price_is_not_zero(provider: str, model: str, tier: str | None) -> None:
    """Where the price is unknown, or not decided by tokens alone, there is none: not zero."""
    assert price_of(provider, model, tier) is None


def test_the_answering_model_decides() -> None:
    """The response's model is priced; the request's only where the response's is unknown."""
    mini = PriceKey("openai", "gpt-4o-mini", "standard")
    assert BOOK.resolve("openai", "gpt-4o-mini-2024-07-18", "gpt-4o") == mini
    assert BOOK.resolve("openai", "my-deployment", "gpt-4o-mini") == mini
    assert BOOK.resolve("openai", None, "gpt-4o-mini") == mini
    assert BOOK.resolve("openai", None, None) is None


HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
OWN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"


@pytest.mark.parametrize("answered", ["claude-haiku-4-5-20251001", f"{HAIKU[10:]}"])
@pytest.mark.parametrize("provider", ["aws.bedrock", "anthropic"])
@pytest.mark.parametrize(
    ("asked", "model"),
    [
        (f"global.{HAIKU}", f"global.{HAIKU}"),
        (f"us.{HAIKU}", f"regional.{HAIKU}"),
        (HAIKU, f"regional.{HAIKU}"),
        (f"us-gov.{HAIKU}", None),
        (f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{HAIKU}", None),
        (OWN, None),
        (OWN.replace("application-inference-profile", "provisioned-model"), None),
    ],
)
def test_a_request_tells_the_place(
    asked: str, answered: str, provider: str, model: str | None
) -> None:
    """An answer names the model alone: where the request tells a place, its price is that one's."""
    key = PriceKey("aws", model, "standard") if model else None
    assert BOOK.resolve(provider, answered, asked) == key


@pytest.mark.parametrize(
    ("provider", "asked", "answered", "model"),
    [
        ("aws.bedrock", "provisioned-model/x", f"us.{HAIKU}", None),
        ("aws.bedrock", "custom-model-deployment/x", "amazon.nova-pro-v1:0", None),
        ("openai", "ft:gpt-4o-mini-2024-07-18:org::x", "gpt-4o-mini-2024-07-18", "ft:gpt-4o-mini"),
        ("openai", "ft:gpt-4.1-nano-2025-04-14:org::x", "gpt-4.1-nano-2025-04-14", None),
    ],
)
def test_a_model_of_ones_own_never_has_the_price_of_what_it_was_made_of(
    provider: str, asked: str, answered: str, model: str | None
) -> None:
    """A tuned model has its own price, and a rented one is paid by the hour."""
    if provider == "aws.bedrock":
        asked = f"{OWN.rpartition(':')[0]}:{asked}"
    key = PriceKey(provider, model, "standard") if model else None
    assert BOOK.resolve(provider, answered, asked) == key


def test_a_region_of_vertex_ai_is_told_by_the_request() -> None:
    """Claude costs a tenth more there, and answers as everywhere."""
    for region, known in (("global", True), ("us-east5", False)):
        asked = f"projects/p/locations/{region}/publishers/anthropic/models/claude-opus-4-5"
        key = BOOK.resolve("gcp.vertex_ai", "claude-opus-4-5-20251101", asked)
        assert (key is not None) is known


def test_a_router_is_priced_by_the_profile_that_it_chose() -> None:
    """A request that tells no price leaves it to an answer that tells a place itself."""
    router = f"{OWN.rpartition(':')[0]}:default-prompt-router/anthropic.claude:1"
    assert BOOK.resolve("aws.bedrock", f"us.{HAIKU}", router) == BOOK.resolve("aws", f"us.{HAIKU}")


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("titan-embed-text-v2:0", "amazon.titan-embed-text-v2:0"),
        ("nova-lite-v1:0", "us.amazon.nova-lite-v1:0"),
        ("llama3-3-70b-instruct-v1:0", "us.meta.llama3-3-70b-instruct-v1:0"),
        ("claude-3-haiku-20240307-v1:0", "us.anthropic.claude-3-haiku-20240307-v1:0"),
        ("claude-sonnet-4-20250514-v1:0", "us.anthropic.claude-sonnet-4-20250514-v1:0"),
    ],
)
def test_a_model_of_bedrocks_is_known_without_its_maker(cut: str, whole: str) -> None:
    """OpenLLMetry cuts the beginning off; elsewhere such a name means nothing."""
    assert BOOK.resolve("aws.bedrock", cut) == BOOK.resolve("aws.bedrock", whole)
    assert BOOK.resolve("aws.bedrock", cut) is not None
    assert BOOK.resolve("openai", cut) is None


@pytest.mark.parametrize("cut", ["claude-haiku-4-5-20251001", f"{HAIKU[10:]}", "gpt-6-sol"])
def test_a_cut_profile_leaves_two_prices_open(cut: str) -> None:
    """Without maker and profile, a model that costs more by a regional one has no price."""
    assert BOOK.resolve("aws.bedrock", cut) is None


def test_a_price_names_its_row() -> None:
    """A price says by its id which row of the table and which source it is."""
    price = price_of("azure.ai.openai", "gpt-5.4-2026-03-05", tokens=272_001)
    assert price is not None
    assert price.price_id == "openai/gpt-5.4/standard/272001/-"
    assert price.source == "genai-prices"
    at_the_edge = price_of("openai", "gpt-5.4", tokens=272_000)
    assert at_the_edge is not None
    assert at_the_edge.min_input_tokens == 0


@pytest.mark.parametrize(
    ("bucket", "rates", "dollars"),
    [
        ("cache_read", {"input": 4}, 4),
        ("cache_write", {"input": 4}, 4),
        ("cache_write_1h", {"input": 4, "cache_write": 5}, 5),
        ("cache_write_1h", {"input": 4}, 4),
        ("input_audio", {"input": 4}, 4),
        ("cache_audio_read", {"input": 4, "cache_read": 1, "input_audio": 9}, 9),
        ("cache_audio_read", {"input": 4, "cache_read": 1}, 1),
        ("cache_audio_read", {"input": 4}, 4),
        ("reasoning", {"output": 8}, 8),
        ("output_audio", {"output": 8}, 8),
        ("output_text", {"input": 4}, None),
        ("input_uncached", {"output": 8}, None),
    ],
)
def test_a_bucket_without_its_own_price(
    bucket: str, rates: dict[str, int], dollars: int | None
) -> None:
    """A bucket takes the price of what it is a kind of, and without one the cost is unknown."""
    found = cost({bucket: MILLION}, make_price(rates))
    assert found == (None if dollars is None else Decimal(dollars))


def make_price(rates: dict[str, int]) -> Price:
    known = {name: Decimal(rate) for name, rate in rates.items()}
    key = PriceKey("p", "m", "standard")
    return Price("p/m/standard/0/-", key, 0, None, None, known, "test", "0")


def test_the_hosts_decimal_context_is_not_ours() -> None:
    """A host that rounds its own decimals, or traps, changes no cost."""
    usage = Usage(123_456_789, 98_765_432)
    wanted = cost_of(usage, "openai", "gpt-4o-mini")
    with decimal.localcontext(prec=3) as context:
        context.traps[decimal.Inexact] = True
        assert cost_of(usage, "openai", "gpt-4o-mini") == wanted
    assert wanted == Decimal("77.77777755")


PROVIDERS = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["openai", "gcp.gemini"]))
MODELS = st.one_of(st.none(), st.text(max_size=40), st.sampled_from(["gpt-4o", "gemini-2.5-pro"]))
COUNTS = st.integers(min_value=0, max_value=MOST_TOKENS)


@given(PROVIDERS, MODELS, st.datetimes(), st.one_of(st.none(), st.text(max_size=9)), COUNTS)
def test_a_cost_is_finite_and_never_negative(
    provider: str | None, model: str | None, at: datetime, tier: str | None, tokens: int
) -> None:
    """Any names, any time and any usage give a finite cost of at least 0, or none."""
    usage = Usage(tokens, tokens // 3, cache_read=tokens // 2, reasoning=tokens // 5)
    price = BOOK.find(provider, model, at, tier, usage.input_tokens)
    buckets = usage.buckets()
    assert buckets is not None
    found = cost(buckets.to_dict(), price) if price else None
    assert found is None or (found.is_finite() and found >= 0)


@given(COUNTS, COUNTS)
def test_cost_is_additive(first: int, second: int) -> None:
    """Two calls of one price cost what their tokens cost together."""
    price = price_of("openai", "gpt-4o-mini")
    assert price is not None
    parts = [cost({"input_uncached": count}, price) for count in (first, second)]
    together = cost({"input_uncached": first + second}, price)
    assert parts[0] is not None
    assert parts[1] is not None
    assert parts[0] + parts[1] == together


def test_a_book_is_what_its_document_says() -> None:
    """Another version of the file is another book: nothing is built into the code."""
    text = resources.files("llm_observe.cost").joinpath("prices.json").read_text(encoding="utf-8")
    document = json.loads(text)
    document["source_version"] = "next"
    document["providers"] = {
        "acme": {"fallback": [], "models": [["m", ["=m"], [["standard", 0, None, None, 0.1]]]]}
    }
    price = PriceBook(document).find("Acme ", "M", NOW)
    assert price is not None
    assert (price.rates, price.source_version) == ({"input": Decimal("0.1")}, "next")


def test_the_source_is_not_needed_at_run_time() -> None:
    """The wheel prices calls from its own file, without the package the prices come from."""
    program = (
        "import sys; from llm_observe.cost.pricing import load_prices; load_prices();"
        "sys.exit('genai_prices' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_names_of_any_length_are_not_kept() -> None:
    """Models come again, so they are remembered, but a sender chooses how long their names are."""
    tracemalloc.start()
    try:
        for number in range(32):
            long = "x" * 100_000 + str(number)
            BOOK.find("openai", long, NOW, long)
            BOOK.find("openai", "gpt-4o", NOW, long)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 1_000_000
