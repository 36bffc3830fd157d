"""API keys and ingest tokens: registered, presented, and no longer good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    call_function,
    connect_as,
    read_as,
    refusal,
    refused_call,
)
from tests.database.support.keys import authenticate, create_key, describe, digest, from_now, key_id

DENIED = "42501"


def read_last_use(owner: Connection, number: int) -> datetime | None:
    query = "select last_used_at from public.api_keys where key_id = %s"
    row = owner.execute(query, (key_id(number),)).fetchone()
    assert row is not None
    used: datetime | None = row["last_used_at"]
    return used


def test_a_key_says_whose_it_is_and_what_it_may(database: Database, tenant: str) -> None:
    """The right digest is answered with tenant, scopes, environment and expiry, nothing else."""
    expires = from_now(days=9)
    create_key(database, tenant, 1, scopes=["read", "ingest", "read"], expires_at=expires)

    answer = authenticate(database, 1)

    assert answer is not None
    assert datetime.fromisoformat(answer.pop("expires_at")) == datetime.fromisoformat(expires)
    assert answer == {"tenant_id": tenant, "scopes": ["ingest", "read"], "environment": "live"}


@pytest.mark.parametrize(
    "presented",
    [
        {"digest": digest(3)},
        {"digest": digest(2).upper()[:-1] + "A"},
        {"digest": ""},
        {"digest": None},
        {"digest": ["x"]},
        {"key_id": "key99999"},
        {"key_id": None},
        {"key_id": "%"},
    ],
)
def test_a_wrong_key_is_nobodys(
    database: Database, another_tenant: Callable[[], str], owner: Connection, presented: Any
) -> None:
    """A wrong secret, an unknown id and nonsense are all answered null."""
    if read_count(owner, 2) == 0:
        create_key(database, another_tenant(), 2)
    assert authenticate(database, 2) is not None
    assert authenticate(database, 2, **presented) is None


def read_count(owner: Connection, number: int) -> int:
    query = "select count(*) as count from public.api_keys where key_id = %s"
    row = owner.execute(query, (key_id(number),)).fetchone()
    assert row is not None
    count: int = row["count"]
    return count


def test_a_revoked_key_is_nobodys(database: Database, tenant: str) -> None:
    """From the moment of its revocation, and revoking again moves nothing."""
    create_key(database, tenant, 4)
    first = administer(database, tenant, "revoke_api_key", key_id=key_id(4))
    again = administer(database, tenant, "revoke_api_key", key_id=key_id(4))

    assert first["revoked_at"] is not None
    assert again == first
    assert authenticate(database, 4) is None


def test_an_expired_key_is_nobodys(database: Database, tenant: str, owner: Connection) -> None:
    """A second after its time as much as a year."""
    create_key(database, tenant, 5, expires_at=from_now(minutes=1))
    assert authenticate(database, 5) is not None
    past = "update public.api_keys set expires_at = now() - interval '1 s' where key_id = %s"
    owner.execute(past, (key_id(5),))
    assert authenticate(database, 5) is None


def test_a_use_is_noted_every_five_minutes(
    database: Database, tenant: str, owner: Connection
) -> None:
    """The first use is written; those within five minutes of it are not, the next one is."""
    create_key(database, tenant, 6)
    assert read_last_use(owner, 6) is None
    authenticate(database, 6)
    first = read_last_use(owner, 6)
    assert first is not None
    authenticate(database, 6)
    assert read_last_use(owner, 6) == first
    owner.execute(
        "update public.api_keys set last_used_at = now() - interval '301 s' where key_id = %s",
        (key_id(6),),
    )
    authenticate(database, 6)
    latest = read_last_use(owner, 6)
    assert latest is not None
    assert latest >= first


def test_a_lookup_never_waits(database: Database, tenant: str, owner: Connection) -> None:
    """While the key's row is held by a rotation, it is answered all the same."""
    create_key(database, tenant, 7)
    rotation = {"key_id": key_id(7), "new_key_id": key_id(8), "digest": digest(8)}
    with connect_as(database, "llm_admin", tenant) as connection:
        call_function(connection, "rotate_api_key", rotation)
        assert authenticate(database, 7) is not None
        connection.rollback()


def test_one_id_in_two_tenants(database: Database, another_tenant: Callable[[], str]) -> None:
    """A tenant that takes another's key id takes nothing from it: the secret tells them apart."""
    mine, theirs = another_tenant(), another_tenant()
    create_key(database, mine, 9)
    create_key(database, theirs, 9, digest=digest(90))

    found = [authenticate(database, 9), authenticate(database, 9, digest=digest(90))]

    assert [one["tenant_id"] if one else None for one in found] == [mine, theirs]
    administer(database, theirs, "revoke_api_key", key_id=key_id(9))
    assert authenticate(database, 9) is not None


