"""Development mode is for this machine: a page that a developer opens reads nothing through it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from functions.common.auth.access import ACCESS
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from tests.functions.conftest import run_api
from tests.functions.credentials import bearer, make_key
from tests.functions.test_access import ROUTES, ask, read_message

TENANT = {"x-tenant-id": "tenant-123"}
OWN = ["localhost", "127.0.0.1", "[::1]", "host.docker.internal", "LOCALHOST"]
OTHERS = [
    "rebind.evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "localhost@evil.example",
    "localhost:80@evil.example",
    "localhost:",
    "localhost,evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.2",
    "[::1].evil.example",
    "abc.execute-api.eu-central-1.amazonaws.com.evil.example",
    "0.0.0.0",
    "null",
]


@pytest.fixture(scope="module")
def client(api: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api, timeout=60) as made:
        yield made


@pytest.mark.parametrize("route", [route for route in ROUTES if not ACCESS[route].public])
def test_no_route_answers_another_host(client: httpx.Client, route: str) -> None:
    """403 and the variable to set, for every route that asks who calls."""
    for headers in ({"host": "rebind.evil.example"}, {"origin": "http://rebind.evil.example"}):
        answer = ask(client, route, TENANT | headers)

        assert answer.status_code == 403, answer.text
        assert "LLM_OBSERVE_DEV_HOSTS" in read_message(answer)
        assert "evil" not in answer.text


@pytest.mark.parametrize("host", OTHERS)
def test_a_host_that_resembles_this_machine_is_refused(client: httpx.Client, host: str) -> None:
    """Neither as the Host nor in an Origin; an Origin of null is a page without a name."""
    assert client.get("/spans", headers=TENANT | {"host": host}).status_code == 403
    for origin in (host, f"http://{host}", f"https://{host}:3000"):
        assert client.get("/spans", headers=TENANT | {"origin": origin}).status_code == 403


@pytest.mark.parametrize("host", OWN)
def test_this_machine_is_answered(client: httpx.Client, host: str) -> None:
    """By each of its names, on any port, with and without an Origin: curl and a dashboard."""
    for name in (host, f"{host}:8000"):
        assert client.get("/spans", headers=TENANT | {"host": name}).status_code == 200
        origin = {"host": name, "origin": f"http://{host}:3000"}
        assert client.get("/spans", headers=TENANT | origin).status_code == 200


def test_an_events_host_is_answered(client: httpx.Client) -> None:
    """The events for `sam local invoke` name an API of AWS; a page from there is not let in."""
    aws = "abcdef1234.execute-api.eu-central-1.amazonaws.com"

    assert client.get("/spans", headers=TENANT | {"host": aws}).status_code == 200
    assert client.get("/spans", headers=TENANT | {"origin": f"https://{aws}"}).status_code == 403


def test_other_names_are_a_setting(
    settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes
) -> None:
    """The variable adds names; what it does not name stays out."""
    names = {"LLM_OBSERVE_DEV_HOSTS": " api, Dev.Box ,"}
    with run_api(settings, keys, data_api, free_port(), leashes, **names) as url:
        for host, status in {"api": 200, "dev.box:8000": 200, "box": 403, "localhost": 200}.items():
            answer = httpx.get(f"{url}/spans", headers=TENANT | {"host": host}, timeout=30)
            assert answer.status_code == status, host


def test_a_credential_may_come_from_anywhere(client: httpx.Client, api: str) -> None:
    """Whoever sends one is no page that was led here: browsers add none by themselves."""
    key = make_key(api, "tenant-123", "read")["key"]
    headers = bearer(key) | {"host": "observe.example.com", "origin": "https://example.com"}

    assert client.get("/spans", headers=headers).status_code == 200
