"""A Data API under test, and the answers of the official client to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.tokens import mint_token


class Executable(Protocol):
    """Any query of the official client."""

    def execute(self) -> Any: ...


def fetch(query: Executable) -> Any:
    """Execute a query and take its data, whose shape the test knows better than its type."""
    return query.execute().data


@dataclass(frozen=True)
class Target:
    """A Data API and what it takes to be let in."""

    url: str
    publishable_key: str
    signing_key: dict[str, Any] = field(repr=False)

    def mint(self, tenant: str, role: Any = "authenticated", **claims: Any) -> str:
        """Sign a token; a claim of None is left out."""
        return mint_token(self.signing_key, tenant, role, **claims)