def test_the_list_has_no_digest(database: Database, tenant: str, owner: Connection) -> None:
    """An administrator sees keys and their status; nobody reads a digest through the API."""
    for number, change in enumerate(("revoked_at = now()", "expires_at = now()", "name = 'x'"), 10):
        create_key(database, tenant, number)
        owner.execute(
            f"update public.api_keys set {change} where key_id = %s".encode(), (key_id(number),)
        )
    query = "select key_id, status from public.api_key_summaries order by key_id"
    assert read_as(database, "llm_admin", tenant, query) == [
        {"key_id": key_id(10), "status": "revoked"},
        {"key_id": key_id(11), "status": "expired"},
        {"key_id": key_id(12), "status": "active"},
    ]
    for role in ("authenticated", "llm_admin", "llm_gate", "llm_ingest", "service_role"):
        assert refusal(database, role, tenant, "select digest from public.api_keys") == DENIED


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"key_id": "UPPERCAS"}, "key_id is not a key id: 8 characters of 0-9 and a-z."),
        ({"key_id": 12345678}, "key_id is not a key id: 8 characters of 0-9 and a-z."),
        ({"digest": "ab"}, "digest is not an HMAC-SHA-256 in 64 hex digits."),
        ({"name": ""}, "name is not a name of 1 to 200 characters."),
        ({"environment": "a_b"}, "environment is not 1 to 32 characters of a-z, 0-9 and -."),
        ({"scopes": []}, "scopes is not a list of ingest, read and admin."),
        ({"scopes": ["root"]}, "scopes is not a list of ingest, read and admin."),
        ({"scopes": "read"}, "scopes is not a list of ingest, read and admin."),
        ({"scopes": [["read"]]}, "scopes is not a list of ingest, read and admin."),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at has passed already."),
        (
            {"expires_at": "tomorrow"},
            "expires_at is not a time with its zone, such as 2027-01-31T12:00:00Z.",
        ),
    ],
)
def test_malformed_keys_are_refused(
    database: Database, tenant: str, wrong: dict[str, Any], sentence: str
) -> None:
    """With a class 22 error that says in a sentence what is wrong, and nothing is stored."""
    refused = refused_call(database, "llm_admin", tenant, "create_api_key", describe(20, **wrong))
    assert refused == ("22023", sentence)


@pytest.mark.parametrize("body", [None, [], "x", 7, {}])
@pytest.mark.parametrize(
    "function", ["create_api_key", "rotate_api_key", "revoke_api_key", "create_ingest_token"]
)
def test_bodies_that_are_no_description(
    database: Database, tenant: str, function: str, body: Any
) -> None:
    """Any other JSON is refused as an argument, not by an internal error."""
    code, _ = refused_call(database, "llm_admin", tenant, function, body)
    assert code == "22023"


def test_an_id_is_taken_once(database: Database, tenant: str) -> None:
    """A second key with a tenant's key id is a conflict (409)."""
    create_key(database, tenant, 21)
    refused = refused_call(database, "llm_admin", tenant, "create_api_key", describe(21))
    assert refused == ("PT409", "This tenant has a key with that id.")


@pytest.mark.parametrize("function", ["revoke_api_key", "rotate_api_key"])
def test_another_tenants_key_is_not_found(
    database: Database, another_tenant: Callable[[], str], function: str
) -> None:
    """404 as for an id that nobody has, and the key works on."""
    number = {"revoke_api_key": 22, "rotate_api_key": 23}[function]
    create_key(database, another_tenant(), number)
    stranger = another_tenant()
    answers = [
        refused_call(
            database,
            "llm_admin",
            stranger,
            function,
            {"key_id": asked, "new_key_id": key_id(99), "digest": digest(99)},
        )
        for asked in (key_id(number), "nobodys1")
    ]
    assert answers == [("PT404", "This tenant has no key with that id.")] * 2
    assert authenticate(database, number) is not None


def test_an_ingest_token_is_registered(database: Database, tenant: str) -> None:
    """With a name and an expiry; the answer holds what the tenant's digest key derives from."""
    body = {"key_id": key_id(30), "name": "billing", "expires_at": from_now(days=90)}
    answer = administer(database, tenant, "create_ingest_token", **body)

    with connect_as(database, "llm_ingest", tenant) as connection:
        known = call_function(connection, "ingest_spans", {"spans": []})["digest"]
    assert answer["digest"] == known
    assert set(known) == {"kid", "salt"}
    assert (answer["kind"], answer["scopes"]) == ("ingest_token", ["ingest"])
    assert authenticate(database, 30, digest=None) is None


@pytest.mark.parametrize("expires_at", [None, "2020-01-01T00:00:00Z", 7])
def test_an_ingest_token_expires(database: Database, tenant: str, expires_at: Any) -> None:
    """One that never would, or has already, is not registered."""
    body = {"key_id": key_id(31), "name": "billing", "expires_at": expires_at}
    assert refused_call(database, "llm_admin", tenant, "create_ingest_token", body)[0] == "22023"


def test_times_are_what_was_asked(database: Database, tenant: str) -> None:
    """An expiry in another zone is the same moment."""
    moment = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    shifted = (moment + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S+05:30")
    created = create_key(database, tenant, 32, expires_at=shifted)
    assert datetime.fromisoformat(created["expires_at"]) == moment
