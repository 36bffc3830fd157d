"""/retention: for how many days a tenant's spans and contents are kept."""

from __future__ import annotations

from typing import Any

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import fetch, manage_as
from functions.retention.bodies import Expired, ExpiryRun, Retention, RetentionStatus

app = create_app("retention")


@app.get("/retention")
async def get_retention(caller: Caller) -> RetentionStatus:
    """Give the tenant's days, null keeps; what the last run deleted, and when the next is due."""
    status = manage_as(caller).from_("retention_status").select("*")
    rows = fetch(status.eq("tenant_id", caller.tenant))
    return _read_status(rows[0]) if rows else RetentionStatus()


@app.put("/retention")
async def set_retention(caller: Caller, wanted: Retention) -> Retention:
    """Set both; what is older goes within the hour."""
    done = manage_as(caller).rpc("set_retention", wanted.model_dump()).execute()
    return Retention.model_validate(done.data)


def _read_status(row: dict[str, Any]) -> RetentionStatus:
    if row["outcome"] is not None:
        row["last_run"] = ExpiryRun(**row, deleted=Expired(**row))
    return RetentionStatus.model_validate(row)


handler = create_handler(app)
