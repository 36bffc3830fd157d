"""``python -m infra.vercel``: build the dashboard as Vercel does, and judge what came out.

In a folder of its own, ``.vercel-build``: on Vercel the dashboard is another than on this machine
(it pins HTTPS), so the demo's build must not be overwritten.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from typing import Final

from infra.local.settings import REPOSITORY, read_settings
from infra.vercel.output import find_faults, list_routes

BUILD: Final = REPOSITORY / ".vercel-build"
_UI: Final = REPOSITORY / "ui"
_PROGRAM: Final = REPOSITORY / "infra" / "vercel" / "node_modules" / "vercel" / "dist" / "index.js"
_LEFT_OUT: Final = shutil.ignore_patterns(
    "node_modules", ".next", ".vercel", "test-results", "playwright-report", "*.tsbuildinfo"
)
_PROJECT: Final = {
    # `vercel pull` writes this file for a project that is there.
    "projectId": "prj_none",
    "orgId": "team_none",
    # The packages are those of ui/node_modules, by their lock file.
    "settings": {"framework": "nextjs", "installCommand": "true", "nodeVersion": "20.x"},
}


def main() -> int:
    """Build and judge; 1 with a line for each fault."""
    began = time.monotonic()
    _lay_out()
    done = subprocess.run(
        ["node", _PROGRAM, "build", "--yes", "--prod", "--token", "none"],
        cwd=BUILD,
        env=_make_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(f"{done.stdout}\n`vercel build` ended with {done.returncode}.\n")
        return 1
    output = BUILD / ".vercel" / "output"
    faults = find_faults(output, _UI / "src" / "app")
    if faults:
        sys.stderr.write("\n".join((f"{output} is not the dashboard:", *faults)) + "\n")
        return 1
    took = time.monotonic() - began
    pages = len(list_routes(_UI / "src" / "app"))
    sys.stdout.write(f"Built for Vercel in {output}: {pages} pages and routes ({took:.0f} s).\n")
    return 0


def _lay_out() -> None:
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(_UI, BUILD, ignore=_LEFT_OUT)
    # Links to the same files take no room; a link to the folder would lead out of Turbopack's root.
    shutil.copytree(
        _UI / "node_modules", BUILD / "node_modules", symlinks=True, copy_function=_link
    )
    (BUILD / ".vercel").mkdir()
    (BUILD / ".vercel" / "project.json").write_text(json.dumps(_PROJECT), encoding="utf-8")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)


def _make_environment() -> dict[str, str]:
    variables = {"VERCEL_TELEMETRY_DISABLED": "1", "NEXT_TELEMETRY_DISABLED": "1"}
    return {**read_settings().environment, **variables, "NO_UPDATE_NOTIFIER": "1"}


if __name__ == "__main__":
    sys.exit(main())
