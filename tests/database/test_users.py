"""Users by the sums of their calls, and what one of them did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, refused_call
from tests.database.support.metrics import ask_metrics
from tests.database.support.rolled_up import NOW, fold, read_drift
from tests.database.support.sessions import ask
from tests.database.support.spans import Span, call, failed_call, step, trace_id

HOUR = timedelta(hours=1)
WINDOW = {"start": (NOW - 30 * 24 * HOUR).isoformat(), "end": NOW.isoformat()}


def of(user: str | None, number: int, hours: float, **values: Any) -> Span:
    """Make a trace of a user's call, so many hours ago."""
    return call(1, trace=number, at=NOW - hours * HOUR, user_id=user, **values)


def list_users(
    database: Database, tenant: str, sort: str = "-calls", most: int = 200, **more: Any
) -> list[dict[str, Any]]:
    """Give all users, pages of so many joined."""
    found: list[dict[str, Any]] = []
    while True:
        last = found[-1] if found else None
        after = last and {"user": last["user_id"], "amount": last["amount"]}
        body = WINDOW | more | {"sort": sort, "most": most, "after": after}
        page = ask(database, tenant, "list_users", **body)
        found += page
        if len(page) < most:
            return found


@pytest.fixture
def settled(database: Database, tenant: str) -> str:
    """A tenant of three users, folded but for the hour of the last call."""
    spans = [
        of("maria", 1, 100, cost_usd="0.5"),
        of("maria", 2, 50, cost_usd="0.25", session_id="s"),
        failed_call(1, trace=3, at=NOW - 20 * HOUR, user_id="maria"),
        of("nadia", 4, 30, cost_usd="2"),
        of("nadia", 5, 29, cost_usd="2"),
        of(None, 6, 10, cost_usd="9"),
    ]
    ingest(database, tenant, spans)
    fold(database, tenant)
    ingest(database, tenant, [of("olga", 7, 1)])
    return tenant


def test_users_have_the_numbers_of_metrics(database: Database, settled: str) -> None:
    """Of each user, whatever was folded; calls of nobody are nobody's."""
    told = ask_metrics(database, settled, NOW - 30 * 24 * HOUR, NOW, "day", group_by="user")
    groups = {group["key"]: group for group in told["groups"] if group["key"] is not None}
    users = list_users(database, settled)

    assert [user["user_id"] for user in users] == ["maria", "nadia", "olga"]
    for user in users:
        group = groups.pop(user["user_id"])
        assert {k: v for k, v in group.items() if k in user} == {
            k: v for k, v in user.items() if k in group
        }
        assert len(user.keys() & group.keys()) == 9
    assert groups == {}
    assert (users[0]["requests"], users[0]["errors"], users[0]["cost_usd"]) == (3, 1, 0.75)
    seen = [datetime.fromisoformat(users[0][name]) for name in ("first_seen", "last_seen")]
    assert seen == [NOW - 100 * HOUR, NOW - 20 * HOUR]


@pytest.mark.parametrize("most", [1, 2, 200])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-calls", ["maria", "nadia", "olga"]),
        ("calls", ["olga", "nadia", "maria"]),
        ("-errors", ["maria", "nadia", "olga"]),
        ("-cost", ["nadia", "maria", "olga"]),
        ("cost", ["maria", "nadia", "olga"]),
        ("-tokens", ["maria", "nadia", "olga"]),
        ("-last", ["olga", "maria", "nadia"]),
        ("first", ["maria", "nadia", "olga"]),
    ],
)
def test_users_are_sorted(
    database: Database, settled: str, sort: str, expected: list[str], most: int
) -> None:
    """Page after page; those of an unknown amount come last, either way."""
    assert [user["user_id"] for user in list_users(database, settled, sort, most)] == expected


def test_users_are_found_by_how_they_begin(database: Database, settled: str) -> None:
    """To the letter: a percent sign is one."""
    for beginning, expected in (("ma", ["maria"]), ("%", []), ("", ["maria", "nadia", "olga"])):
        found = list_users(database, settled, beginning=beginning)
        assert [user["user_id"] for user in found] == expected


def test_a_user_has_sums_models_traces_and_sessions(database: Database, settled: str) -> None:
    """The sums of the list, and what is newest."""
    found = ask(database, settled, "read_user", user_id="maria", **WINDOW)
    listed = {user["user_id"]: user for user in list_users(database, settled)}

    assert found["user"] == {k: v for k, v in listed["maria"].items() if k != "amount"}
    assert [trace["trace_id"] for trace in found["traces"]] == [trace_id(n) for n in (3, 2, 1)]
    assert [session["session_id"] for session in found["sessions"]] == ["s"]
    assert [(m["model"], m["requests"]) for m in found["by_model"]] == [("fable-1", 3)]


def test_calls_follow_what_the_root_tells(database: Database, tenant: str) -> None:
    """A root that comes late takes its trace's calls along, in the list as in the sums."""
    ingest(database, tenant, [of(None, 1, 3), of("theirs", 2, 3)])
    ingest(database, tenant, [step(9, trace=1, at=NOW - 3 * HOUR, user_id="late")])
    fold(database, tenant)
    found = ask(database, tenant, "read_user", user_id="late", **WINDOW)

    assert found["user"]["requests"] == 1
    assert [trace["trace_id"] for trace in found["traces"]] == [trace_id(1)]
    assert {user["user_id"] for user in list_users(database, tenant)} == {"late", "theirs"}
    assert read_drift(database, tenant) == []


def test_a_user_of_another_tenant_is_none(database: Database, settled: str) -> None:
    """As one that nobody has."""
    for user in ("maria", "nobody"):
        body = WINDOW | {"user_id": user}
        refused = refused_call(database, "authenticated", "bystander", "read_user", body)
        assert refused[0] == "PT404", settled
