"""Fixtures of the attacks."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.settings import Settings
from tests.functions.conftest import run_api

NO_PORT = 9
"""Discard: no request here comes as far as a model."""


@pytest.fixture(scope="module")
def client(
    settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes
) -> Iterator[httpx.Client]:
    """A client of an API in deployed mode, which believes no bare header."""
    with (
        run_api(settings, keys, data_api, NO_PORT, leashes, LLM_OBSERVE_DEV="false") as url,
        httpx.Client(base_url=url, timeout=60) as made,
    ):
        yield made
