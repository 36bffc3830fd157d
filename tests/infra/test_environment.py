"""The environment is read in three modules, each for its part; the exceptions say why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from infra.local.settings import REPOSITORY

READERS = {
    "src/llm_observe/config.py",
    "functions/common/environment.py",
    "infra/local/settings.py",
}
EXCEPTIONS = {
    "src/layer/python/llm_observe_layer/bootstrap.py": "runs before the library is loaded",
    "infra/build/__main__.py": "hands its environment on to uv and SAM CLI",
    "infra/schema/command_line.py": "hands its environment on to the supabase command line",
    "infra/openapi/__main__.py": "sets a variable before it imports the functions",
}
_NAMES = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def find_uses(tree: ast.AST) -> Iterator[ast.AST]:
    """Find ``os.environ`` and its like, however ``os`` or they were imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node for alias in node.names if alias.name in _NAMES)
        elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
            yield node


def list_readers() -> set[str]:
    """Give the files of the library, the functions and the tools that use the environment."""
    files = (path for folder in ("src", "functions", "infra") for path in find_sources(folder))
    return {
        str(path.relative_to(REPOSITORY))
        for path in files
        if any(find_uses(ast.parse(path.read_text(encoding="utf-8"))))
    }


def find_sources(folder: str) -> Iterator[Path]:
    files = (REPOSITORY / folder).rglob("*.py")
    # Vercel's command line brings Python of its own.
    return (path for path in files if "node_modules" not in path.parts)


def test_only_the_settings_read_the_environment() -> None:
    """Every other module takes what it needs from a settings object; no exception is stale."""
    assert list_readers() == READERS | EXCEPTIONS.keys()


def test_each_way_to_the_environment_is_seen() -> None:
    """The positive control: what the rule above looks for, it finds."""
    ways = (
        "import os\nos.environ['X']",
        "import os as o\no.getenv('X')",
        "from os import environ as e",
        "from os import path, getenv",
    )
    assert all(any(find_uses(ast.parse(way))) for way in ways)
    assert not any(find_uses(ast.parse("import os\nos.path.join('x')\nsettings.environment")))
