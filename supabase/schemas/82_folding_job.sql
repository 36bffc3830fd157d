-- The job roll_ups: folds hours whose spans changed, and how far that and the verification are.

create table public.roll_up_progress (
  tenant_id text primary key check (app.is_tenant_id(tenant_id)),
  fold_run uuid,
  fold_next timestamptz,
  folded_at timestamptz,
  current_hour timestamptz,
  current_folded_at timestamptz,
  fine_since timestamptz,
  check_run uuid,
  check_next timestamptz,
  checked_at timestamptz,
  drifted_hours bigint not null default 0,
  chains_run uuid
);

alter table public.roll_up_progress enable row level security;
alter table public.roll_up_progress force row level security;
create policy roll_up_progress_read on public.roll_up_progress for select to llm_admin
  using (tenant_id = (select app.tenant_id()));
revoke all on public.roll_up_progress from anon, authenticated;
grant select on public.roll_up_progress to llm_admin;
grant select, insert, update, delete on public.roll_up_progress to service_role;

comment on table public.roll_up_progress is
  'How far the jobs roll_ups and verification are with a tenant, and what the last verification found.';
comment on column public.roll_up_progress.fold_run is 'The last run of the job roll_ups that came to the tenant, in job_runs.';
comment on column public.roll_up_progress.chains_run is
  'The last run of that job that is through with the tenant''s chains of responses (app.settle_chains).';
comment on column public.roll_up_progress.fold_next is
  'The hour from which that run goes on; infinity: it is through.';
comment on column public.roll_up_progress.current_hour is
  'The last hour that was folded before it was over, at current_folded_at.';
comment on column public.roll_up_progress.fine_since is 'Rows of 5 minutes that are older are gone.';
comment on column public.roll_up_progress.check_run is 'The last run of the job verification that came to the tenant.';
comment on column public.roll_up_progress.check_next is
  'The hour from which it goes on, the next run too; infinity: it went through all of them.';
comment on column public.roll_up_progress.drifted_hours is
  'Hours whose roll-ups check_run found unequal to the spans; they are folded anew.';

create function app.count_started(tenant text, since timestamptz, until timestamptz, most integer)
returns integer
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select count(*) from (
      select from public.spans
      where tenant_id = tenant and start_time >= since and start_time < until limit most) s);
end
$$;
comment on function app.count_started(text, timestamptz, timestamptz, integer) is
  'How many of a tenant''s spans start in a window; it stops counting at most.';

create function app.choose_hours(tenant text, since timestamptz, most integer) returns timestamptz[]
language plpgsql stable set search_path = ''
as $$
declare
  first timestamptz;
  marked timestamptz;
  room integer := most;
  chosen timestamptz[] := '{}';
begin
  select hour into first from public.roll_up_changes
    where tenant_id = tenant and hour >= since order by hour limit 1;
  -- The hours of one day together, since its day is summed up with them.
  for marked in
    select hour from app.list_marked(
      tenant, first, date_bin('1 day', first, 'epoch') + interval '1 day') hour
  loop
    continue when exists (
      select from public.roll_up_progress p where p.tenant_id = tenant and p.current_hour = marked
        and marked > now() - interval '1 hour' and p.current_folded_at > now() - interval '4 minutes');
    room := room - app.count_started(tenant, marked, marked + interval '1 hour', most);
    exit when room < 0 and cardinality(chosen) > 0;
    chosen := chosen || marked;
    exit when room <= 0;
  end loop;
  return chosen;
end
$$;
comment on function app.choose_hours(text, timestamptz, integer) is
  'Marked hours of a tenant from a time on that are folded next: some of one day, with so many spans at most, or one hour that has more. An hour that is not over is left for some minutes after it was folded.';

create function app.note_folding(tenant text, run uuid, hours timestamptz[]) returns void
language plpgsql set search_path = ''
as $$
declare
  next_one timestamptz := coalesce(hours[cardinality(hours)] + interval '1 hour', 'infinity');
  running timestamptz;
begin
  running := (select max(hour) from unnest(hours) hour where hour > now() - interval '1 hour');
  insert into public.roll_up_progress as p
    (tenant_id, fold_run, fold_next, folded_at, current_hour, current_folded_at)
  values (tenant, run, next_one, clock_timestamp(), running, case when running is not null then now() end)
  on conflict (tenant_id) do update set
    fold_run = excluded.fold_run, fold_next = excluded.fold_next, folded_at = excluded.folded_at,
    current_hour = coalesce(excluded.current_hour, p.current_hour),
    current_folded_at = coalesce(excluded.current_folded_at, p.current_folded_at);
end
$$;
comment on function app.note_folding(text, uuid, timestamptz[]) is
  'Remembers which hours of a tenant a run has come to; none: it is through.';

-- One hour's trouble holds up neither the tenant's others nor other tenants: it stays marked.
create function app.fold_some(tenant text, run uuid, most integer) returns void
language plpgsql set search_path = ''
as $$
declare
  hours timestamptz[];
  made integer;
begin
  hours := app.choose_hours(tenant, coalesce((
    select fold_next from public.roll_up_progress where tenant_id = tenant and fold_run = run), '-infinity'), most);
  if cardinality(hours) > 0 then
    made := app.fold_hours(tenant, hours);
    perform app.add_to_run(run, jsonb_build_object('hours', cardinality(hours), 'rows', made));
  end if;
  perform app.note_folding(tenant, run, hours);
exception when query_canceled or others then
  perform app.note_folding(tenant, run, hours);
  perform app.add_to_run(run, '{"failed": 1}');
  raise warning 'folding failed with %', sqlstate;
