"""GET /tenants: a person's tenants in sums, over HTTP, and an operator's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import call_function, connect_as, ingest
from tests.database.support.spans import NOON, call, failed_call
from tests.functions.credentials import bearer, log_in, make_user
from tests.functions.jobs.test_identity import find_files

HOUR = timedelta(hours=1)
WINDOW = {"start": NOON.isoformat(), "end": (NOON + HOUR).isoformat()}
LogIn = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


@pytest.fixture
def person(database: Database, keys: StackKeys, data_api: str) -> LogIn:
    """Logs somebody new in, with these roles by tenant; an operator if wanted."""

    def make(roles: dict[str, str], *, operator: bool = False) -> dict[str, str]:
        user = make_user(database.owner_url, roles)
        if operator:
            with connect_as(database, "llm_operator", None, "command") as connection:
                call_function(connection, "add_operator", {"user_id": user})
        return bearer(log_in(keys, data_api, user))

    return make


def read(client: httpx.Client, headers: dict[str, str], **params: Any) -> dict[str, Any]:
    answer = client.get("/tenants", params=WINDOW | params, headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_the_sums_are_those_of_get_metrics(
    client: httpx.Client, database: Database, person: LogIn
) -> None:
    """For each tenant of a person, with the role in it, number for number."""
    ingest(database, "sums-1", [call(1, cost_usd="0.125"), call(2, cost_usd=None), failed_call(3)])
    ingest(database, "sums-2", [call(1, cost_usd="2"), call(2, at=NOON + HOUR)])
    headers = person({"sums-1": "viewer", "sums-2": "owner"})
    page = read(client, headers)

    assert (page["operator"], page["next_cursor"]) == (False, None)
    assert [(one["tenant_id"], one["role"]) for one in page["tenants"]] == [
        ("sums-1", "viewer"),
        ("sums-2", "owner"),
    ]
    for one in page["tenants"]:
        selecting = headers | {"x-tenant-id": one["tenant_id"]}
        metrics = client.get("/metrics", params=WINDOW, headers=selecting).json()
        assert one["generated"] == metrics["generated"]
        numbers = one.keys() - {"tenant_id", "role", "generated"}
        assert {name: one[name] for name in numbers} == {
            name: metrics["totals"][name] for name in numbers
        }


def test_an_operator_pages_through_all_and_reads_none(
    client: httpx.Client, database: Database, person: LogIn
) -> None:
    """Every tenant's sums, two at a time; any route of a tenant is 403."""
    for name in ("all-1", "all-2", "all-3"):
        ingest(database, name, [call(1)])
    headers = person({}, operator=True)
    names: list[str] = []
    page = read(client, headers, limit=2)
    names += [one["tenant_id"] for one in page["tenants"]]
    while page["next_cursor"] is not None:
        page = read(client, headers, limit=2, cursor=page["next_cursor"])
        names += [one["tenant_id"] for one in page["tenants"]]
    selecting = headers | {"x-tenant-id": "all-1"}
    refused = {
        path: client.get(path, headers=selecting).status_code
        for path in ("/metrics", "/spans", "/traces", f"/traces/{'a' * 32}", "/members", "/audit")
    }

    assert page["operator"] is True
    assert {"all-1", "all-2", "all-3"} <= set(names)
    assert names == sorted(set(names))
    assert set(refused.values()) == {403}
    assert client.get("/me", headers=headers).json()["tenants"] == []


def test_a_stranger_has_none(client: httpx.Client, person: LogIn) -> None:
    """Neither by a header nor by a cursor."""
    headers = person({}) | {"x-tenant-id": "all-1"}

    assert read(client, headers, cursor="a")["tenants"] == []


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"start": WINDOW["end"]}, "start must be before end."),
        ({"start": (NOON - timedelta(days=92)).isoformat()}, "more than 92 days apart"),
        ({"limit": "101"}, "limit"),
        ({"cursor": "No Tenant"}, "cursor"),
        ({"tenant_id": "all-1"}, "tenant_id"),
        ({"user_id": "all-1"}, "user_id"),
    ],
)
def test_a_malformed_question_is_400(
    client: httpx.Client, person: LogIn, params: dict[str, str], sentence: str
) -> None:
    """In a sentence; nobody names a tenant or a person."""
    answer = client.get("/tenants", params=WINDOW | params, headers=person({}))

    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_a_developer_is_nobody(api: str) -> None:
    """Development mode has no people, and says so."""
    answer = httpx.get(f"{api}/tenants", timeout=30)

    assert answer.status_code == 403
    assert answer.json()["error"]["message"].startswith("This needs a person who has logged in")


def test_one_endpoint_acts_by_the_role_of_sums() -> None:
    """One module asks for the role, and one endpoint imports what does."""
    assert find_files('"llm_sums"', "src", "functions", "infra") == {
        "functions/common/database.py",
        "src/llm_observe/supabase/tokens.py",
    }
    assert find_files("sum_as", "src", "functions", "infra") == {
        "functions/common/database.py",
        "functions/tenants/handler.py",
    }
