"""Three tenants live through the API in any order; a simple model says who may see what."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from functions.common.api_keys import make_api_key
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.database.callers import administer, ingest
from tests.database.spans import NOON, call, step, trace_id
from tests.functions.conftest import run_api
from tests.functions.credentials import bearer, log_in, make_user

NO_PORT = 9
"""Discard: nothing here calls a model."""
WINDOW = {"start": NOON.isoformat(), "end": NOON.replace(hour=13).isoformat()}
PERSONS = ("ann", "bob")
TRACES = st.integers(1, 3)
WHICH = st.integers(0, 2)
_lives = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Stack:
    """What the lives of the tenants happen on."""

    client: httpx.Client
    database: Database
    keys: StackKeys
    gateway: str


@pytest.fixture(scope="module")
def stack(
    settings: Settings, database: Database, keys: StackKeys, gateway: str, leashes: Leashes
) -> Iterator[Stack]:
    """An API in deployed mode."""
    with (
        run_api(settings, keys, gateway, NO_PORT, leashes, LLM_OBSERVE_DEV="false") as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Stack(client, database, keys, gateway)


@dataclass(slots=True, eq=False)
class Key:
    """A key as its holder knows it."""

    key_id: str
    text: str
    tenant: str
    scope: str
    works: bool = True


@dataclass(slots=True, eq=False)
class User:
    """Somebody who has logged in, and in which tenants as what."""

    token: str
    roles: dict[str, str]


@dataclass(slots=True)
class Model:
    """Who may see what, and nothing else: each tenant's traces, by the persons of their spans."""

    traces: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def forget_user(self, tenant: str, person: str) -> None:
        """Take a person's spans, and in the same traces those that name nobody."""
        for trace, persons in list(self.traces[tenant].items()):
            if person in persons:
                left = [one for one in persons if one not in {person, ""}]
                self.traces[tenant][trace] = left
                if not left:
                    del self.traces[tenant][trace]


