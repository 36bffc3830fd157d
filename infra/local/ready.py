"""The block that says that the stack is up, and where everything is."""

from __future__ import annotations

import os
from collections.abc import Sequence

from infra.local.people import Person
from infra.local.services import local_url
from infra.local.settings import Settings


def describe_ready(
    settings: Settings, seconds: float, *, offline: bool, with_ui: bool, people: Sequence[Person]
) -> str:
    """Tell addresses and what to try; with ``people`` who may log in."""
    model = "OpenAI (OPENAI_API_KEY is set)"
    if offline:
        model = "offline server, not a real model (set OPENAI_API_KEY to call OpenAI)"
    dashboard = local_url(settings.ui_port) if with_ui else "not started"
    api = local_url(settings.api_port)
    tenants = "sample (a week of generated traffic)"
    attempt = f"  Try         curl -X POST {api}/demo/run -H 'x-tenant-id: tenant-123'"
    warning = _warn_of(settings.listen)
    if not people:
        tenants += ", tenant-123 and tenant-456 (empty at first)"
    return f"""
Ready in {seconds:.1f} s.

  Dashboard   {dashboard}
  API         {api}
  Data API    {local_url(settings.data_api_port)}
  LLM         {model}
  Tenants     {tenants}
{_describe_people(settings, people) if people else attempt}
  SQL         make psql
  Logs        {settings.state_dir / "logs"}
{warning}  Stop        Ctrl-C, or kill {os.getpid()}; data stays until make demo-reset
"""


def _warn_of(address: str | None) -> str:
    """Say who else reaches the stack, where it listens on more than the loopback address."""
    if address is None:
        return ""
    return (
        f"  Listening   on {address}, too: whoever reaches that address reaches the Data API,\n"
        "              which asks for its keys, and the offline model, which asks for none;\n"
        "              mails and the fake provider are shown to this machine alone\n"
    )


def _describe_people(settings: Settings, people: Sequence[Person]) -> str:
    lines = [
        f"{person.email:<20} {person.password}   {_describe_role(person)}" for person in people
    ]
    indented = "\n              ".join(lines)
    return f"  Log in      {indented}\n  Mails       {local_url(settings.data_api_port)}/mails"


def _describe_role(person: Person) -> str:
    return f"{person.role} of sample" if person.role else "member of no tenant"
