"""The people of a tenant, as its admins and owners manage them by the API."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest

from tests.functions.credentials import bearer
from tests.functions.house import House


@pytest.fixture
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


@pytest.fixture
def neighbours(house: House) -> House:
    """Another tenant."""
    return replace(house, name=f"{house.name}-too")


def read_roles(client: httpx.Client, headers: dict[str, str]) -> dict[str, str]:
    answer = client.get("/members", headers=headers)
    assert answer.status_code == 200, answer.text
    return {member["user_id"]: member["role"] for member in answer.json()["members"]}


def test_members_are_listed_by_role(client: httpx.Client, house: House) -> None:
    """Owners and admins see everybody; members, viewers and strangers nobody."""
    people = {role: house.settle(role) for role in ("owner", "admin", "member", "viewer")}
    wanted = {user: role for role, (user, _) in people.items()}

    assert read_roles(client, people["owner"][1]) == wanted
    assert read_roles(client, people["admin"][1]) == wanted
    for role in ("member", "viewer"):
        refused = client.get("/members", headers=people[role][1])
        assert refused.status_code == 403, role
        assert wanted.keys() & set(refused.text.split('"')) == set()


def test_addresses_are_those_that_supabase_auth_confirmed(
    client: httpx.Client, house: House, neighbours: House
) -> None:
    """Of the tenant's own members; null where one is not confirmed or not known to Auth."""
    confirmed, owner = house.settle("owner")
    unconfirmed, _ = house.settle("member")
    unknown, _ = house.settle("viewer")
    stranger, _ = neighbours.settle("owner")
    names = {user: f"{user[:8]}@example.test" for user in (confirmed, unconfirmed, stranger)}
    with psycopg.connect(house.database.auth_admin_url) as connection:
        for user, email in names.items():
            connection.execute(
                "insert into auth.users (id, email, email_confirmed_at) values (%s, %s, %s)",
                (user, email, None if user == unconfirmed else "2026-01-01"),
            )
    answer = client.get("/members", headers=owner)

    assert {one["user_id"]: one["email"] for one in answer.json()["members"]} == {
        confirmed: names[confirmed],
        unconfirmed: None,
        unknown: None,
    }
    assert names[stranger] not in answer.text


def test_a_role_is_changed(client: httpx.Client, house: House) -> None:
    """What it allowed ends at once, and keys that may do more end with it, and are told."""
    _, owner = house.settle("owner")
    user, admin = house.settle("admin")
    wish = {"name": "a key", "scopes": ["admin"]}
    key = client.post("/keys", headers=admin, json=wish).json()

    answer = client.put(f"/members/{user}", headers=owner, json={"role": "viewer"})

    assert answer.status_code == 200, answer.text
    assert (answer.json()["user_id"], answer.json()["role"]) == (user, "viewer")
    assert [(one["key_id"], one["status"]) for one in answer.json()["keys"]] == [
        (key["key_id"], "revoked")
    ]
    assert client.get("/members", headers=admin).status_code == 403
    assert client.get("/spans", headers=bearer(key["key"])).status_code == 401


@pytest.mark.parametrize(("choice", "status"), [({}, "revoked"), ({"keys": "keep"}, "active")])
def test_a_removal_tells_what_is_left(
    client: httpx.Client, house: House, choice: dict[str, str], status: str
) -> None:
    """The login opens nothing more; the keys of their making end unless they are kept."""
    _, owner = house.settle("owner")
    user, admin = house.settle("admin")
    client.post("/keys", headers=admin, json={"name": "a key", "scopes": ["read"]})

    answer = client.delete(f"/members/{user}", headers=owner, params=choice)

    assert answer.status_code == 200, answer.text
    assert [one["status"] for one in answer.json()["keys"]] == [status]
    assert user not in read_roles(client, owner)
    assert client.get("/spans", headers=admin).status_code == 403
    assert client.delete(f"/members/{user}", headers=owner).status_code == 404


