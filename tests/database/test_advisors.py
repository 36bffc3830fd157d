"""Supabase's own advisors (splinter's queries, in its CLI) on the migrated database."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path
from typing import Final

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner

PACKAGE = "@supabase/cli-linux-x64"
VERSION = "3.1.0"
_OWNER_VIEW: Final = """
create view public.newest_spans as select * from public.spans order by start_time desc limit 10;
grant select on public.newest_spans to authenticated, anon;
"""


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CLI from npm: its package for this platform, since the other one fetches elsewhere."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip(f"{PACKAGE} is for Linux on x86_64.")
    folder = tmp_path_factory.mktemp("advisors")
    install = ["npm", "install", "--prefix", str(folder), "--no-save", "--no-audit", "--no-fund"]
    subprocess.run([*install, f"{PACKAGE}@{VERSION}"], check=True, capture_output=True)
    return folder / "node_modules" / PACKAGE / "bin" / "supabase"


def advise(cli: Path, database: Database) -> subprocess.CompletedProcess[str]:
    """Ask the advisors; they exit with another code than 0 where they find an error."""
    command = [str(cli), "db", "advisors", "--db-url", database.owner_url, "--fail-on", "error"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cli.parent)


def test_advisors_find_no_error(cli: Path, database: Database) -> None:
    """None in what the migrations make, and one as soon as a view of its owner is there."""
    sound = advise(cli, database)
    with connect_as_owner(database) as connection:
        connection.execute(_OWNER_VIEW)
    broken = advise(cli, database)

    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert broken.returncode != 0
    assert "newest_spans" in broken.stdout + broken.stderr
