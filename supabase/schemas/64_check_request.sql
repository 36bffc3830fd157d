-- What every request of the Data API passes: its tenant is there, its credential is
-- still good and may still do what it asks for.

create function app.check_request() returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  tenant text := app.tenant_id();
  acting text := current_setting('role');
begin
  -- Only our own roles: the project's other applications share `authenticated` and `anon`.
  if acting in ('llm_ingest', 'llm_admin', 'llm_join') then
    perform app.require_tenant();
  end if;
  -- Whoever joins has no right yet: what they may be let in by is asked by what lets them in.
  -- Sums are of many tenants: what gives them looks up which of them are the person's.
  if acting in ('llm_join', 'llm_sums') then
    perform app.require_person();
    return;
  end if;
  -- A token of another application lacks one of the two claims; the library's has no key.
  if tenant is not null and app.caller() is not null then
    perform app.require_right(tenant, case acting
      when 'llm_ingest' then 'ingest' when 'llm_admin' then 'admin' else 'read' end);
  end if;
end
$$;
comment on function app.check_request() is
  'Runs before every request of the Data API (pgrst.db_pre_request).';

revoke execute on all functions in schema app from public;
grant execute on function app.check_request()
  to anon, authenticated, service_role, llm_ingest, llm_admin, llm_join, llm_gate, llm_operator,
    llm_sums;

-- A project may have a pre-request function of its own; then it calls ours (CONVENTIONS.md).
do $$
begin
  if not exists (
    select from pg_catalog.pg_roles, unnest(rolconfig) setting
    where rolname = 'authenticator' and setting like 'pgrst.db_pre_request=%'
  ) then
    alter role authenticator set pgrst.db_pre_request = 'app.check_request';
  end if;
end
$$;
notify pgrst, 'reload config';
