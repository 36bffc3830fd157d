"""The way to Auth: one base URL for both, as the edge of a hosted project has it.

The edge asks for an API key, except where a link in a mail leads to.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import Response

from infra.local.data_api.errors import DataApiError

PREFIX: Final = "/auth/v1"
_OPEN: Final = frozenset({"/verify", "/authorize", "/callback", "/fake_provider", "/mails"})
_OF_THIS_MACHINE: Final = _OPEN - {"/verify"}
"""A reader of these logs in as anybody; a Host header is whatever a neighbour writes there."""
_MOST_BYTES: Final = 1 << 20
_MOST_CONNECTIONS: Final = 16
_SECONDS: Final = 60.0
_NOT_PASSED: Final = frozenset(
    {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "expect"}
)


class AuthGateway:
    """Passes requests on to Auth at ``url``, and its answers back."""

    def __init__(self, url: str, keys: tuple[str, ...]) -> None:
        self._keys = tuple(key.encode() for key in keys)
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=_SECONDS,
            trust_env=False,
            limits=httpx.Limits(max_connections=_MOST_CONNECTIONS),
        )

    async def forward(self, request: Request) -> Response:
        """Answer what Auth answers; raises DataApiError without a key, or without Auth."""
        path = request.url.path.removeprefix(PREFIX)
        if path not in _OPEN:
            self._check_key(request.headers.get("apikey", ""))
        if path in _OF_THIS_MACHINE and not _is_from_here(request):
            raise DataApiError(403, None, "The local stack shows this to its own machine only")
        headers = [(k, v) for k, v in request.headers.items() if k not in _NOT_PASSED]
        try:
            answer = await self._client.request(
                request.method,
                path,
                params=str(request.query_params),
                headers=headers,
                content=await _read_body(request),
            )
        except httpx.TransportError as error:
            message = "An invalid response was received from the upstream server"
            raise DataApiError(502, None, message) from error
        passed = {k: v for k, v in answer.headers.items() if k not in _NOT_PASSED}
        return Response(answer.content, answer.status_code, passed)

    async def close(self) -> None:
        """Close the connections to Auth."""
        await self._client.aclose()

    def _check_key(self, presented: str) -> None:
        if not presented:
            hint = "No `apikey` request header was found."
            raise DataApiError(401, None, "No API key found in request", hint=hint)
        if not any(hmac.compare_digest(presented.encode(), key) for key in self._keys):
            hint = "Double check your Supabase publishable or secret key."
            raise DataApiError(401, None, "Invalid API key", hint=hint)


def _is_from_here(request: Request) -> bool:
    """Whether the other end of the connection is on this machine, whatever ``--listen`` opened."""
    return request.client is not None and ip_address(request.client.host).is_loopback


async def _read_body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise DataApiError(413, None, "Request size limit exceeded")
    return bytes(content)
