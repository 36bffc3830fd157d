"""Writing tables through the official client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from postgrest.exceptions import APIError
from postgrest.types import CountMethod, ReturnMethod
from supabase import Client

from tests.infra.conformance.target import fetch

ITEMS = "conformance_items"
PATH = f"/rest/v1/{ITEMS}"


def _stored(client: Client, columns: str = "name,quantity") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = fetch(client.table(ITEMS).select(columns).order("name"))
    return rows


def test_insert_one(client: Client, tenant: str) -> None:
    """The stored row comes back, defaults and all; a column left out takes its default."""
    (row,) = fetch(client.table(ITEMS).insert({"name": "a"}))
    assert (row["tenant_id"], row["quantity"], row["tags"]) == (tenant, 7, [])


def test_insert_many(client: Client) -> None:
    """Rows with unequal keys go through the client's columns parameter; what is absent is null."""
    rows = [{"name": "a", "price": 1}, {"name": "b", "active": True}]
    client.table(ITEMS).insert(rows, count=CountMethod.exact).execute()
    assert _stored(client, "name,price,active") == [
        {"name": "a", "price": 1, "active": None},
        {"name": "b", "price": None, "active": True},
    ]


def test_insert_many_with_defaults(client: Client) -> None:
    """Prefer: missing=default fills what is absent from the column's default."""
    rows: list[dict[str, Any]] = [{"name": "a", "quantity": 1}, {"name": "b"}]
    with pytest.raises(APIError) as raised:
        client.table(ITEMS).insert(rows).execute()
    assert raised.value.code == "23502"
    client.table(ITEMS).insert(rows, default_to_null=False).execute()
    assert _stored(client) == [{"name": "a", "quantity": 1}, {"name": "b", "quantity": 7}]


def test_insert_of_nothing(client: Client) -> None:
    """An empty list inserts no row and is no error."""
    assert fetch(client.table(ITEMS).insert([])) == []
    assert _stored(client) == []


def test_unequal_keys_are_refused(http: httpx.Client, bearer: dict[str, str]) -> None:
    """A bare array of unequal objects is PGRST102, and nothing is stored."""
    response = http.post(PATH, json=[{"name": "a"}, {"name": "b", "price": 1}], headers=bearer)
    assert (response.status_code, response.json()["code"]) == (400, "PGRST102")
    assert response.json()["message"] == "All object keys must match"
    assert http.get(PATH, headers=bearer).json() == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"price": NaN}', b'{"name": "\xff"}'])
def test_a_body_that_is_not_json_is_refused(
    http: httpx.Client, bearer: dict[str, str], body: bytes
) -> None:
    """A body that is no JSON is PGRST102."""
    headers = {**bearer, "Content-Type": "application/json"}
    response = http.post(PATH, content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "PGRST102")


def test_minimal_and_representation(http: httpx.Client, bearer: dict[str, str]) -> None:
    """Without return=representation a write answers no body."""
    silent = http.post(PATH, json={"name": "a"}, headers=bearer)
    assert (silent.status_code, silent.content) == (201, b"")
    full = {**bearer, "Prefer": "return=representation,count=exact"}
    told = http.post(f"{PATH}?select=label:name", json={"name": "b"}, headers=full)
    assert (told.status_code, told.json()) == (201, [{"label": "b"}])
    assert told.headers["content-range"] == "*/1"
    assert told.headers["preference-applied"] == "return=representation, count=exact"
    patched = http.patch(f"{PATH}?name=eq.a", json={"quantity": 1}, headers=bearer)
    assert (patched.status_code, patched.headers["content-range"]) == (204, "0-0/*")
    gone = http.delete(f"{PATH}?name=eq.a", headers=bearer)
    assert (gone.status_code, gone.headers["content-range"]) == (204, "*/*")


def test_upsert_merges(client: Client, tenant: str) -> None:
    """on_conflict with merge-duplicates updates what is there and inserts what isn't."""
    client.table(ITEMS).insert({"name": "a", "quantity": 1}).execute()
    rows = [
        {"tenant_id": tenant, "name": "a", "quantity": 2},
        {"tenant_id": tenant, "name": "b", "quantity": 3},
    ]
    client.table(ITEMS).upsert(rows, on_conflict="tenant_id,name").execute()
    assert _stored(client) == [{"name": "a", "quantity": 2}, {"name": "b", "quantity": 3}]


def test_upsert_ignores(client: Client, tenant: str) -> None:
    """ignore-duplicates leaves what is there and answers only what is new."""
    client.table(ITEMS).insert({"name": "a", "quantity": 1}).execute()
    rows = [
        {"tenant_id": tenant, "name": "a", "quantity": 2},
        {"tenant_id": tenant, "name": "b", "quantity": 3},
    ]
    upsert = client.table(ITEMS).upsert(rows, on_conflict="tenant_id,name", ignore_duplicates=True)
    assert [row["name"] for row in fetch(upsert)] == ["b"]
    assert _stored(client) == [{"name": "a", "quantity": 1}, {"name": "b", "quantity": 3}]


