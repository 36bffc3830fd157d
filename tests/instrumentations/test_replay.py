"""What each library emitted becomes what was really served."""

from __future__ import annotations

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner
from trials.instrumentations.catalogue import LIBRARIES
from trials.instrumentations.document import DOCUMENT, write_document
from trials.instrumentations.fixtures import read_fixtures
from trials.instrumentations.replay import Findings, judge_fixtures
from trials.instrumentations.shortcomings import SHORTCOMINGS

FIXTURES = list(read_fixtures())
SCENARIOS = [
    (fixture["library"], scenario["name"])
    for fixture in FIXTURES
    for scenario in fixture["scenarios"]
]


@pytest.fixture(scope="module")
def findings(database: Database) -> Findings:
    """Every scenario, stored and compared with what was served."""
    return judge_fixtures(database, FIXTURES)


@pytest.mark.parametrize(("library", "scenario"), SCENARIOS)
def test_nothing_is_wrong(library: str, scenario: str, findings: Findings) -> None:
    """Calls, models, tokens and errors are what was served, or absent, but for what is listed."""
    wrong = [each for each in findings[library, scenario] if each.verdict == "wrong"]

    assert bool(wrong) == ((library, scenario) in SHORTCOMINGS), wrong


def test_every_call_whose_tokens_are_known_has_a_cost_or_a_reason(
    database: Database, findings: Findings
) -> None:
    """Each recorded model has its price; where a cost is open, the row says why."""
    with connect_as_owner(database) as owner:
        unpriced = owner.execute(
            "select provider, request_model, response_model from spans"
            " where counted and usage_status = 'reported' and cost_usd is null"
            " and unknown_because is null"
        ).fetchall()

    assert unpriced == []


def test_single_spans_say_the_same(database: Database, findings: Findings) -> None:
    """Span by span, the last one first, every scenario ends in the same facts."""
    assert judge_fixtures(database, FIXTURES, singly=True) == findings


def test_document_is_of_the_fixtures(findings: Findings) -> None:
    """docs/libraries.md is what `make test-libraries ARGS=--document` writes."""
    assert DOCUMENT.read_text(encoding="utf-8") == write_document(FIXTURES, findings)


def test_every_library_is_recorded_at_its_pinned_version() -> None:
    """A library that is new, or pinned anew, asks for `make test-libraries ARGS=--write`."""
    recorded = {
        fixture["library"]: (fixture["version"], [each["name"] for each in fixture["scenarios"]])
        for fixture in FIXTURES
    }

    assert recorded == {each.name: (each.version, list(each.lived)) for each in LIBRARIES}
