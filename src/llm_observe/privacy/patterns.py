r"""How a kind of finding is found in a text and replaced. Pure, in linear time.

Patterns read a character a bounded number of times: a quantifier is bounded, or possessive behind
a boundary that only the first character of a run passes. Boundaries stand behind the first
character, ``[0-9](?<!\w[0-9])``, because ``re`` then skips to candidates instead of trying
everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

Span = tuple[int, int]
Find = Callable[[str], Iterator[Span]]
Judge = Callable[[re.Match[str]], Span | None]
"""Gives the place of what is to be replaced, None where a candidate is none."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of finding. ``find`` gives places from left to right, perhaps overlapping.

    A text without what ``needs`` asks for holds none, which is faster to tell.
    """

    placeholder: str
    needs: Callable[[str], object]
    find: Find

    def replace(self, text: str, read: str) -> tuple[str, str]:
        """Put the placeholder where something is found in ``read``, the text made plain."""
        spans = list(self.find(read)) if self.needs(read) else []
        if not spans:
            return text, read
        replaced = _put(self.placeholder, spans, text)
        return replaced, replaced if text is read else _put(self.placeholder, spans, read)


def _put(placeholder: str, spans: list[Span], text: str) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces += text[at:start], placeholder
        at = end
    return "".join([*pieces, text[at:]])


_ZEROS: Final = (
    *(0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50),
    *(0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, *range(0x1D7CE, 0x1D800, 10)),
)
_PLAIN: Final = (
    {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)}
    | {letter: chr(letter - 0xFEE0) for letter in range(0xFF01, 0xFF5F)}
    | dict.fromkeys((0x00A0, 0x1680, *range(0x2000, 0x200E), 0x202F, 0x205F, 0x3000), " ")
    | dict.fromkeys((0x2060, 0xFEFF), " ")
    | dict.fromkeys((0x00AD, 0x058A, *range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63), "-")
)
_NOT_PLAIN: Final = re.compile(f"[{''.join(map(chr, _PLAIN))}]")


def make_plain(text: str) -> str:
    """Write digits, blanks and hyphens of other scripts and full-width letters in ASCII.

    Each becomes one character, so that places stay what they are.
    """
    return text.translate(_PLAIN) if not text.isascii() and _NOT_PLAIN.search(text) else text


def contains(*parts: str) -> Callable[[str], bool]:
    """Ask for any of the parts."""
    return lambda text: any(part in text for part in parts)


def every(pattern: re.Pattern[str], judge: Judge) -> Find:
    """Find what the judge accepts; what is refused may hold another candidate."""

    def find(text: str) -> Iterator[Span]:
        at = 0
        while found := pattern.search(text, at):
            span = judge(found)
            if span:
                yield span
            at = span[1] if span else found.start() + 1

    return find


def each(pattern: re.Pattern[str], judge: Judge) -> Find:
    """Find what the judge accepts; what is refused is passed over whole."""

    def find(text: str) -> Iterator[Span]:
        at = 0
        for found in pattern.finditer(text):
            # A judge may accept more than was matched.
            if found.start() >= at and (span := judge(found)):
                yield span
                at = span[1]

    return find


def within(words: re.Pattern[str], pattern: re.Pattern[str], judge: Judge) -> Find:
    """Find what the judge accepts, in such words alone; that there are few is soon told."""

    def find(text: str) -> Iterator[Span]:
        for word in words.finditer(text):
            for found in pattern.finditer(text, *word.span()):
                if span := judge(found):
                    yield span

    return find
