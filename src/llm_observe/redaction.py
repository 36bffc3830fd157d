"""Text without what looks personal or secret. Pure functions, in linear time.

A finding becomes its kind in square brackets: ``[email]``, ``[phone]``, ``[card]``, ``[iban]``,
``[ip]``, ``[ssn]``, ``[token]``, ``[private_key]``; what only its name or place gives away becomes
``[redacted]``. Patterns know shapes and check digits: names, postal addresses and a secret without
a known form in the middle of a sentence are not found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from llm_observe.patterns import Pattern, make_plain
from llm_observe.personal_patterns import PERSONAL_PATTERNS
from llm_observe.secret_names import JWK_PRIVATE, is_secret_name
from llm_observe.secret_patterns import SECRET_PATTERNS

REDACTED: Final = "[redacted]"

_PATTERNS: Final[tuple[Pattern, ...]] = (*SECRET_PATTERNS, *PERSONAL_PATTERNS)
_SUSPECT: Final = re.compile(r"[@=:%>(0-9-](?:(?<=[@=:%>])|(?<=[0-9(])[0-9 .()/-]{5}|(?<=-)-[\w-])")
_SHORTEST_SECRET: Final = 12
"""Characters without a space, in what shows none of ``_SUSPECT``."""
_MOST_ROUNDS: Final = 4
_REACH: Final = 20_480
"""Characters: longer than any secret with an end, a private key of 16,384 included."""
_CUT: Final = 64
"""Characters at a cut that may be the start of something too short to be recognised."""
_SHORT: Final = 64
"""Characters up to which a text is remembered: names and settings come again with every call."""
_MOST_REMEMBERED: Final = 4096
_MOST_DEPTH: Final = 32
_MOST_NODES: Final = 10_000
_MOST_PARAMETERS: Final = 64
_SCALARS: Final = (int, float, bytes, type(None))


def redact(text: str, *, limit: int | None = None) -> str:
    """Replace what looks personal or secret; doing it again changes nothing.

    With ``limit``, give that many characters of the result at most, and read little more: cutting
    first would leave the start of a secret that nothing recognises. Takes any text, never raises.
    """
    if len(text) <= _SHORT:
        return _redact_short(text)[:limit]
    if limit is None:
        return _redact(text)
    if len(text) <= limit + _REACH:
        return _redact(text)[:limit]
    redacted = _redact(text[: limit + _REACH])
    return redacted[: min(limit, max(len(redacted) - _CUT, 0))]


def _redact(text: str) -> str:
    """A placeholder can free what stood beside it, so look until nothing more is found."""
    read = make_plain(text)
    if not _SUSPECT.search(read) and not _has_long_word(read):
        return text
    for _ in range(_MOST_ROUNDS):
        before = text
        for pattern in _PATTERNS:
            text, read = pattern.replace(text, read)
        if text == before:
            return text
    return REDACTED


_redact_short = lru_cache(_MOST_REMEMBERED)(_redact)


def _has_long_word(text: str) -> bool:
    return max(map(len, text.split()), default=0) >= _SHORTEST_SECRET


def redact_value(value: Any) -> Any:
    """Redact all text of a JSON-like value, and whole what stands under a name that says secret.

    Reads 10,000 values and 32 levels; what is beyond is left out or becomes ``[redacted]``, as do
    values that are not JSON. Bytes are told by their size.
    """
    return _Walk().redact(value, 0)


class _Walk:
    """Values that may still be read."""

    def __init__(self) -> None:
        self._left = _MOST_NODES

    def redact(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _MOST_DEPTH:
            return REDACTED
        if isinstance(value, str):
            return redact(value)
        # Before mappings: to tell that something is none of them is what costs most.
        if isinstance(value, _SCALARS):
            return _redact_scalar(value)
        if isinstance(value, Mapping):
            return self._redact_items(value, depth)
        if isinstance(value, list | tuple):
            items = [self.redact(item, depth + 1) for item in value[: self._left + 1]]
            return tuple(items) if isinstance(value, tuple) else items
        return _redact_scalar(value)

    def _redact_items(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        redacted: dict[Any, Any] = {}
        for key, item in value.items():
            if self._left < 0:
                break
            if not isinstance(key, str):
                name, is_secret = key, False
            elif len(key) <= _SHORT:
                name, is_secret = _read_short_name(key)
            else:
                name, is_secret = redact(key), is_secret_name(key)
            is_secret = is_secret or (key in JWK_PRIVATE and "kty" in value)
            redacted[name] = _hide(item) if is_secret else self.redact(item, depth + 1)
        return redacted


@lru_cache(_MOST_REMEMBERED)
def _read_short_name(name: str) -> tuple[str, bool]:
    """Give a name redacted, and whether it says that its value is a secret."""
    return _redact(name), is_secret_name(name)


def _hide(value: Any) -> Any:
    """That there is no secret is none."""
    return value if value is None or value == "" or isinstance(value, bool) else REDACTED


def _redact_scalar(value: Any) -> Any:
    if isinstance(value, int) and 10**12 <= value < 10**19:
        text = str(value)
        return value if (redacted := redact(text)) == text else redacted
    if value is None or isinstance(value, int | float):
        return value
    return f"{len(value)} bytes" if isinstance(value, bytes) else REDACTED


_URL: Final = re.compile(
    r"((?:[A-Za-z][A-Za-z0-9+.-]{0,31}:)?//[^/?#]*)?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL
)
"""Parts of a URL (RFC 3986, appendix B): scheme with authority, path, query."""
_ADDRESS: Final = re.compile(r"(?:[0-9.]{7,15}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PARAMETER: Final = re.compile(r"[A-Za-z_][\w.~\[\]-]{0,63}", re.ASCII)


def redact_url(url: str) -> str:
    """Keep scheme, host, redacted path and the names of query parameters of a URL.

    User, password and fragment are dropped, and each parameter's value becomes ``[redacted]``.
    """
    found = _URL.fullmatch(url)
    if not found:
        return REDACTED
    authority, path, query = found.groups()
    shown = redact(path)
    if authority:
        scheme, _, rest = authority.partition("//")
        host = rest.rpartition("@")[2]
        shown = f"{scheme}//{host if _ADDRESS.fullmatch(host) else redact(host)}{shown}"
    return f"{shown}?{_redact_query(query)}" if query else shown


def _redact_query(query: str) -> str:
    names = (part.partition("=") for part in query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS])
    return "&".join(
        f"{name}={REDACTED}"
        if sign and _PARAMETER.fullmatch(name) and redact(name) == name
        else REDACTED
        for name, sign, _ in names
    )
