"""The settings of what is kept of a tenant: the days, and whether prompts and answers are."""

from __future__ import annotations

from typing import Any, Final, Literal

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import fetch, manage_as
from functions.common.environment import load_settings
from functions.common.errors import ErrorBody, ForbiddenError
from functions.retention.bodies import (
    ContentCapture,
    ContentCaptureStatus,
    Expired,
    ExpiryRun,
    Retention,
    RetentionStatus,
)

app = create_app("retention")

_OPERATORS: Final = (
    "on stores what ingest tokens bring, which no process of the project has redacted. Only the "
    'project\'s operator sets it: make access ARGS="content-capture --mode on …".'
)
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {410: {"model": ErrorBody}}


@app.get("/retention")
async def get_retention(caller: Caller) -> RetentionStatus:
    """Give the tenant's days, null keeps; what the last run deleted, and when the next is due."""
    status = manage_as(caller).from_("retention_status").select("*")
    rows = fetch(status.eq("tenant_id", caller.tenant))
    return _read_status(rows[0]) if rows else RetentionStatus()


@app.put("/retention")
async def set_retention(caller: Caller, wanted: Retention) -> Retention:
    """Set the days; what is older goes within the hour."""
    days = wanted.model_dump(exclude_unset=True)
    done = manage_as(caller).rpc("set_retention", days).execute()
    return Retention.model_validate(done.data)


@app.get("/content-capture")
async def get_content_capture(caller: Caller) -> ContentCaptureStatus:
    """Give both switches: the tenant's own, and that of this deployment."""
    chosen = manage_as(caller).from_("tenants").select("content_capture")
    rows = fetch(chosen.eq("tenant_id", caller.tenant))
    return _describe_capture(rows[0]["content_capture"] if rows else "follow")


@app.put("/content-capture", responses=_REFUSED)
async def set_content_capture(caller: Caller, wanted: ContentCapture) -> ContentCaptureStatus:
    """Turn the tenant's switch to follow or off, for what comes from then on."""
    if wanted.content_capture == "on":
        raise ForbiddenError(_OPERATORS)
    done = manage_as(caller).rpc("set_content_capture", wanted.model_dump()).execute()
    stored = ContentCapture.model_validate(done.data)
    return _describe_capture(stored.content_capture)


def _describe_capture(mode: Literal["follow", "off", "on"]) -> ContentCaptureStatus:
    captures = load_settings().capture_content
    return ContentCaptureStatus(content_capture=mode, deployment_captures=captures)


def _read_status(row: dict[str, Any]) -> RetentionStatus:
    if row["outcome"] is not None:
        row["last_run"] = ExpiryRun(**row, deleted=Expired(**row))
    return RetentionStatus.model_validate(row)


handler = create_handler(app)
