"""The query and the body of /tenants."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, Field

from functions.common.auth.access import MemberRole
from functions.common.errors import BadRequestError
from functions.common.types import TenantId
from functions.common.windows import WindowQuery

_LONGEST: Final = timedelta(days=92)


class TenantsQuery(WindowQuery):
    """A window, at most 92 days, and how many tenants: after the last one of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 100
    cursor: TenantId | None = None

    def choose(self) -> tuple[datetime, datetime]:
        """Give the start and the end.

        Raises:
            BadRequestError: if the window is empty, or longer than the database sums for everybody.
        """
        start, end = super().choose()
        if end - start > _LONGEST:
            raise BadRequestError("start and end are more than 92 days apart.")
        return start, end


class TenantSums(BaseModel):
    """The sums of a tenant's counted model calls; no content, and no user's name."""

    tenant_id: TenantId
    role: MemberRole | None = Field(description="The caller's; null: no member, an operator.")
    generated: bool = Field(description="Whether its spans are made up, as a sample's are.")
    requests: int
    errors: int
    error_rate: float | None
    total_tokens: int | None
    cost_usd: float | None
    unpriced_requests: int = Field(description="Calls of known usage and unknown price.")
    unmeasured_requests: int = Field(description="Answered calls of unknown usage.")


class TenantPage(BaseModel):
    """The caller's tenants, or all of them for an operator, by name."""

    operator: bool = Field(description="Whether the caller sees the sums of all tenants.")
    start: datetime
    end: datetime
    tenants: list[TenantSums] = Field(description="Fewer than limit where summing takes long.")
    next_cursor: str | None
