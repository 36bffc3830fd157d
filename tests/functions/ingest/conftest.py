"""The OTLP endpoint as it runs locally, called as exporters call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import Parse
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from psycopg.sql import SQL, Identifier

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.database.support import idle
from tests.functions.conftest import run_api
from tests.functions.ingest.spans import JSON_TYPE

Post = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def api(settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes) -> Iterator[str]:
    """The API's base URL."""
    with run_api(settings, keys, data_api, free_port(), leashes) as url:
        yield url


@pytest.fixture
def post(api: str) -> Iterator[Post]:
    """Sends a body: ``post(b"{}", content_type="application/json", tenant="tenant-123")``."""
    with httpx.Client(base_url=api, timeout=60) as client:

        def send(
            body: bytes,
            *,
            content_type: str = JSON_TYPE,
            tenant: str | None = "tenant-123",
            **headers: str,
        ) -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            named |= {"content-type": content_type}
            if tenant is not None:
                named["x-tenant-id"] = tenant
            return client.post("/v1/traces", content=body, headers=named)

        yield send


def read_rows(database: Database, table: str, tenant: str) -> list[dict[str, Any]]:
    """Give a tenant's rows of a table, as its owner sees them."""
    with idle.lease(database.owner_url) as connection:
        query = SQL("select * from {} where tenant_id = %s").format(Identifier(table))
        return connection.execute(query, [tenant]).fetchall()


def read_answer(answer: httpx.Response) -> Any:
    """Give a success or an error as protobuf's own type, whatever it is encoded in."""
    if answer.headers["content-type"] != JSON_TYPE:
        kind = ExportTraceServiceResponse if answer.is_success else Status
        return kind.FromString(answer.content)

    return Parse(answer.content, ExportTraceServiceResponse() if answer.is_success else Status())
