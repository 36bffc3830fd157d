"""The API as it runs locally: real handlers over HTTP, the Data API, Postgres, an offline model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.services import api_child, local_url
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.functions.house import House
from tests.infra.offline_openai.running import Server

Call = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def openai_port() -> Iterator[int]:
    """The port of an offline OpenAI server, in a hurry."""
    server = Server("--port", "0", "--pace", "0.02")
    yield urlsplit(server.base_url).port or 0
    server.stop()


@contextmanager
def run_api(
    settings: Settings,
    keys: StackKeys,
    data_api: str,
    openai_port: int,
    leashes: Leashes,
    **changes: str,
) -> Iterator[str]:
    """The base URL of an API on that Data API, with the environment of the settings, changed."""
    ports = replace(settings, api_port=free_port(), data_api_port=urlsplit(data_api).port or 0)
    child = api_child(ports, keys, openai_port)
    if changes:
        environment = {**child.environment, **changes}
        # Beside the usual one and other changed ones, under a name of its own.
        child = replace(child, name=f"changed_api_{ports.api_port}", environment=environment)
    running = leashes.start(child)
    try:
        running.wait_until_ready()
        yield local_url(ports.api_port)
    finally:
        running.stop()


@pytest.fixture(scope="module")
def api(
    settings: Settings, keys: StackKeys, data_api: str, openai_port: int, leashes: Leashes
) -> Iterator[str]:
    """The API's base URL."""
    with run_api(settings, keys, data_api, openai_port, leashes) as url:
        yield url


@pytest.fixture(scope="module")
def deployed(
    settings: Settings, keys: StackKeys, data_api: str, openai_port: int, leashes: Leashes
) -> Iterator[str]:
    """The base URL of an API that trusts no bare header, as a deployed one doesn't."""
    with run_api(settings, keys, data_api, openai_port, leashes, LLM_OBSERVE_DEV="false") as url:
        yield url


@pytest.fixture
def call(api: str) -> Iterator[Call]:
    """Calls the API as a tenant: ``call("GET", "/spans", tenant="tenant-123", limit=5)``."""
    with httpx.Client(base_url=api, timeout=60) as client:

        def request(
            method: str,
            path: str,
            *,
            tenant: str | None = "tenant-123",
            body: object = None,
            **query: object,
        ) -> httpx.Response:
            headers = {"x-tenant-id": tenant} if tenant is not None else {}
            # In ASCII: a lone surrogate travels escaped, which httpx's own JSON cannot.
            content = None if body is None else json.dumps(body)
            headers |= {"content-type": "application/json"} if content is not None else {}
            parameters = {name: str(value) for name, value in query.items()}
            return client.request(method, path, params=parameters, headers=headers, content=content)

        yield request


@pytest.fixture
def house(database: Database, keys: StackKeys, data_api: str) -> House:
    """A tenant of the test's own, without anybody in it."""
    return House(database, keys, data_api)
