"""GET /metrics over HTTP: groups, filters, time zones and comparisons, against spans one knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from functions.metrics.query import DIMENSIONS
from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.spans import MILLISECOND, NOON, call, failed_call, nanoseconds, step

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TENANT = "sums-by-http"
SUMS = ("requests", "errors", "prompt_tokens", "completion_tokens", "total_tokens")
Body = dict[str, Any]
Ask = Callable[..., Body]
TOLD: dict[str, dict[str, str]] = {
    "environment": {"environment": "production"},
    "service": {"service_name": "shop"},
    "operation": {"operation": "embeddings"},
    "provider": {"provider": "openai"},
    "model": {"model": "gift-1"},
    "user": {"user_id": "maria"},
    "customer": {"customer_id": "acme"},
    "session": {"session_id": "s-1"},
    "agent": {"agent_name": "planner"},
    "tool": {"tool_name": "search"},
    "prompt": {"prompt_name": "greeting"},
    "error_type": {"error_type": "acme.Timeout"},
    "release": {"release": "2026.11"},
}
"""For each dimension that a span tells by itself: a column and its value."""


@pytest.fixture(scope="module")
def ask(api: str) -> Iterator[Callable[..., httpx.Response]]:
    """Asks for the sums of an hour, as the tenant of the test."""
    window = {"start": NOON.isoformat(), "end": (NOON + HOUR).isoformat()}
    with httpx.Client(base_url=api, headers={"x-tenant-id": TENANT}, timeout=60) as client:

        def get(tenant: str = TENANT, **parameters: Any) -> httpx.Response:
            asked = {name.replace("__", ":"): value for name, value in parameters.items()}
            return client.get("/metrics", params=window | asked, headers={"x-tenant-id": tenant})

        yield get


@pytest.fixture(scope="module")
def read(ask: Callable[..., httpx.Response]) -> Ask:
    """Gives the body of an answer that is none of an error."""

    def get(**parameters: Any) -> Body:
        answer = ask(**parameters)
        assert answer.status_code == 200, answer.text
        body: Body = answer.json()
        return body

    return get


@pytest.fixture(scope="module", autouse=True)
def calls(database: Database) -> None:
    """One call that tells each dimension, three that tell the same of others, one that failed."""
    spans = [make(number, **columns) for number, columns in enumerate(TOLD.values(), 10)]
    plain = [
        call(n, trace=n, at=NOON + n * timedelta(minutes=1), cost_usd="0.5") for n in (1, 2, 3)
    ]
    ingest(
        database,
        TENANT,
        [*spans, *plain, call(4, trace=4, tags={"plan": "gold"}), step(5, trace=5)],
    )


def make(number: int, **columns: Any) -> dict[str, Any]:
    """Make a call that tells one thing; of an error only one that failed does."""
    kind = failed_call if "error_type" in columns else call
    return kind(number, trace=number, at=NOON + timedelta(seconds=number), **columns)


def add_up(rows: list[Body], name: str) -> float:
    return sum(row[name] or 0 for row in rows)


@pytest.mark.parametrize("name", [*TOLD, "tag:plan"])
def test_groups_are_the_calls_that_share_a_value(read: Ask, name: str) -> None:
    """One for each value, one for calls that tell none; together they are all calls."""
    body = read(group_by=name)
    value = "gold" if name == "tag:plan" else next(iter(TOLD[name].values()))
    sizes = {group["key"]: group["requests"] for group in body["groups"]}

    assert sizes[value] == 1
    assert len(sizes) > 1
    for measure in SUMS:
        assert add_up(body["groups"], measure) == body["totals"][measure]
    for group in body["groups"]:
        assert add_up(group["series"], "value") == group["requests"]
    assert body["other"] is None


@pytest.mark.parametrize("name", [*TOLD, "tag:plan"])
def test_a_filter_keeps_the_calls_with_a_value(read: Ask, name: str) -> None:
    """With one, with either of two, and with none; what one filter keeps the others may drop."""
    value = "gold" if name == "tag:plan" else next(iter(TOLD[name].values()))
    everything = read()["totals"]["requests"]

    kept = read(**{name: value})
    assert kept["totals"]["requests"] == add_up(kept["series"], "requests") == 1
    assert read(**{name: [value, "nobody's"]})["totals"]["requests"] == 1
    assert read(**{name: "nobody's"})["totals"]["requests"] == 0
    grouped = {group["key"]: group["requests"] for group in read(group_by=name)["groups"]}
    assert read(**{name: ""})["totals"]["requests"] == grouped.get(None, 0)
    assert read(**{name: [value, ""]})["totals"]["requests"] == 1 + grouped.get(None, 0)
    other = "release" if name == "user" else "user"
    assert read(**{name: value, other: "nobody's"})["totals"]["requests"] == 0
    assert everything == len(TOLD) + 4


def test_what_is_beyond_the_top_is_summed_up(read: Ask) -> None:
    """The groups with the most of the measure come first; with the others they are all calls."""
    body = read(group_by="model", measure="cost_usd", top="1")
    [first] = body["groups"]

    assert (first["key"], first["provider"], first["cost_usd"]) == ("fable-1", "acme", 1.5)
    assert add_up(first["series"], "value") == 1.5
    for measure in SUMS:
        assert first[measure] + body["other"][measure] == body["totals"][measure]


@pytest.mark.parametrize(("first", "second"), [("model", "user"), ("user", "session")])
def test_a_second_dimension_divides_the_groups(read: Ask, first: str, second: str) -> None:
    """Each group's parts add up to it: of one dimension of few values or of two of many."""
    body = read(group_by=first, then_by=second)

    assert {inner["key"] for group in body["groups"] for inner in group["groups"]} >= {None}
    for group in body["groups"]:
        for measure in SUMS:
            assert add_up(group["groups"], measure) == group[measure]


