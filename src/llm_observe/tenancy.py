"""Tenant ids, and the attribution of spans that start right now: tenant, session, user.

The context is a ``ContextVar`` of our own: inbound baggage or headers never choose a tenant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from llm_observe.errors import ConfigurationError

TENANT_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""The same rule as ``app.is_tenant_id`` in the database; use with ``fullmatch``."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The tenant, session and user that a span belongs to. ``None`` means not said."""

    tenant: str | None = None
    session: str | None = None
    user: str | None = None


_NOBODY: Final = Attribution()
_attribution: ContextVar[Attribution] = ContextVar("llm_observe_attribution", default=_NOBODY)


def current_attribution() -> Attribution:
    """Give the attribution that spans started here will carry."""
    return _attribution.get()


def require_tenant_id(candidate: str) -> str:
    """Give the id back if it is well formed.

    Raises:
        ConfigurationError: if it is not.
    """
    if not TENANT_ID.fullmatch(candidate):
        raise ConfigurationError(
            "A tenant id is 1 to 63 characters of a-z, 0-9, _ and -, and starts with a letter "
            "or a digit; this one is not."
        )
    return candidate


@contextmanager
def tenant(tenant_id: str) -> Iterator[None]:
    """Attribute spans started inside to a tenant.

    Raises:
        ConfigurationError: if the id is malformed.
    """
    with _attributed(replace(current_attribution(), tenant=require_tenant_id(tenant_id))):
        yield


@contextmanager
def session(session_id: str) -> Iterator[None]:
    """Attribute spans started inside to a session (a conversation)."""
    with _attributed(replace(current_attribution(), session=session_id)):
        yield


@contextmanager
def user(user_id: str) -> Iterator[None]:
    """Attribute spans started inside to a user."""
    with _attributed(replace(current_attribution(), user=user_id)):
        yield


@contextmanager
def _attributed(attribution: Attribution) -> Iterator[None]:
    token = _attribution.set(attribution)
    try:
        yield
    finally:
        _attribution.reset(token)
