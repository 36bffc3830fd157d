"""The three secrets of a deployment (docs/security.md), drawn."""

from __future__ import annotations

import json
from secrets import token_urlsafe
from typing import Final

from infra.local.keys import make_signing_key

_SIGNING_KEY: Final = "SUPABASE_JWT_SIGNING_KEY"
SECRETS: Final = (_SIGNING_KEY, "LLM_OBSERVE_DIGEST_KEY", "LLM_OBSERVE_KEY_PEPPER")
_BYTES: Final = 32


def draw_secret(name: str) -> str:
    """Draw one of SECRETS, as the functions read it."""
    return json.dumps(make_signing_key()) if name == _SIGNING_KEY else token_urlsafe(_BYTES)
