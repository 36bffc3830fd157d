"""What a request of the API may carry, and what that is worth."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from functions.common.auth.access import ROLES, SCOPES, KeyScope, MemberRole, Rule
from functions.common.auth.api_keys import make_api_key
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from llm_observe.supabase.tokens import TokenMinter
from tests.database.support.callers import (
    administer,
    call_function,
    connect_as,
    connect_as_owner,
)
from tests.functions.credentials import bearer, log_in, make_user
from tests.isolation.questions import Question


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request carries, and what that is worth: its tenants, and its scopes or roles."""

    headers: dict[str, str]
    tenants: frozenset[str] = frozenset()
    scopes: frozenset[KeyScope] = frozenset()
    roles: frozenset[MemberRole] = frozenset()
    is_good: bool = True
    operates: bool = False

    def expect(self, rule: Rule, question: Question) -> int | None:
        """Give the status that stops it; None: it is let in, and sees its own tenant."""
        if rule.public:
            return None
        if not self.is_good:
            return 401
        if rule.tenantless:
            return 403 if self.scopes and not self.scopes & rule.scopes else None
        selected = question.headers.get("x-tenant-id", self.headers.get("x-tenant-id"))
        if selected is None and len(self.tenants) != 1:
            return 400
        if selected is not None and selected not in self.tenants:
            return 403
        return None if self.scopes & rule.scopes or self.roles & rule.roles else 403


@dataclass(frozen=True, slots=True)
class Registry:
    """Makes credentials of tenants that are settled already."""

    database: Database
    keys: StackKeys
    data_api: str
    made: dict[str, Credential] = field(default_factory=dict)

    def make_key(self, tenant: str, scope: KeyScope) -> tuple[str, str]:
        """Register a key; its id and the key."""
        key = make_api_key("live")
        administer(
            self.database,
            tenant,
            "create_api_key",
            key_id=key.key_id,
            digest=key.digest(self.keys.key_pepper),
            name=tenant,
            environment="live",
            scopes=[scope],
        )
        return key.key_id, key.text

    def log_in(self, roles: dict[str, str], **claims: Any) -> dict[str, str]:
        """Give the headers of a new user."""
        user = make_user(self.database.owner_url, roles)
        return bearer(log_in(self.keys, self.data_api, user, **claims))

    def make_operator(self) -> Credential:
        """Give a person who is no member of any tenant, and an operator."""
        user = make_user(self.database.owner_url, {})
        with connect_as(self.database, "llm_operator", None, "command") as connection:
            call_function(connection, "add_operator", {"user_id": user})
        return Credential(bearer(log_in(self.keys, self.data_api, user)), operates=True)

    def make_good(self, tenant: str) -> dict[str, Credential]:
        """Give a key of each scope and a user of each role."""
        found = {
            f"{scope} key": Credential(
                bearer(self.make_key(tenant, scope)[1]),
                frozenset({tenant}),
                scopes=frozenset({scope}),
            )
            for scope in SCOPES
        }
        return found | {
            role: Credential(
                self.log_in({tenant: role}), frozenset({tenant}), roles=frozenset({role})
            )
            for role in ROLES
        }

    def make_bad(self, victim: str) -> dict[str, Credential]:
        """Give what opens nothing, though it names the victim."""
        revoked, of_revoked = self.make_key(victim, "admin")
        administer(self.database, victim, "revoke_api_key", key_id=revoked)
        expired, of_expired = self.make_key(victim, "admin")
        with connect_as_owner(self.database) as owner:
            owner.execute(
                "update api_keys set expires_at = now() - interval '1 s' where key_id = %s",
                (expired,),
            )
        minter = TokenMinter(self.keys_json(), issuer=f"{self.data_api}/auth/v1")
        headers = {
            "nothing": {},
            "only the header": {"x-tenant-id": victim},
            "revoked key": bearer(of_revoked),
            "expired key": bearer(of_expired),
            "cut key": bearer(of_revoked[:-7]),
            "publishable key": bearer(self.keys.publishable_key),
            "token of our own": bearer(minter.mint("llm_admin", victim)),
            "expired login": self.log_in({victim: "owner"}, exp=int(time.time()) - 120),
            "login of another audience": self.log_in({victim: "owner"}, aud="anon"),
            "login of another project": self.log_in({victim: "owner"}, iss="https://x.example"),
            "login as service_role": self.log_in({victim: "owner"}, role="service_role"),
        }
        return {name: Credential(one, is_good=False) for name, one in headers.items()}

    def keys_json(self) -> str:
        """The signing key as the API has it."""
        return self.keys.signing_key_path.read_text()
