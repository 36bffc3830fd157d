"""Personal data in a text: addresses and numbers, by shape and check digits."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from llm_observe.patterns import Pattern, Span, contains, each, every

_AT_DOMAIN = re.compile(r"(?:@|%40)([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})")
_LOCAL_REVERSED = re.compile(r"(?:[\w.+%-]|'(?=\w)){1,64}")
_FILE_ENDINGS = frozenset({"gif", "jpeg", "jpg", "pdf", "png", "svg", "webp"})


def _judge_email(found: re.Match[str]) -> Span | None:
    """Look back from the ``@``, at most the 64 characters of RFC 5321, section 4.5.3.1.1.

    ``icon@2x.png`` is a file and ``lodash@4.17.21`` a package.
    """
    ending = found[1].rpartition(".")[2]
    if len(ending) == 1 or not ending[0].isalpha() or ending.lower() in _FILE_ENDINGS:
        return None
    before = found.string[max(0, found.start() - 64) : found.start()]
    local = _LOCAL_REVERSED.match(before[::-1])
    return (found.start() - local.end(), found.end()) if local else None


_IBAN = re.compile(r"[A-Z](?<!\w[A-Z])[A-Z][0-9]{2}(?:[ \u00a0]?[A-Z0-9]){11,30}")
_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL SD FK",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
"""Characters of an IBAN by country: https://www.swift.com/standards/data-standards/iban"""


def _judge_iban(found: re.Match[str]) -> Span | None:
    """Take as many characters as the country's IBANs have; ISO 7064 mod 97-10 must hold."""
    length = _IBAN_LENGTHS.get(found[0][:2], 99)
    places = [place for place, letter in enumerate(found[0]) if letter.isalnum()]
    if len(places) < length:
        return None
    end = found.start() + places[length - 1] + 1
    if found.string[end : end + 1].isalnum():
        return None
    compact = "".join(found[0][place] for place in places[:length])
    number = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
    return (found.start(), end) if int(number) % 97 == 1 else None


_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_MOST_OCTET = 255
_VERSION_BEFORE = re.compile(r"(?:[\w.]|[A-Za-z][/-]|[=<>~^!]= ?|[Vv]ersion[ :=]{1,2})\Z")


def _judge_ipv4(found: re.Match[str]) -> Span | None:
    """Tell an address from ``1.2.3.4.5``, ``v1.2.3.4``, ``Chrome/120.0.0.0`` and ``==1.2.3.4``.

    Loopback and "this host" say nothing about anybody.
    """
    text, (start, end) = found.string, found.span()
    octets = found[0].split(".")
    if any(int(octet) > _MOST_OCTET or (octet[0] == "0" and octet != "0") for octet in octets):
        return None
    if octets[0] in {"0", "127"} or re.match(r"\w|\.\w", text[end : end + 2]):
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


_CARD = re.compile(
    r"[0-9](?<![\w.][0-9])(?:[0-9]{12,18}|[0-9]{3}(?:([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}"
    r"|([ -])[0-9]{6}\2[0-9]{4,5}))(?!\w|[.-][0-9])"
)
_CARD_NETWORKS: Final = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners Club
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2}|62[0-9]{2}|35[2-8][0-9])[0-9]{12}"  # Discover, UnionPay, JCB
)
"""Issuer ranges with their lengths: https://en.wikipedia.org/wiki/Payment_card_number"""


def _judge_card(found: re.Match[str]) -> Span | None:
    number = found[0].replace(" ", "").replace("-", "")
    known = _CARD_NETWORKS.fullmatch(number) and _passes_luhn(number)
    return found.span() if known else None


