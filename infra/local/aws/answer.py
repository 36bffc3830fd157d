"""A handler's result as an HTTP response, by the rules of payload 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from starlette.responses import JSONResponse, Response

from infra.local.aws.template import ResponseMapping

_LARGEST_RESULT = 6 * 1024 * 1024 + 100
"""Lambda's limit for what a handler returns synchronously, 6 MB and a little."""


def answer_message(status: int, message: str) -> Response:
    """Return one of API Gateway's own answers."""
    return JSONResponse({"message": message}, status_code=status)


def answer_failure() -> Response:
    """Return what API Gateway makes of a function that failed or returned nonsense."""
    return answer_message(500, "Internal Server Error")


def map_response(response: Response, mapping: ResponseMapping) -> Response:
    """Change an answer as its route's parameter mapping says: its status, and headers added."""
    for parameter, value in mapping.get(str(response.status_code), {}).items():
        if parameter == "overwrite:statuscode":
            response.status_code = int(value)
        elif parameter.startswith("append:header."):
            response.headers.append(parameter.removeprefix("append:header."), value)
    return response


def make_response(result: str) -> Response:
    """Turn a handler's result, as JSON text, into its response."""
    if len(result) > _LARGEST_RESULT:
        return answer_failure()
    value = json.loads(result)
    if not isinstance(value, dict) or "statusCode" not in value:
        # Without a status the result itself is the body, and JSON.
        body = value if isinstance(value, str) else result
        return Response(body, media_type="application/json")
    try:
        return _read_response(value)
    except (TypeError, ValueError, AttributeError, binascii.Error):
        return answer_failure()


def _read_response(value: dict[str, Any]) -> Response:
    body = value.get("body") or ""
    if not isinstance(body, str):
        raise TypeError("A body is text.")
    content = base64.b64decode(body, validate=True) if value.get("isBase64Encoded") else body
    response = Response(content, status_code=int(value["statusCode"]))
    for name, header in (value.get("headers") or {}).items():
        # The length is that of the body as it is sent.
        if name.lower() != "content-length":
            response.headers[name] = str(header)
    response.headers.setdefault("content-type", "text/plain; charset=utf-8")
    for cookie in value.get("cookies") or ():
        response.headers.append("set-cookie", str(cookie))
    return response
