"""Stands between a function and a server, and makes the network as bad as it is told to."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Lock, Thread
from urllib.parse import urlsplit

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST."""


class Fault(Enum):
    """What is wrong with the way to the database."""

    NONE = "none"
    DOWN = "down"
    """Connections are refused, and open ones were reset."""
    UNAVAILABLE = "503"
    """Every request is answered 503 and never reaches the server."""
    LIMITED = "429"
    """Every request is answered 429 and never reaches the server."""
    RESET = "reset"
    """Every connection is reset once its request has been read, which never reaches the server."""
    BLACKHOLE = "blackhole"
    """Every request is held without an answer, and passed on late when the way is mended."""
    CUT = "cut after commit"
    """Every request is done, and its connection reset in place of the answer."""


_REFUSALS = {
    Fault.UNAVAILABLE: (503, b"upstream connect error"),
    Fault.LIMITED: (429, b"too many requests"),
}


class FaultProxy:
    """An HTTP proxy for one server; ``latency`` is in seconds, added to each request."""

    def __init__(self, server: str, latency: float = 0.0) -> None:
        self.origin = urlsplit(server)
        self.latency = latency
        self.fault = Fault.NONE
        self._mended = Condition()
        self._closing = False
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        self._idle = Condition()
        self._requests = 0
        self._server: _Server | None = None
        self._claim = _claim_port()
        self._port = int(self._claim.getsockname()[1])
        self._listen()

    @property
    def url(self) -> str:
        """What the function takes for the server."""
        return f"http://127.0.0.1:{self._port}{self.origin.path}"

    def set_fault(self, fault: Fault) -> None:
        """Break the way, or mend it."""
        with self._mended:
            self.fault = fault
            self._mended.notify_all()
        if fault is Fault.DOWN:
            self._stop_listening()
            self.drop_connections()
        elif self._server is None:
            self._listen()

    def drop_connections(self) -> None:
        """Reset what is open, as a server does with a connection that has been idle for long."""
        with self._lock:
            dropped, self._connections = self._connections, set()
        for connection in dropped:
            cut(connection)

    def keep(self, connection: socket.socket) -> None:
        """Remember an open connection."""
        with self._lock:
            self._connections.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._connections.discard(connection)

    @contextmanager
    def count_request(self) -> Iterator[None]:
        """Know of a request while it is on its way."""
        with self._idle:
            self._requests += 1
        try:
            yield
        finally:
            with self._idle:
                self._requests -= 1
                self._idle.notify_all()

    def hold(self) -> bool:
        """Keep a request while the way is a black hole; give whether it may go on."""
        with self._mended:
            self._mended.wait_for(lambda: self._closing or self.fault is not Fault.BLACKHOLE)
            return self.fault is not Fault.BLACKHOLE

    def close(self) -> None:
        """Let what is on its way arrive, whose sender may be gone by then; then hang up."""
        with self._mended:
            self._closing = True
            self._mended.notify_all()
        with self._idle:
            self._idle.wait_for(lambda: not self._requests, 30)
        self._stop_listening()
        self.drop_connections()
        self._claim.close()

    def _listen(self) -> None:
        self._server = _Server(self, self._port)
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()


def _claim_port() -> socket.socket:
    """Take a port for good: who connects is refused while we do not listen, and nobody else can.

    Given back in between, it went to another program of a busy machine once.
    """
    claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    claim.bind(("127.0.0.1", 0))
    return claim


def cut(connection: socket.socket) -> None:
    """Reset a connection."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        # Sends nothing, but wakes up the thread that reads from it, which then closes it.
        connection.shutdown(socket.SHUT_RD)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = True  # with the proxy's own claim on it

    def __init__(self, proxy: FaultProxy, port: int) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", port), _Passage)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Only close: the shutdown before it would say a polite goodbye instead of a reset."""
        self.close_request(request)


class _Passage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.proxy.keep(self.connection)

    def finish(self) -> None:
        self.server.proxy.forget(self.connection)
        with suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        with self.server.proxy.count_request():
            self._pass()

    def do_POST(self) -> None:
        with self.server.proxy.count_request():
            self._pass()

    def _pass(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        time.sleep(proxy.latency)
        if not proxy.hold() or proxy.fault in {Fault.DOWN, Fault.RESET}:
            self._cut()
        elif (refusal := _REFUSALS.get(proxy.fault)) is not None:
            self._answer(refusal[0], [("content-type", "text/plain")], refusal[1])
        else:
            status, headers, text = self._forward(body)
            if proxy.fault is Fault.CUT:
                self._cut()
            else:
                self._answer(status, headers, text)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        origin = self.server.proxy.origin
        connection = HTTPConnection(origin.hostname or "", origin.port, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        cut(self.connection)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
