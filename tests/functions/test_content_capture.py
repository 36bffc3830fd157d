"""A tenant's own switch for prompts and answers, by the API."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.functions.credentials import bearer
from tests.functions.house import House


@pytest.fixture
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


def test_the_switch_is_turned_and_read(client: httpx.Client, house: House) -> None:
    """It follows until it is off, and both switches are told; the audit tells of the change."""
    _, admin = house.settle("admin")
    before = client.get("/content-capture", headers=admin).json()
    turned = client.put("/content-capture", headers=admin, json={"content_capture": "off"})
    after = client.get("/content-capture", headers=admin).json()
    back = client.put("/content-capture", headers=admin, json={"content_capture": "follow"})

    assert before == {"content_capture": "follow", "deployment_captures": False}
    assert turned.status_code == 200, turned.text
    assert after == turned.json() == before | {"content_capture": "off"}
    assert back.json() == before
    events = client.get("/audit", headers=admin).json()["items"]
    assert [one["action"] for one in events].count("tenant.changed") == 2


def test_an_admin_key_turns_it_too(client: httpx.Client, house: House) -> None:
    """As every setting: by the scope admin, and by no smaller one."""
    _, owner = house.settle("owner")
    statuses = {}
    for scope in ("admin", "read"):
        made = client.post("/keys", headers=owner, json={"name": scope, "scopes": [scope]})
        headers = bearer(made.json()["key"])
        answer = client.put("/content-capture", headers=headers, json={"content_capture": "off"})
        statuses[scope] = answer.status_code

    assert statuses == {"admin": 200, "read": 403}


def test_on_is_the_operators(client: httpx.Client, house: House) -> None:
    """403 says why and what to run, to the owner, too; the switch stays."""
    _, owner = house.settle("owner")
    answer = client.put("/content-capture", headers=owner, json={"content_capture": "on"})

    assert answer.status_code == 403
    message = answer.json()["error"]["message"]
    assert "no process of the project has redacted" in message
    assert "make access" in message
    told = client.get("/content-capture", headers=owner).json()
    assert told["content_capture"] == "follow"


@pytest.mark.parametrize("body", [{}, {"content_capture": "yes"}, {"content_capture": None}])
def test_a_malformed_mode_is_400(
    client: httpx.Client, house: House, body: dict[str, object]
) -> None:
    """It names what is wrong."""
    _, owner = house.settle("owner")
    answer = client.put("/content-capture", headers=owner, json=body)

    assert answer.status_code == 400
    assert "content_capture" in answer.json()["error"]["message"]
