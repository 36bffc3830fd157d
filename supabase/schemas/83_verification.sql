-- The job verification: whether roll-ups are the sums of the spans, said with numbers, and put right.

create function app.list_roll_up_columns(measures boolean) returns text[]
language sql stable set search_path = ''
as $$
  select array_agg(attname::text order by attnum)
  from pg_catalog.pg_attribute
  where attrelid = 'public.roll_ups'::regclass and attnum > 0 and not attisdropped
    and attname <> all('{tenant_id,place}')
    and measures = (attname <> 'bucket_start' and atttypid <> all('{text,boolean,smallint}'::regtype[]))
$$;
comment on function app.list_roll_up_columns(boolean) is
  'The columns of roll_ups that are measures, or those that say of what; a number among them names no row.';

-- One statement, so that all of it is of one moment, whatever is written meanwhile.
create function app.compare_sums(tenant text, since timestamptz, until timestamptz)
returns table (surplus bigint, differing jsonb)
language plpgsql stable set search_path = ''
as $compare$
declare
  columns text := array_to_string(
    app.list_roll_up_columns(false) || app.list_roll_up_columns(true), ', ');
begin
  return query execute format($$
    with marked as materialized (
      select coalesce(array_agg(hour), '{}') as hours,
        coalesce(array_agg(distinct date_bin('1 day', hour, 'epoch')), '{}') as days
      from app.list_marked($1, $4, $3) hour
    ),
    compared as (
      select 1 as side, r.*
      from unnest(app.list_folded($1)) d (dimension) cross join lateral (
        select * from public.roll_ups h
        where h.tenant_id = $1 and h.dimension = d.dimension and h.grain = 60
          and h.bucket_start >= $2 and h.bucket_start < $3 and not h.taken
        union all
        select * from public.roll_ups f
        where f.tenant_id = $1 and f.dimension = d.dimension and f.grain = 5
          and f.bucket_start >= greatest($2, app.kept_finely()) and f.bucket_start < $3
          and not f.taken
        union all
        select * from public.roll_ups w
        where w.tenant_id = $1 and w.dimension = d.dimension and w.grain = 1440
          and w.bucket_start >= $4 and w.bucket_start < $5) r
      union all
      select -1, h.* from app.sum_spans($1, $2, $3, 60, app.list_dimensions($1)) h
      union all
      select -1, f.* from app.sum_spans(
        $1, greatest($2, app.kept_finely()), $3, 5, app.fine_dimensions()) f
      union all
      select -1, w.* from app.add_up($1, app.list_folded($1), 60, $4, $5, 1440, false) w
    ),
    unequal as (
      select %1$s, sum(side) as surplus
      from compared cross join marked m
      where case grain when 1440 then bucket_start <> all(m.days)
        else date_bin('1 hour', bucket_start, 'epoch') <> all(m.hours) end
      group by %1$s
      having sum(side) <> 0
    )
    select surplus, to_jsonb(u) - 'surplus' from unequal u
    $$, columns)
    using tenant, since, until, date_bin('1 day', since, 'epoch'), date_bin('1 day', until, 'epoch');
end
$compare$;
comment on function app.compare_sums(text, timestamptz, timestamptz) is
  'The roll-ups of a tenant''s unmarked hours, and of days that end in the window, that are not the sums of the raw rows: those that are stored with a surplus above 0, those that should be below.';

create function app.count_drift(tenant text, since timestamptz, until timestamptz)
returns table (hours timestamptz[], counts jsonb)
language plpgsql stable set search_path = ''
as $$
declare
  measures constant text[] := app.list_roll_up_columns(true);
