"""A fake of Vercel's REST API: the environment variables of one project, in memory.

https://vercel.com/docs/rest-api/projects/create-one-or-more-environment-variables
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

TOKEN = "vercel-token-of-nobody"
PROJECT = "observe"


class FakeVercel(BaseHTTPRequestHandler):
    """Answers as Vercel does: 403 without the token, 404 for another project."""

    variables: ClassVar[dict[str, dict[str, Any]]] = {}

    def do_GET(self) -> None:
        """List the variables."""
        if self._lets_in():
            self._answer(200, {"envs": list(self.variables.values())})

    def do_POST(self) -> None:
        """Set variables: over those that are there only with upsert=true."""
        if not self._lets_in():
            return
        length = int(self.headers["content-length"])
        wanted = json.loads(self.rfile.read(length))
        upsert = parse_qs(urlsplit(self.path).query).get("upsert") == ["true"]
        if not upsert and any(each["key"] in self.variables for each in wanted):
            self._answer(400, {"error": {"code": "ENV_ALREADY_EXISTS"}})
            return
        assert all(each.keys() == {"key", "value", "type", "target"} for each in wanted)
        self.variables.update({each["key"]: each for each in wanted})
        self._answer(201, {"created": wanted, "failed": []})

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""

    def _lets_in(self) -> bool:
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._answer(403, {"error": {"code": "forbidden"}})
        elif urlsplit(self.path).path != f"/v10/projects/{PROJECT}/env":
            self._answer(404, {"error": {"code": "not_found"}})
        else:
            return True
        return False

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(port: int) -> ThreadingHTTPServer:
    """Give a server that runs as long as ``serve_forever`` does."""
    FakeVercel.variables = {}
    return ThreadingHTTPServer(("127.0.0.1", port), FakeVercel)
