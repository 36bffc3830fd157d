"""Fakes that say so: a dashboard's two first answers, and an edge with a clock of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import time
from typing import Self

import httpx


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> Iterator[str]:
    """Serve on a free port, and give the address."""
    server = ThreadingHTTPServer((host, 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class FakeDashboard:
    """Answers as the dashboard does to somebody who has not logged in; not the dashboard.

    ui/src/proxy.ts leads to the log-in; tests/docs runs the doctor beside the real one.
    """

    has_login: bool = True
    login_status: int = 200
    address: str = ""

    @contextmanager
    def run(self, host: str = "127.0.0.1") -> Iterator[Self]:
        """Serve it."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_login = self.path == "/login"
                leads = fake.has_login and not is_login
                self.send_response(303 if leads else fake.login_status if is_login else 200)
                if leads:
                    self.send_header("location", f"{fake.address}/login?next=%2Foverview")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        with serve(Handler, host) as self.address:
            yield self


@contextmanager
def run_edge(url: str, *, ahead: float | None = 0, refuses: str = "/nothing") -> Iterator[str]:
    """Put an edge in front of a project, which refuses a path.

    Its clock is ahead by seconds; None: it does not tell the time.
    """

    class Edge(BaseHTTPRequestHandler):
        def date_time_string(self, _timestamp: float | None = None) -> str:
            return "" if ahead is None else formatdate(time() + ahead, usegmt=True)

        def do_GET(self) -> None:
            self._pass(None)

        def do_POST(self) -> None:
            self._pass(self.rfile.read(int(self.headers["content-length"])))

        def _pass(self, body: bytes | None) -> None:
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            path = "/refused" if self.path.startswith(refuses) else self.path
            answer = httpx.request(self.command, url + path, headers=headers, content=body)
            self.send_response(answer.status_code)
            self.send_header("content-type", answer.headers.get("content-type", ""))
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_arguments: object) -> None:
            pass

    with serve(Edge) as address:
        yield address


@contextmanager
def serve_json(
    answers: Mapping[str, object], host: str = "127.0.0.1", otherwise: int = 404
) -> Iterator[str]:
    """Answer paths with JSON, others with an error: a fake of whatever the test says."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers.get(self.path, {})).encode()
            self.send_response(200 if self.path in answers else otherwise)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with serve(Answers, host) as address:
        yield address