def _passes_luhn(number: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (doubled + sum(int(digit) for digit in number[::-2])) % 10 == 0


_SSN = re.compile(
    r"[0-9](?<![\w.+-][0-9])(?<!00[0-9])[0-9]{2}[-\u2011\u2013](?!00)[0-9]{2}[-\u2011\u2013]"
    r"(?!0000)[0-9]{4}(?![\w-])"
)


def _judge_ssn(found: re.Match[str]) -> Span | None:
    """Areas 000, 666 and 9xx are never given (https://www.ssa.gov/employer/randomization.html)."""
    return None if found[0].startswith(("000", "666", "9")) else found.span()


_GAP = r" .\-/\u00a0\u2009\u2011\u2013\u202f"
"""What people write between the digits of a phone number, with the non-breaking forms."""
_PHONE = re.compile(
    r"[+0-9(](?<![\w.+$#-][+0-9(])(?:"
    # +1 415 555 2671 and other numbers as of E.164
    rf"(?<=\+)(?:1(?:[{_GAP}()]{{0,3}}[0-9]){{10}}|[1-9](?:[{_GAP}()]{{0,3}}[0-9]){{7,14}})"
    # 0049 30 1234567
    r"|(?<=0)0[1-9](?:[ .\-\u00a0\u202f]?[0-9]){9,13}"
    # 415-555-2671, 1-415-555-2671, 415 555 2671
    r"|(?<=1)[-. ][2-9][0-9]{2}[-. ][0-9]{3}[-. ][0-9]{4}"
    r"|(?<=[2-9])[0-9]{2}([-.])[0-9]{3}\1[0-9]{4}"
    r"|(?<=[2-9])(?!00)[0-9]{2} [2-9][0-9]{2} [0-9]{4}"
    # (415) 555-2671, (11) 91234-5678, (02) 9374 4000, (030) 1234567
    r"|(?<=\()[2-9][0-9]{2}\) ?[0-9]{3}[-. ][0-9]{4}"
    r"|(?<=\()[1-9][0-9]\) ?9?[0-9]{4}[- ][0-9]{4}"
    rf"|(?<=\()0[1-9][0-9]{{0,4}}\)[{_GAP}]?[0-9]{{2,8}}(?:[{_GAP}][0-9]{{2,5}}){{0,3}}"
    # 06 12 34 56 78, 020 7946 0958, 030/1234567, 03-1234-5678
    rf"|(?<=0)[1-9][0-9]{{0,4}}([{_GAP}])[0-9]{{2,8}}(?:[{_GAP}][0-9]{{2,5}}){{0,4}}"
    # mobile numbers without a gap: FR, NL, IT; GB; DE; AU; JP
    r"|(?<=0)(?:[67][0-9]{8}|7[0-9]{9}|1[567][0-9]{8,9}|4[0-9]{8}|[789]0[0-9]{8})"
    r")(?![\w]|[-.][0-9])"
)
_FEWEST_DIGITS, _MOST_DIGITS = 9, 15
"""With the country's code: https://www.itu.int/rec/T-REC-E.164."""
_DATE = re.compile(r"[0-9]{2}([./-])[0-9]{2}\1[0-9]{4}(?![0-9])")


def _judge_phone(found: re.Match[str]) -> Span | None:
    text = found[0]
    digits = sum(letter.isdigit() for letter in text)
    if _DATE.match(text) or digits > _MOST_DIGITS:
        return None
    return found.span() if digits >= _FEWEST_DIGITS else None


_HAS_NUMBER = re.compile(rf"[0-9][{_GAP}()]{{0,3}}[0-9](?:[{_GAP}()]{{0,3}}[0-9]){{7}}").search
_HAS_IBAN = re.compile(r"[A-Z](?<!\w[A-Z])[A-Z][0-9]{2}[ \u00a0]?[A-Z0-9]").search
PERSONAL_PATTERNS: Final = (
    Pattern("[email]", contains("@", "%40"), every(_AT_DOMAIN, _judge_email)),
    Pattern("[iban]", _HAS_IBAN, every(_IBAN, _judge_iban)),
    Pattern("[ip]", re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]").search, each(_IPV4, _judge_ipv4)),
    Pattern("[ip]", re.compile("[0-9A-Fa-f]:[0-9A-Fa-f:]").search, each(_IPV6, _judge_ipv6)),
    Pattern("[card]", _HAS_NUMBER, every(_CARD, _judge_card)),
    Pattern("[ssn]", _HAS_NUMBER, each(_SSN, _judge_ssn)),
    Pattern("[phone]", _HAS_NUMBER, every(_PHONE, _judge_phone)),
)
