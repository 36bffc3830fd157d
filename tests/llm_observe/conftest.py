"""A traced process: the library on real parts, with an offline model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI

import llm_observe
from infra.local.keys import StackKeys
from llm_observe.config import Settings
from tests.infra.offline_openai.running import Server

Start = Callable[..., None]


@pytest.fixture(scope="session")
def openai_server() -> Iterator[str]:
    """The base URL of an offline OpenAI server, in a hurry."""
    server = Server("--port", "0", "--pace", "0.02")
    yield server.base_url
    server.stop()


@pytest.fixture
def client(openai_server: str) -> Iterator[OpenAI]:
    """The official client, pointed at the offline server."""
    with OpenAI(base_url=openai_server, api_key="any", max_retries=0) as made:
        yield made


@pytest.fixture
def async_client(openai_server: str) -> AsyncOpenAI:
    """The official asynchronous client, pointed at the offline server."""
    return AsyncOpenAI(base_url=openai_server, api_key="any", max_retries=0)


@pytest.fixture
def start(data_api: str, keys: StackKeys) -> Iterator[Start]:
    """Starts tracing into the test's database, with any setting changed; stops it at the end."""
    usual = Settings(
        supabase_url=data_api,
        supabase_key=keys.publishable_key,
        signing_key=json.dumps(keys.signing_key),
        digest_key=keys.master_secret,
        stream_usage="always",
        export_timeout=10.0,
    )

    def init(**changes: Any) -> None:
        llm_observe.init(replace(usual, **changes))

    yield init
    llm_observe.shutdown()
