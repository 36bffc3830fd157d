"""Applications are given an ingest token and never the signing key, which acts as any tenant.

What an application's author reads is searched: the pages, the example of an environment, the
library's own messages, the dashboard's texts and snippets.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.settings import REPOSITORY

KEY = re.compile(r"signing[ _-]?key", re.IGNORECASE)
VARIABLE = "SUPABASE_JWT_SIGNING_KEY"
HOLDERS = re.compile(
    r"own functions|operator|Secrets Manager|make access|holder|has the signing key"
    r"|whoever runs the project|supabase gen|ES256"
)
"""A sentence that names the variable says with one of these whose it is, or how it is made."""
APPLICATION = re.compile(
    r"\bapplications?\b|\byour (own )?(function|code|service|program)|\blayers?\b"
    r"|existing function",
    re.IGNORECASE,
)
REFUSAL = re.compile(r"\b(neither|never|no|not|nor|in place of|stays with)\b", re.IGNORECASE)
SETUP = re.compile(
    r"llm_observe\.init|llm_observe$|INGEST_TOKEN|AWS_LAMBDA_EXEC_WRAPPER|OTEL_EXPORTER_OTLP_"
    r"|pip install|LLM_OBSERVE_TENANT|OPENAI_API_KEY"
)
"""A block with one of these is copied into an application or its environment."""


def offers(text: str) -> bool:
    """Whether a sentence, row or block offers the signing key to an application."""
    if not KEY.search(text):
        return False
    if "\n" in text.strip():
        return bool(SETUP.search(text))
    if APPLICATION.search(text) and not REFUSAL.search(text):
        return True
    return VARIABLE in text and not HOLDERS.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Give the layer these settings: `SUPABASE_URL` and `SUPABASE_JWT_SIGNING_KEY`.",
        "Your own function needs the signing key.",
        "An application signs its tokens with the signing key.",
        "Set SUPABASE_JWT_SIGNING_KEY.",
        "| `SUPABASE_JWT_SIGNING_KEY` | | mints a token per tenant |",
        "AWS_LAMBDA_EXEC_WRAPPER: /opt/llm-observe\nSUPABASE_JWT_SIGNING_KEY: ...",
        "export SUPABASE_JWT_SIGNING_KEY=…\npython3 -m pip install llm_observe",
    ],
)
def test_an_offer_is_found(text: str) -> None:
    """The look finds the recipes that once put the key into other people's functions."""
    assert offers(text)


@pytest.mark.parametrize(
    "text",
    [
        "The signing key stays with llm-observe's own functions.",
        "The application needs neither the signing key nor the master secret.",
        "Rotate the signing key: import the next one.",
        "AWS_LAMBDA_EXEC_WRAPPER: /opt/llm-observe\nLLM_OBSERVE_INGEST_TOKEN: ...",
    ],
)
def test_what_is_no_offer_passes(text: str) -> None:
    """Sentences to the operator, and those that keep the key from applications."""
    assert not offers(text)


def read_page(path: Path) -> Iterator[str]:
    """Give each block of code whole, and each sentence or row of the rest."""
    text = path.read_text(encoding="utf-8")
    fenced = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
    yield from (f"{block}\n" for block in fenced.findall(text))
    for line in fenced.sub("", text).splitlines():
        yield from re.split(r"(?<=[.!?]) (?=[A-Z])", line)


def read_environment(path: Path) -> Iterator[str]:
    """Give each variable of an example in one line with the comment above it."""
    for entry in re.findall(r"(?:^#.*\n)*^\w+=.*$", path.read_text(encoding="utf-8"), re.MULTILINE):
        yield " ".join(line.lstrip("# ") for line in entry.splitlines())


def read_messages(path: Path) -> Iterator[str]:
    """Give each string of a module that is a sentence, a format's pieces put together."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, documented)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if " " in text and text not in docstrings:
                yield " ".join(text.split())


def read_texts(path: Path) -> Iterator[str]:
    """Give each string and each text between tags of the dashboard; a template whole."""
    source = path.read_text(encoding="utf-8")
    yield from re.findall(r"`[^`]*`", source)
    yield from re.findall(r"\"[^\"\n]*\"|>[^<>{}]+<", source)


PAGES = [REPOSITORY / "README.md", REPOSITORY / "SECURITY.md", *(REPOSITORY / "docs").rglob("*.md")]
UI = [
    path
    for path in sorted((REPOSITORY / "ui" / "src").rglob("*.ts*"))
    if ".test." not in path.name and not path.name.endswith("schema.d.ts")
]
SOURCES = [
    *((path, read_page) for path in PAGES),
    (REPOSITORY / ".env.example", read_environment),
    *((path, read_messages) for path in sorted((REPOSITORY / "src").rglob("*.py"))),
    *((path, read_messages) for path in sorted((REPOSITORY / "infra" / "access").rglob("*.py"))),
    *((path, read_texts) for path in UI),
]


def test_no_text_offers_the_signing_key_to_an_application() -> None:
    """Each text that names the key says whose it is; none puts it into an application."""
    found, named = [], 0
    for path, read in SOURCES:
        texts = list(read(path))
        named += sum(bool(KEY.search(text)) for text in texts)
        found += [f"{path.relative_to(REPOSITORY)}: {text}" for text in texts if offers(text)]

    assert found == []
    # The readers do read: pages, messages and the example name the key in many places.
    assert named > 20


def test_the_examples_of_code_hold_no_signing_key() -> None:
    """What is copied whole into an application has an ingest token in it, or nothing."""
    examples = sorted((REPOSITORY / "docs" / "examples").rglob("*.*"))

    assert examples
    assert [path.name for path in examples if KEY.search(path.read_text(encoding="utf-8"))] == []
