"""Secrets that what stands before them gives away: ``api_key=``, ``--password``, ``curl -u``."""

from __future__ import annotations

import re
from typing import Final

from llm_observe.privacy.patterns import Pattern, Span, contains, each
from llm_observe.privacy.secret_names import JWK_PRIVATE, is_password_name, is_secret_name

_SIGN: Final = re.compile(
    r"(?:[=:](?:(?<=[\w.-][\w.-].)|(?<=[\"'`\] \t].))(?:(?<==)>|(?<=:)=)?(?![=:])|>(?<=\w>)(?=\w))"
    r"([ \t\n]{0,3})(\\{0,3}[\"'`])?"
)
_NAME_REVERSED: Final = re.compile(r"[ \t]{0,3}\]?[\"'`]?\\{0,3}([\w.-]{2,64})(<?)")
"""Together ``name=``, ``name: ``, ``"name": "``, ``["name"] = '``, ``<name>``.

Quotes may be escaped: JSON may hold JSON. Names are read backwards from their sign, which is rarer
than the first letter of a word.
"""
_LONGEST_NAME: Final = 76
_PLACEHOLDER: Final = r"\[[a-z_]{2,11}\]"
_PIECE: Final = (
    rf"(?:[^\s\"'`&,;<>(){{}}\[\]\\#]|{_PLACEHOLDER}"
    r"|[&,;](?!\s|\Z|[\"'`]|[\w.%\[\]-]{1,64}+=)|[#(){}'](?=\w)|\[(?=\w)|(?<!^)\](?=\w)"
    r"|\\(?![nrt\"'`\\]))"
)
"""Characters of a value without quotes.

Signs that end a value do so where nothing follows them, or the next name: ``a&3``, ``a&b=3``.
"""
_OPEN_VALUE: Final = re.compile(f"{_PIECE}++")
_PASSPHRASE: Final = re.compile(
    rf"{_PIECE}++(?:(?<![.!?]) (?![\w.-]{{1,64}}+[\"'`]?[=:]){_PIECE}++){{0,7}}"
)
"""Words of one line up to the end of the clause: nothing tells a passphrase from prose."""
_NUMBERS: Final = re.compile(r"[0-9]{2,16}+(?:[ -][0-9]{2,16}+){1,7}(?![\w-])")
"""A code in groups: ``123 456``."""
_QUOTED_VALUES: Final = {
    quote: re.compile(rf"(?:[^{mark}\\\r\n]|\\{inner})++")
    for mark in "\"'`"
    for quote, inner in ((mark, "."), (f"\\{mark}", f"[^{mark}]"))
}
"""By the quote that opens them; one behind a backslash is closed by another such."""
_FLAT: Final = r"[^{}\[\]]"
_INNER: Final = rf"[{{\[](?:{_FLAT}|[{{\[](?:{_FLAT}|[{{\[]{_FLAT}*+[}}\]]?)*+[}}\]]?)*+[}}\]]?"
_JSON: Final = re.compile(
    rf"(?=[{{\[]{{1,2}}\s{{0,8}}\\{{0,3}}[\"'])[{{\[](?:{_FLAT}|{_INNER}){{0,4096}}+[}}\]]?"
)
"""An object or a list with three levels below it, also one that was cut."""

_HEADER_VALUE: Final = re.compile(
    r"(?i)(?:bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256) {1,3}"
    r"[^\s\[\]\"'][^\r\n\[\]\"']{0,4095}+"
    r"|(?:[\w.!#$%&*+^|~-]{1,128}+=(?:[^\r\n\[\]\"']|(?<==)\"[^\"\r\n]{0,1024}+\"){1,4096}+)"
)
_SCHEME: Final = re.compile(r"(?i)(?:bearer|basic|digest|token|apikey|negotiate)(?![\w-])")
_NOT_SECRET: Final = frozenset(
    {"null", "none", "nil", "true", "false", "undefined", "str", "string", "bytes"}
)
_CODE: Final = re.compile(r"[A-Za-z_.]{1,64}+[(\[]")
"""A call or a look-up: ``token=read_token()``, ``key = environ["KEY"]``."""
_VARIABLE: Final = re.compile(
    r"\$\{{0,2} ?[A-Z_][A-Z0-9_]*+ ?\}{0,2}(?=[\s;&|)\"']|\Z)"
    r"|\{{1,2} ?[A-Za-z_][\w.]*+ ?\}{1,2}(?!\w)"
)
"""A shell's or a template's: ``$API_KEY``, ``${API_KEY}``, ``{api_key}``."""
_HEADERS: Final = ("authorization", "cookie")
_FEW_WORDS: Final = frozenset({"codes", "is", "key", "keys", "pass", "string"})
"""Names that say secret with the word before them: ``API key: ...``, ``password is: ...``."""
_WORD_BEFORE: Final = re.compile(r"([A-Za-z]{2,16}) \Z")
_LONG_VALUE: Final = 20
_FEWEST_MIXED: Final = 12


