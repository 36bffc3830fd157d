"""The table of codes, and the halving that leans on it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.supabase.halving import BatchRefusedError, store_each
from llm_observe.supabase.refusals import (
    Refusal,
    classify,
    describe_refusal,
    means_away,
    read_status,
    refuses_tenant,
)

CODES = {
    Refusal.ROW: ["22023", "22P02", "22003", "23502", "23505", "23514", "54000", "54001", "413"],
    Refusal.LIMIT: ["PT429", "429"],
    Refusal.TEMPORARY: [
        *["08006", "25006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014"],
        *["57P01", "58030", "F0000", "XX001", "XX002", "PGRST000", "PGRST003", "PT503", "PT408"],
        *["408", "502", "503", "504", "520"],
    ],
    Refusal.FINAL: [
        *["42501", "42P01", "0P000", "28000", "3F000", "PGRST102", "PGRST202", "PGRST301"],
        *["PT400", "PT401", "PT404", "PT409", "PT410", "400", "401", "404"],
        *["", "UNAUTHORIZED_INVALID_API_KEY"],
    ],
    Refusal.UNFORESEEN: ["XX000", "P0001", "21000", "0A000", "44000", "2F005", "500"],
}


@pytest.mark.parametrize(
    ("code", "meaning"), [(code, meaning) for meaning, codes in CODES.items() for code in codes]
)
def test_each_code_means_one_thing(code: str, meaning: Refusal) -> None:
    """By hand: what may be sent again, what may not, and what is a row's."""
    assert classify(code) is meaning


def test_only_a_lost_connection_means_that_nobody_is_served() -> None:
    """What a statement can bring about itself opens no breaker of all."""
    away = {code for codes in CODES.values() for code in codes if means_away(code)}
    named = {"57P01", "57P02", "57P03", "57P04", "57P05", "PGRST001", "PGRST002", "08000"}

    assert away == {"08006", "53300", "57P01", "PGRST000", "502", "503"}
    assert all(map(means_away, named))
    assert not means_away(None)


def test_a_tenant_that_is_refused_is_told_apart() -> None:
    """A key that was revoked, or a tenant that was deleted, is no row's fault."""
    refused = [code for codes in CODES.values() for code in codes if refuses_tenant(code)]
    assert refused == ["PT400", "PT401", "PT404", "PT409", "PT410"]


def test_only_our_own_words_are_passed_on() -> None:
    """Postgres' may quote a value."""
    assert describe_refusal("22023", "A span is malformed: x.") == "A span is malformed: x."
    assert describe_refusal("22P02", 'invalid input syntax: "secret"').count("secret") == 0
    assert "larger" in describe_refusal("413", None)


class Store:
    """Takes batches without bad items; all calls and what is stored are kept."""

    def __init__(self, bad: set[int], *, certain: bool = True, down: bool = False) -> None:
        self.bad, self.certain, self.down = bad, certain, down
        self.calls = 0
        self.stored: list[int] = []
        self.refused: list[int] = []

    def send(self, batch: Sequence[int]) -> None:
        self.calls += 1
        if self.down and not batch:
            raise ConnectionError
        if self.bad & set(batch):
            raise BatchRefusedError("bad", certain=self.certain)
        self.stored += batch

    def run(self, count: int) -> None:
        store_each(range(count), self.send, lambda item, _: self.refused.append(item))


@given(
    count=st.integers(1, 200), bad=st.sets(st.integers(0, 199), max_size=8), certain=st.booleans()
)
def test_just_the_bad_ones_are_refused(count: int, bad: set[int], *, certain: bool) -> None:
    """All others are stored, once and in their order."""
    store = Store(bad, certain=certain)
    store.run(count)

    assert store.stored == [item for item in range(count) if item not in bad]
    assert sorted(store.refused) == sorted(bad & set(range(count)))


def test_a_database_that_takes_nothing_refuses_no_row() -> None:
    """Where each row fails for an unknown reason and an empty batch, too, it is not the rows."""
    store = Store(set(range(50)), certain=False, down=True)
    with pytest.raises(ConnectionError):
        store.run(50)

    assert store.refused == []


def test_the_calls_are_bounded() -> None:
    """However many are bad, a batch costs 257 calls at most, and each item has its end."""
    store = Store(set(range(0, 5_000, 2)))
    store.run(5_000)

    assert store.calls <= 257
    assert sorted(store.stored + store.refused) == list(range(5_000))


def test_our_own_functions_refuse_with_a_status() -> None:
    """No code of Postgres' or of the Data API's is read as one."""
    statuses = [read_status(code) for code in ("PT404", "PT429", "22023")]
    others = [read_status(code) for code in ("22P02", "404", "PGRST116", "", None)]

    assert statuses == [404, 429, 400]
    assert others == [None] * 5
