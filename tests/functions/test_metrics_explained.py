"""explain=sql: the text, run by psql as the project's owner, gives the numbers of the answer."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.metrics.explaining import explain
from infra.local.settings import Settings
from infra.local.shell import find_psql
from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.spans import NOON, call, failed_call

HOSTILE = [
    "o'brien",
    "'; drop table public.spans; --",
    "\\'; select 1; --",
    "back\\slash",
    "$$ $1 :name :'name' %s {}",
    "Zürich\n\N{GRINNING FACE}\r\t\x01",
    '"},"role":"postgres',
]
WINDOW = {
    "start": NOON.isoformat(),
    "end": NOON.replace(hour=13).isoformat(),
}
QUESTIONS: list[dict[str, Any]] = [
    {},
    {"bucket": "day", "time_zone": "Asia/Kolkata", "compare": "previous"},
    {"group_by": "user", "then_by": "model", "measure": "prompt_tokens", "top": "2"},
    {"group_by": "tag:it's", "user": [*HOSTILE, ""], "tag:it's": ["a'b"]},
    {"group_by": "user", "filter": 'user:"o\'brien","\'; drop table public.spans; --" cost>0.1'},
]


def run(settings: Settings, database: Database, text: str) -> str:
    """Give what psql writes after it has run a text as the owner."""
    done = subprocess.run(
        [find_psql(settings), database.owner_url, "-qAtX", "-v", "ON_ERROR_STOP=1", "-f", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_text_gives_the_same_numbers(
    api: str, database: Database, settings: Settings, question: dict[str, Any]
) -> None:
    """Of this tenant alone, whatever stands in a filter."""
    spans = [call(n, user_id=user, cost_usd="0.5") for n, user in enumerate(HOSTILE, 1)]
    ingest(database, "explained", [*spans, call(50, tags={"it's": "a'b"}), failed_call(51)])
    ingest(database, "beside", [call(1, user_id=HOSTILE[0])])
    headers = {"x-tenant-id": "explained"}
    body = httpx.get(f"{api}/metrics", params=WINDOW | question, headers=headers).json()
    asked = WINDOW | question | {"explain": "sql"}
    answer = httpx.get(f"{api}/metrics", params=asked, headers=headers)
    found = json.loads(run(settings, database, answer.text))

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert body["totals"]["requests"] > 0
    for name in ("totals", "series", "by_model", "groups", "other", "previous"):
        if "group_by" in question or name not in {"groups", "other"}:
            assert to_numbers(found.get(name)) == to_numbers(body[name]), name


def to_numbers(value: Any) -> Any:
    """Give the numbers and names of an answer by the API's names, without times and its filters."""
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    if isinstance(value, dict):
        return {
            names.get(name, name): to_numbers(one)
            for name, one in value.items()
            if one is not None
            and one != []
            and name not in {"bucket_start", "start", "end", "filter"}
        }
    return [to_numbers(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("sound", ["on", "off"])
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_every_text_stays_a_text(text: str, sound: str) -> None:
    """Read as Postgres reads literals, with either meaning of a backslash, it is what was given."""
    written = explain("a", {"filter": {"user": [text]}, "group_by": text, "top": 3})
    literals = read_literals(written, sound=sound == "on")

    assert json.loads(literals[0]) == {"role": "authenticated", "tenant_id": "a"}
    assert (json.loads(literals[1]), literals[2:]) == ({"user": [text]}, [text])


def read_literals(text: str, *, sound: bool) -> list[str]:
    """Give the values of the literals in a text."""
    found, place = [], 0
    while (place := text.find("'", place)) >= 0:
        escapes = text[place - 1] == "E" or not sound
        value, place = "", place + 1
        while not (text[place] == "'" and text[place + 1 : place + 2] != "'"):
            step = 2 if text[place] == "'" or (escapes and text[place] == "\\") else 1
            value += text[place + step - 1]
            place += step
        found.append(value)
        place += 1
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_postgres_reads_it_so(database: Database, text: str) -> None:
    """The literal of a hostile text, as Postgres sees it, is the text."""
    written = explain("a", {"group_by": text})
    literal = written.partition("group_by => ")[2].partition("\n) as metrics")[0]
    with psycopg.connect(database.owner_url) as connection:
        assert connection.execute(f"select {literal}".encode()).fetchone() == (text,)


def test_what_cannot_be_asked_is_not_explained(api: str) -> None:
    """It is refused in the same words as the numbers are."""
    headers = {"x-tenant-id": "explained"}
    asked = {"explain": "sql", "time_zone": "Mars/Phobos"}
    answer = httpx.get(f"{api}/metrics", params=asked, headers=headers)

    assert answer.status_code == 400
    assert "Europe/Berlin" in answer.json()["error"]["message"]
