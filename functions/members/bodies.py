"""The bodies of /members, /invitations and POST /tenants."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.common.auth.access import MemberRole
from functions.common.key_summaries import ApiKeySummary
from functions.common.types import TenantId
from functions.members.tokens import LONGEST

UserId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
InvitationId = Annotated[str, Field(pattern=r"^[0-9a-z]{8}$")]
KeyChoice = Literal["revoke", "keep"]


class MemberSummary(BaseModel):
    """A user of the project who belongs to the tenant."""

    user_id: UserId
    role: MemberRole
    created_at: datetime
    created_by: str = Field(description="Who let the user in.")


class Member(MemberSummary):
    """A member as the list shows one."""

    email: str | None = Field(
        description="Null where Supabase Auth has no confirmed address, or is another project's."
    )


class InvitationSummary(BaseModel):
    """An invitation that nobody has accepted yet, without its link."""

    invitation_id: InvitationId
    role: MemberRole
    email: str | None = Field(
        description="The only address that may accept it; null: whoever has the link."
    )
    created_at: datetime
    created_by: str = Field(description="Who invites.")
    expires_at: datetime


class MemberList(BaseModel):
    """All who may come in, and all who could."""

    members: list[Member]
    invitations: list[InvitationSummary] = Field(description="Those that are open still.")


class NewRole(BaseModel):
    """The role that a member is to have."""

    model_config = ConfigDict(extra="forbid")

    role: MemberRole
    keys: Annotated[
        KeyChoice,
        Field(description="What becomes of keys of the member's making that may do more."),
    ] = "revoke"


class ChangedMember(MemberSummary):
    """A member with the new role."""

    keys: list[ApiKeySummary] = Field(
        description="The keys that may do more than the role: revoked, or kept."
    )
    invitations: list[InvitationId] = Field(
        description="Their open invitations into more than the role, which are taken back."
    )


class RemovedMember(MemberSummary):
    """A member who was taken out, and what they leave."""

    keys: list[ApiKeySummary] = Field(
        description="The keys that worked and were of their making: revoked, or kept."
    )
    invitations: list[InvitationId] = Field(
        description="Their open invitations, which are taken back."
    )
    members: list[UserId] = Field(description="The members whom they let in, who stay.")


class NewInvitation(BaseModel):
    """The invitation that is to be made."""

    model_config = ConfigDict(extra="forbid")

    role: MemberRole
    email: Annotated[
        str | None,
        Field(
            pattern=r"^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}$",
            description="The only address that may accept it; null: whoever has the link.",
        ),
    ] = None
    days: Annotated[int, Field(ge=1, le=30, strict=True)] = 7


class CreatedInvitation(InvitationSummary):
    """A new invitation. ``token`` is shown this once and stored nowhere."""

    token: str


class InvitationToAccept(BaseModel):
    """The secret that the invited was given."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(min_length=1, max_length=4 * LONGEST)]


class NewTenant(BaseModel):
    """The tenant that is to be made."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: TenantId


class Entry(BaseModel):
    """Where the caller may come in now, and as what."""

    tenant_id: TenantId
    role: MemberRole
