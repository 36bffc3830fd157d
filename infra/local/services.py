"""The stack's services beside Postgres: what each runs, with which environment, on which port."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from infra.local.children import Child
from infra.local.health import LOOPBACK
from infra.local.keys import StackKeys
from infra.local.settings import REPOSITORY, Settings


def gateway_child(settings: Settings, keys: StackKeys, dsn: str, port: int) -> Child:
    """The PostgREST-compatible gateway in front of ``dsn``."""
    url = local_url(port)
    return _module(
        "gateway",
        "infra.local.gateway",
        health=f"{url}/auth/v1/.well-known/jwks.json",
        settings=settings,
        environment={
            "GATEWAY_DSN": dsn,
            "GATEWAY_PORT": str(port),
            "GATEWAY_JWKS": str(keys.jwks_path),
            "GATEWAY_PUBLISHABLE_KEY": keys.publishable_key,
        },
    )


def _module(
    name: str, module: str, *, health: str, settings: Settings, environment: Mapping[str, str]
) -> Child:
    return Child(
        name=name,
        argv=(sys.executable, "-m", module),
        health=health,
        environment={**settings.environment, "PYTHONUNBUFFERED": "1", **environment},
        directory=REPOSITORY,
    )


def local_url(port: int) -> str:
    """The base URL of a service on the loopback address."""
    return f"http://{LOOPBACK}:{port}"
