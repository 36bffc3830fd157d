"""The least and the most that a call can have cost, where the kind of some tokens is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from llm_observe.cost.rates import ARITHMETIC, Price, round_cost
from llm_observe.semconv import UNKNOWN_BECAUSE, UnknownBecause


class Bounds(NamedTuple):
    """Between which costs in USD the true one lies, if that is known, and why it is not known."""

    least: Decimal | None
    most: Decimal | None
    because: UnknownBecause


def bound_cost(counts: Mapping[str, int], price: Price) -> Bounds:
    """Bound a cost that ``cost`` does not know, by the cheapest and the dearest kind of token.

    ``app.bound_cost`` in the database does the same.
    """
    least = most = Decimal(0)
    reasons: set[UnknownBecause] = set()
    for bucket, tokens in counts.items():
        if not tokens:
            continue
        found = price.find_range(bucket, counts)
        if found is None:
            reasons.add("part_not_priced")
            continue
        if found.because:
            reasons.add(found.because)
        least = ARITHMETIC.fma(tokens, found.least, least)
        most = ARITHMETIC.fma(tokens, found.most, most)
    because: UnknownBecause = "part_not_priced"
    if reasons:
        because = min(reasons, key=UNKNOWN_BECAUSE.index)
    if "part_not_priced" in reasons:
        return Bounds(None, None, because)
    return Bounds(round_cost(least), round_cost(most), because)
