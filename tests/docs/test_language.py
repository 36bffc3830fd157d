"""Docstrings and comments that are understood at the first reading: subject, verb, object.

A sentence that begins with Who, What or Whose and is no question hides its subject: it names
nothing until its end. A sentence names the thing: the span, the provider, the tenant.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RELATIVE = re.compile(r"(?:^|(?<=[.:!?] ))(?:Who|Whose|What|Whoever|Whatever)\b[^.?!]*[.?!]?")
STILL = {
    "src": 0,
    "functions": 0,
    "infra": 0,
}
"""Sentences of that form that are left. A number here may only fall."""


@pytest.mark.parametrize("root", sorted(STILL))
def test_sentences_name_their_subject(root: str) -> None:
    """Each that does not is shown with its file and line."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {sentence}"
        for path in sorted((ROOT / root).rglob("*.py"))
        if "node_modules" not in path.parts
        for line, text in read_prose(path)
        for sentence in RELATIVE.findall(text)
        if not sentence.endswith("?")
    ]

    assert len(found) <= STILL[root], "\n".join(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Whose answers name no model.", ["Whose answers name no model."]),
        ("Give it. What is left stays.", ["What is left stays."]),
        ("What is it?", ["What is it?"]),
        ("Providers whose answers name no model.", []),
    ],
)
def test_the_look_finds_such_sentences(text: str, expected: list[str]) -> None:
    """At the start of a text and within it; a clause in the middle of one is none."""
    assert RELATIVE.findall(text) == expected


def read_prose(path: Path) -> Iterator[tuple[int, str]]:
    """Give each docstring and each block of comments, in one line of text."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, " ".join(text.split())
    yield from read_comments(source)


def read_comments(source: str) -> Iterator[tuple[int, str]]:
    """Give comments; those of neighbouring lines are one."""
    start, last, block = 0, -1, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if line != last + 1 and block:
            yield start, " ".join(block)
            block = []
        start, last = start if block else line, line
        block.append(token.string.lstrip("# "))
    if block:
        yield start, " ".join(block)
