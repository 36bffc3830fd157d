from __future__ import annotations

import base64
import re
import time
from typing import Any

import httpx


def _echo(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    event: dict[str, Any] = response.json()["event"]
    return event


def test_event_is_payload_2(http: httpx.Client) -> None:
    """A request becomes the event that API Gateway would send, with its names and forms."""
    event = _echo(http.get("/echo/ann%20b", headers={"User-Agent": "test/1"}))

    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /echo/{name}"
    assert event["rawPath"] == "/echo/ann b"
    assert event["rawQueryString"] == ""
    assert event["pathParameters"] == {"name": "ann b"}
    assert event["isBase64Encoded"] is False
    assert not {"body", "cookies", "queryStringParameters"} & event.keys()
    context = event["requestContext"]
    assert context["http"] == {
        "method": "GET",
        "path": "/echo/ann b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test/1",
    }
    assert (context["stage"], context["routeKey"]) == ("$default", event["routeKey"])
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["time"])
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 60
    assert context["requestId"]


def test_a_path_may_hold_a_line_break(http: httpx.Client) -> None:
    """It is a character like others, and whether it is allowed is the function's to say."""
    assert _echo(http.get("/echo/a%0Ab"))["pathParameters"] == {"name": "a\nb"}


def test_repeated_headers_queries_and_cookies(http: httpx.Client) -> None:
    """Repeats are joined by commas under lower-case names; cookies have a list of their own."""
    headers = [("X-Many", "1"), ("x-many", "2"), ("Cookie", "a=1; b=2")]
    event = _echo(http.get("/echo/x?tag=a&tag=b%2Cc&empty=", headers=headers))

    assert event["headers"]["x-many"] == "1,2"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["rawQueryString"] == "tag=a&tag=b%2Cc&empty="
    assert event["queryStringParameters"] == {"tag": "a,b,c", "empty": ""}


def test_text_and_binary_bodies(http: httpx.Client) -> None:
    """JSON and text travel as they are, everything else in base64."""
    text = _echo(http.post("/echo/x", json={"é": 1}))
    binary = _echo(
        http.post(
            "/echo/x", content=b"\xff\x00", headers={"content-type": "application/x-protobuf"}
        )
    )

    assert (text["body"], text["isBase64Encoded"]) == ('{"é":1}', False)
    assert binary["isBase64Encoded"] is True
    assert base64.b64decode(binary["body"]) == b"\xff\x00"


def test_most_specific_route_wins(http: httpx.Client) -> None:
    """A fixed path goes before a parameter, a parameter before a greedy one."""
    keys = {
        path: _echo(http.request(method, path))["routeKey"]
        for method, path in (
            ("GET", "/echo/fixed"),
            ("GET", "/echo/other"),
            ("GET", "/echo/a/b"),
            ("PUT", "/echo/put"),
        )
    }

    assert keys == {
        "/echo/fixed": "GET /echo/fixed",
        "/echo/other": "GET /echo/{name}",
        "/echo/a/b": "ANY /echo/{proxy+}",
        "/echo/put": "ANY /echo/{proxy+}",
    }


def test_unknown_routes(http: httpx.Client) -> None:
    """No route, another method or one slash too many: API Gateway's 404."""
    for method, path in (("GET", "/"), ("GET", "/answer"), ("POST", "/answer/")):
        response = http.request(method, path)
        assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


def test_context(http: httpx.Client) -> None:
    """The context tells the function's name, its memory and the time it has left."""
    first, second = (http.get("/echo/x").json()["context"] for _ in range(2))

    assert first["function_name"] == "Echo"
    assert first["arn"].endswith(":function:Echo")
    assert first["memory"] == "256"
    assert 19_000 < first["remaining"] <= 20_000
    assert first["aws_request_id"] != second["aws_request_id"]


def test_no_claim_to_be_lambda(http: httpx.Client) -> None:
    """No AWS_LAMBDA_* is set, so that development mode is what a function sees."""
    assert http.get("/echo/x").json()["names"] == []


def test_environment_is_reused(http: httpx.Client) -> None:
    """One request after another meets the same process."""
    assert len({http.get("/echo/x").json()["pid"] for _ in range(5)}) == 1
