-- operators_setup_and_leaving: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

-- by hand: copied from supabase/schemas/10_roles.sql. May it run a second time?
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

-- by hand: copied from supabase/schemas/10_roles.sql. May it run a second time?
alter role llm_sums set statement_timeout = '8s';

SET local check_function_bodies = off;

CREATE TABLE "public"."operators" (
  "user_id"    uuid                     NOT NULL,
  "created_at" timestamp with time zone NOT NULL DEFAULT now(),
  "ended_at"   timestamp with time zone,
  "ended_by"   text,
  CONSTRAINT "operators_check" CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
  CONSTRAINT "operators_pkey" PRIMARY KEY (user_id, created_at),
  "created_by" text                     NOT NULL DEFAULT app.actor()
);

ALTER TABLE "public"."operators"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."operators"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."operators" FROM "anon", "authenticated";

CREATE OR REPLACE FUNCTION app.check_request()
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.tenant_id();
  acting text := current_setting('role');
begin
  -- Only our own roles: the project's other applications share `authenticated` and `anon`.
  if acting in ('llm_ingest', 'llm_admin', 'llm_join') then
    perform app.require_tenant();
  end if;
  -- Whoever joins has no right yet: what they may be let in by is asked by what lets them in.
  -- Sums are of many tenants: what gives them looks up which of them are the person's.
  if acting in ('llm_join', 'llm_sums') then
    perform app.require_person();
    return;
  end if;
  -- A token of another application lacks one of the two claims; the library's has no key.
  if tenant is not null and app.caller() is not null then
    perform app.require_right(tenant, case acting
      when 'llm_ingest' then 'ingest' when 'llm_admin' then 'admin' else 'read' end);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.count_dropped (
  tenant text,
  since  timestamp with time zone
)
  RETURNS bigint
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select least(coalesce(sum(lost.value::numeric), 0), 1e15)::bigint
  from public.processes p cross join jsonb_each_text(p.dropped) lost
  where p.tenant_id = tenant and p.last_received_at >= since
$function$;

CREATE OR REPLACE FUNCTION app.describe_jobs()
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce(jsonb_agg(to_jsonb(last) order by job), '[]')
  from (
    select distinct on (job) job, outcome, started_at, finished_at, next_due
    from public.job_runs order by job, started_at desc) last
$function$;

