"""A caller of the Data API at work: what it sends, and what of others' it has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from tests.database.support.callers import Connection
from tests.database.support.catalogue import Relation
from tests.isolation.attacks import Attack, writes_of
from tests.isolation.data_api_credentials import Bearer
from tests.isolation.tenants import (
    Tenant,
    other_than,
    take_fingerprint,
)

NOBODY = Tenant("nobody", 9)


@dataclass(frozen=True, slots=True)
class CallerClient:
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


Plan = Callable[[Relation, str, Tenant], Iterator[Attack]]


def plan(
    caller: CallerClient, relations: list[Relation], ways: Plan
) -> list[tuple[Relation, Attack]]:
    """Give the requests worth sending.

    Whoever is refused, who writes with odd claims, and who asks for a partition, comes once with
    each method: what else is in the request is not looked at. Partitions are hidden from everybody
    alike, so those ask for them whose claims are in order, and those who are refused at the door.
    """
    chosen = []
    for relation in relations:
        attacks = list(ways(relation, caller.own.name, caller.victim))
        alike = caller.bearer.is_refused or (caller.bearer.claims and ways is writes_of)
        if alike or relation.is_partition:
            attacks = list({attack.method: attack for attack in reversed(attacks)}.values())
        if relation.is_partition:
            attacks = [attack for attack in attacks if attack.method in {"GET", "DELETE"}]
            if caller.bearer.claims and caller.bearer.at_the_door is None:
                attacks = []
        chosen += [(relation, attack) for attack in attacks]
    return chosen
