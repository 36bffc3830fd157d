"""GET /me: who the API takes the caller for, and which tenants that opens."""

from __future__ import annotations

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Presented
from functions.common.environment import has_demo, load_tenant_creation
from functions.me.bodies import Me, Membership

app = create_app("me")


@app.get("/me")
async def get_me(credential: Presented) -> Me:
    """Name the credential, its tenants and its role or scopes in each."""
    tenants: list[Membership] = []
    email, may_create_tenants = None, False
    if credential.kind == "api_key":
        scopes = sorted(credential.scopes)
        tenants = [Membership(tenant_id=credential.tenant, role=None, scopes=scopes)]
    elif credential.kind == "user":
        tenants = [
            Membership(tenant_id=tenant, role=role, scopes=None)
            for tenant, role in sorted(credential.roles.items())
        ]
        email = credential.email
        may_create_tenants = not credential.is_anonymous and load_tenant_creation().allows(email)
    return Me(
        kind=credential.kind,
        id=credential.key_id,
        tenants=tenants,
        demo=has_demo(),
        email=email,
        may_create_tenants=may_create_tenants,
    )


handler = create_handler(app)