def _judge_named(found: re.Match[str]) -> Span | None:
    """Find the value that follows a name which says secret."""
    name = _read_name(found)
    if name is None:
        return None
    text, start, low = found.string, found.end(), name.lower()
    is_phrase, gap, quote = found[0][0] == ":" and is_password_name(name), found[1], found[2]
    if quote:
        value = _QUOTED_VALUES[quote[-2:]].match(text, start)
    elif low.endswith(_HEADERS) and (header := _HEADER_VALUE.match(text, start)):
        return header.span()
    else:
        value = _read_open_value(text, start, is_phrase=is_phrase)
    if value is None or value[0].partition(" ")[0].lower() in _NOT_SECRET:
        return None
    if not quote and value[0] == name and not is_password_name(name):
        return None  # api_key=api_key is code.
    # "The token: it expires" is prose and "token = stored" code; "password: sesame" is neither.
    is_prose = not quote and gap and not is_phrase and value[0][0] not in "{["
    return None if is_prose and not _may_be_key(value[0]) else value.span()


def _read_name(found: re.Match[str]) -> str | None:
    """Give the name before a sign if it says secret, alone or with the word before it."""
    before = found.string[max(0, found.start() - _LONGEST_NAME) : found.start()]
    named = _NAME_REVERSED.match(before[::-1])
    if not named or (found[0] == ">" and not named[2]):
        return None  # Only a tag, <password>, ends with >.
    name, rest = named[1][::-1], before[: -named.end(1)]
    if found[2] and rest.endswith(found[2][-1]) and found[2][-1] not in named[0]:
        return None  # A prompt, "Password: ", which that quote closes.
    if rest.endswith(":") and not is_password_name(name):
        return None  # A part of arn:aws:secretsmanager:eu-central-1:1:secret:name.
    if is_secret_name(name):
        return name
    if name.lower() not in _FEW_WORDS:
        return None
    word = _WORD_BEFORE.search(rest)
    return name if word and is_secret_name(f"{word[1]}_{name}") else None


def _read_open_value(text: str, start: int, *, is_phrase: bool) -> re.Match[str] | None:
    if json := _JSON.match(text, start):
        return json
    if _SCHEME.match(text, start) or _CODE.match(text, start) or _VARIABLE.match(text, start):
        return None
    if numbers := _NUMBERS.match(text, start):
        return numbers
    # A placeholder ends the value: [redacted] is one word.
    pattern = _PASSPHRASE if is_phrase and text[start : start + 1] != "[" else _OPEN_VALUE
    return pattern.match(text, start)


def _may_be_key(text: str) -> bool:
    """Tell by digits, length, or more capitals than names in camel case have."""
    if len(text) >= _LONG_VALUE or any(letter.isdigit() for letter in text):
        return True
    capitals = sum(letter.isupper() for letter in text)
    return len(text) >= _FEWEST_MIXED and 0.3 * len(text) < capitals < 0.9 * len(text)


_OPTION: Final = re.compile(r"-(?<![\w-]-)-([A-Za-z][\w-]{2,64}) {1,2}([\"'])?(?=[^\s-])")
_OPTION_PROSE: Final = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "can",
        "by",
        "flag",
        "for",
        "from",
        "if",
        "in",
        "is",
        "it",
        "must",
        "not",
        "of",
        "on",
        "option",
        "options",
        "or",
        "should",
        "so",
        "that",
        "the",
        "this",
        "to",
        "was",
        "when",
        "will",
        "with",
        "you",
    }
)


def _judge_option(found: re.Match[str]) -> Span | None:
    """Find what follows ``--password``; "use --password to log in" is prose."""
    name, quote = found[1], found[2]
    if not is_secret_name(name):
        return None
    pattern = _QUOTED_VALUES[quote] if quote else _OPEN_VALUE
    value = pattern.match(found.string, found.end())
    if value is None or _VARIABLE.match(value[0]):
        return None
    is_prose = value[0].lower().rstrip(".") in _OPTION_PROSE
    is_told = quote or (is_password_name(name) and not is_prose) or _may_be_key(value[0])
    return value.span() if is_told else None


_LOGIN: Final = re.compile(
    r"-(?<=\s-)(?:u|U|-user|-proxy-user)[ =]?[\"']?[^\s\"':/]{1,64}:([^\s\"']{1,256})"
)
_CURL_BEFORE: Final = 256


def _judge_login(found: re.Match[str]) -> Span | None:
    """Find the password of ``curl -u user:password``; other programs mean other things by it."""
    before = found.string[max(0, found.start() - _CURL_BEFORE) : found.start()]
    known = "curl" in before and not _VARIABLE.match(found[1])
    return found.span(1) if known else None


_JWK_MEMBER: Final = re.compile(
    rf"[\"'](?:{'|'.join(sorted(JWK_PRIVATE, key=len, reverse=True))})\\{{0,3}}[\"']"
    r"\s{0,3}:\s{0,3}\\{0,3}[\"']([\w+/=-]{8,2048}+)"
)
"""The private members of a JSON Web Key (RFC 7518, section 6)."""


def _judge_member(found: re.Match[str]) -> Span | None:
    return found.span(1)


NAMED_SECRET_PATTERNS: Final = (
    Pattern("[redacted]", contains("kty"), each(_JWK_MEMBER, _judge_member)),
    Pattern("[redacted]", contains("=", ":", ">"), each(_SIGN, _judge_named)),
    Pattern("[redacted]", contains("--"), each(_OPTION, _judge_option)),
    Pattern("[redacted]", contains("curl"), each(_LOGIN, _judge_login)),
)
