"""API keys: how they are written, made and looked up.

``lo_<environment>_<id>_<secret><checksum>``: the id is public and finds the key, the secret is 256
random bits, and the checksum lets a scanner, or us, tell a key from a typing error without asking
the database. Stored is an HMAC of the secret under a pepper that the database does not have; at
256 random bits it needs no slow hash.
"""

from __future__ import annotations

import hmac
import re
import secrets
import zlib
from dataclasses import dataclass, field
from string import ascii_letters, ascii_lowercase, digits
from typing import Final

_FORM: Final = re.compile(
    r"(lo_(?P<environment>[a-z0-9-]{1,32})_(?P<key_id>[0-9a-z]{8})_(?P<secret>[\w-]{43}))"
    r"(?P<checksum>[0-9A-Za-z]{6})",
    re.ASCII,
)
_SECRET_BYTES: Final = 32
_ID_LENGTH: Final = 8
_CHECKSUM_DIGITS: Final = digits + ascii_letters
_CHECKSUM_LENGTH: Final = 6
"""Digits of base 62 that a CRC-32 needs."""
PREFIX: Final = "lo_"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its holder has it."""

    key_id: str
    text: str = field(repr=False)
    secret: str = field(repr=False)

    def digest(self, pepper: str) -> str:
        """Give what is stored of the secret: HMAC-SHA-256 under the pepper, in hex."""
        return hmac.digest(pepper.encode(), self.secret.encode(), "sha256").hex()


def draw_secret() -> str:
    """Draw 256 random bits, 43 characters of base64url."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def draw_key_id() -> str:
    """Draw a new public id, of a key, an ingest token or an invitation."""
    return "".join(secrets.choice(digits + ascii_lowercase) for _ in range(_ID_LENGTH))


def make_api_key(environment: str) -> ApiKey:
    """Make a new key; ``environment`` is 1 to 32 characters of a-z, 0-9 and -."""
    key_id, secret = draw_key_id(), draw_secret()
    text = f"{PREFIX}{environment}_{key_id}_{secret}"
    return ApiKey(key_id, text + sum_up(text), secret)


def read_api_key(text: str) -> ApiKey | None:
    """Read a key; None if it is not written as one or its checksum is wrong."""
    found = _FORM.fullmatch(text)
    if found is None or not hmac.compare_digest(found["checksum"], sum_up(found[1])):
        return None
    return ApiKey(found["key_id"], text, found["secret"])


def sum_up(text: str) -> str:
    """Give the checksum of what is written before it."""
    number, written = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_CHECKSUM_DIGITS))
        written = _CHECKSUM_DIGITS[digit] + written
    return written
