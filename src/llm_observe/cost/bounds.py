"""The least and the most that a call can have cost, where the kind of some tokens is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from llm_observe.cost.pricing import ARITHMETIC, IMAGES, Price, list_kinds, round_cost
from llm_observe.semconv import UNKNOWN_BECAUSE, UnknownBecause

_NOT_TOLD: Final[Mapping[str, UnknownBecause]] = {
    "input_unsplit": "cache_not_told",
    "output_unsplit": "reasoning_not_told",
}


class Bounds(NamedTuple):
    """Between which costs in USD the true one lies, if that is known, and why it is not known."""

    least: Decimal | None
    most: Decimal | None
    because: UnknownBecause


def bound_cost(counts: Mapping[str, int], price: Price) -> Bounds:
    """Bound a cost that ``cost`` does not know, by the cheapest and the dearest kind of token.

    ``app.span_cost_bounds`` in the database does the same.
    """
    least = most = Decimal(0)
    reasons: set[UnknownBecause] = set()
    for bucket, tokens in counts.items():
        if not tokens:
            continue
        told = [price.by_bucket.get(kind) for kind in list_kinds(bucket, counts)]
        sure = [rate for rate in told if rate is not None]
        if len(sure) < len(told):
            reasons.add("part_not_priced")
            continue
        teller, images = IMAGES.get(bucket, ("", ()))
        rates = [*sure, *(price.by_bucket.get(each, sure[0]) for each in images)]
        if teller in counts:
            rates = sure
        if min(sure) < max(sure):
            reasons.add(_NOT_TOLD[bucket])
        elif min(rates) < max(rates):
            reasons.add("image_not_told")
        least = ARITHMETIC.fma(tokens, min(rates), least)
        most = ARITHMETIC.fma(tokens, max(rates), most)
    because: UnknownBecause = "part_not_priced"
    if reasons:
        because = min(reasons, key=UNKNOWN_BECAUSE.index)
    if "part_not_priced" in reasons:
        return Bounds(None, None, because)
    return Bounds(round_cost(least), round_cost(most), because)
