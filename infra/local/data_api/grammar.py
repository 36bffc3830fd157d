"""The grammar of PostgREST's filters, and the scanner it is read with.

Operators: https://docs.postgrest.org/en/v14/references/api/tables_views.html#operators
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.data_api.errors import DataApiError, not_implemented

OPERATORS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
}
_IS_VALUES = {
    "null": "NULL",
    "not_null": "NOT NULL",
    "true": "TRUE",
    "false": "FALSE",
    "unknown": "UNKNOWN",
}
_FULL_TEXT = re.compile(r"(fts|plfts|phfts|wfts)(\(|$)")
_NAME = re.compile(r"(?:[^\W]|[ $]|-(?!>))+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_UNQUOTED_VALUE = re.compile(r"[^,)]*")
_ARRAY_VALUE = re.compile(r"\{[^{}]*\}")
_MOST_DEPTH = 100
"""Levels of and(…) and or(…): each costs frames here, and where the statement is put together."""
_LOGIC_HEAD = re.compile(r"\s*(not\.)?(and|or)\s*\(")


@dataclass(frozen=True)
class Filter:
    """``column operator value``; the operator is SQL, the value a parameter.

    For ``IN`` the value is a tuple; for ``IS`` it is one of a fixed list of SQL keywords.
    """

    column: str
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Logic:
    """Conditions joined by AND or OR."""

    operator: str
    terms: tuple[Condition, ...]
    negated: bool = False


Condition = Filter | Logic


class Scanner:
    """Reads one parameter from left to right; every failure names the place."""

    def __init__(self, text: str, subject: str) -> None:
        self._text = text
        self._subject = subject
        self._at = 0

    def failure(self, details: str) -> DataApiError:
        """Make the PGRST100 error for the present position."""
        place = f"(line 1, column {self._at + 1})"
        message = f'"failed to parse {self._subject} ({self._text})" {place}'
        return DataApiError(400, "PGRST100", message, details=details)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Consume a match at the present position, if there is one."""
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def accept(self, literal: str) -> bool:
        """Consume the literal, if it comes next."""
        if not self._text.startswith(literal, self._at):
            return False
        self._at += len(literal)
        return True

    def expect(self, literal: str) -> None:
        """Consume the literal; raises DataApiError when something else comes next."""
        if not self.accept(literal):
            raise self.failure(f'expecting "{literal}"')

    def skip_blanks(self) -> None:
        """Consume spaces and tabs."""
        while self._at < len(self._text) and self._text[self._at] in " \t":
            self._at += 1

    def end(self) -> None:
        """Insist that nothing is left."""
        if self._at < len(self._text):
            raise self.failure(f'unexpected "{self._text[self._at]}"')

    def rest(self) -> str:
        """Consume all that is left."""
        rest, self._at = self._text[self._at :], len(self._text)
        return rest

    def quoted(self) -> str | None:
        """Consume a double-quoted string with backslash escapes, if one comes next."""
        match = self.take(_QUOTED)
        return re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL) if match else None

    def name(self) -> str:
        """Consume a column name, quoted or bare."""
        self.skip_blanks()
        quoted = self.quoted()
        if quoted is None:
            match = self.take(_NAME)
            quoted = match[0].strip() if match else ""
        if not quoted:
            raise self.failure("expecting a field name")
        self.skip_blanks()
        return quoted

    def column(self) -> str:
        """Consume a column name; a JSON path behind it is refused."""
        name = self.name()
        if self.accept("->"):
            raise not_implemented("JSON paths (->, ->>)")
        return name

    def value(self) -> str:
        """Consume one value inside a list or a logic tree."""
        start = self._at
        quoted = self.quoted()
        if quoted is not None and self._text[self._at : self._at + 1] in ("", ",", ")"):
            return quoted
        self._at = start
        match = self.take(_UNQUOTED_VALUE)
        return match[0] if match else ""

    def value_or_array(self) -> str:
        """Consume one value that may be an array or object literal in braces."""
        match = self.take(_ARRAY_VALUE)
        return match[0] if match else self.value()

    def keyword(self, meanings: Mapping[str, str]) -> str | None:
        """Consume one of the words, if one comes next, and answer what it means."""
        return next((meanings[word] for word in meanings if self.accept(word)), None)

    def at_logic(self) -> bool:
        """Say whether a nested and(...) or or(...) comes next."""
        return _LOGIC_HEAD.match(self._text, self._at) is not None


def parse_filter(name: str, text: str) -> Filter:
    """Parse ``column=operator.value``; raises DataApiError 400."""
    key = Scanner(name, "tree path")
    column = key.column()
    if key.accept("."):
        raise not_implemented("filters on embedded resources; quote a column name with a dot")
    key.end()
    scanner = Scanner(text, "filter")
    condition = _operation(scanner, column, nested=False)
    scanner.end()
    return condition


def parse_logic(key: str, text: str) -> Logic:
    """Parse ``and=(...)``, ``or=(...)`` and their negations; raises DataApiError 400."""
    scanner = Scanner(f"{key}{text}", "logic tree")
    tree = _logic(scanner, 1)
    scanner.end()
    return tree


def _logic(scanner: Scanner, depth: int) -> Logic:
    if depth > _MOST_DEPTH:
        raise scanner.failure(f"nested more than {_MOST_DEPTH} levels deep")
    head = scanner.take(_LOGIC_HEAD)
    if head is None:
        raise scanner.failure("expecting a logic operator (and, or) and its list in parentheses")
    terms = [_term(scanner, depth)]
    while scanner.accept(","):
        terms.append(_term(scanner, depth))
    scanner.expect(")")
    scanner.skip_blanks()
    return Logic(head[2].upper(), tuple(terms), negated=bool(head[1]))


def _term(scanner: Scanner, depth: int) -> Condition:
    scanner.skip_blanks()
    if scanner.at_logic():
        return _logic(scanner, depth + 1)
    column = scanner.column()
    scanner.expect(".")
    condition = _operation(scanner, column, nested=True)
    scanner.skip_blanks()
    return condition


_OPERATOR = re.compile(r"([^.(]*)(?=[.(])")


def _operation(scanner: Scanner, column: str, *, nested: bool) -> Filter:
    negated = scanner.accept("not.")
    match = scanner.take(_OPERATOR)
    operator = match[0] if match else ""
    if _FULL_TEXT.match(operator):
        raise not_implemented("full-text search")
    if operator in OPERATORS and scanner.accept("("):
        raise not_implemented("the any and all modifiers of operators")
    if operator not in OPERATORS and operator not in {"in", "is"}:
        raise scanner.failure(f"unknown single value operator {operator}")
    scanner.expect(".")
    if operator == "in":
        return Filter(column, "IN", _list(scanner), negated)
    if operator == "is":
        return Filter(column, "IS", _is_value(scanner), negated)
    value = scanner.value_or_array() if nested else scanner.rest()
    if operator in {"like", "ilike"}:
        value = value.replace("*", "%")
    return Filter(column, OPERATORS[operator], value, negated)


def _list(scanner: Scanner) -> tuple[str, ...]:
    scanner.skip_blanks()
    scanner.expect("(")
    values = [scanner.value()]
    while scanner.accept(","):
        values.append(scanner.value())
    scanner.expect(")")
    scanner.skip_blanks()
    return () if values == [""] else tuple(values)


def _is_value(scanner: Scanner) -> str:
    match = scanner.take(_UNQUOTED_VALUE)
    keyword = _IS_VALUES.get(match[0].lower() if match else "")
    if keyword is None:
        raise scanner.failure("expecting null, not_null, true, false or unknown")
    return keyword
