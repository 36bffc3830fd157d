"""Rules that people edit: listed, replaced, tried on a pasted span."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from tests.database.support.callers import read_as_owner
from tests.functions.conftest import Call

EVENT = REPOSITORY / "tests" / "functions" / "events" / "mappings.json"
TRIAL: dict[str, Any] = json.loads(json.loads(EVENT.read_text(encoding="utf-8"))["body"])
SPAN = TRIAL["span"]
MODEL = {"attribute": "my.model", "field": "request_model", "value": None}


def test_rules_are_replaced_as_a_whole(call: Call) -> None:
    """What was put is what is there, in order of attributes; before that there is none."""
    assert call("GET", "/mappings", tenant="editor").json() == {"mappings": []}
    rules = [MODEL | {"attribute": name} for name in ("b", "B", "a")]
    answer = call("PUT", "/mappings", tenant="editor", body={"mappings": rules})
    wanted = {"mappings": [rules[1], rules[2], rules[0]]}

    assert (answer.status_code, answer.json()) == (200, wanted)
    assert call("GET", "/mappings", tenant="editor").json() == wanted
    assert call("PUT", "/mappings", tenant="editor", body={"mappings": []}).json() == {
        "mappings": []
    }


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([MODEL | {"field": "cost_usd"}], "fields are operation, provider"),
        ([MODEL | {"attribute": ""}], "at least 1 character"),
        ([MODEL | {"pattern": "x"}], "mappings.0.pattern"),
        ([MODEL] * 201, "at most 200 items"),
        ([MODEL, MODEL], "Rule 2 fills the same field from the same attribute as an earlier one."),
    ],
)
def test_bad_rules_are_refused_in_words(call: Call, rules: list[Any], words: str) -> None:
    """400 with what is wrong."""
    answer = call("PUT", "/mappings", body={"mappings": rules})
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_a_span_is_tried_by_rules_that_are_not_stored(call: Call) -> None:
    """Tokens, buckets and cost of what nobody knew as a call before."""
    answer = call("POST", "/mappings/test", tenant="tester", body=TRIAL).json()
    (tried,) = answer["spans"]

    assert (answer["rejected_spans"], answer["rejection_reasons"]) == (0, "")
    assert (tried["dialect"], tried["countable"], tried["usage_status"]) == (
        "plain",
        True,
        "reported",
    )
    assert tried["mapped"] == [
        "input_tokens",
        "operation",
        "output_tokens",
        "request_model",
    ]
    assert tried["fields"] == {
        "operation": "chat",
        "provider": "openai",
        "request_model": "gpt-4o-mini",
        "canonical_model": "gpt-4o-mini",
        "input_tokens": 21,
        "output_tokens": 17,
        "total_tokens": 38,
    }
    assert tried["usage_buckets"] == {"input_uncached": 21, "output_text": 17}
    assert tried["cost_usd"] == pytest.approx(21 * 0.15e-6 + 17 * 0.6e-6)
    assert tried["price_id"].startswith("openai/gpt-4o-mini/")


def test_a_trial_stores_nothing_and_logs_nothing(
    call: Call, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Not even the tenant; content comes back as a length, and no log has a byte of it."""
    said = {"key": "my.prompt", "value": {"stringValue": "marker4715"}}
    rules = [{"attribute": "my.prompt", "field": "input"}]
    span = SPAN | {"attributes": [*SPAN["attributes"], said], "name": "marker4716"}
    answer = call("POST", "/mappings/test", tenant="reader", body={"span": span, "mappings": rules})
    (tried,) = answer.json()["spans"]

    assert (tried["input_length"], tried["input"], tried["dropped_attributes"]) == (10, None, 3)
    assert "marker4715" not in answer.text
    for table in ("tenants", "spans", "processes", "audit_events"):
        query = f"select from public.{table} where tenant_id = 'reader'"
        assert read_as_owner(database, query) == []
    logs = [path for path in tmp_path_factory.getbasetemp().rglob("*") if path.is_file()]
    assert not [path for path in logs if b"marker4716" in path.read_bytes()]
    assert logs


def test_a_request_is_tried_with_what_it_loses(call: Call) -> None:
    """As an exporter would send it: spans that no row can hold are counted, with the reason."""
    scoped = {"scope": {"name": "mine"}, "spans": [SPAN, SPAN | {"traceId": "00"}]}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    request = {"resourceSpans": [{"resource": resource, "scopeSpans": [scoped]}]}
    answer = call("POST", "/mappings/test", body={"span": request}).json()

    assert [span["fields"]["service_name"] for span in answer["spans"]] == ["shop"]
    assert answer["rejected_spans"] == 1
    assert answer["rejection_reasons"].startswith("1 of the spans: trace_id is not 16 bytes")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"span": {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN] * 101}]}]}}, 413),
        ({"span": {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN] * 10_001}]}]}}, 413),
        ({"span": SPAN, "note": "x" * 600_000}, 413),
        ({"span": []}, 400),
        ({}, 400),
        ({"span": SPAN, "mappings": [MODEL | {"field": "mood"}]}, 400),
        ({"span": {}}, 200),
        ({"span": {"resourceSpans": 7}}, 400),
        ({"span": SPAN | {"attributes": [{"key": "llm_observe.mapped"}] * 3}}, 200),
        (
            {
                "span": SPAN
                | {
                    "attributes": [
                        {"key": f"llm_observe.{name}", "value": {"stringValue": "x"}}
                        for name in ("mapped", "repairs", "dropped_attributes", "dialect")
                    ]
                }
            },
            200,
        ),
    ],
)
def test_odd_trials_are_answered(call: Call, body: dict[str, Any], status: int) -> None:
    """In words where they are no trial, and never as a mistake of ours."""
    assert call("POST", "/mappings/test", body=body).status_code == status
