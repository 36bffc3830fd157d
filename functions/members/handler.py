"""The people of a tenant: listed, invited, let in, given another role and taken out."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

from fastapi import Path, Query

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller, Presented
from functions.common.auth.credentials import Credential, UserCredential
from functions.common.database import ask_gate, join_as, manage_as
from functions.common.environment import load_pepper, load_peppers, load_tenant_creation
from functions.common.errors import BadRequestError, ErrorBody, ForbiddenError, NotFoundError
from functions.members.bodies import (
    ChangedMember,
    CreatedInvitation,
    Entry,
    InvitationId,
    InvitationSummary,
    InvitationToAccept,
    KeyChoice,
    MemberList,
    NewInvitation,
    NewRole,
    NewTenant,
    RemovedMember,
    UserId,
)
from functions.members.tokens import InvitationToken

app = create_app("members")

_Person = Annotated[UserId, Path(description="A member's id in Supabase Auth.")]
_Invitation = Annotated[InvitationId, Path(description="An invitation's public id.")]
_NOT_WHOLE: Final = "This is no whole invitation. Copy the link again, from loi_ to its end."
_NOT_VALID: Final = (
    "This invitation does not work for you: there is none, it is over, or it is for another "
    "address. Ask whoever invited you for another one."
)
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


# Before the route that takes any id, which would take this word for one.
@app.delete("/members/me", responses=_REFUSED)
async def leave_tenant(
    caller: Caller,
    keys: Annotated[KeyChoice, Query(description="What becomes of the keys of one's making.")],
) -> RemovedMember:
    """Leave the tenant, whatever one's role; the last owner stays."""
    done = join_as(caller).rpc("leave_tenant", {"keys": keys}).execute()
    return RemovedMember.model_validate(done.data)


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


@app.post("/invitations", status_code=201, responses=_REFUSED)
async def create_invitation(caller: Caller, wanted: NewInvitation) -> CreatedInvitation:
    """Invite one person, into no more than one's own role.

    The token is in this answer and nowhere else; it works once.
    """
    token = InvitationToken.draw()
    arguments = wanted.model_dump() | token.describe(load_pepper())
    return CreatedInvitation(**_call(caller, "create_invitation", arguments), token=token.text)


@app.delete("/invitations/{invitation_id}", responses=_REFUSED)
async def revoke_invitation(caller: Caller, invitation_id: _Invitation) -> InvitationSummary:
    """Take an invitation back that nobody has accepted."""
    done = _call(caller, "revoke_invitation", {"invitation_id": invitation_id})
    return InvitationSummary.model_validate(done)


@app.post("/invitations/accept", responses=_REFUSED)
async def accept_invitation(credential: Presented, presented: InvitationToAccept) -> Entry:
    """Come into the tenant that one is invited to; whoever has a higher role there keeps it.

    Only the invited learn why an invitation does not work; to all others there is none.
    """
    person = _require_person(credential)
    token = InvitationToken.read(presented.token)
    if token is None:
        raise BadRequestError(_NOT_WHOLE)
    for pepper in load_peppers():
        arguments: dict[str, Any] = {**token.describe(pepper)}
        tenant = ask_gate("find_invitation", arguments)
        if tenant is None:
            continue
        done = _join(tenant, person, "accept_invitation", arguments | {"email": person.email})
        if done is not None:
            return Entry.model_validate(done)
    raise NotFoundError(_NOT_VALID)


@app.post("/tenants", status_code=201, responses={409: {"model": ErrorBody}})
async def create_tenant(credential: Presented, wanted: NewTenant) -> Entry:
    """Make a tenant and become its first owner, where the deployment lets the caller.

    A name that is or was somebody's is taken, whoever it is.
    """
    person, creation = _require_person(credential), load_tenant_creation()
    if not creation.allows(person.email):
        raise ForbiddenError("You may make no tenants here. Ask for an invitation into one.")
    # Where the address decides, the database asks Supabase Auth whether it is confirmed.
    arguments = {} if creation.anyone else {"email": person.email}
    return Entry.model_validate(_join(wanted.tenant_id, person, "create_tenant", arguments))


def _require_person(credential: Credential) -> UserCredential:
    if credential.kind != "user":
        raise ForbiddenError("This needs a person who has logged in; development mode has none.")
    if credential.is_anonymous:
        raise ForbiddenError("An anonymous login joins no tenant. Log in with an address first.")
    return credential


def _join(tenant: str, person: UserCredential, function: str, arguments: dict[str, Any]) -> Any:
    joining = join_as(CallerIdentity(tenant, person.key_id))
    return joining.rpc(function, arguments).execute().data


def _call(caller: CallerIdentity, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", manage_as(caller).rpc(function, arguments).execute().data)


handler = create_handler(app)
