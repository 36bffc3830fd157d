"""Keys of digests as they are handed out, told by their form alone.

``init`` looks at one before anything heavy is loaded, so nothing here computes a digest.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Final

from llm_observe.errors import ConfigurationError

DERIVED: Final = "d1:"
"""How a tenant's own digest key starts where it is handed out, unlike the master secret."""
_DERIVED_KEY: Final = re.compile(rf"{DERIVED}([^:]+):([A-Za-z0-9_-]{{43}})=?")


def read_digest_key(text: str) -> tuple[str, bytes] | None:
    """Give the id and the bytes of a key that was handed out; None where it is a master secret.

    Raises:
        ConfigurationError: if it starts like a key that was handed out and is none.
    """
    if not text.startswith(DERIVED):
        return None
    found = _DERIVED_KEY.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            "LLM_OBSERVE_DIGEST_KEY starts with d1: and is not whole. Copy it as it was issued."
        )
    return found[1], urlsafe_b64decode(found[2] + "=")
