"""The variables of the local stack and its Data API, with defaults and meanings.

The only module of ``infra.local`` that reads the environment.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).resolve().parents[2]
_HIGHEST_PORT = 65_535


class SettingsError(ValueError):
    """A variable of the environment has a value that the local stack cannot use."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The local stack's settings; build them with ``read_settings``."""

    api_port: int = 8000
    """``API_PORT``: where the HTTP API listens."""

    ui_port: int = 3000
    """``UI_PORT``: where the dashboard listens."""

    data_api_port: int = 54321
    """``DATA_API_PORT``: where the stand-in for PostgREST listens, as ``supabase start``."""

    offline_openai_port: int = 0
    """``OFFLINE_OPENAI_PORT``: where the offline OpenAI server listens; 0 takes any free port."""

    state_dir: Path = REPOSITORY / ".local"
    """``LLM_OBSERVE_STATE_DIR``: keys, logs and (unless root) the data of Postgres."""

    database_url: str | None = None
    """``DATABASE_URL``: a Postgres to use as its migrating role; unset starts one of our own."""

    authenticator_database_url: str | None = None
    """``AUTHENTICATOR_DATABASE_URL``: the Data API's login there, if ``authenticator`` exists."""

    postgres_bin: Path | None = None
    """``POSTGRES_BIN``: folder of ``initdb`` and ``postgres``; unset searches for them."""

    openai_key_given: bool = False
    """``OPENAI_API_KEY`` is set: the demo calls OpenAI, and no offline server is started."""

    chromium_path: Path | None = None
    """``CHROMIUM_PATH``: the browser of the UI's tests; unset searches for one."""

    jobs_every: float = 0.0
    """``JOBS_EVERY``: seconds from run to run of each job; unset or 0: as template.yaml says."""

    listen: str | None = None
    """``--listen`` of ``up``: another address of Data API and offline OpenAI server."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The whole environment, which children inherit. Holds secrets: never print it."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``environment`` (default: the process's); raises SettingsError."""
    given = dict(os.environ if environment is None else environment)
    defaults = Settings()
    return Settings(
        api_port=_port(given, "API_PORT", defaults.api_port),
        ui_port=_port(given, "UI_PORT", defaults.ui_port),
        data_api_port=_port(given, "DATA_API_PORT", defaults.data_api_port),
        offline_openai_port=_port(given, "OFFLINE_OPENAI_PORT", defaults.offline_openai_port),
        state_dir=_path(given, "LLM_OBSERVE_STATE_DIR") or defaults.state_dir,
        database_url=given.get("DATABASE_URL") or None,
        authenticator_database_url=given.get("AUTHENTICATOR_DATABASE_URL") or None,
        postgres_bin=_path(given, "POSTGRES_BIN"),
        openai_key_given=bool(given.get("OPENAI_API_KEY")),
        chromium_path=_path(given, "CHROMIUM_PATH"),
        jobs_every=_seconds(given, "JOBS_EVERY"),
        environment=given,
    )


@dataclass(frozen=True, slots=True)
class DataApiSettings:
    """A Data API's settings; they come by the environment, so that no command line tells it."""

    dsn: str = field(repr=False)
    """``DATA_API_DSN``: the database, as ``authenticator``."""

    port: int
    """``DATA_API_PORT``: where it listens."""

    jwks_path: Path
    """``DATA_API_JWKS``: the file with the public keys of the tokens it takes."""

    publishable_key: str = field(repr=False)
    """``DATA_API_PUBLISHABLE_KEY``: the ``apikey`` of every request."""

    auth_url: str | None = None
    """``DATA_API_AUTH_URL``: where Auth listens; unset: there is none."""

    secret_key: str | None = field(default=None, repr=False)
    """``DATA_API_SECRET_KEY``: the other ``apikey`` that Auth is reached with."""

    listen: str | None = None
    """``DATA_API_LISTEN``: an address beside the loopback one; unset: none."""


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """A local Auth's settings; they come by the environment, as the Data API's do."""

    dsn: str = field(repr=False)
    """``AUTH_DSN``: the database, as ``supabase_auth_admin``."""

    port: int
    """``AUTH_PORT``: where it listens."""

    base_url: str
    """``AUTH_BASE_URL``: the project's URL, under which clients reach it."""

    site_url: str
    """``AUTH_SITE_URL``: the dashboard, which links in mails lead back to."""

    signing_key_path: Path
    """``AUTH_SIGNING_KEY_FILE``: the private ES256 JWK of the access tokens."""

    secret_key: str = field(repr=False)
    """``AUTH_SECRET_KEY``: lets its holder make and delete people."""


def read_data_api_settings() -> DataApiSettings:
    """Read the settings of a Data API's own process.

    Raises:
        SettingsError: if one is missing; the message names all that are.
    """
    names = ("DATA_API_DSN", "DATA_API_PORT", "DATA_API_JWKS", "DATA_API_PUBLISHABLE_KEY")
    given = _read_all("data_api", names)
    dsn, _, jwks_path, publishable_key = given.values()
    return DataApiSettings(
        dsn,
        _port(given, "DATA_API_PORT", 0),
        Path(jwks_path),
        publishable_key,
        os.environ.get("DATA_API_AUTH_URL") or None,
        os.environ.get("DATA_API_SECRET_KEY") or None,
        os.environ.get("DATA_API_LISTEN") or None,
    )


def read_auth_settings() -> AuthSettings:
    """Read the settings of a local Auth's own process.

    Raises:
        SettingsError: if one is missing; the message names all that are.
    """
    names = ("AUTH_DSN", "AUTH_PORT", "AUTH_BASE_URL", "AUTH_SITE_URL", "AUTH_SIGNING_KEY_FILE")
    given = _read_all("auth", (*names, "AUTH_SECRET_KEY"))
    dsn, _, base_url, site_url, signing_key, secret_key = given.values()
    port = _port(given, "AUTH_PORT", 0)
    return AuthSettings(dsn, port, base_url, site_url, Path(signing_key), secret_key)


def _read_all(process: str, names: tuple[str, ...]) -> dict[str, str]:
    given = {name: os.environ.get(name, "") for name in names}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise SettingsError(f"{process}: set {', '.join(missing)} (see infra/local/settings.py)")
    return given


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name) or str(default)
    lowest = 0 if name == "OFFLINE_OPENAI_PORT" else 1
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= _HIGHEST_PORT:
        raise SettingsError(f"{name} must be a port, {lowest} to {_HIGHEST_PORT}, and is {text!r}.")
    return int(text)


def _seconds(given: Mapping[str, str], name: str) -> float:
    text = given.get(name) or "0"
    if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text, re.ASCII) is None:
        message = f"{name} must be a number of seconds, and is {text!r}."
        raise SettingsError(message)
    return float(text)


def _path(given: Mapping[str, str], name: str) -> Path | None:
    text = given.get(name)
    return Path(text).expanduser().absolute() if text else None
