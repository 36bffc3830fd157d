"""Times as prices ask for them: the day and the minute of UTC, and the hours that a price holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

_MINUTES: Final = 1440
_MINUTE_NS: Final = 60_000_000_000
_FIRST_DAY: Final = date(1970, 1, 1)
_MOST_MINUTES: Final = 1024


class Moment(NamedTuple):
    """A minute of UTC: ``2026-11-26`` and the minutes since its midnight."""

    day: str
    minute: int

    @classmethod
    def at(cls, when: datetime) -> Moment:
        """Give the minute of a time; a naive one is UTC."""
        utc = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        return cls(utc.date().isoformat(), utc.hour * 60 + utc.minute)

    @classmethod
    def of_ns(cls, nanoseconds: int) -> Moment:
        """Give the minute of a time since 1970."""
        return _name_minute(nanoseconds // _MINUTE_NS)


class Hours(NamedTuple):
    """The part of each day of UTC in which a price holds, its end left out.

    One that ends before it begins goes over midnight. ``weekdays`` are those of the call's own
    start, 1 is Monday; None are all.
    """

    from_minute: int
    to_minute: int
    weekdays: Sequence[int] | None = None

    def hold(self, at: Moment) -> bool:
        """Say whether a moment is among them, as ``app.holds_at`` does."""
        since = (at.minute - self.from_minute) % _MINUTES
        if since >= (self.to_minute - self.from_minute) % _MINUTES:
            return False
        return self.weekdays is None or date.fromisoformat(at.day).isoweekday() in self.weekdays

    def __str__(self) -> str:
        """Name the hours within a ``price_id`` by their beginning."""
        return f"{self.from_minute // 60:02d}:{self.from_minute % 60:02d}"


@lru_cache(_MOST_MINUTES)
def _name_minute(number: int) -> Moment:
    """Spans of a batch are of a few minutes."""
    days, minute = divmod(number, _MINUTES)
    return Moment((_FIRST_DAY + timedelta(days=days)).isoformat(), minute)
