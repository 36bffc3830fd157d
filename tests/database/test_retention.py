"""Retention: what is too old goes, for the tenant that said so and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import TEMPLATE, Database, ThrowawayServer
from tests.database.support.callers import (
    Connection,
    administer,
    connect_as_owner,
    ingest,
    read_as,
    refused_call,
)
from tests.database.support.consistency import check_consistency, read_summaries
from tests.database.support.spans import call, step, trace_id

NOW = datetime.now(UTC)
MONTHS_AGO = [
    (NOW.replace(day=15, hour=12) - timedelta(days=30.44 * months)).replace(day=15)
    for months in range(14)
]
"""The middle of this month, of the last one, and so on, by UTC."""


@pytest.fixture
def database(postgres_server: ThrowawayServer) -> Iterator[Database]:
    """A database of one test alone: partitions are everybody's."""
    yield postgres_server.create_database("retention", template=TEMPLATE)
    postgres_server.drop_database("retention")


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """The owner of everything, each statement committed by itself."""
    with connect_as_owner(database) as connection:
        yield connection


def expire(owner: Connection, batch: int = 1000) -> None:
    owner.execute("call app.expire_data(%s)", (batch,))


def keep(database: Database, tenant: str, span_days: int | None, content_days: int | None) -> None:
    administer(database, tenant, "set_retention", span_days=span_days, content_days=content_days)


def make_partitions(owner: Connection, months: list[datetime]) -> None:
    for month in months:
        for table in ("spans", "span_contents"):
            owner.execute(
                "select app.ensure_partition(%s, %s)", (table, month.replace(day=1).date())
            )


def read_ages(database: Database, tenant: str) -> list[tuple[int, bool]]:
    """Give the age in days of each span, and whether its content is there, from old to new."""
    query = """
        select extract(day from %s::timestamptz - start_time)::int as age,
          input is not null as content
        from public.span_details order by start_time"""
    rows = read_as(database, "authenticated", tenant, query, (NOW,))
    return [(row["age"], row["content"]) for row in rows]


def read_partitions(owner: Connection) -> set[str]:
    query = """
        select inhrelid::regclass::text as name from pg_inherits
        where inhparent in ('public.spans'::regclass, 'public.span_contents'::regclass)"""
    return {row["name"] for row in owner.execute(query)}


def partition_names(table: str, months: list[datetime]) -> set[str]:
    return {f"{table}_{month:%Y_%m}" for month in months}


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ((None, None), [(400, True), (40, True), (9, True), (1, True), (0, True)]),
        ((30, None), [(9, True), (1, True), (0, True)]),
        ((None, 5), [(400, False), (40, False), (9, False), (1, True), (0, True)]),
        ((100, 5), [(40, False), (9, False), (1, True), (0, True)]),
        ((1, 1), [(0, True)]),
    ],
)
def test_rows_past_their_retention_are_deleted(
    database: Database, tenant: str, owner: Connection, kept: Any, left: list[tuple[int, bool]]
) -> None:
    """Spans with their contents, contents before their spans, or nothing at all, in any batch."""
    spans = [
        call(n, trace=n, at=NOW - timedelta(days=age, hours=1), input="in")
        for n, age in enumerate((400, 40, 9, 1, 0), 1)
    ]
    ingest(database, tenant, spans)
    keep(database, tenant, *kept)
    expire(owner, 1)
    assert read_ages(database, tenant) == left
    assert len(read_summaries(database, tenant)) == len(left)
    check_consistency(database, tenant)


@pytest.mark.parametrize("year", [2027, 2099])
@pytest.mark.parametrize("batch", [1, 1000])
def test_a_span_of_the_future_goes_by_when_it_came(
    database: Database, tenant: str, owner: Connection, year: int, batch: int
) -> None:
    """It is kept for the days after it came, never longer, whatever start it claims."""
    future = datetime(year, 12, 31, tzinfo=UTC)
    ingest(
        database,
        tenant,
        [
            call(1, trace=1, at=future, input="in"),
            call(2, trace=2, at=future + timedelta(minutes=1), input="in"),
            step(3, trace=2, at=NOW, input="in"),
            step(4, trace=3, at=NOW, input="in"),
        ],
    )
    keep(database, tenant, 1, None)
    expire(owner, batch)
    assert len(read_ages(database, tenant)) == 4
    came = (
        "update public.spans set received_at = now() - %s where tenant_id = %s and start_time > %s"
    )
    owner.execute(came, (timedelta(hours=25), tenant, NOW + timedelta(days=1)))

    expire(owner, batch)

    assert read_ages(database, tenant) == [(0, True), (0, True)]
    assert {one["trace_id"] for one in read_summaries(database, tenant)} == {
        trace_id(2),
        trace_id(3),
    }
    left = "select count(*) as contents from public.span_contents where tenant_id = %s"
    assert list(owner.execute(left, (tenant,))) == [{"contents": 2}]
    check_consistency(database, tenant)


