"""GET /audit: what was done to a tenant's keys, members, settings and data, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from functions.audit.bodies import AuditEvent, AuditPage
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import manage_as
from functions.common.paging import NewestQuery, select_newest

app = create_app("audit")


@app.get("/audit")
async def list_audit_events(caller: Caller, query: Annotated[NewestQuery, Query()]) -> AuditPage:
    """List events; nobody but the database's owner can have changed them."""
    events = manage_as(caller).from_("audit_events").select("*").eq("tenant_id", caller.tenant)
    page, last = select_newest(query, events, "event_id")
    return AuditPage(items=[AuditEvent.model_validate(row) for row in page], next_cursor=last)


handler = create_handler(app)
