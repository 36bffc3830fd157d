"""The proof that a request carries of its sender: an API key, a user's access token, or nothing."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, cast

from functions.common.auth.access import MEMORY_SECONDS, KeyScope, MemberRole, Rule
from functions.common.auth.api_keys import PREFIX, ApiKey, read_api_key
from functions.common.auth.logins import UserTokens
from functions.common.database import ask_gate
from functions.common.environment import load_peppers, load_settings
from functions.common.errors import UnauthenticatedError
from functions.common.expiring import ExpiringCache

_GOOD_FOR: Final = float(MEMORY_SECONDS)
"""The longest that an ended credential still finds its way to the database, which refuses it."""
_BAD_FOR: Final = 10.0
"""Seconds that a wrong key is remembered, so that it does not cost a round trip each time."""
_LONGEST: Final = 4096
"""Characters of an Authorization header; Supabase's access tokens have about 1,000."""
_ASK: Final = (
    "Send Authorization: Bearer with an API key of llm-observe (lo_…) or a Supabase access token."
)
_WRONG_KEY: Final = "This API key is not valid. Look whether it was copied whole, or has expired."

_keys: ExpiringCache[tuple[str, str], KeyCredential | None] = ExpiringCache()
_members: ExpiringCache[str, Mapping[str, MemberRole]] = ExpiringCache()


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """An API key that works. ``key_id`` is the claim of the tokens that are minted for it."""

    key_id: str
    tenant: str
    scopes: frozenset[KeyScope]
    kind: Literal["api_key"] = "api_key"

    def list_tenants(self) -> list[str]:
        """The tenants that it may select."""
        return [self.tenant]

    def satisfies(self, rule: Rule, _tenant: str | None) -> bool:
        """Whether one of its scopes is among the rule's."""
        return bool(self.scopes & rule.scopes)


@dataclass(frozen=True, slots=True)
class UserCredential:
    """A user who has logged in, with the role in each of their tenants."""

    key_id: str
    roles: Mapping[str, MemberRole]
    email: str | None = None
    is_anonymous: bool = False
    kind: Literal["user"] = "user"

    def list_tenants(self) -> list[str]:
        """The tenants that the user is a member of."""
        return list(self.roles)

    def satisfies(self, rule: Rule, tenant: str | None) -> bool:
        """Whether the user's role in the tenant is among the rule's."""
        if tenant is None:
            return rule.tenantless and bool(rule.roles)
        return self.roles.get(tenant) in rule.roles


@dataclass(frozen=True, slots=True)
class DeveloperCredential:
    """Any caller of a stack in development mode: any tenant, everything."""

    key_id: str = "dev"
    kind: Literal["dev"] = "dev"

    def list_tenants(self) -> None:
        """Any tenant."""

    def satisfies(self, _rule: Rule, _tenant: str | None) -> bool:
        """Always."""
        return True


Credential = KeyCredential | UserCredential | DeveloperCredential


def authenticate(headers: list[str], *, fresh: bool = False, basic: bool = False) -> Credential:
    """Tell who sends these Authorization headers; ``fresh``: by the database, not by memory.

    ``basic``: an API key may also be the password of Basic, under any user.

    Raises:
        UnauthenticatedError: if there is none (outside development mode), more than one, or one
            that proves nothing.
        httpx.HTTPError, postgrest.exceptions.APIError: if the database cannot be asked.
    """
    if not headers and load_settings().dev:
        return DeveloperCredential()
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if basic and scheme.lower() == "basic" and len(token) <= _LONGEST:
        return _authenticate_key(_read_password(token), fresh=fresh)
    if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST:
        raise UnauthenticatedError(_ASK)
    if token.startswith(PREFIX):
        return _authenticate_key(token, fresh=fresh)
    return _authenticate_user(token, fresh=fresh)


def _read_password(encoded: str) -> str:
    """Give the password of Basic; empty where there is none (RFC 7617)."""
    try:
        return b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _authenticate_key(text: str, *, fresh: bool) -> KeyCredential:
    key = read_api_key(text)
    credential = _look_up(key, fresh=fresh) if key is not None else None
    if credential is None:
        raise UnauthenticatedError(_WRONG_KEY)
    return credential


def _look_up(key: ApiKey, *, fresh: bool) -> KeyCredential | None:
    """Find a key under the pepper of new keys, else under those before it."""
    digests = (key.digest(pepper) for pepper in load_peppers())
    found = (_look_up_digest(key, digest, fresh=fresh) for digest in digests)
    return next((credential for credential in found if credential is not None), None)


def _look_up_digest(key: ApiKey, digest: str, *, fresh: bool) -> KeyCredential | None:
    known = _keys.find((key.key_id, digest))
    # A key that was wrong does not become right.
    if known is not None and not (fresh and known[0]):
        return known[0]
    found = ask_gate("authenticate_key", {"key_id": key.key_id, "digest": digest})
    if found is None:
        return _keys.store((key.key_id, digest), None, _BAD_FOR)
    scopes: frozenset[KeyScope] = frozenset(found["scopes"])
    credential = KeyCredential(key.key_id, found["tenant_id"], scopes)
    return _keys.store((key.key_id, digest), credential, _GOOD_FOR)


def _authenticate_user(token: str, *, fresh: bool) -> UserCredential:
    login = _get_user_tokens().read_login(token)
    roles = _find_roles(login.user_id, fresh=fresh)
    return UserCredential(f"user:{login.user_id}", roles, login.email, login.is_anonymous)


def _find_roles(user: str, *, fresh: bool) -> Mapping[str, MemberRole]:
    known = _members.find(user)
    if known is not None and not fresh:
        return known[0]
    found = cast("list[dict[str, Any]]", ask_gate("find_memberships", {"user_id": user}))
    return _members.store(user, {row["tenant_id"]: row["role"] for row in found}, _GOOD_FOR)


@cache
def _get_user_tokens() -> UserTokens:
    return UserTokens(str(load_settings().supabase_url))
