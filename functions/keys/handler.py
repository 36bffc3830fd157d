"""/keys: a tenant's API keys, made, listed, rotated and revoked."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, cast

from fastapi import Body, Path, Query
from pydantic import Field

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.api_keys import ApiKey, make_api_key
from functions.common.auth.callers import Caller
from functions.common.database import fetch, manage_as
from functions.common.environment import load_pepper
from functions.common.errors import ErrorBody, NotFoundError
from functions.common.key_summaries import ApiKeySummary, KeyId
from functions.common.paging import select_newest
from functions.keys.bodies import (
    ApiKeyPage,
    CreatedApiKey,
    KeyQuery,
    KeyRotation,
    NewApiKey,
    RevokedApiKey,
)

app = create_app("keys")

_Key = Annotated[KeyId, Path(description="A key's public id.")]
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody} for status in (404, 409, 410)
}


@app.get("/keys")
async def list_keys(caller: Caller, query: Annotated[KeyQuery, Query()]) -> ApiKeyPage:
    """List keys and ingest tokens, newest first; revoked ones stay, as the names in the audit."""
    keys = manage_as(caller).from_("api_key_summaries").select("*").eq("tenant_id", caller.tenant)
    if query.status is not None:
        keys = keys.eq("status", query.status)
    page, last = select_newest(query, keys, "key_id")
    return ApiKeyPage(items=[ApiKeySummary.model_validate(row) for row in page], next_cursor=last)


@app.post("/keys", status_code=201, responses=_REFUSED)
async def create_key(caller: Caller, wanted: NewApiKey) -> CreatedApiKey:
    """Make a key, which may do no more and lives no longer than whoever makes it.

    It is in this answer and nowhere else.
    """
    key = make_api_key(wanted.environment)
    arguments = wanted.model_dump(mode="json") | _describe(key, "key_id")
    return CreatedApiKey(**_call(caller, "create_api_key", arguments), key=key.text)


@app.post("/keys/{key_id}/rotate", status_code=201, responses=_REFUSED)
async def rotate_key(
    caller: Caller,
    key_id: _Key,
    rotation: KeyRotation = Body(KeyRotation()),  # noqa: B008  # FastAPI's way
) -> CreatedApiKey:
    """Make the key's successor; the old one works on for the overlap."""
    key = make_api_key(_find_environment(caller, key_id))
    arguments = rotation.model_dump(mode="json") | {"key_id": key_id}
    made = _call(caller, "rotate_api_key", arguments | _describe(key, "new_key_id"))
    return CreatedApiKey(**made, key=key.text)


@app.delete("/keys/{key_id}", responses=_REFUSED)
async def revoke_key(
    caller: Caller,
    key_id: _Key,
    children: Annotated[
        Literal["revoke", "keep"],
        Field(description="What becomes of the keys that it made."),
    ] = "revoke",
) -> RevokedApiKey:
    """Revoke a key or an ingest token: the database refuses it from now on.

    The keys that it made go with it, unless they are kept.
    """
    done = _call(caller, "revoke_api_key", {"key_id": key_id, "children": children})
    return RevokedApiKey.model_validate(done)


def _call(caller: CallerIdentity, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", manage_as(caller).rpc(function, arguments).execute().data)


def _describe(key: ApiKey, name: str) -> dict[str, Any]:
    return {name: key.key_id, "digest": key.digest(load_pepper())}


def _find_environment(caller: CallerIdentity, key_id: str) -> str:
    keys = manage_as(caller).from_("api_key_summaries").select("environment")
    rows = fetch(keys.eq("tenant_id", caller.tenant).eq("key_id", key_id))
    if not rows:
        raise NotFoundError("There is no such key.")
    return rows[0]["environment"] or ""


handler = create_handler(app)
