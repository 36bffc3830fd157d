"""The rules of CONVENTIONS.md, checked on what the migrations really made."""

from __future__ import annotations

import pytest

from tests.database.support.callers import Connection
from tests.database.support.rules import RULES, Rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_migrations_keep_every_rule(owner: Connection, rule: Rule) -> None:
    """Each rule asks the catalogue and finds nothing; the mutants show what it would find."""
    assert rule(owner) == set()
