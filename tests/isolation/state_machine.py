"""Three tenants that live through the API in any order, and a simple model of who may see what."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from functions.common.auth.access import ROLES
from functions.common.auth.api_keys import make_api_key
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import administer, administer_without, ingest
from tests.database.support.spans import NOON, call, step, trace_id
from tests.functions.credentials import bearer, log_in, make_user

WINDOW = {"start": NOON.isoformat(), "end": NOON.replace(hour=13).isoformat()}
PERSON = st.sampled_from(["ann", "bob", ""])
"""Whom a span names; the empty one: nobody."""
TRACES = st.integers(1, 3)
WHICH = st.integers(0, 2)
MEMBERSHIPS = st.dictionaries(WHICH, st.sampled_from(ROLES))
_lives = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Stack:
    """What the lives of the tenants happen on."""

    client: httpx.Client
    database: Database
    keys: StackKeys
    data_api: str


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
    user_id: str
    roles: dict[str, str]
    changed: bool = False
    """The API may remember for a minute how many tenants there were to choose from."""


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

    def __init__(self) -> None:
        super().__init__()
        life = next(_lives)
        self.tenants = [f"{name}-{life}" for name in ("amaranth", "basalt", "chalcedony")]
        self.model = Model({tenant: {} for tenant in self.tenants})
        self.admins = {tenant: self._register(tenant, "admin") for tenant in self.tenants}
        self.owners = {tenant: self._own(tenant) for tenant in self.tenants}
        self.handed_out: list[Key] = []
        self.logged_in: list[User] = []
        self.spans = itertools.count(10)
        self.turns = itertools.count()
        for number in (1, 2):
            self.ingest_everywhere(number, ["ann", "bob", ""])

    # Hypothesis leaves rules out of a life at random: there is a key and a user in each.
    @initialize(target=keys, which=WHICH)
    def begin_with_a_key(self, which: int) -> Key:
        return self.create_key_of(self.tenants[which], "read")

    @initialize(target=users, roles=MEMBERSHIPS)
    def begin_with_a_user(self, roles: dict[int, str]) -> User:
        return self.make_user_of(roles)

    def _register(self, tenant: str, scope: str) -> Key:
        key = make_api_key("live")
        described: dict[str, Any] = {
            "key_id": key.key_id,
            "digest": key.digest(self.stack.keys.key_pepper),
        }
        described |= {"name": scope, "environment": "live", "scopes": [scope]}
        administer(self.stack.database, tenant, "create_api_key", **described)
        return Key(key.key_id, key.text, tenant, scope)

    def _own(self, tenant: str) -> str:
        user = make_user(self.stack.database.owner_url, {tenant: "owner"})
        return log_in(self.stack.keys, self.stack.data_api, user)

    def _ask(
        self, method: str, path: str, token: str, tenant: str | None = None, **more: Any
    ) -> httpx.Response:
        return self.stack.client.request(method, path, headers=bearer(token, tenant), **more)

    def _administer(self, tenant: str, method: str, path: str, **more: Any) -> httpx.Response:
        return self._ask(method, path, self.admins[tenant].text, **more)

    @rule(target=keys, which=WHICH, scope=st.sampled_from(["read", "ingest", "admin"]))
    def create_key(self, which: int, scope: str) -> Key:
        return self.create_key_of(self.tenants[which], scope)

    def create_key_of(self, tenant: str, scope: str) -> Key:
        """Have a tenant make a key and hand it out."""
        body = {"name": "made", "scopes": [scope]}
        made = self._administer(tenant, "POST", "/keys", json=body).json()
        key = Key(made["key_id"], made["key"], tenant, scope)
        self.handed_out.append(key)
        return key

    @rule(key=keys, how=st.sampled_from(["revoke", "rotate at once", "rotate slowly"]))
    def end_key(self, key: Key, how: str) -> None:
        path, method, body = f"/keys/{key.key_id}", "DELETE", None
        if how != "revoke":
            path, method = f"{path}/rotate", "POST"
            body = {"overlap_hours": 0 if how == "rotate at once" else 24}
        answer = self._administer(key.tenant, method, path, json=body)
        if not answer.is_success:
            # Rotated, revoked or deleted already.
            assert answer.status_code in {404, 409}
            return
        key.works = key.works and how == "rotate slowly"
        if how != "revoke":
            made = answer.json()
            self.handed_out.append(Key(made["key_id"], made["key"], key.tenant, key.scope))

    @rule(key=keys, which=WHICH)
    def revoke_a_key_of_another(self, key: Key, which: int) -> None:
        tenant = self.tenants[which]
        if tenant != key.tenant:
            answer = self._administer(tenant, "DELETE", f"/keys/{key.key_id}")
            assert answer.status_code == 404

    @rule(target=users, roles=MEMBERSHIPS)
    def add_user(self, roles: dict[int, str]) -> User:
        return self.make_user_of(roles)

    def make_user_of(self, roles: dict[int, str]) -> User:
        """Give somebody new these roles by tenant."""
        by_tenant = {self.tenants[which]: role for which, role in roles.items()}
        user = make_user(self.stack.database.owner_url, by_tenant)
        made = User(log_in(self.stack.keys, self.stack.data_api, user), user, by_tenant)
        self.logged_in.append(made)
        return made

    @rule(number=TRACES, persons=st.lists(PERSON, min_size=3, max_size=3))
    def ingest(self, number: int, persons: list[str]) -> None:
        self.ingest_everywhere(number, persons)

    def ingest_everywhere(self, number: int, persons: list[str]) -> None:
        """Every tenant gets a span of the same ids, of another person."""
        span, trace = next(self.spans), trace_id(number)
        for tenant, person in zip(self.tenants, persons, strict=True):
            known = self.model.traces[tenant].setdefault(trace, [])
            root = [] if known else [step(1, trace=number, name=tenant)]
            sent = call(span, trace=number, user_id=person or None, model=tenant)
            ingest(self.stack.database, tenant, [*root, sent])
            known += [*([""] if root else []), person]

    @rule(which=WHICH, number=TRACES)
    def forget_trace(self, which: int, number: int) -> None:
        tenant, trace = self.tenants[which], trace_id(number)
        answer = self._administer(tenant, "DELETE", f"/traces/{trace}")
        known = self.model.traces[tenant].pop(trace, None)
        assert answer.status_code == (404 if known is None else 200)

    @rule(which=WHICH, person=st.sampled_from(["ann", "bob"]))
    def forget_user(self, which: int, person: str) -> None:
        tenant = self.tenants[which]
        assert self._administer(tenant, "DELETE", f"/users/{person}/data").status_code == 200
        self.model.forget_user(tenant, person)

    @rule(which=WHICH)
    def forget_tenant(self, which: int) -> None:
        tenant = self.tenants[which]
        if not self.model.traces[tenant]:
            return  # so that lives are not mostly beginnings
        assert self._administer(tenant, "DELETE", f"/tenants/{tenant}").status_code == 403
        answer = self._ask("DELETE", f"/tenants/{tenant}", self.owners[tenant])
        assert answer.status_code == 200
        self.model.traces[tenant].clear()
        for key in self.handed_out:
            key.works = key.works and key.tenant != tenant
        for user in self.logged_in:
            user.changed = user.roles.pop(tenant, None) is not None or user.changed
        # The operator lets somebody begin anew under the same name.
        administer_without(self.stack.database, tenant, "restore_tenant")
        self.admins[tenant] = self._register(tenant, "admin")
        self.owners[tenant] = self._own(tenant)

    @rule(which=WHICH, other=WHICH)
    def forget_another_tenant(self, which: int, other: int) -> None:
        if which != other:
            path, token = f"/tenants/{self.tenants[other]}", self.owners[self.tenants[which]]
            assert self._ask("DELETE", path, token).status_code == 404

    @invariant()
    def each_sees_its_own(self) -> None:
        """After every step: a tenant's first key in every way, every other key in one."""
        tenant = self.tenants[next(self.turns) % 3]
        self._read(self.admins[tenant].text, None, tenant)
        for key in self.handed_out:
            due = key.tenant if key.works and key.scope in {"read", "admin"} else None
            self._list(key.text, None, due)

    @rule(key=keys, which=st.none() | WHICH)
    def read_by_key(self, key: Key, which: int | None) -> None:
        self._read_by_key(key, which)

    def _read_by_key(self, key: Key, which: int | None) -> None:
        selected = None if which is None else self.tenants[which]
        allowed = selected in {None, key.tenant} and key.scope in {"read", "admin"}
        self._read(key.text, selected, key.tenant if key.works and allowed else None)

    @rule(user=users, which=st.none() | WHICH)
    def read_by_login(self, user: User, which: int | None) -> None:
        selected = None if which is None else self.tenants[which]
        tenant = selected if selected in user.roles else None
        if selected is None and user.changed:
            return
        if selected is None and len(user.roles) == 1:
            (tenant,) = user.roles
        self._read(user.token, selected, tenant)

    @rule(user=users, which=WHICH, how=st.sampled_from(["remove", "demote"]))
    def let_go(self, user: User, which: int, how: str) -> None:
        """What a user may no longer is refused at once; an owner stays, so nobody is the last."""
        tenant = self.tenants[which]
        if tenant not in user.roles:
            return
        user.changed = True
        change: dict[str, Any] = {"user_id": user.user_id}
        if how == "remove":
            administer(self.stack.database, tenant, "remove_membership", **change)
            del user.roles[tenant]
        else:
            administer(self.stack.database, tenant, "set_membership", role="viewer", **change)
            user.roles[tenant] = "viewer"
        assert self._ask("GET", "/keys", user.token, tenant).status_code == 403

    def _list(self, token: str, selected: str | None, tenant: str | None) -> None:
        """Ask for the traces; ``tenant``: whose are due, None: nobody's."""
        listed = self._ask("GET", "/traces", token, selected)
        if tenant is None:
            assert listed.status_code in {400, 401, 403}
            return
        rows = listed.json()["items"]
        assert {row["tenant_id"] for row in rows} <= {tenant}
        assert {row["trace_id"]: row["span_count"] for row in rows} == {
            trace: len(persons) for trace, persons in self.model.traces[tenant].items()
        }

    def _read(self, token: str, selected: str | None, tenant: str | None) -> None:
        """Ask in every way; ``tenant``: whose rows are due, None: nobody's."""
        self._list(token, selected, tenant)
        metrics = self._ask("GET", "/metrics", token, selected, params=WINDOW)
        trace = trace_id(next(self.turns) % 3 + 1)
        found = self._ask("GET", f"/traces/{trace}", token, selected)
        if tenant is None:
            assert {metrics.status_code, found.status_code} <= {400, 401, 403}
            return
        due = self.model.traces[tenant]
        assert {row["model"] for row in metrics.json()["by_model"]} <= {tenant}
        assert found.status_code == (200 if trace in due else 404)
        if trace in due:
            spans = found.json()["spans"]
            assert sorted(span["user_id"] or "" for span in spans) == sorted(due[trace])
