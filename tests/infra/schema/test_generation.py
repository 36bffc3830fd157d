"""``make migration``: Supabase's own ``db diff`` writes the next migration, and we judge it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.migrations import MigrationError
from infra.local.settings import Settings
from infra.schema import __main__, command_line
from infra.schema.__main__ import main
from infra.schema.errors import SchemaError
from infra.schema.generation import BY_HAND, write_migration
from infra.schema.newest import CONSTANT, record_newest
from tests.infra.schema.conftest import Project

BOOKINGS = """
create table public.bookings (tenant_id text not null, booking_id uuid not null,
  primary key (tenant_id, booking_id));
alter table public.bookings enable row level security;
alter table public.bookings force row level security;
create policy bookings_read on public.bookings for select to authenticated using (true);
revoke all on public.bookings from anon, authenticated, service_role;
grant select (booking_id) on public.bookings to authenticated;
comment on table public.bookings is 'Who''s where.';
create function public.book(jsonb) returns jsonb language sql set search_path = ''
as $$ select $1 $$;
revoke execute on function public.book(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.book(jsonb) to authenticated;
create index rooms_by_note on public.rooms (tenant_id, note);
"""


def test_nothing_is_written_where_nothing_differs(project: Project) -> None:
    """A comment in a schema file is no difference, and no file appears."""
    project.edit("create view", "-- Rooms that nobody has closed.\ncreate view")
    assert project.write() is None
    assert len(list(project.migrations.iterdir())) == 1


def test_an_edit_of_every_kind_becomes_one_migration(project: Project) -> None:
    """Columns, indexes, functions, views, tables, rights and blocks: all, and nothing is left."""
    project.edit("  note text,", "  note text,\n  size integer check (size > 0),")
    project.edit("select count(*) from", "select count(room_id) from")
    project.edit("tenant_id, room_id from", "tenant_id, room_id, note from")
    (project.schemas / "30_bookings.sql").write_text(BOOKINGS)
    ground = project.schemas / "10_ground.sql"
    ground.write_text(ground.read_text().replace("begin null;", "begin perform 1;"))
    written = project.write()
    assert written is not None
    assert (written.trouble, written.left) == ("", [])
    text = written.path.read_text()
    assert "set local lock_timeout" in text
    # On a project that grants everything by itself a new function would be everybody's.
    assert 'REVOKE ALL ON FUNCTION "public"."book"(jsonb) FROM PUBLIC, "anon"' in text
    # The owner is not called so on every server.
    assert '"postgres"' not in text
    # A database has the months that it has: an index is made on those, not on today's.
    assert "rooms_2026" not in text
    assert "rooms_by_note ON public.rooms USING" in text
    # No database shows a block: it is copied, and marked.
    assert f"{BY_HAND} copied from supabase/schemas/10_ground.sql" in text
    assert "do $$ begin perform 1; end $$;" in text
    assert project.write("change_nothing") is None


def test_a_difference_left_over_is_named(project: Project) -> None:
    """A column in the middle of a table cannot be had: the file ends with the difference."""
    project.edit("  note text,", "  size integer,\n  note text,")
    written = project.write()
    assert written is not None
    assert any("public.rooms.size, place: 5 → 4" in str(one) for one in written.left)
    assert f"{BY_HAND} column public.rooms.size, place" in written.path.read_text()


def test_a_schema_that_does_not_apply_is_named(project: Project) -> None:
    """The file and the line of the present, and nothing is written."""
    project.edit("returns bigint", "returns bigger")
    with pytest.raises(MigrationError, match=r"20_rooms\.sql, line \d+: .*bigger"):
        project.write()
    assert len(list(project.migrations.iterdir())) == 1


@pytest.mark.parametrize("name", ["", "x", "Add", "add-x", "../add", "1st", "a" * 61])
def test_a_bad_name_is_refused(project: Project, name: str) -> None:
    """Before anything is started."""
    with pytest.raises(SchemaError, match="is no name: 3 to 60 of a-z"):
        project.write(name)


def test_a_clock_that_goes_back_is_refused(project: Project, settings: Settings) -> None:
    """A migration older than the newest would never be applied."""
    early = datetime(2025, 1, 1, tzinfo=UTC)
    with pytest.raises(SchemaError, match="migration 20260101000000 is newer"):
        write_migration("late", settings, early, project.migrations, project.schemas)


def test_a_missing_command_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not installed, and not for this machine, are two things."""
    program = tmp_path / "node_modules" / ".bin" / "supabase"
    monkeypatch.setattr(command_line, "PROGRAM", program)
    with pytest.raises(SchemaError, match="make setup-supabase"):
        command_line.run_supabase(["--version"])
    program.parent.mkdir(parents=True)
    program.touch()
    with pytest.raises(SchemaError, match="no Supabase command line for this machine"):
        command_line.run_supabase(["--version"])


def test_an_error_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and no traceback."""
    assert main(["No"]) == 1
    assert capsys.readouterr().err.startswith("NAME=No is no name")


def test_nothing_is_written_beside_an_edited_migration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The author learns of it before CI does."""
    monkeypatch.setattr(__main__, "find_edited", lambda: ["x.sql was released and then edited."])
    assert main(["add_x"]) == 1
    assert capsys.readouterr().err == "x.sql was released and then edited.\n"


def test_the_newest_version_is_written_where_the_library_has_it(tmp_path: Path) -> None:
    """The constant follows the newest file, also back to an older one, and keeps its docstring."""
    constant = tmp_path / "newest_migration.py"
    constant.write_text(CONSTANT.read_text())
    for version in ("20270101000000", "20261231000000"):
        (tmp_path / f"{version}_some_name.sql").touch()
        record_newest(tmp_path, constant)
        assert f'"{version}"' in constant.read_text()
        (tmp_path / f"{version}_some_name.sql").unlink()

    assert constant.read_text().startswith(CONSTANT.read_text().partition("\n")[0])
