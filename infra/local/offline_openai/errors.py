"""Errors in OpenAI's body shape, https://platform.openai.com/docs/guides/error-codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from starlette.responses import JSONResponse


@dataclass
class ApiError(Exception):
    """A request the server refuses or fails, with the status and body OpenAI would send."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the error as ``{"error": {message, type, param, code}}``."""
        detail = {
            "message": self.message,
            "type": self.type,
            "param": self.param,
            "code": self.code,
        }
        return {"error": detail}

    def respond(self) -> JSONResponse:
        """Return the error as an HTTP response."""
        return JSONResponse(self.body(), status_code=self.status, headers=dict(self.headers))


def refuse(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """Make the 400 of an invalid request."""
    return ApiError(400, message, param=param, code=code)


def miss_model(name: str) -> ApiError:
    """Make the 404 of a model the server does not know."""
    return ApiError(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def explain_validation(error: ValidationError) -> ApiError:
    """Turn the first validation error into OpenAI's 400; the offending value is not repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    param = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]
    ).lstrip(".")
    if first["type"] == "missing":
        return refuse(
            f"Missing required parameter: '{param}'.",
            param=param,
            code="missing_required_parameter",
        )
    code = "invalid_type" if first["type"].endswith("_type") else "invalid_value"
    return refuse(f"Invalid value for '{param}': {first['msg']}.", param=param, code=code)
