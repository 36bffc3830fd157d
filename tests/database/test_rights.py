"""What a credential may do is asked again by whatever administers, and bounds what it makes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    administer_without,
    call_function,
    connect_as,
    ingest,
    ingest_body,
    read_as_owner,
)
from tests.database.support.keys import create_key, describe, digest, from_now, key_id
from tests.database.support.races import Call, overlap
from tests.database.support.reviewed import RIGHTS
from tests.database.support.spans import step
from tests.isolation.calls import CALLS
from tests.isolation.tenants import Tenant


def join(database: Database, tenant: str, role: str) -> str:
    """Let somebody new in; the claim of tokens that are minted for them."""
    person = str(uuid.uuid4())
    administer(database, tenant, "set_membership", user_id=person, role=role)
    return f"user:{person}"


def attempt(database: Database, tenant: str, by: str | None, function: str, **body: Any) -> str:
    """Call a function for a credential; the SQLSTATE it is refused with, or "done"."""
    try:
        administer(database, tenant, function, by=by, **body)
    except psycopg.Error as error:
        return str(error.sqlstate)
    return "done"


def read_status(database: Database, *numbers: int) -> list[str]:
    query = """
        select app.key_status(revoked_at, expires_at) as status from public.api_keys
        where key_id = any(%s) order by key_id"""
    rows = read_as_owner(database, query, ([key_id(number) for number in numbers],))
    return [row["status"] for row in rows]


@pytest.mark.parametrize("name", sorted(one.partition("(")[0] for one in RIGHTS))
def test_each_function_asks_for_its_right(
    database: Database, another_tenant: Callable[[], str], name: str
) -> None:
    """Without the pre-request function, too: who lacks the right, or has lost it, is refused."""
    tenant = another_tenant()
    rights = {
        "owner": {"admin", "members", "owner"},
        "admin": {"admin", "members"},
        "member": set(),
        "viewer": set(),
    }
    holders = {join(database, tenant, role): held for role, held in rights.items()}
    create_key(database, tenant, 1, scopes=["admin"])
    create_key(database, tenant, 2, scopes=["ingest", "read"])
    removed = join(database, tenant, "owner")
    administer(database, tenant, "remove_membership", user_id=removed.removeprefix("user:"))
    create_key(database, tenant, 3, scopes=["admin"])
    administer(database, tenant, "revoke_api_key", key_id=key_id(3))
    lost: set[str] = set()
    holders |= {key_id(1): {"admin"}, key_id(2): set(), removed: lost, key_id(3): lost, "me": lost}
    (wanted,) = {right for one, right in RIGHTS.items() if one.partition("(")[0] == name}
    for holder, held in holders.items():
        refused = call_as(database, tenant, holder, name)
        assert (refused in {"PT401", "PT403"}) == (wanted not in held), (holder, refused)


def call_as(database: Database, tenant: str, holder: str, name: str) -> str | None:
    """Call a function about what is not there, and undo it; the SQLSTATE of a refusal."""
    body = CALLS[name].make_body(Tenant("nobody", 9), Tenant(tenant, 3))
    try:
        with connect_as(database, "llm_admin", tenant, holder) as connection:
            if name in {"shred_digests", "restore_tenant"}:
                connection.execute(f"select public.{name}()".encode())
            else:
                call_function(connection, name, body)
            connection.rollback()
    except psycopg.Error as error:
        return error.sqlstate
    return None


def test_a_removal_in_flight_is_waited_for(database: Database, tenant: str) -> None:
    """Who makes a key while they are taken out gets none: it waits, sees the end, is refused."""
    join(database, tenant, "owner")
    admin = join(database, tenant, "admin")
    remove = Call("remove_membership", {"user_id": admin.removeprefix("user:")})
    create = Call("create_api_key", describe(10, scopes=["admin"]), by=admin)
    assert overlap(database, tenant, remove, create)[1] == "PT403"
    assert read_status(database, 10) == []


def test_a_key_in_flight_is_ended_with_its_maker(database: Database, tenant: str) -> None:
    """The removal waits for the key that is being made, and revokes it."""
    join(database, tenant, "owner")
    admin = join(database, tenant, "admin")
    create = Call("create_api_key", describe(11, scopes=["admin"]), by=admin)
    remove = Call("remove_membership", {"user_id": admin.removeprefix("user:")})
    _, removed = overlap(database, tenant, create, remove)
    assert [key["key_id"] for key in removed["keys"]] == [key_id(11)]
    assert read_status(database, 11) == ["revoked"]


def test_a_removal_by_hand_is_waited_for(
    database: Database, owner: Connection, tenant: str
) -> None:
    """In Studio, that is: the row itself is held by whoever administers by it."""
    admin = join(database, tenant, "admin")
    with connect_as(database, "llm_admin", tenant, admin) as connection:
        call_function(connection, "set_retention", {"span_days": 1, "content_days": 1})
        delete = "delete from public.memberships where tenant_id = %s"
        with connect_as(database, "service_role", None) as by_hand:
            by_hand.execute("set local lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                by_hand.execute(delete, (tenant,))
            by_hand.rollback()


def test_a_key_makes_none_that_lives_longer(database: Database, tenant: str) -> None:
    """Without a time it ends with its maker; a later one is refused, and so by rotation."""
    ends = from_now(days=1)
    create_key(database, tenant, 20, scopes=["admin"], expires_at=ends)
    by = key_id(20)
    child = administer(database, tenant, "create_api_key", by=by, **describe(21))
    assert datetime.fromisoformat(child["expires_at"]) == datetime.fromisoformat(ends)
    later = from_now(days=2)
    refused = [
        attempt(database, tenant, by, "create_api_key", **describe(22, expires_at=later)),
        attempt(
            database, tenant, by, "create_ingest_token",
            key_id=key_id(22), name="x", expires_at=later,
        ),
        attempt(
            database, tenant, by, "rotate_api_key",
            key_id=by, new_key_id=key_id(22), digest=digest(22), expires_at=later,
        ),
    ]  # fmt: skip
    assert refused == ["22023"] * 3
    # Made to live for ever, renewed by what does not.
    create_key(database, tenant, 23)
    body = {"key_id": key_id(23), "new_key_id": key_id(24), "digest": digest(24)}
    renewed = administer(database, tenant, "rotate_api_key", by=by, **body)
    assert datetime.fromisoformat(renewed["expires_at"]) == datetime.fromisoformat(ends)
    itself = {"key_id": by, "new_key_id": key_id(25), "digest": digest(25), "overlap_hours": 0}
    successor = administer(database, tenant, "rotate_api_key", by=by, **itself)
    assert datetime.fromisoformat(successor["expires_at"]) == datetime.fromisoformat(ends)


def test_an_admin_makes_no_owner(database: Database, tenant: str) -> None:
    """Not of anybody, nor of themselves; nor do they change or remove one. A key makes nobody."""
    owner, admin = join(database, tenant, "owner"), join(database, tenant, "admin")
    create_key(database, tenant, 30, scopes=["admin"])
    owners_id, admins_id = (one.removeprefix("user:") for one in (owner, admin))
    stranger = str(uuid.uuid4())

    def ask(by: str, function: str, **body: str) -> str:
        return attempt(database, tenant, by, function, **body)

    assert ask(admin, "set_membership", user_id=stranger, role="owner") == "PT403"
    assert ask(admin, "set_membership", user_id=admins_id, role="owner") == "PT403"
    assert ask(admin, "set_membership", user_id=owners_id, role="viewer") == "PT403"
    assert ask(admin, "remove_membership", user_id=owners_id) == "PT403"
    assert ask(key_id(30), "set_membership", user_id=stranger, role="viewer") == "PT403"
    assert ask(admin, "set_membership", user_id=stranger, role="admin") == "done"
    assert ask(owner, "set_membership", user_id=stranger, role="owner") == "done"


def make_family(database: Database, tenant: str, by: str, first: int) -> None:
    """A key by somebody, its child, that one's child, and the child's successor by another."""
    for maker, number in ((by, 0), (key_id(first), 1), (key_id(first + 1), 2)):
        wanted = describe(first + number, scopes=["admin"])
        administer(database, tenant, "create_api_key", by=maker, **wanted)
    body = {
        "key_id": key_id(first + 1),
        "new_key_id": key_id(first + 3),
        "digest": digest(first + 3),
    }
    administer(database, tenant, "rotate_api_key", **body)


def test_a_keys_children_end_with_it(database: Database, tenant: str) -> None:
    """Theirs and their successors, too; another's key stays; the answer lists them."""
    make_family(database, tenant, "dev", 40)
    create_key(database, tenant, 44)
    answer = administer(database, tenant, "revoke_api_key", key_id=key_id(40))
    assert {key["key_id"] for key in answer["children"]} == {key_id(n) for n in (41, 42, 43)}
    assert {key["status"] for key in answer["children"]} == {"revoked"}
    assert read_status(database, 40, 41, 42, 43, 44) == ["revoked"] * 4 + ["active"]


