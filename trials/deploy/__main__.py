"""``python -m trials.deploy [--write]``: deploy into empty accounts of fakes, and record it.

The build, Postgres, Supabase's command line, Auth and the Data API are those of the local stack;
moto stands for AWS, `sam deploy` and the API are fakes that say so (tests/infra/deploy).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.local.children import Leashes
from infra.local.settings import REPOSITORY, read_settings
from infra.local.throwaway import run_throwaway_server
from tests.infra.deploy.accounts import Accounts, open_accounts

PAGE: Final = REPOSITORY / "docs" / "deploy.md"
_BEGIN: Final = "<!-- recorded by python -m trials.deploy --write -->"
_END: Final = "<!-- end of the recording -->"
_OWNER: Final = ("--set", "owner_email=maria@example.com")


def main() -> int:
    """Record, and print the recording or write it into the page."""
    parser = argparse.ArgumentParser(prog="python -m trials.deploy", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write it into docs/deploy.md")
    write: bool = parser.parse_args().write
    with tempfile.TemporaryDirectory(prefix="llm-observe-deploy-") as folder:
        recorded = "\n\n".join(_record(Path(folder)))
    if write:
        PAGE.write_text(replace_recording(PAGE.read_text(encoding="utf-8"), recorded))
    else:
        sys.stdout.write(f"{recorded}\n")
    return 0


def replace_recording(page: str, recorded: str) -> str:
    """Put a recording into the place of the page's."""
    before, after = page.partition(_BEGIN)[0], page.partition(_END)[2]
    return f"{before}{_BEGIN}\n{recorded}\n{_END}{after}"


def _record(folder: Path) -> Iterator[str]:
    settings = read_settings()
    leashes = Leashes(folder / "children")
    work = folder / "work"
    work.mkdir()
    try:
        with (
            run_throwaway_server(settings, folder / "postgres") as server,
            open_accounts(settings, server, leashes, work, "hosted") as accounts,
        ):
            yield from _go(accounts)
    finally:
        leashes.close()


def _go(accounts: Accounts) -> Iterator[str]:
    mark = str(accounts.folder / "failed-once")
    yield "The plan, on empty accounts:"
    yield _run(accounts, "deploy", "--plan", *_OWNER)
    yield "The first run stops where a person has to do something:"
    yield _run(accounts, "deploy", "--yes", *_OWNER)
    accounts.import_key(accounts.read_secrets("staging")["signing-key"])
    yield "The key is imported; now CloudFormation cannot make the stack:"
    yield _run(accounts, "deploy", "--yes", FAKE_SAM_FAILS=mark)
    accounts.take_back("llm-observe-staging")
    yield "The same command goes on from there:"
    yield _run(accounts, "deploy", "--yes", FAKE_SAM_FAILS=mark)
    yield "The way back:"
    yield _run(accounts, "destroy", "--confirm", "staging")


def _run(accounts: Accounts, target: str, *arguments: str, **changes: str) -> str:
    """Run a command of make's as a process of its own, and give its block."""
    given = ["--folder", str(accounts.folder), *arguments, "staging"]
    given += ["--destroy"] if target == "destroy" else []
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy", *given],
        cwd=REPOSITORY,
        # The build asks the registries as this shell does.
        env=os.environ | accounts.variables | changes,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    shown = f"$ make {target} ENV=staging ARGS='{' '.join(arguments)}'"
    return f"```console\n{shown}\n{_clean(accounts, done.stdout)}\n```"


def _clean(accounts: Accounts, text: str) -> str:
    """Take this machine out: its folders, and the place of its Python."""
    text = text.replace(str(accounts.folder), ".").replace(str(REPOSITORY), ".")
    text = text.replace(accounts.keys.publishable_key, "sb_publishable_…")
    text = re.sub(r"bytecode by /\S+/", "bytecode by ", text)
    return re.sub(r"[ \t]+$", "", text.strip(), flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
