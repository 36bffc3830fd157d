-- Sums that are kept, and the hours in which they are out of date. Raw rows are the truth; a roll-up
-- is a memory of them, and is read only where nothing changed since it was made.

create table public.roll_ups (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  dimension text not null check (length(dimension) <= 68),
  grain smallint not null check (grain in (5, 60, 1440)),
  bucket_start timestamptz not null,
  taken boolean not null,
  place integer not null,
  -- Of spans, whose checks these texts have passed: to ask again of all would cost each row a tenth.
  value text check (length(value) <= 520),
  counted boolean not null,
  environment text,
  service_name text,
  provider text,
  model text,
  operation text,
  agent_name text,
  tool_name text,
  prompt text,
  error_type text,
  api_key_id text,
  release text,
  spans integer not null,
  errors integer not null,
  unpriced integer not null,
  unmeasured integer not null,
  input_tokens bigint,
  output_tokens bigint,
  total_tokens bigint,
  input_uncached bigint,
  cache_read bigint,
  cache_write bigint,
  cache_write_1h bigint,
  cache_write_12h bigint,
  input_audio bigint,
  cache_audio_read bigint,
  input_image bigint,
  cache_image_read bigint,
  input_unsplit bigint,
  output_text bigint,
  reasoning bigint,
  output_audio bigint,
  output_image bigint,
  output_unsplit bigint,
  cost_usd numeric,
  first_start timestamptz,
  last_start timestamptz,
  latency bigint[],
  time_to_first_token bigint[]
);

-- No key: who makes a bucket's rows holds the tenant's folding, and rows of one bucket share an entry
-- of this index, which so takes a quarter of what a primary key would.
create index roll_ups_of_bucket on public.roll_ups (tenant_id, dimension, grain, bucket_start);
-- Of many values a filter names few. These rows and those of error types tell when they started.
create index roll_ups_of_value on public.roll_ups (tenant_id, dimension, value, grain, bucket_start)
  where first_start is not null and value is not null;

alter table public.roll_ups enable row level security;
alter table public.roll_ups force row level security;
create policy roll_ups_read on public.roll_ups for select to authenticated
  using (tenant_id = (select app.tenant_id()));
revoke all on public.roll_ups from anon, authenticated;
grant select on public.roll_ups to authenticated;
grant select, insert, update, delete on public.roll_ups to service_role;

comment on table public.roll_ups is
  'Sums over spans by 5 minutes, hour and day (UTC), as they were when the hour was folded. Ask query_metrics or the views metrics_by_…, which read raw rows where an hour has changed since (roll_up_changes).';
comment on column public.roll_ups.dimension is
  'total: nothing is told apart; detail: the columns from environment to release are; environment, service, operation, provider, model (and its provider), agent, tool, prompt, error_type, api_key and release: one of these is, in value. user, customer, session and tag:<key>: calls of one value, by environment, provider and model. left_out: spans whose usage is in no sum, by the reason, and possible_duplicates.';
comment on column public.roll_ups.grain is
  'How long its bucket is, in minutes: 5 (of total and model, for 35 days), 60 or 1440.';
comment on column public.roll_ups.taken is
  'True for sums of spans that the expiry took: they are no longer among the raw rows, and stay in the sums. A row of a day has both.';
comment on column public.roll_ups.place is
  'Tells the rows of one bucket and dimension apart.';
comment on column public.roll_ups.counted is
  'True for model calls (spans.counted). False for other spans that failed or have an operation, such as tools and agents: without tokens and cost.';
comment on column public.roll_ups.model is
  'The canonical model (spans.canonical_model), so that what failed stands beside what answered.';
comment on column public.roll_ups.spans is
  'How many spans; of counted ones the requests.';
comment on column public.roll_ups.total_tokens is
  'Sum over calls whose usage is known; null where none is. The columns after it are the disjoint buckets (spans.usage_buckets).';
comment on column public.roll_ups.prompt is
  'The prompt''s name, and its version behind an @.';
comment on column public.roll_ups.error_type is
  'Of spans that failed; _OTHER where none was told.';
comment on column public.roll_ups.first_start is
  'When the first of its spans started, as last_start says of the last: of one value, and of what failed.';
comment on column public.roll_ups.latency is
  'A histogram of duration_ms (app.to_entry), sorted; so is time_to_first_token of what was streamed.';

-- Only ever added to by writers, so nobody waits: whoever folds an hour takes away what it saw.
create table public.roll_up_changes (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  hour timestamptz not null,
  change_id uuid not null default gen_random_uuid(),
  primary key (tenant_id, hour, change_id)
);

alter table public.roll_up_changes enable row level security;
alter table public.roll_up_changes force row level security;
create policy roll_up_changes_read on public.roll_up_changes for select to authenticated
  using (tenant_id = (select app.tenant_id()));
revoke all on public.roll_up_changes from anon, authenticated;
grant select on public.roll_up_changes to authenticated;
grant select, insert, update, delete on public.roll_up_changes to service_role;

