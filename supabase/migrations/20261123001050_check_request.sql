-- What every request of the Data API passes: its tenant is there, its credential is still good.

create function app.check_request() returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  tenant text := claims ->> 'tenant_id';
  credential text := claims ->> 'key_id';
begin
  -- Only our own roles: the project's other applications share `authenticated` and `anon`.
  if current_setting('role') in ('llm_ingest', 'llm_admin') then
    perform app.require_tenant();
  end if;
  -- Eight characters are a key's id. Users, developers and the library itself have no row; nor
  -- has a token of another application, which lacks one of the claims.
  if tenant is not null and credential ~ '^[0-9a-z]{8}$' and not exists (
    select from public.api_keys
    where tenant_id = tenant and key_id = credential
      and revoked_at is null and (expires_at is null or expires_at > now())
  ) then
    raise sqlstate 'PT401' using
      message = 'The key behind this token was revoked or has expired.',
      hint = 'Use another key.';
  end if;
end
$$;
comment on function app.check_request() is
  'Runs before every request of the Data API (pgrst.db_pre_request).';

revoke execute on all functions in schema app from public;
grant execute on function app.check_request()
  to anon, authenticated, service_role, llm_ingest, llm_admin, llm_gate;

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
