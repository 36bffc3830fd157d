"""``python -m infra.doctor [--json]``: check the environment's project, or the running demo."""

from __future__ import annotations

import argparse
import sys

from infra.access.project import find_variables
from infra.local.migrations import MigrationError, read_migrations
from infra.local.state import StateError
from infra.schema.past import find_edited
from llm_observe.__main__ import add_options, report
from llm_observe.doctor.checks import Check
from llm_observe.doctor.examination import examine
from llm_observe.doctor.newest_migration import NEWEST_MIGRATION

_NOT_BEGUN = 2


def main(arguments: list[str] | None = None) -> int:
    """Look at the clone and the project; 2 where there is no project to look at."""
    parser = argparse.ArgumentParser(prog="python -m infra.doctor", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    try:
        variables = find_variables()
    except StateError as error:
        return _stop(str(error))
    if variables is None:
        return _stop("Set SUPABASE_URL and its siblings, or start `make demo`.")
    return report([_check_clone(), *examine(variables)], as_json=options.json)


def _check_clone() -> Check:
    """Say whether the clone's migrations are those that its code was written for."""
    try:
        problems = find_edited()
        newest = max(one.version for one in read_migrations())
    except MigrationError as error:
        return Check("clone", "failed", str(error), "Take it out of supabase/migrations.")
    if problems:
        action = "Put back what was released, and write a new migration: `make migration NAME=…`."
        return Check("clone", "failed", " ".join(problems), action)
    if newest != NEWEST_MIGRATION:
        message = f"The newest migration is {newest}, and the code asks for {NEWEST_MIGRATION}."
        return Check("clone", "warning", message, "Write it anew: `make migration NAME=…`.")
    return Check("clone", "ok", f"The migrations are as released; the newest is {newest}.")


def _stop(message: str) -> int:
    sys.stderr.write(message + "\n")
    return _NOT_BEGUN


if __name__ == "__main__":
    sys.exit(main())
