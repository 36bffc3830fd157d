"""Saved views: whose they are, what is refused, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import read_as_owner
from tests.functions.conftest import Call
from tests.functions.credentials import bearer
from tests.functions.house import House

VIEW: dict[str, Any] = {
    "kind": "spans",
    "name": "dear failures",
    "filter": "is:failed cost>0.1",
    "settings": {"sort": "-cost", "columns": ["name", "cost"], "range": {"range": "7d"}, "by": 1},
    "shared": False,
}
NO_VIEW = "00000000-0000-4000-8000-000000000009"


@pytest.fixture
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


def save(client: httpx.Client, headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    answer = client.post("/views", headers=headers, json=VIEW | changes)
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


def list_names(client: httpx.Client, headers: dict[str, str], **query: Any) -> list[str]:
    answer = client.get("/views", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return [view["name"] for view in answer.json()["items"]]


def read_actions(client: httpx.Client, headers: dict[str, str]) -> list[dict[str, Any]]:
    items = client.get("/audit", headers=headers).json()["items"]
    return [one for one in reversed(items) if one["action"].startswith("saved_view.")]


def test_a_view_comes_back_as_it_was_saved(client: httpx.Client, house: House) -> None:
    """Filter and settings word for word, with what the filter means and the maker."""
    user, headers = house.settle("viewer")
    view = save(client, headers)
    tree = {
        "and": [
            {"field": "failed", "op": "is"},
            {"field": "cost", "op": "gt", "values": ["0.1"]},
        ]
    }

    assert {name: view[name] for name in VIEW} == VIEW
    assert (view["tree"], view["created_by"], view["mine"]) == (tree, f"user:{user}", True)
    assert client.get("/views", headers=headers).json() == {"items": [view], "next_cursor": None}


def test_a_private_view_is_its_makers_alone(client: httpx.Client, house: House) -> None:
    """For others, an owner of the tenant among them, it is not there."""
    _, maker = house.settle("viewer")
    _, owner = house.settle("owner")
    view = save(client, maker)
    path = f"/views/{view['view_id']}"

    assert list_names(client, owner) == []
    assert client.put(path, headers=owner, json=VIEW).status_code == 404
    assert client.delete(path, headers=owner).status_code == 404
    assert client.delete(path, headers=maker).json() == view
    assert client.delete(path, headers=maker).status_code == 404


def test_a_shared_view_is_seen_by_all_and_changed_by_maker_and_admins(
    client: httpx.Client, house: House
) -> None:
    """Other members read it, and are told what they would need."""
    _, maker = house.settle("member")
    _, viewer = house.settle("viewer")
    _, admin = house.settle("admin")
    view = save(client, maker, shared=True)
    path = f"/views/{view['view_id']}"
    (seen,) = client.get("/views", headers=viewer).json()["items"]
    refused = client.put(path, headers=viewer, json=VIEW)

    assert seen == view | {"mine": False}
    assert (refused.status_code, client.delete(path, headers=viewer).status_code) == (403, 403)
    assert "the right admin" in refused.json()["error"]["message"]
    changed = client.put(path, headers=admin, json=VIEW | {"name": "theirs", "shared": True})
    assert (changed.json()["name"], changed.json()["created_by"]) == ("theirs", view["created_by"])
    assert list_names(client, maker) == ["theirs"]
    assert client.delete(path, headers=admin).status_code == 200
    assert list_names(client, maker) == []


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("member", 201), ("admin", 201)])
def test_who_writes_may_share(client: httpx.Client, house: House, role: str, status: int) -> None:
    """A viewer, who changes nothing for others, saves for themselves."""
    _, headers = house.settle(role)
    answer = client.post("/views", headers=headers, json=VIEW | {"shared": True})

    assert answer.status_code == status, answer.text
    assert len(list_names(client, headers)) == (status == 201)


def test_what_is_shared_is_audited_without_its_words(client: httpx.Client, house: House) -> None:
    """A filter and a name may name a person; a private view is nobody's business."""
    user, headers = house.settle("admin")
    path = f"/views/{save(client, headers, name='maria', filter='user:maria')['view_id']}"
    for change in ({"shared": True}, {"shared": True, "filter": ""}, {"shared": False}):
        assert client.put(path, headers=headers, json=VIEW | change).status_code == 200
    client.put(path, headers=headers, json=VIEW | {"shared": True})
    client.put(path, headers=headers, json=VIEW | {"shared": True})
    client.delete(path, headers=headers)
    events = read_actions(client, headers)

    assert [event["action"].partition(".")[2] for event in events] == [
        "shared",
        "changed",
        "unshared",
        "shared",
        "deleted",
    ]
    assert {event["target"] for event in events} == {path.removeprefix("/views/")}
    made = {"kind": "spans", "created_by": f"user:{user}"}
    assert [event["details"] for event in events[:2]] == [
        made,
        made | {"changed": ["filter", "tree"]},
    ]
    assert "maria" not in str(events)


