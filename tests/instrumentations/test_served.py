"""The truth about a call is what went over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local import offline_openai
from infra.local.offline_openai.delivery import Pace
from tests.instrumentations.asking import WHOLE, ask
from trials.instrumentations import offline_anthropic
from trials.instrumentations.serving import serve
from trials.instrumentations.witness import Witness

SLOW = Pace(first=0.0, per_prompt_token=0.0, per_token=0.02)
QUESTION = [{"role": "user", "content": "Which city has the Eiffel tower?"}]
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
KEYS = {"authorization": "Bearer sk-offline", "x-api-key": "sk-offline"}


class Wire:
    """A provider behind its witness, called over HTTP."""

    def __init__(self, provider: str, witness: Witness, url: str) -> None:
        self._provider, self._witness, self._url = provider, witness, url
        options = {"stream_options": {"include_usage": True}}
        self.asks_for_usage: dict[str, Any] = options if provider == "openai" else {}

    def ask(self, leave_after: int = WHOLE, **fields: Any) -> dict[str, Any]:
        """Ask, leave after so many lines of the answer, and give what was served."""
        model = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}[self._provider]
        body = {"model": model, "messages": QUESTION, "max_tokens": 100} | fields
        return ask(self._witness, self._url + PATHS[self._provider], body, leave_after, KEYS)


@pytest.fixture(scope="module")
def openai() -> Iterator[Wire]:
    """The offline OpenAI, slow enough to leave."""
    witness = Witness(offline_openai.create_app(offline_openai.Options(SLOW)))
    with serve(witness) as url:
        yield Wire("openai", witness, url)


@pytest.fixture(scope="module")
def anthropic() -> Iterator[Wire]:
    """The offline Anthropic."""
    witness = Witness(offline_anthropic.create_app(SLOW))
    with serve(witness) as url:
        yield Wire("anthropic", witness, url)


@pytest.fixture(params=["openai", "anthropic"])
def wire(request: pytest.FixtureRequest) -> Wire:
    """Each provider in turn."""
    wire: Wire = request.getfixturevalue(request.param)
    return wire


def test_a_stream_and_a_whole_answer_tell_the_same(wire: Wire) -> None:
    """Model, usage and reason to finish do not depend on how an answer travels."""
    whole, streamed = wire.ask(), wire.ask(stream=True, **wire.asks_for_usage)

    assert whole["usage"]["output_tokens"] > 0
    assert {**whole, "streamed": True, "response_id": ""} == {**streamed, "response_id": ""}


@pytest.mark.parametrize(
    ("asked", "served"),
    [({}, "default"), ({"service_tier": "auto"}, "default"), ({"service_tier": "flex"}, "flex")],
)
def test_openais_tier_is_the_one_that_served(
    openai: Wire, asked: dict[str, Any], served: str
) -> None:
    """Streamed or whole, the answer names it, whatever was asked for."""
    assert openai.ask(**asked)["service_tier"] == served
    assert openai.ask(stream=True, **asked)["service_tier"] == served


def test_anthropics_tier_is_in_its_usage(anthropic: Wire) -> None:
    """Priority serves whoever leaves the choice to Anthropic, offline."""
    assert anthropic.ask()["service_tier"] == "standard"
    assert anthropic.ask(stream=True, service_tier="auto")["service_tier"] == "priority"


def test_openai_tells_no_usage_unless_asked(openai: Wire) -> None:
    """Nobody but the provider knows the tokens of such a stream."""
    served = openai.ask(stream=True)

    assert (served["usage"], served["finish_reasons"]) == (None, ["stop"])


def test_a_refusal_names_its_error(wire: Wire) -> None:
    """An HTTP error has no model, no usage and the provider's own type."""
    served = wire.ask(model="offline-rate-limit")

    assert (served["ended"], served["http_status"]) == ("refused", 429)
    assert served["error_type"] in {"rate_limit_exceeded", "rate_limit_error"}
    assert served["response_model"] is served["usage"] is None


def test_a_stream_that_breaks_is_broken(wire: Wire) -> None:
    """The provider closed within its answer."""
    served = wire.ask(model="offline-drop-stream", stream=True)

    assert (served["ended"], served["finish_reasons"]) == ("broken", [])
    assert "output_tokens" not in (served["usage"] or {})


def test_a_stream_that_is_left_is_abandoned(wire: Wire) -> None:
    """The client closed within the answer."""
    assert wire.ask(stream=True, leave_after=3)["ended"] == "abandoned"


def test_anthropics_cache_is_inside_the_input(anthropic: Wire) -> None:
    """Written at first and read then, the same tokens stay within the input."""
    system = [{"type": "text", "text": "a1" * 50, "cache_control": {"type": "ephemeral"}}]
    first, second = anthropic.ask(system=system)["usage"], anthropic.ask(system=system)["usage"]

    assert first["input_tokens"] == second["input_tokens"] > 100
    assert (first["cache_write_tokens"], first["cache_read_tokens"]) == (100, 0)
    assert (second["cache_write_tokens"], second["cache_read_tokens"]) == (0, 100)


def test_a_streamed_tool_call_is_put_together(anthropic: Wire) -> None:
    """The pieces of a call's arguments become its arguments."""
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {"city": {}}}}
    served = anthropic.ask(tools=[tool], stream=True)

    assert served["tool_calls"] == [{"name": "look", "arguments": {"city": "Paris"}}]
    assert served["finish_reasons"] == ["tool_use"]
