"""Whatever stands in a parameter of a route is answered or refused in words, never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from infra.local.keys import StackKeys
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from tests.functions.conftest import Call
from tests.functions.credentials import bearer, log_in, make_user

Ask = Callable[..., httpx.Response]

DOCUMENT = json.loads((REPOSITORY / "openapi.json").read_text(encoding="utf-8"))
EDGES = [
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59.999999Z",
    "2026-02-29T00:00:00Z",
    "1969-12-31T23:59:59.999999999Z",
    "2026-11-29T24:00:00Z",
    "2026-06-30T23:59:60Z",
    "-0001-01-01T00:00:00Z",
    "292277026596-12-04T15:30:08Z",
    "infinity",
    "now",
    "1e308",
    "-1",
    "9" * 400,
    "NaN",
    "0x10",
    "\N{FULLWIDTH DIGIT ONE}",
    "null",
    "",
    " ",
    "%",
    "a,b",
    "{}",
    "*",
    "in.(x)",
    "eyJzdGFydCI6ICIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgInRyYWNlIjogIiJ9",
    "2026-11-29T24:99:99Z_00000000-0000-0000-0000-000000000000",
    "9999-12-31T23:59:59Z_ffffffff-ffff-ffff-ffff-ffffffffffff",
]
WILD = (
    st.sampled_from(EDGES)
    | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
    | st.integers().map(str)
    | st.floats().map(str)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)


def list_readings() -> list[tuple[str, tuple[str, ...]]]:
    """Give every path that is read, with the names of its query's parameters."""
    return [
        (path, tuple(one["name"] for one in methods["get"]["parameters"] if one["in"] == "query"))
        for path, methods in sorted(DOCUMENT["paths"].items())
        if "get" in methods and methods["get"].get("parameters")
    ]


READINGS = [(path, names) for path, names in list_readings() if names]
MOMENTS = [
    (path, name) for path, names in READINGS for name in names if name in {"start", "end", "cursor"}
]


@pytest.fixture(scope="module")
def ask(deployed: str, database: Database, keys: StackKeys, data_api: str) -> Iterator[Ask]:
    """Asks as an owner of tenant-123, whom every route that reads lets in."""
    owner = make_user(database.owner_url, {"tenant-123": "owner"})
    headers = bearer(log_in(keys, data_api, owner)) | {"x-tenant-id": "tenant-123"}
    with httpx.Client(base_url=deployed, headers=headers, timeout=60) as client:
        yield client.get


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """Draw a path and some of its parameters, wild."""
    path, names = draw(st.sampled_from(READINGS))
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    return path, {name: draw(WILD) for name in chosen}


def test_every_list_is_asked() -> None:
    """The document says which parameters there are: these routes have some today."""
    assert {path for path, _ in READINGS} >= {"/spans", "/traces", "/metrics", "/audit"}


@settings(max_examples=120, deadline=None, suppress_health_check=[*HealthCheck])
@given(question=questions())
def test_no_parameter_breaks_a_route(ask: Ask, question: tuple[str, dict[str, str]]) -> None:
    """200 or a 4xx with the reason."""
    path, parameters = question
    answer = ask(path, params=parameters)

    assert answer.status_code in {200, 400, 404}, (parameters, answer.text)
    assert answer.status_code == 200 or answer.json()["error"]["message"]


@pytest.mark.parametrize(("path", "name"), MOMENTS)
@pytest.mark.parametrize("edge", [edge for edge in EDGES if len(edge) > 18])
def test_no_moment_breaks_a_route(ask: Ask, path: str, name: str, edge: str) -> None:
    """Every time at an edge of the calendar, in every place of a time; nobody has nothing then."""
    assert ask(path, params={name: edge}).status_code in (
        {200, 400, 404} if "{" in path else {200, 400}
    )


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_beyond_the_calendar_is_explained(ask: Ask, edge: str) -> None:
    """The message names the parameter and what is wrong."""
    answer = ask("/metrics", params={"start": edge})

    assert answer.status_code == 400
    assert "query.start" in answer.json()["error"]["message"]
    assert "years 1 to 9999" in answer.json()["error"]["message"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WILD
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PUT", "/retention"): {"span_days": None, "content_days": None},
    ("POST", "/keys"): {"name": "a", "scopes": ["read"], "expires_at": None, "environment": "live"},
    ("POST", "/keys/nosuchid/rotate"): {"overlap_hours": 1},
    ("POST", "/users/forget"): {"user_id": "nobody"},
}


@settings(max_examples=80, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
@example(data=None)
def test_no_field_breaks_a_route(call: Call, data: st.DataObject | None) -> None:
    """A wild number, time or text in the place of any field of a body."""
    wild: list[tuple[str, str, str, object]]
    if data is None:
        wild = [("POST", "/keys", "expires_at", edge) for edge in EDGES]
    else:
        method, path = data.draw(st.sampled_from(sorted(BODIES)))
        field = data.draw(st.sampled_from(sorted(BODIES[method, path])))
        wild = [(method, path, field, data.draw(SCALARS))]
    for method, path, field, value in wild:
        answer = call(method, path, body=BODIES[method, path] | {field: value})
        assert answer.status_code in {200, 201, 400, 404}, (path, field, value, answer.text)
