"""Text without what looks personal or secret. Pure functions, in linear time.

A finding becomes its kind in square brackets: ``[email]``, ``[phone]``, ``[card]``, ``[iban]``,
``[ip]``, ``[ssn]``, ``[token]``, ``[private_key]``; what only its name or place gives away becomes
``[redacted]``. Patterns know shapes and check digits: names, postal addresses and a secret without
a known form in the middle of a sentence are not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

from llm_observe._remembering import remember
from llm_observe.privacy.patterns import Pattern, make_plain
from llm_observe.privacy.personal_patterns import PERSONAL_PATTERNS
from llm_observe.privacy.secret_names import JWK_PRIVATE, is_secret_name
from llm_observe.privacy.secret_patterns import SECRET_PATTERNS
from llm_observe.privacy.work import WorkBudget, count_work
from llm_observe.records import MOST_NAME, MOST_TEXT

REDACTED: Final = "[redacted]"

_PATTERNS: Final[tuple[Pattern, ...]] = (*SECRET_PATTERNS, *PERSONAL_PATTERNS)
_SUSPECT: Final = re.compile(r"[@=:%>(0-9-](?:(?<=[@=:%>])|(?<=[0-9(])[0-9 .()/-]{5}|(?<=-)-[\w-])")
_SHORTEST_SECRET: Final = 12
"""Characters without a space, in what shows none of ``_SUSPECT``."""
_MOST_ROUNDS: Final = 4
_REACH: Final = 1_024
"""Characters behind a limit that are read: all it takes to tell that a secret has begun."""
_FAR: Final = 20_480
"""Where these end within a word, or a secret took them: longer than any, as a private key is."""
_BLANK: Final = re.compile(r"\s")
_CUT: Final = 64
"""Characters at a cut that may be the start of something too short to be recognised."""
_SHORT: Final = 64
"""Characters up to which a text is remembered: names and settings come again with every call."""
_SHORT_TOGETHER: Final = 512
"""Characters up to which the names of a span are remembered together."""
_MOST_REMEMBERED: Final = 4096
_MOST_DEPTH: Final = 32
_MOST_NODES: Final = 10_000
_MOST_CHARACTERS: Final = 65_536
"""Of names and texts in one span's attributes, a number counted as 20."""
_NUMBER_CHARACTERS: Final = 20
_QUOTES: Final = 2
_LONGEST_ID: Final = 2_048
_MOST_PARAMETERS: Final = 64
_SCALARS: Final = (int, float, bytes, type(None))
_T = TypeVar("_T")
_URL: Final = re.compile(
    r"((?:[A-Za-z][A-Za-z0-9+.-]{0,31}:)?//[^/?#]*)?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL
)
"""Parts of a URL (RFC 3986, appendix B): scheme with authority, path, query."""
_ADDRESS: Final = re.compile(r"(?:[0-9.]{7,15}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PARAMETER: Final = re.compile(r"[A-Za-z_][\w.~\[\]-]{0,63}", re.ASCII)


def redact(text: str, *, limit: int | None = None, work: WorkBudget | None = None) -> str:
    """Replace what looks personal or secret; doing it again changes nothing.

    With ``limit``, give that many characters of the result at most, and read little more: cutting
    first would leave the start of a secret that nothing recognises. An empty text where ``work``
    has no room for it. Takes any text, never raises.
    """
    if len(text) <= _SHORT:
        redacted, count = _redact_short(text)
        return redacted[:limit] if work is None or work.take_characters(count) else ""
    if limit is None or len(text) <= limit + _REACH:
        return _redact_within(text, work)[:limit]
    for reach in (_REACH, _FAR):
        read = text[: _find_end(text, limit + reach, limit + _FAR)]
        redacted = _redact_within(read, work)
        if len(read) == len(text):
            return redacted[:limit]
        if len(redacted) >= limit + _CUT:
            break
    return redacted[: min(limit, max(len(redacted) - _CUT, 0))]


def redact_names(
    names: Iterable[str | None], *, work: WorkBudget | None = None
) -> list[str | None]:
    """Redact names of 256 characters each; None for one that is empty or that found no room."""
    told = tuple(names)
    if sum(map(len, filter(None, told))) <= _SHORT_TOGETHER:
        # Calls of one place in a program have the same names, all of them: 4 µs less a span.
        redacted, count = _redact_together(told)
        if work is None or work.may_take(count):
            return list(redacted)
    return [(redact(name, limit=MOST_NAME, work=work) or None) if name else None for name in told]


@lru_cache(_MOST_REMEMBERED)
def _redact_together(names: tuple[str | None, ...]) -> tuple[tuple[str | None, ...], int]:
    """Give names redacted, and what work that is."""
    redacted = [(redact(name, limit=MOST_NAME) or None) if name else None for name in names]
    return tuple(redacted), sum(count_work(name) for name in names if name)


def holds_secret(text: str, work: WorkBudget | None = None) -> bool | None:
    """Whether an id has the form of a credential, told by its first 2,048 characters.

    None where ``work`` has no room to tell.
    """
    read = text[:_LONGEST_ID]
    if work is not None and not work.take_characters(count_work(read)):
        return None
    return _look_for_secret(read)


def _find_secret(text: str) -> bool:
    read = make_plain(text)
    return any(pattern.replace(text, read)[0] != text for pattern in SECRET_PATTERNS)


_look_for_secret = remember(_find_secret, most=_MOST_REMEMBERED, longest=MOST_NAME)


def _find_end(text: str, end: int, most: int) -> int:
    """Give where to stop reading: behind the word that ``end`` falls into, if it is a long one."""
    if _BLANK.search(text, end - _CUT, end):
        return end
    blank = _BLANK.search(text, end, most)
    return blank.start() if blank else most


def _redact_within(text: str, work: WorkBudget | None) -> str:
    return _redact(text) if work is None or work.take_characters(count_work(text)) else ""


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


@lru_cache(_MOST_REMEMBERED)
def _redact_short(text: str) -> tuple[str, int]:
    """Give the text redacted, and what work that is: whether it is remembered changes no count."""
    return _redact(text), count_work(text)


def _has_long_word(text: str) -> bool:
    return max(map(len, text.split()), default=0) >= _SHORTEST_SECRET


def redact_value(value: Any, *, work: WorkBudget | None = None) -> Any:
    """Redact all text of a JSON-like value, and whole what stands under a name that says secret.

    Reads 10,000 values, 32 levels, 8,192 characters of a text and 65,536 of all; what is beyond is
    left out or becomes ``[redacted]``, as do values that are not JSON. Bytes are told by their
    size.
    """
    return Walk(work).redact(value, 0)


class Walk:
    """Values and characters that may still be read; ``is_cut`` where something was left out."""

    def __init__(self, work: WorkBudget | None = None) -> None:
        self._work = work
        self._left = _MOST_NODES
        self._characters = _MOST_CHARACTERS
        self.is_cut = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be read."""
        return self._left <= 0 or self._characters <= 0

    def redact(self, value: Any, depth: int) -> Any:
        """Redact a value that lies so deep in others."""
        self._left -= 1
        if self.is_over or depth > _MOST_DEPTH:
            self.is_cut = True
            return REDACTED
        if isinstance(value, str):
            return self.redact_text(value)
        self._characters -= _NUMBER_CHARACTERS
        # Before mappings: to tell that something is none of them is what costs most.
        if isinstance(value, _SCALARS):
            return _redact_scalar(value)
        if isinstance(value, Mapping):
            return self._redact_items(value, depth)
        if isinstance(value, list | tuple):
            items = [self.redact(item, depth + 1) for item in self._take(value)]
            return tuple(items) if isinstance(value, tuple) else items
        return _redact_scalar(value)

    def read_name(self, key: str) -> tuple[str, bool]:
        """Give a name redacted, and whether it says that its value is a secret."""
        self._characters -= min(len(key), MOST_NAME)
        if len(key) <= _SHORT:
            return _read_short_name(key)
        name = redact(key, limit=MOST_NAME, work=self._work)
        return name, is_secret_name(key[:MOST_NAME])

    def redact_text(self, text: str, limit: int = MOST_TEXT) -> str:
        """Redact a text and cut it."""
        limit = min(limit, max(self._characters, 0))
        self.is_cut |= len(text) > limit
        return self.count_text(redact(text, limit=limit, work=self._work))

    def count_text(self, text: str) -> str:
        """Count a text that is kept as it is."""
        self._characters -= len(text) + _QUOTES
        return text

    def _redact_items(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        redacted: dict[Any, Any] = {}
        for key, item in self._take(value.items()):
            name, is_secret = self.read_name(key) if isinstance(key, str) else (key, False)
            is_secret = is_secret or (key in JWK_PRIVATE and "kty" in value)
            redacted[name] = hide(item) if is_secret else self.redact(item, depth + 1)
        return redacted

    def _take(self, items: Iterable[_T]) -> Iterator[_T]:
        for item in items:
            if self.is_over:
                self.is_cut = True
                return
            yield item


@lru_cache(_MOST_REMEMBERED)
def _read_short_name(name: str) -> tuple[str, bool]:
    """Give a name redacted, and whether it says that its value is a secret."""
    return _redact(name), is_secret_name(name)


def hide(value: Any) -> Any:
    """Give what stands in a secret's place; that there is no secret is none."""
    return value if value is None or value == "" or isinstance(value, bool) else REDACTED


def _redact_scalar(value: Any) -> Any:
    if isinstance(value, int) and 10**12 <= value < 10**19:
        text = str(value)
        return value if (redacted := redact(text)) == text else redacted
    if value is None or isinstance(value, int | float):
        return value
    return f"{len(value)} bytes" if isinstance(value, bytes) else REDACTED


def redact_url(url: str, *, work: WorkBudget | None = None) -> str:
    """Keep scheme, host, redacted path and the names of query parameters of a URL.

    User, password and fragment are dropped, and each parameter's value becomes ``[redacted]``.
    """
    found = _URL.fullmatch(url)
    if not found:
        return REDACTED
    authority, path, query = found.groups()
    shown = redact(path, work=work)
    if authority:
        scheme, _, rest = authority.partition("//")
        host = rest.rpartition("@")[2]
        is_address = _ADDRESS.fullmatch(host)
        shown = f"{scheme}//{host if is_address else redact(host, work=work)}{shown}"
    return f"{shown}?{_redact_query(query, work)}" if query else shown


def _redact_query(query: str, work: WorkBudget | None) -> str:
    names = (part.partition("=") for part in query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS])
    return "&".join(
        f"{name}={REDACTED}"
        if sign and _PARAMETER.fullmatch(name) and redact(name, work=work) == name
        else REDACTED
        for name, sign, _ in names
    )
