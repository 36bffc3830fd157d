"""genai-prices' models as dated price rows: what is not sold by the token has no row.

A row is written only where tokens alone decide the price.
Left out, so that such a call costs "unknown" and never a wrong number:

- prices that hang on the time of day (DeepSeek off-peak);
- models also billed per request, page, character, second or message;
- models with a price of their own for video or citation tokens, which no convention tells;
- variants chosen by anything but a service tier (route, kind of search).

Searches that a provider's own tools make are billed beside the tokens and are not in a cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType

from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

STANDARD = "standard"
"""The service tier of a call that names none."""

CONTEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        STANDARD: {},
        "batch": {"processing": "batch"},
        "fast": {"service_tier": "fast", "speed": "fast"},
        "flex": {"service_tier": "flex"},
        "priority": {"service_tier": "priority"},
    }
)
"""Service tier to genai-prices' request context; OpenAI and Anthropic name "fast" differently."""

RATES: Mapping[str, str] = MappingProxyType(
    {
        "input_mtok": "input_per_mtok",
        "cache_read_mtok": "cache_read_per_mtok",
        "cache_write_mtok": "cache_write_per_mtok",
        "cache_write_1h_mtok": "cache_write_1h_per_mtok",
        "output_mtok": "output_per_mtok",
        "output_reasoning_mtok": "reasoning_per_mtok",
        "input_audio_mtok": "input_audio_per_mtok",
        "cache_audio_read_mtok": "cache_audio_read_per_mtok",
        "output_audio_mtok": "output_audio_per_mtok",
        "input_image_mtok": "input_image_per_mtok",
        "cache_image_read_mtok": "cache_image_read_per_mtok",
        "output_image_mtok": "output_image_per_mtok",
    }
)
"""genai-prices' price key to column of ``model_prices``, in the order of the columns."""

_TOOL_SURCHARGES = frozenset({"web_searches_kcount", "storage_searches_kcount"})

Rates = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price of one model in USD per million tokens; ``rates`` are in the order of RATES."""

    provider: str
    model: str
    service_tier: str
    min_input_tokens: int
    valid_from: date | None
    valid_to: date | None
    rates: Rates

    @property
    def price_id(self) -> str:
        """The row's readable key, the same in every later version of the source."""
        start = self.valid_from.isoformat() if self.valid_from else "-"
        return "/".join(
            (self.provider, self.model, self.service_tier, str(self.min_input_tokens), start)
        )


@dataclass(frozen=True, slots=True)
class _Interval:
    start: date | None
    end: date | None

    @property
    def day(self) -> date:
        """A day inside the interval."""
        if self.start is not None:
            return self.start
        return self.end - timedelta(days=1) if self.end else date(1970, 1, 1)


def list_rows(provider: str, model: ModelInfo) -> Iterator[PriceRow]:
    """Yield the price rows of a model, by tier, then date, then size of the input."""
    for tier, context in CONTEXTS.items():
        for interval, steps in _merge(model, tier, context):
            for min_input_tokens, rates in sorted(steps.items()):
                yield PriceRow(
                    provider, model.id, tier, min_input_tokens, interval.start, interval.end, rates
                )


def _merge(
    model: ModelInfo, tier: str, context: Mapping[str, str]
) -> Iterator[tuple[_Interval, dict[int, Rates]]]:
    """Join neighbouring intervals of equal prices; leave out those without a true one."""
    pending: tuple[_Interval, dict[int, Rates]] | None = None
    for interval in _intervals(model):
        steps = _steps(model, tier, context, interval)
        if pending and steps == pending[1]:
            pending = _Interval(pending[0].start, interval.end), steps
            continue
        if pending:
            yield pending
        pending = (interval, steps) if steps else None
    if pending:
        yield pending


def _conditions(model: ModelInfo) -> list[ConditionalPrice | PriceVariant]:
    prices = model.prices if isinstance(model.prices, list) else []
    return [*prices, *(model.price_variants or [])]


def _intervals(model: ModelInfo) -> Iterator[_Interval]:
    starts = {
        condition.constraint.start_date
        for condition in _conditions(model)
        if isinstance(condition.constraint, StartDateConstraint)
    }
    edges = [None, *sorted(starts), None]
    return (_Interval(*edge) for edge in itertools.pairwise(edges))


def _steps(
    model: ModelInfo, tier: str, context: Mapping[str, str], interval: _Interval
) -> dict[int, Rates]:
    """Give rates by least input tokens; empty where tokens alone don't decide the price."""
    moments = [datetime.combine(interval.day, clock, UTC) for clock in _clocks(model)]
    if model.prices == [] or (tier != STANDARD and not _is_sold(model, context, moments[0])):
        return {}
    prices = [model.get_prices(moment, context) for moment in moments]
    if any(price != prices[0] for price in prices) or not _is_by_token(prices[0]):
        return {}
    return {size: _rates_at(prices[0], size) for size in _sizes(prices[0])}


def _clocks(model: ModelInfo) -> set[time]:
    edges = {time(12, 0)}
    for condition in _conditions(model):
        if isinstance(condition.constraint, TimeOfDateConstraint):
            for edge in (condition.constraint.start_time, condition.constraint.end_time):
                edges.add(edge.replace(tzinfo=None))
    return edges


def _is_sold(model: ModelInfo, context: Mapping[str, str], moment: datetime) -> bool:
    """Say whether the source prices this service tier then; without, it isn't known to be sold."""
    return any(
        variant.when.items() <= context.items()
        and (variant.constraint is None or variant.constraint.active(moment))
        for variant in model.price_variants or []
    )


def _is_by_token(price: ModelPrice) -> bool:
    keys = {key for key, rate in vars(price).items() if rate is not None} - _TOOL_SURCHARGES
    return bool(keys) and keys <= RATES.keys()


def _sizes(price: ModelPrice) -> set[int]:
    """Give the least input of each step: genai-prices' tiers begin after ``start`` tokens."""
    tiered = (rate for rate in vars(price).values() if isinstance(rate, TieredPrices))
    return {0} | {tier.start + 1 for rate in tiered for tier in rate.tiers}


def _rates_at(price: ModelPrice, input_tokens: int) -> Rates:
    return tuple(_rate_at(vars(price).get(key), input_tokens) for key in RATES)


def _rate_at(rate: Decimal | TieredPrices | None, input_tokens: int) -> Decimal | None:
    if not isinstance(rate, TieredPrices):
        return rate
    reached = [tier.price for tier in rate.tiers if input_tokens > tier.start]
    return reached[-1] if reached else rate.base
