"""Short-lived ES256 tokens, one tenant each: how a request acts as a tenant in the database.

The private key is one that the Supabase project trusts (an imported signing key), so PostgREST
checks the token and row level security reads its ``tenant_id``.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Literal

from jwt import PyJWK, encode
from jwt.exceptions import PyJWTError

from llm_observe.errors import ConfigurationError, TokenRefusedError
from llm_observe.tenancy import TENANT_ID

Role = Literal["authenticated", "llm_ingest", "llm_admin", "llm_gate"]

_ROLES: Final = frozenset({"authenticated", "llm_ingest", "llm_admin", "llm_gate"})
_WITHOUT_TENANT: Final = frozenset({"llm_gate"})
_LIFETIME: Final = 60
"""Seconds. PostgREST allows 30 s of clock skew on top."""
_REUSE: Final = 45.0
"""Seconds. Leaves a request 15 s, and lets PostgREST cache the signature check by token."""
_MOST_KEPT: Final = 1024


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    reuse_until: float


class TokenMinter:
    """Mints and re-uses tokens for (role, tenant). Safe to share between threads."""

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
        self._kept: OrderedDict[tuple[Role, str | None], _Minted] = OrderedDict()
        self._lock = Lock()

    def mint(self, role: Role, tenant: str | None) -> str:
        """Give a token that is valid for at least 15 s.

        Raises:
            TokenRefusedError: for any role but our four, for a malformed tenant, and for a tenant
                where the role has none.
        """
        _check_claims(role, tenant)
        now = self._clock()
        with self._lock:
            kept = self._kept.get((role, tenant))
            if kept is not None and now < kept.reuse_until:
                return kept.token
            minted = _Minted(self._sign(role, tenant, int(now)), now + _REUSE)
            self._kept[role, tenant] = minted
            self._kept.move_to_end((role, tenant))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return minted.token

    def _sign(self, role: Role, tenant: str | None, now: int) -> str:
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": "authenticated",
            "role": role,
            "iat": now,
            "exp": now + _LIFETIME,
            "jti": uuid.uuid4().hex,
        }
        if tenant is not None:
            claims["tenant_id"] = tenant
        return encode(claims, self._key.key, algorithm="ES256", headers={"kid": self._kid})


def _check_claims(role: Role, tenant: str | None) -> None:
    if role not in _ROLES:
        raise TokenRefusedError(f"No token is minted for the role {role!r}.")
    if (tenant is None) != (role in _WITHOUT_TENANT):
        raise TokenRefusedError(f"A token for {role} {'has no' if tenant else 'needs a'} tenant.")
    if tenant is not None and not TENANT_ID.fullmatch(tenant):
        raise TokenRefusedError("A token needs a well-formed tenant id.")


def _read_key(signing_key: str) -> tuple[str, PyJWK]:
    try:
        document = json.loads(signing_key)
        private = bool(document["d"]) and document["crv"] == "P-256"
        kid, key = document["kid"], PyJWK(document, algorithm="ES256")
    except (ValueError, KeyError, TypeError, PyJWTError):
        private = False
    if not private or not isinstance(kid, str):
        # The value itself is a secret and stays out of the message.
        raise ConfigurationError(
            "SUPABASE_JWT_SIGNING_KEY is a private ES256 key as a JWK with kty, crv, kid, x, y "
            "and d. `supabase gen signing-key --algorithm ES256` makes one."
        ) from None
    return kid, key
