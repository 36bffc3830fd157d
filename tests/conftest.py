"""Fixtures shared by every Python test: a real Postgres, the migrations, the Data API, tokens."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.local.children import Child, Leashes
from infra.local.keys import StackKeys, load_keys
from infra.local.migrations import apply_schemas
from infra.local.ports import free_port
from infra.local.services import data_api_child
from infra.local.settings import Settings, read_settings
from infra.local.throwaway import TEMPLATE, Database, ThrowawayServer, run_throwaway_server
from tests.database.support.idle import close_idle
from tests.isolation.counters import Counters
from tests.tokens import mint_token

_database_numbers = itertools.count(1)
_COUNTERS = pytest.StashKey[Counters]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[_COUNTERS] = Counters()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's counts to the process that prints them."""
    close_idle()
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["counters"] = asdict(session.config.stash[_COUNTERS])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the counts of a worker that has ended (pytest-xdist)."""
    node.config.stash[_COUNTERS].add(getattr(node, "workeroutput", {}).get("counters", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what the attacks, the mutants and the fuzz came to, without -s and -v."""
    for line in config.stash[_COUNTERS].lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def counters(pytestconfig: pytest.Config) -> Counters:
    """The counts of this process."""
    return pytestconfig.stash[_COUNTERS]


@pytest.fixture(scope="session", autouse=True)
def read_certificates_once() -> Iterator[None]:
    """Give every client of this process the system's certificates as they were read first.

    To read them takes 27 ms, longer than most requests, and next to no server here has TLS.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True)
def close_left_loop() -> None:
    """Close the event loop that Mangum gives to a process which imports a handler.

    The next ``asyncio.run`` would drop it unclosed, and any later test would fail for that.
    """
    policy = asyncio.get_event_loop_policy()
    try:
        policy.get_event_loop().close()
    except RuntimeError:
        return
    policy.set_event_loop(None)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The local stack's settings as the environment gives them."""
    return read_settings()


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory of this test run."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def postgres_server(settings: Settings, state_dir: Path) -> Iterator[ThrowawayServer]:
    """One Postgres for the run, with a project's roles and a database to copy.

    It has the present, so that an edit of supabase/schemas is tested at once;
    tests/infra/schema holds that the migrations end in the same.
    """
    with run_throwaway_server(settings, state_dir) as server:
        server.create_template(apply_schemas)
        yield server


@pytest.fixture(scope="module")
def database(postgres_server: ThrowawayServer) -> Iterator[Database]:
    """A migrated database that only this module sees."""
    name = f"test_{next(_database_numbers)}"
    yield postgres_server.create_database(name, template=TEMPLATE)
    close_idle()
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def keys(state_dir: Path) -> StackKeys:
    """The run's signing key, JWKS, publishable key and digest secret."""
    return load_keys(state_dir)


@pytest.fixture(scope="session")
def leashes(state_dir: Path) -> Iterator[Leashes]:
    """Starts processes that end with the test run, even if it is killed."""
    leashes = Leashes(state_dir / "children")
    yield leashes
    leashes.close()


def unmeasured(child: Child) -> Child:
    """Give a child that coverage leaves alone: for one that runs nothing of src and functions.

    To be watched costs the Data API 40 % more of the processor for each request.
    """
    kept = {name: one for name, one in child.environment.items() if "COVERAGE" not in name}
    return replace(child, environment=kept)


@pytest.fixture(scope="module")
def data_api(
    settings: Settings, database: Database, keys: StackKeys, leashes: Leashes
) -> Iterator[str]:
    """The base URL of the Data API that serves this module's database over real HTTP."""
    port = free_port()
    child = data_api_child(settings, keys, database.authenticator_url, port)
    running = leashes.start(unmeasured(child))
    try:
        running.wait_until_ready()
        yield f"http://127.0.0.1:{port}"
    finally:
        running.stop()


@pytest.fixture(scope="session")
def token(keys: StackKeys) -> Callable[..., str]:
    """Mints a token: ``token("tenant-123", "llm_ingest", exp=0)``; a claim of None is left out."""

    def mint(tenant: str | None = "tenant-123", role: str = "authenticated", **claims: Any) -> str:
        claims = {"key_id": "dev"} | claims
        return mint_token(keys.signing_key, tenant, role, **claims)

    return mint
