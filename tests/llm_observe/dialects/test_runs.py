"""Runs of Anthropic's interface that its own counts leave out, in raw usage of any dialect."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span

_SERVED: Final = {
    "input_tokens": 600,
    "output_tokens": 200,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 0,
}
_MESSAGE: Final = {"type": "message", **_SERVED}
_SHORTER: Final = {
    "type": "compaction",
    "input_tokens": 4000,
    "output_tokens": 700,
    "cache_read_input_tokens": 900,
    "cache_creation_input_tokens": 100,
}
_ADVISER: Final = _MESSAGE | {"type": "advisor_message", "model": "claude-opus-4-8"}
MODEL: Final = "claude-haiku-4-5"
CALL: Final = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": MODEL,
    "gen_ai.usage.input_tokens": 700,
    "gen_ai.usage.cache_read.input_tokens": 100,
    "gen_ai.usage.cache_creation.input_tokens": 0,
    "gen_ai.usage.output_tokens": 200,
}
OWN: Final = {
    "openinference.span.kind": "LLM",
    "llm.provider": "anthropic",
    "llm.model_name": MODEL,
    "llm.token_count.prompt": 700,
    "llm.token_count.completion": 200,
    "llm.token_count.prompt_details.cache_read": 100,
}
LANGCHAIN: Final = "openinference.instrumentation.langchain"
VERCEL: Final = {
    "ai.operationId": "ai.generateText.doGenerate",
    "ai.model.provider": "anthropic.messages",
    "ai.model.id": MODEL,
}


def _usage(*runs: dict[str, Any]) -> dict[str, Any]:
    return {**_SERVED, "iterations": list(runs)}


def _in_dialects(usage: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Give scope and attributes of spans that have a raw usage, by the dialect's shape."""
    whole = {"id": "msg_1", "model": MODEL, "stop_reason": "end_turn", "usage": usage}
    kept = {"generations": [[{"text": "hi"}]], "llm_output": whole}
    metadata = {"anthropic": {"usage": usage}}
    mlflow = {
        "mlflow.spanType": '"CHAT_MODEL"',
        "mlflow.llm.model": json.dumps(MODEL),
        "mlflow.message.format": '"anthropic"',
        "mlflow.spanInputs": json.dumps({"model": MODEL}),
        "mlflow.spanOutputs": json.dumps(whole),
    }
    langfuse = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": MODEL,
        "langfuse.observation.usage_details": json.dumps(usage),
    }
    old = VERCEL | {"ai.usage.promptTokens": 600, "ai.usage.completionTokens": 200}
    summed = VERCEL | {
        "ai.usage.inputTokens": 4700,
        "ai.usage.outputTokens": 900,
        "ai.usage.inputTokenDetails.cacheReadTokens": 100,
    }
    return {
        "logfire": ("logfire.anthropic", CALL | {"gen_ai.usage.raw": json.dumps(usage)}),
        "openinference": (
            "openinference.instrumentation.anthropic",
            OWN | {"output.value": json.dumps(whole)},
        ),
        "langchain": (LANGCHAIN, OWN | {"output.value": json.dumps(kept)}),
        "mlflow": ("mlflow.tracing", mlflow),
        "langfuse": ("langfuse-sdk", langfuse),
        "vercel-5": ("ai", old | {"ai.response.providerMetadata": json.dumps(metadata)}),
        "vercel-6": ("ai", summed | {"ai.response.providerMetadata": json.dumps(metadata)}),
        "a mapping": ("app", CALL | {"gen_ai.usage": usage}),
        "as JSON": ("app", CALL | {"llm.usage": json.dumps(usage)}),
        "as Python prints it": ("app", CALL | {"gen_ai.usage": str(usage)}),
    }


_SUMMED: Final = "vercel-6"
"""Its counts are the sum of two runs."""
DIALECTS: Final = tuple(_in_dialects(_usage()))


