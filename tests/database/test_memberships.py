"""Supabase users in tenants: who belongs where, and that an owner stays."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import administer, read_as, refused_call
from tests.database.support.races import Call, overlap

LAST = ("PT409", "This is the tenant's last owner.")


def person(number: int) -> str:
    """Give the id of a numbered user."""
    return str(uuid.UUID(int=number))


def set_role(database: Database, tenant: str, number: int, role: str) -> dict[str, Any]:
    return administer(database, tenant, "set_membership", user_id=person(number), role=role)


def read_members(database: Database, tenant: str) -> dict[str, str]:
    query = "select user_id::text, role from public.memberships order by user_id"
    rows = read_as(database, "authenticated", tenant, query)
    return {row["user_id"]: row["role"] for row in rows}


def test_a_user_is_found_in_each_tenant(
    database: Database, another_tenant: Callable[[], str]
) -> None:
    """The gate learns all tenants of a user with the role in each, and none of another's."""
    first, second, third = sorted(another_tenant() for _ in range(3))
    set_role(database, first, 1, "owner")
    set_role(database, second, 1, "viewer")
    set_role(database, third, 2, "owner")
    query = "select * from public.find_memberships(jsonb_build_object('user_id', %s::text))"

    found = [read_as(database, "llm_gate", None, query, (person(n),)) for n in (1, 2, 3)]

    assert found == [
        [{"tenant_id": first, "role": "owner"}, {"tenant_id": second, "role": "viewer"}],
        [{"tenant_id": third, "role": "owner"}],
        [],
    ]


def test_a_role_is_changed_in_place(database: Database, tenant: str) -> None:
    """Setting another role leaves one membership, made when and by whom it first was."""
    set_role(database, tenant, 10, "owner")
    first = set_role(database, tenant, 11, "member")
    second = set_role(database, tenant, 11, "admin")
    assert second == first | {"role": "admin"}
    assert read_members(database, tenant) == {person(10): "owner", person(11): "admin"}


def test_the_last_owner_stays(database: Database, tenant: str) -> None:
    """Neither removed nor made anything less, until there is another owner."""
    set_role(database, tenant, 20, "owner")
    set_role(database, tenant, 21, "admin")
    owner = {"user_id": person(20)}
    assert refused_call(database, "llm_admin", tenant, "remove_membership", owner) == LAST
    demotion = owner | {"role": "admin"}
    assert refused_call(database, "llm_admin", tenant, "set_membership", demotion) == LAST
    set_role(database, tenant, 21, "owner")
    administer(database, tenant, "remove_membership", **owner)
    assert read_members(database, tenant) == {person(21): "owner"}


@pytest.mark.parametrize("way", ["remove_membership", "set_membership"])
def test_two_owners_cannot_leave_at_once(database: Database, tenant: str, way: str) -> None:
    """Of the last two, the second waits for the first and is refused."""
    set_role(database, tenant, 30, "owner")
    set_role(database, tenant, 31, "owner")
    first, second = (
        Call(way, {"user_id": person(number), "role": "viewer"}) for number in (30, 31)
    )
    assert overlap(database, tenant, first, second)[1] == "PT409"
    assert read_members(database, tenant)[person(31)] == "owner"


def test_a_stranger_is_not_found(database: Database, another_tenant: Callable[[], str]) -> None:
    """Another tenant's member is 404, as is nobody, and stays a member there."""
    theirs, mine = another_tenant(), another_tenant()
    set_role(database, theirs, 40, "owner")
    set_role(database, theirs, 41, "viewer")
    for number in (41, 42):
        body = {"user_id": person(number)}
        assert refused_call(database, "llm_admin", mine, "remove_membership", body) == (
            "PT404",
            "This user is no member of the tenant.",
        )
    assert set(read_members(database, theirs)) == {person(40), person(41)}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"user_id": "nobody", "role": "owner"}, "user_id is not a user's UUID."),
        ({"role": "owner"}, "user_id is not a user's UUID."),
        ({"user_id": person(1), "role": "root"}, "role is not owner, admin, member or viewer."),
        ({"user_id": person(1)}, "role is not owner, admin, member or viewer."),
        ([], "user_id is not a user's UUID."),
    ],
)
def test_malformed_memberships_are_refused(
    database: Database, tenant: str, body: Any, sentence: str
) -> None:
    """With a class 22 error and a sentence."""
    refused = refused_call(database, "llm_admin", tenant, "set_membership", body)
    assert refused == ("22023", sentence)


def test_a_malformed_user_is_not_looked_up(database: Database) -> None:
    """The gate's lookup refuses what is no user's id, even where there is no membership yet."""
    refused = refused_call(database, "llm_gate", None, "find_memberships", {"user_id": "x"})
    assert refused == ("22023", "user_id is not a user's UUID.")
