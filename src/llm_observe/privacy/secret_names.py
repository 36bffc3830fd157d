"""Which names of attributes, fields and parameters say that their value is a secret. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

_LONGEST_NAME: Final = 128
_WORD: Final = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASSWORD_WORDS: Final = frozenset(
    {
        "contrasena",
        "contrasenas",
        "haslo",
        "kennwort",
        "losenord",
        "parola",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "passwort",
        "pwd",
        "senha",
        "wachtwoord",
    }
)
_PASSWORD: Final = re.compile(
    "(?i)contraseña|hasło|lösenord|mot[ _-]?de[ _-]?passe|пароль|密码|密碼|パスワード|비밀번호"
)
"""Password, in languages of many: whoever writes it need not write English."""
_HINT: Final = re.compile(
    "(?i)pass|pwd|secret|token|cookie|auth|key|cred|ssn|cvv|cvc|otp|jwt|bearer|sig|conn|pepper"
    "|hook|code|contrase|has[lł]o|kennwort|l[oö]senord|parola|senha|wachtwoord|[^ -~]"
)
JWK_PRIVATE: Final = frozenset({"d", "dp", "dq", "k", "oth", "p", "q", "qi"})
"""Names in a JSON Web Key that say secret there only (RFC 7518, section 6)."""
_SECRET_WORDS: Final = _PASSWORD_WORDS | frozenset(
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
        "privatekey",
        "secret",
        "secretkey",
        "secrets",
        "ssn",
        "totp",
    }
)
_SECRET_ENDINGS: Final = ("apikey", "passphrase", "passwd", "password")
"""Of words written as one: ``PGPASSWORD``."""
_SECRET_LAST_WORDS: Final = frozenset({"accesstoken", "authtoken", "sig", "token", "webhook"})
_SECRET_PAIRS: Final = frozenset(
    tuple(pair.split("_"))
    for pair in [
        "access_key",
        "account_key",
        "admin_key",
        "aes_key",
        "amz_signature",
        "anon_key",
        "api_key",
        "api_keys",
        "auth_key",
        "backup_codes",
        "connection_string",
        "db_pass",
        "deploy_key",
        "digest_key",
        "encryption_key",
        "functions_key",
        "goog_signature",
        "hmac_key",
        "key_pepper",
        "license_key",
        "master_key",
        "private_key",
        "recovery_codes",
        "role_key",
        "service_key",
        "session_key",
        "shared_key",
        "signing_key",
        "smtp_pass",
        "ssh_key",
        "subscription_key",
        "user_pass",
        "webhook_uri",
        "webhook_url",
    ]
)
_URL_IS_SECRET: Final = frozenset({("webhook", "uri"), ("webhook", "url")})
"""A webhook's URL is all it takes to post to it."""
_ABOUT: Final = frozenset(
    {
        "arn",
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


def is_password_name(name: str) -> bool:
    """Tell whether a name says password, whose value may be a phrase."""
    return _says_password(name[-_LONGEST_NAME:])


@lru_cache(1024)
def _says_secret(name: str) -> bool:
    if not _HINT.search(name):
        return False
    if _PASSWORD.search(name):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    pairs = set(pairwise(words))
    if not words or (words[-1] in _ABOUT and pairs.isdisjoint(_URL_IS_SECRET)):
        return False
    if not _SECRET_WORDS.isdisjoint(words) or not pairs.isdisjoint(_SECRET_PAIRS):
        return True
    if words[-1].endswith(_SECRET_ENDINGS):
        return True
    return words[-1] in _SECRET_LAST_WORDS and _OF_TEXT.isdisjoint(words[-3:-1])


@lru_cache(1024)
def _says_password(name: str) -> bool:
    if _PASSWORD.search(name):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and (words[-1] in _PASSWORD_WORDS or words[-1].endswith("password"))
