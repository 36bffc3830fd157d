"""Calling functions through the official client, and the transaction they see."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from postgrest.exceptions import APIError
from postgrest.types import CountMethod
from supabase import Client

from tests.infra.conformance.target import fetch


def test_named_arguments(client: Client) -> None:
    """Arguments go by name, defaults may stay away, GET and POST agree."""
    assert fetch(client.rpc("conformance_add", {"a": 1, "b": 2})) == 3
    assert fetch(client.rpc("conformance_add", {"a": 1})) == 11
    assert fetch(client.rpc("conformance_add", {"a": 1, "b": 2}, get=True)) == 3


def test_raw_json(client: Client, http: httpx.Client, bearer: dict[str, str]) -> None:
    """One unnamed jsonb parameter takes the whole body, object or uniform array."""
    body = {"spans": [{"a": 1}, {"b": "é\u2028"}], "process": None}
    assert fetch(client.rpc("conformance_raw", body)) == {"received": body}
    url = "/rest/v1/rpc/conformance_raw"
    assert http.post(url, json=[{"a": 1}, {"a": 2}], headers=bearer).json() == {
        "received": [{"a": 1}, {"a": 2}]
    }
    unequal = http.post(url, json=[{"a": 1}, {"b": 2}], headers=bearer)
    assert (unequal.status_code, unequal.json()["code"]) == (400, "PGRST102")


def test_shapes_of_results(items: Client) -> None:
    """Scalar, null, list of scalars, rows of a table, rows of a TABLE: each in its own shape."""
    assert fetch(items.rpc("conformance_nothing")) is None
    wanted = {"wanted": ["a", "b,c"]}
    assert fetch(items.rpc("conformance_words", wanted)) == ["a", "b,c"]
    assert fetch(items.rpc("conformance_words", wanted, get=True)) == ["a", "b,c"]
    table = fetch(items.rpc("conformance_range", {"n": 2}))
    assert table == [{"number": 1, "square": 1}, {"number": 2, "square": 4}]
    rows = fetch(items.rpc("conformance_items_over", {"above": 8}))
    assert [row["name"] for row in rows] == ["n9"]


def test_results_are_filtered_like_tables(items: Client) -> None:
    """Rows of a function take select, filters, order, limit and count."""
    query = items.rpc("conformance_items_over", {"above": 2}, CountMethod.exact)
    page = query.select("name").lt("quantity", 8).order("quantity", desc=True).limit(2).execute()
    assert (page.data, page.count) == ([{"name": "n7"}, {"name": "n6"}], 5)
    single = items.rpc("conformance_items_over", {"above": 8}).select("name").single().execute()
    assert single.data == {"name": "n9"}


def test_void(client: Client, http: httpx.Client, bearer: dict[str, str]) -> None:
    """A void function writes and answers 204."""
    url = "/rest/v1/rpc/conformance_store"
    response = http.post(url, json={"name": "stored"}, headers=bearer)
    assert (response.status_code, response.content) == (204, b"")
    assert fetch(client.table("conformance_items").select("name")) == [{"name": "stored"}]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("conformance_no", {}), ("conformance_add", {}), ("conformance_add", {"a": 1, "c": 2})],
)
def test_unknown_functions(
    http: httpx.Client, bearer: dict[str, str], name: str, arguments: dict[str, int]
) -> None:
    """No function of that name with those arguments: 404 PGRST202."""
    response = http.post(f"/rest/v1/rpc/{name}", json=arguments, headers=bearer)
    assert (response.status_code, response.json()["code"]) == (404, "PGRST202")


def test_a_function_not_granted(http: httpx.Client, bearer: dict[str, str]) -> None:
    """Without EXECUTE it is 403 for a role and 401 for nobody."""
    url = "/rest/v1/rpc/conformance_hidden"
    known = http.post(url, headers=bearer)
    assert (known.status_code, known.json()["code"]) == (403, "42501")
    unknown = http.post(url)
    assert (unknown.status_code, unknown.json()["code"]) == (401, "42501")


def test_the_transaction(client: Client, tenant: str) -> None:
    """Role, claims, request and the role's settings are those of the request."""
    context = fetch(client.rpc("conformance_context"))
    assert context["role"] == "authenticated"
    assert (context["claims"]["tenant_id"], context["claims"]["role"]) == (tenant, "authenticated")
    assert (context["method"], context["path"]) == ("POST", "/rpc/conformance_context")
    assert context["search_path"] == '"public", "public", "extensions"'
    assert (context["isolation"], context["statement_timeout"]) == ("read committed", "8s")


