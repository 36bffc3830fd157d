"""Spans of what is not run here, made from the recording of what is, by what its maker publishes.

Anthropic has one reference of spans for its clients in every language and for those of its
interface: https://platform.claude.com/docs/en/api/opentelemetry/spans. By it they differ in scope,
kind and service alone. Their published sources, up to the versions named here, have no spans yet,
so keys and values are those that the TypeScript client sends.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trials.instrumentations.clients import (
    ANTHROPIC_SCENARIOS,
    ASYNC_SCENARIOS,
    PLATFORM_SCENARIOS,
)
from trials.instrumentations.library import Library

Json = dict[str, Any]
_Change = Callable[[Json], None]
_REFERENCE: Final = "Anthropic's span reference (beta, November 2026)"
_PLATFORM: Final = "com.anthropic.claude-platform"
_SERVER: Final = 2
_MARGIN_NS: Final = 100_000
_CLIENTS_OWN: Final = ("url.", "server.", "http.request.", "gen_ai.response.time_to_first_chunk")
"""Keys of the view from outside, which no page says that the interface's own spans have."""
_UNPROVEN: Final = (
    "a refused call names no response, so nothing proves its spans in two traces one: both count"
)
_SCENARIOS: Final = tuple(name for name in ANTHROPIC_SCENARIOS if name not in ASYNC_SCENARIOS)


@dataclass(frozen=True)
class _Derivation:
    """What is made, of which recording, by which change of each request."""

    library: Library
    recording: str
    change: _Change


def _name_client(scope: str, language: str) -> _Change:
    """Put another client in the place of TypeScript's; its version is that of no package here."""

    def change(request: Json) -> None:
        for group in request["resourceSpans"]:
            for attribute in group["resource"]["attributes"]:
                if attribute["key"] == "telemetry.sdk.language":
                    attribute["value"] = {"stringValue": language}
            for spans in group["scopeSpans"]:
                if spans["scope"]["name"].startswith("com.anthropic."):
                    spans["scope"] = {"name": f"com.anthropic.sdk.{scope}"}

    return change


def _see_from_within(request: Json) -> None:
    """Put the interface's own spans in the place of a client's."""
    theirs = _list_theirs(request)
    for group in request["resourceSpans"]:
        group["scopeSpans"] = [each for each in group["scopeSpans"] if not _is_client(each)]
    request["resourceSpans"] = [each for each in request["resourceSpans"] if each["scopeSpans"]]
    request["resourceSpans"].append(_describe_platform(theirs))


def _add_within(request: Json) -> None:
    """Put one of the interface's own spans under each of a client's."""
    theirs = _list_theirs(request)
    for span in theirs:
        span["parentSpanId"], span["spanId"] = span["spanId"], f"9{span['spanId'][1:]}"
        span["startTimeUnixNano"] = str(int(span["startTimeUnixNano"]) + _MARGIN_NS)
        span["endTimeUnixNano"] = str(int(span["endTimeUnixNano"]) - _MARGIN_NS)
    request["resourceSpans"].append(_describe_platform(theirs))


def _add_apart(request: Json) -> None:
    """Put them in traces of their own, as for requests to Claude Platform on AWS."""
    _add_within(request)
    for span in request["resourceSpans"][-1]["scopeSpans"][0]["spans"]:
        span["traceId"] = f"9{span['traceId'][1:]}"
        del span["parentSpanId"]


def _is_client(spans: Mapping[str, Any]) -> bool:
    return str(spans["scope"]["name"]).startswith("com.anthropic.")


def _list_theirs(request: Json) -> list[Json]:
    """Give the interface's own span of each of a client's."""
    theirs = [
        copy.deepcopy(span)
        for group in request["resourceSpans"]
        for spans in group["scopeSpans"]
        if _is_client(spans)
        for span in spans["spans"]
    ]
    for span in theirs:
        span["kind"] = _SERVER
        span["attributes"] = [
            each for each in span["attributes"] if not each["key"].startswith(_CLIENTS_OWN)
        ]
    return theirs


def _describe_platform(spans: list[Json]) -> Json:
    service = {"key": "service.name", "value": {"stringValue": "claude-platform"}}
    return {
        "resource": {"attributes": [service]},
        "scopeSpans": [{"scope": {"name": _PLATFORM}, "spans": spans}],
    }


def _derive_client(
    name: str, pin: str, scope: str, language: str, platform: str = ""
) -> _Derivation:
    """A client of another language, at the first version after one that has no spans yet."""
    source = f"{_REFERENCE}; {pin.replace('==', ' ')} has no spans yet"
    scenarios = PLATFORM_SCENARIOS if platform else _SCENARIOS
    recording = f"anthropic-node-{platform}" if platform else "anthropic-node"
    library = Library(
        name, (pin.replace("==", "==after "),), scenarios, is_run=False, source=source
    )
    return _Derivation(library, recording, _name_client(scope, language))


def _derive_platform(name: str, change: _Change, left_out: Mapping[str, str]) -> _Derivation:
    library = Library(
        name, ("claude-platform==beta",), _SCENARIOS, left_out, is_run=False, source=_REFERENCE
    )
    return _Derivation(library, "anthropic-node", change)


_DERIVATIONS: Final = (
    _derive_client("anthropic-go", "anthropics/anthropic-sdk-go==1.60.0", "go", "go"),
    _derive_client(
        "anthropic-go-bedrock",
        "anthropics/anthropic-sdk-go==1.60.0",
        "go.bedrock",
        "go",
        "bedrock",
    ),
    _derive_client("anthropic-java", "anthropics/anthropic-sdk-java==2.57.0", "java", "java"),
    _derive_client(
        "anthropic-java-vertex",
        "anthropics/anthropic-sdk-java==2.57.0",
        "java.vertex",
        "java",
        "vertex",
    ),
    _derive_client(
        "anthropic-csharp", "anthropics/anthropic-sdk-csharp==12.38.0", "csharp", "dotnet"
    ),
    _derive_client("anthropic-ruby", "anthropics/anthropic-sdk-ruby==1.65.0", "ruby", "ruby"),
    _derive_client("anthropic-php", "anthropics/anthropic-sdk-php==0.43.0", "php", "php"),
    _derive_client("anthropic-cli", "anthropics/anthropic-cli==1.20.0", "cli", "go"),
    _derive_platform("claude-platform", _see_from_within, {}),
    _derive_platform("claude-platform-within-client", _add_within, {}),
    _derive_platform("claude-platform-apart", _add_apart, {"rate_limited": _UNPROVEN}),
)
DERIVED: Final = tuple(each.library for each in _DERIVATIONS)


def derive(recordings: Mapping[str, Json]) -> Iterator[Json]:
    """Give a recording of each, from those that there are, by library."""
    for each in _DERIVATIONS:
        recording = recordings.get(each.recording)
        if recording is None:
            continue
        scenarios = {scenario["name"]: scenario for scenario in recording["scenarios"]}
        chosen = json.loads(json.dumps([scenarios[name] for name in each.library.lived]))
        for scenario in chosen:
            each.change(scenario["request"])
        yield {
            "library": each.library.name,
            "package": each.library.package,
            "version": each.library.version,
            "recorded": "from source",
            "source": each.library.source,
            "scenarios": chosen,
        }
