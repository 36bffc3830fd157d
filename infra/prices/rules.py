"""genai-prices' model rules in the short, linear-time form that ``model_index`` reads."""

from __future__ import annotations

import itertools
import re

from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    MatchLogic,
)

Rule = str | list[str]

_NOT_SPEECH = r"^(?!.*-[tT][tT][sS](?:$|-))"
"""The source's one rule that looks ahead: no ``-tts`` as a word of the name."""

_TOKEN = re.compile(
    r"\\d(?:\{(?P<digits>\d)\})?"
    r"|\\(?P<escaped>[^\w#])"
    r"|\[(?P<one_of>-?[^]\\^#-]+)\]"
    r"|\((?P<optional>[^()]+)\)\?"
    r"|(?P<plain>[^]\\^$.|?*+(){}#A-Z[])"
)


class UnknownRuleError(ValueError):
    """The source has a rule that these short strings can't say."""

    def __init__(self, rule: object) -> None:
        super().__init__(f"no linear-time form is known for {rule!r}: add one to infra/prices")


def compile_rules(match: MatchLogic) -> list[Rule]:
    """Give the rules of a model; raises UnknownRuleError."""
    if isinstance(match, ClauseOr):
        return [rule for clause in match.or_ for rule in compile_rules(clause)]
    if isinstance(match, ClauseAnd):
        return [[rule for clause in match.and_ for rule in _compile_all(clause)]]
    if isinstance(match, ClauseRegex):
        return list(_compile_regex(match.regex))
    return [_compile_plain(match)]


def _compile_all(clause: MatchLogic) -> list[str]:
    if isinstance(clause, ClauseRegex) and clause.regex == _NOT_SPEECH:
        return ["!$-tts", "!~-tts-"]
    return [_compile_plain(clause)]


def _compile_plain(clause: MatchLogic) -> str:
    match clause:
        case ClauseEquals():
            return "=" + clause.equals.lower()
        case ClauseStartsWith():
            return "^" + clause.starts_with.lower()
        case ClauseEndsWith():
            return "$" + clause.ends_with.lower()
        case ClauseContains():
            return "~" + clause.contains.lower()
        case _:
            raise UnknownRuleError(clause)


def _compile_regex(regex: str) -> list[str]:
    r"""Write out ``^literal(optional)?\d{8}$``; the only shape the source uses besides one."""
    if not regex.startswith("^"):
        raise UnknownRuleError(regex)
    body, rest = (regex[1:-1], "") if regex.endswith("$") else (regex[1:], "*")
    return [
        f"#{text}{rest}" if "#" in text or rest else f"={text}" for text in _expand(body, regex)
    ]


def _expand(body: str, regex: str) -> list[str]:
    """List the texts a body can match, ``#`` for a digit; raises UnknownRuleError."""
    choices: list[list[str]] = []
    position = 0
    while position < len(body):
        token = _TOKEN.match(body, position)
        if token is None:
            raise UnknownRuleError(regex)
        choices.append(_list_choices(token, regex))
        position = token.end()
    return ["".join(parts) for parts in itertools.product(*choices)]


def _list_choices(token: re.Match[str], regex: str) -> list[str]:
    if token["optional"]:
        return ["", *_expand(token["optional"], regex)]
    if token["one_of"]:
        return list(token["one_of"])
    literal = token["escaped"] or token["plain"]
    return [literal or "#" * int(token["digits"] or 1)]
