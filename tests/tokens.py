"""Tokens of the Data API, as the functions sign them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

import jwt


def mint_token(signing_key: Mapping[str, Any], tenant: str | None, role: Any, **claims: Any) -> str:
    """Sign a token that is good for a minute; a claim of None is left out."""
    now = int(time.time())
    payload = {
        "role": role,
        "tenant_id": tenant,
        "aud": "authenticated",
        "iss": "llm-observe",
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
    } | claims
    return jwt.encode(
        {name: value for name, value in payload.items() if value is not None},
        jwt.PyJWK(dict(signing_key)).key,
        algorithm="ES256",
        headers={"kid": signing_key["kid"]},
    )
