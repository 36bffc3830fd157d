"""The functions' settings: the environment, with secrets fetched where it only names them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from llm_observe.config import Settings, read_settings
from llm_observe.errors import ConfigurationError

_PEPPER = "LLM_OBSERVE_KEY_PEPPER"
_SIGNING_KEY = "SUPABASE_JWT_SIGNING_KEY"
_SECRETS = (_SIGNING_KEY, "LLM_OBSERVE_DIGEST_KEY", _PEPPER, "OPENAI_API_KEY")
_SUFFIX = "_SECRET_ARN"
_QUEUE: Final = (
    "LLM_OBSERVE_QUEUE_URL",
    "LLM_OBSERVE_DEAD_LETTER_URL",
    "LLM_OBSERVE_CLAIM_BUCKET",
)
_DEMO_RUNS_PER_DAY: Final = 20
MOST_DEMO_RUNS: Final = 100_000
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
"""As a browser writes it: a scheme, a host in lower case, a port unless the scheme's own."""


_DOMAIN: Final = re.compile(r"@[a-z0-9-]+(\.[a-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class TenantCreation:
    """The users who may make tenants: nobody, unless said otherwise."""

    anyone: bool = False
    domains: frozenset[str] = frozenset()
    """Of their confirmed e-mail addresses, each with its @."""

    def allows(self, email: str | None) -> bool:
        """Whether a user with this address may; a part of a domain is another domain."""
        domain = "@" + email.rpartition("@")[2] if email else ""
        return self.anyone or domain in self.domains


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Where spans wait for the writer: two queues' URLs and a bucket's name."""

    url: str
    dead_letter_url: str
    claim_bucket: str


@cache
def load_settings() -> Settings:
    """Read the settings once per process.

    Where ``NAME_SECRET_ARN`` is set and ``NAME`` is not, the secret is fetched from Secrets
    Manager and put in its place, as libraries such as ``openai`` expect it.

    Raises:
        llm_observe.ConfigurationError: if a variable is malformed, or development mode is on in
            a deployed function.
    """
    for name in _SECRETS:
        arn = os.environ.get(name + _SUFFIX)
        if arn and not os.environ.get(name):
            os.environ[name] = _fetch_secret(arn)
    return read_settings()


def load_peppers() -> tuple[str, ...]:
    """Give the secrets under which API keys are stored: that of new keys, then earlier ones.

    Raises:
        llm_observe.ConfigurationError: if there is none.
    """
    load_settings()
    peppers = read_peppers(os.environ.get(_PEPPER, ""))
    if not peppers:
        raise ConfigurationError(f"API keys need {_PEPPER}, 32 random bytes in any spelling.")
    return peppers


def read_peppers(text: str) -> tuple[str, ...]:
    """Read the peppers of a setting, which a blank separates: new keys are made with the first."""
    return tuple(text.split())


def load_pepper() -> str:
    """Give the secret under which new API keys are stored.

    Raises:
        llm_observe.ConfigurationError: if there is none.
    """
    return load_peppers()[0]


def find_secrets() -> dict[str, bool]:
    """Say which of the secrets that every function has are set."""
    load_settings()
    return {name: bool(os.environ.get(name)) for name in (_SIGNING_KEY, _PEPPER)}


def find_queue_settings() -> QueueSettings | None:
    """Give where the door leaves spans; None where it commits them itself.

    Raises:
        llm_observe.ConfigurationError: if the mode is neither sync nor queue, or a part is missing.
    """
    mode = os.environ.get("LLM_OBSERVE_INGEST_MODE") or "sync"
    if mode not in {"sync", "queue"}:
        raise ConfigurationError("LLM_OBSERVE_INGEST_MODE is sync or queue.")
    return load_queue_settings() if mode == "queue" else None


def load_queue_settings() -> QueueSettings:
    """Give where spans wait for the writer.

    Raises:
        llm_observe.ConfigurationError: if a part is missing.
    """
    missing = [name for name in _QUEUE if not os.environ.get(name)]
    if missing:
        raise ConfigurationError(f"Queue mode needs {', '.join(missing)}.")
    return QueueSettings(*(os.environ[name] for name in _QUEUE))


def load_dev_hosts() -> frozenset[str]:
    """Give the names by which development mode is called, beside this machine's usual ones."""
    names = os.environ.get("LLM_OBSERVE_DEV_HOSTS", "").lower().split(",")
    return frozenset(name.strip() for name in names) - {""}


def load_cors_origins() -> frozenset[str]:
    """Give the origins whose pages may send spans: none unless listed, and never any.

    Raises:
        llm_observe.ConfigurationError: if one is not as browsers write it; ``*`` is none either.
    """
    listed = os.environ.get("LLM_OBSERVE_CORS_ORIGINS", "").split(",")
    origins = frozenset(origin.strip() for origin in listed) - {""}
    if not all(map(_ORIGIN.fullmatch, origins)):
        raise ConfigurationError(
            "LLM_OBSERVE_CORS_ORIGINS lists origins such as https://app.example.com, "
            "separated by commas: no path, no slash at the end, no *."
        )
    return origins


def load_tenant_creation() -> TenantCreation:
    """Give the users who may make tenants by the API.

    Raises:
        llm_observe.ConfigurationError: if it is neither nobody nor anyone nor a list of domains.
    """
    text = os.environ.get("LLM_OBSERVE_TENANT_CREATION") or "nobody"
    if text in {"nobody", "anyone"}:
        return TenantCreation(anyone=text == "anyone")
    domains = frozenset(part.strip() for part in text.lower().split(","))
    if not all(map(_DOMAIN.fullmatch, domains)):
        raise ConfigurationError(
            "LLM_OBSERVE_TENANT_CREATION is nobody, anyone, or domains of e-mail addresses "
            "such as @example.com,@example.org."
        )
    return TenantCreation(domains=domains)


def is_offline() -> bool:
    """Whether model calls go to the offline server of the local stack."""
    return os.environ.get("LLM_OBSERVE_OFFLINE", "").lower() == "true"


def has_demo() -> bool:
    """Whether the two demo endpoints are there: by EnableDemo, and in the local stack."""
    return os.environ.get("LLM_OBSERVE_DEMO", "").lower() == "true"


def load_demo_limit() -> int:
    """Give how often a tenant may run the demo on one day.

    Raises:
        llm_observe.ConfigurationError: if it is not a whole number from 0 to 100,000.
    """
    text = os.environ.get("LLM_OBSERVE_DEMO_RUNS_PER_DAY") or str(_DEMO_RUNS_PER_DAY)
    if not text.isdecimal() or int(text) > MOST_DEMO_RUNS:
        raise ConfigurationError("LLM_OBSERVE_DEMO_RUNS_PER_DAY is a number from 0 to 100000.")
    return int(text)


def _fetch_secret(arn: str) -> str:
    from aws_lambda_powertools.utilities.parameters import (  # noqa: PLC0415  # imports boto3: 170 ms
        get_secret,
    )

    return str(get_secret(arn, max_age=300))
