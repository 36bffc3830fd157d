"""Whether records say what was really served: fact by fact correct, unknown or wrong. Pure.

A record is a row as ``ingest_spans`` takes it; what was served is what ``served`` read from the
wire. Only ``counted`` records speak of calls: as many as there were, in their order. Unknown is
what is absent; it is never wrong, and never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from llm_observe import semconv
from llm_observe.cost.tiers import normalize_tier
from llm_observe.dialects.error_types import classify_error
from trials.instrumentations.charged import find_charge

Verdict = Literal["correct", "unknown", "wrong"]
Row = Mapping[str, Any]

TOKENS: Final = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
_SAME_FINISH: Final = {
    "complete": "stop",
    "completed": "stop",
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_calls": "tool_call",
    "tool-calls": "tool_call",
    "tool_use": "tool_call",
}
_SAME_OPERATION: Final = {"generate_content": "chat"}
"""OpenTelemetry has two words for one call of Gemini's."""
_VAGUE_PROVIDERS: Final = {"gcp.gen_ai": frozenset({"gcp.gemini", "gcp.vertex_ai"})}
"""OpenTelemetry's names for any of several providers, which leave open which one it is."""
_WHEN_BROKEN: Final[Mapping[str, Verdict]] = {"error": "correct", "unset": "unknown"}


@dataclass(frozen=True)
class Finding:
    """One fact of one call, counted from 0: what a record says of it and what was served."""

    fact: str
    verdict: Verdict
    call: int = 0
    said: object = None
    served: object = None


def judge(records: Sequence[Row], served: Sequence[Row]) -> list[Finding]:
    """Compare the records of a scenario with the truth about it, fact by fact."""
    counted = [record for record in records if record.get("counted")]
    counted.sort(key=lambda record: (record["start_ns"], record["end_ns"]))
    calls = Finding("calls", _judge_calls(len(counted), len(served)), 0, len(counted), len(served))
    if len(counted) != len(served):
        return [calls]
    pairs = enumerate(zip(counted, served, strict=True))
    return [calls, *(finding for call, pair in pairs for finding in _judge_call(call, *pair))]


def summarise(findings: Sequence[Finding]) -> dict[str, Verdict]:
    """Give the worst verdict on each fact."""
    order: tuple[Verdict, ...] = ("wrong", "unknown", "correct")
    return {
        fact: min(
            (finding.verdict for finding in findings if finding.fact == fact), key=order.index
        )
        for fact in dict.fromkeys(finding.fact for finding in findings)
    }


def _judge_calls(counted: int, served: int) -> Verdict:
    """A library that says nothing leaves us ignorant; one call too many or too few is wrong."""
    if counted == served:
        return "correct"
    return "unknown" if counted == 0 else "wrong"


def _judge_call(call: int, record: Row, served: Row) -> Iterator[Finding]:
    usage: Row = served.get("usage") or {}
    for fact in TOKENS:
        said, told = record.get(fact), usage.get(fact)
        if served["ended"] == "refused":
            told = 0
        yield Finding(fact, _compare(said or None, told or None), call, said, told)
    for fact, judge_fact in _JUDGES.items():
        verdict = judge_fact(record, served)
        yield Finding(fact, verdict, call, record.get(fact), served.get(_ASIDE.get(fact, fact)))


def _compare(said: object, told: object) -> Verdict:
    """What is absent where nothing was told is correct: there is nothing to know."""
    if said == told:
        return "correct"
    return "unknown" if said is None else "wrong"


def _judge_request_model(record: Row, served: Row) -> Verdict:
    """A model of Bedrock's without its maker and profile leaves these open."""
    said, told = record.get("request_model"), served["request_model"]
    return "unknown" if said and told.endswith(f".{said}") else _compare(said, told)


def _judge_response_model(record: Row, served: Row) -> Verdict:
    return _compare(record.get("response_model"), served["response_model"])


def _judge_usage_status(record: Row, served: Row) -> Verdict:
    """Usage counts as reported only where the provider told all of it."""
    reported = record.get("usage_status") == "reported"
    if reported == ("output_tokens" in (served.get("usage") or ())):
        return "correct"
    return "wrong" if reported else "unknown"


