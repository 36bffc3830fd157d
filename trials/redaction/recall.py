"""Counts what redaction finds of what it says it finds, and what it changes that is harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from llm_observe.privacy.redaction import redact

_MARKED = re.compile("«([^»]*)»")


class Tally(NamedTuple):
    """Of a kind's texts, those treated rightly, and the others."""

    kind: str
    right: int
    wrong: Sequence[str]

    @property
    def all(self) -> int:
        """How many there are."""
        return self.right + len(self.wrong)


def is_found(marked: str) -> bool:
    """Tell whether each marked place became one placeholder, and the text around it stayed."""
    pieces = _MARKED.split(marked)
    expected = r"\[[a-z_]+\]".join(map(re.escape, pieces[::2]))
    return re.fullmatch(expected, redact("".join(pieces))) is not None


def tally_findings(findings: Mapping[str, Sequence[str]]) -> list[Tally]:
    """Count by kind what is found whole."""
    return [
        _tally(kind, [(text, is_found(text)) for text in texts]) for kind, texts in findings.items()
    ]


def tally_harmless(harmless: Mapping[str, Sequence[str]]) -> list[Tally]:
    """Count by kind what stays as it is."""
    return [
        _tally(kind, [(text, redact(text) == text) for text in texts])
        for kind, texts in harmless.items()
    ]


def _tally(kind: str, judged: Sequence[tuple[str, bool]]) -> Tally:
    wrong = [text for text, is_right in judged if not is_right]
    return Tally(kind, len(judged) - len(wrong), wrong)
