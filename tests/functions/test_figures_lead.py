"""A figure of /metrics leads to its rows: the list under its filter and window has as many."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.throwaway import Database
from tests.database.support.answers import make_span
from tests.database.support.callers import connect_as_owner, ingest
from tests.database.support.rolled_up import fold
from tests.database.support.spans import NOON, call, failed_call, step, trace_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 4 * DAY
TENANT = "led-by-figures"
DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
ODD = [
    "it's, (odd)",
    'say "x"',
    "back\\slash",
    "a b",
    "OR",
    "-x",
    "is:failed",
    "é\N{GRINNING FACE}",
]
FIGURES = (
    "requests",
    "errors",
    "unpriced_requests",
    "unmeasured_requests",
    "spans",
    "failed_spans",
)
Body = dict[str, Any]
Count = Callable[..., int]


def read_leads() -> dict[str, str]:
    """Give the terms of each figure, as the document's table has them."""
    table = DOCUMENT.read_text().partition("| figure | terms |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `([a-z_.]+)` \| `([^`]+)` \|$", table, re.MULTILINE))


LEADS = read_leads()


@pytest.fixture(scope="module", autouse=True)
def spans(database: Database) -> None:
    """Some two hundred spans of three days, of which some changed since they were summed up."""
    draw = random.Random(16)
    made = [make_span(draw, number, START + draw.random() * 3 * DAY) for number in range(1, 150)]
    odd = [
        (call if number % 2 else failed_call)(
            number,
            trace=number,
            at=START + number * timedelta(minutes=7),
            model=value,
            user_id=value,
            agent_name=value,
            tags={"feature": value, 'it\'s (my) "key"': value},
            error_type=None if number % 2 else value,
        )
        for number, value in enumerate(ODD, 200)
    ]
    doubted = [
        call(300, trace=300, at=START + HOUR),
        step(301, trace=301, at=START + HOUR, usage_uncounted="repeats_calls"),
        step(302, trace=302, at=START + 2 * HOUR, usage_uncounted="no_model", user_id="ann"),
        call(303, trace=303, at=START + 1000 * DAY, user_id="ann"),
        call(304, trace=304, at=NOON - 9000 * DAY),
        # The trace's user, told by a step alone.
        step(305, trace=305, at=START + HOUR, user_id="bob", status="error"),
        failed_call(306, trace=305, at=START + HOUR),
    ]
    ingest(database, TENANT, [*made[:140], *odd, *doubted])
    with connect_as_owner(database) as owner:
        owner.execute(
            "update public.spans set possible_duplicate = true "
            "where tenant_id = %s and counted and span_id like '%%2c'",
            [TENANT],
        )
    fold(database, TENANT)
    ingest(database, TENANT, made[140:])


@pytest.fixture(scope="module")
def client(api: str) -> Iterator[httpx.Client]:
    """The API's client as the tenant."""
    with httpx.Client(base_url=api, headers={"x-tenant-id": TENANT}, timeout=60) as client:
        yield client


def read(client: httpx.Client, path: str, **query: Any) -> Body:
    answer = client.get(path, params={name: value for name, value in query.items() if value})
    assert answer.status_code == 200, (answer.text, query)
    body: Body = answer.json()
    return body


@pytest.fixture(scope="module")
def count(client: httpx.Client) -> Count:
    """Counts the rows of all pages of a list under a filter."""

    def follow(path: str, *terms: str, **window: str) -> int:
        text, rows, cursor = " ".join(filter(None, terms)), 0, None
        while True:
            page = read(client, path, filter=text, limit=200, cursor=cursor, **window)
            rows += len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    return follow


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"filter": "is:failed", "group_by": "error_type", "then_by": "model"},
    {"filter": "-env:staging", "group_by": "environment", "then_by": "user"},
    {"filter": "cost>0.1 OR is:unmeasured", "group_by": "model", "then_by": "tool"},
    {"filter": "has:agent -model:gift-1", "group_by": "user", "then_by": "model"},
    {"user": ["ann", "bob", ""], "group_by": "session", "bucket": "day"},
    {"user": ["it's, (odd)", "OR"], "filter": "is:failed", "group_by": "agent"},
    {
        "filter": '{"or": [{"field": "duration", "op": "gt", "values": ["400ms"]}, '
        '{"not": {"field": "user", "op": "has"}}]}',
        "group_by": "feature",
        "model": "fable-1",
    },
    {"filter": "is:unpriced", "group_by": "tool", "bucket": "day", "time_zone": "Asia/Kolkata"},
    {"group_by": 'tag:it\'s (my) "key"', "environment": ["", "production"]},
    {"group_by": "prompt", "filter": "started>2000-01-01 chat"},
]


