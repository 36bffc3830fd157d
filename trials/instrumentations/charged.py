"""What a call has cost: the tokens that the provider told, at the tier that it told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from llm_observe.cost.pricing import load_prices
from llm_observe.cost.rates import cost
from llm_observe.cost.usage import Usage

_PARTS: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}


def find_charge(served: Mapping[str, Any], start_ns: int) -> Decimal | None:
    """Give the US dollars of a served call; None where the answer or the prices leave them open."""
    told = served.get("usage") or {}
    counts: dict[str, Any] = {part: told.get(name) for part, name in _PARTS.items()}
    buckets = Usage(**counts).buckets()
    models = (served["response_model"], served["request_model"])
    prices = load_prices()
    key = prices.resolve(served["provider"], *models, service_tier=served.get("service_tier"))
    if key is None or buckets is None:
        return None
    at = datetime.fromtimestamp(start_ns // 10**9, UTC)
    price = prices.look_up(key, at, told["input_tokens"])
    return cost(buckets.to_dict(), price) if price else None
