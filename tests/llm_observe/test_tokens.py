"""Tokens for one role and one tenant."""

from __future__ import annotations

import json
from typing import Any, cast

import jwt
import pytest

from infra.local.keys import StackKeys
from llm_observe.errors import ConfigurationError, TokenRefusedError
from llm_observe.supabase.tokens import Role, TokenMinter


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def minter(keys: StackKeys, clock: Clock) -> TokenMinter:
    return TokenMinter(
        json.dumps(keys.signing_key), issuer="https://x.supabase.co/auth/v1", clock=clock
    )


def decode(token: str, keys: StackKeys) -> dict[str, Any]:
    key = jwt.PyJWK(json.loads(keys.jwks_path.read_text())["keys"][0])
    return jwt.decode(
        token,
        key,
        algorithms=["ES256"],
        audience="authenticated",
        options={"verify_exp": False, "verify_iat": False},
    )


def test_a_token_says_who_and_for_how_long(minter: TokenMinter, keys: StackKeys) -> None:
    """Signed with the project's key, for one tenant, one role and sixty seconds."""
    token = minter.mint("llm_ingest", "tenant-123")
    claims = decode(token, keys)

    assert (claims["role"], claims["tenant_id"]) == ("llm_ingest", "tenant-123")
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iss"] == "https://x.supabase.co/auth/v1"
    assert jwt.get_unverified_header(token)["kid"] == keys.signing_key["kid"]


def test_a_token_is_used_again_for_45_seconds(minter: TokenMinter, clock: Clock) -> None:
    """PostgREST caches signature checks by token, and none is used in its last 15 seconds."""
    first = minter.mint("authenticated", "tenant-123")
    clock.now += 44.9
    again = minter.mint("authenticated", "tenant-123")
    clock.now += 0.2

    assert first == again
    assert minter.mint("authenticated", "tenant-123") != first


def test_each_role_and_tenant_has_a_token_of_its_own(minter: TokenMinter) -> None:
    """A token is never shared between tenants, roles or credentials."""
    tokens = {
        minter.mint("authenticated", "tenant-123"),
        minter.mint("authenticated", "tenant-123", "3f9c2k7q"),
        minter.mint("authenticated", "tenant-456"),
        minter.mint("llm_ingest", "tenant-123"),
        minter.mint("llm_join", "tenant-123"),
        minter.mint("llm_gate", None),
        minter.mint("llm_operator", None),
        minter.mint("llm_sums", None, "user:1"),
        minter.mint("llm_sums", None, "user:2"),
    }

    assert len(tokens) == 9


@pytest.mark.parametrize(
    ("role", "tenant"),
    [
        ("service_role", "tenant-123"),
        ("postgres", None),
        ("authenticated", None),
        ("llm_join", None),
        ("llm_gate", "tenant-123"),
        ("llm_operator", "tenant-123"),
        ("llm_sums", "tenant-123"),
        ("authenticated", "Tenant 123"),
        ("authenticated", "a" * 64),
    ],
)
def test_no_other_token_is_minted(minter: TokenMinter, role: str, tenant: str | None) -> None:
    """The key could sign any role; the minter makes seven, three of them without a tenant."""
    with pytest.raises(TokenRefusedError):
        minter.mint(cast("Role", role), tenant)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "not json", '{"kty":"EC","crv":"P-256","kid":"k"}']
)
def test_a_malformed_key_is_named_and_not_shown(text: str) -> None:
    """The error says what a key looks like and repeats nothing of it."""
    with pytest.raises(ConfigurationError, match="SUPABASE_JWT_SIGNING_KEY") as caught:
        TokenMinter(text, issuer="x")

    assert len(text) < 3 or text not in str(caught.value)


def test_a_public_key_is_refused(keys: StackKeys) -> None:
    """A key that cannot sign is found at start, not at the first request."""
    with pytest.raises(ConfigurationError):
        TokenMinter(json.dumps(json.loads(keys.jwks_path.read_text())["keys"][0]), issuer="x")
