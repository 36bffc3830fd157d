"""Which names of attributes, fields and parameters say that their value is a secret. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

_LONGEST_NAME: Final = 128
_WORD: Final = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HINT: Final = re.compile(
    "(?i)pass|pwd|secret|token|cookie|auth|key|cred|ssn|cvv|cvc|otp|jwt|bearer|sig|conn"
)
_SECRET_WORDS: Final = frozenset(
    {
        "apikey",
        "authorization",
        "bearer",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "cvc",
        "cvv",
        "jwt",
        "otp",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "privatekey",
        "pwd",
        "secret",
        "secretkey",
        "secrets",
        "ssn",
    }
)
_SECRET_LAST_WORDS: Final = frozenset({"accesstoken", "authtoken", "sig", "token"})
_SECRET_PAIRS: Final = frozenset(
    {
        ("access", "key"),
        ("account", "key"),
        ("amz", "signature"),
        ("api", "key"),
        ("api", "keys"),
        ("connection", "string"),
        ("db", "pass"),
        ("encryption", "key"),
        ("goog", "signature"),
        ("master", "key"),
        ("private", "key"),
        ("role", "key"),
        ("shared", "key"),
        ("signing", "key"),
        ("smtp", "pass"),
        ("user", "pass"),
    }
)
_ABOUT: Final = frozenset(
    {
        "at",
        "count",
        "enabled",
        "endpoint",
        "expires",
        "expiry",
        "id",
        "in",
        "length",
        "limit",
        "name",
        "policy",
        "present",
        "required",
        "size",
        "status",
        "ttl",
        "type",
        "uri",
        "url",
        "usage",
        "version",
    }
)
"""Last words of names that tell about a secret, not the secret itself: ``token_type``."""
_OF_TEXT: Final = frozenset(
    {
        "bos",
        "cls",
        "completion",
        "continuation",
        "eos",
        "first",
        "input",
        "last",
        "mask",
        "next",
        "output",
        "pad",
        "page",
        "pagination",
        "per",
        "prompt",
        "sep",
        "special",
        "stop",
        "unk",
    }
)
"""Words before ``token`` where a token is a piece of text or a place in a list."""


def is_secret_name(name: str) -> bool:
    """Tell whether a name in any spelling (``api_key``, ``apiKey``, ``X-Api-Key``) says secret.

    ``max_tokens``, ``gen_ai.token.type`` and ``time_to_first_token`` do not. Of a name over 128
    characters the end is read, and remembered: whoever sends names chooses their length.
    """
    return _says_secret(name[-_LONGEST_NAME:])


@lru_cache(1024)
def _says_secret(name: str) -> bool:
    if not _HINT.search(name):
        return False
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    if not _SECRET_WORDS.isdisjoint(words):
        return True
    if any(pair in _SECRET_PAIRS for pair in pairwise(words)):
        return True
    return words[-1] in _SECRET_LAST_WORDS and _OF_TEXT.isdisjoint(words[-3:-1])
