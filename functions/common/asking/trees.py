"""The JSON form of a filter, as ``app.compile_filter`` takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Tree = dict[str, Any]


def make_term(field: str, op: str, *values: str) -> Tree:
    """Make a term; one that needs no values has none."""
    return {"field": field, "op": op, **({"values": list(values)} if values else {})}


def negate(tree: Tree) -> Tree:
    """Make the tree that keeps what the other leaves out."""
    return {"not": tree}


def join(how: str, trees: Sequence[Tree]) -> Tree:
    """Make one tree of several that all have to hold (``and``), or one of them (``or``)."""
    return trees[0] if len(trees) == 1 else {how: list(trees)}


def list_members(tree: Tree) -> list[Tree] | None:
    """Give the trees of a group, or None for a term."""
    if "not" in tree:
        return [tree["not"]]
    members: list[Tree] | None = tree.get("and") or tree.get("or")
    return members


def measure_depth(tree: Tree) -> int:
    """Count the groups within each other; a term is none."""
    members = list_members(tree)
    return 0 if members is None else 1 + max(measure_depth(member) for member in members)
