"""The words and values of a filter's text, one after another."""

from __future__ import annotations

import re
from typing import Final

from functions.common.asking.fields import TAG

_SPACE: Final = re.compile(r"\s*")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE: Final = re.compile(r'[^\s",()]+')
_WORD: Final = re.compile(r'[^\s"()]+')
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_TAG_NAME: Final = re.compile(r'tag:(?:"((?:[^"\\]|\\.)*)"|([^\s:<>=,"()]+))', re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SIGN: Final = re.compile(r"<=|>=|[:<>=]")


class FilterTextError(ValueError):
    """A text is no filter; says at which character and what would do."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(f"character {place + 1}: {message}")
        self.place = place


class Scanner:
    """Goes through a text once, from ``place`` on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.place == len(self.text)

    def sees(self, sign: str) -> bool:
        """Whether a sign stands here."""
        return self.text.startswith(sign, self.place)

    def take(self, sign: str) -> bool:
        """Go past a sign, where it stands here."""
        found = self.sees(sign)
        self.place += len(sign) * found
        return found

    def sees_word(self, word: str) -> bool:
        """Whether a word stands here by itself."""
        end = self.place + len(word)
        return self.sees(word) and re.match(r"[\s()]|$", self.text[end:]) is not None

    def skip_space(self) -> None:
        """Go on to what is no space."""
        if found := _SPACE.match(self.text, self.place):
            self.place = found.end()

    def take_field(self) -> tuple[str, str] | None:
        """Read the name of a field and the sign behind it; None, where there are none."""
        for name in (_TAG_NAME, _NAME):
            found = name.match(self.text, self.place)
            sign = found and _SIGN.match(self.text, found.end())
            if found and sign:
                self.place = sign.end()
                return _spell_tag(found[0]), sign[0]
        return None

    def take_name(self) -> str:
        """Read the name of a field by itself."""
        if found := _TAG_NAME.match(self.text, self.place):
            self.place = found.end()
            return _spell_tag(found[0])
        return self.take_value()

    def take_value(self) -> str:
        """Read a value, quoted or not; one of several ends with a comma."""
        return self._take(_BARE)

    def take_text(self) -> tuple[str, bool]:
        """Read a text to look for, and whether it is quoted."""
        quoted = self.sees('"')
        return self._take(_WORD), quoted

    def error(self, message: str, place: int | None = None) -> FilterTextError:
        """Make the error that says what is wrong here, or at another place."""
        return FilterTextError(self.place if place is None else place, message)

    def _take(self, bare: re.Pattern[str]) -> str:
        start = self.place
        found = _QUOTED.match(self.text, start) or bare.match(self.text, start)
        if found is None:
            if self.sees('"'):
                raise self.error("this quote is not closed")
            raise self.error("a value is missing here; quote one that has spaces or a comma")
        self.place = found.end()
        if not self.ended and not re.match(r"[\s,)]", self.text[self.place]):
            raise self.error("a space is missing here, or quotes around the whole value")
        value = _ESCAPED.sub(r"\1", found[1]) if found.re is _QUOTED else found[0]
        if not value:
            raise self.error("nothing stands between the quotes", start)
        return value


def _spell_tag(name: str) -> str:
    """Give the name of a tag's field as the JSON form has it; other names as they are."""
    found = _TAG_NAME.fullmatch(name)
    if found is None:
        return name
    return TAG + (found[2] or _ESCAPED.sub(r"\1", found[1] or ""))
