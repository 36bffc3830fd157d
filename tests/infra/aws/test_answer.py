from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

_JSON = {"content-type": "application/json"}


def _answer(http: httpx.Client, result: Any) -> httpx.Response:
    return http.post("/answer", content=json.dumps(result), headers=_JSON)


@pytest.mark.parametrize(
    ("result", "body"),
    [({"a": 1}, '{"a": 1}'), ("plain", "plain"), ([1, 2], "[1, 2]"), (None, "null")],
)
def test_result_without_status_is_the_body(http: httpx.Client, result: Any, body: str) -> None:
    """Without a statusCode the result is a JSON body with 200."""
    response = _answer(http, result)

    assert (response.status_code, response.text) == (200, body)
    assert response.headers["content-type"] == "application/json"


def test_full_result(http: httpx.Client) -> None:
    """Status, headers, cookies and a base64 body arrive as a client expects them."""
    response = _answer(
        http,
        {
            "statusCode": 201,
            "headers": {"Content-Type": "image/png", "X-One": "1", "Content-Length": "999"},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": base64.b64encode(b"\x89PNG").decode(),
            "isBase64Encoded": True,
        },
    )

    assert (response.status_code, response.content) == (201, b"\x89PNG")
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-length"] == "4"
    assert response.headers["x-one"] == "1"
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert response.headers["apigw-requestid"]


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "soon"},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
    ],
)
def test_malformed_result(http: httpx.Client, result: Any) -> None:
    """A result that breaks the format is API Gateway's 500."""
    response = _answer(http, result)

    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_large_request(http: httpx.Client) -> None:
    """A body beyond 10 MB is refused before any function sees it."""
    response = http.post("/answer", content=b" " * (10 * 1024 * 1024 + 1))

    assert (response.status_code, response.json()) == (413, {"message": "Request Too Long"})
