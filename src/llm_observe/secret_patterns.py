"""Secrets in a text: keys by their issuer's prefix, and what follows a name that says secret."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from typing import Final

from llm_observe.patterns import Pattern, Span, contains, each, every
from llm_observe.secret_names import is_secret_name

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
        is_secret = _looks_random(value)
    return found.span(2) if is_secret else None


def _judge_userinfo(found: re.Match[str]) -> Span | None:
    return found.span(1)


def _looks_random(text: str) -> bool:
    """Words and names written with hyphens have no digits, or no letters."""
    return bool(re.search("[0-9]", text) and re.search("[A-Za-z]", text))


_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:A(?:KI|SI)A[A-Z2-7]{16}(?![A-Za-z0-9])"  # AWS access keys
    r"|AIza[\w-]{30,}+"  # Google API keys
    r"|GOCSPX-[\w-]{20,}+|ya29\.[\w-]{20,}+"  # Google OAuth
    r"|SG\.[\w-]{16,}+\.[\w-]{16,}+"  # SendGrid
    r"|gh[oprsu]_[A-Za-z0-9]{20,}+|github_pat_\w{20,}+"  # GitHub
    r"|gl[a-z]{2,6}-[\w.-]{20,}+"  # GitLab: glpat-, gldt-, glrt-
    r"|xox[a-z]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{10,}+"  # Slack
    r"|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9+/]{20,}+"  # Stripe
    r"|sb_(?:secret|publishable)_[\w-]{16,}+|sbp_[a-f0-9_]{32,}+"  # Supabase
    r"|lo_[a-z]{2,16}_[A-Za-z0-9]{8}_[\w-]{40,}+"  # our own
    r"|(?:gsk|hf|npm|r8|lsv2)_\w{20,}+"  # Groq, Hugging Face, npm, Replicate, LangSmith
    r"|(?:xai|pplx|nvapi|pypi|tvly)-[\w-]{20,}+"  # xAI, Perplexity, NVIDIA, PyPI, Tavily
    r"|sk-[\w-]{20,}+)"  # OpenAI, Anthropic, DeepSeek, OpenRouter, Langfuse
    r"|eyJ(?<![_-]eyJ)[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+){0,3})",  # JWT (RFC 7519)
    re.ASCII,
)
"""Keys by the prefix their issuer gives them, so that scanners find them.

https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns
"""
_TOKEN_PREFIXES: Final = (
    *("sk-", "sk_", "rk_", "whsec_", "AKIA", "ASIA", "AIza", "GOCSPX-", "ya29.", "SG.", "eyJ"),
    *("gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_", "gl", "xox", "xapp-", "xai-"),
    *("sb_", "sbp_", "lo_", "gsk_", "hf_", "npm_", "r8_", "lsv2_", "pplx-", "nvapi-", "pypi-"),
    "tvly-",
)

_SIGN = re.compile(
    r"[=:](?<![=!<>:][=:])(?:(?<==)>|(?<=:)=)?(?![=:])([ \t\n]{0,3})(\\{0,3}[\"'`])?"
)
_NAME_REVERSED = re.compile(r"[ \t]{0,3}[\"'`]?\\{0,3}([\w.-]{1,64})")
"""Together ``name=``, ``name: ``, ``"name": "``, also with escaped quotes: JSON may hold JSON."""
_LONGEST_NAME: Final = 72
_OPEN_VALUE = re.compile(r"[^\s\"'`&,;<>(){}\[\]\\#]++")
_QUOTED_VALUES: Final = {
    quote: re.compile(rf"(?:[^{mark}\\\r\n]|\\{inner})++")
    for mark in "\"'`"
    for quote, inner in ((mark, "."), (f"\\{mark}", f"[^{mark}]"))
}
"""By the quote that opens them; one behind a backslash is closed by another such."""

_HEADER_VALUE = re.compile(
    r"(?i)(?:bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256) {1,3}"
    r"[^\s\[\]\"'][^\r\n\[\]\"']{0,4095}+"
    r"|(?:[\w.!#$%&*+^|~-]{1,128}+=[^\r\n\[\]\"']{1,4096}+)"
)
_SCHEME = re.compile(r"(?i)(?:bearer|basic|digest|token|apikey|negotiate)(?![\w-])")
_NOT_SECRET = frozenset(
    {"null", "none", "nil", "true", "false", "undefined", "str", "string", "bytes"}
)
_CODE = re.compile(r"[A-Za-z_.]{1,64}+[(\[]")
"""A call or a look-up: ``token=read_token()``, ``key = environ["KEY"]``."""
_HEADERS = ("authorization", "cookie")
_PASSWORDS = ("password", "passwd", "passphrase", "pwd")


def _judge_named(found: re.Match[str]) -> Span | None:
    """Find the value that follows a name which says secret."""
    text, start = found.string, found.end()
    before = text[max(0, found.start() - _LONGEST_NAME) : found.start()]
    named = _NAME_REVERSED.match(before[::-1])
    if not named or not is_secret_name(name := named[1][::-1]):
        return None
    gap, quote, low = found[1], found[2], name.lower()
    if quote:
        value = _QUOTED_VALUES[quote[-2:]].match(text, start)
    elif low.endswith(_HEADERS) and (header := _HEADER_VALUE.match(text, start)):
        return header.span()
    else:
        passed = _SCHEME.match(text, start) or _CODE.match(text, start)
        value = None if passed else _OPEN_VALUE.match(text, start)
    if value is None or value[0].lower() in _NOT_SECRET:
        return None
    if not quote and value[0] == name and not low.endswith(_PASSWORDS):
        return None  # api_key=api_key is code.
    # "The token: it expires" is prose and "token = stored" code; "password: sesame" is neither.
    is_prose = not quote and gap and not (found[0][0] == ":" and low.endswith(_PASSWORDS))
    return None if is_prose and not re.search("[0-9]", value[0]) else value.span()


def _judge_token(found: re.Match[str]) -> Span | None:
    return found.span() if _looks_random(found[0]) else None


SECRET_PATTERNS: Final = (
    Pattern("[private_key]", contains("-----BEGIN "), each(_PRIVATE_KEY, re.Match.span)),
    Pattern("[redacted]", contains("://"), each(_USERINFO, _judge_userinfo)),
    Pattern(
        "[token]",
        contains("asic", "earer", "ASIC", "EARER"),
        each(_CREDENTIALS, _judge_credentials),
    ),
    Pattern("[redacted]", contains("=", ":"), every(_SIGN, _judge_named)),
    Pattern("[token]", contains(*_TOKEN_PREFIXES), each(_TOKEN, _judge_token)),
)
