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

    def replace(self, text: str) -> str:
        """Put the placeholder where something is found."""
        if not self.needs(text):
            return text
        pieces: list[str] = []
        at = 0
        for start, end in self.find(text):
            pieces += text[at:start], self.placeholder
            at = end
        return "".join([*pieces, text[at:]]) if pieces else text


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
        for found in pattern.finditer(text):
            if span := judge(found):
                yield span

    return find
