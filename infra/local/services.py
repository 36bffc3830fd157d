"""The stack's services beside Postgres: what each runs, with which environment, on which port."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from infra.local.children import Child
from infra.local.keys import StackKeys
from infra.local.ports import LOOPBACK
from infra.local.settings import REPOSITORY, Settings

UI = REPOSITORY / "ui"
# A service gets only the secrets it needs; the request path never sees the database's owner.
_SECRETS = (
    "AUTHENTICATOR_DATABASE_URL",
    "DATABASE_URL",
    "LLM_OBSERVE_DIGEST_KEY",
    "LLM_OBSERVE_KEY_PEPPER",
    "LLM_OBSERVE_OFFLINE",
    "OPENAI_API_KEY",
    "PGPASSWORD",
    "SUPABASE_JWT_SIGNING_KEY",
)


def data_api_child(
    settings: Settings, keys: StackKeys, dsn: str, port: int, auth_port: int | None = None
) -> Child:
    """The stand-in for PostgREST in front of ``dsn``, and the way to Auth where there is one."""
    environment = _inherited(settings) | {
        "DATA_API_DSN": dsn,
        "DATA_API_PORT": str(port),
        "DATA_API_JWKS": str(keys.jwks_path),
        "DATA_API_PUBLISHABLE_KEY": keys.publishable_key,
    }
    if settings.listen is not None:
        environment["DATA_API_LISTEN"] = settings.listen
    if auth_port is not None:
        environment |= {
            "DATA_API_AUTH_URL": local_url(auth_port),
            "DATA_API_SECRET_KEY": keys.secret_key,
        }
    health = f"{local_url(port)}/auth/v1/.well-known/jwks.json"
    return _python("data_api", ("infra.local.data_api",), health, environment)


def auth_child(settings: Settings, keys: StackKeys, dsn: str, *, port: int, base_url: str) -> Child:
    """The stand-in for Supabase Auth, which clients reach under ``base_url``."""
    environment = _inherited(settings) | {
        "AUTH_DSN": dsn,
        "AUTH_PORT": str(port),
        "AUTH_BASE_URL": base_url,
        "AUTH_SITE_URL": local_url(settings.ui_port),
        "AUTH_SIGNING_KEY_FILE": str(keys.auth_signing_key_path),
        "AUTH_SECRET_KEY": keys.secret_key,
    }
    return _python("auth", ("infra.local.auth",), f"{local_url(port)}/health", environment)


def offline_openai_child(settings: Settings, port: int) -> Child:
    """The server that answers OpenAI's protocol when there is no key."""
    arguments: tuple[str, ...] = ("infra.local.offline_openai", "--port", str(port))
    if settings.listen is not None:
        arguments += ("--listen", settings.listen)
    health = f"{local_url(port)}/v1/models"
    return _python("offline_openai", arguments, health, _inherited(settings))


def api_child(
    settings: Settings,
    keys: StackKeys,
    offline_port: int | None,
    *,
    jobs: bool = False,
    login: bool = False,
) -> Child:
    """The functions behind an API Gateway emulator; with ``offline_port`` they call that.

    With ``jobs`` the scheduled ones tick, too; with ``login`` each caller has to say who calls.
    """
    arguments: tuple[str, ...] = ("infra.local.aws", "--port", str(settings.api_port))
    if jobs:
        arguments += ("--jobs", str(settings.jobs_every))
    health = f"{local_url(settings.api_port)}/health"
    environment = function_environment(settings, keys, offline_port)
    environment["LLM_OBSERVE_DEV"] = "false" if login else "true"
    return _python("api", arguments, health, environment)


def function_environment(
    settings: Settings, keys: StackKeys, offline_port: int | None
) -> dict[str, str]:
    """The variables that template.yaml sets on a deployed function, for the local stack."""
    environment = _inherited(settings) | {
        "SUPABASE_URL": local_url(settings.data_api_port),
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
        "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
        "LLM_OBSERVE_DEV": "true",
        "LLM_OBSERVE_DEMO": settings.environment.get("LLM_OBSERVE_DEMO") or "true",
        # On Lambda it is the function's name.
        "OTEL_SERVICE_NAME": "llm-observe-demo",
    }
    if offline_port is None:
        return environment | {"OPENAI_API_KEY": settings.environment["OPENAI_API_KEY"]}
    return environment | {
        "OPENAI_API_KEY": "offline",
        "OPENAI_BASE_URL": f"{local_url(offline_port)}/v1",
        "LLM_OBSERVE_OFFLINE": "true",
        # The offline server knows the option; by default only OpenAI itself is asked.
        "LLM_OBSERVE_STREAM_USAGE": "always",
    }


def sample_child(
    settings: Settings, keys: StackKeys, offline_port: int | None, owner_url: str
) -> Child:
    """The program that fills tenant ``sample`` and ends; it may write as the database's owner."""
    environment = function_environment(settings, keys, offline_port) | {"DATABASE_URL": owner_url}
    return _python("sample", ("infra.local.sample",), "", environment)


def ui_child(settings: Settings, *, dev: bool, login: StackKeys | None = None) -> Child:
    """The dashboard: its built server, or with ``dev`` the one that rebuilds on every edit.

    With the keys for ``login`` people log in to it by the stack's Auth.
    """
    server = UI / ".next" / "standalone" / "server.js"
    argv: tuple[str, ...] = ("node", str(server))
    if dev:
        port = str(settings.ui_port)
        script = UI / "node_modules" / "next" / "dist" / "bin" / "next"
        argv = ("node", str(script), "dev", "--port", port, "--hostname", LOOPBACK)
    return Child(
        name="ui",
        argv=argv,
        health=local_url(settings.ui_port),
        environment=_inherited(settings)
        | {
            "PORT": str(settings.ui_port),
            "HOSTNAME": LOOPBACK,
            "API_URL": local_url(settings.api_port),
            "NEXT_TELEMETRY_DISABLED": "1",
            "NODE_ENV": "development" if dev else "production",
        }
        | ({} if login is None else _login_environment(settings, login)),
        directory=UI if dev else server.parent,
    )


def local_url(port: int) -> str:
    """The base URL of a service on the loopback address."""
    return f"http://{LOOPBACK}:{port}"


def _login_environment(settings: Settings, keys: StackKeys) -> dict[str, str]:
    """The variables that a deployed dashboard has for login."""
    return {
        "SUPABASE_URL": local_url(settings.data_api_port),
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
    }


def _inherited(settings: Settings) -> dict[str, str]:
    return {name: value for name, value in settings.environment.items() if name not in _SECRETS}


def _python(
    name: str, arguments: tuple[str, ...], health: str, environment: Mapping[str, str]
) -> Child:
    return Child(
        name=name,
        argv=(sys.executable, "-m", *arguments),
        health=health,
        environment={**environment, "PYTHONUNBUFFERED": "1"},
        directory=REPOSITORY,
    )
