"""/members: the people of a tenant, listed, given another role and taken out."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

from fastapi import Path, Query

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.database import manage_as
from functions.common.errors import ErrorBody
from functions.members.bodies import (
    ChangedMember,
    KeyChoice,
    MemberList,
    NewRole,
    RemovedMember,
    UserId,
)

app = create_app("members")

_Person = Annotated[UserId, Path(description="A member's id in Supabase Auth.")]
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody} for status in (404, 409, 410)
}


@app.get("/members")
async def list_members(caller: Caller) -> MemberList:
    """List who belongs to the tenant and who is invited, the oldest first."""
    return MemberList.model_validate(_call(caller, "list_members", {}))


@app.put("/members/{user_id}", responses=_REFUSED)
async def change_member(caller: Caller, user_id: _Person, wanted: NewRole) -> ChangedMember:
    """Give a member another role; the last owner stays one.

    Keys of the member's making that may do more are revoked, unless they are kept.
    """
    arguments = wanted.model_dump() | {"user_id": user_id}
    return ChangedMember.model_validate(_call(caller, "change_membership", arguments))


@app.delete("/members/{user_id}", responses=_REFUSED)
async def remove_member(
    caller: Caller,
    user_id: _Person,
    keys: Annotated[
        KeyChoice, Query(description="What becomes of the keys of their making.")
    ] = "revoke",
) -> RemovedMember:
    """Take a member out, whose login opens nothing of the tenant's from now on; an owner stays."""
    arguments = {"user_id": user_id, "keys": keys}
    return RemovedMember.model_validate(_call(caller, "remove_membership", arguments))


def _call(caller: CallerIdentity, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", manage_as(caller).rpc(function, arguments).execute().data)


handler = create_handler(app)
