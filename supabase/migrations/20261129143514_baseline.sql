-- The schema as it was first released: supabase/schemas of that day, file after file.

-- supabase/schemas/10_roles.sql

-- The private schema, the roles and the tenant rule everything else leans on.

create schema if not exists app;
comment on schema app is 'llm-observe: helpers that no API exposes.';

do $$
declare
  wanted text;
begin
  foreach wanted in array array['llm_ingest', 'llm_admin', 'llm_gate', 'llm_operator'] loop
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
alter role llm_gate set statement_timeout = '2s';
alter role llm_operator set statement_timeout = '15s';

grant usage on schema app
  to anon, authenticated, service_role, llm_ingest, llm_admin, llm_gate, llm_operator;
grant usage on schema public to llm_ingest, llm_admin, llm_gate, llm_operator;

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
language sql stable parallel safe set search_path = ''
as $$
  select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'key_id', '')
$$;
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

-- supabase/schemas/11_arguments.sql

-- Reading the JSON argument of a function: what is wrong is said in a sentence, under SQLSTATE 22023.

create function app.argument(arguments jsonb, name text, pattern text, meaning text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  if (jsonb_typeof(arguments -> name) = 'string' and arguments ->> name ~ pattern) is not true then
    raise invalid_parameter_value using
      message = format('%s is not %s.', name, meaning),
      hint = format('Send {"%s": "…"} with %s.', name, meaning);
  end if;
  return arguments ->> name;
end
$$;
comment on function app.argument(jsonb, text, text, text) is
  'A text of a JSON argument that has to match a pattern; refused in words otherwise.';

create function app.key_id_argument(arguments jsonb, name text) returns text
language sql immutable set search_path = ''
as $$ select app.argument(arguments, name, '^[0-9a-z]{8}$', 'a key id: 8 characters of 0-9 and a-z') $$;
comment on function app.key_id_argument(jsonb, text) is 'A key''s public id.';

create function app.user_id_argument(arguments jsonb) returns uuid
language sql immutable set search_path = ''
as $$
  select app.argument(
    arguments, 'user_id', '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$', 'a user''s UUID')::uuid
$$;
comment on function app.user_id_argument(jsonb) is 'The id of a Supabase user.';

create function app.expiry_argument(arguments jsonb) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  expires_at timestamptz;
begin
  if coalesce(arguments -> 'expires_at', 'null') = 'null' then
    return null;
  end if;
  expires_at := app.argument(
    arguments, 'expires_at',
    '^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$',
    'a time with its zone, such as 2027-01-31T12:00:00Z');
  if expires_at <= now() then
    raise invalid_parameter_value using
      message = 'expires_at has passed already.', hint = 'Give a time in the future.';
  end if;
  return expires_at;
end
$$;
comment on function app.expiry_argument(jsonb) is
  'When something expires: in the future, or null for never.';

create function app.integer_argument(arguments jsonb, name text, least_value integer, greatest_value integer)
returns integer
language plpgsql immutable set search_path = ''
as $$
begin
  if coalesce(arguments -> name, 'null') = 'null' then
    return null;
  end if;
  if jsonb_typeof(arguments -> name) <> 'number'
     or (arguments ->> name)::numeric not between least_value and greatest_value
     or (arguments ->> name)::numeric % 1 <> 0 then
    raise invalid_parameter_value using
      message = format('%s is not a whole number from %s to %s.', name, least_value, greatest_value),
      hint = 'Send it as a number.';
  end if;
  return (arguments ->> name)::numeric::integer;
end
$$;
comment on function app.integer_argument(jsonb, text, integer, integer) is
  'A whole number within bounds, or null where none is given.';

create function app.distinct_sorted(items text[]) returns text[]
language sql immutable set search_path = ''
as $$
  select coalesce(array_agg(distinct item order by item), '{}')
  from unnest(items) item where item is not null
$$;
comment on function app.distinct_sorted(text[]) is 'The array without repeats and nulls, in order.';

revoke execute on all functions in schema app from public;
-- Functions that run with their caller's rights read their arguments, too.
grant execute on function
  app.argument(jsonb, text, text, text), app.integer_argument(jsonb, text, integer, integer)
  to authenticated, service_role;

-- supabase/schemas/20_tenants.sql

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
  constraint tenants_deleted_has_no_salt check (deleted_at is null or digest_salt is null),
  constraint tenants_content_goes_first check (content_days <= span_days)
);

