"""The Lambda Extensions API, as an internal extension speaks it.

An internal extension lives in the runtime's process. Lambda answers the caller as soon as the
handler has returned, and freezes the environment only when every extension, too, has asked for its
next event (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html). In between
is when telemetry can leave without anybody waiting for it.

Every traced function pays for this at its start, so it speaks HTTP by itself: ``http.client``
brings e-mail and TLS and takes longer to import than all else here.
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass
from typing import Any, Final

_VERSION: Final = "/2020-01-01/extension"
_NAME: Final = "llm-observe"
_IDENTIFIER: Final = "lambda-extension-identifier"
_REGISTER_TIMEOUT: Final = 1.0
"""Seconds; the API is on the loopback interface of the same machine."""
_READ_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Invocation:
    """One INVOKE event; ``deadline_ms`` is the epoch time at which Lambda ends the function."""

    request_id: str
    deadline_ms: int


class LambdaExtension:
    """A registered internal extension."""

    def __init__(self, address: str, identifier: str) -> None:
        self._address = address
        self._identifier = identifier

    def wait_for_invocation(self) -> Invocation:
        """Say that all work is done, and wait for the next invocation, frozen or not.

        Raises:
            OSError, ValueError, KeyError: if the API is gone.
        """
        headers = {"Lambda-Extension-Identifier": self._identifier}
        _, body = _request(self._address, "GET", "/event/next", headers)
        event = json.loads(body)
        return Invocation(request_id=event["requestId"], deadline_ms=int(event["deadlineMs"]))


def register_extension(address: str) -> LambdaExtension | None:
    """Register for INVOKE at the runtime API's address; None where it is refused.

    It must happen while the function initialises. Internal extensions cannot have SHUTDOWN.
    """
    headers = {"Lambda-Extension-Name": _NAME, "Content-Type": "application/json"}
    wanted = {"events": ["INVOKE"]}
    try:
        answered, _ = _request(
            address, "POST", "/register", headers, wanted, timeout=_REGISTER_TIMEOUT
        )
    except (OSError, ValueError):
        return None
    identifier = answered.get(_IDENTIFIER)
    return LambdaExtension(address, identifier) if identifier else None


def _request(
    address: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: Any = None,
    *,
    timeout: float | None = None,
) -> tuple[dict[str, str], bytes]:
    """Ask over a connection of its own; give the answer's headers, in small letters, and body.

    HTTP/1.0 has no answers in chunks: one ends where it says, else with the connection (RFC 1945).

    Raises:
        OSError, ValueError: if nobody answers, or not in HTTP.
    """
    host, _, port = address.rpartition(":")
    content = b"" if body is None else json.dumps(body).encode()
    lines = {"Host": address, **headers, "Content-Length": str(len(content))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection((host, int(port)), timeout=timeout) as connection:
        connection.sendall(f"{method} {_VERSION}{path} HTTP/1.0\r\n{head}\r\n".encode() + content)
        answer = b""
        while not _is_whole(answer) and (part := connection.recv(_READ_BYTES)):
            answer += part
    return _read_answer(answer)


def _is_whole(answer: bytes) -> bool:
    """Whether it is as long as it says; some keep the connection open behind it."""
    if b"\r\n\r\n" not in answer:
        return False
    headers, body = _read_answer(answer)
    return len(body) >= int(headers.get("content-length", sys.maxsize))


def _read_answer(answer: bytes) -> tuple[dict[str, str], bytes]:
    head, end, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    if not end or not status.startswith("HTTP/1."):
        raise ValueError("That was no answer in HTTP.")
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, body
