"""Invitations: they work once, until a day, for the invited, as long as the inviter may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    call_function,
    connect_as,
    read_as_owner,
)
from tests.database.support.keys import digest
from tests.database.support.races import Call, overlap

OWN = "ann@example.test"
Answer = dict[str, Any] | str | None


def make_id() -> str:
    """Give an id that no other invitation has."""
    return uuid.uuid4().hex[:8]


def join(database: Database, tenant: str, role: str) -> str:
    """Let somebody new in; their claim."""
    person = str(uuid.uuid4())
    administer(database, tenant, "set_membership", user_id=person, role=role)
    return f"user:{person}"


def invite(
    database: Database, tenant: str, role: str = "viewer", *, by: str = "command", **more: Any
) -> str:
    """Make an invitation; its id."""
    wanted = {"invitation_id": make_id(), "digest": digest(1), "role": role, **more}
    made = administer(database, tenant, "create_invitation", by=by, **wanted)
    return str(made["invitation_id"])


def newcomer() -> str:
    return f"user:{uuid.uuid4()}"


def accept(
    database: Database,
    tenant: str,
    invitation_id: str,
    by: str,
    email: str | None = None,
    secret: int = 1,
) -> Answer:
    """Accept for a credential; the answer, or the SQLSTATE and the sentence of a refusal."""
    body = {"invitation_id": invitation_id, "digest": digest(secret), "email": email}
    try:
        with connect_as(database, "llm_join", tenant, by) as connection:
            answer: Answer = call_function(connection, "accept_invitation", body)
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    return answer


def read_role(database: Database, tenant: str, claim: str) -> str | None:
    query = "select role from public.memberships where tenant_id = %s and user_id = %s"
    rows = read_as_owner(database, query, (tenant, claim.removeprefix("user:")))
    return rows[0]["role"] if rows else None


def change(database: Database, invitation_id: str, assignment: str) -> None:
    """Let time pass, or a hand in Studio."""
    statement = f"update public.invitations set {assignment} where invitation_id = %s"
    read_as_owner(database, statement, (invitation_id,))


def test_an_invitation_lets_in_once(database: Database, tenant: str) -> None:
    """Whoever accepted is told, everybody else learns nothing; the inviter let them in."""
    inviter = join(database, tenant, "admin")
    link, first, second = invite(database, tenant, "member", by=inviter), newcomer(), newcomer()

    assert accept(database, tenant, link, first) == {"tenant_id": tenant, "role": "member"}
    assert (
        accept(database, tenant, link, first) == "PT409 You have accepted this invitation before."
    )
    assert accept(database, tenant, link, second) is None
    assert (read_role(database, tenant, first), read_role(database, tenant, second)) == (
        "member",
        None,
    )
    removed = administer(
        database, tenant, "remove_membership", user_id=inviter.removeprefix("user:")
    )
    assert removed["members"] == [first.removeprefix("user:")]


def test_of_two_who_accept_at_once_one_comes_in(database: Database, tenant: str) -> None:
    """The second waits for the first, and is told nothing."""
    link, first, second = invite(database, tenant), newcomer(), newcomer()
    body = {"invitation_id": link, "digest": digest(1)}
    answers = overlap(
        database,
        tenant,
        Call("accept_invitation", body, "llm_join", first),
        Call("accept_invitation", body, "llm_join", second),
    )

    assert answers == ({"tenant_id": tenant, "role": "viewer"}, None)
    assert read_role(database, tenant, second) is None


def test_a_removed_member_does_not_come_back_by_the_same_link(
    database: Database, tenant: str
) -> None:
    """Used is used."""
    join(database, tenant, "owner")
    link, person = invite(database, tenant), newcomer()
    accept(database, tenant, link, person)
    administer(database, tenant, "remove_membership", user_id=person.removeprefix("user:"))

    assert accept(database, tenant, link, person) == (
        "PT409 You have accepted this invitation before."
    )
    assert read_role(database, tenant, person) is None


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("expires_at = now() - interval '1 second'", "This invitation has expired."),
        ("revoked_at = now()", "This invitation was taken back."),
        (
            "accepted_at = now(), accepted_by = 'user:another'",
            "This invitation was accepted by somebody else.",
        ),
        ("created_by = 'user:00000000-0000-4000-8000-000000000000'", "may no longer let you in"),
    ],
)
def test_what_is_over_lets_nobody_in(
    database: Database, tenant: str, assignment: str, reason: str
) -> None:
    """The one whose address it names learns why; to another, and without an address, it is none."""
    named, open_to_all = invite(database, tenant, email=OWN), invite(database, tenant)
    for link in (named, open_to_all):
        change(database, link, assignment)
    person, another = newcomer(), newcomer()

    told = accept(database, tenant, named, person, OWN)

    assert isinstance(told, str)
    assert told.startswith("PT409")
    assert reason in told
    assert accept(database, tenant, named, another, "bob@example.test") is None
    assert accept(database, tenant, named, another) is None
    assert accept(database, tenant, open_to_all, person, OWN) is None
    assert {read_role(database, tenant, one) for one in (person, another)} == {None}


def test_an_invitation_is_for_its_address_alone(database: Database, tenant: str) -> None:
    """In any case of letters; nobody else, with or without an address, comes in by it."""
    link = invite(database, tenant, email="Ann@Example.TEST")

    assert accept(database, tenant, link, newcomer(), "bob@example.test") is None
    assert accept(database, tenant, link, newcomer()) is None
    assert accept(database, tenant, link, newcomer(), "ANN@example.test") == {
        "tenant_id": tenant,
        "role": "viewer",
    }


def test_an_address_is_as_supabase_auth_has_it(database: Database, tenant: str) -> None:
    """One that was changed or not confirmed is not what an older login says it was."""
    link = invite(database, tenant, email=OWN)
    confirmed_at = {"other@example.test": "2026-01-01", OWN: None}
    with psycopg.connect(database.auth_admin_url, autocommit=True) as auth:
        insert = "insert into auth.users (id, email, email_confirmed_at) values (%s, %s, %s)"
        for email, moment in confirmed_at.items():
            person = newcomer()
            auth.execute(insert, (person.removeprefix("user:"), email, moment))
            assert accept(database, tenant, link, person, OWN) is None, email
        auth.execute("update auth.users set email_confirmed_at = now() where email = %s", (OWN,))

    assert accept(database, tenant, link, person, OWN) == {"tenant_id": tenant, "role": "viewer"}


def test_a_higher_role_stays(database: Database, tenant: str) -> None:
    """Accepting never makes a member less; it may make one more."""
    join(database, tenant, "owner")
    admin, member = join(database, tenant, "admin"), join(database, tenant, "member")
    down, up = invite(database, tenant, "viewer"), invite(database, tenant, "admin")

    assert accept(database, tenant, down, admin) == {"tenant_id": tenant, "role": "admin"}
    assert accept(database, tenant, up, member) == {"tenant_id": tenant, "role": "admin"}
    assert [read_role(database, tenant, one) for one in (admin, member)] == ["admin", "admin"]


@pytest.mark.parametrize("way", ["removed", "demoted", "removed by hand"])
def test_an_invitation_ends_with_its_inviters_right(
    database: Database, another_tenant: Callable[[], str], way: str
) -> None:
    """Taken out or made less, by whomever: the link lets nobody in; what is still allowed stays."""
    tenant = another_tenant()
    join(database, tenant, "owner")
    admin = join(database, tenant, "admin")
    person = admin.removeprefix("user:")
    link = invite(database, tenant, "member", by=admin)
    others = invite(database, tenant, "member")
    if way == "removed by hand":
        read_as_owner(database, "delete from public.memberships where user_id = %s", (person,))
    elif way == "removed":
        answer = administer(database, tenant, "remove_membership", user_id=person)
        assert answer["invitations"] == [link]
    else:
        answer = administer(database, tenant, "set_membership", user_id=person, role="member")
        assert answer["invitations"] == [link]

    assert accept(database, tenant, link, newcomer()) is None
    assert isinstance(accept(database, tenant, others, newcomer()), dict)


def test_a_smaller_role_keeps_what_it_may_still_give(database: Database, tenant: str) -> None:
    """An owner who becomes an admin invites on, but into ownership no more."""
    join(database, tenant, "owner")
    owner = join(database, tenant, "owner")
    into = {role: invite(database, tenant, role, by=owner) for role in ("owner", "viewer")}
    wish = {"user_id": owner.removeprefix("user:"), "role": "admin"}

    assert administer(database, tenant, "set_membership", **wish)["invitations"] == [into["owner"]]
    assert accept(database, tenant, into["owner"], newcomer()) is None
    assert isinstance(accept(database, tenant, into["viewer"], newcomer()), dict)


def test_nobody_invites_above_themselves(database: Database, tenant: str) -> None:
    """An admin invites no owner and takes no such invitation back; a member invites nobody."""
    owner, admin = join(database, tenant, "owner"), join(database, tenant, "admin")
    member = join(database, tenant, "member")
    into = invite(database, tenant, "owner", by=owner)

    for by, role in ((admin, "owner"), (member, "viewer")):
        with pytest.raises(psycopg.Error) as refused:
            invite(database, tenant, role, by=by)
        assert refused.value.sqlstate == "PT403"
    with pytest.raises(psycopg.Error) as kept:
        administer(database, tenant, "revoke_invitation", by=admin, invitation_id=into)
    assert kept.value.sqlstate == "PT403"
    assert isinstance(accept(database, tenant, into, newcomer()), dict)


def test_an_accepted_invitation_is_not_taken_back(database: Database, tenant: str) -> None:
    """409; an open one is, once and for all, and another tenant's is not found."""
    used, unused = invite(database, tenant), invite(database, tenant)
    accept(database, tenant, used, newcomer())
    first = administer(database, tenant, "revoke_invitation", invitation_id=unused)

    assert administer(database, tenant, "revoke_invitation", invitation_id=unused) == first
    for owner, link, code in ((tenant, used, "PT409"), ("another", unused, "PT404")):
        with pytest.raises(psycopg.Error) as refused:
            administer(database, owner, "revoke_invitation", invitation_id=link)
        assert refused.value.sqlstate == code


