"""The control: a door that answers 200 before it has stored anything. It must be seen to lose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final
from urllib.request import Request, urlopen

_HEADERS: Final = ("content-type", "content-encoding", "x-tenant-id")
_SECONDS: Final = 10.0


class EagerDoor:
    """Takes requests for an endpoint, acknowledges them at once and hands them on once."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.queue = ThreadPoolExecutor(2)
        self._server = _Server(self)
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """What the control's client takes for the endpoint."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"

    def hand_on(self, headers: dict[str, str], body: bytes) -> None:
        """Send what was acknowledged; whether it arrives nobody will know."""
        request = Request(self.endpoint, body, headers)  # a loopback address
        with suppress(OSError, HTTPException), urlopen(request, timeout=_SECONDS):
            pass

    def close(self) -> None:
        """Hand on what waits, then end."""
        self._server.shutdown()
        self._server.server_close()
        self.queue.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, door: EagerDoor) -> None:
        self.door = door
        super().__init__(("127.0.0.1", 0), _Passage)


class _Passage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: self.headers[name] for name in _HEADERS if name in self.headers}
        self.server.door.queue.submit(self.server.door.hand_on, headers, body)
        self.send_response_only(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