CREATE OR REPLACE FUNCTION app.end_membership (
  tenant text,
  person uuid,
  choice text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  removed public.memberships;
begin
  perform app.keep_an_owner(tenant, person);
  delete from public.memberships where tenant_id = tenant and user_id = person
  returning * into removed;
  return to_jsonb(removed) || jsonb_build_object(
    'keys', app.end_keys(tenant, app.find_heirs(tenant, array['user:' || person]), choice),
    'invitations', app.end_invitations(tenant, person, '{}'),
    'members', array(
      select user_id from public.memberships
      where tenant_id = tenant and created_by = 'user:' || person order by user_id));
end
$function$;

CREATE OR REPLACE FUNCTION app.expiry_argument (
  arguments jsonb
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  expires_at timestamptz;
begin
  if coalesce(arguments -> 'expires_at', 'null') = 'null' then
    return null;
  end if;
  expires_at := app.time_argument(arguments, 'expires_at');
  if expires_at <= now() then
    raise invalid_parameter_value using
      message = 'expires_at has passed already.', hint = 'Give a time in the future.';
  end if;
  return expires_at;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_migration (
  wanted text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.find_pre_request()
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select split_part(setting, '=', 2)
  from pg_catalog.pg_db_role_setting s
    join pg_catalog.pg_roles r on r.oid = s.setrole
    cross join unnest(s.setconfig) setting
  where r.rolname = 'authenticator' and setting like 'pgrst.db_pre_request=%'
    and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
  -- A setting of this database goes before the role's own.
  order by s.setdatabase = 0 limit 1
$function$;

CREATE OR REPLACE FUNCTION app.is_operator (
  person uuid
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select exists (select from public.operators where user_id = person and ended_at is null)
$function$;

CREATE OR REPLACE FUNCTION app.list_cron_jobs()
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  scheduled jsonb;
begin
  if app.may_select('cron', 'job') then
    execute 'select coalesce(jsonb_agg(jobname order by jobname), ''[]'') from cron.job '
      'where active and jobname like ''llm-observe-%''' into scheduled;
  end if;
  return scheduled;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_visible (
  person      uuid,
  is_operator boolean,
  after       text,
  most        integer
)
  RETURNS TABLE (
    tenant_id text,
    role      text,
    generated boolean
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    with visible as (
      (select m.tenant_id from public.memberships m
        where m.user_id = person and m.tenant_id > after order by 1 limit most)
      union
      (select t.tenant_id from public.tenants t
        where is_operator and t.deleted_at is null and t.tenant_id > after order by 1 limit most)
    )
    select v.tenant_id, m.role, coalesce(t.generated, false)
    from visible v
      left join public.tenants t on t.tenant_id = v.tenant_id
      left join public.memberships m on m.tenant_id = v.tenant_id and m.user_id = person
    order by 1 limit most;
end
$function$;

CREATE OR REPLACE FUNCTION app.may_select (
  schema text,
  name   text
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce(bool_or(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')), false)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = schema and c.relname = name
$function$;

CREATE OR REPLACE FUNCTION app.require_command()
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if app.caller() is distinct from 'command' then
    raise sqlstate 'PT403' using
      message = 'Operators are named on the command line only.',
      hint = 'Whoever holds the signing key runs make access ARGS="operator --user …".';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.sum_calls (
  tenant text,
  during tstzrange
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select app.metrics_of(
      count(*), count(*) filter (where failed),
      count(*) filter (where unpriced), count(*) filter (where unmeasured),
      sum(input_tokens), sum(output_tokens), sum(total_tokens), sum(cost_usd), null) - 'latency_ms'
    from public.model_calls
    where tenant_id = tenant and start_time >= lower(during) and start_time < upper(during));
end
$function$;

CREATE OR REPLACE FUNCTION app.time_argument (
  arguments jsonb,
  name      text
)
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select app.argument(
    arguments, name, '^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$',
    'a time with its zone, such as 2027-01-31T12:00:00Z')::timestamptz
$function$;

CREATE OR REPLACE FUNCTION app.window_argument (
  arguments jsonb
)
  RETURNS tstzrange
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  most constant interval := '92 days';
  window_start timestamptz := app.time_argument(arguments, 'window_start');
  window_end timestamptz := app.time_argument(arguments, 'window_end');
begin
  if window_start >= window_end or window_end - window_start > most then
    raise invalid_parameter_value using
      message = 'The window does not start before it ends, or is longer than 92 days.',
      hint = 'Give two times, window_start before window_end, at most 92 days apart.';
  end if;
  return tstzrange(window_start, window_end);
end
$function$;

CREATE OR REPLACE FUNCTION public.add_operator (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  person uuid := app.user_id_argument($1);
begin
  perform app.require_command();
  insert into public.operators (user_id) values (person)
  on conflict (user_id) where ended_at is null do nothing;
  return (select to_jsonb(o) from public.operators o where user_id = person and ended_at is null);
end
$function$;

REVOKE ALL ON FUNCTION "public"."add_operator"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.leave_tenant (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access();
  person uuid := app.require_person();
  choice text := app.choice_argument($1, 'keys');
begin
  perform app.require_right(tenant, 'read');
  return app.end_membership(tenant, person, choice);
end
$function$;

REVOKE ALL ON FUNCTION "public"."leave_tenant"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.read_setup (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
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
    'dropped', app.count_dropped(tenant, now() - interval '1 day'),
    'newest_price', (select max(valid_from) from public.model_prices where valid_from <= now()));
end
$function$;

REVOKE ALL ON FUNCTION "public"."read_setup"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.remove_membership (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access('members');
  person uuid := app.user_id_argument($1);
  choice text := app.choice_argument($1, 'keys');
begin
  perform app.require_member(tenant, person);
  perform app.spare_owners(tenant, person, null);
  return app.end_membership(tenant, person, choice);
end
$function$;

CREATE OR REPLACE FUNCTION public.remove_operator (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  person uuid := app.user_id_argument($1);
  ended public.operators;
begin
  perform app.require_command();
  update public.operators set ended_at = now(), ended_by = app.actor()
  where user_id = person and ended_at is null
  returning * into ended;
  if ended.user_id is null then
    raise sqlstate 'PT404' using
      message = 'This user is no operator.', hint = 'There is nothing to take away.';
  end if;
  return to_jsonb(ended);
end
$function$;

REVOKE ALL ON FUNCTION "public"."remove_operator"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.sum_tenants (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  -- Nobody is named by the argument: whose tenants these are is the token's person's.
  person uuid := app.require_person();
  is_operator boolean := app.is_operator(person);
  during tstzrange := app.window_argument($1);
  most integer := coalesce(app.integer_argument($1, 'limit', 1, 100), 100);
  enough constant interval := '4 s';
  last_seen text := case when coalesce($1 -> 'after', 'null') <> 'null' then
    app.argument($1, 'after', '^[a-z0-9][a-z0-9_-]{0,62}$', 'a tenant''s id') else '' end;
  visible record;
  found jsonb[] := '{}';
  is_last boolean := true;
begin
  for visible in select * from app.list_visible(person, is_operator, last_seen, most + 1) loop
    -- Half of the role's time, so that a page comes however large its tenants are.
    if cardinality(found) = most
       or cardinality(found) > 0 and clock_timestamp() - statement_timestamp() > enough then
      is_last := false;
      exit;
    end if;
    found := found || (to_jsonb(visible) || app.sum_calls(visible.tenant_id, during));
    last_seen := visible.tenant_id;
  end loop;
  return jsonb_build_object(
    'operator', is_operator, 'tenants', to_jsonb(found),
    'next', case when not is_last then last_seen end);
end
$function$;

REVOKE ALL ON FUNCTION "public"."sum_tenants"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE UNIQUE INDEX operators_at_work ON public.operators USING btree (user_id)
  WHERE (ended_at IS NULL);

COMMENT ON FUNCTION "app"."count_dropped"(text, timestamp with time zone) IS 'How many spans a tenant''s processes that were heard of since then say they lost.';

COMMENT ON FUNCTION "app"."describe_jobs"() IS 'The last run of each scheduled job.';

COMMENT ON FUNCTION "app"."end_membership"(text, uuid, text) IS 'Takes a member out, never the last owner, with their open invitations and, unless the choice is keep, the keys of their making; answers all that and the members whom they let in, who stay.';

COMMENT ON FUNCTION "app"."find_migration"(text) IS 'Whether a migration is applied, and which is the newest that is; null where no record is kept.';

COMMENT ON FUNCTION "app"."find_pre_request"() IS 'The function that the Data API is set to run before each request.';

COMMENT ON FUNCTION "app"."is_operator"(uuid) IS 'Whether a user is an operator now.';

COMMENT ON FUNCTION "app"."list_cron_jobs"() IS 'What pg_cron runs of ours; null where it is not there.';

COMMENT ON FUNCTION "app"."list_visible"(uuid, boolean, text, integer) IS 'The next tenants by name whose sums a user may see: where they are a member, all that there are for an operator; with their role.';

COMMENT ON FUNCTION "app"."may_select"(text, text) IS 'Whether a table is there, and its owner lets us read it.';

COMMENT ON FUNCTION "app"."require_command"() IS 'Refuses every caller but the command make access.';

COMMENT ON FUNCTION "app"."sum_calls"(text, tstzrange) IS 'A tenant''s model calls of a window as query_metrics sums them, without what needs each call''s time.';

COMMENT ON FUNCTION "app"."time_argument"(jsonb, text) IS 'A time with its zone.';

COMMENT ON FUNCTION "app"."window_argument"(jsonb) IS 'The time from window_start to before window_end: some, and at most 92 days.';

COMMENT ON FUNCTION "public"."add_operator"(jsonb) IS 'Lets {"user_id"} see the sums of all tenants; for make access alone. Again changes nothing.';

COMMENT ON FUNCTION "public"."leave_tenant"(jsonb) IS 'Takes the user of the token out of the tenant of the token, whatever their role; as remove_membership.';

COMMENT ON FUNCTION "public"."read_setup"(jsonb) IS 'Facts of how the project is set up, the same for each tenant: whether {"migration"} is applied, the jobs'' last runs, partitions that are missing, the newest price; and of the caller''s tenant how its last expiry ended and how many spans its processes lost within a day.';

COMMENT ON FUNCTION "public"."remove_operator"(jsonb) IS 'Takes the sums of all tenants away from {"user_id"}, who sees those of their own tenants on; for make access alone.';

COMMENT ON FUNCTION "public"."sum_tenants"(jsonb) IS 'What model calls of {"window_start", "window_end"} add up to, by tenant: of those where the token''s person is a member, of all for an operator; by name, after "after", at most "limit" (100), fewer where that takes long. Sums, and the person''s own role; no content and nobody''s name.';

COMMENT ON TABLE "public"."operators" IS 'Supabase users (auth.users.id) who see the sums of all tenants. A row stays when its user is no operator any more: it is its own audit, since the audit''s events are a tenant''s.';

REVOKE ALL ON FUNCTION "app"."check_request"() FROM "llm_sums";

GRANT EXECUTE ON FUNCTION "app"."check_request"() TO "llm_sums";

REVOKE ALL ON FUNCTION "app"."count_dropped"(text, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."describe_jobs"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."end_membership"(text, uuid, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_migration"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_pre_request"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_operator"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_cron_jobs"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_visible"(uuid, boolean, text, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."may_select"(text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."require_command"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."sum_calls"(text, tstzrange) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."time_argument"(jsonb, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."window_argument"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."add_operator"(jsonb) TO "llm_operator";

GRANT EXECUTE ON FUNCTION "public"."leave_tenant"(jsonb) TO "llm_join";

GRANT EXECUTE ON FUNCTION "public"."read_setup"(jsonb) TO "llm_admin";

GRANT EXECUTE ON FUNCTION "public"."remove_operator"(jsonb) TO "llm_operator";

GRANT EXECUTE ON FUNCTION "public"."sum_tenants"(jsonb) TO "llm_sums";

REVOKE ALL ON SCHEMA "app" FROM "llm_sums";

GRANT USAGE ON SCHEMA "app" TO "llm_sums";

REVOKE ALL ON SCHEMA "public" FROM "llm_sums";

GRANT USAGE ON SCHEMA "public" TO "llm_sums";

REVOKE ALL ON TABLE "public"."operators" FROM "service_role";

GRANT SELECT ON TABLE "public"."operators" TO "service_role";

COMMENT ON COLUMN "public"."operators"."created_by" IS 'Who made the user an operator: command, which is make access.';
