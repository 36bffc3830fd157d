-- Who the data belongs to.

create table public.tenants (
  tenant_id text primary key check (app.is_tenant_id(tenant_id)),
  generated boolean not null default false,
  digest_key_id text default substr(replace(gen_random_uuid()::text, '-', ''), 1, 8),
  -- Two version 4 UUIDs carry 244 random bits; pgcrypto is not everywhere.
  digest_salt bytea default decode(
    replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
  span_days integer check (span_days between 1 and 3650),
  content_days integer check (content_days between 1 and 3650),
  spans_per_minute bigint check (spans_per_minute > 0),
  bytes_per_minute bigint check (bytes_per_minute > 0),
  content_capture text not null default 'follow' check (content_capture in ('follow', 'off', 'on')),
  call_instrumentations text[] not null default '{}' check (cardinality(call_instrumentations) <= 2),
  demo_day date,
  demo_runs integer not null default 0,
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  roll_up_days integer check (roll_up_days between 1 and 3650),
  tag_dimensions text[] not null default '{}'
    check (cardinality(tag_dimensions) <= 8 and pg_column_size(tag_dimensions) <= 3000),
  text_configs text[] not null default '{simple}'
    check (cardinality(text_configs) between 1 and 4 and pg_column_size(text_configs) <= 600),
  constraint tenants_deleted_has_no_salt check (deleted_at is null or digest_salt is null),
  constraint tenants_content_goes_first check (content_days <= span_days),
  -- Spans whose roll-ups are gone would be missing in sums.
  constraint tenants_roll_ups_go_last check (
    roll_up_days is null or span_days is not null and roll_up_days >= span_days)
);

alter table public.tenants enable row level security;
alter table public.tenants force row level security;
create policy tenants_read on public.tenants for select to authenticated, llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.tenants from anon, authenticated;
grant select (
  tenant_id, generated, span_days, content_days, spans_per_minute, bytes_per_minute,
  content_capture, created_at, deleted_at, roll_up_days, tag_dimensions, text_configs
) on public.tenants to authenticated, llm_admin;
grant select, insert, update, delete on public.tenants to service_role;

comment on table public.tenants is
  'One row per tenant, made at its first write. It outlives the tenant, empty, so that no late write brings it back.';
comment on column public.tenants.deleted_at is
  'When the tenant was deleted. Nobody writes to it any more, until the project''s operator lifts that (restore_tenant).';
comment on column public.tenants.demo_runs is
  'Runs of the demo on demo_day, a day of UTC.';
comment on column public.tenants.generated is
  'True where the data is generated sample traffic and not real calls.';
comment on column public.tenants.digest_key_id is
  'Names the key behind the tenant''s digests (h1:<kid>:…).';
comment on column public.tenants.digest_salt is
  'With the master secret it yields the digest key. Set to null, all digests become meaningless.';
comment on column public.tenants.span_days is
  'Days that a span is kept, its content with it: after its start, or after it came where it claims to start later; null: until it is deleted.';
comment on column public.tenants.spans_per_minute is
  'Spans that ingest_spans takes a minute, set by the operator; null: as many as come.';
comment on column public.tenants.bytes_per_minute is
  'Bytes of request bodies, as jsonb, that ingest_spans takes a minute, set by the operator; null: as many as come.';
comment on column public.tenants.content_capture is
  'Whether content is stored: follow, where the process that sends it captures any; off, never; on, from ingest tokens, too, which pass by no process of ours.';
comment on column public.tenants.call_instrumentations is
  'The first two instrumentations of its countable spans: as long as there is one, no span repeats what another instrumentation told.';
comment on column public.tenants.tag_dimensions is
  'Keys of tags (spans.tags) by which sums are made, at most eight.';
comment on column public.tenants.text_configs is
  'The text search configurations that its contents'' words are read by: the first what is stored from now on, the others what was stored before (set_text_config).';
comment on column public.tenants.content_days is
  'Days that content is kept, where that is shorter; null: as long as its span.';
comment on column public.tenants.roll_up_days is
  'Days that roll-ups are kept, which outlive the spans that they sum up; null: until the tenant is deleted.';

-- Who writes shares its tenant, who takes data away holds it alone. Without this a span that is
-- being written while its trace is deleted would stay behind without a trace.

create function app.tenant_lock(tenant text) returns bigint
language sql immutable
return hashtextextended(tenant, 7811875);
comment on function app.tenant_lock(text) is
  'The advisory lock of a tenant. Two tenants with the same number only wait for each other.';

create function app.require_tenant() returns text
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.tenant_id();
begin
  if app.is_tenant_id(tenant) is not true then
    raise insufficient_privilege using
      message = 'This token names no tenant.',
      hint = 'Mint it with a tenant_id claim.';
  end if;
  return tenant;
end
$$;
comment on function app.require_tenant() is 'The tenant of the caller''s token; refuses a token without one.';

create function app.refuse_deleted(tenant text) returns void
language plpgsql stable set search_path = ''
as $$
begin
  raise sqlstate 'PT410' using
    message = format('The tenant %s was deleted, and stays so.', tenant),
    hint = format('The project''s operator lifts that: make access ARGS="restore-tenant --tenant %s".', tenant);
end
$$;
comment on function app.refuse_deleted(text) is 'Raises PT410: whoever wants to write is too late.';

create function app.share_tenant() returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  -- As an expression, which takes a fraction of what a statement does.
  held boolean := pg_advisory_xact_lock_shared(app.tenant_lock(tenant)) is not null;
begin
  return tenant;
end
$$;
comment on function app.share_tenant() is
  'The caller''s tenant, to write to it: other writers go on, a deletion waits for this transaction.';

create function app.hold_tenant() returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
begin
  perform pg_advisory_xact_lock(app.tenant_lock(tenant));
  return tenant;
end
$$;
comment on function app.hold_tenant() is
  'The caller''s tenant, to delete from it: every writer waits for this transaction.';

create function app.find_tenant(tenant text) returns public.tenants
language plpgsql set search_path = ''
as $$
declare
  known public.tenants;
begin
  select * into known from public.tenants where tenant_id = tenant;
  if not found then
    insert into public.tenants (tenant_id) values (tenant) on conflict do nothing;
    select * into known from public.tenants where tenant_id = tenant;
  end if;
  if known.deleted_at is not null then
    perform app.refuse_deleted(tenant);
  end if;
  return known;
end
$$;
comment on function app.find_tenant(text) is
  'A tenant''s row, made at its first write; refuses a deleted one.';

create function app.digest_source(tenant public.tenants) returns jsonb
language sql stable
return case when tenant.digest_salt is not null and tenant.digest_key_id is not null then
  jsonb_build_object('kid', tenant.digest_key_id, 'salt', encode(tenant.digest_salt, 'base64')) end;
comment on function app.digest_source(public.tenants) is
  'What a tenant''s digest key derives from; null where its salt was destroyed.';

create function app.ensure_tenant(tenant text) returns jsonb
language plpgsql set search_path = ''
as $$
begin
  return app.digest_source(app.find_tenant(tenant));
end
$$;
comment on function app.ensure_tenant(text) is
  'Makes a tenant''s row at its first write, and refuses a deleted one; answers what its digest key derives from.';

revoke execute on all functions in schema app from public;
