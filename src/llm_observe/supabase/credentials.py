"""Checks of credentials by their form alone, before anything heavy is loaded.

Cryptography takes longer to import than most functions take to start. Whether a key is one that
the project trusts, only the database says.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from typing import Any, Final

from llm_observe.errors import ConfigurationError
from llm_observe.tenancy import TENANT_ID

_COORDINATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 bytes in base64url, as every number of a P-256 key is (RFC 7518, 6.2)."""


def check_signing_key(text: str) -> dict[str, Any]:
    """Read a private ES256 JWK; whether its numbers belong together is not looked at.

    Raises:
        ConfigurationError: if it is none.
    """
    try:
        document: dict[str, Any] = json.loads(text)
        numbers = [document[name] for name in ("x", "y", "d")]
        whole = document["kty"] == "EC" and document["crv"] == "P-256"
        whole = whole and isinstance(document["kid"], str)
        whole = whole and all(map(_COORDINATE.fullmatch, numbers))
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        # The value itself is a secret and stays out of the message.
        raise ConfigurationError(
            "SUPABASE_JWT_SIGNING_KEY is a private ES256 key as a JWK with kty, crv, kid, x, y "
            "and d. `supabase gen signing-key --algorithm ES256` makes one."
        ) from None
    return document


def read_ingest_token(token: str) -> tuple[str, float]:
    """Give an ingest token's tenant and end (epoch seconds); the database checks its signature.

    Raises:
        ConfigurationError: if it is none.
    """
    try:
        claims = _read_claims(token)
        tenant, expires_at = str(claims["tenant_id"]), float(claims["exp"])
        whole = claims["role"] == "llm_ingest" and bool(TENANT_ID.fullmatch(tenant))
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        # The value itself is a secret and stays out of the message.
        raise ConfigurationError(
            "LLM_OBSERVE_INGEST_TOKEN is not an ingest token. Issue one with "
            "`make access ARGS='ingest-token --tenant …'`."
        ) from None
    return tenant, expires_at


def _read_claims(token: str) -> dict[str, Any]:
    header, payload, _signature = token.split(".")
    json.loads(_decode(header))
    claims: dict[str, Any] = json.loads(_decode(payload))
    return claims


def _decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