class Tenants(RuleBasedStateMachine):
    """Every answer that lets a caller in holds exactly its tenant's traces."""

    stack: Stack
    keys = Bundle("keys")
    users = Bundle("users")

    @initialize()
    def settle(self) -> None:
        life = next(_lives)
        self.tenants = [f"{name}-{life}" for name in ("amaranth", "basalt", "chalcedony")]
        self.model = Model({tenant: {} for tenant in self.tenants})
        self.admins = {tenant: self._register(tenant, "admin") for tenant in self.tenants}
        self.handed_out: list[Key] = []
        self.forgotten: set[str] = set()
        self.spans = itertools.count(10)

    def _register(self, tenant: str, scope: str) -> Key:
        key = make_api_key("live")
        described: dict[str, Any] = {
            "key_id": key.key_id,
            "digest": key.digest(self.stack.keys.key_pepper),
        }
        described |= {"name": scope, "environment": "live", "scopes": [scope]}
        administer(self.stack.database, tenant, "create_api_key", **described)
        return Key(key.key_id, key.text, tenant, scope)

    def _hand_out(self, made: dict[str, Any], tenant: str, scope: str) -> Key:
        key = Key(made["key_id"], made["key"], tenant, scope)
        self.handed_out.append(key)
        return key

    def _ask(
        self, method: str, path: str, token: str, tenant: str | None = None, **more: Any
    ) -> httpx.Response:
        return self.stack.client.request(method, path, headers=bearer(token, tenant), **more)

    def _administer(self, tenant: str, method: str, path: str, **more: Any) -> httpx.Response:
        return self._ask(method, path, self.admins[tenant].text, **more)

    @rule(target=keys, which=WHICH, scope=st.sampled_from(["read", "read", "ingest", "admin"]))
    def create_key(self, which: int, scope: str) -> Key:
        tenant = self.tenants[which]
        made = self._administer(
            tenant, "POST", "/keys", json={"name": "made", "scopes": [scope]}
        ).json()
        return self._hand_out(made, tenant, scope)

    @rule(target=keys, key=keys, overlap=st.sampled_from([0, 24]))
    def rotate_key(self, key: Key, overlap: int) -> Key:
        answer = self._administer(
            key.tenant,
            "POST",
            f"/keys/{key.key_id}/rotate",
            json={"overlap_hours": overlap},
        )
        if answer.status_code != 201:
            # Rotated, revoked or deleted already.
            assert answer.status_code in {404, 409}
            return key
        made = answer.json()
        key.works = key.works and overlap > 0
        return self._hand_out(made, key.tenant, key.scope)

    @rule(key=keys)
    def revoke_key(self, key: Key) -> None:
        answer = self._administer(key.tenant, "DELETE", f"/keys/{key.key_id}")
        assert answer.status_code in {200, 404}
        key.works = False

    @rule(key=keys, which=WHICH)
    def revoke_a_key_of_another(self, key: Key, which: int) -> None:
        tenant = self.tenants[which]
        if tenant != key.tenant:
            answer = self._administer(tenant, "DELETE", f"/keys/{key.key_id}")
            assert answer.status_code == 404

    @rule(
        target=users,
        roles=st.dictionaries(WHICH, st.sampled_from(["owner", "admin", "member", "viewer"])),
    )
    def add_user(self, roles: dict[int, str]) -> User:
        by_tenant = {self.tenants[which]: role for which, role in roles.items()}
        user = make_user(self.stack.database.owner_url, by_tenant)
        return User(log_in(self.stack.keys, self.stack.gateway, user), by_tenant)

    @rule(which=WHICH, number=TRACES, person=st.sampled_from([*PERSONS, ""]))
    def ingest(self, which: int, number: int, person: str) -> None:
        tenant, trace = self.tenants[which], trace_id(number)
        span = call(next(self.spans), trace=number, user_id=person or None, model=tenant)
        root = [] if trace in self.model.traces[tenant] else [step(1, trace=number, name=tenant)]
        ingest(self.stack.database, tenant, [*root, span])
        if root:
            self.model.traces[tenant][trace] = [""]
        self.model.traces[tenant][trace].append(person)

    @rule(which=WHICH, number=TRACES)
    def forget_trace(self, which: int, number: int) -> None:
        tenant, trace = self.tenants[which], trace_id(number)
        answer = self._administer(tenant, "DELETE", f"/traces/{trace}")
        known = self.model.traces[tenant].pop(trace, None)
        assert answer.status_code == (404 if known is None else 200)

    @rule(which=WHICH, person=st.sampled_from(PERSONS))
    def forget_user(self, which: int, person: str) -> None:
        tenant = self.tenants[which]
        assert self._administer(tenant, "DELETE", f"/users/{person}/data").status_code == 200
        self.model.forget_user(tenant, person)

    @rule(which=WHICH)
    def forget_tenant(self, which: int) -> None:
        tenant = self.tenants[which]
        answer = self._administer(tenant, "DELETE", f"/tenants/{tenant}")
        assert answer.status_code == 200
        self.model.traces[tenant].clear()
        for key in self.handed_out:
            key.works = key.works and key.tenant != tenant
        self.forgotten.add(tenant)
        # Somebody begins anew under the same name.
        self.admins[tenant] = self._register(tenant, "admin")

    @rule(which=WHICH, other=WHICH)
    def forget_another_tenant(self, which: int, other: int) -> None:
        if which != other:
            path = f"/tenants/{self.tenants[other]}"
            assert self._administer(self.tenants[which], "DELETE", path).status_code == 404

    @rule(key=keys, which=st.none() | WHICH)
    def read_by_key(self, key: Key, which: int | None) -> None:
        selected = None if which is None else self.tenants[which]
        allowed = selected in {None, key.tenant} and key.scope in {"read", "admin"}
        self._read(key.text, selected, key.tenant if key.works and allowed else None)

    @rule(user=users, which=st.none() | WHICH)
    def read_by_login(self, user: User, which: int | None) -> None:
        selected = None if which is None else self.tenants[which]
        tenant = selected if selected in user.roles else None
        if selected is None and len(user.roles) == 1:
            (tenant,) = user.roles
        # The API may believe a membership for a minute longer; the next minute is not waited for.
        if tenant not in self.forgotten:
            self._read(user.token, selected, tenant)

    def _read(self, token: str, selected: str | None, tenant: str | None) -> None:
        """Ask in every way; ``tenant``: whose rows are due, None: nobody's."""
        listed = self._ask("GET", "/traces", token, selected)
        metrics = self._ask("GET", "/metrics", token, selected, params=WINDOW)
        if tenant is None:
            assert {listed.status_code, metrics.status_code} <= {400, 401, 403}
            return
        due = self.model.traces[tenant]
        assert {row["tenant_id"] for row in listed.json()["items"]} <= {tenant}
        assert {row["trace_id"]: row["requests"] for row in listed.json()["items"]} == {
            # The step that begins a trace is no call, and names nobody.
            trace: len(persons) - ("" in persons[:1])
            for trace, persons in due.items()
        }
        models = metrics.json()["by_model"]
        assert {row["model"] for row in models} <= {tenant}
        for number in (1, 2, 3):
            trace = trace_id(number)
            found = self._ask("GET", f"/traces/{trace}", token, selected)
            assert found.status_code == (200 if trace in due else 404)
            if trace in due:
                assert len(found.json()["spans"]) == len(due[trace])


def test_nobody_sees_anothers(stack: Stack) -> None:
    """Whatever happens in whatever order, each caller sees its tenants' traces, whole and alone."""
    machine = type("Lives", (Tenants,), {"stack": stack})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
