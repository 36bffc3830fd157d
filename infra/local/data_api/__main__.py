"""``python -m infra.local.data_api``: serve on the loopback interface until told to stop.

Configured by the environment alone, so that no password stands on a command line:
DATA_API_DSN (as ``authenticator``), DATA_API_PORT, DATA_API_JWKS (path), DATA_API_PUBLISHABLE_KEY.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import uvicorn

from infra.local.data_api.app import create_app

HOST = "127.0.0.1"
# Longer than any client keeps an idle connection, so that none is cut under a POST.
KEEP_ALIVE_SECONDS = 75
_VARIABLES = ("DATA_API_DSN", "DATA_API_PORT", "DATA_API_JWKS", "DATA_API_PUBLISHABLE_KEY")


def main() -> None:
    """Read the environment and serve; exits with a message when a variable is missing."""
    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    if missing:
        sys.exit(f"Data API: set {', '.join(missing)} (see infra/local/data_api/__main__.py)")
    app = create_app(
        dsn=os.environ["DATA_API_DSN"],
        jwks_path=Path(os.environ["DATA_API_JWKS"]),
        publishable_key=os.environ["DATA_API_PUBLISHABLE_KEY"],
    )
    uvicorn.run(
        app,
        host=HOST,
        port=int(os.environ["DATA_API_PORT"]),
        access_log=False,  # request lines carry filters, and filters carry ids
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


if __name__ == "__main__":
    main()
