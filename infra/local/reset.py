"""``make demo-reset``: forget everything the stack made, and only that."""

from __future__ import annotations

import shutil
from contextlib import suppress

from infra.local.children import stop_leftovers
from infra.local.database import GIVEN_RECORD
from infra.local.people import PEOPLE_RECORD
from infra.local.postgres import remove_cluster
from infra.local.report import Reporter
from infra.local.settings import Settings
from infra.local.stack import LOCK_FILE, STACK_FILE, hold_stack

# Named one by one: the state directory can be any folder, with a user's own files in it.
_FILES = (
    "signing_key.json",
    "auth_signing_key.json",
    "jwks.json",
    "publishable_key",
    "secret_key",
    PEOPLE_RECORD,
    "master_secret",
    "key_pepper",
    GIVEN_RECORD,
    STACK_FILE,
    LOCK_FILE,
)
_FOLDERS = ("run", "logs", "postgres")


def reset_stack(settings: Settings, reporter: Reporter) -> None:
    """Delete data, keys and logs of a stack that is not running; a given database is untouched."""
    state_dir = settings.state_dir
    if not state_dir.exists():
        reporter.write(f"Nothing to clear in {state_dir}.")
        return
    with hold_stack(settings):
        stop_leftovers(state_dir)
        remove_cluster(state_dir)
        for name in _FOLDERS:
            shutil.rmtree(state_dir / name, ignore_errors=True)
        for name in _FILES:
            (state_dir / name).unlink(missing_ok=True)
    with suppress(OSError):
        state_dir.rmdir()
    reporter.write(f"Cleared {state_dir}.")
    if settings.database_url is not None:
        reporter.write("The database of DATABASE_URL was left as it is.")
