"""Run the offline server: ``python -m infra.local.offline_openai --port 0``."""

from __future__ import annotations

import argparse
import sys

import uvicorn

from infra.local.listener import listen_beside
from infra.local.offline_openai.app import Options, create_app
from infra.local.offline_openai.delivery import Pace
from infra.local.offline_openai.rate_limits import RateLimits


def main() -> None:
    """Serve until stopped; the first line on stdout names the base URL once it can be called."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.offline_openai")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--listen", metavar="ADDRESS", help="listen there, too")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--requests-per-minute", type=int, help="refuse requests beyond this rate")
    parser.add_argument("--tokens-per-minute", type=int, help="refuse tokens beyond this rate")
    parser.add_argument("--pace", type=float, default=1.0, help="0 answers at once, 2 half as fast")
    arguments = parser.parse_args()
    wanted = {
        name: value
        for name in ("requests_per_minute", "tokens_per_minute")
        if (value := getattr(arguments, name)) is not None
    }
    listeners = listen_beside(arguments.host, arguments.listen, arguments.port)
    sys.stdout.write(f"ready http://{arguments.host}:{listeners[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        create_app(Options(Pace().scale(arguments.pace), RateLimits(**wanted))),
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=listeners)


if __name__ == "__main__":
    main()
