"""Supabase's own advisors (splinter's queries, in its CLI) on the migrated database."""

from __future__ import annotations

import subprocess
from typing import Final

from infra.local.throwaway import Database
from infra.schema.command_line import locate, run_supabase
from tests.database.support.callers import connect_as_owner

_OWNER_VIEW: Final = """
create view public.newest_spans as select * from public.spans order by start_time desc limit 10;
grant select on public.newest_spans to authenticated, anon;
"""


def advise(database: Database) -> subprocess.CompletedProcess[str]:
    """Ask the advisors; they exit with another code than 0 where they find an error."""
    place = ["--remote", locate(database.owner_url)]
    return run_supabase(["db", "advisors", "--fail-on", "error", *place])


def test_advisors_find_no_error(database: Database) -> None:
    """None in what the migrations make, and one as soon as a view of its owner is there."""
    sound = advise(database)
    with connect_as_owner(database) as connection:
        connection.execute(_OWNER_VIEW)
    broken = advise(database)

    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert broken.returncode != 0
    assert "newest_spans" in broken.stdout + broken.stderr
