"""Which model of the price source a name means: the source's rules, in linear time.

The rules are strings whose first character says how the rest is compared with a lower-case name:
``=`` equal, ``^`` start, ``$`` end, ``~`` contained, ``#`` equal where each ``#`` is any digit
(and a last ``*`` is any rest), ``!`` not the rule that follows.
A model has a list of rules, one of which must match; a list in the list must match whole.

A rule of a start or of a contained text would take ``o4-mini-deep-research`` for ``o4-mini``. So
what stands around the text may only tell a place before it, and a version behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

_COMPACT_DATE: Final = re.compile(r"-(20\d\d)(\d\d)(\d\d)(?=[-:]|$)", re.ASCII)
_PLACE: Final = re.compile(
    r"""(?: us\. | (?:[a-z]{2}|apac)\.(?=anthropic\.) )?
        (?: (?!(?:[a-z]{2}|apac|global|us-gov)\.) [a-z0-9-]+\. ){0,2}""",
    re.VERBOSE | re.ASCII,
)
"""A region and a maker, as ids of Bedrock's models begin. The list has the prices of the US: those
of other makers than Anthropic are others elsewhere, unless a rule names the region."""
_FAMILIES: Final = frozenset({"c4ai-", "minimax-", "omni-", "text-"})
"""Words that the source's contained texts leave out of the models' names."""
_VERSION: Final = re.compile(
    r"""(?: (?<=20[0-9]{2}) [0-9]{4} )?
        (?: [-@:._]
            (?: v?[0-9]+ | latest | preview | exp | experimental | default | beta | nightly | stable
              | high | thinking | instruct | native-audio | customtools )
        )*
        (?: \[1m\] )?""",
    re.VERBOSE | re.ASCII,
)
"""Dates, numbers and states of a model, also in Claude Code's ``[1m]``: none changes its price."""
_OPEN: Final = ("-", "@")
"""Ends of rules' texts that the source means any rest to follow."""
_TUNED: Final = "ft:"
"""Begins OpenAI's names of what was made of its models, which have a price of their own."""

Rule = str | Sequence[str]


class ModelIndex:
    """The models of one provider; where several match a name, the first does."""

    def __init__(self, models: Sequence[Sequence[Any]]) -> None:
        """Take ``[model, rules, price rows]`` in the source's order."""
        self._models = models
        self._rows: dict[str, Sequence[Sequence[Any]]] = {}
        self._exact: dict[str, int] = {}
        self._patterns: list[tuple[int, Rule]] = []
        for position, (model, rules, rows) in enumerate(models):
            self._rows[model] = rows
            for rule in rules:
                if rule[0] == "=":
                    self._exact.setdefault(rule[1:], position)
                else:
                    self._patterns.append((position, rule))

    def find(self, name: str) -> str | None:
        """Give the model that a name in lower case means, None for an unknown one."""
        found = self._find(name)
        if found is None and (dashed := _dash_dates(name)) != name:
            return self._find(dashed)
        return found

    def rows(self, model: str) -> Sequence[Sequence[Any]]:
        """Give the price rows of one of the index's models, none for another."""
        return self._rows.get(model, ())

    def _find(self, name: str) -> str | None:
        best = self._exact.get(name, len(self._models))
        for position, rule in self._patterns:
            if position >= best:
                break
            if _matches(rule, name):
                best = position
                break
        return str(self._models[best][0]) if best < len(self._models) else None


def _matches(rule: Rule, name: str) -> bool:
    if not isinstance(rule, str):
        return all(_matches(part, name) for part in rule)
    text = rule[1:]
    match rule[0]:
        case "^":
            return name.startswith(text) and _is_version(name, len(text))
        case "$":
            return name.endswith(text) and _is_place(name[: -len(text)])
        case "~":
            at = name.find(text)
            return at >= 0 and _is_place(name[:at]) and _is_version(name, at + len(text))
        case "#":
            return _fits(text, name)
        case "!":
            return not _holds(rule[1:], name)
        case _:
            return name == text


def _holds(rule: str, name: str) -> bool:
    """A text that a model must not have is looked for without a look at what stands around it."""
    return name.endswith(rule[1:]) if rule[0] == "$" else rule[1:] in name


def _is_place(before: str) -> bool:
    return before in _FAMILIES or _PLACE.fullmatch(before) is not None


def _is_version(name: str, at: int) -> bool:
    return (
        name.endswith(_OPEN, 0, at)
        or name.startswith(_TUNED)
        or _VERSION.fullmatch(name, at) is not None
    )


def _fits(template: str, name: str) -> bool:
    if template.endswith("*"):
        template = template[:-1]
        name = name[: len(template)]
    return len(name) == len(template) and all(
        part.isdecimal() if wanted == "#" else part == wanted
        for wanted, part in zip(template, name, strict=True)
    )


def _dash_dates(name: str) -> str:
    """Write ``-20251211`` as ``-2025-12-11``: LiteLLM and OpenRouter send the compact form."""
    return _COMPACT_DATE.sub(_dash_date, name)


def _dash_date(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return found[0]
    return f"-{year}-{month}-{day}"
