"""How much of what came in is worked on: counted, so that no request or flush costs much more.

Values beyond it are dropped, and a repair tells so. Counts and not seconds, so that the same spans
always end in the same rows.
"""

from __future__ import annotations

from typing import Final

MOST_CHARACTERS: Final = 4_000_000
"""Of texts that are redacted, as ``count_work`` counts them: 0.1 to 0.2 µs each at worst."""
MOST_VALUES: Final = 2_000_000
"""In JSON, lists and mappings, each time they are gone through: about 0.3 µs each."""
_SHARE: Final = 512
"""Characters that every span has besides: recorded ones take 200."""
_SIGNS: Final = {**dict.fromkeys("=:@", 48), **dict.fromkeys("0123456789", 12)}
"""Signs that may begin a finding, each with the work of a look, in characters."""


class WorkBudget:
    """The work that is still allowed for the spans of one request or flush.

    Each span has a share of its own besides, so that one that takes all does not cost its
    neighbours their names.
    """

    __slots__ = ("_characters", "_share", "_values", "characters", "has_missed", "values")

    def __init__(self, *, characters: int = MOST_CHARACTERS, values: int = MOST_VALUES) -> None:
        self._characters, self._values = characters, values
        self._share = 0
        self.has_missed = False
        self.characters = 0
        """Worked on until now."""
        self.values = 0

    def begin_share(self) -> None:
        """Give the next span its own share."""
        self._share = _SHARE

    def take_characters(self, count: int) -> bool:
        """Whether a text of so many characters may be redacted; then they are counted."""
        left = count - self._share
        if left > self._characters:
            self.has_missed = True
            return False
        self._share = max(-left, 0)
        self._characters -= max(left, 0)
        self.characters += count
        return True

    def may_take(self, count: int) -> bool:
        """Whether texts of so many characters together may be redacted; then they are counted.

        If not, some of them may all the same: ``take_characters`` tells of each.
        """
        return count - self._share <= self._characters and self.take_characters(count)

    def take_values(self, count: int) -> bool:
        """Whether so many values may be gone through; then they are counted."""
        if count > self._values:
            self.has_missed = True
            return False
        self._values -= count
        self.values += count
        return True

    def take_missed(self) -> bool:
        """Whether anything was left undone since this was asked last."""
        missed, self.has_missed = self.has_missed, False
        return missed


def count_work(text: str) -> int:
    """Give how many characters' work it is to redact a text."""
    count = text.count
    return len(text) + sum([weight * count(sign) for sign, weight in _SIGNS.items()])
