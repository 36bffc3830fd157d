"""What functions write about requests: a line of JSON each, with whom and where, never content."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.settings import REPOSITORY, Settings
from tests.functions.conftest import run_api
from tests.functions.credentials import bearer, make_key
from tests.functions.house import House
from tests.functions.ingest.spans import make_request, make_span

MARKER = "zebra4712"
GATEWAYS = re.compile(r"([A-Z]+ .* \d{3} \d+ ms|.*http://127.*|  .*|)")
"""Lines of the local gateway, which is no function."""
EVERY_LINE = {"level", "message", "logger", "timestamp", "service", "function_request_id", "route"}
Line = dict[str, Any]


@dataclass(frozen=True)
class Logged:
    """An API that asks for credentials, and its log."""

    url: str
    folder: Path

    def read(self) -> list[Line]:
        """What the functions wrote; each line is JSON."""
        (log,) = (self.folder / "logs").glob("changed_api_*.log")
        lines = [line for line in log.read_text().splitlines() if not GATEWAYS.fullmatch(line)]
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def logged(
    settings: Settings,
    keys: StackKeys,
    data_api: str,
    openai_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Logged]:
    folder = tmp_path_factory.mktemp("logged")
    leashes = Leashes(folder)
    with run_api(settings, keys, data_api, openai_port, leashes, LLM_OBSERVE_DEV="false") as url:
        yield Logged(url, folder)
    leashes.close()


def answered(lines: list[Line], route: str) -> list[Line]:
    """The lines of answered requests on a route."""
    return [
        line for line in lines if (line["message"], line["route"]) == ("request answered", route)
    ]


def test_a_request_is_one_line_with_its_caller(logged: Logged, api: str) -> None:
    """Route, status, time, tenant and the key's public id; the id is the one in the API's log."""
    key = make_key(api, "tenant-log", "read")
    answer = httpx.get(f"{logged.url}/spans", headers=bearer(key["key"]), timeout=30)
    (line,) = answered(logged.read(), "GET /spans")

    assert line.keys() >= EVERY_LINE
    assert answer.status_code == line["status"] == 200
    assert (line["tenant"], line["caller"]) == ("tenant-log", "api_key")
    assert line["key_id"] == key["key_id"]
    assert 0 < line["milliseconds"] < 30_000
    assert line["api_request_id"]
    assert key["key"] not in json.dumps(line)


def test_a_refused_request_names_no_tenant(logged: Logged) -> None:
    """A caller who proves nothing is in the log with the error, and without what they claim."""
    claimed = {"authorization": f"Bearer lo_live_{MARKER}", "x-tenant-id": "claimed"}
    answer = httpx.get(f"{logged.url}/traces", headers=claimed, timeout=30)
    (line,) = answered(logged.read(), "GET /traces")

    assert (line["status"], line["error_code"]) == (401, "unauthenticated")
    assert line["function_request_id"] == answer.json()["error"]["request_id"]
    assert not {"tenant", "key_id", "caller"} & line.keys()


def test_a_line_has_nothing_of_the_request_before(logged: Logged, house: House) -> None:
    """The same environment answers a member, then nobody; the second line has no tenant."""
    _, headers = house.settle("viewer")
    httpx.get(f"{logged.url}/me", headers=headers, timeout=30)
    httpx.get(f"{logged.url}/me", timeout=30)
    first, second = answered(logged.read(), "GET /me")

    assert first["caller"] == "user"
    assert first["key_id"].startswith("user:")
    assert not {"tenant", "key_id", "caller"} & second.keys()


def test_hostile_requests_leave_nothing_of_themselves(
    logged: Logged, api: str, house: House
) -> None:
    """Prompts, ids of users, secrets and forged lines are in none of the functions' lines."""
    key = make_key(api, "tenant-log", "ingest", "read", "admin")["key"]
    forged = f'{MARKER}\n{{"message":"request answered","tenant":"{MARKER}"}}'
    user, headers = house.settle("owner")
    spans = make_request(
        make_span(MARKER, attributes={"user.id": MARKER, "gen_ai.prompt": forged}),
        make_span(traceId=MARKER),
    )
    requests: list[tuple[str, str, dict[str, str], Any]] = [
        ("GET", f"/traces/{MARKER}", bearer(key), None),
        ("GET", f"/spans?model={MARKER}&cursor={MARKER}&limit={MARKER}", bearer(key), None),
        ("DELETE", f"/users/{MARKER}%0A/data", bearer(key), None),
        ("POST", "/users/forget", bearer(key), {"user_id": forged}),
        ("POST", "/users/forget", bearer(key), {MARKER: forged}),
        ("POST", "/keys", bearer(key), {"name": forged, "scopes": [MARKER]}),
        ("POST", "/keys", bearer(key), {"name": MARKER, "scopes": ["read"]}),
        ("POST", "/invitations", headers, {"email": f"{MARKER}@example.com", "role": "viewer"}),
        ("PUT", "/mappings", bearer(key), {"rules": forged}),
        ("POST", "/v1/traces", bearer(key), spans),
        ("POST", "/v1/traces", bearer(key), {MARKER: forged}),
        ("POST", "/v1/logs", bearer(key), {"resourceLogs": forged}),
        ("POST", f"/{MARKER}/v1/traces", bearer(key), spans),
        ("GET", "/spans", bearer(f"lo_live_{MARKER}"), None),
        ("GET", "/spans", bearer(key, f"{MARKER}'--"), None),
        ("GET", "/spans", {"authorization": f"Basic {b64encode(MARKER.encode()).decode()}"}, None),
        ("GET", "/spans", bearer(key) | {"user-agent": MARKER, "cookie": MARKER}, None),
    ]
    before = len(logged.read())
    for method, path, sent, body in requests:
        httpx.request(method, f"{logged.url}{path}", headers=sent, json=body, timeout=30)
    lines = logged.read()[before:]
    text = json.dumps(lines)

    assert len([line for line in lines if line["message"] == "request answered"]) == len(requests)
    assert all(line.keys() >= EVERY_LINE for line in lines)
    assert {line["logger"] for line in lines} <= {"llm-observe", "llm_observe.api", "llm_observe"}
    assert MARKER not in text
    assert key.rsplit("_", 1)[1] not in text
    assert "example.com" not in text
    assert f"user:{user}" in text


