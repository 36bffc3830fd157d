"""Whatever a sender calls a user, that user can be forgotten."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from llm_observe.records import bound_id
from tests.database.support import idle
from tests.functions.conftest import Call
from tests.functions.ingest.spans import make_request, make_span

TABLES = ("spans", "span_contents", "traces")
NOTHING: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
AWKWARD = [
    "acme/anna",
    "/",
    "//",
    "a/data",
    "x/data/y",
    "a%41",
    "50%",
    "%2e%2e",
    "?#;+ \\",
    "u" * 256,
    "u" * 257,
    "über-" * 60,
    "nul\x00inside",
    "line\nbreak",
    "\N{RIGHT-TO-LEFT OVERRIDE}anna",
    "anna@example.com, " * 500,
]
"""What a path can carry."""
RESOLVED = [".", "..", "./..", "../../keys"]
"""What clients take out of a path before they send it."""


def store(call: Call, tenant: str, user: str) -> str:
    """Send a call of a user and a step below it that names nobody, by OTLP; its trace's id."""
    parent = make_span(attributes={"user.id": user})
    child = make_span(traceId=parent["traceId"], parentSpanId=parent["spanId"], name="step")
    answer = call("POST", "/v1/traces", tenant=tenant, body=make_request(parent, child))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {}
    return str(parent["traceId"])


def find_rows(database: Database, tenant: str, trace: str) -> dict[str, list[dict[str, Any]]]:
    """Give what there is of a trace in every table that holds one."""
    with idle.lease(database.owner_url) as connection:
        return {
            table: connection.execute(
                f"select * from {table} where tenant_id = %s and trace_id = %s", (tenant, trace)
            ).fetchall()
            for table in TABLES
        }


def read_user(database: Database, tenant: str, trace: str) -> str:
    """Give a stored trace's user."""
    rows = find_rows(database, tenant, trace)
    assert len(rows["spans"]) == 2
    (user,) = {row["user_id"] for row in rows["spans"] if row["user_id"] is not None}
    assert rows["traces"][0]["user_id"] == user
    return str(user)


@settings(max_examples=40, deadline=None, suppress_health_check=[*HealthCheck])
@given(user=st.text(st.characters(codec=None), min_size=1, max_size=300))
@example(user="x" * 9000)
@example(user="\ud800")
@example(user="\ud800" * 300)
@example(user="\x00" * 257)
def test_any_user_is_forgotten(call: Call, database: Database, user: str) -> None:
    """Of any text as ``user.id`` nothing is left in any table, and the receipt names nobody."""
    trace = store(call, "forgets-anybody", user)
    stored = read_user(database, "forgets-anybody", trace)
    answer = call("POST", "/users/forget", tenant="forgets-anybody", body={"user_id": user})

    assert answer.status_code == 200, answer.text
    assert answer.json()["deleted"] == {"spans": 2, "contents": 0, "traces": 1}
    assert answer.json()["target"].startswith("user:")
    assert len(stored) < 8 or stored not in answer.text
    assert find_rows(database, "forgets-anybody", trace) == NOTHING


@pytest.mark.parametrize("user", [*AWKWARD, *RESOLVED, "x" * 65_536], ids=ascii)
def test_awkward_users_are_forgotten_by_body(call: Call, database: Database, user: str) -> None:
    """Slashes, dots, percent signs, long ones: each goes, and its namesakes stay."""
    tenant = "awkward-by-body"
    kept, gone = store(call, tenant, "anna"), store(call, tenant, user)
    answer = call("POST", "/users/forget", tenant=tenant, body={"user_id": user})

    assert answer.json()["deleted"]["spans"] == 2, answer.text
    assert find_rows(database, tenant, gone) == NOTHING
    assert len(find_rows(database, tenant, kept)["spans"]) == 2