def _record_of(scope: str, attributes: dict[str, Any]) -> SpanRecord:
    return transcribe(
        make_span(scope, attributes),
        tenant="any",
        key=None,
        prices=load_prices(),
        settings=Settings(),
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_compaction_in_a_raw_usage_is_part_of_the_call(dialect: str) -> None:
    """It is billed and stands in no other count; how a cache's prices mix in it stays open."""
    record = _record_of(*_in_dialects(_usage(_SHORTER, _MESSAGE))[dialect])

    assert (record.input_tokens, record.output_tokens) == (5700, 900)
    assert record.cost_usd is None
    assert record.unknown_because == "cache_not_told"
    # 5,700 at 0.1 to 2 $ for a million, and 900 at 5.
    assert float(record.cost_min_usd or 0) == pytest.approx(0.00507)
    assert float(record.cost_max_usd or 0) == pytest.approx(0.0159)


@pytest.mark.parametrize("dialect", [each for each in DIALECTS if each != _SUMMED])
def test_a_call_of_one_run_costs_what_its_counts_say(dialect: str) -> None:
    """Its only run stands in the counts around it."""
    record = _record_of(*_in_dialects(_usage(_MESSAGE))[dialect])

    assert (record.input_tokens, record.output_tokens) == (700, 200)
    assert float(record.cost_usd or 0) == pytest.approx(0.00161)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_call_with_an_advisers_run_has_no_cost_of_one_model(dialect: str) -> None:
    """It is billed at another model's price and stands in no other count."""
    record = _record_of(*_in_dialects(_usage(_MESSAGE, _ADVISER, _MESSAGE))[dialect])

    assert (record.input_tokens, record.output_tokens) == (700, 200)
    assert (record.cost_usd, record.unknown_because) == (None, "part_not_priced")


@pytest.mark.parametrize(
    "told",
    [
        {"gen_ai.usage.iterations": json.dumps([_SHORTER, _MESSAGE])},
        {"gen_ai.usage.iterations": [_SHORTER, _MESSAGE]},
        {"gen_ai.usage.iterations.0.type": "compaction", "gen_ai.usage.iterations.0.input": "x"},
        {"gen_ai.usage": "BetaUsage(input_tokens=600, iterations=[X(type='compaction')])"},
    ],
)
def test_runs_whose_counts_have_no_usage_around_them_leave_the_cost_open(
    told: dict[str, Any],
) -> None:
    """Whether the counts beside them include them, nobody says."""
    record = _record_of("app", CALL | told)

    assert (record.cost_usd, record.unknown_because) == (None, "part_not_priced")


def test_a_fallback_to_another_model_is_priced_at_no_models_rates() -> None:
    """The model that declined read the input, too."""
    first = _MESSAGE | {"model": "claude-opus-4-8"}
    second = _MESSAGE | {"type": "fallback_message", "model": MODEL}
    raw = {"gen_ai.usage.raw": json.dumps(_usage(first, second))}

    mixed, one = (
        _record_of("logfire.anthropic", CALL | each)
        for each in (raw, {"gen_ai.usage.raw": json.dumps(_usage(second))})
    )
    assert (mixed.cost_usd, mixed.unknown_because) == (None, "part_not_priced")
    assert one.cost_usd is not None


def test_a_text_about_compaction_is_no_run() -> None:
    """A request or an answer may have the words in it."""
    said = json.dumps({"messages": [{"role": "user", "content": "compaction in iterations"}]})
    record = _record_of(
        "openinference.instrumentation.anthropic",
        OWN
        | {
            "llm.token_count.prompt_details.cache_write": 0,
            "input.value": said,
            "output.value": said,
        },
    )

    assert record.cost_usd is not None


@pytest.mark.parametrize("read", [0, 100])
@pytest.mark.parametrize("written", [0, 50])
def test_a_cache_that_the_last_run_tells_says_nothing_of_compaction(
    read: int, written: int
) -> None:
    """Its input may all have come from a cache, whatever the other run's did."""
    served = {"cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    usage = _usage(_SHORTER, _MESSAGE | served) | served
    record = _record_of("logfire.anthropic", CALL | {"gen_ai.usage.raw": json.dumps(usage)})

    assert (record.cost_usd, record.unknown_because) == (None, "cache_not_told")
    assert float(record.cost_min_usd or 1) <= 0.0052


def test_runs_that_together_pass_a_step_of_the_input_have_no_bounds() -> None:
    """None of them may have reached it by itself, and the step has another price."""
    long = _SHORTER | {"input_tokens": 199_000}
    usage = _usage(long, _MESSAGE)
    model = {"gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.usage.raw": json.dumps(usage)}
    record = _record_of("logfire.anthropic", CALL | model)

    assert (record.input_tokens, record.unknown_because) == (200_700, "cache_not_told")
    assert (record.cost_usd, record.cost_min_usd, record.cost_max_usd) == (None, None, None)


def test_compaction_is_counted_whatever_the_scope_is_called() -> None:
    """A collector may rename it, and a call that was cut tells no reason to stop."""
    took = {"anthropic.usage.compaction.input_tokens": 5000}
    record = _record_of("renamed", CALL | took | {"anthropic.usage.compaction.output_tokens": 700})

    assert (record.input_tokens, record.output_tokens, record.cost_usd) == (5700, 900, None)


_ANY: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([*_SHORTER, "message"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(st.sampled_from([*_ADVISER]), _ANY) | _ANY, max_size=4) | _ANY)
def test_no_runs_can_break_the_reading(runs: Any) -> None:
    """Whatever stands in them; what is told beside them is known, or open with a reason."""
    raw = json.dumps({**_SERVED, "iterations": runs})
    record = _record_of("logfire.anthropic", CALL | {"gen_ai.usage.raw": raw})

    assert record.cost_usd is not None or record.unknown_because
    assert record.input_tokens is None or record.input_tokens >= 700
