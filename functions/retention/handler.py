"""/retention: for how many days a tenant's spans and contents are kept."""

from __future__ import annotations

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import fetch, manage_as
from functions.retention.bodies import Retention

app = create_app("retention")


@app.get("/retention")
async def get_retention(caller: Caller) -> Retention:
    """Give the tenant's days; null keeps."""
    tenants = manage_as(caller).from_("tenants").select("span_days,content_days")
    rows = fetch(tenants.eq("tenant_id", caller.tenant))
    return Retention.model_validate(rows[0] if rows else {"span_days": None, "content_days": None})


@app.put("/retention")
async def set_retention(caller: Caller, wanted: Retention) -> Retention:
    """Set both; what is older goes within the hour."""
    done = manage_as(caller).rpc("set_retention", wanted.model_dump()).execute()
    return Retention.model_validate(done.data)


handler = create_handler(app)
