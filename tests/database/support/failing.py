"""A fault on demand: a database in which a span fails with the SQLSTATE that its user's id names.

It stands for what nobody foresaw: an index that a value does not fit, a trigger of the project's.
"""

from __future__ import annotations

from infra.local.throwaway import Database
from tests.database.support.callers import read_as_owner

_FAULT = """
create or replace function public.fail_as_told() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception using errcode = right(new.user_id, 5), message = 'no "secret" of it';
end
$$;
create or replace trigger fail_as_told before insert on public.spans
  for each row when (new.user_id like 'fails with %') execute function public.fail_as_told();
create or replace function public.dawdle() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform pg_sleep(30);
  return new;
end
$$;
create or replace trigger dawdle before insert on public.spans
  for each row when (new.user_id = 'dawdles') execute function public.dawdle();
"""
DAWDLER = "dawdles"
"""The user whose spans take longer than any statement may."""


def inject_faults(database: Database) -> None:
    """Let spans fail whose user is ``name_fault(code)``."""
    read_as_owner(database, _FAULT.replace("%", "%%"), ())


def name_fault(code: str) -> str:
    """Give the user whose spans fail with a SQLSTATE."""
    return f"fails with {code}"
