"""The worst of the hosts; `make test-hosts` tries all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.build.programs import BuildError
from trials.hosts.cells import Host, list_hosts
from trials.hosts.running import try_host
from trials.lifecycle.applications import Backend
from trials.lifecycle.backend import run_backend

SHORT = [host for host in list_hosts() if host.short]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The layer as built, a database behind the Data API, and an offline model."""
    folder: Path = tmp_path_factory.mktemp("hosts")
    try:
        with run_backend(folder) as running:
            yield running
    except BuildError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("host", SHORT, ids=[host.name for host in SHORT])
def test_a_function_answers_as_without_the_layer(host: Host, backend: Backend) -> None:
    """Whatever it brings: the same answers and log; traced, or one line says why not."""
    result = try_host(host, SHORT.index(host), backend)

    assert result.faults == [], (result.bare, result.layered)


def test_both_ends_are_met() -> None:
    """Of the worst some are traced and some are not, and every kind of package is among them."""
    names = " ".join(host.name for host in SHORT)

    assert all(kind in names for kind in ("api", "sdk", "wrapt", "openai", "pydantic", "module"))
