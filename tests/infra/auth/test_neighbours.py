"""The pages of the local Auth that make anybody anybody, where the stack listens for containers."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from infra.local.data_api.app import create_app
from infra.local.data_api.auth_gateway import AuthGateway
from infra.local.keys import StackKeys
from tests.infra.auth.target import Target

PAGES = ("/mails", "/auth/v1/authorize", "/auth/v1/fake_provider", "/auth/v1/callback")
NEIGHBOUR, OWN = "172.17.0.2", "127.0.0.1"


def ask(target: Target, keys: StackKeys, path: str, address: str) -> httpx.Response:
    """Ask the edge from an address; Host is as a sender likes it."""
    gateway = AuthGateway(f"{target.url}/auth/v1", (keys.publishable_key,))
    app = create_app(
        dsn="", jwks_path=keys.jwks_path, publishable_key=keys.publishable_key, auth=gateway
    )

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get(path, headers={"accept": "application/json"})
        await gateway.close()
        return answer

    return asyncio.run(send())


@pytest.mark.parametrize("path", PAGES)
def test_a_neighbour_reads_no_page_that_logs_in_as_anybody(
    local_target: Target, keys: StackKeys, path: str
) -> None:
    """``--listen`` is for containers: by the Host of this machine they are still neighbours."""
    assert ask(local_target, keys, path, NEIGHBOUR).status_code == 403
    assert ask(local_target, keys, path, OWN).status_code != 403


def test_a_neighbour_follows_the_link_of_a_mail(local_target: Target, keys: StackKeys) -> None:
    """Whoever has the link may be anywhere."""
    assert ask(local_target, keys, "/auth/v1/verify", NEIGHBOUR).status_code != 403