_MISTAKES = """
import json, logging, sys, warnings
from types import SimpleNamespace
from functions.common.app import create_app, create_handler
app = create_app("mistakes")
handler = create_handler(app)
@app.get("/health")
async def fail():
    warnings.warn(MARKER)
    logging.getLogger("other").warning("a value: %s", MARKER)
    logging.getLogger("other.library").error(f"a prompt: {MARKER}")
    try:
        raise ValueError(MARKER)
    except ValueError:
        logging.getLogger("llm_observe").exception("caught")
    json.loads(MARKER)
handler(json.load(open(sys.argv[1])), SimpleNamespace(
    function_name="mistakes", memory_limit_in_mb=128, aws_request_id="request-1",
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:mistakes"))
"""


def test_mistakes_and_other_libraries_are_told_without_values() -> None:
    """Warnings, others' lines and exceptions are JSON with class and place, and quote nothing."""
    event = REPOSITORY / "tests" / "functions" / "events" / "health.json"
    done = subprocess.run(
        [sys.executable, "-c", f"MARKER = {MARKER!r}{_MISTAKES}", event],
        cwd=REPOSITORY,
        env={"LLM_OBSERVE_EXPORTERS": "console", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(line["logger"], line["message"]) for line in lines]

    assert MARKER not in done.stdout + done.stderr
    assert ("other", "a value: %s") in told
    assert ("llm_observe", "caught") in told
    assert {"py.warnings", "other.library"} <= {logger for logger, _ in told}
    assert all(line.keys() >= EVERY_LINE for line in lines)
    (mistake,) = (line for line in lines if line["message"].startswith("unexpected error"))
    assert (mistake["error_type"], mistake["function_request_id"]) == (
        "JSONDecodeError",
        "request-1",
    )
    assert lines[-1]["status"] == 500
