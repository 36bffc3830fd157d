"""The Data API with callers of it, on the migrated database of the module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database


@pytest.fixture
def api(data_api: str, keys: StackKeys, token: Callable[..., str]) -> Iterator[httpx.Client]:
    """HTTP to the Data API as ``authenticated`` of tenant-123."""
    headers = {"apikey": keys.publishable_key, "Authorization": f"Bearer {token()}"}
    with httpx.Client(base_url=f"{data_api}/rest/v1/", headers=headers, timeout=20) as client:
        yield client


@pytest.fixture
def run_sql(database: Database) -> Callable[[str], None]:
    """Runs SQL as the database's owner."""

    def run(statements: str) -> None:
        with psycopg.connect(database.owner_url, autocommit=True) as connection:
            connection.execute(statements.encode())

    return run