def _judge_service_tier(record: Row, served: Row) -> Verdict:
    """A tier that is not told is unknown, even if the cost takes the standard one for granted."""
    said, told = record.get("service_tier"), served.get("service_tier")
    if said is None or told is None:
        return _compare(said, told)
    return "correct" if normalize_tier(said) == normalize_tier(told) else "wrong"


def _judge_cost(record: Row, served: Row) -> Verdict:
    """The cost is that of the tokens that were served, at the tier that served them.

    Bounds of an unknown cost that leave out the true one are wrong; a cost that the provider's
    answer does not prove is a guess. What nobody prices, as Anthropic's priority, cannot be judged.
    """
    said, told = record.get("cost_usd"), find_charge(served, record["start_ns"])
    whole = "output_tokens" in (served.get("usage") or ())
    if told is None and whole and said is not None:
        return "unknown"
    if said is not None:
        return "correct" if Decimal(str(said)) == (told or 0) else "wrong"
    if told is None:
        return "correct"
    least, most = record.get("cost_min_usd"), record.get("cost_max_usd")
    bounded = least is not None and most is not None
    outside = bounded and not Decimal(str(least)) <= told <= Decimal(str(most))
    return "wrong" if outside else "unknown"


def _judge_streamed(record: Row, served: Row) -> Verdict:
    """Absent is what most say of a call that was not streamed."""
    said = record.get("streamed")
    return _compare(said, None if said is None and not served["streamed"] else served["streamed"])


def _judge_finish(record: Row, served: Row) -> Verdict:
    """Names differ by convention; OpenTelemetry's ``error`` is none of a provider's reasons."""
    said = [_name_finish(each) for each in record.get("finish_reasons") or ()]
    told = [_name_finish(each) for each in served["finish_reasons"]]
    return _compare([each for each in said if each != "error"] or None, told or None)


def _name_finish(reason: str) -> str:
    return _SAME_FINISH.get(reason.lower(), reason.lower())


def _judge_provider(record: Row, served: Row) -> Verdict:
    """A name for several providers, of which one has served, leaves open which."""
    said, told = record.get("provider"), served["provider"]
    return "unknown" if told in _VAGUE_PROVIDERS.get(str(said), ()) else _compare(said, told)


def _judge_operation(record: Row, served: Row) -> Verdict:
    said, told = record.get("operation"), str(served["operation"])
    return _compare(_SAME_OPERATION.get(str(said), said), _SAME_OPERATION.get(told, told))


def _judge_status(record: Row, served: Row) -> Verdict:
    """Unset reads as success, so only a stream that ended early may be left unset."""
    status = record.get("status", "unset")
    match served["ended"]:
        case "complete":
            return "wrong" if status == "error" else "correct"
        case "refused":
            return "correct" if status == "error" else "wrong"
        case "broken":
            return _WHEN_BROKEN.get(status, "wrong")
        case _:
            return "wrong" if status == "error" else "correct"


def _judge_error_type(record: Row, served: Row) -> Verdict:
    said = record.get("error_type")
    if served["ended"] == "complete":
        return "wrong" if said else "correct"
    if said is None:
        return "unknown"
    if served["ended"] == "refused":
        return _compare_kinds(said, served["error_type"])
    left = said == semconv.ABANDONED
    return "correct" if left == (served["ended"] == "abandoned") else "wrong"


def _compare_kinds(said: str, told: str) -> Verdict:
    """A class's name, as ours keep it where it is of no known kind, tells no kind."""
    if classify_error(said) == classify_error(told):
        return "correct"
    return "wrong" if said.islower() else "unknown"


_JUDGES: Final[Mapping[str, Callable[[Row, Row], Verdict]]] = {
    "provider": _judge_provider,
    "operation": _judge_operation,
    "request_model": _judge_request_model,
    "response_model": _judge_response_model,
    "usage_status": _judge_usage_status,
    "service_tier": _judge_service_tier,
    "cost_usd": _judge_cost,
    "streamed": _judge_streamed,
    "finish_reasons": _judge_finish,
    "status": _judge_status,
    "error_type": _judge_error_type,
}
_ASIDE: Final = {"usage_status": "usage", "status": "ended"}
"""Where the truth about a fact has another name."""
