"""Sessions from chains of responses: found as the job does, and as Python finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from tests.database.support.callers import Connection

Row = dict[str, Any]


def settle_chains(owner: Connection, tenant: str, most: int = 100, page: int = 100) -> int:
    """Find sessions until nothing is noted any more; give how many steps it took."""
    for steps in range(1000):
        row = owner.execute(
            "select app.settle_chains(%s, %s, %s) as links", (tenant, most, page)
        ).fetchone()
        if row == {"links": 0}:
            return steps
    raise AssertionError("it does not end")


def read_sessions(owner: Connection, tenant: str) -> dict[int, str | None]:
    """Give the session of each trace in lists, by its number."""
    rows = owner.execute(
        "select trace_id, session_id from public.trace_summaries where tenant_id = %s", (tenant,)
    )
    return {int(row["trace_id"], 16): row["session_id"] for row in rows}


def check_chains(owner: Connection, tenant: str) -> None:
    """Fail where a call or a trace has another session from its chain than the model finds."""
    spans = owner.execute("select * from public.spans where tenant_id = %s", (tenant,)).fetchall()
    traces = owner.execute("select * from public.traces where tenant_id = %s", (tenant,)).fetchall()
    told = {each["trace_id"]: each["root_session_id"] or each["session_id"] for each in traces}
    calls = sorted((s for s in spans if s["countable"]), key=lambda span: span["start_ns"])
    found: dict[tuple[str, str], str | None] = {}
    for call in calls:
        found[call["trace_id"], call["span_id"]] = _find_session(call, calls, told, found)
    stored = {(s["trace_id"], s["span_id"]): s["chained_session_id"] for s in calls}
    assert stored == found
    assert {s["chained_session_id"] for s in spans if not s["countable"]} <= {None}
    for trace in traces:
        of_calls = [value for key, value in found.items() if key[0] == trace["trace_id"] and value]
        assert trace["chained_session_id"] == min(of_calls, default=None)


def name_chain(response: str) -> str:
    """Give the session of a chain that begins with a response."""
    if len(response) > 247:
        response = "sha256:" + hashlib.sha256(response.encode()).hexdigest()
    return f"response:{response}"


def _find_session(
    call: Row,
    calls: Sequence[Row],
    told: dict[str, str | None],
    found: dict[tuple[str, str], str | None],
) -> str | None:
    previous, own = call["previous_response_id"], call["response_id"]
    if previous is None:
        is_named = own and any(other["previous_response_id"] == own for other in calls)
        return name_chain(own) if is_named else None
    before = [
        (other["session_id"] or told[other["trace_id"]], found[other["trace_id"], other["span_id"]])
        for other in calls
        if other["response_id"] == previous and other["start_ns"] < call["start_ns"]
    ]
    sessions = sorted((said is None, said or chained or "") for said, chained in before)
    return sessions[0][1] if sessions else name_chain(previous)