def test_the_secret_decides(database: Database, another_tenant: Callable[[], str]) -> None:
    """Another secret under a known id is nobody's; the same id in two tenants leads to each."""
    mine, theirs, shared = another_tenant(), another_tenant(), make_id()
    for number, tenant in ((1, mine), (2, theirs)):
        wanted = {"invitation_id": shared, "digest": digest(number), "role": "viewer"}
        administer(database, tenant, "create_invitation", by="command", **wanted)
    with connect_as(database, "llm_gate", None) as gate:
        found = [
            call_function(gate, "find_invitation", {"invitation_id": shared, "digest": digest(n)})
            for n in (1, 2, 3)
        ]

    assert found == [mine, theirs, None]
    assert accept(database, mine, shared, newcomer(), secret=2) is None
    assert isinstance(accept(database, theirs, shared, newcomer(), secret=2), dict)


def test_a_tenant_has_so_many_invitations(
    database: Database, owner: Connection, tenant: str
) -> None:
    """100 that are open; those that ended 30 days ago are not kept."""
    link = invite(database, tenant, email=OWN)
    owner.execute(
        """insert into public.invitations (tenant_id, invitation_id, role, digest, expires_at)
           select tenant_id, lpad(n::text, 8, '0'), role, digest,
             case when n > 99 then now() - interval '31 days' else expires_at end
           from public.invitations, generate_series(1, 120) n where tenant_id = %s""",
        (tenant,),
    )
    with pytest.raises(psycopg.Error) as refused:
        invite(database, tenant)
    administer(database, tenant, "revoke_invitation", invitation_id=link)
    invite(database, tenant)
    query = "select count(*) as count from public.invitations where tenant_id = %s"

    assert refused.value.sqlstate == "PT409"
    assert read_as_owner(database, query, (tenant,)) == [{"count": 101}]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"role": "root"}, "role"),
        ({"days": 31}, "days"),
        ({"days": 0}, "days"),
        ({"email": "no address"}, "email"),
        ({"email": "än@example.test"}, "email"),
        ({"email": "a@b@example.test"}, "email"),
        ({"email": f"{'a' * 65}@example.test"}, "email"),
        ({"digest": "x"}, "digest"),
        ({"invitation_id": "x"}, "invitation_id"),
    ],
)
def test_malformed_invitations_are_refused(
    database: Database, tenant: str, more: dict[str, Any], name: str
) -> None:
    """With a class 22 error that names the argument."""
    with pytest.raises(psycopg.Error) as refused:
        invite(database, tenant, **{"role": "viewer", **more})
    assert refused.value.sqlstate == "22023"
    assert str(refused.value.diag.message_primary).startswith(f"{name} is not")


def test_the_audit_tells_who_invited_and_who_came(database: Database, tenant: str) -> None:
    """Each with their id; neither an address nor the digest of the secret is in any event."""
    admin, person = join(database, tenant, "admin"), newcomer()
    link = invite(database, tenant, by=admin, email=OWN)
    accept(database, tenant, link, person, OWN)
    other = invite(database, tenant, by=admin, email=OWN)
    administer(database, tenant, "revoke_invitation", by=admin, invitation_id=other)
    query = """
        select actor, action, target, details::text from public.audit_events where tenant_id = %s
        and action <> 'membership.created' order by created_at, action"""
    events = read_as_owner(database, query, (tenant,))

    assert [(one["actor"], one["action"], one["target"]) for one in events] == [
        (admin, "invitation.created", link),
        (person, "invitation.accepted", link),
        (admin, "invitation.created", other),
        (admin, "invitation.revoked", other),
    ]
    everything = str(events)
    assert OWN not in everything
    assert digest(1) not in everything
