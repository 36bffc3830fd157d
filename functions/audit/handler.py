"""GET /audit: what was done to a tenant's keys, members, settings and data, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from functions.common.answer_size import cut_rows
from functions.common.app import create_app, create_handler
from functions.common.callers import Caller
from functions.common.database import fetch, manage_as
from functions.common.models import AuditEvent, AuditPage

app = create_app("audit")


class AuditQuery(BaseModel):
    """How much, and from where on; the cursor is the time and id of the last event."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(pattern=r"^[0-9T:.-]{19,26}Z_[0-9a-f-]{36}$")] | None = None


@app.get("/audit")
async def list_audit_events(caller: Caller, query: Annotated[AuditQuery, Query()]) -> AuditPage:
    """List events; nobody but the database's owner can have changed them."""
    events = manage_as(caller).from_("audit_events").select("*").eq("tenant_id", caller.tenant)
    if query.cursor is not None:
        at, _, event_id = query.cursor.partition("_")
        seek = f"created_at.lt.{at},and(created_at.eq.{at},event_id.lt.{event_id})"
        events = events.lte("created_at", at).or_(seek)
    newest = events.order("created_at", desc=True).order("event_id", desc=True)
    rows = fetch(newest.limit(query.limit + 1))
    page, last = cut_rows(rows[: query.limit]), None
    if len(rows) > len(page):
        # A plus sign would be a space in a URL.
        last = f"{page[-1]['created_at']}_{page[-1]['event_id']}".replace("+00:00", "Z")
    return AuditPage(items=[AuditEvent.model_validate(row) for row in page], next_cursor=last)


handler = create_handler(app)
