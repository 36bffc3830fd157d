"""Anybody's span that names a model and its usage is counted once in the database."""

from __future__ import annotations

from typing import Any

from infra.local.throwaway import Database
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.transcription import transcribe
from tests.database.support.callers import connect, connect_as_owner, ingest_on
from tests.llm_observe.dialects.spans import make_span
from tests.llm_observe.dialects.test_any_call import MODELS, SPELLINGS, USAGES

TENANT = "anybody"


def row_of(number: int, attributes: dict[str, Any]) -> dict[str, Any]:
    """A span of a trace of its own, as its row is sent."""
    span = make_span(
        "acme",
        attributes,
        trace_id=f"{number + 1:032x}",
        span_id=f"{number + 1:016x}",
        start_ns=1_795_860_000_000_000_000 + number * 10**10,
        end_ns=1_795_860_001_000_000_000 + number * 10**10,
    )
    prices, settings = load_prices(), Settings()
    return transcribe(span, tenant=TENANT, key=None, prices=prices, settings=settings).to_row()


def test_each_spelling_counts_once_and_a_holder_of_calls_never(database: Database) -> None:
    """Model and usage of every convention, and operations of every spelling; an agent beside."""
    calls = [model | usage for model in MODELS.values() for usage in USAGES.values()]
    calls += [
        MODELS["gen_ai"] | USAGES["gen_ai"] | {"gen_ai.operation.name": spelling}
        for spelling in SPELLINGS
    ]
    agent = {"gen_ai.operation.name": "Agent", **MODELS["gen_ai"], **USAGES["gen_ai"]}
    rows = [row_of(number, told) for number, told in enumerate([*calls, agent, USAGES["bare"]])]
    with connect(database) as connection:
        ingest_on(connection, TENANT, rows)

    with connect_as_owner(database) as owner:
        stored = owner.execute(
            "select counted, usage_uncounted from spans where tenant_id = %s order by start_ns",
            [TENANT],
        ).fetchall()
    assert [row["counted"] for row in stored] == [True] * len(calls) + [False, False]
    assert [row["usage_uncounted"] for row in stored[-2:]] == ["repeats_calls", "no_model"]
