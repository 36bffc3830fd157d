"""The ingest routes by other paths, other credentials and from browsers' pages."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import httpx
import pytest

from functions.common.environment import load_cors_origins
from functions.ingest.any_path.handler import find_route
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from infra.local.throwaway import Database
from llm_observe import ConfigurationError
from tests.functions.conftest import run_api
from tests.functions.credentials import make_key
from tests.functions.ingest.conftest import read_rows
from tests.functions.ingest.spans import JSON_TYPE, make_request, make_span, to_json
from tests.functions.ingest.test_other_signals import LOGS, METRICS

PATHS = [
    "/{}/",
    "//{}",
    "//{}//",
    "/api/public/otel/{}",
    "/api/public/otel//{}/",
    "//api//public/otel/{}",
]
ORIGIN = "https://app.example.com"
HOSTILE = [
    "https://app.example.com.evil.net",
    "https://evil-app.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://APP.example.com",
    "https://app.example.com/",
    "https://other.example.com",
    "null",
    "*",
    "",
]


@pytest.fixture(scope="module")
def open_api(settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes) -> Iterator[str]:
    """The base URL of a deployed API that lists two origins."""
    listed = {"LLM_OBSERVE_CORS_ORIGINS": f"{ORIGIN}, http://localhost:5173"}
    changes = listed | {"LLM_OBSERVE_DEV": "false"}
    with run_api(settings, keys, data_api, free_port(), leashes, **changes) as url:
        yield url


@pytest.fixture(scope="module")
def key(api: str) -> str:
    """An API key that may send as the tenant `doors`."""
    made: str = make_key(api, "doors", "ingest")["key"]
    return made


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def ask_first(url: str, origin: str, **headers: str) -> httpx.Response:
    """Ask as a browser does before it sends."""
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    return httpx.options(url, headers=asked | headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_a_path_that_means_a_route_is_served(
    api: str, database: Database, path: str, signal: str
) -> None:
    """Doubled and trailing slashes and Langfuse's prefix change nothing of any signal."""
    tenant = f"{signal}-{PATHS.index(path)}"
    body = {"traces": make_request(make_span()), "logs": LOGS, "metrics": METRICS}[signal]
    url = f"{api}{path.format(f'v1/{signal}')}"
    headers = {"x-tenant-id": tenant, "content-type": JSON_TYPE}
    answer = httpx.post(url, content=to_json(body), headers=headers)

    assert answer.status_code == 200, answer.text
    assert bool(read_rows(database, "spans", tenant)) == (signal == "traces")
    assert ("partialSuccess" in answer.json()) == (signal != "traces")


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/tracesx", "/api/public/ingestion", "/traces", "/v1/traces/v1/traces", "//"]
)
def test_any_other_path_is_none(api: str, path: str) -> None:
    """404: what is no spelling of a route is served by none, and routes that read are not."""
    assert httpx.post(f"{api}{path}", json={}, headers={"x-tenant-id": "doors"}).status_code == 404


def test_a_route_of_another_name_is_no_spelling() -> None:
    """Only slashes and the one prefix are taken away."""
    assert find_route("/api/public/otel/v1/traces") == "/v1/traces"
    assert find_route("/api/public/otel/api/public/otel/v1/traces") != "/v1/traces"
    assert find_route("/spans//") == "/spans"


@pytest.mark.parametrize("path", ["/v1/traces", "/api/public/otel/v1/traces"])
@pytest.mark.parametrize("user", ["pk-lf-anything", "", "user with blanks"])
def test_a_key_is_taken_as_the_password_of_basic(
    deployed: str, key: str, path: str, user: str
) -> None:
    """As Langfuse's SDKs send it; the user, their public key, is nobody's."""
    body = to_json(make_request(make_span()))
    headers = basic(user, key) | {"content-type": JSON_TYPE}

    assert httpx.post(f"{deployed}{path}", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "credential",
    ["", "lo_nokey", "Basic", "a:b:c", "sk-lf-1234", "eyJhbGciOiJFUzI1NiJ9.e30.sig", "\ud7ff" * 9],
)
def test_another_password_is_none(deployed: str, credential: str) -> None:
    """401 in OTLP's shape, whatever it is; a user's token is no password."""
    for headers in (basic("x", credential), {"authorization": "Basic !!!"}):
        answer = httpx.post(f"{deployed}/v1/traces", json={}, headers=headers)

        assert answer.status_code == 401
        assert answer.json()["code"] == 16


