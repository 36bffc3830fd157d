"""Patterns of keys and tokens, written from their issuers' forms. Pure, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from llm_observe.privacy.patterns import Pattern, Span, contains, within
from llm_observe.privacy.token_forms import ALPHABETS, TOKEN_FORMS

_FEWEST: Final = 16
"""Characters of a run marked ``+`` that are enough to tell."""
_RUN: Final = re.compile(r"<(?P<fewest>\d+)(?:-(?P<most>\d+))?(?P<alphabet>[A-Za-z])(?P<open>\+?)>")
_LONG_WORD: Final = re.compile(r"[!-~]{19}[!-~]++")
"""No token is shorter, and prose has few such words."""
_BOUNDARY: Final = r"(?:(?<![A-Za-z0-9].)|(?<=\\[nrt].)|(?<=%[0-9A-Fa-f][0-9A-Fa-f].))"
"""Before a token stands no letter, but for one of an escape: ``\\nsk-``, ``%3Dsk-``."""


def _write_run(run: re.Match[str]) -> str:
    letters, fewest = ALPHABETS[run["alphabet"]], int(run["fewest"])
    if run["open"]:
        return f"[{letters}]{{{min(fewest, _FEWEST)},}}+"
    return f"[{letters}]{{{fewest},{run['most'] or fewest}}}"


def _write_form(form: str) -> str:
    """Write a form as a regular expression; a run of a fixed length ends with its word."""
    pieces: list[str] = []
    at = 0
    for run in _RUN.finditer(form):
        pieces += re.escape(form[at : run.start()]), _write_run(run)
        at = run.end()
    pieces.append(re.escape(form[at:]))
    return "".join(pieces) + ("" if form.endswith("+>") else "(?![A-Za-z0-9])")


def _write_rest(start: str, rest: str) -> str:
    """Write what follows a form's first text.

    A run without an end that something must follow is begun once: not where the same run holds
    the text again, ``eyJ_eyJ_eyJ``, which would take quadratic time.
    """
    once = f"(?<![_-]{re.escape(start)})" if "+>" in rest[:-2] else ""
    return once + _write_form(rest)


def _join(branches: Iterable[tuple[str, str]], after: str = "") -> str:
    """Join texts, each with the expression behind it, by their common beginnings."""
    ends: list[str] = []
    longer: dict[str, list[tuple[str, str]]] = {}
    for text, expression in branches:
        if text:
            longer.setdefault(text[0], []).append((text[1:], expression))
        else:
            ends.append(expression)
    joined = [re.escape(letter) + after + _join(rest) for letter, rest in longer.items()] + ends
    return joined[0] if len(joined) == 1 else f"(?:{'|'.join(joined)})"


def looks_random(text: str) -> bool:
    """Tell a key from words joined by hyphens, which have no digits or small letters only."""
    if re.search("[0-9]", text) and re.search("[A-Za-z]", text):
        return True
    return any(not run.islower() for run in re.findall(f"[A-Za-z]{{{_FEWEST},}}", text))


def _judge_token(found: re.Match[str]) -> Span | None:
    """A full stop behind it ends the sentence."""
    token = found[0].rstrip(".")
    return (found.start(), found.start() + len(token)) if looks_random(token) else None


_FORMS: Final = [form for issuer in TOKEN_FORMS for form in issuer.forms.split()]
_STARTED: Final = re.compile(
    _join(
        (
            (start, _write_rest(start, sign + rest))
            for start, sign, rest in (form.partition("<") for form in _FORMS)
            if start
        ),
        after=_BOUNDARY,
    ),
    re.ASCII,
)


def _write_inner(form: str) -> Pattern:
    """Make a pattern of a form that starts with a run and is told by the text behind that."""
    told = form.rpartition("<")[0].rpartition(">")[2]
    boundary = f"(?<![{ALPHABETS[form[form.index('>') - 1]]}])"
    pattern = re.compile(boundary + _write_form(form), re.ASCII)
    return Pattern("[token]", contains(told), within(_LONG_WORD, pattern, _judge_token))


TOKEN_PATTERNS: Final = (
    Pattern("[token]", _LONG_WORD.search, within(_LONG_WORD, _STARTED, _judge_token)),
    *(_write_inner(form) for form in _FORMS if form.startswith("<")),
)
