"""Secrets in a text: private keys, credentials in URLs and headers, keys by form and by name."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from typing import Final

from llm_observe.privacy.named_secrets import NAMED_SECRET_PATTERNS
from llm_observe.privacy.patterns import Pattern, Span, contains, each
from llm_observe.privacy.token_patterns import TOKEN_PATTERNS, looks_random

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----END)){0,16384}+(?:-----END[A-Z0-9 ]{0,50}-{0,5})?"
)
"""A PEM block (RFC 7468), also one that was cut."""

_USERINFO = re.compile(r"://([^\s/?#\"'<>]{1,256})@")
"""``user:password@`` (RFC 3986, section 3.2.1), also with an unescaped ``@`` in it."""

_CREDENTIALS = re.compile(r"(?i)(?<![a-z0-9])(basic|bearer)[ \t]{1,3}([a-z0-9._~+/-]{12,}+=*+)")
"""RFC 6750, section 2.1, and RFC 7617."""


def _judge_credentials(found: re.Match[str]) -> Span | None:
    """Tell ``Basic dXNlcjpwYXNz`` from "basic arithmetic"."""
    scheme, value = found[1].lower(), found[2]
    if scheme == "basic":
        try:
            is_secret = b":" in b64decode(value[:1024], validate=True)
        except (Error, ValueError):
            is_secret = False
    else:
        is_secret = looks_random(value)
    return found.span(2) if is_secret else None


def _judge_userinfo(found: re.Match[str]) -> Span | None:
    return found.span(1)


SECRET_PATTERNS: Final = (
    Pattern("[private_key]", contains("-----BEGIN "), each(_PRIVATE_KEY, re.Match.span)),
    Pattern("[redacted]", contains("://"), each(_USERINFO, _judge_userinfo)),
    Pattern(
        "[token]",
        contains("asic", "earer", "ASIC", "EARER"),
        each(_CREDENTIALS, _judge_credentials),
    ),
    *NAMED_SECRET_PATTERNS,
    *TOKEN_PATTERNS,
)
