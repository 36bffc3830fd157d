r"""The text form of a filter, read into its JSON form.

    model:gpt-5,claude cost>0.1 -env:staging is:failed (user:maria OR has:feature) "refund"

Terms stand beside each other and all have to hold; ``-`` negates, ``OR`` stands between what either
will do, in parentheses where other terms stand beside. A value with spaces is quoted, ``\"`` is a
quote in it. This is a parser of our own: those for Lucene's syntax have no ``cost>0.1``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from functions.common.asking.fields import (
    CHOICES,
    FIELDS,
    MOST_CHARACTERS,
    SHORT_NAMES,
    TAG,
    TYPES,
    find_nearest,
    find_type,
    is_id,
)
from functions.common.asking.scanner import FilterTextError, Scanner
from functions.common.asking.trees import Tree, join, make_term, measure_depth, negate
from llm_observe.records import bound_id

MOST_DEPTH: Final = 4
MOST_TERMS: Final = 32
MOST_VALUES: Final = 100
_MOST_OPEN: Final = 16
"""Parentheses within each other that are read at all; depth is of what they come to."""
_OPERATORS: Final = {":": "in", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_SIGNS: Final = {op: sign for sign, op in _OPERATORS.items()} | {"has": "has:", "is": "is:"}
_FOREIGN: Final = {
    "AND": "terms stand beside each other, without AND",
    "NOT": "a minus before a term negates it, -model:gpt-5",
    "OR": "OR stands between two terms",
}


def read_filter_text(text: str) -> Tree:
    """Give the JSON form of a text; ``{}`` for one without a term.

    Raises:
        FilterTextError: if the text is no filter.
    """
    scanner = Scanner(text)
    scanner.skip_space()
    if scanner.ended:
        return {}
    tree = _Reader(scanner).read_group(0)
    if not scanner.ended:
        raise scanner.error("there is no ( before this )")
    if measure_depth(tree) > MOST_DEPTH:
        raise scanner.error(f"more than {MOST_DEPTH} groups are within each other", 0)
    return tree


class _Reader:
    """Reads groups and terms from where its scanner stands."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._terms = 0

    def read_group(self, opened: int) -> Tree:
        """Read what stands side by side, up to a closing parenthesis or the end."""
        scanner, members, ors = self._scanner, [], 0
        start = scanner.place
        while True:
            members.append(self._read_member(opened))
            scanner.skip_space()
            if scanner.ended or scanner.sees(")"):
                break
            if scanner.sees_word("OR") and scanner.take("OR"):
                ors += 1
                scanner.skip_space()
        if ors not in (0, len(members) - 1):
            raise scanner.error("put what stands around OR into parentheses: a (b OR c)", start)
        return join("or", members) if ors else join("and", self._join_words(members, start))

    def _read_member(self, opened: int) -> Tree:
        scanner = self._scanner
        if scanner.ended or scanner.sees(")"):
            raise scanner.error("a term is missing here")
        for word, hint in _FOREIGN.items():
            if scanner.sees_word(word):
                raise scanner.error(f"{hint}; quote the word to look for it")
        if not scanner.take("-"):
            return self._read_operand(opened)
        if scanner.sees("-"):
            raise scanner.error("one minus negates a term; leave the other out")
        return negate(self._read_operand(opened))

    def _read_operand(self, opened: int) -> Tree:
        scanner = self._scanner
        start = scanner.place
        if not scanner.take("("):
            return self._read_term()
        if opened == _MOST_OPEN:
            raise scanner.error("too many parentheses are within each other", start)
        scanner.skip_space()
        tree = self.read_group(opened + 1)
        if not scanner.take(")"):
            raise scanner.error("this ( is not closed", start)
        return tree

    def _read_term(self) -> Tree:
        scanner = self._scanner
        start = scanner.place
        field = scanner.take_field()
        if field is None:
            self._count(1, start)
            text, quoted = self._read_text()
            return make_term("text", "phrase" if quoted else "matches", text)
        name, sign = field
        if sign == "=":
            raise scanner.error(f"write {name}: for a value, {name}> or {name}< to compare", start)
        if sign == ":" and name in ("has", "is"):
            return self._read_names(name)
        self._count(1, start)
        return self._read_comparison(name, _OPERATORS[sign], start)

    def _read_text(self) -> tuple[str, bool]:
        start = self._scanner.place
        text, quoted = self._scanner.take_text()
        self._check_length(text, start)
        return text, quoted

    def _join_words(self, members: list[Tree], start: int) -> list[Tree]:
        """Make one term of the words that stand beside each other, at the place of the first.

        One span has to have all of them.
        """
        words = [member for member in members if member.get("op") == "matches"]
        if len(words) < 2:  # noqa: PLR2004  # one word is a term already
            return members
        text = " ".join(word["values"][0] for word in words)
        self._check_length(text, start)
        words[0]["values"] = [text]
        return [member for member in members if not any(member is word for word in words[1:])]

    def _check_length(self, text: str, start: int) -> None:
        if len(text) > MOST_CHARACTERS:
            raise self._scanner.error(f"a text has {MOST_CHARACTERS} characters at most", start)

    def _read_names(self, op: str) -> Tree:
        """Read the names of fields behind ``has:`` or ``is:``, any of which will do."""
        members: list[Tree] = []
        while not members or self._scanner.take(","):
            start = self._scanner.place
            self._count(1, start)
            name = _find_name(self._scanner.take_name(), op, start)
            members.append(make_term(name, op))
        return join("or", members)

    def _read_comparison(self, given: str, op: str, start: int) -> Tree:
        name = _find_name(given, op, start)
        values: list[str] = []
        while not values or self._scanner.take(","):
            if values and op != "in":
                raise self._scanner.error(f"{given}{_SIGNS[op]} takes one value")
            values.append(self._read_value(name))
        if len(values) > MOST_VALUES:
            raise self._scanner.error(f"{given} has more than {MOST_VALUES} values", start)
        return make_term(name, op, *values)

    def _read_value(self, name: str) -> str:
        start = self._scanner.place
        given = self._scanner.take_value()
        value = bound_id(given) if is_id(name) else given
        if (fault := _find_fault(name, value)) is not None:
            raise self._scanner.error(fault, start)
        return value

    def _count(self, terms: int, place: int) -> None:
        self._terms += terms
        if self._terms > MOST_TERMS:
            raise self._scanner.error(f"there are more than {MOST_TERMS} terms", place)


