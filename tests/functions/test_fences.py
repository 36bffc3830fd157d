"""Who may import whom among the functions: no list names them, so a new one is fenced at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from infra.local.settings import REPOSITORY


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and of their contracts."""
    house = tmp_path_factory.mktemp("house")
    ignored = shutil.ignore_patterns("__pycache__", "*.json", "layer")
    for package in ("functions", "infra", "trials", "src/llm_observe"):
        shutil.copytree(REPOSITORY / package, house / package, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", house)
    return house


@pytest.mark.parametrize(
    ("imported", "broken"),
    [
        ("functions.common.types", None),
        ("functions.keys.bodies", "functions.planted.handler -> functions.keys.bodies"),
        ("functions.ingest.bodies", "functions.planted.handler -> functions.ingest.bodies"),
        ("functions.demo.traced", "functions.planted.handler -> functions.demo.traced"),
        ("infra.openapi.document", "functions.planted.handler -> infra.openapi.document"),
    ],
)
def test_a_new_endpoint_is_fenced(house: Path, imported: str, broken: str | None) -> None:
    """It may import what all share, and neither another endpoint nor a room nor infra."""
    planted = house / "functions" / "planted"
    planted.mkdir(exist_ok=True)
    (planted / "__init__.py").touch()
    (planted / "handler.py").write_text(f"import {imported}\n")

    told = run_contracts(house)
    shutil.rmtree(planted)

    assert ("0 broken" in told) == (broken is None), told
    assert broken is None or broken in told


def test_what_endpoints_share_imports_none_of_them(house: Path) -> None:
    """A module of functions.common that imports an endpoint is refused."""
    planted = house / "functions" / "common" / "planted.py"
    planted.write_text("import functions.me.bodies\n")

    told = run_contracts(house)
    planted.unlink()

    assert "functions.common.planted -> functions.me.bodies" in told


def run_contracts(house: Path) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": f"{house / 'src'}:{house}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


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
    }

    assert len(endpoints) > 15
    assert crossing == set()
