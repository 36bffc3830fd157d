"""A tenant's rules at the door: what comes in is read by them, from the minute on."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from infra.local.throwaway import Database
from tests.functions.ingest.conftest import Post, read_rows
from tests.functions.ingest.spans import Span, make_request, make_span, to_json

RULES = [
    {"attribute": "my.model", "field": "operation", "value": "chat"},
    {"attribute": "my.model", "field": "request_model"},
    {"attribute": "my.tokens.in", "field": "input_tokens"},
    {"attribute": "my.tokens.out", "field": "output_tokens"},
    {"attribute": "my.prompt", "field": "input"},
]


def make_own_span() -> Span:
    """Give a model call in words that nobody else has."""
    own = {
        "my.model": "gpt-4o-mini",
        "my.tokens.in": 1000,
        "my.tokens.out": 100,
        "my.prompt": "marker4713",
        "my.note": "marker4714",
    }
    span = make_span(attributes=own)
    span["attributes"] = [pair for pair in span["attributes"] if pair["key"] in own]
    return span


def set_rules(api: str, tenant: str, rules: list[dict[str, Any]]) -> None:
    headers = {"x-tenant-id": tenant}
    httpx.put(f"{api}/mappings", json={"mappings": rules}, headers=headers).raise_for_status()


def try_span(api: str, tenant: str, **body: Any) -> Any:
    answer = httpx.post(f"{api}/mappings/test", json=body, headers={"x-tenant-id": tenant})
    return answer.raise_for_status().json()


def test_spans_are_read_by_the_tenants_rules(api: str, post: Post, database: Database) -> None:
    """Counted and priced, with the prompt as a digest; without rules the same is a plain span."""
    set_rules(api, "mapper", RULES)
    for tenant in ("mapper", "no-mapper"):
        assert post(to_json(make_request(make_own_span())), tenant=tenant).status_code == 200
    (mapped,), (plain,) = (read_rows(database, "spans", one) for one in ("mapper", "no-mapper"))

    assert (mapped["model"], mapped["total_tokens"], mapped["counted"]) == (
        "gpt-4o-mini",
        1100,
        True,
    )
    assert float(mapped["cost_usd"]) == pytest.approx(1000 * 0.15e-6 + 100 * 0.6e-6)
    assert mapped["input_digest"].startswith("h1:")
    assert (plain["model"], plain["counted"], plain["input_digest"]) == (None, False, None)
    assert "marker471" not in str((mapped, plain))


def test_a_trial_tells_what_would_be_stored(api: str, post: Post, database: Database) -> None:
    """Field by field what the row then holds."""
    set_rules(api, "trier", RULES)
    span = make_own_span() | {"endTimeUnixNano": "0"}
    (tried,) = try_span(api, "trier", span=span)["spans"]
    assert read_rows(database, "spans", "trier") == []
    assert post(to_json(make_request(span)), tenant="trier").status_code == 200
    (row,) = read_rows(database, "spans", "trier")

    assert {name: row[name] for name in tried["fields"]} == tried["fields"]
    same = ("usage_buckets", "countable", "price_id", "input_length", "status", "name")
    assert [tried[name] for name in same] == [row[name] for name in same]
    assert tried["cost_usd"] == pytest.approx(float(row["cost_usd"]))
    assert row["attributes"] == tried["attributes"] | {
        "llm_observe.dialect": tried["dialect"],
        "llm_observe.mapped": tried["mapped"],
        "llm_observe.repairs": tried["repairs"],
        "llm_observe.dropped_attributes": tried["dropped_attributes"],
    }
    assert (tried["dropped_attributes"], tried["repairs"]) == (1, ["end_before_start"])
