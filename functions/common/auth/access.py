"""The callers that each route admits: the one table. A route that is not in it admits nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

KeyScope = Literal["ingest", "read", "admin"]
"""The rights of an API key."""
MemberRole = Literal["owner", "admin", "member", "viewer"]
"""The role of a user in a tenant, the highest first: each may do what those below may."""
SCOPES: Final[tuple[KeyScope, ...]] = get_args(KeyScope)
ROLES: Final[tuple[MemberRole, ...]] = get_args(MemberRole)


@dataclass(frozen=True, slots=True)
class Rule:
    """Any one of the scopes lets a key in, any one of the roles a user.

    ``public``: nobody is asked who they are. ``tenantless``: whoever has a credential, for no
    tenant in particular. ``fresh``: the door looks the credential up each time, since nothing
    behind it asks the database. ``basic``: a key may come as the password of Basic, as senders do
    that know nothing else. ``bound``: seconds at most that an ended credential is let in.
    """

    scopes: frozenset[KeyScope] = frozenset()
    roles: frozenset[MemberRole] = frozenset()
    public: bool = False
    tenantless: bool = False
    fresh: bool = False
    basic: bool = False
    bound: int = 0


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Whom a request acts for, once it is let in. ``key_id`` is what the database knows it by."""

    tenant: str
    key_id: str


def _from(lowest: MemberRole) -> frozenset[MemberRole]:
    return frozenset(ROLES[: ROLES.index(lowest) + 1])


_EVERYBODY: Final = Rule(public=True)
_KNOWN: Final = Rule(scopes=frozenset(SCOPES), roles=_from("viewer"), tenantless=True, fresh=True)
_READERS: Final = Rule(scopes=frozenset({"read", "admin"}), roles=_from("viewer"))
_WRITERS: Final = Rule(scopes=frozenset({"ingest", "admin"}), roles=_from("member"))
_ADMINS: Final = Rule(scopes=frozenset({"admin"}), roles=_from("admin"))
_OWNERS: Final = Rule(roles=_from("owner"))
"""People: a key makes keys, and whoever makes a key could rise by it."""
_PEOPLE: Final = Rule(roles=_from("viewer"), tenantless=True)
"""People of no tenant yet, or of many: the database's function that is called asks who they are."""
_MEMBERS: Final = Rule(roles=_from("viewer"))
"""People, whatever their role: what they may do concerns themselves alone."""
_HOSTS: Final = Rule(roles=_from("admin"))
"""People, too: whoever lets somebody in is answerable for them."""

MEMORY_SECONDS: Final = 60
"""How long the door remembers who somebody is; the database looks it up for every request."""

ACCESS: Final[Mapping[str, Rule]] = {
    "GET /health": _EVERYBODY,
    "GET /me": _KNOWN,
    "GET /metrics": _READERS,
    "GET /spans": _READERS,
    "GET /traces": _READERS,
    "GET /facets": _READERS,
    "GET /traces/{trace_id}": _READERS,
    "GET /traces/{trace_id}/spans/{span_id}": _READERS,
    "GET /sessions": _READERS,
    "GET /sessions/{session_id}": _READERS,
    "GET /users": _READERS,
    "GET /users/{user_id}": _READERS,
    # Without a span in it, or in queue mode, no database is asked.
    "POST /v1/traces": replace(_WRITERS, basic=True, bound=MEMORY_SECONDS),
    "POST /v1/logs": replace(_WRITERS, basic=True, fresh=True),
    "POST /v1/metrics": replace(_WRITERS, basic=True, fresh=True),
    "POST /demo/run": _ADMINS,
    "POST /demo/fake_app": _ADMINS,
    "GET /keys": _ADMINS,
    "POST /keys": _ADMINS,
    "DELETE /keys/{key_id}": _ADMINS,
    "POST /keys/{key_id}/rotate": _ADMINS,
    "GET /members": _HOSTS,
    "PUT /members/{user_id}": _HOSTS,
    "DELETE /members/me": _MEMBERS,
    "DELETE /members/{user_id}": _HOSTS,
    "POST /invitations": _HOSTS,
    "POST /invitations/accept": _PEOPLE,
    "DELETE /invitations/{invitation_id}": _HOSTS,
    "GET /tenants": _PEOPLE,
    "POST /tenants": _PEOPLE,
    "GET /audit": _ADMINS,
    "GET /setup": _ADMINS,
    "GET /retention": _ADMINS,
    "PUT /retention": _ADMINS,
    "GET /content-capture": _ADMINS,
    "PUT /content-capture": _ADMINS,
    "GET /tag-keys": _READERS,
    "PUT /tag-keys": _ADMINS,
    "GET /mappings": _ADMINS,
    "PUT /mappings": _ADMINS,
    # A private view is of whoever reads; the database asks for more of who shares one.
    "GET /views": _READERS,
    "POST /views": _READERS,
    "PUT /views/{view_id}": _READERS,
    "DELETE /views/{view_id}": _READERS,
    "GET /export": _READERS,
    "POST /search": _READERS,
    "POST /mappings/test": replace(_READERS, fresh=True),
    "DELETE /traces/{trace_id}": _ADMINS,
    "DELETE /users/{user_id}/data": _ADMINS,
    "POST /users/forget": _ADMINS,
    "POST /deletions": _ADMINS,
    "GET /deletions": _ADMINS,
    "GET /deletions/{deletion_id}": _ADMINS,
    # Before another tenant's name is answered, too.
    "DELETE /tenants/{tenant_id}": replace(_OWNERS, fresh=True),
}
