"""``python -m infra.schema NAME``: write the next migration; ``--help`` lists the rest."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from infra.local.migrations import MigrationError
from infra.local.postgres import PostgresError
from infra.local.settings import REPOSITORY, SettingsError, read_settings
from infra.schema.check import check_schema
from infra.schema.errors import SchemaError
from infra.schema.generation import BY_HAND, Written, write_migration
from infra.schema.newest import record_newest
from infra.schema.past import find_edited, release, write_baseline

_MEND = (
    "Write them into it by hand, or delete it, mend supabase/schemas and begin again: "
    "a new column stands last in its table."
)
_EXPECTED_ERRORS = (MigrationError, PostgresError, SchemaError, SettingsError)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; an error that its author can mend is one message and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m infra.schema", description=__doc__)
    command = parser.add_mutually_exclusive_group(required=True)
    command.add_argument("name", nargs="?", help="write the next migration, <now>_<name>.sql")
    command.add_argument("--check", action="store_true", help="have Supabase's command line judge")
    command.add_argument("--release", action="store_true", help="list what a release carries")
    command.add_argument("--baseline", action="store_true", help="write the first migration")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except _EXPECTED_ERRORS as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    if options.check:
        return check_schema(read_settings(), sys.stdout.write)
    if options.release:
        return _say(*(f"{name} is released." for name in release()))
    if options.baseline:
        baseline = write_baseline(now)
        record_newest()
        return _say(f"{baseline.relative_to(REPOSITORY)}: written.")
    if problems := find_edited():
        raise SchemaError("\n".join(problems))
    written = write_migration(options.name, read_settings(), now)
    record_newest()
    return _report(written)


def _report(written: Written | None) -> int:
    if written is None:
        return _say("supabase/migrations makes what supabase/schemas says: nothing to write.")
    _say(f"{written.path.relative_to(REPOSITORY)}: written. Read it before you commit it.")
    if written.trouble:
        _say("It does not apply:", written.trouble)
    elif written.left:
        _say("It leaves these differences, which it ends with:", *map(str, written.left))
        _say(_MEND)
    elif BY_HAND in written.path.read_text(encoding="utf-8"):
        _say(f'Look at what stands under "{BY_HAND}".')
    return 1 if written.trouble or written.left else 0


def _say(*lines: str) -> int:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
