"""Everybody, with everything there is in the exposed schema, over real HTTP with real tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from psycopg.sql import SQL, Identifier

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.callers import Connection, administer, connect_as_owner
from tests.database.catalogue import Relation, read_functions, read_relations
from tests.database.reviewed import EXECUTE_GRANTS, may_execute
from tests.isolation.attacks import Attack, reads_of, writes_of
from tests.isolation.bearers import BEARERS, OPERATOR, Bearer
from tests.isolation.calls import CALLS
from tests.isolation.outcomes import expect, expect_call, read_outcome, tells_of_others
from tests.isolation.tally import Tally
from tests.isolation.worlds import (
    ALPHA,
    BETA,
    SHARED_KEY,
    TENANTS,
    Tenant,
    other_than,
    settle,
    take_fingerprint,
)

NOBODY = Tenant("nobody", 9)
UNMARKED = (
    "_id",
    "_at",
    "_time",
    "kind",
    "status",
    "digest",
    "role",
    "scopes",
    "price_source",
    "action",
    "actor",
    "replaced_by",
    "digest_salt",
)
"""Ends of the names of columns that hold ids, times, secrets or one of a few fixed words."""
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def relations(database: Database) -> list[Relation]:
    """Every table, view and partition there is, with two tenants' rows in them."""
    for tenant in TENANTS:
        settle(database, tenant)
    administer(database, BETA.name, "revoke_api_key", key_id=SHARED_KEY)
    with connect_as_owner(database) as owner:
        return read_relations(owner)


@pytest.fixture(scope="module")
def owner(database: Database) -> Iterator[Connection]:
    """The owner, who sees what is really there."""
    with connect_as_owner(database) as connection:
        yield connection


@pytest.fixture(scope="module")
def truth(relations: list[Relation], owner: Connection) -> dict[Tenant, Rows]:
    """Each tenant's rows, as the owner sees them."""
    found: dict[Tenant, Rows] = {}
    for tenant in TENANTS:
        found[tenant] = {}
        for one in relations:
            if one.has_tenant and not one.is_partition:
                query = SQL("select to_jsonb(r) from public.{} r where tenant_id = %s")
                rows = owner.execute(query.format(Identifier(one.name)), (tenant.name,))
                found[tenant][one.name] = [row["to_jsonb"] for row in rows]
    return found


@dataclass(frozen=True, slots=True)
class Visit:
    """A caller's connections to the Data API."""

    bearer: Bearer
    client: httpx.Client

    @property
    def own(self) -> Tenant:
        """The caller's tenant, or one that nobody has heard of."""
        return self.bearer.tenant or NOBODY

    @property
    def victim(self) -> Tenant:
        """Whose rows it reaches for."""
        return other_than(self.bearer.tenant)

    def send_all(self, attacks: list[tuple[Relation, Attack]]) -> list[httpx.Response]:
        """Send requests, a few at a time, and give the answers in their order."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(lambda one: self._send(*one), attacks))

    def _send(self, relation: Relation, attack: Attack) -> httpx.Response:
        return self.client.request(
            attack.method,
            relation.name,
            params=dict(attack.params),
            headers=dict(attack.headers),
            json=attack.body,
        )


@pytest.fixture
def visit(
    request: pytest.FixtureRequest, gateway: str, keys: StackKeys, token: Callable[..., str]
) -> Iterator[Visit]:
    """The caller that the test is parametrized with, on kept-alive connections."""
    bearer: Bearer = request.param
    headers = bearer.identify(keys, token)
    base = f"{gateway}/rest/v1/"
    # Reading the system's certificates takes longer than most requests, and there is no TLS here.
    with httpx.Client(base_url=base, headers=headers, timeout=30, verify=False) as client:
        yield Visit(bearer, client)


@dataclass(frozen=True, slots=True)
class Guard:
    """Watches the rows of all tenants but the caller's."""

    owner: Connection
    before: dict[Tenant, dict[str, str]]

    def find_changes(self) -> list[tuple[str, str]]:
        """Give the tenants and tables whose rows are not what they were."""
        return [
            (tenant.name, table)
            for tenant, tables in self.before.items()
            for table, digest in take_fingerprint(self.owner, tenant).items()
            if digest != tables[table]
        ]


@pytest.fixture
def guard(visit: Visit, relations: list[Relation], owner: Connection) -> Guard:
    """Remembers the rows as they are before the caller comes."""
    others = [tenant for tenant in TENANTS if tenant != visit.bearer.tenant]
    return Guard(owner, {tenant: take_fingerprint(owner, tenant) for tenant in others})


everybody = pytest.mark.parametrize("visit", BEARERS, ids=lambda one: one.name, indirect=True)
Plan = Callable[[Relation, str, Tenant], Iterator[Attack]]


def plan(visit: Visit, relations: list[Relation], ways: Plan) -> list[tuple[Relation, Attack]]:
    """Give the requests worth sending.

    Whoever is refused, who writes with odd claims, and who asks for a partition, comes once with
    each method: what else is in the request is not looked at. Partitions are hidden from everybody
    alike, so those ask for them whose claims are in order, and those who are refused at the door.
    """
    chosen = []
    for relation in relations:
        attacks = list(ways(relation, visit.own.name, visit.victim))
        alike = visit.bearer.is_refused or (visit.bearer.claims and ways is writes_of)
        if alike or relation.is_partition:
            attacks = list({attack.method: attack for attack in reversed(attacks)}.values())
        if relation.is_partition:
            attacks = [attack for attack in attacks if attack.method in {"GET", "DELETE"}]
            if visit.bearer.claims and visit.bearer.at_the_door is None:
                attacks = []
        chosen += [(relation, attack) for attack in attacks]
    return chosen


