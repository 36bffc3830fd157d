"""A project with Auth: the commands run against the Auth suite's local one."""

from __future__ import annotations

from tests.infra.auth.conftest import local_target

__all__ = ["local_target"]
