"""A tenant's rules from attributes to columns: set as a whole, or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local.throwaway import Database
from llm_observe.dialects.mapping import FIELDS, is_field
from tests.database.support.callers import administer, ingest_body, read_as, refused_call

Rule = dict[str, Any]
MODEL: Rule = {"attribute": "my.model", "field": "request_model", "value": None}
CHAT: Rule = {"attribute": "my.model", "field": "operation", "value": "chat"}
TOKENS: Rule = {"attribute": "my.tokens", "field": "input_tokens", "value": None}


def set_rules(database: Database, tenant: str, *rules: Rule) -> Any:
    return administer(database, tenant, "set_attribute_mappings", mappings=rules)["mappings"]


def read_rules(database: Database, tenant: str) -> Any:
    """Give what the door is told."""
    return ingest_body(database, tenant, {"spans": [], "settings": True})["mappings"]


def test_the_library_and_the_database_fill_the_same_fields(database: Database, tenant: str) -> None:
    """What one of them knows and the other doesn't would be refused, or ignored in silence."""
    rules = [{"attribute": "a", "field": field} for field in FIELDS]
    assert {rule["field"] for rule in set_rules(database, tenant, *rules)} == set(FIELDS)
    refused = refused_call(
        database,
        "llm_admin",
        tenant,
        "set_attribute_mappings",
        {"mappings": [MODEL | {"field": "x"}]},
    )
    assert refused == ("22023", "Rule 1 has no field that a rule can fill.")


@pytest.mark.parametrize(
    "field", ["tag:plan", "tag:" + "k" * 64, "tag:größe", "tag:", "tag:a b", "tag:" + "k" * 65]
)
def test_the_library_and_the_database_know_the_same_tags(
    database: Database, tenant: str, field: str
) -> None:
    """By its key a tag is a field of both, or of neither."""
    rules = {"mappings": [MODEL | {"field": field}]}
    if is_field(field):
        assert set_rules(database, tenant, MODEL | {"field": field}) == rules["mappings"]
    else:
        refused = refused_call(database, "llm_admin", tenant, "set_attribute_mappings", rules)
        assert refused == ("22023", "Rule 1 has no field that a rule can fill.")


def test_a_list_replaces_the_one_before(
    database: Database, another_tenant: Callable[[], str]
) -> None:
    """Whole and in order of attributes; another tenant's rules stay, and an empty list is none."""
    mine, theirs = another_tenant(), another_tenant()
    set_rules(database, theirs, TOKENS)
    assert set_rules(database, mine, TOKENS, MODEL, CHAT) == [CHAT, MODEL, TOKENS]
    assert set_rules(database, mine, MODEL) == [MODEL] == read_rules(database, mine)
    assert set_rules(database, mine) == [] == read_rules(database, mine)
    assert read_rules(database, theirs) == [TOKENS]


def test_rules_are_only_told_when_asked_for(database: Database, tenant: str) -> None:
    """Batches of spans pay nothing for them."""
    set_rules(database, tenant, MODEL)
    assert ingest_body(database, tenant, {"spans": []})["mappings"] is None
    assert read_rules(database, tenant) == [MODEL]


def test_only_changed_rules_are_events(database: Database, tenant: str) -> None:
    """An event for each rule that comes, goes or has another value."""
    set_rules(database, tenant, MODEL, CHAT)
    set_rules(database, tenant, MODEL, CHAT | {"value": "embeddings"})
    query = "select action, target, details from audit_events order by created_at, details"
    events = [
        (row["action"], row["target"], row["details"]["field"], row["details"].get("value"))
        for row in read_as(database, "llm_admin", tenant, query)
    ]
    assert sorted(events, key=str) == sorted(
        [
            ("attribute_mapping.created", "my.model", "request_model", None),
            ("attribute_mapping.created", "my.model", "operation", "chat"),
            ("attribute_mapping.deleted", "my.model", "operation", "chat"),
            ("attribute_mapping.created", "my.model", "operation", "embeddings"),
        ],
        key=str,
    )


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (None, "mappings is not a list of rules."),
        ({}, "mappings is not a list of rules."),
        ([MODEL | {"attribute": str(n)} for n in range(201)], "mappings has more than 200 rules."),
        ([7], "Rule 1 has no attribute of 1 to 256 characters."),
        ([MODEL, {"field": "provider"}], "Rule 2 has no attribute of 1 to 256 characters."),
        ([MODEL | {"attribute": ""}], "Rule 1 has no attribute of 1 to 256 characters."),
        ([MODEL | {"attribute": "a" * 257}], "Rule 1 has no attribute of 1 to 256 characters."),
        ([MODEL | {"field": None}], "Rule 1 has no field that a rule can fill."),
        ([MODEL | {"field": "cost_usd"}], "Rule 1 has no field that a rule can fill."),
        ([MODEL | {"value": 7}], "Rule 1 has a value that is not text of 1 to 256 characters."),
        ([MODEL | {"value": ""}], "Rule 1 has a value that is not text of 1 to 256 characters."),
        (
            [MODEL, TOKENS, MODEL],
            "Rule 3 fills the same field from the same attribute as an earlier one.",
        ),
    ],
)
def test_one_bad_rule_changes_nothing(
    database: Database, tenant: str, rules: Any, sentence: str
) -> None:
    """It is named by its place, and the list that stood before stands."""
    set_rules(database, tenant, TOKENS)
    body = {"mappings": rules}
    refused = refused_call(database, "llm_admin", tenant, "set_attribute_mappings", body)
    assert refused == ("22023", sentence)
    assert read_rules(database, tenant) == [TOKENS]


def test_one_of_two_concurrent_lists_is_kept_whole(database: Database, tenant: str) -> None:
    """Never a mixture of both."""
    lists = [[MODEL | {"attribute": f"{n}.{i:02}"} for i in range(50)] for n in range(4)]
    with ThreadPoolExecutor(len(lists)) as pool:
        answers = list(pool.map(lambda rules: set_rules(database, tenant, *rules), lists))
    assert answers == lists
    assert read_rules(database, tenant) in lists
