"""Who may import whom among the functions: no list names them, so a new one is fenced at once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp

from infra.local.settings import REPOSITORY

ALLOWED = ("functions.planted.handler", "functions.common.types")
REFUSED = [
    ("functions.planted.handler", "functions.keys.bodies"),
    ("functions.planted.handler", "functions.ingest.bodies"),
    ("functions.planted.handler", "functions.demo.traced"),
    ("functions.planted.handler", "infra.openapi.document"),
    ("functions.common.planted", "functions.me.bodies"),
    ("llm_observe.planted", "functions.common.types"),
]
"""Modules that there are not, and what they would import."""


def test_a_new_endpoint_is_fenced(tmp_path: Path) -> None:
    """It may import what all share, and neither another endpoint nor a room nor infra."""
    ignored = shutil.ignore_patterns("__pycache__", "*.json", "layer")
    for package in ("functions", "infra", "trials", "src/llm_observe"):
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    (tmp_path / "functions" / "planted").mkdir()
    (tmp_path / "functions" / "planted" / "__init__.py").touch()
    for importer, imported in [ALLOWED, *REFUSED]:
        root = "src" if importer.startswith("llm_observe") else "."
        file = (tmp_path / root).joinpath(*importer.split(".")).with_suffix(".py")
        with file.open("a") as planted:
            planted.write(f"import {imported}\n")

    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'src'}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = " ".join(done.stdout.split())
    refused = [each for each in [ALLOWED, *REFUSED] if f"{each[0]} -> {each[1]} " in told]

    assert done.returncode == 1, done.stdout
    assert refused == REFUSED


OTHER_PATHS = "functions.ingest.any_path.handler"
"""An endpoint that serves the apps of others, by other paths."""


def test_nothing_imports_what_is_in_an_endpoints_folder() -> None:
    """Also where several stand in one room: what two of them need belongs beside them."""
    graph = grimp.build_graph("functions", cache_dir=None)
    endpoints = {
        module.removesuffix(".handler") for module in graph.modules if module.endswith(".handler")
    }
    crossing = {
        (importer, imported)
        for endpoint in endpoints
        for imported in {endpoint, *graph.find_descendants(endpoint)}
        for importer in graph.find_modules_that_directly_import(imported)
        if importer != endpoint and not importer.startswith(f"{endpoint}.")
        if importer != OTHER_PATHS
    }

    assert len(endpoints) > 15
    assert crossing == set()


def test_one_module_reads_the_environment() -> None:
    """Every other function's module asks it for settings."""
    readers = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "functions").rglob("*.py")
        if re.search(r"os\.environ|getenv|from os import", path.read_text())
    }

    assert readers == {"functions/common/environment.py"}
