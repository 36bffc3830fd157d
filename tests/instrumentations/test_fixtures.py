"""Fixtures hold what libraries emitted and nothing of who ran them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from trials.instrumentations.catalogue import LIBRARIES
from trials.instrumentations.fixtures import FOLDER, read_fixtures, write_json

OF_A_MACHINE = re.compile(
    r"(/tmp|/root|/home|/Users|/usr|\.local|node_modules|trials/|host\.name|process\.)"
)
OF_A_RUN = re.compile(r"\b0x[1-9a-f][0-9a-f]{6,}|offline[0-9]*[a-f]|127\.0\.0\.1:(?!8080)\d")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_nothing_of_a_machine_or_a_run(path: Path) -> None:
    """No folder, host or process, no id that another run would change."""
    text = path.read_text(encoding="utf-8")

    assert OF_A_MACHINE.findall(text) == []
    assert OF_A_RUN.findall(text) == []


def test_every_scenario_that_calls_tells_what_was_served() -> None:
    """Truth is recorded for each scenario but those of applications that call no model."""
    silent = {
        fixture["library"]
        for fixture in read_fixtures()
        for scenario in fixture["scenarios"]
        if not scenario["served"]
    }

    assert silent == {"otel-python", "otel-python-json", "otel-js", "otel-js-json"}


def test_what_did_not_run_says_from_where_it_is_known() -> None:
    """Its recording says so, too, and has each scenario with the spans of its own scope."""
    unrun = {each.name: each for each in LIBRARIES if not each.is_run}
    fixtures = {each["library"]: each for each in read_fixtures()}

    assert all(library.source for library in unrun.values())
    assert {name for name, each in fixtures.items() if each["recorded"] == "from source"} == set(
        unrun
    )
    for name in ("anthropic-go", "anthropic-java-vertex", "anthropic-cli"):
        said = json.dumps(fixtures[name])
        assert f"com.anthropic.sdk.{name.removeprefix('anthropic-').replace('-', '.')}" in said
        assert "typescript" not in said


def test_json_is_written_as_it_is_read() -> None:
    """Lines are for diffs; the value is the same."""
    value = {"a": [], "b": {"c": ["é" * 80, {"d": None}], "e": [1.5, True]}, "f": "\n"}

    assert json.loads(write_json(value)) == value
