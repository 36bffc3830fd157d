"""Rotating an API key: both work for a while, then the new one alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, administer, refused_call
from tests.database.support.keys import authenticate, create_key, digest, from_now, key_id
from tests.database.support.races import Call, overlap


def rotation(old: int, new: int, **values: Any) -> dict[str, Any]:
    return {"key_id": key_id(old), "new_key_id": key_id(new), "digest": digest(new)} | values


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_both_work_during_the_overlap(database: Database, tenant: str) -> None:
    """The new key is like the old one, which names its successor and expires after the overlap."""
    old = create_key(database, tenant, 1, scopes=["admin", "read"], environment="test")
    new = administer(database, tenant, "rotate_api_key", **rotation(1, 2, overlap_hours=3))

    same = ("kind", "name", "scopes", "environment", "tenant_id")
    assert [new[one] for one in same] == [old[one] for one in same]
    replaced = new["replaces"]
    assert (replaced["key_id"], replaced["replaced_by"]) == (key_id(1), key_id(2))
    left = moment(replaced["expires_at"]) - moment(new["created_at"])
    assert left == timedelta(hours=3)
    assert new["expires_at"] is None
    assert authenticate(database, 1) is not None
    assert authenticate(database, 2) is not None


def test_the_old_key_ends_after_the_overlap(
    database: Database, tenant: str, owner: Connection
) -> None:
    """Without an overlap that is at once; the new key works on."""
    create_key(database, tenant, 3)
    administer(database, tenant, "rotate_api_key", **rotation(3, 4, overlap_hours=0))
    assert authenticate(database, 3) is None
    assert authenticate(database, 4) is not None


def test_an_overlap_never_prolongs(database: Database, tenant: str) -> None:
    """A key that expires sooner than the overlap still does."""
    soon = from_now(hours=1)
    create_key(database, tenant, 5, expires_at=soon)
    new = administer(database, tenant, "rotate_api_key", **rotation(5, 6, overlap_hours=72))
    assert moment(new["replaces"]["expires_at"]) == moment(soon)


def test_the_new_key_lives_as_long_as_the_old_was_made_to(database: Database, tenant: str) -> None:
    """An expiring key does not turn into one for ever, unless a time is given."""
    old = create_key(database, tenant, 7, expires_at=from_now(days=30))
    lifetime = moment(old["expires_at"]) - moment(old["created_at"])
    new = administer(database, tenant, "rotate_api_key", **rotation(7, 8))
    assert moment(new["expires_at"]) - moment(new["created_at"]) == lifetime
    given = from_now(days=3)
    newest = administer(database, tenant, "rotate_api_key", **rotation(8, 9, expires_at=given))
    assert moment(newest["expires_at"]) == moment(given)


@pytest.mark.parametrize("hours", [-1, 73, 1.5, "24"])
def test_an_overlap_is_at_most_three_days(database: Database, tenant: str, hours: Any) -> None:
    """Anything but whole hours from 0 to 72 is refused."""
    body = rotation(10, 11, overlap_hours=hours)
    assert refused_call(database, "llm_admin", tenant, "rotate_api_key", body) == (
        "22023",
        "overlap_hours is not a whole number from 0 to 72.",
    )


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_a_dead_key_is_not_rotated(
    database: Database, tenant: str, owner: Connection, end: str
) -> None:
    """Or whoever had it would have a living one again."""
    create_key(database, tenant, 12)
    owner.execute(
        f"update public.api_keys set {end} = now() where tenant_id = %s".encode(), (tenant,)
    )
    refused = refused_call(database, "llm_admin", tenant, "rotate_api_key", rotation(12, 13))
    assert refused == ("PT409", "This key was rotated or revoked already, or has expired.")


def test_an_ingest_token_is_not_rotated(database: Database, tenant: str) -> None:
    """It is a signed token: another one is issued, and this one revoked."""
    body = {"key_id": key_id(14), "name": "billing", "expires_at": from_now(days=1)}
    administer(database, tenant, "create_ingest_token", **body)
    refused = refused_call(database, "llm_admin", tenant, "rotate_api_key", rotation(14, 15))
    assert refused == ("22023", "An ingest token cannot be rotated.")


def test_two_rotations_at_once_make_one_successor(
    database: Database, tenant: str, owner: Connection
) -> None:
    """The second waits, sees the first one's successor, and is a conflict."""
    create_key(database, tenant, 16)
    first, second = overlap(
        database,
        tenant,
        Call("rotate_api_key", rotation(16, 17)),
        Call("rotate_api_key", rotation(16, 18)),
    )
    assert (first["key_id"], second) == (key_id(17), "PT409")
    query = "select key_id, replaced_by from public.api_keys where tenant_id = %s order by key_id"
    assert owner.execute(query, (tenant,)).fetchall() == [
        {"key_id": key_id(16), "replaced_by": key_id(17)},
        {"key_id": key_id(17), "replaced_by": None},
    ]


def test_a_revocation_beats_a_rotation(database: Database, tenant: str) -> None:
    """A key that is revoked while somebody rotates it gets no successor."""
    create_key(database, tenant, 19)
    _, second = overlap(
        database,
        tenant,
        Call("revoke_api_key", {"key_id": key_id(19)}),
        Call("rotate_api_key", rotation(19, 20)),
    )
    assert second == "PT409"
