"""The bodies of /members."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.common.auth.access import MemberRole
from functions.common.key_summaries import ApiKeySummary

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
    """What a member becomes."""

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
