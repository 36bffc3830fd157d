"""Everybody who may come to the Data API: each with what it proves, and what it is taken for."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jwt

from infra.local.keys import StackKeys, make_signing_key
from tests.isolation.tenants import ALPHA, BETA, SHARED_KEY, TENANTS, Tenant

Refusal = tuple[int, str | None]
"""Status and error code."""
NO_ROLE: Refusal = (401, "22023")
NOT_ITS_ROLE: Refusal = (403, "42501")


@dataclass(frozen=True, slots=True)
class Bearer:
    """A caller: the role it has in the database, and the tenant whose rows are its own."""

    name: str
    role: str = "anon"
    tenant: Tenant | None = None
    claims: Mapping[str, Any] | None = None
    """Beside those of a good token; None: there is no token."""
    at_the_door: Refusal | None = None
    """What the edge answers, whatever is asked for."""
    by_the_database: Refusal | None = None
    """What is answered before any statement runs, to a question that is understood."""
    forge: Callable[[str, StackKeys], str] = field(default=lambda token, _keys: token)
    headers: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        """Whether nothing that it asks is looked at."""
        return self.at_the_door is not None or self.by_the_database is not None

    def identify(self, keys: StackKeys, token: Callable[..., str]) -> dict[str, str]:
        """Give the headers of its requests."""
        headers: dict[str, str | None] = {"apikey": keys.publishable_key}
        if self.claims is not None:
            tenant = self.tenant.name if self.tenant else None
            made = token(tenant, **{"role": self.role, **self.claims})
            headers["Authorization"] = f"Bearer {self.forge(made, keys)}"
        headers |= self.headers
        return {name: value for name, value in headers.items() if value is not None}


def _sign(keys: StackKeys, claims: Mapping[str, Any]) -> str:
    key = jwt.PyJWK(keys.signing_key).key
    header = {"kid": keys.signing_key["kid"]}
    return jwt.encode(dict(claims), key, algorithm="ES256", headers=header)


def _read(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _by_another_key(token: str, keys: StackKeys) -> str:
    signing_key = make_signing_key() | {"kid": keys.signing_key["kid"]}
    return _sign(replace(keys, signing_key=signing_key), _read(token))


def _by_an_unknown_key(token: str, keys: StackKeys) -> str:
    return _sign(replace(keys, signing_key=make_signing_key()), _read(token))


def _unsigned(token: str, keys: StackKeys) -> str:
    header = {"kid": keys.signing_key["kid"]}
    return jwt.encode(_read(token), "", algorithm="none", headers=header)


def _cut_to_another(token: str, keys: StackKeys) -> str:
    """The claims of one good token under the signature of another."""
    _, _, signature = _sign(keys, _read(token) | {"tenant_id": BETA.name}).split(".")
    return f"{token.rpartition('.')[0]}.{signature}"


def _members() -> list[Bearer]:
    """Every tenant's every role, with good tokens."""
    return [
        Bearer(f"{role} of {tenant.name}", role, tenant, {})
        for tenant in TENANTS
        for role in ("authenticated", "llm_admin", "llm_ingest")
    ] + [
        Bearer("a member", "authenticated", BETA, {"key_id": f"user:{BETA.watcher}"}),
    ]


def _newcomers() -> list[Bearer]:
    """People with a good login whom no tenant has let in, and what is no person at all."""
    stranger = f"user:{uuid.UUID(int=8)}"
    return [
        *(
            Bearer(f"newcomer of {tenant.name}", "llm_join", tenant, {"key_id": stranger})
            for tenant in TENANTS
        ),
        *(
            Bearer(f"{name} as llm_join", "llm_join", ALPHA, claims, by_the_database=_LOST)
            for name, claims in (("nobody", {}), ("key", {"key_id": ALPHA.own_key}))
        ),
    ]


def _summing() -> list[Bearer]:
    """People who ask what their tenants add up to: of none, of one, and what is no person."""
    stranger, member = f"user:{uuid.UUID(int=8)}", f"user:{BETA.watcher}"
    return [
        Bearer("sums of a stranger", "llm_sums", None, {"key_id": stranger}),
        Bearer(
            "sums of a stranger who claims a tenant",
            "llm_sums",
            None,
            {"key_id": stranger, "tenant_id": ALPHA.name},
        ),
        Bearer("sums of a member", "llm_sums", BETA, {"key_id": member, "tenant_id": None}),
        *(
            Bearer(f"sums of {name}", "llm_sums", None, claims, by_the_database=_LOST)
            for name, claims in (("nobody", {}), ("a key", {"key_id": ALPHA.own_key}))
        ),
    ]


def _revoked() -> list[Bearer]:
    """The other tenant's key of the same id still works."""
    return [
        Bearer(
            f"revoked {role}", role, BETA, {"key_id": SHARED_KEY}, by_the_database=(401, "PT401")
        )
        for role in ("authenticated", "llm_admin", "llm_ingest")
    ]


