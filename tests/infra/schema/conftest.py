"""A small project of its own, whose present is edited and whose past is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.settings import Settings
from infra.schema.generation import Written, write_migration
from infra.schema.past import release, write_baseline

GROUND = """
create schema app;
do $$ begin null; end $$;
"""
ROOMS = """
create table public.rooms (
  tenant_id text not null,
  room_id integer not null,
  opened date not null,
  note text,
  primary key (tenant_id, room_id, opened)
) partition by range (opened);
create table public.rooms_default partition of public.rooms default;
create table public.rooms_2026 partition of public.rooms
  for values from ('2026-01-01') to ('2027-01-01');
alter table public.rooms enable row level security;
revoke all on public.rooms, public.rooms_default, public.rooms_2026
  from anon, authenticated, service_role;

create function app.count_rooms() returns bigint language sql stable set search_path = ''
as $$ select count(*) from public.rooms $$;
revoke execute on all functions in schema app from public;

create view public.open_rooms with (security_invoker = true) as
select tenant_id, room_id from public.rooms;
revoke all on public.open_rooms from anon, authenticated, service_role;
"""


@dataclass(frozen=True, slots=True)
class Project:
    """Its folders and its list of released migrations."""

    schemas: Path
    migrations: Path
    released: Path
    settings: Settings

    def edit(self, old: str, new: str) -> None:
        """Change the one place in the rooms' file that says ``old``."""
        path = self.schemas / "20_rooms.sql"
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def write(self, name: str = "change_rooms") -> Written | None:
        """Have the next migration written."""
        now = datetime.now(UTC)
        return write_migration(name, self.settings, now, self.migrations, self.schemas)


@pytest.fixture
def project(tmp_path: Path, settings: Settings) -> Project:
    """A project that has released its baseline and changed nothing since."""
    made = Project(
        tmp_path / "schemas", tmp_path / "migrations", tmp_path / "released.sha256", settings
    )
    made.schemas.mkdir()
    (made.schemas / "10_ground.sql").write_text(GROUND)
    (made.schemas / "20_rooms.sql").write_text(ROOMS)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    write_baseline(first, made.schemas, made.migrations, made.released)
    release(made.migrations, made.released)
    return made
