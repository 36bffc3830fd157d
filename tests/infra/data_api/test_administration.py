"""Keys and memberships over HTTP: what the API's handlers call, and the statuses they get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.local.keys import StackKeys
from tests.database.support.keys import describe, digest, key_id

PERSON = "00000000-0000-0000-0000-000000000001"
Calling = Callable[..., tuple[int, Any]]


@pytest.fixture
def rpc(data_api: str, keys: StackKeys, token: Callable[..., str]) -> Iterator[Calling]:
    """Calls a function as ``llm_admin`` of tenant-123, or as the gate, which has no tenant."""
    with httpx.Client(
        base_url=f"{data_api}/rest/v1/rpc/", headers={"apikey": keys.publishable_key}
    ) as client:

        def send(function: str, body: Any, *, gate: bool = False) -> tuple[int, Any]:
            bearer = token(None, "llm_gate") if gate else token(role="llm_admin", key_id="dev")
            headers = {"Authorization": f"Bearer {bearer}"}
            answer = client.post(function, json=body, headers=headers)
            return answer.status_code, answer.json()

        yield send


def test_a_key_is_presented(rpc: Calling) -> None:
    """Registered by an administrator, found by the gate; what nobody has is null, not an error."""
    status, created = rpc("create_api_key", describe(1))
    assert (status, created["created_by"]) == (200, "dev")
    presented = {"key_id": key_id(1), "digest": digest(1)}
    assert rpc("authenticate_key", presented, gate=True) == (
        200,
        {"tenant_id": "tenant-123", "scopes": ["read"], "environment": "live", "expires_at": None},
    )
    wrong = presented | {"digest": digest(2)}
    assert rpc("authenticate_key", wrong, gate=True) == (200, None)


def test_memberships_are_rows(rpc: Calling) -> None:
    """The gate gets a list, empty for a user of no tenant."""
    body = {"user_id": PERSON, "role": "owner"}
    assert rpc("set_membership", body)[0] == 200
    rows = [{"tenant_id": "tenant-123", "role": "owner"}]
    assert rpc("find_memberships", {"user_id": PERSON}, gate=True) == (200, rows)
    stranger = PERSON.replace("1", "2")
    assert rpc("find_memberships", {"user_id": stranger}, gate=True) == (200, [])


@pytest.mark.parametrize(
    ("function", "body", "status", "code"),
    [
        ("create_api_key", describe(3, name=""), 400, "22023"),
        ("create_api_key", [], 400, "22023"),
        ("create_api_key", describe(1), 409, "PT409"),
        ("revoke_api_key", {"key_id": "nobodys1"}, 404, "PT404"),
        ("remove_membership", {"user_id": PERSON}, 409, "PT409"),
        ("remove_membership", {"user_id": PERSON.replace("1", "2")}, 404, "PT404"),
        ("forget_trace", {"trace_id": "0" * 32}, 404, "PT404"),
        ("forget_tenant", {"tenant_id": "tenant-456"}, 400, "22023"),
        ("set_retention", {"span_days": 0, "content_days": 0}, 400, "22023"),
    ],
)
def test_refusals_have_a_status(
    rpc: Calling, function: str, body: Any, status: int, code: str
) -> None:
    """400 for what is malformed, 404 for what is not there, 409 for what contradicts the state."""
    rpc("create_api_key", describe(1))
    rpc("set_membership", {"user_id": PERSON, "role": "owner"})
    answered, error = rpc(function, body)
    assert (answered, error["code"]) == (status, code)
    assert error["message"].endswith(".")
    assert error["hint"]


def test_digests_are_shredded(rpc: Calling) -> None:
    """Without an argument, twice, each time with another key id."""
    first, second = (rpc("shred_digests", {}) for _ in range(2))
    assert first[0] == second[0] == 200
    assert first[1]["digest_key_id"] != second[1]["digest_key_id"]
