"""Keys of tags that a tenant chooses: its sums are kept by them, and stay the raw rows'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import (
    administer,
    connect_as,
    connect_as_owner,
    ingest,
    read_as,
    read_as_owner,
)
from tests.database.support.keys import digest
from tests.database.support.rolled_up import fold, list_marked, read_drift
from tests.database.support.spans import call, failed_call, step

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)


def choose(database: Database, tenant: str, *keys: Any, by: str | None = None) -> Any:
    return administer(database, tenant, "set_tag_dimensions", by=by, keys=list(keys))


def count_kept(database: Database, tenant: str) -> dict[str, int]:
    """Give how many rows the roll-ups have by each tag."""
    query = """
        select dimension, count(*)::int as rows from public.roll_ups
        where tenant_id = %s and dimension like 'tag:%%' group by dimension order by dimension"""
    rows = read_as_owner(database, query, (tenant,))
    return {row["dimension"]: row["rows"] for row in rows}


def read_requests(database: Database, tenant: str, name: str) -> dict[str | None, int]:
    """Give how many calls of two days ``query_metrics`` finds by each value of a dimension."""
    query = """
        select public.query_metrics(%s, %s, 'day', group_by => %s) -> 'groups' as groups"""
    window = (NOW - 48 * HOUR, NOW + 2 * HOUR, name)
    (row,) = read_as(database, "authenticated", tenant, query, window)
    return {group["key"]: group["requests"] for group in row["groups"]}


def test_sums_are_true_before_they_are_made_by_a_new_key(database: Database, tenant: str) -> None:
    """Its hours are marked, and read from spans until they are folded; then from its roll-ups."""
    spans = [
        call(1, at=NOW, tags={"plan": "pro", "team": "search"}),
        call(2, at=NOW - HOUR, tags={"plan": "free"}),
        call(3, at=NOW - HOUR),
    ]
    ingest(database, tenant, spans)
    fold(database, tenant)
    assert count_kept(database, tenant) == {}
    told = {"pro": 1, "free": 1, None: 1}
    assert read_requests(database, tenant, "tag:plan") == told

    assert choose(database, tenant, "plan") == {"keys": ["plan"]}
    assert list_marked(database, tenant) == [NOW - HOUR, NOW]
    assert read_requests(database, tenant, "tag:plan") == told
    fold(database, tenant)
    assert count_kept(database, tenant)["tag:plan"] >= 2
    assert list(count_kept(database, tenant)) == ["tag:plan"]
    assert read_requests(database, tenant, "tag:plan") == told
    assert read_drift(database, tenant) == []


def test_sums_by_a_key_that_is_dropped_go_at_once(database: Database, tenant: str) -> None:
    """No hour is marked for that, the other key's stay, and spans still answer for it."""
    ingest(database, tenant, [call(1, at=NOW, tags={"plan": "pro", "team": "search"})])
    choose(database, tenant, "plan", "team")
    fold(database, tenant)
    assert list(count_kept(database, tenant)) == ["tag:plan", "tag:team"]

    choose(database, tenant, "team")
    assert list(count_kept(database, tenant)) == ["tag:team"]
    assert list_marked(database, tenant) == []
    assert read_requests(database, tenant, "tag:plan") == {"pro": 1}
    assert read_requests(database, tenant, "tag:team") == {"search": 1}
    assert read_drift(database, tenant) == []


def test_the_same_keys_in_another_order_mark_nothing(database: Database, tenant: str) -> None:
    """The order is kept as it was given; no sum changes."""
    ingest(database, tenant, [call(1, at=NOW, tags={"plan": "pro", "team": "search"})])
    choose(database, tenant, "plan", "team")
    fold(database, tenant)
    kept = count_kept(database, tenant)

    assert choose(database, tenant, "team", "plan") == {"keys": ["team", "plan"]}
    assert list_marked(database, tenant) == []
    assert count_kept(database, tenant) == kept


def test_what_expired_tells_no_value_of_a_new_key(database: Database, tenant: str) -> None:
    """Its calls stay in the sum of those that tell none, so that the groups add up to the total."""
    old = NOW - 30 * HOUR
    ingest(database, tenant, [call(1, trace=1, at=old, tags={"plan": "pro", "team": "search"})])
    ingest(database, tenant, [call(2, trace=2, at=NOW, tags={"plan": "pro", "team": "search"})])
    choose(database, tenant, "team")
    administer(database, tenant, "set_retention", span_days=1, content_days=None)
    with connect_as_owner(database) as owner:
        owner.execute("select app.expire_batch(%s, 1000)", (tenant,))
    choose(database, tenant, "team", "plan")
    fold(database, tenant)

    assert read_requests(database, tenant, "tag:team") == {"search": 2}
    assert read_requests(database, tenant, "tag:plan") == {"pro": 1, None: 1}
    assert read_drift(database, tenant) == []