def _find_name(given: str, op: str, place: int) -> str:
    """Give a field's own name; refuse one that there is not, or that takes no such operator."""
    name = SHORT_NAMES.get(given, given)
    kind = find_type(name)
    if kind is None:
        known = tuple(each for each in FIELDS if op in TYPES[FIELDS[each]].operators)
        nearest = find_nearest(given, (*known, *SHORT_NAMES) if op == "in" else known)
        hint = (
            f"did you mean {nearest}?"
            if nearest
            else f"choose one of {', '.join(known)}, {TAG}<key>"
        )
        raise FilterTextError(place, f"there is no field {given[:80]}; {hint}")
    if op not in kind.operators:
        takes = ", ".join(_SIGNS[each] for each in kind.operators if each in _SIGNS)
        raise FilterTextError(place, f"{given} does not take {_SIGNS[op]} but {takes or 'no sign'}")
    return name


def _find_fault(name: str, value: str) -> str | None:
    """Say what a field is compared with, where a value is nothing of the kind."""
    kind = find_type(name)
    choices = CHOICES.get(name)
    if choices is not None and value not in choices:
        return f"{name} is one of {', '.join(choices)}"
    fits = kind is not None and kind.pattern is not None and kind.pattern.fullmatch(value)
    if not fits or len(value) > MOST_CHARACTERS:
        return f"{name} is compared with {kind.meaning if kind else 'nothing'}"
    if kind is TYPES["time"]:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return "there is no such day or time"
    return None
