"""Mails, which are not sent: a mailbox in memory, and the page that shows it."""

from __future__ import annotations

import html
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from functions.common.auth.own_hosts import require_own_host
from functions.common.errors import ForbiddenError
from infra.local.auth.answers import AuthError

_MOST: Final = 200
"""The oldest mail goes for the next one."""
_SUBJECTS: Final = {
    "signup": "Confirm your address",
    "magiclink": "Your link to log in",
    "recovery": "Reset your password",
    "invite": "You have been invited",
    "email_change": "Confirm the change of your address",
}
PAGE_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",
}
PAGE_STYLE: Final = "body{font:16px system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, with all that a template of Supabase Auth may show."""

    to: str
    type: str
    link: str = field(repr=False)
    code: str = field(repr=False)
    token_hash: str = field(repr=False)
    redirect_to: str
    sent_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def subject(self) -> str:
        """The line that an inbox shows."""
        return _SUBJECTS[self.type]


class Mailbox:
    """The last mails, the newest first; they are gone with the process."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=_MOST)

    def put(self, mail: Mail) -> None:
        """Keep a mail in the place of sending it."""
        self._mails.appendleft(mail)

    async def show(self, request: Request) -> Response:
        """GET /mails: the mails, as JSON to whoever asks for it; ``?to=`` of one address.

        A reader of the mails can log in as anybody here, so a page of another origin must not be
        one: the host has to be this machine's, and no page may read across origins anyway.
        """
        try:
            require_own_host(request.headers)
        except ForbiddenError as error:
            raise AuthError(403, "no_authorization", str(error)) from error
        wanted = request.query_params.get("to", "").lower()
        mails = [mail for mail in list(self._mails) if wanted in {"", mail.to}]
        if "application/json" in request.headers.get("accept", ""):
            listed = [asdict(mail) | {"subject": mail.subject} for mail in mails]
            return JSONResponse({"mails": listed}, headers=PAGE_HEADERS)
        return HTMLResponse(_write_page(mails), headers=PAGE_HEADERS)


def _write_page(mails: Sequence[Mail]) -> str:
    listed = "\n".join(_write_mail(mail) for mail in mails) or "<p>There is no mail yet.</p>"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Local mailbox</title>
<style>{PAGE_STYLE}</style></head>
<body><h1>Local mailbox</h1>
<p>The local stack sends no mail. Here is what it would have sent, the newest first.</p>
{listed}
</body></html>
"""


def _write_mail(mail: Mail) -> str:
    to, subject, link, code = map(html.escape, (mail.to, mail.subject, mail.link, mail.code))
    return (
        f"<article><h2>{subject}</h2><p>To {to}, {mail.sent_at}</p>"
        f'<p><a href="{link}">{subject}</a>, or the code <code>{code}</code></p></article>'
    )
