"""The life of an API key: made, shown once, rotated, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.functions.conftest import Call
from tests.functions.credentials import bearer, make_key
from tests.functions.dump import dump_tables


@pytest.fixture
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


def test_a_key_is_shown_once(call: Call, api: str) -> None:
    """The answer to its making has it; the list has all but the secret."""
    made = make_key(api, "lister", "read", "ingest", name="backend", environment="staging")
    (listed,) = call("GET", "/keys", tenant="lister").json()["items"]
    key = made.pop("key")

    assert key.startswith(f"lo_staging_{made['key_id']}_")
    assert listed == made
    assert (listed["status"], listed["scopes"], listed["created_by"]) == (
        "active",
        ["ingest", "read"],
        "dev",
    )


def test_the_database_never_sees_the_secret(api: str, database: Database) -> None:
    """What is stored is 32 bytes that are no hash of the secret alone."""
    made = make_key(api, "stored", "read")
    secret = made["key"].split("_", 3)[3][:43]
    with psycopg.connect(database.owner_url) as connection:
        row: Any = connection.execute(
            "select digest, sha256(%s), api_keys::text from api_keys where key_id = %s",
            (secret.encode(), made["key_id"]),
        ).fetchone()

    assert len(row[0]) == 32
    assert row[0] != row[1]
    assert secret not in row[2]


def test_a_revoked_key_is_refused_at_once(client: httpx.Client, call: Call, api: str) -> None:
    """Even where the API still remembers it, the database refuses its token; 401, not 503."""
    made = make_key(api, "revoker", "read")
    before = client.get("/spans", headers=bearer(made["key"]))
    revoked = call("DELETE", f"/keys/{made['key_id']}", tenant="revoker").json()
    after = client.get("/spans", headers=bearer(made["key"]))

    assert (before.status_code, after.status_code) == (200, 401)
    assert revoked["status"] == "revoked"
    assert "revoked" in after.json()["error"]["message"]


def test_rotation_overlaps(client: httpx.Client, call: Call, api: str) -> None:
    """The old and the new key both work until the overlap ends; a second rotation is 409."""
    old = make_key(api, "rotator", "read")
    path = f"/keys/{old['key_id']}/rotate"
    new = call("POST", path, tenant="rotator", body={"overlap_hours": 1}).json()
    again = call("POST", path, tenant="rotator")
    listed = {
        item["key_id"]: item for item in call("GET", "/keys", tenant="rotator").json()["items"]
    }

    assert [client.get("/spans", headers=bearer(k["key"])).status_code for k in (old, new)] == [
        200,
        200,
    ]
    assert listed[old["key_id"]]["replaced_by"] == new["key_id"]
    ends = datetime.fromisoformat(listed[old["key_id"]]["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=58) < ends <= timedelta(hours=1)
    assert again.status_code == 409
    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])


def test_rotation_without_overlap_ends_the_old_key(
    client: httpx.Client, call: Call, api: str
) -> None:
    """Zero hours: the successor works, the old key does not."""
    old = make_key(api, "cutter", "read")
    path = f"/keys/{old['key_id']}/rotate"
    new = call("POST", path, tenant="cutter", body={"overlap_hours": 0}).json()

    assert client.get("/spans", headers=bearer(old["key"])).status_code == 401
    assert client.get("/spans", headers=bearer(new["key"])).status_code == 200


def test_a_key_manages_no_other_tenants_keys(client: httpx.Client, api: str) -> None:
    """Another tenant's key id is not found, exactly as one that nobody has."""
    admin = make_key(api, "mine", "admin")["key"]
    theirs = make_key(api, "theirs", "read")
    answers = [
        client.request(method, path, headers=bearer(admin))
        for key_id in (theirs["key_id"], "zzzzzzzz")
        for method, path in (("DELETE", f"/keys/{key_id}"), ("POST", f"/keys/{key_id}/rotate"))
    ]
    bodies = [{**answer.json()["error"], "request_id": ""} for answer in answers]

    assert {answer.status_code for answer in answers} == {404}
    assert bodies[:2] == bodies[2:]
    assert client.get("/spans", headers=bearer(theirs["key"])).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["write"]},
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "scopes": ["read"], "expires_at": "tomorrow"},
        {"name": "x", "scopes": ["read"], "environment": "Not Good"},
        {"name": "x", "scopes": ["read"], "tenant_id": "another"},
    ],
)
def test_a_malformed_wish_is_400(call: Call, body: dict[str, object]) -> None:
    """It names what is wrong, and no key is made."""
    answer = call("POST", "/keys", tenant="wisher", body=body)

    assert answer.status_code == 400, answer.text
    assert call("GET", "/keys", tenant="wisher").json()["items"] == []


