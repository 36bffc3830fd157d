"""Messages: whatever the rows hold, they arrive as they were, in order, and within SQS' limits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common.auth.access import CallerIdentity
from functions.ingest.messages import (
    MalformedMessageError,
    make_parcels,
    read_message,
    read_rows,
)

CALLER = CallerIdentity("tenant-123", "abcd1234")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=8)


@given(ROWS, st.integers(1, 400))
def test_rows_arrive_as_they_were(rows: list[dict[str, Any]], times: int) -> None:
    """Plain or packed, split or not: the same rows in the same order, and whose they are."""
    sent = rows * times
    messages = [read_message(parcel.write()) for parcel in make_parcels(CALLER, sent)]

    assert [row for message in messages for row in message.rows] == sent
    assert {(message.tenant, message.key_id) for message in messages} <= {
        (CALLER.tenant, CALLER.key_id)
    }


@given(ROWS)
def test_a_message_is_text_that_sqs_takes(rows: list[dict[str, Any]]) -> None:
    """SQS refuses control characters and half of a surrogate pair; ASCII JSON has neither."""
    for parcel in make_parcels(CALLER, rows):
        assert parcel.write().isascii()
        assert parcel.write().isprintable()


def test_a_parcel_is_bounded() -> None:
    """1,000 rows, 4 MiB, or one row that is larger by itself."""
    many = [len(parcel.rows) for parcel in make_parcels(CALLER, [{"name": "x"}] * 2001)]
    large = [len(parcel.rows) for parcel in make_parcels(CALLER, [{"name": "x" * 3_000_000}] * 3)]
    huge = [len(parcel.rows) for parcel in make_parcels(CALLER, [{"name": "x" * 9_000_000}, {}])]

    assert (many, large, huge) == ([1000, 1000, 1], [1, 1, 1], [1, 1])


def test_a_claim_holds_the_packed_rows() -> None:
    """The message has the object's name in place of the rows."""
    (parcel,) = make_parcels(CALLER, [{"name": "x"}])
    message = read_message(parcel.write_claim("claims/1"))

    assert (message.claim, message.rows) == ("claims/1", [])
    assert read_rows(parcel.pack()) == [{"name": "x"}]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"tenant_id": "*"},
        {"tenant_id": None},
        {"key_id": 1},
        {"rows": {}},
        {"rows": [1]},
        {"rows_gzip": "?"},
        {"rows_gzip": "H4sI"},
    ],
)
def test_anything_else_is_refused_without_its_values(change: dict[str, Any]) -> None:
    """A message of another version or shape is none of ours."""
    (parcel,) = make_parcels(CALLER, [{"name": "secret"}])
    with pytest.raises(MalformedMessageError) as caught:
        read_message(json.dumps(json.loads(parcel.write()) | change))

    assert "secret" not in str(caught.value)
