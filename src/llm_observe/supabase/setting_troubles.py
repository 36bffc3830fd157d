"""Settings that are well formed and wrong, recognised by what the project answers to them.

One table says what to check. The rest is a matter of a moment, or of single spans, and of no
setting.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

_ISSUE: Final = "Issue another with `make access ARGS='ingest-token --tenant …'`."
SENTENCES: Final[Mapping[str, str]] = {
    "unknown host": (
        "SUPABASE_URL names a host that is not found. Check its spelling, and whether the project "
        "is paused or deleted."
    ),
    "another site": (
        "What answers at SUPABASE_URL is not the Data API of a Supabase project. Set the project's "
        "own URL, such as https://abcdefghijklmnop.supabase.co, not the dashboard's."
    ),
    "no functions": (
        "The project at SUPABASE_URL does not have this version's functions. Check that it is the "
        "right project, and apply the migrations with `supabase db push`."
    ),
    "publishable key": (
        "SUPABASE_PUBLISHABLE_KEY is not a key of the project at SUPABASE_URL. Copy it from the "
        "project's API keys; it starts with sb_publishable_."
    ),
    "signing key": (
        "The project at SUPABASE_URL does not trust SUPABASE_JWT_SIGNING_KEY. Check that both are "
        "of one project, and that the key is imported there and not revoked. It is for "
        "llm-observe's own functions: an application has LLM_OBSERVE_INGEST_TOKEN."
    ),
    "clock": (
        "The project refuses the times in our tokens. Check this machine's clock: more than 30 s "
        "off is too much."
    ),
    "foreign token": (
        "LLM_OBSERVE_INGEST_TOKEN was not issued by the project at SUPABASE_URL, or the key that "
        f"signed it is gone. {_ISSUE}"
    ),
    "expired token": f"LLM_OBSERVE_INGEST_TOKEN has expired. {_ISSUE}",
    "revoked token": f"LLM_OBSERVE_INGEST_TOKEN was revoked, or has ended. {_ISSUE}",
    "deleted tenant": (
        "The tenant was deleted, and nothing is stored for it any more. Check LLM_OBSERVE_TENANT, "
        "or the tenant that the application names; only the project's operator can lift this."
    ),
}
"""The name of each trouble, and its one line of log."""
_BY_CODE: Final[Mapping[str, tuple[str, str]]] = {
    "PGRST202": ("no functions", "no functions"),
    "PGRST301": ("signing key", "foreign token"),
    "PGRST302": ("signing key", "foreign token"),
    "PGRST303": ("clock", "expired token"),
    "PT401": ("signing key", "revoked token"),
    "PT410": ("deleted tenant", "deleted tenant"),
}
"""By the answer's code: where tokens are signed here, and where one was issued to us
(https://docs.postgrest.org/en/v14/references/errors.html; ``PT`` and a status are our own)."""
_OURS: Final = "/rpc/ingest_spans"
_PASSES: Final = frozenset({408, 429})


class SettingTroubles:
    """Troubles that were recognised; each is news once, and again after all was well."""

    def __init__(self) -> None:
        self._noted: set[str] = set()
        self._told: set[str] = set()

    def note(self, trouble: str | None) -> None:
        """Take what a request came to; None where all was well."""
        if trouble is None:
            self._told.clear()
        else:
            self._noted.add(trouble)

    def take(self) -> tuple[bool, list[str]]:
        """Say whether there was trouble since the last time, and give sentences not yet told."""
        noted, self._noted = self._noted, set()
        news = sorted(noted - self._told)
        self._told |= noted
        return bool(noted), [SENTENCES[trouble] for trouble in news]


class WatchedSession(httpx.Client):
    """An HTTP client that notes what its requests tell of the settings."""

    def __init__(self, troubles: SettingTroubles, *, holds_token: bool, **options: Any) -> None:
        super().__init__(**options)
        self._troubles = troubles
        self._holds_token = holds_token

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send it.

        Raises:
            httpx.TransportError: if nobody answers, or somebody else than a Data API answers that
                all is well.
        """
        try:
            response = super().send(request, **options)
        except httpx.TransportError as error:
            if any(isinstance(cause, socket.gaierror) for cause in _list_causes(error)):
                self._troubles.note("unknown host")
            raise
        trouble = recognize(response, holds_token=self._holds_token)
        if trouble is not None or response.is_success:
            self._troubles.note(trouble)
        if trouble is not None and response.is_success:
            raise httpx.RemoteProtocolError(SENTENCES[trouble], request=request)
        return response


def recognize(response: httpx.Response, *, holds_token: bool) -> str | None:
    """Name the trouble that an answer shows; None where it shows none."""
    status, answer = response.status_code, _read_json(response)
    if response.is_success:
        expected = not response.request.url.path.endswith(_OURS) or "received" in (answer or {})
        return None if expected else "another site"
    if status >= 500 or status in _PASSES:  # noqa: PLR2004  # the server's own
        return None
    if answer is None or not {"code", "message"} & answer.keys():
        return "another site"
    code = answer.get("code")
    if isinstance(code, str) and code in _BY_CODE:
        return _BY_CODE[code][holds_token]
    if code is None:
        # The gateway before the Data API: it knows keys and paths, and has no codes.
        return "publishable key" if status == httpx.codes.UNAUTHORIZED else "another site"
    return None


def _read_json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _list_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
