"""Fixtures of the database's tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import httpx
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import Connection, connect_as_owner, ingest
from tests.database.support.counted import Counted, Places, count_in_every_order, read_counted
from tests.database.support.spans import Span

_numbers = itertools.count(1)


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test knows: no test spells a name of this form itself."""
    return f"tenant-of-a-test-{next(_numbers)}"


@pytest.fixture(scope="session")
def another_tenant() -> Callable[[], str]:
    """Names a tenant that nobody knows, each time it is called."""
    return lambda: f"tenant-of-a-test-{next(_numbers)}"


@pytest.fixture(scope="module")
def owner(database: Database) -> Iterator[Connection]:
    """The owner of everything, each statement committed by itself."""
    with connect_as_owner(database) as connection:
        yield connection


@pytest.fixture(scope="module")
def http(data_api: str, keys: StackKeys) -> Iterator[httpx.Client]:
    """The Data API with the publishable key and no token."""
    headers = {"apikey": keys.publishable_key}
    with httpx.Client(base_url=f"{data_api}/rest/v1/", headers=headers) as client:
        yield client


@pytest.fixture
def counted(database: Database, tenant: str) -> Counted:
    """Delivers batches and gives trace and span number of those that count in the end."""

    def deliver(*batches: list[Span]) -> Places:
        for batch in batches:
            ingest(database, tenant, batch)
        return read_counted(database, tenant)

    return deliver


@pytest.fixture
def settled(database: Database, another_tenant: Callable[[], str]) -> Counted:
    """Delivers spans at once and one by one in every order, and gives those that always count."""
    return lambda *spans: count_in_every_order(database, another_tenant, list(spans))
