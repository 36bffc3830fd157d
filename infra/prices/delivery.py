"""The place that prices are sent to: a project, by its Data API, or a database, by its URL."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import httpx
import jwt

from infra.access.project import find_variables
from infra.local import prices
from infra.local.database import describe_url
from infra.local.settings import read_settings as read_stack_settings
from llm_observe.config import Settings, read_settings, require_project
from llm_observe.supabase.credentials import check_signing_key

_LIFETIME: Final = 60
_TIMEOUT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """A database by the name that the command tells, and the way to set its prices."""

    name: str
    set_prices: Callable[[], dict[str, Any]]


def find_place() -> Place | None:
    """Give the environment's project, or its database, or else the running demo; None if none.

    Raises:
        ConfigurationError: if a setting of the project is malformed.
    """
    stack = read_stack_settings()
    if stack.database_url is not None and not stack.environment.get("SUPABASE_URL"):
        name = describe_url(stack.database_url)
        return Place(name, partial(prices.set_prices, stack.database_url))
    variables = find_variables()
    if variables is None:
        return None
    settings = read_settings(variables)
    return Place(str(settings.supabase_url), partial(_set_by_data_api, settings))


def _set_by_data_api(settings: Settings) -> dict[str, Any]:
    """Send the document as ``service_role``.

    Raises:
        ConfigurationError: if a setting is missing or malformed.
        httpx.HTTPError: if the project does not answer, or refuses.
    """
    url, publishable_key = require_project(settings, signing=True)
    answer = httpx.post(
        f"{url.rstrip('/')}/rest/v1/rpc/set_model_prices",
        content=prices.DOCUMENT.read_bytes(),
        headers={
            "apikey": publishable_key,
            "Authorization": f"Bearer {_sign_as_service(settings, url)}",
            "Content-Type": "application/json",
        },
        timeout=_TIMEOUT,
    ).raise_for_status()
    return cast("dict[str, Any]", answer.json())


def _sign_as_service(settings: Settings, url: str) -> str:
    """Sign a token for ``service_role``, which the library's minter makes for nobody.

    Raises:
        ConfigurationError: if the signing key is none.
    """
    key = check_signing_key(settings.signing_key or "")
    now = int(time.time())
    claims = {
        "iss": f"{url.rstrip('/')}/auth/v1",
        "aud": "authenticated",
        "role": "service_role",
        "iat": now,
        "exp": now + _LIFETIME,
    }
    private = jwt.PyJWK(key, algorithm="ES256").key
    return jwt.encode(claims, private, algorithm="ES256", headers={"kid": key["kid"]})
