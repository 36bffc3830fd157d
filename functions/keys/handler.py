"""/keys: a tenant's API keys, made, listed, rotated and revoked."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Body, Path
from postgrest import SyncSelectRequestBuilder

from functions.common.access import CallerIdentity
from functions.common.api_keys import ApiKey, make_api_key
from functions.common.app import create_app, create_handler
from functions.common.callers import Caller
from functions.common.database import fetch, manage_as
from functions.common.environment import load_pepper
from functions.common.errors import NotFoundError
from functions.common.models import (
    ApiKeyList,
    ApiKeySummary,
    CreatedApiKey,
    ErrorBody,
    KeyId,
    KeyRotation,
    NewApiKey,
)

app = create_app("keys")

_Key = Annotated[KeyId, Path(description="A key's public id.")]
_MISSING: Final[dict[int | str, dict[str, Any]]] = {404: {"model": ErrorBody}}


@app.get("/keys")
async def list_keys(caller: Caller) -> ApiKeyList:
    """List keys and ingest tokens, newest first; revoked ones stay, as the names in the audit."""
    rows = fetch(_select(caller).order("created_at", desc=True).order("key_id"))
    return ApiKeyList(items=[ApiKeySummary.model_validate(row) for row in rows])


@app.post("/keys", status_code=201)
async def create_key(caller: Caller, wanted: NewApiKey) -> CreatedApiKey:
    """Make a key. It is in this answer and nowhere else."""
    key = make_api_key(wanted.environment)
    arguments = wanted.model_dump(mode="json") | _describe(key, "key_id")
    _call(caller, "create_api_key", arguments)
    return _show(caller, key)


@app.post("/keys/{key_id}/rotate", status_code=201, responses=_MISSING)
async def rotate_key(
    caller: Caller,
    key_id: _Key,
    rotation: KeyRotation = Body(KeyRotation()),  # noqa: B008  # FastAPI's way
) -> CreatedApiKey:
    """Make the key's successor; the old one works on for the overlap."""
    key = make_api_key(_find(caller, key_id).environment or "")
    arguments = {"key_id": key_id, "overlap_hours": rotation.overlap_hours}
    _call(caller, "rotate_api_key", arguments | _describe(key, "new_key_id"))
    return _show(caller, key)


@app.delete("/keys/{key_id}", responses=_MISSING)
async def revoke_key(caller: Caller, key_id: _Key) -> ApiKeySummary:
    """Revoke a key or an ingest token: the database refuses it from now on."""
    _call(caller, "revoke_api_key", {"key_id": key_id})
    return _find(caller, key_id)


def _call(caller: CallerIdentity, function: str, arguments: dict[str, Any]) -> None:
    manage_as(caller).rpc(function, arguments).execute()


def _describe(key: ApiKey, name: str) -> dict[str, Any]:
    return {name: key.key_id, "digest": key.digest(load_pepper())}


def _show(caller: CallerIdentity, key: ApiKey) -> CreatedApiKey:
    return CreatedApiKey(**_find(caller, key.key_id).model_dump(), key=key.text)


def _select(caller: CallerIdentity) -> SyncSelectRequestBuilder:
    keys = manage_as(caller).from_("api_key_summaries").select("*")
    return keys.eq("tenant_id", caller.tenant)


def _find(caller: CallerIdentity, key_id: str) -> ApiKeySummary:
    rows = fetch(_select(caller).eq("key_id", key_id))
    if not rows:
        raise NotFoundError("There is no such key.")
    return ApiKeySummary.model_validate(rows[0])


handler = create_handler(app)
