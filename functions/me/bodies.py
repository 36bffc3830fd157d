"""The body of /me."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from functions.common.auth.access import KeyScope, MemberRole
from functions.common.types import TenantId


class Membership(BaseModel):
    """A tenant that a credential may act for, and as what: a user's role, or a key's scopes."""

    tenant_id: TenantId
    role: MemberRole | None
    scopes: list[KeyScope] | None


class Me(BaseModel):
    """The caller, as the API knows it."""

    kind: Literal["api_key", "user", "dev"]
    id: str
    tenants: list[Membership]
    demo: bool = Field(description="Whether the demo endpoints are there.")
    email: str | None = Field(
        description="The address of the login, in lower case; null: a key, or none in ASCII."
    )
    may_create_tenants: bool = Field(description="Whether POST /tenants is open to the caller.")
