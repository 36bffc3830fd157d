"""The cost of a model call: disjoint token buckets times the dated price of each.

A bucket without a price of its own takes the price of what it is a kind of:

- cache_read -> input
- cache_write -> input; cache_write_1h -> cache_write -> input
- input_audio -> input; cache_audio_read -> input_audio -> cache_read -> input
- reasoning -> output; output_audio -> output

Images and writes to a cache for twelve hours have their own price or none. Tokens of which nobody
told what they were (``input_unsplit``, ``output_unsplit``, and whatever may have been an image
where an image has another price) have a price where it makes no difference; ``bounds`` has more.

These are genai-prices' own rules but one: a used bucket that none of them prices makes the cost
unknown, where genai-prices counts it as free. ``app.span_cost`` in the database does the same.
Costs are US dollars of tokens alone, to 12 decimals as in SQL; searches and other tools that a
provider runs and bills beside the tokens are not in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

from llm_observe.cost.kinds import FALLBACKS, IMAGES, UNSPLIT, list_kinds
from llm_observe.cost.model_index import ModelIndex
from llm_observe.cost.model_names import Spelling, spell, strip_forms
from llm_observe.cost.provider_names import name_source_provider
from llm_observe.cost.tiers import STANDARD_TIER, normalize_tier
from llm_observe.semconv import UnknownBecause

ARITHMETIC = Context(prec=60, rounding=ROUND_HALF_UP, traps=[])
"""Our own, because the host's decimal context may round or trap; 60 digits hold any cost."""
_MOST_REMEMBERED = 1024
_LONGEST_REMEMBERED = 1024
"""Characters of names together: whoever sends them chooses how long they are."""
_NOT_TOLD: Final[Mapping[str, UnknownBecause]] = {
    "input_unsplit": "cache_not_told",
    "output_unsplit": "reasoning_not_told",
}
_CENT_FRACTION = Decimal("1e-12")
_NOTHING = Decimal(0)


class PriceKey(NamedTuple):
    """The price source's names for a call's provider, model and tier."""

    provider: str
    model: str
    service_tier: str


class Range(NamedTuple):
    """The cheapest and the dearest that a bucket's tokens may be, and why they differ."""

    least: Decimal
    most: Decimal
    because: UnknownBecause | None


