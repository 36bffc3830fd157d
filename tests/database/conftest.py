"""Fixtures of the database's tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import httpx
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import Connection, connect_as_owner
from tests.database.support.counted import Counted, count_in_every_order

_numbers = itertools.count(1)


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test knows."""
    return f"tenant-{next(_numbers)}"


@pytest.fixture(scope="session")
def another_tenant() -> Callable[[], str]:
    """Names a tenant that nobody knows, each time it is called."""
    return lambda: f"tenant-{next(_numbers)}"


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
def settled(database: Database, another_tenant: Callable[[], str]) -> Counted:
    """Delivers spans at once and one by one in every order, and gives those that always count."""
    return lambda *spans: count_in_every_order(database, another_tenant, list(spans))
