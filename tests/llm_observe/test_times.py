"""Units of time: put right where the digits leave no doubt, told, and otherwise left alone."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from llm_observe.records import LATEST_NS
from llm_observe.times import order_times, scale_ns

NS = 1_795_860_000_000_000_000
END = NS + 2 * 10**9
CHANGED, DIFFER = "time_unit_changed", "time_units_differ"
FROM_2000 = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 10**9
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


@pytest.mark.parametrize("start", UNITS)
@pytest.mark.parametrize("end", UNITS)
def test_each_unit_is_put_right_and_told(start: str, end: str) -> None:
    """Start and end go each by their own digits; where these differ, that is told, too."""
    told = {CHANGED} if {start, end} != {"ns"} else set()
    told |= {DIFFER} if start != end else set()
    found, last, repairs = order_times(NS // UNITS[start], END // UNITS[end])
    assert (found, last, {*repairs}) == (NS, END, told)


def test_no_nanoseconds_from_2000_to_2100_are_changed() -> None:
    """A thousand dates of a century, and its edges, are what they were."""
    draw = random.Random(14)
    drawn = [draw.randrange(FROM_2000, LATEST_NS + 1) for _ in range(1000)]
    for time in (FROM_2000, LATEST_NS, *drawn):
        assert scale_ns(time) == time
        assert order_times(time, time) == (time, time, ())


@pytest.mark.parametrize("factor", [10**9, 10**6, 10**3])
def test_a_date_is_one_in_one_unit_alone(factor: int) -> None:
    """Whatever the date of the century, its coarser form is read as the same date."""
    draw = random.Random(factor)
    for _ in range(1000):
        time = draw.randrange(FROM_2000 // factor, (LATEST_NS + 1) // factor)
        assert scale_ns(time) == time * factor


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # A clock that counts from the start of the machine is no date in any unit.
        (5 * 10**12, 5 * 10**12 + 7, (5 * 10**12, 5 * 10**12 + 7, set())),
        (5 * 10**12, END, (5 * 10**12, 5 * 10**12, {DIFFER})),
        (NS, 5 * 10**12, (NS, NS, {"end_before_start"})),
        (0, END, (END, END, {"time_missing"})),
        (0, 0, (0, 0, {"time_missing"})),
        (NS // 10**6, 0, (NS, NS, {CHANGED, "end_before_start"})),
        (-1, END, (0, 0, {"time_clamped"})),
        (NS * 1000, END * 1000, (LATEST_NS, LATEST_NS, {"time_clamped"})),
        (NS * 1000, END, (LATEST_NS, LATEST_NS, {"time_clamped", DIFFER, "end_before_start"})),
        (END, NS // 10**6, (END, END, {CHANGED, DIFFER, "end_before_start"})),
    ],
)
def test_what_cannot_be_put_right_lasts_no_decades(
    start: int, end: int, expected: tuple[int, int, set[str]]
) -> None:
    """A start that is no date stays as it came, and its span has no duration that is none."""
    first, last, repairs = order_times(start, end)
    assert (first, last, {*repairs}) == expected


def test_any_two_numbers_end_in_a_span() -> None:
    """Whatever the digits: in bounds, in order, and never changed in silence."""
    draw = random.Random(15)
    for _ in range(20_000):
        start, end = (draw.randrange(-5, 10 ** draw.randrange(1, 24)) for _ in range(2))
        first, last, repairs = order_times(start, end)
        assert 0 <= first <= last <= LATEST_NS
        assert repairs or (first, last) == (start, end)
