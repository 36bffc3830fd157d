"""Whose content is stored: its process and its tenant both have to allow it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    administer,
    call_function,
    connect_as,
    read_as,
    read_as_owner,
)
from tests.database.support.keys import digest, from_now
from tests.database.support.spans import call

MARKER = "xyzzy-marker-of-a-prompt"
PROSE = f"{MARKER} " * 12
CONTENT: dict[str, Any] = {
    "input": [{"role": "user", "content": MARKER}],
    "output": MARKER,
    "status_message": MARKER,
    "attributes": {
        "server.address": "api.example.com",
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ["a", "b"],
        "llm_observe.repairs": ["text_cleaned"],
        "free.prose": PROSE,
        "free.map": {MARKER: 1},
        "free.list": [PROSE],
        "free.nest": [[MARKER]],
    },
}
KEPT = {
    "server.address": "api.example.com",
    "gen_ai.request.seed": 7,
    "gen_ai.request.stop_sequences": ["a", "b"],
    "llm_observe.repairs": ["text_cleaned", "content_dropped"],
}
TOKEN, KEY = "token000", "apikey00"
PERSON = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def tenant_with_keys(database: Database, tenant: str) -> str:
    """A tenant with an ingest token, and an API key and a member that may administer."""
    administer(
        database, tenant, "create_ingest_token",
        key_id=TOKEN, name="a token", expires_at=from_now(days=1),
    )  # fmt: skip
    administer(
        database, tenant, "create_api_key",
        key_id=KEY, name="a key", environment="live", scopes=["admin"], digest=digest(1),
    )  # fmt: skip
    administer(database, tenant, "set_membership", user_id=PERSON, role="admin")
    return tenant


def set_capture(database: Database, tenant: str, mode: str, by: str | None = "command") -> Any:
    return administer(database, tenant, "set_content_capture", by=by, content_capture=mode)


def send(database: Database, tenant: str, by: str | None, span: dict[str, Any]) -> Any:
    """Ingest a span with the token of a credential, and give the answer."""
    with connect_as(database, "llm_ingest", tenant, by) as connection:
        return call_function(connection, "ingest_spans", {"spans": [span]})


@pytest.mark.parametrize(
    ("mode", "by", "kept"),
    [
        ("follow", None, True),
        ("follow", KEY, True),
        ("follow", "span_writer", True),
        ("follow", TOKEN, False),
        ("follow", "unknown0", False),
        ("on", TOKEN, True),
        ("on", None, True),
        ("off", TOKEN, False),
        ("off", KEY, False),
        ("off", None, False),
    ],
)
def test_content_is_for_both_to_allow(
    database: Database, tenant_with_keys: str, mode: str, by: str | None, *, kept: bool
) -> None:
    """What is not stored is told in the span's repairs; the span stays."""
    tenant = tenant_with_keys
    set_capture(database, tenant, mode)
    answer = send(database, tenant, by, call(1) | CONTENT)
    query = "select attributes, status_message, input, output from public.span_details"
    (row,) = read_as(database, "authenticated", tenant, query)

    assert (answer["stored"], answer["content"]) == (1, kept)
    if kept:
        assert row == {name: CONTENT[name] for name in row}
    else:
        assert row == {"attributes": KEPT, "status_message": None, "input": None, "output": None}


def test_a_span_without_content_is_left_as_it_is(database: Database, tenant_with_keys: str) -> None:
    """Nothing is noted where nothing was left out."""
    span = call(1, attributes={"server.port": 443}) | {"input": None, "status_message": None}
    send(database, tenant_with_keys, TOKEN, span)
    query = "select attributes from public.spans where tenant_id = %s"
    (row,) = read_as_owner(database, query, (tenant_with_keys,))

    assert row["attributes"] == {"server.port": 443}


@pytest.mark.parametrize("by", [KEY, f"user:{PERSON}"])
def test_on_is_for_the_projects_operator(
    database: Database, tenant_with_keys: str, by: str
) -> None:
    """A tenant's admin forbids content and allows it to its processes again, and no more."""
    tenant = tenant_with_keys
    assert set_capture(database, tenant, "off", by) == {"content_capture": "off"}
    assert set_capture(database, tenant, "follow", by) == {"content_capture": "follow"}
    with pytest.raises(psycopg.Error) as caught:
        set_capture(database, tenant, "on", by)

    assert caught.value.sqlstate == "PT403"
    assert "make access" in (caught.value.diag.message_primary or "")


def test_a_change_is_audited(database: Database, tenant: str) -> None:
    """Who, from what, to what."""
    set_capture(database, tenant, "off", by="dev")
    query = """
        select actor, action, details from public.audit_events where tenant_id = %s"""
    (event,) = read_as_owner(database, query, (tenant,))

    assert event == {
        "actor": "dev",
        "action": "tenant.changed",
        "details": {"content_capture": {"from": "follow", "to": "off"}},
    }


@pytest.mark.parametrize("body", [{}, {"content_capture": "ON"}, {"content_capture": None}])
def test_another_mode_is_refused(database: Database, tenant: str, body: dict[str, Any]) -> None:
    """In words, under 22023."""
    with pytest.raises(psycopg.Error) as caught:
        administer(database, tenant, "set_content_capture", by="dev", **body)

    assert caught.value.sqlstate == "22023"
