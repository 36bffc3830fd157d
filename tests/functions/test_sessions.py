"""Sessions and users by HTTP: pages, cursors, and ids of any text."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from llm_observe.records import bound_id
from tests.database.support.spans import NOON, call, failed_call
from tests.functions.conftest import Call
from tests.functions.test_forgetting_users import AWKWARD
from tests.functions.test_lists import read_all

MINUTE = timedelta(minutes=1)
WINDOW = {"start": "2026-11-23T00:00:00Z", "end": "2026-11-24T00:00:00Z"}


def make_turns() -> list[dict[str, Any]]:
    """Make twelve turns of four sessions by three users, of which every fifth fails."""
    return [
        (call if number % 5 else failed_call)(
            1,
            trace=number,
            at=NOON + number * MINUTE,
            session_id=f"session-{number % 4}",
            user_id=f"user-{number % 3}",
            input=[{"role": "user", "parts": [{"type": "text", "content": f"say {number}"}]}],
        )
        for number in range(1, 13)
    ]


@pytest.fixture(scope="module")
def store(data_api: str, token: Callable[..., str], keys: Any) -> Callable[..., str]:
    """Stores spans for a tenant of their own, and gives its name."""

    def send(*spans: dict[str, Any]) -> str:
        name = f"sessions-{uuid.uuid4().hex[:8]}"
        answer = httpx.post(
            f"{data_api}/rest/v1/rpc/ingest_spans",
            json={"spans": spans, "process": {}},
            headers={
                "apikey": keys.publishable_key,
                "Authorization": f"Bearer {token(name, 'llm_ingest')}",
            },
        )
        assert answer.json()["stored"] == len(spans), answer.text
        return name

    return send


@pytest.fixture(scope="module")
def tenant(store: Callable[..., str]) -> str:
    return store(*make_turns())


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_sessions_come_once_newest_first(call: Call, tenant: str, limit: int) -> None:
    """Whatever the limit, each session once, with how it began."""
    items = read_all(call, "/sessions", tenant, limit=limit)

    assert [item["session_id"] for item in items] == [f"session-{n}" for n in (0, 3, 2, 1)]
    assert [item["preview"] for item in items] == [f"say {n}" for n in (4, 3, 2, 1)]


def test_sessions_are_filtered_as_traces_are(call: Call, tenant: str) -> None:
    """By the same text and window; an unknown field is refused with the nearest."""
    failed = read_all(call, "/sessions", tenant, filter="is:failed user:user-2")
    refused = call("GET", "/sessions", tenant=tenant, filter="usr:maria")

    assert [item["session_id"] for item in failed] == ["session-1"]
    assert failed[0]["turns"] == 3
    assert read_all(call, "/sessions", tenant, end="2026-11-23T12:02:00Z", limit=1) == [
        one for one in read_all(call, "/sessions", tenant) if one["session_id"] == "session-1"
    ]
    assert refused.status_code == 400
    assert "did you mean" in refused.json()["error"]["message"]


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_a_session_has_its_turns_in_order(call: Call, tenant: str, limit: int) -> None:
    """Page by page, with the sums of the list and of /metrics."""
    turns: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        answer = call("GET", "/sessions/session-1", tenant=tenant, limit=limit, **more)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        turns += page["turns"]
        if (cursor := page["next_cursor"]) is None:
            break
    (listed,) = read_all(call, "/sessions", tenant, filter="session:session-1")
    sums = call("GET", "/metrics", tenant=tenant, session="session-1", **WINDOW).json()["totals"]

    assert page["session"] == listed
    assert [turn["messages"][0]["parts"][0]["content"] for turn in turns] == [
        f"say {number}" for number in (1, 5, 9)
    ]
    assert [turn["error_count"] for turn in turns] == [0, 1, 0]
    assert listed["failed_turns"] == sums["errors"] == 1
    assert listed["total_cost_usd"] == sums["cost_usd"]
    for name in ("requests", "total_tokens", "unpriced_requests", "unmeasured_requests"):
        assert listed[name] == sums[name], name


@pytest.mark.parametrize("limit", [1, 200])
def test_users_are_those_of_metrics(call: Call, tenant: str, limit: int) -> None:
    """Page by page; one of them has the same numbers, and the newest of what they did."""
    items = read_all(call, "/users", tenant, limit=limit, sort="-errors", **WINDOW)
    told = call("GET", "/metrics", tenant=tenant, group_by="user", **WINDOW).json()["groups"]
    groups = {group["key"]: group for group in told}
    one = call("GET", "/users/user-1", tenant=tenant, **WINDOW).json()

    assert [item["user_id"] for item in items] == ["user-1", "user-2", "user-0"]
    for item in items:
        group = groups[item["user_id"]]
        assert {k: v for k, v in item.items() if k in group} == {
            k: v for k, v in group.items() if k in item
        }
    assert one["user"] == items[0]
    assert sum(model["requests"] for model in one["by_model"]) == items[0]["requests"]
    assert [trace["user_id"] for trace in one["newest_traces"]] == ["user-1"] * 4
    assert len(one["newest_sessions"]) == 4
    assert [u["user_id"] for u in read_all(call, "/users", tenant, q="user-2", **WINDOW)] == [
        "user-2"
    ]


def test_a_cursor_of_users_keeps_its_window(call: Call, tenant: str) -> None:
    """And its order, which another one is refused for."""
    page = call("GET", "/users", tenant=tenant, limit=1, **WINDOW).json()
    later = call("GET", "/users", tenant=tenant, limit=1, cursor=page["next_cursor"]).json()
    other = call("GET", "/users", tenant=tenant, cursor=page["next_cursor"], sort="cost")

    assert (later["start"], later["end"]) == (page["start"], page["end"])
    assert other.status_code == 400


@pytest.mark.parametrize("name", AWKWARD, ids=ascii)
def test_any_id_has_its_page(call: Call, store: Callable[..., str], name: str) -> None:
    """Slashes, percent signs, line breaks: as stored, or as the application sets it."""
    stored = bound_id(name)
    turn = make_turns()[0] | {"session_id": stored, "user_id": stored}
    tenant = store(turn)
    session = call("GET", f"/sessions/{quote(name, safe='')}", tenant=tenant)
    user = call("GET", f"/users/{quote(name, safe='')}", tenant=tenant, **WINDOW)

    assert session.status_code == 200, session.text
    assert session.json()["session"]["session_id"] == stored
    assert user.status_code == 200, user.text
    assert user.json()["user"]["user_id"] == stored


def test_what_another_tenant_has_is_not_there(call: Call, tenant: str) -> None:
    """404, as for what nobody has."""
    for path in ("/sessions/session-1", "/sessions/nobody's", "/users/user-1", "/users/nobody"):
        answer = call("GET", path, tenant="bystander")
        assert answer.status_code == 404, (tenant, path)
        assert answer.json()["error"]["code"] == "not_found"