def test_a_name_is_given_once_a_kind(client: httpx.Client, house: House) -> None:
    """By each maker; the same name of another kind, or of somebody else, is another view."""
    _, headers = house.settle("member")
    save(client, headers)
    other = save(client, headers, kind="traces")
    again = client.post("/views", headers=headers, json=VIEW)
    moved = client.put(f"/views/{other['view_id']}", headers=headers, json=VIEW)
    save(client, house.settle("member")[1], shared=True)

    assert (again.status_code, moved.status_code) == (409, 409)
    assert "Choose another name" in again.json()["error"]["message"]
    assert list_names(client, headers, kind="traces") == ["dear failures"]


def test_nobody_has_more_than_200(client: httpx.Client, house: House, database: Database) -> None:
    """The next one is refused in words; somebody else has room, and lists go on in pages."""
    user, headers = house.settle("member")
    query = """
        insert into saved_views (tenant_id, kind, name, filter, tree, settings, created_by)
        select %s, 'spans', n::text, '', '{}', '{}', %s from generate_series(1, 199) n"""
    read_as_owner(database, query, (house.name, f"user:{user}"))
    save(client, headers)
    refused = client.post("/views", headers=headers, json=VIEW | {"name": "one more"})
    save(client, house.settle("member")[1], name="another's", shared=True)
    first = client.get("/views", headers=headers, params={"limit": 150}).json()
    cursor = first["next_cursor"]

    assert (refused.status_code, "200 views" in refused.text) == (409, True)
    assert len(first["items"]) == 150
    assert len(list_names(client, headers, limit=150, cursor=cursor)) == 51


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"filter": "modle:x"}, "body.filter, character 1: there is no field modle"),
        ({"filter": '{"field": "modle", "op": "has"}'}, "Did you mean model?"),
        ({"filter": "cost:much"}, "cost"),
        ({"filter": "x" * 8193}, "body.filter"),
        ({"filter": "\x00"}, "body.filter"),
        ({"name": ""}, "body.name"),
        ({"name": "x" * 121}, "body.name"),
        ({"name": "two\nlines"}, "body.name"),
        ({"kind": "alerts"}, "body.kind"),
        ({"settings": {"sort": 7}}, "body.settings"),
        ({"settings": {"more": "x" * 8192}}, "8 KiB"),
        ({"settings": {"more": "\x00"}}, "malformed"),
        ({"settings": []}, "body.settings"),
        ({"colour": "blue"}, "body.colour"),
    ],
)
def test_a_view_that_is_none_is_refused_in_words(
    call: Call, change: dict[str, Any], words: str
) -> None:
    """400 with the place or the name, when saved and when changed."""
    for method, path in (("POST", "/views"), ("PUT", f"/views/{NO_VIEW}")):
        answer = call(method, path, body=VIEW | change)
        assert answer.status_code == 400, answer.text
        assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("kind", "status"), [("traces", 201), ("sessions", 201), ("spans", 400), ("analyze", 400)]
)
def test_a_filter_is_one_of_its_page(
    client: httpx.Client, house: House, kind: str, status: int
) -> None:
    """A trace has a number of spans, by which sessions are looked for, too; a span has none."""
    _, headers = house.settle("viewer")
    answer = client.post("/views", headers=headers, json=VIEW | {"kind": kind, "filter": "spans>3"})

    assert answer.status_code == status, answer.text


