"""genai-prices' models as dated price rows: what is not sold by the token has no row.

A row is written only where tokens, the tier and the time decide the price.
Left out, so that such a call costs "unknown" and never a wrong number:

- prices of hours of which the source itself says that it says too much (``hours``);
- models also billed per request, page, character, second or message;
- models with a price of their own for video or citation tokens, which no convention tells;
- variants chosen by anything but a service tier (route, kind of search).

Searches that a provider's own tools make are billed beside the tokens and are not in a cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
)

from infra.prices.hours import begin, find_weekdays, join_hours, split_day
from llm_observe.cost.hours import Hours

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
Steps = tuple[tuple[int, Rates], ...]
"""Rates by least input tokens."""


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
    hours: Hours | None = None

    @property
    def price_id(self) -> str:
        """The row's readable key, the same in every later version of the source."""
        start = self.valid_from.isoformat() if self.valid_from else "-"
        parts = (self.provider, self.model, self.service_tier, str(self.min_input_tokens), start)
        return "/".join((*parts, str(self.hours)) if self.hours else parts)


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
    """Yield the price rows of a model, by tier, then date, then hours, then size of the input."""
    for tier, context in CONTEXTS.items():
        for interval, day in _merge(model, tier, context):
            for hours, steps in day:
                for size, rates in steps:
                    ends = interval.start, interval.end
                    yield PriceRow(provider, model.id, tier, size, *ends, rates, hours)


_Day = list[tuple[Hours | None, Steps]]


def _merge(
    model: ModelInfo, tier: str, context: Mapping[str, str]
) -> Iterator[tuple[_Interval, _Day]]:
    """Join neighbouring intervals of equal prices; leave out those without a true one."""
    pending: tuple[_Interval, _Day] | None = None
    for interval in _intervals(model):
        day = list(_list_hours(model, tier, context, interval))
        if pending and day == pending[1]:
            pending = _Interval(pending[0].start, interval.end), day
            continue
        if pending:
            yield pending
        pending = (interval, day) if day else None
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


def _list_hours(
    model: ModelInfo, tier: str, context: Mapping[str, str], interval: _Interval
) -> Iterator[tuple[Hours | None, Steps]]:
    """Give the steps of a day's hours; none of hours without a true price."""
    found = []
    for hours in split_day(model):
        moment = datetime.combine(interval.day, begin(hours), UTC)
        weekdays = find_weekdays(model, moment)
        steps = () if weekdays == () else _list_steps(model, tier, context, moment)
        found.append((hours, (weekdays, steps)))
    for hours, (weekdays, steps) in join_hours(found):
        if steps:
            yield hours._replace(weekdays=weekdays) if hours else None, steps


def _list_steps(model: ModelInfo, tier: str, context: Mapping[str, str], moment: datetime) -> Steps:
    """Give rates by least input tokens; none where more than tokens decides the price."""
    if model.prices == [] or (tier != STANDARD and not _is_sold(model, context, moment)):
        return ()
    price = model.get_prices(moment, context)
    if not _is_by_token(price):
        return ()
    return tuple((size, _rates_at(price, size)) for size in sorted(_sizes(price)))


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
