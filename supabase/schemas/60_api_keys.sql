-- The credentials of a tenant: API keys and ingest tokens. Their secrets are not here.

create table public.api_keys (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  key_id text not null check (key_id ~ '^[0-9a-z]{8}$'),
  kind text not null check (kind in ('api_key', 'ingest_token')),
  name text not null check (length(name) between 1 and 200),
  environment text check (environment ~ '^[a-z0-9-]{1,32}$'),
  digest bytea check (length(digest) = 32),
  scopes text[] not null
    check (cardinality(scopes) > 0 and scopes <@ array['admin', 'ingest', 'read']),
  created_at timestamptz not null default now(),
  created_by text not null default app.actor(),
  expires_at timestamptz check (isfinite(expires_at)),
  revoked_at timestamptz,
  last_used_at timestamptz,
  replaced_by text check (replaced_by ~ '^[0-9a-z]{8}$'),
  constraint api_keys_have_a_secret check (
    case kind
      when 'api_key' then digest is not null and environment is not null
      else digest is null and scopes = array['ingest'] and expires_at is not null
    end),
  primary key (tenant_id, key_id)
);

-- Who presents a key has no tenant yet. Not unique, so that no tenant can take another's id.
create index api_keys_by_id on public.api_keys (key_id);
create index api_keys_newest on public.api_keys (tenant_id, created_at, key_id);

alter table public.api_keys enable row level security;
alter table public.api_keys force row level security;
create policy api_keys_read on public.api_keys for select to llm_admin
  using (tenant_id = (select app.tenant_id()));

-- Column by column: the digest is nobody's to read. By hand a key is revoked, renamed or shortened.
revoke all on public.api_keys from anon, authenticated, service_role;
grant select (
  tenant_id, key_id, kind, name, environment, scopes, created_at, created_by, expires_at,
  revoked_at, last_used_at, replaced_by) on public.api_keys to llm_admin, service_role;
grant update (name, expires_at, revoked_at) on public.api_keys to service_role;

comment on table public.api_keys is
  'API keys and ingest tokens. A row is kept after revocation, as the name behind audit events.';
comment on column public.api_keys.key_id is
  'The public part of lo_<env>_<id>_…, and the key_id claim of tokens minted for it.';
comment on column public.api_keys.kind is
  'api_key: presented to our API; ingest_token: a signed token that goes straight to the Data API.';
comment on column public.api_keys.digest is
  'HMAC-SHA-256 of the secret under a pepper that is not in the database; null for ingest tokens.';
comment on column public.api_keys.created_by is
  'Its maker: a key''s id, user:<uuid>, dev, command. Who ends the maker is asked about it (revoke_api_key, remove_membership).';
comment on column public.api_keys.revoked_at is
  'By hand it ends this key alone; revoke_api_key ends those that it made, too.';
comment on column public.api_keys.last_used_at is
  'Within five minutes; null: never, or an ingest token, whose uses are not noted.';
comment on column public.api_keys.replaced_by is
  'The key that rotation made; until expires_at both work.';

create trigger audit_change
  after insert or delete or update of
    tenant_id, key_id, kind, name, environment, digest, scopes, expires_at, revoked_at, replaced_by
  on public.api_keys
  for each row execute function app.audit_change('{kind}', 'key_id');
create trigger pass_views_on after update of revoked_at, replaced_by on public.api_keys
  for each row execute function app.pass_views_on();

create function app.key_status(revoked_at timestamptz, expires_at timestamptz) returns text
language sql stable
return case
  when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'active' end;
comment on function app.key_status(timestamptz, timestamptz) is 'Whether a key works.';
grant execute on function app.key_status(timestamptz, timestamptz) to llm_admin, service_role;

create view public.api_key_summaries with (security_invoker = true) as
select
  tenant_id, key_id, kind, name, environment, scopes, app.key_status(revoked_at, expires_at) as status,
  created_at, created_by, expires_at, revoked_at, last_used_at, replaced_by
from public.api_keys;
comment on view public.api_key_summaries is
  'A tenant''s API keys and ingest tokens, and whether they still work.';
revoke all on public.api_key_summaries from anon, authenticated, service_role;
grant select on public.api_key_summaries to llm_admin, service_role;

create function app.describe_key(key public.api_keys) returns jsonb
language sql stable set search_path = ''
as $$
  select to_jsonb(key) - 'digest'
    || jsonb_build_object('status', app.key_status(key.revoked_at, key.expires_at))
$$;
comment on function app.describe_key(public.api_keys) is
  'A key''s row without its digest, and whether it works, as JSON.';

revoke execute on all functions in schema app from public;
