"""The campaign's verdict sees each thing that could be wrong."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from trials.chaos.accounts import Stored, read_journal, settle
from trials.chaos.schedule import NETWORK, PROCESSES, plan_network, plan_processes

LINES = ["sent 0 3", "answer 503", "answer 200", "acked 0 3", "sent 3 2", "sen"]
ROWS = [("a", f"a/c/{number}") for number in range(4)]


def test_a_sound_run_is_sound() -> None:
    """What was not acknowledged may be stored or not; what was acknowledged is."""
    verdict = settle([read_journal("a", "c", LINES)], Stored(ROWS, 0))

    assert (verdict.acked, verdict.stored, verdict.sent) == (3, 4, 5)
    assert verdict.sound


@pytest.mark.parametrize(
    ("lines", "rows", "wrong_sums", "wrong"),
    [
        ([], ROWS[1:], 0, "lost"),
        ([], [*ROWS, ROWS[0]], 0, "duplicates"),
        ([], ROWS, 1, "wrong_sums"),
        ([], [*ROWS[1:], ("b", "a/c/0")], 0, "foreign"),
        ([], [*ROWS, ("a", "a/c/9")], 0, "unsent"),
        (["rejected 1"], ROWS, 0, "rejected"),
        (["answer 500"], ROWS, 0, "errors"),
    ],
)
def test_every_kind_of_fault_is_counted_once(
    lines: list[str], rows: list[tuple[str, str]], wrong_sums: int, wrong: str
) -> None:
    """Once, by its name, and the run is not sound."""
    verdict = settle([read_journal("a", "c", LINES + lines)], Stored(rows, wrong_sums))
    counts = asdict(verdict)

    assert not verdict.sound
    assert {name for name in list(counts)[3:] if counts[name]} == {wrong}


def test_a_run_that_shows_nothing_is_not_sound() -> None:
    """Where nothing was acknowledged, nothing was proven."""
    assert not settle([], Stored([], 0)).sound


def test_a_seed_gives_the_same_faults_again() -> None:
    """Another seed gives others, and a few minutes have every kind."""
    assert plan_network(7, 60) == plan_network(7, 60) != plan_network(8, 60)
    assert {fault.name for fault in plan_network(7, 120)} == set(NETWORK)
    assert {fault.name for fault in plan_processes(7, 120)} == set(PROCESSES)
