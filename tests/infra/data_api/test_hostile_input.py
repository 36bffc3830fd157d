"""Nothing in a request becomes SQL, and nothing in it becomes a server error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ODD = st.text(
    alphabet=st.one_of(
        st.sampled_from("\"'\\%$;:,.()[]{}!*<>=-_|&#@/ \n\tab0é\u2028\x7f"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=24,
)
IN_PLACE = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def words(api: httpx.Client, run_sql: Callable[[str], None]) -> httpx.Client:
    """The API with a table whose names are as awkward as its rows."""
    run_sql(
        'create table if not exists public.words ("odd ""%s$1" text, word text);'
        "grant all on public.words to authenticated"
    )
    return api


@IN_PLACE
@given(word=ODD)
def test_values_are_data(words: httpx.Client, word: str) -> None:
    """What is stored is found again by eq and in, character by character."""
    response = words.post("words", json={"word": word})
    if "\x00" in word:
        assert response.status_code == 400
        return
    assert response.status_code == 201
    query = {"word": f"eq.{word}", "select": "word"}
    assert {"word": word} in words.get("words", params=query).json()
    quoted = word.replace("\\", "\\\\").replace('"', '\\"')
    query["word"] = f'in.("{quoted}","other")'
    assert {"word": word} in words.get("words", params=query).json()


@IN_PLACE
@given(text=ODD, parameter=st.sampled_from(["select", "order", "or", "word", "limit", "columns"]))
def test_no_query_breaks_it(words: httpx.Client, text: str, parameter: str) -> None:
    """Any text in any parameter is answered or refused, never a 5xx."""
    assert words.get("words", params={parameter: text}).status_code < 500
    assert words.get("words", params={text: "eq.1"}).status_code < 500
    assert words.post("words", params={parameter: text}, json={text: 1}).status_code < 500
    assert words.post("rpc/" + "query_metrics", json={text: text}).status_code < 500


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), ODD),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ODD, inner, max_size=3)),
    max_leaves=6,
)


@IN_PLACE
@given(body=JSON)
def test_no_body_breaks_it(words: httpx.Client, body: Any) -> None:
    """Any JSON is answered or refused, never a 5xx."""
    assert words.post("words", json=body).status_code < 500
    assert words.patch("words?word=eq.x", json=body).status_code < 500


def test_awkward_names(words: httpx.Client) -> None:
    """A column may be named like SQL, like a placeholder and like our grammar."""
    name = 'odd "%s$1'
    quoted = '"odd \\"%s$1"'
    full = {"Prefer": "return=representation"}
    stored = words.post("words", params={"select": quoted}, json={name: "v"}, headers=full)
    assert stored.json() == [{name: "v"}]
    query = {quoted: "eq.v", "select": f"alias:{quoted}", "order": f"{quoted}.desc"}
    assert words.get("words", params=query).json() == [{"alias": "v"}]


@pytest.mark.parametrize(("depth", "status"), [(100, 200), (101, 400), (3000, 400), (6000, 400)])
def test_deep_logic(words: httpx.Client, depth: int, status: int) -> None:
    """A tree of conditions is read up to 100 levels, and refused in words beyond that."""
    inner = "and(" * (depth - 1) + "word.eq.x" + ")" * (depth - 1)
    answer = words.get("words", params={"or": f"({inner})"})

    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "PGRST100"


def test_deep_json(words: httpx.Client) -> None:
    """JSON nested beyond reading is refused as no JSON."""
    headers = {"Content-Type": "application/json"}
    response = words.post("words", content=b"[" * 200_000, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "PGRST102")
