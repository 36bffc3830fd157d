"""Every error of the API: one shape, a status and a code, and no words but ours."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from postgrest.exceptions import APIError

from functions.common import errors
from functions.common.errors import ApiError, TemporaryError, handle_errors

TREE = re.findall(r"[├└]── (\w+) +(\d{3})  (\w+)", errors.__doc__ or "")


def list_kinds(kind: type[ApiError] = ApiError) -> Iterator[type[ApiError]]:
    for each in kind.__subclasses__():
        yield each
        yield from list_kinds(each)


def answer(error: Exception) -> tuple[int, str, str, str | None]:
    """The status, code, message and Retry-After of an app's answer where this is raised."""
    app = FastAPI()
    handle_errors(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    found = TestClient(app, raise_server_exceptions=False).get("/")
    told = found.json()["error"]
    return found.status_code, told["code"], told["message"], found.headers.get("retry-after")


@pytest.mark.parametrize("kind", [*list_kinds()], ids=lambda kind: kind.__name__)
def test_each_error_is_answered_as_its_class_says(kind: type[ApiError]) -> None:
    """Also the ones that others are derived from; what may pass says when to come again."""
    status, code, message, retry_after = answer(kind("Words for the caller."))

    assert (status, code, message) == (kind.status, kind.code, "Words for the caller.")
    assert (retry_after is not None) == issubclass(kind, TemporaryError)


def test_the_tree_is_drawn_as_it_is() -> None:
    """Names, statuses and codes of the module's docstring are those of the classes."""
    assert sorted(TREE) == sorted(
        (kind.__name__, str(kind.status), kind.code) for kind in list_kinds()
    )


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("PT401", 401, "Said by ours."),
        ("PT403", 403, "Said by ours."),
        ("PT404", 404, "Said by ours."),
        ("PT409", 409, "Said by ours."),
        ("PT410", 410, "Said by ours."),
        ("PT429", 429, "Said by ours."),
        ("22023", 400, "Said by ours."),
        ("22P02", 400, "A value in it is malformed."),
        ("42501", 503, errors._UNAVAILABLE),
        ("57014", 503, errors._UNAVAILABLE),
        ("XX000", 503, errors._UNAVAILABLE),
        (None, 503, errors._UNAVAILABLE),
    ],
)
def test_a_refusal_of_the_database_becomes_one_of_the_errors(
    code: str | None, status: int, message: str
) -> None:
    """Its words are told where they are our functions' own, and never Postgres'."""
    error = APIError({"message": "Said by ours.", "code": code, "hint": None, "details": None})
    found = answer(error)

    assert (found[0], found[2]) == (status, message)


def test_the_framework_s_own_answers_have_codes_of_ours() -> None:
    """No route and no such method, before any endpoint is reached."""
    app = FastAPI()
    handle_errors(app)

    @app.get("/only")
    async def read() -> None:
        return None

    client = TestClient(app)
    found = [client.get("/nowhere"), client.post("/only")]

    assert [(each.status_code, each.json()["error"]["code"]) for each in found] == [
        (404, "not_found"),
        (405, "method_not_allowed"),
    ]


def test_an_unexpected_error_is_ours() -> None:
    """Its words are not told."""
    assert answer(ValueError("a prompt"))[:2] == (500, "internal_error")
