"""Times as senders tell them: put right where their digits leave no doubt of the unit."""

from __future__ import annotations

from typing import Final

from llm_observe.records import LATEST_NS, clamp_ns
from llm_observe.semconv import Repair

_EARLIEST_NS: Final = 946_684_800_000_000_000
"""2000-01-01. From here to 2100 each unit has digits of its own: no date in one is one in another.

Fixed, and not drawn from the clock: a span that comes again has the same start, which is part of
its key.
"""
_FACTORS: Final = (10**9, 10**6, 10**3)
"""Nanoseconds in a second, a millisecond, a microsecond."""


def scale_ns(time: int) -> int:
    """Give a time in nanoseconds that may have come as seconds, milliseconds or microseconds.

    A date after 2000 in nanoseconds stays as it came, and so does a date in no unit.
    """
    if time >= _EARLIEST_NS:
        return time
    for factor in _FACTORS:
        if _is_date(time * factor):
            return time * factor
    return time


def order_times(start: int, end: int) -> tuple[int, int, tuple[Repair, ...]]:
    """Bring both times of a span into nanoseconds and fixed bounds, the end behind the start.

    Gives the repairs that this took.
    """
    if _EARLIEST_NS <= start <= end <= LATEST_NS:
        return start, end, ()
    start_ns, end_ns = scale_ns(start), scale_ns(end)
    repairs = _compare_units(start, start_ns, end, end_ns)
    first, last = clamp_ns(start_ns), clamp_ns(end_ns)
    if not start:
        repairs.append("time_missing")
        # Its end is all that is known of when it was.
        first = last
    if (clamp_ns(start_ns), last) != (start_ns, end_ns):
        repairs.append("time_clamped")
    if last < first:
        repairs.append("end_before_start")
    # From no date to a date is no duration: it would be one of decades.
    if last < first or (_is_date(last) and not _is_date(first)):
        last = first
    return first, last, tuple(repairs)


def _compare_units(start: int, start_ns: int, end: int, end_ns: int) -> list[Repair]:
    repairs: list[Repair] = []
    if (start, end) != (start_ns, end_ns):
        repairs.append("time_unit_changed")
    dated = _is_date(start_ns), _is_date(end_ns)
    # A factor is exact, so that equal ones are equal fractions.
    if (all(dated) and start_ns * end != end_ns * start) or (start > 0 and dated == (False, True)):
        repairs.append("time_units_differ")
    return repairs


def _is_date(nanoseconds: int) -> bool:
    return _EARLIEST_NS <= nanoseconds <= LATEST_NS