comment on table public.roll_up_changes is
  'Marks: hours in which spans changed since they were folded into roll_ups. Who sums reads raw rows of these.';

-- By triggers, so that nothing that writes spans can forget it, a statement by hand neither.
create function app.note_changes() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into public.roll_up_changes (tenant_id, hour)
    select distinct tenant_id, date_bin('1 hour', start_time, 'epoch') from added
    where misdated is null;
  elsif tg_op = 'DELETE' then
    insert into public.roll_up_changes (tenant_id, hour)
    select distinct tenant_id, date_bin('1 hour', start_time, 'epoch') from removed
    where misdated is null;
  else
    insert into public.roll_up_changes (tenant_id, hour)
    select tenant_id, date_bin('1 hour', start_time, 'epoch') from added where misdated is null
    union
    select tenant_id, date_bin('1 hour', start_time, 'epoch') from removed where misdated is null;
  end if;
  return null;
end
$$;
comment on function app.note_changes() is
  'Marks the hours of the spans that a statement added, changed or took away.';

create trigger spans_added after insert on public.spans
  referencing new table as added for each statement execute function app.note_changes();
create trigger spans_changed after update on public.spans
  referencing old table as removed new table as added
  for each statement execute function app.note_changes();
create trigger spans_removed after delete on public.spans
  referencing old table as removed for each statement execute function app.note_changes();

-- A span that names no user, session or customer is its trace's, which another span may tell of later.
create function app.note_attribution() returns trigger
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  changed record;
begin
  -- Most updates change none; to begin a query of spans would cost a small batch as much as its marks.
  for changed in
    select told.tenant_id, told.trace_id, told.start_time, c.attributed, c.moved,
      coalesce(told.root_session_id, told.session_id)
        is distinct from coalesce(known.root_session_id, known.session_id) as retold
    from told join known using (tenant_id, trace_id)
    cross join lateral (
      select (coalesce(told.root_user_id, told.user_id),
          coalesce(told.root_session_id, told.session_id, told.chained_session_id),
          coalesce(told.root_customer_id, told.customer_id))
        is distinct from
        (coalesce(known.root_user_id, known.user_id),
          coalesce(known.root_session_id, known.session_id, known.chained_session_id),
          coalesce(known.root_customer_id, known.customer_id)) as attributed,
        isfinite(told.start_time) and (told.root_span_id is distinct from known.root_span_id
          or told.start_time <> known.start_time
          and date_bin('1 hour', told.start_time, 'epoch') <> date_bin('1 hour', known.start_time, 'epoch')
          ) as moved) c
    where c.attributed or c.moved
  loop
    -- A trace is found by its first hour, which may be one that no span of it came to; and by its root.
    if changed.moved then
      perform app.mark_hours(changed.tenant_id, array[changed.start_time]);
    end if;
    if changed.attributed then
      insert into public.roll_up_changes (tenant_id, hour)
      select distinct s.tenant_id, date_bin('1 hour', s.start_time, 'epoch') from public.spans s
      where s.tenant_id = changed.tenant_id and s.trace_id = changed.trace_id and s.misdated is null
        and (s.user_id is null or s.session_id is null or s.customer_id is null);
    end if;
    if changed.retold then
      perform app.note_retold(changed.tenant_id, changed.trace_id);
    end if;
  end loop;
  return null;
end
$$;
comment on function app.note_attribution() is
  'Marks the hours of those spans of a trace that are the trace''s user''s, session''s or customer''s, when these change; of a trace that has another root or starts in another hour, the hour in which it starts.';

create trigger traces_attributed after update on public.traces
  referencing old table as known new table as told
  for each statement execute function app.note_attribution();

-- An hour may have thousands of marks, and each is looked at once here.
create function app.list_marked(tenant text, since timestamptz, until timestamptz)
returns setof timestamptz
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  marked timestamptz := since - interval '1 hour';
begin
  loop
    select c.hour into marked from public.roll_up_changes c
      where c.tenant_id = tenant and c.hour > marked and c.hour < until
      order by c.hour limit 1;
    exit when not found;
    -- One that begins before the window reaches into it.
    return next marked;
  end loop;
end
$$;
comment on function app.list_marked(text, timestamptz, timestamptz) is
  'The hours of a tenant that reach into a window and have changed since they were folded, in order.';

create function app.mark_hours(tenant text, hours timestamptz[]) returns void
language sql set search_path = ''
as $$
  insert into public.roll_up_changes (tenant_id, hour)
  select distinct tenant, date_bin('1 hour', hour, 'epoch') from unnest(hours) hour
$$;
comment on function app.mark_hours(text, timestamptz[]) is
  'Has hours be read from raw rows until they are folded anew.';

revoke execute on all functions in schema app from public;
grant execute on function app.list_marked(text, timestamptz, timestamptz) to authenticated, service_role;