end
$$;
comment on function app.fold_some(text, uuid, integer) is
  'Folds some marked hours of a tenant, or records that it failed.';

create function app.settle_some(tenant text, run uuid, most integer) returns void
language plpgsql set search_path = ''
as $$
declare
  links integer := 0;
begin
  begin
    links := app.settle_chains(tenant, most);
    perform app.add_to_run(run, jsonb_build_object('links', links));
  exception when query_canceled or others then
    perform app.add_to_run(run, '{"failed": 1}');
    raise warning 'settling chains of responses failed with %', sqlstate;
  end;
  if links < most then
    insert into public.roll_up_progress as p (tenant_id, chains_run) values (tenant, run)
    on conflict (tenant_id) do update set chains_run = excluded.chains_run;
  end if;
end
$$;
comment on function app.settle_some(text, uuid, integer) is
  'Finds sessions of a tenant''s chains of responses, or records that it failed.';

create function app.find_noted(run uuid) returns text
language sql stable set search_path = ''
as $$
  with recursive noted (tenant_id) as (
    (select tenant_id from public.response_chains where not settled order by tenant_id limit 1)
    union all
    select (select c.tenant_id from public.response_chains c
      where not c.settled and c.tenant_id > noted.tenant_id order by c.tenant_id limit 1)
    from noted where noted.tenant_id is not null
  )
  select tenant_id from noted left join public.roll_up_progress p using (tenant_id)
  where tenant_id is not null and p.chains_run is distinct from run
  limit 1
$$;
comment on function app.find_noted(uuid) is
  'A tenant whose chains of responses a run has to come to; null: there is none.';

create function app.find_folding(run uuid) returns text
language sql stable set search_path = ''
as $$
  with recursive marked (tenant_id) as (
    (select tenant_id from public.roll_up_changes order by tenant_id limit 1)
    union all
    select (select c.tenant_id from public.roll_up_changes c
      where c.tenant_id > marked.tenant_id order by c.tenant_id limit 1)
    from marked where marked.tenant_id is not null
  )
  select tenant_id from marked left join public.roll_up_progress p using (tenant_id)
  where tenant_id is not null and (p.fold_run is distinct from run or p.fold_next < 'infinity')
  order by p.folded_at nulls first, tenant_id limit 1
$$;
comment on function app.find_folding(uuid) is
  'The tenant with marks that a run has to come to and that waits longest; null: there is none.';

-- A day later than they are read at the most, so that nobody reads rows that go meanwhile. One tenant
-- a transaction, and its locks first: who folds, expires or forgets deletes the same rows.
create function app.prune_fine(run uuid, most integer) returns boolean
language plpgsql set search_path = ''
as $$
declare
  kept_since timestamptz := app.kept_finely();
  tenant text := (
    select tenant_id from public.roll_up_progress where fine_since is distinct from kept_since
    order by tenant_id limit 1);
  gone integer;
begin
  if tenant is null then
    return false;
  end if;
  perform app.hold_folding(tenant);
  delete from public.roll_ups where ctid = any(array(
    select ctid from public.roll_ups
    where tenant_id = tenant and dimension = any(app.list_folded(tenant)) and grain = 5
      and bucket_start < kept_since - interval '1 day' limit most));
  get diagnostics gone = row_count;
  if gone > 0 then
    perform app.add_to_run(run, jsonb_build_object('pruned', gone));
  end if;
  if gone < most then
    update public.roll_up_progress set fine_since = kept_since where tenant_id = tenant;
  end if;
  return true;
end
$$;
comment on function app.prune_fine(uuid, integer) is
  'Takes away one tenant''s rows of 5 minutes that are no longer read, once a day; answers whether there may be more.';

create function app.fold_step(run uuid, most integer) returns boolean
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.find_noted(run);
begin
  -- Before the hours that the sessions of their calls mark.
  if tenant is not null then
    perform app.settle_some(tenant, run, 200);
    return true;
  end if;
  tenant := app.find_folding(run);
  if tenant is null then
    return app.prune_fine(run, 20000);
  end if;
  perform app.fold_some(tenant, run, most);
  return true;
end
$$;
comment on function app.fold_step(uuid, integer) is
  'A step of the job roll_ups: chains of responses or some hours of one tenant; answers whether there may be more.';

-- One hour may have millions of spans; the Data API sets the time before it calls.
create function public.run_roll_ups(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '110s'
as $$
declare
  run uuid := app.run_argument($1);
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  return app.describe_run(run, app.fold_step(run, 50000));
end
$$;
comment on function public.run_roll_ups(jsonb) is
  'A step of the job roll_ups, {"run_id"}: folds some hours of a tenant whose spans changed, the oldest first, in one transaction.';

create procedure app.fold_data(batch integer default 50000)
language plpgsql
as $$
declare
  run uuid := app.start_run('roll_ups', interval '5 minutes');
begin
  commit;
  if run is null then
    raise notice 'Another run of the job roll_ups is at it.';
    return;
  end if;
  while app.claim_run(run) and app.fold_step(run, batch) loop
    commit;
  end loop;
  perform app.finish_run(run, app.describe_run(run, false) ->> 'outcome', null);
end
$$;
comment on procedure app.fold_data(integer) is
  'Runs the job roll_ups here and now, to its end. Safe to repeat, outside a transaction.';

revoke execute on all routines in schema app from public;
revoke execute on function public.run_roll_ups(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.run_roll_ups(jsonb) to llm_operator;

do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-roll-ups', '*/5 * * * *', 'call app.fold_data()');
  end if;
end
$$;
