"""Tenant ids, and the attribution of spans that start right now: whose they are, and their tags.

The context is a ``ContextVar`` of our own: inbound baggage or headers never choose a tenant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final

from llm_observe.errors import ConfigurationError
from llm_observe.tags import NO_TAGS, Tags

TENANT_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""The same rule as ``app.is_tenant_id`` in the database; use with ``fullmatch``."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The tenant, session, user and customer that a span belongs to, and its tags.

    ``None`` means not said.
    """

    tenant: str | None = None
    session: str | None = None
    user: str | None = None
    customer: str | None = None
    tags: Tags = NO_TAGS


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
def customer(customer_id: str) -> Iterator[None]:
    """Attribute spans started inside to a customer of the application (a company, an account)."""
    with _attributed(replace(current_attribution(), customer=customer_id)):
        yield


@contextmanager
def tag(**tags: str | float | bool) -> Iterator[None]:
    """Put tags on spans started inside, beside those that are there: ``tag(plan="pro")``.

    A span has at most 16, with keys of 64 characters and no blank; a value of more than 256 is
    stored by its hash. Others, and values that are no text, number or flag, are dropped, and
    counted.
    """
    current = current_attribution()
    told: dict[str, Any] = tags
    with _attributed(replace(current, tags=current.tags.add(told))):
        yield


@contextmanager
def _attributed(attribution: Attribution) -> Iterator[None]:
    token = _attribution.set(attribution)
    try:
        yield
    finally:
        _attribution.reset(token)
