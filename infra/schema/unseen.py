"""Statements that leave nothing in a database's catalogue, or only in its server's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.local.migrations import Migration

_COMMENTS: Final = re.compile(r"\A(?:\s*--[^\n]*\n)*\s*")
_SEEN: Final = re.compile(
    r"(?:create|alter|drop|comment|revoke)\s(?!\s*(?:role|user|group|database|system)\b)"
    r"|grant\s.*\son\s",
    re.IGNORECASE | re.DOTALL,
)
_PARTITION: Final = re.compile(
    r"create\s+table\s+\S+\s+partition\s+of\b|comment\s+on\s+table\s+\S+_default\s", re.IGNORECASE
)
_GROUND: Final = "20"
"""Files below this number make the roles that later statements name."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """One such statement, and the file of the schema that has it."""

    file: str
    text: str
    is_ground: bool


def find_missing(schemas: Iterable[Migration], migrations: Iterable[Migration]) -> list[Unseen]:
    """Give those of the schema that no migration has word for word, in order."""
    there = {
        _strip(statement.text)
        for migration in migrations
        for statement in migration.statements
        if _is_unseen(statement.text)
    }
    return [
        Unseen(file.path.name, text, is_ground=file.version < _GROUND)
        for file in schemas
        for statement in file.statements
        if _is_unseen(statement.text) and (text := _strip(statement.text)) not in there
    ]


def _is_unseen(text: str) -> bool:
    bare = _strip(text)
    return _PARTITION.match(bare) is not None or _SEEN.match(bare) is None


def _strip(text: str) -> str:
    """Take the comments off that stand before a statement."""
    return _COMMENTS.sub("", text, count=1).strip()
