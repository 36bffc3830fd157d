"""docs/deploy.md lists what the path has."""

from __future__ import annotations

import re

from infra.deploy.path import STEPS
from infra.deploy.questions import QUESTIONS
from infra.local.settings import REPOSITORY
from trials.deploy.__main__ import replace_recording

PAGE = (REPOSITORY / "docs" / "deploy.md").read_text(encoding="utf-8")


def read_section(title: str) -> str:
    """Give a section of the page."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_steps_of_the_page_are_those_of_the_path() -> None:
    """Each in its order."""
    told = re.findall(r"^\| ([a-z ]+) \|", read_section("The steps"), re.MULTILINE)

    assert told[1:] == [step.name for step in STEPS]


def test_the_page_names_every_answer() -> None:
    """By its name and its variable, or, where it is a secret, by its variable."""
    table = read_section("The answers")
    names = [each.variables[0] for each in QUESTIONS]
    names += [each.name for each in QUESTIONS if not each.secret]

    assert [name for name in names if f"`{name}`" not in table] == []


def test_the_recording_tells_a_failure_and_the_rest_of_the_way() -> None:
    """It is of the path as it is: every step is in it, one failed, and a later run did it."""
    recording = PAGE.partition("<!-- recorded by")[2]
    last = recording.partition("The same command goes on from there:")[2]

    assert re.findall(r"^(?:done|there) +([a-z ]+):", last, re.MULTILINE) == [
        step.name for step in STEPS
    ]
    assert "failed signing key" in recording
    assert "failed stack" in recording


def test_a_recording_takes_the_place_of_the_last_one() -> None:
    """What stands around it stays."""
    page = replace_recording(PAGE, "new")

    assert replace_recording(page, "new") == page
    assert page.partition("<!--")[0] == PAGE.partition("<!--")[0]
