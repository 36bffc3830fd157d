"""Exports: the bytes of a file, its pages while rows arrive, and its end."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from functions.export.asking import Place
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.spans import NOON, step, trace_id
from tests.database.support.spans import call as make_call
from tests.functions.conftest import Call

WORDS = [
    "=1+2",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\uff1dx",
    'a "quoted", word',
    "two\r\nlines\nand more",
    "süß 漢字 \U0001f600",
    "plain",
    "'kept",
]
FORMULAS = WORDS[:7]


def make_tenant(database: Database, spans: list[dict[str, Any]]) -> str:
    name = f"export-{uuid.uuid4().hex[:8]}"
    ingest(database, name, spans)
    return name


@pytest.fixture(scope="module")
def wordy(database: Database) -> str:
    """A tenant whose spans are named with all that a spreadsheet stumbles over."""
    return make_tenant(database, [step(n, trace=n, name=word) for n, word in enumerate(WORDS, 1)])


def start_at(number: int, second: int) -> dict[str, Any]:
    return step(number, trace=number, at=NOON + timedelta(seconds=second))


def export(call: Call, tenant: str, **query: Any) -> httpx.Response:
    answer = call("GET", "/export", tenant=tenant, **query)
    assert answer.status_code == 200, answer.text
    return answer


def read_csv(text: str) -> list[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def walk(call: Call, tenant: str, **query: Any) -> Iterator[httpx.Response]:
    """Ask as a client does, until there is no cursor."""
    answer = export(call, tenant, **query)
    yield answer
    while (cursor := answer.headers.get("x-next-cursor")) is not None:
        answer = export(call, tenant, **query, cursor=cursor)
        yield answer


def test_a_csv_is_read_back_to_the_character(call: Call, wordy: str) -> None:
    """Quotes, lines and all alphabets; what could be a formula has an apostrophe before it."""
    rows = read_csv(export(call, wordy, kind="spans").text)
    written = {row["span_id"]: row["name"] for row in rows}
    items = call("GET", "/spans", tenant=wordy).json()["items"]

    assert len(rows) == len(WORDS)
    for item in items:
        is_formula = item["name"] in FORMULAS
        assert written[item["span_id"]] == ("'" * is_formula + item["name"])
    assert not any(row["name"].startswith(tuple("=+-@\t\r\uff1d")) for row in rows)


@pytest.mark.parametrize("kind", ["spans", "traces"])
def test_an_export_has_the_rows_of_its_list(call: Call, wordy: str, kind: str) -> None:
    """JSON lines word for word, CSV with the same columns in the same order."""
    items = call("GET", f"/{kind}", tenant=wordy).json()["items"]
    lines = export(call, wordy, kind=kind, format="jsonl").text
    rows = read_csv(export(call, wordy, kind=kind).text)

    assert [json.loads(line) for line in lines.splitlines()] == items
    assert [[*row] for row in rows] == [[*items[0]]] * len(items)
    for row, item in zip(rows, items, strict=True):
        assert row["start_time"] == item["start_time"]
        assert float(row["duration_ms"]) == item["duration_ms"]
        assert row["session_id"] == ""
    if kind == "spans":
        assert [row["counted"] for row in rows] == ["false"] * len(rows)
    else:
        assert [row["models"] for row in rows] == ["[]"] * len(rows)


@pytest.mark.parametrize(
    ("file_format", "media"),
    [("csv", "text/csv; charset=utf-8"), ("jsonl", "application/x-ndjson; charset=utf-8")],
)
def test_an_answer_is_a_file_and_says_its_end(
    call: Call, wordy: str, file_format: str, media: str
) -> None:
    """Type, name, version, count and whether that is all."""
    headers = export(call, wordy, kind="spans", format=file_format).headers

    assert headers["content-type"] == media
    assert headers["content-disposition"] == f'attachment; filename="{wordy}-spans.{file_format}"'
    assert headers["x-export-version"] == "1"
    assert (headers["x-export-rows"], headers["x-export-complete"]) == (str(len(WORDS)), "true")
    assert "x-next-cursor" not in headers


def test_answers_follow_each_other_to_one_file(call: Call, wordy: str) -> None:
    """One line of names, each row once, and counts that grow to the end."""
    answers = list(walk(call, wordy, kind="spans", limit=5))
    whole = export(call, wordy, kind="spans").text

    assert "".join(answer.text for answer in answers) == whole
    told = [(one.headers["x-export-rows"], one.headers["x-export-complete"]) for one in answers]
    assert told == [("5", "false"), ("10", "false"), ("12", "true")]


def run_script(api: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    script = REPOSITORY / "docs" / "examples" / "export.sh"
    environment = {**os.environ, "API": api}
    return subprocess.run(
        [script, *arguments], env=environment, capture_output=True, check=False, timeout=60
    )


def test_the_documented_script_writes_the_whole_file(api: str, call: Call, wordy: str) -> None:
    """The bytes of all answers, one after the other, and how many rows they are."""
    done = run_script(api, "kind=spans&limit=5", "-H", f"x-tenant-id: {wordy}")

    assert (done.returncode, done.stderr.decode()) == (0, f"{len(WORDS)} rows\n")
    assert done.stdout.decode() == export(call, wordy, kind="spans").text


def test_the_script_fails_where_rows_are_left(api: str, call: Call, wordy: str) -> None:
    """A cut file is not taken for a whole one, and neither is a refusal."""
    cursor = export(call, wordy, kind="spans", limit=5).headers["x-next-cursor"]
    late = f"cursor={Place(99_997, cursor.partition('.')[2]).write()}"
    cut = run_script(api, f"kind=spans&{late}", "-H", f"x-tenant-id: {wordy}")
    refused = run_script(api, "kind=spans&filter=modle:x", "-H", f"x-tenant-id: {wordy}")

    assert (cut.returncode, b"There are more rows" in cut.stderr) == (1, True)
    assert refused.returncode != 0
    assert b"did you mean model?" in refused.stdout + refused.stderr


def test_nothing_is_skipped_or_repeated_while_a_writer_writes(
    call: Call, database: Database
) -> None:
    """Of the spans that were there at the start each is there once; late ones at most once."""
    tenant = make_tenant(database, [start_at(n, n * 10) for n in range(1, 13)])
    found: list[str] = []
    for page, answer in enumerate(walk(call, tenant, kind="spans", limit=5, format="jsonl")):
        found += [json.loads(line)["span_id"] for line in answer.text.splitlines()]
        late = [start_at(50 + page, 500 + page), start_at(70 + page, page)]
        # Again as it was, too: a delivery may come twice.
        ingest(database, tenant, [*late, start_at(12, 120)])

    assert len(found) == len(set(found))
    assert {f"{n:016x}" for n in range(1, 13)} <= set(found)


def test_filter_window_and_parameters_are_those_of_lists(call: Call, database: Database) -> None:
    """The same words ask for the same rows."""
    spans = [make_call(n, trace=n, model="a" if n % 2 else "b") for n in range(1, 5)]
    tenant = make_tenant(database, spans)
    for query in (
        {"filter": "model:a"},
        {"model": "b"},
        {"trace_id": trace_id(3)},
        {"start": "2027-01-01T00:00:00Z"},
    ):
        for kind in ("spans", "traces"):
            items = call("GET", f"/{kind}", tenant=tenant, **query).json()["items"]
            lines = export(call, tenant, kind=kind, format="jsonl", **query).text.splitlines()
            assert [json.loads(line) for line in lines] == items


def test_content_is_there_only_where_it_is_asked_for(call: Call, database: Database) -> None:
    """Prompt and answer as they are kept, in columns after the others; of traces there is none."""
    said: dict[str, Any] = {"input": [{"role": "user", "content": 'say "=1+2"'}], "output": "=1+2"}
    tenant = make_tenant(database, [make_call(1, **said), make_call(2, at=NOON)])
    asked = {"kind": "spans", "content": "true"}
    bare = export(call, tenant, kind="spans").text
    lines = export(call, tenant, format="jsonl", **asked).text.splitlines()
    without, told = map(json.loads, lines)
    _, row = read_csv(export(call, tenant, **asked).text)

    assert "1+2" not in bare
    assert {name: told[name] for name in said} == said
    assert (without["input"], without["output"], without["truncated"]) == (None, None, False)
    assert [*row][-3:] == ["input", "output", "truncated"]
    assert json.loads(row["input"]) == said["input"]
    assert row["output"] == "'=1+2"


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_an_answer_with_content_is_no_larger_than_lambda_returns(
    call: Call, database: Database, file_format: str
) -> None:
    """Fewer rows stand in it; the next answers have the others, each once."""
    said = [[text * 8000] * 32 for text in ('"', "\u00fc", "x")]
    spans = [make_call(n, trace=n, input=said[n % 3], output=said[n % 3]) for n in range(1, 10)]
    tenant = make_tenant(database, spans)
    answers = list(walk(call, tenant, kind="spans", format=file_format, content="true"))
    whole = "".join(answer.text for answer in answers)
    rows: list[dict[str, Any]] = (
        [json.loads(line) for line in whole.splitlines()]
        if file_format == "jsonl"
        else [row | {"output": json.loads(row["output"])} for row in read_csv(whole)]
    )

    assert len(answers) > 1
    assert all(len(json.dumps(answer.text)) < 6_000_000 for answer in answers)
    assert sorted(row["span_id"] for row in rows) == [f"{n:016x}" for n in range(1, 10)]
    assert all(row["output"] == said[int(row["span_id"], 16) % 3] for row in rows)


@pytest.mark.parametrize("kind", ["spans", "traces"])
def test_an_export_stands_in_the_order_of_its_list(
    call: Call, database: Database, kind: str
) -> None:
    """Page by page; of traces by errors, too."""
    spans = [
        make_call(n, trace=n, cost_usd=f"0.{n * 7 % 10}", status="error" if n % 2 else "ok")
        for n in range(1, 10)
    ]
    tenant = make_tenant(database, spans)
    for sort in ("-cost", "cost", "time", *(["-errors"] if kind == "traces" else [])):
        items = call("GET", f"/{kind}", tenant=tenant, sort=sort).json()["items"]
        answers = walk(call, tenant, kind=kind, sort=sort, limit=4, format="jsonl")
        lines = "".join(answer.text for answer in answers).splitlines()
        assert [json.loads(line) for line in lines] == items


def test_an_empty_export_is_its_header(call: Call) -> None:
    """Of JSON lines nothing; both are complete."""
    found = export(call, "nobody-here", kind="traces")
    lines = export(call, "nobody-here", kind="traces", format="jsonl")

    assert found.text.startswith("trace_id,tenant_id,root_span_name,")
    assert found.text.count("\r\n") == 1
    assert (lines.text, lines.headers["x-export-complete"]) == ("", "true")


def test_an_export_ends_at_100000_rows_and_says_so(call: Call, wordy: str) -> None:
    """The last answer has as many as there is room for, no cursor, and is not complete."""
    first = export(call, wordy, kind="spans", limit=5)
    cursor = Place(99_997, first.headers["x-next-cursor"].partition(".")[2]).write()
    last = export(call, wordy, kind="spans", format="jsonl", cursor=cursor)

    assert len(last.text.splitlines()) == 3
    assert (last.headers["x-export-rows"], last.headers["x-export-complete"]) == ("100000", "false")
    assert "x-next-cursor" not in last.headers


def test_anothers_cursor_shows_nothing_of_theirs(call: Call, wordy: str) -> None:
    """A cursor is a position, not a permission."""
    cursor = export(call, wordy, kind="spans", limit=1).headers["x-next-cursor"]

    assert export(call, "export-other", kind="spans", format="jsonl", cursor=cursor).text == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "query.kind"),
        ({"kind": "sessions"}, "query.kind"),
        ({"kind": "spans", "format": "xlsx"}, "query.format"),
        ({"kind": "spans", "limit": 1000}, "query.limit"),
        ({"kind": "spans", "sort": "-errors"}, "query.sort: A span has no errors"),
        ({"kind": "spans", "sort": "-name"}, "query.sort"),
        ({"kind": "traces", "content": "true"}, "query.content is of spans"),
        ({"kind": "spans", "cursor": "abc"}, "query.cursor"),
        ({"kind": "spans", "cursor": "100000.e30"}, "query.cursor"),
        ({"kind": "spans", "cursor": "5.e30"}, "leave it out"),
        ({"kind": "spans", "filter": "modle:x"}, "did you mean model?"),
        ({"kind": "spans", "colour": "blue"}, "query.colour"),
    ],
)
def test_a_malformed_question_is_refused_in_words(
    call: Call, wordy: str, query: dict[str, Any], words: str
) -> None:
    """400 in the one error shape, as JSON whatever the format."""
    answer = call("GET", "/export", tenant=wordy, **query)

    assert answer.status_code == 400, answer.text
    assert words in answer.json()["error"]["message"]
