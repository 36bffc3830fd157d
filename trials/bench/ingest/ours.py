"""Our own ingestion, in two set-ups: the whole local stack, and the function's app by itself."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Final

from infra.local.children import Child
from infra.local.keys import StackKeys
from infra.local.ports import LOOPBACK, free_port
from infra.local.services import api_child, data_api_child, function_environment, local_url
from infra.local.settings import REPOSITORY, Settings
from infra.local.throwaway import Database
from trials.bench.ingest.systems import System

STACK: Final = "llm-observe, local stack"
APP: Final = "llm-observe, app alone"
_APP: Final = "trials.bench.ingest.app:serve"
_NO_PORT: Final = 1
"""Where the functions would find a model; nothing here calls one."""


def describe_stack(settings: Settings, keys: StackKeys, database: Database) -> System:
    """Set up what `make demo` runs: API Gateway's emulator, functions, the Data API."""
    settings = replace(settings, api_port=free_port(), data_api_port=free_port())
    data_api = data_api_child(settings, keys, database.authenticator_url, settings.data_api_port)
    api = api_child(settings, keys, _NO_PORT)
    return _describe(STACK, (data_api, api), settings.api_port, database)


def describe_app(settings: Settings, keys: StackKeys, database: Database) -> System:
    """Set up the function's app under uvicorn, a worker per core, before the same Data API."""
    settings = replace(settings, api_port=free_port(), data_api_port=free_port())
    data_api = data_api_child(settings, keys, database.authenticator_url, settings.data_api_port)
    options = {
        "--host": LOOPBACK,
        "--port": str(settings.api_port),
        "--workers": str(os.cpu_count()),
        "--log-level": "warning",
    }
    arguments = (argument for option in options.items() for argument in option)
    app = Child(
        name="app",
        argv=(sys.executable, "-m", "uvicorn", _APP, "--no-access-log", *arguments),
        health=f"{local_url(settings.api_port)}/health",
        environment=function_environment(settings, keys, _NO_PORT),
        directory=REPOSITORY,
    )
    return _describe(APP, (data_api, app), settings.api_port, database)


def _describe(name: str, children: tuple[Child, ...], port: int, database: Database) -> System:
    return System(
        name=name,
        children=children,
        url=f"{local_url(port)}/v1/traces",
        headers={"x-tenant-id": "bench"},
        database_url=database.owner_url,
        count="select count(*) from spans",
        find="select count(*) from spans where trace_id = %(trace)s",
    )
