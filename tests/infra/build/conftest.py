from __future__ import annotations

from pathlib import Path

import pytest

from infra.build.programs import BuildError, find_python
from trials.lifecycle.artifact import make_artifact

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def python() -> Path:
    """The Lambda runtime's own Python; without one nothing can be built here."""
    try:
        return find_python()
    except BuildError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def built(python: Path) -> Path:
    """What `make build ARCH=` makes, built once for all who run it."""
    return make_artifact().built
