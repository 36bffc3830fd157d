"""The tokens, the model and the cost of a model call, or the reason why one is not known. Pure.

A call that failed without telling of tokens needs no reason: it may have used none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from llm_observe._tokens import is_token
from llm_observe.cost.arithmetic import Reconciled, reconcile
from llm_observe.cost.bounds import bound_cost
from llm_observe.cost.hours import Moment
from llm_observe.cost.pricing import PriceBook
from llm_observe.cost.provider_names import name_source_provider
from llm_observe.cost.rates import Price, PriceKey, cost
from llm_observe.cost.tiers import BATCH_TIER, STANDARD_TIER, normalize_tier
from llm_observe.dialects import Reading
from llm_observe.records import MOST_NAME, SpanRecord, clamp_ns
from llm_observe.semconv import Repair, UnknownBecause

_NO_USAGE: Final = Reconciled(None, None)


def measure(record: SpanRecord, reading: Reading, prices: PriceBook) -> tuple[Repair, ...]:
    """Fill in tokens, the model that prices know, and the price, each where it is known.

    The answer is what it took to make the counts add up.
    """
    reconciled = reconcile(reading.usage) if reading.usage else _NO_USAGE
    _fill_tokens(record, reconciled)
    key = _resolve_model(reading, prices)
    record.canonical_model = key.model if key else _strip_name(record, prices)
    if reconciled.buckets is None:
        record.unknown_because = _explain_usage(record, reading, reconciled)
    elif key is None:
        record.unknown_because = _explain_model(reading, prices)
    else:
        _price(record, key, reading, prices)
    return (reconciled.repair,) if reconciled.repair else ()


def _fill_tokens(record: SpanRecord, reconciled: Reconciled) -> None:
    usage, buckets = reconciled.usage, reconciled.buckets
    record.usage_status = "unknown"
    if usage is None:
        return
    record.input_tokens = usage.input_tokens
    record.output_tokens = usage.output_tokens
    record.total_tokens = usage.total_tokens
    record.cache_read_tokens = usage.cache_read
    record.cache_write_tokens = usage.cache_write
    record.reasoning_tokens = usage.reasoning
    if buckets is not None:
        record.usage_status = "reported"
        record.usage_buckets = buckets.to_dict()


def _explain_usage(
    record: SpanRecord, reading: Reading, reconciled: Reconciled
) -> UnknownBecause | None:
    because = reading.unknown_because or reconciled.because
    if because is None and reconciled.usage is None and record.status == "error":
        return None
    return because or "usage_not_told"


def _resolve_model(reading: Reading, prices: PriceBook, tier: str | None = None) -> PriceKey | None:
    """Name what a call is priced as: the model that answered, else the one asked for."""
    said = (reading.provider, reading.response_model, reading.request_model)
    provider, *models = (name if name and len(name) <= MOST_NAME else None for name in said)
    # A tier that is no name is kept nowhere, and is none of those that have a price either.
    return prices.resolve(provider, *models, service_tier=tier or reading.service_tier)


def _strip_name(record: SpanRecord, prices: PriceBook) -> str | None:
    """Name a model that no price is known of: one name, however it is spelled."""
    model = record.request_model or record.response_model
    return prices.strip_name(record.provider, model) if model else None


def _explain_model(reading: Reading, prices: PriceBook) -> UnknownBecause:
    if not (reading.response_model or reading.request_model):
        return "model_not_told"
    known = _resolve_model(reading, prices, STANDARD_TIER)
    return "tier_not_priced" if known else "model_not_priced"


def _price(record: SpanRecord, key: PriceKey, reading: Reading, prices: PriceBook) -> None:
    """Price a call by its own start."""
    at = Moment.of_ns(clamp_ns(record.start_ns))
    price = prices.look_up_at(key, at, record.input_tokens)
    counts = record.usage_buckets or {}
    amount = cost(counts, price) if price else None
    asked = normalize_tier(reading.asked_tier) if reading.asked_tier else STANDARD_TIER
    if asked != STANDARD_TIER and not reading.service_tier:
        own = name_source_provider(reading.provider) == key.provider
        other = PriceKey(key.provider, key.model, asked)
        served = prices.look_up_at(other, at, record.input_tokens) if own else None
        if amount is None or served is None or cost(counts, served) != amount:
            _bound(record, price, served)
            record.unknown_because = "tier_not_told"
            return
    if _may_differ(record, key, reading, prices, at):
        return
    if is_token(key.service_tier):
        # Of a tier that is a sentence no price is looked for, here or in the database.
        record.price_provider, record.price_model = key.provider, key.model
        record.price_tier = key.service_tier
    if price is None:
        record.unknown_because = prices.explain(key, at)
    elif amount is None:
        record.unknown_because = _bound(record, price)
    else:
        record.price_id, record.cost_usd = price.price_id, format(amount, "f")


def _may_differ(
    record: SpanRecord, key: PriceKey, reading: Reading, prices: PriceBook, at: Moment
) -> bool:
    """Bound a cost whose tier neither the answer nor the request tells, where tiers differ.

    Only of libraries that never tell one; a batch is no call that they see.
    """
    if not reading.tier_untold or reading.service_tier or reading.asked_tier:
        return False
    keys = prices.list_tiers(key.provider, key.model)
    if len(keys) == 1:
        return False
    found = [
        prices.look_up_at(each, at, record.input_tokens)
        for each in keys
        if each.service_tier != BATCH_TIER
    ]
    sold = [price for price in found if price]
    if all(price.rates == sold[0].rates for price in sold):
        return False
    _bound(record, *sold)
    record.unknown_because = "tier_not_told"
    return True


def _bound(record: SpanRecord, *prices: Price | None) -> UnknownBecause:
    """Fill in between which costs the true one lies, if each of the prices knows it."""
    counts = record.usage_buckets or {}
    bounds = [bound_cost(counts, price) for price in prices if price]
    least = [each.least for each in bounds if each.least is not None]
    most = [each.most for each in bounds if each.most is not None]
    if len(least) == len(most) == len(prices):
        record.cost_min_usd, record.cost_max_usd = _write(min(least)), _write(max(most))
    return bounds[0].because if bounds else "model_not_priced"


def _write(amount: Decimal) -> str:
    return format(amount, "f")
