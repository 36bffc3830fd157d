"""Judges a build for Vercel: whether its pages, routes, headers and door are those of ``ui/``.

Its form: https://vercel.com/docs/build-output-api/configuration
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_VERSION: Final = 3
_GROUP: Final = re.compile(r"\([^/]*\)/")
_NODE: Final = re.compile(r"nodejs(\d+)\.x")
_LOWEST_NODE: Final = 20
_LARGEST_BYTES: Final = 250_000_000
"""Vercel's bound of a function, unpacked: https://vercel.com/docs/functions/limitations"""
_PAGES: Final = ("/", "/overview", "/login", "/traces/abc", "/settings/keys")
_BODY_SIGNS: Final = ("content-length", "transfer-encoding")
_HEADERS: Final = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_CLOSED: Final = ("/api/v1/spans", "/api/auth/login", "/_next/static/chunks/a.js")


def find_faults(output: Path, app: Path) -> list[str]:
    """Give a sentence for each way in which ``output`` is not the dashboard of ``app``."""
    config = json.loads((output / "config.json").read_text(encoding="utf-8"))
    routes: Sequence[Mapping[str, Any]] = config.get("routes", [])
    return [
        *([] if config.get("version") == _VERSION else ["config.json has another version"]),
        *_judge_functions(output / "functions", app),
        *_judge_door(routes),
        *_judge_headers(routes),
    ]


def list_routes(app: Path) -> list[str]:
    """Give the path of each page and route that ``app`` has, as the build names its function."""
    files = [path for name in ("page.tsx", "route.ts") for path in app.rglob(name)]
    folders = (path.parent.relative_to(app).as_posix() + "/" for path in files)
    return sorted(_GROUP.sub("", folder).strip("./") or "index" for folder in folders)


def _judge_functions(functions: Path, app: Path) -> Iterator[str]:
    for name in ("_middleware", *list_routes(app)):
        folder = functions / f"{name}.func"
        if not folder.exists():
            yield f"{name} has no function"
            continue
        described = json.loads((folder / ".vc-config.json").read_text(encoding="utf-8"))
        yield from _judge_function(name, folder, functions.parents[2], described)


def _judge_function(
    name: str, folder: Path, project: Path, described: Mapping[str, Any]
) -> Iterator[str]:
    runtime = _NODE.fullmatch(described.get("runtime", ""))
    if runtime is None or int(runtime[1]) < _LOWEST_NODE:
        yield f"{name} runs on {described.get('runtime')}, and not on Node {_LOWEST_NODE} or newer"
    if described.get("environment"):
        yield f"{name} has variables built in, which whoever reads the build reads"
    if not (folder / str(described.get("handler"))).is_file():
        yield f"{name} has no handler {described.get('handler')}"
    paths = [project / path for path in described.get("filePathMap", {}).values()]
    if missing := [path for path in paths if not path.exists()]:
        yield f"{name} misses {len(missing)} files, such as {missing[0].name}"
    elif (size := sum(path.stat().st_size for path in paths)) > _LARGEST_BYTES:
        yield f"{name} has {size:,} bytes, and Vercel takes {_LARGEST_BYTES:,}"


def _judge_door(routes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The middleware sees each page, and a body is turned away before any."""
    middlewares = [route for route in routes if route.get("middlewarePath") == "/_middleware"]
    if not any(_is_filesystem(route) for route in routes):
        yield "no route leads to the files of the build"
    for page in _PAGES:
        if not any(re.search(route["src"], page) for route in middlewares):
            yield f"no middleware sees {page}"
    for sign in _BODY_SIGNS:
        turned = [
            route
            for route in routes
            if str(route.get("dest", "")).startswith("/api/no-body?")
            and any(has.get("key") == sign for has in route.get("has", []))
        ]
        for page in _PAGES:
            if not any(re.search(route["src"], page) for route in turned):
                yield f"a request of {page} with {sign} is not turned away"


def _judge_headers(routes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for path in (*_PAGES, *_CLOSED):
        told: dict[str, str] = {}
        for route in routes:
            if _is_filesystem(route):
                break
            if "headers" in route and "has" not in route and re.search(route["src"], path):
                told |= route["headers"]
        if missing := [name for name, value in _HEADERS.items() if told.get(name) != value]:
            yield f"{path} is answered without {', '.join(missing)}"
        if path in _CLOSED and "default-src 'none'" not in told.get("Content-Security-Policy", ""):
            yield f"{path} is answered without a closed Content-Security-Policy"


def _is_filesystem(route: Mapping[str, Any]) -> bool:
    return route.get("handle") == "filesystem"
