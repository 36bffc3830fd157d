from __future__ import annotations

from pathlib import Path
from subprocess import run
from sys import executable

import pytest

from infra.build.programs import BuildError, find_python

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def python() -> Path:
    """The Lambda runtime's own Python; without one nothing can be built here."""
    try:
        return find_python()
    except BuildError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def built(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make build ARCH=` makes, in a folder of its own."""
    output = tmp_path_factory.mktemp("build")
    command = [executable, "-m", "infra.build", "--arch", "host", "--output", str(output)]
    done = run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return output
