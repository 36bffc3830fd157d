"""Whose request this is."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from functions.common.environment import load_settings
from functions.common.errors import BadRequestError, TenantMissingError, UnauthenticatedError
from llm_observe.tenancy import TENANT_ID


def read_tenant(
    tenant_id: Annotated[
        str | None,
        Header(alias="x-tenant-id", description="Selects the tenant, on a developer's machine."),
    ] = None,
) -> str:
    """Give the tenant of a request.

    Raises:
        UnauthenticatedError: outside development mode, where a bare header proves nothing.
        TenantMissingError: without the header.
        BadRequestError: if the header is no tenant id.
    """
    if not load_settings().dev:
        raise UnauthenticatedError(
            "This deployment accepts no credentials yet. "
            "On a developer's machine set LLM_OBSERVE_DEV=true and send x-tenant-id."
        )
    if not tenant_id:
        raise TenantMissingError("Say whose data you mean with the x-tenant-id header.")
    if not TENANT_ID.fullmatch(tenant_id):
        raise BadRequestError(
            "x-tenant-id is 1 to 63 characters of a-z, 0-9, _ and -, "
            "starting with a letter or a digit."
        )
    return tenant_id


Tenant = Annotated[str, Depends(read_tenant)]