def test_without_a_dimension_there_are_no_groups(read: Ask) -> None:
    """The answer is what it always was: models, the busiest first, and none with its groups."""
    body = read()

    assert (body["groups"], body["other"], body["previous"]) == ([], None, None)
    assert add_up(body["by_model"], "requests") == body["totals"]["requests"]
    assert read(group_by="model")["by_model"] == body["by_model"]


def test_the_window_before_is_the_same_question(read: Ask) -> None:
    """Its totals are those that the window itself gets if one asks for it."""
    half = {"start": (NOON + HOUR / 2).isoformat()}
    before = {"start": NOON.isoformat(), "end": (NOON + HOUR / 2).isoformat()}
    previous = read(**half, compare="previous", model="fable-1")["previous"]
    totals = read(**before, model="fable-1")["totals"]

    assert [when(previous[name]) for name in ("start", "end")] == [NOON, NOON + HOUR / 2]
    assert previous["requests"] > 0
    assert {name: totals[name] for name in previous if name in totals} == {
        name: previous[name] for name in previous if name in totals
    }


@pytest.mark.parametrize(
    ("zone", "starts"),
    [
        ("UTC", ["2026-10-24T00:00Z", "2026-10-25T00:00Z", "2026-10-26T00:00Z"]),
        ("Europe/Berlin", ["2026-10-23T22:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"]),
        ("Asia/Kolkata", ["2026-10-23T18:30Z", "2026-10-24T18:30Z", "2026-10-25T18:30Z"]),
    ],
)
def test_days_are_those_of_the_time_zone(read: Ask, zone: str, starts: list[str]) -> None:
    """Where clocks change within the window, too; the answer says whose days they are."""
    moments = [datetime.fromisoformat(start) for start in starts]
    window = {"start": moments[0].isoformat(), "end": (moments[2] + HOUR).isoformat()}
    body = read(**window, bucket="day", time_zone=zone)

    assert [when(point["bucket_start"]) for point in body["series"]] == moments
    assert body["window"]["time_zone"] == zone


@pytest.mark.parametrize("zone", ["Mars/Phobos", "CEST-2", "+02", "Europe", "utc+1"])
def test_the_name_of_no_time_zone_is_refused(ask: Callable[..., httpx.Response], zone: str) -> None:
    """With an example of a good one."""
    answer = ask(time_zone=zone)

    assert answer.status_code == 400
    assert "Europe/Berlin" in answer.json()["error"]["message"]


def test_a_failure_stands_in_the_row_of_its_model(read: Ask) -> None:
    """No model answered, and the one that was asked for is the canonical one."""
    [failed] = read(error_type="acme.Timeout")["by_model"]
    [row] = [one for one in read()["by_model"] if one["model"] == "fable-1" and one["errors"]]

    assert (failed["model"], failed["errors"]) == (row["model"], row["errors"]) == ("fable-1", 1)
    assert row["requests"] > 1


def test_a_percentile_is_as_exact_as_it_says(read: Ask, database: Database) -> None:
    """Of durations over six orders of magnitude, within the error that the answer states."""
    lasting = [round(1.07**n, 3) for n in range(1, 200)]
    start = nanoseconds(NOON)
    spans = [
        call(n, start_ns=start, end_ns=start + int(ms * MILLISECOND))
        for n, ms in enumerate(lasting, 1)
    ]
    ingest(database, "percentiles-by-http", spans)
    body = read(tenant="percentiles-by-http", group_by="model")
    exact = {"p50": lasting[99], "p95": lasting[189], "p99": lasting[197]}

    assert 0 < body["relative_error"] <= 0.05
    for row in (body["totals"], body["groups"][0], body["by_model"][0]):
        assert row["latency_ms"] == pytest.approx(exact, rel=body["relative_error"])


@pytest.mark.parametrize("name", [*DIMENSIONS, "tag:plan"])
def test_another_tenants_values_are_nobodys(ask: Callable[..., httpx.Response], name: str) -> None:
    """To filter by them gives zero, as of a value that no tenant has, and is no error."""
    value = next(iter(TOLD.get(name, {"": "gold"}).values()))
    theirs, nobodys = ask("a-stranger", **{name: value}), ask("a-stranger", **{name: "nobody's"})

    assert theirs.status_code == 200
    assert theirs.json() | {"filter": ""} == nobodys.json() | {"filter": ""}
    assert theirs.json()["totals"]["requests"] == 0


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_lists_know_a_model_by_the_name_of_its_row(api: str, read: Ask, database: Database) -> None:
    """Each row leads to its calls and their traces, dated answers and failures among them."""
    priced: dict[str, Any] = {
        "provider": "openai",
        "price_provider": "openai",
        "price_model": "gpt-4o-mini",
    }
    names: dict[str, Any] = {"model": "gpt-4o-mini", "response_model": "gpt-4o-mini-2024-07-18"}
    spans = [
        call(1, trace=1, **priced, **names),
        failed_call(2, trace=2, **priced, model="gpt-4o-mini"),
        call(3, trace=3, model="gift-1"),
    ]
    ingest(database, "rows-and-lists", spans)
    rows = read(tenant="rows-and-lists")["by_model"]

    assert {row["model"]: row["requests"] for row in rows} == {"gpt-4o-mini": 2, "gift-1": 1}
    for row in rows:
        for path in ("/spans", "/traces"):
            page = httpx.get(
                f"{api}{path}",
                params={"model": row["model"]},
                headers={"x-tenant-id": "rows-and-lists"},
            )
            assert len(page.json()["items"]) == row["requests"], (path, row["model"])