alter table public.tenants enable row level security;
alter table public.tenants force row level security;
create policy tenants_read on public.tenants for select to authenticated, llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.tenants from anon, authenticated;
grant select (
  tenant_id, generated, span_days, content_days, spans_per_minute, bytes_per_minute,
  content_capture, created_at, deleted_at
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
comment on column public.tenants.content_days is
  'Days that content is kept, where that is shorter; null: as long as its span.';

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
begin
  if app.is_tenant_id(app.tenant_id()) is not true then
    raise insufficient_privilege using
      message = 'This token names no tenant.',
      hint = 'Mint it with a tenant_id claim.';
  end if;
  return app.tenant_id();
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
begin
  perform pg_advisory_xact_lock_shared(app.tenant_lock(tenant));
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

create function app.ensure_tenant(tenant text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  known public.tenants;
begin
  if not exists (select from public.tenants where tenant_id = tenant) then
    insert into public.tenants (tenant_id) values (tenant) on conflict do nothing;
  end if;
  select * into known from public.tenants where tenant_id = tenant;
  if known.deleted_at is not null then
    perform app.refuse_deleted(tenant);
  end if;
  if known.digest_salt is null or known.digest_key_id is null then
    return null;
  end if;
  return jsonb_build_object('kid', known.digest_key_id, 'salt', encode(known.digest_salt, 'base64'));
end
$$;
comment on function app.ensure_tenant(text) is
  'Makes a tenant''s row at its first write, and refuses a deleted one; answers what its digest key derives from.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/21_model_prices.sql

-- What a token costs, by model and by date.

create table public.model_prices (
  price_id text primary key check (length(price_id) <= 512),
  provider text not null check (length(provider) <= 128),
  model text not null check (length(model) <= 256),
  service_tier text not null default 'standard' check (length(service_tier) <= 128),
  min_input_tokens bigint not null default 0 check (min_input_tokens >= 0),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  input_per_mtok numeric check (input_per_mtok >= 0 and input_per_mtok < 'infinity'),
  cache_read_per_mtok numeric check (cache_read_per_mtok >= 0 and cache_read_per_mtok < 'infinity'),
  cache_write_per_mtok numeric check (cache_write_per_mtok >= 0 and cache_write_per_mtok < 'infinity'),
  cache_write_1h_per_mtok numeric
    check (cache_write_1h_per_mtok >= 0 and cache_write_1h_per_mtok < 'infinity'),
  output_per_mtok numeric check (output_per_mtok >= 0 and output_per_mtok < 'infinity'),
  reasoning_per_mtok numeric check (reasoning_per_mtok >= 0 and reasoning_per_mtok < 'infinity'),
  input_audio_per_mtok numeric check (input_audio_per_mtok >= 0 and input_audio_per_mtok < 'infinity'),
  cache_audio_read_per_mtok numeric
    check (cache_audio_read_per_mtok >= 0 and cache_audio_read_per_mtok < 'infinity'),
  output_audio_per_mtok numeric check (output_audio_per_mtok >= 0 and output_audio_per_mtok < 'infinity'),
  source text not null,
  source_version text not null,
  unique (provider, model, service_tier, min_input_tokens, valid_from)
);

alter table public.model_prices enable row level security;
alter table public.model_prices force row level security;
create policy model_prices_read on public.model_prices for select to authenticated, llm_admin
  using (true);

revoke all on public.model_prices from anon, authenticated;
grant select on public.model_prices to authenticated, llm_admin;
grant select, insert, update, delete on public.model_prices to service_role;

comment on table public.model_prices is
  'List prices in US dollars per million tokens. Reference data, the same for all tenants.';
comment on column public.model_prices.price_id is
  'provider/model/service_tier/min_input_tokens/valid_from: what spans.price_id names. A price that changed without a date of its own continues as the same id with @ and the moment.';
comment on column public.model_prices.min_input_tokens is
  'The row holds for calls with at least this many input tokens (long-context tiers).';
comment on column public.model_prices.valid_from is
  'A span is priced by its own start: valid_from <= start_time < valid_to.';
comment on column public.model_prices.cache_read_per_mtok is
  'Null: as input_per_mtok. See app.span_cost for every fallback.';
comment on column public.model_prices.source is
  'Where the price comes from; rows of the shipped document say genai-prices.';
comment on column public.model_prices.source_version is
  'The version of the source that brought these amounts.';

create function app.read_prices(document jsonb) returns setof public.model_prices
language plpgsql stable set search_path = ''
as $$
begin
  return query
    select filled.* from jsonb_each(document -> 'providers') as provider
    cross join jsonb_array_elements(provider.value -> 'models') as model
    cross join jsonb_array_elements(model.value -> 2) as price
    cross join lateral (
      select jsonb_object_agg(name, price.value -> (place - 1)::integer)
      from jsonb_array_elements_text(document -> 'row') with ordinality as r(name, place)
    ) as named(cells)
    cross join lateral jsonb_populate_record(null::public.model_prices, cells || jsonb_build_object(
      'price_id', concat_ws('/', provider.key, model.value ->> 0, cells ->> 'service_tier',
        cells ->> 'min_input_tokens', coalesce(cells ->> 'valid_from', '-')),
      'provider', provider.key,
      'model', model.value ->> 0,
      -- The library compares days of UTC, whatever the time zone of this session.
      'valid_from', coalesce(cells ->> 'valid_from', '1970-01-01') || 'T00:00Z',
      'valid_to', cells ->> 'valid_to' || 'T00:00Z',
      'source', document ->> 'source',
      'source_version', document ->> 'source_version')) as filled;
end
$$;
comment on function app.read_prices(jsonb) is
  'The rows of a price document, as src/llm_observe/cost/prices.json is one.';

create function app.compare_prices(document jsonb) returns table (
  stored public.model_prices, wanted public.model_prices, changed boolean, moment timestamptz)
language plpgsql stable set search_path = ''
as $$
begin
  return query
    with latest as (
      select distinct on (name) p as stored, name
      from public.model_prices p, regexp_replace(p.price_id, '@[^/]*$', '') as name
      where p.source = document ->> 'source'
      order by name, p.valid_from desc
    )
    select l.stored, w,
      -- A period that is over keeps its amounts.
      to_jsonb(l.stored) - keys <> to_jsonb(w) - keys and (w.valid_to <= m) is not true, m
    from latest l full join app.read_prices(document) w on w.price_id = l.name
    -- A row ends after it begins, also one that begins later than now.
    cross join lateral greatest(now(), (l.stored).valid_from + interval '1 microsecond') as m
    cross join (values (array['price_id', 'valid_from', 'valid_to', 'source_version'])) as k(keys);
end
$$;
comment on function app.compare_prices(jsonb) is
  'Each price of a document beside the row that now stands for it; changed: in its amounts.';

create function public.set_model_prices(jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  answer jsonb;
  has_prices boolean;
begin
  -- One at a time; readers go on.
  lock table public.model_prices in share row exclusive mode;
  with compared as materialized (
    select * from app.compare_prices($1)
  ), ended as (
    update public.model_prices p set valid_to = c.ends
    from (
      select (stored).price_id, case
        when (wanted).price_id is null or changed then least((stored).valid_to, moment)
        when (wanted).valid_to is not null then
          greatest((wanted).valid_to, (stored).valid_from + interval '1 microsecond')
        end as ends
      from compared
    ) c
    where p.price_id = c.price_id and p.valid_to is distinct from c.ends
    returning p.price_id, p.valid_to
  ), added as (
    insert into public.model_prices
    select a.* from compared
    cross join lateral jsonb_populate_record(wanted, case when changed then jsonb_build_object(
      'price_id', (wanted).price_id
        || to_char(moment at time zone 'UTC', '"@"YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'valid_from', moment) else '{}' end) a
    where (wanted).price_id is not null and ((stored).price_id is null or changed)
    -- A row of another source that begins there stays.
    on conflict (provider, model, service_tier, min_input_tokens, valid_from) do nothing
    returning price_id
  )
  select jsonb_build_object(
    'added', (select count(*) from added),
    'closed', (select count(valid_to) from ended),
    'reopened', (select count(*) from ended where valid_to is null),
    'unchanged', (
      select count(*) from compared
      where (wanted).price_id is not null and (stored).price_id is not null and not changed
        and (stored).price_id not in (select price_id from ended))),
    exists (select from compared where (wanted).price_id is not null)
  into answer, has_prices;
  if not has_prices then
    raise invalid_parameter_value using
      message = 'The document has no prices.',
      hint = 'Send src/llm_observe/cost/prices.json as it is.';
  end if;
  return answer;
end
$$;
comment on function public.set_model_prices(jsonb) is
  'Takes a document of prices, as src/llm_observe/cost/prices.json is one, and answers how many rows it added, closed, reopened and left unchanged. It never deletes a row and never changes an amount: what the document lacks ends now, and an amount that changed begins now, as a row of its own. Rows of another source stay as they are.';

revoke execute on function app.read_prices(jsonb), app.compare_prices(jsonb) from public;
revoke execute on function public.set_model_prices(jsonb) from public, anon, authenticated;
grant execute on function app.read_prices(jsonb), app.compare_prices(jsonb),
  public.set_model_prices(jsonb) to service_role;

-- supabase/schemas/22_audit_events.sql

-- Who changed keys, memberships and settings, and what was deleted. Written here and nowhere else.

create table public.audit_events (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  event_id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  actor text not null,
  action text not null,
  target text not null,
  details jsonb not null default '{}',
  primary key (tenant_id, event_id)
);

create index audit_events_newest on public.audit_events (tenant_id, created_at, event_id);

alter table public.audit_events enable row level security;
alter table public.audit_events force row level security;
create policy audit_events_read on public.audit_events for select to llm_admin
  using (tenant_id = (select app.tenant_id()));

-- Nobody but the owner may write, change, delete or truncate: rows come from functions and
-- triggers that run as the owner.
revoke all on public.audit_events from anon, authenticated, service_role;
grant select on public.audit_events to llm_admin, service_role;

comment on table public.audit_events is
  'What was done to a tenant''s keys, memberships, settings and data. Append-only; it outlives the tenant.';
comment on column public.audit_events.actor is
  'The credential (a key''s id, user:<uuid>, dev), else the database role.';
comment on column public.audit_events.action is
  'Subject and verb: api_key.created, membership.changed, trace.forgotten.';
comment on column public.audit_events.target is
  'What it was done to: a key''s id, a user, a trace. A forgotten user stands as a digest.';
comment on column public.audit_events.details is
  'Counts, names, scopes, roles and days. Never content, never a secret.';

create function app.actor() returns text
language sql stable set search_path = ''
as $$
  -- current_user is the owner inside a function that runs as its definer; the setting is not.
  select coalesce(app.caller(), nullif(current_setting('role'), 'none'), session_user::text)
$$;
comment on function app.actor() is
  'Who acts: the credential of the token, else the role that was set, else the role that logged in.';

create function app.record_event(tenant text, action text, target text, details jsonb) returns jsonb
language sql set search_path = ''
as $$
  insert into public.audit_events (tenant_id, actor, action, target, details)
  values (tenant, app.actor(), action, target, details)
  returning audit_events.details || jsonb_build_object(
    'receipt_id', event_id, 'action', audit_events.action, 'target', audit_events.target,
    'at', created_at, 'by', actor)
$$;
comment on function app.record_event(text, text, text, jsonb) is
  'Writes an audit event and answers it as a receipt.';

create function app.changed_values(old_row jsonb, new_row jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, case
    when key in ('digest', 'digest_salt') then to_jsonb('replaced'::text)
    else jsonb_build_object('from', old_row -> key, 'to', value) end), '{}')
  from jsonb_each(new_row)
  where key <> 'last_used_at' and value is distinct from old_row -> key
$$;
comment on function app.changed_values(jsonb, jsonb) is
  'The columns that differ, as {"column": {"from", "to"}}; of secrets only that they were replaced.';

-- Arguments of the trigger: the subject (or {column} that names it), and the target's column.
create function app.audit_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  old_row jsonb := to_jsonb(old);
  new_row jsonb := to_jsonb(new);
  known jsonb := coalesce(new_row, old_row);
  subject text := coalesce(known ->> trim('{}' from tg_argv[0]), tg_argv[0]);
  target text := known ->> tg_argv[1];
  changes jsonb;
begin
  if tg_op = 'UPDATE' then
    changes := app.changed_values(old_row, new_row);
    if changes = '{}' then
      return null;
    end if;
    perform app.record_event(known ->> 'tenant_id', subject || case
      when changes ? 'deleted_at' and new_row ->> 'deleted_at' is null then '.restored'
      when changes ? 'replaced_by' then '.rotated'
      when changes ? 'revoked_at' then '.revoked'
      when changes ? 'digest_salt' then '.digests_shredded'
      else '.changed' end, target, changes);
  else
    perform app.record_event(known ->> 'tenant_id', subject || case tg_op
      when 'INSERT' then '.created' else '.deleted' end, target,
      jsonb_strip_nulls(known - array['tenant_id', 'digest', 'last_used_at', tg_argv[1]]));
  end if;
  return null;
end
$$;
comment on function app.audit_change() is
  'Records a change of a row, made by whomever in whatever way.';

create trigger audit_change
  after update of
    span_days, content_days, spans_per_minute, bytes_per_minute, content_capture, digest_key_id,
    digest_salt, deleted_at
  on public.tenants
  for each row execute function app.audit_change('tenant', 'tenant_id');

revoke execute on all functions in schema app from public;

-- supabase/schemas/23_attribute_mappings.sql

-- Which attribute says what, where no dialect knows: each tenant's own rules.

create function app.mapping_fields() returns text[]
language sql immutable parallel safe set search_path = ''
as $$
  select array[
    'operation', 'provider', 'request_model', 'response_model', 'response_id', 'service_tier',
    'agent_name', 'tool_name', 'session_id', 'user_id', 'environment', 'error_type', 'streamed',
    'finish_reasons', 'time_to_first_token_ms', 'input_tokens', 'output_tokens',
    'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens', 'input', 'output']
$$;
comment on function app.mapping_fields() is
  'What a rule can fill, as the library''s dialects/mapping.py has it; a test compares the two.';
grant execute on function app.mapping_fields() to service_role;

create table public.attribute_mappings (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  attribute text not null check (length(attribute) between 1 and 256),
  field text not null check (field = any (app.mapping_fields())),
  value text check (length(value) between 1 and 256),
  created_at timestamptz not null default now(),
  primary key (tenant_id, attribute, field)
);

alter table public.attribute_mappings enable row level security;
alter table public.attribute_mappings force row level security;
create policy attribute_mappings_read on public.attribute_mappings
  for select to authenticated, llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.attribute_mappings from anon, authenticated;
grant select on public.attribute_mappings to authenticated, llm_admin;
grant select, insert, update, delete on public.attribute_mappings to service_role;

comment on table public.attribute_mappings is
  'A tenant''s rules from attributes of spans that come by OTLP to columns of spans. They hold for what comes from the next minute on.';
comment on column public.attribute_mappings.attribute is
  'The whole key of an attribute of the span, or resource. and the key of one of its resource.';
comment on column public.attribute_mappings.field is
  'The column of spans that is filled; input and output are content. Of several attributes for one the first by alphabet that can be read counts.';
comment on column public.attribute_mappings.value is
  'What the column holds where the span has the attribute; null: what the attribute holds.';

create trigger audit_change
  after insert or update or delete on public.attribute_mappings
  for each row execute function app.audit_change('attribute_mapping', 'attribute');

create function app.list_mappings(tenant text) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object('attribute', attribute, 'field', field, 'value', value)
    order by attribute collate "C", field collate "C"), '[]')
  from public.attribute_mappings where tenant_id = tenant
$$;
comment on function app.list_mappings(text) is 'A tenant''s rules, as ingest_spans answers them.';

create function app.find_mapping_problem(rules jsonb, place bigint) returns text
language sql immutable set search_path = ''
as $$
  select case
    when jsonb_typeof(rule -> 'attribute') is distinct from 'string'
      or length(rule ->> 'attribute') not between 1 and 256
      then 'has no attribute of 1 to 256 characters'
    when jsonb_typeof(rule -> 'field') is distinct from 'string'
      or rule ->> 'field' <> all (app.mapping_fields())
      then 'has no field that a rule can fill'
    when jsonb_typeof(rule -> 'value') not in ('string', 'null')
      or length(rule ->> 'value') not between 1 and 256
      then 'has a value that is not text of 1 to 256 characters'
    when exists (
      select from jsonb_array_elements(rules) with ordinality earlier (one, at)
      where at < place and one ->> 'attribute' = rule ->> 'attribute' and one ->> 'field' = rule ->> 'field')
      then 'fills the same field from the same attribute as an earlier one'
  end
  from (select rules -> (place - 1)::integer as rule) named
$$;
comment on function app.find_mapping_problem(jsonb, bigint) is
  'What is wrong with one rule of a list, counted from 1, or null.';

create function app.mappings_argument(arguments jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  rules jsonb := arguments -> 'mappings';
  example text := 'Send {"mappings": [{"attribute": "my.model", "field": "request_model"}]}.';
  bad bigint;
begin
  if jsonb_typeof(rules) is distinct from 'array' then
    raise invalid_parameter_value using message = 'mappings is not a list of rules.', hint = example;
  end if;
  if jsonb_array_length(rules) > 200 then
    raise invalid_parameter_value using
      message = 'mappings has more than 200 rules.', hint = 'Leave out those that no span needs.';
  end if;
  select min(place) into bad from generate_series(1, jsonb_array_length(rules)) place
  where app.find_mapping_problem(rules, place) is not null;
  if bad is not null then
    raise invalid_parameter_value using
      message = format('Rule %s %s.', bad, app.find_mapping_problem(rules, bad)),
      hint = format('%s Fields: %s.', example, array_to_string(app.mapping_fields(), ', '));
  end if;
  return rules;
end
$$;
comment on function app.mappings_argument(jsonb) is
  'At most 200 rules; the first that is malformed is refused in words.';

-- It holds the tenant, so that of two lists that are set at once one stands, and not a mixture.
create function public.set_attribute_mappings(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  rules jsonb := app.mappings_argument($1);
  tenant text := app.hold_tenant('admin');
begin
  perform app.ensure_tenant(tenant);
  -- Rules that stay are not touched: each change is an event of the audit.
  delete from public.attribute_mappings known where tenant_id = tenant and not exists (
    select from jsonb_to_recordset(rules) as wanted (attribute text, field text, value text)
    where (wanted.attribute, wanted.field) = (known.attribute, known.field)
      and wanted.value is not distinct from known.value);
  insert into public.attribute_mappings (tenant_id, attribute, field, value)
  select tenant, attribute, field, value
  from jsonb_to_recordset(rules) as wanted (attribute text, field text, value text)
  on conflict (tenant_id, attribute, field) do nothing;
  return jsonb_build_object('mappings', app.list_mappings(tenant));
end
$$;
comment on function public.set_attribute_mappings(jsonb) is
  'Makes {"mappings": [{"attribute", "field", "value"}]} the caller''s tenant''s only rules; answers them.';

revoke execute on all functions in schema app from public;
revoke execute on function public.set_attribute_mappings(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.set_attribute_mappings(jsonb) to llm_admin;

-- supabase/schemas/24_content_capture.sql

-- What comes past the door, and whose content is stored: as the process that sends it decides,
-- unless its tenant forbids it.

-- An ingest token passes by every process of ours: what it brings, nobody of ours has looked at.
create function app.is_past_the_door(tenant text) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return coalesce(app.caller() ~ '^[0-9a-z]{8}$', false) and not exists (
    select from public.api_keys
    where tenant_id = tenant and key_id = app.caller() and kind = 'api_key');
end
$$;
comment on function app.is_past_the_door(text) is
  'Whether the caller has an ingest token: a key''s id that is no API key''s of the tenant.';

create function app.require_doubles(payload jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  -- A number of 5,000 digits is short in jsonb, and more than the parsers of its readers take.
  if jsonb_path_exists(
    payload, 'strict $.** ? (@.type() == "number" && (@ > 1.8e308 || @ < -1.8e308))', silent => true)
  then
    raise invalid_parameter_value using
      message = 'A span is malformed: a number in it is more than a double holds.',
      hint = 'No span of this batch was stored. Correct or leave out that one and send the rest.';
  end if;
end
$$;
comment on function app.require_doubles(jsonb) is
  'Refuses spans with a number, in whatever depth, that no double holds.';

create function app.is_short(attribute text, value jsonb) returns boolean
language sql immutable set search_path = ''
as $$
  select length(attribute) <= 256 and case jsonb_typeof(value)
    when 'string' then length(value #>> '{}') <= 256
    when 'array' then jsonb_array_length(value) <= 128 and not exists (
      select from jsonb_array_elements(value) item
      where jsonb_typeof(item) in ('array', 'object') or length(item #>> '{}') > 256)
    when 'object' then false
    else true
  end
$$;
comment on function app.is_short(text, jsonb) is
  'Whether an attribute is a number, a flag, a text of 256 characters or a list of these: not prose, as far as SQL can tell.';

create function app.without_content(span jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  attributes jsonb := case when jsonb_typeof(span -> 'attributes') = 'object'
    then span -> 'attributes' else '{}' end;
  kept jsonb;
  repairs jsonb;
begin
  select coalesce(jsonb_object_agg(key, value), '{}') into kept
    from jsonb_each(attributes) where app.is_short(key, value);
  if kept = attributes
     and jsonb_strip_nulls(jsonb_build_array(
       span -> 'input', span -> 'output', span -> 'status_message')) = '[null, null, null]' then
    return span;
  end if;
  repairs := case when jsonb_typeof(kept -> 'llm_observe.repairs') = 'array'
    then kept -> 'llm_observe.repairs' else '[]' end;
  if not repairs ? 'content_dropped' then
    repairs := repairs || '["content_dropped"]';
  end if;
  return (span - array['input', 'output', 'status_message'])
    || jsonb_build_object('attributes', kept || jsonb_build_object('llm_observe.repairs', repairs));
end
$$;
comment on function app.without_content(jsonb) is
  'A span as it was sent, without prompt, answer, message and attributes that may be prose; llm_observe.repairs tells if there was any.';

create function app.withhold_content(payload jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(
      case when jsonb_typeof(span) = 'object' then app.without_content(span) else span end
      order by place), '[]')
    from jsonb_array_elements(payload) with ordinality s (span, place));
end
$$;
comment on function app.withhold_content(jsonb) is 'The spans of a payload without content.';

create function public.set_content_capture(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  mode text := app.argument($1, 'content_capture', '^(follow|off|on)$', 'follow, off or on');
begin
  -- On lets in what no process of the project has looked at.
  if mode = 'on' then
    perform app.require_right(tenant, 'operator');
  end if;
  perform app.ensure_tenant(tenant);
  update public.tenants set content_capture = mode where tenant_id = tenant;
  return jsonb_build_object('content_capture', mode);
end
$$;
comment on function public.set_content_capture(jsonb) is
  'Sets {"content_capture"} of the caller''s tenant: follow, off, or on, which is for the project''s operator. It holds for what comes from then on.';

revoke execute on all functions in schema app from public;
revoke execute on function public.set_content_capture(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.set_content_capture(jsonb) to llm_admin;

-- supabase/schemas/25_demo_runs.sql

-- The demo calls a model that somebody pays for: so many runs a tenant and day.

create function public.start_demo_run(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  most integer := app.integer_argument($1, 'most_a_day', 0, 100000);
  today date := (now() at time zone 'UTC')::date;
  seconds integer;
  runs integer;
begin
  perform app.ensure_tenant(tenant);
  update public.tenants
  set demo_day = today, demo_runs = case when demo_day = today then demo_runs + 1 else 1 end
  where tenant_id = tenant
  returning demo_runs into runs;
  if runs > coalesce(most, 0) then
    seconds := ceil(extract(epoch from (today + 1)::timestamp - now() at time zone 'UTC'));
    raise sqlstate 'PT429' using
      message = format('This tenant has run the demo %s times today, which is the most.', runs - 1),
      detail = seconds::text,
      hint = format('Come again in %s s, when the day is over in UTC, or have the operator raise DemoRunsPerDay.', seconds);
  end if;
  return jsonb_build_object('runs', runs, 'most_a_day', most);
end
$$;
comment on function public.start_demo_run(jsonb) is
  'Counts a run of the demo before it spends anything, for a caller who may still administer; refuses the one after {"most_a_day"} (PT429).';

revoke execute on function public.start_demo_run(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.start_demo_run(jsonb) to llm_admin;

-- supabase/schemas/30_spans.sql

-- One row per span, and its content apart.

-- JSON parsers of others give up on what is 1,000 levels deep, and one such span would break each
-- answer that it is in.
create function app.is_readable(content jsonb) returns boolean
language sql immutable parallel safe
return pg_column_size(content) <= 1048576
  -- Each level takes eight bytes at least: what is small is not looked through.
  and case when pg_column_size(content) <= 512 then true
    else not jsonb_path_exists(content, 'strict $.**{65}', silent => true) end;
comment on function app.is_readable(jsonb) is 'Whether a value has 1 MiB and 64 levels at most.';

create function app.has_short_names(names text[]) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return coalesce((select max(length(name)) from unnest(names) name), 0) <= 256;
end
$$;
comment on function app.has_short_names(text[]) is
  'Whether no name of a list has more than 256 characters.';

create function app.is_name_list(names text[]) returns boolean
language sql immutable parallel safe
return coalesce(array_ndims(names), 1) = 1 and cardinality(names) <= 128
  and array_position(names, null) is null
  -- A short list has no long name; others are looked through.
  and case when pg_column_size(names) <= 280 then true else app.has_short_names(names) end;
comment on function app.is_name_list(text[]) is
  'Whether an array is a plain list of at most 128 names, of at most 256 characters each.';

create function app.are_tags(tags jsonb) returns boolean
language sql immutable parallel safe
return jsonb_typeof(tags) = 'object' and pg_column_size(tags) <= 65536
  and not jsonb_path_exists(
    tags, 'strict $.keyvalue() ? (@.value.type() != "string" || @.key like_regex "^.{65}" flag "s"
      || @.value like_regex "^.{128}.{129}" flag "s")', silent => true);
comment on function app.are_tags(jsonb) is
  'Whether a value is an object of texts: keys of at most 64 characters, values of at most 256.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.has_short_names(text[]), app.is_name_list(text[]), app.is_readable(jsonb),
  app.are_tags(jsonb) to service_role;

-- The one list of what is known of a span. A column that a sender fills has its merge rule in
-- app.merge_two, and its field in the library's SpanRecord; app.read_spans fills the others.
create table public.spans (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  -- A pattern that counts, such as [0-9a-f]{32}, takes five times as long.
  trace_id text not null check (octet_length(trace_id) = 32 and trace_id ~ '^[0-9a-f]*$'),
  span_id text not null check (octet_length(span_id) = 16 and span_id ~ '^[0-9a-f]*$'),
  parent_span_id text check (octet_length(parent_span_id) = 16 and parent_span_id ~ '^[0-9a-f]*$'),
  start_time timestamptz not null,
  end_time timestamptz not null,
  -- Fixed bounds, 1970 to 2100, as in the library: the start is part of the key.
  start_ns bigint not null check (start_ns >= 0),
  end_ns bigint not null check (end_ns < 4102444800000000000),
  duration_ms double precision not null
    check (duration_ms = (end_ns - start_ns)::double precision / 1000000),
  -- Names have 256 characters at most, as the library cuts them, and ids of people and groups, too:
  -- longer ones come as their hash. No index takes a text of 2,700. A check is prepared for each
  -- statement: of plain operators in a third of the time that a function of ours takes.
  name text not null check (length(name) <= 256),
  kind text not null check (kind in ('internal', 'server', 'client', 'producer', 'consumer')),
  status text not null check (status in ('unset', 'ok', 'error')),
  status_message text check (length(status_message) <= 8192),
  error_type text check (length(error_type) <= 256),
  operation text check (length(operation) <= 256),
  provider text check (length(provider) <= 256),
  model text check (length(model) <= 256),
  request_model text check (length(request_model) <= 256),
  response_model text check (length(response_model) <= 256),
  canonical_model text check (length(canonical_model) <= 256),
  response_id text check (length(response_id) <= 256),
  service_tier text check (length(service_tier) <= 256),
  agent_name text check (length(agent_name) <= 256),
  tool_name text check (length(tool_name) <= 256),
  instrumentation text check (length(instrumentation) <= 256),
  service_name text check (length(service_name) <= 256),
  environment text check (length(environment) <= 256),
  release text check (length(release) <= 256),
  session_id text check (length(session_id) <= 256),
  user_id text check (length(user_id) <= 256),
  customer_id text check (length(customer_id) <= 256),
  api_key_id text check (octet_length(api_key_id) = 8 and api_key_id ~ '^[0-9a-z]*$'),
  prompt_name text check (length(prompt_name) <= 256),
  prompt_version text check (length(prompt_version) <= 256),
  tags jsonb check (app.are_tags(tags)),
  countable boolean not null,
  counted boolean not null,
  usage_status text check (usage_status in ('reported', 'unknown')),
  input_tokens bigint check (input_tokens between 0 and 10000000000000),
  output_tokens bigint check (output_tokens between 0 and 10000000000000),
  total_tokens bigint check (total_tokens between 0 and 10000000000000),
  cache_read_tokens bigint check (cache_read_tokens between 0 and 10000000000000),
  cache_write_tokens bigint check (cache_write_tokens between 0 and 10000000000000),
  reasoning_tokens bigint check (reasoning_tokens between 0 and 10000000000000),
  usage_buckets jsonb check (
    jsonb_typeof(usage_buckets) = 'object' and pg_column_size(usage_buckets) <= 4096
    and not jsonb_path_exists(
      usage_buckets, 'strict $.* ? (@.type() != "number" || @ < 0 || @ > 10000000000000)',
      silent => true)
    -- Names of buckets, and no prose.
    and not jsonb_path_exists(
      usage_buckets, 'strict $.keyvalue() ? (@.key like_regex "[^A-Za-z0-9_]")', silent => true)),
  cost_usd numeric check (cost_usd >= 0 and cost_usd < 1000000000 and scale(cost_usd) <= 12),
  price_id text check (length(price_id) <= 512),
  price_source text check (price_source in ('table', 'wheel')),
  time_to_first_token_ms double precision check (time_to_first_token_ms between 0 and 1e13),
  streamed boolean,
  finish_reasons text[] check (app.is_name_list(finish_reasons)),
  input_digest text check (length(input_digest) <= 128),
  input_length integer check (input_length >= 0),
  output_digest text check (length(output_digest) <= 128),
  output_length integer check (output_length >= 0),
  attributes jsonb not null default '{}'
    check (jsonb_typeof(attributes) = 'object' and app.is_readable(attributes)),
  received_at timestamptz not null default now(),
  constraint spans_end_after_start check (end_ns >= start_ns),
  primary key (tenant_id, trace_id, span_id, start_time)
) partition by range (start_time);

create index spans_newest on public.spans (tenant_id, start_time, trace_id, span_id);
-- Every sum of the dashboard is an index-only scan of this one.
create index spans_calls on public.spans (tenant_id, start_time)
  include (provider, model, status, duration_ms, input_tokens, output_tokens, total_tokens, cost_usd)
  where counted;
-- What settles which of several spans stands for a call: a span's children, and what tells of one
-- response. A response id is slow to compare: its hash is not.
create index spans_of_call on public.spans (tenant_id, trace_id, parent_span_id) where countable;
create index spans_of_response on public.spans (
  tenant_id, (hashtextextended(response_id, 0)), counted, start_time)
  where countable and response_id is not null;
-- Spans that could enclose a call, by how long they are: of short ones only the last few matter.
create index spans_unnamed on public.spans (
  tenant_id, (hashtextextended(request_model, 0)),
  (width_bucket(end_ns - start_ns, '{10000000000,100000000000,1000000000000}'::bigint[])), start_ns)
  where countable and response_id is null;
-- What claims to start after it came is expired by when it came (app.find_ahead): normally nothing.
create index spans_ahead on public.spans (tenant_id, received_at, start_time)
  where start_time > received_at;
create index spans_of_user on public.spans (tenant_id, user_id, trace_id) where user_id is not null;

create table public.span_contents (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  trace_id text not null check (octet_length(trace_id) = 32),
  span_id text not null check (octet_length(span_id) = 16),
  start_time timestamptz not null,
  input jsonb check (app.is_readable(input)),
  output jsonb check (app.is_readable(output)),
  primary key (tenant_id, trace_id, span_id, start_time)
) partition by range (start_time);

create index span_contents_oldest on public.span_contents (tenant_id, start_time);

alter table public.spans enable row level security;
alter table public.spans force row level security;
create policy spans_read on public.spans for select to authenticated
  using (tenant_id = (select app.tenant_id()));
alter table public.span_contents enable row level security;
alter table public.span_contents force row level security;
create policy span_contents_read on public.span_contents for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.spans, public.span_contents from anon, authenticated;
grant select on public.spans, public.span_contents to authenticated;
grant select, insert, update, delete on public.spans, public.span_contents to service_role;

comment on table public.spans is
  'One row per span, whatever was delivered of it (app.merge_spans). Measures and filters have columns, the rest is in attributes, content is in span_contents.';
comment on column public.spans.start_ns is
  'Start in nanoseconds since 1970, the least that was delivered: orders siblings that start_time (microseconds) cannot.';
comment on column public.spans.model is
  'The model that answered, else the model that was asked for.';
comment on column public.spans.canonical_model is
  'The model that prices and sums go by: the price''s, else the one that was asked for, else the one that answered.';
comment on column public.spans.release is
  'The version of the application that the span is of.';
comment on column public.spans.customer_id is
  'The group of users that the span was for, such as an account; in the form of user_id. forget_user passes it by.';
comment on column public.spans.api_key_id is
  'The API key or ingest token that brought the span (api_keys.key_id), as its token says, or the queue''s writer, whose token is no key''s; null for people and in development.';
comment on column public.spans.prompt_name is
  'The stored prompt that the input was made of; its version is prompt_version.';
comment on column public.spans.tags is
  'The application''s own words for a span, each a name and a text: {"feature": "search"}.';
comment on column public.spans.duration_ms is
  'end_ns - start_ns, in milliseconds.';
comment on column public.spans.instrumentation is
  'The instrumentation that made the span (OpenTelemetry''s instrumentation scope).';
comment on column public.spans.user_id is
  'As it came, to be found and forgotten by; over 256 characters sha256: and the hash in hex. So are session_id, customer_id and response_id.';
comment on column public.spans.countable is
  'What the sender said: this span describes a model call. Several may describe the same one.';
comment on column public.spans.counted is
  'True for the one countable span that stands for a model call (app.find_uncounted). Sums are over counted spans only.';
comment on column public.spans.usage_status is
  'reported: the provider said how many tokens; unknown: it did not, and nothing is guessed.';
comment on column public.spans.input_tokens is
  'All input tokens, cached ones included (OpenTelemetry''s meaning).';
comment on column public.spans.output_tokens is
  'All output tokens, reasoning included.';
comment on column public.spans.usage_buckets is
  'The same tokens in disjoint buckets, each with a price of its own (see app.span_cost).';
comment on column public.spans.cost_usd is
  'US dollars; null where the model or its usage is unknown, never 0 for that.';
comment on column public.spans.price_id is
  'The price that was used (model_prices.price_id).';
comment on column public.spans.price_source is
  'table: priced here, by model_prices; wheel: priced by the library''s own file.';
comment on column public.spans.input_digest is
  'h1:<kid>:<base64url>: HMAC-SHA-256 of the prompt under the tenant''s key; null without a key.';
comment on column public.spans.input_length is
  'Characters in the prompt.';
comment on column public.spans.received_at is
  'When the span first came, by the database''s clock.';
comment on table public.span_contents is
  'Prompts and answers, only where ALLOW_CONTENT_CAPTURE opened them, cut to the configured lengths.';

-- supabase/schemas/31_partitions.sql

-- Monthly partitions of spans and span_contents; the default partition takes what falls outside.

create function app.partition_name(parent text, month date) returns text
language sql stable set search_path = ''
as $$ select parent || '_' || to_char(month, 'YYYY_MM') $$;
comment on function app.partition_name(text, date) is 'What one month''s partition of a table is called.';

create function app.ensure_partition(parent text, month date) returns void
language plpgsql set search_path = ''
as $$
declare
  partition text := app.partition_name(parent, month);
  month_start timestamptz := month::timestamp at time zone 'UTC';
  month_end timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
  if to_regclass(format('public.%I', partition)) is not null then
    return;
  end if;
  execute format('create table public.%I (like public.%I including defaults '
    'including generated including constraints including indexes)', partition, parent);
  perform app.seal_partition(partition);
  perform app.move_from_default(parent, partition, month_start, month_end);
  execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
    parent, partition, month_start, month_end);
end
$$;
comment on function app.ensure_partition(text, date) is
  'Makes one month''s partition of a table of ours, unless it is there.';

create function app.move_from_default(
  parent text, partition text, month_start timestamptz, month_end timestamptz
) returns void
language plpgsql set search_path = ''
as $$
declare
  stored_columns text;
begin
  select string_agg(quote_ident(attname), ', ' order by attnum) into stored_columns
    from pg_catalog.pg_attribute
    where attrelid = format('public.%I', parent)::regclass
      and attnum > 0 and not attisdropped and attgenerated = '';
  -- No row may arrive between its month's move and the partition that is to take it.
  execute format('lock table public.%I in access exclusive mode', parent || '_default');
  execute format(
    'with moved as (delete from public.%1$I where start_time >= $1 and start_time < $2 returning %2$s) '
    'insert into public.%3$I (%2$s) select %2$s from moved',
    parent || '_default', stored_columns, partition)
    using month_start, month_end;
end
$$;
comment on function app.move_from_default(text, text, timestamptz, timestamptz) is
  'Moves a month''s rows out of the default partition, which else would refuse a partition for them.';

create function app.seal_partition(partition text) returns void
language plpgsql set search_path = ''
as $$
begin
  execute format('alter table public.%I enable row level security', partition);
  execute format('alter table public.%I force row level security', partition);
  execute format('revoke all on public.%I from anon, authenticated, service_role', partition);
end
$$;
comment on function app.seal_partition(text) is
  'Closes a partition: rows are read through the parent, where the policy is.';

create function app.find_missing_partitions(months_ahead integer default 12)
returns table (parent text, month date)
language sql stable set search_path = ''
as $$
  select p.parent, m.month::date
  from generate_series(
      date_trunc('month', now() at time zone 'UTC') - interval '1 month',
      date_trunc('month', now() at time zone 'UTC') + months_ahead * interval '1 month',
      interval '1 month') m (month),
    (values ('spans'), ('span_contents')) p (parent)
  where to_regclass(format('public.%I', app.partition_name(p.parent, m.month::date))) is null
  order by m.month, p.parent
$$;
comment on function app.find_missing_partitions(integer) is
  'The partitions that should be there and are not, from last month to so many months ahead.';

create function app.ensure_partitions(months_ahead integer default 12) returns void
language plpgsql set search_path = ''
as $$
begin
  perform app.ensure_partition(m.parent, m.month) from app.find_missing_partitions(months_ahead) m;
end
$$;
comment on function app.ensure_partitions(integer) is
  'Makes the partitions from last month to so many months ahead. Safe to repeat; run it monthly.';

create table public.spans_default partition of public.spans default;
create table public.span_contents_default partition of public.span_contents default;
do $$
begin
  perform app.seal_partition('spans_default');
  perform app.seal_partition('span_contents_default');
  perform app.ensure_partitions();
end
$$;
revoke execute on all functions in schema app from public;

comment on table public.spans_default is 'Spans outside the monthly partitions.';
comment on table public.span_contents_default is 'Contents outside the monthly partitions.';

do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-partitions', '17 3 1 * *', 'select app.ensure_partitions()');
  end if;
end
$$;

-- supabase/schemas/32_traces.sql

-- One row per trace, kept by ingest_spans in the same transaction as its spans.

create table public.traces (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  trace_id text not null check (octet_length(trace_id) = 32 and trace_id ~ '^[0-9a-f]*$'),
  root_span_id text,
  root_start_ns bigint,
  root_span_name text,
  root_status text check (root_status in ('unset', 'ok', 'error')),
  start_time timestamptz not null,
  end_time timestamptz not null,
  start_ns bigint not null,
  end_ns bigint not null,
  duration_ms double precision generated always as
    ((end_ns - start_ns)::double precision / 1000000) stored,
  status text generated always as
    (coalesce(root_status, case when error_count > 0 then 'error' else 'unset' end)) stored,
  span_count bigint not null default 0,
  error_count bigint not null default 0,
  requests bigint not null default 0,
  unpriced_requests bigint not null default 0,
  unmeasured_requests bigint not null default 0,
  input_tokens bigint,
  output_tokens bigint,
  total_tokens bigint,
  total_cost_usd numeric,
  models text[] not null default '{}',
  providers text[] not null default '{}',
  operations text[] not null default '{}',
  service_name text,
  environment text,
  session_id text,
  user_id text,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, trace_id)
)
-- A row changes with every batch of its trace: room for the next version beside it.
with (fillfactor = 80);

create index traces_newest on public.traces (tenant_id, start_time, trace_id);

alter table public.traces enable row level security;
alter table public.traces force row level security;
create policy traces_read on public.traces for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.traces from anon, authenticated;
grant select on public.traces to authenticated;
grant select, insert, update, delete on public.traces to service_role;

comment on table public.traces is
  'One row per trace: what a list shows, kept by ingest_spans. Who writes a trace holds its row.';
comment on column public.traces.root_span_id is
  'The span without a parent; of several the one that started first.';
comment on column public.traces.status is
  'The root span''s status; while there is no root, error if any span failed.';
comment on column public.traces.models is
  'Models of its calls, the first 32 by alphabet; so are providers, and operations of all its spans.';
comment on column public.traces.requests is
  'Model calls (counted spans).';
comment on column public.traces.unpriced_requests is
  'Answered model calls of known usage and unknown price (app.is_unpriced): total_cost_usd leaves them out.';
comment on column public.traces.unmeasured_requests is
  'Answered model calls of unknown usage (app.is_unmeasured): tokens and total_cost_usd leave them out.';
comment on column public.traces.total_tokens is
  'Sum over model calls whose usage is known; null where none is.';

-- supabase/schemas/33_processes.sql

-- What each process says it emitted and what of it arrived: the ledger behind "no span lost".

create table public.processes (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  process_id text not null check (process_id ~ '^[0-9a-f]{32}$'),
  emitted bigint not null check (emitted >= 0),
  stored bigint not null check (stored >= 0),
  dropped jsonb not null default '{}' check (pg_column_size(dropped) <= 16384),
  first_received_at timestamptz not null default now(),
  last_received_at timestamptz not null default now(),
  primary key (tenant_id, process_id)
);

alter table public.processes enable row level security;
alter table public.processes force row level security;
create policy processes_read on public.processes for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.processes from anon, authenticated;
grant select on public.processes to authenticated;
grant select, insert, update, delete on public.processes to service_role;

comment on table public.processes is
  'One row per process that sent spans: what it emitted by its own count, and what was stored.';
comment on column public.processes.emitted is
  'The highest count of ended spans that the process has reported for this tenant.';
comment on column public.processes.stored is
  'Spans of this process that were really new when they came.';
comment on column public.processes.dropped is
  'What the process reported lost, by reason.';

create function app.record_process(tenant text, process jsonb, stored bigint) returns void
language plpgsql set search_path = ''
as $$
begin
  -- Older senders do not describe themselves; their spans are stored all the same.
  if (process ->> 'id') ~ '^[0-9a-f]{32}$' is not true
     or jsonb_typeof(process -> 'emitted') is distinct from 'number' then
    return;
  end if;
  insert into public.processes as known (tenant_id, process_id, emitted, stored, dropped)
  values (
    tenant, process ->> 'id',
    least(greatest((process ->> 'emitted')::numeric, 0), 1e15)::bigint, stored,
    app.counts_only(process -> 'dropped'))
  on conflict (tenant_id, process_id) do update set
    emitted = greatest(known.emitted, excluded.emitted),
    stored = known.stored + excluded.stored,
    dropped = case when excluded.emitted >= known.emitted then excluded.dropped else known.dropped end,
    last_received_at = now();
end
$$;
comment on function app.record_process(text, jsonb, bigint) is
  'Notes what a process says of itself and how many of its spans were new.';

create function app.counts_only(reported jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select coalesce(
      jsonb_object_agg(left(key, 64), least(greatest(trunc(value::text::numeric), 0), 1e15)), '{}')
    from (
      select * from jsonb_each(case when jsonb_typeof(reported) = 'object' then reported else '{}' end)
      where jsonb_typeof(value) = 'number'
      order by key collate "C" limit 32
    ) counts);
end
$$;
comment on function app.counts_only(jsonb) is
  'The counts of a JSON object, by name, within bounds that a sum can take; the first 32 by alphabet.';

create view public.delivery_ledger with (security_invoker = true) as
select
  tenant_id, process_id, emitted, stored,
  lost.dropped, emitted - stored - lost.dropped as gaps,
  p.dropped as dropped_by_reason, first_received_at, last_received_at
from public.processes p
cross join lateral (
  select least(coalesce(sum(value::numeric), 0), 1e18)::bigint as dropped from jsonb_each_text(p.dropped)
) lost;
comment on view public.delivery_ledger is
  'Emitted = stored + dropped + gaps, per process. A gap is on its way, or went with a process that was killed; the metric line of its last invocation tells.';
revoke all on public.delivery_ledger from anon, authenticated;
grant select on public.delivery_ledger to authenticated, service_role;

revoke execute on all functions in schema app from public;

-- supabase/schemas/34_ingest_budgets.sql

-- How much a tenant may send: a token bucket for spans and one for bytes, a minute's worth each.

create table public.ingest_budgets (
  tenant_id text primary key check (app.is_tenant_id(tenant_id)),
  spans_left double precision,
  bytes_left double precision,
  charged_at timestamptz not null
);

alter table public.ingest_budgets enable row level security;
alter table public.ingest_budgets force row level security;
create policy ingest_budgets_read on public.ingest_budgets for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.ingest_budgets from anon, authenticated;
grant select on public.ingest_budgets to authenticated;
grant select, insert, update, delete on public.ingest_budgets to service_role;

comment on table public.ingest_budgets is
  'What was left of a tenant''s limits (tenants.spans_per_minute, bytes_per_minute) after its last batch. No row without a limit.';
comment on column public.ingest_budgets.spans_left is
  'Below zero after a batch that was larger than what was left: the next one waits until it is made up for.';
comment on column public.ingest_budgets.charged_at is
  'When the last batch was charged; what is left has grown since, to a minute''s worth at most.';

create function app.budget_left(per_minute bigint, kept double precision, since timestamptz)
returns double precision
language sql volatile set search_path = ''
as $$
  -- A bucket that was never drawn from is full.
  select least(per_minute, coalesce(
    kept + greatest(extract(epoch from clock_timestamp() - since), 0) * per_minute / 60, per_minute))
$$;
comment on function app.budget_left(bigint, double precision, timestamptz) is
  'What a bucket holds now that held so much then; null without a limit.';

create function app.refuse_over(limit_name text, per_minute bigint, held double precision)
returns void
language plpgsql set search_path = ''
as $$
declare
  seconds bigint := greatest(ceil((1 - held) * 60 / per_minute), 1);
begin
  -- Null, where there is no limit, is not refused.
  if held < 1 then
    raise sqlstate 'PT429' using
      message = format('This tenant sent more than its %s of %s.', limit_name, per_minute),
      detail = seconds::text,
      hint = format('Send the batch again in %s s, or have the operator raise tenants.%s.',
        seconds, limit_name);
  end if;
end
$$;
comment on function app.refuse_over(text, bigint, double precision) is
  'Raises PT429, with the seconds to wait as detail, where a bucket does not hold one whole span or byte.';

create function app.check_budget(tenant text) returns boolean
language plpgsql set search_path = ''
as $$
declare
  limits record;
begin
  select t.spans_per_minute as spans, t.bytes_per_minute as bytes, b.spans_left, b.bytes_left, b.charged_at
    into limits
    from public.tenants t left join public.ingest_budgets b on b.tenant_id = t.tenant_id
    where t.tenant_id = tenant;
  if coalesce(limits.spans, limits.bytes) is null then
    return false;
  end if;
  perform app.refuse_over('spans_per_minute', limits.spans,
    app.budget_left(limits.spans, limits.spans_left, limits.charged_at));
  perform app.refuse_over('bytes_per_minute', limits.bytes,
    app.budget_left(limits.bytes, limits.bytes_left, limits.charged_at));
  return true;
end
$$;
comment on function app.check_budget(text) is
  'Refuses a tenant whose budget is used up; answers whether it has a limit at all. Takes no lock.';

create function app.charge_budget(tenant text, spans bigint, bytes bigint) returns void
language sql set search_path = ''
as $$
  insert into public.ingest_budgets as known (tenant_id, spans_left, bytes_left, charged_at)
  select tenant_id, spans_per_minute - spans, bytes_per_minute - bytes, clock_timestamp()
  from public.tenants where tenant_id = tenant
  on conflict (tenant_id) do update set (spans_left, bytes_left, charged_at) = (
    select app.budget_left(t.spans_per_minute, known.spans_left, known.charged_at) - spans,
      app.budget_left(t.bytes_per_minute, known.bytes_left, known.charged_at) - bytes,
      greatest(clock_timestamp(), known.charged_at)
    from public.tenants t where t.tenant_id = tenant)
$$;
comment on function app.charge_budget(text, bigint, bigint) is
  'Takes a batch from its tenant''s budget, into debt where it is larger. The last thing a writer does: from here to its commit it holds the row.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/35_span_cost.sql

-- What a span cost, and whether that is known.

create function app.bucket_cost(tokens numeric, rate numeric) returns numeric
language sql immutable parallel safe
return case when tokens > 0 then tokens * rate else 0 end;
comment on function app.bucket_cost(numeric, numeric) is
  'Millionths of US dollars for the tokens of a bucket; null where it holds some and has no price.';

-- One expression, parsed here: Postgres puts it in place of each call, which saves a batch a fifth.
create function app.span_cost(buckets jsonb, price public.model_prices) returns numeric
language sql immutable parallel safe
return case when buckets - array[
    'input_uncached', 'cache_read', 'cache_write', 'cache_write_1h', 'input_audio',
    'cache_audio_read', 'output_text', 'reasoning', 'output_audio'] = '{}'
  then round((
    app.bucket_cost((buckets ->> 'input_uncached')::numeric, price.input_per_mtok)
    + app.bucket_cost((buckets ->> 'cache_read')::numeric,
        coalesce(price.cache_read_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'cache_write')::numeric,
        coalesce(price.cache_write_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'cache_write_1h')::numeric,
        coalesce(price.cache_write_1h_per_mtok, price.cache_write_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'input_audio')::numeric,
        coalesce(price.input_audio_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'cache_audio_read')::numeric,
        coalesce(price.cache_audio_read_per_mtok, price.input_audio_per_mtok,
          price.cache_read_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'output_text')::numeric, price.output_per_mtok)
    + app.bucket_cost((buckets ->> 'reasoning')::numeric,
        coalesce(price.reasoning_per_mtok, price.output_per_mtok))
    + app.bucket_cost((buckets ->> 'output_audio')::numeric,
        coalesce(price.output_audio_per_mtok, price.output_per_mtok))
    ) / 1000000, 12)
  end;
comment on function app.span_cost(jsonb, public.model_prices) is
  'US dollars for disjoint token buckets at one price row; null where a used bucket has no price, or a bucket is not known here. The library''s pricing.py does the same.';

-- Of what the covering index holds (spans_calls), so that a sum needs nothing else.
create function app.is_unmeasured(status text, total_tokens bigint) returns boolean
language sql immutable parallel safe
return total_tokens is null and status <> 'error';
comment on function app.is_unmeasured(text, bigint) is
  'Whether a call was answered and its usage is not known: no sum of tokens or cost has it.';

create function app.is_unpriced(status text, total_tokens bigint, cost_usd numeric) returns boolean
language sql immutable parallel safe
return cost_usd is null and total_tokens is not null and status <> 'error';
comment on function app.is_unpriced(text, bigint, numeric) is
  'Whether a call was answered, its usage is known and its price is not: no sum of cost has it.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.is_unmeasured(text, bigint), app.is_unpriced(text, bigint, numeric)
  to authenticated, service_role;

-- supabase/schemas/36_deliveries.sql

-- What a sender delivered, as rows.

create function app.to_time(nanoseconds bigint) returns timestamptz
language sql immutable parallel safe
return timestamptz 'epoch' + (nanoseconds / 1000) * interval '1 microsecond';
comment on function app.to_time(bigint) is 'A time of nanoseconds since 1970, to the microsecond.';

create function app.read_spans(tenant text, payload jsonb) returns public.spans[]
language plpgsql stable set search_path = ''
as $$
declare
  key_id text := substring(app.caller() from '^[0-9a-z]{8}$');
  arrived public.spans[] := '{}';
  span public.spans;
  sent record;
begin
  for sent in
    select d.span, p.price_id, p.cost
    from (
      select (s.span).trace_id, (s.span).span_id, (s.span).start_ns, s.span, s.element,
        (s.span).usage_buckets, coalesce((s.span).input_tokens, 0) as input_tokens,
        app.to_time((s.span).start_ns) as start_time
      from (
        select element, jsonb_populate_record(null::public.spans, element) as span
        from jsonb_array_elements(payload) element offset 0
      ) s offset 0
    ) d
    left join lateral (
      select m.price_id, app.span_cost(d.usage_buckets, m) as cost from public.model_prices m
      where d.usage_buckets is not null and m.provider = d.element ->> 'price_provider'
        and m.model = d.element ->> 'price_model'
        and m.service_tier = coalesce(d.element ->> 'price_tier', 'standard')
        and m.min_input_tokens <= d.input_tokens
        and m.valid_from <= d.start_time and (m.valid_to is null or d.start_time < m.valid_to)
      order by m.min_input_tokens desc, m.valid_from desc
      limit 1
    ) p on true
    -- One order for all writers: unsorted, concurrent batches deadlock.
    order by d.trace_id, d.span_id, d.start_ns
  loop
    -- A sender fills each column by its name; what is the database's to say stands over it.
    span := sent.span;
    span.tenant_id := tenant;
    span.api_key_id := coalesce(key_id, span.api_key_id);
    span.start_time := app.to_time(span.start_ns);
    span.end_time := app.to_time(span.end_ns);
    span.duration_ms := (span.end_ns - span.start_ns)::double precision / 1000000;
    span.received_at := now();
    span.model := coalesce(span.response_model, span.request_model);
    -- What is empty names nobody, and nobody could be forgotten by it.
    span.response_id := nullif(span.response_id, '');
    span.session_id := nullif(span.session_id, '');
    span.user_id := nullif(span.user_id, '');
    span.customer_id := nullif(span.customer_id, '');
    span.counted := span.countable;
    span.cost_usd := case when sent.price_id is null then round(span.cost_usd, 12) else sent.cost end;
    span.price_id := case when span.cost_usd is not null then coalesce(sent.price_id, span.price_id) end;
    span.price_source := case when span.cost_usd is null then null
      when sent.price_id is null then 'wheel' else 'table' end;
    -- Zero has two signs, which are equal and not the same.
    span.time_to_first_token_ms := span.time_to_first_token_ms + 0;
    span.attributes := coalesce(span.attributes, '{}');
    arrived := array_append(arrived, span);
  end loop;
  return arrived;
end
$$;
comment on function app.read_spans(text, jsonb) is
  'The spans of a payload as rows of a tenant, each priced by its own start. Each countable one is counted, until it is settled.';

create function app.read_contents(tenant text, payload jsonb) returns public.span_contents[]
language plpgsql stable set search_path = ''
as $$
begin
  -- Content is off for most, and reading it is not free.
  if not jsonb_path_exists(payload, '$[*] ? (@.input != null || @.output != null)') then
    return '{}';
  end if;
  return array(
    select row(tenant, trace_id, span_id,
      app.to_time(start_ns), input, output
    )::public.span_contents
    from jsonb_to_recordset(payload) as s(
      trace_id text, span_id text, start_ns bigint, input jsonb, output jsonb)
    where input is not null or output is not null
    order by trace_id, span_id, start_ns);
end
$$;
comment on function app.read_contents(text, jsonb) is
  'The contents of a payload as rows of a tenant.';

create function app.insert_spans(arrived public.spans[]) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into public.spans select * from unnest(arrived)
  on conflict do nothing;
end
$$;
comment on function app.insert_spans(public.spans[]) is
  'Inserts rows in their order, unless they are there. Every constraint is checked either way.';

create function app.insert_contents(arrived public.span_contents[]) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into public.span_contents (tenant_id, trace_id, span_id, start_time, input, output)
  select tenant_id, trace_id, span_id, start_time, input, output from unnest(arrived)
  on conflict do nothing;
end
$$;
comment on function app.insert_contents(public.span_contents[]) is
  'Inserts contents in their order, unless they are there.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/37_merging.sql

-- What several deliveries of one span come to. A least upper bound: in whatever order, how often
-- and in whatever company they come, the same row is the result.

create function app.merge_attributes(attributes jsonb[]) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, value), '{}') from (
    -- Jsonb calls 1.0 and 1.00 equal, so their texts decide.
    select distinct on (key) key, value from unnest(attributes) a, jsonb_each(a)
    order by key, value desc, value::text collate "C" desc
  ) greatest_of_each
$$;
comment on function app.merge_attributes(jsonb[]) is
  'The union of attributes; of several values of a key the greatest.';

create function app.usage_of(span public.spans) returns jsonb
language sql immutable parallel safe
return jsonb_strip_nulls(jsonb_build_object(
    'usage_status', span.usage_status, 'input_tokens', span.input_tokens,
    'output_tokens', span.output_tokens, 'total_tokens', span.total_tokens,
    'cache_read_tokens', span.cache_read_tokens, 'cache_write_tokens', span.cache_write_tokens,
    'reasoning_tokens', span.reasoning_tokens, 'usage_buckets', span.usage_buckets,
    'cost_usd', span.cost_usd, 'price_id', span.price_id, 'price_source', span.price_source));
comment on function app.usage_of(public.spans) is
  'What is known of a span''s tokens and cost, as one value that merging takes or leaves; the one that knows more is the greater.';

create function app.merge_groups(merged public.spans, other public.spans) returns public.spans
language plpgsql immutable set search_path = ''
as $$
declare
  known jsonb := app.usage_of(merged);
  told jsonb := app.usage_of(other);
begin
  -- Each group is taken from one of the two, whole. What is not known is less than all else.
  if (array_position(array['unset', 'ok', 'error'], other.status), other.error_type is not null,
      coalesce(other.error_type, '') collate "C", other.status_message is not null,
      coalesce(other.status_message, '') collate "C")
    > (array_position(array['unset', 'ok', 'error'], merged.status), merged.error_type is not null,
      coalesce(merged.error_type, '') collate "C", merged.status_message is not null,
      coalesce(merged.status_message, '') collate "C") then
    merged.status := other.status;
    merged.error_type := other.error_type;
    merged.status_message := other.status_message;
  end if;
  if (told, told::text collate "C", coalesce(other.canonical_model, '') collate "C")
    > (known, known::text collate "C", coalesce(merged.canonical_model, '') collate "C") then
    merged.usage_status := other.usage_status;
    merged.input_tokens := other.input_tokens;
    merged.output_tokens := other.output_tokens;
    merged.total_tokens := other.total_tokens;
    merged.cache_read_tokens := other.cache_read_tokens;
    merged.cache_write_tokens := other.cache_write_tokens;
    merged.reasoning_tokens := other.reasoning_tokens;
    merged.usage_buckets := other.usage_buckets;
    merged.cost_usd := other.cost_usd;
    merged.price_id := other.price_id;
    merged.price_source := other.price_source;
    merged.canonical_model := other.canonical_model;
  end if;
  if (other.input_digest is not null, coalesce(other.input_digest, '') collate "C",
      coalesce(other.input_length, -1))
    > (merged.input_digest is not null, coalesce(merged.input_digest, '') collate "C",
      coalesce(merged.input_length, -1)) then
    merged.input_digest := other.input_digest;
    merged.input_length := other.input_length;
  end if;
  if (other.output_digest is not null, coalesce(other.output_digest, '') collate "C",
      coalesce(other.output_length, -1))
    > (merged.output_digest is not null, coalesce(merged.output_digest, '') collate "C",
      coalesce(merged.output_length, -1)) then
    merged.output_digest := other.output_digest;
    merged.output_length := other.output_length;
  end if;
  return merged;
end
$$;
comment on function app.merge_groups(public.spans, public.spans) is
  'The first state of a span with those groups of columns of the second that are the greater: its outcome, its usage with its cost, and the digest of its input and output with the length.';

create function app.merge_two(merged public.spans, other public.spans) returns public.spans
language plpgsql immutable set search_path = ''
as $$
begin
  -- One rule a column. Of two that are known the greater, of one that is, that one.
  merged.parent_span_id := greatest(merged.parent_span_id collate "C", other.parent_span_id);
  merged.start_time := least(merged.start_time, other.start_time);
  merged.end_time := greatest(merged.end_time, other.end_time);
  merged.start_ns := least(merged.start_ns, other.start_ns);
  merged.end_ns := greatest(merged.end_ns, other.end_ns);
  merged.duration_ms := (merged.end_ns - merged.start_ns)::double precision / 1000000;
  merged.name := greatest(merged.name collate "C", other.name);
  merged.kind := greatest(merged.kind collate "C", other.kind);
  merged.operation := greatest(merged.operation collate "C", other.operation);
  merged.provider := greatest(merged.provider collate "C", other.provider);
  merged.request_model := greatest(merged.request_model collate "C", other.request_model);
  merged.response_model := greatest(merged.response_model collate "C", other.response_model);
  merged.model := coalesce(merged.response_model, merged.request_model);
  merged.response_id := greatest(merged.response_id collate "C", other.response_id);
  merged.service_tier := greatest(merged.service_tier collate "C", other.service_tier);
  merged.agent_name := greatest(merged.agent_name collate "C", other.agent_name);
  merged.tool_name := greatest(merged.tool_name collate "C", other.tool_name);
  -- What no call was told with is not known as an instrumentation of calls (app.hold_calls).
  merged.instrumentation := case
    when other.countable = merged.countable
      then greatest(merged.instrumentation collate "C", other.instrumentation)
    when other.countable then other.instrumentation else merged.instrumentation end;
  merged.service_name := greatest(merged.service_name collate "C", other.service_name);
  merged.environment := greatest(merged.environment collate "C", other.environment);
  merged.release := greatest(merged.release collate "C", other.release);
  merged.session_id := greatest(merged.session_id collate "C", other.session_id);
  merged.user_id := greatest(merged.user_id collate "C", other.user_id);
  merged.customer_id := greatest(merged.customer_id collate "C", other.customer_id);
  merged.api_key_id := greatest(merged.api_key_id collate "C", other.api_key_id);
  merged.prompt_name := greatest(merged.prompt_name collate "C", other.prompt_name);
  merged.prompt_version := greatest(merged.prompt_version collate "C", other.prompt_version);
  merged.tags := case when merged.tags is null or other.tags is null
    then coalesce(merged.tags, other.tags)
    else app.merge_attributes(array[merged.tags, other.tags]) end;
  -- As it was settled, where it was: a delivery says only what could be counted.
  merged.counted := (merged.counted or not merged.countable)
    and (other.counted or not other.countable) and (merged.countable or other.countable);
  merged.countable := merged.countable or other.countable;
  merged.time_to_first_token_ms :=
    greatest(merged.time_to_first_token_ms, other.time_to_first_token_ms);
  merged.streamed := greatest(merged.streamed, other.streamed);
  merged.finish_reasons := greatest(merged.finish_reasons collate "C", other.finish_reasons);
  merged.attributes := app.merge_attributes(array[merged.attributes, other.attributes]);
  merged.received_at := least(merged.received_at, other.received_at);
  return app.merge_groups(merged, other);
end
$$;
comment on function app.merge_two(public.spans, public.spans) is
  'What two states of one span come to: least start, greatest end, error over ok over unset, known over unknown, then the greater.';

create function app.merge_spans(states public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
declare
  merged public.spans[] := '{}';
  span public.spans;
  state public.spans;
begin
  for state in select * from unnest(states) order by trace_id, span_id loop
    if (state.trace_id, state.span_id) = (span.trace_id, span.span_id) then
      span := app.merge_two(span, state);
    else
      if span.trace_id is not null then
        merged := array_append(merged, span);
      end if;
      span := state;
    end if;
  end loop;
  return case when span.trace_id is not null then array_append(merged, span) end;
end
$$;
comment on function app.merge_spans(public.spans[]) is
  'One row per span of several states of it; null where there is none.';

create function app.merge_contents(states public.span_contents[], merged public.spans[])
returns public.span_contents[]
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select array_agg(row(tenant_id, trace_id, span_id, start_time, input, output
      )::public.span_contents order by trace_id, span_id, start_time)
    from (
      select c.tenant_id, c.trace_id, c.span_id, coalesce(m.start_time, c.start_time) as start_time,
        (array_agg(c.input order by c.input desc, c.input::text collate "C" desc)
          filter (where c.input is not null))[1] as input,
        (array_agg(c.output order by c.output desc, c.output::text collate "C" desc)
          filter (where c.output is not null))[1] as output
      from unnest(states) c left join unnest(merged) m using (trace_id, span_id)
      group by c.tenant_id, c.trace_id, c.span_id, coalesce(m.start_time, c.start_time)
    ) best);
end
$$;
comment on function app.merge_contents(public.span_contents[], public.spans[]) is
  'One content per span of several, under the start that the span has now.';

create function app.find_window(
  tenant text, arrived public.spans[], known text[], out since timestamptz, out until timestamptz
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  select min(start_time), max(start_time) into since, until from unnest(arrived);
  if known <> '{}' then
    select least(since, min(t.start_time)), greatest(until, max(t.end_time)) into since, until
      from unnest(known) key cross join lateral (
        select start_time, end_time from public.traces
        where tenant_id = tenant and trace_id between key and key
        order by trace_id  -- asks for the primary key (see app.add_to_traces)
      ) t;
  end if;
end
$$;
comment on function app.find_window(text, public.spans[], text[]) is
  'Between which starts the spans of a batch and of its known traces lie: other partitions need no look.';

create function app.find_stored(
  tenant text, arrived public.spans[], known text[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  if known = '{}' then
    return '{}';
  end if;
  return array(
    select s::public.spans
    from (select distinct trace_id, span_id from unnest(arrived) where trace_id = any(known)) k
    cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id = k.trace_id
        and span_id between k.span_id and k.span_id and start_time between since and until
      -- A range in this order asks for the primary key (see app.add_to_traces).
      order by span_id, start_time
    ) s);
end
$$;
comment on function app.find_stored(text, public.spans[], text[], timestamptz, timestamptz) is
  'The rows there are of these spans in known traces.';

create function app.find_repeated(states public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    select s from unnest(states) s
    where (trace_id, span_id) in (
      select trace_id, span_id from unnest(states) group by trace_id, span_id having count(*) > 1));
end
$$;
comment on function app.find_repeated(public.spans[]) is
  'The states of spans of which there are several.';

create function app.replace_spans(tenant text, states public.spans[], merged public.spans[])
returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  pair record;
begin
  for pair in
    select distinct m as span, s.start_time as stored_at
    from unnest(states) s join unnest(merged) m using (trace_id, span_id)
  loop
    delete from public.spans s
      where s.tenant_id = tenant and s.trace_id = (pair.span).trace_id
        and s.span_id = (pair.span).span_id and s.start_time = pair.stored_at
        and s *<> pair.span;
  end loop;
  perform app.insert_spans(merged);
end
$$;
comment on function app.replace_spans(text, public.spans[], public.spans[]) is
  'Leaves of stored states of each span the merged row alone, wherever its start has moved to.';

create function app.replace_contents(
  tenant text, arrived public.span_contents[], states public.spans[], merged public.spans[]
) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  span record;
  stored public.span_contents;
begin
  for span in select distinct trace_id, span_id, start_time from unnest(states) loop
    delete from public.span_contents c
      where c.tenant_id = tenant and c.trace_id = span.trace_id and c.span_id = span.span_id
        and c.start_time = span.start_time
      returning c.* into stored;
    if found then
      arrived := arrived || stored;
    end if;
  end loop;
  perform app.insert_contents(app.merge_contents(arrived, merged));
end
$$;
comment on function app.replace_contents(
  text, public.span_contents[], public.spans[], public.spans[]
) is 'Stores the contents of a batch; of merged spans one each, beside its span.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/38_counting.sql

-- Which span stands for a model call, where several describe the same one.

-- The spans of one call overlap, and no call lasts longer.
create function app.call_window_ns() returns bigint
language sql immutable parallel safe
return 3600000000000;
comment on function app.call_window_ns() is
  'Within how many nanoseconds, an hour, the spans of one call start.';

create function app.call_window() returns interval
language sql immutable parallel safe
return app.call_window_ns() / 1000 * interval '1 microsecond';
comment on function app.call_window() is 'The same as an interval: within it the spans of one call start.';

-- What the rule asks of a span. The predicates below are single expressions of it, which Postgres
-- puts in place of each call: as plain comparisons of columns where a row is cast to it.
create type app.call as (
  place integer, trace_id text, span_id text, parent_span_id text,
  instrumentation text, service_name text, environment text, operation text,
  model text, request_model text, response_id text, status text, reported boolean,
  input_tokens bigint, output_tokens bigint, start_ns bigint, end_ns bigint,
  streamed boolean, first_part_ms double precision
);
comment on type app.call is
  'A countable span as the counting rule sees it; place is its number in a batch.';

create function app.to_call(span public.spans) returns app.call
language sql immutable parallel safe
return row(
  null, span.trace_id, span.span_id, span.parent_span_id,
  span.instrumentation, span.service_name, span.environment, span.operation,
  span.model, span.request_model, span.response_id, span.status,
  span.usage_status is not distinct from 'reported',
  span.input_tokens, span.output_tokens, span.start_ns, span.end_ns,
  span.streamed, span.time_to_first_token_ms)::app.call;
comment on function app.to_call(public.spans) is 'A stored span as the counting rule sees it.';

-- Two spans of one response are no wrapper and its call: the better of them is counted.
create function app.is_of_its_model(child app.call, parent app.call) returns boolean
language sql immutable parallel safe
return (parent.model is null or child.model = parent.model)
  and (child.response_id = parent.response_id) is not true;
comment on function app.is_of_its_model(app.call, app.call) is
  'Whether a child is of its parent''s model, or of any where that tells none, and not of its response.';

-- Of an answer that is streamed in a way it does not know, a client's instrumentation sees nothing.
create function app.is_hollow(child app.call, parent app.call) returns boolean
language sql immutable parallel safe
return child.response_id is null and not child.reported
  and parent.response_id is not null and parent.reported
  and parent.instrumentation <> child.instrumentation and parent.operation = child.operation
  and (parent.request_model = child.request_model) is not false;
comment on function app.is_hollow(app.call, app.call) is
  'Whether a span tells neither response nor usage where its parent tells both: made by another instrumentation, of the same operation, and of the same requested model where both tell one. The parent stands for the call, for a failed attempt the child as well.';

create function app.is_better(call app.call, other app.call) returns boolean
language sql immutable parallel safe
return call.response_id = other.response_id
  and abs(call.start_ns - other.start_ns) <= app.call_window_ns()
  and (call.reported, call.start_ns, call.span_id, call.trace_id)
    > (other.reported, other.start_ns, other.span_id, other.trace_id);
comment on function app.is_better(app.call, app.call) is
  'Whether of two spans that tell of one response the first stands for the call: usage reported first, then the latest start, span id, trace id.';

-- An instrumentation that wraps a client tells no response id for every call. Where the client is
-- traced too, in the same process, each call of the outer one has a span of the client's inside.
create function app.encloses(outside app.call, inside app.call) returns boolean
language sql immutable parallel safe
return outside.response_id is null and outside.request_model = inside.request_model
  and outside.start_ns <= inside.start_ns
  -- Of a stream whose span was left at its first part, only the wait for that can be compared.
  and (inside.end_ns <= outside.end_ns
    or outside.start_ns < inside.start_ns and outside.streamed
    and outside.first_part_ms >= (outside.end_ns - outside.start_ns)::double precision / 1000000
    and (inside.start_ns - outside.start_ns)::double precision / 1000000 + inside.first_part_ms
      <= outside.first_part_ms)
  and inside.start_ns - outside.start_ns <= app.call_window_ns()
  and outside.instrumentation <> inside.instrumentation
  and outside.service_name is not distinct from inside.service_name
  and outside.environment is not distinct from inside.environment
  and (not outside.reported or (outside.input_tokens, outside.output_tokens)
    is not distinct from (inside.input_tokens, inside.output_tokens))
  -- Of two with the same times one is the outer, whichever is asked first.
  and (outside.start_ns < inside.start_ns or inside.end_ns < outside.end_ns
    or inside.response_id is not null
    or (inside.reported, inside.span_id, inside.trace_id)
      > (outside.reported, outside.span_id, outside.trace_id));
comment on function app.encloses(app.call, app.call) is
  'Whether a span without a response id tells of the call of another: made by another instrumentation of the same service, for the same requested model, at most an hour later and wholly inside, or with its first part inside where the outer one tells of a stream and ends with its first part; and not of other tokens.';

-- A response id is slow to compare. A range of its hash, where an order by asks for it too, leads to
-- the index that has it (spans_of_response).
create function app.tells_of(response_id text, wanted text) returns boolean
language sql immutable parallel safe
return response_id = wanted and hashtextextended(response_id, 0)
  between hashtextextended(wanted, 0) and hashtextextended(wanted, 0);
comment on function app.tells_of(text, text) is
  'Whether this is the response id that is wanted, by the index on its hash.';

create function app.find_uncounted(spans public.spans[]) returns integer[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    -- The columns of app.call, in its order.
    with calls as materialized (
      select ordinality::integer as place, trace_id, span_id, parent_span_id,
        instrumentation, service_name, environment, operation,
        model, request_model, response_id, status,
        usage_status is not distinct from 'reported' as reported,
        input_tokens, output_tokens, start_ns, end_ns,
        streamed, time_to_first_token_ms as first_part_ms
      from unnest(spans) with ordinality where countable
    ),
    families as materialized (
      select w.place as parent, c.place as child, c.status,
        app.is_of_its_model(c::app.call, w::app.call) as of_its_model,
        app.is_hollow(c::app.call, w::app.call) is true as hollow
      from calls w join calls c on (c.trace_id, c.parent_span_id) = (w.trace_id, w.span_id)
      where c.span_id <> w.span_id
    ),
    wrappers as (
      select parent as place from families where of_its_model and not hollow
    ),
    -- app.is_better, for many spans at once. Only neighbours have to be compared: if any of its kind
    -- within the hour is better, the next is.
    ranked as (
      select place, reported, bool_or(reported) over (
          partition by response_id order by start_ns
          range between app.call_window_ns() preceding and app.call_window_ns() following
        ) as any_reported,
        lead(start_ns) over (
          partition by response_id, reported order by start_ns, span_id, trace_id
        ) - start_ns <= app.call_window_ns() as next_is_near
      from calls
      where place not in (select place from wrappers) and response_id in (
        select response_id from calls group by response_id having count(*) > 1)
    ),
    enclosing as (
      select w.place from calls w join calls c on app.encloses(w::app.call, c::app.call)
      where (select min(instrumentation) <> max(instrumentation) from calls)
        and c.place not in (select place from wrappers)
    )
    select place from wrappers
    union select child from families where hollow and status <> 'error'
    union select place from enclosing
    union select place from ranked where next_is_near or any_reported and not reported);
end
$$;
comment on function app.find_uncounted(public.spans[]) is
  'The places of countable spans that do not stand for a call. Wrappers: they have a child of their model (app.is_of_its_model) that is not hollow. Hollow ones (app.is_hollow) that did not fail. Of the others those that enclose one that is no wrapper (app.encloses), and those for which a better one (app.is_better) tells of the same response, in whatever trace.';

create function app.mark_counted(spans public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
declare
  place integer;
begin
  foreach place in array app.find_uncounted(spans) loop
    spans[place].counted := false;
  end loop;
  return spans;
end
$$;
comment on function app.mark_counted(public.spans[]) is
  'The spans with those not counted that do not stand for a call, as far as these spans tell.';

create function app.wraps(
  tenant text, span public.spans, since timestamptz, until timestamptz
) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select true from public.traces t cross join lateral (
      select c as child from public.spans c
      where c.tenant_id = tenant and c.trace_id = t.trace_id
        and c.parent_span_id between span.span_id and span.span_id
        -- Of the traces at hand the summaries are still to be moved.
        and c.start_time between least(t.start_time, since) and greatest(t.end_time, until)
        and c.countable
        and c.span_id <> span.span_id
        and app.is_of_its_model(app.to_call(c), app.to_call(span))
      -- What is asked within is prepared for every partition, each time: so only what has to be.
      order by c.parent_span_id offset 0) c
    where t.tenant_id = tenant and t.trace_id = span.trace_id
      and app.is_hollow(app.to_call(c.child), app.to_call(span)) is not true
    limit 1
  ) is not null;
end
$$;
comment on function app.wraps(text, public.spans, timestamptz, timestamptz) is
  'Whether a span has a countable child of its model (app.is_of_its_model) that is not hollow: the child stands for the call, and the span for nothing.';

create function app.find_enclosing(
  tenant text, calls public.spans[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    with models as (
      select request_model, min(start_ns) as first_ns, max(start_ns) as last_ns from unnest(calls)
      where countable and instrumentation is not null and request_model is not null
      group by request_model
    ),
    -- As many as there are lengths of spans in spans_unnamed, and how far back each can reach.
    lengths as materialized (
      select m.request_model, l.length, l.reach_ns from models m
      cross join (values (0, 10000000000), (1, 100000000000), (2, 1000000000000), (3, app.call_window_ns())
        ) l (length, reach_ns)
      cross join lateral (
        select from public.spans w
        where w.tenant_id = tenant
          and hashtextextended(w.request_model, 0) = hashtextextended(m.request_model, 0)
          and width_bucket(w.end_ns - w.start_ns, '{10000000000,100000000000,1000000000000}'::bigint[]) = l.length
          and w.start_ns between m.first_ns - l.reach_ns and m.last_ns
          and w.start_time between since - app.call_window() and until
          and w.countable and w.response_id is null
        order by w.start_ns limit 1) any_of_them
    )
    select w::public.spans from (
      select distinct on (w.trace_id, w.span_id) w.* from unnest(calls) c
      join lengths l using (request_model)
      cross join lateral (
        select w.* from public.spans w
        where w.tenant_id = tenant
          and hashtextextended(w.request_model, 0) = hashtextextended(c.request_model, 0)
          and width_bucket(w.end_ns - w.start_ns, '{10000000000,100000000000,1000000000000}'::bigint[]) = l.length
          and w.start_ns between c.start_ns - l.reach_ns and c.start_ns
          and w.start_time between since - app.call_window() and until
          and w.countable and w.response_id is null and app.encloses(app.to_call(w), app.to_call(c))
        order by w.start_ns) w
      where c.countable) w);
end
$$;
comment on function app.find_enclosing(text, public.spans[], timestamptz, timestamptz) is
  'Stored spans that enclose one of these calls (app.encloses).';

create function app.find_enclosed(
  tenant text, calls public.spans[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select c::public.spans from unnest(calls) w cross join lateral (
      select c.* from public.spans c
      where c.tenant_id = tenant
        and c.start_time between w.start_time and least(w.end_time, w.start_time + app.call_window())
        and c.start_time between since and until + app.call_window()
        and c.countable and app.encloses(app.to_call(w), app.to_call(c))
      order by c.start_time limit 1) c
    where w.countable and w.response_id is null and w.instrumentation is not null);
end
$$;
comment on function app.find_enclosed(text, public.spans[], timestamptz, timestamptz) is
  'For each of these calls that encloses a stored one (app.encloses) the first of these.';

-- The same rule, asked of what is stored. Each order asks for the index that has it (see
-- app.add_to_traces).
create function app.find_affected(
  tenant text, touched public.spans[], added text[], mixed boolean,
  since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    with keys as materialized (
      select s as span, trace_id, span_id, parent_span_id, response_id, start_time
      from unnest(touched) s where countable
    ),
    near as materialized (
      select s.* from (
        select trace_id, span_id from keys union
        select trace_id, parent_span_id from keys where parent_span_id is not null
      ) k cross join lateral (
        select * from public.spans
        where tenant_id = tenant and trace_id = k.trace_id
          and span_id between k.span_id and k.span_id
          and start_time between since and until and countable
        order by span_id, start_time) s
    ),
    hollow as (
      select c.* from keys k cross join lateral (
        select * from public.spans c
        where tenant_id = tenant and trace_id = k.trace_id
          and parent_span_id between k.span_id and k.span_id and start_time between since and until
          and countable and app.is_hollow(app.to_call(c), app.to_call(k.span))
        order by parent_span_id) c
      where mixed and k.response_id is not null and (k.span).usage_status = 'reported'
    ),
    -- One more span can take the place of one that is counted; a changed one can also leave it to
    -- one that is not.
    responses as (
      select response_id, min(start_time) - app.call_window() as earliest,
        max(start_time) + app.call_window() as latest,
        bool_and(trace_id || span_id in (select unnest(added))) as only_added
      from (
        select trace_id, span_id, response_id, start_time from keys union all
        select trace_id, span_id, response_id, start_time from near
      ) s where response_id is not null group by response_id
    ),
    peers as (
      select s.* from responses r cross join lateral (
        select * from public.spans
        where tenant_id = tenant and app.tells_of(response_id, r.response_id)
          and start_time between since - app.call_window() and until + app.call_window()
          and start_time between r.earliest and r.latest and countable and (counted or not r.only_added)
        order by hashtextextended(response_id, 0), counted, start_time) s
    )
    select distinct on (trace_id, span_id) s::public.spans from (
      select * from near union all select * from hollow union all select * from peers
      union all select * from unnest(case when mixed then app.find_enclosing(tenant,
        array(select span from keys) || array(select n::public.spans from near n), since, until) end)
    ) s);
end
$$;
comment on function app.find_affected(
  text, public.spans[], text[], boolean, timestamptz, timestamptz
) is
  'The stored countable spans whose counting these bear on: they themselves, their parents, hollow children, those of the same response, and those that enclose one.';

create function app.find_misjudged(
  tenant text, settled public.spans[], mixed boolean, since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select a::public.spans from unnest(settled) a
    where a.counted <> ((
        select false from public.spans c
        where c.tenant_id = tenant and c.trace_id = a.trace_id
          and c.parent_span_id between a.span_id and a.span_id
          and c.start_time between since and until and c.countable and c.span_id <> a.span_id
          and app.is_of_its_model(app.to_call(c), app.to_call(a))
          and (mixed and app.is_hollow(app.to_call(c), app.to_call(a))) is not true
        order by c.parent_span_id limit 1
      ) is null and (
        not mixed or a.parent_span_id is null or a.response_id is not null or a.status = 'error'
        or a.usage_status is not distinct from 'reported' or (
          select false from public.spans p
          where p.tenant_id = tenant and p.trace_id = a.trace_id
            and p.span_id between a.parent_span_id and a.parent_span_id
            and p.start_time between since and until and p.countable
            and app.is_hollow(app.to_call(a), app.to_call(p))
          order by p.span_id limit 1
        ) is null
      ) and (
        select false from public.spans y
        where y.tenant_id = tenant and app.tells_of(y.response_id, a.response_id)
          and y.start_time between since - 2 * app.call_window() and until + 2 * app.call_window()
          and y.start_time between a.start_time - app.call_window() and a.start_time + app.call_window()
          and y.countable and app.is_better(app.to_call(y), app.to_call(a))
          and not app.wraps(tenant, y, since, until)
        order by hashtextextended(y.response_id, 0) desc, y.counted desc, y.start_time desc limit 1
      ) is null and (not mixed or a.response_id is not null or (
        select false from public.spans c
        where c.tenant_id = tenant
          and c.start_time between a.start_time and least(a.end_time, a.start_time + app.call_window())
          and c.start_time between since - 2 * app.call_window() and until + 2 * app.call_window()
          and c.countable and app.encloses(app.to_call(a), app.to_call(c))
          and not app.wraps(tenant, c, since, until)
        order by c.start_time limit 1
      ) is null)));
end
$$;
comment on function app.find_misjudged(
  text, public.spans[], boolean, timestamptz, timestamptz
) is
  'Those of these stored spans that are counted and do not stand for a call, or the other way round (mixed: by several instrumentations).';

create function app.settle_counts(
  tenant text, touched public.spans[], added text[], mixed boolean,
  since timestamptz, until timestamptz, out settled public.spans[], out turned text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  span public.spans;
begin
  settled := app.find_affected(tenant, touched, added, mixed, since, until);
  turned := '{}';
  foreach span in array app.find_misjudged(tenant, settled, mixed, since, until) loop
    update public.spans set counted = not counted
      where tenant_id = tenant and trace_id = span.trace_id
        and span_id = span.span_id and start_time = span.start_time;
    turned := turned || (span.trace_id || span.span_id);
  end loop;
end
$$;
comment on function app.settle_counts(
  text, public.spans[], text[], boolean, timestamptz, timestamptz
) is
  'Counts anew what these spans bear on, by all that is stored (mixed: by several instrumentations); answers what it looked at, and trace and span id of those that changed.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/39_responses.sql

-- Spans of several traces that tell of one call: who writes any of them keeps out whoever writes
-- another.

create function app.list_responses(spans public.spans[]) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    select distinct response_id collate "C" from unnest(spans)
    where countable and response_id is not null);
end
$$;
comment on function app.list_responses(public.spans[]) is
  'The response ids of the countable ones of these spans.';

-- Postgres keeps all locks in one table of 64 (max_locks_per_transaction) for each connection, so a
-- writer takes 17 of them at most: few responses one by one, many as all of its tenant's at once.
-- The lock of all comes first, and the others have odd numbers, in order: nobody deadlocks.
create function app.hold_responses(tenant text, responses text[], alone boolean) returns void
language plpgsql set search_path = ''
as $$
declare
  response integer;
begin
  if alone or cardinality(responses) > 16 then
    perform pg_advisory_xact_lock(hashtext(tenant), 0);
    return;
  end if;
  perform pg_advisory_xact_lock_shared(hashtext(tenant), 0);
  for response in select distinct hashtext(id) | 1 from unnest(responses) id order by 1 loop
    perform pg_advisory_xact_lock(hashtext(tenant), response);
  end loop;
end
$$;
comment on function app.hold_responses(text, text[], boolean) is
  'Lets nobody else write spans of these responses, or alone no calls at all, until the transaction ends: what is committed of them is all there is.';

-- A call without a response id has to see those of every other instrumentation, so its writer is
-- alone; so is who brings an instrumentation that the others do not yet know of.
create function app.hold_calls(
  tenant text, arrived public.spans[], responses text[],
  inout alone boolean, out instrumentations text[]
)
language plpgsql set search_path = ''
as $$
declare
  told text[];
  unnamed boolean;
  known text[];
begin
  select coalesce(array_agg(distinct instrumentation), '{}'),
      coalesce(bool_or(response_id is null), false)
    into told, unnamed
    from unnest(arrived) where instrumentation is not null and countable;
  if told = '{}' and responses = '{}' and not alone then
    instrumentations := '{}';
    return;
  end if;
  -- What two are known of is known for good; less may be more once the lock is held.
  for turn in 1 .. 2 loop
    select call_instrumentations into known from public.tenants where tenant_id = tenant;
    instrumentations :=
      (known || array(select unnest(told) except select unnest(known) order by 1))[1:2];
    if instrumentations <> known or unnamed and cardinality(instrumentations) > 1 then
      if turn = 2 and not alone then
        raise sqlstate 'LO409' using
          message = 'A call of another instrumentation has turned up.', detail = '{}';
      end if;
      alone := true;
    end if;
    exit when turn = 2;
    perform app.hold_responses(tenant, responses, alone);
    exit when cardinality(known) = 2;
  end loop;
  if instrumentations <> known then
    update public.tenants set call_instrumentations = instrumentations where tenant_id = tenant;
  end if;
end
$$;
comment on function app.hold_calls(text, public.spans[], text[], boolean) is
  'Holds what may tell of the calls of these spans, by response or alone; answers whether alone, and the tenant''s first two instrumentations of calls, one where there is one.';

create function app.find_peers(
  tenant text, responses text[], reopened text[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select s::public.spans from unnest(responses) r cross join lateral (
      select * from public.spans
      where tenant_id = tenant and app.tells_of(response_id, r)
        and start_time between since - app.call_window() and until + app.call_window()
        and countable
      order by hashtextextended(response_id, 0) desc, counted desc, start_time desc
      limit case when r <> all(reopened) then 4 end) s);
end
$$;
comment on function app.find_peers(text, text[], text[], timestamptz, timestamptz) is
  'Stored spans of these responses, those counted first: of reopened ones all, else a few, since no two that are counted start within an hour.';

create function app.find_nested(
  tenant text, arrived public.spans[], held text[], instrumentations text[],
  since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found public.spans[] := '{}';
begin
  if cardinality(instrumentations) > 1 then
    found := app.find_enclosing(tenant, arrived, since, until)
      || app.find_enclosed(tenant, arrived, since, until);
  end if;
  if held <> '{}' then
    found := found || array(
      select s::public.spans from unnest(held) t cross join lateral (
        select * from public.spans
        where tenant_id = tenant and trace_id between t and t and start_time between since and until
        order by trace_id limit 1) s);
  end if;
  return found;
end
$$;
comment on function app.find_nested(text, public.spans[], text[], text[], timestamptz, timestamptz) is
  'Stored spans that enclose these or are enclosed by them, and one of each trace that is to be held besides.';

create function app.require_held(
  arrived public.spans[], before public.spans[], settled public.spans[],
  responses text[], known text[], instrumentations text[], alone boolean
) returns void
language plpgsql stable set search_path = ''
as $$
declare
  others text[];
  traces text[];
  unseen boolean := not alone and exists (
    select from unnest(before) where countable and instrumentation is not null
      and (instrumentations = '{}' or response_id is null and cardinality(instrumentations) > 1));
begin
  select
    coalesce(array_agg(distinct response_id) filter (
      where response_id is not null and response_id not in (select unnest(responses))), '{}'),
    coalesce(array_agg(distinct trace_id) filter (
      where trace_id not in (select trace_id from unnest(arrived) union select unnest(known))), '{}')
    into others, traces from unnest(before || settled) where countable;
  if others <> '{}' or traces <> '{}' or unseen then
    raise sqlstate 'LO409' using
      message = 'A call has turned up that this transaction does not hold.',
      detail = jsonb_build_object('responses', others, 'traces', traces)::text;
  end if;
end
$$;
comment on function app.require_held(
  public.spans[], public.spans[], public.spans[], text[], text[], text[], boolean
) is
  'Refuses, with these as detail, to have settled spans whose response or trace is not held, or changed some that want to be alone: locks are taken in order, so the writer begins again with them, alone.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/40_trace_summaries.sql

-- A trace's summary, from its spans. A key is a trace id and a span id in one text, or a trace id
-- alone: the whole trace.

create function app.trace_of(key text) returns text
language sql immutable parallel safe
return left(key, 32);
comment on function app.trace_of(text) is 'The trace id of a key.';

create function app.is_of_key(span_id text, key text) returns boolean
language sql immutable parallel safe
-- g comes after every hex digit.
return span_id between substr(key, 33) and coalesce(nullif(substr(key, 33), ''), 'g');
comment on function app.is_of_key(text, text) is
  'Whether a span of a key''s trace is the key''s: every one where it names none.';

create function app.hold_traces(arrived public.spans[]) returns text[]
language plpgsql set search_path = ''
as $$
declare
  known text[];
begin
  with wanted as materialized (
    select tenant_id, trace_id, min(start_time) as start_time, max(end_time) as end_time,
      min(start_ns) as start_ns, max(end_ns) as end_ns
    from unnest(arrived)
    group by tenant_id, trace_id
    -- One order for all writers: unsorted, concurrent batches deadlock.
    order by trace_id
  ),
  made as (
    insert into public.traces (tenant_id, trace_id, start_time, end_time, start_ns, end_ns)
    select * from wanted
    -- Takes the lock of a row that is there, and leaves it as it is.
    on conflict (tenant_id, trace_id) do update set updated_at = excluded.updated_at where false
    returning trace_id
  )
  select coalesce(array_agg(trace_id), '{}') into known from wanted
    where trace_id not in (select trace_id from made);
  return known;
end
$$;
comment on function app.hold_traces(public.spans[]) is
  'Locks the summaries of these spans'' traces until the transaction ends, empty ones made where there was none; answers which traces were known.';

create function app.find_keyed(
  tenant text, keys text[], since timestamptz, until timestamptz
) returns setof public.spans
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  -- Rows, and no array of them: large attributes stay packed, outside of their rows.
  return query select s.* from unnest(keys) key cross join lateral (
    select * from public.spans
    where tenant_id = tenant and trace_id = app.trace_of(key)
      and app.is_of_key(span_id, key) and start_time between since and until
    -- Asks for the primary key: by estimate another index may look as good, and is not.
    order by span_id, start_time) s;
end
$$;
comment on function app.find_keyed(text, text[], timestamptz, timestamptz) is
  'The stored spans of these keys.';

create function app.add_to_traces(
  tenant text, arrived public.spans[], keys text[], since timestamptz, until timestamptz
) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  -- An insert for its conflict: each row is there (hold_traces) and is found by the primary key,
  -- which no plan for an update of many is sure to take.
  insert into public.traces as known (
    tenant_id, trace_id, root_span_id, root_start_ns, root_span_name, root_status,
    start_time, end_time, start_ns, end_ns, span_count, error_count, requests,
    unpriced_requests, unmeasured_requests, input_tokens, output_tokens, total_tokens,
    total_cost_usd, models, providers, operations, service_name, environment, session_id, user_id)
  select tenant, trace_id,
    (array_agg(span_id order by start_ns, span_id) filter (where parent_span_id is null))[1],
    min(start_ns) filter (where parent_span_id is null),
    (array_agg(name order by start_ns, span_id) filter (where parent_span_id is null))[1],
    (array_agg(status order by start_ns, span_id) filter (where parent_span_id is null))[1],
    min(start_time), max(end_time), min(start_ns), max(end_ns),
    count(*), count(*) filter (where status = 'error'), count(*) filter (where counted),
    count(*) filter (where counted and app.is_unpriced(status, total_tokens, cost_usd)),
    count(*) filter (where counted and app.is_unmeasured(status, total_tokens)),
    sum(input_tokens) filter (where counted), sum(output_tokens) filter (where counted),
    sum(total_tokens) filter (where counted), sum(cost_usd) filter (where counted),
    coalesce((array_agg(distinct model order by model) filter (where counted and model is not null))[1:32], '{}'),
    coalesce((array_agg(distinct provider order by provider) filter (where counted and provider is not null))[1:32], '{}'),
    coalesce((array_agg(distinct operation order by operation) filter (where operation is not null))[1:32], '{}'),
    min(service_name), min(environment), min(session_id), min(user_id)
  from (select * from unnest(arrived)
    union all select * from app.find_keyed(tenant, keys, since, until)) s
  group by trace_id
  on conflict (tenant_id, trace_id) do update set
    -- The first of several roots, whichever was delivered first.
    (root_span_id, root_start_ns, root_span_name, root_status) = (
      select root.* from (values
        (known.root_span_id, known.root_start_ns, known.root_span_name, known.root_status),
        (excluded.root_span_id, excluded.root_start_ns, excluded.root_span_name, excluded.root_status)
      ) root (span_id, start_ns, name, status)
      order by start_ns, span_id limit 1),
    start_time = least(known.start_time, excluded.start_time),
    end_time = greatest(known.end_time, excluded.end_time),
    start_ns = least(known.start_ns, excluded.start_ns), end_ns = greatest(known.end_ns, excluded.end_ns),
    span_count = known.span_count + excluded.span_count, error_count = known.error_count + excluded.error_count,
    requests = known.requests + excluded.requests,
    unpriced_requests = known.unpriced_requests + excluded.unpriced_requests,
    unmeasured_requests = known.unmeasured_requests + excluded.unmeasured_requests,
    input_tokens = coalesce(known.input_tokens + excluded.input_tokens, known.input_tokens, excluded.input_tokens),
    output_tokens = coalesce(known.output_tokens + excluded.output_tokens, known.output_tokens, excluded.output_tokens),
    total_tokens = coalesce(known.total_tokens + excluded.total_tokens, known.total_tokens, excluded.total_tokens),
    total_cost_usd = coalesce(known.total_cost_usd + excluded.total_cost_usd, known.total_cost_usd, excluded.total_cost_usd),
    models = app.unite(known.models, excluded.models),
    providers = app.unite(known.providers, excluded.providers),
    operations = app.unite(known.operations, excluded.operations),
    service_name = least(known.service_name, excluded.service_name),
    environment = least(known.environment, excluded.environment),
    session_id = least(known.session_id, excluded.session_id), user_id = least(known.user_id, excluded.user_id),
    updated_at = now();
end
$$;
comment on function app.add_to_traces(text, public.spans[], text[], timestamptz, timestamptz) is
  'Adds stored spans to the summaries of their traces: those at hand as they are, others by their keys.';

create function app.summarize_traces(
  tenant text, trace_ids text[],
  since timestamptz default '-infinity', until timestamptz default 'infinity'
) returns bigint
language plpgsql set search_path = ''
as $$
declare
  gone bigint;
begin
  update public.traces set
    root_span_id = null, root_start_ns = null, root_span_name = null, root_status = null,
    start_time = 'infinity', end_time = '-infinity', start_ns = 9223372036854775807, end_ns = 0,
    span_count = 0, error_count = 0, requests = 0, unpriced_requests = 0, unmeasured_requests = 0,
    input_tokens = null, output_tokens = null, total_tokens = null, total_cost_usd = null,
    models = '{}', providers = '{}', operations = '{}',
    service_name = null, environment = null, session_id = null, user_id = null
    where tenant_id = tenant and trace_id = any(trace_ids);
  perform app.add_to_traces(tenant, '{}', trace_ids, since, until);
  delete from public.traces
    where tenant_id = tenant and trace_id = any(trace_ids) and span_count = 0;
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app.summarize_traces(text, text[], timestamptz, timestamptz) is
  'Makes the summaries of a tenant''s traces anew from the spans that are left; answers how many are gone.';

create function app.unite(known text[], added text[]) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  if known @> coalesce(added, '{}') then
    return known;
  elsif known = '{}' then
    return added;
  end if;
  -- The first of a union do not depend on its order, and a row that grows with each batch would.
  return array(select unnest(known) union select unnest(added) order by 1 limit 32);
end
$$;
comment on function app.unite(text[], text[]) is
  'The union of two sorted arrays without repeats, its first 32; the second may be null.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/41_convergence.sql

-- Where a batch meets what is stored, or itself: the part of writing that most batches pass by.

create function app.converge(
  tenant text, arrived public.spans[], before public.spans[], contents public.span_contents[],
  peers public.spans[], known text[], added text[], responses text[],
  instrumentations text[], alone boolean,
  since timestamptz, until timestamptz,
  out merged bigint, out restless text[]
)
language plpgsql set search_path = ''
as $$
declare
  states public.spans[] := app.find_repeated(arrived || before);
  repeated public.spans[] := app.merge_spans(states);
  changed text[];
  settled public.spans[];
  turned text[] := '{}';
begin
  select coalesce(array_agg(b.trace_id || b.span_id), '{}') into changed
    from unnest(before) b join unnest(repeated) r using (trace_id, span_id) where b *<> r;
  merged := cardinality(changed);
  perform app.replace_spans(tenant, states, repeated);
  perform app.replace_contents(tenant, contents, states, repeated);
  if added <> '{}' or changed <> '{}' then
    select s.settled, s.turned into settled, turned
      from app.settle_counts(
        tenant, app.find_unsettled(arrived || before || repeated, repeated, known, peers),
        added, cardinality(instrumentations) > 1, since, until) s;
    perform app.require_held(arrived, before, settled, responses, known, instrumentations, alone);
  end if;
  restless := array(
    select app.trace_of(key) from unnest(changed) key
    union select app.trace_of(key) from unnest(turned) key where key <> all(added));
end
$$;
comment on function app.converge(
  text, public.spans[], public.spans[], public.span_contents[], public.spans[],
  text[], text[], text[], text[], boolean, timestamptz, timestamptz
) is
  'Merges repeated spans and settles what is counted, in the traces of their peers too; answers how many known spans changed, and the traces in which anything but the added spans did.';

create function app.find_unsettled(
  states public.spans[], repeated public.spans[], known text[], peers public.spans[]
) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    with calls as materialized (
      select s, response_id, trace_id = any(known)
        or trace_id in (select trace_id from unnest(repeated)) as partly_told
      from unnest(states) s where countable
    )
    select s from calls
    where partly_told
      or response_id in (select response_id from calls where partly_told)
      or response_id in (select response_id from unnest(peers))
      or exists (
        select from unnest(peers) p
        where app.encloses(app.to_call(p), app.to_call(s))
          or app.encloses(app.to_call(s), app.to_call(p))));
end
$$;
comment on function app.find_unsettled(public.spans[], public.spans[], text[], public.spans[]) is
  'The countable ones of these states in traces, or of calls, of which the batch does not tell all.';

-- Who deletes holds the tenant, so nothing has to be held besides. A span that is settled tells of
-- its trace, whose span of time the next turn looks at, too.
create function app.settle_without(tenant text, gone public.spans[]) returns void
language plpgsql set search_path = ''
as $$
declare
  mixed boolean := (
    select cardinality(call_instrumentations) > 1 from public.tenants where tenant_id = tenant);
  traces text[];
  seen text[] := array(select distinct trace_id from unnest(gone));
  restless text[] := '{}';
begin
  while gone <> '{}' and traces is distinct from seen loop
    traces := seen;
    select
      array(select trace_id from unnest(s.settled) union select unnest(traces) order by 1),
      restless || array(select app.trace_of(key) from unnest(s.turned) key)
      into seen, restless
      from app.find_window(tenant, gone, traces) w
      cross join lateral app.settle_counts(
        tenant, gone, '{}', mixed is true, w.since, w.until) s;
  end loop;
  perform app.summarize_traces(tenant, restless);
end
$$;
comment on function app.settle_without(text, public.spans[]) is
  'Counts what stands for a call now that these countable spans are deleted, and moves the traces.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/42_ingest_spans.sql

-- The one door for writing.

create function app.write_spans(
  tenant text, payload jsonb, reopened text[], held text[], alone boolean,
  out stored bigint, out merged bigint
)
language plpgsql set search_path = ''
as $$
declare
  arrived public.spans[] := app.mark_counted(app.read_spans(tenant, payload));
  contents public.span_contents[] := app.read_contents(tenant, payload);
  responses text[] := app.list_responses(arrived) || reopened;
  instrumentations text[];
  peers public.spans[];
  known text[];
  since timestamptz;
  until timestamptz;
  before public.spans[];
  added text[];
  restless text[] := '{}';
begin
  select h.alone, h.instrumentations into alone, instrumentations
    from app.hold_calls(tenant, arrived, responses, alone) h;
  select w.since, w.until into since, until
    from app.find_window(tenant, arrived, held || array(
      select trace_id from unnest(arrived) where reopened <> '{}')) w;
  peers := app.find_peers(tenant, responses, reopened, since, until)
    || app.find_nested(tenant, arrived, held, instrumentations, since, until);
  known := app.hold_traces(arrived || peers);
  if known <> '{}' then
    select w.since, w.until into since, until from app.find_window(tenant, arrived, known) w;
  end if;
  before := app.find_stored(tenant, arrived, known, since, until);
  perform app.insert_spans(arrived);
  added := array(
    select trace_id || span_id from unnest(arrived)
    except select trace_id || span_id from unnest(before));
  stored := cardinality(added);
  merged := 0;
  if known = '{}' and stored = cardinality(arrived) then
    perform app.insert_contents(contents);
    -- All of it is new, and is what was stored.
    perform app.add_to_traces(tenant, arrived, '{}', since, until);
  else
    select c.merged, c.restless into merged, restless
      from app.converge(
        tenant, arrived, before, contents, peers, known, added, responses, instrumentations, alone,
        since, until) c;
    perform app.summarize_traces(tenant, restless, since, until);
    added := array(select key from unnest(added) key where app.trace_of(key) <> all(restless));
    perform app.add_to_traces(tenant, '{}', added, since, until);
  end if;
end
$$;
comment on function app.write_spans(text, jsonb, text[], text[], boolean) is
  'Inserts a tenant''s spans that are new, merges those that are known, settles what is counted and moves the traces; answers how many spans were new and how many known ones changed.';

-- Postgres' own message would do, but its detail is the failing row, and rows hold content.
create function app.describe_problem(problem text, column_of text, constraint_of text) returns text
language sql immutable set search_path = ''
as $$
  select case
    when constraint_of <> '' then format('%s does not hold.', constraint_of)
    when column_of <> '' then format('%s is missing.', column_of)
    else regexp_replace(problem, '".*"', '"…"') || '.'
  end
$$;
comment on function app.describe_problem(text, text, text) is
  'A database error of a span in words, without any of the span''s values.';

create function app.store_spans(
  tenant text, payload jsonb, out stored bigint, out merged bigint
)
language plpgsql set search_path = ''
as $$
declare
  reopened text[] := '{}';
  held text[] := '{}';
  alone boolean := false;
  problem text;
  column_of text;
  constraint_of text;
begin
  loop
    begin
      select w.stored, w.merged into stored, merged
        from app.write_spans(tenant, payload, reopened, held, alone) w;
      return;
    exception
      -- Undone, locks included, and begun again with what was missing (app.require_held).
      when sqlstate 'LO409' then
        get stacked diagnostics problem = pg_exception_detail;
        reopened := reopened || array(select jsonb_array_elements_text(problem::jsonb -> 'responses'));
        held := held || array(select jsonb_array_elements_text(problem::jsonb -> 'traces'));
        alone := true;
      when data_exception or integrity_constraint_violation or program_limit_exceeded then
        get stacked diagnostics
          problem = message_text, column_of = column_name, constraint_of = constraint_name;
        raise invalid_parameter_value using
          message = 'A span is malformed: ' || app.describe_problem(problem, column_of, constraint_of),
          hint = 'No span of this batch was stored. Correct or leave out that one and send the rest.';
    end;
  end loop;
end
$$;
comment on function app.store_spans(text, jsonb) is
  'Stores a tenant''s spans, all or none of a batch; answers how many were new and how many known ones changed.';

create function public.ingest_spans(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
  received bigint;
  limited boolean;
  digest jsonb;
  past_the_door boolean := app.is_past_the_door(tenant);
  keeps_content boolean;
  outcome record;
begin
  if jsonb_typeof($1 -> 'spans') is distinct from 'array' then
    raise invalid_parameter_value using
      message = 'The body has no array of spans.',
      hint = 'Send {"spans": [...], "process": {...}}.';
  end if;
  received := jsonb_array_length($1 -> 'spans');
  -- Who sends nothing asks for the digest's key, which a limit does not keep back.
  limited := received > 0 and app.check_budget(tenant);
  digest := app.ensure_tenant(tenant);
  if past_the_door then
    perform app.require_doubles($1 -> 'spans');
  end if;
  select content_capture = 'on' or content_capture = 'follow' and not past_the_door
    into keeps_content from public.tenants where tenant_id = tenant;
  outcome := app.store_spans(tenant, case
    when keeps_content then $1 -> 'spans' else app.withhold_content($1 -> 'spans') end);
  perform app.record_process(tenant, $1 -> 'process', outcome.stored);
  if limited then
    perform app.charge_budget(tenant, received, pg_column_size($1));
  end if;
  return jsonb_build_object(
    'received', received, 'stored', outcome.stored, 'merged', outcome.merged,
    -- Its token's holder has the key that was derived for it, and learns here whether it is current.
    'digest', case when past_the_door then digest - 'salt' else digest end, 'content', keeps_content,
    'mappings', case when $1 -> 'settings' = 'true' then app.list_mappings(tenant) end);
end
$$;
comment on function public.ingest_spans(jsonb) is
  'Writes {"spans": [...], "process": {...}} under the tenant of the caller''s token. Any order, cut and repetition of deliveries ends in the same rows. Content is left out where the tenant forbids it (tenants.content_capture; the answer''s "content"). With "settings": true it also answers the tenant''s attribute_mappings.';

revoke execute on all functions in schema app from public;
revoke execute on function public.ingest_spans(jsonb) from public, anon, authenticated;
grant execute on function public.ingest_spans(jsonb) to llm_ingest, service_role;

-- supabase/schemas/49_model_calls.sql

-- What is a model call, and what is known of it. Every sum over calls is made from here.

create view public.model_calls with (security_invoker = true) as
select
  tenant_id, trace_id, span_id, start_time, operation, provider, model,
  duration_ms, time_to_first_token_ms, input_tokens, output_tokens, total_tokens, cost_usd,
  status = 'error' as failed,
  app.is_unpriced(status, total_tokens, cost_usd) as unpriced,
  app.is_unmeasured(status, total_tokens) as unmeasured,
  error_type, session_id, user_id, environment, service_name
from public.spans
where counted;
comment on view public.model_calls is
  'One row per model call: the one span that stands for it (spans.counted). failed: it ended in an error, and costs nothing. unmeasured: answered, usage unknown. unpriced: answered, usage known, price unknown. Sums of cost leave out both.';

create function app.percentiles() returns double precision[]
language sql immutable parallel safe
return array[0.5, 0.95, 0.99]::double precision[];
comment on function app.percentiles() is 'The percentiles of latency that every sum gives, in order.';

revoke execute on all functions in schema app from public;
grant execute on function app.percentiles() to authenticated, service_role;
revoke all on public.model_calls from anon, authenticated;
grant select on public.model_calls to authenticated, service_role;

-- supabase/schemas/50_views.sql

-- What people query in Supabase Studio and what the API reads. All run as their caller, under RLS.

create view public.span_summaries with (security_invoker = true) as
select
  s.*,
  counted and app.is_unpriced(status, total_tokens, cost_usd) as unpriced,
  counted and app.is_unmeasured(status, total_tokens) as unmeasured
from public.spans s;
comment on view public.span_summaries is
  'Spans without content: rows of a list or of a tree. unpriced and unmeasured as in model_calls.';

create view public.span_details with (security_invoker = true) as
select s.*, c.input, c.output
from public.spans s
-- Span by span, by its whole key. As a plain join the planner reads a trace's contents, in every
-- partition, once for each of its spans: 70 times slower at 1,000 spans.
left join lateral (
  select k.input, k.output
  from public.span_contents k
  where k.tenant_id = s.tenant_id and k.trace_id = s.trace_id
    and k.span_id = s.span_id and k.start_time = s.start_time
  limit 1
) c on true;
comment on view public.span_details is
  'Spans with all that is stored of them, content included where it was captured.';

create view public.trace_summaries with (security_invoker = true) as
select
  r.tenant_id, r.trace_id, r.root_span_name, r.start_time, r.end_time, r.duration_ms, r.status,
  r.span_count, r.error_count, r.models, r.providers, r.operations, r.requests,
  r.unpriced_requests, r.unmeasured_requests,
  r.input_tokens, r.output_tokens, r.total_tokens, r.total_cost_usd,
  r.session_id, r.user_id, r.environment, r.service_name, t.generated
from public.traces r
join public.tenants t using (tenant_id);
comment on view public.trace_summaries is
  'One row per trace: duration, tokens, cost, errors. total_cost_usd leaves out unpriced_requests and unmeasured_requests.';

create view public.metrics_by_hour with (security_invoker = true) as
select
  tenant_id, date_trunc('hour', start_time, 'UTC') as hour,
  count(*) as requests, count(*) filter (where failed) as errors,
  sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
  sum(total_tokens) as total_tokens, sum(cost_usd) as cost_usd,
  count(*) filter (where unpriced) as unpriced_requests,
  count(*) filter (where unmeasured) as unmeasured_requests,
  percentile_cont(app.percentiles()) within group (order by duration_ms) as latency_ms_p50_p95_p99
from public.model_calls
group by 1, 2;
comment on view public.metrics_by_hour is
  'Model calls per hour (UTC), over all time. For a window query_metrics is faster: it uses the index on start_time.';

create view public.metrics_by_day with (security_invoker = true) as
select
  tenant_id, date_trunc('day', start_time, 'UTC') as day,
  count(*) as requests, count(*) filter (where failed) as errors,
  sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
  sum(total_tokens) as total_tokens, sum(cost_usd) as cost_usd,
  count(*) filter (where unpriced) as unpriced_requests,
  count(*) filter (where unmeasured) as unmeasured_requests,
  percentile_cont(app.percentiles()) within group (order by duration_ms) as latency_ms_p50_p95_p99
from public.model_calls
group by 1, 2;
comment on view public.metrics_by_day is
  'Model calls per day (UTC).';

create view public.metrics_by_model with (security_invoker = true) as
select
  tenant_id, provider, model,
  count(*) as requests, count(*) filter (where failed) as errors,
  sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
  sum(total_tokens) as total_tokens, sum(cost_usd) as cost_usd,
  count(*) filter (where unpriced) as unpriced_requests,
  count(*) filter (where unmeasured) as unmeasured_requests,
  percentile_cont(app.percentiles()) within group (order by duration_ms) as latency_ms_p50_p95_p99
from public.model_calls
group by 1, 2, 3;
comment on view public.metrics_by_model is
  'Model calls per provider and model, over all time.';

create view public.metrics_by_user with (security_invoker = true) as
select
  tenant_id, user_id,
  count(*) as requests, count(*) filter (where failed) as errors,
  sum(total_tokens) as total_tokens, sum(cost_usd) as cost_usd,
  count(*) filter (where unpriced) as unpriced_requests,
  count(*) filter (where unmeasured) as unmeasured_requests,
  max(start_time) as last_seen
from public.model_calls
group by 1, 2;
comment on view public.metrics_by_user is 'Model calls per user, over all time.';

create view public.error_summaries with (security_invoker = true) as
select
  tenant_id, error_type, operation, provider, model,
  count(*) as errors, min(start_time) as first_seen, max(start_time) as last_seen
from public.spans
where status = 'error'
group by tenant_id, error_type, operation, provider, model;
comment on view public.error_summaries is 'Failed spans by type, operation and model.';

revoke all on
  public.span_summaries, public.span_details, public.trace_summaries, public.metrics_by_hour,
  public.metrics_by_day, public.metrics_by_model, public.metrics_by_user, public.error_summaries
  from anon, authenticated;
grant select on
  public.span_summaries, public.span_details, public.trace_summaries, public.metrics_by_hour,
  public.metrics_by_day, public.metrics_by_model, public.metrics_by_user, public.error_summaries
  to authenticated, service_role;

-- supabase/schemas/51_query_metrics.sql

-- The dashboard's numbers in one round trip: totals, a series without holes, and models.

create function app.metrics_of(
  requests bigint, errors bigint, unpriced bigint, unmeasured bigint, input_tokens numeric,
  output_tokens numeric, total_tokens numeric, cost_usd numeric, latency double precision[]
) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'requests', requests,
    'errors', errors,
    'error_rate', case when requests > 0 then errors::numeric / requests end,
    'unpriced_requests', unpriced,
    'unmeasured_requests', unmeasured,
    -- No calls cost nothing, which is known; calls of unknown cost are unknown.
    'input_tokens', case when requests = 0 then 0 else input_tokens end,
    'output_tokens', case when requests = 0 then 0 else output_tokens end,
    'total_tokens', case when requests = 0 then 0 else total_tokens end,
    'cost_usd', case when requests = 0 then 0 else cost_usd end,
    'latency_ms', jsonb_build_object('p50', latency[1], 'p95', latency[2], 'p99', latency[3]))
$$;
comment on function app.metrics_of(bigint, bigint, bigint, bigint, numeric, numeric, numeric, numeric, double precision[]) is
  'The measures of one group of model calls, as JSON.';

create function app.check_window(window_start timestamptz, window_end timestamptz, bucket text)
returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if (bucket in ('minute', 'hour', 'day')) is not true then
    raise invalid_parameter_value using
      message = 'The bucket is not minute, hour or day.', hint = 'Choose one of them.';
  end if;
  if (isfinite(window_start) and isfinite(window_end) and window_start < window_end) is not true then
    raise invalid_parameter_value using
      message = 'The window does not start before it ends.',
      hint = 'Give two times, window_start before window_end.';
  end if;
  -- As many as GET /metrics answers; without a bound one request could keep the server busy.
  if extract(epoch from window_end - window_start) / extract(epoch from ('1 ' || bucket)::interval) > 1500 then
    raise invalid_parameter_value using
      message = 'The window has more than 1,500 buckets.',
      hint = 'Choose a larger bucket or a shorter window.';
  end if;
end
$$;
comment on function app.check_window(timestamptz, timestamptz, text) is
  'Refuses windows that query_metrics cannot answer.';

create function public.query_metrics(window_start timestamptz, window_end timestamptz, bucket text)
returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  answer jsonb;
begin
  perform app.check_window(window_start, window_end, bucket);
  with calls as (
    select provider, model, date_trunc(bucket, start_time, 'UTC') as bucket_start,
      failed, unpriced, unmeasured, duration_ms, input_tokens, output_tokens, total_tokens, cost_usd
    from public.model_calls
    where tenant_id = tenant and start_time >= window_start and start_time < window_end
  ),
  grouped as (
    select grouping(bucket_start) = 0 as by_time, grouping(model) = 0 as by_model,
      bucket_start, provider, model, count(*) as requests,
      app.metrics_of(
        count(*), count(*) filter (where failed),
        count(*) filter (where unpriced), count(*) filter (where unmeasured),
        sum(input_tokens), sum(output_tokens), sum(total_tokens), sum(cost_usd),
        percentile_cont(app.percentiles()) within group (order by duration_ms)) as metrics
    from calls
    group by grouping sets ((), (bucket_start), (provider, model))
  ),
  timeline as (
    select point at time zone 'UTC' as bucket_start, coalesce(
      g.metrics, app.metrics_of(0, 0, 0, 0, 0, 0, 0, 0, null)) as metrics
    from generate_series(
      date_trunc(bucket, window_start at time zone 'UTC'),
      window_end at time zone 'UTC' - interval '1 microsecond',
      ('1 ' || bucket)::interval) point
    left join grouped g on g.by_time and g.bucket_start = point at time zone 'UTC'
  )
  select jsonb_build_object(
    'generated', coalesce((select generated from public.tenants where tenant_id = tenant), false),
    'totals', (select metrics from grouped where not by_time and not by_model),
    'series', (select coalesce(jsonb_agg(metrics || jsonb_build_object('bucket_start', bucket_start)
      order by bucket_start), '[]') from timeline),
    'by_model', (select coalesce(jsonb_agg(
      metrics || jsonb_build_object('provider', provider, 'model', model)
      order by requests desc, provider, model), '[]') from (
        select * from grouped where by_model order by requests desc, provider, model
        -- As many as an answer of 6 MB holds, however long their names are.
        limit 500) busiest))
  into answer;
  return answer;
end
$$;
comment on function public.query_metrics(timestamptz, timestamptz, text) is
  'Model calls of the caller''s tenant in window_start <= start_time < window_end: totals, series by minute, hour or day (UTC), and by model, the 500 busiest. At most 1,500 buckets; refused without a tenant.';

revoke execute on all functions in schema app from public;
grant execute on function app.require_tenant(), app.is_tenant_id(text) to authenticated, service_role;
grant execute on function app.check_window(timestamptz, timestamptz, text) to authenticated, service_role;
grant execute on function app.metrics_of(bigint, bigint, bigint, bigint, numeric, numeric, numeric, numeric, double precision[])
  to authenticated, service_role;
revoke execute on function public.query_metrics(timestamptz, timestamptz, text) from public, anon, authenticated;
grant execute on function public.query_metrics(timestamptz, timestamptz, text) to authenticated, service_role;

-- supabase/schemas/52_read_span_details.sql

-- What a trace's spans hold beside their measures, as much of it as its reader has room for.

create function public.read_span_details(jsonb) returns json
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  room integer := app.integer_argument($1, 'most_bytes', 0, 10000000);
  earliest timestamptz;
  latest timestamptz;
  span record;
  found text;
  parts text[] := '{}';
  misses integer := 0;
begin
  select start_time, end_time into earliest, latest from public.traces where tenant_id = tenant and trace_id = trace;
  -- A large value stays packed, outside of its row, until it is looked at here, one after another.
  for span in
    select d.span_id, d.attributes, d.input, d.output from public.span_details d
    where d.tenant_id = tenant and d.trace_id = trace and d.start_time between earliest and latest
    order by d.span_id is distinct from ($1 ->> 'first_span'), d.start_time, d.span_id limit 2000
  loop
    found := row_to_json(span)::text;
    if octet_length(found) <= room then
      room := room - octet_length(found);
      parts := parts || found;
    else
      -- A large one may stand before many small ones; each that is passed over costs its unpacking.
      misses := misses + 1;
      exit when misses = 20;
    end if;
  end loop;
  return '[' || array_to_string(parts, ',') || ']';
end
$$;
comment on function public.read_span_details(jsonb) is
  'Attributes and content of the spans of {"trace_id"} in the caller''s tenant, {"first_span"} and then the earliest first, in at most {"most_bytes"}; what does not fit is left out.';

revoke execute on function public.read_span_details(jsonb) from public, anon, authenticated;
grant execute on function public.read_span_details(jsonb) to authenticated, service_role;

-- supabase/schemas/60_api_keys.sql

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

-- supabase/schemas/61_key_functions.sql

-- Looking up, making, rotating and revoking keys.

create function public.authenticate_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  found_key public.api_keys;
begin
  -- By id alone: the tenant is what is being asked for.
  select * into found_key from public.api_keys
  where key_id = $1 ->> 'key_id' and encode(digest, 'hex') = $1 ->> 'digest'
    and revoked_at is null and (expires_at is null or expires_at > now());
  if found_key.tenant_id is null then
    return null;
  end if;
  if coalesce(found_key.last_used_at, '-infinity') < now() - interval '5 minutes' then
    update public.api_keys set last_used_at = now()
    where tenant_id = found_key.tenant_id and key_id = (
      -- Whoever is late leaves it to the other: a lookup never waits.
      select key_id from public.api_keys
      where tenant_id = found_key.tenant_id and key_id = found_key.key_id
      for no key update skip locked);
  end if;
  return jsonb_build_object(
    'tenant_id', found_key.tenant_id, 'scopes', found_key.scopes,
    'environment', found_key.environment, 'expires_at', found_key.expires_at);
end
$$;
comment on function public.authenticate_key(jsonb) is
  'Takes {"key_id", "digest"} (hex) and answers whose key that is and what it may do, or null.';

create function app.digest_argument(arguments jsonb) returns bytea
language sql immutable set search_path = ''
as $$
  select decode(app.argument(
    arguments, 'digest', '^[0-9a-f]{64}$', 'an HMAC-SHA-256 in 64 hex digits'), 'hex')
$$;
comment on function app.digest_argument(jsonb) is 'The digest of a key''s secret.';

create function app.scopes_argument(arguments jsonb) returns text[]
language plpgsql immutable set search_path = ''
as $$
declare
  given jsonb := arguments -> 'scopes';
begin
  if (jsonb_typeof(given) = 'array' and given <> '[]' and given <@ '["admin", "ingest", "read"]')
     is not true then
    raise invalid_parameter_value using
      message = 'scopes is not a list of ingest, read and admin.',
      hint = 'Send {"scopes": ["read"]} with one of them at least.';
  end if;
  return app.distinct_sorted(array(select jsonb_array_elements_text(given)));
end
$$;
comment on function app.scopes_argument(jsonb) is 'What a key may do, in order and without repeats.';

create function app.name_argument(arguments jsonb) returns text
language sql immutable set search_path = ''
as $$ select app.argument(arguments, 'name', '^.{1,200}$', 'a name of 1 to 200 characters') $$;
comment on function app.name_argument(jsonb) is 'What people call a key.';

-- Nobody makes what may do more, or lives longer, than they do themselves.
create function app.bound_expiry(tenant text, wanted timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  ends_at timestamptz := (app.find_standing(tenant, app.caller())).ends_at;
begin
  if wanted > ends_at then
    raise invalid_parameter_value using
      message = format('expires_at is later than the end of the key that asks for it, %s.',
        to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
      hint = 'Give an earlier time, or have somebody ask whose access does not end before.';
  end if;
  return coalesce(wanted, ends_at);
end
$$;
comment on function app.bound_expiry(text, timestamptz) is
  'When what the caller makes expires: as wanted, never after the caller; null for never.';

create function app.require_scopes(tenant text, wanted text[]) returns text[]
language plpgsql stable set search_path = ''
as $$
begin
  if not wanted <@ (app.find_standing(tenant, app.caller())).rights then
    raise sqlstate 'PT403' using
      message = 'A key may do no more than whoever makes it.',
      hint = 'Leave out the scopes that you do not have; GET /me tells them.';
  end if;
  return wanted;
end
$$;
comment on function app.require_scopes(text, text[]) is
  'The scopes of what the caller makes; refuses those that go beyond the caller''s rights.';

create function app.require_room(tenant text) returns void
language plpgsql stable set search_path = ''
as $$
declare
  most constant integer := 200;
begin
  if (select count(*) from public.api_keys where tenant_id = tenant and revoked_at is null
      and (expires_at is null or expires_at > now())) >= most then
    raise sqlstate 'PT409' using
      message = format('This tenant has %s keys and tokens that work, which is the most.', most),
      hint = 'Revoke those that nobody needs; GET /keys lists them. A rotated key counts until its overlap ends.';
  end if;
end
$$;
comment on function app.require_room(text) is
  'Refuses one more key where a tenant has as many as it may; its access is held (app.hold_access).';

create function public.create_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  created public.api_keys;
begin
  perform app.ensure_tenant(tenant);
  perform app.require_room(tenant);
  insert into public.api_keys (
    tenant_id, key_id, kind, name, environment, digest, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'key_id'), 'api_key', app.name_argument($1),
    app.argument($1, 'environment', '^[a-z0-9-]{1,32}$', '1 to 32 characters of a-z, 0-9 and -'),
    app.digest_argument($1), app.require_scopes(tenant, app.scopes_argument($1)),
    app.bound_expiry(tenant, app.expiry_argument($1)))
  returning * into created;
  return app.describe_key(created);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.create_api_key(jsonb) is
  'Registers {"key_id", "digest", "name", "environment", "scopes", "expires_at"}; answers the row without its digest. It may do no more than its maker, and ends no later.';

create function app.lock_key(tenant text, wanted text) returns public.api_keys
language plpgsql set search_path = ''
as $$
declare
  found_key public.api_keys;
begin
  select * into found_key from public.api_keys
  where tenant_id = tenant and key_id = wanted
  for no key update;
  if found_key.tenant_id is null then
    raise sqlstate 'PT404' using
      message = 'This tenant has no key with that id.', hint = 'GET /keys lists its keys.';
  end if;
  return found_key;
end
$$;
comment on function app.lock_key(text, text) is
  'A tenant''s key, held until the end of the transaction; refuses an unknown id.';

create function app.lock_rotatable_key(tenant text, wanted text) returns public.api_keys
language plpgsql set search_path = ''
as $$
declare
  old_key public.api_keys := app.lock_key(tenant, wanted);
begin
  if old_key.kind <> 'api_key' then
    raise invalid_parameter_value using
      message = 'An ingest token cannot be rotated.',
      hint = 'Create another one and revoke this one.';
  end if;
  if old_key.replaced_by is not null or old_key.revoked_at is not null
     or old_key.expires_at <= now() then
    raise sqlstate 'PT409' using
      message = 'This key was rotated or revoked already, or has expired.',
      hint = 'Rotate its successor, or create a key.';
  end if;
  return old_key;
end
$$;
comment on function app.lock_rotatable_key(text, text) is
  'A key that works and has no successor, held until the end of the transaction.';

create function public.rotate_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  overlap integer := coalesce(app.integer_argument($1, 'overlap_hours', 0, 72), 24);
  old_key public.api_keys := app.lock_rotatable_key(tenant, app.key_id_argument($1, 'key_id'));
  -- As long as the old one was made to live, unless said otherwise.
  wanted timestamptz := coalesce(
    app.expiry_argument($1),
    least(now() + (old_key.expires_at - old_key.created_at), app.bound_expiry(tenant, null)));
  new_key public.api_keys;
begin
  perform app.require_room(tenant);
  insert into public.api_keys (
    tenant_id, key_id, kind, name, environment, digest, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'new_key_id'), 'api_key', old_key.name, old_key.environment,
    app.digest_argument($1), app.require_scopes(tenant, old_key.scopes),
    app.bound_expiry(tenant, wanted))
  returning * into new_key;
  update public.api_keys set
    replaced_by = new_key.key_id,
    expires_at = least(expires_at, now() + overlap * interval '1 hour')
  where tenant_id = tenant and key_id = old_key.key_id
  returning * into old_key;
  return app.describe_key(new_key) || jsonb_build_object('replaces', app.describe_key(old_key));
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.rotate_api_key(jsonb) is
  'Takes {"key_id", "new_key_id", "digest", "overlap_hours" (0 to 72, else 24), "expires_at"}: a new key like the old one, which expires after the overlap. It ends no later than whoever rotates.';

-- Whoever renews a key that was made by another leaves it that one's child.
create function app.find_heirs(tenant text, makers text[]) returns text[]
language sql stable set search_path = ''
as $$
  with recursive heirs (key_id) as (
    select key_id from public.api_keys where tenant_id = tenant and created_by = any(makers)
    union
    select k.key_id
    from heirs
      join public.api_keys old on old.tenant_id = tenant and old.key_id = heirs.key_id
      join public.api_keys k on k.tenant_id = tenant
        and (k.created_by = old.key_id or k.key_id = old.replaced_by)
  )
  select array(select key_id from heirs where key_id <> all(makers))
$$;
comment on function app.find_heirs(text, text[]) is
  'The keys and tokens that these keys or users made, those that they made in turn, and their successors.';

create function app.find_forerunners(tenant text, key text) returns text[]
language sql stable set search_path = ''
as $$
  with recursive chain (key_id) as (
    select key
    union
    select k.key_id from chain join public.api_keys k
      on k.tenant_id = tenant and k.replaced_by = chain.key_id
  )
  select array(select key_id from chain)
$$;
comment on function app.find_forerunners(text, text) is
  'A key and those that it replaced by rotation, one after the other.';

create function app.choice_argument(arguments jsonb, name text) returns text
language sql immutable set search_path = ''
as $$
  select case when arguments -> name is null then 'revoke' else
    app.argument(arguments, name, '^(revoke|keep)$', 'revoke or keep') end
$$;
comment on function app.choice_argument(jsonb, text) is
  'What becomes of the keys that somebody made who goes: revoke, unless keep is said.';

create function app.end_keys(tenant text, key_ids text[], choice text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  working text[] := array(
    select key_id from public.api_keys where tenant_id = tenant and key_id = any(key_ids)
      and revoked_at is null and (expires_at is null or expires_at > now()));
begin
  if choice = 'revoke' then
    update public.api_keys set revoked_at = now() where tenant_id = tenant and key_id = any(working);
  end if;
  return (
    select coalesce(jsonb_agg(app.describe_key(k) order by k.created_at, k.key_id), '[]')
    from public.api_keys k where tenant_id = tenant and key_id = any(working));
end
$$;
comment on function app.end_keys(text, text[], text) is
  'Revokes those of these keys that work, or keeps them, by choice; answers them.';

create function public.revoke_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  choice text := app.choice_argument($1, 'children');
  revoked public.api_keys := app.lock_key(tenant, app.key_id_argument($1, 'key_id'));
  children jsonb;
begin
  children := app.end_keys(
    tenant, app.find_heirs(tenant, app.find_forerunners(tenant, revoked.key_id)), choice);
  update public.api_keys set revoked_at = coalesce(revoked_at, now())
  where tenant_id = tenant and key_id = revoked.key_id
  returning * into revoked;
  return app.describe_key(revoked) || jsonb_build_object('children', children);
end
$$;
comment on function public.revoke_api_key(jsonb) is
  'Ends the key or ingest token {"key_id"} at once, and with it the keys that it made, unless "children" is keep; answers both. Again changes nothing.';

create function public.create_ingest_token(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  digest jsonb := app.ensure_tenant(tenant);
  created public.api_keys;
begin
  if app.expiry_argument($1) is null then
    raise invalid_parameter_value using
      message = 'An ingest token has no expires_at.', hint = 'Give a time in the future.';
  end if;
  perform app.require_room(tenant);
  insert into public.api_keys (tenant_id, key_id, kind, name, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'key_id'), 'ingest_token', app.name_argument($1),
    app.require_scopes(tenant, array['ingest']), app.bound_expiry(tenant, app.expiry_argument($1)))
  returning * into created;
  if 'operator' <> all((app.find_standing(tenant, app.caller())).rights) then
    digest := digest - 'salt';
  end if;
  return app.describe_key(created) || jsonb_build_object('digest', digest);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.create_ingest_token(jsonb) is
  'Registers {"key_id", "name", "expires_at"}; answers the row, and in digest the tenant''s digest key''s id; to the project''s operator the salt, too.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.authenticate_key(jsonb), public.create_api_key(jsonb), public.rotate_api_key(jsonb),
  public.revoke_api_key(jsonb), public.create_ingest_token(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.authenticate_key(jsonb) to llm_gate;
grant execute on function
  public.create_api_key(jsonb), public.rotate_api_key(jsonb), public.revoke_api_key(jsonb),
  public.create_ingest_token(jsonb)
  to llm_admin;

-- supabase/schemas/62_memberships.sql

-- Which Supabase users belong to a tenant, and as what.

create table public.memberships (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  user_id uuid not null,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default now(),
  created_by text not null default app.actor(),
  primary key (tenant_id, user_id)
);

-- Who logs in has no tenant yet.
create index memberships_by_user on public.memberships (user_id);

alter table public.memberships enable row level security;
alter table public.memberships force row level security;
create policy memberships_read on public.memberships for select to authenticated, llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.memberships from anon, authenticated;
grant select on public.memberships to authenticated, llm_admin;
grant select, insert, update, delete on public.memberships to service_role;
-- By hand in Supabase a membership is made by people; its maker is the column's default.
grant execute on function app.actor(), app.caller() to service_role;

comment on table public.memberships is
  'Supabase users (auth.users.id) and their role in a tenant. No key to auth.users: another project may hold the users.';
comment on column public.memberships.role is
  'owner and admin change settings, member reads and writes, viewer reads.';

create trigger audit_change
  after insert or update or delete on public.memberships
  for each row execute function app.audit_change('membership', 'user_id');

create function public.find_memberships(jsonb) returns table (tenant_id text, role text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  person uuid := app.user_id_argument($1);
begin
  -- By user alone: the tenants are what is being asked for.
  return query select m.tenant_id, m.role from public.memberships m
    where m.user_id = person order by m.tenant_id;
end
$$;
comment on function public.find_memberships(jsonb) is
  'The tenants of {"user_id"} and the user''s role in each.';

create function app.keep_an_owner(tenant text, leaving uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  -- All owners in one order, so that of two who leave at once the second sees the first gone.
  perform from public.memberships
  where tenant_id = tenant and role = 'owner' order by user_id for update;
  if (select bool_and(user_id = leaving) from public.memberships
      where tenant_id = tenant and role = 'owner') then
    raise sqlstate 'PT409' using
      message = 'This is the tenant''s last owner.', hint = 'Make somebody else an owner first.';
  end if;
end
$$;
comment on function app.keep_an_owner(text, uuid) is
  'Refuses to let the last owner of a tenant go.';

create function app.spare_owners(tenant text, person uuid, wanted text) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if wanted = 'owner' or exists (
    select from public.memberships
    where tenant_id = tenant and user_id = person and role = 'owner'
  ) then
    perform app.require_right(tenant, 'owner');
  end if;
end
$$;
comment on function app.spare_owners(text, uuid, text) is
  'Refuses to make, change or remove an owner to whoever is none.';

create function app.find_keys_beyond(tenant text, person uuid, rights text[]) returns text[]
language plpgsql stable set search_path = ''
as $$
declare
  beyond text[] := array(
    select key_id from public.api_keys
    where tenant_id = tenant and not scopes <@ rights
      and key_id = any(app.find_heirs(tenant, array['user:' || person])));
begin
  return beyond || app.find_heirs(tenant, beyond);
end
$$;
comment on function app.find_keys_beyond(text, uuid, text[]) is
  'The keys of a user''s making that may do more than these rights, and what they made.';

create function public.set_membership(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('members');
  person uuid := app.user_id_argument($1);
  wanted text := app.argument(
    $1, 'role', '^(owner|admin|member|viewer)$', 'owner, admin, member or viewer');
  choice text := app.choice_argument($1, 'keys');
  stored public.memberships;
begin
  perform app.ensure_tenant(tenant);
  perform app.spare_owners(tenant, person, wanted);
  if wanted <> 'owner' then
    perform app.keep_an_owner(tenant, person);
  end if;
  insert into public.memberships as known (tenant_id, user_id, role)
  values (tenant, person, wanted)
  on conflict (tenant_id, user_id) do update set role = excluded.role
  returning * into stored;
  return to_jsonb(stored) || jsonb_build_object('keys', app.end_keys(
    tenant, app.find_keys_beyond(tenant, person, app.role_rights(wanted)), choice));
end
$$;
comment on function public.set_membership(jsonb) is
  'Gives {"user_id"} the "role" in the caller''s tenant; never takes it from the last owner. Keys of the user''s making that may do more than the role are revoked, unless "keys" is keep; answers them.';

create function public.remove_membership(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('members');
  person uuid := app.user_id_argument($1);
  choice text := app.choice_argument($1, 'keys');
  removed public.memberships;
begin
  perform app.spare_owners(tenant, person, null);
  perform app.keep_an_owner(tenant, person);
  delete from public.memberships where tenant_id = tenant and user_id = person
  returning * into removed;
  if removed.tenant_id is null then
    raise sqlstate 'PT404' using
      message = 'This user is no member of the tenant.', hint = 'See memberships for who is.';
  end if;
  return to_jsonb(removed) || jsonb_build_object(
    'keys', app.end_keys(tenant, app.find_heirs(tenant, array['user:' || person]), choice),
    'members', array(
      select user_id from public.memberships
      where tenant_id = tenant and created_by = 'user:' || person order by user_id));
end
$$;
comment on function public.remove_membership(jsonb) is
  'Takes {"user_id"} out of the caller''s tenant; never the last owner. Keys of the user''s making are revoked, unless "keys" is keep; answers them, and the members whom the user let in, who stay.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.find_memberships(jsonb), public.set_membership(jsonb), public.remove_membership(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.find_memberships(jsonb) to llm_gate;
grant execute on function public.set_membership(jsonb), public.remove_membership(jsonb) to llm_admin;

-- supabase/schemas/63_rights.sql

-- What a credential may do in a tenant, right now: asked before every request (app.check_request),
-- and again by each function that administers, in its own transaction.

-- An API key's scopes are rights by name; `members`, `owner` and `operator` are no scopes: those acts
-- are for people, for a developer's machine, and for whoever holds the project's signing key.
create function app.role_rights(role text) returns text[]
language sql immutable
return case role
  when 'owner' then array['admin', 'ingest', 'members', 'owner', 'read']
  when 'admin' then array['admin', 'ingest', 'members', 'read']
  when 'member' then array['ingest', 'read']
  when 'viewer' then array['read']
end;
comment on function app.role_rights(text) is 'What a member with this role may do.';

create function app.scope_rights(scopes text[]) returns text[]
language sql immutable
return case when 'admin' = any(scopes) then array['admin', 'ingest', 'read'] else scopes end;
comment on function app.scope_rights(text[]) is 'What a key with these scopes may do.';

-- Null, dev and command are claims of tokens that only the signing key's holder makes; so is
-- span_writer, whose spans were let in at the door.
create function app.find_standing(
  tenant text, credential text, out rights text[], out ends_at timestamptz
)
language plpgsql stable set search_path = ''
as $$
begin
  if credential is null or credential in ('dev', 'command') then
    rights := app.role_rights('owner') || array['operator'];
  elsif credential ~ '^[0-9a-z]{8}$' then
    select app.scope_rights(scopes), expires_at into rights, ends_at from public.api_keys
    where tenant_id = tenant and key_id = credential and revoked_at is null
      and (expires_at is null or expires_at > clock_timestamp());
  elsif credential ~ '^user:[0-9a-f-]{36}$' then
    select app.role_rights(role) into rights from public.memberships
    where tenant_id = tenant and user_id = substr(credential, 6)::uuid;
  elsif credential = 'span_writer' then
    rights := array['ingest'];
  end if;
end
$$;
comment on function app.find_standing(text, text) is
  'What a credential may do in a tenant, null where that has ended or it is nobody''s, and when it ends by itself.';

create function app.refuse_stranger(credential text) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if credential like 'user:%' then
    raise sqlstate 'PT403' using
      message = 'You are not a member of this tenant, or no longer.',
      hint = 'Have an owner of the tenant let you in.';
  elsif credential ~ '^[0-9a-z]{8}$' then
    raise sqlstate 'PT401' using
      message = 'The key behind this token was revoked or has expired.',
      hint = 'Use another key.';
  end if;
  raise sqlstate 'PT401' using
    message = 'This token stands for no credential that is known here.',
    hint = 'Mint it with the key_id of an API key, or user:<uuid>.';
end
$$;
comment on function app.refuse_stranger(text) is
  'Says that a credential is not, or no longer, one of the tenant''s.';

create function app.require_right(tenant text, wanted text) returns void
language plpgsql stable set search_path = ''
as $$
declare
  credential text := app.caller();
  rights text[] := (app.find_standing(tenant, credential)).rights;
begin
  if rights is null then
    perform app.refuse_stranger(credential);
  elsif wanted <> all(rights) then
    raise sqlstate 'PT403' using
      message = case wanted
        when 'members' then 'This needs the role owner or admin in the tenant; no API key may do it.'
        when 'owner' then 'This needs the role owner in the tenant; no API key may do it.'
        when 'operator' then 'This is for the project''s operator: make access.'
        else format('Your key or role does not, or no longer, allow this: it needs the right %s.', wanted)
      end,
      hint = 'GET /me tells what you may do.';
  end if;
end
$$;
comment on function app.require_right(text, text) is
  'Refuses a caller whose key or membership has ended (PT401, PT403) or does not have the right (PT403).';

-- The row is held until the end of the transaction: who takes the right away meanwhile waits, and
-- who took it away before is seen.
create function app.hold_standing(tenant text, wanted text) returns void
language plpgsql set search_path = ''
as $$
declare
  credential text := app.caller();
begin
  if credential ~ '^[0-9a-z]{8}$' then
    perform from public.api_keys where tenant_id = tenant and key_id = credential for share;
  elsif credential ~ '^user:[0-9a-f-]{36}$' then
    perform from public.memberships
    where tenant_id = tenant and user_id = substr(credential, 6)::uuid for share;
  end if;
  perform app.require_right(tenant, wanted);
  if exists (select from public.tenants where tenant_id = tenant and deleted_at is not null) then
    perform app.refuse_deleted(tenant);
  end if;
end
$$;
comment on function app.hold_standing(text, text) is
  'Holds the caller''s key or membership, and refuses a caller without the right, and a deleted tenant.';

create function app.share_tenant(wanted text) returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
begin
  perform app.hold_standing(tenant, wanted);
  return tenant;
end
$$;
comment on function app.share_tenant(text) is
  'As app.share_tenant(), for a caller who still has this right.';

create function app.hold_tenant(wanted text) returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.hold_tenant();
begin
  perform app.hold_standing(tenant, wanted);
  return tenant;
end
$$;
comment on function app.hold_tenant(text) is
  'As app.hold_tenant(), for a caller who still has this right.';

-- Keys and memberships of a tenant change one at a time: what is made while its maker is taken out
-- is either seen and ended, or refused. After the tenant's lock, before any row.
create function app.hold_access(wanted text) returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
begin
  perform pg_advisory_xact_lock(hashtextextended(tenant, 2553047));
  perform app.hold_standing(tenant, wanted);
  return tenant;
end
$$;
comment on function app.hold_access(text) is
  'The caller''s tenant, to change its keys or members, which no other does meanwhile; for a caller who still has this right.';

revoke execute on all functions in schema app from public;

-- supabase/schemas/64_check_request.sql

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
  if acting in ('llm_ingest', 'llm_admin') then
    perform app.require_tenant();
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
  to anon, authenticated, service_role, llm_ingest, llm_admin, llm_gate, llm_operator;

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

-- supabase/schemas/70_forgetting.sql

-- Deleting a trace, a user's data or a tenant: one transaction each, answered with a receipt.

-- A receipt may outlive what it is about, so it does not name a person. Whoever knows the id can
-- find the receipt, until the salt is destroyed.
create function app.pseudonym(tenant text, person text) returns text
language sql stable set search_path = ''
as $$
  select 'user:' || coalesce(encode(
    sha256((select digest_salt from public.tenants where tenant_id = tenant)
      || convert_to(person, 'UTF8')), 'hex'), 'unknown')
$$;
comment on function app.pseudonym(text, text) is
  'A user''s id as a digest under the tenant''s salt; user:unknown where the salt was destroyed.';

-- 25 s, since a tenant can be large; the Data API sets it before it calls.
create function public.forget_trace(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '25s'
as $$
declare
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  tenant text := app.hold_tenant('admin');
  spans bigint;
  contents bigint;
  traces bigint;
  calls public.spans[];
begin
  with gone as (delete from public.spans where tenant_id = tenant and trace_id = trace returning *)
  select count(*), coalesce(array_agg(g::public.spans) filter (where countable), '{}')
    into spans, calls from gone g;
  delete from public.span_contents where tenant_id = tenant and trace_id = trace;
  get diagnostics contents = row_count;
  delete from public.traces where tenant_id = tenant and trace_id = trace;
  get diagnostics traces = row_count;
  perform app.settle_without(tenant, calls);
  if spans + contents + traces = 0 then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such trace.', hint = 'It may be deleted already.';
  end if;
  return app.record_event(tenant, 'trace.forgotten', trace, jsonb_build_object(
    'deleted', jsonb_build_object('spans', spans, 'contents', contents, 'traces', traces)));
end
$$;
comment on function public.forget_trace(jsonb) is
  'Deletes the trace {"trace_id"} of the caller''s tenant with its content; answers the receipt.';

create function public.forget_user(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '25s'
as $$
declare
  person text := app.argument($1, 'user_id', '^.', 'a user''s id');
  -- In the form of a credential an id is not stored, but its pseudonym is.
  pseudonym text := case when $1 ->> 'pseudonym' is not null then
    app.argument($1, 'pseudonym', '^u1:', 'a user''s pseudonym') end;
  names text[] := array_remove(array[person, pseudonym], null);
  tenant text := app.hold_tenant('admin');
  involved text[];
  calls public.spans[];
  spans bigint;
  contents bigint;
  traces bigint;
begin
  involved := array(
    select distinct trace_id from public.spans where tenant_id = tenant and user_id = any(names));
  with gone as (
    -- A span that names nobody belongs to whom its trace is about.
    delete from public.spans
    where tenant_id = tenant and trace_id = any(involved) and (user_id = any(names) or user_id is null)
    returning *
  ),
  contents_gone as (
    delete from public.span_contents c using gone g
    where c.tenant_id = tenant and (c.trace_id, c.span_id, c.start_time) = (g.trace_id, g.span_id, g.start_time)
    returning 1
  )
  select
    (select count(*) from gone), (select count(*) from contents_gone),
    array(select g::public.spans from gone g where countable) into spans, contents, calls;
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, involved);
  return app.record_event(tenant, 'user.forgotten', app.pseudonym(tenant, person), jsonb_build_object(
    'deleted', jsonb_build_object('spans', spans, 'contents', contents, 'traces', traces)));
end
$$;
comment on function public.forget_user(jsonb) is
  'Deletes what there is of {"user_id", "pseudonym" (of the same user, if given)} in the caller''s tenant: spans that name the user, and in their traces those that name nobody; answers the receipt.';

create function public.forget_tenant(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '25s'
as $$
declare
  tenant text := app.hold_tenant('owner');
  deleted jsonb;
begin
  if ($1 ->> 'tenant_id') is distinct from tenant then
    raise invalid_parameter_value using
      message = 'tenant_id does not repeat the tenant of the token.',
      hint = 'Send {"tenant_id": "…"} with the tenant that is to be deleted for good.';
  end if;
  with
    s as (delete from public.spans where tenant_id = tenant returning 1),
    c as (delete from public.span_contents where tenant_id = tenant returning 1),
    t as (delete from public.traces where tenant_id = tenant returning 1),
    p as (delete from public.processes where tenant_id = tenant returning 1),
    b as (delete from public.ingest_budgets where tenant_id = tenant returning 1),
    k as (delete from public.api_keys where tenant_id = tenant returning 1),
    m as (delete from public.memberships where tenant_id = tenant returning 1),
    a as (delete from public.attribute_mappings where tenant_id = tenant returning 1),
    r as (delete from public.retention_runs where tenant_id = tenant returning 1),
    -- The salt goes with the row: digests in a backup are meaningless from now on.
    o as (delete from public.tenants where tenant_id = tenant returning 1)
  select jsonb_build_object(
    'spans', (select count(*) from s), 'contents', (select count(*) from c),
    'traces', (select count(*) from t), 'processes', (select count(*) from p),
    'ingest_budgets', (select count(*) from b),
    'api_keys', (select count(*) from k), 'memberships', (select count(*) from m),
    'attribute_mappings', (select count(*) from a),
    'retention_runs', (select count(*) from r),
    'tenants', (select count(*) from o)) into deleted;
  -- Without this, whoever signs tokens of its own would bring it back with the next span.
  insert into public.tenants (tenant_id, digest_key_id, digest_salt, deleted_at)
  values (tenant, null, null, now());
  return app.record_event(
    tenant, 'tenant.forgotten', tenant, jsonb_build_object('deleted', deleted));
end
$$;
comment on function public.forget_tenant(jsonb) is
  'Deletes all there is of the caller''s tenant, which {"tenant_id"} has to repeat; audit events stay, and an empty row that keeps it deleted. For owners. Answers the receipt.';

create function public.restore_tenant() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_tenant();
begin
  perform app.require_right(tenant, 'operator');
  -- As a tenant's first write makes it.
  update public.tenants
  set deleted_at = null, digest_key_id = default, digest_salt = default, created_at = now()
  where tenant_id = tenant and deleted_at is not null;
  if not found then
    raise sqlstate 'PT404' using
      message = 'This tenant was not deleted.', hint = 'There is nothing to lift.';
  end if;
  return jsonb_build_object('tenant_id', tenant);
end
$$;
comment on function public.restore_tenant() is
  'Lets a deleted tenant begin anew, with nothing of what it was. For the project''s operator: no key and no user may.';

create function public.shred_digests() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_tenant('admin');
  kid text;
begin
  perform app.ensure_tenant(tenant);
  update public.tenants set digest_key_id = default, digest_salt = default
  where tenant_id = tenant
  returning digest_key_id into kid;
  return jsonb_build_object('digest_key_id', kid, 'ingest_tokens', array(
    select key_id from public.api_keys where tenant_id = tenant and kind = 'ingest_token'
      and revoked_at is null and expires_at > now() order by key_id));
end
$$;
comment on function public.shred_digests() is
  'Destroys the salt behind the tenant''s digests, and draws a new one; answers its key id, and the ingest tokens that work: what was derived for them goes on testing guesses against old digests.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.forget_trace(jsonb), public.forget_user(jsonb), public.forget_tenant(jsonb),
  public.shred_digests(), public.restore_tenant()
  from public, anon, authenticated, service_role;
grant execute on function
  public.forget_trace(jsonb), public.forget_user(jsonb), public.forget_tenant(jsonb),
  public.shred_digests(), public.restore_tenant()
  to llm_admin;

-- supabase/schemas/71_retention.sql

-- How long each tenant's spans and contents are kept.

create function public.set_retention(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  for_spans integer := app.integer_argument($1, 'span_days', 1, 3650);
  for_contents integer := app.integer_argument($1, 'content_days', 1, 3650);
begin
  if not coalesce($1 ?& array['span_days', 'content_days'], false) then
    raise invalid_parameter_value using
      message = 'span_days or content_days is missing.',
      hint = 'Send both; null keeps the data until it is deleted.';
  end if;
  if for_contents > for_spans then
    raise invalid_parameter_value using
      message = 'content_days is more than span_days.',
      hint = 'Content goes with its span at the latest.';
  end if;
  perform app.ensure_tenant(tenant);
  update public.tenants set span_days = for_spans, content_days = for_contents
  where tenant_id = tenant;
  return jsonb_build_object('span_days', for_spans, 'content_days', for_contents);
end
$$;
comment on function public.set_retention(jsonb) is
  'Sets {"span_days", "content_days"} of the caller''s tenant; null keeps. What is older goes with the next run of the job expiry.';

create function app.kept_since(days integer) returns timestamptz
language sql stable set search_path = ''
as $$ select now() - days * interval '24 hours' $$;
comment on function app.kept_since(integer) is
  'The start of what is kept for so many days; null: everything is.';

-- A span is kept for so many days after its start; where it claims to start later than it came,
-- after it came, or a start in 2099 would keep it until then.
create function app.find_ahead(tenant text, since timestamptz)
returns table (trace_id text, span_id text, start_time timestamptz)
language sql stable set search_path = ''
as $$
  select s.trace_id, s.span_id, s.start_time from public.spans s
  where s.tenant_id = tenant and s.start_time > s.received_at and s.received_at < since
    -- The others are late by their start already.
    and s.start_time >= since
$$;
comment on function app.find_ahead(text, timestamptz) is
  'A tenant''s spans that came before a time and claim to start after it.';

create function app.expire_spans(
  tenant text, since timestamptz, most integer,
  out seen integer, out spans bigint, out contents bigint, out traces bigint
)
language plpgsql set search_path = ''
as $$
declare
  old_traces text[];
  calls public.spans[];
begin
  -- A trace starts with its first span: it is late exactly while it has, or had, a span too old.
  old_traces := array(
    (select trace_id from public.traces where tenant_id = tenant and start_time < since
      order by start_time, trace_id limit most)
    union
    (select trace_id from app.find_ahead(tenant, since) limit most));
  seen := cardinality(old_traces);
  -- By the summaries, since the spans of a dropped month are gone already.
  spans := app.count_spans(tenant, old_traces);
  with gone as (
    delete from public.spans
    where tenant_id = tenant and trace_id = any(old_traces)
      and least(start_time, received_at) < since
    returning *
  ),
  contents_gone as (
    delete from public.span_contents c using gone g
    where c.tenant_id = tenant and (c.trace_id, c.span_id, c.start_time) = (g.trace_id, g.span_id, g.start_time)
    returning 1
  ),
  contents_alone as (
    delete from public.span_contents c
    where c.tenant_id = tenant and c.trace_id = any(old_traces) and c.start_time < since
      and not exists (select from gone g
        where (g.trace_id, g.span_id, g.start_time) = (c.trace_id, c.span_id, c.start_time))
    returning 1
  )
  -- What is left starts later, and within an hour of a span that told of the same call.
  select array(select g::public.spans from gone g where countable and start_time >= since - interval '1 hour'),
    (select count(*) from contents_gone) + (select count(*) from contents_alone) into calls, contents;
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, old_traces);
  spans := spans - app.count_spans(tenant, old_traces);
end
$$;
comment on function app.expire_spans(text, timestamptz, integer) is
  'Takes away what is too old of so many of a tenant''s traces, summaries included; answers how many it found and what is gone.';

create function app.count_spans(tenant text, trace_ids text[]) returns bigint
language sql stable set search_path = ''
as $$
  select coalesce(sum(span_count), 0)::bigint from public.traces
  where tenant_id = tenant and trace_id = any(trace_ids)
$$;
comment on function app.count_spans(text, text[]) is 'How many spans some traces of a tenant have, by their summaries.';

create function app.expire_contents(tenant text, since timestamptz, most integer) returns bigint
language plpgsql set search_path = ''
as $$
declare
  gone bigint;
begin
  delete from public.span_contents c using (
      (select trace_id, span_id, start_time from public.span_contents
        where tenant_id = tenant and start_time < since order by start_time limit most)
      union all
      (select k.trace_id, k.span_id, k.start_time from app.find_ahead(tenant, since) a
        join public.span_contents k
          on k.tenant_id = tenant and (k.trace_id, k.span_id, k.start_time) = (a.trace_id, a.span_id, a.start_time)
        limit most)
    ) old
    where c.tenant_id = tenant
      and (c.trace_id, c.span_id, c.start_time) = (old.trace_id, old.span_id, old.start_time);
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app.expire_contents(text, timestamptz, integer) is
  'Takes away so many of a tenant''s contents that are too old; answers how many.';

create function app.expire_batch(tenant text, most integer, run uuid default null) returns bigint
language plpgsql set search_path = ''
as $$
declare
  spans_since timestamptz;
  contents_since timestamptz;
  gone record;
  old_contents bigint;
begin
  perform pg_advisory_xact_lock(app.tenant_lock(tenant));
  select app.kept_since(span_days), app.kept_since(coalesce(content_days, span_days))
    into spans_since, contents_since from public.tenants where tenant_id = tenant;
  gone := app.expire_spans(tenant, spans_since, most);
  old_contents := app.expire_contents(tenant, contents_since, most);
  if run is not null then
    perform app.note_expiry(tenant, run, gone.spans, gone.contents + old_contents, gone.traces);
  end if;
  return gone.seen + old_contents;
end
$$;
comment on function app.expire_batch(text, integer, uuid) is
  'Takes away what is too old of so many of a tenant''s traces and contents, summaries included; answers how many it found.';

create function app.partition_is_needed(parent text, partition text, month_end timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
declare
  needed boolean;
begin
  -- The tenants in it, one look into its key for each.
  execute format($query$
    with recursive present (tenant_id) as (
      (select tenant_id from public.%1$I order by tenant_id limit 1)
      union all
      select (select p.tenant_id from public.%1$I p
        where p.tenant_id > present.tenant_id order by p.tenant_id limit 1)
      from present where present.tenant_id is not null
    )
    select exists (
      select from present left join public.tenants t using (tenant_id)
      where present.tenant_id is not null and ($1 <= app.kept_since(
        case $2 when 'span_contents' then coalesce(t.content_days, t.span_days) else t.span_days end
      )) is not true)
    $query$, partition) into needed using month_end, parent;
  return needed;
end
$$;
comment on function app.partition_is_needed(text, text, timestamptz) is
  'Whether a month''s partition holds a row of a tenant that still keeps some of that month.';

create function app.drop_partitions(parent text, most integer default null, run uuid default null)
returns integer
language plpgsql set search_path = '' set lock_timeout = '2s'
as $$
declare
  partition text;
  month_end timestamptz;
  dropped integer := 0;
begin
  -- The months that app.ensure_partitions makes stay, empty or not.
  for partition, month_end in
    select c.relname, (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC'
    from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = format('public.%I', parent)::regclass and c.relname ~ '_\d{4}_\d{2}$'
      and to_date(right(c.relname, 7), 'YYYY_MM') < date_trunc('month', now() at time zone 'UTC') - interval '1 month'
    order by c.relname
  loop
    exit when dropped = most;
    continue when app.partition_is_needed(parent, partition, month_end);
    if parent = 'span_contents' and run is not null then
      perform app.note_contents(partition, run);
    end if;
    -- Everybody waits behind this lock, so it is not waited for long, and asked again under it.
    execute format('lock table only public.%I in access exclusive mode', parent);
    continue when app.partition_is_needed(parent, partition, month_end);
    execute format('drop table public.%I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
exception when lock_not_available then
  return 0;
end
$$;
comment on function app.drop_partitions(text, integer, uuid) is
  'Drops the months of spans or span_contents that no tenant keeps; answers how many. A busy table is left to the next time.';

revoke execute on all routines in schema app from public;
revoke execute on function public.set_retention(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.set_retention(jsonb) to llm_admin;

-- supabase/schemas/80_jobs.sql

-- Work without a caller: what runs on a schedule, as llm_operator, and what each run did.

create table public.job_runs (
  run_id uuid primary key default gen_random_uuid(),
  job text not null check (length(job) <= 64 and job ~ '^[a-z][a-z_]*$'),
  outcome text not null default 'running'
    check (outcome in ('running', 'done', 'unfinished', 'failed', 'lost')),
  started_at timestamptz not null default clock_timestamp(),
  touched_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz check ((outcome = 'running') = (finished_at is null)),
  next_due timestamptz not null,
  did jsonb not null default '{}',
  error text check (length(error) <= 300)
);

create unique index job_runs_running on public.job_runs (job) where outcome = 'running';
create index job_runs_newest on public.job_runs (job, started_at);

alter table public.job_runs enable row level security;
alter table public.job_runs force row level security;
create policy job_runs_read on public.job_runs for select to llm_admin using (true);

-- A tenant's administrator learns when a job ran; not what it did, which sums up everybody's data.
revoke all on public.job_runs from anon, authenticated, service_role;
grant select (run_id, job, outcome, started_at, finished_at, next_due) on public.job_runs to llm_admin;
grant select on public.job_runs to service_role;

comment on table public.job_runs is
  'What each run of a scheduled job did, for 30 days. The same for everybody: it holds no tenant''s name and no row of one.';
comment on column public.job_runs.outcome is
  'running; done; unfinished: time was up, the next run goes on; failed; lost: it ended without a word.';
comment on column public.job_runs.touched_at is
  'When the run last committed something. After two minutes of silence another run may begin.';
comment on column public.job_runs.next_due is 'When the job runs again at the latest, by its schedule.';
comment on column public.job_runs.did is 'Counts over all tenants, by name.';
comment on column public.job_runs.error is 'A code and a sentence, without values.';

create table public.retention_runs (
  tenant_id text primary key check (app.is_tenant_id(tenant_id)),
  run_id uuid not null,
  outcome text not null default 'running' check (outcome in ('running', 'done', 'failed')),
  finished_at timestamptz check ((outcome = 'running') = (finished_at is null)),
  spans bigint not null default 0,
  contents bigint not null default 0,
  traces bigint not null default 0
);

alter table public.retention_runs enable row level security;
alter table public.retention_runs force row level security;
create policy retention_runs_read on public.retention_runs for select to llm_admin
  using (tenant_id = (select app.tenant_id()));
revoke all on public.retention_runs from anon, authenticated;
grant select on public.retention_runs to llm_admin;
grant select, insert, update, delete on public.retention_runs to service_role;

comment on table public.retention_runs is
  'What the last run of the job expiry took of a tenant that limits how long it keeps its data.';
comment on column public.retention_runs.run_id is 'The run, in job_runs.';
comment on column public.retention_runs.contents is
  'Spans'' contents that went, with their spans or before them.';

create view public.retention_status with (security_invoker = true) as
select t.tenant_id, t.span_days, t.content_days,
  r.outcome, r.finished_at, r.spans, r.contents, r.traces,
  (select j.next_due from public.job_runs j where j.job = 'expiry' order by j.started_at desc limit 1) as next_run
from public.tenants t left join public.retention_runs r using (tenant_id);
revoke all on public.retention_status from anon, authenticated;
grant select on public.retention_status to llm_admin, service_role;
comment on view public.retention_status is
  'For how long a tenant keeps its data, what the last expiry took of it, and when the next is due.';

create function app.start_run(name text, every interval) returns uuid
language plpgsql set search_path = ''
as $$
declare
  started uuid;
begin
  update public.job_runs
  set outcome = 'lost', finished_at = clock_timestamp(), error = 'It ended without a word.'
  where run_id in (
    select run_id from public.job_runs
    where job = name and outcome = 'running' and touched_at < clock_timestamp() - interval '2 minutes'
    for update skip locked);
  delete from public.job_runs where job = name and started_at < clock_timestamp() - interval '30 days';
  insert into public.job_runs (job, next_due) values (name, clock_timestamp() + every)
  on conflict (job) where outcome = 'running' do nothing
  returning run_id into started;
  return started;
end
$$;
comment on function app.start_run(text, interval) is
  'Begins a run of a job that runs this often; null while another run is at it.';

create function app.claim_run(run uuid) returns boolean
language plpgsql set search_path = ''
as $$
begin
  update public.job_runs set touched_at = clock_timestamp()
  where run_id = (
    select run_id from public.job_runs where run_id = run and outcome = 'running'
    for update skip locked);
  return found;
end
$$;
comment on function app.claim_run(uuid) is
  'Holds a run for this transaction; false where it has ended or another transaction works on it.';

create function app.add_to_run(run uuid, counts jsonb) returns void
language sql set search_path = ''
as $$
  update public.job_runs set did = did || (
    select jsonb_object_agg(key, value::bigint + coalesce((did ->> key)::bigint, 0))
    from jsonb_each_text(counts))
  where run_id = run
$$;
comment on function app.add_to_run(uuid, jsonb) is 'Adds counts to what a run did.';

create function app.finish_run(run uuid, its_outcome text, its_error text) returns boolean
language plpgsql set search_path = ''
as $$
begin
  update public.job_runs
  set outcome = its_outcome, error = left(its_error, 300), finished_at = clock_timestamp()
  where run_id = run and outcome = 'running';
  return found;
end
$$;
comment on function app.finish_run(uuid, text, text) is
  'Says how a run ended; false where it had ended before.';

create function app.describe_run(run uuid, more boolean) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('more', more, 'did', did, 'outcome', case
    when did ? 'failed' then 'failed' when did ? 'busy' then 'unfinished' else 'done' end)
  from public.job_runs where run_id = run
$$;
comment on function app.describe_run(uuid, boolean) is
  'What a step of a job answers: whether there is more to do, what the run did, how it ends if there is not.';

create function app.run_argument(arguments jsonb) returns uuid
language sql immutable set search_path = ''
as $$
  select app.argument(arguments, 'run_id', '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', 'a run''s UUID')::uuid
$$;
comment on function app.run_argument(jsonb) is 'The id of a run.';

create function public.start_job(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  name text := app.argument($1, 'job', '^[a-z][a-z_]{0,63}$', 'a job''s name');
  seconds integer := app.integer_argument($1, 'every_seconds', 1, 31622400);
begin
  if seconds is null then
    raise invalid_parameter_value using
      message = 'every_seconds is missing.', hint = 'Send how often the job runs.';
  end if;
  return jsonb_build_object('run_id', app.start_run(name, seconds * interval '1 second'));
end
$$;
comment on function public.start_job(jsonb) is
  'Begins a run of {"job"}, which runs each {"every_seconds"}; answers its id, null while another run is at it.';

create function public.finish_job(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  run uuid := app.run_argument($1);
  outcome text := app.argument($1, 'outcome', '^(done|unfinished|failed)$', 'done, unfinished or failed');
begin
  return jsonb_build_object('recorded', app.finish_run(run, outcome, $1 ->> 'error'));
end
$$;
comment on function public.finish_job(jsonb) is
  'Says that {"run_id"} ended with {"outcome"} and {"error"}; answers whether it was running.';

-- One partition a call: its locks are held for that long, and the next call finds the next.
create function public.run_partitions(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '2s'
as $$
declare
  run uuid := app.run_argument($1);
  missing record;
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  select * into missing from app.find_missing_partitions() limit 1;
  if not found then
    return app.describe_run(run, false);
  end if;
  begin
    perform app.ensure_partition(missing.parent, missing.month);
    perform app.add_to_run(run, '{"partitions": 1}');
  exception when lock_not_available then
    perform app.add_to_run(run, '{"busy": 1}');
    return app.describe_run(run, false);
  end;
  return app.describe_run(run, true);
end
$$;
comment on function public.run_partitions(jsonb) is
  'A step of the job partitions, {"run_id"}: makes one partition that is missing. A busy table is left to the next run.';

create function app.note_expiry(
  tenant text, run uuid, gone_spans bigint, gone_contents bigint, gone_traces bigint
) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into public.retention_runs as r (tenant_id, run_id, spans, contents, traces)
  values (tenant, run, gone_spans, gone_contents, gone_traces)
  on conflict (tenant_id) do update set
    run_id = excluded.run_id, outcome = 'running', finished_at = null,
    spans = excluded.spans + case when r.run_id = run then r.spans else 0 end,
    contents = excluded.contents + case when r.run_id = run then r.contents else 0 end,
    traces = excluded.traces + case when r.run_id = run then r.traces else 0 end;
  if gone_spans + gone_contents + gone_traces > 0 then
    perform app.add_to_run(run, jsonb_build_object(
      'spans', gone_spans, 'contents', gone_contents, 'traces', gone_traces));
  end if;
end
$$;
comment on function app.note_expiry(text, uuid, bigint, bigint, bigint) is
  'Adds to what a run of the job expiry took of a tenant.';

create function app.note_contents(partition text, run uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  held record;
begin
  for held in
    execute format('select tenant_id, count(*) as contents from public.%I group by tenant_id', partition)
  loop
    perform app.note_expiry(held.tenant_id, run, 0, held.contents, 0);
  end loop;
end
$$;
comment on function app.note_contents(text, uuid) is
  'Adds each tenant''s contents in a month to what a run of the job expiry takes, before the month is dropped.';

-- One tenant's trouble does not keep the others' data longer than they want.
create function app.expire_tenant(tenant text, most integer, run uuid) returns bigint
language plpgsql set search_path = ''
as $$
declare
  batch bigint;
begin
  batch := app.expire_batch(tenant, most, run);
  if batch = 0 then
    update public.retention_runs set outcome = 'done', finished_at = clock_timestamp()
    where tenant_id = tenant;
    perform app.add_to_run(run, '{"tenants": 1}');
  end if;
  return batch;
-- `others` leaves out a statement whose time is up, which would fail every run at the same tenant.
exception when query_canceled or others then
  perform app.note_expiry(tenant, run, 0, 0, 0);
  update public.retention_runs set outcome = 'failed', finished_at = clock_timestamp()
  where tenant_id = tenant;
  perform app.add_to_run(run, '{"tenants": 1, "failed": 1}');
  raise warning 'expiry failed with %', sqlstate;
  return 0;
end
$$;
comment on function app.expire_tenant(text, integer, uuid) is
  'Expires a batch of a tenant''s data in a run; answers how many it found, 0 also where it failed, which it records.';

create function app.expire_step(run uuid, batch integer) returns boolean
language plpgsql set search_path = ''
as $$
declare
  tenant text;
begin
  if not (select did ? 'tenants' from public.job_runs where run_id = run) then
    -- One a transaction: nobody waits for the other table's lock under the one's.
    perform app.add_to_run(run, case
      when app.drop_partitions('spans', 1, run) > 0 or app.drop_partitions('span_contents', 1, run) > 0
      then '{"months": 1}' else '{"tenants": 0}' end::jsonb);
    return true;
  end if;
  for tenant in
    select t.tenant_id from public.tenants t left join public.retention_runs r using (tenant_id)
    where (t.span_days is not null or t.content_days is not null)
      and (r.run_id is distinct from run or r.outcome = 'running')
    order by t.tenant_id limit 50
  loop
    -- The tenant's lock is held until the transaction ends, so it ends with the first batch.
    exit when app.expire_tenant(tenant, batch, run) > 0;
  end loop;
  return found;
end
$$;
comment on function app.expire_step(uuid, integer) is
  'A step of the job expiry: whole months first, then one tenant''s batch; answers whether there may be more.';

create function public.run_expiry(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  run uuid := app.run_argument($1);
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  return app.describe_run(run, app.expire_step(run, 500));
end
$$;
comment on function public.run_expiry(jsonb) is
  'A step of the job expiry, {"run_id"}: one transaction that holds at most one tenant''s lock while it deletes.';

-- A procedure, since it commits after each step; Postgres then allows no search_path of its own,
-- so every name is qualified, and nobody but the owner may call it.
create procedure app.expire_data(batch integer default 1000)
language plpgsql
as $$
declare
  run uuid := app.start_run('expiry', interval '1 hour');
begin
  commit;
  if run is null then
    raise notice 'Another run of the job expiry is at it.';
    return;
  end if;
  while app.claim_run(run) and app.expire_step(run, batch) loop
    commit;
  end loop;
  perform app.finish_run(run, app.describe_run(run, false) ->> 'outcome', null);
end
$$;
comment on procedure app.expire_data(integer) is
  'Runs the job expiry here and now: deletes what tenants keep no longer, whole months at once where it can. Safe to repeat, outside a transaction.';

revoke execute on all routines in schema app from public;
revoke execute on function
  public.start_job(jsonb), public.finish_job(jsonb), public.run_partitions(jsonb), public.run_expiry(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function
  public.start_job(jsonb), public.finish_job(jsonb), public.run_partitions(jsonb), public.run_expiry(jsonb)
  to llm_operator;

do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-retention', '41 * * * *', 'call app.expire_data()');
  end if;
end
$$;
