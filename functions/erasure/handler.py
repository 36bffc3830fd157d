"""Forgetting: a trace, a user's data or a whole tenant, each in one transaction with a receipt."""

from __future__ import annotations

import time
from typing import Any, Final

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.database import manage_as
from functions.common.errors import ErrorBody, NotFoundError
from functions.common.paths import GivenId
from functions.common.types import TenantId, TraceId
from functions.erasure.bodies import Receipt, UserToForget
from functions.ingest.storing import find_tenant_settings
from llm_observe.privacy.protection import pseudonymize
from llm_observe.records import bound_id

_ASKING: Final = 2.0
"""Seconds for what a user's pseudonym derives from; with it the function stays within its 29."""
_TIMEOUT: Final = 26.0
"""Seconds; the database gives up after 25, API Gateway after 30."""

app = create_app("erasure")


@app.delete("/traces/{trace_id}", responses={404: {"model": ErrorBody}})
async def forget_trace(caller: Caller, trace_id: TraceId) -> Receipt:
    """Delete a trace with its spans and their contents, for good."""
    return _forget(caller, "forget_trace", {"trace_id": trace_id})


@app.delete("/users/{user_id:any}/data")
async def forget_user(caller: Caller, user_id: GivenId) -> Receipt:
    """Delete what there is of one of the tenant's users, as far as a path can name one.

    Not ``.`` and ``..``, which clients resolve; and a URL ends in logs. POST /users/forget takes
    every id.
    """
    return _forget(caller, "forget_user", _name_user(caller, user_id))


@app.post("/users/forget")
async def forget_named_user(caller: Caller, user: UserToForget) -> Receipt:
    """Delete what there is of one of the tenant's users; the receipt may count nothing.

    An id of more than 65,536 characters is named by its stored form, ``sha256:`` and 64 hex digits.
    """
    return _forget(caller, "forget_user", _name_user(caller, user.user_id))


@app.delete("/tenants/{tenant_id}", responses={404: {"model": ErrorBody}})
async def forget_tenant(caller: Caller, tenant_id: TenantId) -> Receipt:
    """Delete all there is of the caller's own tenant but its audit, keys and members included.

    It stays deleted: late writes are refused until the project's operator lifts that.
    """
    if tenant_id != caller.tenant:
        raise NotFoundError("There is no such tenant.")
    return _forget(caller, "forget_tenant", {"tenant_id": tenant_id})


def _name_user(caller: CallerIdentity, user_id: str) -> dict[str, str | None]:
    """Give a user's names in the database: the id and, as a token's stands there, a pseudonym."""
    key = find_tenant_settings(caller, time.monotonic() + _ASKING).key
    return {"user_id": bound_id(user_id), "pseudonym": pseudonymize(user_id, key)}


def _forget(caller: CallerIdentity, function: str, arguments: dict[str, Any]) -> Receipt:
    done = manage_as(caller, timeout=_TIMEOUT).rpc(function, arguments).execute()
    return Receipt.model_validate(done.data)


handler = create_handler(app)
