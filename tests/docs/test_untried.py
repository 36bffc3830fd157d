"""One list of what has not been tried, and no word of it elsewhere that does not lead there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.local.settings import REPOSITORY

LIST = REPOSITORY / "docs" / "untried.md"
PAGES = [
    path
    for folder in (".", "docs", "docs/adr", "supabase", "tests/functions/events")
    for path in sorted((REPOSITORY / folder).glob("*.md"))
    if path != LIST
]
SOURCES = [
    REPOSITORY / "template.yaml",
    *(
        path
        for folder in ("functions", "infra", "src", ".github")
        for path in sorted((REPOSITORY / folder).rglob("*"))
        if path.suffix in {".py", ".yaml", ".yml", ".md"} and "node_modules" not in path.parts
    ),
]
ADMISSION = re.compile(
    r"\b(?:untried|(?:not|never|nothing) (?:been |was |yet )*(?:tried|run on|seen on)"
    r"(?! (?:again|twice)))\b",
    re.IGNORECASE,
)
ROW = re.compile(r"^\| <a id=\"([a-z0-9-]+)\"></a>(.+) \|$", re.MULTILINE)
ROWS = dict(ROW.findall(LIST.read_text()))


def find_admissions(text: str) -> list[str]:
    """Give each block that admits something untried and does not lead to the list."""
    blocks = re.split(r"\n(?=\n|\||- |\d+\. |#)|(?<=[.:])\n(?!\s*#)", text)
    return [
        " ".join(block.split())
        for block in blocks
        if ADMISSION.search(block) and "untried.md" not in block
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_each_page_leads_to_the_list(path: Path) -> None:
    """A sentence that says untried has a link to docs/untried.md."""
    assert find_admissions(path.read_text(encoding="utf-8")) == []


def test_each_source_leads_to_the_list() -> None:
    """A comment that says untried names docs/untried.md."""
    found = {path: find_admissions(path.read_text(encoding="utf-8")) for path in SOURCES}

    assert {str(path): texts for path, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It works (*untried*).", 1),
        ("One was not tried on AWS.\nAnother was; see [it](untried.md#x).", 1),
        ("It is [*untried*](untried.md#x).", 0),
        ("A refused row is not tried again.", 0),
    ],
)
def test_the_look_finds_such_sentences(text: str, found: int) -> None:
    """With a link in another sentence they are found all the same."""
    assert len(find_admissions(text)) == found


def test_every_link_leads_to_a_row() -> None:
    """An anchor of docs/untried.md that a page or a comment names is there."""
    texts = [path.read_text(encoding="utf-8") for path in [*PAGES, *SOURCES]]
    linked = {anchor for text in texts for anchor in re.findall(r"untried\.md#([\w-]+)", text)}
    within = set(re.findall(r"\]\(#([\w-]+)\)", LIST.read_text()))

    assert linked
    assert sorted((linked | within) - ROWS.keys()) == []
    assert "docs/untried.md" in (REPOSITORY / "README.md").read_text()


def test_every_row_is_whole() -> None:
    """Each says what, why not here, a command that tries it, and what would show failure."""
    rows = LIST.read_text().count("\n| <a ")
    cells = {name: re.split(r"(?<!\\) \| ", row) for name, row in ROWS.items()}

    assert rows == len(ROWS) > 10
    assert {name for name, row in cells.items() if len(row) != 4 or not all(row)} == set()
    assert [name for name, row in cells.items() if "`" not in row[2]] == []


def test_its_commands_are_there() -> None:
    """Each `make` target, file and folder that a command of the list names exists."""
    page = LIST.read_text()
    targets = set(re.findall(r"\bmake ([a-z][a-z-]+)", page))
    makefile = (REPOSITORY / "Makefile").read_text()
    paths = set(re.findall(r"\b(?:tests|docs|infra|ui)/[\w/.-]*\w", page))

    assert targets
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []
