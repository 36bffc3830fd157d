-- Deleting many traces: they are named when it is asked, and go in batches of the job deletions.

create table public.deletions (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  deletion_id uuid not null default gen_random_uuid(),
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  asked_by text not null check (asked_by in ('filter', 'ids')),
  matched_traces bigint not null check (matched_traces > 0),
  matched_spans bigint not null check (matched_spans >= 0),
  traces bigint not null default 0,
  spans bigint not null default 0,
  contents bigint not null default 0,
  evaluations bigint not null default 0,
  created_at timestamptz not null default now(),
  created_by text not null default app.actor() check (length(created_by) <= 64),
  touched_at timestamptz not null default now(),
  finished_at timestamptz check ((state in ('waiting', 'running')) = (finished_at is null)),
  receipt_id uuid check ((state = 'done') = (receipt_id is not null)),
  error text check (length(error) <= 300),
  attempts integer not null default 0,
  failed_run uuid,
  primary key (tenant_id, deletion_id)
);

create index deletions_newest on public.deletions (tenant_id, created_at, deletion_id);
create index deletions_open on public.deletions (tenant_id, touched_at) where finished_at is null;

create table public.deletion_traces (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  deletion_id uuid not null,
  trace_id text not null check (octet_length(trace_id) = 32 and trace_id ~ '^[0-9a-f]*$'),
  primary key (tenant_id, deletion_id, trace_id)
);

alter table public.deletions enable row level security;
alter table public.deletions force row level security;
create policy deletions_read on public.deletions for select to llm_admin
  using (tenant_id = (select app.tenant_id()));
alter table public.deletion_traces enable row level security;
alter table public.deletion_traces force row level security;
create policy deletion_traces_read on public.deletion_traces for select to llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.deletions, public.deletion_traces from anon, authenticated;
grant select on public.deletions, public.deletion_traces to llm_admin;
grant select, insert, update, delete on public.deletions, public.deletion_traces to service_role;

comment on table public.deletions is
  'Deletions of many traces, each with what it matched and what went. It says nothing of what was asked, which may name a person.';
comment on column public.deletions.matched_traces is
  'Traces that were there when it was asked; matched_spans are theirs. What is not among traces at the end went another way.';
comment on column public.deletions.traces is
  'Traces that are gone; so are spans, contents, evaluations.';
comment on column public.deletions.created_by is
  'Whoever asked: user:<uuid>, a key''s id, dev.';
comment on column public.deletions.touched_at is
  'When the job last came to it; tenants take turns.';
comment on column public.deletions.receipt_id is
  'The event of its end in audit_events.';
comment on column public.deletions.attempts is
  'Batches that failed. Each makes the next ones smaller; after five the deletion is given up.';
comment on column public.deletions.failed_run is
  'The run in which a batch failed: it goes on with the next run.';
comment on table public.deletion_traces is
  'The traces that a deletion has still to delete.';

create function app.most_deleted() returns integer
language sql immutable parallel safe
return 50000;
comment on function app.most_deleted() is 'The traces that one deletion may name.';

-- As its reader, under row level security; what is to go is named to the deletion by its keys.
create function public.match_traces(jsonb) returns json
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  keys text[];
  found json;
begin
  if jsonb_typeof($1 -> 'ids') = 'array' then
    keys := array(
      select t.trace_id from public.traces t
      where t.tenant_id = tenant and t.trace_id in (select jsonb_array_elements_text($1 -> 'ids')));
  else
    keys := array(
      select m.trace_id from app.match_rows(
        jsonb_build_object('filters', $1 -> 'filters', 'most', app.most_deleted() + 1), 'traces') m);
  end if;
  select json_build_object(
      'traces', count(*), 'spans', coalesce(sum(t.span_count), 0),
      'ids', case when $1 -> 'named' = 'true' then coalesce(json_agg(t.trace_id), '[]') end)
    into found from public.traces t where t.tenant_id = tenant and t.trace_id = any(keys);
  return found;
end
$$;
comment on function public.match_traces(jsonb) is
  'How many of the caller''s traces {"filters"} or {"ids"} name, and how many spans these have: at most one trace more than a deletion takes. With {"named": true} their ids, too.';

