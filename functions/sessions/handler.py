"""GET /sessions, a tenant's conversations, and GET /sessions/{session_id}, the turns of one."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from functions.common.answer_size import MOST_BYTES, cut_rows, measure
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.errors import ErrorBody
from functions.common.paging import ListQuery
from functions.common.paths import GivenId
from functions.common.sessions import to_session_summary
from functions.common.summaries import name_tokens
from functions.sessions.bodies import SessionDetail, SessionPage, Turn
from functions.sessions.positions import Cursor, read_position, write_position
from llm_observe.records import bound_id

_MOST_MESSAGES: Final = MOST_BYTES // 2
"""Bytes; the rest is the turns' own."""
_MATCHED: Final = ("matched_start", "matched_trace")
_OWN: Final = ("start_time", "trace_id")
"""The names of a row's place: of the trace that a session was found by, and of a turn."""

app = create_app("sessions")


class TurnQuery(BaseModel):
    """How many turns, and from where on: after the last one's."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Cursor | None = None


@app.get("/sessions")
async def list_sessions(caller: Caller, query: Annotated[ListQuery, Query()]) -> SessionPage:
    """List sessions, the one with the newest trace first.

    Filters are of traces and say which of them are looked at: a session is there if one of these
    is its, and stands where the newest of these does. Its sums are over all of its turns.
    """
    asked: dict[str, Any] = {
        "filters": query.to_trees("traces"),
        "after": read_position(query.cursor),
        "most": query.limit + 1,
    }
    answer = read_as(caller).rpc("list_sessions", asked).execute().data
    found = cast("list[dict[str, Any]]", answer)
    page = cut_rows(found[: query.limit])
    items = [to_session_summary(row) for row in page]
    return SessionPage(items=items, next_cursor=_find_next(found, page, _MATCHED))


@app.get("/sessions/{session_id:any}", responses={404: {"model": ErrorBody}})
async def get_session(
    caller: Caller, session_id: GivenId, query: Annotated[TurnQuery, Query()]
) -> SessionDetail:
    """Give a session and its turns in order, each with what is new in it."""
    asked: dict[str, Any] = {
        "session_id": bound_id(session_id),
        "after": read_position(query.cursor),
        "most": query.limit + 1,
    }
    answer = cast("dict[str, Any]", read_as(caller).rpc("read_session", asked).execute().data)
    page = cut_rows(_bound_messages(answer["turns"][: query.limit]))
    return SessionDetail(
        session=to_session_summary(answer["session"]),
        turns=[Turn.model_validate(name_tokens(row)) for row in page],
        next_cursor=_find_next(answer["turns"], page, _OWN),
    )


def _find_next(
    found: list[dict[str, Any]], page: list[dict[str, Any]], place: tuple[str, str]
) -> str | None:
    """Give the cursor of the last row of a page, if there is a row behind it."""
    if len(found) == len(page):
        return None
    start, trace = place
    return write_position(page[-1][start], page[-1][trace])


def _bound_messages(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the messages of those turns for which there is no room in the answer."""
    room = _MOST_MESSAGES
    bounded = []
    for turn in turns:
        size = measure({"messages": turn["messages"]})
        missing = size > room
        room -= 0 if missing else size
        kept = {"messages": None} if missing else {}
        bounded.append({**turn, **kept, "messages_missing": missing})
    return bounded


handler = create_handler(app)
