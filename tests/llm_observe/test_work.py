"""Only so many characters and values are worked on, whatever comes in: counted, not timed."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceEvent, SourceSpan
from llm_observe.dialects.error_types import classify_error
from llm_observe.dialects.mapping import MappingRule, compile_rules
from llm_observe.privacy import protection
from llm_observe.privacy.protection import derive_digest_key
from llm_observe.privacy.redaction import redact
from llm_observe.privacy.shapes import KEPT
from llm_observe.privacy.work import MOST_CHARACTERS, MOST_VALUES, WorkBudget, count_work
from llm_observe.records import SpanRecord
from llm_observe.transcription import Transcriber

KEY = derive_digest_key("master", tenant="tenant-123", kid="k1", salt=b"s" * 32)
HOSTILE = (
    "4111 ",
    "A=",
    "://a",
    "a@",
    "1.1.1.1 ",
    "password=x ",
    "x",
    "-----BEGIN PRIVATE KEY-----",
)
CALL: dict[str, Any] = {
    semconv.OPERATION_NAME: "chat",
    semconv.REQUEST_MODEL: "gpt-4o-mini",
    semconv.USAGE_INPUT_TOKENS: 21,
    semconv.USAGE_OUTPUT_TOKENS: 17,
}


def make_span(number: int = 1, **changes: Any) -> SourceSpan:
    """Give a model call with attributes of its own."""
    attributes = CALL | changes.pop("attributes", {})
    return SourceSpan(
        trace_id=f"{number:032x}",
        span_id=f"{number:016x}",
        parent_span_id=None,
        kind="client",
        start_ns=1,
        end_ns=2,
        attributes=attributes,
        **{"name": "chat gpt-4o-mini", **changes},
    )


def write_all(spans: list[SourceSpan], *, capture: bool) -> tuple[list[SpanRecord], WorkBudget]:
    """Write records as one request's, and give what was done for them."""
    way = Transcriber("t", KEY, load_prices(), Settings(capture_content=capture))
    return [way.write(way.protect(way.read(span))) for span in spans], way.work


