"""The shipped prices say what their source says, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage as SourceUsage
from genai_prices.data import providers
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ClauseAnd,
    ClauseOr,
    ClauseRegex,
    MatchLogic,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
)

from infra.prices.__main__ import main
from infra.prices.rows import CONTEXTS, RATES, list_rows
from llm_observe.cost.model_names import has_maker
from llm_observe.cost.pricing import load_prices
from llm_observe.cost.rates import PriceKey, cost
from llm_observe.cost.usage import Usage

BOOK = load_prices()
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXACT = Decimal("1e-9")
GOVERNMENT = "us-gov."
"""GovCloud is dearer than the row that the source takes it for."""
OPEN_WEIGHTS, OPEN_WEIGHTS_NOT_SERVED = "gpt-oss", {"openai", "azure"}
SURCHARGES = {"web_searches_kcount", "storage_searches_kcount"}

USAGES = (
    Usage(1000, 300),
    Usage(0, 0),
    Usage(60_000, 2000, cache_read=50_000, reasoning=1500),
    Usage(150_000, 10, cache_read=1, cache_write=100_000, cache_write_1h=40_000),
    Usage(199_999, 1),
    Usage(200_000, 1),
    Usage(200_001, 1),
    Usage(1_100_000, 9999, cache_read=1_000_000, reasoning=9999),
    Usage(9000, 800, cache_read=900, input_audio=5000, cache_audio_read=400, output_audio=300),
    Usage(7000, None, without_output=True),
    Usage(9000, 800, input_image=0, output_image=0),
    Usage(9000, 800, cache_read=900, input_image=5000, cache_image_read=400, output_image=300),
)


def source_usage(usage: Usage) -> SourceUsage:
    return SourceUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        cache_write_1h_tokens=usage.cache_write_1h,
        output_reasoning_tokens=usage.reasoning,
        input_audio_tokens=usage.input_audio,
        cache_audio_read_tokens=usage.cache_audio_read,
        output_audio_tokens=usage.output_audio,
        input_image_tokens=usage.input_image,
        cache_image_read_tokens=usage.cache_image_read,
        output_image_tokens=usage.output_image,
    )


def moments(model: ModelInfo) -> list[datetime]:
    """Now, and both sides of every change of price."""
    prices = model.prices if isinstance(model.prices, list) else []
    constraints = [price.constraint for price in prices]
    constraints += [variant.constraint for variant in model.price_variants or []]
    days = {found.start_date for found in constraints if isinstance(found, StartDateConstraint)}
    starts = [datetime.combine(day, time(0), UTC) for day in days]
    return [NOW, *starts, *(start - timedelta(seconds=1) for start in starts)]


def models() -> Iterator[tuple[Provider, ModelInfo]]:
    return ((provider, model) for provider in providers for model in provider.models)


def compare(provider: Provider, model: ModelInfo, tier: str, at: datetime, usage: Usage) -> bool:
    """Compare one cost with the source's; False where ours is unknown."""
    price = BOOK.look_up(PriceKey(provider.id, model.id, tier), at, usage.input_tokens)
    buckets = usage.buckets()
    assert buckets is not None
    ours = cost(buckets.to_dict(), price) if price else None
    if ours is None:
        return False
    theirs = model.calc_price(
        source_usage(usage),
        provider,
        genai_request_timestamp=at,
        price_context=CONTEXTS[tier],
    ).total_price
    assert abs(ours - theirs) <= EXACT, (provider.id, model.id, tier, at, usage, ours, theirs)
    return True


def test_costs_agree_with_the_source() -> None:
    """Every model, tier and period costs what genai-prices says, to 1e-9 dollars."""
    compared = sum(
        compare(provider, model, tier, at, usage)
        for provider, model in models()
        for tier in ({row.service_tier for row in list_rows(provider.id, model)})
        for at in moments(model)
        for usage in USAGES
    )
    assert compared > 25_000


def test_only_untrue_prices_are_left_out() -> None:
    """A model without a price now is free of rows for a reason that its source shows."""
    left_out = [
        model
        for provider, model in models()
        if BOOK.look_up(PriceKey(provider.id, model.id, "standard"), NOW, 0) is None
    ]
    assert 0 < len(left_out) < 0.11 * sum(1 for _ in models())
    for model in left_out:
        price = model.get_prices(NOW) if model.prices else ModelPrice()
        keys = {key for key, rate in vars(price).items() if rate is not None}
        assert not (keys - SURCHARGES and keys <= RATES.keys() | SURCHARGES), model.id


def names(match: MatchLogic) -> Iterator[tuple[str, bool]]:
    """Names that touch every rule of a model, each with whether the model is surely meant."""
    if isinstance(match, ClauseOr | ClauseAnd):
        for clause in match.or_ if isinstance(match, ClauseOr) else match.and_:
            yield from names(clause)
        return
    if isinstance(match, ClauseRegex):
        text = re.sub(r"\\d(\{(\d)\})?", lambda found: "7" * int(found[2] or 1), match.regex)
        text = re.sub(r"\[-@\]", "@", re.sub(r"\(([^()?]+)\)\?", r"\1", text))
        text = text.strip("^$").replace("\\", "")
    else:
        (text,) = vars(match).values()
    sure = (text, text.upper(), f"{text}-20251211", f"{text}-2025-12-11", f"{text}-preview")
    near = (f"x{text}", f"{text}-tts", f"us.{text}-v1:0", text[:-1])
    yield from ((name, name in sure) for name in (*sure, *near))


@pytest.mark.parametrize("provider", providers, ids=lambda provider: provider.id)
def test_names_resolve_as_in_the_source(provider: Provider) -> None:
    """A reported name means the model that genai-prices takes it for, or, near it, none.

    So it is with an id of Bedrock's whose maker was cut off: it may leave two prices open.
    """
    spelled = sorted({name for model in provider.models for name in names(model.match)})
    for seller in provider.fallback_model_providers or []:
        other = next(other for other in providers if other.id == seller)
        theirs = [name for model in other.models for name, _is_sure in names(model.match)]
        spelled += [(name, False) for name in theirs[::7]]
    step = 1 + len(spelled) // 1500
    all_providers = get_snapshot().providers
    for name, is_sure in spelled[::step]:
        if not name or (OPEN_WEIGHTS in name.lower() and provider.id in OPEN_WEIGHTS_NOT_SERVED):
            continue
        meant = provider.find_model(name, all_providers=all_providers)
        ours = BOOK.resolve(provider.id, name)
        open_place = provider.id == "aws" and not has_maker(name.lower())
        if (is_sure and GOVERNMENT not in name.lower() and not open_place) or ours is not None:
            assert (ours and ours.model) == (meant and meant.id), name


def test_the_document_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    """The committed price document is what the locked source generates."""
    assert main(["--check"]) == 0, capsys.readouterr().err
