"""The seed of ``public.model_prices``: the same rows as the wheel's price file, as SQL."""

from __future__ import annotations

from datetime import date

from infra.prices.document import Catalog
from infra.prices.rows import RATES, PriceRow

_COLUMNS = (
    "price_id",
    "provider",
    "model",
    "service_tier",
    "min_input_tokens",
    "valid_from",
    "valid_to",
    *RATES.values(),
    "source",
    "source_version",
)

_HEAD = """\
-- Prices of models in USD per million tokens; written by `python -m infra.prices`, not by hand.
-- Source: {source} {version} (sha256 {sha256}); licence: {licence}.
-- A model without a row has no price that tokens alone decide: its cost is null, never 0.
-- '1970-01-01' stands for "as far back as the source goes", null for "still valid".
"""


def write_migration(catalog: Catalog) -> str:
    """Give the SQL text that inserts every row, one statement per provider, one row per line."""
    parts = [
        _HEAD.format(
            source=catalog.source,
            version=catalog.source_version,
            sha256=catalog.source_sha256,
            licence=catalog.licence,
        )
    ]
    tail = f"{_quote(catalog.source)},{_quote(catalog.source_version)}"
    for provider in catalog.providers:
        rows = [row for model in provider.models for row in model.rows]
        if rows:
            values = ",\n".join(f"({_write_row(row)},{tail})" for row in rows)
            parts.append(
                f"\ninsert into public.model_prices\n  ({', '.join(_COLUMNS)})\nvalues\n{values};\n"
            )
    return "".join(parts)


def _write_row(row: PriceRow) -> str:
    rates = ("null" if rate is None else f"{rate.normalize():f}" for rate in row.rates)
    keys = (row.price_id, row.provider, row.model, row.service_tier)
    start = _write_day(row.valid_from or date(1970, 1, 1))
    end = _write_day(row.valid_to) if row.valid_to else "null"
    cells = (*(_quote(key) for key in keys), str(row.min_input_tokens), start, end, *rates)
    return ",".join(cells)


def _write_day(day: date) -> str:
    return f"'{day.isoformat()}T00:00Z'"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
