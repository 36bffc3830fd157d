"""Deleting many traces through the API: counted, confirmed by the number, done, told."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner, ingest
from tests.database.support.spans import call as make_call
from tests.database.support.spans import step, trace_id
from tests.functions.conftest import Call


@pytest.fixture
def tenant(database: Database) -> str:
    """A tenant with four traces, three of which are of one user."""
    name = f"deleting-{uuid.uuid4().hex[:8]}"
    users = ["maria", "maria", "maria", "ann"]
    spans = [make_call(1, trace=n, user_id=user) for n, user in enumerate(users, 1)]
    ingest(database, name, [*spans, step(2, trace=1)])
    return name


def post(call: Call, tenant: str, **body: Any) -> Any:
    return call("POST", "/deletions", tenant=tenant, body={"kind": "traces"} | body)


def list_traces(call: Call, tenant: str) -> list[str]:
    items = call("GET", "/traces", tenant=tenant).json()["items"]
    return sorted(item["trace_id"] for item in items)


def test_a_filter_is_counted_then_deleted(call: Call, database: Database, tenant: str) -> None:
    """A dry run first and by default; the run repeats its number; the receipt stands at the end."""
    counted = post(call, tenant, filter="user:maria")
    assert (counted.status_code, counted.json()) == (
        200,
        {"dry_run": True, "traces": 3, "spans": 4, "deletion": None},
    )
    assert len(list_traces(call, tenant)) == 4

    asked = post(call, tenant, filter="user:maria", dry_run=False, expected=3)
    assert asked.status_code == 202, asked.text
    deletion = asked.json()["deletion"]
    path = f"/deletions/{deletion['deletion_id']}"
    assert (deletion["state"], deletion["receipt"]) == ("waiting", None)
    assert call("GET", path, tenant=tenant).json() == deletion
    with connect_as_owner(database) as owner:
        owner.execute("call app.delete_data()")
    done = call("GET", path, tenant=tenant).json()

    assert list_traces(call, tenant) == [trace_id(4)]
    assert (done["state"], done["deleted"]["traces"], done["deleted"]["spans"]) == ("done", 3, 4)
    assert (done["receipt"]["deleted"], done["receipt"]["by"]) == (done["deleted"], "dev")
    assert call("GET", "/deletions", tenant=tenant).json() == {"items": [done], "next_cursor": None}
    events = call("GET", "/audit", tenant=tenant).json()["items"]
    assert [event["action"] for event in events] == ["traces.forgotten", "deletion.requested"]
    assert "maria" not in str(events) + str(done)


def test_another_number_deletes_nothing(call: Call, tenant: str) -> None:
    """409 with both numbers; without a number 400."""
    refused = post(call, tenant, filter="user:maria", dry_run=False, expected=2)
    missing = post(call, tenant, filter="user:maria", dry_run=False)

    assert refused.status_code == 409
    assert "matches 3 traces, and expected is 2" in refused.json()["error"]["message"]
    assert missing.status_code == 400
    assert "expected is missing" in missing.json()["error"]["message"]
    assert call("GET", "/deletions", tenant=tenant).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "either filter or ids"),
        ({"filter": "model:x", "ids": [trace_id(1)]}, "either filter or ids"),
        ({"filter": " "}, "for all traces say so"),
        ({"filter": "modle:x"}, "did you mean model"),
        ({"filter": "user:nobody", "dry_run": False, "expected": 0}, "nothing to delete"),
        ({"ids": []}, "body.ids"),
        ({"ids": ["x"]}, "body.ids"),
        ({"filter": "user:maria", "dry_run": "false", "expected": 3}, "body.dry_run"),
        ({"filter": "user:maria", "dryrun": False, "expected": 3}, "body.dryrun"),
        ({"kind": "spans", "filter": "user:maria"}, "body.kind"),
    ],
)
def test_what_is_no_deletion_is_refused(
    call: Call, tenant: str, body: dict[str, Any], told: str
) -> None:
    """In words, and nothing goes."""
    answer = post(call, tenant, **body)

    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]


def test_more_than_one_deletion_takes_says_what_to_do(
    call: Call, database: Database, tenant: str
) -> None:
    """Beyond the bound nothing is counted further."""
    with connect_as_owner(database) as owner:
        owner.execute(_MANY.encode(), (tenant,))
    answer = post(call, tenant, filter="started>2000-01-01")

    assert answer.status_code == 400
    assert "more than 50,000 traces" in answer.json()["error"]["message"]
    assert "started<" in answer.json()["error"]["message"]


_MANY = """
insert into public.traces (tenant_id, trace_id, start_time, end_time, start_ns, end_ns)
select %s, lpad(to_hex(n), 32, '0'), now(), now(), 0, 0 from generate_series(1000, 51000) n"""


def test_another_tenants_deletion_is_not_found(call: Call, tenant: str) -> None:
    """404, as of one that nobody asked for; its traces are matched by nobody else."""
    asked = post(call, tenant, ids=[trace_id(4)], dry_run=False, expected=1).json()
    path = f"/deletions/{asked['deletion']['deletion_id']}"

    assert call("GET", path, tenant=tenant).status_code == 200
    assert call("GET", path, tenant=f"{tenant}-x").status_code == 404
    assert post(call, f"{tenant}-x", ids=[trace_id(1)]).json()["traces"] == 0
    assert call("GET", "/deletions/x", tenant=tenant).status_code == 400
