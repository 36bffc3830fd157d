"""The arithmetic of the lifecycle proof: a loss cannot hide behind a report."""

from __future__ import annotations

import pytest

from trials.lifecycle.accounts import Account, Note, Told, settle

_NOTES = [Note(invocation, "one", f"span-{invocation}") for invocation in range(6)]
_ROWS = [note.marker for note in _NOTES]


def test_all_stored_is_all_accounted() -> None:
    """What is in the table needs no report."""
    account = settle(_NOTES, _ROWS, {"one": Told(6, 6)}).account

    assert account == Account(emitted=6, stored=6)


def test_told_as_waiting_is_reported() -> None:
    """A process that died with two spans on their way has told of both."""
    account = settle(_NOTES, _ROWS[:4], {"one": Told(6, 4)}).account

    assert (account.reported, account.unaccounted) == (2, 0)


@pytest.mark.parametrize(
    ("stored", "told", "unaccounted"),
    [
        # Four stand in the table and are reported waiting, since their answer was cut; two that
        # were never told are missing. The plain count of waiting spans would cover them.
        (4, Told(4, 0), 2),
        # As before, but all were told: the two are among the six that wait.
        (4, Told(6, 0), 0),
        # Acknowledged, and not in the table.
        (5, Told(6, 6), 1),
        # Three wait by the line, two were acknowledged in vain: the line covers its three alone.
        (1, Told(6, 3), 2),
        # Nothing was told at all.
        (5, None, 1),
    ],
)
def test_hidden_loss_is_seen(stored: int, told: Told | None, unaccounted: int) -> None:
    """Each missing span is told as not stored, or counts as unaccounted."""
    settled = settle(_NOTES, _ROWS[:stored], {"one": told} if told else {})

    assert settled.account.unaccounted == unaccounted
    assert settled.account.missing == 6 - stored


def test_one_process_covers_no_other() -> None:
    """A report of spans that are stored after all does not make up for a silent process."""
    others = [Note(7, "two", "silent")]
    told = {"one": Told(6, 0), "two": Told(0, 0)}

    assert settle([*_NOTES, *others], _ROWS, told).account.unaccounted == 1


def test_dead_invocation_is_exempt_alone() -> None:
    """An unannounced death excuses its own spans, and its report covers no other's."""
    told = {"one": Told(6, 4)}
    account = settle(_NOTES, _ROWS[:4], told, crashed={5}).account

    assert (account.lost_unannounced, account.reported, account.unaccounted) == (1, 1, 0)
    silent = settle(_NOTES, _ROWS[:4], {"one": Told(4, 4)}, crashed={5}).account
    assert (silent.lost_unannounced, silent.unaccounted) == (1, 1)


def test_rows_and_counts_that_nobody_wrote_down_are_seen() -> None:
    """A row twice, a row from nowhere, a span counted but never begun."""
    settled = settle(_NOTES, [*_ROWS, "span-0", "stray"], {"one": Told(8, 6)})

    assert (settled.duplicates, settled.unknown, settled.account.overcounted) == (1, 1, 2)
