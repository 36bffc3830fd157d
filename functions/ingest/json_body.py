"""A request's JSON, parsed within bounds: neither digits nor levels without number."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from functions.common.errors import BadRequestError
from functions.ingest.bodies import guess_kind

MOST_DIGITS: Final = 64
"""Of an integer; one of more is read as a double."""
_OF_JSON: Final = frozenset({b"{", b"["})
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.?)*+"?|[\[\]{}]', re.DOTALL)
"""Texts and brackets; a text that never ends is one token, not one for each quote in it."""
_MOST_NESTED: Final = 200
"""Levels of brackets: three times what a value of 32 levels takes, and the way down to it."""


def parse_json(body: bytes) -> Any:
    """Parse; what is nested too deep for the parser is left out, the rest is kept.

    Raises:
        BadRequestError: if the body is not JSON.
    """
    # A byte that is no UTF-8 becomes a lone surrogate, which the reader cleans and tells.
    text = body.decode("utf-8", "surrogateescape")
    try:
        try:
            return _DECODER.decode(text)
        except RecursionError:
            return _DECODER.decode(_prune(text))
    except (ValueError, RecursionError) as error:
        raise BadRequestError(" ".join(["The body is not JSON.", *_guess(body)])) from error


def _guess(body: bytes) -> list[str]:
    return [] if body[:1] in _OF_JSON else guess_kind(body)


def parse_repeated(body: bytes, names: frozenset[str]) -> Any:
    """Parse a body whose objects have members twice: lists of these names are put together.

    JSON leaves open what a name means that comes twice, and Python's parser keeps the last.

    Raises:
        BadRequestError: if the body is not JSON.
    """

    def unite(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        united: dict[str, Any] = {}
        for name, held in pairs:
            known = united.get(name) if name in names else None
            if isinstance(known, list) and isinstance(held, list):
                held = [*known, *held]  # noqa: PLW2901  # the two are one from here on
            united[name] = held
        return united

    decoder = json.JSONDecoder(parse_int=_parse_integer, object_pairs_hook=unite)
    try:
        return decoder.decode(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise BadRequestError("The body is not JSON, or nested too deep.") from error


def _parse_integer(digits: str) -> float:
    """Python itself refuses to read thousands of digits, and with them the whole body."""
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


_DECODER: Final = json.JSONDecoder(parse_int=_parse_integer)


def _prune(text: str) -> str:
    """Put null in place of every object and list nested deeper than 200 levels."""
    kept, depth, at = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _MOST_NESTED + 1:
                kept.append(text[at : token.start()] + "null")
        elif token[0] in "]}":
            if depth == _MOST_NESTED + 1:
                at = token.end()
            depth -= 1
    return "".join([*kept, text[at:]])
