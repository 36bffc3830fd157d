"""Which function a request goes to, by API Gateway's rules.

The most specific route wins: a fixed path, then one with parameters, then a greedy one; a route
for the method before one for any; paths match to the letter, a trailing slash included.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from infra.local.aws.template import Function, RouteKey

_PARAMETER = re.compile(r"\\\{(\w+)(\\\+)?\\\}")


@dataclass(frozen=True)
class Match:
    """A request's function, the route it came by and its path parameters, decoded."""

    function: Function
    key: RouteKey
    parameters: dict[str, str]


class Routes:
    """The routes of all functions, in the order in which they are tried."""

    def __init__(self, functions: Iterable[Function]) -> None:
        keys = [(key, function) for function in functions for key in function.routes]
        self._routes = [
            (key, _compile(key.path), function)
            for key, function in sorted(keys, key=lambda route: _rank(route[0]))
        ]

    def find(self, method: str, path: str) -> Match | None:
        """Match a method and a path as it was sent, still percent-encoded."""
        for key, pattern, function in self._routes:
            if key.method not in {method, "ANY"}:
                continue
            found = pattern.fullmatch(path)
            if found is not None:
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                return Match(function, key, values)
        return None


def _compile(path: str) -> re.Pattern[str]:
    return re.compile(
        _PARAMETER.sub(lambda p: f"(?P<{p[1]}>{'.+' if p[2] else '[^/]+'})", re.escape(path))
    )


def _rank(key: RouteKey) -> tuple[bool, int, bool]:
    return (key.is_greedy, key.path.count("{"), key.method == "ANY")
