"""A tenant that a person makes: its name is free, and its first owner is whoever made it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    call_function,
    connect_as,
    ingest,
    read_as_owner,
)
from tests.database.support.races import Call, overlap
from tests.database.support.spans import step

TAKEN = "PT409 This name is taken."


def newcomer() -> str:
    return f"user:{uuid.uuid4()}"


def create(database: Database, tenant: str, by: str | None, email: str | None = None) -> str:
    """Make a tenant for a credential; the role in it, or the SQLSTATE and the sentence."""
    try:
        with connect_as(database, "llm_join", tenant, by) as connection:
            made = call_function(connection, "create_tenant", {"email": email})
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    assert made["tenant_id"] == tenant
    return str(made["role"])


def test_whoever_makes_a_tenant_owns_it(database: Database, tenant: str) -> None:
    """A row, a salt of its own, one owner, and an event that names them."""
    person = newcomer()
    answer = create(database, tenant, person)
    members = "select 'user:' || user_id as who, role from public.memberships where tenant_id = %s"
    salts = "select digest_salt is not null as salted from public.tenants where tenant_id = %s"
    events = "select actor, action from public.audit_events where tenant_id = %s"

    assert answer == "owner"
    assert read_as_owner(database, members, (tenant,)) == [{"who": person, "role": "owner"}]
    assert read_as_owner(database, salts, (tenant,)) == [{"salted": True}]
    assert read_as_owner(database, events, (tenant,)) == [
        {"actor": person, "action": "membership.created"}
    ]


@pytest.mark.parametrize("way", ["made", "written to", "owned by hand", "deleted"])
def test_a_name_that_was_used_is_taken(
    database: Database, another_tenant: Callable[[], str], way: str
) -> None:
    """In the same words, whatever there is or was, and also for whoever it belongs to."""
    tenant, person = another_tenant(), newcomer()
    if way == "made":
        create(database, tenant, person)
    elif way == "owned by hand":
        by_hand = "insert into public.memberships values (%s, %s, 'owner')"
        read_as_owner(database, by_hand, (tenant, person.removeprefix("user:")))
    else:
        ingest(database, tenant, [step(1)])
    if way == "deleted":
        administer(database, tenant, "forget_tenant", tenant_id=tenant)

    assert create(database, tenant, newcomer()) == TAKEN
    assert create(database, tenant, person) == TAKEN


def test_of_two_who_make_the_same_one_does(database: Database, tenant: str) -> None:
    """The second waits for the first, and finds the name taken."""
    first, second = (Call("create_tenant", {}, "llm_join", newcomer()) for _ in range(2))
    made, refused = overlap(database, tenant, first, second)
    query = "select 'user:' || user_id as who from public.memberships where tenant_id = %s"

    assert (made, refused) == ({"tenant_id": tenant, "role": "owner"}, "PT409")
    assert read_as_owner(database, query, (tenant,)) == [{"who": first.by}]


@pytest.mark.parametrize("by", [None, "dev", "command", "somekey1", "span_writer", "user:nobody"])
def test_only_a_person_makes_a_tenant(database: Database, tenant: str, by: str | None) -> None:
    """No key, no command and no library, even past the pre-request function."""
    assert create(database, tenant, by).startswith("PT403")
    assert read_as_owner(database, "select 1 from tenants where tenant_id = %s", (tenant,)) == []


def test_an_address_that_decides_is_confirmed(
    database: Database, another_tenant: Callable[[], str]
) -> None:
    """Where Supabase Auth knows the user otherwise than the login says, there is no tenant."""
    person, email = newcomer(), f"{uuid.uuid4().hex[:8]}@example.test"
    insert = "insert into auth.users (id, email) values (%s, %s)"
    with psycopg.connect(database.auth_admin_url) as connection:
        connection.execute(insert, (person.removeprefix("user:"), email))

    assert create(database, another_tenant(), person, email).startswith("PT403")
    with psycopg.connect(database.auth_admin_url) as connection:
        connection.execute(
            "update auth.users set email_confirmed_at = now() where email = %s", (email,)
        )
    assert create(database, another_tenant(), person, "boss@example.test").startswith("PT403")
    assert create(database, another_tenant(), person, email) == "owner"


def test_a_person_makes_so_many_tenants(
    database: Database, owner: Connection, another_tenant: Callable[[], str]
) -> None:
    """20 of their own making; others' that they own do not count."""
    person = newcomer()
    user_id = person.removeprefix("user:")
    owner.execute(
        """insert into public.memberships (tenant_id, user_id, role, created_by)
           select 'many-' || left(%(user)s, 8) || n, %(user)s::uuid, 'owner',
             case when n > 19 then 'command' else 'user:' || %(user)s end
           from generate_series(1, 30) n""",
        {"user": user_id},
    )

    assert create(database, another_tenant(), person) == "owner"
    assert create(database, another_tenant(), person).startswith("PT409 You own 20 tenants")
