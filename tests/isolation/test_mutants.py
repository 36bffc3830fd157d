"""The rules of the catalogue see every way in which the schema is broken here."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from infra.local.throwaway import Database
from tests.database.support.callers import Connection
from tests.database.support.rules import RULES
from tests.isolation.counters import Counters
from tests.isolation.mutants import MUTANTS, Mutant

BY_NAME = {rule.__name__: rule for rule in RULES}


@pytest.fixture
def copy(database: Database) -> Iterator[Connection]:
    """The owner of the migrated database, in a transaction that is never committed.

    Roles belong to the whole server: what a mutant does to one must not reach another database.
    """
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        yield connection
        connection.rollback()


def test_nothing_is_caught_unbroken(copy: Connection) -> None:
    """The rules let the schema pass as it is, so that what they catch is the break."""
    assert {name: found for name, rule in BY_NAME.items() if (found := rule(copy))} == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.name} [{mutant.catcher}]")
def test_a_mutant_is_caught(copy: Connection, mutant: Mutant, counters: Counters) -> None:
    """By the rule that is there for it, whatever else finds it too."""
    counters.mutants += 1
    copy.execute(mutant.sql.encode())
    assert BY_NAME[mutant.catcher](copy)
    counters.caught += 1


def test_every_rule_catches_something() -> None:
    """A rule without a mutant could be empty and nobody would know; comments keep nobody out."""
    exempt = {"find_uncommented", "find_tables_without_key"}
    assert BY_NAME.keys() - {one.catcher for one in MUTANTS} == exempt