def test_content_of_the_future_goes_before_its_span(
    database: Database, tenant: str, owner: Connection
) -> None:
    """By when it came, too, where content is kept for less; a batch a time, none is starved."""
    future = datetime(2099, 12, 31, tzinfo=UTC)
    ingest(database, tenant, [call(n, trace=n, at=future, input="in") for n in (1, 2, 3)])
    keep(database, tenant, None, 5)
    came = "update public.spans set received_at = now() - %s where tenant_id = %s"
    owner.execute(came, (timedelta(days=6), tenant))
    expire(owner, 1)
    assert [content for _, content in read_ages(database, tenant)] == [False, False, False]


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_span_of_1970_goes_by_when_it_came(
    database: Database, tenant: str, owner: Connection, batch: int
) -> None:
    """A start that cannot be true makes nothing older: what got a 200 is kept as promised."""
    ingest(
        database,
        tenant,
        [
            call(1, start_ns=0, end_ns=1, input="in"),
            call(2, trace=2, start_ns=7, end_ns=8, input="in"),
            step(3, trace=2, at=NOW, input="in"),
        ],
    )
    keep(database, tenant, 30, 5)
    expire(owner, batch)
    assert len(read_ages(database, tenant)) == 3
    came = (
        "update public.spans set received_at = now() - %s"
        " where tenant_id = %s and misdated = 'past'"
    )
    owner.execute(came, (timedelta(days=6), tenant))
    expire(owner, batch)
    assert [content for _, content in read_ages(database, tenant)] == [False, False, True]
    owner.execute(came, (timedelta(days=31), tenant))
    expire(owner, batch)
    assert read_ages(database, tenant) == [(0, True)]
    check_consistency(database, tenant)


def test_a_long_trace_keeps_its_young_spans(
    database: Database, tenant: str, owner: Connection
) -> None:
    """Its summary is that of the spans that are left."""
    ages = (50, 31, 29, 1)
    spans = [step(n, at=NOW - timedelta(days=age), input="in") for n, age in enumerate(ages, 1)]
    ingest(database, tenant, spans)
    keep(database, tenant, 30, None)
    expire(owner)
    assert read_ages(database, tenant) == [(29, True), (1, True)]
    (summary,) = read_summaries(database, tenant)
    assert (summary["span_count"], summary["root_span_name"]) == (2, "step 3")
    check_consistency(database, tenant)


def test_each_tenant_has_its_own_days(
    database: Database, owner: Connection, another_tenant: Callable[[], str]
) -> None:
    """The same spans of four tenants, each kept as long as its tenant wants, in one run."""
    wishes = {another_tenant(): wish for wish in ((None, None), (200, 20), (60, None), (7, 7))}
    for tenant, wish in wishes.items():
        spans = [
            call(n, trace=n, at=NOW - timedelta(days=age), input="in")
            for n, age in enumerate((300, 100, 30, 10, 1), 1)
        ]
        ingest(database, tenant, spans)
        keep(database, tenant, *wish)
    expire(owner, 2)
    assert [read_ages(database, tenant) for tenant in wishes] == [
        [(300, True), (100, True), (30, True), (10, True), (1, True)],
        [(100, False), (30, False), (10, True), (1, True)],
        [(30, True), (10, True), (1, True)],
        [(1, True)],
    ]
    for tenant in wishes:
        check_consistency(database, tenant)


