"""The Prefer header, as far as the Data API honours it.

https://docs.postgrest.org/en/v14/references/api/preferences.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra.local.data_api.errors import DataApiError, not_implemented

_CHOICES = {
    "resolution": {"merge-duplicates", "ignore-duplicates"},
    "missing": {"default", "null"},
    "return": {"representation", "minimal"},
    "count": {"exact"},
    "tx": {"commit"},
    "handling": {"strict", "lenient"},
}
# The order in which PostgREST lists them in Preference-Applied.
_APPLIED_ORDER = ("resolution", "missing", "return", "count", "handling", "max-affected")
_REFUSED = {
    "return=headers-only",
    "count=planned",
    "count=estimated",
    "tx=rollback",
    "params=single-object",
}


@dataclass(frozen=True)
class Preferences:
    """The caller's preferences by name; the first value of a name wins."""

    values: dict[str, str]

    @property
    def count(self) -> bool:
        """Whether the exact number of rows is wanted."""
        return "count" in self.values

    @property
    def representation(self) -> bool:
        """Whether the changed rows are wanted."""
        return self.values.get("return") == "representation"

    @property
    def missing_default(self) -> bool:
        """Whether absent keys take the column's default instead of null."""
        return self.values.get("missing") == "default"

    @property
    def resolution(self) -> str | None:
        """The treatment of rows that exist: merge-duplicates or ignore-duplicates."""
        return self.values.get("resolution")

    @property
    def max_affected(self) -> int | None:
        """The most rows a write may change; binding only under handling=strict."""
        strict = self.values.get("handling") == "strict"
        return (
            int(self.values["max-affected"]) if strict and "max-affected" in self.values else None
        )

    def applied(self, names: Iterable[str]) -> dict[str, str]:
        """Render Preference-Applied for those of the names that were preferred."""
        wanted = set(names) | {"handling"}
        listed = [
            f"{name}={self.values[name]}"
            for name in _APPLIED_ORDER
            if name in wanted and name in self.values
        ]
        return {"Preference-Applied": ", ".join(listed)} if listed else {}


def parse_preferences(headers: Iterable[str]) -> Preferences:
    """Parse Prefer headers; raises DataApiError 400 for what is refused or unknown and strict."""
    values: dict[str, str] = {}
    unknown: list[str] = []
    for preference in (part.strip() for header in headers for part in header.split(",")):
        name, _, value = preference.partition("=")
        if preference in _REFUSED or name == "timezone":
            raise not_implemented(f"Prefer: {preference}")
        if value in _CHOICES.get(name, ()) or (name == "max-affected" and value.isdigit()):
            values.setdefault(name, value)
        elif preference:
            unknown.append(preference)
    if unknown and values.get("handling") == "strict":
        raise DataApiError(
            400,
            "PGRST122",
            "Invalid preferences given with handling=strict",
            details=f"Invalid preferences: {', '.join(unknown)}",
        )
    return Preferences(values)