def test_a_choice_waits_for_who_folds(database: Database, tenant: str) -> None:
    """Who folds by the keys of before would take the marks of a new one away."""
    ingest(database, tenant, [call(1, at=NOW, tags={"plan": "pro"})])
    with connect_as_owner(database) as owner, owner.transaction():
        owner.execute("select app.hold_folding(%s)", (tenant,))
        with connect_as(database, "llm_admin", tenant) as admin:
            admin.execute("set local lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                admin.execute("""select public.set_tag_dimensions('{"keys": ["plan"]}')""")
    assert choose(database, tenant, "plan") == {"keys": ["plan"]}


def test_the_keys_that_calls_bring_are_counted(database: Database, tenant: str) -> None:
    """Of this tenant's calls alone: not of steps, and not of what claims to be of 2099."""
    spans = [
        call(1, at=NOW, tags={"plan": "pro", "team": "search"}),
        failed_call(2, at=NOW, tags={"plan": "free"}),
        step(3, at=NOW, tags={"stage": "one"}),
        call(4, at=datetime(2099, 1, 1, tzinfo=UTC), tags={"late": "yes"}),
        call(5, at=NOW),
    ]
    ingest(database, tenant, spans)
    query = "select tag_key, calls from public.tag_keys order by calls desc"

    assert read_as(database, "authenticated", tenant, query) == [
        {"tag_key": "plan", "calls": 2},
        {"tag_key": "team", "calls": 1},
    ]


def test_a_change_is_audited(database: Database, tenant: str) -> None:
    """With the keys before and after; the same ones again are no event."""
    for _ in range(2):
        choose(database, tenant, "plan", by="dev")
    query = "select actor, action, details from public.audit_events where tenant_id = %s"

    assert read_as_owner(database, query, (tenant,)) == [
        {
            "actor": "dev",
            "action": "tenant.changed",
            "details": {"tag_dimensions": {"from": [], "to": ["plan"]}},
        }
    ]


@pytest.mark.parametrize("scopes", [["read"], ["ingest"]])
def test_a_smaller_key_chooses_nothing(database: Database, tenant: str, scopes: list[str]) -> None:
    """It takes the scope admin, whatever the token's role is."""
    made = {"key_id": "smallkey", "name": "a key", "environment": "live"}
    administer(database, tenant, "create_api_key", digest=digest(1), scopes=scopes, **made)
    with pytest.raises(psycopg.Error) as caught:
        choose(database, tenant, "plan", by="smallkey")

    assert caught.value.sqlstate == "PT403"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "keys is not a list."),
        ({"keys": None}, "keys is not a list."),
        ({"keys": "plan"}, "keys is not a list."),
        ({"keys": {"plan": 1}}, "keys is not a list."),
        ({"keys": [f"k{n}" for n in range(9)]}, "keys has more than 8 keys."),
        ({"keys": ["plan", ""]}, "A key in keys is not a text of 1 to 64 characters."),
        ({"keys": ["k" * 65]}, "A key in keys is not a text of 1 to 64 characters."),
        ({"keys": [7]}, "A key in keys is not a text of 1 to 64 characters."),
        ({"keys": [None]}, "A key in keys is not a text of 1 to 64 characters."),
        ({"keys": ["plan", "team", "plan"]}, "A key stands in keys twice."),
    ],
)
def test_other_keys_are_refused(
    database: Database, tenant: str, body: dict[str, Any], problem: str
) -> None:
    """In words that name none of them, under 22023."""
    with pytest.raises(psycopg.Error) as caught:
        administer(database, tenant, "set_tag_dimensions", **body)

    assert (caught.value.sqlstate, caught.value.diag.message_primary) == ("22023", problem)
    assert "at most 8 keys" in (caught.value.diag.message_hint or "")


def test_eight_of_the_longest_keys_are_kept(database: Database, tenant: str) -> None:
    """64 characters of four bytes each; sums are made by them."""
    keys = [chr(0x1F600 + n) * 64 for n in range(8)]
    ingest(database, tenant, [call(1, at=NOW, tags={keys[7]: "pro"})])
    choose(database, tenant, *keys)
    fold(database, tenant)

    assert list(count_kept(database, tenant)) == [f"tag:{keys[7]}"]
    assert read_requests(database, tenant, f"tag:{keys[7]}") == {"pro": 1}


KEYS = ("plan", "team", "feature")
TAGS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["a", "b"]))


def write(number: int, hours: int, tags: dict[str, str]) -> tuple[str, Any]:
    return "write", call(number, trace=number, at=NOW - hours * HOUR, tags=tags)


WRITTEN = st.builds(write, st.integers(1, 6), st.integers(0, 30), TAGS)
CHOSEN = st.lists(st.sampled_from(KEYS), unique=True).map(lambda keys: ("choose", keys))
EVENTS = st.one_of(WRITTEN, CHOSEN, st.just(("fold", None)), st.just(("expire", None)))


@given(events=st.lists(EVENTS, min_size=1, max_size=12))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_after_any_order_of_choices_the_sums_are_true(
    database: Database, another_tenant: Callable[[], str], events: list[tuple[str, Any]]
) -> None:
    """Choosing, writing, folding and expiring: no drift, and sums by none but chosen keys."""
    tenant = another_tenant()
    administer(database, tenant, "set_retention", span_days=1, content_days=None)
    chosen: list[str] = []
    for event, what in [*events, ("fold", None)]:
        if event == "write":
            ingest(database, tenant, [what])
        elif event == "choose":
            choose(database, tenant, *what)
            chosen = what
        elif event == "fold":
            fold(database, tenant)
        else:
            with connect_as_owner(database) as owner:
                owner.execute("select app.expire_batch(%s, 1000)", (tenant,))
        assert read_drift(database, tenant) == []
        assert count_kept(database, tenant).keys() <= {f"tag:{key}" for key in chosen}
    assert list_marked(database, tenant) == []
