"""Keys of tags that a tenant chooses for its sums, by the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.rolled_up import fold, read_drift
from tests.database.support.spans import call
from tests.functions.credentials import bearer
from tests.functions.house import House

NOW = datetime.now(UTC)


@pytest.fixture
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


def test_keys_are_chosen_among_those_of_late(
    client: httpx.Client, house: House, database: Database
) -> None:
    """Those on most calls come first; a choice is told and audited, and changes no number."""
    tags: list[dict[str, str]] = [{"team": "search"}, {"plan": "pro", "team": "search"}, {}]
    ingest(database, house.name, [call(n, at=NOW, tags=one) for n, one in enumerate(tags, 1)])
    fold(database, house.name)
    _, admin = house.settle("admin")
    seen = [{"key": "team", "calls": 2}, {"key": "plan", "calls": 1}]
    before = client.get("/tag-keys", headers=admin).json()
    groups = read_groups(client, admin)
    chosen = client.put("/tag-keys", headers=admin, json={"keys": ["plan"]})

    assert before == {"keys": [], "seen": seen}
    assert (chosen.status_code, chosen.json()) == (200, {"keys": ["plan"]})
    assert client.get("/tag-keys", headers=admin).json() == {"keys": ["plan"], "seen": seen}
    assert groups == {"pro": 1, None: 2}
    assert read_groups(client, admin) == groups
    fold(database, house.name)
    assert read_groups(client, admin) == groups
    assert read_drift(database, house.name) == []
    (event,) = client.get("/audit", headers=admin).json()["items"][:1]
    assert event["details"] == {"tag_dimensions": {"from": [], "to": ["plan"]}}


def read_groups(client: httpx.Client, headers: dict[str, str]) -> dict[str | None, int]:
    answer = client.get("/metrics", params={"group_by": "tag:plan"}, headers=headers)
    assert answer.status_code == 200, answer.text
    return {group["key"]: group["requests"] for group in answer.json()["groups"]}


def test_who_reads_sees_the_keys_and_changes_none(client: httpx.Client, house: House) -> None:
    """A viewer and a key that reads, who may group by them; a sender sees none."""
    _, owner = house.settle("owner")
    client.put("/tag-keys", headers=owner, json={"keys": ["plan"]})
    callers = {"viewer": house.settle("viewer")[1]}
    for scope in ("read", "ingest", "admin"):
        made = client.post("/keys", headers=owner, json={"name": scope, "scopes": [scope]})
        callers[scope] = bearer(made.json()["key"])
    statuses = {
        name: (
            client.get("/tag-keys", headers=headers).status_code,
            client.put("/tag-keys", headers=headers, json={"keys": []}).status_code,
        )
        for name, headers in callers.items()
    }

    assert statuses == {
        "viewer": (200, 403),
        "read": (200, 403),
        "ingest": (403, 403),
        "admin": (200, 200),
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"keys": None},
        {"keys": "plan"},
        {"keys": [""]},
        {"keys": [1]},
        {"keys": ["a\x00b"]},
        {"keys": ["k" * 65]},
        {"keys": ["plan", "plan"]},
        {"keys": [f"k{n}" for n in range(9)]},
        {"keys": [], "tags": []},
    ],
)
def test_other_keys_are_400(client: httpx.Client, house: House, body: dict[str, Any]) -> None:
    """The answer names the field, and the choice stays."""
    _, owner = house.settle("owner")
    client.put("/tag-keys", headers=owner, json={"keys": ["team"]})
    answer = client.put("/tag-keys", headers=owner, json=body)

    assert answer.status_code == 400
    assert ("tags" if "tags" in body else "keys") in answer.json()["error"]["message"]
    assert client.get("/tag-keys", headers=owner).json()["keys"] == ["team"]


def test_a_tenant_that_never_wrote_has_no_keys(client: httpx.Client, house: House) -> None:
    """Nothing chosen and nothing seen is an answer."""
    _, viewer = house.settle("viewer")

    assert client.get("/tag-keys", headers=viewer).json() == {"keys": [], "seen": []}
