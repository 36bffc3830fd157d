"""Operators, who see the sums of all tenants: named here and nowhere else."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from infra.access.project import Project

_Add = Callable[..., argparse.ArgumentParser]


def add_operator_commands(add: _Add) -> None:
    """Add the commands that name a user and no tenant."""
    operator = add("operator", help="let a Supabase user see the sums of all tenants, no content")
    operator.set_defaults(run=_add)
    remove = add("remove-operator", help="take the sums of all tenants away from a user")
    remove.set_defaults(run=_remove)
    for command in (operator, remove):
        command.add_argument("--user", required=True, help="the user's UUID")


def _add(options: argparse.Namespace) -> str:
    made = Project.find().operate("add_operator", {"user_id": options.user})
    return f"{made['user_id']} sees the sums of all tenants, since {made['created_at']}."


def _remove(options: argparse.Namespace) -> str:
    ended = Project.find().operate("remove_operator", {"user_id": options.user})
    return f"{ended['user_id']} sees the sums of their own tenants only."
