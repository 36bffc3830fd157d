"""Personal data in a text: addresses and numbers, by shape and check digits."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from llm_observe.privacy.patterns import Pattern, Span, contains, each, every
from llm_observe.privacy.payment_patterns import CARD, IBAN, judge_card, judge_iban
from llm_observe.privacy.phone_patterns import NAMED_PHONE, SHAPED_PHONE, judge_named, judge_shape

_AT_DOMAIN = re.compile(r"(?:@|%40)([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})")
_LOCAL_REVERSED = re.compile(r"(?:[\w.+%-]|'(?=\w)){1,64}")
_FILE_ENDINGS = frozenset({"gif", "jpeg", "jpg", "pdf", "png", "svg", "webp"})


def _judge_email(found: re.Match[str]) -> Span | None:
    """Look back from the ``@``, at most the 64 characters of RFC 5321, section 4.5.3.1.1.

    ``icon@2x.png`` is a file, ``lodash@4.17.21`` a package and ``git@github.com`` a host.
    """
    ending = found[1].rpartition(".")[2]
    if len(ending) == 1 or not ending[0].isalpha() or ending.lower() in _FILE_ENDINGS:
        return None
    before = found.string[max(0, found.start() - 64) : found.start()]
    local = _LOCAL_REVERSED.match(before[::-1])
    if local is None or local[0] == "tig":
        return None
    return found.start() - local.end(), found.end()


_IPV4 = re.compile(
    r"[0-9](?<![\w.][0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?!\w|\.\w|[+-][A-Za-z])", re.ASCII
)
_MOST_OCTET = 255
_VERSION_BEFORE = re.compile(
    r"(?:[A-Z][/-]|[=<>~^!]= ?"
    r"|(?:build|chapter|driver|firmware|release|section|version)[ :=]{1,2})\Z",
    re.IGNORECASE,
)


def _judge_ipv4(found: re.Match[str]) -> Span | None:
    """Tell an address from a version: ``Chrome/120.0.0.0``, ``==1.2.3.4``, ``1.2.3.4-alpha``.

    Loopback and "this host" say nothing about anybody.
    """
    text, (start, end) = found.string, found.span()
    octets = found[0].split(".")
    if any(int(octet) > _MOST_OCTET or (octet[0] == "0" and octet != "0") for octet in octets):
        return None
    if octets[0] in {"0", "127"}:
        return None
    return None if _VERSION_BEFORE.search(text[max(0, start - 10) : start]) else (start, end)


_DIGIT = re.compile("[0-9]")
_IPV6 = re.compile(r"[0-9A-Fa-f](?<![\w:.][0-9A-Fa-f])[0-9A-Fa-f]{2,3}:[0-9A-Fa-f:]{2,36}+(?!\w)")
"""Addresses in use start with three or four digits; ``a::b`` is code, ``12:30:00`` a time."""


def _judge_ipv6(found: re.Match[str]) -> Span | None:
    text = found[0].removesuffix(":") if not found[0].endswith("::") else found[0]
    try:
        IPv6Address(text)
    except AddressValueError:
        return None
    return (found.start(), found.start() + len(text)) if _DIGIT.search(text) else None


_SSN = re.compile(
    r"[0-9](?<![\w.+-][0-9])(?<!00[0-9])[0-9]{2}([ .-]?)(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![\w-])",
    re.ASCII,
)
_SSN_BEFORE = re.compile(
    r"(?i)(?:(?<![a-z])ssn|social security)(?:[ _-]?\w{2,8})?[\"'.: =#]{0,4}\Z"
)


def _judge_ssn(found: re.Match[str]) -> Span | None:
    """Tell by hyphens, or else by the word before.

    Areas 000, 666 and 9xx are never given (https://www.ssa.gov/employer/randomization.html).
    """
    if found[0].startswith(("000", "666", "9")):
        return None
    if found[1] == "-":
        return found.span()
    before = found.string[max(0, found.start() - 32) : found.start()]
    return found.span() if _SSN_BEFORE.search(before) else None


_HAS_NUMBER = re.compile(r"[0-9][ .\-/()]{0,3}[0-9](?:[ .\-/()]{0,3}[0-9]){5}").search
_HAS_IBAN = re.compile(r"[0-9](?<=[A-Za-z][A-Za-z][0-9])[0-9][ .-]?[A-Za-z0-9]").search
PERSONAL_PATTERNS: Final = (
    Pattern("[email]", contains("@", "%40"), every(_AT_DOMAIN, _judge_email)),
    Pattern("[iban]", _HAS_IBAN, every(IBAN, judge_iban)),
    Pattern("[ip]", re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]").search, each(_IPV4, _judge_ipv4)),
    Pattern("[ip]", re.compile("[0-9A-Fa-f]:[0-9A-Fa-f:]").search, each(_IPV6, _judge_ipv6)),
    Pattern("[card]", _HAS_NUMBER, every(CARD, judge_card)),
    Pattern("[ssn]", _HAS_NUMBER, each(_SSN, _judge_ssn)),
    Pattern("[phone]", _HAS_NUMBER, every(SHAPED_PHONE, judge_shape)),
    Pattern("[phone]", _HAS_NUMBER, each(NAMED_PHONE, judge_named)),
)