def _ended() -> list[Bearer]:
    """Who was a member, whose key may only read, and who never was anybody: by every role."""
    stranger = f"user:{uuid.UUID(int=7)}"
    return (
        [
            Bearer(
                f"removed member as {role}", role, BETA, {"key_id": stranger}, by_the_database=_LOST
            )
            for role in ("authenticated", "llm_admin", "llm_ingest")
        ]
        + [
            Bearer(
                f"read key as {role}", role, ALPHA, {"key_id": SHARED_KEY}, by_the_database=_LOST
            )
            for role in ("llm_admin", "llm_ingest")
        ]
        + [
            Bearer(
                f"nobody as {role}", role, ALPHA, {"key_id": "x"}, by_the_database=(401, "PT401")
            )
            for role in ("authenticated", "llm_admin", "llm_ingest")
        ]
    )


_LOST: Refusal = (403, "PT403")
_ODD_TENANTS: dict[str, Any] = {
    "no tenant": None,
    "list of tenants": [ALPHA.name],
    "pattern for a tenant": "%",
    "empty tenant": "",
    "two tenants": f"{ALPHA.name},{BETA.name}",
    "tenant in capitals": ALPHA.name.upper(),
    "tenant with a blank": f"{ALPHA.name} ",
    "object for a tenant": {"eq": ALPHA.name},
}


def _odd() -> list[Bearer]:
    """Tokens that we would never sign: no role sees a row by them, and writers are turned away."""
    return [
        Bearer(
            f"{role}, {name}",
            role,
            None,
            {"tenant_id": tenant},
            by_the_database=None if role == "authenticated" else NOT_ITS_ROLE,
        )
        for role, some in (("authenticated", 8), ("llm_admin", 3))
        for name, tenant in [*_ODD_TENANTS.items()][:some]
    ]


def _forged() -> list[Bearer]:
    """Tokens for ALPHA that prove nothing."""
    long_ago, soon = int(time.time()) - 120, int(time.time()) + 3600
    bad_claims: dict[str, dict[str, Any]] = {
        "expired": {"exp": long_ago},
        "not yet valid": {"nbf": soon},
        "issued in the future": {"iat": soon},
        "wrong audience": {"aud": "anon"},
        "no audience": {"aud": None},
    }
    forgeries = {
        "signed by another": _by_another_key,
        "signed by an unknown key": _by_an_unknown_key,
        "unsigned": _unsigned,
        "under another's signature": _cut_to_another,
        "no token at all": lambda _token, _keys: "x",
    }
    return [
        Bearer(name, "authenticated", ALPHA, claims, at_the_door=(401, "PGRST303"))
        for name, claims in bad_claims.items()
    ] + [
        Bearer(name, "authenticated", ALPHA, {}, at_the_door=(401, "PGRST301"), forge=forge)
        for name, forge in forgeries.items()
    ]


def _not_ours() -> list[Bearer]:
    """Well signed, for roles that the Data API's login may not be."""
    refusals = {
        "postgres": NOT_ITS_ROLE,
        "supabase_admin": NOT_ITS_ROLE,
        "authenticator": NOT_ITS_ROLE,
        "nobody-knows": NO_ROLE,
    }
    return [
        Bearer(f"as {role}", role, ALPHA, {}, by_the_database=refusal)
        for role, refusal in refusals.items()
    ] + [
        Bearer(
            "as two roles",
            "none",
            ALPHA,
            {"role": ["authenticated", "llm_admin"]},
            by_the_database=NO_ROLE,
        )
    ]


BEARERS: tuple[Bearer, ...] = (
    *_members(),
    *_newcomers(),
    Bearer("gate", "llm_gate", None, {}),
    Bearer("gate that claims a tenant", "llm_gate", None, {"tenant_id": ALPHA.name}),
    Bearer("operator", "llm_operator", None, {}),
    Bearer("operator that claims a tenant", "llm_operator", None, {"tenant_id": ALPHA.name}),
    *_summing(),
    Bearer("publishable key alone", "anon"),
    Bearer("publishable key, claiming a tenant", "anon", None, {"tenant_id": ALPHA.name}),
    Bearer("no publishable key", at_the_door=(401, None), headers={"apikey": None}),
    Bearer("another publishable key", at_the_door=(401, None), headers={"apikey": "sb_x"}),
    *_revoked(),
    *_ended(),
    *_odd(),
    *_forged(),
    *_not_ours(),
)
OPERATOR = Bearer("as service_role", "service_role", None, {})
"""Operations by hand. Whoever holds the signing key can sign this and read every tenant's rows: the
key's custody is all that stands before it. Nothing of ours mints it: ``TokenMinter`` refuses."""