def test_last_use_is_noted(client: httpx.Client, call: Call, api: str) -> None:
    """The list says that a key is in use."""
    made = make_key(api, "used", "read")
    client.get("/spans", headers=bearer(made["key"]))
    (listed,) = call("GET", "/keys", tenant="used").json()["items"]

    assert made["last_used_at"] is None
    used = datetime.now(UTC) - datetime.fromisoformat(listed["last_used_at"])
    assert timedelta(0) <= used < timedelta(minutes=1)


def test_the_list_is_paged(call: Call, api: str, database: Database) -> None:
    """More keys than the Data API answers at once: each is there once, the oldest is not hidden."""
    oldest = make_key(api, "paged", "admin")["key_id"]
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(
            """insert into api_keys (
                 tenant_id, key_id, kind, name, environment, digest, scopes, created_at, revoked_at)
               select tenant_id, lpad(n::text, 8, '0'), kind, name, environment, digest, scopes,
                 created_at + (1 + n / 10) * interval '1 s', now()
               from api_keys, generate_series(1, 1005) n where tenant_id = 'paged'"""
        )
    seen: list[str] = []
    query: dict[str, object] = {"limit": 200}
    while True:
        page = call("GET", "/keys", tenant="paged", **query).json()
        seen += [item["key_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    (active,) = call("GET", "/keys", tenant="paged", status="active").json()["items"]

    assert len(seen) == len(set(seen)) == 1006
    assert seen[-1] == oldest == active["key_id"]
    assert call("GET", "/keys", tenant="paged", cursor="x").status_code == 400
    assert call("GET", "/keys", tenant="paged", limit=201).status_code == 400


def test_a_keys_children_are_told_and_end_with_it(client: httpx.Client, api: str) -> None:
    """By default; a key that revokes itself is answered, too."""
    parent = make_key(api, "family", "admin")
    wish = {"name": "child", "scopes": ["admin"]}
    child, kept = (
        client.post("/keys", headers=bearer(parent["key"]), json=wish).json() for _ in range(2)
    )
    grandchild = client.post("/keys", headers=bearer(kept["key"]), json=wish).json()
    path = f"/keys/{kept['key_id']}"
    first = client.delete(path, headers=bearer(parent["key"]), params={"children": "keep"}).json()
    own = client.delete(f"/keys/{parent['key_id']}", headers=bearer(parent["key"]))
    left = [
        client.get("/spans", headers=bearer(one["key"])).status_code
        for one in (parent, child, kept, grandchild)
    ]

    assert child["created_by"] == parent["key_id"]
    assert [(one["key_id"], one["status"]) for one in first["children"]] == [
        (grandchild["key_id"], "active")
    ]
    assert own.status_code == 200
    assert {one["key_id"] for one in own.json()["children"]} == {
        child["key_id"],
        grandchild["key_id"],
    }
    assert left == [401] * 4


def test_a_key_makes_none_that_outlives_it(client: httpx.Client, api: str) -> None:
    """201 without a time, which is then its own; 400 and why with a later one."""
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    parent = make_key(api, "mortal", "admin", expires_at=ends.isoformat())
    wish = {"name": "child", "scopes": ["admin"]}
    later = wish | {"expires_at": (ends + timedelta(days=1)).isoformat()}
    child = client.post("/keys", headers=bearer(parent["key"]), json=wish).json()
    refused = client.post("/keys", headers=bearer(parent["key"]), json=later)

    assert datetime.fromisoformat(child["expires_at"]) == ends
    assert refused.status_code == 400
    assert "later than the end of the key" in refused.json()["error"]["message"]


def test_secrets_are_in_no_log_row_or_error(
    client: httpx.Client, api: str, keys: StackKeys, database: Database, state_dir: Path
) -> None:
    """A key that was made, used, mistyped and rotated leaves itself nowhere, nor do ours."""
    made = make_key(api, "secretive", "admin")
    wrong = made["key"][:-1] + ("a" if made["key"][-1] != "a" else "b")
    path = f"/keys/{made['key_id']}/rotate"
    answers = [
        client.get("/spans", headers=bearer(made["key"])),
        client.get("/spans", headers=bearer(wrong)),
        client.get("/keys", headers=bearer(made["key"])),
        client.get("/audit", headers=bearer(made["key"])),
        client.get("/spans", headers={"authorization": f"Basic {made['key']}"}),
    ]
    successor = client.post(path, headers=bearer(made["key"])).json()["key"]
    logs = "".join(log.read_text(errors="replace") for log in state_dir.rglob("*.log"))
    everywhere = logs + dump_tables(database) + "".join(answer.text for answer in answers)
    secrets = [key.split("_", 3)[3][:43] for key in (made["key"], successor)]
    secrets += [keys.signing_key["d"], keys.key_pepper, keys.master_secret]

    assert made["key_id"] in everywhere
    assert [secret for secret in secrets if secret in everywhere] == []
    # What a minted token starts with: {"alg":"ES256".
    assert "eyJhbGciOiJFUzI1NiIs" not in everywhere
