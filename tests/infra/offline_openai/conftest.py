from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.infra.offline_openai.running import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server("--port", "0", "--pace", "0.1")
    yield running
    running.stop()


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as made:
        yield made