def show(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def is_exact(answer: httpx.Response, attack: Attack, due: list[dict[str, Any]]) -> bool:
    """Say whether a read that was let in found these rows and no others."""
    if attack.counted and int(answer.headers["Content-Range"].rpartition("/")[2]) != len(due):
        return False
    if attack.method == "HEAD":
        return True
    rows = answer.json()
    names = list(rows[0]) if rows else []
    return show(rows) == show([{name: row[name] for name in names} for row in due])


@everybody
def test_reads(
    visit: Visit, relations: list[Relation], truth: dict[Tenant, Rows], tally: Tally
) -> None:
    """Every read comes to exactly what was reviewed: the caller's own rows, none, or a refusal."""
    wrong = []
    planned = plan(visit, relations, reads_of)
    for (relation, attack), answer in zip(planned, visit.send_all(planned), strict=True):
        own = truth.get(visit.own, {}).get(relation.name, []) if attack.rows == "own" else []
        outcome = read_outcome(answer)
        is_open = answer.is_success and relation.has_tenant
        leaked = tells_of_others(visit.bearer, answer) or (
            is_open and not is_exact(answer, attack, own)
        )
        tally.reads += 1
        tally.rows_read += leaked
        if leaked or outcome != expect(visit.bearer, relation, attack):
            wrong.append((attack.name, relation.name, outcome))
    assert wrong == []


@everybody
def test_writes(visit: Visit, relations: list[Relation], guard: Guard, tally: Tally) -> None:
    """Every write is refused as reviewed, and the other tenants' rows are what they were."""
    planned = plan(visit, relations, writes_of)
    answers = visit.send_all(planned)
    wrong = [
        (attack.name, relation.name, outcome)
        for (relation, attack), answer in zip(planned, answers, strict=True)
        if (outcome := read_outcome(answer)) != expect(visit.bearer, relation, attack)
    ]
    changed = guard.find_changes()
    tally.writes += len(planned)
    tally.rows_written += len(changed)
    assert changed == []
    assert wrong == []


@everybody
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_calls(visit: Visit, guard: Guard, tally: Tally, method: str) -> None:
    """Every function does to the caller's own tenant what was reviewed, and to no other's."""
    wrong = []
    for name, call in CALLS.items():
        body = call.make_body(visit.victim, visit.own)
        params = body if method == "GET" and not call.writes else {}
        content = body if method == "POST" else None
        answer = visit.client.request(method, f"rpc/{name}", params=params, json=content)
        leaked = tells_of_others(visit.bearer, answer)
        tally.reads += 1
        tally.rows_read += leaked
        outcome = read_outcome(answer)
        if leaked or outcome != expect_call(visit.bearer, name, method):
            wrong.append((name, outcome))
    changed = guard.find_changes()
    tally.writes += len(CALLS)
    tally.rows_written += len(changed)
    assert changed == []
    assert wrong == []


def test_every_function_is_called_here(owner: Connection) -> None:
    """A new function of the exposed schema has to say how one would reach for another's with it."""
    exposed = {one.name.removeprefix("public.") for one in read_functions(owner) if one.is_exposed}
    assert set(CALLS) == exposed


def test_whoever_passes_over_policies_sees_everybody(
    relations: list[Relation], gateway: str, keys: StackKeys, token: Callable[..., str]
) -> None:
    """The positive control: the same requests find every tenant's rows where no policy holds."""
    headers = OPERATOR.identify(keys, token)
    with httpx.Client(base_url=f"{gateway}/rest/v1/", headers=headers) as client:
        for relation in relations:
            if relation.has_tenant and not relation.is_partition:
                rows = client.get(relation.name, params={"select": "tenant_id"}).json()
                names = {row["tenant_id"] for row in rows}
                assert names >= {tenant.name for tenant in TENANTS}, relation.name


def test_each_sees_its_own_mark(relations: list[Relation], truth: dict[Tenant, Rows]) -> None:
    """Every relation has rows of both tenants, so that there is something to leak."""
    for relation in relations:
        if relation.has_tenant and not relation.is_partition:
            assert all(truth[tenant][relation.name] for tenant in TENANTS), relation.name


def test_texts_are_marked(relations: list[Relation], truth: dict[Tenant, Rows]) -> None:
    """Every column that can hold a tenant's word holds it, but for ids and fixed words."""
    unmarked = {
        f"{relation.name}.{column}"
        for relation in relations
        if relation.name in truth[ALPHA] and not relation.is_view
        for column, value in truth[ALPHA][relation.name][0].items()
        if isinstance(value, str | list | dict)
        and not any(ALPHA.name in str(row[column]) for row in truth[ALPHA][relation.name])
    }
    assert {name for name in unmarked if not name.endswith(UNMARKED)} == set()


def test_the_same_calls_work_on_ones_own(
    database: Database, owner: Connection, gateway: str, keys: StackKeys, token: Callable[..., str]
) -> None:
    """The positive control: what is refused or without effect on others' things changes ours."""
    tenant = Tenant("chalcedony", 3)
    settle(database, tenant)
    for name, call in CALLS.items():
        before = take_fingerprint(owner, tenant)
        role = next(role for role in EXECUTE_GRANTS if may_execute(role, name))
        bearer = Bearer("own", role, None if role == "llm_gate" else tenant, {})
        headers = bearer.identify(keys, token)
        body = call.make_body(tenant, tenant)
        answer = httpx.post(f"{gateway}/rest/v1/rpc/{name}", headers=headers, json=body)
        assert answer.status_code == 200, (name, answer.text)
        assert (take_fingerprint(owner, tenant) != before) == call.writes, name
