"""GET /tenants: what the caller's tenants add up to, and for an operator all tenants."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Query

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Presented
from functions.common.database import sum_as
from functions.common.errors import ForbiddenError
from functions.tenants.bodies import TenantPage, TenantsQuery

app = create_app("tenants")


@app.get("/tenants")
async def list_tenants(
    credential: Presented, query: Annotated[TenantsQuery, Query()]
) -> TenantPage:
    """Sum up the model calls of each tenant by name; the last 24 hours by default.

    The database finds out who the caller is and what they may see: nothing here names a tenant.
    """
    if credential.kind != "user":
        raise ForbiddenError("This needs a person who has logged in; development mode has none.")
    start, end = query.choose()
    arguments: dict[str, Any] = {
        "window_start": start.isoformat(),
        "window_end": end.isoformat(),
        "limit": query.limit,
        "after": query.cursor,
    }
    answer = sum_as(credential.key_id).rpc("sum_tenants", arguments).execute().data
    found = cast("dict[str, Any]", answer)
    return TenantPage(
        operator=found["operator"],
        start=start,
        end=end,
        tenants=found["tenants"],
        next_cursor=found["next"],
    )


handler = create_handler(app)
