"""Failures on demand: by the header ``x-offline-fault`` or by a model named after one.

``x-offline-fault: rate_limit; attempts=1; retry_after=0.05`` fails the first attempt and lets the
client's retry through; the model ``offline-rate-limit`` always fails. ``attempts`` is compared
with the client's own ``x-stainless-retry-count``, so the server keeps no state for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from starlette.datastructures import Headers

from infra.local.offline_openai.errors import ApiError, refuse

_ASKED_FOR = "(offline server: this failure was asked for)"
_REFUSALS = {
    "rate_limit": ApiError(
        429, f"Rate limit reached {_ASKED_FOR}", "requests", code="rate_limit_exceeded"
    ),
    "insufficient_quota": ApiError(
        429,
        f"You exceeded your current quota {_ASKED_FOR}",
        "insufficient_quota",
        code="insufficient_quota",
    ),
    "server_error": ApiError(
        500, f"The server had an error while processing your request {_ASKED_FOR}", "server_error"
    ),
    "overloaded": ApiError(
        503,
        f"The engine is currently overloaded, please try again later {_ASKED_FOR}",
        "server_error",
        code="server_overloaded",
    ),
    "invalid_request": ApiError(400, f"Invalid request {_ASKED_FOR}", code="invalid_value"),
    "context_length": ApiError(
        400,
        f"This model's maximum context length is exceeded {_ASKED_FOR}",
        param="messages",
        code="context_length_exceeded",
    ),
    "invalid_key": ApiError(
        401, f"Incorrect API key provided {_ASKED_FOR}", code="invalid_api_key"
    ),
    "permission_denied": ApiError(
        403, f"You are not allowed to use this model {_ASKED_FOR}", code="model_not_allowed"
    ),
    "model_not_found": ApiError(
        404, f"The model does not exist {_ASKED_FOR}", code="model_not_found"
    ),
}
# Not an HTTP error but the way the answer goes wrong; see ``delivery``.
_DELIVERIES = frozenset({"timeout", "drop_stream", "stream_error"})
NAMES = frozenset(_REFUSALS) | _DELIVERIES
_DEFAULT_RETRY_AFTER_S = 1.0


@dataclass(frozen=True)
class Fault:
    """A failure somebody asked for; ``retry_after`` in seconds."""

    name: str
    attempts: float = math.inf
    retry_after: float = _DEFAULT_RETRY_AFTER_S

    def raise_refusal(self) -> None:
        """Raise the ApiError this fault stands for; do nothing for faults of delivery."""
        template = _REFUSALS.get(self.name)
        if template is None:
            return
        headers = {}
        if template.code == "rate_limit_exceeded":
            headers = {
                "retry-after": str(math.ceil(self.retry_after)),
                "retry-after-ms": str(round(self.retry_after * 1000)),
            }
        raise ApiError(
            template.status,
            template.message,
            template.type,
            param=template.param,
            code=template.code,
            headers=headers,
        )


def find_fault(headers: Headers, model: object) -> Fault | None:
    """Read the fault asked for, by header first, then by model name; ApiError if it is unknown."""
    wanted = headers.get("x-offline-fault")
    if wanted is None and isinstance(model, str) and model.startswith("offline-"):
        wanted = model.removeprefix("offline-").replace("-", "_")
    if wanted is None:
        return None
    fault = _parse(wanted)
    tried = headers.get("x-stainless-retry-count", "0")
    return None if tried.isdigit() and int(tried) >= fault.attempts else fault


def _parse(text: str) -> Fault:
    name, *settings = (part.strip() for part in text.split(";"))
    known = {"attempts", "retry_after"}
    try:
        values = {key.strip(): float(value) for key, value in (s.split("=") for s in settings)}
    except ValueError:
        values = {"": 0.0}
    if name not in NAMES or not values.keys() <= known:
        raise refuse(
            f"Unknown offline fault; use one of {', '.join(sorted(NAMES))}, "
            "then '; attempts=N' and '; retry_after=SECONDS' if wanted.",
            param="x-offline-fault",
        )
    return Fault(name, **values)
