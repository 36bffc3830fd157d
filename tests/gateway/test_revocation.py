"""The pre-request function: a token works as long as the key it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.callers import administer, read_as_owner
from tests.database.keys import create_key, from_now, key_id

TENANT = "tenant-123"
REFUSED = {
    "code": "PT401",
    "message": "The key behind this token was revoked or has expired.",
    "hint": "Use another key.",
    "details": None,
}
Asking = Callable[..., httpx.Response]


@pytest.fixture
def ask(gateway: str, keys: StackKeys, token: Callable[..., str]) -> Iterator[Asking]:
    """Asks a role's own door, with a token of these claims."""
    doors: dict[str, tuple[str, str, Any]] = {
        "authenticated": ("GET", "trace_summaries", None),
        "llm_ingest": ("POST", "rpc/ingest_spans", {"spans": []}),
        "llm_admin": ("GET", "api_key_summaries", None),
        "llm_gate": ("POST", "rpc/ping", {}),
        "service_role": ("GET", "trace_summaries", None),
    }
    with httpx.Client(
        base_url=f"{gateway}/rest/v1/", headers={"apikey": keys.publishable_key}
    ) as client:

        def send(role: str, tenant: str | None = TENANT, **claims: Any) -> httpx.Response:
            method, path, body = doors[role]
            headers = {"Authorization": f"Bearer {token(tenant, role, **claims)}"}
            return client.request(method, path, json=body, headers=headers)

        yield send


@pytest.mark.parametrize("role", ["authenticated", "llm_ingest", "llm_admin"])
def test_a_revoked_key_ends_its_tokens(database: Database, ask: Asking, role: str) -> None:
    """The very next request is 401, whatever the token's own expiry, and says so."""
    number = ["authenticated", "llm_ingest", "llm_admin"].index(role)
    create_key(database, TENANT, number)
    assert ask(role, key_id=key_id(number)).status_code == 200
    administer(database, TENANT, "revoke_api_key", key_id=key_id(number))
    answer = ask(role, key_id=key_id(number))
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_expired_key_ends_its_tokens(database: Database, ask: Asking) -> None:
    """As a revoked one does."""
    create_key(database, TENANT, 10, expires_at=from_now(hours=1))
    assert ask("authenticated", key_id=key_id(10)).status_code == 200
    query = "update public.api_keys set expires_at = now() where key_id = %s"
    read_as_owner(database, query, (key_id(10),))
    assert ask("authenticated", key_id=key_id(10)).json() == REFUSED


def test_an_ingest_token_is_revoked_by_its_id(database: Database, ask: Asking) -> None:
    """The token of an application outside, which nobody can call back, stops working."""
    body = {"key_id": key_id(11), "name": "billing", "expires_at": from_now(days=90)}
    administer(database, TENANT, "create_ingest_token", **body)
    assert ask("llm_ingest", key_id=key_id(11)).status_code == 200
    administer(database, TENANT, "revoke_api_key", key_id=key_id(11))
    assert ask("llm_ingest", key_id=key_id(11)).json() == REFUSED


def test_a_key_is_good_for_its_tenant_only(database: Database, ask: Asking) -> None:
    """A token that names another tenant's key, or one that nobody has, is 401."""
    create_key(database, "tenant-456", 12)
    assert ask("authenticated", "tenant-456", key_id=key_id(12)).status_code == 200
    assert ask("authenticated", key_id=key_id(12)).json() == REFUSED
    assert ask("authenticated", key_id="nobodys1").json() == REFUSED


@pytest.mark.parametrize("claim", [None, "dev", "user:00000000-0000-0000-0000-000000000001", 7])
@pytest.mark.parametrize("role", ["authenticated", "llm_ingest", "llm_admin"])
def test_what_stands_for_no_key_passes(ask: Asking, role: str, claim: Any) -> None:
    """Users, developers and the library's own writes have no row to look up."""
    assert ask(role, key_id=claim).status_code == 200


@pytest.mark.parametrize("role", ["authenticated", "llm_gate", "service_role"])
def test_tokens_of_other_applications_pass(ask: Asking, role: str) -> None:
    """A token without our tenant claim is none of our business, whatever else it claims."""
    assert ask(role, None, key_id="someones").status_code == 200
    assert ask(role, None, key_id=None, user_metadata={"key_id": 1}).status_code == 200
