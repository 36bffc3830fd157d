"""Two spans are of one process by what names it alone."""

from __future__ import annotations

from typing import Any

import pytest

from llm_observe._delivery.this_process import ThisProcess
from llm_observe.processes import name_process

PID, HOST, CONTAINER = "process.pid", "host.name", "container.id"
INSTANCE, INVOCATION = "service.instance.id", "faas.invocation_id"


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {PID: 1},
        {HOST: "h", "host.id": "i"},
        {CONTAINER: "c"},
        {INSTANCE: ""},
        {INSTANCE: "  ", PID: 1},
        {INSTANCE: ["a"]},
        {INSTANCE: True},
        {INSTANCE: "x" * 1025},
        {PID: None, HOST: "h"},
        {"service.name": "shop", "k8s.pod.name": "p"},
    ],
)
def test_what_many_processes_share_names_none(resource: dict[str, Any]) -> None:
    """A process id, a host or a container alone, and what is no name, are no key."""
    assert name_process(resource, {}) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({INSTANCE: "a"}, {INSTANCE: "a", PID: 7, HOST: "h"}),
        ({PID: 7, HOST: "h"}, {PID: "7", HOST: "h", CONTAINER: "c"}),
        ({PID: 7, "host.id": "h"}, {PID: 7, "host.id": "h"}),
        ({PID: 7, CONTAINER: "c"}, {PID: 7, CONTAINER: "c", HOST: "h"}),
        ({INVOCATION: "i"}, {INVOCATION: "i"}),
    ],
)
def test_what_names_one_process_is_a_key(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two resources with one such name in common share a key."""
    assert {*(name_process(one, {}) or ())} & {*(name_process(other, {}) or ())}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({INSTANCE: "a"}, {INSTANCE: "b"}),
        ({PID: 1, HOST: "a"}, {PID: 1, HOST: "b"}),
        ({PID: 1, HOST: "a"}, {PID: 2, HOST: "a"}),
        ({PID: 1, CONTAINER: "a"}, {PID: 1, CONTAINER: "b"}),
        ({INVOCATION: "a"}, {INSTANCE: "a"}),
        ({PID: 1, HOST: "a"}, {PID: 1, "host.id": "a"}),
        ({PID: 1, HOST: "11"}, {PID: 11, HOST: "1"}),
    ],
)
def test_other_names_share_no_key(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Not a value under another name either."""
    assert not {*(name_process(one, {}) or ())} & {*(name_process(other, {}) or ())}


def test_an_invocation_is_told_by_a_span_too() -> None:
    """Instrumentations of Lambda tell it as an attribute of a span."""
    assert name_process({INVOCATION: "i"}, {}) == name_process({}, {INVOCATION: "i"})
    assert name_process({INSTANCE: "i"}, {}) != name_process({}, {INSTANCE: "i"})


def test_keys_are_few_sorted_and_tell_nothing() -> None:
    """Each is its kind and sixteen digits of a hash."""
    told = {INSTANCE: "a", INVOCATION: "b", PID: 1, CONTAINER: "c", HOST: "h", "host.id": "i"}
    keys = name_process(told, {}) or []
    assert keys == sorted(keys)
    assert [key.split(":")[0] for key in keys] == [
        *("container", "host.id", "host.name", "instance", "invocation"),
    ]
    assert {len(key.split(":")[1]) for key in keys} == {16}


def test_a_fork_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """So has a restored snapshot; a name that the environment gives stays in both."""
    process, made = ThisProcess(), {INSTANCE: "origin", "service.name": "shop"}
    assert process.stamp(made) == made
    process.renew()
    copy = process.stamp(made)
    assert copy[INSTANCE] != "origin"
    assert copy == process.stamp(made) == made | dict(copy)
    process.renew()
    assert process.stamp(made)[INSTANCE] not in (copy[INSTANCE], "origin")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-1")
    process.renew()
    assert process.stamp(made)[INSTANCE] == "pod-1"
