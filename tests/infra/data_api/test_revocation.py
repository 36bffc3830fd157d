"""The pre-request function: a token works as long as the key it stands for."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import administer, read_as_owner
from tests.database.support.keys import create_key, from_now, key_id

TENANT = "tenant-123"
REFUSED = {
    "code": "PT401",
    "message": "The key behind this token was revoked or has expired.",
    "hint": "Use another key.",
    "details": None,
}
Asking = Callable[..., httpx.Response]


@pytest.fixture
def ask(data_api: str, keys: StackKeys, token: Callable[..., str]) -> Iterator[Asking]:
    """Asks a role's own door, with a token of these claims."""
    doors: dict[str, tuple[str, str, Any]] = {
        "authenticated": ("GET", "trace_summaries", None),
        "llm_ingest": ("POST", "rpc/ingest_spans", {"spans": []}),
        "llm_admin": ("GET", "api_key_summaries", None),
        "llm_gate": ("POST", "rpc/ping", {}),
        "service_role": ("GET", "trace_summaries", None),
    }
    with httpx.Client(
        base_url=f"{data_api}/rest/v1/", headers={"apikey": keys.publishable_key}
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
    create_key(database, TENANT, number, scopes=["admin"])
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
    create_key(database, "tenant-456", 12, scopes=["read"])
    assert ask("authenticated", "tenant-456", key_id=key_id(12)).status_code == 200
    assert ask("authenticated", key_id=key_id(12)).json() == REFUSED
    assert ask("authenticated", key_id="nobodys1").json() == REFUSED


@pytest.mark.parametrize("claim", [None, "dev", "command"])
@pytest.mark.parametrize("role", ["authenticated", "llm_ingest", "llm_admin"])
def test_claims_of_the_signing_keys_holder_pass(ask: Asking, role: str, claim: Any) -> None:
    """Developers, commands and the library's own writes have no row to look up."""
    assert ask(role, key_id=claim).status_code == 200


@pytest.mark.parametrize("claim", ["span_writer", "user:me", "user:", "somebody", "DEV", 7, True])
@pytest.mark.parametrize("role", ["authenticated", "llm_ingest", "llm_admin"])
def test_a_claim_without_a_known_rule_is_refused(ask: Asking, role: str, claim: Any) -> None:
    """A claim that no rule knows opens nothing; the writer of the queue may write."""
    if (role, claim) == ("llm_ingest", "span_writer"):
        assert ask(role, key_id=claim).status_code == 200
    else:
        assert ask(role, key_id=claim).status_code in {401, 403}


@pytest.mark.parametrize("role", ["authenticated", "llm_ingest", "llm_admin"])
def test_a_removed_member_ends_at_once(database: Database, ask: Asking, role: str) -> None:
    """As a revoked key does; 403, since the login is good and the tenant is not theirs."""
    person = str(uuid.uuid4())
    administer(database, TENANT, "set_membership", user_id=person, role="admin")
    assert ask(role, key_id=f"user:{person}").status_code == 200
    administer(database, TENANT, "remove_membership", user_id=person)
    answer = ask(role, key_id=f"user:{person}")
    assert (answer.status_code, answer.json()["code"]) == (403, "PT403")
    assert "not a member" in answer.json()["message"]


@pytest.mark.parametrize(
    ("role", "lost"),
    [("llm_admin", "member"), ("llm_ingest", "viewer")],
)
def test_a_demoted_member_does_less_at_once(
    database: Database, ask: Asking, role: str, lost: str
) -> None:
    """What the new role does not allow is refused by the next request, what it does goes on."""
    person = str(uuid.uuid4())
    administer(database, TENANT, "set_membership", user_id=person, role="admin")
    assert ask(role, key_id=f"user:{person}").status_code == 200
    administer(database, TENANT, "set_membership", user_id=person, role=lost)
    assert ask(role, key_id=f"user:{person}").json()["code"] == "PT403"
    assert ask("authenticated", key_id=f"user:{person}").status_code == 200


@pytest.mark.parametrize(
    ("scope", "doors"),
    [
        ("read", {"authenticated"}),
        ("ingest", {"llm_ingest"}),
        ("admin", {"authenticated", "llm_ingest", "llm_admin"}),
    ],
)
def test_a_key_opens_the_doors_of_its_scope(
    database: Database, ask: Asking, scope: str, doors: set[str]
) -> None:
    """Whatever role a token was minted for: the scope is looked up, too."""
    number = 20 + ["read", "ingest", "admin"].index(scope)
    create_key(database, TENANT, number, scopes=[scope])
    roles = ("authenticated", "llm_ingest", "llm_admin")
    open_ = {role for role in roles if ask(role, key_id=key_id(number)).status_code == 200}
    assert open_ == doors


@pytest.mark.parametrize("role", ["authenticated", "llm_gate", "service_role"])
def test_tokens_of_other_applications_pass(ask: Asking, role: str) -> None:
    """A token without our tenant claim is none of our business, whatever else it claims."""
    assert ask(role, None, key_id="someones").status_code == 200
    assert ask(role, None, key_id=None, user_metadata={"key_id": 1}).status_code == 200
