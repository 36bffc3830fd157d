"""The Lambda Extensions API, as an internal extension speaks it.

An internal extension lives in the runtime's process. Lambda answers the caller as soon as the
handler has returned, and freezes the environment only when every extension, too, has asked for its
next event (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html). In between
is when telemetry can leave without anybody waiting for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Final

_VERSION: Final = "/2020-01-01/extension"
_NAME: Final = "llm-observe"
_REGISTER_TIMEOUT: Final = 1.0
"""Seconds; the API is on the loopback interface of the same machine."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One INVOKE event; ``deadline_ms`` is the epoch time at which Lambda ends the function."""

    request_id: str
    deadline_ms: int


class LambdaExtension:
    """A registered internal extension."""

    def __init__(self, address: str, identifier: str) -> None:
        self._connection = HTTPConnection(address)
        self._identifier = identifier

    def wait_for_invocation(self) -> Invocation:
        """Say that all work is done, and wait for the next invocation, frozen or not.

        Raises:
            OSError, HTTPException, ValueError: if the API is gone.
        """
        headers = {"Lambda-Extension-Identifier": self._identifier}
        self._connection.request("GET", f"{_VERSION}/event/next", headers=headers)
        answer = self._connection.getresponse()
        event = json.loads(answer.read())
        return Invocation(request_id=event["requestId"], deadline_ms=int(event["deadlineMs"]))

    def close(self) -> None:
        """Close the connection; the environment is going away."""
        self._connection.close()


def register_extension(address: str) -> LambdaExtension | None:
    """Register for INVOKE at the runtime API's address; None where it is refused.

    It must happen while the function initialises. Internal extensions cannot have SHUTDOWN.
    """
    connection = HTTPConnection(address, timeout=_REGISTER_TIMEOUT)
    try:
        connection.request(
            "POST",
            f"{_VERSION}/register",
            body=json.dumps({"events": ["INVOKE"]}),
            headers={"Lambda-Extension-Name": _NAME, "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        answer.read()
        identifier = answer.getheader("Lambda-Extension-Identifier")
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return LambdaExtension(address, identifier) if identifier else None
