"""The migrations that were released: listed with their checksums, never edited."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

from infra.local.migrations import MIGRATIONS, SCHEMAS, read_migrations, read_schemas
from infra.schema.errors import SchemaError

RELEASED: Final = MIGRATIONS.parent / "released.sha256"
"""As ``sha256sum`` writes it: (cd supabase/migrations && sha256sum --check ../released.sha256)."""
_HEAD: Final = """\
-- The schema as it was first released: supabase/schemas of that day, file after file.
"""


def read_released(released: Path = RELEASED) -> dict[str, str]:
    """The checksums of released migrations by file name, in order."""
    if not released.exists():
        return {}
    lines = released.read_text(encoding="utf-8").splitlines()
    return {name: checksum for checksum, name in (line.split("  ", 1) for line in lines)}


def find_edited(migrations: Path = MIGRATIONS, released: Path = RELEASED) -> list[str]:
    """Say of each released migration that is no longer what was released."""
    problems = []
    for name, checksum in read_released(released).items():
        path = migrations / name
        if not path.exists():
            problems.append(f"{name} was released and is gone. Put it back.")
        elif _sum(path) != checksum:
            problems.append(f"{name} was released and then edited. Put it back, write a new one.")
    last = max(read_released(released), default="")
    problems += [
        f"{one.path.name} is older than {last}, which was released: databases have passed it."
        for one in read_migrations(migrations)
        if one.path.name < last and one.path.name not in read_released(released)
    ]
    return problems


def release(migrations: Path = MIGRATIONS, released: Path = RELEASED) -> list[str]:
    """List every migration that is not listed yet, and give their names.

    Raises:
        SchemaError: if one that is listed was edited.
    """
    if problems := find_edited(migrations, released):
        raise SchemaError("\n".join(problems))
    known = read_released(released)
    new = [one.path for one in read_migrations(migrations) if one.path.name not in known]
    sums = known | {path.name: _sum(path) for path in new}
    text = "".join(f"{checksum}  {name}\n" for name, checksum in sums.items())
    released.write_text(text, encoding="utf-8")
    return [path.name for path in new]


def write_baseline(
    now: datetime, schemas: Path = SCHEMAS, migrations: Path = MIGRATIONS, released: Path = RELEASED
) -> Path:
    """Write the first migration, which is the schema's files in order.

    Raises:
        SchemaError: if there is one, released or not.
    """
    if read_released(released) or list(migrations.glob("*.sql")):
        raise SchemaError("There are migrations already: make migration NAME=…")
    migrations.mkdir(exist_ok=True)
    path = migrations / f"{now:%Y%m%d%H%M%S}_baseline.sql"
    files = [
        f"-- supabase/schemas/{file.path.name}\n\n{file.path.read_text(encoding='utf-8')}"
        for file in read_schemas(schemas)
    ]
    path.write_text("\n".join([_HEAD, *files]), encoding="utf-8")
    return path


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
