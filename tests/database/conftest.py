"""Fixtures of the database's tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

_numbers = itertools.count(1)


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test knows."""
    return f"tenant-{next(_numbers)}"


@pytest.fixture(scope="session")
def another_tenant() -> Callable[[], str]:
    """Names a tenant that nobody knows, each time it is called."""
    return lambda: f"tenant-{next(_numbers)}"
