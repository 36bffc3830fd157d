"""Reading tables and views through the official client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from postgrest.exceptions import APIError
from postgrest.types import CountMethod
from supabase import Client

from tests.infra.conformance.target import fetch

ITEMS = "conformance_items"

Narrow = Callable[[Any], Any]


def _names(response: Any) -> list[str]:
    return [row["name"] for row in response.data]


@pytest.mark.parametrize(
    ("narrow", "expected"),
    [
        (lambda q: q.eq("quantity", 3), "n3"),
        (lambda q: q.neq("quantity", 3).lt("quantity", 5), "n0 n1 n2 n4"),
        (lambda q: q.gt("quantity", 7), "n8 n9"),
        (lambda q: q.gte("quantity", 8).lte("quantity", 8), "n8"),
        (lambda q: q.like("name", "n%").in_("quantity", [1, 2]), "n1 n2"),
        (lambda q: q.like("name", "*7"), "n7"),
        (lambda q: q.ilike("name", "N4"), "n4"),
        (lambda q: q.is_("price", None), "n0 n3 n6 n9"),
        (lambda q: q.is_("active", True), "n0 n3 n6 n9"),
        (lambda q: q.not_.is_("active", None).gt("quantity", 6), "n7 n9"),
        (lambda q: q.in_("name", ["n1", "n,2", 'n"3', "n4"]), "n1 n4"),
        (lambda q: q.in_("name", []), ""),
        (lambda q: q.not_.in_("quantity", range(8)), "n8 n9"),
        (lambda q: q.contains("tags", ["t1"]).lt("quantity", 4), "n1 n3"),
        (lambda q: q.contains("attributes", {"even": True}).lt("quantity", 3), "n0 n2"),
        (lambda q: q.contained_by("tags", ["t1", "u1", "u5"]), "n1 n5"),
        (lambda q: q.overlaps("tags", ["u1", "u2"]), "n1 n2"),
        (lambda q: q.or_("quantity.eq.1,quantity.eq.9"), "n1 n9"),
        (lambda q: q.or_("quantity.lt.1,and(quantity.gt.4,name.in.(n6,n2))"), "n0 n6"),
        (lambda q: q.or_("name.eq.n1,not.and(quantity.gte.1,quantity.lt.9)"), "n0 n1 n9"),
        (lambda q: q.or_('tags.cs.{"u2"},name.eq."n3"'), "n2 n3"),
        (lambda q: q.not_.or_("quantity.lt.8,quantity.gt.8"), "n8"),
        (lambda q: q.or_("name.not.in.(n1,n2),name.eq.n2").lt("quantity", 4), "n0 n2 n3"),
    ],
)
def test_filters(items: Client, narrow: Narrow, expected: str) -> None:
    """Each operator, negation and logic tree selects what Postgres would."""
    query = narrow(items.table(ITEMS).select("name")).order("quantity")
    assert _names(query.execute()) == expected.split()


def test_a_comma_in_a_value_is_data(client: Client) -> None:
    """Values with the grammar's own characters survive eq, in and or."""
    odd = 'a,b.c(d)"e\\f:g*%'
    client.table(ITEMS).insert({"name": odd}).execute()
    assert _names(client.table(ITEMS).select("name").eq("name", odd).execute()) == [odd]
    assert _names(client.table(ITEMS).select("name").in_("name", [odd, "x"]).execute()) == [odd]
    quoted = odd.replace("\\", "\\\\").replace('"', '\\"')
    tree = client.table(ITEMS).select("name").or_(f'name.eq."{quoted}",name.eq.x')
    assert _names(tree.execute()) == [odd]


def test_order(items: Client) -> None:
    """Several columns, both directions and the place of nulls."""
    query = items.table(ITEMS).select("name").lt("quantity", 5)
    last = query.order("price", desc=True, nullsfirst=False).order("name", desc=True)
    assert _names(last.execute()) == ["n4", "n2", "n1", "n3", "n0"]
    query = items.table(ITEMS).select("name").lt("quantity", 5)
    first = query.order("price", nullsfirst=True).order("quantity")
    assert _names(first.execute()) == ["n0", "n3", "n1", "n2", "n4"]


def test_pages_and_counts(items: Client) -> None:
    """A page knows its place; an exact count counts what the filter matches."""
    page = (
        items.table(ITEMS)
        .select("name", count=CountMethod.exact)
        .gt("quantity", 1)
        .order("quantity")
        .range(2, 4)
        .execute()
    )
    assert (_names(page), page.count) == (["n4", "n5", "n6"], 8)
    counted = items.table(ITEMS).select("*", count=CountMethod.exact, head=True).execute()
    assert (counted.data, counted.count) == ([], 10)
    assert fetch(items.table(ITEMS).select("name").limit(0)) == []


