"""Supabase's own command line, pinned in ``package.json`` beside this file."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from infra.local.settings import REPOSITORY
from infra.schema.errors import SchemaError

PROGRAM: Final = Path(__file__).parent / "node_modules" / ".bin" / "supabase"
_PATIENCE: Final = 300
"""Seconds for one command; each takes a few."""


def run_supabase(
    arguments: list[str],
    folder: Path = REPOSITORY,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[str]:
    """Run one command of the project in ``folder``, offline but for the database it names.

    A password comes among the ``variables`` (PGPASSWORD): any user of a machine sees arguments.

    Raises:
        SchemaError: if it is not installed, or not for this machine.
    """
    if not PROGRAM.exists():
        raise SchemaError("Supabase's command line is not installed: make setup-supabase")
    if not list(PROGRAM.parents[1].glob("@supabase/cli-*")):
        raise SchemaError(
            "package-lock.json has no Supabase command line for this machine: "
            "cd infra/schema && npm install --no-save supabase"
        )
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            [str(PROGRAM), *arguments, "--workdir", str(folder), "--agent", "no"],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            env={
                **os.environ,
                **variables,
                "SUPABASE_HOME": home,
                "SUPABASE_NO_UPDATE_NOTIFIER": "1",
                "SUPABASE_TELEMETRY_DISABLED": "1",
            },
        )


def ask_supabase(arguments: list[str], folder: Path = REPOSITORY) -> str:
    """Run one command and give what it prints.

    Raises:
        SchemaError: if it fails, with what it said.
    """
    done = run_supabase(arguments, folder)
    if done.returncode != 0:
        said = f"{done.stdout}{done.stderr}".strip()
        raise SchemaError(f"supabase {' '.join(arguments[:2])} failed:\n{said}")
    return done.stdout


def locate(url: str) -> str:
    """Give a throwaway database's URL as the command line wants it: without TLS."""
    return f"{url}?sslmode=disable"