def test_the_last_owner_stays(client: httpx.Client, house: House) -> None:
    """409, whether owners take themselves out or make themselves less."""
    user, owner = house.settle("owner")
    answers = [
        client.delete(f"/members/{user}", headers=owner),
        client.put(f"/members/{user}", headers=owner, json={"role": "admin"}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "last owner" in answers[0].json()["error"]["message"]
    assert read_roles(client, owner) == {user: "owner"}


def test_an_admin_raises_nobody_above_themselves(client: httpx.Client, house: House) -> None:
    """Nor takes an owner out; each try is 403 and changes nothing."""
    owner_id, owner = house.settle("owner")
    admin_id, admin = house.settle("admin")
    tries = [
        client.put(f"/members/{admin_id}", headers=admin, json={"role": "owner"}),
        client.put(f"/members/{owner_id}", headers=admin, json={"role": "viewer"}),
        client.delete(f"/members/{owner_id}", headers=admin),
    ]

    assert [one.status_code for one in tries] == [403] * 3
    assert read_roles(client, owner) == {owner_id: "owner", admin_id: "admin"}


def test_a_stranger_is_not_made_a_member(
    client: httpx.Client, house: House, neighbours: House
) -> None:
    """Whoever is in another tenant alone, and an id of nobody's: 404, and no role."""
    user, owner = house.settle("owner")
    stranger, _ = neighbours.settle("viewer")
    answers = [
        client.put(f"/members/{one}", headers=owner, json={"role": "viewer"})
        for one in (stranger, str(uuid.uuid4()))
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert read_roles(client, owner) == {user: "owner"}


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_a_member_leaves(client: httpx.Client, house: House, role: str) -> None:
    """Whatever the role, alone, and at once; the audit names the one who left as the actor."""
    _, owner = house.settle("owner")
    user, headers = house.settle(role)
    other, _ = house.settle(role)

    answer = client.delete("/members/me", headers=headers, params={"keys": "revoke"})

    assert answer.status_code == 200, answer.text
    assert (answer.json()["user_id"], answer.json()["role"]) == (user, role)
    assert client.get("/spans", headers=headers).status_code == 403
    assert {user, other} & read_roles(client, owner).keys() == {other}
    events = client.get("/audit", headers=owner).json()["items"]
    gone = [one for one in events if one["action"] == "membership.deleted"]
    assert [(one["actor"], one["target"]) for one in gone] == [(f"user:{user}", user)]


def test_leaving_says_what_becomes_of_the_keys(client: httpx.Client, house: House) -> None:
    """Nothing is chosen in silence: without the choice nobody leaves; revoked or kept as said."""
    _, owner = house.settle("owner")
    left = {}
    for choice in ("revoke", "keep"):
        user, admin = house.settle("admin")
        client.post("/keys", headers=admin, json={"name": choice, "scopes": ["read"]})
        silent = client.delete("/members/me", headers=admin)
        assert silent.status_code == 400
        assert user in read_roles(client, owner)
        answer = client.delete("/members/me", headers=admin, params={"keys": choice})
        left[choice] = [one["status"] for one in answer.json()["keys"]]

    assert left == {"revoke": ["revoked"], "keep": ["active"]}


def test_the_last_owner_does_not_leave(client: httpx.Client, house: House) -> None:
    """409 and the role stays; with another owner there, the first may go."""
    user, owner = house.settle("owner")
    refused = client.delete("/members/me", headers=owner, params={"keys": "revoke"})
    other, theirs = house.settle("owner")
    let_go = client.delete("/members/me", headers=owner, params={"keys": "revoke"})

    assert (refused.status_code, let_go.status_code) == (409, 200)
    assert "last owner" in refused.json()["error"]["message"]
    assert let_go.json()["user_id"] == user
    assert read_roles(client, theirs) == {other: "owner"}


def test_nobody_leaves_where_they_are_not(
    client: httpx.Client, house: House, neighbours: House
) -> None:
    """A member of another tenant takes nobody out here, not even themselves there."""
    _, owner = house.settle("owner")
    user, viewer = neighbours.settle("viewer")
    _, host = neighbours.settle("owner")
    headers = viewer | {"x-tenant-id": house.name}

    assert client.delete("/members/me", headers=headers, params={"keys": "keep"}).status_code == 403
    assert len(read_roles(client, owner)) == 1
    assert user in read_roles(client, host)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "root"},
        {"role": "viewer", "keys": "sell"},
        {"role": "viewer", "tenant_id": "x"},
    ],
)
def test_a_malformed_role_is_400(client: httpx.Client, house: House, body: dict[str, Any]) -> None:
    """It names what is wrong, and the role stays."""
    _, owner = house.settle("owner")
    user, _ = house.settle("member")

    assert client.put(f"/members/{user}", headers=owner, json=body).status_code == 400
    assert read_roles(client, owner)[user] == "member"