begin
  return query
    with found as materialized (
      select f.surplus, f.differing - measures as name, f.differing,
        (f.differing -> 'grain')::integer as grain,
        (f.differing ->> 'bucket_start')::timestamptz as bucket
      from app.compare_sums(tenant, since, until) f
    ),
    -- A day differs from an hour that is wrong, and is folded with it.
    unequal as (
      select * from found
      where grain <> 1440
        or bucket not in (select date_bin('1 day', f.bucket, 'epoch') from found f where f.grain = 60)
    ),
    told as (
      select name, measure, u.surplus, u.differing -> measure as amount
      from unequal u cross join unnest(measures) measure
    ),
    differences as (
      select 'drift_' || measure as measure, case
          when bool_or(jsonb_typeof(amount) = 'number')
            then abs(sum(surplus * (amount #>> '{}')::numeric) filter (where jsonb_typeof(amount) = 'number'))
          else (min(amount::text) <> max(amount::text)
            or count(*) = 1 and bool_or(jsonb_typeof(amount) <> 'null'))::integer end as difference
      from told group by name, measure
      union all
      select 'drift_rows', 1 from unequal group by name having count(*) = 1
    )
    select
      array(select distinct date_bin('1 hour', bucket, 'epoch') from unequal),
      (select jsonb_object_agg(name, total) from (
        select case measure when 'drift_cost_usd' then 'drift_microdollars' else measure end as name,
          ceil(sum(difference) * case measure when 'drift_cost_usd' then 1000000 else 1 end) as total
        from differences d group by measure having sum(difference) > 0) t);
end
$$;
comment on function app.count_drift(text, timestamptz, timestamptz) is
  'The hours of a tenant in which roll-ups differ from raw rows, and by how much: each measure''s differences added up over all rows, histograms and times by the number of rows, drift_rows by those that are missing or should not be there.';

create function app.find_check_end(tenant text, since timestamptz, most integer) returns timestamptz
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select greatest(since + interval '1 hour', date_bin('1 hour', start_time, 'epoch'))
    from public.spans
    where tenant_id = tenant and start_time >= greatest(since, app.earliest_call())
    order by start_time offset most limit 1);
end
$$;
comment on function app.find_check_end(text, timestamptz, integer) is
  'Until when hours of a tenant have so many spans at the most, or one hour has more; null: there are not so many.';

create function app.note_check(tenant text, run uuid, reached timestamptz, drifted integer)
returns void
language plpgsql set search_path = ''
as $$
begin
  insert into public.roll_up_progress as p (tenant_id, check_run, check_next, checked_at, drifted_hours)
  values (tenant, run, reached, clock_timestamp(), drifted)
  on conflict (tenant_id) do update set
    check_run = run, check_next = reached, checked_at = clock_timestamp(),
    drifted_hours = drifted + case when p.check_run = run then p.drifted_hours else 0 end;
end
$$;
comment on function app.note_check(text, uuid, timestamptz, integer) is
  'Remembers how far a run compared a tenant''s sums, and how many hours differed.';

create function app.check_some(tenant text, run uuid, most integer) returns void
language plpgsql set search_path = ''
as $$
declare
  -- Until then a span may start that is not misdated.
  latest timestamptz := date_bin('1 day', now(), 'epoch') + interval '2 days';
  since timestamptz;
  reached timestamptz;
  drift record;
begin
  select nullif(check_next, 'infinity') into since from public.roll_up_progress where tenant_id = tenant;
  since := greatest(since, '-infinity', app.kept_since((
    select roll_up_days from public.tenants where tenant_id = tenant)) + interval '1 day');
  since := date_bin('1 hour', since, 'epoch');
  reached := app.find_check_end(tenant, since, most);
  select * into drift from app.count_drift(tenant, since, coalesce(reached, latest));
  perform app.mark_hours(tenant, drift.hours);
  perform app.note_check(tenant, run, coalesce(reached, 'infinity'), cardinality(drift.hours));
  perform app.add_to_run(run, '{"checks": 1}'::jsonb || case when cardinality(drift.hours) > 0
    then drift.counts || jsonb_build_object('drifted_hours', cardinality(drift.hours)) else '{}' end);
exception when query_canceled or others then
  perform app.note_check(tenant, run, coalesce(reached, 'infinity'), 0);
  perform app.add_to_run(run, '{"failed": 1}');
  raise warning 'verification failed with %', sqlstate;
end
$$;
comment on function app.check_some(text, uuid, integer) is
  'Compares a tenant''s sums of so many spans with the raw rows, from where the last comparison ended, and marks hours that differ.';

create function app.check_step(run uuid, most integer, patience interval) returns boolean
language plpgsql set search_path = ''
as $$
declare
  until timestamptz := clock_timestamp() + interval '2 seconds';
  tenant text;
begin
  for tenant in
    select t.tenant_id
    from public.tenants t left join public.roll_up_progress p using (tenant_id)
    where t.deleted_at is null and (p.check_run is distinct from run or p.check_next < 'infinity')
    order by p.checked_at nulls first, t.tenant_id limit 50
  loop
    perform app.check_some(tenant, run, most);
    exit when clock_timestamp() > until;
  end loop;
  return tenant is not null and clock_timestamp() < (
    select started_at from public.job_runs where run_id = run) + patience;
end
$$;
comment on function app.check_step(uuid, integer, interval) is
  'A step of the job verification: the tenants that wait longest, for two seconds; answers whether there is more, which after so long is left to the next run.';

-- One hour may have millions of spans; the Data API sets the time before it calls.
create function public.run_verification(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '110s'
as $$
declare
  run uuid := app.run_argument($1);
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  return app.describe_run(run, app.check_step(run, 50000, interval '150 seconds'));
end
$$;
comment on function public.run_verification(jsonb) is
  'A step of the job verification, {"run_id"}: compares roll-ups with the spans that they sum up, and has those that differ be folded anew.';

create procedure app.verify_data(batch integer default 50000)
language plpgsql
as $$
declare
  run uuid := app.start_run('verification', interval '1 day');
begin
  commit;
  if run is null then
    raise notice 'Another run of the job verification is at it.';
    return;
  end if;
  while app.claim_run(run) and app.check_step(run, batch, interval '1 day') loop
    commit;
  end loop;
  perform app.finish_run(run, app.describe_run(run, false) ->> 'outcome', null);
end
$$;
comment on procedure app.verify_data(integer) is
  'Runs the job verification here and now, over all sums of all tenants. Safe to repeat, outside a transaction.';

create function app.describe_roll_ups(tenant text) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'drifted', coalesce((
      select did ? 'drifted_hours' from public.job_runs
      where job = 'verification' and outcome <> 'running' order by started_at desc limit 1), false),
    'drifted_hours', coalesce((
      select drifted_hours from public.roll_up_progress where tenant_id = tenant), 0),
    'waiting_hours', (
      select count(*) from app.list_marked(tenant, '-infinity', now() - interval '2 hours')))
$$;
comment on function app.describe_roll_ups(text) is
  'Whether the last run of the job verification found that any sum drifted, in how many hours of a tenant it did, and how many of its hours wait to be folded.';

revoke execute on all routines in schema app from public;
revoke execute on function public.run_verification(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.run_verification(jsonb) to llm_operator;

do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-verification', '29 4 * * *', 'call app.verify_data()');
  end if;
end
$$;