def test_read_only_transactions(client: Client, http: httpx.Client, bearer: dict[str, str]) -> None:
    """STABLE functions and GET run read-only; a VOLATILE one over GET can't write (405)."""
    assert fetch(client.rpc("conformance_context"))["read_only"] == "on"
    volatile = client.rpc("conformance_context_volatile")
    assert fetch(volatile)["read_only"] == "off"
    over_get = client.rpc("conformance_context_volatile", get=True)
    assert fetch(over_get)["read_only"] == "on"
    url = "/rest/v1/rpc/conformance_store"
    write = http.get(url, params={"name": "x"}, headers=bearer)
    assert (write.status_code, write.json()["code"]) == (405, "25006")
    patch = http.patch(url, json={"name": "x"}, headers=bearer)
    assert (patch.status_code, patch.json()["code"]) == (405, "PGRST101")


def test_statement_timeouts(http: httpx.Client, bearer: dict[str, str]) -> None:
    """A function's own statement_timeout holds for the call; 57014 is 500."""
    started = time.monotonic()
    response = http.post("/rest/v1/rpc/conformance_slow", headers=bearer)
    assert (response.status_code, response.json()["code"]) == (500, "57014")
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("P0001", 400), ("PT418", 418), ("PT429", 429), ("23503", 409), ("23505", 409),
        ("42501", 403), ("42P01", 404), ("42883", 404), ("22P02", 400), ("22023", 400),
        ("40001", 500), ("40P01", 500), ("53300", 503), ("53400", 500), ("57014", 500),
        ("08006", 503), ("28000", 403), ("0P000", 403), ("P0002", 500), ("XX000", 500),
        ("21000", 500), ("25006", 405), ("54001", 500), ("42P17", 500), ("99999", 400),
    ],
)  # fmt: skip
def test_status_of_a_sqlstate(
    http: httpx.Client, bearer: dict[str, str], state: str, status: int
) -> None:
    """Every SQLSTATE has PostgREST's HTTP status, and its fields come through."""
    url = "/rest/v1/rpc/conformance_raise"
    response = http.post(url, json={"state": state}, headers=bearer)
    assert response.status_code == status
    assert response.json() == {
        "code": state,
        "message": "told to",
        "details": "the detail",
        "hint": "the hint",
    }


def test_a_raised_response(http: httpx.Client, bearer: dict[str, str]) -> None:
    """RAISE SQLSTATE 'PGRST' spells out the whole answer."""
    response = http.post("/rest/v1/rpc/conformance_raise_response", headers=bearer)
    assert (response.status_code, response.headers["x-pot"]) == (418, "tea")
    assert response.json() == {"code": "C1", "message": "brewing", "details": "d", "hint": "h"}


def test_headers_and_status_from_sql(http: httpx.Client, bearer: dict[str, str]) -> None:
    """response.status and response.headers override the answer's, for that answer alone."""
    response = http.post("/rest/v1/rpc/conformance_respond", headers=bearer)
    assert (response.status_code, response.headers["x-kind"]) == (202, "conformance")
    assert response.json() == "accepted"
    after = http.post("/rest/v1/rpc/conformance_context", headers=bearer)
    assert (after.status_code, "x-kind" in after.headers) == (200, False)


def test_errors_reach_the_client(client: Client) -> None:
    """The official client makes an APIError of it."""
    with pytest.raises(APIError) as raised:
        client.rpc("conformance_raise", {"state": "PT409"}).execute()
    error = raised.value
    assert (error.code, error.message, error.details) == ("PT409", "told to", "the detail")


def test_nothing_outlives_its_request(connect: Callable[..., Client], tenant: str) -> None:
    """Role and claims of one request are not seen by the next on the same connection."""
    for name in (tenant, f"{tenant}-x", tenant):
        context = fetch(connect(name).rpc("conformance_context"))
        assert context["claims"]["tenant_id"] == name
