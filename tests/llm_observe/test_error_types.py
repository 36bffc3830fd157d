"""Errors of every client, protocol and status have one word each."""

from __future__ import annotations

import pytest

from llm_observe.dialects.error_types import classify_error


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("openai.RateLimitError", "rate_limit"),
        ("RateLimitError", "rate_limit"),
        ("<class 'openai.RateLimitError'>", "rate_limit"),
        ("rate_limit_error", "rate_limit"),
        ("429", "rate_limit"),
        ("insufficient_quota", "quota"),
        ("anthropic.AuthenticationError", "authentication"),
        ("invalid_api_key", "authentication"),
        ("openai.APITimeoutError", "timeout"),
        ("timeout", "timeout"),
        ("TimeoutError", "timeout"),
        ("abandoned", "abandoned"),
        ("asyncio.exceptions.CancelledError", "cancelled"),
        ("overloaded_error", "server_error"),
        ("api_error", "server_error"),
        ("openai.BadRequestError", "invalid_request"),
        ("invalid_request_error", "invalid_request"),
        ("openai.APIConnectionError", "connection"),
        ("httpx.ConnectError", "connection"),
        ("dspy.utils.exceptions.LMRateLimitError", "rate_limit"),
        ("langchain_openai.chat_models.base.OpenAIRateLimitError", "rate_limit"),
        ("strands.types.exceptions.ModelThrottledException", "rate_limit"),
        ("agno.exceptions.ModelAuthenticationError", "authentication"),
        ("agno.exceptions.ContextWindowExceededError", "context_length"),
        ("RESOURCE_EXHAUSTED", "rate_limit"),
        ("INVALID_ARGUMENT", "invalid_request"),
        ("UNAVAILABLE", "server_error"),
        ("DEADLINE_EXCEEDED", "timeout"),
    ],
)
def test_an_error_has_one_word_whoever_names_it(said: str, word: str) -> None:
    """Classes, codes and statuses of the same trouble are grouped as one."""
    assert classify_error(said) == word


@pytest.mark.parametrize(
    ("said", "name"),
    [("shop.errors.SoldOutError", "SoldOutError"), ("ZeroDivisionError", "ZeroDivisionError")],
)
def test_an_applications_own_error_keeps_its_class(said: str, name: str) -> None:
    """What no provider names is grouped by its class, wherever that lives."""
    assert classify_error(said) == name


def test_no_error_has_no_word() -> None:
    """Nothing said stays nothing."""
    assert classify_error(None) is None
    assert classify_error("") is None
