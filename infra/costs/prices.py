"""The list prices: one dated file, each price with its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("list_prices.json")


@dataclass(frozen=True, slots=True)
class Price:
    """An amount for so many units, of which some are free each month."""

    amount: float
    per: int
    unit: str
    free: float
    source: str
    seen: str | None
    """The text that names the price; None where it is from memory."""

    def charge(self, quantity: float, *, free: bool = True) -> float:
        """Give the cost of a month's quantity, with or without what is free."""
        billed = max(0.0, quantity - (self.free if free else 0.0))
        return billed * self.amount / self.per


@dataclass(frozen=True, slots=True)
class ComputeSize:
    """A size of Supabase's compute, and the database that Supabase recommends it for."""

    name: str
    monthly: float
    database_gb: float


@dataclass(frozen=True, slots=True)
class PriceList:
    """All list prices of one day."""

    read_on: str
    region: str
    prices: Mapping[str, Price]
    sizes: tuple[ComputeSize, ...]
    compute_credit: float
    free_database_gb: float
    free_egress_gb: float

    def find_size(self, database_gb: float) -> ComputeSize:
        """Give the smallest compute that is recommended for a database; the largest has no end."""
        fitting = (size for size in self.sizes if database_gb <= size.database_gb)
        return next(fitting, self.sizes[-1])


def load_list_prices() -> PriceList:
    """Read the file."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return PriceList(
        read_on=document["read_on"],
        region=document["region"],
        prices={name: Price(**price) for name, price in document["prices"].items()},
        sizes=tuple(ComputeSize(**size) for size in document["supabase_compute"]["sizes"]),
        compute_credit=document["supabase_compute_credit"],
        free_database_gb=document["supabase_free"]["database_gb"],
        free_egress_gb=document["supabase_free"]["egress_gb"],
    )
