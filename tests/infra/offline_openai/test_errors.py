from __future__ import annotations

import time

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from tests.infra.offline_openai.running import Server

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi, s3cret marker"}]


def _ask(client: OpenAI, fault: str) -> ChatCompletion:
    return client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, extra_headers={"x-offline-fault": fault}
    )


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("rate_limit", openai.RateLimitError, "rate_limit_exceeded"),
        ("insufficient_quota", openai.RateLimitError, "insufficient_quota"),
        ("server_error", openai.InternalServerError, None),
        ("overloaded", openai.InternalServerError, "server_overloaded"),
        ("invalid_request", openai.BadRequestError, "invalid_value"),
        ("context_length", openai.BadRequestError, "context_length_exceeded"),
        ("invalid_key", openai.AuthenticationError, "invalid_api_key"),
        ("permission_denied", openai.PermissionDeniedError, "model_not_allowed"),
        ("model_not_found", openai.NotFoundError, "model_not_found"),
    ],
)
def test_fault_by_header(
    client: OpenAI, fault: str, error: type[openai.APIStatusError], code: str | None
) -> None:
    """Each fault raises the client's own error, with OpenAI's code and a request id."""
    with pytest.raises(error, match="offline server") as raised:
        _ask(client, fault)

    assert raised.value.code == code
    assert raised.value.request_id is not None


def test_fault_by_model_name(client: OpenAI) -> None:
    """A model named after a fault brings it, and its Retry-After."""
    with pytest.raises(openai.RateLimitError) as raised:
        client.chat.completions.create(model="offline-rate-limit", messages=MESSAGES)

    assert raised.value.response.headers["retry-after"] == "1"


def test_client_retries_through_a_fault(client: OpenAI) -> None:
    """A fault of one attempt is retried by the client after the wait it is told."""
    started = time.monotonic()
    answer = _ask(client.with_options(max_retries=1), "rate_limit; attempts=1; retry_after=0.2")

    assert answer.choices[0].finish_reason == "stop"
    assert time.monotonic() - started >= 0.2


def test_timeout(client: OpenAI) -> None:
    """A timeout fault answers nothing until the client gives up."""
    with pytest.raises(openai.APITimeoutError):
        _ask(client.with_options(timeout=0.3), "timeout")


def test_unknown_fault_is_explained(client: OpenAI) -> None:
    """A misspelled fault is a 400 that lists the faults there are."""
    with pytest.raises(openai.BadRequestError, match="drop_stream"):
        _ask(client, "rate-limited")


@pytest.mark.parametrize("model", ["gpt-4o", "offline-drop-stream"])
def test_dropped_stream(client: OpenAI, model: str) -> None:
    """A stream that is dropped yields some chunks and then a connection error."""
    stream = client.chat.completions.create(
        model=model,
        messages=MESSAGES,
        stream=True,
        extra_headers={"x-offline-fault": "drop_stream"},
    )
    received = 0
    with pytest.raises(openai.APIConnectionError):  # noqa: PT012  # the chunks before the break count
        for _ in stream:
            received += 1

    assert received > 0


def test_error_inside_a_stream(client: OpenAI) -> None:
    """An error event ends a stream with the client's own error."""
    stream = client.chat.completions.create(
        model="gpt-4o",
        messages=MESSAGES,
        stream=True,
        extra_headers={"x-offline-fault": "stream_error"},
    )
    with pytest.raises(openai.APIError, match="had an error"):
        list(stream)


def test_dropped_answer(client: OpenAI) -> None:
    """A whole answer can break off too."""
    with pytest.raises(openai.APIConnectionError):
        _ask(client, "drop_stream")


def test_unknown_model_and_missing_key(server: Server, client: OpenAI) -> None:
    """An unknown model is 404; no key is 401, any key will do."""
    with pytest.raises(openai.NotFoundError) as missed:
        client.chat.completions.create(model="gpt-nonsense", messages=MESSAGES)
    with (
        OpenAI(base_url=server.base_url, api_key=" ", max_retries=0) as keyless,
        pytest.raises(openai.AuthenticationError),
    ):
        keyless.chat.completions.create(
            model="gpt-4o", messages=MESSAGES, extra_headers={"authorization": ""}
        )

    assert missed.value.code == "model_not_found"


def test_invalid_request_names_its_parameter(client: OpenAI) -> None:
    """A wrong value is a 400 with its parameter, and does not repeat the value."""
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "wizard", "content": "s3cret"}],  # type: ignore[list-item,misc]  # wrong on purpose
        )

    assert raised.value.param == "messages[0].role"
    assert "s3cret" not in raised.value.response.text


def test_models(client: OpenAI) -> None:
    """Models are listed with aliases and dated names, and can be looked up."""
    names = {model.id for model in client.models.list()}

    assert {"gpt-4o-mini", "gpt-4o-mini-2024-07-18", "text-embedding-3-small", "o4-mini"} <= names
    assert client.models.retrieve("gpt-4o").id == "gpt-4o"


def test_headers(client: OpenAI) -> None:
    """Answers carry OpenAI's headers."""
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES)

    assert raw.headers["x-request-id"].startswith("req_")
    assert int(raw.headers["openai-processing-ms"]) > 0
    limit = int(raw.headers["x-ratelimit-limit-requests"])
    assert 0 < int(raw.headers["x-ratelimit-remaining-requests"]) < limit


def test_rolling_rate_limit() -> None:
    """With a limit switched on the request beyond it waits for the refill, not for a new minute."""
    server = Server("--port", "0", "--pace", "0", "--requests-per-minute", "60")
    try:
        with OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
            refused = None
            for _ in range(200):
                try:
                    client.embeddings.create(model="text-embedding-3-small", input="a")
                except openai.RateLimitError as error:
                    refused = error
                    break
            assert refused is not None
            assert refused.response.headers["x-ratelimit-remaining-requests"] == "0"
            assert float(refused.response.headers["retry-after-ms"]) <= 1000
            again = client.with_options(max_retries=1)
            again.embeddings.create(model="text-embedding-3-small", input="a")
    finally:
        server.stop()


def test_prompts_are_not_logged() -> None:
    """The server writes no prompt anywhere, whether it answers, refuses or breaks off."""
    server = Server("--port", "0")
    with OpenAI(base_url=server.base_url, api_key="s3cret key", max_retries=0) as client:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
        for fault in ("drop_stream", "server_error"):
            with pytest.raises(openai.APIError):
                _ask(client, fault)

    assert "s3cret" not in server.stop()


def test_taken_port_is_explained() -> None:
    """A port in use ends the program with a sentence that names it and the way out."""
    server = Server("--port", "0")
    port = server.base_url.split(":")[2].removesuffix("/v1")
    try:
        with pytest.raises(AssertionError, match=f"Port {port} .* --port"):
            Server("--port", port)
    finally:
        server.stop()
