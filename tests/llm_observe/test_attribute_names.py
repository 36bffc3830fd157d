"""Where the name of an attribute stands: in ``semconv``, or in the one dialect that has it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import llm_observe
from llm_observe import semconv

PACKAGE = Path(llm_observe.__file__).parent
GENERAL = (
    *("cloud.", "deployment.", "enduser.", "error.", "exception.", "faas.", "gen_ai.", "http."),
    *("llm_observe.", "openai.api.", "openai.request.", "openai.response.", "rpc.", "server."),
    *("service.", "session.", "telemetry.", "url.", "user."),
)
"""What names of general conventions begin with."""
DIALECTS = (
    *("agent.", "ai.", "annotation.", "document.", "embedding.", "evaluation.", "input."),
    *("langfuse.", "llm.", "logfire.", "message.", "message_content.", "metadata.", "mlflow."),
    *("openinference.", "output.", "pydantic_ai.", "reranker.", "retrieval.", "tool."),
    *("tool_call.", "traceloop."),
)
"""What names of single dialects begin with."""
NAME = re.compile(r"[a-z_]+\.[A-Za-z0-9_.]*")


def test_general_names_stand_in_semconv_alone() -> None:
    """Another spelling of one, or a new one elsewhere, is found here."""
    elsewhere = {
        f"{file}: {name}"
        for file, name in list_names()
        if file != "semconv.py" and name.startswith(GENERAL)
    }

    assert elsewhere == set()


def test_a_name_of_a_dialect_stands_in_one_module() -> None:
    """What two modules need, one of them gives to the other."""
    files = defaultdict(set)
    for file, name in list_names():
        if name.startswith(DIALECTS):
            files[name].add(file)

    assert {name: sorted(found) for name, found in files.items() if len(found) > 1} == {}


def test_semconv_has_each_name_once() -> None:
    """Two constants of one name would be two words for one thing."""
    values = [value for name, value in vars(semconv).items() if name.isupper()]
    texts = [value for value in values if isinstance(value, str) and "." in value]

    assert len(texts) == len(set(texts))


def test_the_look_finds_names() -> None:
    """It sees those of semconv, and those of a dialect within a larger text."""
    found = set(list_names())

    assert ("semconv.py", semconv.REQUEST_MODEL) in found
    assert ("semconv.py", "gen_ai.") in found
    assert ("dialects/tags.py", "ai.telemetry.metadata.") in found


def list_names() -> Iterator[tuple[str, str]]:
    """Give every literal that may be an attribute's name, with its file; no prose, no module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
            if not isinstance(text, str) or id(node) in prose:
                continue
            if NAME.fullmatch(text) and not is_module(text):
                yield path.relative_to(PACKAGE).as_posix(), text


def is_module(text: str) -> bool:
    """Whether it is the path of a module of this package."""
    path = f"{PACKAGE.parent}/{text.replace('.', '/')}"
    return Path(f"{path}.py").exists() or Path(f"{path}/__init__.py").exists()
