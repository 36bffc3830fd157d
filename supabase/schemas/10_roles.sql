-- The private schema, the roles and the tenant rule everything else leans on.

create schema if not exists app;
comment on schema app is 'llm-observe: helpers that no API exposes.';

do $$
declare
  wanted text;
begin
  foreach wanted in array array['llm_ingest', 'llm_admin', 'llm_join', 'llm_gate', 'llm_operator', 'llm_sums'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      execute format('create role %I nologin noinherit', wanted);
    end if;
    execute format('grant %I to authenticator', wanted);
  end loop;
end
$$;

-- Below a Lambda's timeout, so that the database gives up before its caller does.
alter role llm_ingest set statement_timeout = '5s';
alter role llm_admin set statement_timeout = '8s';
alter role llm_join set statement_timeout = '8s';
alter role llm_gate set statement_timeout = '2s';
alter role llm_operator set statement_timeout = '15s';
alter role llm_sums set statement_timeout = '8s';

grant usage on schema app
  to anon, authenticated, service_role, llm_ingest, llm_admin, llm_join, llm_gate, llm_operator,
    llm_sums;
grant usage on schema public
  to llm_ingest, llm_admin, llm_join, llm_gate, llm_operator, llm_sums;

-- The tenant rule, in one place. Policies call it as (select app.tenant_id()): once a statement.
-- A body after `return` is parsed once, here: it needs no search path, and without one Postgres puts
-- it in place of each call, in checks, policies and functions.
create function app.tenant_id() returns text
language sql stable parallel safe
return nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id', '');
comment on function app.tenant_id() is
  'The tenant of the caller''s token, or null. Never read from headers or bodies.';
grant execute on function app.tenant_id() to authenticated, service_role, llm_admin;

create function app.is_tenant_id(candidate text) returns boolean
language sql immutable parallel safe
return octet_length(candidate) <= 63 and candidate ~ '^[a-z0-9][a-z0-9_-]*$';
comment on function app.is_tenant_id(text) is 'Whether a text is a well-formed tenant id.';
grant execute on function app.is_tenant_id(text) to service_role;

create function app.caller() returns text
language sql stable parallel safe
return nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'key_id', '');
comment on function app.caller() is
  'The credential that the caller''s token stands for: an API key''s or ingest token''s id, user:<uuid>, dev, or null.';

create function public.ping() returns text
language sql stable set search_path = ''
as $$ select 'ok' $$;
comment on function public.ping() is 'Answers ok: what a health check asks, as llm_gate.';

-- Postgres lets everybody execute a new function. The project's own defaults are not ours to
-- change, so every migration takes that back from its own functions.
revoke execute on all functions in schema app from public;
revoke execute on function public.ping() from public, anon, authenticated;
grant execute on function public.ping() to llm_gate;
