from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from infra.build import programs
from infra.build.programs import BuildError, find_python, find_tool


def _write_program(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(("#!/bin/sh", *lines)))
    path.chmod(0o755)


def test_broken_shim_is_passed_over(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A python3.12 that does not start, as an unselected pyenv shim, is not the one."""
    _write_program(tmp_path / "shims" / "python3.12", "exit 127")
    _write_program(tmp_path / "good" / "python3.12", f'exec {python} "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}:{tmp_path / 'good'}")

    assert find_python().samefile(python)


def test_another_version_under_the_name_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Lambda's version the build ends with what is missing and how to get it."""
    other = shutil.which("python3.11") or sys.executable
    _write_program(tmp_path / "bin" / "python3.12", f'exec {other} -c "raise SystemExit(1)"')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs, "_INSTALLATIONS", ())

    with pytest.raises(BuildError, match=r"uv python install 3\.12"):
        find_python()


def test_missing_tool_names_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool is found in a virtual environment, else on PATH, else the make target is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="make setup setup-sam"):
        find_tool("sam", tmp_path, ".venv-sam")
    _write_program(tmp_path / ".venv-sam" / "bin" / "sam")

    assert find_tool("sam", tmp_path, ".venv-sam") == tmp_path / ".venv-sam" / "bin" / "sam"
