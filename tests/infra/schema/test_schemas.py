"""``supabase/schemas`` is the present: each thing once, in files that Supabase's tools find."""

from __future__ import annotations

import re
import tomllib

from infra.local.migrations import SCHEMAS, read_schemas

_PATCHES = re.compile(
    r"create\s+or\s+replace\b|drop\s|alter\s+table\s+\S+\s+(?:add|drop|alter|rename)\b"
    r"|alter\s+(?:function|view|policy|index)\b",
    re.IGNORECASE,
)


def test_nothing_is_made_and_then_changed() -> None:
    """A table has all its columns where it is made; what is made twice Postgres refuses."""
    patches = [
        (file.path.name, statement.line)
        for file in read_schemas()
        for statement in file.statements
        if _PATCHES.match(re.sub(r"\A(?:\s*--[^\n]*\n)*\s*", "", statement.text))
    ]
    assert patches == []


def test_supabase_is_told_of_every_file_in_our_order() -> None:
    """Globs name files by alphabet, which is by number; both of Supabase's engines get all."""
    config = tomllib.loads((SCHEMAS.parent / "config.toml").read_text())
    files = [file.path for file in read_schemas()]
    (pattern,) = config["db"]["migrations"]["schema_paths"]
    assert sorted(SCHEMAS.parent.glob(pattern)) == files
    folder = SCHEMAS.parent / config["experimental"]["pgdelta"]["declarative_schema_path"]
    assert sorted(folder.rglob("*.sql")) == files


def test_numbers_are_given_once() -> None:
    """Two files of one number would have no order that a reader sees."""
    numbers = [file.version for file in read_schemas()]
    assert numbers == sorted(set(numbers))
