"""What query_metrics refuses, and when the days of a time zone begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import read_as_owner
from tests.database.support.metrics import ask_metrics
from tests.database.support.spans import NOON

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ({"group_by": "modell"}, "environment"),
        ({"group_by": "total"}, "tag:<key>"),
        ({"then_by": "value; drop table"}, "session"),
        ({"filter": {"left_out": ["x"]}}, "release"),
        ({"filter": {"model": "fable-1"}}, "1 to 100 texts"),
        ({"filter": {"model": [1]}}, "1 to 100 texts"),
        ({"filter": {"model": []}}, "1 to 100 texts"),
        ({"measure": "latency_p42"}, "latency_p95"),
        ({"measure": None}, "requests"),
        ({"group_by": "user", "then_by": "user"}, "another dimension"),
        ({"group_by": None, "then_by": "user"}, "group_by"),
        ({"top": 0}, "how many groups"),
        ({"top": 501}, "how many groups"),
        ({"time_zone": "Europe/Berlinn"}, "IANA"),
        ({"time_zone": "XYZ5"}, "IANA"),
        ({"time_zone": "+02:00"}, "IANA"),
        ({"time_zone": None}, "IANA"),
    ],
    ids=str,
)
def test_an_unknown_name_is_refused(
    database: Database, tenant: str, question: dict[str, Any], hint: str
) -> None:
    """Under 22023, with the names that there are or what to send."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        ask_metrics(database, tenant, NOON, NOON + HOUR, "hour", **question)
    assert hint in str(caught.value.diag.message_hint)


@pytest.mark.parametrize(
    ("zone", "month"),
    [
        ("Europe/Berlin", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 1, tzinfo=UTC)),
        # Clocks are put back over midnight, and forward from it.
        ("America/Havana", datetime(2026, 10, 15, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 3, 20, tzinfo=UTC)),
        ("Pacific/Chatham", datetime(2026, 9, 15, tzinfo=UTC)),
    ],
)
def test_a_day_begins_with_its_first_moment(database: Database, zone: str, month: datetime) -> None:
    """Each moment of a window is in the day that its local date says, where clocks change too."""
    query = "select unnest(app.list_points(%s, %s, 'day', %s)) as point"
    until = month + timedelta(days=31)
    rows = read_as_owner(database, query, (month, until, zone))
    found = [row["point"].astimezone(UTC) for row in rows]
    quarters = [month + n * timedelta(minutes=15) for n in range(-400, 31 * 96)]
    first: dict[Any, datetime] = {}
    for moment in quarters:
        first.setdefault(moment.astimezone(ZoneInfo(zone)).date(), moment)
    expected = [at for at in list(first.values())[1:] if at < until]
    before = [at for at in expected if at <= month][-1]
    assert found == [before, *(at for at in expected if at > month)]
