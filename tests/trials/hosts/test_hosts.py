"""The worst of the hosts; `make test-hosts` tries all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.build.programs import BuildError
from trials.hosts.cells import Host, list_hosts
from trials.hosts.document import replace_rows
from trials.hosts.running import HostError, Result, Seen, try_host
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


def test_rows_are_written_anew_one_by_one() -> None:
    """A host that is tried again changes its row, the sum and no other row; none is added."""
    rows = "| a | 1 | the same | not |\n| b | 1 | the same | traced, 3 spans |\n"
    page = f"The run of today took 9 s.\n\n**2 hosts: old**\n\n| --- | --- | --- | --- |\n{rows}"
    seen = Seen(None, [], [])
    again = Result(Host("a", ()), "2", seen, seen, 4)

    written = replace_rows(page, [again])

    assert (
        "| a | 2 | the same | traced, 4 spans |\n| b | 1 | the same | traced, 3 spans |" in written
    )
    assert "\n**2 hosts: 2 traced, 0 untraced with a line that says why, broken: 0.**\n" in written
    assert "\nTried again on " in written
    assert replace_rows(written, [again]) == written
    with pytest.raises(HostError, match="every host"):
        replace_rows(page, [replace(again, host=Host("c", ()))])
