"""Write the newest migration's version where the library has it: a project is asked for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from infra.local.migrations import MIGRATIONS, read_migrations
from infra.local.settings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

CONSTANT: Final = REPOSITORY / "src" / "llm_observe" / "doctor" / "newest_migration.py"
_LINE: Final = re.compile(r'^NEWEST_MIGRATION: Final = ".*"$', re.MULTILINE)


def record_newest(migrations: Path = MIGRATIONS, constant: Path = CONSTANT) -> None:
    """Write the newest version into the constant's line, also where a file was taken away."""
    newest = max(one.version for one in read_migrations(migrations))
    text = constant.read_text(encoding="utf-8")
    written = _LINE.sub(f'NEWEST_MIGRATION: Final = "{newest}"', text)
    if written != text:
        constant.write_text(written, encoding="utf-8")