def test_everybody_is_one_maker_in_development(call: Call) -> None:
    """There nobody says who they are."""
    view = call("POST", "/views", tenant="viewing", body=VIEW).json()

    assert (view["created_by"], view["mine"]) == ("dev", True)
    assert call("GET", "/views", tenant="viewing").json()["items"] == [view]
    assert call("GET", "/views", tenant="another").json()["items"] == []


def test_private_views_go_with_the_membership(client: httpx.Client, house: House) -> None:
    """Shared ones stay for the others, and an admin may change them."""
    leaver, headers = house.settle("member")
    _, admin = house.settle("admin")
    save(client, headers, name="mine")
    shared = save(client, headers, name="ours", shared=True)
    assert client.delete(f"/members/{leaver}", headers=admin).status_code == 200
    back = client.put(f"/members/{leaver}", headers=admin, json={"role": "viewer"})

    assert back.status_code == 404
    assert list_names(client, admin) == ["ours"]
    assert client.delete(f"/views/{shared['view_id']}", headers=admin).status_code == 200


def test_a_keys_views_go_to_its_successor_and_with_it(client: httpx.Client, house: House) -> None:
    """Rotation passes them on; revocation takes the private ones."""
    _, owner = house.settle("owner")
    made = client.post("/keys", headers=owner, json={"name": "k", "scopes": ["ingest", "read"]})
    save(client, bearer(made.json()["key"]), name="mine")
    save(client, bearer(made.json()["key"]), name="ours", shared=True)
    key = made.json()["key_id"]
    heir = client.post(f"/keys/{key}/rotate", headers=owner, json={"overlap_hours": 1}).json()

    assert list_names(client, bearer(made.json()["key"])) == ["ours"]
    assert list_names(client, bearer(heir["key"])) == ["ours", "mine"]
    client.delete(f"/keys/{heir['key_id']}", headers=owner)
    rows = read_as_owner(
        house.database, "select name from saved_views where tenant_id = %s", (house.name,)
    )
    assert rows == [{"name": "ours"}]


def test_a_forgotten_user_is_in_no_view(client: httpx.Client, house: House) -> None:
    """Views that ask of the user go, private ones of others too, and the receipt counts them."""
    _, admin = house.settle("admin")
    _, viewer = house.settle("viewer")
    save(client, viewer, name="1", filter="user:anna,maria")
    save(client, admin, name="2", filter="-(user:maria OR is:failed)", shared=True)
    save(client, admin, name="3", filter="", settings={"values": {"user": ["maria"]}})
    save(client, admin, name="maria", filter="")
    save(client, admin, name="marianne", filter="user:marianne")
    receipt = client.post("/users/forget", headers=admin, json={"user_id": "maria"}).json()

    assert receipt["deleted"]["saved_views"] == 4
    assert list_names(client, admin) + list_names(client, viewer) == ["marianne"]


def test_a_deleted_tenant_leaves_no_view(client: httpx.Client, house: House) -> None:
    """Neither private nor shared."""
    _, owner = house.settle("owner")
    save(client, owner, name="mine")
    save(client, owner, name="ours", shared=True)
    receipt = client.delete(f"/tenants/{house.name}", headers=owner).json()
    count = "select count(*) as left from saved_views where tenant_id = %s"

    assert receipt["deleted"]["saved_views"] == 2
    assert read_as_owner(house.database, count, (house.name,)) == [{"left": 0}]
