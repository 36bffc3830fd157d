"""The command line: which template, which port."""

from __future__ import annotations

import argparse
import sys
from multiprocessing import forkserver
from pathlib import Path

import uvicorn

from infra.local.aws.gateway import create_app
from infra.local.aws.scheduler import Scheduler
from infra.local.aws.template import Function, TemplateError, read_functions, read_jobs
from infra.local.listener import listen

REPOSITORY = Path(__file__).resolve().parents[3]


def main() -> None:
    """Serve until stopped; the first line on stdout names the base URL once it can be called."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.aws")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free port")
    parser.add_argument("--template", type=Path, default=REPOSITORY / "template.yaml")
    parser.add_argument(
        "--jobs",
        type=float,
        nargs="?",
        const=0.0,
        metavar="SECONDS",
        help="run the scheduled functions too, each by its schedule or every so many seconds",
    )
    arguments = parser.parse_args()
    try:
        functions = read_functions(arguments.template)
        scheduler = _make_scheduler(arguments.template, arguments.jobs)
    except TemplateError as error:
        raise SystemExit(str(error)) from error
    listener = listen(arguments.host, arguments.port)
    app = create_app(functions, scheduler)
    # Begin to import the libraries now, while the rest starts.
    forkserver.ensure_running()
    # A line is a record: it shows at once, and lines of several processes do not mix.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a file, not a test double
    sys.stdout.write(_describe(arguments.host, listener.getsockname()[1], functions))
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[listener])


def _make_scheduler(template: Path, seconds: float | None) -> Scheduler | None:
    if seconds is None:
        return None
    return Scheduler(read_jobs(template), every_s=seconds or None)


def _describe(host: str, port: int, functions: list[Function]) -> str:
    routes = [f"  {key} -> {each.handler}\n" for each in functions for key in each.routes]
    return f"ready http://{host}:{port}\n{''.join(routes)}"