def test_a_keys_children_may_be_kept(database: Database, tenant: str) -> None:
    """By saying so; the answer lists who lives on."""
    make_family(database, tenant, "dev", 50)
    wish = {"key_id": key_id(50), "children": "keep"}
    answer = administer(database, tenant, "revoke_api_key", **wish)
    assert {key["status"] for key in answer["children"]} == {"active"}
    assert read_status(database, 50, 51, 52, 53) == ["revoked", "active", "active", "active"]
    assert attempt(database, tenant, None, "revoke_api_key", **wish | {"children": "x"}) == "22023"


def test_keys_made_before_a_rotation_end_with_the_successor(
    database: Database, tenant: str
) -> None:
    """A renewed key is the same key; and one that renewed itself takes its successor along."""
    create_key(database, tenant, 60, scopes=["admin"])
    administer(database, tenant, "create_api_key", by=key_id(60), **describe(61))
    body = {"key_id": key_id(60), "new_key_id": key_id(62), "digest": digest(62)}
    administer(database, tenant, "rotate_api_key", **body)
    administer(database, tenant, "revoke_api_key", key_id=key_id(62))
    assert read_status(database, 61, 62) == ["revoked", "revoked"]

    create_key(database, tenant, 63, scopes=["admin"])
    body = {"key_id": key_id(63), "new_key_id": key_id(64), "digest": digest(64)}
    administer(database, tenant, "rotate_api_key", by=key_id(63), **body)
    administer(database, tenant, "revoke_api_key", key_id=key_id(63))
    assert read_status(database, 64) == ["revoked"]


