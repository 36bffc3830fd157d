"""Phone numbers, by shape and by the word before them. Pure, in linear time.

A number says that it is one with ``+`` or ``00``, a trunk ``0`` or its country's grouping. Digits
without any of these are ids as often, so a word has to stand before them: ``tel. 4155552671``.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from llm_observe.privacy.patterns import Span

_GAP: Final = r" .\-/"
"""Characters that people write between the digits; other blanks and hyphens are read as these."""
SHAPED_PHONE: Final = re.compile(
    r"[+0-9(](?<![\w.+$#-][+0-9(])(?:"
    # +1 415 555 2671 and other numbers as of E.164
    rf"(?<=\+)(?:1(?:[{_GAP}()]{{0,3}}[0-9]){{10}}|[1-9](?:[{_GAP}()]{{0,3}}[0-9]){{7,14}})"
    # 0049 30 1234567
    r"|(?<=0)0[1-9](?:[ .\-]?[0-9]){9,13}"
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
    # 612 345 678, 612-345-678: ES, PL; 138 0013 8000: CN
    r"|(?<=[4-9])[0-9]{2}([ -])[0-9]{3}\3[0-9]{3}"
    r"|(?<=1)[3-9][0-9]([ -])[0-9]{4}\4[0-9]{4}"
    # mobile numbers without a gap: FR, NL, IT; GB; DE; AU; JP
    r"|(?<=0)(?:[67][0-9]{8}|7[0-9]{9}|1[567][0-9]{8,9}|4[0-9]{8}|[789]0[0-9]{8})"
    r")(?!\w|[-.][0-9])",
    re.ASCII,
)
_FEWEST_DIGITS, _MOST_DIGITS = 9, 15
"""With the country's code: https://www.itu.int/rec/T-REC-E.164."""
_DATE: Final = re.compile(r"[0-9]{2}([./-])[0-9]{2}\1[0-9]{4}(?![0-9])|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THREES: Final = re.compile(r"[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}")
_PAIRS: Final = re.compile(r"[0-9]{2}(?:[ .\-/][0-9]{2}){3,}")
_PAIR_BEFORE: Final = re.compile(r"(?<![0-9])[0-9]{2}[ .,\-/]{1,2}\Z")
_PAIR_AFTER: Final = re.compile(r"[ .,\-/]{1,2}[0-9]{2}(?![0-9])")
_AMOUNT_BEFORE: Final = re.compile(r"(?:[0-9$€£¥#][ -]?|(?<![A-Za-z])[A-Z]{3} )\Z")
_AMOUNT_AFTER: Final = re.compile(r" ?(?:[0-9$€£¥%]|[A-Z]{3}(?![A-Za-z]))|,[0-9]")
_GROUPS: Final = re.compile("[0-9]+")
_PATH_BEFORE: Final = re.compile(r"[A-Za-z0-9]/\Z")
_ID_WORDS: Final = frozenset(
    {
        "account",
        "article",
        "bestellung",
        "build",
        "case",
        "commit",
        "id",
        "invoice",
        "isbn",
        "issn",
        "issue",
        "item",
        "order",
        "page",
        "part",
        "pedido",
        "rechnung",
        "receipt",
        "ref",
        "reference",
        "serial",
        "sku",
        "ticket",
        "version",
    }
)
_PHONE_WORDS: Final = frozenset(
    {
        "cell",
        "celular",
        "fax",
        "handy",
        "hotline",
        "mob",
        "mobil",
        "mobile",
        "móvil",
        "phone",
        "sms",
        "tel",
        "telef",
        "telefon",
        "telefone",
        "telefono",
        "teléfono",
        "telephone",
        "téléphone",
        "tlf",
        "whatsapp",
        "телефон",
        "फ़ोन",
    }
)
_PHONE_ENDINGS: Final = ("phone", "电话", "手机", "電話")
_CALL_WORDS: Final = frozenset({"call", "reach", "ring", "text"})
"""Say phone where "me" or "us" follows."""
_BETWEEN: Final = frozenset(
    {"at", "code", "is", "me", "no", "nr", "num", "number", "nummer", "on", "under", "us"}
)
"""Words between a number and what says its kind: "phone number is", "call me at"."""
_WORDS_REVERSED: Final = re.compile(
    r"[\W_]{0,4}([^\W\d_]{1,12})(?:[\W_]{1,2}([^\W\d_]{1,12}))?(?:[\W_]{1,2}([^\W\d_]{1,12}))?"
)
_LOOK_BACK: Final = 40
"""Characters before a number that may say what it is."""


def judge_shape(found: re.Match[str]) -> Span | None:
    """Tell a number from a date, an amount, a row of numbers and the id of an order."""
    text = found[0]
    digits = sum(letter.isdigit() for letter in text)
    if _DATE.match(text) or not _FEWEST_DIGITS <= digits <= _MOST_DIGITS:
        return None
    if text[0] == "+":
        return found.span()
    before = found.string[max(0, found.start() - _LOOK_BACK) : found.start()]
    is_other = _is_listed(text, before[-5:], found.string[found.end() : found.end() + 4])
    return None if is_other or _read_word(before)[0] in _ID_WORDS else found.span()


def _is_listed(text: str, before: str, after: str) -> bool:
    """Tell an amount, a row and a path by what stands beside equal groups of digits."""
    if _THREES.fullmatch(text):
        beside = _AMOUNT_BEFORE.search(before) or _AMOUNT_AFTER.match(after)
    elif _PAIRS.fullmatch(text):
        beside = _PAIR_BEFORE.search(before) or _PAIR_AFTER.match(after)
    else:
        return _PATH_BEFORE.search(before) is not None
    groups = [int(group) for group in _GROUPS.findall(text)]
    is_series = len({later - sooner for sooner, later in pairwise(groups)}) == 1
    return is_series or beside is not None or _PATH_BEFORE.search(before) is not None


NAMED_PHONE: Final = re.compile(
    rf"[+0-9(](?<![\w+.-][+0-9(])(?<![0-9][{_GAP}][+0-9(])(?:[{_GAP}()]{{0,2}}[0-9]){{6,14}}+"
    r"(?!\w|[.-][0-9])",
    re.ASCII,
)


def judge_named(found: re.Match[str]) -> Span | None:
    """Take any digits behind a word that says phone."""
    before = found.string[max(0, found.start() - _LOOK_BACK) : found.start()]
    word, is_called = _read_word(before)
    is_phone = word in _PHONE_WORDS or word.endswith(_PHONE_ENDINGS)
    known = is_phone or (is_called and word in _CALL_WORDS)
    return found.span() if known and not _DATE.match(found[0]) else None


def _read_word(before: str) -> tuple[str, bool]:
    """Give the word that says what a number is, and whether "me" or "us" stands behind it."""
    is_called = False
    if words := _WORDS_REVERSED.match(before[::-1]):
        for word in words.groups(""):
            read = word[::-1].lower().removesuffix("number")
            if read and read not in _BETWEEN:
                return read, is_called
            is_called = is_called or read in {"me", "us"}
    return "", False