@dataclass(frozen=True, slots=True)
class Price:
    """One dated price row; ``rates`` are USD per million tokens by kind, only those known."""

    price_id: str
    key: PriceKey
    min_input_tokens: int
    valid_from: str | None
    valid_to: str | None
    rates: Mapping[str, Decimal]
    source: str
    source_version: str
    by_bucket: Mapping[str, Decimal] = field(init=False, repr=False, compare=False)
    """USD of one token, of the buckets that the rates or their fallbacks price."""
    unsure: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)
    """Bucket and teller, where images have a price that differs from the bucket's."""
    ranges: dict[tuple[str, ...], Range | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Ranges that ``find_range`` has found: the same few sets of buckets come again and again."""

    def __post_init__(self) -> None:
        """Settle the fallbacks once: a price is used for a day's calls."""
        rates = self.rates
        found = {
            bucket: ARITHMETIC.scaleb(next(rates[name] for name in names if name in rates), -6)
            for bucket, names in FALLBACKS.items()
            if any(name in rates for name in names)
        }
        unsure = []
        for bucket, (teller, images) in IMAGES.items():
            rate = found.get(UNSPLIT.get(bucket, (bucket,))[0])
            if rate is not None and any(found.get(each, rate) != rate for each in images):
                unsure.append((bucket, teller))
        object.__setattr__(self, "by_bucket", found)
        object.__setattr__(self, "unsure", tuple(unsure))

    def find_range(self, bucket: str, counts: Mapping[str, int]) -> Range | None:
        """Give the price of a bucket's tokens among others; None where a kind has no price."""
        key = (bucket, *counts)
        try:
            return self.ranges[key]
        except KeyError:
            return self.ranges.setdefault(key, self._find_range(bucket, counts))

    def _find_range(self, bucket: str, counts: Mapping[str, int]) -> Range | None:
        told = [self.by_bucket.get(kind) for kind in list_kinds(bucket, counts)]
        sure = [rate for rate in told if rate is not None]
        if len(sure) < len(told):
            return None
        teller, images = IMAGES.get(bucket, ("", ()))
        seen = () if teller in counts else images
        rates = [*sure, *(self.by_bucket.get(each, sure[0]) for each in seen)]
        because: UnknownBecause | None = None
        if min(rates) < max(rates):
            because = _NOT_TOLD[bucket] if min(sure) < max(sure) else "image_not_told"
        return Range(min(rates), max(rates), because)


class PriceBook:
    """The prices of one version of the source, by the source's own order of model rules."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Take the parsed ``prices.json``; a provider is indexed when it is first asked for."""
        self.source: str = document["source"]
        self.source_version: str = document["source_version"]
        self._providers: Mapping[str, Any] = document["providers"]
        self._rates = [column.removesuffix("_per_mtok") for column in document["row"][4:]]
        self._indexes: dict[str, ModelIndex] = {}
        # The same few models come again and again.
        self._remember_key = lru_cache(_MOST_REMEMBERED)(self._find_key)
        self._list_rows = lru_cache(_MOST_REMEMBERED)(self._select_rows)
        self.list_tiers = lru_cache(_MOST_REMEMBERED)(self._select_tiers)

    def resolve(
        self, provider: str | None, *models: str | None, service_tier: str | None = None
    ) -> PriceKey | None:
        """Name what a call is priced as, by the first of the models that is known.

        Give the response's model first, then the request's.
        A model that a provider resells from another has the other's standard prices only.
        """
        named = sum(map(len, filter(None, (provider, *models, service_tier))))
        find_key = self._remember_key if named <= _LONGEST_REMEMBERED else self._find_key
        return find_key(provider, models, service_tier)

    def _find_key(
        self, provider: str | None, models: tuple[str | None, ...], service_tier: str | None
    ) -> PriceKey | None:
        tier = normalize_tier(service_tier)
        own = name_source_provider(provider)
        for model in filter(None, models):
            spelling = spell(own, model, self._list_fallbacks(own))
            for seller in (spelling.seller, *self._list_fallbacks(spelling.seller)):
                found = self._find_model(seller, spelling)
                if found is not None:
                    resold = spelling.is_resold or seller != spelling.seller
                    known = tier == STANDARD_TIER or not resold
                    return PriceKey(seller, found, tier) if known else None
        return None

    def strip_name(self, provider: str | None, model: str) -> str:
        """Give a model's own name, without what only says where it is served."""
        own = name_source_provider(provider)
        return strip_forms(own, model, self._list_fallbacks(own))

    def _list_fallbacks(self, provider: str) -> Sequence[str]:
        """Sellers whose models are sold at a provider, too, at the same standard price."""
        found = self._providers.get(provider)
        return found["fallback"] if found else ()

    def _find_model(self, seller: str, spelling: Spelling) -> str | None:
        if seller not in self._providers:
            return None
        find = self._index(seller).find
        return next(filter(None, map(find, spelling.names)), None)

    def find(
        self,
        provider: str | None,
        model: str | None,
        at: datetime,
        service_tier: str | None = None,
        input_tokens: int | None = None,
    ) -> Price | None:
        """Give the price of a model at a time (naive is UTC) for a call with that much input."""
        key = self.resolve(provider, model, service_tier=service_tier)
        return self.look_up(key, at, input_tokens) if key else None

    def look_up(self, key: PriceKey, at: datetime, input_tokens: int | None) -> Price | None:
        """Give the row that is valid then, with the highest least input that is reached."""
        return self.look_up_on(key, _utc_day(at), input_tokens)

    def look_up_on(self, key: PriceKey, day: str, input_tokens: int | None) -> Price | None:
        """Give the row that is valid on a day of UTC, ``2026-11-26``."""
        found = self._look_up_step(key, day, input_tokens or 0)
        if found is None or key.service_tier == STANDARD_TIER:
            return found
        # A tier that has no step where the standard one has is not sold for so much input.
        standard = PriceKey(key.provider, key.model, STANDARD_TIER)
        step = self._look_up_step(standard, day, input_tokens or 0)
        beyond = step is not None and step.min_input_tokens > found.min_input_tokens
        return None if beyond else found

    def _look_up_step(self, key: PriceKey, day: str, reached: int) -> Price | None:
        short = len(key.service_tier) <= _LONGEST_REMEMBERED
        rows = (self._list_rows if short else self._select_rows)(key, day)
        return next((price for least, price in rows if least <= reached), None)

    def explain(self, key: PriceKey, day: str) -> UnknownBecause:
        """Say why ``look_up_on`` finds no row."""
        rows = self._index(key.provider).rows(key.model) if key.provider in self._providers else ()
        begins = [row[2] or "" for row in rows if row[0] == key.service_tier]
        if begins and day < min(begins):
            return "before_prices"
        standard = key.service_tier == STANDARD_TIER or not rows
        return "model_not_priced" if standard else "tier_not_priced"

    def _select_rows(self, key: PriceKey, day: str) -> list[tuple[int, Price]]:
        """The prices of one day by the least input they are for, the highest and newest first."""
        if key.provider not in self._providers:
            return []
        rows = [
            row
            for row in self._index(key.provider).rows(key.model)
            if row[0] == key.service_tier
            and (row[2] or "") <= day
            and (row[3] is None or day < row[3])
        ]
        rows.sort(key=lambda row: (row[1], row[2] or ""), reverse=True)
        return [(row[1], self._read_row(key, row)) for row in rows]

    def _select_tiers(self, provider: str, model: str) -> Sequence[PriceKey]:
        """Give a key for each tier that a model of the index is sold in."""
        tiers = dict.fromkeys(row[0] for row in self._index(provider).rows(model))
        return tuple(PriceKey(provider, model, tier) for tier in tiers)

    def _index(self, provider: str) -> ModelIndex:
        if provider not in self._indexes:
            self._indexes[provider] = ModelIndex(self._providers[provider]["models"])
        return self._indexes[provider]

    def _read_row(self, key: PriceKey, row: Sequence[Any]) -> Price:
        tier, min_input_tokens, valid_from, valid_to, *rates = row
        parts = (key.provider, key.model, tier, str(min_input_tokens), valid_from or "-")
        known = zip(self._rates, rates, strict=False)
        return Price(
            price_id="/".join(parts),
            key=key,
            min_input_tokens=min_input_tokens,
            valid_from=valid_from,
            valid_to=valid_to,
            # The generator refuses a price whose shortest decimal form isn't the price itself.
            rates={name: Decimal(repr(rate)) for name, rate in known if rate is not None},
            source=self.source,
            source_version=self.source_version,
        )


@cache
def load_prices() -> PriceBook:
    """Read the wheel's price file, once per process."""
    text = resources.files("llm_observe.cost").joinpath("prices.json").read_text(encoding="utf-8")
    return PriceBook(json.loads(text))


def cost(counts: Mapping[str, int], price: Price) -> Decimal | None:
    """Price every bucket in USD; None where the price of a used bucket is not known."""
    total = _NOTHING
    rates = price.by_bucket
    for bucket, tokens in counts.items():
        rate = rates.get(bucket)
        if rate is None and tokens:
            found = price.find_range(bucket, counts)
            if found is None or found.because:
                return None
            rate = found.least
        if rate is not None:
            total = ARITHMETIC.fma(tokens, rate, total)
    if price.unsure and any(b in counts and teller not in counts for b, teller in price.unsure):
        return None
    return round_cost(total)


def round_cost(amount: Decimal) -> Decimal:
    """Give USD to 12 decimals, as the database does."""
    return ARITHMETIC.quantize(amount, _CENT_FRACTION)


def _utc_day(at: datetime) -> str:
    """Prices change at midnight UTC, so a day compares as its ISO text."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware.astimezone(UTC).date().isoformat()