def test_columns_and_aliases(items: Client) -> None:
    """Only what is selected comes back, under its alias, in JSON's own types."""
    row = items.table(ITEMS).select("label:name, price, tags, attributes, active")
    assert fetch(row.eq("quantity", 1)) == [
        {
            "label": "n1",
            "price": 0.5,
            "tags": ["t1", "u1"],
            "attributes": {"even": False},
            "active": False,
        }
    ]


def test_single(items: Client) -> None:
    """One object where one is asked for; PGRST116 where there are none or many."""
    one = items.table(ITEMS).select("name").eq("quantity", 5).single().execute()
    assert one.data == {"name": "n5"}
    for many in (items.table(ITEMS).select("*"), items.table(ITEMS).select("*").eq("name", "no")):
        with pytest.raises(APIError) as raised:
            many.single().execute()
        assert raised.value.code == "PGRST116"
    none = items.table(ITEMS).select("*").eq("name", "no").maybe_single().execute()
    assert none is None


def test_views(items: Client) -> None:
    """A security_invoker view reads like a table."""
    query = items.table("conformance_names").select("*").gt("quantity", 8)
    assert fetch(query) == [{"name": "n9", "quantity": 9}]


def test_ranges_on_the_wire(items: Client, http: httpx.Client, bearer: dict[str, str]) -> None:
    """Content-Range and status: 200 without a count, 206 for a part, 416 beyond the end."""
    path = f"/rest/v1/{ITEMS}"
    counted = {**bearer, "Prefer": "count=exact"}
    whole = http.get(path, headers=bearer)
    assert (whole.status_code, whole.headers["content-range"]) == (200, "0-9/*")
    part = http.get(path, headers={**counted, "Range-Unit": "items", "Range": "3-5"})
    assert (part.status_code, part.headers["content-range"]) == (206, "3-5/10")
    assert part.headers["preference-applied"] == "count=exact"
    both = http.get(path, params={"limit": 4, "offset": 8}, headers=counted)
    assert (both.status_code, both.headers["content-range"]) == (206, "8-9/10")
    beyond = http.get(path, params={"offset": 11}, headers=counted)
    assert (beyond.status_code, beyond.json()["code"]) == (416, "PGRST103")
    empty = http.get(path, params={"name": "eq.no"}, headers=counted)
    assert (empty.status_code, empty.headers["content-range"]) == (200, "*/0")
    head = http.head(path, headers=counted)
    assert (head.status_code, head.headers["content-range"], head.content) == (200, "0-9/10", b"")


def test_no_more_than_the_maximum_of_rows(client: Client) -> None:
    """An unlimited read ends at 1,000 rows, a larger limit too."""
    rows = client.rpc("conformance_range", {"n": 1500})
    assert len(fetch(rows)) == 1000
    assert len(fetch(client.rpc("conformance_range", {"n": 1500}).limit(1200))) == 1000


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("no_such_table", 404, "PGRST205"),
        (f"{ITEMS}?select=no_such_column", 400, "42703"),
        (f"{ITEMS}?no_such_column=eq.1", 400, "42703"),
        (f"{ITEMS}?quantity=eq.many", 400, "22P02"),
        (f"{ITEMS}?quantity=nope.1", 400, "PGRST100"),
        (f"{ITEMS}?quantity=1", 400, "PGRST100"),
        (f"{ITEMS}?or=(quantity.eq.1", 400, "PGRST100"),
        (f"{ITEMS}?or=()", 400, "PGRST100"),
        (f"{ITEMS}?order=quantity.sideways", 400, "PGRST100"),
        (f"{ITEMS}?active=is.maybe", 400, "PGRST100"),
        (f"{ITEMS}?limit=-1", 416, "PGRST103"),
        ("a/b", 404, "PGRST125"),
    ],
)
def test_refusals(
    http: httpx.Client, bearer: dict[str, str], path: str, status: int, code: str
) -> None:
    """What can't be answered is refused in PostgREST's shape, with its code."""
    response = http.get(f"/rest/v1/{path}", headers=bearer)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json().keys() == {"code", "message", "details", "hint"}
    assert response.headers["proxy-status"] == f"PostgREST; error={code}"
