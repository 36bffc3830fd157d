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
  (select j.next_due from public.job_runs j where j.job = 'expiry' order by j.started_at desc limit 1) as next_run,
  t.roll_up_days
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
  for tenant in
    select t.tenant_id from public.tenants t left join public.retention_runs r using (tenant_id)
    where (t.span_days is not null or t.content_days is not null)
      and (r.run_id is distinct from run or r.outcome = 'running')
    order by t.tenant_id limit 50
  loop
    -- The tenant's lock is held until the transaction ends, so it ends with the first batch.
    exit when app.expire_tenant(tenant, batch, run) > 0;
  end loop;
  if found then
    return true;
  end if;
  -- One a transaction: nobody waits for the other table's lock under the one's.
  if app.drop_partitions('spans', 1, run) > 0 or app.drop_partitions('span_contents', 1, run) > 0 then
    perform app.add_to_run(run, '{"months": 1}');
    return true;
  end if;
  return false;
end
$$;
comment on function app.expire_step(uuid, integer) is
  'A step of the job expiry: one tenant''s batch, months that nobody needs at the end; answers whether there may be more.';

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
