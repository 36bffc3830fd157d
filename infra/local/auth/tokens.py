"""Access tokens: signed by Auth's own ES256 key, and read again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import jwt

from infra.local.auth.answers import AuthError
from infra.local.auth.database import Row

_GOOD_FOR: Final = 3600
"""Seconds, Supabase's default."""
_ALGORITHM: Final = "ES256"
_AUDIENCE: Final = "authenticated"


class Signer:
    """Makes and reads the tokens of one issuer, ``<base URL>/auth/v1``."""

    def __init__(self, signing_key: Mapping[str, Any], issuer: str) -> None:
        self._key = jwt.PyJWK(dict(signing_key), algorithm=_ALGORITHM)
        self._issuer = issuer

    def sign(self, user: Row, session: Row, methods: list[dict[str, Any]]) -> tuple[str, int]:
        """Sign a token of the session; gives it with the second at which it ends."""
        now = int(time.time())
        expires_at = now + _GOOD_FOR
        claims = {
            "iss": self._issuer,
            "sub": str(user["id"]),
            "aud": user["aud"],
            "exp": expires_at,
            "iat": now,
            "email": user["email"],
            "phone": "",
            "app_metadata": user["raw_app_meta_data"],
            "user_metadata": user["raw_user_meta_data"],
            "role": user["role"],
            "aal": session["aal"],
            "amr": methods,
            "session_id": str(session["id"]),
            "is_anonymous": False,
        }
        headers = {"kid": self._key.key_id}
        return jwt.encode(claims, self._key.key, _ALGORITHM, headers=headers), expires_at

    def read(self, token: str) -> dict[str, Any]:
        """Give the claims of a token of ours; raises AuthError 403."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=self._issuer,
                options={"require": ["exp", "sub", "aud", "iss", "session_id"]},
            )
        except jwt.PyJWTError as error:
            message = f"invalid JWT: unable to parse or verify signature, {error}"
            raise AuthError(403, "bad_jwt", message) from error
        return claims
