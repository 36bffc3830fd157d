"""Write the next migration: what Supabase's ``db diff`` says, and what it cannot say, marked."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.local.migrations import (
    MIGRATIONS,
    SCHEMAS,
    MigrationError,
    apply_migrations,
    read_migrations,
    read_schemas,
)
from infra.schema.catalogue import Difference
from infra.schema.command_line import ask_supabase, locate
from infra.schema.databases import (
    PastAndPresent,
    copy_without_partitions,
    make_past_and_present,
    open_server,
)
from infra.schema.errors import SchemaError
from infra.schema.unseen import Unseen, find_missing

if TYPE_CHECKING:
    from infra.local.settings import Settings

BY_HAND: Final = "-- by hand:"
"""Begins the line above everything that the command line did not write."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,59}")
_HEAD: Final = """\
-- {name}: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';
"""
_TO_OWNER: Final = re.compile(r'^(?:GRANT|REVOKE) [^;]* (?:TO|FROM) "postgres";\n*', re.MULTILINE)
"""The owner has its rights already, and is not called so on every server."""
_ONLY: Final = re.compile(r"(CREATE (?:UNIQUE )?INDEX \S+ ON) ONLY\b")


@dataclass(frozen=True, slots=True)
class Written:
    """A new migration, and what still differs once it is applied."""

    path: Path
    left: list[Difference]
    trouble: str = ""
    """Why it does not apply, where it does not."""


def write_migration(
    name: str,
    settings: Settings,
    now: datetime,
    migrations: Path = MIGRATIONS,
    schemas: Path = SCHEMAS,
) -> Written | None:
    """Write ``<now>_<name>.sql`` into ``migrations``; ``None`` where nothing differs.

    Raises:
        MigrationError: if a file does not apply, with its name and line.
        SchemaError: if the name is none, a newer migration is there, or the command line fails.
    """
    path = _name_file(name, now, migrations)
    missing = find_missing(read_schemas(schemas), read_migrations(migrations))
    with open_server(settings) as server:
        # On new tables and functions one project grants everything and another nothing: the
        # migration is written for the first, which has more to take back, and has to hold in both.
        generous, strict = (
            make_past_and_present(server, generous=kind, migrations=migrations, schemas=schemas)
            for kind in (True, False)
        )
        if not missing and not _compare(generous, strict):
            return None
        path.write_text(_write(name, _ask_difference(generous), missing), encoding="utf-8")
        try:
            for both in (generous, strict):
                apply_migrations(both.past.owner_url, migrations)
        except MigrationError as error:
            return Written(path, [], str(error))
        left = _compare(generous, strict)
    if left:
        _mark(path, left)
    return Written(path, left)


def _name_file(name: str, now: datetime, migrations: Path) -> Path:
    if not _NAME.fullmatch(name):
        raise SchemaError(
            f"NAME={name} is no name: 3 to 60 of a-z, 0-9 and _, such as NAME=add_releases."
        )
    version = now.strftime("%Y%m%d%H%M%S")
    newest = max((one.version for one in read_migrations(migrations)), default="")
    if version <= newest:
        raise SchemaError(f"The clock says {version}, and migration {newest} is newer.")
    return migrations / f"{version}_{name}.sql"


def _compare(*projects: PastAndPresent) -> list[Difference]:
    """Name the differences of each project, those that both have once."""
    found = [difference for both in projects for difference in both.compare()]
    return [one for place, one in enumerate(found) if one not in found[:place]]


def _ask_difference(both: PastAndPresent) -> str:
    """Have Supabase's command line compare the two, without the partitions of this month.

    Without partitions an index of their parent is made ``ON ONLY`` it; made on the parent, Postgres
    makes it on whatever partitions a database has.
    """
    past, present = (
        copy_without_partitions(both.server, database) for database in (both.past, both.present)
    )
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "difference.sql")
        ends = ["--from", locate(past.owner_url), "--to", locate(present.owner_url)]
        ask_supabase(["db", "diff", "--use-pg-delta", *ends, "--output", str(output)])
        return _ONLY.sub(r"\1", _TO_OWNER.sub("", output.read_text(encoding="utf-8"))).strip()


def _write(name: str, difference: str, missing: list[Unseen]) -> str:
    ground = [_copy(one) for one in missing if one.is_ground]
    rest = [_copy(one) for one in missing if not one.is_ground]
    parts = [_HEAD.format(name=name), *ground, difference, *rest]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _copy(statement: Unseen) -> str:
    head = f"{BY_HAND} copied from supabase/schemas/{statement.file}. May it run a second time?"
    return f"{head}\n{statement.text};"


def _mark(path: Path, left: list[Difference]) -> None:
    lines = [f"{BY_HAND} {one}\n" for one in left]
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{''.join(lines)}", encoding="utf-8")
