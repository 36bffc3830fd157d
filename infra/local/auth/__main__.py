"""``python -m infra.local.auth``: serve on the loopback interface until told to stop."""

from __future__ import annotations

import sys

import uvicorn

from infra.local.auth.app import create_app
from infra.local.auth.database import Database
from infra.local.auth.mails import Mailbox
from infra.local.auth.service import Service
from infra.local.auth.tokens import Signer
from infra.local.ports import LOOPBACK
from infra.local.settings import SettingsError, read_auth_settings
from infra.local.state import StateError, read_json


def main() -> None:
    """Read the environment and serve; exits with a message when something is missing."""
    try:
        settings = read_auth_settings()
        signing_key = read_json(settings.signing_key_path)
    except (SettingsError, StateError) as error:
        sys.exit(str(error))
    if signing_key is None:
        sys.exit(f"auth: there is no {settings.signing_key_path}")
    url = f"{settings.base_url}/auth/v1"
    service = Service(
        database=Database(settings.dsn),
        signer=Signer(signing_key, url),
        url=url,
        site_url=settings.site_url,
        mailbox=Mailbox(),
        secret_key=settings.secret_key,
    )
    uvicorn.run(
        create_app(service),
        host=LOOPBACK,
        port=settings.port,
        access_log=False,  # request lines carry the tokens of links
        log_level="warning",
    )


if __name__ == "__main__":
    main()