@pytest.mark.parametrize(("choice", "left"), [({}, "revoked"), ({"keys": "keep"}, "active")])
def test_a_members_keys_end_with_the_membership(
    database: Database, another_tenant: Callable[[], str], choice: dict[str, str], left: str
) -> None:
    """Or are kept, by choice; whom the member let in is told, and stays."""
    tenant, first = another_tenant(), 70 if choice else 80
    join(database, tenant, "owner")
    admin = join(database, tenant, "admin")
    make_family(database, tenant, admin, first)
    guest = str(uuid.uuid4())
    administer(database, tenant, "set_membership", by=admin, user_id=guest, role="viewer")
    wish = {"user_id": admin.removeprefix("user:")} | choice
    removed = administer(database, tenant, "remove_membership", **wish)
    assert {key["status"] for key in removed["keys"]} == {left}
    assert len(removed["keys"]) == 4
    assert removed["members"] == [guest]
    assert set(read_status(database, *range(first, first + 4))) == {left}


def test_a_demoted_members_keys_do_no_more_than_they(database: Database, tenant: str) -> None:
    """What goes beyond the new role is revoked with what it made; the rest stays."""
    join(database, tenant, "owner")
    admin = join(database, tenant, "admin")
    for number, scope in ((90, "admin"), (91, "ingest"), (92, "read")):
        wanted = describe(number, scopes=[scope])
        administer(database, tenant, "create_api_key", by=admin, **wanted)
    administer(database, tenant, "create_api_key", by=key_id(90), **describe(93))
    wish = {"user_id": admin.removeprefix("user:"), "role": "viewer"}
    answer = administer(database, tenant, "set_membership", **wish)
    assert {key["key_id"] for key in answer["keys"]} == {key_id(n) for n in (90, 91, 93)}
    statuses = read_status(database, 90, 91, 92, 93)
    assert statuses == ["revoked", "revoked", "active", "revoked"]


def test_a_tenant_has_so_many_keys(database: Database, owner: Connection, tenant: str) -> None:
    """200 that work, rotated ones in their overlap and tokens among them; then it is 409."""
    create_key(database, tenant, 100)
    owner.execute(
        """insert into public.api_keys (
             tenant_id, key_id, kind, name, environment, digest, scopes, expires_at)
           select tenant_id, lpad(n::text, 8, '0'), kind, name, environment, digest, scopes,
             case when n > 198 then now() end
           from public.api_keys, generate_series(1, 300) n where tenant_id = %s""",
        (tenant,),
    )
    rotate = {"key_id": key_id(100), "new_key_id": key_id(101), "digest": digest(101)}
    administer(database, tenant, "rotate_api_key", **rotate)
    token = {"key_id": key_id(103), "name": "x", "expires_at": from_now(days=1)}
    again = {"key_id": key_id(101), "new_key_id": key_id(103), "digest": digest(103)}
    assert attempt(database, tenant, None, "create_api_key", **describe(103)) == "PT409"
    assert attempt(database, tenant, None, "create_ingest_token", **token) == "PT409"
    assert attempt(database, tenant, None, "rotate_api_key", **again) == "PT409"
    administer(database, tenant, "revoke_api_key", key_id=key_id(100), children="keep")
    assert attempt(database, tenant, None, "create_api_key", **describe(103)) == "done"


