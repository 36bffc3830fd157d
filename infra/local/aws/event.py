"""An HTTP request as API Gateway's payload 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import secrets
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from infra.local.aws.routes import Match

# Media types that API Gateway hands on as text; any other body travels in base64.
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
_ACCOUNT = "123456789012"
_API = "local"


def make_event(request: Request, match: Match, body: bytes) -> dict[str, Any]:
    """Make the event of a request; keys that would be empty are absent, as API Gateway's are."""
    headers = _join_headers(request.headers)
    cookies = headers.pop("cookie", None)
    query = request.scope["query_string"].decode("latin-1")
    key = str(match.key)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": unquote(request.scope["raw_path"].decode("latin-1")),
        "rawQueryString": query,
        "headers": headers | _describe_forwarding(request),
        "requestContext": _describe_request(request, key),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if query:
        event["queryStringParameters"] = _join(parse_qsl(query, keep_blank_values=True))
    if match.parameters:
        event["pathParameters"] = match.parameters
    if body:
        event["body"], event["isBase64Encoded"] = _encode(body, headers.get("content-type", ""))
    return event


def _join_headers(headers: Headers) -> dict[str, str]:
    # Cookies are joined by their own separator.
    cookies = "; ".join(headers.getlist("cookie"))
    joined = _join((name.lower(), value) for name, value in headers.items())
    return joined | ({"cookie": cookies} if cookies else {})


def _join(pairs: Any) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _describe_forwarding(request: Request) -> dict[str, str]:
    _, port = _read_host(request)
    return {
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "x-forwarded-for": _find_source(request),
        "x-forwarded-port": str(port),
        "x-forwarded-proto": request.scope["scheme"],
    }


def _read_host(request: Request) -> tuple[str, int]:
    """Give the name and port of the Host header; a malformed one is nobody's."""
    try:
        parts = urlsplit(f"//{request.headers.get('host', '')}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    return name or "localhost", port or 80


def _describe_request(request: Request, key: str) -> dict[str, Any]:
    now = _now()
    return {
        "accountId": _ACCOUNT,
        "apiId": _API,
        "domainName": _read_host(request)[0],
        "domainPrefix": _API,
        "http": {
            "method": request.method,
            "path": unquote(request.scope["raw_path"].decode("latin-1")),
            "protocol": f"HTTP/{request.scope['http_version']}",
            "sourceIp": _find_source(request),
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": secrets.token_urlsafe(11) + "=",
        "routeKey": key,
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _encode(body: bytes, content_type: str) -> tuple[str, bool]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(_TEXT) or kind.endswith(("+json", "+xml")):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _find_source(request: Request) -> str:
    return request.client.host if request.client else "127.0.0.1"


def _now() -> datetime:
    return datetime.now(UTC)
