"""Sessions and users: a conversation of two hundred turns, and what is asked about such."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from infra.local.throwaway import Database
from llm_observe.records import SpanRecord
from trials.bench.reads.population import Tenant
from trials.bench.reads.questions import FILTERS, View

LONG: Final = "conversation-of-200"
TURNS: Final = 200
_PAUSE: Final = timedelta(minutes=3)
_KEPT: Final = 3
"""Messages of the conversation that are kept of what a call was sent: 500 characters."""
SESSIONS_MS: Final = 20.0
SESSION_MS: Final = 30.0
USERS_MS: Final = 30.0


def converse(database: Database, tenants: Sequence[Tenant], end: datetime) -> int:
    """Give each tenant a conversation that ended a week ago; say how many spans they are."""
    begin = end - timedelta(days=7) - TURNS * _PAUSE
    spans = [span for number in range(TURNS) for span in _make_turn(number, begin)]
    become = (
        "select set_config('role', 'llm_ingest', true), set_config('request.jwt.claims', %s, true)"
    )
    with psycopg.connect(database.authenticator_url, autocommit=True) as connection:
        for tenant in tenants:
            claims = {"role": "llm_ingest", "tenant_id": tenant.name, "key_id": tenant.keys[0]}
            with connection.transaction():
                connection.execute(become, (json.dumps(claims),))
                body = json.dumps({"spans": spans, "process": {}})
                connection.execute("select public.ingest_spans(%s::jsonb)", (body,))
    return len(spans) * len(tenants)


def _make_turn(number: int, begin: datetime) -> Iterator[dict[str, Any]]:
    """Make an agent's run and the call in it, which is sent the last messages before it, too."""
    said = [
        {"role": role, "parts": [{"type": "text", "content": f"{role} {turn}: " + "word " * 30}]}
        for turn in range(max(0, number - _KEPT), number + 1)
        for role in ("user", "assistant")
    ]
    start = int((begin + number * _PAUSE).astimezone(UTC).timestamp()) * 10**9
    shared: dict[str, Any] = {
        "tenant_id": "of-no-concern",
        "trace_id": f"{2**100 + number:032x}",
        "session_id": LONG,
        "user_id": "user-0",
        "start_ns": start,
        "end_ns": start + 2 * 10**9,
    }
    root = SpanRecord(
        **shared,
        span_id=f"{1:016x}",
        name="invoke_agent",
        kind="internal",
        operation="invoke_agent",
    )
    call = SpanRecord(
        **shared,
        span_id=f"{2:016x}",
        parent_span_id=f"{1:016x}",
        name="chat",
        kind="client",
        operation="chat",
        provider="openai",
        request_model="gpt-5.4",
        response_model="gpt-5.4",
        countable=True,
        usage_status="reported",
        input_tokens=500,
        output_tokens=50,
        total_tokens=550,
        input=said[:-1],
        input_length=(2 * number + 1) * 160,
        output=said[-1:],
        output_length=160,
    )
    yield from (root.to_row(), call.to_row())


_TRACES = """select trace_id, min(session_id) as session_id, min(start_time) as started,
  count(*) filter (where counted) as requests
  from raw_spans where session_id is not null group by 1"""
_LAST = "(array_agg({} order by started desc, trace_id desc))[1] desc"
_WINDOW = "'start', %(window_start)s::timestamptz, 'end', %(window_end)s::timestamptz"
_CALLS = (
    "counted and misdated is null and start_time >= %(window_start)s "
    "and start_time < %(window_end)s"
)


def list_conversations() -> Iterator[View]:
    """List the questions to the functions of sessions and users."""
    yield View(
        "newest 50 sessions",
        "select * from json_to_recordset(public.list_sessions('{\"most\": 51}')) "
        "as r(session_id text, turns bigint, requests bigint)",
        f"select session_id, count(*), sum(requests)::bigint from ({_TRACES}) t group by 1 "
        f"order by {_LAST.format('started')}, {_LAST.format('trace_id')} limit 51",
        SESSIONS_MS,
    )
    asked = json.dumps({"session_id": LONG, "most": TURNS})
    yield View(
        f"a session of {TURNS} turns",
        f"select turn ->> 'trace_id' from jsonb_array_elements(public.read_session('{asked}') "
        "-> 'turns') turn",
        f"select trace_id from ({_TRACES}) t where session_id = '{LONG}' "
        "order by started, trace_id",
        SESSION_MS,
    )
    yield View(
        "users by calls, top 20",
        "select * from json_to_recordset(public.list_users(jsonb_build_object("
        f"{_WINDOW}, 'sort', '-calls', 'most', 20))) "
        "as r(user_id text, requests bigint, errors bigint)",
        "select user_id, count(*), count(*) filter (where status = 'error') from raw_spans "
        f"where user_id is not null and {_CALLS} group by 1 order by 2 desc, 1 limit 20",
        USERS_MS,
    )
    user = FILTERS["user"]
    yield View(
        "a user",
        f"select (u -> 'user' ->> 'requests')::bigint, (u -> 'user' ->> 'total_tokens')::bigint "
        f"from public.read_user(jsonb_build_object('user_id', '{user}', {_WINDOW})) u",
        "select count(*), sum(total_tokens)::bigint from raw_spans "
        f"where user_id = '{user}' and {_CALLS}",
        USERS_MS,
    )