create function public.request_deletion(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  way text := app.argument($1, 'asked_by', '^(filter|ids)$', 'filter or ids');
  expected integer := app.integer_argument($1, 'expected', 1, app.most_deleted());
  names jsonb := coalesce($1 -> 'ids', 'null');
  matched public.deletions;
  named text[];
begin
  if jsonb_typeof(names) <> 'array' or jsonb_array_length(names) not between 1 and app.most_deleted()
      or jsonb_path_exists(names, 'strict $[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-f]{32}$"))') then
    raise invalid_parameter_value using
      message = format('ids are not 1 to %s ids of traces.', app.most_deleted()),
      hint = 'Ask for fewer, by started< for example, and delete the others after them.';
  end if;
  if (select count(*) from public.deletions where tenant_id = tenant and finished_at is null) >= 20 then
    raise sqlstate 'PT409' using
      message = 'Twenty deletions of this tenant are not done yet.', hint = 'Wait for one of them: GET /deletions.';
  end if;
  select array_agg(trace_id), coalesce(sum(span_count), 0) into named, matched.matched_spans
    from public.traces
    where tenant_id = tenant and trace_id in (select jsonb_array_elements_text(names));
  if coalesce(cardinality(named), 0) is distinct from expected then
    raise sqlstate 'PT409' using
      message = format('It matches %s traces, and expected is %s.',
        coalesce(cardinality(named), 0), coalesce(expected::text, 'missing')),
      hint = 'Ask again with dry_run, look at the number, and send that.';
  end if;
  delete from public.deletions where tenant_id = tenant and finished_at < now() - interval '400 days';
  insert into public.deletions (tenant_id, asked_by, matched_traces, matched_spans)
    values (tenant, way, expected, matched.matched_spans) returning * into matched;
  insert into public.deletion_traces (tenant_id, deletion_id, trace_id)
    select tenant, matched.deletion_id, trace_id from unnest(named) trace_id;
  perform app.record_event(tenant, 'deletion.requested', matched.deletion_id::text,
    jsonb_build_object('asked_by', way, 'traces', matched.matched_traces, 'spans', matched.matched_spans));
  return to_jsonb(matched) - array['tenant_id', 'attempts', 'failed_run', 'touched_at'];
end
$$;
comment on function public.request_deletion(jsonb) is
  'Has the traces {"ids"} of the caller''s tenant deleted by the job deletions, where {"expected"} is how many of them there are; {"asked_by"} filter or ids. Answers the deletion.';

create function app.choose_doomed(tenant text, deletion uuid, most_traces integer, most_spans integer)
returns text[]
language sql stable set search_path = ''
as $$
  select coalesce(array_agg(trace_id), '{}') from (
    select k.trace_id, row_number() over w as place, sum(coalesce(t.span_count, 0)) over w as spans
    from (
      select trace_id from public.deletion_traces
      where tenant_id = tenant and deletion_id = deletion order by trace_id limit most_traces) k
    left join public.traces t on t.tenant_id = tenant and t.trace_id = k.trace_id
    window w as (order by k.trace_id)) s
  where place = 1 or spans <= most_spans
$$;
comment on function app.choose_doomed(text, uuid, integer, integer) is
  'The next traces of a deletion, with so many spans at most, or one that has more; none: it is through.';

create function app.end_deletion(ended public.deletions) returns void
language plpgsql set search_path = ''
as $$
declare
  receipt uuid;
begin
  -- In the name of whoever asked: a job is nobody.
  insert into public.audit_events (tenant_id, actor, action, target, details)
  values (ended.tenant_id, ended.created_by, 'traces.forgotten', ended.deletion_id::text, jsonb_build_object(
    'matched', ended.matched_traces, 'deleted', jsonb_build_object(
      'traces', ended.traces, 'spans', ended.spans, 'contents', ended.contents, 'evaluations', ended.evaluations)))
  returning event_id into receipt;
  update public.deletions set state = 'done', finished_at = clock_timestamp(), receipt_id = receipt, error = null
  where tenant_id = ended.tenant_id and deletion_id = ended.deletion_id;
end
$$;
comment on function app.end_deletion(public.deletions) is 'Writes the receipt of a deletion that is through.';

-- The tenant before the row: who forgets the tenant takes them in this order, too.
create function app.delete_batch(tenant text, deletion uuid, run uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  doomed text[];
  gone record;
  known public.deletions;
begin
  perform pg_advisory_xact_lock(app.tenant_lock(tenant));
  select * into known from public.deletions
    where tenant_id = tenant and deletion_id = deletion and finished_at is null for update skip locked;
  if not found then
    return;
  end if;
  doomed := app.choose_doomed(tenant, deletion, greatest(200 >> known.attempts, 1), greatest(4000 >> known.attempts, 1));
  if doomed <> '{}' then
    gone := app.forget_traces(tenant, doomed);
    delete from public.deletion_traces
      where tenant_id = tenant and deletion_id = deletion and trace_id = any(doomed);
    perform app.add_to_run(run, jsonb_build_object('traces', gone.traces, 'spans', gone.spans));
    update public.deletions
      set state = 'running', touched_at = clock_timestamp(), traces = traces + gone.traces, spans = spans + gone.spans,
        contents = contents + gone.contents, evaluations = evaluations + gone.evaluations
      where tenant_id = tenant and deletion_id = deletion returning * into known;
  end if;
  if not exists (select from public.deletion_traces where tenant_id = tenant and deletion_id = deletion) then
    perform app.end_deletion(known);
    perform app.add_to_run(run, '{"deletions": 1}');
  end if;
end
$$;
comment on function app.delete_batch(text, uuid, uuid) is
  'Deletes the next traces of a deletion, in one transaction with their sums, and ends it after the last.';

create function app.note_failure(tenant text, deletion uuid, run uuid, code text) returns void
language plpgsql set search_path = ''
as $$
begin
  update public.deletions
  set attempts = attempts + 1, failed_run = run, touched_at = clock_timestamp(),
    error = format('A batch failed with %s.', code),
    state = case when attempts + 1 < 5 then state else 'failed' end,
    finished_at = case when attempts + 1 < 5 then null else clock_timestamp() end
  where tenant_id = tenant and deletion_id = deletion and finished_at is null;
  delete from public.deletion_traces k using public.deletions d
  where d.tenant_id = tenant and d.deletion_id = deletion and d.state = 'failed'
    and k.tenant_id = tenant and k.deletion_id = deletion;
  perform app.add_to_run(run, '{"failed": 1}');
end
$$;
comment on function app.note_failure(text, uuid, uuid, text) is
  'Remembers that a batch of a deletion failed; gives the deletion up after five.';

-- One deletion's trouble does not hold up others'.
create function app.delete_step(run uuid) returns boolean
language plpgsql set search_path = ''
as $$
declare
  chosen record;
begin
  select tenant_id, deletion_id into chosen from public.deletions
    where finished_at is null and failed_run is distinct from run
    order by touched_at, tenant_id, deletion_id limit 1;
  if not found then
    return false;
  end if;
  begin
    perform app.delete_batch(chosen.tenant_id, chosen.deletion_id, run);
  -- `others` leaves out a statement whose time is up, which would fail every run at the same one.
  exception when query_canceled or others then
    perform app.note_failure(chosen.tenant_id, chosen.deletion_id, run, sqlstate);
    raise warning 'a deletion failed with %', sqlstate;
  end;
  return true;
end
$$;
comment on function app.delete_step(uuid) is
  'A step of the job deletions: one batch of the deletion that waits longest; answers whether there may be more.';

create function public.run_deletions(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '25s'
as $$
declare
  run uuid := app.run_argument($1);
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  return app.describe_run(run, app.delete_step(run));
end
$$;
comment on function public.run_deletions(jsonb) is
  'A step of the job deletions, {"run_id"}: one transaction that holds one tenant''s lock while it deletes.';

create procedure app.delete_data()
language plpgsql
as $$
declare
  run uuid := app.start_run('deletions', interval '5 minutes');
begin
  commit;
  if run is null then
    raise notice 'Another run of the job deletions is at it.';
    return;
  end if;
  while app.claim_run(run) and app.delete_step(run) loop
    commit;
  end loop;
  perform app.finish_run(run, app.describe_run(run, false) ->> 'outcome', null);
end
$$;
comment on procedure app.delete_data() is
  'Runs the job deletions here and now, to its end. Safe to repeat, outside a transaction.';

revoke execute on all routines in schema app from public;
revoke execute on function
  public.match_traces(jsonb), public.request_deletion(jsonb), public.run_deletions(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function app.most_deleted(), public.match_traces(jsonb) to authenticated, service_role;
grant execute on function public.request_deletion(jsonb) to llm_admin;
grant execute on function public.run_deletions(jsonb) to llm_operator;

do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-deletions', '*/5 * * * *', 'call app.delete_data()');
  end if;
end
$$;
