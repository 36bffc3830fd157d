-- roll_ups: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

SET local check_function_bodies = off;

DROP TRIGGER "audit_change" ON "public"."tenants";

DROP INDEX "public"."spans_calls";

DROP INDEX "public"."spans_marked";

DROP INDEX "public"."spans_newest";

DROP INDEX "public"."spans_of_user";

DROP VIEW "public"."error_summaries";

DROP VIEW "public"."metrics_by_day";

DROP VIEW "public"."metrics_by_hour";

DROP VIEW "public"."metrics_by_model";

DROP VIEW "public"."metrics_by_user";

DROP VIEW "public"."model_calls";

DROP VIEW "public"."retention_status";

DROP VIEW "public"."span_details";

DROP VIEW "public"."span_summaries";

DROP VIEW "public"."trace_summaries";

ALTER TABLE "public"."attribute_mappings"
  DROP CONSTRAINT "attribute_mappings_field_check";

DROP FUNCTION "app"."add_to_traces"(text, public.spans[], text[], timestamp WITH time zone, timestamp WITH time zone);

DROP FUNCTION "app"."check_budget"(text);

DROP FUNCTION "app"."hold_calls"(text, public.spans[], text[], boolean);

DROP FUNCTION "app"."list_responses"(public.spans[]);

DROP FUNCTION "app"."write_spans"(text, jsonb, text[], text[], boolean);

DROP FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text);

