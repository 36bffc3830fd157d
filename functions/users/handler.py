"""GET /users, the people whom calls are made for, and GET /users/{user_id}, one of them."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Query

from functions.common.answer_size import cut_rows
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.errors import ErrorBody
from functions.common.paths import GivenId
from functions.common.sessions import to_session_summary
from functions.common.summaries import name_tokens, to_trace_summary
from functions.users.bodies import UserDetail, UserModel, UserPage, UserSummary
from functions.users.query import UserListQuery, UserPosition, UserWindow, read_position
from llm_observe.records import bound_id

app = create_app("users")


@app.get("/users")
async def list_users(caller: Caller, query: Annotated[UserListQuery, Query()]) -> UserPage:
    """List users by the sums of their calls in a window, which its cursors keep."""
    after = read_position(query)
    start, end = (after.start, after.end) if after else query.choose()
    asked: dict[str, Any] = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "sort": query.sort,
        "beginning": query.q,
        "after": after and after.to_argument(),
        "most": query.limit + 1,
    }
    answer = read_as(caller).rpc("list_users", asked).execute().data
    found = cast("list[dict[str, Any]]", answer)
    page = cut_rows(found[: query.limit])
    last = (
        UserPosition(
            start=start,
            end=end,
            sort=query.sort,
            user=page[-1]["user_id"],
            amount=page[-1]["amount"],
        )
        if len(found) > len(page)
        else None
    )
    return UserPage(
        start=start,
        end=end,
        items=[UserSummary.model_validate(name_tokens(row)) for row in page],
        next_cursor=last.write() if last else None,
    )


@app.get("/users/{user_id:any}", responses={404: {"model": ErrorBody}})
async def get_user(
    caller: Caller, user_id: GivenId, query: Annotated[UserWindow, Query()]
) -> UserDetail:
    """Give the sums of a user's calls in a window, by model, and the newest of what they did."""
    start, end = query.choose()
    asked: dict[str, Any] = {
        "user_id": bound_id(user_id),
        "start": start.isoformat(),
        "end": end.isoformat(),
    }
    answer = cast("dict[str, Any]", read_as(caller).rpc("read_user", asked).execute().data)
    return UserDetail(
        start=start,
        end=end,
        user=UserSummary.model_validate(name_tokens(answer["user"])),
        by_model=[UserModel.model_validate(name_tokens(row)) for row in answer["by_model"]],
        newest_traces=[to_trace_summary(row) for row in answer["traces"]],
        newest_sessions=[to_session_summary(row) for row in answer["sessions"]],
    )


handler = create_handler(app)