def test_a_month_that_nobody_keeps_is_dropped(
    database: Database, owner: Connection, another_tenant: Callable[[], str]
) -> None:
    """A partition goes as a whole once every tenant in it has let go of it; others stay."""
    months = MONTHS_AGO[3:8]
    make_partitions(owner, months)
    short, long, forever = (another_tenant() for _ in range(3))
    rows = [(short, months), (long, months[:2]), (forever, months[1:2])]
    for tenant, written in rows:
        spans = [call(n, trace=n, at=at, input="in") for n, at in enumerate(written, 1)]
        ingest(database, tenant, [*spans, call(99, trace=99, at=NOW, input="in")])
    keep(database, short, 10, None)
    keep(database, long, 3650, 10)
    before = read_partitions(owner)

    expire(owner)

    # Month 0 holds spans of `long`, month 1 of `long` and `forever`, months 2 to 4 only of `short`.
    assert before - read_partitions(owner) == partition_names(
        "spans", months[2:]
    ) | partition_names("span_contents", [months[0], *months[2:]])
    assert [len(read_summaries(database, one)) for one in (short, long, forever)] == [1, 3, 2]
    assert [content for _, content in read_ages(database, forever)] == [True, True]
    assert [content for _, content in read_ages(database, long)] == [False, False, True]
    for tenant in (short, long, forever):
        check_consistency(database, tenant)


def test_a_trace_across_a_dropped_month(database: Database, tenant: str, owner: Connection) -> None:
    """What is left of it is summed up anew."""
    months = MONTHS_AGO[3:5]
    make_partitions(owner, months)
    ingest(database, tenant, [step(1, at=months[1]), step(2, at=months[0]), step(3, at=NOW)])
    keep(database, tenant, 10, None)
    expire(owner)
    assert not partition_names("spans", months) & read_partitions(owner)
    (summary,) = read_summaries(database, tenant)
    assert (summary["span_count"], summary["trace_id"]) == (1, trace_id(1))
    check_consistency(database, tenant)


def test_a_stranger_keeps_its_month(database: Database, tenant: str, owner: Connection) -> None:
    """Rows of a tenant without settings, whose row was removed by hand, are never dropped."""
    make_partitions(owner, MONTHS_AGO[4:5])
    ingest(database, tenant, [step(1, at=MONTHS_AGO[4])])
    owner.execute("delete from public.tenants where tenant_id = %s", (tenant,))
    expire(owner)
    assert partition_names("spans", MONTHS_AGO[4:5]) <= read_partitions(owner)


def test_months_that_are_made_anew_stay(database: Database, owner: Connection) -> None:
    """The partitions of last month and of those to come are not dropped for being empty."""
    before = read_partitions(owner)
    expire(owner)
    assert read_partitions(owner) == before


def test_a_busy_table_is_left_to_the_next_time(
    database: Database, tenant: str, owner: Connection
) -> None:
    """A month is not dropped, nor anybody kept waiting for long, while somebody reads the table."""
    make_partitions(owner, MONTHS_AGO[4:5])
    ingest(database, tenant, [step(1, at=MONTHS_AGO[4]), step(2, at=NOW)])
    keep(database, tenant, 10, None)
    names = partition_names("spans", MONTHS_AGO[4:5])
    with connect_as_owner(database) as reader, reader.transaction():
        reader.execute("select count(*) from public.spans")
        expire(owner)
        assert names <= read_partitions(owner)
    assert len(read_ages(database, tenant)) == 1
    expire(owner)
    assert not names & read_partitions(owner)


def test_settings_are_read_back(database: Database, tenant: str) -> None:
    """By those who read the tenant; null takes a limit away."""
    query = "select span_days, content_days from public.tenants"
    for days in ((30, 7), (30, None), (None, None)):
        keep(database, tenant, *days)
        for role in ("authenticated", "llm_admin"):
            (row,) = read_as(database, role, tenant, query)
            assert (row["span_days"], row["content_days"]) == days


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"span_days": 30}, "span_days or content_days is missing."),
        ([], "span_days or content_days is missing."),
        ({"span_days": 0, "content_days": None}, "span_days is not a whole number from 1 to 3650."),
        ({"span_days": 1.5, "content_days": 1}, "span_days is not a whole number from 1 to 3650."),
        ({"span_days": "9", "content_days": 1}, "span_days is not a whole number from 1 to 3650."),
        (
            {"span_days": None, "content_days": 3651},
            "content_days is not a whole number from 1 to 3650.",
        ),
        ({"span_days": 7, "content_days": 8}, "content_days is more than span_days."),
        (
            {"span_days": 7, "content_days": 7, "roll_up_days": 6},
            "roll_up_days is less than span_days.",
        ),
        (
            {"span_days": None, "content_days": 7, "roll_up_days": 3650},
            "roll_up_days is less than span_days.",
        ),
    ],
)
def test_malformed_settings_are_refused(
    database: Database, tenant: str, body: Any, sentence: str
) -> None:
    """With a class 22 error and a sentence."""
    refused = refused_call(database, "llm_admin", tenant, "set_retention", body)
    assert refused == ("22023", sentence)
