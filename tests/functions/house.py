"""A tenant of a test's own, and the people who come into it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.functions.credentials import bearer, log_in, make_user

Person = tuple[str, dict[str, str]]
"""A user's id, and the headers of their requests."""


@dataclass(frozen=True, slots=True)
class House:
    """A tenant where people are let in by hand."""

    database: Database
    keys: StackKeys
    data_api: str
    name: str = field(default_factory=lambda: f"house-{uuid.uuid4().hex[:8]}")

    def settle(self, role: str) -> Person:
        """Let a new user in."""
        user = make_user(self.database.owner_url, {self.name: role})
        return user, bearer(log_in(self.keys, self.data_api, user), self.name)

    def pass_by(self, **claims: object) -> Person:
        """Give a user who belongs to no tenant, with these claims in the login."""
        user = str(uuid.uuid4())
        return user, bearer(log_in(self.keys, self.data_api, user, **claims))
