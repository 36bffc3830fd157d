"""The audit: every change of keys, memberships and settings, and nobody to rewrite it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    connect_as,
    read_as,
    read_as_owner,
    refusal,
)
from tests.database.support.keys import create_key, describe, digest, from_now, key_id
from tests.database.support.reviewed import EXECUTE_GRANTS

DENIED = "42501"
PERSON = "00000000-0000-0000-0000-000000000001"
_EVENTS = (
    "select actor, action, target, details from public.audit_events order by created_at, action"
)


def read_events(database: Database, tenant: str) -> list[dict[str, Any]]:
    return read_as(database, "llm_admin", tenant, _EVENTS)


def test_a_keys_life_is_told(database: Database, tenant: str, owner: Connection) -> None:
    """Creation, rotation and revocation, by whom, without the digest."""
    create = describe(1, scopes=["read", "admin"])
    administer(database, tenant, "set_membership", user_id=PERSON, role="owner")
    administer(database, tenant, "create_api_key", by=f"user:{PERSON}", **create)
    new = {"key_id": key_id(1), "new_key_id": key_id(2), "digest": digest(2)}
    administer(database, tenant, "rotate_api_key", by=key_id(1), **new)
    administer(database, tenant, "revoke_api_key", by="dev", key_id=key_id(2))

    _, *events = read_events(database, tenant)

    assert [(one["actor"], one["action"], one["target"]) for one in events] == [
        (f"user:{PERSON}", "api_key.created", key_id(1)),
        (key_id(1), "api_key.created", key_id(2)),
        (key_id(1), "api_key.rotated", key_id(1)),
        ("dev", "api_key.revoked", key_id(2)),
    ]
    assert events[0]["details"]["scopes"] == ["admin", "read"]
    assert events[0]["details"]["name"] == "key 1"
    assert set(events[2]["details"]) == {"replaced_by", "expires_at"}
    assert digest(1) not in json.dumps(events)


def test_a_use_is_no_change(database: Database, tenant: str, owner: Connection) -> None:
    """That a key was used is not an event."""
    create_key(database, tenant, 3)
    before = read_events(database, tenant)
    owner.execute("update public.api_keys set last_used_at = now() where tenant_id = %s", (tenant,))
    assert read_events(database, tenant) == before


def test_a_memberships_life_is_told(database: Database, tenant: str) -> None:
    """Making, changing and ending it; setting the same role again is no event."""
    for role in ("viewer", "member", "member"):
        administer(database, tenant, "set_membership", by="command", user_id=PERSON, role=role)
    administer(database, tenant, "remove_membership", by="command", user_id=PERSON)

    events = read_events(database, tenant)

    assert [(one["action"], one["target"]) for one in events] == [
        ("membership.created", PERSON),
        ("membership.changed", PERSON),
        ("membership.deleted", PERSON),
    ]
    assert events[1]["details"] == {"role": {"from": "viewer", "to": "member"}}
    assert {one["actor"] for one in events} == {"command"}


def test_changes_made_by_hand_are_events(
    database: Database, tenant: str, owner: Connection
) -> None:
    """Changes in Supabase Studio or by service_role are events of the role that made them."""
    insert = "insert into public.memberships (tenant_id, user_id, role) values (%s, %s, 'owner')"
    owner.execute(insert, (tenant, PERSON))
    with connect_as(database, "service_role", None) as connection:
        delete = "delete from public.memberships where tenant_id = %s"
        connection.execute(delete, (tenant,))
        connection.execute(insert, (tenant, PERSON))
    create_key(database, tenant, 4)
    owner.execute("update public.api_keys set digest = sha256('x') where tenant_id = %s", (tenant,))
    owner.execute("update public.tenants set digest_salt = null where tenant_id = %s", (tenant,))

    events = read_events(database, tenant)

    assert [(one["actor"], one["action"]) for one in events] == [
        ("postgres", "membership.created"),
        ("service_role", "membership.created"),
        ("service_role", "membership.deleted"),
        ("llm_admin", "api_key.created"),
        ("postgres", "api_key.changed"),
        ("postgres", "tenant.digests_shredded"),
    ]
    assert events[4]["details"] == {"digest": "replaced"}
    assert events[5]["details"] == {"digest_salt": "replaced"}


def test_settings_are_told(database: Database, tenant: str) -> None:
    """Retention with the days before and after; shredding with the key ids and no salt."""
    administer(database, tenant, "set_retention", span_days=30, content_days=7)
    with connect_as(database, "llm_admin", tenant) as connection:
        connection.execute("select public.shred_digests()")

    retention, shredding = read_events(database, tenant)

    assert retention["action"] == "tenant.changed"
    assert retention["details"] == {
        "span_days": {"from": None, "to": 30},
        "content_days": {"from": None, "to": 7},
    }
    assert shredding["action"] == "tenant.digests_shredded"
    assert shredding["details"]["digest_salt"] == "replaced"
    assert set(shredding["details"]) == {"digest_salt", "digest_key_id"}


def test_each_setting_of_a_tenant_is_told(owner: Connection) -> None:
    """The trigger watches every column but the few that a writer or the demo sets."""
    query = """
        select array_agg(a.attname::text order by a.attname) as columns
        from pg_attribute a join pg_trigger t on t.tgrelid = a.attrelid
        where t.tgrelid = 'public.tenants'::regclass and t.tgname = 'audit_change'
          and a.attnum > 0 and not a.attisdropped and a.attnum <> all(t.tgattr::int2[])"""
    row = owner.execute(query).fetchone()
    assert row is not None
    assert {*row["columns"]} == {
        *("tenant_id", "generated", "created_at", "call_instrumentations"),
        *("demo_day", "demo_runs"),
    }


@pytest.mark.parametrize(
    "change",
    [
        "insert into public.audit_events values ('t', default, default, '', '', '', '{}')",
        "update public.audit_events set actor = 'nobody'",
        "delete from public.audit_events",
        "truncate public.audit_events",
        "select app.record_event('t', 'a', 'b', '{}')",
        "drop table public.audit_events",
        "alter table public.api_keys disable trigger audit_change",
    ],
)
def test_nobody_rewrites_the_audit(database: Database, tenant: str, change: str) -> None:
    """No role of the API, service_role included, adds, changes or removes an event."""
    create_key(database, tenant, 5, expires_at=from_now(days=1))
    before = read_as_owner(database, _EVENTS)
    for role in [*EXECUTE_GRANTS, "service_role"]:
        assert refusal(database, role, tenant, change) == DENIED, role
    assert read_as_owner(database, _EVENTS) == before
