"""Empty accounts for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.children import Leashes
from infra.local.settings import Settings
from infra.local.throwaway import run_throwaway_server
from tests.infra.deploy.accounts import Accounts, open_accounts


@pytest.fixture(scope="module")
def accounts(
    settings: Settings, leashes: Leashes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Accounts]:
    """Accounts that only this module sees; their Postgres has no schema of ours."""
    folder = tmp_path_factory.mktemp("deploy")
    with (
        run_throwaway_server(settings, folder / "postgres") as server,
        open_accounts(settings, server, leashes, folder, "hosted") as opened,
    ):
        yield opened
