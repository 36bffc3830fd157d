"""Lambda's two HTTP APIs for what runs inside an environment, on the loopback interface.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final, Protocol

_RUNTIME: Final = "/2018-06-01/runtime"
_EXTENSION: Final = "/2020-01-01/extension"
_FUNCTION_ARN: Final = "arn:aws:lambda:eu-central-1:123456789012:function:lifecycle"


class Listener(Protocol):
    """Whom the APIs tell what they are asked."""

    def register(self) -> str:
        """Register an extension; give its identifier."""

    def wait_for_event(self, party: str = ...) -> dict[str, Any] | None:
        """Hold a party until there is an event for it."""

    def answer(self, request_id: str, body: bytes, *, failed: bool) -> None:
        """Take the function's answer."""


class Apis:
    """A server for the environments of one function, one after another."""

    def __init__(self, listener: Listener) -> None:
        self._server = _Server(listener)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        # Its poll is what a stop waits for.
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; with Nagle's algorithm the second waits 40 ms for an ACK.
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        # The other side is killed in the middle of a request, as a matter of course.
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Hold the one who asks for an event; what is frozen or dead never gets it."""
        if self.path == f"{_RUNTIME}/invocation/next":
            event = self.server.listener.wait_for_event()
            if event is not None:
                self._send_bytes(200, event["payload"], _describe_invocation(event))
        elif self.path == f"{_EXTENSION}/event/next":
            event = self.server.listener.wait_for_event(self.headers["Lambda-Extension-Identifier"])
            if event is not None:
                self._send(200, {name: event[name] for name in event if name != "payload"})
        else:
            self._send(404, {})
            return
        self.close_connection = event is None

    def do_POST(self) -> None:
        """Take a registration, an answer or an error."""
        body = self._read_body()
        if self.path == f"{_EXTENSION}/register":
            identifier = self.server.listener.register()
            self._send(200, {}, {"Lambda-Extension-Identifier": identifier})
        elif self.path.startswith(f"{_RUNTIME}/invocation/"):
            request_id, kind = self.path.rsplit("/", 2)[-2:]
            self.server.listener.answer(request_id, body, failed=kind == "error")
            self._send(202, {"status": "OK"})
        else:
            self._send(202, {"status": "OK"})

    def _read_body(self) -> bytes:
        """Read a body; the runtime client sends answers in chunks."""
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(body).encode(), headers)

    def _send_bytes(
        self, status: int, text: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        # Without a type, awslambdaric's native client ends by a segmentation fault.
        always = {"content-type": "application/json", "content-length": str(len(text))}
        for name, value in {**always, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _describe_invocation(event: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Lambda-Runtime-Aws-Request-Id": event["requestId"],
        "Lambda-Runtime-Deadline-Ms": str(event["deadlineMs"]),
        "Lambda-Runtime-Invoked-Function-Arn": _FUNCTION_ARN,
    }
