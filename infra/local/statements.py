"""Cut an SQL file into its statements, as the ``supabase`` CLI records them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://www.postgresql.org/docs/current/sql-syntax-lexical.html
_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\* )
    | (?P<quoted>
          (?<![\w$]) [eE]'(?:[^'\\]|\\.|'')*'
        | '(?:[^']|'')*'
        | "(?:[^"]|"")*"
        | (?<![\w$]) \$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? \$(?P=tag)\$
      )
    | (?P<atomic> \bbegin\s+atomic\b )
    | (?P<word> \bcase\b | \bend\b )
    | (?P<end> ; )
    | (?P<space> \s+ )
    | (?P<other> \w+ | . )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its semicolon, and the line (from 1) on which it begins."""

    text: str
    line: int


def split_statements(text: str) -> Iterator[Statement]:
    """The statements of ``text`` in order; comments stay with the statement that follows."""
    position = start = depth = 0
    meaningful = False
    while match := _TOKEN.match(text, position):
        position = match.end()
        if match["comment"] == "/*":
            position = _comment_end(text, position)
        elif match["end"] and depth == 0:
            if meaningful:
                yield _statement(text, start, match.start())
            start, meaningful = position, False
        elif not match["comment"] and not match["space"]:
            meaningful = True
            depth = _depth(match, depth)
    if meaningful:
        yield _statement(text, start, len(text))


def _depth(match: re.Match[str], depth: int) -> int:
    """How many ``begin atomic`` and ``case`` are open: their semicolons end no statement."""
    if match["atomic"]:
        return depth + 1
    if match["word"] and depth:
        return depth + (1 if match["word"].lower() == "case" else -1)
    return depth


def _comment_end(text: str, position: int) -> int:
    """The end of a block comment, which may hold others."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(text, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(text) if depth else position


def _statement(text: str, start: int, end: int) -> Statement:
    raw = text[start:end]
    leading = len(raw) - len(raw.lstrip())
    return Statement(raw.strip(), text.count("\n", 0, start + leading) + 1)
