"""The project's users: who a Supabase access token belongs to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
import jwt
from jwt import PyJWK
from jwt.exceptions import PyJWKError, PyJWTError

from functions.common.errors import UnauthenticatedError

_ALGORITHMS: Final = ["ES256", "RS256"]
"""Algorithms of Supabase. A shared secret (HS256) that checks a token can forge one, too."""
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EMAIL: Final = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}")
"""In ASCII: of other letters, two addresses may be folded into one."""
_KEPT: Final = 600.0
"""Seconds. Supabase's edge keeps the key set as long
(https://supabase.com/docs/guides/auth/signing-keys)."""
_LEAST_AGE: Final = 30.0
"""Seconds after which an unknown key id is worth another look: anybody can make those up."""
_TIMEOUT: Final = 3.0
_REFUSED: Final = "This access token is not valid. Log in again."


@dataclass(frozen=True, slots=True)
class Login:
    """The user of an access token.

    ``email`` is in lower case, and None where there is none that could be compared. Supabase Auth
    puts an address there once it is confirmed, unless the project was told to ask for no proof.
    """

    user_id: str
    email: str | None
    is_anonymous: bool


class UserTokens:
    """Verifies users' access tokens against the project's published keys."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = f"{url.rstrip('/')}/auth/v1"
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched = float("-inf")

    def read_login(self, token: str) -> Login:
        """Give the user: the id, a UUID, and what the project vouches for.

        Raises:
            UnauthenticatedError: if the token is not one of the project's, or has expired.
            httpx.HTTPError: if the keys cannot be had.
        """
        try:
            claims = jwt.decode(
                token,
                self._find_key(token),
                algorithms=_ALGORITHMS,
                audience="authenticated",
                issuer=self._issuer,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except PyJWTError as error:
            raise UnauthenticatedError(_REFUSED) from error
        user, role = claims["sub"], claims.get("role")
        # The tokens that we mint ourselves are signed by the same key, and have no user.
        if role != "authenticated" or "key_id" in claims or not _UUID.fullmatch(user):
            raise UnauthenticatedError(_REFUSED)
        return Login(str(user), _read_email(claims), claims.get("is_anonymous") is True)

    def _find_key(self, token: str) -> PyJWK:
        kid = jwt.get_unverified_header(token).get("kid")
        age = self._clock() - self._fetched
        if age > _KEPT or (kid not in self._keys and age > _LEAST_AGE):
            self._fetch()
        if kid not in self._keys:
            raise UnauthenticatedError(_REFUSED)
        return self._keys[kid]

    def _fetch(self) -> None:
        answer = httpx.get(f"{self._issuer}/.well-known/jwks.json", timeout=_TIMEOUT)
        document: dict[str, Any] = answer.raise_for_status().json()
        keys = {}
        for published in document.get("keys", []):
            try:
                keys[published["kid"]] = PyJWK(published)
            except (PyJWKError, KeyError):
                continue  # a kind of key that we do not verify with
        self._keys, self._fetched = keys, self._clock()


def _read_email(claims: dict[str, Any]) -> str | None:
    # Never from user_metadata, which users write themselves.
    email = claims.get("email")
    return email.lower() if isinstance(email, str) and _EMAIL.fullmatch(email) else None
