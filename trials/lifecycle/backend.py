"""Starts what all cells share: a real Postgres behind the real Data API, and a fake OpenAI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from infra.local.children import Child, Leashes
from infra.local.keys import load_keys
from infra.local.ports import free_port
from infra.local.services import data_api_child, offline_openai_child
from infra.local.settings import Settings, read_settings
from infra.local.throwaway import TEMPLATE, run_throwaway_server
from trials.lifecycle.applications import Backend
from trials.lifecycle.artifact import make_artifact


@contextmanager
def run_backend(folder: Path) -> Iterator[Backend]:
    """Keep it for the block; BuildError if the artifact cannot be made."""
    settings, artifact = read_settings(), make_artifact()
    keys, port = load_keys(folder / "keys"), free_port()
    with ExitStack() as stack:
        server = stack.enter_context(run_throwaway_server(settings, folder / "postgres"))
        server.create_template()
        database = server.create_database("lifecycle", template=TEMPLATE)
        leashes = Leashes(folder / "children")
        stack.callback(leashes.close)
        openai = _describe_openai(settings, free_port())
        for child in data_api_child(settings, keys, database.authenticator_url, port), openai:
            running = leashes.start(child)
            stack.callback(running.stop)
            running.wait_until_ready()
        yield Backend(
            artifact,
            keys,
            data_api=f"http://127.0.0.1:{port}",
            openai=openai.health.removesuffix("/models"),
            owner_url=database.owner_url,
            folder=folder,
            postgres=_read_version(database.owner_url),
        )


def _describe_openai(settings: Settings, port: int) -> Child:
    """The offline server in a hurry; on a leash, so that it ends even if this run is killed."""
    child = offline_openai_child(settings, port)
    return replace(child, argv=(*child.argv, "--pace", "0"))


def _read_version(owner_url: str) -> str:
    with psycopg.connect(owner_url) as connection:
        return connection.info.parameter_status("server_version") or "of unknown version"
