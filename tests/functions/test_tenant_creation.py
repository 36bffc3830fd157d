"""Tenants that people make by themselves, where the deployment lets them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from functions.common.environment import load_tenant_creation
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.settings import Settings
from llm_observe.errors import ConfigurationError
from tests.functions.conftest import run_api
from tests.functions.house import House

DOMAINS = "@example.test,@example.org"
Deploy = Callable[[str], httpx.Client]


@pytest.fixture(scope="module")
def deploy(
    settings: Settings, keys: StackKeys, data_api: str, openai_port: int, leashes: Leashes
) -> Iterator[Deploy]:
    """Gives the API as deployed with a value of TenantCreation; one is made for each."""
    made: dict[str, httpx.Client] = {}
    with ExitStack() as stack:

        def start(creation: str) -> httpx.Client:
            if creation not in made:
                changes = {"LLM_OBSERVE_DEV": "false", "LLM_OBSERVE_TENANT_CREATION": creation}
                api = run_api(settings, keys, data_api, openai_port, leashes, **changes)
                client = httpx.Client(base_url=stack.enter_context(api), timeout=60)
                made[creation] = stack.enter_context(client)
            return made[creation]

        yield start


@pytest.mark.parametrize(
    ("creation", "email", "status"),
    [
        ("nobody", "ann@example.test", 403),
        ("anyone", "ann@example.test", 201),
        ("anyone", None, 201),
        (DOMAINS, "Ann@Example.Test", 201),
        (DOMAINS, "ann@example.org", 201),
        (DOMAINS, "ann@sub.example.test", 403),
        (DOMAINS, "ann@notexample.test", 403),
        (DOMAINS, "ann@example.test.evil.test", 403),
        (DOMAINS, "@example.test", 403),
        (DOMAINS, "ann@x@example.test", 403),
        (DOMAINS, None, 403),
    ],
)
def test_the_setting_decides(
    deploy: Deploy, house: House, creation: str, email: str | None, status: int
) -> None:
    """Nobody, anyone, or addresses of a domain to the letter; GET /me says the same before."""
    client = deploy(creation)
    _, person = house.pass_by(email=email)
    told = client.get("/me", headers=person).json()
    answer = client.post("/tenants", headers=person, json={"tenant_id": house.name})

    assert answer.status_code == status, answer.text
    assert told["may_create_tenants"] == (status == 201)
    tenants = [one["tenant_id"] for one in client.get("/me", headers=person).json()["tenants"]]
    assert tenants == ([house.name] if status == 201 else [])


def test_whoever_makes_a_tenant_is_its_owner_at_once(deploy: Deploy, house: House) -> None:
    """The next request lists its members and invites another."""
    client = deploy("anyone")
    user, person = house.pass_by()
    selecting = person | {"x-tenant-id": house.name}
    before = client.get("/members", headers=selecting)
    made = client.post("/tenants", headers=person, json={"tenant_id": house.name})
    (member,) = client.get("/members", headers=selecting).json()["members"]
    invited = client.post("/invitations", headers=selecting, json={"role": "owner"})

    assert before.status_code == 403
    assert made.json() == {"tenant_id": house.name, "role": "owner"}
    assert (member["user_id"], member["role"], member["created_by"]) == (
        user,
        "owner",
        f"user:{user}",
    )
    assert invited.status_code == 201


def test_a_taken_name_tells_nothing(deploy: Deploy, house: House) -> None:
    """A stranger's, one's own and a deleted one's are refused alike, and nothing changes hands."""
    client = deploy("anyone")
    _, person = house.pass_by()
    _, another = house.pass_by()
    wish = {"tenant_id": house.name}
    client.post("/tenants", headers=person, json=wish)
    taken = [client.post("/tenants", headers=who, json=wish) for who in (person, another)]
    selecting = person | {"x-tenant-id": house.name}
    assert client.delete(f"/tenants/{house.name}", headers=selecting).status_code == 200
    taken += [client.post("/tenants", headers=who, json=wish) for who in (person, another)]
    errors = {(answer.status_code, answer.json()["error"]["message"]) for answer in taken}

    assert errors == {(409, "This name is taken. Choose another one.")}
    assert client.get("/me", headers=another).json()["tenants"] == []


def test_one_of_many_gets_the_name(deploy: Deploy, house: House) -> None:
    """Eight ask at once: one 201, seven 409, and one owner."""
    client = deploy("anyone")
    people = [house.pass_by()[1] for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda who: client.post("/tenants", headers=who, json={"tenant_id": house.name}),
                people,
            )
        )
    owners = [who for who in people if client.get("/me", headers=who).json()["tenants"]]

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
    assert len(owners) == 1


@pytest.mark.parametrize("name", ["", "Mine", "-mine", "my tenant", "a" * 64, "mine\n", "müller"])
def test_a_malformed_name_is_400(deploy: Deploy, house: House, name: str) -> None:
    """It is no tenant's, before anybody is asked."""
    _, person = house.pass_by()
    answer = deploy("anyone").post("/tenants", headers=person, json={"tenant_id": name})

    assert answer.status_code == 400
    assert "tenant_id" in answer.json()["error"]["message"]


def test_an_anonymous_login_makes_none(deploy: Deploy, house: House) -> None:
    """Not even where anyone may."""
    client = deploy("anyone")
    _, anonymous = house.pass_by(is_anonymous=True)

    assert client.get("/me", headers=anonymous).json()["may_create_tenants"] is False
    body = {"tenant_id": f"anonymous-{uuid.uuid4().hex[:8]}"}
    assert client.post("/tenants", headers=anonymous, json=body).status_code == 403


def test_user_metadata_proves_no_address(deploy: Deploy, house: House) -> None:
    """Users write it themselves."""
    claims = {"email": "x@evil.test", "user_metadata": {"email": "x@example.test"}}
    _, person = house.pass_by(**claims)
    me = deploy(DOMAINS).get("/me", headers=person).json()

    assert (me["email"], me["may_create_tenants"]) == ("x@evil.test", False)


@pytest.mark.parametrize(
    "setting", ["everyone", "example.test", "@", "@a.test;@b.test", "nobody,@a"]
)
def test_a_malformed_setting_is_named(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """In one line, and nobody is let in by it."""
    monkeypatch.setenv("LLM_OBSERVE_TENANT_CREATION", setting)
    with pytest.raises(ConfigurationError, match="LLM_OBSERVE_TENANT_CREATION"):
        load_tenant_creation()
