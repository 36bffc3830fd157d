"""Sessions: lists of them, newest first, and the turns of one in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, administer, ingest, refused_call
from tests.database.support.chains import settle_chains
from tests.database.support.sessions import ask, list_sessions, read_session
from tests.database.support.spans import (
    NOON,
    Span,
    call,
    failed_call,
    step,
    trace_id,
    unmeasured_call,
)

MINUTE = timedelta(minutes=1)


def say(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def turn(number: int, session: str | None = "s", **values: Any) -> Span:
    """Make a trace of one call, a minute after the one before."""
    defaults: dict[str, Any] = {
        "trace": number,
        "at": NOON + number * MINUTE,
        "session_id": session,
    }
    return call(1, **(defaults | values))


def test_sessions_come_by_their_newest_turn(database: Database, tenant: str) -> None:
    """Each once, whatever the size of a page; a trace of no session is in none."""
    spans = [turn(n, f"s-{n % 4}") for n in range(1, 12)] + [turn(12, None)]
    ingest(database, tenant, spans)
    expected = ["s-3", "s-2", "s-1", "s-0"]

    for most in (1, 2, 3, 4, 200):
        assert [s["session_id"] for s in list_sessions(database, tenant, most=most)] == expected


def test_a_session_has_the_sums_of_its_turns(database: Database, tenant: str) -> None:
    """The same in the list and in the session, and what its turns add up to."""
    spans = [
        turn(1, cost_usd="0.5", user_id="maria", environment="production"),
        failed_call(1, trace=2, at=NOON + 2 * MINUTE, session_id="s"),
        unmeasured_call(2, trace=2, at=NOON + 2 * MINUTE, session_id="s"),
        turn(3, model="fable-2", user_id="nadia", customer_id="acme"),
        turn(4, "another"),
    ]
    ingest(database, tenant, spans)
    _, listed = list_sessions(database, tenant)
    whole = read_session(database, tenant, "s")

    assert {k: v for k, v in listed.items() if not k.startswith("matched")} == whole["session"]
    first, last = (datetime.fromisoformat(listed[k]) for k in ("first_start", "last_end"))
    assert (first, last) == (NOON + MINUTE, NOON + 3 * MINUTE + timedelta(seconds=1))
    assert listed["duration_ms"] == 121_000
    assert (listed["turns"], listed["failed_turns"], listed["requests"]) == (3, 1, 4)
    assert (listed["unpriced_requests"], listed["unmeasured_requests"]) == (1, 1)
    assert listed["models"] == ["fable-1", "fable-2"]
    assert listed["error_types"] == ["acme.RateLimitError"]
    assert (listed["user_id"], listed["customer_id"]) == ("nadia", "acme")
    for name in ("requests", "total_tokens", "total_cost_usd", "unpriced_requests"):
        assert listed[name] == sum(t[name] or 0 for t in whole["turns"])


def test_filters_choose_the_traces_that_are_looked_at(database: Database, tenant: str) -> None:
    """A session stands where its newest trace of these does, with the sums of all its turns."""
    ingest(
        database,
        tenant,
        [
            turn(1, "a", user_id="maria"),
            turn(2, "b", user_id="maria"),
            turn(3, "b", user_id="maria"),
            turn(4, "a", user_id="nadia"),
            turn(5, "c", user_id="nadia"),
        ],
    )
    maria = {"field": "user", "op": "in", "values": ["maria"]}
    before = {"field": "started", "op": "lt", "values": [(NOON + 3 * MINUTE).isoformat()]}

    for most in (1, 200):
        found = list_sessions(database, tenant, maria, most=most)
        assert [(s["session_id"], s["turns"]) for s in found] == [("b", 2), ("a", 2)]
        found = list_sessions(database, tenant, maria, before, most=most)
        assert [(s["session_id"], s["matched_trace"]) for s in found] == [
            ("b", trace_id(2)),
            ("a", trace_id(1)),
        ]


def test_a_session_that_moves_up_is_not_told_twice(database: Database, tenant: str) -> None:
    """Between two pages: it is new at the top, and all others come as they would have come."""
    ingest(database, tenant, [turn(n, f"s-{n}") for n in range(1, 7)])
    has_user = {"not": {"field": "user", "op": "has"}}
    for number, trees in enumerate(([], [has_user])):
        first = ask(database, tenant, "list_sessions", filters=trees, most=2)
        last = first[-1]
        after = {"start": last["matched_start"], "trace": last["matched_trace"]}
        moved, away = f"s-{2 + number}", {s["session_id"] for s in first}
        ingest(database, tenant, [turn(20 + number, moved)])
        rest = ask(database, tenant, "list_sessions", filters=trees, after=after)

        told = [s["session_id"] for s in rest]
        assert moved not in told
        assert {*told, *away, moved} == {f"s-{n}" for n in range(1, 7)}
        assert len(told) == len(set(told)) == 6 - len(away | {moved})


def test_turns_come_in_order_with_gaps(database: Database, tenant: str) -> None:
    """Whatever the size of a page; from the end of one to the start of the next."""
    ingest(database, tenant, [turn(n) for n in (5, 2, 9, 3)])

    for most in (1, 2, 3, 4, 200):
        turns = read_session(database, tenant, "s", most)["turns"]
        assert [t["trace_id"] for t in turns] == [trace_id(n) for n in (2, 3, 5, 9)]
        assert [t["gap_ms"] for t in turns] == [None, 59_000, 119_000, 239_000]


def converse(number: int, *said: tuple[str, str], answer: str | None, **values: Any) -> Span:
    """Make a turn whose call is sent messages and answers one."""
    return turn(
        number,
        input=[say(role, text) for role, text in said],
        output=None if answer is None else [say("assistant", answer) | {"finish_reason": "stop"}],
        **values,
    )


def read_texts(turns: list[dict[str, Any]]) -> list[list[str] | None]:
    return [t["messages"] and [m["parts"][0]["content"] for m in t["messages"]] for t in turns]


@pytest.mark.parametrize("most", [1, 2, 200])
def test_only_what_is_new_is_told_of_a_turn(database: Database, tenant: str, most: int) -> None:
    """A conversation that comes again with each call; the same answer twice is new twice."""
    system, first = ("system", "be kind"), ("user", "hello")
    history = [system, first, ("assistant", "hi"), ("user", "yes"), ("assistant", "well")]
    ingest(
        database,
        tenant,
        [
            converse(1, system, first, answer="hi"),
            converse(2, *history[:4], answer="well"),
            converse(3, *history, ("user", "yes"), answer="well"),
            turn(4),
        ],
    )
    turns = read_session(database, tenant, "s", most)["turns"]

    assert read_texts(turns) == [
        ["be kind", "hello", "hi"],
        ["yes", "well"],
        ["yes", "well"],
        None,
    ]


def test_a_message_that_was_cut_is_known(database: Database, tenant: str) -> None:
    """By how it begins: content is kept from its end on, and answers are cut, too."""
    question, answer = (
        "a question of more than sixteen characters",
        "an answer that is as long, too",
    )
    ingest(
        database,
        tenant,
        [
            converse(1, ("user", question), answer=answer[:20], output_length=len(answer)),
            converse(2, ("assistant", answer), ("user", "go on"), answer="so be it, and well"),
            converse(
                3,
                ("assistant", "so be it, and we"),
                ("user", "more"),
                answer="no",
                input_length=90,
            ),
        ],
    )
    turns = read_session(database, tenant, "s")["turns"]

    assert read_texts(turns) == [
        [question, answer[:20]],
        ["go on", "so be it, and well"],
        ["more", "no"],
    ]


def test_a_turn_of_several_calls_tells_what_happened_in_it(database: Database, tenant: str) -> None:
    """The question, the tool that was asked and what it said, and the last answer."""
    asked = {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "look"}]}
    said = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "7"}]}
    first = [say("system", "be kind"), say("user", "how many?")]
    ingest(
        database,
        tenant,
        [
            turn(1, input=first, output=[asked]),
            call(
                2,
                trace=1,
                at=NOON + MINUTE + timedelta(seconds=5),
                session_id="s",
                input=[*first, asked, said],
                output=[say("assistant", "seven")],
            ),
        ],
    )
    (only,) = read_session(database, tenant, "s")["turns"]

    assert only["messages"] == [*first, asked, said, say("assistant", "seven")]


def test_what_is_no_message_is_told_as_one(database: Database, tenant: str) -> None:
    """A bare text or a number, as some senders have it, is what a user or the model said."""
    ingest(database, tenant, [turn(1, input="hello", output=[42])])
    (only,) = read_session(database, tenant, "s")["turns"]

    assert only["messages"] == [
        say("user", "hello"),
        {"role": "assistant", "parts": [{"type": "text", "content": 42}]},
    ]


def test_a_chain_of_responses_is_a_session(
    database: Database, tenant: str, owner: Connection
) -> None:
    """Of calls that tell none; where one tells a session, the calls that go on from it follow."""
    chain = [
        turn(n, None, response_id=f"r{n}", previous_response_id=f"r{n - 1}" if n > 1 else None)
        for n in (1, 2, 3)
    ]
    ingest(database, tenant, chain)
    settle_chains(owner, tenant)
    (derived,) = list_sessions(database, tenant)
    ingest(database, tenant, [step(9, trace=1, at=NOON + MINUTE, session_id="told")])
    settle_chains(owner, tenant)
    (told,) = list_sessions(database, tenant)

    assert (derived["session_id"], derived["turns"]) == ("response:r1", 3)
    assert (told["session_id"], told["turns"]) == ("told", 3)
    assert len(read_session(database, tenant, "told")["turns"]) == 3


def test_a_root_that_comes_late_takes_its_trace_along(database: Database, tenant: str) -> None:
    """To its session and its user, in the list as in the turns."""
    ingest(database, tenant, [turn(1, "early"), turn(2, "early")])
    root = step(9, trace=1, at=NOON + MINUTE, session_id="late", user_id="maria")
    ingest(database, tenant, [root])
    listed = list_sessions(database, tenant)

    assert [(s["session_id"], s["turns"], s["user_id"]) for s in listed] == [
        ("early", 1, None),
        ("late", 1, "maria"),
    ]
    assert [t["trace_id"] for t in read_session(database, tenant, "late")["turns"]] == [trace_id(1)]


def test_misdated_traces_are_in_no_session(database: Database, tenant: str) -> None:
    """They would stand at the top for good."""
    ingest(database, tenant, [turn(1), turn(2, at=NOON + timedelta(days=4000))])

    assert [s["turns"] for s in list_sessions(database, tenant)] == [1]
    assert len(read_session(database, tenant, "s")["turns"]) == 1


def test_a_forgotten_user_is_in_no_session(database: Database, tenant: str) -> None:
    """What others said in it stays."""
    ingest(database, tenant, [turn(1, user_id="maria"), turn(2, user_id="nadia")])
    administer(database, tenant, "forget_user", user_id="maria")
    (left,) = list_sessions(database, tenant)

    assert (left["turns"], left["user_id"]) == (1, "nadia")


def test_a_session_of_another_tenant_is_none(database: Database, tenant: str) -> None:
    """As one that nobody has."""
    ingest(database, tenant, [turn(1, "theirs")])

    for session in ("theirs", "nobodys"):
        refused = refused_call(
            database, "authenticated", "bystander", "read_session", {"session_id": session}
        )
        assert refused[0] == "PT404"


def test_a_turn_goes_with_its_trace(database: Database, tenant: str) -> None:
    """A forgotten trace is in no sum of its session any more; without turns there is none."""
    ingest(database, tenant, [turn(1, cost_usd="1"), turn(2, cost_usd="2")])
    administer(database, tenant, "forget_trace", trace_id=trace_id(1))
    (left,) = list_sessions(database, tenant)
    administer(database, tenant, "forget_trace", trace_id=trace_id(2))

    assert (left["turns"], left["requests"]) == (1, 1)
    assert ask(database, tenant, "list_sessions") == []