@pytest.mark.parametrize("by", [None, "span_writer", "atoken01", "command"])
def test_no_writer_brings_a_deleted_tenant_back(
    database: Database, another_tenant: Callable[[], str], by: str | None
) -> None:
    """Not the library with the signing key, an ingest token, the queue's writer or a command."""
    tenant = another_tenant()
    ingest(database, tenant, [step(1)])
    administer(database, tenant, "forget_tenant", tenant_id=tenant)
    bodies: list[dict[str, Any]] = [{"spans": [step(2)]}, {"spans": []}]
    for body in bodies:
        with (
            pytest.raises(psycopg.Error) as refused,
            connect_as(database, "llm_ingest", tenant, by) as connection,
        ):
            call_function(connection, "ingest_spans", body)
        assert refused.value.sqlstate == "PT410"
    assert read_as_owner(database, "select 1 from spans where tenant_id = %s", (tenant,)) == []


def test_only_the_operator_lifts_a_deletion(
    database: Database, another_tenant: Callable[[], str]
) -> None:
    """No key, no user, nobody who was one; it is an event, and the tenant begins anew."""
    tenant = another_tenant()
    old = ingest(database, tenant, [step(1)])["digest"]
    administer(database, tenant, "forget_tenant", by="command", tenant_id=tenant)
    owner = str(uuid.uuid4())
    # What can only be by hand: an owner of a tenant that was deleted.
    by_hand = "insert into public.memberships (tenant_id, user_id, role) values (%s, %s, 'owner')"
    read_as_owner(database, by_hand, (tenant, owner))
    for by in (f"user:{owner}", f"user:{uuid.uuid4()}", "somekey1", "span_writer"):
        with (
            pytest.raises(psycopg.Error) as refused,
            connect_as(database, "llm_admin", tenant, by) as connection,
        ):
            connection.execute("select public.restore_tenant()")
        assert refused.value.sqlstate in {"PT401", "PT403"}, by
    administer_without(database, tenant, "restore_tenant")
    assert ingest(database, tenant, [step(1)])["digest"]["kid"] != old["kid"]
    query = """
        select action from public.audit_events where tenant_id = %s and action ^@ 'tenant'
        order by created_at"""
    actions = [row["action"] for row in read_as_owner(database, query, (tenant,))]
    assert actions == ["tenant.forgotten", "tenant.restored"]
    with pytest.raises(psycopg.Error) as nothing:
        administer_without(database, tenant, "restore_tenant")
    assert nothing.value.sqlstate == "PT404"


def test_an_ingest_token_learns_no_salt(database: Database, tenant: str) -> None:
    """Only the id of the key that it came with; whoever has the master secret gets the salt."""
    create_key(database, tenant, 110, scopes=["ingest"])
    token = {"key_id": key_id(111), "name": "x", "expires_at": from_now(days=1)}
    by_holder = administer(database, tenant, "create_ingest_token", by="command", **token)
    admin = join(database, tenant, "admin")
    by_admin = administer(
        database, tenant, "create_ingest_token", by=admin, **token | {"key_id": key_id(112)}
    )
    answers = {}
    for by in (key_id(110), key_id(111), None, "span_writer"):
        with connect_as(database, "llm_ingest", tenant, by) as connection:
            answers[by] = call_function(connection, "ingest_spans", {"spans": []})["digest"]
    assert "salt" in by_holder["digest"]
    assert set(by_admin["digest"]) == {"kid"}
    assert set(answers[key_id(111)]) == {"kid"}
    assert answers[key_id(111)]["kid"] == by_holder["digest"]["kid"]
    whole = by_holder["digest"]
    assert answers[key_id(110)] == answers[None] == answers["span_writer"] == whole


def test_the_demo_is_counted_by_day(database: Database, owner: Connection, tenant: str) -> None:
    """So many, however many ask at once; then 429 until the day is over; the next day anew."""
    wish: dict[str, Any] = {"most_a_day": 2}
    for _ in range(2):
        administer(database, tenant, "start_demo_run", **wish)
    with pytest.raises(psycopg.Error) as refused:
        administer(database, tenant, "start_demo_run", **wish)
    assert refused.value.sqlstate == "PT429"
    assert 0 < int(refused.value.diag.message_detail or 0) <= 86_400
    owner.execute(
        "update public.tenants set demo_day = demo_day - 1 where tenant_id = %s", (tenant,)
    )
    assert administer(database, tenant, "start_demo_run", **wish) == {"runs": 1, "most_a_day": 2}
    assert attempt(database, tenant, None, "start_demo_run", most_a_day=0) == "PT429"
    assert attempt(database, tenant, None, "start_demo_run") == "PT429"


def test_two_last_runs_at_once_are_one(database: Database, tenant: str) -> None:
    """The second waits for the first, and is one too many."""
    ingest_body(database, tenant, {"spans": []})
    run = Call("start_demo_run", {"most_a_day": 1})
    assert overlap(database, tenant, run, run) == ({"runs": 1, "most_a_day": 1}, "PT429")
