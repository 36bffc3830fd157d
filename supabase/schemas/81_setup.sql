-- What a check of the setup asks of the database: facts of the project, and of the caller's tenant.

create function app.may_select(schema text, name text) returns boolean
language sql stable set search_path = ''
as $$
  select coalesce(bool_or(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')), false)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = schema and c.relname = name
$$;
comment on function app.may_select(text, text) is 'Whether a table is there, and its owner lets us read it.';

create function app.find_migration(wanted text) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  found_out jsonb;
begin
  -- Kept by Supabase's command line, which nobody has to use.
  if app.may_select('supabase_migrations', 'schema_migrations') then
    execute 'select jsonb_build_object(''newest'', max(version), '
      '''applied'', coalesce(bool_or(version = $1), false)) from supabase_migrations.schema_migrations'
      into found_out using wanted;
  end if;
  return found_out;
end
$$;
comment on function app.find_migration(text) is
  'Whether a migration is applied, and which is the newest that is; null where no record is kept.';

create function app.list_cron_jobs() returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  scheduled jsonb;
begin
  if app.may_select('cron', 'job') then
    execute 'select coalesce(jsonb_agg(jobname order by jobname), ''[]'') from cron.job '
      'where active and jobname like ''llm-observe-%''' into scheduled;
  end if;
  return scheduled;
end
$$;
comment on function app.list_cron_jobs() is 'What pg_cron runs of ours; null where it is not there.';

create function app.find_pre_request() returns text
language sql stable set search_path = ''
as $$
  select split_part(setting, '=', 2)
  from pg_catalog.pg_db_role_setting s
    join pg_catalog.pg_roles r on r.oid = s.setrole
    cross join unnest(s.setconfig) setting
  where r.rolname = 'authenticator' and setting like 'pgrst.db_pre_request=%'
    and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
  -- A setting of this database goes before the role's own.
  order by s.setdatabase = 0 limit 1
$$;
comment on function app.find_pre_request() is 'The function that the Data API is set to run before each request.';

create function app.describe_jobs() returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(last) order by job), '[]')
  from (
    select distinct on (job) job, outcome, started_at, finished_at, next_due
    from public.job_runs order by job, started_at desc) last
$$;
comment on function app.describe_jobs() is 'The last run of each scheduled job.';

create function app.count_dropped(tenant text, since timestamptz) returns bigint
language sql stable set search_path = ''
as $$
  select least(coalesce(sum(lost.value::numeric), 0), 1e15)::bigint
  from public.processes p cross join jsonb_each_text(p.dropped) lost
  where p.tenant_id = tenant and p.last_received_at >= since
$$;
comment on function app.count_dropped(text, timestamptz) is
  'How many spans a tenant''s processes that were heard of since then say they lost.';

create function public.read_setup(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  wanted text := app.argument($1, 'migration', '^\d{14}$', 'a migration''s 14 digits');
begin
  return jsonb_build_object(
    'now', clock_timestamp(),
    'migration', app.find_migration(wanted),
    'pre_request', app.find_pre_request(),
    'jobs', app.describe_jobs(),
    -- Of a younger project a daily job need not have run.
    'settled', exists (
      select from public.tenants where created_at < now() - interval '2 days'),
    'missing_partitions', (
      select coalesce(jsonb_agg(app.partition_name(m.parent, m.month) order by m.month, m.parent), '[]')
      from app.find_missing_partitions(3) m),
    'cron_jobs', app.list_cron_jobs(),
    'expiry', (select r.outcome from public.retention_runs r where r.tenant_id = tenant),
    'roll_ups', app.describe_roll_ups(tenant),
    'dropped', app.count_dropped(tenant, now() - interval '1 day'),
    'newest_price', (select max(valid_from) from public.model_prices where valid_from <= now()));
end
$$;
comment on function public.read_setup(jsonb) is
  'Facts of how the project is set up, the same for each tenant: whether {"migration"} is applied, the jobs'' last runs, partitions that are missing, the newest price; and of the caller''s tenant how its last expiry ended, how its roll-ups are and how many spans its processes lost within a day.';

revoke execute on all functions in schema app from public;
revoke execute on function public.read_setup(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.read_setup(jsonb) to llm_admin;
