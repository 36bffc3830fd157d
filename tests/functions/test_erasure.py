"""Forgetting, retention and the audit, through the API."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.functions.conftest import Call
from tests.functions.credentials import bearer, log_in, make_key, make_user


def run_demo(call: Call, tenant: str) -> str:
    answer = call("POST", "/demo/run", tenant=tenant)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["trace_id"])


def count(database: Database, table: str, tenant: str) -> int:
    with psycopg.connect(database.owner_url) as connection:
        row: Any = connection.execute(
            f"select count(*) from {table} where tenant_id = %s", (tenant,)
        ).fetchone()
        return int(row[0])


def test_a_trace_is_forgotten(call: Call) -> None:
    """It is gone from every answer; the receipt counts its spans; a second time it is 404."""
    kept, gone = run_demo(call, "forgetful"), run_demo(call, "forgetful")
    receipt = call("DELETE", f"/traces/{gone}", tenant="forgetful").json()
    again = call("DELETE", f"/traces/{gone}", tenant="forgetful")
    left = call("GET", "/spans", tenant="forgetful").json()["items"]

    assert (receipt["action"], receipt["target"], receipt["by"]) == ("trace.forgotten", gone, "dev")
    assert receipt["deleted"]["traces"] == 1
    assert receipt["deleted"]["spans"] == len(left) > 0
    assert {span["trace_id"] for span in left} == {kept}
    assert again.status_code == 404


def test_another_tenants_trace_is_not_found(call: Call) -> None:
    """404, as for a trace that nobody has, and it stays."""
    theirs = run_demo(call, "owner-of-it")
    answers = [call("DELETE", f"/traces/{t}", tenant="stranger") for t in (theirs, "b" * 32)]
    bodies = [{**answer.json()["error"], "request_id": ""} for answer in answers]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]
    assert call("GET", f"/traces/{theirs}", tenant="owner-of-it").status_code == 200


def test_a_users_data_is_forgotten(call: Call) -> None:
    """A user of whom there is nothing still gets a receipt; the audit does not name them."""
    receipt = call("DELETE", "/users/someone@example.com/data", tenant="private").json()
    (event,) = call("GET", "/audit", tenant="private").json()["items"]

    assert receipt["deleted"] == {"spans": 0, "contents": 0, "traces": 0}
    assert event["action"] == "user.forgotten"
    assert "someone@example.com" not in str(event) + str(receipt)


def test_a_tenant_is_forgotten(
    call: Call, api: str, deployed: str, database: Database, keys: StackKeys, data_api: str
) -> None:
    """By its owner; its keys and members stop working; others' names are not found."""
    run_demo(call, "leaving")
    key = make_key(api, "leaving", "admin")["key"]
    owner = log_in(keys, data_api, make_user(database.owner_url, {"leaving": "owner"}))
    with httpx.Client(base_url=deployed, timeout=60) as client:
        other = client.delete("/tenants/staying", headers=bearer(owner))
        by_key = client.delete("/tenants/leaving", headers=bearer(key))
        receipt = client.delete("/tenants/leaving", headers=bearer(owner)).json()
        after = [
            client.get("/spans", headers=bearer(one, "leaving")).status_code for one in (key, owner)
        ]

    assert other.status_code == 404
    assert by_key.status_code == 403
    assert "no API key may" in by_key.json()["error"]["message"]
    assert receipt["deleted"]["tenants"] == 1
    assert receipt["deleted"]["spans"] > 0
    assert after == [401, 403]
    tables = ("spans", "span_contents", "traces", "processes", "api_keys", "memberships")
    assert {table: count(database, table, "leaving") for table in tables} == dict.fromkeys(
        tables, 0
    )
    assert count(database, "audit_events", "leaving") > 0


def test_a_forgotten_tenant_stays_so(call: Call, database: Database) -> None:
    """410 with what to do for whoever writes to it, spans by OTLP too, and nothing is written."""
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "late", "startTimeUnixNano": "1"}
    spans = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert call("DELETE", "/tenants/gone", tenant="gone").status_code == 200
    answers = [
        call("POST", "/v1/traces", tenant="gone", body=spans),
        call("POST", "/keys", tenant="gone", body={"name": "x", "scopes": ["read"]}),
        call("PUT", "/retention", tenant="gone", body={"span_days": 1, "content_days": 1}),
        call("PUT", "/mappings", tenant="gone", body={"mappings": []}),
        call("POST", "/demo/run", tenant="gone"),
        call("DELETE", "/tenants/gone", tenant="gone"),
    ]

    assert [answer.status_code for answer in answers] == [410] * len(answers)
    for answer in answers:
        body = answer.json()
        assert "restore-tenant --tenant gone" in body.get("error", body)["message"]
    assert {answer.json()["error"]["code"] for answer in answers[1:]} == {"gone"}
    tables = ("spans", "traces", "processes", "api_keys")
    assert {table: count(database, table, "gone") for table in tables} == dict.fromkeys(tables, 0)


def test_retention_is_set_and_told(call: Call) -> None:
    """At once; content never outlives its span, nor a span its sums; the audit has the change."""
    before = call("GET", "/retention", tenant="keeper").json()
    after = call("PUT", "/retention", tenant="keeper", body={"span_days": 90, "content_days": 7})
    wrong = call("PUT", "/retention", tenant="keeper", body={"span_days": 7, "content_days": 90})
    short = call("PUT", "/retention", tenant="keeper", body=after.json() | {"roll_up_days": 89})

    unknown = {"last_run": None, "next_run": None}
    assert before == {"span_days": None, "content_days": None, "roll_up_days": None} | unknown
    assert after.json() == {"span_days": 90, "content_days": 7, "roll_up_days": None}
    assert wrong.status_code == 400
    assert "content_days is more than span_days" in wrong.json()["error"]["message"]
    assert short.status_code == 400
    assert "roll_up_days is less than span_days" in short.json()["error"]["message"]
    assert call("GET", "/retention", tenant="keeper").json() == after.json() | unknown
    assert [e["action"] for e in call("GET", "/audit", tenant="keeper").json()["items"]] == [
        "tenant.changed"
    ]


def test_days_of_sums_stay_where_they_are_not_told(call: Call) -> None:
    """A caller of before roll-ups sends two numbers, and takes nothing away from the third."""
    both = {"span_days": 30, "content_days": None}
    call("PUT", "/retention", tenant="summer", body=both | {"roll_up_days": 400})
    kept = call("PUT", "/retention", tenant="summer", body=both)
    cleared = call("PUT", "/retention", tenant="summer", body=both | {"roll_up_days": None})

    assert kept.json() == both | {"roll_up_days": 400}
    assert cleared.json() == both | {"roll_up_days": None}
    assert call("GET", "/retention", tenant="summer").json()["roll_up_days"] is None


@pytest.mark.parametrize("days", [True, "30"])
def test_retention_takes_whole_numbers_alone(call: Call, days: object) -> None:
    """Read leniently, true would be one day, and delete what is older."""
    body = {"span_days": days, "content_days": days}

    assert call("PUT", "/retention", tenant="careful", body=body).status_code == 400
    assert call("GET", "/retention", tenant="careful").json()["span_days"] is None


def test_the_audit_is_paged(call: Call, api: str) -> None:
    """A page at a time, newest first, without a gap or a repeat."""
    made = [make_key(api, "audited", "read")["key_id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = call("GET", "/audit", tenant="audited", limit=2, **cursor).json()
        seen += [event["target"] for event in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert seen == made[::-1]
    assert call("GET", "/audit", tenant="audited", cursor="x").status_code == 400
