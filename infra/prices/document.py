"""The wheel's price file: compact, one price row per line, the same bytes from the same source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from infra.prices.rows import RATES, PriceRow
from infra.prices.rules import Rule
from llm_observe.cost.hours import Hours

_BEFORE_RATES = ("service_tier", "min_input_tokens", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model of the source: its rules and its rows, none where no true row can be written."""

    model: str
    rules: Sequence[Rule]
    rows: Sequence[PriceRow]


@dataclass(frozen=True, slots=True)
class PricedProvider:
    """A provider, its models in the order in which they are tried, and whose models it resells."""

    provider: str
    fallback: Sequence[str]
    models: Sequence[PricedModel]


@dataclass(frozen=True, slots=True)
class Catalog:
    """All prices of one version of the source."""

    source: str
    source_version: str
    source_sha256: str
    licence: str
    providers: Sequence[PricedProvider]

    def rows(self) -> Iterator[PriceRow]:
        """Yield every row in the order of the source."""
        for provider in self.providers:
            for model in provider.models:
                yield from model.rows


class InexactPriceError(ValueError):
    """A price would change when read back as a JSON number."""


def write_document(catalog: Catalog) -> str:
    """Give the text of ``prices.json``; raises InexactPriceError."""
    header = {
        "source": catalog.source,
        "source_version": catalog.source_version,
        "source_sha256": catalog.source_sha256,
        "licence": catalog.licence,
        "row": [*_BEFORE_RATES, *RATES.values(), *Hours._fields],
    }
    head = "".join(f"{json.dumps(key)}:{_dump(value)},\n" for key, value in header.items())
    providers = ",\n".join(_write_provider(provider) for provider in catalog.providers)
    return f'{{{head}"providers":{{\n{providers}\n}}}}\n'


def _write_provider(provider: PricedProvider) -> str:
    models = ",\n".join(_write_model(model) for model in provider.models)
    fallback = _dump(list(provider.fallback))
    return f'{_dump(provider.provider)}:{{"fallback":{fallback},"models":[\n{models}]}}'


def _write_model(model: PricedModel) -> str:
    rows = ",".join(f"\n{_write_row(row)}" for row in model.rows)
    return f"[{_dump(model.model)},{_dump(list(model.rules))},[{rows}]]"


def _write_row(row: PriceRow) -> str:
    dates = (day.isoformat() if day else None for day in (row.valid_from, row.valid_to))
    cells = [_dump(cell) for cell in (row.service_tier, row.min_input_tokens, *dates)]
    cells += [_write_rate(rate) for rate in row.rates]
    cells += [_dump(cell) for cell in row.hours or ()]
    while cells[-1] == "null":
        cells.pop()
    return f"[{','.join(cells)}]"


def _write_rate(rate: Decimal | None) -> str:
    if rate is None:
        return "null"
    text = f"{rate.normalize():f}"
    if Decimal(repr(float(text))) != rate:
        message = f"{rate} USD per million tokens has more digits than a JSON number keeps"
        raise InexactPriceError(message)
    return text


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
