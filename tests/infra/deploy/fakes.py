"""Fakes of two servers: Vercel's REST API with one project, and a deployed API that is well."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import llm_observe
from infra.local.ports import LOOPBACK, free_port

TOKEN = "vercel-token-of-nobody"
PROJECT = "observe"


class _Fake(BaseHTTPRequestHandler):
    """Answers JSON, and writes no log."""

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""

    def answer(self, status: int, document: dict[str, Any]) -> None:
        """Answer one request."""
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class FakeApi(_Fake):
    """The API as a deployment has it, as far as the doctor asks; infra/local/aws runs the real."""

    def do_GET(self) -> None:
        """Be well at /health, and ask who calls everywhere else."""
        if self.path == "/health":
            database = {"status": "ok", "latency_ms": 1.0, "age_ms": 0.0}
            health = {"status": "ok", "version": llm_observe.__version__, "database": database}
            self.answer(200, health | {"llm": "openai"})
        else:
            self.answer(401, {"error": {"code": "unauthenticated"}})


class FakeManagement(_Fake):
    """Supabase's management API: the signing keys of one project, one of them standby at most.

    https://supabase.com/docs/reference/api/v1-create-project-signing-key
    """

    keys: ClassVar[list[dict[str, Any]]] = []
    path_of_keys: ClassVar = "/v1/projects/abcdefghijklmnopqrst/config/auth/signing-keys"

    def do_GET(self) -> None:
        """List the keys, without their private halves."""
        if self._lets_in():
            self.answer(200, {"keys": self.keys})

    def do_POST(self) -> None:
        """Take a new key, in standby as long as there is no other."""
        if not self._lets_in():
            return
        wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert wanted.keys() == {"algorithm", "status", "private_jwk"}
        private = wanted.pop("private_jwk")
        assert {"kid", "kty", "crv", "x", "y", "d"} <= private.keys()
        if any(each["status"] == "standby" for each in self.keys):
            self.answer(400, {"message": "There is a standby key already."})
            return
        public = {name: value for name, value in private.items() if name != "d"}
        self.keys.append(wanted | {"id": private["kid"], "public_jwk": public})
        self.answer(201, self.keys[-1])

    def _lets_in(self) -> bool:
        if self.path != self.path_of_keys:
            self.answer(404, {"message": "Project not found"})
        elif self.headers.get("authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"message": "Unauthorized"})
        else:
            return True
        return False


class FakeVercel(_Fake):
    """The variables of one project: 403 without the token, 404 for another project.

    https://vercel.com/docs/rest-api/projects/create-one-or-more-environment-variables
    """

    variables: ClassVar[dict[str, dict[str, Any]]] = {}

    def do_GET(self) -> None:
        """List the variables."""
        if self._lets_in():
            self.answer(200, {"envs": list(self.variables.values())})

    def do_POST(self) -> None:
        """Set variables: over those that are there only with upsert=true."""
        if not self._lets_in():
            return
        length = int(self.headers["content-length"])
        wanted = json.loads(self.rfile.read(length))
        upsert = parse_qs(urlsplit(self.path).query).get("upsert") == ["true"]
        if not upsert and any(each["key"] in self.variables for each in wanted):
            self.answer(400, {"error": {"code": "ENV_ALREADY_EXISTS"}})
            return
        assert all(each.keys() == {"key", "value", "type", "target"} for each in wanted)
        self.variables.update({each["key"]: each for each in wanted})
        self.answer(201, {"created": wanted, "failed": []})

    def _lets_in(self) -> bool:
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self.answer(403, {"error": {"code": "forbidden"}})
        elif urlsplit(self.path).path != f"/v10/projects/{PROJECT}/env":
            self.answer(404, {"error": {"code": "not_found"}})
        else:
            return True
        return False


def serve(fake: type[_Fake]) -> ThreadingHTTPServer:
    """Start a fake; who starts it shuts it down."""
    FakeVercel.variables, FakeManagement.keys = {}, []
    server = ThreadingHTTPServer((LOOPBACK, free_port()), fake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
