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

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, NamedTuple

from llm_observe.cost.hours import Hours
from llm_observe.cost.kinds import FALLBACKS, IMAGES, UNSPLIT, list_kinds
from llm_observe.semconv import UnknownBecause

ARITHMETIC = Context(prec=60, rounding=ROUND_HALF_UP, traps=[])
"""Our own, because the host's decimal context may round or trap; 60 digits hold any cost."""
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
    hours: Hours | None = None
    """The hours of each day in which it holds, None for all."""
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