@pytest.mark.parametrize("path", ["/spans", "/metrics", "/me", "/keys"])
def test_basic_opens_no_other_route(api: str, deployed: str, path: str) -> None:
    """A browser keeps such a password and sends it by itself, so it is for senders alone."""
    key = make_key(api, "doors", "admin")["key"]

    assert httpx.get(f"{deployed}{path}", headers=basic("x", key)).status_code == 401
    assert (
        httpx.get(f"{deployed}{path}", headers={"authorization": f"Bearer {key}"}).status_code
        == 200
    )


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics", "//v1/traces/"])
def test_a_page_of_a_listed_origin_may_send(open_api: str, key: str, path: str) -> None:
    """The preflight allows what exporters send, and the answer may be read, an error's, too."""
    url = f"{open_api}{path}"
    asked = ask_first(url, ORIGIN)

    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["access-control-allow-methods"] == "POST"
    allowed = asked.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "content-type", "content-encoding", "x-tenant-id"} == set(allowed)
    for token, status in ((key, 200), ("lo_wrong", 401)):
        headers = {"origin": ORIGIN, "authorization": f"Bearer {token}"}
        sent = httpx.post(url, headers=headers | {"content-type": JSON_TYPE})
        assert sent.status_code == status
        assert sent.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in sent.headers["vary"]
        assert "access-control-allow-credentials" not in sent.headers


@pytest.mark.parametrize("origin", HOSTILE)
def test_a_page_of_another_origin_may_not(open_api: str, key: str, origin: str) -> None:
    """However it resembles a listed one: no header allows it, for it or for anybody."""
    asked = ask_first(f"{open_api}/v1/traces", origin)
    headers = {"origin": origin, "authorization": f"Bearer {key}", "content-type": JSON_TYPE}
    sent = httpx.post(f"{open_api}/v1/traces", headers=headers)

    assert asked.status_code == 403
    for answer in (asked, sent):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/spans", "/keys", "/metrics", "/health"])
def test_no_route_that_reads_is_opened_to_pages(open_api: str, path: str) -> None:
    """The list is for senders: neither a preflight nor an answer allows anything else."""
    asked = ask_first(f"{open_api}{path}", ORIGIN)
    read = httpx.get(f"{open_api}{path}", headers={"origin": ORIGIN})

    assert "access-control-allow-origin" not in read.headers
    assert asked.status_code in {204, 404, 405}
    assert "GET" not in asked.headers.get("access-control-allow-methods", "")


def test_no_origin_is_listed_by_default(deployed: str) -> None:
    """A preflight of anybody's is refused, and no header allows a page to read an answer."""
    asked = ask_first(f"{deployed}/v1/traces", ORIGIN)
    sent = httpx.post(f"{deployed}/v1/traces", headers={"origin": ORIGIN})

    assert asked.status_code in {404, 405}
    for answer in (asked, sent):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "listed",
    ["*", "https://*", "null", "app.example.com", "https://a.b/", "https://a.b/c", "https://A.b"],
)
def test_what_is_no_origin_is_said_at_start(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    """A list that would allow everybody, or nobody, is a mistake."""
    monkeypatch.setenv("LLM_OBSERVE_CORS_ORIGINS", f"{ORIGIN},{listed}")
    with pytest.raises(ConfigurationError, match="LLM_OBSERVE_CORS_ORIGINS"):
        load_cors_origins()
