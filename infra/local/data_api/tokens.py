"""The caller: the publishable key at the edge, then an ES256 bearer token or nobody.

PostgREST's rules: https://docs.postgrest.org/en/v14/references/auth.html
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt

from infra.local.data_api.errors import DataApiError, invalid_token

LEEWAY_SECONDS = 30
"""PostgREST's allowed clock skew, the same for exp, nbf and iat."""
_ALGORITHM = "ES256"
_TOKEN_PARTS = 3
_MOST_VERIFIED = 1000
"""PostgREST's default for jwt-cache-max-entries."""


@dataclass(frozen=True)
class Caller:
    """A database role and the claims it was given."""

    role: str
    claims: Mapping[str, Any]
    anonymous: bool


@dataclass(frozen=True, eq=False)
class KeySet:
    """The public keys by ``kid``, as PostgREST is given them."""

    document: Mapping[str, Any]
    keys: tuple[jwt.PyJWK, ...]

    @classmethod
    def read(cls, path: Path) -> KeySet:
        """Read a JWKS file; raises ValueError when it holds no ES256 key."""
        document = json.loads(path.read_text(encoding="utf-8"))
        keys = tuple(
            jwt.PyJWK(key, algorithm=_ALGORITHM)
            for key in document["keys"]
            if key.get("kty") == "EC" and key.get("crv") == "P-256"
        )
        if not keys:
            raise ValueError(f"{path} holds no ES256 key; write one public EC P-256 JWK into it")
        return cls(document, keys)

    def suitable(self, header: Mapping[str, Any]) -> tuple[jwt.PyJWK, ...]:
        """Find the keys that may have signed under this header (all, where it has no kid)."""
        if header.get("alg") != _ALGORITHM:
            return ()
        kid = header.get("kid")
        return tuple(key for key in self.keys if kid is None or key.key_id == kid)


@dataclass(frozen=True)
class Verifier:
    """Turns the credentials of a request into a caller."""

    keys: KeySet
    publishable_key: str
    audience: str | None
    anonymous_role: str

    def check_api_key(self, presented: str | None) -> None:
        """Refuse what Supabase's edge refuses before PostgREST sees it."""
        if not presented:
            raise DataApiError(
                401,
                None,
                "No API key found in request",
                hint="No `apikey` request header was found.",
            )
        if not self._is_publishable(presented):
            raise DataApiError(
                401, None, "Invalid API key", hint="Double check your Supabase publishable key."
            )

    def identify(self, authorization: str | None) -> Caller:
        """Read the Authorization header; raises DataApiError 401 for a token that fails."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or self._is_publishable(token):
            return self._caller({})
        claims = self._decode(token)
        self._check_claims(claims, now=time.time())
        return self._caller(claims)

    def _is_publishable(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self.publishable_key.encode())

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        claimed = claims.get("role", self.anonymous_role)
        role = claimed if isinstance(claimed, str) else json.dumps(claimed)
        return Caller(role, {**claims, "role": role}, role == self.anonymous_role)

    def _decode(self, token: str) -> Mapping[str, Any]:
        if not token:
            raise invalid_token("PGRST301", "Empty JWT is sent in Authorization header")
        parts = token.count(".") + 1
        if parts != _TOKEN_PARTS:
            raise invalid_token("PGRST301", f"Expected 3 parts in JWT; got {parts}")
        payload = _verify(self.keys, token)
        try:
            claims = json.loads(payload)
        except (ValueError, RecursionError):
            claims = None
        if not isinstance(claims, dict):
            raise invalid_token("PGRST303", "Parsing claims failed")
        return claims

    def _check_claims(self, claims: Mapping[str, Any], *, now: float) -> None:
        expires = _seconds(claims, "exp")
        if expires is not None and now - LEEWAY_SECONDS > expires:
            raise invalid_token("PGRST303", "JWT expired")
        not_before = _seconds(claims, "nbf")
        if not_before is not None and now + LEEWAY_SECONDS < not_before:
            raise invalid_token("PGRST303", "JWT not yet valid")
        issued = _seconds(claims, "iat")
        if issued is not None and now + LEEWAY_SECONDS < issued:
            raise invalid_token("PGRST303", "JWT issued at future")
        self._check_audience(claims.get("aud"))

    def _check_audience(self, claimed: Any) -> None:
        """Compare ``aud``; unlike PostgREST, a missing one is refused where one is configured.

        Every token this project mints has an audience, so a token without one is a mistake
        that should show on the developer's machine.
        """
        audiences = [claimed] if isinstance(claimed, str) else claimed
        well_formed = audiences is None or (
            isinstance(audiences, list) and all(isinstance(each, str) for each in audiences)
        )
        if not well_formed:
            raise invalid_token(
                "PGRST303", "The JWT 'aud' claim must be a string or an array of strings"
            )
        if self.audience is not None and self.audience not in (audiences or ()):
            raise invalid_token("PGRST303", "JWT not in audience")


@lru_cache(_MOST_VERIFIED)
def _verify(keys: KeySet, token: str) -> bytes:
    """Check a signature and give the claims as JSON; what was refused is not remembered."""
    signatures = jwt.PyJWS(algorithms=[_ALGORITHM])
    try:
        header = signatures.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise invalid_token("PGRST301", "JWT cryptographic operation failed") from None
    refusal = "No suitable key was found to decode the JWT"
    for key in keys.suitable(header):
        try:
            return bytes(signatures.decode(token, key, algorithms=[_ALGORITHM]))
        except jwt.InvalidTokenError:
            refusal = "None of the keys was able to decode the JWT"
    if str(header.get("alg")).lower() == "none":
        raise invalid_token("PGRST301", "Wrong or unsupported encoding algorithm")
    raise invalid_token("PGRST301", "No suitable key or wrong key type", refusal)


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    """Read a NumericDate claim (seconds since 1970, UTC)."""
    value = claims.get(name)
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    raise invalid_token("PGRST303", f"The JWT '{name}' claim must be a number")
