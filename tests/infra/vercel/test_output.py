"""The judge of a build for Vercel: each way in which a build is not the dashboard is told.

`make vercel-build` makes a real one, by Vercel's command line; here is one that has its form.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.settings import REPOSITORY
from infra.vercel.output import find_faults, list_routes

APP = REPOSITORY / "ui" / "src" / "app"
CLOSED = "default-src 'none'; base-uri 'none'"
HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
ROUTES: list[dict[str, Any]] = [
    {"src": "^/.*$", "headers": HEADERS, "continue": True},
    {
        "src": "^/(api/v1|api/auth|_next/static)/",
        "headers": {"Content-Security-Policy": CLOSED},
        "continue": True,
    },
    {"src": "^/(?!api/|_next/).*$", "middlewarePath": "/_middleware", "continue": True},
    *(
        {
            "src": "^/(?!api/|_next/).*$",
            "dest": "/api/no-body?path=$1",
            "has": [{"type": "header", "key": sign}],
        }
        for sign in ("content-length", "transfer-encoding")
    ),
    {"handle": "filesystem"},
    {"src": "/.*", "headers": {"Content-Security-Policy": CLOSED}},
]
FUNCTION = {
    "runtime": "nodejs24.x",
    "handler": "launcher.cjs",
    "environment": {},
    "filePathMap": {"server.js": "server.js"},
}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A build without a fault: the routes of ui/, each with a function."""
    folder = tmp_path / ".vercel" / "output"
    (tmp_path / "server.js").write_text("")
    for name in ("_middleware", *list_routes(APP)):
        function = folder / "functions" / f"{name}.func"
        function.mkdir(parents=True)
        (function / ".vc-config.json").write_text(json.dumps(FUNCTION))
        (function / "launcher.cjs").write_text("")
    write_routes(folder, ROUTES)
    return folder


def write_routes(output: Path, routes: list[dict[str, Any]], version: int = 3) -> None:
    (output / "config.json").write_text(json.dumps({"version": version, "routes": routes}))


def change(output: Path, name: str, **changes: Any) -> None:
    file = output / "functions" / f"{name}.func" / ".vc-config.json"
    file.write_text(json.dumps(FUNCTION | changes))


def test_a_whole_build_has_no_fault(output: Path) -> None:
    """The pages and routes of the dashboard, its door and its headers."""
    assert len(list_routes(APP)) > 15
    assert {"index", "login", "traces/[traceId]", "api/v1/[...path]"} <= set(list_routes(APP))
    assert find_faults(output, APP) == []


Break = Callable[[Path], object]
FAULTS: dict[str, Break] = {
    "login has no function": lambda output: (output / "functions/login.func").rename(
        output / "functions/other.func"
    ),
    "_middleware has no function": lambda output: (output / "functions/_middleware.func").rename(
        output / "functions/other.func"
    ),
    "spans runs on edge": lambda output: change(output, "spans", runtime="edge"),
    "spans runs on nodejs18.x": lambda output: change(output, "spans", runtime="nodejs18.x"),
    "join has variables built in": lambda output: change(output, "join", environment={"A": "1"}),
    "join has no handler": lambda output: change(output, "join", handler="other.cjs"),
    "join misses 1 files, such as gone.js": lambda output: change(
        output, "join", filePathMap={"gone.js": "gone.js"}
    ),
    "config.json has another version": lambda output: write_routes(output, ROUTES, 2),
    "no middleware sees /overview": lambda output: write_routes(output, without(2)),
    "a request of /login with content-length is not turned away": lambda output: write_routes(
        output, without(3)
    ),
    "a request of / with transfer-encoding is not turned away": lambda output: write_routes(
        output, without(4)
    ),
    "/login is answered without Strict-Transport-Security": lambda output: write_routes(
        output, without(0)
    ),
    "/api/v1/spans is answered without a closed": lambda output: write_routes(output, without(1)),
    "no route leads to the files": lambda output: write_routes(output, without(5)),
}


def without(index: int) -> list[dict[str, Any]]:
    return ROUTES[:index] + ROUTES[index + 1 :]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told(output: Path, fault: str) -> None:
    """A build with one thing wrong is refused by a sentence that names it."""
    FAULTS[fault](output)

    assert [line for line in find_faults(output, APP) if line.startswith(fault)]
