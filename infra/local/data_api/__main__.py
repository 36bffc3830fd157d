"""``python -m infra.local.data_api``: serve until told to stop, on the loopback interface.

Where it is told so, on another address, too.
"""

from __future__ import annotations

import sys

import uvicorn

from infra.local.data_api.app import create_app
from infra.local.data_api.auth_gateway import AuthGateway
from infra.local.listener import listen_beside
from infra.local.ports import LOOPBACK
from infra.local.settings import SettingsError, read_data_api_settings

KEEP_ALIVE_SECONDS = 75
"""Longer than any client keeps an idle connection, so that none is cut under a POST."""


def main() -> None:
    """Read the environment and serve; exits with a message when a variable is missing."""
    try:
        settings = read_data_api_settings()
    except SettingsError as error:
        sys.exit(str(error))
    auth = None
    if settings.auth_url is not None and settings.secret_key is not None:
        auth = AuthGateway(settings.auth_url, (settings.publishable_key, settings.secret_key))
    app = create_app(
        dsn=settings.dsn,
        jwks_path=settings.jwks_path,
        publishable_key=settings.publishable_key,
        auth=auth,
    )
    config = uvicorn.Config(
        app,
        access_log=False,  # request lines carry filters, and filters carry ids
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = uvicorn.Server(config)
    server.run(sockets=listen_beside(LOOPBACK, settings.listen, settings.port))
    if not server.started:
        sys.exit(1)


if __name__ == "__main__":
    main()
