"""Which project the commands talk to, and how: for one tenant as ``llm_admin``, or for none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self, cast

from functions.common.environment import read_peppers
from infra.local.keys import load_keys
from infra.local.settings import Settings as StackSettings
from infra.local.settings import read_settings as read_stack_settings
from infra.local.stack import STACK_FILE
from infra.local.state import read_json
from llm_observe.config import Settings, read_settings
from llm_observe.errors import ConfigurationError
from llm_observe.supabase.data_api import DataApi
from llm_observe.supabase.tokens import Role, TokenMinter

_ACTOR: Final = "command"
"""The ``key_id`` claim, so that the audit says where a change came from."""
_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Project:
    """A Supabase project's address and the secrets that make credentials for it."""

    settings: Settings
    pepper: str = field(repr=False)
    secret_key: str = field(default="", repr=False)
    """The key of Supabase Auth's administrator, which only `invite` needs."""
    dashboard_url: str = ""

    @classmethod
    def find(cls) -> Self:
        """Take the environment's, or else the running demo's.

        Raises:
            ConfigurationError: if there is neither, or a setting is missing.
        """
        variables = find_variables()
        if variables is None:
            raise ConfigurationError("Set SUPABASE_URL and its siblings, or start `make demo`.")
        settings = read_settings(variables)
        peppers = read_peppers(variables.get("LLM_OBSERVE_KEY_PEPPER", ""))
        if not settings.signing_key or not peppers:
            raise ConfigurationError(
                "Set the operator's SUPABASE_JWT_SIGNING_KEY and LLM_OBSERVE_KEY_PEPPER."
            )
        secret_key = variables.get("SUPABASE_SECRET_KEY", "")
        return cls(settings, peppers[0], secret_key, variables.get("LLM_OBSERVE_DASHBOARD_URL", ""))

    def call(self, tenant: str, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the database for a tenant.

        Raises:
            httpx.HTTPError: if nobody answers.
            postgrest.exceptions.APIError: if it is refused; the message says why.
        """
        return self._call("llm_admin", tenant, function, arguments)

    def operate(self, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the database for no tenant.

        Raises:
            httpx.HTTPError: if nobody answers.
            postgrest.exceptions.APIError: if it is refused; the message says why.
        """
        return self._call("llm_operator", None, function, arguments)

    def _call(
        self, role: Role, tenant: str | None, function: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        api = DataApi.from_settings(self.settings)
        client = api.connect_as(role, tenant, timeout=_TIMEOUT, key_id=_ACTOR)
        return cast("dict[str, Any]", client.rpc(function, arguments).execute().data)

    def make_minter(self) -> TokenMinter:
        """Give what signs this project's tokens."""
        url = str(self.settings.supabase_url).rstrip("/")
        return TokenMinter(str(self.settings.signing_key), issuer=f"{url}/auth/v1")


def find_variables() -> Mapping[str, str] | None:
    """Give the environment, if it names a project, or else the running demo's settings."""
    stack: StackSettings = read_stack_settings()
    if stack.environment.get("SUPABASE_URL"):
        return stack.environment
    running = read_json(stack.state_dir / STACK_FILE)
    if running is None:
        return None
    keys = load_keys(stack.state_dir)
    return {
        "SUPABASE_URL": running["data_api_url"],
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
        "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
        "SUPABASE_SECRET_KEY": keys.secret_key,
        "LLM_OBSERVE_API_URL": running["api_url"],
        "LLM_OBSERVE_DASHBOARD_URL": running.get("ui_url") or "",
    }
