"""The door of every route: who calls, for which tenant, and whether the table lets them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPBearer

from functions.common.auth.access import ACCESS, CallerIdentity, Rule
from functions.common.auth.credentials import Credential, authenticate
from functions.common.auth.own_hosts import require_own_host
from functions.common.errors import (
    BadRequestError,
    ForbiddenError,
    TenantMissingError,
)
from functions.common.logs import note
from llm_observe.tenancy import TENANT_ID

_document = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An API key (lo_…) or a Supabase user's access token.",
)
"""Only says so in the API document: what it reads, `authenticate` reads again, strictly."""


async def admit(
    request: Request,
    _described: Annotated[object, Security(_document)],
    selected: Annotated[
        str | None,
        Header(
            alias="x-tenant-id",
            description="Selects among the tenants that the credential allows.",
        ),
    ] = None,
) -> None:
    """Let a request in, or refuse it; every route of every app passes here.

    Raises:
        UnauthenticatedError: without a credential that is accepted.
        BadRequestError: if the header is no tenant id.
        TenantMissingError: if there is more than one tenant to choose from, or none.
        ForbiddenError: if the credential does not allow the tenant or the route, or development
            mode is called by a name that is not this machine's.
    """
    route = f"{request.method} {request.scope['route'].path_format}"
    rule = ACCESS.get(route)
    if rule is None:
        raise ForbiddenError("Nobody may call this route.")
    if rule.public:
        return
    headers = request.headers.getlist("authorization")
    credential = authenticate(headers, fresh=rule.fresh, basic=rule.basic)
    if credential.kind == "dev":
        require_own_host(request.headers)
    try:
        tenant = _let_in(credential, selected, rule)
    except (ForbiddenError, TenantMissingError):
        if credential.kind != "user" or rule.fresh:
            raise
        # A member since a moment ago is no stranger for as long as the door remembers.
        credential = authenticate(headers, fresh=True)
        tenant = _let_in(credential, selected, rule)
    request.state.credential = credential
    note(caller=credential.kind, key_id=credential.key_id)
    if tenant is not None:
        note(tenant=tenant)
        request.state.caller = CallerIdentity(tenant, credential.key_id)


def _let_in(credential: Credential, selected: str | None, rule: Rule) -> str | None:
    tenant = _choose_tenant(credential, selected, rule)
    if not credential.satisfies(rule, tenant):
        raise ForbiddenError(_explain(credential, rule))
    return tenant


def _choose_tenant(credential: Credential, wanted: str | None, rule: Rule) -> str | None:
    if rule.tenantless:
        return None
    if wanted is not None and not TENANT_ID.fullmatch(wanted):
        raise BadRequestError(
            "x-tenant-id is one tenant: 1 to 63 characters of a-z, 0-9, _ and -, "
            "starting with a letter or a digit."
        )
    allowed = credential.list_tenants()
    if wanted is None:
        if allowed is None or len(allowed) != 1:
            raise TenantMissingError("Say whose data you mean with the x-tenant-id header.")
        return allowed[0]
    if allowed is not None and wanted not in allowed:
        raise ForbiddenError(
            "Your credential does not belong to the tenant that x-tenant-id names."
        )
    return wanted


def _explain(credential: Credential, rule: Rule) -> str:
    if credential.kind == "api_key" and not rule.scopes and rule.tenantless:
        return "This route needs a person who has logged in; no API key may."
    if credential.kind == "api_key" and not rule.scopes:
        roles = " or ".join(sorted(rule.roles))
        return f"This route needs somebody with the role {roles} in the tenant; no API key may."
    if credential.kind == "api_key":
        return f"This route needs an API key with the scope {' or '.join(sorted(rule.scopes))}."
    return f"This route needs the role {' or '.join(sorted(rule.roles))} in the tenant."


async def _read_caller(request: Request) -> CallerIdentity:
    # A route that takes a caller and is public or tenantless in the table has none: a mistake
    # of ours, answered as one.
    caller: CallerIdentity = request.state.caller
    return caller


async def _read_credential(request: Request) -> Credential:
    credential: Credential = request.state.credential
    return credential


Caller = Annotated[CallerIdentity, Depends(_read_caller)]
"""The caller of a route that acts for one tenant."""
Presented = Annotated[Credential, Depends(_read_credential)]
"""The credential itself, for a route that tells about it."""