def list_figures(row: Body) -> Iterator[tuple[str, int]]:
    """List the counts of a row that are known."""
    for name in FIGURES:
        if row[name] is not None:
            yield name, row[name]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_each_count_is_as_many_rows(client: httpx.Client, count: Count, question: Body) -> None:
    """In total, by bucket, by group and within it: the filters of answer and group, its terms."""
    since, until = START + 20 * timedelta(minutes=1), START + 2.6 * DAY
    asked = {"start": since.isoformat(), "end": until.isoformat(), "bucket": "day"} | question
    body = read(client, "/metrics", **asked)
    window = {"start": body["window"]["start"], "end": body["window"]["end"]}
    rows = [(body["totals"], "", "")]
    rows += [(group, group["filter"], "") for group in body["groups"][:6] + body["by_model"][:3]]
    rows += [
        (inner, group["filter"], inner["filter"])
        for group in body["groups"][:3]
        for inner in group["groups"]
    ]
    assert body["totals"]["requests"] > 0
    for row, *terms in rows:
        for name, figure in list_figures(row):
            found = count("/spans", body["filter"], *terms, LEADS[name], **window)
            assert found == figure, (name, terms)
    starts = [point["bucket_start"] for point in body["series"]]
    for point, end in zip(body["series"], [*starts[1:], window["end"]], strict=True):
        of_piece = {"start": max(point["bucket_start"], window["start"]), "end": end}
        for name, figure in list_figures(point):
            assert count("/spans", body["filter"], LEADS[name], **of_piece) == figure, name


@pytest.mark.parametrize(
    "text", ["", "user:ann", "user:ann duration>1ms", "-env:staging", "is:failed"]
)
def test_what_is_left_out_is_as_many_rows(client: httpx.Client, count: Count, text: str) -> None:
    """Possible duplicates, usage of no call by its reason, and misdated spans of all time."""
    window = {"start": START.isoformat(), "end": (START + 3 * DAY).isoformat()}
    body = read(client, "/metrics", filter=text, bucket="day", **window)
    totals, asked = body["totals"], body["filter"]
    doubted = count("/spans", asked, LEADS["possible_duplicates"], **window)
    assert totals["possible_duplicates"] == doubted
    for reason in ("repeats_calls", "no_model"):
        told = {each["because"]: each["spans"] for each in totals["left_out"]["usage_uncounted"]}
        found = count("/spans", asked, f"usage_uncounted:{reason}", **window)
        assert told.get(reason, 0) == found
    for how, figure in totals["left_out"]["misdated"].items():
        assert figure == count("/spans", asked, f"misdated:{how}")
    if not text:
        assert totals["possible_duplicates"] > 0
        assert totals["left_out"]["misdated"] == {"future": 1, "past": 1}


def test_failed_spans_lead_to_their_traces(client: httpx.Client, count: Count) -> None:
    """The traces with is:failed are those of the spans with is:failed; status is a root's alone."""

    def list_traces(path: str, text: str) -> set[str]:
        page = read(client, path, filter=text, limit=200)
        assert page["next_cursor"] is None
        return {row["trace_id"] for row in page["items"]}

    failing = list_traces("/traces", "is:failed")
    assert failing == list_traces("/spans", "is:failed")
    assert count("/traces", "-is:failed") + len(failing) == count("/traces")
    assert failing > list_traces("/traces", "status:error")
    assert trace_id(305) in failing
