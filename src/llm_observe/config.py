"""Settings: the only reader of ``os.environ`` in the library.

Every variable is described in ``.env.example``; a test keeps the two in step.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from llm_observe.errors import ConfigurationError
from llm_observe.tenancy import require_tenant_id

StreamUsage = Literal["auto", "always", "never"]
UserIds = Literal["plain", "pseudonym"]
ExporterName = Literal["supabase", "otlp", "console"]

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})
_EXPORTERS: Final[tuple[ExporterName, ...]] = ("supabase", "otlp", "console")
_STREAM_USAGE: Final[tuple[StreamUsage, ...]] = ("auto", "always", "never")
_USER_IDS: Final[tuple[UserIds, ...]] = ("plain", "pseudonym")
_URL: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_FOR_WHOM: Final = (
    "An application's are printed by `make access ARGS='ingest-token --tenant …'`; llm-observe's "
    "own functions have SUPABASE_JWT_SIGNING_KEY in place of the token."
)
_C = TypeVar("_C", bound=str)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the library. Times are seconds, limits are counts or characters."""

    exporters: tuple[ExporterName, ...] = ("supabase",)
    tenant: str | None = None
    environment: str | None = None
    release: str | None = None
    service_name: str | None = None
    capture_content: bool = False
    prompt_limit: int = 500
    response_limit: int = 1000
    user_ids: UserIds = "plain"
    digest_key: str | None = field(default=None, repr=False)
    stream_usage: StreamUsage = "auto"
    export_timeout: float = 2.0
    max_spans: int = 2048
    max_bytes: int = 16_000_000
    supabase_url: str | None = None
    supabase_key: str | None = field(default=None, repr=False)
    signing_key: str | None = field(default=None, repr=False)
    ingest_token: str | None = field(default=None, repr=False)
    dev: bool = False
    on_lambda: bool = False
    runtime_api: str | None = None
    concurrent: bool = False

    def __post_init__(self) -> None:
        if self.tenant is not None:
            require_tenant_id(self.tenant)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A project as the doctor looks at it: the library's settings, and where the rest is."""

    settings: Settings
    has_pepper: bool = False
    api_url: str | None = None
    dashboard_url: str | None = None


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment (or from any mapping, for tests).

    Raises:
        ConfigurationError: if a variable does not hold what it should; the message names it.
    """
    reader = _Reader(os.environ if environ is None else environ)
    defaults = Settings()
    return Settings(
        exporters=_read_exporters(reader),
        tenant=reader.text("LLM_OBSERVE_TENANT"),
        environment=reader.text("LLM_OBSERVE_ENVIRONMENT"),
        release=reader.text("LLM_OBSERVE_RELEASE"),
        service_name=reader.text("OTEL_SERVICE_NAME") or reader.text("AWS_LAMBDA_FUNCTION_NAME"),
        capture_content=reader.flag("ALLOW_CONTENT_CAPTURE"),
        prompt_limit=int(reader.number("LLM_OBSERVE_PROMPT_LIMIT", defaults.prompt_limit)),
        response_limit=int(reader.number("LLM_OBSERVE_RESPONSE_LIMIT", defaults.response_limit)),
        user_ids=reader.choice("LLM_OBSERVE_USER_IDS", _USER_IDS),
        digest_key=reader.text("LLM_OBSERVE_DIGEST_KEY"),
        stream_usage=reader.choice("LLM_OBSERVE_STREAM_USAGE", _STREAM_USAGE),
        export_timeout=reader.number("LLM_OBSERVE_EXPORT_TIMEOUT", defaults.export_timeout),
        max_spans=int(reader.number("LLM_OBSERVE_MAX_SPANS", defaults.max_spans)),
        max_bytes=int(reader.number("LLM_OBSERVE_MAX_BYTES", defaults.max_bytes)),
        supabase_url=reader.text("SUPABASE_URL"),
        supabase_key=reader.text("SUPABASE_PUBLISHABLE_KEY"),
        signing_key=reader.text("SUPABASE_JWT_SIGNING_KEY"),
        ingest_token=reader.text("LLM_OBSERVE_INGEST_TOKEN"),
        dev=_read_dev(reader),
        on_lambda=reader.text("AWS_LAMBDA_FUNCTION_NAME") is not None,
        runtime_api=reader.text("AWS_LAMBDA_RUNTIME_API"),
        concurrent=reader.text("AWS_LAMBDA_MAX_CONCURRENCY") not in {None, "1"},
    )


def read_deployment(environ: Mapping[str, str] | None = None) -> Deployment:
    """Read what the doctor looks at from the environment (or from any mapping).

    Raises:
        ConfigurationError: if a variable does not hold what it should; the message names it.
    """
    variables = os.environ if environ is None else environ
    reader = _Reader(variables)
    return Deployment(
        settings=read_settings(variables),
        has_pepper=reader.text("LLM_OBSERVE_KEY_PEPPER") is not None,
        api_url=reader.url("LLM_OBSERVE_API_URL"),
        dashboard_url=reader.url("LLM_OBSERVE_DASHBOARD_URL"),
    )


def is_strict(environ: Mapping[str, str] | None = None) -> bool:
    """Whether ``init`` raises for a wrong setting; read apart from all others.

    Raises:
        ConfigurationError: if LLM_OBSERVE_STRICT is neither true nor false.
    """
    return _Reader(os.environ if environ is None else environ).flag("LLM_OBSERVE_STRICT")


def require_project(settings: Settings, *, signing: bool = False) -> tuple[str, str]:
    """Give the project's URL and publishable key, where what its tokens come from is set, too.

    ``signing``: that has to be the signing key, as for the project's own commands.

    Raises:
        ConfigurationError: if something is missing; the message names all of it.
    """
    url, key = settings.supabase_url, settings.supabase_key
    given = {"SUPABASE_URL": url, "SUPABASE_PUBLISHABLE_KEY": key}
    if signing:
        given["SUPABASE_JWT_SIGNING_KEY"] = settings.signing_key
    elif settings.signing_key is None:
        given["LLM_OBSERVE_INGEST_TOKEN"] = settings.ingest_token
    missing = [name for name, value in given.items() if not value]
    if not url or not key or missing:
        told = f"To reach Supabase, set {', '.join(missing)}."
        raise ConfigurationError(told if signing else f"{told} {_FOR_WHOM}")
    if not _URL.fullmatch(url):
        raise ConfigurationError(
            # Not what it is instead: that may be a connection string, password and all.
            "SUPABASE_URL is not a project's URL, such as https://abcdefghijklmnop.supabase.co: "
            "it starts with https:// and holds no user, password, ? and #."
        )
    return url, key


class _Reader:
    """Reads typed values and names the variable when one is malformed.

    Never the value: it may be a secret that was put into the wrong variable, and this is logged.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def url(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not _URL.fullmatch(value):
            raise ConfigurationError(f"{name} is an address such as https://example.com.")
        return value.rstrip("/") if value else None

    def flag(self, name: str) -> bool:
        value = self._environ.get(name, "").strip().lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise ConfigurationError(f"{name} is true or false.")

    def choice(self, name: str, known: tuple[_C, ...]) -> _C:
        """One of the known words, the first unless set."""
        value = self.text(name) or known[0]
        for word in known:
            if value == word:
                return word
        raise ConfigurationError(f"{name} is one of {', '.join(known)}.")

    def number(self, name: str, default: float) -> float:
        value = self.text(name)
        if value is None:
            return default
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 < number < 1e9:  # noqa: PLR2004  # far above any sensible limit; also refuses nan
            raise ConfigurationError(f"{name} is a number above 0.")
        return number


def _read_exporters(reader: _Reader) -> tuple[ExporterName, ...]:
    value = reader.text("LLM_OBSERVE_EXPORTERS")
    if value is None:
        return ("supabase",)
    wanted = [name.strip() for name in value.split(",") if name.strip()]
    if not set(wanted) <= set(_EXPORTERS):
        raise ConfigurationError(f"LLM_OBSERVE_EXPORTERS takes any of {', '.join(_EXPORTERS)}.")
    return tuple(name for name in _EXPORTERS if name in wanted)


def _read_dev(reader: _Reader) -> bool:
    """Development mode trusts a bare header, so a deployed function must never have it."""
    if not reader.flag("LLM_OBSERVE_DEV"):
        return False
    deployed = reader.text("AWS_LAMBDA_FUNCTION_NAME") is not None
    if deployed and not reader.flag("AWS_SAM_LOCAL"):
        raise ConfigurationError(
            "LLM_OBSERVE_DEV trusts the bare x-tenant-id header and is refused on AWS Lambda. "
            "Remove it from the function's environment."
        )
    return True
