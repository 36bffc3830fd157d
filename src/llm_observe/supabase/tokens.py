"""Short-lived ES256 tokens, one tenant each: how a request acts as a tenant in the database.

The private key is one that the Supabase project trusts (an imported signing key), so PostgREST
checks the token and row level security reads its ``tenant_id``.
"""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, get_args

from llm_observe.errors import ConfigurationError, TokenRefusedError
from llm_observe.supabase.credentials import check_signing_key, read_ingest_token
from llm_observe.tenancy import TENANT_ID

if TYPE_CHECKING:
    # Imported where it is used: with an ingest token nothing is signed, and cryptography takes
    # longer to import than many functions take to start.
    from jwt import PyJWK

Role = Literal[
    "authenticated",
    "llm_ingest",
    "llm_admin",
    "llm_join",
    "llm_gate",
    "llm_operator",
    "llm_sums",
]

_ROLES: Final[frozenset[str]] = frozenset(get_args(Role))
_WITHOUT_TENANT: Final = frozenset({"llm_gate", "llm_operator", "llm_sums"})
_LIFETIME: Final = 60
"""Seconds. PostgREST allows 30 s of clock skew on top."""
_REUSE: Final = 45.0
"""Seconds. Leaves a request 15 s, and lets PostgREST cache the signature check by token."""
_MOST_KEPT: Final = 1024
_DAY: Final = 86_400

_Bearer = tuple[Role, str | None, str | None]
"""A token's role, tenant and key id."""


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    reuse_until: float


class TokenSource(Protocol):
    """Where a request's token comes from."""

    def mint(self, role: Role, tenant: str | None, key_id: str | None = None) -> str:
        """Give a token, or raise TokenRefusedError."""


class TokenMinter:
    """Mints and re-uses tokens for (role, tenant, key id). Safe to share between threads."""

    def __init__(
        self, signing_key: str, *, issuer: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Take a private ES256 JWK as JSON.

        Raises:
            ConfigurationError: if it is no such key.
        """
        self._kid, self._key = _read_key(signing_key)
        self._issuer = issuer
        self._clock = clock
        self._kept: OrderedDict[_Bearer, _Minted] = OrderedDict()
        self._lock = Lock()

    def mint(self, role: Role, tenant: str | None, key_id: str | None = None) -> str:
        """Give a token that is valid for at least 15 s.

        ``key_id`` names the credential that it stands for, which the database may find revoked
        and which its audit names.

        Raises:
            TokenRefusedError: for any role but our seven, for a malformed tenant, and for a tenant
                where the role has none.
        """
        _check_claims(role, tenant)
        now, bearer = self._clock(), (role, tenant, key_id)
        with self._lock:
            kept = self._kept.get(bearer)
            if kept is not None and now < kept.reuse_until:
                return kept.token
            minted = _Minted(self._sign(bearer, int(now), _LIFETIME), now + _REUSE)
            self._kept[bearer] = minted
            self._kept.move_to_end(bearer)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return minted.token

    def issue_ingest_token(self, tenant: str, key_id: str, *, days: int) -> str:
        """Sign a token for an application outside: it may ingest for one tenant, for so many days.

        It works once ``key_id`` is registered (``create_ingest_token``), until it is revoked there.

        Raises:
            TokenRefusedError: for a malformed tenant.
        """
        _check_claims("llm_ingest", tenant)
        return self._sign(("llm_ingest", tenant, key_id), int(self._clock()), days * _DAY)

    def _sign(self, bearer: _Bearer, now: int, lifetime: int) -> str:
        from jwt import encode  # noqa: PLC0415  # see the top

        role, tenant, key_id = bearer
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": "authenticated",
            "role": role,
            "iat": now,
            "exp": now + lifetime,
            "jti": uuid.uuid4().hex,
        }
        given = {"tenant_id": tenant, "key_id": key_id}
        claims |= {name: value for name, value in given.items() if value is not None}
        return encode(claims, self._key.key, algorithm="ES256", headers={"kid": self._kid})


class HeldToken:
    """An ingest token that was issued to this application: it can act for its own tenant only."""

    def __init__(self, token: str) -> None:
        """Take a token as ``issue_ingest_token`` signs it; the database checks the signature.

        Raises:
            ConfigurationError: if it is none.
        """
        self._token = token
        self.tenant, self.expires_at = read_ingest_token(token)

    def mint(self, role: Role, tenant: str | None, key_id: str | None = None) -> str:
        """Give the token, for what it was issued for.

        Raises:
            TokenRefusedError: for another role, tenant or credential.
        """
        if role != "llm_ingest" or tenant != self.tenant or key_id is not None:
            raise TokenRefusedError(f"The ingest token writes for {self.tenant!r} only.")
        return self._token


def _check_claims(role: Role, tenant: str | None) -> None:
    if role not in _ROLES:
        raise TokenRefusedError(f"No token is minted for the role {role!r}.")
    if (tenant is None) != (role in _WITHOUT_TENANT):
        raise TokenRefusedError(f"A token for {role} {'has no' if tenant else 'needs a'} tenant.")
    if tenant is not None and not TENANT_ID.fullmatch(tenant):
        raise TokenRefusedError("A token needs a well-formed tenant id.")


def _read_key(signing_key: str) -> tuple[str, PyJWK]:
    from jwt import PyJWK  # noqa: PLC0415  # see the top
    from jwt.exceptions import PyJWTError  # noqa: PLC0415  # see the top

    document = check_signing_key(signing_key)
    try:
        return document["kid"], PyJWK(document, algorithm="ES256")
    except (ValueError, PyJWTError):
        raise ConfigurationError(
            "SUPABASE_JWT_SIGNING_KEY has numbers that do not belong together. Copy it again, "
            "or make another with `supabase gen signing-key --algorithm ES256`."
        ) from None
