"""The price that a call has: of its model, tier, size of input and time.

A price may hold at some hours of the day only: of UTC, by the call's own start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

from llm_observe.cost.hours import Hours, Moment
from llm_observe.cost.model_index import ModelIndex
from llm_observe.cost.model_names import Spelling, choose_names, has_maker, spell, strip_forms
from llm_observe.cost.provider_names import name_source_provider
from llm_observe.cost.rates import Price, PriceKey
from llm_observe.cost.tiers import STANDARD_TIER, normalize_tier
from llm_observe.semconv import UnknownBecause

_MOST_REMEMBERED = 1024
_LONGEST_REMEMBERED = 1024
"""Characters of names together: whoever sends them chooses how long they are."""
_RATE: Final = "_per_mtok"
"""Ends the names of columns that are amounts; the others say when a row holds."""
_REGIONAL: Final = "regional."
_GLOBAL: Final = "global."
"""Begin the source's names of models that have two prices at Bedrock."""
_CONDITIONS: Final = frozenset(
    {"service_tier", "min_input_tokens", "valid_from", "valid_to", *Hours._fields}
)


class PriceBook:
    """The prices of one version of the source, by the source's own order of model rules."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Take the parsed ``prices.json``; a provider is indexed when it is first asked for."""
        self.source: str = document["source"]
        self.source_version: str = document["source_version"]
        self._providers: Mapping[str, Any] = document["providers"]
        self._columns: Sequence[str] = document["row"]
        hours, *_ = Hours._fields
        self._hours = self._columns.index(hours) if hours in self._columns else len(self._columns)
        self._indexes: dict[str, ModelIndex] = {}
        # The same few models come again and again.
        self._remember_key = lru_cache(_MOST_REMEMBERED)(self._find_key)
        self._list_rows = lru_cache(_MOST_REMEMBERED)(self._select_rows)
        self.list_tiers = lru_cache(_MOST_REMEMBERED)(self._select_tiers)

    def resolve(
        self,
        provider: str | None,
        response_model: str | None,
        request_model: str | None = None,
        *,
        service_tier: str | None = None,
    ) -> PriceKey | None:
        """Name what a call is priced as, by the first of the models that is known.

        That is the response's, unless the request's tells more (``choose_names``).
        A model that a provider resells from another has the other's standard prices only.
        """
        models = response_model, request_model
        named = sum(map(len, filter(None, (provider, *models, service_tier))))
        find_key = self._remember_key if named <= _LONGEST_REMEMBERED else self._find_key
        return find_key(provider, models, service_tier)

    def _find_key(
        self,
        provider: str | None,
        models: tuple[str | None, str | None],
        service_tier: str | None,
    ) -> PriceKey | None:
        tier = normalize_tier(service_tier)
        own = name_source_provider(provider)
        for model in choose_names(*models):
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
        index = self._index(seller)
        for name in spelling.names:
            if found := index.find(name):
                # Cut off with its maker was the profile, which decides between two prices.
                other = found.startswith(_REGIONAL) and not has_maker(name)
                twin = index.rows(_GLOBAL + found.removeprefix(_REGIONAL)) if other else ()
                return None if twin and twin != index.rows(found) else found
        return None

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
        return self.look_up_at(key, Moment.at(at), input_tokens)

    def look_up_at(self, key: PriceKey, at: Moment, input_tokens: int | None) -> Price | None:
        """Give the row that is valid in a minute of UTC."""
        found = self._look_up_step(key, at, input_tokens or 0)
        if found is None or key.service_tier == STANDARD_TIER:
            return found
        # A tier that has no step where the standard one has is not sold for so much input.
        standard = PriceKey(key.provider, key.model, STANDARD_TIER)
        step = self._look_up_step(standard, at, input_tokens or 0)
        beyond = step is not None and step.min_input_tokens > found.min_input_tokens
        return None if beyond else found

    def _look_up_step(self, key: PriceKey, at: Moment, reached: int) -> Price | None:
        short = len(key.service_tier) <= _LONGEST_REMEMBERED
        for least, price in (self._list_rows if short else self._select_rows)(key, at.day):
            if least <= reached and (price.hours is None or price.hours.hold(at)):
                return price
        return None

    def explain(self, key: PriceKey, at: Moment) -> UnknownBecause:
        """Say why ``look_up_at`` finds no row."""
        rows = self._index(key.provider).rows(key.model) if key.provider in self._providers else ()
        begins = [
            row[2] or ""
            for row in rows
            if row[0] == key.service_tier
            and ((hours := self._read_hours(row)) is None or hours.hold(at))
        ]
        if begins and at.day < min(begins):
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
        prices = [self._read_row(key, row) for row in rows]
        # Under a condition that only a later version knows, no price is sure.
        return [(price.min_input_tokens, price) for price in prices if price and None not in prices]

    def _select_tiers(self, provider: str, model: str) -> Sequence[PriceKey]:
        """Give a key for each tier that a model of the index is sold in."""
        tiers = dict.fromkeys(row[0] for row in self._index(provider).rows(model))
        return tuple(PriceKey(provider, model, tier) for tier in tiers)

    def _index(self, provider: str) -> ModelIndex:
        if provider not in self._indexes:
            self._indexes[provider] = ModelIndex(self._providers[provider]["models"])
        return self._indexes[provider]

    def _read_hours(self, row: Sequence[Any]) -> Hours | None:
        cells = row[self._hours : self._hours + len(Hours._fields)]
        return Hours(*cells) if cells and cells[0] is not None else None

    def _read_row(self, key: PriceKey, row: Sequence[Any]) -> Price | None:
        """Read a price; None under a condition that is not known here."""
        cells = {
            name: cell for name, cell in zip(self._columns, row, strict=False) if cell is not None
        }
        hours = self._read_hours(row)
        # The generator refuses a price whose shortest decimal form isn't the price itself.
        rates = {
            name.removesuffix(_RATE): Decimal(repr(cell))
            for name, cell in cells.items()
            if name.endswith(_RATE)
        }
        if any(name not in _CONDITIONS and not name.endswith(_RATE) for name in cells):
            return None
        valid_from = row[2]
        parts = (*key, str(row[1]), valid_from or "-", *((str(hours),) if hours else ()))
        return Price(
            price_id="/".join(parts),
            key=key,
            min_input_tokens=row[1],
            valid_from=valid_from,
            valid_to=row[3],
            rates=rates,
            source=self.source,
            source_version=self.source_version,
            hours=hours,
        )


@cache
def load_prices() -> PriceBook:
    """Read the wheel's price file, once per process."""
    text = resources.files("llm_observe.cost").joinpath("prices.json").read_text(encoding="utf-8")
    return PriceBook(json.loads(text))
