"""Writes docs/libraries.md: which library's spans are read how well, from the fixtures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from infra.local.settings import REPOSITORY
from trials.instrumentations.catalogue import FAMILIES, LIBRARIES
from trials.instrumentations.library import Library
from trials.instrumentations.replay import Findings
from trials.instrumentations.shortcomings import SHORTCOMINGS
from trials.instrumentations.truth import Verdict, summarise

DOCUMENT: Final = REPOSITORY / "docs" / "libraries.md"
_PREAMBLE: Final = """\
# Which libraries are read, and how well

Written by `make test-libraries ARGS=--document`; do not edit.
Each library ran live, in an environment of its own, against offline providers; what they really
sent was written down. What is marked "from source" did not run: its spans are as its makers or its
users published them. What it emitted is in `trials/instrumentations/fixtures`;
`make test` stores it again and compares every row with the truth.

- ✓ **correct**: calls, models, tokens, finish, status and error are what the provider served.
- ? **unknown**: the rest is correct, and what the library does not tell is left empty; see below.
- ✗ **wrong**: a fact is not what was served, for a reason that is told below.
- ∅ **no call**: the library emits nothing that tells of the call.
- An empty cell: the library is not run so, or cannot live this.

**money** and **tier** are over all scenarios of a row: whether each call has the cost of the tokens
that were served at the tier that served them, and whether the span tells that tier. Where it does
not, the tier is no part of the other cells, and the cost is unknown where the model's tiers differ
in price.

In `chat_stream_without_usage` the provider sends no usage: no tokens are correct there, and an
estimate would be wrong. Where nothing was cached or reasoned, saying nothing of it is correct.
"""
_SOURCES: Final = """
## What is known from source

These did not run here. Those of Anthropic's clients are made from the recording of its TypeScript
client, by that reference: it gives scope, kind and service of each, and the attributes in common.

"""
_COUNTED: Final = """
## What is counted

Where two libraries trace one call, both spans are stored and one is counted: of one response id the
better, of a span and its child of the same model the child. A child that tells neither response nor
usage and did not fail is not counted where its parent, which another instrumentation made, tells
both; their operation is the same and, where both tell one, the requested model. A span without a
response id is not counted where it encloses, in time, a span of another instrumentation of the same
process, service, requested model, tokens and outcome, or one below it in its trace, through spans
that are no agent, tool or other operation, one to one. Of a stream of which a framework tells
nothing after its first part, what is enclosed is the client's first part. Where neither process nor
parent is told, as sending-spans.md says how, such a call counts twice and is told as a possible
duplicate.
"""
_SIGNS: Final = {"correct": "✓", "unknown": "?", "wrong": "✗"}
_TIER: Final = "service_tier"
_OVER_ALL: Final = {"cost_usd": "money", _TIER: "tier"}
"""Facts with a column of their own."""
_WRONG: Final = "\n## What is wrong\n"
_UNKNOWN: Final = "## What is unknown\n\nWhat these libraries do not tell, by scenario.\n"


def write_document(fixtures: Sequence[Mapping[str, Any]], findings: Findings) -> str:
    """Give the whole document."""
    recorded = {fixture["library"] for fixture in fixtures}
    libraries = [library for library in LIBRARIES if library.name in recorded]
    verdicts = {place: summarise(found) for place, found in findings.items()}
    lines = [_PREAMBLE]
    for family, members in FAMILIES.items():
        shown = [library for library in members if library.name in recorded]
        lines += _write_table(family, shown, verdicts) if shown else ()
    lines.append(_UNKNOWN)
    lines += [line for library in libraries for line in _tell_unknown(library, verdicts)]
    lines.append(_SOURCES.rstrip("\n") + "\n")
    lines += [f"- {each.name}: {each.source}" for each in libraries if each.source]
    lines += [_COUNTED.rstrip("\n"), _WRONG]
    lines += _tell_wrong()
    return "\n".join([*lines, ""])


def _tell_wrong() -> Iterator[str]:
    places: dict[str, dict[str, list[str]]] = {}
    for (library, scenario), reason in SHORTCOMINGS.items():
        places.setdefault(reason, {}).setdefault(library, []).append(scenario)
    for reason, libraries in places.items():
        told = "; ".join(f"{name}: {', '.join(them)}" for name, them in libraries.items())
        yield f"- {reason[0].upper()}{reason[1:]} ({told})."
    if not places:
        yield "Nothing that a fixture shows."


def _write_table(
    family: str,
    libraries: Sequence[Library],
    verdicts: Mapping[tuple[str, str], Mapping[str, Verdict]],
) -> Iterator[str]:
    """Libraries are rows, since there are more of them than of scenarios."""
    scenarios = list(dict.fromkeys(name for each in libraries for name in each.scenarios))
    yield f"## {family}\n"
    # Words, not one long name, so that a column is as narrow as its longest word.
    heads = [*(name.replace("_", " ") for name in scenarios), *_OVER_ALL.values()]
    yield f"| library | {' | '.join(heads)} |"
    yield "|---|" + ":-:|" * len(heads)
    for library in libraries:
        cells = [_write_cell(verdicts.get((library.name, name))) for name in scenarios]
        lived = [verdicts.get((library.name, name), {}) for name in scenarios]
        cells += [
            _write_worst([each[fact] for each in lived if fact in each]) for fact in _OVER_ALL
        ]
        mark = "" if library.is_run else " (from source)"
        yield f"| {library.name} {library.version}{mark} | {' | '.join(cells)} |"
    yield ""


def _write_cell(verdicts: Mapping[str, Verdict] | None) -> str:
    if verdicts is None:
        return ""
    if verdicts["calls"] == "unknown":
        return "∅"
    return _write_worst([verdict for fact, verdict in verdicts.items() if fact != _TIER])


def _write_worst(verdicts: Sequence[Verdict]) -> str:
    worst = next((word for word in ("wrong", "unknown") if word in verdicts), "correct")
    return _SIGNS[worst] if verdicts else ""


def _tell_unknown(
    library: Library, verdicts: Mapping[tuple[str, str], Mapping[str, Verdict]]
) -> Iterator[str]:
    """Tell a library's gaps, scenarios of the same gaps together."""
    gaps: dict[str, list[str]] = {}
    for scenario in library.scenarios:
        if scenario in library.left_out:
            gaps.setdefault(library.left_out[scenario], []).append(scenario)
            continue
        facts = verdicts[library.name, scenario]
        unknown = [fact for fact, is_ in facts.items() if is_ == "unknown" and fact != _TIER]
        if unknown and "calls" not in unknown:
            gaps.setdefault(", ".join(unknown), []).append(scenario)
    for gap, scenarios in gaps.items():
        yield f"- {library.name}: {gap} ({', '.join(scenarios)})"