def fill(text: str) -> SourceSpan:
    """Give a span that has a text of a million characters wherever a text can be."""
    long = text * (1_000_000 // len(text))
    keys = dict.fromkeys((*KEPT, "note", "url.full", semconv.INPUT_MESSAGES), long)
    return make_span(
        name=long,
        scope=long,
        description=long,
        status="error",
        attributes=keys | {semconv.OPERATION_NAME: "chat"},
        resource={semconv.SERVICE_NAME: long},
    )


@pytest.mark.parametrize("capture", [False, True])
@pytest.mark.parametrize("text", HOSTILE)
def test_texts_without_end_are_read_up_to_a_budget(text: str, *, capture: bool) -> None:
    """Of fifty million characters in each place few are redacted, and the last span is whole."""
    spans = [*([fill(text)] * 50), make_span(2, attributes={semconv.AGENT_NAME: "helper"})]
    records, done = write_all(spans, capture=capture)

    assert done.characters <= MOST_CHARACTERS + len(spans) * 512
    assert [record.request_model for record in records[-1:]] == ["gpt-4o-mini"]
    assert (records[-1].name, records[-1].agent_name) == ("chat gpt-4o-mini", "helper")
    assert all(len(json.dumps(record.attributes)) < 200_000 for record in records)


@pytest.mark.parametrize("capture", [False, True])
def test_a_name_left_unread_is_told(*, capture: bool) -> None:
    """A name that was not read is unknown, and its span says why."""
    way = Transcriber(
        "t", KEY, load_prices(), Settings(capture_content=capture), work=WorkBudget(characters=0)
    )
    span = make_span(attributes={semconv.AGENT_NAME: "4111 " * 100})
    record = way.write(way.protect(way.read(span)))

    assert (record.name, record.request_model, record.agent_name) == (
        "chat gpt-4o-mini",
        "gpt-4o-mini",
        None,
    )
    assert record.attributes[semconv.REPAIRS] == ["text_dropped"]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the texts that are parsed as JSON; the price file, read once, is none."""
    load_prices()
    lengths: list[int] = []
    decode = json.JSONDecoder.raw_decode

    def count(self: json.JSONDecoder, text: str, idx: int = 0) -> Any:
        lengths.append(len(text))
        return decode(self, text, idx)

    monkeypatch.setattr(json.JSONDecoder, "raw_decode", count)
    return lengths


@pytest.mark.parametrize(
    "text", ["[" + "0," * 499_000 + "0]", "[" + "[]," * 330_000 + "0]", '{"a":' * 160_000]
)
def test_json_without_end_is_not_parsed(text: str, parsed: list[int]) -> None:
    """What holds too many values stays text; what all spans hold is bounded besides."""
    spans = [make_span(n, attributes={semconv.INPUT_MESSAGES: text}) for n in range(1, 20)]
    _, done = write_all(spans, capture=False)

    assert done.values <= MOST_VALUES
    assert parsed == []


def test_conversations_beyond_the_budget_are_dropped_and_told() -> None:
    """Each is read while there is room for its values; then the rest of the span is."""
    turn = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    events = [SourceEvent("said", 1, {"messages": json.dumps([turn] * 5_000)})]
    attributes = {semconv.INPUT_MESSAGES: json.dumps([turn] * 5_000)}
    spans = [make_span(n, attributes=attributes, events=events) for n in range(1, 100)]
    records, done = write_all(spans, capture=False)

    assert records[0].input_length == 1024 * 2
    assert records[-1].input_length is None
    assert records[-1].request_model == "gpt-4o-mini"
    assert "value_dropped" in records[-1].attributes[semconv.REPAIRS]
    assert done.values <= MOST_VALUES


def test_an_errors_type_of_any_length_is_read_in_linear_time() -> None:
    """A text that is no name is none: 30,000 letters before a dot took half a minute."""
    assert classify_error("a" * 1_000_000 + ".b c") == "_OTHER"
    assert classify_error("a" * 1_000_000) == "_OTHER"


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ("openai.RateLimitError", "rate_limit"),
        ("<class 'openai.RateLimitError'>", "rate_limit"),
        ("RateLimitError: you said marker", "rate_limit"),
        ("my.CustomError: you said marker", "CustomError"),
        ("The prompt 'marker' was refused.", "_OTHER"),
        ("marker: said", "_OTHER"),
        ("429", "rate_limit"),
    ],
)
def test_a_text_in_an_errors_place_becomes_a_word(told: str, word: str) -> None:
    """Libraries put ``str(exception)`` there, and providers quote prompts."""
    assert classify_error(told) == word


def test_accents_without_end_are_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of marks is sorted in quadratic time, so none is given to be; what people write is."""
    runs: list[int] = []

    def look(_form: str, text: str) -> str:
        run = longest = 0
        for letter in text:
            run = run + 1 if unicodedata.combining(letter) else 0
            longest = max(longest, run)
        runs.append(longest)
        return text

    monkeypatch.setattr(unicodedata, "normalize", look)
    for text in ("\u0300\u0323" * 500_000, "a\u0344\u05b0\u0e38\u302a\U0001d165" * 1000):
        protection.keep(
            [{"role": "user", "parts": [{"type": "text", "content": text}]}],
            key=KEY,
            capture=False,
            limit=500,
        )

    assert max(runs) < 32


@pytest.mark.parametrize("field", ["finish_reasons", "input", "user_id", "error_type"])
def test_two_hundred_rules_read_one_text_once(field: str, parsed: list[int]) -> None:
    """Each rule may ask for the same attribute; none parses a million characters."""
    rules = compile_rules([MappingRule("said", field)] * 200)
    way = Transcriber("t", KEY, load_prices(), Settings(), rules)
    way.write(way.protect(way.read(make_span(attributes={"said": "[" + '"a b" ' * 150_000}))))

    assert sum(parsed) <= 200 * 4_096


def test_content_is_read_little_beyond_what_is_kept() -> None:
    """500 characters are kept of a prompt, and 1,024 more are read for what begins in them."""
    prompt = "We agreed that anna ships it when the tests are green, and not before. " * 10_000
    messages = [{"role": "user", "parts": [{"type": "text", "content": prompt}]}]
    done = WorkBudget()
    protection.cut(messages, 500, done)

    assert done.characters < 2_000


SECRETS: tuple[Callable[[], str], ...] = (
    lambda: "eyJ" + "hbGciOiJIUzI1NiJ9aA1" * 200 + ".eyJzdWIiOiIxMjM0In0.aB3dE6gH9jK2mN5pQ8sT",
    lambda: (
        "-----BEGIN PRIVATE KEY-----\n" + "aB3dE6gH9jK2mN5p\n" * 600 + "-----END PRIVATE KEY-----"
    ),
    lambda: "sk-" + "aB3dE6gH9jK2mN5pQ8sT" * 3,
    lambda: "Basic " + "dXNlcjpwYXNz" * 300,
)


@pytest.mark.parametrize("write", SECRETS)
@pytest.mark.parametrize("before", [0, 200, 450, 499])
def test_a_secret_at_the_cut_is_found(write: Callable[[], str], before: int) -> None:
    """However long it is: none of its characters stands in what is kept."""
    secret = write()
    text = f"{'so ' * 200}"[:before] + f" {secret} " + "and so on " * 2_000
    kept = redact(text, limit=500)

    assert len(kept) <= 500
    assert not any(secret[at : at + 12] in kept for at in range(30, len(secret) - 12, 12))


def test_signs_weigh_what_it_costs_to_look_at_them() -> None:
    """Prose is its length, and what begins a finding in every character is many times that."""
    assert count_work("and so on ") == 10
    assert count_work("A=") > 20
