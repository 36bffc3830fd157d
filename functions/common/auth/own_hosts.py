"""Which requests development mode serves: those that were meant for this machine.

Without a credential at the door any page that a developer opens could have its own name lead to
127.0.0.1 (DNS rebinding) and read what is here; the browser then names that page's host.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers

from functions.common.environment import load_dev_hosts
from functions.common.errors import ForbiddenError

_OWN: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "host.docker.internal"})
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^:/@\[\]]+)(:[0-9]+)?")
_ORIGIN: Final = re.compile(rf"https?://{_HOST.pattern}")
_OF_AN_EVENT: Final = re.compile(r"[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com")
"""The host in an event for `sam local invoke`. AWS alone says where such a name leads to."""


def require_own_host(headers: Headers) -> None:
    """Refuse a request that a browser sends for a page from elsewhere.

    A request without Host or without Origin is no browser's, or none of another page's.

    Raises:
        ForbiddenError: if Host or Origin names another host than one of this machine's.
    """
    allowed = _OWN | load_dev_hosts()
    for host in headers.getlist("host"):
        if not (_names(_HOST, host, allowed) or _OF_AN_EVENT.fullmatch(host)):
            raise ForbiddenError(_explain("Host"))
    for origin in headers.getlist("origin"):
        if not _names(_ORIGIN, origin, allowed):
            raise ForbiddenError(_explain("Origin"))


def _names(pattern: re.Pattern[str], text: str, allowed: frozenset[str]) -> bool:
    found = pattern.fullmatch(text.lower())
    return found is not None and found[1] in allowed


def _explain(header: str) -> str:
    return (
        f"Development mode answers this machine only, and {header} names another. "
        "If it is yours, add its name to LLM_OBSERVE_DEV_HOSTS, or send a credential."
    )
