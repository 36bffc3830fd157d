"""The page of snippets and the catalogue name the same libraries; `make test-libraries` runs them.

tests/functions/ingest/test_sending.py runs what the project's own environment can.
"""

from __future__ import annotations

import pytest

from llm_observe.dialects import DIALECTS
from trials.instrumentations.catalogue import LIBRARIES
from trials.instrumentations.library import Library
from trials.instrumentations.senders import SENDERS
from trials.instrumentations.snippet_calls import add_call
from trials.instrumentations.snippets import ODDITIES, read_commands, read_snippets
from trials.instrumentations.trial import expect_dialect

SNIPPETS, COMMANDS = read_snippets(), read_commands()
SHOWN_HERE = (*(each for each in LIBRARIES if each.is_run), *SENDERS)
DIALECT_NAMES = {"plain", *(dialect.name for dialect in DIALECTS)}
SHOWN = [library for library in SHOWN_HERE if library.name not in ODDITIES]
NAMES = {library.name for library in SHOWN_HERE}


def test_every_library_has_a_snippet_or_a_reason() -> None:
    """And no snippet is of a library that is not run."""
    assert SNIPPETS.keys() | COMMANDS.keys() == NAMES - set(ODDITIES)
    assert not SNIPPETS.keys() & COMMANDS.keys()
    assert set(ODDITIES) <= NAMES


@pytest.mark.parametrize("library", SHOWN, ids=lambda library: library.name)
def test_a_snippet_is_a_program(library: Library) -> None:
    """What a reader puts together is Python that compiles, and its spans' dialect is known."""
    assert expect_dialect(library.name) in DIALECT_NAMES
    if library.script is None:
        compile(add_call(library.name, SNIPPETS.get(library.name, "")), library.name, "exec")