def test_upsert_by_primary_key(client: Client) -> None:
    """Without on_conflict the primary key decides."""
    (row,) = fetch(client.table(ITEMS).insert({"name": "a", "quantity": 1}))
    client.table(ITEMS).upsert({"id": row["id"], "name": "a", "quantity": 5}).execute()
    assert _stored(client) == [{"name": "a", "quantity": 5}]


def test_upsert_status(http: httpx.Client, bearer: dict[str, str], tenant: str) -> None:
    """An upsert that inserted answers 201, one that only updated 200."""
    headers = {**bearer, "Prefer": "resolution=merge-duplicates"}
    url = f"{PATH}?on_conflict=tenant_id,name"
    statuses = [
        http.post(url, json={"tenant_id": tenant, "name": "a"}, headers=headers).status_code
        for _ in range(2)
    ]
    assert statuses == [201, 200]


def test_update(items: Client) -> None:
    """Only what the filter matches changes, and it comes back changed."""
    update = items.table(ITEMS).update({"quantity": 100, "active": None}).gte("quantity", 8)
    assert sorted(row["name"] for row in fetch(update)) == ["n8", "n9"]
    assert fetch(items.table(ITEMS).update({"quantity": 1}).eq("name", "no")) == []
    assert fetch(items.table(ITEMS).update({}).eq("name", "n1")) == []


def test_delete(items: Client) -> None:
    """Only what the filter matches goes, and it comes back once more."""
    delete = items.table(ITEMS).delete(count=CountMethod.exact).lt("quantity", 8).execute()
    assert (len(delete.data), delete.count) == (8, 8)
    assert [row["name"] for row in _stored(items)] == ["n8", "n9"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_no_write_without_a_filter(
    items: Client, http: httpx.Client, bearer: dict[str, str], method: str
) -> None:
    """Changing every row by accident is refused, as safeupdate does on Supabase."""
    response = http.request(method, PATH, json={"quantity": 1}, headers=bearer)
    assert (response.status_code, response.json()["code"]) == (400, "21000")
    assert len(_stored(items)) == 10


def test_single_row_writes_roll_back(items: Client, http: httpx.Client, bearer: Any) -> None:
    """Where one object is asked for and two rows would change, none does (PGRST116)."""
    headers = {
        **bearer,
        "Accept": "application/vnd.pgrst.object+json",
        "Prefer": "return=representation",
    }
    response = http.patch(f"{PATH}?quantity=gt.7", json={"quantity": 50}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (406, "PGRST116")
    assert max(row["quantity"] for row in _stored(items)) == 9


def test_max_affected(items: Client) -> None:
    """More rows than max-affected allows: nothing changes (PGRST124)."""
    with pytest.raises(APIError) as raised:
        items.table(ITEMS).delete().gt("quantity", 5).max_affected(2).execute()
    assert raised.value.code == "PGRST124"
    assert len(_stored(items)) == 10


def test_errors_of_the_database(client: Client, http: httpx.Client, bearer: Any) -> None:
    """Constraint errors are 409 or 400 with Postgres' own code; an unknown column is PGRST204."""
    client.table(ITEMS).insert({"name": "a"}, returning=ReturnMethod.minimal).execute()
    twice = http.post(PATH, json={"name": "a"}, headers=bearer)
    assert (twice.status_code, twice.json()["code"]) == (409, "23505")
    null = http.post(PATH, json={"name": None}, headers=bearer)
    assert (null.status_code, null.json()["code"]) == (400, "23502")
    unknown = http.post(PATH, json={"colour": 1}, headers=bearer)
    assert (unknown.status_code, unknown.json()["code"]) == (400, "PGRST204")
    bad = http.post(PATH, json={"name": "b", "quantity": 1.5}, headers=bearer)
    assert (bad.status_code, bad.json()["code"]) == (400, "22P02")


def test_an_error_at_commit_is_an_error(http: httpx.Client, bearer: dict[str, str]) -> None:
    """A deferred constraint fails at COMMIT; the answer says so and nothing is stored."""
    response = http.post(PATH, json={"name": "orphan", "parent_id": -1}, headers=bearer)
    assert (response.status_code, response.json()["code"]) == (409, "23503")
    assert http.get(PATH, headers=bearer).json() == []


def test_tenants_are_apart(connect: Callable[..., Client], items: Client, tenant: str) -> None:
    """Row level security holds for every verb: another tenant reads, changes and fakes nothing."""
    other = connect(f"{tenant}-x")
    assert fetch(other.table(ITEMS).select("*")) == []
    assert fetch(other.table(ITEMS).update({"quantity": 0}).gte("quantity", 0)) == []
    assert fetch(other.table(ITEMS).delete().gte("quantity", 0)) == []
    with pytest.raises(APIError) as raised:
        other.table(ITEMS).insert({"tenant_id": tenant, "name": "fake"}).execute()
    assert raised.value.code == "42501"
    assert len(_stored(items)) == 10
