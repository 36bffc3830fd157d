"""What of the library others may lean on: its names, its modules, and nothing by accident."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import llm_observe

ROOT = Path(__file__).parents[2]
NAMES = {
    "ConfigurationError",
    "LlmObserveError",
    "Settings",
    "TokenRefusedError",
    "__version__",
    "customer",
    "flush",
    "init",
    "lambda_handler",
    "observe",
    "session",
    "shutdown",
    "span",
    "stats",
    "tag",
    "tenant",
    "user",
}
"""A name that leaves this list breaks applications; one that joins it is promised for good."""
MODULES = {"config", "content", "errors", "records", "semconv", "tenancy", "transcription"}
ROOMS = {
    *("cost", "dialects", "doctor", "measuring", "privacy", "processes", "supabase", "tags"),
    "times",
}
"""For the project's own functions only; the package's docstring says so."""


def test_the_package_has_the_names_that_are_promised() -> None:
    """Each is there, and ``dir`` shows it before it was asked for."""
    assert set(llm_observe.__all__) == NAMES
    assert set(dir(llm_observe)) >= NAMES
    assert all(hasattr(llm_observe, name) for name in NAMES)


def test_no_other_name_is_there() -> None:
    """An unknown name is refused as every module refuses one."""
    with pytest.raises(AttributeError, match="module 'llm_observe' has no attribute 'nothing'"):
        _ = llm_observe.nothing


def test_each_module_is_public_by_decision() -> None:
    """A new module is listed here, or its name starts with ``_``."""
    found = {module.name for module in pkgutil.iter_modules(llm_observe.__path__)}

    assert {name for name in found if not name.startswith("_")} == MODULES | ROOMS


def test_the_docstring_names_what_is_public() -> None:
    """Readers of ``help(llm_observe)`` learn what they may import."""
    told = llm_observe.__doc__ or ""

    assert all(f"``{name}``" in told for name in MODULES | ROOMS)


def test_functions_import_no_private_module_of_the_library() -> None:
    """What runs deployed leans on what is public, as any application does."""
    private = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / "functions").rglob("*.py")
        for module in list_imports(path)
        if module.startswith("llm_observe.") and "._" in module
    }

    assert private == set()


def test_names_are_loaded_when_they_are_asked_for() -> None:
    """A function that only reads pays for no part of tracing."""
    code = (
        "import sys, llm_observe.records\n"
        "print([name for name in sys.modules if name.startswith('llm_observe._')])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def list_imports(path: Path) -> list[str]:
    """The modules that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return named + [
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]