@pytest.mark.parametrize("user", AWKWARD, ids=ascii)
def test_awkward_users_are_forgotten_by_path(call: Call, database: Database, user: str) -> None:
    """An id that a path can carry is decoded once: nobody else is meant."""
    tenant = "awkward-by-path"
    kept, gone = store(call, tenant, "aA"), store(call, tenant, user)
    answer = call("DELETE", f"/users/{quote(user, safe='')}/data", tenant=tenant)

    assert answer.json()["deleted"]["spans"] == 2, answer.text
    assert find_rows(database, tenant, gone) == NOTHING
    assert len(find_rows(database, tenant, kept)["spans"]) == 2


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0." + "aB3dE5gH7jK9" * 4


@pytest.mark.parametrize(
    "user", [TOKEN, TOKEN * 9, f"nul\x00{TOKEN}", f"\ud800 {TOKEN}"], ids=ascii
)
@pytest.mark.parametrize("by", ["body", "path"])
def test_a_user_stored_as_a_pseudonym_is_forgotten(
    call: Call, database: Database, user: str, by: str
) -> None:
    """An id in the form of a credential is no id that a caller could look up: it finds them."""
    tenant = f"pseudonymous-by-{by}"
    kept, gone = store(call, tenant, f"{TOKEN}x"), store(call, tenant, user)
    stored = read_user(database, tenant, gone)
    path = quote(user, safe="", errors="replace")
    answer = (
        call("POST", "/users/forget", tenant=tenant, body={"user_id": user})
        if by == "body"
        else call("DELETE", f"/users/{path}/data", tenant=tenant)
    )

    assert stored.startswith("u1:")
    assert answer.json()["deleted"]["spans"] == 2, answer.text
    assert find_rows(database, tenant, gone) == NOTHING
    assert len(find_rows(database, tenant, kept)["spans"]) == 2


def test_a_stored_form_is_enough(call: Call, database: Database) -> None:
    """Who sees only what is stored, a hash or a pseudonym, forgets by that."""
    trace = store(call, "by-form", "z" * 70_000)
    stored = read_user(database, "by-form", trace)
    refused = call("POST", "/users/forget", tenant="by-form", body={"user_id": "z" * 70_000})
    receipt = call("POST", "/users/forget", tenant="by-form", body={"user_id": stored}).json()

    assert stored == bound_id("z" * 70_000)
    assert refused.status_code == 400
    assert "at most 65536 characters" in refused.json()["error"]["message"]
    assert receipt["deleted"]["spans"] == 2
    assert find_rows(database, "by-form", trace) == NOTHING


def test_long_users_are_not_mixed_up(call: Call, database: Database) -> None:
    """Two ids that begin alike are two users."""
    one, other = (store(call, "alike", "a" * 300 + end) for end in "bc")
    call("POST", "/users/forget", tenant="alike", body={"user_id": "a" * 300 + "b"})

    assert find_rows(database, "alike", one)["spans"] == []
    assert len(find_rows(database, "alike", other)["spans"]) == 2


@pytest.mark.parametrize("body", [{}, {"user_id": 7}, {"user_id": None}, {"user": "x"}, [], "x"])
def test_a_malformed_body_is_refused(call: Call, body: object) -> None:
    """400, and the id is not repeated."""
    assert call("POST", "/users/forget", body=body).status_code == 400


def test_the_audit_names_nobody(call: Call) -> None:
    """Not even where the id looks like something else."""
    user = "anna@example.com/../keys"
    store(call, "discreet", user)
    call("POST", "/users/forget", tenant="discreet", body={"user_id": user})
    audit = call("GET", "/audit", tenant="discreet").text

    assert "user.forgotten" in audit
    assert "anna" not in audit


def test_a_path_that_a_client_resolves_forgets_nobody(api: str) -> None:
    """``/users/../data`` is another path by the time it is sent: 404, as any that is not there."""
    answer = httpx.delete(f"{api}/users/../data", headers={"x-tenant-id": "tenant-123"})

    assert answer.status_code == 404
