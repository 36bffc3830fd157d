"""Whatever one tenant sends, the others are served, and its own good spans are stored."""

from __future__ import annotations

import random

import httpx
import pytest

from infra.local.throwaway import Database
from tests.database.support.failing import DAWDLER, inject_faults, name_fault
from tests.functions.ingest.conftest import Post, read_answer, read_rows
from tests.functions.ingest.spans import make_request, make_span, to_json

ROWS = ("54000", "54001", "22003", "23514", "23505")
UNFORESEEN = ("XX000", "P0001", "21000", "2200G")
TENANTS_OWN = ("57014", "40001", "40P01", "55P03", "53100", "53200", "25006")
OURS = ("42501", "42P01")
ATTACKS = 6
"""Twice as many failures as open the breaker of a process."""


@pytest.fixture(autouse=True, scope="module")
def _faults(database: Database) -> None:
    inject_faults(database)


def draw_text(length: int) -> str:
    """A text that no compression makes shorter, as a token is."""
    return "".join(
        random.Random(length).choices("abcdefghijklmnopqrstuvwxyz0123456789._-", k=length)
    )


def send_user(
    post: Post, user: str, tenant: str, *, before: int = 1, after: int = 1
) -> httpx.Response:
    """Send a span of a user between good ones."""
    good = [make_span() for _ in range(before + after)]
    odd = make_span(attributes={"user.id": user})
    return post(to_json(make_request(*good[:before], odd, *good[before:])), tenant=tenant)


def count_users(database: Database, tenant: str) -> list[str | None]:
    return [row["user_id"] for row in read_rows(database, "spans", tenant)]


@pytest.mark.parametrize("length", [257, 2_000, 2_700, 8_192, 100_000])
def test_a_long_user_id_costs_nobody_a_span(post: Post, database: Database, length: int) -> None:
    """A token of 2,700 characters as a user's id overflowed an index: 503 for ever, for all."""
    tenant = f"long-{length}"
    users = [draw_text(length) + end for end in ("a", "b")]
    answers = [send_user(post, user, tenant) for user in users]
    stored = [user for user in count_users(database, tenant) if user]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert not any(read_answer(answer).partial_success.rejected_spans for answer in answers)
    assert len(read_rows(database, "spans", tenant)) == 6
    assert len(set(stored)) == 2
    assert all(user.startswith("sha256:") for user in stored)


@pytest.mark.parametrize("code", [*ROWS, *UNFORESEEN])
def test_a_row_that_fails_is_named_and_its_neighbours_are_stored(
    post: Post, database: Database, code: str
) -> None:
    """Also where nobody foresaw why, and where it is alone."""
    tenant = f"row-{code.lower()}"
    beside = send_user(post, name_fault(code), tenant, before=10, after=7)
    alone = send_user(post, name_fault(code), tenant, before=0, after=0)
    told = [read_answer(answer).partial_success for answer in (beside, alone)]

    assert [answer.status_code for answer in (beside, alone)] == [200, 200]
    assert [one.rejected_spans for one in told] == [1, 1]
    assert "secret" not in told[0].error_message
    assert count_users(database, tenant) == [None] * 17


@pytest.mark.parametrize("code", [*ROWS, *UNFORESEEN, *TENANTS_OWN, *OURS])
def test_one_tenants_failures_reach_no_other(post: Post, code: str) -> None:
    """While its requests fail, as they may, another's are answered 200, each of them."""
    theirs, others = set(), []
    for _ in range(ATTACKS):
        theirs.add(send_user(post, name_fault(code), f"attacker-{code.lower()}").status_code)
        others.append(post(to_json(make_request(make_span())), tenant="neighbour").status_code)

    assert others == [200] * ATTACKS
    assert theirs == ({200} if code in ROWS + UNFORESEEN else {503})


def test_a_slow_statement_holds_up_no_neighbour(post: Post) -> None:
    """The database ends it before the door gives up on the database, whatever time is left."""
    theirs, others = [], []
    for _ in range(4):
        theirs.append(send_user(post, DAWDLER, "dawdling").status_code)
        others.append(post(to_json(make_request(make_span())), tenant="brisk").status_code)

    assert (theirs, others) == ([503] * 4, [200] * 4)


def test_a_tenant_in_trouble_is_told_to_wait(post: Post, database: Database) -> None:
    """After its second failure the database is spared it for a second; then it is served."""
    answers = [send_user(post, name_fault("57014"), "slow") for _ in range(2)]
    good = post(to_json(make_request(make_span())), tenant="slow")

    assert [answer.status_code for answer in (*answers, good)] == [503] * 3
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
