"""GET /facets over HTTP: its parameters, its labels and its refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from functions.common.answer_size import MOST_BYTES, measure
from functions.facets.bodies import Facet, Facets, FacetValue, Over
from functions.facets.handler import fit_values
from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.spans import NOON, call, failed_call, step
from tests.functions.conftest import Call as Ask

TENANT = "facets-by-http"
ALL = {"rows": 4, "exact": True}


@pytest.fixture(autouse=True, scope="module")
def spans(database: Database) -> None:
    """Two traces: a call and its tool, and two calls of which one failed."""
    ingest(
        database,
        TENANT,
        [
            call(1, trace=1, model="fable-1", cost_usd="0.5", tags={"a,b": "x"}),
            step(2, trace=1, operation="execute_tool", tool_name="find"),
            call(3, trace=2, at=NOON + timedelta(minutes=1), model="fable-2", cost_usd="0.25"),
            failed_call(4, trace=2, at=NOON + timedelta(minutes=2), model="fable-1"),
        ],
    )


@pytest.fixture
def ask(call: Ask) -> Any:
    """Asks as the tenant of the test."""

    def get(tenant: str = TENANT, /, **parameters: Any) -> httpx.Response:
        return call("GET", "/facets", tenant=tenant, **parameters)

    return get


def test_traces_are_counted_by_their_values(ask: Any) -> None:
    """A trace has each of its models; a value stands before those of fewer rows."""
    body = ask(fields="model,tool,failed,cost", filter="has:operation").json()
    label = {"counts": "traces", "over": {"rows": 2, "exact": True}}

    assert body == {
        "kind": "traces",
        "facets": [
            {
                "field": "model",
                "values": [{"value": "fable-1", "count": 2}, {"value": "fable-2", "count": 1}],
                "others": 0,
            }
            | label,
            {"field": "tool", "values": [{"value": "find", "count": 1}], "others": 0} | label,
        ],
        "flags": [{"field": "failed", "count": 1} | label],
        "ranges": [{"field": "cost", "least": 0.25, "most": 0.5} | label],
    }


def test_parameters_of_lists_choose_the_rows(ask: Any) -> None:
    """As in the list beside it: shorthands, the filter as JSON, and the window alone."""
    asked = {"kind": "spans", "fields": "model", "top": 1}
    window = {"start": NOON.isoformat(), "end": (NOON + timedelta(seconds=90)).isoformat()}
    for given, count, others, rows in (
        ({}, 2, 1, 4),
        ({"operation": "chat"}, 2, 1, 3),
        ({"status": "error"}, 1, 0, 1),
        ({"filter": '{"field": "cost", "op": "has"}'}, 1, 1, 2),
        (window, 1, 1, 3),
        (window | {"filter": "model:fable-2"}, 1, 0, 1),
    ):
        (facet,) = ask(**asked, **given).json()["facets"]
        assert (facet["values"][0]["count"], facet["others"]) == (count, others)
        assert facet["over"] == {"rows": rows, "exact": True}


def test_fields_are_read_as_a_filter_writes_them(ask: Any) -> None:
    """Quoted where they hold a comma; short names are their long ones."""
    body = ask(kind="spans", fields='env, tag:"a,b",error,env').json()

    assert [facet["field"] for facet in body["facets"]] == ["environment", "tag:a,b", "error_type"]
    assert body["facets"][1]["values"] == [{"value": "x", "count": 1}]
    (model,) = ask(kind="spans", fields="model", q="FABLE-2").json()["facets"]
    assert [value["value"] for value in model["values"]] == ["fable-2"]


def test_everything_is_counted_where_no_field_is_named(ask: Any) -> None:
    """Of each kind of field; nothing of content, ids or texts."""
    body = ask(kind="spans").json()
    names = {each["field"] for part in ("facets", "flags", "ranges") for each in body[part]}

    assert {"model", "user", "session", "name", "failed", "duration"} <= names
    assert names.isdisjoint({"content", "text", "trace", "span", "started"})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fields": "modle"}, "There is no field modle. Did you mean model?"),
        ({"fields": "model;tool"}, "There is no field model;tool."),
        ({"fields": "model tool"}, "query.fields, character 7: a comma is missing here"),
        ({"fields": ""}, "query.fields, character 1: a value is missing here"),
        ({"fields": "model,"}, "query.fields, character 7: a value is missing here"),
        ({"fields": "content"}, "content has no values to count. Choose one of environment"),
        ({"q": "x"}, "Values that start with a text are of one field. Name one"),
        ({"kind": "calls"}, "query.kind"),
        ({"top": 0}, "query.top"),
        ({"filter": "modle:x"}, "query.filter, character 1: there is no field modle"),
        ({"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T12:00:00Z"}, "start must be before"),
        ({"limit": 5}, "query.limit"),
    ],
    ids=str,
)
def test_other_questions_are_refused(ask: Any, given: dict[str, Any], told: str) -> None:
    """400 with what to do."""
    answer = ask(**given)

    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]


def test_another_tenants_values_are_nobodys(ask: Any) -> None:
    """No value, no count, and no range."""
    body = ask("another-of-facets").json()

    assert not any(facet["values"] or facet["others"] for facet in body["facets"])
    assert not any(flag["count"] for flag in body["flags"])
    assert {each["least"] for each in body["ranges"]} == {None}


def test_an_answer_has_room_for_every_field() -> None:
    """Long values of many fields: fewer of each, and how many are left out is told."""
    values = [FacetValue(value="\N{GRINNING FACE}" * 256, count=1) for _ in range(100)]
    over = Over(rows=100, exact=True)
    facets = [
        Facet(field=str(n), counts="spans", over=over, values=values, others=1) for n in range(64)
    ]
    body = fit_values(Facets(kind="spans", facets=facets, flags=[], ranges=[]))

    assert measure(body) <= MOST_BYTES
    for facet in body.facets:
        assert facet.values
        assert len(facet.values) + facet.others == 101
