"""The Data API's ASGI application: the edge in front, the Data API behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.data_api.auth_gateway import AuthGateway
from infra.local.data_api.connections import Connections
from infra.local.data_api.database import Database
from infra.local.data_api.errors import DataApiError
from infra.local.data_api.listener import listen
from infra.local.data_api.rest import RestApi
from infra.local.data_api.tokens import KeySet, Verifier

REQUEST_TIMEOUT_SECONDS = 60.0
"""Supabase's cap on a Data API request."""
_MAX_CONNECTIONS = 9
"""One more listens."""
_METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]

_Handler = Callable[[Request], Awaitable[Response]]


def create_app(
    *,
    dsn: str,
    jwks_path: Path,
    publishable_key: str,
    audience: str | None = "authenticated",
    request_timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
    auth: AuthGateway | None = None,
) -> Starlette:
    """Make the application; ``dsn`` logs in as ``authenticator``, ``auth`` leads to Auth.

    Raises ValueError when the JWKS file holds no ES256 key and OSError when it can't be read.
    """
    keys = KeySet.read(jwks_path)
    verifier = Verifier(keys, publishable_key, audience, anonymous_role="anon")
    connections = Connections(dsn, size=_MAX_CONNECTIONS)
    database = Database(connections)
    api = RestApi(database, verifier)

    async def jwks(_request: Request) -> Response:
        return JSONResponse(keys.document)

    def guarded(handler: _Handler) -> _Handler:
        async def guard(request: Request) -> Response:
            verifier.check_api_key(request.headers.get("apikey"))
            return await _bounded(handler(request), request_timeout_seconds)

        return guard

    return Starlette(
        routes=[
            Route("/auth/v1/.well-known/jwks.json", jwks),
            *_auth_routes(auth),
            Route("/rest/v1/", guarded(_refuse_root), methods=_METHODS),
            Route("/rest/v1/rpc/{name}", guarded(api.on_routine), methods=_METHODS),
            Route("/rest/v1/{name}", guarded(api.on_relation), methods=_METHODS),
            Route("/rest/v1/{path:path}", guarded(_refuse_path), methods=_METHODS),
            Route("/{path:path}", _refuse_route, methods=_METHODS),
        ],
        exception_handlers={DataApiError: _render},
        lifespan=lambda _app: _keep_listening(connections, database, auth),
    )


@asynccontextmanager
async def _keep_listening(
    connections: Connections, database: Database, auth: AuthGateway | None
) -> AsyncIterator[None]:
    """Listen for changes of the schema for as long as the application runs."""
    listener = asyncio.create_task(listen(connections, database))
    yield
    listener.cancel()
    with suppress(asyncio.CancelledError):
        await listener
    await connections.close()
    if auth is not None:
        await auth.close()


def _auth_routes(auth: AuthGateway | None) -> list[Route]:
    if auth is None:
        return []
    return [
        Route("/auth/v1/{path:path}", auth.forward, methods=_METHODS),
        Route("/mails", auth.forward),
    ]


async def _bounded(answer: Awaitable[Response], seconds: float) -> Response:
    """Wait for an answer, but not for ever; an answer too late is cancelled behind our back.

    The cancellation itself isn't awaited: a Postgres that doesn't react would hold it up.
    """
    task = asyncio.ensure_future(answer)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        raise DataApiError(504, None, "The upstream server is timing out")
    return task.result()


def _render(_request: Request, error: Exception) -> Response:
    if not isinstance(error, DataApiError):
        raise error
    return error.response()


async def _refuse_root(_request: Request) -> Response:
    raise DataApiError(404, "PGRST126", "Root endpoint metadata is disabled")


async def _refuse_path(_request: Request) -> Response:
    raise DataApiError(404, "PGRST125", "Invalid path specified in request URL")


async def _refuse_route(_request: Request) -> Response:
    raise DataApiError(404, None, "no Route matched with those values")