CREATE TABLE "public"."response_chains" (
  "tenant_id"   text                     NOT NULL,
  "response_id" text                     NOT NULL,
  "change_id"   uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "trace_id"    text,
  "after"       timestamp with time zone,
  "settled"     boolean                  NOT NULL DEFAULT false,
  "noted_at"    timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "response_chains_pkey" PRIMARY KEY (tenant_id, response_id, change_id),
  CONSTRAINT "response_chains_response_id_check" CHECK ((length(response_id) <= 256)),
  CONSTRAINT "response_chains_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."response_chains"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."response_chains"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."response_chains" FROM "anon", "authenticated";

CREATE TABLE "public"."roll_up_changes" (
  "tenant_id" text                     NOT NULL,
  "hour"      timestamp with time zone NOT NULL,
  "change_id" uuid                     NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT "roll_up_changes_pkey" PRIMARY KEY (tenant_id, hour, change_id),
  CONSTRAINT "roll_up_changes_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."roll_up_changes"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."roll_up_changes"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."roll_up_changes" FROM "anon";

CREATE TABLE "public"."roll_up_progress" (
  "tenant_id"         text                     NOT NULL,
  "fold_run"          uuid,
  "fold_next"         timestamp with time zone,
  "folded_at"         timestamp with time zone,
  "current_hour"      timestamp with time zone,
  "current_folded_at" timestamp with time zone,
  "fine_since"        timestamp with time zone,
  "check_run"         uuid,
  "check_next"        timestamp with time zone,
  "checked_at"        timestamp with time zone,
  "drifted_hours"     bigint                   NOT NULL DEFAULT 0,
  "chains_run"        uuid,
  CONSTRAINT "roll_up_progress_pkey" PRIMARY KEY (tenant_id),
  CONSTRAINT "roll_up_progress_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."roll_up_progress"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."roll_up_progress"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."roll_up_progress" FROM "anon", "authenticated";

CREATE TABLE "public"."roll_ups" (
  "tenant_id"           text                     NOT NULL,
  "dimension"           text                     NOT NULL,
  "grain"               smallint                 NOT NULL,
  "bucket_start"        timestamp with time zone NOT NULL,
  "taken"               boolean                  NOT NULL,
  "place"               integer                  NOT NULL,
  "value"               text,
  "counted"             boolean                  NOT NULL,
  "environment"         text,
  "service_name"        text,
  "provider"            text,
  "model"               text,
  "operation"           text,
  "agent_name"          text,
  "tool_name"           text,
  "prompt"              text,
  "error_type"          text,
  "api_key_id"          text,
  "release"             text,
  "spans"               integer                  NOT NULL,
  "errors"              integer                  NOT NULL,
  "unpriced"            integer                  NOT NULL,
  "unmeasured"          integer                  NOT NULL,
  "input_tokens"        bigint,
  "output_tokens"       bigint,
  "total_tokens"        bigint,
  "input_uncached"      bigint,
  "cache_read"          bigint,
  "cache_write"         bigint,
  "cache_write_1h"      bigint,
  "cache_write_12h"     bigint,
  "input_audio"         bigint,
  "cache_audio_read"    bigint,
  "input_image"         bigint,
  "cache_image_read"    bigint,
  "input_unsplit"       bigint,
  "output_text"         bigint,
  "reasoning"           bigint,
  "output_audio"        bigint,
  "output_image"        bigint,
  "output_unsplit"      bigint,
  "cost_usd"            numeric,
  "first_start"         timestamp with time zone,
  "last_start"          timestamp with time zone,
  "latency"             bigint[],
  "time_to_first_token" bigint[],
  CONSTRAINT "roll_ups_dimension_check" CHECK ((length(dimension) <= 68)),
  CONSTRAINT "roll_ups_grain_check" CHECK ((grain = ANY (ARRAY[5, 60, 1440]))),
  CONSTRAINT "roll_ups_value_check" CHECK ((length(value) <= 520)),
  CONSTRAINT "roll_ups_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."roll_ups"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."roll_ups"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."roll_ups" FROM "anon";

ALTER TABLE "public"."spans"
  ADD COLUMN "previous_response_id" text;

ALTER TABLE "public"."spans"
  ADD COLUMN "chained_session_id" text;

ALTER TABLE "public"."tenants"
  ADD COLUMN "roll_up_days" integer;

ALTER TABLE "public"."tenants"
  ADD COLUMN "tag_dimensions" text[] NOT NULL DEFAULT '{}'::text[];

ALTER TABLE "public"."traces"
  ADD COLUMN "error_types" text[] NOT NULL DEFAULT '{}'::text[];

ALTER TABLE "public"."traces"
  ADD COLUMN "customer_id" text;

ALTER TABLE "public"."traces"
  ADD COLUMN "root_customer_id" text;

ALTER TABLE "public"."traces"
  ADD COLUMN "chained_session_id" text;

CREATE TYPE "app"."histogram" AS (
  "entries" bigint[]
);

CREATE TYPE "app"."let_in" AS (
  "environment" text[],
  "service"     text[],
  "operation"   text[],
  "provider"    text[],
  "model"       text[],
  "agent"       text[],
  "tool"        text[],
  "prompt"      text[],
  "error_type"  text[],
  "api_key"     text[],
  "release"     text[],
  "value"       text[]
);

CREATE TYPE "app"."share" AS (
  "point"   integer,
  "piece"   integer,
  "outside" integer,
  "day"     timestamp WITH time zone
);

CREATE TYPE "app"."sum_range" AS (
  "point" integer,
  "grain" integer,
  "since" timestamp WITH time zone,
  "until" timestamp WITH time zone,
  "raw"   boolean
);

CREATE TYPE "app"."sums" AS (
  "point"               integer,
  "level"               integer,
  "key"                 text[],
  "inner_key"           text[],
  "counted"             boolean,
  "spans"               bigint,
  "errors"              bigint,
  "unpriced"            bigint,
  "unmeasured"          bigint,
  "input_tokens"        numeric,
  "output_tokens"       numeric,
  "total_tokens"        numeric,
  "cost_usd"            numeric,
  "latency"             bigint[],
  "time_to_first_token" bigint[]
);

CREATE TYPE "app"."firsts" AS (
  "parts"    app.sums[],
  "narrowed" jsonb,
  "other"    jsonb
);

CREATE TYPE "app"."reading" AS (
  "tenant"     text,
  "pieces"     timestamp WITH time zone[],
  "ranges"     app.sum_range[],
  "shares"     app.share[],
  "wide"       app.sum_range[],
  "raws"       app.sums[],
  "dimensions" text[],
  "group_by"   text,
  "then_by"    text,
  "kept"       jsonb
);

CREATE OR REPLACE FUNCTION app.add_sums (
  parts app.sums[]
)
  RETURNS SETOF app.sums
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    select 1, 0, '{}'::text[], '{}'::text[], p.counted, sum(p.spans)::bigint,
      sum(p.errors)::bigint, sum(p.unpriced)::bigint, sum(p.unmeasured)::bigint,
      sum(p.input_tokens), sum(p.output_tokens), sum(p.total_tokens), sum(p.cost_usd),
      app.merge_histograms(array_agg(row(p.latency)::app.histogram)
        filter (where p.latency is not null)),
      app.merge_histograms(array_agg(row(p.time_to_first_token)::app.histogram)
        filter (where p.time_to_first_token is not null))
    from unnest(parts) p group by p.counted;
end
$function$;

CREATE OR REPLACE FUNCTION app.add_to_traces (
  tenant text,
  keys   text[],
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  if keys = '{}' then
    return;
  end if;
  -- An insert for its conflict, too: a row that is there (hold_traces) is found by the primary key,
  -- which no plan for an update of many is sure to take.
  insert into public.traces as known (
    tenant_id, trace_id, root_span_id, root_start_ns, root_span_name, root_status,
    start_time, end_time, start_ns, end_ns, span_count, error_count, requests,
    unpriced_requests, unmeasured_requests, input_tokens, output_tokens, total_tokens,
    total_cost_usd, models, providers, operations, service_name, environment, session_id, user_id,
    root_session_id, root_user_id, misdated, undated, earliest, latest, error_types,
    customer_id, root_customer_id, chained_session_id)
  select * from app.sum_up(tenant, '{}', keys, since, until)
  -- One order for all writers: unsorted, concurrent batches deadlock.
  order by trace_id
  on conflict (tenant_id, trace_id) do update set
    -- The first of several roots, whichever was delivered first.
    (root_span_id, root_start_ns, root_span_name, root_status, root_session_id, root_user_id,
      root_customer_id) = (
      select root.* from (values
        (known.root_span_id, known.root_start_ns, known.root_span_name, known.root_status,
          known.root_session_id, known.root_user_id, known.root_customer_id),
        (excluded.root_span_id, excluded.root_start_ns, excluded.root_span_name, excluded.root_status,
          excluded.root_session_id, excluded.root_user_id, excluded.root_customer_id)
      ) root (span_id, start_ns, name, status, session_id, user_id, customer_id)
      order by start_ns, span_id limit 1),
    -- The window of well-dated spans, and beside it that of all, where it is another.
    (start_time, end_time, start_ns, end_ns, earliest, latest) = (
      select shown.start_time, shown.end_time, shown.start_ns, shown.end_ns,
        nullif(least(known.start_time, known.earliest, excluded.start_time, excluded.earliest), shown.start_time),
        nullif(greatest(known.end_time, known.latest, excluded.end_time, excluded.latest), shown.end_time)
      from (
        -- Of one whose spans are all misdated, and one where they are not, the other.
        select least(case when not k then known.start_time end, case when not e then excluded.start_time end),
          greatest(case when not k then known.end_time end, case when not e then excluded.end_time end),
          least(case when not k then known.start_ns end, case when not e then excluded.start_ns end),
          greatest(case when not k then known.end_ns end, case when not e then excluded.end_ns end)
        from (values (known.undated > excluded.undated, excluded.undated > known.undated)) outdone (k, e)
      ) shown (start_time, end_time, start_ns, end_ns)),
    misdated = case when known.misdated = excluded.misdated then known.misdated
      else app.unite(known.misdated, excluded.misdated) end,
    undated = known.undated and excluded.undated,
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
    error_types = app.unite(known.error_types, excluded.error_types),
    service_name = least(known.service_name, excluded.service_name),
    environment = least(known.environment, excluded.environment),
    session_id = least(known.session_id, excluded.session_id), user_id = least(known.user_id, excluded.user_id),
    customer_id = least(known.customer_id, excluded.customer_id),
    chained_session_id = least(known.chained_session_id, excluded.chained_session_id),
    updated_at = now();
end
$function$;

CREATE OR REPLACE FUNCTION app.add_untold (
  asked app.reading,
  whole app.sums[],
  parts app.sums[]
)
  RETURNS app.sums[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  left_over app.sums;
  added app.sums[] := parts;
begin
  if asked.dimensions[2] in ('detail', 'raw') or asked.kept ? asked.group_by
      or app.count_told(whole, asked.group_by) = app.count_told(parts, asked.group_by) then
    return parts;
  end if;
  for left_over in
    select * from app.take_away(whole, array(
        select app.to_sums(p, p.point, '{}', '{}') from unnest(parts) p)) l
    where l.counted or asked.group_by = any(app.detail_dimensions())
  loop
    left_over.level := 1;
    left_over.key := case when asked.group_by = 'model' then array[null, null]::text[]
      else array[null::text] end;
    added := added || left_over;
  end loop;
  return added;
end
$function$;

CREATE OR REPLACE FUNCTION app.add_up (
  tenant        text,
  of_dimensions text[],
  of_grain      integer,
  since         timestamp with time zone,
  until         timestamp with time zone,
  minutes       integer,
  taken_alone   boolean
)
  RETURNS SETOF public.roll_ups
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_sort TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  return query
    select tenant, r.dimension, minutes::smallint,
      date_bin(minutes * interval '1 minute', r.bucket_start, 'epoch') as bucket, taken_alone,
      (row_number() over ())::integer,
      r.value, r.counted, r.environment, r.service_name, r.provider, r.model, r.operation,
      r.agent_name, r.tool_name, r.prompt, r.error_type, r.api_key_id, r.release,
      sum(r.spans)::integer, sum(r.errors)::integer, sum(r.unpriced)::integer,
      sum(r.unmeasured)::integer, sum(r.input_tokens)::bigint, sum(r.output_tokens)::bigint,
      sum(r.total_tokens)::bigint, sum(r.input_uncached)::bigint, sum(r.cache_read)::bigint,
      sum(r.cache_write)::bigint, sum(r.cache_write_1h)::bigint, sum(r.cache_write_12h)::bigint,
      sum(r.input_audio)::bigint, sum(r.cache_audio_read)::bigint, sum(r.input_image)::bigint,
      sum(r.cache_image_read)::bigint, sum(r.input_unsplit)::bigint, sum(r.output_text)::bigint,
      sum(r.reasoning)::bigint, sum(r.output_audio)::bigint, sum(r.output_image)::bigint,
      sum(r.output_unsplit)::bigint, sum(r.cost_usd), min(r.first_start), max(r.last_start),
      app.merge_histograms(
        array_agg(row(r.latency)::app.histogram) filter (where r.latency is not null)),
      app.merge_histograms(array_agg(row(r.time_to_first_token)::app.histogram)
        filter (where r.time_to_first_token is not null))
    from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(of_dimensions) and r.grain = of_grain
      and r.bucket_start >= since and r.bucket_start < until and (r.taken or not taken_alone)
    group by r.dimension, bucket, r.value, r.counted,
      r.environment, r.service_name, r.provider, r.model, r.operation,
      r.agent_name, r.tool_name, r.prompt, r.error_type, r.api_key_id, r.release;
end
$function$;

CREATE OR REPLACE FUNCTION app.amount_left (
  whole numeric,
  part  numeric,
  known boolean
)
  RETURNS numeric
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN known THEN (whole - COALESCE(part, (0)::numeric)) ELSE NULLIF((whole - COALESCE(part, (0)::numeric)), (0)::numeric) END;

CREATE OR REPLACE FUNCTION app.attribution_expression (
  names text[]
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select coalesce('left join lateral app.find_attribution(s.tenant_id, s.trace_id, '
    || string_agg(format('s.%I is null', name || '_id'), ' or ') || ') t on true', '')
  from unnest(names) name where name in ('user', 'session', 'customer')
$function$;

CREATE OR REPLACE FUNCTION app.begin_traces (
  tenant  text,
  arrived public.spans[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  -- Without the update that a conflict asks for: to prepare that takes as long as all else here.
  insert into public.traces (
    tenant_id, trace_id, root_span_id, root_start_ns, root_span_name, root_status,
    start_time, end_time, start_ns, end_ns, span_count, error_count, requests,
    unpriced_requests, unmeasured_requests, input_tokens, output_tokens, total_tokens,
    total_cost_usd, models, providers, operations, service_name, environment, session_id, user_id,
    root_session_id, root_user_id, misdated, undated, earliest, latest, error_types,
    customer_id, root_customer_id, chained_session_id)
  select * from app.sum_up(tenant, arrived, null, null, null)
  -- One order for all writers: unsorted, concurrent batches deadlock.
  order by trace_id;
end
$function$;

CREATE OR REPLACE FUNCTION app.caller()
  RETURNS text
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
RETURN NULLIF(((NULLIF(current_setting('request.jwt.claims'::text, true), ''::text))::jsonb ->> 'key_id'::text), ''::text);

CREATE OR REPLACE FUNCTION app.chain_session (
  response_id text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ('response:'::text || CASE WHEN (length(response_id) <= 247) THEN response_id ELSE ('sha256:'::text || encode(sha256(convert_to(response_id, 'UTF8'::name)), 'hex'::text)) END);

CREATE OR REPLACE FUNCTION app.check_budget (
  tenant public.tenants
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  budget public.ingest_budgets;
begin
  if coalesce(tenant.spans_per_minute, tenant.bytes_per_minute) is null then
    return false;
  end if;
  select b.* into budget from public.ingest_budgets b
    where b.tenant_id = tenant.tenant_id;
  perform app.refuse_over('spans_per_minute', tenant.spans_per_minute,
    app.budget_left(tenant.spans_per_minute, budget.spans_left, budget.charged_at));
  perform app.refuse_over('bytes_per_minute', tenant.bytes_per_minute,
    app.budget_left(tenant.bytes_per_minute, budget.bytes_left, budget.charged_at));
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION app.check_dimension (
  name text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  known constant text[] := app.detail_dimensions() || array[
    'user', 'customer', 'session', 'agent', 'tool', 'prompt', 'feature', 'error_type', 'api_key',
    'release'];
begin
  if not (name = any(known) or name like 'tag:_%' and length(name) <= 68) then
    raise invalid_parameter_value using
      message = format('There is no dimension %s.', left(name, 80)),
      hint = format('Choose one of %s, tag:<key>.', array_to_string(known, ', '));
  end if;
  -- The application's own word for its features is the tag of this name.
  return case when name = 'feature' then 'tag:feature' else name end;
end
$function$;

CREATE OR REPLACE FUNCTION app.check_filter (
  filter jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  name text;
  kept jsonb := '{}';
begin
  if jsonb_typeof(filter) is distinct from 'object' then
    raise invalid_parameter_value using
      message = 'The filter is not an object.', hint = 'Send {"model": ["gpt-5"]}, or {} for none.';
  end if;
  for name in select jsonb_object_keys(filter) loop
    if jsonb_typeof(filter -> name) <> 'array' or filter -> name = '[]' or jsonb_array_length(filter -> name) > 100
       or jsonb_path_exists(filter -> name, 'strict $[*] ? (@.type() != "string" && @.type() != "null")') then
      raise invalid_parameter_value using
        message = format('The filter of %s is not a list of values.', left(name, 80)),
        hint = 'Send 1 to 100 texts; null stands for what is not told.';
    end if;
    kept := kept || jsonb_build_object(app.check_dimension(name), filter -> name);
  end loop;
  return kept;
end
$function$;

CREATE OR REPLACE FUNCTION app.check_question (
  first   text,
  second  text,
  measure text,
  top     integer
)
  RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  if (measure = any(app.list_measures())) is not true then
    raise invalid_parameter_value using
      message = format('There is no measure %s.', left(measure, 80)),
      hint = format('Choose one of %s.', array_to_string(app.list_measures(), ', '));
  end if;
  if second is not null and (first is null or first = second) then
    raise invalid_parameter_value using
      message = 'then_by divides the groups of another dimension.',
      hint = 'Give group_by, too, and another dimension in then_by.';
  end if;
  if (top between 1 and 500) is not true then
    raise invalid_parameter_value using
      message = 'top is not a number from 1 to 500.', hint = 'Say how many groups there may be.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.check_some (
  tenant text,
  run    uuid,
  most   integer
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.check_step (
  run      uuid,
  most     integer,
  patience interval
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.check_time_zone (
  time_zone text
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  is_known boolean := time_zone = 'UTC' or time_zone ~ '^[A-Za-z_]+(/[A-Za-z_-]+){1,2}$';
begin
  if is_known then
    perform now() at time zone time_zone;
  else
    is_known := exists (select from pg_catalog.pg_timezone_names where name = time_zone);
  end if;
  if is_known is not true then
    raise invalid_parameter_value;
  end if;
exception when invalid_parameter_value then
  raise invalid_parameter_value using
    message = 'The time zone is not known.',
    hint = 'Give a name of the IANA time zone database, such as Europe/Berlin.';
end
$function$;

CREATE OR REPLACE FUNCTION app.choose_dimension (
  tenant text,
  kept   jsonb,
  groups text[]
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  known constant text[] := app.list_dimensions(tenant);
  names constant text[] := array(
    select jsonb_object_keys(kept) union select unnest(array_remove(groups, null)));
  -- Each of the others has many values, and its rows tell little else.
  rich constant text[] := array(
    select name from unnest(names) name where name <> all(app.detail_dimensions()));
  alone constant text := coalesce(rich[1], names[1]);
begin
  return case
    when names = '{}' then 'total'
    when (cardinality(names) = 1 or cardinality(rich) = 1 and names <@ (alone || app.close_dimensions()))
      and alone = any(known)
      -- What tells no value has no row of its own.
      and not coalesce(kept -> alone, '[]') @> '[null]' then alone
    when rich = '{}' then 'detail'
    else 'raw' end;
end
$function$;

CREATE OR REPLACE FUNCTION app.choose_hours (
  tenant text,
  since  timestamp with time zone,
  most   integer
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.choose_price (
  prices public.model_prices[],
  tier   text,
  span   public.spans
)
  RETURNS public.model_prices
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  price public.model_prices;
  standard_step bigint;
begin
  foreach price in array prices loop
    continue when (price.min_input_tokens <= coalesce(span.input_tokens, 0)
      and price.valid_from <= span.start_time
      and (price.valid_to is null or span.start_time < price.valid_to)
      and app.holds_at(
        span.start_ns / 60000000000, price.from_minute, price.to_minute, price.weekdays)) is not true;
    if price.service_tier = tier then
      -- A tier that has no step where the standard one has is not sold for so much input.
      return case when (price.min_input_tokens < standard_step) is not true then price end;
    end if;
    standard_step := coalesce(standard_step, price.min_input_tokens);
  end loop;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION app.close_dimensions()
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ARRAY['environment'::text, 'provider'::text, 'model'::text];

CREATE OR REPLACE FUNCTION app.compare_sums (
  tenant text,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS TABLE (
    surplus   bigint,
    differing jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.converge (
  tenant           text,
  arrived          public.spans[],
  before           public.spans[],
  contents         public.span_contents[],
  peers            public.spans[],
  known            text[],
  added            text[],
  responses        text[],
  instrumentations text[],
  alone            boolean,
  since            timestamp with time zone,
  until            timestamp with time zone,
  OUT              merged bigint,
  OUT              restless text[]
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  states public.spans[] := app.find_repeated(arrived || before);
  repeated public.spans[] := app.merge_spans(states);
  changed text[];
  settled public.spans[];
  turned text[] := '{}';
  -- A batch without calls may bring a span that stands between two.
  mixed boolean := (
    select cardinality(call_instrumentations) > 1 from public.tenants where tenant_id = tenant);
begin
  select coalesce(array_agg(b.trace_id || b.span_id), '{}') into changed
    from unnest(before) b join unnest(repeated) r using (trace_id, span_id) where b *<> r;
  merged := cardinality(changed);
  if cardinality(states) > 0 then
    perform app.replace_spans(tenant, states, repeated);
    perform app.replace_contents(tenant, contents, states, repeated);
  elsif cardinality(contents) > 0 then
    perform app.insert_contents(contents);
  end if;
  if added <> '{}' or changed <> '{}' then
    select s.settled, s.turned into settled, turned
      from app.settle_counts(
        tenant, app.find_unsettled(arrived || before || repeated, repeated, known, peers, mixed is true),
        added, mixed is true, since, until) s;
    perform app.require_held(arrived, before, settled, responses, known, instrumentations, alone);
  end if;
  restless := array(
    select app.trace_of(key) from unnest(changed) key
    union select app.trace_of(key) from unnest(turned) key where key <> all(added));
end
$function$;

CREATE OR REPLACE FUNCTION app.count_drift (
  tenant text,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS TABLE (
    hours  timestamp with time zone[],
    counts jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.count_left_out (
  tenant       text,
  window_start timestamp with time zone,
  window_end   timestamp with time zone
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  ranges constant app.sum_range[] := array(
    select r from app.plan_ranges(tenant, array[window_start, window_end], 60) r);
begin
  return (
    with part as (
      select l.value, l.spans
      from unnest(ranges) r cross join lateral (
        select o.value, o.spans from public.roll_ups o
        where o.tenant_id = tenant and o.dimension = 'left_out' and o.grain = r.grain
          and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
        offset 0) l
      union all
      select l.value, 1
      from unnest(ranges) r cross join lateral (
        select coalesce(s.usage_uncounted, 'possible_duplicates') as value
        from public.spans s
        where s.tenant_id = tenant and s.start_time >= r.since and s.start_time < r.until
          and s.misdated is null and (s.usage_uncounted is not null or s.counted)
          -- As the index asks that has these.
          and (s.usage_uncounted is not null or s.possible_duplicate or s.misdated is not null)
        offset 0) l
      where r.raw
    ),
    added as (select value as because, sum(spans) as spans from part group by 1)
    select jsonb_build_object(
      'possible_duplicates',
        coalesce(sum(spans) filter (where because = 'possible_duplicates'), 0),
      'left_out', jsonb_build_object(
        'usage_uncounted', (
          select coalesce(jsonb_agg(jsonb_build_object('because', because, 'spans', spans)
            order by spans desc, because), '[]')
          from (select * from added where because <> 'possible_duplicates'
            order by spans desc, because limit 20) most),
        'misdated', app.count_misdated(tenant)))
    from added);
end
$function$;

CREATE OR REPLACE FUNCTION app.count_misdated (
  tenant text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return (
    select jsonb_build_object(
      'future', count(*) filter (where misdated = 'future'),
      'past', count(*) filter (where misdated = 'past'))
    from public.spans where tenant_id = tenant and misdated is not null);
end
$function$;

CREATE OR REPLACE FUNCTION app.count_started (
  tenant text,
  since  timestamp with time zone,
  until  timestamp with time zone,
  most   integer
)
  RETURNS integer
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return (
    select count(*) from (
      select from public.spans
      where tenant_id = tenant and start_time >= since and start_time < until limit most) s);
end
$function$;

CREATE OR REPLACE FUNCTION app.count_told (
  parts     app.sums[],
  dimension text
)
  RETURNS bigint
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select coalesce(sum(p.spans), 0) from unnest(parts) p
    where p.counted or dimension = any(app.detail_dimensions()));
end
$function$;

CREATE OR REPLACE FUNCTION app.counts_only (
  reported jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  if reported = '{}' then
    return '{}';
  end if;
  return (
    select coalesce(
      jsonb_object_agg(left(key, 64), least(greatest(trunc(value::text::numeric), 0), 1e15)), '{}')
    from (
      select * from jsonb_each(case when jsonb_typeof(reported) = 'object' then reported else '{}' end)
      where jsonb_typeof(value) = 'number'
      order by key collate "C" limit 32
    ) counts);
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_all (
  parts app.sums[]
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select app.describe_sums(
      (array_agg(s) filter (where s.counted))[1], (array_agg(s) filter (where not s.counted))[1])
    from app.add_sums(parts) s);
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_group_series (
  points  timestamp with time zone[],
  parts   app.sums[],
  measure text
)
  RETURNS TABLE (
    key    text[],
    series jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    with told as (select * from app.pair_sums(parts))
    select k.key, jsonb_agg(jsonb_build_object('bucket_start', points[n],
      'value', app.measure_of(t.calls, t.others, measure)) order by n)
    from (select distinct t.key from told t) k cross join generate_subscripts(points, 1) n
      left join told t on t.key = k.key and t.point = n
    group by k.key;
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_groups (
  asked   app.reading,
  points  timestamp with time zone[],
  whole   app.sums[],
  once    app.sums[],
  measure text,
  top     integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  exact constant boolean := app.is_percentile(measure);
  names text[];
  firsts app.firsts;
  over_time app.sums[] := '{}';
begin
  if not exact and asked.dimensions[2] = asked.group_by
      and asked.group_by <> all(app.detail_dimensions()) then
    names := array(select f from app.list_firsts(asked, once, measure, top + 1) f);
  end if;
  if names <> '{}' and array_position(names[:top], null) is null then
    firsts := app.read_named(asked, once, names, top);
  else
    firsts := app.read_firsts(asked, once, measure, top);
  end if;
  -- More points than this would not fit into an answer.
  if top * cardinality(points) between 1 and 15000 then
    over_time := app.read_level(asked, 1, false, firsts.narrowed, exact);
    if firsts.narrowed = asked.kept then
      over_time := app.add_untold(asked, whole, over_time);
    end if;
  end if;
  return jsonb_build_object(
    'groups', app.describe_ranked(asked, points, firsts.parts, over_time,
      case when asked.then_by is null then '{}'
        else app.read_inner_groups(asked, firsts.parts, exact) end, measure, top),
    'other', firsts.other);
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_inner_groups (
  asked   app.reading,
  parts   app.sums[],
  measure text,
  top     integer
)
  RETURNS TABLE (
    key    text[],
    groups jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    with ranked as (
      select p.key, p.inner_key, p.calls, p.others, row_number() over (partition by p.key
        order by app.measure_of(p.calls, p.others, measure) desc nulls last,
          (p.calls).spans desc nulls last, (p.others).spans desc nulls last,
          p.inner_key[2], p.inner_key[1]) as place
      from app.pair_sums(parts) p
    )
    select r.key, jsonb_agg(app.name_key(asked.then_by, r.inner_key)
      || app.describe_sums(r.calls, r.others) order by r.place)
    from ranked r where r.place <= top group by r.key;
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_others (
  once   app.sums[],
  firsts app.sums[],
  others app.sums[]
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  left_over app.sums;
  added app.sums[] := '{}';
begin
  if others = '{}' then
    return null;
  end if;
  for left_over in select * from app.add_sums(others) loop
    select app.entries_left(w.latency, f.latency),
        app.entries_left(w.time_to_first_token, f.time_to_first_token)
      into left_over.latency, left_over.time_to_first_token
      from unnest(once) w left join app.add_sums(firsts) f on f.counted = w.counted
      where w.counted = left_over.counted;
    added := added || left_over;
  end loop;
  return app.describe_all(added);
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_previous (
  window_start timestamp with time zone,
  window_end   timestamp with time zone,
  asked        app.reading
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  before app.reading;
begin
  before := app.start_reading(
    asked.tenant, array[window_start - (window_end - window_start), window_start], 'hour',
    null, null, asked.kept);
  return app.describe_all(app.read_level(before, 0, true, asked.kept, true));
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_ranked (
  asked     app.reading,
  points    timestamp with time zone[],
  firsts    app.sums[],
  over_time app.sums[],
  inside    app.sums[],
  measure   text,
  top       integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select coalesce(jsonb_agg(app.name_key(asked.group_by, r.key)
      || app.describe_sums(r.calls, r.others)
      || jsonb_build_object('series', coalesce(s.series, '[]'))
      || case when asked.then_by is null then '{}'
        else jsonb_build_object('groups', coalesce(i.groups, '[]')) end
      order by r.place), '[]')
    from app.rank_groups(firsts, measure, null) r
      left join app.describe_group_series(points, over_time, measure) s using (key)
      left join app.describe_inner_groups(asked, inside, measure, top) i using (key));
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_roll_ups (
  tenant text
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object(
    'drifted', coalesce((
      select did ? 'drifted_hours' from public.job_runs
      where job = 'verification' and outcome <> 'running' order by started_at desc limit 1), false),
    'drifted_hours', coalesce((
      select drifted_hours from public.roll_up_progress where tenant_id = tenant), 0),
    'waiting_hours', (
      select count(*) from app.list_marked(tenant, '-infinity', now() - interval '2 hours')))
$function$;

CREATE OR REPLACE FUNCTION app.describe_series (
  points timestamp with time zone[],
  parts  app.sums[]
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select jsonb_agg(app.describe_sums(p.calls, p.others)
      || jsonb_build_object('bucket_start', points[n]) order by n)
    from generate_subscripts(points, 1) n left join app.pair_sums(parts) p on p.point = n);
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_sums (
  calls  app.sums,
  others app.sums
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return app.metrics_of(
      coalesce(calls.spans, 0), coalesce(calls.errors, 0), coalesce(calls.unpriced, 0),
      coalesce(calls.unmeasured, 0), calls.input_tokens, calls.output_tokens, calls.total_tokens,
      calls.cost_usd, app.quantiles(calls.latency, app.percentiles()))
    || jsonb_build_object(
      'time_to_first_token_ms', app.percentiles_of(calls.time_to_first_token),
      'spans', coalesce(others.spans, 0), 'failed_spans', coalesce(others.errors, 0),
      'span_latency_ms', app.percentiles_of(others.latency));
end
$function$;

CREATE OR REPLACE FUNCTION app.detail_dimensions()
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ARRAY['environment'::text,
  'service'::text, 'operation'::text, 'provider'::text, 'model'::text, 'agent'::text, 'tool'::text, 'prompt'::text, 'error_type'::text, 'api_key'::text, 'release'::text];

CREATE OR REPLACE FUNCTION app.digest_source (
  tenant public.tenants
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
RETURN CASE WHEN (((tenant).digest_salt IS NOT NULL) AND ((tenant).digest_key_id IS
  NOT NULL)) THEN jsonb_build_object('kid', (tenant).digest_key_id, 'salt', encode((tenant).digest_salt, 'base64'::text)) ELSE NULL::jsonb END;

CREATE OR REPLACE FUNCTION app.dimension_expression (
  name text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case name
    when 'environment' then 's.environment' when 'service' then 's.service_name'
    when 'operation' then 's.operation' when 'provider' then 's.provider'
    when 'model' then 'coalesce(s.canonical_model, s.request_model, s.model)'
    when 'user' then 'coalesce(s.user_id, t.user_id)' when 'customer' then 'coalesce(s.customer_id, t.customer_id)'
    when 'session' then 'coalesce(s.session_id, t.session_id, s.chained_session_id, t.chained_session_id)'
    when 'agent' then 's.agent_name'
    when 'tool' then 's.tool_name' when 'api_key' then 's.api_key_id'
    when 'release' then 's.release'
    when 'prompt' then $e$s.prompt_name || coalesce('@' || s.prompt_version, '')$e$
    when 'error_type' then $e$case when s.status = 'error' then coalesce(s.error_type, '_OTHER') end$e$
    else format('s.tags ->> %L', substr(name, 5)) end
$function$;

CREATE OR REPLACE FUNCTION app.ensure_tenant (
  tenant text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  return app.digest_source(app.find_tenant(tenant));
end
$function$;

CREATE OR REPLACE FUNCTION app.expire_batch (
  tenant text,
  most   integer,
  run    uuid    DEFAULT NULL::uuid
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  spans_since timestamptz;
  contents_since timestamptz;
  roll_ups_since timestamptz;
  gone record;
  old_contents bigint;
  old_evaluations bigint;
  old_roll_ups bigint;
begin
  perform pg_advisory_xact_lock(app.tenant_lock(tenant));
  select app.kept_since(span_days), app.kept_since(coalesce(content_days, span_days)),
      app.kept_since(roll_up_days)
    into spans_since, contents_since, roll_ups_since from public.tenants where tenant_id = tenant;
  gone := app.expire_spans(tenant, spans_since, most);
  old_contents := app.expire_contents(tenant, contents_since, most);
  old_evaluations := app.expire_evaluations(tenant, spans_since, contents_since, most);
  perform app.expire_links(tenant, spans_since);
  -- After the spans, whose sums were kept until now.
  old_roll_ups := app.expire_roll_ups(tenant, roll_ups_since, most * 10);
  if run is not null then
    perform app.note_expiry(tenant, run, gone.spans, gone.contents + old_contents, gone.traces);
  end if;
  return gone.seen + old_contents + old_evaluations + old_roll_ups;
end
$function$;

CREATE OR REPLACE FUNCTION app.expire_links (
  tenant text,
  since  timestamp with time zone
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  delete from public.response_chains where tenant_id = tenant and settled and noted_at < since
$function$;

CREATE OR REPLACE FUNCTION app.expire_roll_ups (
  tenant text,
  since  timestamp with time zone,
  most   integer
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  first_day timestamptz := date_bin('1 day', since, 'epoch');
  gone bigint;
begin
  -- A day is made of its hours, so they go together.
  delete from public.roll_ups where ctid = any(array(
    select old.ctid
    from unnest(app.list_folded(tenant)) d (dimension) cross join lateral (
      select r.ctid from public.roll_ups r
      where r.tenant_id = tenant and r.dimension = d.dimension and r.grain in (5, 60, 1440)
        and r.bucket_start < first_day limit most) old
    limit most));
  get diagnostics gone = row_count;
  return gone;
end
$function$;

CREATE OR REPLACE FUNCTION app.expire_spans (
  tenant text,
  since  timestamp with time zone,
  most   integer,
  OUT    seen integer,
  OUT    spans bigint,
  OUT    contents bigint,
  OUT    traces bigint
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  old_traces text[];
  naming text[];
  earliest timestamptz;
  latest timestamptz;
begin
  -- A trace starts with its first span: it is late exactly while it has, or had, a span too old.
  old_traces := array(
    (select trace_id from public.traces where tenant_id = tenant and start_time < since and not undated
      order by start_time, trace_id limit most)
    union
    (select trace_id from app.find_ahead(tenant, since) limit most));
  seen := cardinality(old_traces);
  spans := app.count_spans(tenant, old_traces);
  -- Nothing that is late, and not misdated, starts later (app.find_misdating).
  select min(t.start_time), least(max(t.end_time), since + interval '24 hours') + interval '1 microsecond'
    into earliest, latest
    from public.traces t where t.tenant_id = tenant and t.trace_id = any(old_traces) and not t.undated;
  if earliest is not null then
    perform app.take_spans(tenant, old_traces, since, earliest, latest);
  end if;
  with gone as (
    delete from public.spans
    where tenant_id = tenant and trace_id = any(old_traces)
      and (received_at < since or start_time < since and misdated is null)
    returning *
  ),
  contents_gone as (
    delete from public.span_contents c using gone g
    where c.tenant_id = tenant and (c.trace_id, c.span_id, c.start_time) = (g.trace_id, g.span_id, g.start_time)
    returning 1
  ),
  contents_alone as (
    delete from public.span_contents c
    where c.tenant_id = tenant and c.trace_id = any(old_traces)
      and c.start_time >= app.earliest_call() and c.start_time < since
      and not exists (select from gone g
        where (g.trace_id, g.span_id, g.start_time) = (c.trace_id, c.span_id, c.start_time))
    returning 1
  )
  select array(select distinct trace_id from gone where coalesce(user_id, session_id, customer_id, chained_session_id) is not null),
    (select count(*) from contents_gone) + (select count(*) from contents_alone) into naming, contents;
  -- Nothing is counted anew: a call whose counted span went is in what was taken, and once.
  perform app.keep_attribution(tenant, naming, since);
  traces := app.summarize_traces(tenant, old_traces);
  spans := spans - app.count_spans(tenant, old_traces);
end
$function$;

CREATE OR REPLACE FUNCTION app.expire_step (
  run   uuid,
  batch integer
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.find_attribution (
  tenant text,
  trace  text,
  wanted boolean
)
  RETURNS TABLE (
    user_id            text,
    session_id         text,
    customer_id        text,
    chained_session_id text
  )
  LANGUAGE sql
  STABLE
BEGIN ATOMIC
 SELECT COALESCE(t.root_user_id, t.user_id)
  AS "coalesce",
     COALESCE(t.root_session_id, t.session_id) AS "coalesce",
     COALESCE(t.root_customer_id, t.customer_id) AS "coalesce",
     t.chained_session_id
    FROM public.traces t
   WHERE (find_attribution.wanted AND (t.tenant_id = find_attribution.tenant) AND (t.trace_id = find_attribution.trace))
  LIMIT 1;
END;

CREATE OR REPLACE FUNCTION app.find_chained_session (
  tenant text,
  call   public.spans
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  if call.previous_response_id is null then
    return case when app.is_named(tenant, call.response_id) then app.chain_session(call.response_id) end;
  end if;
  return coalesce((
    select coalesce(told, chained_session_id) from (
      select coalesce(s.session_id, t.session_id) as told, s.chained_session_id
      from public.spans s cross join lateral (
        select coalesce(root_session_id, session_id) as session_id from public.traces
        where tenant_id = tenant and trace_id between s.trace_id and s.trace_id
        order by trace_id limit 1  -- asks for the primary key (see app.add_to_traces)
      ) t
      where s.tenant_id = tenant and app.tells_of(s.response_id, call.previous_response_id)
        and s.countable and s.start_ns < call.start_ns
    ) before
    order by told is null, 1 limit 1), app.chain_session(call.previous_response_id));
end
$function$;

CREATE OR REPLACE FUNCTION app.find_check_end (
  tenant text,
  since  timestamp with time zone,
  most   integer
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return (
    select greatest(since + interval '1 hour', date_bin('1 hour', start_time, 'epoch'))
    from public.spans
    where tenant_id = tenant and start_time >= greatest(since, app.earliest_call())
    order by start_time offset most limit 1);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_folding (
  run uuid
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.find_mapping_problem (
  rules jsonb,
  place bigint
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case
    when jsonb_typeof(rule -> 'attribute') is distinct from 'string'
      or length(rule ->> 'attribute') not between 1 and 256
      then 'has no attribute of 1 to 256 characters'
    when jsonb_typeof(rule -> 'field') is distinct from 'string'
      or not app.is_mapping_field(rule ->> 'field')
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
$function$;

CREATE OR REPLACE FUNCTION app.find_noted (
  run uuid
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.find_peers (
  tenant    text,
  responses text[],
  reopened  text[],
  since     timestamp with time zone,
  until     timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  if responses = '{}' then
    return '{}';
  end if;
  return array(
    select s::public.spans from unnest(responses) r cross join lateral (
      select * from public.spans
      where tenant_id = tenant and app.tells_of(response_id, r)
        and start_time between since - app.call_window() and until + app.call_window()
        and countable
      order by hashtextextended(response_id, 0) desc, counted desc, start_time desc
      limit case when r <> all(reopened) then 4 end) s);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_tenant (
  tenant text
)
  RETURNS public.tenants
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.find_unsettled (
  states   public.spans[],
  repeated public.spans[],
  known    text[],
  peers    public.spans[],
  mixed    boolean
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
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
        where app.resembles(app.to_call(p), app.to_call(s))
          or app.resembles(app.to_call(s), app.to_call(p)))
    union all
    select s from unnest(states) s
    where mixed and parent_span_id is not null
      and app.is_transparent(countable, operation, agent_name, tool_name, attributes)
      and (trace_id = any(known) or trace_id in (select trace_id from unnest(repeated))));
end
$function$;

CREATE OR REPLACE FUNCTION app.fine_dimensions()
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ARRAY['total'::text, 'model'::text];

CREATE OR REPLACE FUNCTION app.fine_since()
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  STABLE
RETURN (date_bin('01:00:00'::interval, now(), '1970-01-01 00:00:00+00'::timestamp WITH time zone) - '34 days'::interval);

CREATE OR REPLACE FUNCTION app.fold_day (
  tenant     text,
  day        timestamp with time zone,
  dimensions text[],
  known      text[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(known) and r.grain = 1440
      and r.bucket_start = day;
  insert into public.roll_ups
  select * from app.add_up(tenant, dimensions, 60, day, day + interval '24 hours', 1440, false);
end
$function$;

CREATE OR REPLACE FUNCTION app.fold_hours (
  tenant text,
  hours  timestamp with time zone[]
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  dimensions text[];
  known text[];
  folded timestamptz;
  found_marked timestamptz[] := '{}';
  stretch record;
  made integer := 0;
begin
  perform app.hold_folding(tenant);
  dimensions := app.list_dimensions(tenant);
  known := app.list_folded(tenant);
  foreach folded in array hours loop
    delete from public.roll_up_changes c where c.tenant_id = tenant and c.hour = folded;
    if found then
      found_marked := found_marked || folded;
    end if;
  end loop;
  -- Few spans an hour cost less than what is asked for each hour, so that neighbours go together.
  for stretch in
    select min(hour) as first, max(hour) as last
    from (select hour, hour - row_number() over (order by hour) * interval '1 hour' as island
      from (select distinct unnest(found_marked) as hour) h) i
    group by island
  loop
    made := made + app.fold_range(
      tenant, stretch.first, stretch.last + interval '1 hour', dimensions, known);
  end loop;
  -- A day with a mark is not read: whoever folds its last one sums it up, once.
  perform app.fold_day(tenant, day, dimensions, known)
    from (select distinct date_bin('1 day', hour, 'epoch') as day from unnest(found_marked) hour) d
    where not exists (
      select from public.roll_up_changes c
      where c.tenant_id = tenant and c.hour >= day and c.hour < day + interval '24 hours');
  return made;
end
$function$;

CREATE OR REPLACE FUNCTION app.fold_range (
  tenant     text,
  since      timestamp with time zone,
  until      timestamp with time zone,
  dimensions text[],
  known      text[]
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  fine timestamptz := greatest(since, app.kept_finely());
  made integer;
begin
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(known) and r.grain = 60
      and r.bucket_start >= since and r.bucket_start < until and not r.taken;
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(app.fine_dimensions()) and r.grain = 5
      and r.bucket_start >= since and r.bucket_start < until and not r.taken;
  insert into public.roll_ups select * from app.sum_spans(tenant, since, until, 60, dimensions);
  get diagnostics made = row_count;
  if fine < until then
    insert into public.roll_ups select * from app.sum_spans(tenant, fine, until, 5, app.fine_dimensions());
  end if;
  return made;
end
$function$;

CREATE OR REPLACE FUNCTION app.fold_some (
  tenant text,
  run    uuid,
  most   integer
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.fold_step (
  run  uuid,
  most integer
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.hold_calls (
  tenant    text,
  told      text[],
  unnamed   boolean,
  responses text[],
  INOUT     alone boolean,
  OUT       instrumentations text[]
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  known text[];
  held boolean;
begin
  if told = '{}' and responses = '{}' and not alone then
    instrumentations := '{}';
    return;
  end if;
  -- Two instrumentations are known for good; of fewer, another may come before the lock is held.
  for turn in 1 .. 2 loop
    select call_instrumentations into known from public.tenants where tenant_id = tenant;
    instrumentations := case when told <@ known then known else
      (known || array(select unnest(told) except select unnest(known) order by 1))[1:2] end;
    if instrumentations <> known or unnamed and cardinality(instrumentations) > 1 then
      if turn = 2 and not alone then
        raise sqlstate 'LO409' using
          message = 'A call of another instrumentation has turned up.', detail = '{}';
      end if;
      alone := true;
    end if;
    exit when turn = 2;
    held := app.hold_responses(tenant, responses, alone) is not null;
    exit when cardinality(known) = 2;
  end loop;
  if instrumentations <> known then
    update public.tenants set call_instrumentations = instrumentations where tenant_id = tenant;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.hold_folding (
  tenant text
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  -- Of these numbers responses have the odd ones, and all of them together 0 (app.hold_responses).
  perform pg_advisory_xact_lock(hashtext(tenant), 2);
end
$function$;

CREATE OR REPLACE FUNCTION app.hold_responses (
  tenant    text,
  responses text[],
  alone     boolean
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  held boolean;
begin
  -- As an expression each lock takes a fraction of what a statement does.
  if alone or cardinality(responses) > 16 then
    held := pg_advisory_xact_lock(hashtext(tenant), 0) is not null;
    return;
  end if;
  held := pg_advisory_xact_lock_shared(hashtext(tenant), 0) is not null;
  perform pg_advisory_xact_lock(hashtext(tenant), response) from (
    select distinct hashtext(id) | 1 as response from unnest(responses) id order by 1 offset 0) r;
end
$function$;

CREATE OR REPLACE FUNCTION app.hold_sums()
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  perform app.hold_folding(tenant);
  return tenant;
end
$function$;

CREATE OR REPLACE FUNCTION app.inner_name (
  asked app.reading,
  level integer
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (level > 1) THEN (asked).then_by ELSE NULL::text END;

CREATE OR REPLACE FUNCTION app.is_by_value (
  told   text,
  let_in app.let_in
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN COALESCE(((cardinality((let_in).value) <= 50) AND (told <> ALL (app.detail_dimensions()))), false);

CREATE OR REPLACE FUNCTION app.is_kept (
  told text,
  kept text[]
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ((kept IS NULL) OR (told = ANY (kept)) OR ((told IS NULL) AND (array_position(kept, NULL::text) IS NOT NULL)));

CREATE OR REPLACE FUNCTION app.is_let_in (
  told   public.roll_ups,
  let_in app.let_in
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (app.is_kept((told).value, (let_in).value) AND app.is_kept((told).environment, (let_in).environment) AND app.is_kept((told).model, (let_in).model) AND
  app.is_kept((told).service_name, (let_in).service) AND app.is_kept((told).operation, (let_in).operation) AND app.is_kept((told).provider, (let_in).provider) AND
  app.is_kept((told).agent_name, (let_in).agent) AND app.is_kept((told).tool_name, (let_in).tool) AND app.is_kept((told).prompt, (let_in).prompt) AND
  app.is_kept((told).error_type, (let_in).error_type) AND app.is_kept((told).api_key_id, (let_in).api_key) AND app.is_kept((told).release, (let_in).release));

CREATE OR REPLACE FUNCTION app.is_mapping_field (
  field text
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select field = any (app.mapping_fields()) or field ~ '^tag:\S{1,64}$'
$function$;

CREATE OR REPLACE FUNCTION app.is_named (
  tenant   text,
  response text
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return exists (
    select from public.spans
    where tenant_id = tenant and app.tells_of(previous_response_id, response) and countable);
end
$function$;

CREATE OR REPLACE FUNCTION app.is_past_the_door (
  tenant text
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  -- Most callers have no key's id, and are not looked for.
  if (app.caller() ~ '^[0-9a-z]{8}$') is not true then
    return false;
  end if;
  return not exists (
    select from public.api_keys
    where tenant_id = tenant and key_id = app.caller() and kind = 'api_key');
end
$function$;

CREATE OR REPLACE FUNCTION app.is_percentile (
  measure text
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN (measure ~ '_p\d\d$'::text);

CREATE OR REPLACE FUNCTION app.keep_attribution (
  tenant text,
  traces text[],
  since  timestamp with time zone
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  update public.spans s
  set user_id = coalesce(s.user_id, t.root_user_id, t.user_id),
    session_id = coalesce(s.session_id, t.root_session_id, t.session_id),
    customer_id = coalesce(s.customer_id, t.root_customer_id, t.customer_id),
    chained_session_id = coalesce(s.chained_session_id, t.chained_session_id)
  from public.traces t
  where t.tenant_id = tenant and t.trace_id = any(traces) and t.end_time >= since
    and s.tenant_id = tenant and s.trace_id = t.trace_id
    and s.start_time >= since and s.start_time <= t.end_time and s.countable
    and (s.user_id is null and coalesce(t.root_user_id, t.user_id) is not null
      or s.session_id is null and coalesce(t.root_session_id, t.session_id) is not null
      or s.customer_id is null and coalesce(t.root_customer_id, t.customer_id) is not null
      or s.chained_session_id is null and t.chained_session_id is not null)
$function$;

CREATE OR REPLACE FUNCTION app.kept_expression (
  kept jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select coalesce(string_agg(format(' and (%1$s = any(%2$L::text[])%3$s)',
    app.dimension_expression(name), app.kept_values(kept, name),
    case when kept -> name @> '[null]'
      then format(' or (%s) is null', app.dimension_expression(name)) else '' end), ''), '')
  from jsonb_object_keys(kept) name
$function$;

CREATE OR REPLACE FUNCTION app.kept_finely()
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  STABLE
RETURN (date_bin('1 day'::interval, now(), '1970-01-01 00:00:00+00'::timestamp WITH time zone) - '35 days'::interval);

CREATE OR REPLACE FUNCTION app.kept_values (
  kept jsonb,
  name text
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (kept ? name) THEN ARRAY(SELECT jsonb_array_elements_text((kept -> name)) AS jsonb_array_elements_text) ELSE NULL::text[] END;

CREATE OR REPLACE FUNCTION app.key_expression (
  name text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when name is null then $e$'{}'::text[]$e$
    else format(case when name = 'model' then 'array[%1$s, case when %1$s is not null then s.provider end]'
      else 'array[%1$s]' end, app.dimension_expression(name)) end
$function$;

CREATE OR REPLACE FUNCTION app.knows_any (
  tenant    text,
  trace_ids text[]
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return exists (
    select from unnest(trace_ids) key cross join lateral (
      select from public.traces
      where tenant_id = tenant and trace_id between key and key
      order by trace_id limit 1  -- asks for the primary key (see app.add_to_traces)
    ) t);
end
$function$;

CREATE OR REPLACE FUNCTION app.linked_responses (
  links text[]
)
  RETURNS text[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return array(select distinct substr(link, 33) from unnest(links) link);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_days (
  window_start timestamp with time zone,
  window_end   timestamp with time zone,
  time_zone    text
)
  RETURNS SETOF timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    select distinct case when (later - interval '1 hour') at time zone time_zone >= midnight
      then later - interval '1 hour' else later end
    from generate_series(
        date_trunc('day', window_start at time zone time_zone),
        (window_end - interval '1 microsecond') at time zone time_zone,
        interval '1 day') midnight,
      lateral (select midnight at time zone time_zone as later) m
    order by 1;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_dimensions (
  tenant text
)
  RETURNS text[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return array['total', 'detail'] || app.detail_dimensions()
    || array['user', 'customer', 'session', 'left_out'] || array(
      select 'tag:' || key from public.tenants t, unnest(t.tag_dimensions) key
      where t.tenant_id = tenant);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_firsts (
  asked   app.reading,
  once    app.sums[],
  measure text,
  top     integer
)
  RETURNS SETOF text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_sort TO 'off'
  AS $function$
declare
  told constant text := asked.dimensions[2];
  let_in constant app.let_in := app.read_filter(asked.kept, told);
begin
  return query
    with part as (
      select p.key[1] as value, p.counted, p.spans, p.errors, p.unpriced, p.unmeasured,
        p.input_tokens, p.output_tokens, p.total_tokens, p.cost_usd
      from app.read_parts(asked.tenant, told, asked.wide, asked.group_by, null, let_in) p
      union all
      select w.key[1], w.counted, w.spans, w.errors, w.unpriced, w.unmeasured, w.input_tokens,
        w.output_tokens, w.total_tokens, w.cost_usd
      from unnest(asked.raws) w where w.level = 1
      union all
      select null, o.counted, o.spans, o.errors, o.unpriced, o.unmeasured, o.input_tokens,
        o.output_tokens, o.total_tokens, o.cost_usd
      from unnest(once) o where not asked.kept ? asked.group_by
    ),
    added as (
      select p.value, sum(p.spans) as spans, sum(case measure when 'requests' then p.spans
          when 'errors' then p.errors when 'error_rate' then p.errors
          when 'unpriced_requests' then p.unpriced when 'unmeasured_requests' then p.unmeasured
          when 'input_tokens' then p.input_tokens when 'output_tokens' then p.output_tokens
          when 'total_tokens' then p.total_tokens when 'cost_usd' then p.cost_usd
          else 0 end) as amount
      from part p where p.counted group by 1
    )
    select a.value
    from added a cross join (select sum(spans) as spans, sum(amount) as amount from added) of_all
      cross join lateral (
        select case when a.value is null then 2 * a.spans - of_all.spans else a.spans end as spans,
          case when a.value is null then 2 * a.amount - of_all.amount else a.amount end as amount) l
    where l.spans > 0
    order by case when measure = 'error_rate' then l.amount::double precision / l.spans::double precision
        else l.amount end
      desc nulls last, l.spans desc, a.value
    limit top;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_folded (
  tenant text
)
  RETURNS text[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  last text := '';
  known text[] := '{}';
begin
  loop
    select r.dimension into last from public.roll_ups r
      where r.tenant_id = tenant and r.dimension > last order by r.dimension limit 1;
    exit when not found;
    known := known || last;
  end loop;
  return known;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_followers (
  tenant text,
  taken  public.response_chains[],
  page   integer
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  found public.spans[] := '{}';
  part public.spans[];
  asked record;
begin
  for asked in
    select response_id, min(coalesce(after, '-infinity')) as after
    from unnest(taken) where trace_id is null group by response_id order by response_id
  loop
    part := array(
      select s::public.spans from public.spans s
      where s.tenant_id = tenant and app.tells_of(s.previous_response_id, asked.response_id)
        and s.countable and s.start_time >= asked.after
      -- By itself the start asks for the index of all spans.
      order by hashtextextended(s.previous_response_id, 0), s.start_time limit page);
    found := found || part;
    if cardinality(part) = page then
      insert into public.response_chains (tenant_id, response_id, after)
      values (tenant, asked.response_id, greatest(
        part[page].start_time, asked.after + interval '1 microsecond'));
    end if;
  end loop;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_linked (
  tenant    text,
  traces    text[],
  responses text[]
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    select s::public.spans from unnest(traces) trace cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id between trace and trace and countable
        and (previous_response_id is not null or chained_session_id is not null)
      order by trace_id) s
  ) || array(
    select s::public.spans from unnest(responses) response cross join lateral (
      select * from public.spans
      where tenant_id = tenant and app.tells_of(response_id, response) and countable) s);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_links (
  spans public.spans[]
)
  RETURNS text[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return array(
    select trace_id || coalesce(previous_response_id, response_id) from unnest(spans)
    where previous_response_id is not null
      or response_id is not null and chained_session_id is not null);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_marked (
  tenant text,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS SETOF timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.list_measures()
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ARRAY['requests'::text,
  'errors'::text,
  'error_rate'::text,
  'unpriced_requests'::text,
  'unmeasured_requests'::text,
  'input_tokens'::text,
  'output_tokens'::text,
  'total_tokens'::text,
  'cost_usd'::text,
  'latency_p50'::text,
  'latency_p95'::text,
  'latency_p99'::text,
  'ttft_p50'::text, 'ttft_p95'::text, 'ttft_p99'::text, 'spans'::text, 'failed_spans'::text, 'span_latency_p50'::text, 'span_latency_p95'::text, 'span_latency_p99'::text];

CREATE OR REPLACE FUNCTION app.list_points (
  window_start timestamp with time zone,
  window_end   timestamp with time zone,
  bucket       text,
  time_zone    text
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if bucket = 'day' then
    return array(select app.list_days(window_start, window_end, time_zone));
  end if;
  return array(
    select distinct date_trunc(bucket, moment, time_zone) as point
    from generate_series(
      date_trunc(bucket, window_start, time_zone),
      -- One more: where clocks move by half an hour, hours begin at another minute from then on.
      window_end + ('1 ' || bucket)::interval, ('1 ' || bucket)::interval) moment
    where date_trunc(bucket, moment, time_zone) < window_end
    order by point);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_prices (
  provider_name text,
  model_name    text,
  tier          text
)
  RETURNS public.model_prices[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return array(
    select m from public.model_prices m
    where m.provider = provider_name and m.model = model_name and m.service_tier in (tier, 'standard')
    order by m.min_input_tokens desc, m.valid_from desc, m.from_minute is null, m.price_id);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_raw_sums (
  asked app.reading
)
  RETURNS SETOF app.sums
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  -- Pieces of a minute are read at once: so many readings would take longer.
  by_minute constant boolean := asked.pieces[2] - asked.pieces[1] <= interval '1 minute';
  since constant timestamptz := asked.pieces[1];
  until constant timestamptz := asked.pieces[cardinality(asked.pieces)];
  read constant text[] := array(
    select distinct dimension from unnest(asked.dimensions) dimension where dimension <> 'raw');
begin
  return query
    with part as (
      select r.point, r.since, r.until from unnest(asked.ranges) r where r.raw and not by_minute
      union all
      select null, since, until where by_minute
    ),
    found as (
      select coalesce(p.point, greatest(1, width_bucket((s).bucket_start, asked.pieces))) as point,
        s as told
      from part p cross join lateral app.sum_spans(
        asked.tenant, p.since, p.until, case when by_minute then 1 else 1440 end,
        read, without_buckets => true) s
    )
    select f.point, l.level::integer - 1, app.key_of(app.outer_name(asked, l.level::integer - 1), f.told) as key,
      app.key_of(app.inner_name(asked, l.level::integer - 1), f.told) as inner_key,
      (f.told).counted, sum((f.told).spans)::bigint, sum((f.told).errors)::bigint,
      sum((f.told).unpriced)::bigint, sum((f.told).unmeasured)::bigint,
      sum((f.told).input_tokens), sum((f.told).output_tokens), sum((f.told).total_tokens),
      sum((f.told).cost_usd),
      app.merge_histograms(array_agg(row((f.told).latency)::app.histogram)
        filter (where (f.told).latency is not null)),
      app.merge_histograms(array_agg(row((f.told).time_to_first_token)::app.histogram)
        filter (where (f.told).time_to_first_token is not null))
    from found f
      join unnest(asked.dimensions) with ordinality l (dimension, level)
        on l.dimension = (f.told).dimension
    where asked.kept = '{}'
      or app.is_let_in(f.told, app.read_filter(asked.kept, (f.told).dimension))
    group by f.point, l.level, key, inner_key, (f.told).counted;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_rich_sums (
  tenant   text,
  pieces   timestamp with time zone[],
  level    integer,
  group_by text,
  then_by  text,
  kept     jsonb
)
  RETURNS SETOF app.sums
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  names constant text[] := array(select jsonb_object_keys(kept))
    || case when level > 0 then array[group_by] end || case when level > 1 then array[then_by] end;
begin
  return query execute format($query$
    with told as (
      select width_bucket(s.start_time, $2) as point, %s as key, %s as inner_key,
        s.status = 'error' as failed,
        app.is_unpriced(s.status, s.total_tokens, s.cost_usd) as unpriced,
        app.is_unmeasured(s.status, s.total_tokens) as unmeasured,
        s.input_tokens, s.output_tokens, s.total_tokens, s.cost_usd,
        app.to_entry(s.duration_ms) as latency,
        app.to_entry(s.time_to_first_token_ms) as first_token
      from public.spans s %s
      where s.tenant_id = $1 and s.start_time >= $2[1] and s.start_time < $2[cardinality($2)]
        and s.misdated is null and s.counted%s
    )
    select point, $3, key, inner_key, true, count(*), count(*) filter (where failed),
      count(*) filter (where unpriced), count(*) filter (where unmeasured), sum(input_tokens),
      sum(output_tokens), sum(total_tokens), sum(cost_usd),
      app.merge_histogram(array_agg(latency)),
      app.merge_histogram(array_agg(first_token) filter (where first_token is not null))
    from told group by point, key, inner_key$query$,
    app.key_expression(case when level > 0 then group_by end),
    app.key_expression(case when level > 1 then then_by end),
    app.attribution_expression(names), app.kept_expression(kept))
  using tenant, pieces, level;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_roll_up_columns (
  measures boolean
)
  RETURNS text[]
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select array_agg(attname::text order by attnum)
  from pg_catalog.pg_attribute
  where attrelid = 'public.roll_ups'::regclass and attnum > 0 and not attisdropped
    and attname <> all('{tenant_id,place}')
    and measures = (attname <> 'bucket_start' and atttypid <> all('{text,boolean,smallint}'::regtype[]))
$function$;

CREATE OR REPLACE FUNCTION app.list_shares (
  ranges app.sum_range[],
  pieces integer
)
  RETURNS SETOF app.share
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    with part as (
      select r.point, date_bin('1 day', r.since, 'epoch') as day, sum(r.until - r.since) as width,
        sum(extract(epoch from r.until - r.since) / (60 * r.grain)) as buckets
      from unnest(ranges) r where not r.raw and r.grain < 1440 group by 1, 2
    ),
    whole as (
      select p.day, (array_agg(p.point order by p.buckets desc))[1] as point from part p group by p.day
      having sum(p.width) = interval '1 day' and 2 * max(p.buckets) > sum(p.buckets) + 1
    )
    select pieces + row_number() over ()::integer, p.point, w.point, p.day
    from whole w join part p on p.day = w.day and p.point <> w.point;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_sums (
  asked           app.reading,
  wanted          integer,
  at_once         boolean,
  kept            jsonb,
  with_histograms boolean
)
  RETURNS SETOF app.sums
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_sort TO 'off'
  AS $function$
declare
  told constant text := asked.dimensions[wanted + 1];
  ranges constant app.sum_range[] := case when at_once then asked.wide else asked.ranges end;
  outer_name constant text := app.outer_name(asked, wanted);
  inner_name constant text := app.inner_name(asked, wanted);
  let_in constant app.let_in := app.read_filter(kept, told);
begin
  return query
    with part as (
      select p.point, p.key, p.inner_key, p.counted, p.spans, p.errors, p.unpriced, p.unmeasured,
        p.input_tokens, p.output_tokens, p.total_tokens, p.cost_usd, p.latency, p.time_to_first_token
      from app.read_parts(asked.tenant, told, ranges, outer_name, inner_name, let_in) p
      union all
      select case when at_once then 1 else w.point end, w.key, w.inner_key, w.counted,
        w.spans, w.errors, w.unpriced, w.unmeasured, w.input_tokens, w.output_tokens,
        w.total_tokens, w.cost_usd, w.latency, w.time_to_first_token
      from unnest(asked.raws) w
      where w.level = wanted and app.is_kept(w.key[1], app.kept_values(kept, outer_name))
    ),
    added as (
      select p.point, p.key[1] as value, p.key[2] as provider, p.inner_key[1] as inner_value,
        p.inner_key[2] as inner_provider, p.counted, sum(p.spans)::bigint as spans,
        sum(p.errors)::bigint as errors, sum(p.unpriced)::bigint as unpriced,
        sum(p.unmeasured)::bigint as unmeasured, sum(p.input_tokens) as input_tokens,
        sum(p.output_tokens) as output_tokens, sum(p.total_tokens) as total_tokens,
        sum(p.cost_usd) as cost_usd,
        array_agg(row(p.latency)::app.histogram) filter (where with_histograms) as latency,
        array_agg(row(p.time_to_first_token)::app.histogram)
          filter (where with_histograms and p.time_to_first_token is not null) as first_token
      from part p group by 1, 2, 3, 4, 5, 6
    )
    select a.point, wanted, app.to_key(outer_name, a.value, a.provider),
      app.to_key(inner_name, a.inner_value, a.inner_provider), a.counted, a.spans, a.errors,
      a.unpriced, a.unmeasured, a.input_tokens, a.output_tokens, a.total_tokens, a.cost_usd,
      app.merge_histograms(a.latency), app.merge_histograms(a.first_token)
    from added a;
end
$function$;

CREATE OR REPLACE FUNCTION app.look_over (
  spans public.spans[],
  OUT   traces text[],
  OUT   since timestamp with time zone,
  OUT   until timestamp with time zone,
  OUT   repeated boolean,
  OUT   responses text[],
  OUT   instrumentations text[],
  OUT   unnamed boolean,
  OUT   entangled boolean,
  OUT   links text[]
)
  RETURNS record
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  span public.spans;
  last_id text;
  calls text[] := '{}';
  parents text[] := '{}';
  told text[] := '{}';
  nameless boolean := false;
begin
  traces := '{}';
  repeated := false;
  instrumentations := '{}';
  unnamed := false;
  entangled := false;
  links := '{}';
  foreach span in array spans loop
    since := least(since, span.start_time);
    until := greatest(until, span.start_time);
    if span.trace_id is distinct from traces[cardinality(traces)] then
      traces := array_append(traces, span.trace_id);
      entangled := entangled or app.may_wrap(parents, calls);
      calls := '{}';
      parents := '{}';
    elsif span.span_id = last_id then
      repeated := true;
    end if;
    last_id := span.span_id;
    if span.previous_response_id is not null then
      links := array_append(links, span.trace_id || span.previous_response_id);
    end if;
    continue when span.countable is not true;
    calls := array_append(calls, span.span_id);
    parents := array_append(parents, span.parent_span_id);
    told := array_append(told, span.response_id);
    -- None is not another one: of an empty array, all are another than null.
    if span.instrumentation is not null and span.instrumentation <> all(instrumentations) then
      instrumentations := array_append(instrumentations, span.instrumentation);
    end if;
    continue when span.response_id is not null;
    nameless := true;
    unnamed := unnamed or span.instrumentation is not null;
    -- A span that opened a stream is repeated by a log of its own instrumentation: it is like another.
    if app.is_opening(app.to_call(span))
       and span.instrumentation || ' (opening)' <> all(instrumentations) then
      instrumentations := array_append(instrumentations, span.instrumentation || ' (opening)');
    end if;
  end loop;
  responses := array(
    select distinct response_id collate "C" from unnest(told) response_id where response_id is not null);
  entangled := entangled or app.may_wrap(parents, calls)
    or cardinality(responses) < cardinality(array_remove(told, null))
    or nameless and cardinality(instrumentations) > 1;
end
$function$;

CREATE OR REPLACE FUNCTION app.mapping_fields()
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select array[
    'operation', 'provider', 'request_model', 'response_model', 'response_id', 'service_tier',
    'agent_name', 'tool_name', 'session_id', 'user_id', 'customer_id', 'release', 'prompt_name',
    'prompt_version', 'environment', 'error_type', 'streamed', 'finish_reasons',
    'time_to_first_token_ms', 'input_tokens', 'output_tokens', 'cache_read_tokens',
    'cache_write_tokens', 'reasoning_tokens', 'input_tokens_without_cache',
    'output_tokens_without_reasoning', 'input', 'output']
$function$;

CREATE OR REPLACE FUNCTION app.mappings_argument (
  arguments jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
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
      hint = format(
        '%s Fields: %s, tag:<key>.', example, array_to_string(app.mapping_fields(), ', '));
  end if;
  return rules;
end
$function$;

CREATE OR REPLACE FUNCTION app.mark_hours (
  tenant text,
  hours  timestamp with time zone[]
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  insert into public.roll_up_changes (tenant_id, hour)
  select distinct tenant, date_bin('1 hour', hour, 'epoch') from unnest(hours) hour
$function$;

CREATE OR REPLACE FUNCTION app.may_wrap (
  parents text[],
  calls   text[]
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ((cardinality(calls) > 64) OR (parents && calls));

CREATE OR REPLACE FUNCTION app.merge_histogram (
  entries bigint[]
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  -- Of nothing there is no histogram: an empty array would take 13 bytes of each row that tells of tools.
  if entries is null or cardinality(entries) <= 1 then
    return entries;
  end if;
  return array(
    select (bucket << 40) + spans
    from (
      -- `offset 0`: to sort the few buckets takes less than to sort all entries.
      select entry >> 40 as bucket, sum(entry & 1099511627775)::bigint as spans
      from unnest(entries) entry group by 1 offset 0) e
    order by bucket);
end
$function$;

CREATE OR REPLACE FUNCTION app.merge_histograms (
  parts app.histogram[],
  taken app.histogram[] DEFAULT NULL::app.histogram[]
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  if taken is null and (parts is null or cardinality(parts) = 1) then
    return parts[1].entries;
  elsif taken is null then
    return array(
      select (bucket << 40) + spans
      from (
        select entry >> 40 as bucket, sum(entry & 1099511627775)::bigint as spans
        from unnest(parts) p cross join unnest(p.entries) entry group by 1 offset 0) e
      order by bucket);
  end if;
  return array(
    select (bucket << 40) + spans
    from (
      select entry >> 40 as bucket,
        sum(case when added then entry & 1099511627775 else -(entry & 1099511627775) end)::bigint as spans
      from (
        select true as added, entry from unnest(parts) p cross join unnest(p.entries) entry
        union all
        select false, entry from unnest(taken) p cross join unnest(p.entries) entry) told
      group by 1 offset 0) e
    where spans > 0 order by bucket);
end
$function$;

CREATE OR REPLACE FUNCTION app.entries_left (
  whole bigint[],
  part  bigint[]
)
  RETURNS bigint[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN app.merge_histograms(ARRAY[ROW(whole)::app.histogram], ARRAY[ROW(part)::app.histogram]);

CREATE OR REPLACE FUNCTION app.merge_taken (
  tenant     text,
  dimensions text[],
  of_grain   integer,
  since      timestamp with time zone,
  until      timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  merged public.roll_ups[] := array(
    select a::public.roll_ups
    from app.add_up(tenant, dimensions, of_grain, since, until, of_grain, true) a);
begin
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(dimensions) and r.grain = of_grain
      and r.bucket_start >= since and r.bucket_start < until and r.taken;
  insert into public.roll_ups select * from unnest(merged);
end
$function$;

CREATE OR REPLACE FUNCTION app.merge_two (
  merged public.spans,
  other  public.spans
)
  RETURNS public.spans
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
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
  -- An instrumentation with which no call was told is not known as one of calls (app.hold_calls).
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
  merged.previous_response_id :=
    greatest(merged.previous_response_id collate "C", other.previous_response_id);
  -- Of what is stored, until it is found anew.
  merged.chained_session_id := coalesce(merged.chained_session_id, other.chained_session_id);
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
  -- A span that comes again is mostly the same. 1.0 and 1.00 are equal, and their texts are not.
  if merged.attributes::text <> other.attributes::text then
    merged.attributes := app.merge_attributes(array[merged.attributes, other.attributes]);
  end if;
  merged.received_at := least(merged.received_at, other.received_at);
  merged.misdated := app.find_misdating(merged.start_time, merged.end_time, merged.received_at);
  merged.usage_uncounted := greatest(merged.usage_uncounted collate "C", other.usage_uncounted);
  if merged.process_keys is distinct from other.process_keys then
    merged.process_keys := app.unite_names(merged.process_keys, other.process_keys);
  end if;
  merged.possible_duplicate :=
    merged.counted and (merged.possible_duplicate is true or other.possible_duplicate is true);
  return app.merge_groups(merged, other);
end
$function$;

CREATE OR REPLACE FUNCTION app.move_call (
  tenant text,
  call   public.spans
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  found_session constant text := app.find_chained_session(tenant, call);
begin
  if found_session is not distinct from call.chained_session_id then
    return false;
  end if;
  update public.spans set chained_session_id = found_session
    where tenant_id = tenant and trace_id = call.trace_id and span_id = call.span_id
      and start_time = call.start_time;
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION app.move_traces (
  tenant text,
  moved  text[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  update public.traces t set chained_session_id = c.least, updated_at = now()
  from unnest(moved) trace cross join lateral (
    select min(chained_session_id) as least from (
      select chained_session_id from public.spans
      where tenant_id = tenant and trace_id between trace and trace
      order by trace_id offset 0) s
  ) c
  where t.tenant_id = tenant and t.trace_id = trace
    and t.chained_session_id is distinct from c.least;
end
$function$;

CREATE OR REPLACE FUNCTION app.name_key (
  name text,
  key  text[]
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (name = 'model'::text) THEN jsonb_build_object('key', (key)[1], 'provider', (key)[2]) ELSE jsonb_build_object('key', (key)[1]) END;

CREATE OR REPLACE FUNCTION app.next_range (
  point  integer,
  since  timestamp with time zone,
  until  timestamp with time zone,
  finest integer
)
  RETURNS app.sum_range
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  grains constant integer[] := array[1440, 60, 5];
  usable integer := finest;
  width interval;
  wider interval;
  next timestamptz;
begin
  if since < app.fine_since() then
    usable := greatest(finest, 60);
  end if;
  -- From the widest grain on: the first of which a whole bucket begins here.
  for step in 1 .. 3 loop
    exit when grains[step] < usable;
    width := grains[step] * interval '1 minute';
    if date_bin(width, since, 'epoch') = since and since + width <= until then
      -- Up to where one of the wider grain begins, so that none is of two days.
      next := least(date_bin(wider, since, 'epoch') + wider, date_bin(width, until, 'epoch'));
      return (point, grains[step], since, next, false);
    end if;
    wider := width;
  end loop;
  -- Raw rows, up to where a whole bucket of the finest grain begins, or where finer sums are kept.
  next := date_bin(width, since, 'epoch') + width;
  if (next + width <= until) is not true then
    next := case when since < app.fine_since() then least(until, app.fine_since()) else until end;
  end if;
  return (point, usable, since, next, true);
end
$function$;

CREATE OR REPLACE FUNCTION app.note_attribution()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  changed record;
begin
  -- Most updates change none; to begin a query of spans would cost a small batch as much as its marks.
  for changed in
    select told.tenant_id, told.trace_id, coalesce(told.root_session_id, told.session_id)
        is distinct from coalesce(known.root_session_id, known.session_id) as retold
    from told join known using (tenant_id, trace_id)
    where (coalesce(told.root_user_id, told.user_id),
        coalesce(told.root_session_id, told.session_id, told.chained_session_id),
        coalesce(told.root_customer_id, told.customer_id))
      is distinct from
      (coalesce(known.root_user_id, known.user_id),
        coalesce(known.root_session_id, known.session_id, known.chained_session_id),
        coalesce(known.root_customer_id, known.customer_id))
  loop
    insert into public.roll_up_changes (tenant_id, hour)
    select distinct s.tenant_id, date_bin('1 hour', s.start_time, 'epoch') from public.spans s
    where s.tenant_id = changed.tenant_id and s.trace_id = changed.trace_id
      and s.counted and s.misdated is null
      and (s.user_id is null or s.session_id is null or s.customer_id is null);
    if changed.retold then
      perform app.note_retold(changed.tenant_id, changed.trace_id);
    end if;
  end loop;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION app.note_changed (
  tenant  text,
  changed public.spans[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if changed <> '{}' then
    perform app.note_links(tenant, app.list_links(changed), array(
      select distinct response_id from unnest(changed) where response_id is not null));
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.note_changes()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.note_check (
  tenant  text,
  run     uuid,
  reached timestamp with time zone,
  drifted integer
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  insert into public.roll_up_progress as p (tenant_id, check_run, check_next, checked_at, drifted_hours)
  values (tenant, run, reached, clock_timestamp(), drifted)
  on conflict (tenant_id) do update set
    check_run = run, check_next = reached, checked_at = clock_timestamp(),
    drifted_hours = drifted + case when p.check_run = run then p.drifted_hours else 0 end;
end
$function$;

CREATE OR REPLACE FUNCTION app.note_folding (
  tenant text,
  run    uuid,
  hours  timestamp with time zone[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.note_links (
  tenant    text,
  links     text[],
  responses text[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  insert into public.response_chains (tenant_id, response_id, trace_id)
  select distinct tenant, substr(link, 33), left(link, 32) from unnest(links) link
  union all
  select tenant, response, null from unnest(responses) response
  where exists (
    select from public.response_chains c where c.tenant_id = tenant and c.response_id = response);
end
$function$;

CREATE OR REPLACE FUNCTION app.note_retold (
  tenant text,
  trace  text
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  -- For most tenants there is no chain.
  if exists (select from public.response_chains where tenant_id = tenant) then
    perform app.note_links(tenant, '{}', array(
      select distinct response_id from public.spans
      where tenant_id = tenant and trace_id = trace and countable and response_id is not null));
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.outer_name (
  asked app.reading,
  level integer
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (level > 0) THEN (asked).group_by ELSE NULL::text END;

CREATE OR REPLACE FUNCTION app.pair_sums (
  parts app.sums[]
)
  RETURNS TABLE (
    point     integer,
    key       text[],
    inner_key text[],
    calls     app.sums,
    others    app.sums
  )
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    select coalesce((c.s).point, (o.s).point), coalesce((c.s).key, (o.s).key),
      coalesce((c.s).inner_key, (o.s).inner_key), c.s, o.s
    from (select s from unnest(parts) s where s.counted) c
      full join (select s from unnest(parts) s where not s.counted) o
        on (c.s).point = (o.s).point and (c.s).key = (o.s).key and (c.s).inner_key = (o.s).inner_key;
end
$function$;

CREATE OR REPLACE FUNCTION app.partition_is_needed (
  parent    text,
  partition text,
  month_end timestamp with time zone
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
      -- Sums of spans are taken batch by batch, before the spans go: none may be left.
      where present.tenant_id is not null and ($2 = 'spans' or ($1 <= app.kept_since(
        case $2 when 'span_contents' then coalesce(t.content_days, t.span_days) else t.span_days end
      )) is not true))
    $query$, partition) into needed using month_end, parent;
  return needed;
end
$function$;

CREATE OR REPLACE FUNCTION app.percentiles_of (
  histogram bigint[]
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  found constant double precision[] := app.quantiles(histogram, app.percentiles());
begin
  return jsonb_build_object('p50', found[1], 'p95', found[2], 'p99', found[3]);
end
$function$;

CREATE OR REPLACE FUNCTION app.plan_ranges (
  tenant text,
  pieces timestamp with time zone[],
  finest integer
)
  RETURNS SETOF app.sum_range
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  marked constant timestamptz[] := array(
    select app.list_marked(tenant, pieces[1], pieces[cardinality(pieces)]));
  mark integer := 1;
  hour timestamptz;
  next app.sum_range;
begin
  for piece in 1 .. cardinality(pieces) - 1 loop
    next.until := pieces[piece];
    while next.until < pieces[piece + 1] loop
      hour := date_bin('1 hour', next.until, 'epoch');
      while marked[mark] < hour loop
        mark := mark + 1;
      end loop;
      -- By the minute nothing is kept.
      if finest >= 5 and marked[mark] is distinct from hour then
        next := app.next_range(
          piece, next.until, least(pieces[piece + 1], marked[mark]), finest);
      else
        next := (piece, case when hour < app.fine_since() then 60 else greatest(finest, 5) end,
          next.until, hour + interval '1 hour', true);
        -- Hours beside each other that changed are read at once.
        while next.until < pieces[piece + 1] and marked[mark + 1] = next.until
            and next.until <> app.fine_since() loop
          mark := mark + 1;
          next.until := next.until + interval '1 hour';
        end loop;
        next.until := least(next.until, pieces[piece + 1]);
      end if;
      return next next;
    end loop;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.prune_fine (
  run  uuid,
  most integer
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.quantiles (
  histogram bigint[],
  shares    double precision[]
)
  RETURNS double precision[]
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
declare
  total bigint := 0;
  reached bigint := 0;
  next integer := 1;
  entry bigint;
  found double precision[] := array_fill(null::double precision, array[cardinality(shares)]);
begin
  foreach entry in array coalesce(histogram, '{}') loop
    total := total + (entry & 1099511627775);
  end loop;
  foreach entry in array coalesce(histogram, '{}') loop
    reached := reached + (entry & 1099511627775);
    while next <= cardinality(shares) and reached >= ceil(shares[next] * total) loop
      -- 2ab / (a + b) of its bounds is as far from both, in relation to them.
      found[next] := case when entry >> 40 = -1000 then 0
        else power(2::double precision, (entry >> 40) / 8.0::double precision) * 1.0432946174993891 end;
      next := next + 1;
    end loop;
    exit when next > cardinality(shares);
  end loop;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION app.measure_of (
  calls   app.sums,
  others  app.sums,
  measure text
)
  RETURNS double precision
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE measure WHEN 'requests'::text THEN (COALESCE((calls).spans, (0)::bigint))::double precision WHEN 'errors'::text THEN (COALESCE((calls).errors, (0)::bigint))::double
  precision WHEN 'error_rate'::text THEN (((calls).errors)::double precision / (NULLIF((calls).spans, 0))::double precision) WHEN 'unpriced_requests'::text THEN
  (COALESCE((calls).unpriced, (0)::bigint))::double precision WHEN 'unmeasured_requests'::text THEN (COALESCE((calls).unmeasured, (0)::bigint))::double precision WHEN 'spans'::text
  THEN (COALESCE((others).spans, (0)::bigint))::double precision WHEN 'failed_spans'::text THEN (COALESCE((others).errors, (0)::bigint))::double precision ELSE CASE WHEN
  app.is_percentile(measure) THEN
  (app.quantiles(CASE WHEN (measure ~~ 'latency%'::text) THEN (calls).latency WHEN (measure ~~ 'ttft%'::text) THEN (calls).time_to_first_token ELSE (others).latency END,
  ARRAY[(("right"(measure, 2))::double precision / (100)::double precision)]))[1] WHEN (COALESCE((calls).spans, (0)::bigint) = 0) THEN (0)::double precision ELSE
  (CASE measure WHEN 'input_tokens'::text THEN (calls).input_tokens WHEN 'output_tokens'::text THEN (calls).output_tokens WHEN 'total_tokens'::text THEN (calls).total_tokens WHEN
  'cost_usd'::text THEN (calls).cost_usd ELSE NULL::numeric END)::double precision END END;

CREATE OR REPLACE FUNCTION app.rank_groups (
  parts   app.sums[],
  measure text,
  top     integer
)
  RETURNS TABLE (
    place  bigint,
    key    text[],
    calls  app.sums,
    others app.sums
  )
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    select row_number() over (), first.*
    from (
      select p.key, p.calls, p.others from app.pair_sums(parts) p
      order by app.measure_of(p.calls, p.others, measure) desc nulls last,
        (p.calls).spans desc nulls last, (p.others).spans desc nulls last, p.key[2], p.key[1]
      limit top) first;
end
$function$;

CREATE OR REPLACE FUNCTION app.read_filter (
  kept jsonb,
  told text
)
  RETURNS app.let_in
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  let_in app.let_in;
begin
  if kept = '{}' then
    return null;
  end if;
  let_in.value := app.kept_values(kept, told);
  -- A dimension of few values tells nothing beside its own.
  if told <> all(app.detail_dimensions()) then
    let_in := (
      app.kept_values(kept, 'environment'), app.kept_values(kept, 'service'),
      app.kept_values(kept, 'operation'), app.kept_values(kept, 'provider'),
      app.kept_values(kept, 'model'), app.kept_values(kept, 'agent'),
      app.kept_values(kept, 'tool'), app.kept_values(kept, 'prompt'),
      app.kept_values(kept, 'error_type'), app.kept_values(kept, 'api_key'),
      app.kept_values(kept, 'release'), let_in.value);
  end if;
  return let_in;
end
$function$;

CREATE OR REPLACE FUNCTION app.read_firsts (
  asked   app.reading,
  once    app.sums[],
  measure text,
  top     integer
)
  RETURNS app.firsts
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  -- In detail an hour has hundreds of rows: their histograms take longer than all else.
  with_histograms constant boolean := app.is_percentile(measure) or asked.dimensions[2] <> 'detail';
  parts app.sums[];
  others app.sums[];
  narrowed jsonb := asked.kept;
  keys text[];
  names jsonb;
begin
  parts := app.add_untold(asked, once, app.read_level(asked, 1, true, asked.kept, with_histograms));
  select array_agg(r.key::text), jsonb_agg(r.key[1]) into keys, names
    from app.rank_groups(parts, measure, top) r;
  -- The group that tells no value is what all others leave of the whole: it takes them all.
  if not names @> '[null]' then
    narrowed := asked.kept || jsonb_build_object(asked.group_by, names);
  end if;
  others := array(select p from unnest(parts) p where p.key::text <> all(keys));
  parts := array(select p from unnest(parts) p where p.key::text = any(keys));
  return (parts, narrowed, app.describe_others(once, parts, others));
end
$function$;

CREATE OR REPLACE FUNCTION app.read_groups (
  asked           app.reading,
  with_histograms boolean
)
  RETURNS app.sums[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return app.add_untold(asked, app.read_level(asked, 0, true, asked.kept, with_histograms),
    app.read_level(asked, 1, true, asked.kept, with_histograms));
end
$function$;

CREATE OR REPLACE FUNCTION app.read_inner_groups (
  asked           app.reading,
  outer_parts     app.sums[],
  with_histograms boolean
)
  RETURNS app.sums[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  told constant text := asked.dimensions[3];
  names constant jsonb := coalesce(
    (select jsonb_agg(p.key[1]) from unnest(outer_parts) p), '[]');
  -- Rows of what an inner dimension tells are of each of its values, those of an outer one not.
  is_inner constant boolean := told = asked.then_by;
  is_whole constant boolean := told in ('detail', 'raw') or asked.kept ? told
    or not is_inner and not names @> '[null]';
  parts app.sums[] := app.read_level(asked, 2, true, asked.kept || case
    when names @> '[null]' then '{}' else jsonb_build_object(asked.group_by, names) end,
    with_histograms);
  left_over app.sums;
begin
  if is_whole then
    return parts;
  end if;
  if not is_inner then
    outer_parts := app.read_groups(app.start_reading(
      asked.tenant, array[asked.pieces[1], asked.pieces[cardinality(asked.pieces)]], 'hour',
      asked.then_by, null, asked.kept), with_histograms);
  end if;
  for left_over in
    select * from app.take_away(
      array(select o from unnest(outer_parts) o where o.counted),
      array(
        select app.to_sums(p, p.point, case when is_inner then p.key else p.inner_key end, '{}')
        from unnest(parts) p))
  loop
    left_over.level := 2;
    left_over.inner_key := case when is_inner then array[null::text] else left_over.key end;
    left_over.key := case when is_inner then left_over.key else array[null::text] end;
    parts := parts || left_over;
  end loop;
  return parts;
end
$function$;

CREATE OR REPLACE FUNCTION app.read_level (
  asked           app.reading,
  level           integer,
  at_once         boolean,
  kept            jsonb,
  with_histograms boolean
)
  RETURNS app.sums[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  parts constant app.sums[] := array(
    select s from app.list_sums(asked, level, at_once, kept, with_histograms) s);
begin
  if at_once or asked.shares = '{}' then
    return parts;
  end if;
  return array(select s from app.settle_shares(asked.shares, parts) s);
end
$function$;

CREATE OR REPLACE FUNCTION app.read_named (
  asked app.reading,
  once  app.sums[],
  names text[],
  top   integer
)
  RETURNS app.firsts
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  narrowed constant jsonb := asked.kept || jsonb_build_object(asked.group_by, names[:top]);
  parts constant app.sums[] := app.read_level(asked, 1, true, narrowed, true);
begin
  return (parts, narrowed, case when cardinality(names) > top then app.describe_all(array(
    select l from app.take_away(
      array(select o from unnest(once) o where o.counted),
      array(select app.to_sums(p, 1, '{}', '{}') from unnest(parts) p)) l)) end);
end
$function$;

CREATE OR REPLACE FUNCTION app.read_spans (
  tenant  text,
  payload jsonb
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  key_id text := substring(app.caller() from '^[0-9a-z]{8}$');
  arrived public.spans[] := '{}';
  span public.spans;
  sent record;
  asked text[];
  listed text[];
  prices public.model_prices[];
  price public.model_prices;
  cost numeric;
begin
  for sent in
    select s.element, s.span from (
      select element, jsonb_populate_record(null::public.spans, element) as span
      from jsonb_array_elements(payload) element offset 0
    ) s
    -- One order for all writers: unsorted, concurrent batches deadlock.
    order by (s.span).trace_id, (s.span).span_id, (s.span).start_ns
  loop
    -- A sender fills each column by its name; what is the database's to say stands over it.
    span := sent.span;
    span.tenant_id := tenant;
    span.api_key_id := coalesce(key_id, span.api_key_id);
    span.start_time := app.to_time(span.start_ns);
    price := null;
    if span.usage_buckets is not null then
      asked := array[sent.element ->> 'price_provider', sent.element ->> 'price_model',
        coalesce(sent.element ->> 'price_tier', 'standard')];
      -- Most calls of a batch are of few models.
      if listed is distinct from asked then
        prices := app.list_prices(asked[1], asked[2], asked[3]);
        listed := asked;
      end if;
      price := app.choose_price(prices, asked[3], span);
    end if;
    cost := case when price.price_id is not null then app.span_cost(span.usage_buckets, price) end;
    span.end_time := app.to_time(span.end_ns);
    span.duration_ms := (span.end_ns - span.start_ns)::double precision / 1000000;
    span.received_at := now();
    span.model := coalesce(span.response_model, span.request_model);
    -- An empty id names nobody, and nobody could be forgotten by it.
    span.response_id := nullif(span.response_id, '');
    span.previous_response_id := nullif(span.previous_response_id, '');
    span.chained_session_id := null;
    span.session_id := nullif(span.session_id, '');
    span.user_id := nullif(span.user_id, '');
    span.customer_id := nullif(span.customer_id, '');
    span.counted := span.countable;
    span.cost_usd := case when price.price_id is null then round(span.cost_usd, 12) else cost end;
    span.price_id := case when span.cost_usd is not null then coalesce(price.price_id, span.price_id) end;
    span.price_source := case when span.cost_usd is null then null
      when price.price_id is null then 'wheel' else 'table' end;
    -- Zero has two signs, which are equal and not the same.
    span.time_to_first_token_ms := span.time_to_first_token_ms + 0;
    span.attributes := coalesce(span.attributes, '{}');
    if cost is not null then
      span.unknown_because := null;
      span.cost_min_usd := null;
      span.cost_max_usd := null;
    elsif price.price_id is not null then
      select b.least_usd, b.most_usd, b.because
      into span.cost_min_usd, span.cost_max_usd, span.unknown_because
      from app.bound_cost(span.usage_buckets, price) b;
    end if;
    span.misdated := app.find_misdating(span.start_time, span.end_time, span.received_at);
    span.possible_duplicate := false;
    arrived := array_append(arrived, span);
  end loop;
  return arrived;
end
$function$;

CREATE OR REPLACE FUNCTION app.relative_error()
  RETURNS double precision
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 0.0433;

CREATE OR REPLACE FUNCTION app.remember_named (
  tenant    text,
  responses text[]
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  delete from public.response_chains
  where tenant_id = tenant and response_id = any(responses) and settled;
  insert into public.response_chains (tenant_id, response_id, settled)
  select tenant, response, true from unnest(responses) response where app.is_named(tenant, response)
$function$;

CREATE OR REPLACE FUNCTION app.require_tenant()
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.settle_chains (
  tenant text,
  most   integer,
  page   integer DEFAULT 100
)
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  taken public.response_chains[];
  named text[];
  linked public.spans[];
  call public.spans;
  moved public.spans[] := '{}';
begin
  -- One at a time, and nobody is forgotten meanwhile. Then as who writes (app.write_spans).
  perform app.hold_folding(tenant);
  perform pg_advisory_xact_lock_shared(app.tenant_lock(tenant));
  lock table only public.spans in row exclusive mode;
  taken := app.take_links(tenant, most);
  named := array(select distinct response_id from unnest(taken));
  linked := app.list_followers(tenant, taken, page)
    || app.list_linked(tenant, array(select distinct trace_id from unnest(taken)), named);
  -- A writer that tells a call's session writes its trace, and afterwards looks for its followers.
  perform from public.traces
    where tenant_id = tenant and trace_id = any(array(select trace_id from unnest(linked)))
    order by trace_id for update;
  for call in
    select s.* from (select distinct trace_id, span_id, start_time from unnest(linked)) l
    cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id = l.trace_id
        and span_id between l.span_id and l.span_id and start_time = l.start_time
      order by span_id, start_time  -- asks for the primary key (see app.add_to_traces)
    ) s
    order by s.start_ns, s.trace_id, s.span_id
  loop
    if app.move_call(tenant, call) then
      moved := moved || call;
    end if;
  end loop;
  perform app.move_traces(tenant, array(select distinct trace_id from unnest(moved)));
  perform app.remember_named(tenant, named);
  perform app.note_links(tenant, '{}', array(
    select distinct response_id from unnest(moved) where response_id is not null));
  return cardinality(taken);
end
$function$;

CREATE OR REPLACE FUNCTION app.settle_shares (
  shares app.share[],
  parts  app.sums[]
)
  RETURNS SETOF app.sums
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    select * from app.take_away(
      array(
        select app.to_sums(p, coalesce(s.piece, p.point), p.key, p.inner_key)
        from unnest(parts) p left join unnest(shares) s on s.point = p.point),
      array(
        select app.to_sums(p, s.outside, p.key, p.inner_key)
        from unnest(parts) p join unnest(shares) s on s.point = p.point));
end
$function$;

CREATE OR REPLACE FUNCTION app.settle_some (
  tenant text,
  run    uuid,
  most   integer
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.settle_without (
  tenant text,
  gone   public.spans[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  mixed boolean := (
    select cardinality(call_instrumentations) > 1 from public.tenants where tenant_id = tenant);
  traces text[];
  seen text[] := array(select distinct trace_id from unnest(gone));
  restless text[] := '{}';
begin
  perform app.note_changed(tenant, gone);
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
$function$;

CREATE OR REPLACE FUNCTION app.share_days (
  ranges app.sum_range[],
  shares app.share[]
)
  RETURNS SETOF app.sum_range
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    select coalesce(s.point, r.point), r.grain, r.since, r.until, r.raw
    from unnest(ranges) r
      left join unnest(shares) s
        on s.piece = r.point and s.day = date_bin('1 day', r.since, 'epoch')
    where not exists (
      select from unnest(shares) o
      where o.outside = r.point and o.day = date_bin('1 day', r.since, 'epoch'))
    union all
    select distinct s.outside, 1440, s.day, s.day + interval '1 day', false from unnest(shares) s;
end
$function$;

CREATE OR REPLACE FUNCTION app.share_tenant()
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.require_tenant();
  -- As an expression, which takes a fraction of what a statement does.
  held boolean := pg_advisory_xact_lock_shared(app.tenant_lock(tenant)) is not null;
begin
  return tenant;
end
$function$;

CREATE OR REPLACE FUNCTION app.start_reading (
  tenant   text,
  pieces   timestamp with time zone[],
  bucket   text,
  group_by text,
  then_by  text,
  kept     jsonb
)
  RETURNS app.reading
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  asked app.reading;
  finest integer;
begin
  asked.tenant := tenant;
  asked.pieces := pieces;
  asked.group_by := group_by;
  asked.then_by := then_by;
  asked.kept := kept;
  asked.dimensions := array_remove(array[
    app.choose_dimension(tenant, kept, '{}'),
    case when group_by is not null then app.choose_dimension(tenant, kept, array[group_by]) end,
    case when then_by is not null then app.choose_dimension(tenant, kept, array[group_by, then_by]) end],
    null);
  finest := case when bucket = 'minute' then 1
    when asked.dimensions <@ (app.fine_dimensions() || 'raw'::text) then 5 else 60 end;
  asked.ranges := array(select r from app.plan_ranges(tenant, pieces, finest) r);
  asked.wide := array(select r from app.widen_ranges(asked.ranges, finest) r);
  asked.shares := array(
    select s from app.list_shares(asked.ranges, cardinality(pieces)) s where bucket = 'day');
  asked.ranges := array(select r from app.share_days(asked.ranges, asked.shares) r);
  asked.raws := array(select s from app.list_raw_sums(asked) s)
    || array(
      select s from unnest(asked.dimensions) with ordinality d (dimension, place)
        cross join lateral app.list_rich_sums(
          tenant, pieces, d.place::integer - 1, group_by, then_by, kept) s
      where d.dimension = 'raw');
  return asked;
end
$function$;

CREATE OR REPLACE FUNCTION app.store_spans (
  tenant  text,
  payload jsonb,
  OUT     stored bigint,
  OUT     merged bigint
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  reopened text[] := '{}';
  held text[] := '{}';
  alone boolean := false;
  careful boolean := false;
  outcome record;
  problem text;
  column_of text;
  constraint_of text;
begin
  loop
    begin
      outcome := app.write_spans(tenant, payload, reopened, held, alone, careful);
      stored := outcome.stored;
      merged := outcome.merged;
      return;
    exception
      -- Undone, locks included, and begun again with what was missing (app.require_held).
      when sqlstate 'LO409' then
        get stacked diagnostics problem = pg_exception_detail;
        reopened := reopened || array(select jsonb_array_elements_text(problem::jsonb -> 'responses'));
        held := held || array(select jsonb_array_elements_text(problem::jsonb -> 'traces'));
        alone := true;
      -- Some of it was not new (app.write_new).
      when unique_violation then
        if careful then
          raise;
        end if;
        careful := true;
      when data_exception or integrity_constraint_violation or program_limit_exceeded then
        get stacked diagnostics
          problem = message_text, column_of = column_name, constraint_of = constraint_name;
        raise invalid_parameter_value using
          message = 'A span is malformed: ' || app.describe_problem(problem, column_of, constraint_of),
          hint = 'No span of this batch was stored. Correct or leave out that one and send the rest.';
    end;
  end loop;
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
  return app.describe_all(app.read_level(
      app.start_reading(tenant, array[lower(during), upper(during)], 'hour', null, null, '{}'),
      0, true, '{}', false))
    - '{latency_ms,time_to_first_token_ms,spans,failed_spans,span_latency_ms}'::text[];
end
$function$;

CREATE OR REPLACE FUNCTION app.sum_details (
  tenant          text,
  since           timestamp with time zone,
  until           timestamp with time zone,
  minutes         integer,
  by_model_alone  boolean,
  without_buckets boolean                  DEFAULT false,
  traces          text[]                   DEFAULT NULL::text[],
  late            timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS SETOF public.roll_ups
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_sort TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  return query
    select tenant, 'detail', minutes::smallint, o.bucket, false,
      (row_number() over ())::integer, null::text, o.counted,
      c.environment, c.service_name, o.provider, canonical, c.operation, c.agent_name,
      c.tool_name, c.prompt, c.told_type, c.api_key_id, c.release,
      count(*)::integer, sum(failed::integer)::integer,
      (count(*) filter (where o.counted and app.is_unpriced(status, o.total_tokens, o.cost_usd)))::integer,
      (count(*) filter (where o.counted and app.is_unmeasured(status, o.total_tokens)))::integer,
      sum(o.input_tokens) filter (where o.counted)::bigint,
      sum(o.output_tokens) filter (where o.counted)::bigint,
      sum(o.total_tokens) filter (where o.counted)::bigint,
      sum((buckets -> 'input_uncached')::bigint)::bigint,
      sum((buckets -> 'cache_read')::bigint)::bigint, sum((rare -> 'cache_write')::bigint)::bigint,
      sum((rare -> 'cache_write_1h')::bigint)::bigint,
      sum((rare -> 'cache_write_12h')::bigint)::bigint,
      sum((rare -> 'input_audio')::bigint)::bigint,
      sum((rare -> 'cache_audio_read')::bigint)::bigint,
      sum((rare -> 'input_image')::bigint)::bigint,
      sum((rare -> 'cache_image_read')::bigint)::bigint,
      sum((rare -> 'input_unsplit')::bigint)::bigint,
      sum((buckets -> 'output_text')::bigint)::bigint,
      sum((buckets -> 'reasoning')::bigint)::bigint, sum((rare -> 'output_audio')::bigint)::bigint,
      sum((rare -> 'output_image')::bigint)::bigint,
      sum((rare -> 'output_unsplit')::bigint)::bigint,
      sum(o.cost_usd) filter (where o.counted),
      min(start_time) filter (where failed), max(start_time) filter (where failed),
      app.merge_histogram(array_agg(app.to_entry(duration_ms))),
      app.merge_histogram(array_agg(app.to_entry(first_token)) filter (where first_token is not null))
    from (
      select date_bin(minutes * interval '1 minute', s.start_time, 'epoch') as bucket, s.*,
        coalesce(s.canonical_model, s.request_model, s.model) as canonical,
        s.prompt_name || coalesce('@' || s.prompt_version, '') as prompt,
        s.status = 'error' as failed,
        -- OpenTelemetry's name of a type that nobody told.
        case when s.status = 'error' then coalesce(s.error_type, '_OTHER') end as told_type,
        case when s.counted then s.time_to_first_token_ms end as first_token,
        case when s.counted and not without_buckets then s.usage_buckets end as buckets,
        -- Most calls have none of the others: to look for each is not free.
        case when s.counted and not without_buckets and s.usage_buckets
            - '{input_uncached,cache_read,output_text,reasoning}'::text[] <> '{}' then s.usage_buckets end as rare
      from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until and s.misdated is null
      and (late is null or s.trace_id = any(traces) and (s.received_at < late or s.start_time < late))
        and (s.counted or s.status = 'error' or not s.countable and s.operation is not null)
    ) o
    left join lateral (
      select o.environment, o.service_name, o.operation, o.agent_name, o.tool_name, o.prompt,
        o.told_type, o.api_key_id, o.release
    ) c on not by_model_alone
    group by o.bucket, o.counted, c.environment, c.service_name, o.provider, canonical, c.operation,
      c.agent_name, c.tool_name, c.prompt, c.told_type, c.api_key_id, c.release;
end
$function$;

CREATE OR REPLACE FUNCTION app.sum_plainly (
  details    public.roll_ups[],
  dimensions text[]
)
  RETURNS SETOF public.roll_ups
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    select r.tenant_id, d.dimension, r.grain, r.bucket_start, false,
      (row_number() over (partition by d.dimension, r.bucket_start))::integer, told.value, r.counted,
      null::text, null::text, told.provider, null::text, null::text, null::text, null::text,
      null::text, null::text, null::text, null::text,
      sum(r.spans)::integer, sum(r.errors)::integer, sum(r.unpriced)::integer,
      sum(r.unmeasured)::integer, sum(r.input_tokens)::bigint, sum(r.output_tokens)::bigint,
      sum(r.total_tokens)::bigint,
      sum(r.input_uncached)::bigint, sum(r.cache_read)::bigint, sum(r.cache_write)::bigint,
      sum(r.cache_write_1h)::bigint, sum(r.cache_write_12h)::bigint, sum(r.input_audio)::bigint,
      sum(r.cache_audio_read)::bigint, sum(r.input_image)::bigint, sum(r.cache_image_read)::bigint,
      sum(r.input_unsplit)::bigint, sum(r.output_text)::bigint, sum(r.reasoning)::bigint,
      sum(r.output_audio)::bigint, sum(r.output_image)::bigint, sum(r.output_unsplit)::bigint,
      sum(r.cost_usd),
      min(r.first_start) filter (where d.dimension = 'error_type'),
      max(r.last_start) filter (where d.dimension = 'error_type'),
      app.merge_histograms(
        array_agg(row(r.latency)::app.histogram) filter (where r.latency is not null)),
      app.merge_histograms(array_agg(row(r.time_to_first_token)::app.histogram)
        filter (where r.time_to_first_token is not null))
    from unnest(dimensions) d (dimension) cross join unnest(details) r
    cross join lateral (
      select app.value_of(d.dimension, r) as value,
        case when d.dimension = 'model' then r.provider end as provider
    ) told
    where d.dimension = 'total' or d.dimension = any(app.detail_dimensions()) and told.value is not null
    group by r.tenant_id, d.dimension, r.grain, r.bucket_start, told.value, r.counted, told.provider;
end
$function$;

CREATE OR REPLACE FUNCTION app.sum_spans (
  tenant          text,
  since           timestamp with time zone,
  until           timestamp with time zone,
  minutes         integer,
  dimensions      text[],
  traces          text[]                   DEFAULT NULL::text[],
  late            timestamp with time zone DEFAULT NULL::timestamp WITH time zone,
  without_buckets boolean                  DEFAULT false
)
  RETURNS SETOF public.roll_ups
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  plain constant text[] := array(
    select d from unnest(dimensions) d where d = 'total' or d = any(app.detail_dimensions()));
  valued constant text[] := array(
    select d from unnest(dimensions) d where d <> 'detail' and d <> all(plain));
  details public.roll_ups[];
begin
  if plain <> '{}' then
    details := array(
      select s::public.roll_ups from app.sum_details(
        tenant, since, until, minutes, dimensions <@ '{total,provider,model}',
        without_buckets, traces, late) s);
    return query select * from app.sum_plainly(details, plain);
    return query select * from unnest(details) where 'detail' = any(dimensions);
  elsif 'detail' = any(dimensions) then
    return query select * from app.sum_details(tenant, since, until, minutes, false, without_buckets, traces, late);
  end if;
  if valued <> '{}' then
    return query select * from app.sum_values(tenant, since, until, minutes, valued, traces, late);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.current_sums (
  told   text,
  finest integer
)
  RETURNS SETOF public.roll_ups
  LANGUAGE sql
  STABLE
BEGIN ATOMIC
 WITH marked
  AS (
          SELECT DISTINCT c.tenant_id,
             c.hour
            FROM public.roll_up_changes c
         )
  SELECT r.tenant_id,
     r.dimension,
     r.grain,
     r.bucket_start,
     r.taken,
     r.place,
     r.value,
     r.counted,
     r.environment,
     r.service_name,
     r.provider,
     r.model,
     r.operation,
     r.agent_name,
     r.tool_name,
     r.prompt,
     r.error_type,
     r.api_key_id,
     r.release,
     r.spans,
     r.errors,
     r.unpriced,
     r.unmeasured,
     r.input_tokens,
     r.output_tokens,
     r.total_tokens,
     r.input_uncached,
     r.cache_read,
     r.cache_write,
     r.cache_write_1h,
     r.cache_write_12h,
     r.input_audio,
     r.cache_audio_read,
     r.input_image,
     r.cache_image_read,
     r.input_unsplit,
     r.output_text,
     r.reasoning,
     r.output_audio,
     r.output_image,
     r.output_unsplit,
     r.cost_usd,
     r.first_start,
     r.last_start,
     r.latency,
     r.time_to_first_token
    FROM public.roll_ups r
   WHERE ((r.dimension = current_sums.told) AND (r.grain = 1440) AND (current_sums.finest = 1440) AND (NOT (EXISTS ( SELECT
            FROM marked m
           WHERE ((m.tenant_id = r.tenant_id) AND (date_bin('1 day'::interval, m.hour, '1970-01-01 00:00:00+00'::timestamp with time zone) = r.bucket_start))))))
 UNION ALL
  SELECT r.tenant_id,
     r.dimension,
     r.grain,
     r.bucket_start,
     r.taken,
     r.place,
     r.value,
     r.counted,
     r.environment,
     r.service_name,
     r.provider,
     r.model,
     r.operation,
     r.agent_name,
     r.tool_name,
     r.prompt,
     r.error_type,
     r.api_key_id,
     r.release,
     r.spans,
     r.errors,
     r.unpriced,
     r.unmeasured,
     r.input_tokens,
     r.output_tokens,
     r.total_tokens,
     r.input_uncached,
     r.cache_read,
     r.cache_write,
     r.cache_write_1h,
     r.cache_write_12h,
     r.input_audio,
     r.cache_audio_read,
     r.input_image,
     r.cache_image_read,
     r.input_unsplit,
     r.output_text,
     r.reasoning,
     r.output_audio,
     r.output_image,
     r.output_unsplit,
     r.cost_usd,
     r.first_start,
     r.last_start,
     r.latency,
     r.time_to_first_token
    FROM public.roll_ups r
   WHERE ((r.dimension = current_sums.told) AND (r.grain = 60) AND (r.taken OR (NOT (EXISTS ( SELECT
            FROM marked m
           WHERE ((m.tenant_id = r.tenant_id) AND (m.hour = r.bucket_start)))))) AND ((current_sums.finest = 60) OR ((r.tenant_id, date_bin('1 day'::interval, r.bucket_start, '1970-01-01 00:00:00+00'::timestamp with time zone)) IN ( SELECT m.tenant_id,
             date_bin('1 day'::interval, m.hour, '1970-01-01 00:00:00+00'::timestamp with time zone) AS date_bin
            FROM marked m))))
 UNION ALL
  SELECT s.tenant_id,
     s.dimension,
     s.grain,
     s.bucket_start,
     s.taken,
     s.place,
     s.value,
     s.counted,
     s.environment,
     s.service_name,
     s.provider,
     s.model,
     s.operation,
     s.agent_name,
     s.tool_name,
     s.prompt,
     s.error_type,
     s.api_key_id,
     s.release,
     s.spans,
     s.errors,
     s.unpriced,
     s.unmeasured,
     s.input_tokens,
     s.output_tokens,
     s.total_tokens,
     s.input_uncached,
     s.cache_read,
     s.cache_write,
     s.cache_write_1h,
     s.cache_write_12h,
     s.input_audio,
     s.cache_audio_read,
     s.input_image,
     s.cache_image_read,
     s.input_unsplit,
     s.output_text,
     s.reasoning,
     s.output_audio,
     s.output_image,
     s.output_unsplit,
     s.cost_usd,
     s.first_start,
     s.last_start,
     s.latency,
     s.time_to_first_token
    FROM (marked m
      CROSS JOIN LATERAL app.sum_spans(m.tenant_id, m.hour, (m.hour + '01:00:00'::interval), 60, ARRAY[current_sums.told]) s(tenant_id, dimension, grain, bucket_start, taken, place, value, counted, environment, service_name, provider, model, operation, agent_name, tool_name, prompt, error_type, api_key_id, release, spans, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, input_uncached, cache_read, cache_write, cache_write_1h, cache_write_12h, input_audio, cache_audio_read, input_image, cache_image_read, input_unsplit, output_text, reasoning, output_audio, output_image, output_unsplit, cost_usd, first_start, last_start, latency, time_to_first_token));
END;

-- by hand: as the schema has it; printed and read again it has other types.
create function app.current_calls(told text)
returns table (
  tenant_id text, provider text, value text, requests bigint, errors bigint, unpriced bigint,
  unmeasured bigint, input_tokens numeric, output_tokens numeric, total_tokens numeric,
  cost_usd numeric, last_start timestamptz, latency bigint[]
)
language sql stable
begin atomic
  with valued as (
    select s.tenant_id, p.provider, s.value, sum(s.spans)::bigint as requests,
      sum(s.errors)::bigint as errors, sum(s.unpriced)::bigint as unpriced,
      sum(s.unmeasured)::bigint as unmeasured, sum(s.input_tokens) as input_tokens,
      sum(s.output_tokens) as output_tokens, sum(s.total_tokens) as total_tokens,
      sum(s.cost_usd) as cost_usd, max(s.last_start) as last_start,
      app.merge_histograms(array_agg(row(s.latency)::app.histogram)) as latency
    from app.current_sums(told, 1440) s
      cross join lateral (select case when told = 'model' then s.provider end as provider) p
    where s.counted
    group by s.tenant_id, p.provider, s.value
  ),
  whole as (
    select s.tenant_id, sum(s.spans)::bigint as requests, sum(s.errors)::bigint as errors,
      sum(s.unpriced)::bigint as unpriced, sum(s.unmeasured)::bigint as unmeasured,
      sum(s.input_tokens) as input_tokens, sum(s.output_tokens) as output_tokens,
      sum(s.total_tokens) as total_tokens, sum(s.cost_usd) as cost_usd,
      app.merge_histograms(array_agg(row(s.latency)::app.histogram)) as latency
    from app.current_sums('total', 1440) s where s.counted group by s.tenant_id
  ),
  part as (
    select v.tenant_id, sum(v.requests)::bigint as requests, sum(v.errors)::bigint as errors,
      sum(v.unpriced)::bigint as unpriced, sum(v.unmeasured)::bigint as unmeasured,
      sum(v.input_tokens) as input_tokens, sum(v.output_tokens) as output_tokens,
      sum(v.total_tokens) as total_tokens, sum(v.cost_usd) as cost_usd,
      app.merge_histograms(array_agg(row(v.latency)::app.histogram)) as latency
    from valued v group by v.tenant_id
  )
  select * from valued
  union all
  -- What tells no value is what is left of the whole.
  select w.tenant_id, null, null, w.requests - coalesce(p.requests, 0),
    w.errors - coalesce(p.errors, 0), w.unpriced - coalesce(p.unpriced, 0),
    w.unmeasured - coalesce(p.unmeasured, 0),
    app.amount_left(w.input_tokens, p.input_tokens, false),
    app.amount_left(w.output_tokens, p.output_tokens, false),
    app.amount_left(w.total_tokens, p.total_tokens, false),
    app.amount_left(w.cost_usd, p.cost_usd, false), null, app.entries_left(w.latency, p.latency)
  from whole w left join part p on p.tenant_id = w.tenant_id
  where w.requests > coalesce(p.requests, 0);
end;

CREATE OR REPLACE FUNCTION app.sum_up (
  tenant  text,
  arrived public.spans[],
  keys    text[],
  since   timestamp with time zone,
  until   timestamp with time zone
)
  RETURNS TABLE (
    tenant_id           text,
    trace_id            text,
    root_span_id        text,
    root_start_ns       bigint,
    root_span_name      text,
    root_status         text,
    start_time          timestamp with time zone,
    end_time            timestamp with time zone,
    start_ns            bigint,
    end_ns              bigint,
    span_count          bigint,
    error_count         bigint,
    requests            bigint,
    unpriced_requests   bigint,
    unmeasured_requests bigint,
    input_tokens        bigint,
    output_tokens       bigint,
    total_tokens        bigint,
    total_cost_usd      numeric,
    models              text[],
    providers           text[],
    operations          text[],
    service_name        text,
    environment         text,
    session_id          text,
    user_id             text,
    root_session_id     text,
    root_user_id        text,
    misdated            text[],
    undated             boolean,
    earliest            timestamp with time zone,
    latest              timestamp with time zone,
    error_types         text[],
    customer_id         text,
    root_customer_id    text,
    chained_session_id  text
  )
  LANGUAGE sql
  STABLE
BEGIN ATOMIC
 SELECT sum_up.tenant
  AS tenant,
     s.trace_id,
     (array_agg(r.root ORDER BY s.start_ns, s.span_id) FILTER (WHERE (s.parent_span_id IS NULL)))[1][1] AS array_agg,
     min(s.start_ns) FILTER (WHERE (s.parent_span_id IS NULL)) AS min,
     (array_agg(r.root ORDER BY s.start_ns, s.span_id) FILTER (WHERE (s.parent_span_id IS NULL)))[1][2] AS array_agg,
     (array_agg(r.root ORDER BY s.start_ns, s.span_id) FILTER (WHERE (s.parent_span_id IS NULL)))[1][3] AS array_agg,
     COALESCE(min(s.start_time) FILTER (WHERE (s.misdated IS NULL)), min(s.start_time)) AS "coalesce",
     COALESCE(max(s.end_time) FILTER (WHERE (s.misdated IS NULL)), max(s.end_time)) AS "coalesce",
     COALESCE(min(s.start_ns) FILTER (WHERE (s.misdated IS NULL)), min(s.start_ns)) AS "coalesce",
     COALESCE(max(s.end_ns) FILTER (WHERE (s.misdated IS NULL)), max(s.end_ns)) AS "coalesce",
     count(*) AS count,
     count(*) FILTER (WHERE (s.status = 'error'::text)) AS count,
     count(*) FILTER (WHERE s.counted) AS count,
     count(*) FILTER (WHERE (s.counted AND app.is_unpriced(s.status, s.total_tokens, s.cost_usd))) AS count,
     count(*) FILTER (WHERE (s.counted AND app.is_unmeasured(s.status, s.total_tokens))) AS count,
     sum(s.input_tokens) FILTER (WHERE s.counted) AS sum,
     sum(s.output_tokens) FILTER (WHERE s.counted) AS sum,
     sum(s.total_tokens) FILTER (WHERE s.counted) AS sum,
     sum(s.cost_usd) FILTER (WHERE s.counted) AS sum,
     COALESCE((array_agg(DISTINCT COALESCE(s.canonical_model, s.request_model, s.model) ORDER BY COALESCE(s.canonical_model, s.request_model, s.model)) FILTER (WHERE (s.counted AND (COALESCE(s.canonical_model, s.request_model, s.model) IS NOT NULL))))[1:32], '{}'::text[]) AS "coalesce",
     COALESCE((array_agg(DISTINCT s.provider ORDER BY s.provider) FILTER (WHERE (s.counted AND (s.provider IS NOT NULL))))[1:32], '{}'::text[]) AS "coalesce",
     COALESCE((array_agg(DISTINCT s.operation ORDER BY s.operation) FILTER (WHERE (s.operation IS NOT NULL)))[1:32], '{}'::text[]) AS "coalesce",
     min(s.service_name) AS min,
     min(s.environment) AS min,
     min(s.session_id) AS min,
     min(s.user_id) AS min,
     (array_agg(r.root ORDER BY s.start_ns, s.span_id) FILTER (WHERE (s.parent_span_id IS NULL)))[1][4] AS array_agg,
     (array_agg(r.root ORDER BY s.start_ns, s.span_id) FILTER (WHERE (s.parent_span_id IS NULL)))[1][5] AS array_agg,
     array_remove(ARRAY[max(s.misdated) FILTER (WHERE (s.misdated = 'future'::text)), max(s.misdated) FILTER (WHERE (s.misdated = 'past'::text))], NULL::text) AS array_remove,
     COALESCE(bool_and((s.misdated IS NOT NULL)), false) AS "coalesce",
     NULLIF(min(s.start_time), COALESCE(min(s.start_time) FILTER (WHERE (s.misdated IS NULL)), min(s.start_time))) AS "nullif",
     NULLIF(max(s.end_time), COALESCE(max(s.end_time) FILTER (WHERE (s.misdated IS NULL)), max(s.end_time))) AS "nullif",
     COALESCE((array_agg(DISTINCT s.error_type ORDER BY s.error_type) FILTER (WHERE ((s.status = 'error'::text) AND (s.error_type IS NOT NULL))))[1:32], '{}'::text[]) AS "coalesce",
     min(s.customer_id) AS min,
     (array_agg(r.root ORDER BY s.start_ns, s.span_id) FILTER (WHERE (s.parent_span_id IS NULL)))[1][6] AS array_agg,
     min(s.chained_session_id) AS min
    FROM (( SELECT unnest.tenant_id,
             unnest.trace_id,
             unnest.span_id,
             unnest.parent_span_id,
             unnest.start_time,
             unnest.end_time,
             unnest.start_ns,
             unnest.end_ns,
             unnest.duration_ms,
             unnest.name,
             unnest.kind,
             unnest.status,
             unnest.status_message,
             unnest.error_type,
             unnest.operation,
             unnest.provider,
             unnest.model,
             unnest.request_model,
             unnest.response_model,
             unnest.canonical_model,
             unnest.response_id,
             unnest.service_tier,
             unnest.agent_name,
             unnest.tool_name,
             unnest.instrumentation,
             unnest.service_name,
             unnest.environment,
             unnest.release,
             unnest.session_id,
             unnest.user_id,
             unnest.customer_id,
             unnest.api_key_id,
             unnest.prompt_name,
             unnest.prompt_version,
             unnest.tags,
             unnest.countable,
             unnest.counted,
             unnest.usage_status,
             unnest.input_tokens,
             unnest.output_tokens,
             unnest.total_tokens,
             unnest.cache_read_tokens,
             unnest.cache_write_tokens,
             unnest.reasoning_tokens,
             unnest.usage_buckets,
             unnest.cost_usd,
             unnest.price_id,
             unnest.price_source,
             unnest.time_to_first_token_ms,
             unnest.streamed,
             unnest.finish_reasons,
             unnest.input_digest,
             unnest.input_length,
             unnest.output_digest,
             unnest.output_length,
             unnest.attributes,
             unnest.received_at,
             unnest.unknown_because,
             unnest.cost_min_usd,
             unnest.cost_max_usd,
             unnest.usage_uncounted,
             unnest.process_keys,
             unnest.misdated,
             unnest.possible_duplicate,
             unnest.previous_response_id,
             unnest.chained_session_id
            FROM unnest(sum_up.arrived) unnest(tenant_id, trace_id, span_id, parent_span_id, start_time, end_time, start_ns, end_ns, duration_ms, name, kind, status, status_message, error_type, operation, provider, model, request_model, response_model, canonical_model, response_id, service_tier, agent_name, tool_name, instrumentation, service_name, environment, release, session_id, user_id, customer_id, api_key_id, prompt_name, prompt_version, tags, countable, counted, usage_status, input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usage_buckets, cost_usd, price_id, price_source, time_to_first_token_ms, streamed, finish_reasons, input_digest, input_length, output_digest, output_length, attributes, received_at, unknown_because, cost_min_usd, cost_max_usd, usage_uncounted, process_keys, misdated, possible_duplicate, previous_response_id, chained_session_id)
         UNION ALL
          SELECT find_keyed.tenant_id,
             find_keyed.trace_id,
             find_keyed.span_id,
             find_keyed.parent_span_id,
             find_keyed.start_time,
             find_keyed.end_time,
             find_keyed.start_ns,
             find_keyed.end_ns,
             find_keyed.duration_ms,
             find_keyed.name,
             find_keyed.kind,
             find_keyed.status,
             find_keyed.status_message,
             find_keyed.error_type,
             find_keyed.operation,
             find_keyed.provider,
             find_keyed.model,
             find_keyed.request_model,
             find_keyed.response_model,
             find_keyed.canonical_model,
             find_keyed.response_id,
             find_keyed.service_tier,
             find_keyed.agent_name,
             find_keyed.tool_name,
             find_keyed.instrumentation,
             find_keyed.service_name,
             find_keyed.environment,
             find_keyed.release,
             find_keyed.session_id,
             find_keyed.user_id,
             find_keyed.customer_id,
             find_keyed.api_key_id,
             find_keyed.prompt_name,
             find_keyed.prompt_version,
             find_keyed.tags,
             find_keyed.countable,
             find_keyed.counted,
             find_keyed.usage_status,
             find_keyed.input_tokens,
             find_keyed.output_tokens,
             find_keyed.total_tokens,
             find_keyed.cache_read_tokens,
             find_keyed.cache_write_tokens,
             find_keyed.reasoning_tokens,
             find_keyed.usage_buckets,
             find_keyed.cost_usd,
             find_keyed.price_id,
             find_keyed.price_source,
             find_keyed.time_to_first_token_ms,
             find_keyed.streamed,
             find_keyed.finish_reasons,
             find_keyed.input_digest,
             find_keyed.input_length,
             find_keyed.output_digest,
             find_keyed.output_length,
             find_keyed.attributes,
             find_keyed.received_at,
             find_keyed.unknown_because,
             find_keyed.cost_min_usd,
             find_keyed.cost_max_usd,
             find_keyed.usage_uncounted,
             find_keyed.process_keys,
             find_keyed.misdated,
             find_keyed.possible_duplicate,
             find_keyed.previous_response_id,
             find_keyed.chained_session_id
            FROM app.find_keyed(sum_up.tenant, sum_up.keys, sum_up.since, sum_up.until) find_keyed(tenant_id, trace_id, span_id, parent_span_id, start_time, end_time, start_ns, end_ns, duration_ms, name, kind, status, status_message, error_type, operation, provider, model, request_model, response_model, canonical_model, response_id, service_tier, agent_name, tool_name, instrumentation, service_name, environment, release, session_id, user_id, customer_id, api_key_id, prompt_name, prompt_version, tags, countable, counted, usage_status, input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usage_buckets, cost_usd, price_id, price_source, time_to_first_token_ms, streamed, finish_reasons, input_digest, input_length, output_digest, output_length, attributes, received_at, unknown_because, cost_min_usd, cost_max_usd, usage_uncounted, process_keys, misdated, possible_duplicate, previous_response_id, chained_session_id)
           WHERE (sum_up.keys IS NOT NULL)) s
      CROSS JOIN LATERAL ( VALUES (ARRAY[s.span_id, s.name, s.status, s.session_id, s.user_id, s.customer_id])) r(root))
   GROUP BY s.trace_id;
END;

CREATE OR REPLACE FUNCTION app.sum_values (
  tenant     text,
  since      timestamp with time zone,
  until      timestamp with time zone,
  minutes    integer,
  dimensions text[],
  traces     text[]                   DEFAULT NULL::text[],
  late       timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS SETOF public.roll_ups
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_sort TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  return query
    with observed as materialized (
      select date_bin(minutes * interval '1 minute', s.start_time, 'epoch') as bucket,
        s.counted, s.environment, s.provider, s.tags, s.start_time, s.input_tokens, s.output_tokens,
        coalesce(s.canonical_model, s.request_model, s.model) as model, s.total_tokens, s.cost_usd,
        app.to_entry(s.duration_ms) as latency,
        app.to_entry(s.time_to_first_token_ms) as first_token,
        coalesce(s.user_id, t.user_id) as user_id,
        coalesce(s.session_id, t.session_id, s.chained_session_id, t.chained_session_id) as session_id,
        coalesce(s.customer_id, t.customer_id) as customer_id,
        coalesce(s.usage_uncounted, case when s.possible_duplicate then 'possible_duplicates' end) as left_out,
        (s.status = 'error')::integer as failed,
        (s.counted and app.is_unpriced(s.status, s.total_tokens, s.cost_usd))::integer as unpriced,
        (s.counted and app.is_unmeasured(s.status, s.total_tokens))::integer as unmeasured
      from public.spans s
      left join lateral app.find_attribution(
        tenant, s.trace_id,
        s.user_id is null or s.session_id is null or s.customer_id is null) t on true
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until and s.misdated is null
      and (late is null or s.trace_id = any(traces) and (s.received_at < late or s.start_time < late))
        and (s.counted or s.usage_uncounted is not null)
    )
    select tenant, d.dimension, minutes::smallint, o.bucket, false,
      (row_number() over ())::integer, told.value, o.counted,
      told.environment, null::text, told.provider, told.model, null::text, null::text, null::text,
      null::text, null::text, null::text, null::text,
      count(*)::integer, sum(failed)::integer, sum(o.unpriced)::integer, sum(o.unmeasured)::integer,
      sum(o.input_tokens) filter (where summed)::bigint,
      sum(o.output_tokens) filter (where summed)::bigint,
      sum(o.total_tokens) filter (where summed)::bigint,
      null::bigint, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint,
      null::bigint, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint,
      null::bigint, null::bigint, null::bigint,
      sum(o.cost_usd) filter (where summed), min(o.start_time) filter (where summed),
      max(o.start_time) filter (where summed),
      app.merge_histogram(array_agg(o.latency) filter (where summed)),
      app.merge_histogram(array_agg(o.first_token) filter (where summed and o.first_token is not null))
    from unnest(dimensions) d (dimension) cross join observed o
    cross join lateral (
      select case d.dimension when 'user' then o.user_id when 'customer' then o.customer_id
          when 'session' then o.session_id when 'left_out' then o.left_out
          else o.tags ->> substr(d.dimension, 5) end as value,
        -- Of what the sums leave out, spans are counted and nothing is added up.
        d.dimension <> 'left_out' as summed,
        case when d.dimension <> 'left_out' then o.environment end as environment,
        case when d.dimension <> 'left_out' then o.provider end as provider,
        case when d.dimension <> 'left_out' then o.model end as model
    ) told
    where told.value is not null and (o.counted or not summed)
    group by d.dimension, o.bucket, told.value, o.counted, told.environment, told.provider,
      told.model;
end
$function$;

CREATE OR REPLACE FUNCTION app.summarize_traces (
  tenant    text,
  trace_ids text[],
  since     timestamp with time zone DEFAULT '-infinity'::timestamp WITH time zone,
  until     timestamp with time zone DEFAULT 'infinity'::timestamp WITH time zone
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  gone bigint;
begin
  if trace_ids = '{}' then
    return 0;
  end if;
  update public.traces set
    root_span_id = null, root_start_ns = null, root_span_name = null, root_status = null,
    start_time = 'infinity', end_time = '-infinity', start_ns = 9223372036854775807, end_ns = 0,
    span_count = 0, error_count = 0, requests = 0, unpriced_requests = 0, unmeasured_requests = 0,
    input_tokens = null, output_tokens = null, total_tokens = null, total_cost_usd = null,
    models = '{}', providers = '{}', operations = '{}',
    service_name = null, environment = null, session_id = null, user_id = null,
    root_session_id = null, root_user_id = null, misdated = '{}', undated = true,
    earliest = null, latest = null, error_types = '{}', customer_id = null, root_customer_id = null,
    chained_session_id = null
    where tenant_id = tenant and trace_id = any(trace_ids);
  perform app.add_to_traces(tenant, trace_ids, since, until);
  delete from public.traces
    where tenant_id = tenant and trace_id = any(trace_ids) and span_count = 0;
  get diagnostics gone = row_count;
  return gone;
end
$function$;

CREATE OR REPLACE FUNCTION app.tag_keys_argument (
  arguments jsonb
)
  RETURNS text[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  keys constant jsonb := arguments -> 'keys';
  problem constant text := case
    when jsonb_typeof(keys) is distinct from 'array' then 'keys is not a list.'
    when jsonb_array_length(keys) > 8 then 'keys has more than 8 keys.'
    when exists (
      select from jsonb_array_elements(keys) key
      where jsonb_typeof(key) <> 'string' or length(key #>> '{}') not between 1 and 64)
      then 'A key in keys is not a text of 1 to 64 characters.'
    when (select count(distinct key) from jsonb_array_elements(keys) key) < jsonb_array_length(keys)
      then 'A key stands in keys twice.'
  end;
begin
  if problem is not null then
    raise invalid_parameter_value using
      message = problem,
      hint = 'Send {"keys": ["plan", "team"]}: at most 8 keys of tags, each once; [] keeps no sums by tags.';
  end if;
  return array(select jsonb_array_elements_text(keys));
end
$function$;

CREATE OR REPLACE FUNCTION app.take_away (
  whole app.sums[],
  parts app.sums[]
)
  RETURNS SETOF app.sums
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    with told as (
      select true as added, w.* from unnest(whole) w
      union all select false, p.* from unnest(parts) p
    ),
    summed as (
      select t.point, max(t.level) as level, t.key, t.inner_key, t.counted,
        count(*) filter (where not added) as taken,
        sum(case when added then t.spans else -t.spans end)::bigint as spans,
        sum(case when added then t.errors else -t.errors end)::bigint as errors,
        sum(case when added then t.unpriced else -t.unpriced end)::bigint as unpriced,
        sum(case when added then t.unmeasured else -t.unmeasured end)::bigint as unmeasured,
        sum(t.input_tokens) filter (where added) as input_tokens,
        sum(t.input_tokens) filter (where not added) as input_taken,
        sum(t.output_tokens) filter (where added) as output_tokens,
        sum(t.output_tokens) filter (where not added) as output_taken,
        sum(t.total_tokens) filter (where added) as total_tokens,
        sum(t.total_tokens) filter (where not added) as total_taken,
        sum(t.cost_usd) filter (where added) as cost_usd,
        sum(t.cost_usd) filter (where not added) as cost_taken,
        array_agg(row(t.latency)::app.histogram)
          filter (where added and t.latency is not null) as latency,
        array_agg(row(t.latency)::app.histogram)
          filter (where not added and t.latency is not null) as latency_taken,
        array_agg(row(t.time_to_first_token)::app.histogram)
          filter (where added and t.time_to_first_token is not null) as first_token,
        array_agg(row(t.time_to_first_token)::app.histogram)
          filter (where not added and t.time_to_first_token is not null) as first_token_taken
      from told t group by t.point, t.key, t.inner_key, t.counted
      having bool_or(added)
    )
    select s.point, s.level, s.key, s.inner_key, s.counted, s.spans, s.errors, s.unpriced,
      s.unmeasured, app.amount_left(s.input_tokens, s.input_taken, known.usage),
      app.amount_left(s.output_tokens, s.output_taken, known.usage),
      app.amount_left(s.total_tokens, s.total_taken, known.usage),
      app.amount_left(s.cost_usd, s.cost_taken, known.cost),
      app.merge_histograms(s.latency, s.latency_taken),
      app.merge_histograms(s.first_token, s.first_token_taken)
    from summed s
      -- Where nothing is left of an amount, it is known to be nothing by a call whose amount is.
      cross join lateral (
        select s.taken = 0 or s.spans > s.errors + s.unmeasured as usage,
          s.taken = 0 or s.spans > s.errors + s.unmeasured + s.unpriced as cost) known
    where s.spans > 0;
end
$function$;

CREATE OR REPLACE FUNCTION app.take_links (
  tenant text,
  most   integer
)
  RETURNS public.response_chains[]
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  taken public.response_chains[];
begin
  with gone as (
    delete from public.response_chains where ctid = any(array(
      select ctid from public.response_chains
      where tenant_id = tenant and not settled order by noted_at limit most))
    returning *
  )
  select array_agg(g::public.response_chains) into taken from gone g;
  return coalesce(taken, '{}');
end
$function$;

CREATE OR REPLACE FUNCTION app.take_spans (
  tenant text,
  traces text[],
  late   timestamp with time zone,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  grains integer[] := case when until >= app.kept_finely() then '{60,5}' else '{60}' end::integer[];
  minutes integer;
  dimensions text[];
  going public.roll_ups[];
begin
  foreach minutes in array grains loop
    dimensions := case when minutes = 5 then app.fine_dimensions() else app.list_dimensions(tenant) end;
    going := array(
      select s::public.roll_ups
      from app.sum_spans(tenant, since, until, minutes, dimensions, traces, late) s
      where minutes = 60 or s.bucket_start >= app.kept_finely());
    continue when going = '{}';
    for place in 1 .. cardinality(going) loop
      going[place].taken := true;
      -- Merged ones have places above 0.
      going[place].place := -going[place].place;
    end loop;
    insert into public.roll_ups select * from unnest(going);
    perform app.merge_taken(tenant, dimensions, minutes, bucket, bucket + minutes * interval '1 minute')
      from (select distinct bucket_start as bucket from unnest(going)) b;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.to_entry (
  measured double precision
)
  RETURNS bigint
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (measured > (0)::double precision) THEN ((((ceil((ln(measured) * (11.541560327111707)::double precision)))::bigint - 1) << 40) + 1) WHEN
  (measured = (0)::double precision) THEN (((- (1000)::bigint) << 40) + 1) ELSE NULL::bigint END;

CREATE OR REPLACE FUNCTION app.to_key (
  name     text,
  value    text,
  provider text
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (name IS NULL) THEN '{}'::text[] WHEN (name = 'model'::text) THEN ARRAY[VALUE, PROVIDER] ELSE ARRAY[VALUE] END;

CREATE OR REPLACE FUNCTION app.to_sums (
  told      app.sums,
  point     integer,
  key       text[],
  inner_key text[]
)
  RETURNS app.sums
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ROW(point, (told).level, key, inner_key, (told).counted, (told).spans, (told).errors, (told).unpriced, (told).unmeasured, (told).input_tokens, (told).output_tokens,
  (told).total_tokens, (told).cost_usd, (told).latency, (told).time_to_first_token)::app.sums;

CREATE OR REPLACE FUNCTION app.usage_of (
  span public.spans
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
RETURN
  jsonb_strip_nulls(jsonb_build_object('usage_status', (span).usage_status, 'input_tokens', (span).input_tokens, 'output_tokens', (span).output_tokens, 'total_tokens',
  (span).total_tokens,
  'cache_read_tokens',
  (span).cache_read_tokens,
  'cache_write_tokens',
  (span).cache_write_tokens,
  'reasoning_tokens',
  (span).reasoning_tokens,
  'usage_buckets',
  (span).usage_buckets,
  'cost_usd', (span).cost_usd, 'price_id', (span).price_id, 'price_source', (span).price_source, 'cost_min_usd', (span).cost_min_usd, 'cost_max_usd', (span).cost_max_usd));

CREATE OR REPLACE FUNCTION app.value_of (
  dimension text,
  detail    public.roll_ups
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE dimension WHEN 'environment'::text THEN (detail).environment WHEN 'service'::text THEN (detail).service_name WHEN 'operation'::text THEN (detail).operation WHEN
  'provider'::text THEN (detail).provider WHEN 'model'::text THEN (detail).model WHEN 'agent'::text THEN (detail).agent_name WHEN 'tool'::text THEN (detail).tool_name WHEN
  'prompt'::text THEN (detail).prompt WHEN 'error_type'::text THEN (detail).error_type WHEN 'api_key'::text THEN (detail).api_key_id WHEN 'release'::text THEN (detail).release ELSE
  NULL::text END;

CREATE OR REPLACE FUNCTION app.key_of (
  name text,
  told public.roll_ups
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (name IS NULL) THEN '{}'::text[] WHEN (name = 'model'::text) THEN CASE (told).dimension WHEN 'model'::text THEN ARRAY[(told).value,
  (told).provider] ELSE ARRAY[(told).model,
  CASE WHEN ((told).model IS
  NOT NULL) THEN (told).provider ELSE NULL::text END] END WHEN ((told).dimension = name) THEN ARRAY[(told).value] ELSE ARRAY[app.value_of(name, told)] END;

CREATE OR REPLACE FUNCTION app.read_parts (
  tenant     text,
  told       text,
  ranges     app.sum_range[],
  outer_name text,
  inner_name text,
  let_in     app.let_in
)
  RETURNS TABLE (
    point               integer,
    key                 text[],
    inner_key           text[],
    counted             boolean,
    spans               integer,
    errors              integer,
    unpriced            integer,
    unmeasured          integer,
    input_tokens        bigint,
    output_tokens       bigint,
    total_tokens        bigint,
    cost_usd            numeric,
    latency             bigint[],
    time_to_first_token bigint[]
  )
  LANGUAGE sql
  STABLE
BEGIN ATOMIC
 SELECT r.point,
     u.key_of,
     u.key_of_1
  AS key_of,
     u.counted,
     u.spans,
     u.errors,
     u.unpriced,
     u.unmeasured,
     u.input_tokens,
     u.output_tokens,
     u.total_tokens,
     u.cost_usd,
     u.latency,
     u.time_to_first_token
    FROM (unnest(read_parts.ranges) r(point, grain, since, until, raw)
      CROSS JOIN LATERAL ( SELECT app.key_of(read_parts.outer_name, o.*) AS key_of,
             app.key_of(read_parts.inner_name, o.*) AS key_of,
             o.counted,
             o.spans,
             o.errors,
             o.unpriced,
             o.unmeasured,
             o.input_tokens,
             o.output_tokens,
             o.total_tokens,
             o.cost_usd,
             o.latency,
             o.time_to_first_token
            FROM public.roll_ups o
           WHERE ((o.tenant_id = read_parts.tenant) AND (o.dimension = read_parts.told) AND (o.grain = r.grain) AND (o.bucket_start >= r.since) AND (o.bucket_start < r.until) AND (o.taken OR (NOT r.raw)) AND ((read_parts.let_in IS NULL) OR app.is_let_in(o.*, read_parts.let_in)))
          OFFSET 0) u(key_of, key_of_1, counted, spans, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, cost_usd, latency, time_to_first_token))
   WHERE (NOT app.is_by_value(read_parts.told, read_parts.let_in))
 UNION ALL
  SELECT r.point,
     u.key_of,
     u.key_of_1 AS key_of,
     u.counted,
     u.spans,
     u.errors,
     u.unpriced,
     u.unmeasured,
     u.input_tokens,
     u.output_tokens,
     u.total_tokens,
     u.cost_usd,
     u.latency,
     u.time_to_first_token
    FROM ((unnest(read_parts.ranges) r(point, grain, since, until, raw)
      CROSS JOIN ( SELECT DISTINCT unnest((read_parts.let_in).value) AS value) v)
      CROSS JOIN LATERAL ( SELECT app.key_of(read_parts.outer_name, o.*) AS key_of,
             app.key_of(read_parts.inner_name, o.*) AS key_of,
             o.counted,
             o.spans,
             o.errors,
             o.unpriced,
             o.unmeasured,
             o.input_tokens,
             o.output_tokens,
             o.total_tokens,
             o.cost_usd,
             o.latency,
             o.time_to_first_token
            FROM public.roll_ups o
           WHERE ((o.tenant_id = read_parts.tenant) AND (o.dimension = read_parts.told) AND (o.grain = r.grain) AND (o.bucket_start >= r.since) AND (o.bucket_start < r.until) AND (o.taken OR (NOT r.raw)) AND (o.value = v.value) AND (o.first_start IS NOT NULL) AND app.is_let_in(o.*, read_parts.let_in))
          OFFSET 0) u(key_of, key_of_1, counted, spans, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, cost_usd, latency, time_to_first_token))
   WHERE app.is_by_value(read_parts.told, read_parts.let_in);
END;

CREATE OR REPLACE FUNCTION app.widen_ranges (
  ranges app.sum_range[],
  finest integer
)
  RETURNS SETOF app.sum_range
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  planned app.sum_range;
  since timestamptz;
  until timestamptz;
  next app.sum_range;
begin
  -- One that is raw ends each stretch, and the last one.
  foreach planned in array ranges || (null, null, null, null, true)::app.sum_range loop
    if not planned.raw then
      since := coalesce(since, planned.since);
      until := planned.until;
      continue;
    end if;
    while since < until loop
      next := app.next_range(1, since, until, finest);
      return next next;
      since := next.until;
    end loop;
    since := null;
    if planned.since is not null then
      planned.point := 1;
      return next planned;
    end if;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.without_forgotten (
  tenant text,
  spans  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if app.caller() is distinct from 'span_writer' then
    return spans;
  end if;
  if not exists (select from public.forgotten where tenant_id = tenant) then
    return spans;
  end if;
  return (
    with arrived as (
      select span, place, span ->> 'trace_id' as trace_id, span ->> 'user_id' as user_id,
        case when jsonb_typeof(span -> 'start_ns') = 'number' then (span ->> 'start_ns')::numeric end as start_ns
      from jsonb_array_elements(spans) with ordinality s (span, place)
    ),
    people as (
      select user_id, app.pseudonym(tenant, user_id) as subject
      from (select distinct user_id from arrived where user_id is not null) named
    ),
    named as (
      select a.place, a.trace_id from arrived a
        join people p using (user_id)
        join public.forgotten f on f.tenant_id = tenant and f.subject = p.subject
          and a.start_ns <= extract(epoch from f.forgotten_at) * 1000000000
    ),
    gone as (
      select place from named
      union
      select a.place from arrived a
        join public.forgotten f on f.tenant_id = tenant and f.subject = 'trace:' || a.trace_id
      union
      select a.place from arrived a
        join public.forgotten f on f.tenant_id = tenant and f.subject = 'nameless:' || a.trace_id
          and a.start_ns <= extract(epoch from f.forgotten_at) * 1000000000
      where a.user_id is null
      union
      select place from arrived
      where user_id is null and trace_id in (select trace_id from named)
    )
    select coalesce(jsonb_agg(span order by place), '[]') from arrived
    where place not in (select place from gone));
end
$function$;

CREATE OR REPLACE FUNCTION app.write_new (
  tenant   text,
  arrived  public.spans[],
  contents public.span_contents[],
  since    timestamp with time zone,
  until    timestamp with time zone
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if cardinality(arrived) = 0 then
    return 0;
  end if;
  -- The summaries first, whose rows others wait for (app.hold_traces).
  perform app.begin_traces(tenant, arrived);
  insert into public.spans select * from unnest(arrived);
  if cardinality(contents) > 0 then
    perform app.insert_contents(contents);
  end if;
  return cardinality(arrived);
end
$function$;

CREATE OR REPLACE FUNCTION app.write_spans (
  tenant   text,
  payload  jsonb,
  reopened text[],
  held     text[],
  alone    boolean,
  careful  boolean,
  OUT      stored bigint,
  OUT      merged bigint
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  arrived public.spans[] := app.read_spans(tenant, payload);
  contents public.span_contents[] := app.read_contents(tenant, payload);
  looked record := app.look_over(arrived);
  responses text[] := looked.responses || reopened;
  calls record;
  instrumentations text[];
  peers public.spans[];
  known text[];
  since timestamptz := looked.since;
  until timestamptz := looked.until;
  before public.spans[];
  added text[];
  restless text[];
begin
  -- A migration changes spans first and traces then: whoever came to them the other way round would
  -- wait for it while it waits for them.
  lock table only public.spans in row exclusive mode;
  if looked.entangled then
    arrived := app.mark_counted(arrived);
  end if;
  -- An expression, as all that can be one here: it takes a fraction of what a query of a function does.
  calls := app.hold_calls(
    tenant, looked.instrumentations, looked.unnamed,
    case when looked.links = '{}' then responses else responses || app.linked_responses(looked.links) end,
    alone);
  alone := calls.alone;
  instrumentations := calls.instrumentations;
  -- For most tenants there is no chain.
  if looked.links <> '{}' or looked.responses <> '{}' and exists (
      select from public.response_chains where tenant_id = tenant) then
    perform app.note_links(tenant, looked.links, looked.responses);
  end if;
  if held <> '{}' or reopened <> '{}' then
    select w.since, w.until into since, until
      from app.find_window(tenant, arrived, held || array(
        select trace_id from unnest(arrived) where reopened <> '{}')) w;
  end if;
  peers := app.find_peers(tenant, responses, reopened, since, until);
  if held <> '{}' or cardinality(instrumentations) > 1 then
    peers := peers || app.find_nested(tenant, arrived, held, instrumentations, since, until);
  end if;
  if not careful and cardinality(peers) = 0 and not looked.repeated
     and not app.knows_any(tenant, looked.traces) then
    stored := app.write_new(tenant, arrived, contents, since, until);
    merged := 0;
    return;
  end if;
  known := app.hold_traces(arrived || peers);
  if known <> '{}' then
    select w.since, w.until into since, until from app.find_window(tenant, arrived, known) w;
  end if;
  before := app.find_stored(tenant, arrived, known, since, until);
  if before <> '{}' or looked.repeated then
    perform app.note_changed(tenant, before || arrived);
  end if;
  perform app.insert_spans(arrived);
  added := array(
    select trace_id || span_id from unnest(arrived)
    except select trace_id || span_id from unnest(before));
  stored := cardinality(added);
  select c.merged, c.restless into merged, restless
    from app.converge(
      tenant, arrived, before, contents, peers, known, added, responses, instrumentations, alone,
      since, until) c;
  perform app.summarize_traces(tenant, restless, since, until);
  added := array(select key from unnest(added) key where app.trace_of(key) <> all(restless));
  perform app.add_to_traces(tenant, added, since, until);
end
$function$;

CREATE OR REPLACE FUNCTION public.forget_tenant (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '25s'
  AS $function$
declare
  summed text := app.hold_sums();
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
    u as (delete from public.roll_ups where tenant_id = tenant returning 1),
    e as (delete from public.evaluations where tenant_id = tenant returning 1),
    p as (delete from public.processes where tenant_id = tenant returning 1),
    b as (delete from public.ingest_budgets where tenant_id = tenant returning 1),
    k as (delete from public.api_keys where tenant_id = tenant returning 1),
    i as (delete from public.invitations where tenant_id = tenant returning 1),
    m as (delete from public.memberships where tenant_id = tenant returning 1),
    a as (delete from public.attribute_mappings where tenant_id = tenant returning 1),
    f as (delete from public.forgotten where tenant_id = tenant returning 1),
    r as (delete from public.retention_runs where tenant_id = tenant returning 1),
    w as (delete from public.roll_up_progress where tenant_id = tenant returning 1),
    l as (delete from public.response_chains where tenant_id = tenant returning 1),
    -- The salt goes with the row: digests in a backup are meaningless from now on.
    o as (delete from public.tenants where tenant_id = tenant returning 1)
  select jsonb_build_object(
    'spans', (select count(*) from s), 'contents', (select count(*) from c),
    'traces', (select count(*) from t), 'roll_ups', (select count(*) from u), 'evaluations', (select count(*) from e), 'processes', (select count(*) from p),
    'ingest_budgets', (select count(*) from b),
    'api_keys', (select count(*) from k), 'invitations', (select count(*) from i),
    'memberships', (select count(*) from m),
    'attribute_mappings', (select count(*) from a),
    'forgotten', (select count(*) from f),
    'retention_runs', (select count(*) from r),
    'roll_up_progress', (select count(*) from w),
    'response_chains', (select count(*) from l),
    'tenants', (select count(*) from o)) into deleted;
  -- The deletion of spans marked their hours when its statement ended.
  delete from public.roll_up_changes where tenant_id = tenant;
  -- Without this, whoever signs tokens of its own would bring it back with the next span.
  insert into public.tenants (tenant_id, digest_key_id, digest_salt, deleted_at)
  values (tenant, null, null, now());
  return app.record_event(
    tenant, 'tenant.forgotten', tenant, jsonb_build_object('deleted', deleted));
end
$function$;

CREATE OR REPLACE FUNCTION public.forget_user (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '25s'
  AS $function$
declare
  person text := app.argument($1, 'user_id', '^.', 'a user''s id');
  -- In the form of a credential an id is not stored, but its pseudonym is.
  pseudonym text := case when $1 ->> 'pseudonym' is not null then
    app.argument($1, 'pseudonym', '^u1:', 'a user''s pseudonym') end;
  names text[] := array_remove(array[person, pseudonym], null);
  -- Before the tenant is held: its writers would wait for the end of a folding, too.
  summed text := app.hold_sums();
  tenant text := app.hold_tenant('admin');
  involved text[];
  calls public.spans[];
  spans bigint;
  contents bigint;
  traces bigint;
  evaluations bigint;
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
    array(select g::public.spans from gone g
      where countable or app.is_transparent(countable, operation, agent_name, tool_name, attributes)) into spans, contents, calls;
  evaluations := app.forget_evaluations(tenant, calls, involved);
  -- The hours of what went are marked; sums by this person go at once, and what was taken of them.
  delete from public.roll_ups where tenant_id = tenant and dimension = 'user' and value = any(names);
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, involved);
  perform app.note_forgotten(tenant, array(
    select app.pseudonym(tenant, name) from unnest(names) name
    union all select 'nameless:' || trace from unnest(involved) trace));
  return app.record_event(tenant, 'user.forgotten', app.pseudonym(tenant, person), jsonb_build_object(
    'deleted', jsonb_build_object('spans', spans, 'contents', contents, 'traces', traces)
      || case when evaluations > 0 then jsonb_build_object('evaluations', evaluations) else '{}' end));
end
$function$;

CREATE OR REPLACE FUNCTION public.ingest_spans (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant();
  spans jsonb := $1 -> 'spans';
  evaluations jsonb := case when jsonb_typeof($1 -> 'evaluations') = 'array' then $1 -> 'evaluations' end;
  received bigint;
  limited boolean;
  settings public.tenants;
  past_the_door boolean := app.is_past_the_door(tenant);
  keeps_content boolean;
  outcome record;
begin
  if jsonb_typeof(spans) is distinct from 'array' then
    raise invalid_parameter_value using
      message = 'The body has no array of spans.',
      hint = 'Send {"spans": [...], "process": {...}}.';
  end if;
  received := jsonb_array_length(spans) + coalesce(jsonb_array_length(evaluations), 0);
  settings := app.find_tenant(tenant);
  -- A call without spans asks for the digest's key, which a limit does not keep back.
  limited := received > 0 and app.check_budget(settings);
  if past_the_door then
    perform app.require_doubles(spans);
  end if;
  keeps_content := settings.content_capture = 'on'
    or settings.content_capture = 'follow' and not past_the_door;
  spans := app.without_forgotten(tenant, spans);
  outcome := app.store_spans(
    tenant, case when keeps_content then spans else app.withhold_content(spans) end);
  if evaluations is not null then
    perform app.store_evaluations(tenant, evaluations, keeps_content);
  end if;
  if $1 ? 'process' then
    perform app.record_process(tenant, $1 -> 'process', outcome.stored);
  end if;
  if limited then
    perform app.charge_budget(tenant, received, pg_column_size($1));
  end if;
  return jsonb_build_object(
    'received', received, 'stored', outcome.stored, 'merged', outcome.merged,
    -- Its token's holder has the key that was derived for it, and learns here whether it is current.
    'digest', case when past_the_door then app.digest_source(settings) - 'salt'
      else app.digest_source(settings) end,
    'content', keeps_content,
    'mappings', case when $1 -> 'settings' = 'true' then app.list_mappings(tenant) end);
end
$function$;

CREATE OR REPLACE FUNCTION public.query_metrics (
  window_start timestamp with time zone,
  window_end   timestamp with time zone,
  bucket       text,
  time_zone    text                     DEFAULT 'UTC'::text,
  group_by     text                     DEFAULT 'model'::text,
  then_by      text                     DEFAULT NULL::text,
  filter       jsonb                    DEFAULT '{}'::jsonb,
  measure      text                     DEFAULT 'requests'::text,
  top          integer                  DEFAULT 500,
  compare      boolean                  DEFAULT false
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  tenant text := app.require_tenant();
  kept jsonb := app.check_filter(filter);
  named text := app.check_dimension(group_by);
  inner_named text := app.check_dimension(then_by);
  points timestamptz[];
  asked app.reading;
  whole app.sums[];
  once app.sums[];
  grouped jsonb;
begin
  perform app.check_window(window_start, window_end, bucket);
  perform app.check_time_zone(time_zone);
  perform app.check_question(named, inner_named, measure, top);
  points := app.list_points(window_start, window_end, bucket, time_zone);
  asked := app.start_reading(
    tenant, window_start || points[2:] || window_end, bucket, coalesce(named, 'model'), inner_named, kept);
  whole := app.read_level(asked, 0, false, kept, true);
  once := array(select a from app.add_sums(whole) a);
  -- Models are told where nothing is grouped by, too, without their series.
  grouped := app.describe_groups(
    asked, case when named is null then '{}' else points end, whole, once, measure, top);
  return jsonb_build_object(
    'generated', coalesce((select generated from public.tenants where tenant_id = tenant), false),
    'relative_error', app.relative_error(),
    'totals', app.describe_all(once) || app.count_left_out(tenant, window_start, window_end),
    'series', app.describe_series(points, whole),
    'by_model', case when asked.group_by = 'model' then (
      select coalesce(jsonb_agg(g - '{key,series,groups}'::text[]
        || jsonb_build_object('model', g -> 'key') order by place), '[]')
      from jsonb_array_elements(grouped -> 'groups') with ordinality t (g, place)
      where (g -> 'requests')::integer > 0) else '[]' end)
    || case when named is null then '{"groups": [], "other": null}' else grouped end
    || case when compare then jsonb_build_object(
      'previous', app.describe_previous(window_start, window_end, asked)) else '{}' end;
end
$function$;

REVOKE ALL ON FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text, text, text, text, jsonb, text, integer, boolean) FROM PUBLIC, "anon";

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
    'roll_ups', app.describe_roll_ups(tenant),
    'dropped', app.count_dropped(tenant, now() - interval '1 day'),
    'newest_price', (select max(valid_from) from public.model_prices where valid_from <= now()));
end
$function$;

CREATE OR REPLACE FUNCTION public.run_roll_ups (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '110s'
  AS $function$
declare
  run uuid := app.run_argument($1);
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  return app.describe_run(run, app.fold_step(run, 50000));
end
$function$;

REVOKE ALL ON FUNCTION "public"."run_roll_ups"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.run_verification (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '110s'
  AS $function$
declare
  run uuid := app.run_argument($1);
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  return app.describe_run(run, app.check_step(run, 50000, interval '150 seconds'));
end
$function$;

REVOKE ALL ON FUNCTION "public"."run_verification"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.set_retention (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant('admin');
  for_spans integer := app.integer_argument($1, 'span_days', 1, 3650);
  for_contents integer := app.integer_argument($1, 'content_days', 1, 3650);
  for_roll_ups integer := app.integer_argument($1, 'roll_up_days', 1, 3650);
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
  if not $1 ? 'roll_up_days' then
    select roll_up_days into for_roll_ups from public.tenants where tenant_id = tenant;
  end if;
  if for_roll_ups < coalesce(for_spans, 3651) then
    raise invalid_parameter_value using
      message = 'roll_up_days is less than span_days.',
      hint = 'Sums are kept as long as their spans at least: send a larger roll_up_days, or null.';
  end if;
  update public.tenants
  set span_days = for_spans, content_days = for_contents, roll_up_days = for_roll_ups
  where tenant_id = tenant;
  return jsonb_build_object(
    'span_days', for_spans, 'content_days', for_contents, 'roll_up_days', for_roll_ups);
end
$function$;

CREATE OR REPLACE FUNCTION public.set_tag_dimensions (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  -- Whoever folds already knows the keys that were chosen, and takes marks away.
  summed constant text := app.hold_sums();
  tenant text := app.share_tenant('admin');
  wanted constant text[] := app.tag_keys_argument($1);
  before text[];
begin
  perform app.ensure_tenant(tenant);
  select tag_dimensions into before from public.tenants where tenant_id = tenant;
  update public.tenants set tag_dimensions = wanted where tenant_id = tenant;
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(array(
      select 'tag:' || key from unnest(before) key where key <> all(wanted)));
  if not wanted <@ before then
    perform app.mark_hours(tenant, array(
      select distinct r.bucket_start from public.roll_ups r
      where r.tenant_id = tenant and r.dimension = 'total' and r.grain = 60 and not r.taken));
  end if;
  return jsonb_build_object('keys', to_jsonb(wanted));
end
$function$;

REVOKE ALL ON FUNCTION "public"."set_tag_dimensions"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE PROCEDURE app.fold_data (
  IN batch integer DEFAULT 50000
)
  LANGUAGE plpgsql
  AS $procedure$
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
$procedure$;

CREATE OR REPLACE PROCEDURE app.verify_data (
  IN batch integer DEFAULT 50000
)
  LANGUAGE plpgsql
  AS $procedure$
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
$procedure$;

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_chained_session_id_check" CHECK ((length(chained_session_id) <= 256));

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_previous_response_id_check" CHECK ((length(previous_response_id) <= 256));

ALTER TABLE "public"."tenants"
  ADD CONSTRAINT "tenants_roll_up_days_check" CHECK (((roll_up_days >= 1) AND (roll_up_days <= 3650)));

ALTER TABLE "public"."tenants"
  ADD CONSTRAINT "tenants_roll_ups_go_last" CHECK (((roll_up_days IS NULL) OR ((span_days IS NOT NULL) AND (roll_up_days >= span_days))));

ALTER TABLE "public"."tenants"
  ADD CONSTRAINT "tenants_tag_dimensions_check" CHECK (((cardinality(tag_dimensions) <= 8) AND (pg_column_size(tag_dimensions) <= 3000)));

CREATE VIEW "public"."error_summaries" WITH (security_invoker=true) AS  SELECT s.tenant_id,
    s.error_type,
    s.operation,
    s.provider,
    s.model,
    sum(s.errors) AS errors,
    min(s.first_start) AS first_seen,
    max(s.last_start) AS last_seen
   FROM app.current_sums('detail'::text, 1440) s(tenant_id, dimension, grain, bucket_start, taken, place, value, counted, environment, service_name, provider, model, operation, agent_name, tool_name, prompt, error_type, api_key_id, release, spans, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, input_uncached, cache_read, cache_write, cache_write_1h, cache_write_12h, input_audio, cache_audio_read, input_image, cache_image_read, input_unsplit, output_text, reasoning, output_audio, output_image, output_unsplit, cost_usd, first_start, last_start, latency, time_to_first_token)
  WHERE (s.error_type IS NOT NULL)
  GROUP BY s.tenant_id, s.error_type, s.operation, s.provider, s.model;

REVOKE ALL ON TABLE "public"."error_summaries" FROM "anon";

CREATE VIEW "public"."metrics_by_day" WITH (security_invoker=true) AS  SELECT s.tenant_id,
    date_bin('1 day'::interval, s.bucket_start, '1970-01-01 00:00:00+00'::timestamp with time zone) AS day,
    sum(s.spans) AS requests,
    sum(s.errors) AS errors,
    sum(s.input_tokens) AS input_tokens,
    sum(s.output_tokens) AS output_tokens,
    sum(s.total_tokens) AS total_tokens,
    sum(s.cost_usd) AS cost_usd,
    sum(s.unpriced) AS unpriced_requests,
    sum(s.unmeasured) AS unmeasured_requests,
    app.quantiles(app.merge_histograms(array_agg(ROW(s.latency)::app.histogram)), app.percentiles()) AS latency_ms_p50_p95_p99
   FROM app.current_sums('total'::text, 1440) s(tenant_id, dimension, grain, bucket_start, taken, place, value, counted, environment, service_name, provider, model, operation, agent_name, tool_name, prompt, error_type, api_key_id, release, spans, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, input_uncached, cache_read, cache_write, cache_write_1h, cache_write_12h, input_audio, cache_audio_read, input_image, cache_image_read, input_unsplit, output_text, reasoning, output_audio, output_image, output_unsplit, cost_usd, first_start, last_start, latency, time_to_first_token)
  WHERE s.counted
  GROUP BY s.tenant_id, (date_bin('1 day'::interval, s.bucket_start, '1970-01-01 00:00:00+00'::timestamp with time zone));

REVOKE ALL ON TABLE "public"."metrics_by_day" FROM "anon";

CREATE VIEW "public"."metrics_by_hour" WITH (security_invoker=true) AS  SELECT s.tenant_id,
    s.bucket_start AS hour,
    sum(s.spans) AS requests,
    sum(s.errors) AS errors,
    sum(s.input_tokens) AS input_tokens,
    sum(s.output_tokens) AS output_tokens,
    sum(s.total_tokens) AS total_tokens,
    sum(s.cost_usd) AS cost_usd,
    sum(s.unpriced) AS unpriced_requests,
    sum(s.unmeasured) AS unmeasured_requests,
    app.quantiles(app.merge_histograms(array_agg(ROW(s.latency)::app.histogram)), app.percentiles()) AS latency_ms_p50_p95_p99
   FROM app.current_sums('total'::text, 60) s(tenant_id, dimension, grain, bucket_start, taken, place, value, counted, environment, service_name, provider, model, operation, agent_name, tool_name, prompt, error_type, api_key_id, release, spans, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, input_uncached, cache_read, cache_write, cache_write_1h, cache_write_12h, input_audio, cache_audio_read, input_image, cache_image_read, input_unsplit, output_text, reasoning, output_audio, output_image, output_unsplit, cost_usd, first_start, last_start, latency, time_to_first_token)
  WHERE s.counted
  GROUP BY s.tenant_id, s.bucket_start;

REVOKE ALL ON TABLE "public"."metrics_by_hour" FROM "anon";

CREATE VIEW "public"."metrics_by_model" WITH (security_invoker=true) AS  SELECT current_calls.tenant_id,
    current_calls.provider,
    current_calls.value AS model,
    current_calls.requests,
    current_calls.errors,
    current_calls.input_tokens,
    current_calls.output_tokens,
    current_calls.total_tokens,
    current_calls.cost_usd,
    current_calls.unpriced AS unpriced_requests,
    current_calls.unmeasured AS unmeasured_requests,
    app.quantiles(current_calls.latency, app.percentiles()) AS latency_ms_p50_p95_p99
   FROM app.current_calls('model'::text) current_calls(tenant_id, provider, value, requests, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, cost_usd, last_start, latency);

REVOKE ALL ON TABLE "public"."metrics_by_model" FROM "anon";

CREATE VIEW "public"."metrics_by_user" WITH (security_invoker=true) AS  SELECT current_calls.tenant_id,
    current_calls.value AS user_id,
    current_calls.requests,
    current_calls.errors,
    current_calls.total_tokens,
    current_calls.cost_usd,
    current_calls.unpriced AS unpriced_requests,
    current_calls.unmeasured AS unmeasured_requests,
    current_calls.last_start AS last_seen
   FROM app.current_calls('user'::text) current_calls(tenant_id, provider, value, requests, errors, unpriced, unmeasured, input_tokens, output_tokens, total_tokens, cost_usd, last_start, latency);

REVOKE ALL ON TABLE "public"."metrics_by_user" FROM "anon";

CREATE VIEW "public"."model_calls" WITH (security_invoker=true) AS  SELECT spans.tenant_id,
    spans.trace_id,
    spans.span_id,
    spans.start_time,
    spans.operation,
    spans.provider,
    spans.model,
    spans.duration_ms,
    spans.time_to_first_token_ms,
    spans.input_tokens,
    spans.output_tokens,
    spans.total_tokens,
    spans.cost_usd,
    (spans.status = 'error'::text) AS failed,
    app.is_unpriced(spans.status, spans.total_tokens, spans.cost_usd) AS unpriced,
    app.is_unmeasured(spans.status, spans.total_tokens) AS unmeasured,
    spans.error_type,
    spans.session_id,
    spans.user_id,
    spans.environment,
    spans.service_name,
    COALESCE(spans.canonical_model, spans.request_model, spans.model) AS canonical_model
   FROM public.spans
  WHERE (spans.counted AND (spans.misdated IS NULL));

REVOKE ALL ON TABLE "public"."model_calls" FROM "anon";

CREATE VIEW "public"."retention_status" WITH (security_invoker=true) AS  SELECT t.tenant_id,
    t.span_days,
    t.content_days,
    r.outcome,
    r.finished_at,
    r.spans,
    r.contents,
    r.traces,
    ( SELECT j.next_due
           FROM public.job_runs j
          WHERE (j.job = 'expiry'::text)
          ORDER BY j.started_at DESC
         LIMIT 1) AS next_run,
    t.roll_up_days
   FROM (public.tenants t
     LEFT JOIN public.retention_runs r USING (tenant_id));

REVOKE ALL ON TABLE "public"."retention_status" FROM "anon", "authenticated";

CREATE VIEW "public"."span_details" WITH (security_invoker=true) AS  SELECT s.tenant_id,
    s.trace_id,
    s.span_id,
    s.parent_span_id,
    s.start_time,
    s.end_time,
    s.start_ns,
    s.end_ns,
    s.duration_ms,
    s.name,
    s.kind,
    s.status,
    s.status_message,
    s.error_type,
    s.operation,
    s.provider,
    s.model,
    s.request_model,
    s.response_model,
    s.canonical_model,
    s.response_id,
    s.service_tier,
    s.agent_name,
    s.tool_name,
    s.instrumentation,
    s.service_name,
    s.environment,
    s.release,
    s.session_id,
    s.user_id,
    s.customer_id,
    s.api_key_id,
    s.prompt_name,
    s.prompt_version,
    s.tags,
    s.countable,
    s.counted,
    s.usage_status,
    s.input_tokens,
    s.output_tokens,
    s.total_tokens,
    s.cache_read_tokens,
    s.cache_write_tokens,
    s.reasoning_tokens,
    s.usage_buckets,
    s.cost_usd,
    s.price_id,
    s.price_source,
    s.time_to_first_token_ms,
    s.streamed,
    s.finish_reasons,
    s.input_digest,
    s.input_length,
    s.output_digest,
    s.output_length,
    s.attributes,
    s.received_at,
    s.unknown_because,
    s.cost_min_usd,
    s.cost_max_usd,
    s.usage_uncounted,
    s.process_keys,
    s.misdated,
    s.possible_duplicate,
    s.previous_response_id,
    s.chained_session_id,
    c.input,
    c.output
   FROM (public.spans s
     LEFT JOIN LATERAL ( SELECT k.input,
            k.output
           FROM public.span_contents k
          WHERE ((k.tenant_id = s.tenant_id) AND (k.trace_id = s.trace_id) AND (k.span_id = s.span_id) AND (k.start_time = s.start_time))
         LIMIT 1) c ON (true));

REVOKE ALL ON TABLE "public"."span_details" FROM "anon";

CREATE VIEW "public"."span_summaries" WITH (security_invoker=true) AS  SELECT s.tenant_id,
    s.trace_id,
    s.span_id,
    s.parent_span_id,
    s.start_time,
    s.end_time,
    s.start_ns,
    s.end_ns,
    s.duration_ms,
    s.name,
    s.kind,
    s.status,
    s.status_message,
    s.error_type,
    s.operation,
    s.provider,
    s.model,
    s.request_model,
    s.response_model,
    s.canonical_model,
    s.response_id,
    s.service_tier,
    s.agent_name,
    s.tool_name,
    s.instrumentation,
    s.service_name,
    s.environment,
    s.release,
    s.session_id,
    s.user_id,
    s.customer_id,
    s.api_key_id,
    s.prompt_name,
    s.prompt_version,
    s.tags,
    s.countable,
    s.counted,
    s.usage_status,
    s.input_tokens,
    s.output_tokens,
    s.total_tokens,
    s.cache_read_tokens,
    s.cache_write_tokens,
    s.reasoning_tokens,
    s.usage_buckets,
    s.cost_usd,
    s.price_id,
    s.price_source,
    s.time_to_first_token_ms,
    s.streamed,
    s.finish_reasons,
    s.input_digest,
    s.input_length,
    s.output_digest,
    s.output_length,
    s.attributes,
    s.received_at,
    s.unknown_because,
    s.cost_min_usd,
    s.cost_max_usd,
    s.usage_uncounted,
    s.process_keys,
    s.misdated,
    s.possible_duplicate,
    s.previous_response_id,
    s.chained_session_id,
    (s.counted AND app.is_unpriced(s.status, s.total_tokens, s.cost_usd)) AS unpriced,
    (s.counted AND app.is_unmeasured(s.status, s.total_tokens)) AS unmeasured
   FROM public.spans s;

REVOKE ALL ON TABLE "public"."span_summaries" FROM "anon";

CREATE VIEW "public"."tag_keys" WITH (security_invoker=true) AS  SELECT t.tenant_id,
    k.tag_key,
    count(*) AS calls
   FROM ((public.tenants t
     CROSS JOIN LATERAL ( SELECT s.counted,
            s.misdated,
            s.tags
           FROM public.spans s
          WHERE ((s.tenant_id = t.tenant_id) AND (s.start_time < (now() + '24:00:00'::interval)))
          ORDER BY s.start_time DESC
         LIMIT 10000) newest)
     CROSS JOIN LATERAL jsonb_object_keys(newest.tags) k(tag_key))
  WHERE (newest.counted AND (newest.misdated IS NULL))
  GROUP BY t.tenant_id, k.tag_key;

REVOKE ALL ON TABLE "public"."tag_keys" FROM "anon";

CREATE VIEW "public"."trace_summaries" WITH (security_invoker=true) AS  SELECT r.tenant_id,
    r.trace_id,
    COALESCE(r.root_span_name, app.find_topmost(r.tenant_id, r.trace_id, COALESCE(r.earliest, r.start_time), COALESCE(r.latest, r.end_time))) AS root_span_name,
    r.start_time,
    r.end_time,
    r.duration_ms,
    r.status,
    r.span_count,
    r.error_count,
    r.models,
    r.providers,
    r.operations,
    r.requests,
    r.unpriced_requests,
    r.unmeasured_requests,
    r.input_tokens,
    r.output_tokens,
    r.total_tokens,
    r.total_cost_usd,
    COALESCE(r.root_session_id, r.session_id, r.chained_session_id) AS session_id,
    COALESCE(r.root_user_id, r.user_id) AS user_id,
    r.environment,
    r.service_name,
    t.generated,
    r.misdated,
    r.undated,
    COALESCE(r.earliest, r.start_time) AS earliest,
    COALESCE(r.latest, r.end_time) AS latest,
    r.error_types,
    COALESCE(r.root_customer_id, r.customer_id) AS customer_id
   FROM (public.traces r
     JOIN public.tenants t USING (tenant_id));

REVOKE ALL ON TABLE "public"."trace_summaries" FROM "anon";

CREATE INDEX response_chains_noted ON public.response_chains USING btree (tenant_id, noted_at)
  WHERE (NOT settled);

CREATE INDEX response_chains_settled ON public.response_chains USING btree (tenant_id, noted_at)
  WHERE settled;

CREATE INDEX roll_ups_of_bucket ON public.roll_ups USING btree (tenant_id, dimension, grain, bucket_start);

CREATE INDEX roll_ups_of_value ON public.roll_ups USING btree (tenant_id, dimension, VALUE, grain, bucket_start)
  WHERE ((first_start IS NOT NULL) AND (VALUE IS NOT NULL));

CREATE INDEX spans_marked ON public.spans USING btree (tenant_id, start_time) INCLUDE (misdated)
  WHERE ((usage_uncounted IS NOT NULL) OR possible_duplicate OR (misdated IS NOT NULL));

CREATE INDEX spans_misdated ON public.spans USING btree (tenant_id)
  WHERE (misdated IS NOT NULL);

CREATE INDEX spans_newest ON public.spans USING btree (tenant_id, start_time);

CREATE INDEX spans_of_previous ON public.spans USING btree (tenant_id, hashtextextended(previous_response_id, (0)::bigint), start_time)
  WHERE (countable AND (previous_response_id IS NOT NULL));

CREATE INDEX spans_of_user ON public.spans USING btree (tenant_id, user_id)
  WHERE (user_id IS NOT NULL);

CREATE TRIGGER spans_added
  AFTER INSERT ON public.spans REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT
  EXECUTE FUNCTION app.note_changes();

CREATE TRIGGER spans_changed
  AFTER UPDATE ON public.spans REFERENCING OLD TABLE AS removed NEW TABLE AS added
  FOR EACH STATEMENT
  EXECUTE FUNCTION app.note_changes();

CREATE TRIGGER spans_removed
  AFTER DELETE ON public.spans REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT
  EXECUTE FUNCTION app.note_changes();

CREATE TRIGGER audit_change
  AFTER UPDATE OF span_days,
    content_days, spans_per_minute, bytes_per_minute, content_capture, digest_key_id, digest_salt, deleted_at, roll_up_days, tag_dimensions ON public.tenants
  FOR EACH ROW
  EXECUTE FUNCTION app.audit_change('tenant', 'tenant_id');

CREATE TRIGGER traces_attributed
  AFTER UPDATE ON public.traces REFERENCING OLD TABLE AS known NEW TABLE AS told
  FOR EACH STATEMENT
  EXECUTE FUNCTION app.note_attribution();

CREATE POLICY "response_chains_read" ON "public"."response_chains"
  FOR SELECT
  TO "llm_admin"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

CREATE POLICY "roll_up_changes_read" ON "public"."roll_up_changes"
  FOR SELECT
  TO "authenticated"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

CREATE POLICY "roll_up_progress_read" ON "public"."roll_up_progress"
  FOR SELECT
  TO "llm_admin"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

CREATE POLICY "roll_ups_read" ON "public"."roll_ups"
  FOR SELECT
  TO "authenticated"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

COMMENT ON COLUMN "public"."attribute_mappings"."field" IS 'The column of spans that is filled, or a tag as tag: and its key; input and output are content. Of several attributes for one the first by alphabet that can be read counts.';

COMMENT ON COLUMN "public"."response_chains"."after" IS 'Of those that name the response, those that started from here on.';

COMMENT ON COLUMN "public"."response_chains"."settled" IS 'True where nothing is to be looked at: the row says that the response is named.';

COMMENT ON COLUMN "public"."response_chains"."trace_id" IS 'The calls of this trace look for their session; null: those that name the response do.';

COMMENT ON COLUMN "public"."roll_up_progress"."chains_run" IS 'The last run of that job that is through with the tenant''s chains of responses (app.settle_chains).';

COMMENT ON COLUMN "public"."roll_up_progress"."check_next" IS 'The hour from which it goes on, the next run too; infinity: it went through all of them.';

COMMENT ON COLUMN "public"."roll_up_progress"."check_run" IS 'The last run of the job verification that came to the tenant.';

COMMENT ON COLUMN "public"."roll_up_progress"."current_hour" IS 'The last hour that was folded before it was over, at current_folded_at.';

COMMENT ON COLUMN "public"."roll_up_progress"."drifted_hours" IS 'Hours whose roll-ups check_run found unequal to the spans; they are folded anew.';

COMMENT ON COLUMN "public"."roll_up_progress"."fine_since" IS 'Rows of 5 minutes that are older are gone.';

COMMENT ON COLUMN "public"."roll_up_progress"."fold_next" IS 'The hour from which that run goes on; infinity: it is through.';

COMMENT ON COLUMN "public"."roll_up_progress"."fold_run" IS 'The last run of the job roll_ups that came to the tenant, in job_runs.';

COMMENT ON COLUMN "public"."roll_ups"."counted" IS 'True for model calls (spans.counted). False for other spans that failed or have an operation, such as tools and agents: without tokens and cost.';

COMMENT ON COLUMN "public"."roll_ups"."dimension" IS 'total: nothing is told apart; detail: the columns from environment to release are; environment, service, operation, provider, model (and its provider), agent, tool, prompt, error_type, api_key and release: one of these is, in value. user, customer, session and tag:<key>: calls of one value, by environment, provider and model. left_out: spans whose usage is in no sum, by the reason, and possible_duplicates.';

COMMENT ON COLUMN "public"."roll_ups"."error_type" IS 'Of spans that failed; _OTHER where none was told.';

COMMENT ON COLUMN "public"."roll_ups"."first_start" IS 'When the first of its spans started, as last_start says of the last: of one value, and of what failed.';

COMMENT ON COLUMN "public"."roll_ups"."grain" IS 'How long its bucket is, in minutes: 5 (of total and model, for 35 days), 60 or 1440.';

COMMENT ON COLUMN "public"."roll_ups"."latency" IS 'A histogram of duration_ms (app.to_entry), sorted; so is time_to_first_token of what was streamed.';

COMMENT ON COLUMN "public"."roll_ups"."model" IS 'The canonical model (spans.canonical_model), so that what failed stands beside what answered.';

COMMENT ON COLUMN "public"."roll_ups"."place" IS 'Tells the rows of one bucket and dimension apart.';

COMMENT ON COLUMN "public"."roll_ups"."prompt" IS 'The prompt''s name, and its version behind an @.';

COMMENT ON COLUMN "public"."roll_ups"."spans" IS 'How many spans; of counted ones the requests.';

COMMENT ON COLUMN "public"."roll_ups"."taken" IS 'True for sums of spans that the expiry took: they are no longer among the raw rows, and stay in the sums. A row of a day has both.';

COMMENT ON COLUMN "public"."roll_ups"."total_tokens" IS 'Sum over calls whose usage is known; null where none is. The columns after it are the disjoint buckets (spans.usage_buckets).';

COMMENT ON COLUMN "public"."spans"."chained_session_id" IS 'The session of the call whose response this one names, or of the chain that begins here (app.find_chained_session). It holds where neither the call nor its trace tells one.';

COMMENT ON COLUMN "public"."spans"."previous_response_id" IS 'The response that the call goes on from, as OpenAI''s Responses API has it.';

COMMENT ON COLUMN "public"."spans"."user_id" IS 'As it came, to be found and forgotten by; over 256 characters sha256: and the hash in hex. So are session_id, customer_id, response_id and previous_response_id.';

COMMENT ON COLUMN "public"."tenants"."roll_up_days" IS 'Days that roll-ups are kept, which outlive the spans that they sum up; null: until the tenant is deleted.';

COMMENT ON COLUMN "public"."tenants"."tag_dimensions" IS 'Keys of tags (spans.tags) by which sums are made, at most eight.';

COMMENT ON COLUMN "public"."traces"."chained_session_id" IS 'The least that a call of it has from its chain of responses (spans.chained_session_id): the trace''s session where no span tells one.';

COMMENT ON COLUMN "public"."traces"."error_types" IS 'Error types of its failed spans, the first 32 by alphabet; a span that failed may tell none.';

COMMENT ON COLUMN "public"."traces"."models" IS 'Canonical models of its calls, the first 32 by alphabet; so are providers, and operations of all its spans.';

COMMENT ON COLUMN "public"."traces"."session_id" IS 'The least that a span of it tells; its root''s, root_session_id, stands over it. So are user_id and customer_id.';

COMMENT ON FUNCTION "app"."add_sums"(app.sums[]) IS 'All of these sums as one, of model calls and of other spans.';

COMMENT ON FUNCTION "app"."add_to_traces"(text, text[], timestamp with time zone, timestamp with time zone) IS 'Adds stored spans, by their keys, to the summaries of their traces, which it makes where there are none.';

COMMENT ON FUNCTION "app"."add_untold"(app.reading, app.sums[], app.sums[]) IS 'The groups and, where some spans do not tell the dimension, the group of these.';

COMMENT ON FUNCTION "app"."add_up"(text, text[], integer, timestamp with time zone, timestamp with time zone, integer, boolean) IS 'Sums of a tenant''s roll-ups of one grain, by longer buckets or the same: of what was taken alone, or of all.';

COMMENT ON FUNCTION "app"."amount_left"(numeric, numeric, boolean) IS 'What is left of an amount; null where nothing is and no call of a known amount is left.';

COMMENT ON FUNCTION "app"."attribution_expression"(text[]) IS 'What a call has of its trace, as SQL behind spans as s; nothing where no dimension of these asks for it.';

COMMENT ON FUNCTION "app"."begin_traces"(text, public.spans[]) IS 'Makes the summaries of traces that are new; one that is there is a unique violation.';

COMMENT ON FUNCTION "app"."chain_session"(text) IS 'The session of a chain of responses that tells none, by the first of them.';

COMMENT ON FUNCTION "app"."check_budget"(public.tenants) IS 'Refuses a tenant whose budget is used up; answers whether it has a limit at all. Takes no lock.';

COMMENT ON FUNCTION "app"."check_dimension"(text) IS 'A dimension as the sums know it; an unknown one is refused with the names that there are.';

COMMENT ON FUNCTION "app"."check_filter"(jsonb) IS 'A filter, {"dimension": [value, …]}, as the sums know it: any of a list''s values, of every dimension.';

COMMENT ON FUNCTION "app"."check_question"(text, text, text, integer) IS 'Refuses what query_metrics cannot group, rank or divide by.';

COMMENT ON FUNCTION "app"."check_some"(text, uuid, integer) IS 'Compares a tenant''s sums of so many spans with the raw rows, from where the last comparison ended, and marks hours that differ.';

COMMENT ON FUNCTION "app"."check_step"(uuid, integer, interval) IS 'A step of the job verification: the tenants that wait longest, for two seconds; answers whether there is more, which after so long is left to the next run.';

COMMENT ON FUNCTION "app"."check_time_zone"(text) IS 'Refuses what is no time zone''s name (pg_timezone_names).';

COMMENT ON FUNCTION "app"."choose_dimension"(text, jsonb, text[]) IS 'The dimension of the roll-ups that tells apart what a filter and groups ask for; raw where none does and raw rows have to be read: of people, sessions and tags beside anything but environment, provider and model, of those who tell none, and of a tag that is not kept.';

COMMENT ON FUNCTION "app"."choose_hours"(text, timestamp with time zone, integer) IS 'Marked hours of a tenant from a time on that are folded next: some of one day, with so many spans at most, or one hour that has more. An hour that is not over is left for some minutes after it was folded.';

COMMENT ON FUNCTION "app"."choose_price"(public.model_prices[], text, public.spans) IS 'Of these prices (app.list_prices) the one that a span of this tier has by its own start.';

COMMENT ON FUNCTION "app"."close_dimensions"() IS 'The dimensions that sums of users, customers, sessions and tags tell apart, too.';

COMMENT ON FUNCTION "app"."compare_sums"(text, timestamp with time zone, timestamp with time zone) IS 'The roll-ups of a tenant''s unmarked hours, and of days that end in the window, that are not the sums of the raw rows: those that are stored with a surplus above 0, those that should be below.';

COMMENT ON FUNCTION "app"."count_drift"(text, timestamp with time zone, timestamp with time zone) IS 'The hours of a tenant in which roll-ups differ from raw rows, and by how much: each measure''s differences added up over all rows, histograms and times by the number of rows, drift_rows by those that are missing or should not be there.';

COMMENT ON FUNCTION "app"."count_misdated"(text) IS 'How many spans of a tenant are misdated, over all time.';

COMMENT ON FUNCTION "app"."count_started"(text, timestamp with time zone, timestamp with time zone, integer) IS 'How many of a tenant''s spans start in a window; it stops counting at most.';

COMMENT ON FUNCTION "app"."count_told"(app.sums[], text) IS 'How many spans these are, of those that a dimension is told of.';

COMMENT ON FUNCTION "app"."current_calls"(text) IS 'Model calls by the values of a dimension over all time; null: those that tell none, the last of which is not known.';

COMMENT ON FUNCTION "app"."current_sums"(text, integer) IS 'The sums of a dimension over all time, as of now: by the day (1440) where no hour of it changed, by the hour (60) elsewhere. A view of it is read under its caller''s policies.';

COMMENT ON FUNCTION "app"."describe_all"(app.sums[]) IS 'The measures of all of these sums as one, as JSON.';

COMMENT ON FUNCTION "app"."describe_group_series"(timestamp with time zone[], app.sums[], text) IS 'The series of a measure of each group, as JSON, without holes.';

COMMENT ON FUNCTION "app"."describe_groups"(app.reading, timestamp with time zone[], app.sums[], app.sums[], text, integer) IS 'The groups of a question, ranked, each with its series and the groups within it, and the sums of the others, as JSON. Percentiles of groups that are read in detail are told where the measure is one, as are those of groups within groups.';

COMMENT ON FUNCTION "app"."describe_inner_groups"(app.reading, app.sums[], text, integer) IS 'The groups within each group that have the most of a measure, as JSON.';

COMMENT ON FUNCTION "app"."describe_others"(app.sums[], app.sums[], app.sums[]) IS 'The measures of all groups but the first ones, as JSON; their percentiles are of what these leave of all.';

COMMENT ON FUNCTION "app"."describe_previous"(timestamp with time zone, timestamp with time zone, app.reading) IS 'The measures of the window of the same length before, as JSON.';

COMMENT ON FUNCTION "app"."describe_ranked"(app.reading, timestamp with time zone[], app.sums[], app.sums[], app.sums[], text, integer) IS 'Groups in order, each with its series and the groups within it, as JSON.';

COMMENT ON FUNCTION "app"."describe_roll_ups"(text) IS 'Whether the last run of the job verification found that any sum drifted, in how many hours of a tenant it did, and how many of its hours wait to be folded.';

COMMENT ON FUNCTION "app"."describe_series"(timestamp with time zone[], app.sums[]) IS 'A series of measures without holes, as JSON.';

COMMENT ON FUNCTION "app"."describe_sums"(app.sums, app.sums) IS 'The measures of model calls, and from spans on of other spans (tools, agents, what failed), as JSON.';

COMMENT ON FUNCTION "app"."detail_dimensions"() IS 'The dimensions that have few values: columns of the sums in detail.';

COMMENT ON FUNCTION "app"."digest_source"(public.tenants) IS 'What a tenant''s digest key derives from; null where its salt was destroyed.';

COMMENT ON FUNCTION "app"."dimension_expression"(text) IS 'What a span says of a dimension, as SQL over spans as s and what is its trace''s as t (app.find_attribution): the same that app.sum_spans sums by.';

COMMENT ON FUNCTION "app"."entries_left"(bigint[], bigint[]) IS 'What is left of a histogram without another one that is a part of it.';

COMMENT ON FUNCTION "app"."expire_batch"(text, integer, uuid) IS 'Takes away what is too old of so many of a tenant''s traces, contents, evaluations and sums, summaries included; answers how many it found.';

COMMENT ON FUNCTION "app"."expire_links"(text, timestamp with time zone) IS 'Forgets which responses were named by calls that are too old.';

COMMENT ON FUNCTION "app"."expire_roll_ups"(text, timestamp with time zone, integer) IS 'Takes away so many of a tenant''s sums of days that are too old; answers how many.';

COMMENT ON FUNCTION "app"."expire_step"(uuid, integer) IS 'A step of the job expiry: one tenant''s batch, months that nobody needs at the end; answers whether there may be more.';

COMMENT ON FUNCTION "app"."find_attribution"(text, text, boolean) IS 'Whose the calls of a trace are that do not say it themselves, in sums, and the session that they have from a chain of responses; nothing where it is not wanted.';

COMMENT ON FUNCTION "app"."find_chained_session"(text, public.spans) IS 'The session of the call whose response this one names; of one that names none and is named, its own chain''s; null of all others.';

COMMENT ON FUNCTION "app"."find_check_end"(text, timestamp with time zone, integer) IS 'Until when hours of a tenant have so many spans at the most, or one hour has more; null: there are not so many.';

COMMENT ON FUNCTION "app"."find_folding"(uuid) IS 'The tenant with marks that a run has to come to and that waits longest; null: there is none.';

COMMENT ON FUNCTION "app"."find_noted"(uuid) IS 'A tenant whose chains of responses a run has to come to; null: there is none.';

COMMENT ON FUNCTION "app"."find_tenant"(text) IS 'A tenant''s row, made at its first write; refuses a deleted one.';

COMMENT ON FUNCTION "app"."fine_dimensions"() IS 'The dimensions of which sums are kept by five minutes, too.';

COMMENT ON FUNCTION "app"."fine_since"() IS 'From when on sums by 5 minutes are there: they are kept for 35 days.';

COMMENT ON FUNCTION "app"."fold_day"(text, timestamp with time zone, text[], text[]) IS 'Makes the sums of a day (UTC) anew from those of its hours.';

COMMENT ON FUNCTION "app"."fold_hours"(text, timestamp with time zone[]) IS 'Folds those of a tenant''s hours that changed, and their days; answers how many sums by the hour it made.';

COMMENT ON FUNCTION "app"."fold_range"(text, timestamp with time zone, timestamp with time zone, text[], text[]) IS 'Makes the sums of hours beside each other anew from raw rows, instead of those known and not taken; answers how many.';

COMMENT ON FUNCTION "app"."fold_some"(text, uuid, integer) IS 'Folds some marked hours of a tenant, or records that it failed.';

COMMENT ON FUNCTION "app"."fold_step"(uuid, integer) IS 'A step of the job roll_ups: chains of responses or some hours of one tenant; answers whether there may be more.';

COMMENT ON FUNCTION "app"."hold_calls"(text, text[], boolean, text[], boolean) IS 'Holds what may tell of calls of these instrumentations (unnamed: one of them without a response id), by response or alone; answers whether alone, and the tenant''s first two instrumentations of calls, one where there is one.';

COMMENT ON FUNCTION "app"."hold_folding"(text) IS 'Lets nobody else fold hours of a tenant, or delete its sums, until the transaction ends.';

COMMENT ON FUNCTION "app"."hold_sums"() IS 'The caller''s tenant, to delete sums of it: a folding ends before, and the next waits for this transaction.';

COMMENT ON FUNCTION "app"."inner_name"(app.reading, integer) IS 'The dimension of a level''s inner keys.';

COMMENT ON FUNCTION "app"."is_by_value"(text, app.let_in) IS 'Whether roll-ups of a dimension of many values are looked up value by value, since a filter names a few.';

COMMENT ON FUNCTION "app"."is_kept"(text, text[]) IS 'Whether a filter lets a value through; null stands for what is not told.';

COMMENT ON FUNCTION "app"."is_let_in"(public.roll_ups, app.let_in) IS 'Whether a filter lets a row of roll-ups through.';

COMMENT ON FUNCTION "app"."is_mapping_field"(text) IS 'Whether a rule can fill it: a field by its name, or a tag as tag: and its key.';

COMMENT ON FUNCTION "app"."is_named"(text, text) IS 'Whether a stored call names this response as the one before.';

COMMENT ON FUNCTION "app"."is_percentile"(text) IS 'Whether a measure needs histograms.';

COMMENT ON FUNCTION "app"."keep_attribution"(text, text[], timestamp with time zone) IS 'Writes a trace''s user, session and customer, as its summary has them, into those of its calls from a time on that name none.';

COMMENT ON FUNCTION "app"."kept_expression"(jsonb) IS 'A filter as SQL over spans as s and what is its trace''s as t; each value is a literal.';

COMMENT ON FUNCTION "app"."kept_finely"() IS 'Since when sums are kept by five minutes.';

COMMENT ON FUNCTION "app"."kept_values"(jsonb, text) IS 'The values of a dimension that a filter lets through; null where it lets through all.';

COMMENT ON FUNCTION "app"."key_expression"(text) IS 'The same as app.sums has it.';

COMMENT ON FUNCTION "app"."key_of"(text, public.roll_ups) IS 'What a row of roll-ups says of a dimension, as app.sums has it.';

COMMENT ON FUNCTION "app"."knows_any"(text, text[]) IS 'Whether a summary of one of these traces is stored.';

COMMENT ON FUNCTION "app"."linked_responses"(text[]) IS 'The responses that links (app.note_links) lead to.';

COMMENT ON FUNCTION "app"."list_days"(timestamp with time zone, timestamp with time zone, text) IS 'When each day of a window begins in a time zone.';

COMMENT ON FUNCTION "app"."list_dimensions"(text) IS 'What a tenant''s sums are made by (roll_ups.dimension), with the tags that the tenant chose.';

COMMENT ON FUNCTION "app"."list_firsts"(app.reading, app.sums[], text, integer) IS 'The values of a dimension of many values that have the most of a measure of calls, null among them.';

COMMENT ON FUNCTION "app"."list_folded"(text) IS 'The dimensions of which a tenant has sums: tags that it chose once, too.';

COMMENT ON FUNCTION "app"."list_followers"(text, public.response_chains[], integer) IS 'The calls that name these responses, of each one a page; what is left is noted for the next time.';

COMMENT ON FUNCTION "app"."list_linked"(text, text[], text[]) IS 'The calls in chains of these traces, and those that gave these responses.';

COMMENT ON FUNCTION "app"."list_links"(public.spans[]) IS 'Of spans in chains of responses the trace id and, in the same text, the response that they name, else their own.';

COMMENT ON FUNCTION "app"."list_marked"(text, timestamp with time zone, timestamp with time zone) IS 'The hours of a tenant that reach into a window and have changed since they were folded, in order.';

COMMENT ON FUNCTION "app"."list_measures"() IS 'What groups can be ranked by and their series can show: of model calls, and from spans on of other spans (tools, agents, what failed).';

COMMENT ON FUNCTION "app"."list_points"(timestamp with time zone, timestamp with time zone, text, text) IS 'When each minute, hour or day of a window begins in a time zone; the first may begin before the window.';

COMMENT ON FUNCTION "app"."list_prices"(text, text, text) IS 'What a model costs in a tier, with what it costs in the standard one: the prices for the most input first.';

COMMENT ON FUNCTION "app"."list_raw_sums"(app.reading) IS 'Sums of the raw rows of the ranges that are raw, of all levels that have roll-ups at once.';

COMMENT ON FUNCTION "app"."list_rich_sums"(text, timestamp with time zone[], integer, text, text, jsonb) IS 'The sums of one level over all raw rows of the pieces, with their histograms.';

COMMENT ON FUNCTION "app"."list_roll_up_columns"(boolean) IS 'The columns of roll_ups that are measures, or those that say of what; a number among them names no row.';

COMMENT ON FUNCTION "app"."list_shares"(app.sum_range[], integer) IS 'The parts of days that are wholly read from roll-ups, for several pieces: all but the longest part, where the whole day without the others is fewer rows.';

COMMENT ON FUNCTION "app"."list_sums"(app.reading, integer, boolean, jsonb, boolean) IS 'The sums of one level by the pieces of the window, and by what these share, or at once, raw ones among them.';

COMMENT ON FUNCTION "app"."look_over"(public.spans[]) IS 'What spans in the order of their ids are of: their traces, the first and the last start, whether a span is among them twice; the responses and instrumentations of the countable ones, whether one of these has an instrumentation and no response id; whether two may be of one call (entangled), which app.mark_counted settles; and the links of those that name the response before (app.note_links).';

COMMENT ON FUNCTION "app"."mark_hours"(text, timestamp with time zone[]) IS 'Has hours be read from raw rows until they are folded anew.';

COMMENT ON FUNCTION "app"."may_wrap"(text[], text[]) IS 'Whether of one trace''s calls one may be the parent of another, by their ids and their parents'' ids.';

COMMENT ON FUNCTION "app"."measure_of"(app.sums, app.sums, text) IS 'One measure of a group: null where it is not known or does not exist.';

COMMENT ON FUNCTION "app"."merge_histogram"(bigint[]) IS 'Entries of one or more histograms as one: one entry a bucket, in order.';

COMMENT ON FUNCTION "app"."merge_histograms"(app.histogram[], app.histogram[]) IS 'Merged histograms as one, without what others of them took. To join thousands of arrays one by one would take their square.';

COMMENT ON FUNCTION "app"."merge_taken"(text, text[], integer, timestamp with time zone, timestamp with time zone) IS 'Adds up what was taken of the same buckets.';

COMMENT ON FUNCTION "app"."move_call"(text, public.spans) IS 'Stores the session that a call has from its chain, where it is another; answers whether it is.';

COMMENT ON FUNCTION "app"."move_traces"(text, text[]) IS 'Gives traces the least session that a call of theirs has from its chain.';

COMMENT ON FUNCTION "app"."name_key"(text, text[]) IS 'The value that a group shares, as JSON; null where it is not told.';

COMMENT ON FUNCTION "app"."next_range"(integer, timestamp with time zone, timestamp with time zone, integer) IS 'The first range of a stretch of time in which nothing changed since it was folded: of the widest grain whose buckets begin there and fit, else raw.';

COMMENT ON FUNCTION "app"."note_attribution"() IS 'Marks the hours of those calls of a trace that are the trace''s user''s, session''s or customer''s, when these change.';

COMMENT ON FUNCTION "app"."note_changed"(text, public.spans[]) IS 'The same of stored spans that change or go, and of what they are merged with.';

COMMENT ON FUNCTION "app"."note_changes"() IS 'Marks the hours of the spans that a statement added, changed or took away.';

COMMENT ON FUNCTION "app"."note_check"(text, uuid, timestamp with time zone, integer) IS 'Remembers how far a run compared a tenant''s sums, and how many hours differed.';

COMMENT ON FUNCTION "app"."note_folding"(text, uuid, timestamp with time zone[]) IS 'Remembers which hours of a tenant a run has come to; none: it is through.';

COMMENT ON FUNCTION "app"."note_links"(text, text[], text[]) IS 'Has sessions be found for calls that name a response (links: trace id and response id in one text), and for those that name one of these responses.';

COMMENT ON FUNCTION "app"."note_retold"(text, text) IS 'Has sessions be found for the calls that name a response of this trace, which tells another session now.';

COMMENT ON FUNCTION "app"."outer_name"(app.reading, integer) IS 'The dimension of a level''s keys.';

COMMENT ON FUNCTION "app"."pair_sums"(app.sums[]) IS 'Sums of model calls and of other spans of the same piece and values beside each other.';

COMMENT ON FUNCTION "app"."partition_is_needed"(text, text, timestamp with time zone) IS 'Whether a month''s partition of contents holds a row of a tenant that still keeps some of that month; of spans, whether it holds any.';

COMMENT ON FUNCTION "app"."percentiles_of"(bigint[]) IS 'The percentiles of a merged histogram, as JSON.';

COMMENT ON FUNCTION "app"."plan_ranges"(text, timestamp with time zone[], integer) IS 'The ranges of a tenant''s sums between each two of these times, in order, of no finer grain than the finest. An hour that changed is raw; what was taken from an hour that is cut counts where it begins.';

COMMENT ON FUNCTION "app"."prune_fine"(uuid, integer) IS 'Takes away one tenant''s rows of 5 minutes that are no longer read, once a day; answers whether there may be more.';

COMMENT ON FUNCTION "app"."quantiles"(bigint[], double precision[]) IS 'Values at these shares, in rising order, of a merged histogram, by nearest rank, each at most app.relative_error() wrong; null where it holds nothing.';

COMMENT ON FUNCTION "app"."rank_groups"(app.sums[], text, integer) IS 'The groups that have the most of a measure, the first first.';

COMMENT ON FUNCTION "app"."read_filter"(jsonb, text) IS 'A filter for the rows of a dimension of roll-ups; null where it lets through all.';

COMMENT ON FUNCTION "app"."read_firsts"(app.reading, app.sums[], text, integer) IS 'The groups that have the most of a measure, chosen from the sums of all groups.';

COMMENT ON FUNCTION "app"."read_groups"(app.reading, boolean) IS 'The groups of a dimension in a window, that of what does not tell it among them.';

COMMENT ON FUNCTION "app"."read_inner_groups"(app.reading, app.sums[], boolean) IS 'The groups within each group, those of what does not tell the inner dimension among them.';

COMMENT ON FUNCTION "app"."read_level"(app.reading, integer, boolean, jsonb, boolean) IS 'The sums of one level by the pieces of the window, or at once.';

COMMENT ON FUNCTION "app"."read_named"(app.reading, app.sums[], text[], integer) IS 'The groups of the first of these values; the others are what they leave of all.';

COMMENT ON FUNCTION "app"."read_parts"(text, text, app.sum_range[], text, text, app.let_in) IS 'The roll-ups of a dimension in ranges of time that a filter lets through, by what they say of two dimensions.';

COMMENT ON FUNCTION "app"."relative_error"() IS 'By how much of itself a percentile of a histogram may be wrong: (g - 1) / (g + 1), where g = 2^(1/8) is how much wider each bucket is than the one before.';

COMMENT ON FUNCTION "app"."remember_named"(text, text[]) IS 'Remembers which of these responses a call names.';

COMMENT ON FUNCTION "app"."settle_chains"(text, integer, integer) IS 'Finds the sessions of a tenant''s calls that are noted, of so many notes; answers how many there were. What follows from them is noted.';

COMMENT ON FUNCTION "app"."settle_shares"(app.share[], app.sums[]) IS 'Sums by the pieces of a window, of sums by pieces and by what these share.';

COMMENT ON FUNCTION "app"."settle_some"(text, uuid, integer) IS 'Finds sessions of a tenant''s chains of responses, or records that it failed.';

COMMENT ON FUNCTION "app"."share_days"(app.sum_range[], app.share[]) IS 'The same time with whole days in place of the longest parts of those that pieces share.';

COMMENT ON FUNCTION "app"."start_reading"(text, timestamp with time zone[], text, text, text, jsonb) IS 'Plans the reading of a question and reads what of it is raw.';

COMMENT ON FUNCTION "app"."sum_details"(text, timestamp with time zone, timestamp with time zone, integer, boolean, boolean, text[], timestamp
  with time zone) IS 'The sums in detail of raw rows, or of that only provider and model: see app.sum_spans.';

COMMENT ON FUNCTION "app"."sum_plainly"(public.roll_ups[], text[]) IS 'Sums in all and by each dimension of few values, of sums in detail.';

COMMENT ON FUNCTION "app"."sum_spans"(text, timestamp with time zone, timestamp with time zone, integer, text[], text[], timestamp
  with time zone, boolean) IS 'Sums over a tenant''s raw rows that start in a window, by buckets of so many minutes (UTC) and these dimensions, as roll_ups holds them; of what expires alone, where traces, and late, before which it came or started, are given. Reading needs no buckets of usage, which take a third of the time.';

COMMENT ON FUNCTION "app"."sum_up"(text, public.spans[], text[], timestamp with time zone, timestamp with time zone) IS 'What spans come to, by trace: those at hand as they are, and stored ones by their keys, if there are any.';

COMMENT ON FUNCTION "app"."sum_values"(text, timestamp with time zone, timestamp with time zone, integer, text[], text[], timestamp with time zone) IS 'Sums by dimensions of many values, of raw rows, and of what the sums leave out: see app.sum_spans.';

COMMENT ON FUNCTION "app"."tag_keys_argument"(jsonb) IS 'At most 8 keys of tags, each once, in the order given; refused in words otherwise.';

COMMENT ON FUNCTION "app"."take_away"(app.sums[], app.sums[]) IS 'The sums of one or more wholes without parts of the same piece and keys.';

COMMENT ON FUNCTION "app"."take_links"(text, integer) IS 'Takes away so many of a tenant''s notes, the oldest first.';

COMMENT ON FUNCTION "app"."take_spans"(text, text[], timestamp with time zone, timestamp with time zone, timestamp with time zone) IS 'Keeps the sums of those spans of these traces, in a window, that the expiry is about to take (app.expire_spans).';

COMMENT ON FUNCTION "app"."to_entry"(double precision) IS 'A measured value as an entry of a histogram: its bucket''s number in the high 24 bits, a count of 1 in the low 40.';

COMMENT ON FUNCTION "app"."to_key"(text, text, text) IS 'A value of a dimension, with the provider of a model, as app.sums has it.';

COMMENT ON FUNCTION "app"."to_sums"(app.sums, integer, text[], text[]) IS 'The same sums as those of another piece and of other keys.';

COMMENT ON FUNCTION "app"."value_of"(text, public.roll_ups) IS 'What a row of sums in detail says of a dimension of few values.';

COMMENT ON FUNCTION "app"."widen_ranges"(app.sum_range[], integer) IS 'The same time as one piece: in ranges of the widest grains, but for what is raw.';

COMMENT ON FUNCTION "app"."write_new"(text, public.spans[], public.span_contents[], timestamp with time zone, timestamp with time zone) IS 'Stores spans of traces that are new, with their summaries; answers how many. Refuses where one of them was written meanwhile: the writer begins again, with more care.';

COMMENT ON FUNCTION "app"."write_spans"(text, jsonb, text[], text[], boolean, boolean) IS 'Inserts a tenant''s spans that are new, merges those that are known, settles what is counted and moves the traces (careful: whether they look new or not); answers how many spans were new and how many known ones changed.';

COMMENT ON FUNCTION "public"."query_metrics"(timestamp with time zone, timestamp with time zone, text, text, text, text, jsonb, text, integer, boolean) IS 'Model calls of the caller''s tenant in window_start <= start_time < window_end that the filter lets through: totals with what they leave out, a series by minute, hour or day of a time zone, groups of a dimension (the top ones by a measure, each with its series and, then_by, groups within it), the others as one, and the window before. by_model has the models where they are grouped by, and without series where nothing is (group_by => null). requests and what follows are of model calls, spans of what else failed or is an operation, such as tools and agents. Percentiles are relative_error wrong at most. At most 1,500 buckets; refused without a tenant.';

COMMENT ON FUNCTION "public"."read_setup"(jsonb) IS 'Facts of how the project is set up, the same for each tenant: whether {"migration"} is applied, the jobs'' last runs, partitions that are missing, the newest price; and of the caller''s tenant how its last expiry ended, how its roll-ups are and how many spans its processes lost within a day.';

COMMENT ON FUNCTION "public"."run_roll_ups"(jsonb) IS 'A step of the job roll_ups, {"run_id"}: folds some hours of a tenant whose spans changed, the oldest first, in one transaction.';

COMMENT ON FUNCTION "public"."run_verification"(jsonb) IS 'A step of the job verification, {"run_id"}: compares roll-ups with the spans that they sum up, and has those that differ be folded anew.';

COMMENT ON FUNCTION "public"."set_retention"(jsonb) IS 'Sets {"span_days", "content_days"} of the caller''s tenant, and {"roll_up_days"} where it is given; null keeps. What is older goes with the next run of the job expiry.';

COMMENT ON FUNCTION "public"."set_tag_dimensions"(jsonb) IS 'Sets {"keys"}, the keys of tags by which sums of the caller''s tenant are kept, at most eight. Sums by a key that is left out go at once; for a new one all hours are read from spans until they are folded, and calls that expired before tell no value of it.';

COMMENT ON PROCEDURE "app"."fold_data"(integer) IS 'Runs the job roll_ups here and now, to its end. Safe to repeat, outside a transaction.';

COMMENT ON PROCEDURE "app"."verify_data"(integer) IS 'Runs the job verification here and now, over all sums of all tenants. Safe to repeat, outside a transaction.';

COMMENT ON TABLE "public"."response_chains" IS 'Responses that calls name as the one before, with what has changed about them since their calls'' sessions were found (spans.chained_session_id).';

COMMENT ON TABLE "public"."roll_up_changes" IS 'Marks: hours in which spans changed since they were folded into roll_ups. Who sums reads raw rows of these.';

COMMENT ON TABLE "public"."roll_up_progress" IS 'How far the jobs roll_ups and verification are with a tenant, and what the last verification found.';

COMMENT ON TABLE "public"."roll_ups" IS 'Sums over spans by 5 minutes, hour and day (UTC), as they were when the hour was folded. Ask query_metrics or the views metrics_by_…, which read raw rows where an hour has changed since (roll_up_changes).';

COMMENT ON TYPE "app"."firsts" IS 'The groups that have the most of a measure, a filter that lets them through, and the other groups as JSON. The filter lets all through where the group of what tells nothing is one of them.';

COMMENT ON TYPE "app"."histogram" IS 'A histogram as a row, so that many of them are gathered in one array.';

COMMENT ON TYPE "app"."let_in" IS 'The values that a filter lets through of each column of roll-ups; null: all of them.';

COMMENT ON TYPE "app"."reading" IS 'A question of sums and what of it is read once for all levels: the pieces of its window, their ranges (wide: as one piece) and what of these they share, and the sums of raw rows. dimensions: which one of the roll-ups each level is read from.';

COMMENT ON TYPE "app"."share" IS 'A part of a day (UTC) with a number of its own beyond those of the pieces: it is the piece''s, and stands in the day''s sums, which are read for another piece (outside).';

COMMENT ON TYPE "app"."sum_range" IS 'A part of a window''s piece of that number, in which roll-ups of a grain are read; or, if it is raw, raw rows and what was taken from them by that grain.';

COMMENT ON TYPE "app"."sums" IS 'Sums of one kind of spans (counted: model calls) in a window''s piece of that number: at level 0 of all, at level 1 by one dimension (key), at level 2 by two. A value is in an array, a model with its provider, and {} where nothing is told apart.';

COMMENT ON VIEW "public"."error_summaries" IS 'Failed spans by type (_OTHER: none was told), operation and canonical model.';

COMMENT ON VIEW "public"."metrics_by_day" IS 'Model calls per day (UTC).';

COMMENT ON VIEW "public"."metrics_by_hour" IS 'Model calls per hour (UTC), over all time. A percentile is at most app.relative_error() wrong, here and in the other views.';

COMMENT ON VIEW "public"."metrics_by_model" IS 'Model calls per provider and model, over all time. The model is the canonical one (spans.canonical_model), so that what failed stands beside what answered.';

COMMENT ON VIEW "public"."metrics_by_user" IS 'Model calls per user, over all time; of those without a user last_seen is not known.';

COMMENT ON VIEW "public"."model_calls" IS 'One row per model call: the one span that stands for it (spans.counted), unless its times cannot be true (spans.misdated). failed: it ended in an error, and costs nothing. unmeasured: answered, usage unknown. unpriced: answered, usage known, price unknown. Sums of cost leave out both. model: the name that answered; sums go by canonical_model.';

COMMENT ON VIEW "public"."retention_status" IS 'For how long a tenant keeps its data, what the last expiry took of it, and when the next is due.';

COMMENT ON VIEW "public"."span_details" IS 'Spans with all that is stored of them, content included where it was captured.';

COMMENT ON VIEW "public"."span_summaries" IS 'Spans without content: rows of a list or of a tree. unpriced and unmeasured as in model_calls.';

COMMENT ON VIEW "public"."tag_keys" IS 'Keys of tags on the model calls among each tenant''s newest 10,000 spans, and on how many of these calls each stands. set_tag_dimensions chooses those by which sums are kept (tenants.tag_dimensions).';

COMMENT ON VIEW "public"."trace_summaries" IS 'One row per trace: duration, tokens, cost, errors. total_cost_usd leaves out unpriced_requests and unmeasured_requests. A trace without a root has the name of its topmost span; its session, user and customer are its root''s, else the least that a span tells; its session else that of its chain of responses. start_time to end_time is the window of its well-dated spans, earliest to latest that of all.';

REVOKE ALL ON FUNCTION "app"."add_sums"(app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."add_sums"(app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."add_to_traces"(text, text[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."add_untold"(app.reading, app.sums[], app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."add_untold"(app.reading, app.sums[], app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."add_up"(text, text[], integer, timestamp WITH time zone, timestamp WITH time zone, integer, boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."amount_left"(numeric, numeric, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."amount_left"(numeric, numeric, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."attribution_expression"(text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."attribution_expression"(text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."begin_traces"(text, public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."chain_session"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."check_budget"(public.tenants) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."check_dimension"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_dimension"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."check_filter"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_filter"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."check_question"(text, text, text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_question"(text, text, text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."check_some"(text, uuid, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."check_step"(uuid, integer, interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."check_time_zone"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_time_zone"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."choose_dimension"(text, jsonb, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."choose_dimension"(text, jsonb, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."choose_hours"(text, timestamp WITH time zone, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."choose_price"(public.model_prices[], text, public.spans) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."close_dimensions"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."close_dimensions"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compare_sums"(text, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."count_drift"(text, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."count_misdated"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."count_misdated"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."count_started"(text, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."count_told"(app.sums[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."count_told"(app.sums[], text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."current_calls"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."current_calls"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."current_sums"(text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."current_sums"(text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_all"(app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_all"(app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_group_series"(timestamp WITH time zone[], app.sums[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_group_series"(timestamp WITH time zone[], app.sums[], text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_groups"(app.reading, timestamp WITH time zone[], app.sums[], app.sums[], text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_groups"(app.reading, timestamp WITH time zone[], app.sums[], app.sums[], text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_inner_groups"(app.reading, app.sums[], text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_inner_groups"(app.reading, app.sums[], text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_others"(app.sums[], app.sums[], app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_others"(app.sums[], app.sums[], app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_previous"(timestamp WITH time zone, timestamp WITH time zone, app.reading) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_previous"(timestamp WITH time zone, timestamp WITH time zone, app.reading) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_ranked"(app.reading, timestamp WITH time zone[], app.sums[], app.sums[], app.sums[], text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_ranked"(app.reading, timestamp WITH time zone[], app.sums[], app.sums[], app.sums[], text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_roll_ups"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."describe_series"(timestamp WITH time zone[], app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_series"(timestamp WITH time zone[], app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_sums"(app.sums, app.sums) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_sums"(app.sums, app.sums) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."detail_dimensions"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."detail_dimensions"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."digest_source"(public.tenants) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."dimension_expression"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."dimension_expression"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."entries_left"(bigint[], bigint[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."entries_left"(bigint[], bigint[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."expire_links"(text, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."expire_roll_ups"(text, timestamp WITH time zone, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_attribution"(text, text, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_attribution"(text, text, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_chained_session"(text, public.spans) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_check_end"(text, timestamp WITH time zone, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_folding"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_noted"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_tenant"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."fine_dimensions"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."fine_dimensions"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."fine_since"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."fine_since"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."fold_day"(text, timestamp WITH time zone, text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."fold_hours"(text, timestamp WITH time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."fold_range"(text, timestamp WITH time zone, timestamp WITH time zone, text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."fold_some"(text, uuid, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."fold_step"(uuid, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."hold_calls"(text, text[], boolean, text[], boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."hold_folding"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."hold_sums"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."inner_name"(app.reading, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."inner_name"(app.reading, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."is_by_value"(text, app.let_in) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."is_by_value"(text, app.let_in) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."is_kept"(text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."is_kept"(text, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."is_let_in"(public.roll_ups, app.let_in) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."is_let_in"(public.roll_ups, app.let_in) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."is_mapping_field"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."is_mapping_field"(text) TO "service_role";

REVOKE ALL ON FUNCTION "app"."is_named"(text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_percentile"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."is_percentile"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."keep_attribution"(text, text[], timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."kept_expression"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."kept_expression"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."kept_finely"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."kept_values"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."kept_values"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."key_expression"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."key_expression"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."key_of"(text, public.roll_ups) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."key_of"(text, public.roll_ups) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."knows_any"(text, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."linked_responses"(text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_days"(timestamp WITH time zone, timestamp WITH time zone, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_days"(timestamp WITH time zone, timestamp WITH time zone, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_dimensions"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_dimensions"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_firsts"(app.reading, app.sums[], text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_firsts"(app.reading, app.sums[], text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_folded"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_followers"(text, public.response_chains[], integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_linked"(text, text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_links"(public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_marked"(text, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_marked"(text, timestamp WITH time zone, timestamp WITH time zone) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_measures"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_measures"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_points"(timestamp WITH time zone, timestamp WITH time zone, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_points"(timestamp WITH time zone, timestamp WITH time zone, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_prices"(text, text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_raw_sums"(app.reading) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_raw_sums"(app.reading) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_rich_sums"(text, timestamp WITH time zone[], integer, text, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_rich_sums"(text, timestamp WITH time zone[], integer, text, text, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_roll_up_columns"(boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_shares"(app.sum_range[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_shares"(app.sum_range[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_sums"(app.reading, integer, boolean, jsonb, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_sums"(app.reading, integer, boolean, jsonb, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."look_over"(public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."mark_hours"(text, timestamp WITH time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."may_wrap"(text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."measure_of"(app.sums, app.sums, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."measure_of"(app.sums, app.sums, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."merge_histogram"(bigint[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."merge_histogram"(bigint[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."merge_histograms"(app.histogram[], app.histogram[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."merge_histograms"(app.histogram[], app.histogram[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."merge_taken"(text, text[], integer, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."move_call"(text, public.spans) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."move_traces"(text, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."name_key"(text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."name_key"(text, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."next_range"(integer, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."next_range"(integer, timestamp WITH time zone, timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."note_attribution"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."note_changed"(text, public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."note_changes"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."note_check"(text, uuid, timestamp WITH time zone, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."note_folding"(text, uuid, timestamp WITH time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."note_links"(text, text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."note_retold"(text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."outer_name"(app.reading, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."outer_name"(app.reading, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."pair_sums"(app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."pair_sums"(app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."percentiles_of"(bigint[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."percentiles_of"(bigint[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."plan_ranges"(text, timestamp WITH time zone[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."plan_ranges"(text, timestamp WITH time zone[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."prune_fine"(uuid, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."quantiles"(bigint[], double precision[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."quantiles"(bigint[], double precision[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."rank_groups"(app.sums[], text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."rank_groups"(app.sums[], text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_filter"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_filter"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_firsts"(app.reading, app.sums[], text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_firsts"(app.reading, app.sums[], text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_groups"(app.reading, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_groups"(app.reading, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_inner_groups"(app.reading, app.sums[], boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_inner_groups"(app.reading, app.sums[], boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_level"(app.reading, integer, boolean, jsonb, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_level"(app.reading, integer, boolean, jsonb, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_named"(app.reading, app.sums[], text[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_named"(app.reading, app.sums[], text[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_parts"(text, text, app.sum_range[], text, text, app.let_in) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_parts"(text, text, app.sum_range[], text, text, app.let_in) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."relative_error"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."relative_error"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."remember_named"(text, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."settle_chains"(text, integer, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."settle_shares"(app.share[], app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."settle_shares"(app.share[], app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."settle_some"(text, uuid, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."share_days"(app.sum_range[], app.share[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."share_days"(app.sum_range[], app.share[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."start_reading"(text, timestamp WITH time zone[], text, text, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."start_reading"(text, timestamp WITH time zone[], text, text, text, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sum_details"(text, timestamp WITH time zone, timestamp WITH time zone, integer, boolean, boolean, text[], timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE
  ON FUNCTION "app"."sum_details"(text, timestamp WITH time zone, timestamp WITH time zone, integer, boolean, boolean, text[], timestamp WITH time zone)
  TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sum_plainly"(public.roll_ups[], text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."sum_plainly"(public.roll_ups[], text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sum_spans"(text, timestamp WITH time zone, timestamp WITH time zone, integer, text[], text[], timestamp WITH time zone, boolean) FROM PUBLIC;

GRANT EXECUTE
  ON FUNCTION "app"."sum_spans"(text, timestamp WITH time zone, timestamp WITH time zone, integer, text[], text[], timestamp WITH time zone, boolean)
  TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sum_up"(text, public.spans[], text[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."sum_values"(text, timestamp WITH time zone, timestamp WITH time zone, integer, text[], text[], timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE
  ON FUNCTION "app"."sum_values"(text, timestamp WITH time zone, timestamp WITH time zone, integer, text[], text[], timestamp WITH time zone)
  TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."tag_keys_argument"(jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."take_away"(app.sums[], app.sums[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."take_away"(app.sums[], app.sums[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."take_links"(text, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."take_spans"(text, text[], timestamp WITH time zone, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."to_entry"(double precision) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."to_entry"(double precision) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."to_key"(text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."to_key"(text, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."to_sums"(app.sums, integer, text[], text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."to_sums"(app.sums, integer, text[], text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."value_of"(text, public.roll_ups) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."value_of"(text, public.roll_ups) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."widen_ranges"(app.sum_range[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."widen_ranges"(app.sum_range[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_new"(text, public.spans[], public.span_contents[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."write_spans"(text, jsonb, text[], text[], boolean, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text, text, text, text, jsonb, text, integer, boolean) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text, text, text, text, jsonb, text, integer, boolean) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."run_roll_ups"(jsonb) TO "llm_operator";

GRANT EXECUTE ON FUNCTION "public"."run_verification"(jsonb) TO "llm_operator";

GRANT EXECUTE ON FUNCTION "public"."set_tag_dimensions"(jsonb) TO "llm_admin";

REVOKE ALL ON PROCEDURE "app"."fold_data"(integer) FROM PUBLIC;

REVOKE ALL ON PROCEDURE "app"."verify_data"(integer) FROM PUBLIC;

GRANT SELECT ON TABLE "public"."response_chains" TO "llm_admin";

REVOKE ALL ON TABLE "public"."response_chains" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."response_chains" TO "service_role";

REVOKE ALL ON TABLE "public"."roll_up_changes" FROM "authenticated";

GRANT SELECT ON TABLE "public"."roll_up_changes" TO "authenticated";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."roll_up_changes" TO "service_role";

GRANT SELECT ON TABLE "public"."roll_up_progress" TO "llm_admin";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."roll_up_progress" TO "service_role";

REVOKE ALL ON TABLE "public"."roll_ups" FROM "authenticated";

GRANT SELECT ON TABLE "public"."roll_ups" TO "authenticated";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."roll_ups" TO "service_role";

REVOKE ALL ("roll_up_days") ON TABLE "public"."tenants" FROM "authenticated";

GRANT SELECT ("roll_up_days") ON TABLE "public"."tenants" TO "authenticated";

REVOKE ALL ("tag_dimensions") ON TABLE "public"."tenants" FROM "authenticated";

GRANT SELECT ("tag_dimensions") ON TABLE "public"."tenants" TO "authenticated";

REVOKE ALL ("roll_up_days") ON TABLE "public"."tenants" FROM "llm_admin";

GRANT SELECT ("roll_up_days") ON TABLE "public"."tenants" TO "llm_admin";

REVOKE ALL ("tag_dimensions") ON TABLE "public"."tenants" FROM "llm_admin";

GRANT SELECT ("tag_dimensions") ON TABLE "public"."tenants" TO "llm_admin";

REVOKE ALL ON TABLE "public"."error_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."error_summaries" TO "authenticated";

GRANT SELECT ON TABLE "public"."error_summaries" TO "service_role";

REVOKE ALL ON TABLE "public"."metrics_by_day" FROM "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_day" TO "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_day" TO "service_role";

REVOKE ALL ON TABLE "public"."metrics_by_hour" FROM "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_hour" TO "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_hour" TO "service_role";

REVOKE ALL ON TABLE "public"."metrics_by_model" FROM "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_model" TO "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_model" TO "service_role";

REVOKE ALL ON TABLE "public"."metrics_by_user" FROM "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_user" TO "authenticated";

GRANT SELECT ON TABLE "public"."metrics_by_user" TO "service_role";

REVOKE ALL ON TABLE "public"."model_calls" FROM "authenticated";

GRANT SELECT ON TABLE "public"."model_calls" TO "authenticated";

GRANT SELECT ON TABLE "public"."model_calls" TO "service_role";

GRANT SELECT ON TABLE "public"."retention_status" TO "llm_admin";

GRANT SELECT ON TABLE "public"."retention_status" TO "service_role";

REVOKE ALL ON TABLE "public"."span_details" FROM "authenticated";

GRANT SELECT ON TABLE "public"."span_details" TO "authenticated";

GRANT SELECT ON TABLE "public"."span_details" TO "service_role";

REVOKE ALL ON TABLE "public"."span_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."span_summaries" TO "authenticated";

GRANT SELECT ON TABLE "public"."span_summaries" TO "service_role";

REVOKE ALL ON TABLE "public"."tag_keys" FROM "authenticated";

GRANT SELECT ON TABLE "public"."tag_keys" TO "authenticated";

GRANT SELECT ON TABLE "public"."tag_keys" TO "service_role";

REVOKE ALL ON TABLE "public"."trace_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."trace_summaries" TO "authenticated";

GRANT SELECT ON TABLE "public"."trace_summaries" TO "service_role";

ALTER TABLE "public"."attribute_mappings"
  ADD CONSTRAINT "attribute_mappings_field_check" CHECK (((length(field) <= 68) AND app.is_mapping_field(field)));

-- by hand: copied from supabase/schemas/82_folding_job.sql. May it run a second time?
do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-roll-ups', '*/5 * * * *', 'call app.fold_data()');
  end if;
end
$$;

-- by hand: copied from supabase/schemas/83_verification.sql. May it run a second time?
do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-verification', '29 4 * * *', 'call app.verify_data()');
  end if;
end
$$;

-- by hand: every hour with spans is read from raw rows until the job has folded it.
insert into public.roll_up_changes (tenant_id, hour)
select distinct tenant_id, date_bin('1 hour', start_time, 'epoch') from public.spans
where misdated is null;

-- by hand: what the summaries say from now on of traces that were stored before.
do $$
begin
  perform app.summarize_traces(tenant_id, array_agg(distinct trace_id))
    from public.spans
    where status = 'error' or counted and canonical_model is distinct from model
    group by tenant_id;
end
$$;
