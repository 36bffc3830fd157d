"""The installed genai-prices package, read as a catalog of price rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from importlib import metadata
from pathlib import Path

import genai_prices.data
from genai_prices.types import Provider

from infra.prices.document import Catalog, PricedModel, PricedProvider
from infra.prices.rows import list_rows
from infra.prices.rules import compile_rules

_SOURCE = "genai-prices"
_LICENCE = "MIT, Copyright (c) Pydantic Services Inc. 2025 to present"


class RepeatedKeyError(ValueError):
    """Two rows of the source have the same price_id."""


def read_catalog() -> Catalog:
    """Read every provider of the package; raises UnknownRuleError or RepeatedKeyError."""
    data = Path(genai_prices.data.__file__).read_bytes()
    catalog = Catalog(
        source=_SOURCE,
        source_version=metadata.version(_SOURCE),
        source_sha256=hashlib.sha256(data).hexdigest(),
        licence=_LICENCE,
        providers=[_read_provider(provider) for provider in genai_prices.data.providers],
    )
    counts = Counter(row.price_id for row in catalog.rows())
    repeated = sorted(price_id for price_id, count in counts.items() if count > 1)
    if repeated:
        message = f"the source gives the same price_id more than once: {', '.join(repeated)}"
        raise RepeatedKeyError(message)
    return catalog


def _read_provider(provider: Provider) -> PricedProvider:
    models = [
        PricedModel(model.id, compile_rules(model.match), list(list_rows(provider.id, model)))
        for model in provider.models
    ]
    return PricedProvider(provider.id, provider.fallback_model_providers or [], models)
