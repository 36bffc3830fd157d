"""Who may call which route: the one table. A route that is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Scope = Literal["ingest", "read", "admin"]
"""What an API key may do."""
MemberRole = Literal["owner", "admin", "member", "viewer"]
"""What a user is in a tenant."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Any one of the scopes lets a key in, any one of the roles a user.

    ``public``: nobody is asked who they are. ``tenantless``: whoever has a credential, for no
    tenant in particular.
    """

    scopes: frozenset[Scope] = frozenset()
    roles: frozenset[MemberRole] = frozenset()
    public: bool = False
    tenantless: bool = False


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Whom a request acts for, once it is let in. ``key_id`` is what the database knows it by."""

    tenant: str
    key_id: str


_EVERYBODY: Final = Rule(public=True)
_KNOWN: Final = Rule(
    scopes=frozenset({"ingest", "read", "admin"}),
    roles=frozenset({"owner", "admin", "member", "viewer"}),
    tenantless=True,
)
_READERS: Final = Rule(
    scopes=frozenset({"read", "admin"}),
    roles=frozenset({"owner", "admin", "member", "viewer"}),
)
_WRITERS: Final = Rule(
    scopes=frozenset({"ingest", "admin"}), roles=frozenset({"owner", "admin", "member"})
)
_ADMINS: Final = Rule(scopes=frozenset({"admin"}), roles=frozenset({"owner", "admin"}))
_OWNERS: Final = Rule(scopes=frozenset({"admin"}), roles=frozenset({"owner"}))

ACCESS: Final[Mapping[str, Rule]] = {
    "GET /health": _EVERYBODY,
    "GET /me": _KNOWN,
    "GET /metrics": _READERS,
    "GET /spans": _READERS,
    "GET /traces": _READERS,
    "GET /traces/{trace_id}": _READERS,
    "POST /v1/traces": _WRITERS,
    "POST /v1/logs": _WRITERS,
    "POST /v1/metrics": _WRITERS,
    "POST /demo/run": _WRITERS,
    "POST /demo/fake_app": _WRITERS,
    "GET /keys": _ADMINS,
    "POST /keys": _ADMINS,
    "DELETE /keys/{key_id}": _ADMINS,
    "POST /keys/{key_id}/rotate": _ADMINS,
    "GET /audit": _ADMINS,
    "GET /retention": _ADMINS,
    "PUT /retention": _ADMINS,
    "GET /mappings": _ADMINS,
    "PUT /mappings": _ADMINS,
    "POST /mappings/test": _READERS,
    "DELETE /traces/{trace_id}": _ADMINS,
    "DELETE /users/{user_id}/data": _ADMINS,
    "POST /users/forget": _ADMINS,
    "DELETE /tenants/{tenant_id}": _OWNERS,
}
