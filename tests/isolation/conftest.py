"""Fixtures of the attacks, and the lines they end with."""

from __future__ import annotations

import pytest

from tests.isolation.tally import Tally

_TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """The counts of this run."""
    return pytestconfig.stash.setdefault(_TALLY, Tally())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the counts, without -s and -v."""
    for line in config.stash.get(_TALLY, Tally()).lines():
        terminalreporter.write_line(line)
