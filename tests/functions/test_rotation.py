"""Secrets are changed while the API runs: what was issued before works until it is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys, make_signing_key, public_jwk
from infra.local.ports import free_port
from infra.local.services import data_api_child
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.functions.conftest import run_api
from tests.functions.credentials import bearer, make_key
from tests.functions.house import House
from tests.tokens import mint_token

TENANT = "rotating"


@dataclass(frozen=True)
class Project:
    """A database, whose Data API and functions can be run under whatever secrets."""

    settings: Settings
    database: Database
    leashes: Leashes
    folder: Path

    def trust(self, keys: StackKeys, *trusted: dict[str, Any]) -> StackKeys:
        """The keys with the last of these signing, and all of them trusted by the Data API."""
        path = self.folder / f"{len(trusted)}.json"
        path.write_text(json.dumps({"keys": [public_jwk(each) for each in trusted]}))
        return replace(keys, jwks_path=path, signing_key=trusted[-1])

    @contextmanager
    def run_data_api(self, keys: StackKeys) -> Iterator[str]:
        """The base URL of the Data API."""
        port = free_port()
        child = data_api_child(self.settings, keys, self.database.authenticator_url, port)
        running = self.leashes.start(replace(child, name=f"data_api_{port}"))
        try:
            running.wait_until_ready()
            yield f"http://127.0.0.1:{port}"
        finally:
            running.stop()

    @contextmanager
    def run_api(self, keys: StackKeys, data_api: str) -> Iterator[str]:
        """The base URL of an API with these secrets."""
        # Something that changes names the process by its port: several run at a time.
        pepper = keys.key_pepper
        with run_api(
            self.settings,
            keys,
            data_api,
            free_port(),
            self.leashes,
            LLM_OBSERVE_KEY_PEPPER=pepper,
        ) as url:
            yield url


@pytest.fixture
def project(settings: Settings, database: Database, leashes: Leashes, tmp_path: Path) -> Project:
    return Project(settings, database, leashes, tmp_path)


def read_spans(api: str, key: str) -> int:
    """The status of a read by an API key."""
    return httpx.get(f"{api}/spans", headers=bearer(key), timeout=30).status_code


def rotate(api: str, made: dict[str, Any]) -> str:
    """Make a key's successor by itself."""
    path, sent = f"{api}/keys/{made['key_id']}/rotate", bearer(made["key"])
    answer = httpx.post(path, headers=sent, json={"overlap_hours": 1}, timeout=30)
    return str(answer.json()["key"])


def invite(api: str, house: House) -> str:
    """The token of an invitation that an owner makes."""
    _, owner = house.settle("owner")
    answer = httpx.post(f"{api}/invitations", headers=owner, json={"role": "viewer"}, timeout=30)
    return str(answer.json()["token"])


def accept(api: str, house: House, token: str) -> int:
    """The status that somebody gets who comes with a token."""
    _, person = house.pass_by()
    path, body = f"{api}/invitations/accept", {"token": token}
    return httpx.post(path, headers=person, json=body, timeout=30).status_code


def ask_data_api(url: str, keys: StackKeys) -> int:
    """The status of a read of the Data API with a token of these keys."""
    token = mint_token(keys.signing_key, TENANT, "authenticated", key_id="dev")
    headers = {"authorization": f"Bearer {token}", "apikey": keys.publishable_key}
    return httpx.get(f"{url}/rest/v1/spans?limit=1", headers=headers, timeout=30).status_code


def test_keys_and_tokens_outlive_a_rotation(project: Project, keys: StackKeys) -> None:
    """Old and new environments serve the same keys; in the end only the new secrets are good."""
    present, following = keys.signing_key, make_signing_key()
    overlap = project.trust(keys, present, following)
    overlap = replace(overlap, key_pepper=f"next-pepper {keys.key_pepper}")
    with project.run_data_api(overlap) as trusting_both:
        with (
            project.run_api(keys, trusting_both) as before,
            project.run_api(overlap, trusting_both) as during,
        ):
            made = make_key(before, TENANT, "read", "admin")
            assert [read_spans(api, made["key"]) for api in (before, during)] == [200, 200]
            successor = rotate(during, made)
            assert read_spans(during, successor) == 200
            house = House(project.database, keys, trusting_both, TENANT)
            assert accept(during, house, invite(before, house)) == 200
        assert [ask_data_api(trusting_both, each) for each in (keys, overlap)] == [200, 200]
    last = replace(project.trust(keys, following), key_pepper="next-pepper")
    with project.run_data_api(last) as trusting_one:
        with project.run_api(last, trusting_one) as after:
            assert [read_spans(after, key) for key in (successor, made["key"])] == [200, 401]
        assert [ask_data_api(trusting_one, each) for each in (keys, last)] == [401, 200]
