"""The ranges that a window is read in: each moment of it once, and no roll-up of a changed hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, connect_as_owner

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana")
TENANT = "ranges"
MOST = {"minute": 4 * HOUR, "hour": 4 * DAY, "day": 6 * DAY}
"""The longest window, so that the ranges stay few enough to look through."""


@dataclass(frozen=True, slots=True)
class Range:
    """A range as the functions plan it."""

    point: int
    grain: int
    since: datetime
    until: datetime
    raw: bool

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment is in it."""
        return self.since <= moment < self.until


@dataclass(frozen=True, slots=True)
class Question:
    """A window, the buckets of its series, the finest grain, and the hours that changed."""

    since: datetime
    until: datetime
    bucket: str
    zone: str
    finest: int
    marks: Sequence[datetime]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Windows cut anywhere or at whole buckets, of days before and after fine sums are kept."""
    bucket = draw(st.sampled_from(sorted(MOST)))
    unit = draw(st.sampled_from([timedelta(microseconds=1), MINUTE, 5 * MINUTE, HOUR, DAY]))
    day = draw(st.sampled_from([0, 7, 30, 33, 34, 35, 36]))
    since = cut(TODAY - day * DAY + draw(st.integers(0, 86_399)) * timedelta(seconds=1), unit)
    until = since + max(unit, draw(st.floats(0, 1)) * MOST[bucket] // unit * unit)
    hours = draw(st.lists(st.integers(-2, (until - since) // HOUR + 1), max_size=12, unique=True))
    return Question(
        since=since,
        until=until,
        bucket=bucket,
        zone=draw(st.sampled_from(ZONES)),
        finest=1 if bucket == "minute" else draw(st.sampled_from([5, 60])),
        marks=[cut(since + hour * HOUR, HOUR) for hour in hours],
    )


def cut(moment: datetime, unit: timedelta) -> datetime:
    """Give when the bucket began that a moment is in."""
    return EPOCH + (moment - EPOCH) // unit * unit


def read_pieces(owner: Connection, question: Question) -> list[datetime]:
    """Give the times between which the pieces of a window are, as query_metrics cuts them."""
    query = "select %s || (app.list_points(%s, %s, %s, %s))[2:] || %s::timestamptz as pieces"
    since, until = question.since, question.until
    values = (since, since, until, question.bucket, question.zone, until)
    (row,) = owner.execute(query, values).fetchall()
    pieces: list[datetime] = row["pieces"]
    return pieces


def read_ranges(owner: Connection, ranges: str, values: Sequence[object]) -> list[Range]:
    """Give the ranges that a function plans."""
    query = f"select point, grain, since, until, raw from {ranges}"
    return [Range(**row) for row in owner.execute(query.encode(), values).fetchall()]


def check_cover(ranges: Sequence[Range], pieces: Sequence[datetime]) -> None:
    """Each piece is covered from its beginning to its end, by ranges that follow each other."""
    reached = pieces[0]
    for one in ranges:
        assert reached == one.since < one.until <= pieces[one.point], "a gap, or an overlap"
        assert one.since >= pieces[one.point - 1]
        reached = one.until
    assert reached == pieces[-1]


def check_grains(ranges: Sequence[Range], question: Question, fine_since: datetime) -> None:
    """Roll-ups are read in whole buckets of a grain that is kept, never over a changed hour."""
    for one in ranges:
        if one.raw:
            continue
        width = one.grain * MINUTE
        assert one.grain in {5, 60, 1440}
        assert one.grain >= question.finest > 1
        assert (cut(one.since, width), cut(one.until, width)) == (one.since, one.until)
        assert one.grain > 5 or one.since >= fine_since
        assert not [hour for hour in question.marks if hour < one.until and one.since < hour + HOUR]


def check_taken(ranges: Sequence[Range], question: Question) -> None:
    """What was taken of an hour of the window is read once; of one that it cuts, once at most."""
    moment = cut(question.since, HOUR)
    while moment < question.until:
        read = sum(one.holds(cut(moment, one.grain * MINUTE)) for one in ranges)
        hour = cut(moment, HOUR)
        whole = question.since <= hour and hour + HOUR <= question.until
        assert read == 1 if whole else read <= 1, (moment, read)
        moment += 5 * MINUTE


FINE = cut(datetime.now(UTC), HOUR) - 34 * DAY
"""Since when sums by five minutes are read."""


@example(question=Question(FINE - 90 * MINUTE, FINE + 5 * HOUR, "hour", "Asia/Kolkata", 5, []))
@example(question=Question(FINE - HOUR, FINE + 40 * MINUTE, "day", "UTC", 5, [FINE - HOUR, FINE]))
@given(question=questions())
@settings(max_examples=60, deadline=None)
def test_ranges_hold_each_moment_once(database: Database, question: Question) -> None:
    """By pieces and as one piece, whatever the window, the zone, the grain and the marks are."""
    with connect_as_owner(database) as owner, owner.transaction(force_rollback=True):
        mark = "select app.mark_hours(%s, %s::timestamptz[])"
        owner.execute(mark, (TENANT, list(question.marks)))
        fine_since = owner.execute("select app.fine_since() as since").fetchall()[0]["since"]
        pieces = read_pieces(owner, question)
        plan = "app.plan_ranges(%s, %s::timestamptz[], %s)"
        values = (TENANT, pieces, question.finest)
        planned = read_ranges(owner, plan, values)
        widen = f"app.widen_ranges(array(select r from {plan} r), %s)"
        wide = read_ranges(owner, widen, (*values, question.finest))
    assert pieces == sorted(set(pieces))
    assert {one.point for one in wide} == {1}
    for ranges, cuts in ((planned, pieces), (wide, [pieces[0], pieces[-1]])):
        check_cover(ranges, cuts)
        check_grains(ranges, question, fine_since)
        check_taken(ranges, question)
    raw = [(one.since, one.until, one.grain) for one in planned if one.raw]
    assert [(one.since, one.until, one.grain) for one in wide if one.raw] == raw


@given(question=questions())
@settings(max_examples=25, deadline=None)
def test_the_widest_grain_is_read(database: Database, question: Question) -> None:
    """A whole day of a window in which nothing changed is read from one sum, not from hours."""
    with connect_as_owner(database) as owner, owner.transaction(force_rollback=True):
        owner.execute(
            "select app.mark_hours(%s, %s::timestamptz[])", (TENANT, list(question.marks))
        )
        values = (TENANT, [question.since, question.until], max(5, question.finest))
        ranges = read_ranges(owner, "app.plan_ranges(%s, %s::timestamptz[], %s)", values)
    changed = {cut(hour, DAY) for hour in question.marks}
    day = cut(question.since, DAY) + DAY
    while day + DAY <= question.until:
        grains = {one.grain for one in ranges if one.since < day + DAY and day < one.until}
        assert (grains == {1440}) == (day not in changed)
        day += DAY


@given(question=questions())
@settings(max_examples=40, deadline=None)
def test_shared_days_hold_each_moment_once(database: Database, question: Question) -> None:
    """Days read once for several pieces, and their parts taken away and added, are the pieces."""
    with connect_as_owner(database) as owner, owner.transaction(force_rollback=True):
        owner.execute(
            "select app.mark_hours(%s, %s::timestamptz[])", (TENANT, list(question.marks))
        )
        pieces = read_pieces(owner, question)
        values = [TENANT, pieces, question.finest]
        ranges = "array(select r from app.plan_ranges(%s, %s::timestamptz[], %s) r)"
        shares = f"array(select s from app.list_shares({ranges}, {len(pieces)}) s)"
        shared = read_ranges(owner, f"app.share_days({ranges}, {shares})", values * 2)
        rows = owner.execute(f"select * from unnest({shares})".encode(), values).fetchall()
    owners = {row["point"]: (row["piece"], row["outside"]) for row in rows}
    assert not owners.keys() & set(range(1, len(pieces)))
    moment = pieces[0]
    while moment < pieces[-1]:
        held = dict.fromkeys(range(1, len(pieces)), 0)
        for one in shared:
            if one.holds(moment):
                piece, outside = owners.get(one.point, (one.point, None))
                held[piece] += 1
                if outside is not None:
                    held[outside] -= 1
        assert held == {
            piece: int(pieces[piece - 1] <= moment < pieces[piece]) for piece in held
        }, moment
        moment = cut(moment, 5 * MINUTE) + 5 * MINUTE


def test_a_day_of_another_zone_is_read_from_few_sums(database: Database) -> None:
    """Of each day of Berlin the day of UTC, and the hours by which it begins before."""
    since = TODAY - 9 * DAY - HOUR
    pieces = [since + n * DAY for n in range(8)]
    with connect_as_owner(database) as owner:
        ranges = "array(select r from app.plan_ranges(%s, %s::timestamptz[], 60) r)"
        values = [TENANT, pieces]
        shares = f"array(select s from app.list_shares({ranges}, {len(pieces)}) s)"
        shared = read_ranges(owner, f"app.share_days({ranges}, {shares})", values * 2)
    grains = [
        one.grain
        for one in shared
        for _ in range(0, (one.until - one.since) // HOUR, one.grain // 60)
    ]
    assert (grains.count(1440), grains.count(60)) == (6, 1 + 6 + 23)
