"""The settings of what is kept of a tenant.

They are the days, whether prompts and answers are kept, and by which tags sums are.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import fetch, manage_as, read_as
from functions.common.environment import load_settings
from functions.common.errors import ErrorBody, ForbiddenError
from functions.retention.bodies import (
    ContentCapture,
    ContentCaptureStatus,
    Expired,
    ExpiryRun,
    Retention,
    RetentionStatus,
    SeenTagKey,
    TagKeys,
    TagKeysStatus,
)

app = create_app("retention")

_OPERATORS: Final = (
    "on stores what ingest tokens bring, which no process of the project has redacted. Only the "
    'project\'s operator sets it: make access ARGS="content-capture --mode on …".'
)
_MOST_SEEN: Final = 100
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


@app.get("/tag-keys")
async def get_tag_keys(caller: Caller) -> TagKeysStatus:
    """Give the keys of tags by which sums are kept, and those that calls have of late."""
    chosen = read_as(caller).from_("tenants").select("tag_dimensions")
    rows = fetch(chosen.eq("tenant_id", caller.tenant))
    return TagKeysStatus(keys=rows[0]["tag_dimensions"] if rows else [], seen=_list_seen(caller))


@app.put("/tag-keys", responses=_REFUSED)
async def set_tag_keys(caller: Caller, wanted: TagKeys) -> TagKeys:
    """Choose the keys of tags by which sums are kept; others are summed up from spans."""
    done = manage_as(caller).rpc("set_tag_dimensions", wanted.model_dump()).execute()
    return TagKeys.model_validate(done.data)


def _list_seen(caller: Caller) -> list[SeenTagKey]:
    counts = read_as(caller).from_("tag_keys").select("key:tag_key,calls")
    most = counts.eq("tenant_id", caller.tenant).order("calls", desc=True).order("tag_key")
    return [SeenTagKey(**row) for row in fetch(most.limit(_MOST_SEEN))]


def _describe_capture(mode: Literal["follow", "off", "on"]) -> ContentCaptureStatus:
    captures = load_settings().capture_content
    return ContentCaptureStatus(content_capture=mode, deployment_captures=captures)


def _read_status(row: dict[str, Any]) -> RetentionStatus:
    if row["outcome"] is not None:
        row["last_run"] = ExpiryRun(**row, deleted=Expired(**row))
    return RetentionStatus.model_validate(row)


handler = create_handler(app)
