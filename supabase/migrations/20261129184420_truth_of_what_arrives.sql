-- truth_of_what_arrives: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

SET local check_function_bodies = off;

DROP INDEX "public"."spans_ahead";

DROP INDEX "public"."spans_calls";

DROP VIEW "public"."error_summaries";

DROP VIEW "public"."metrics_by_day";

DROP VIEW "public"."metrics_by_hour";

DROP VIEW "public"."metrics_by_model";

DROP VIEW "public"."metrics_by_user";

DROP VIEW "public"."model_calls";

DROP VIEW "public"."span_details";

DROP VIEW "public"."span_summaries";

DROP VIEW "public"."trace_summaries";

DROP FUNCTION "app"."encloses"(app.call, app.call);

DROP FUNCTION "app"."find_enclosed"(text, public.spans[], timestamp WITH time zone, timestamp WITH time zone);

DROP FUNCTION "app"."find_enclosing"(text, public.spans[], timestamp WITH time zone, timestamp WITH time zone);

DROP FUNCTION "app"."find_misjudged"(text, public.spans[], boolean, timestamp WITH time zone, timestamp WITH time zone);

CREATE TABLE "public"."evaluations" (
  "tenant_id"     text                     NOT NULL,
  "evaluation_id" text                     NOT NULL,
  "name"          text                     NOT NULL,
  "score"         double precision,
  "label"         text,
  "explanation"   text,
  "trace_id"      text,
  "span_id"       text,
  "response_id"   text,
  "evaluated_at"  timestamp with time zone,
  "received_at"   timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "evaluations_evaluation_id_check" CHECK ((evaluation_id ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT "evaluations_explanation_check" CHECK ((length(explanation) <= 8192)),
  CONSTRAINT "evaluations_label_check" CHECK ((length(label) <= 256)),
  CONSTRAINT "evaluations_name_check" CHECK (((length(name) >= 1) AND (length(name) <= 256))),
  CONSTRAINT "evaluations_pkey" PRIMARY KEY (tenant_id, evaluation_id),
  CONSTRAINT "evaluations_response_id_check" CHECK (((length(response_id) >= 1) AND (length(response_id) <= 256))),
  CONSTRAINT "evaluations_score_check"
    CHECK
    (((score >=
    ('-1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision) AND (score <= ('1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision))),
  CONSTRAINT "evaluations_span_id_check" CHECK (((octet_length(span_id) = 16) AND (span_id ~ '^[0-9a-f]*$'::text))),
  CONSTRAINT "evaluations_subject" CHECK (((trace_id IS NOT NULL) OR (response_id IS NOT NULL))),
  CONSTRAINT "evaluations_trace_id_check" CHECK (((octet_length(trace_id) = 32) AND (trace_id ~ '^[0-9a-f]*$'::text))),
  CONSTRAINT "evaluations_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."evaluations"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."evaluations"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."evaluations" FROM "anon";

ALTER TABLE "public"."model_prices"
  ADD COLUMN "input_image_per_mtok" numeric;

ALTER TABLE "public"."model_prices"
  ADD COLUMN "cache_image_read_per_mtok" numeric;

ALTER TABLE "public"."model_prices"
  ADD COLUMN "output_image_per_mtok" numeric;

ALTER TABLE "public"."spans"
  ADD COLUMN "unknown_because" text;

ALTER TABLE "public"."spans"
  ADD COLUMN "cost_min_usd" numeric;

ALTER TABLE "public"."spans"
  ADD COLUMN "cost_max_usd" numeric;

ALTER TABLE "public"."spans"
  ADD COLUMN "usage_uncounted" text;

ALTER TABLE "public"."spans"
  ADD COLUMN "process_keys" text[];

ALTER TABLE "public"."spans"
  ADD COLUMN "misdated" text;

ALTER TABLE "public"."spans"
  ADD COLUMN "possible_duplicate" boolean DEFAULT false;

ALTER TABLE "public"."traces"
  ADD COLUMN "root_session_id" text;

ALTER TABLE "public"."traces"
  ADD COLUMN "root_user_id" text;

ALTER TABLE "public"."traces"
  ADD COLUMN "misdated" text[] NOT NULL DEFAULT '{}'::text[];

ALTER TABLE "public"."traces"
  ADD COLUMN "undated" boolean NOT NULL DEFAULT false;

ALTER TABLE "public"."traces"
  ADD COLUMN "earliest" timestamp WITH time zone;

ALTER TABLE "public"."traces"
  ADD COLUMN "latest" timestamp WITH time zone;

CREATE TYPE "app"."pairs" AS (
  "enclosing" integer[],
  "crowded"   integer[],
  "doubtful"  integer[]
);

-- by hand: in the order of the schema.
ALTER TYPE "app"."call" ADD ATTRIBUTE "process_keys" text[] CASCADE;

ALTER TYPE "app"."call" ADD ATTRIBUTE "input_length" integer CASCADE;

ALTER TYPE "app"."call" ADD ATTRIBUTE "tiered" boolean CASCADE;

CREATE OR REPLACE FUNCTION app.add_to_traces (
  tenant  text,
  arrived public.spans[],
  keys    text[],
  since   timestamp with time zone,
  until   timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  -- An insert for its conflict: each row is there (hold_traces) and is found by the primary key,
  -- which no plan for an update of many is sure to take.
  insert into public.traces as known (
    tenant_id, trace_id, root_span_id, root_start_ns, root_span_name, root_status,
    start_time, end_time, start_ns, end_ns, span_count, error_count, requests,
    unpriced_requests, unmeasured_requests, input_tokens, output_tokens, total_tokens,
    total_cost_usd, models, providers, operations, service_name, environment, session_id, user_id,
    root_session_id, root_user_id, misdated, undated, earliest, latest)
  select tenant, trace_id,
    -- The same aggregate again and again is one to Postgres.
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][1],
    min(start_ns) filter (where parent_span_id is null),
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][2],
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][3],
    coalesce(min(start_time) filter (where misdated is null), min(start_time)),
    coalesce(max(end_time) filter (where misdated is null), max(end_time)),
    coalesce(min(start_ns) filter (where misdated is null), min(start_ns)),
    coalesce(max(end_ns) filter (where misdated is null), max(end_ns)),
    count(*), count(*) filter (where status = 'error'), count(*) filter (where counted),
    count(*) filter (where counted and app.is_unpriced(status, total_tokens, cost_usd)),
    count(*) filter (where counted and app.is_unmeasured(status, total_tokens)),
    sum(input_tokens) filter (where counted), sum(output_tokens) filter (where counted),
    sum(total_tokens) filter (where counted), sum(cost_usd) filter (where counted),
    coalesce((array_agg(distinct model order by model) filter (where counted and model is not null))[1:32], '{}'),
    coalesce((array_agg(distinct provider order by provider) filter (where counted and provider is not null))[1:32], '{}'),
    coalesce((array_agg(distinct operation order by operation) filter (where operation is not null))[1:32], '{}'),
    min(service_name), min(environment), min(session_id), min(user_id),
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][4],
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][5],
    array_remove(array[max(misdated) filter (where misdated = 'future'), max(misdated) filter (where misdated = 'past')], null),
    coalesce(bool_and(misdated is not null), false), min(start_time), max(end_time)
  from (select * from unnest(arrived)
    union all select * from app.find_keyed(tenant, keys, since, until)) s
  cross join lateral (values (array[span_id, name, status, session_id, user_id])) r (root)
  group by trace_id
  on conflict (tenant_id, trace_id) do update set
    -- The first of several roots, whichever was delivered first.
    (root_span_id, root_start_ns, root_span_name, root_status, root_session_id, root_user_id) = (
      select root.* from (values
        (known.root_span_id, known.root_start_ns, known.root_span_name, known.root_status,
          known.root_session_id, known.root_user_id),
        (excluded.root_span_id, excluded.root_start_ns, excluded.root_span_name, excluded.root_status,
          excluded.root_session_id, excluded.root_user_id)
      ) root (span_id, start_ns, name, status, session_id, user_id)
      order by start_ns, span_id limit 1),
    -- The window of well-dated spans, and beside it that of all, where it is another.
    (start_time, end_time, start_ns, end_ns, earliest, latest) = (
      select shown.start_time, shown.end_time, shown.start_ns, shown.end_ns,
        nullif(least(known.start_time, known.earliest, excluded.earliest), shown.start_time),
        nullif(greatest(known.end_time, known.latest, excluded.latest), shown.end_time)
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
    service_name = least(known.service_name, excluded.service_name),
    environment = least(known.environment, excluded.environment),
    session_id = least(known.session_id, excluded.session_id), user_id = least(known.user_id, excluded.user_id),
    updated_at = now();
end
$function$;

CREATE OR REPLACE FUNCTION app.are_tags (
  tags jsonb
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
RETURN
  ((jsonb_typeof(tags) = 'object'::text) AND (pg_column_size(tags) <= 65536) AND (NOT jsonb_path_exists(tags,
  'strict $.keyvalue()?((@."value".type() != "string" || @."key" like_regex "^.{65}" flag "s") || @."value" like_regex "^.{128}.{129}" flag "s")'::jsonpath, silent => true)));

CREATE OR REPLACE FUNCTION app.bound_cost (
  buckets jsonb,
  price   public.model_prices,
  OUT     least_usd numeric,
  OUT     most_usd numeric,
  OUT     because text
)
  RETURNS record
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  with kind as (
    select * from (values
      ('input_uncached', array[price.input_per_mtok], array[price.input_image_per_mtok],
        'input_image'),
      ('cache_read', array[coalesce(price.cache_read_per_mtok, price.input_per_mtok)],
        array[price.cache_image_read_per_mtok], 'input_image'),
      ('cache_write', array[coalesce(price.cache_write_per_mtok, price.input_per_mtok)], null, null),
      ('cache_write_1h', array[coalesce(price.cache_write_1h_per_mtok, price.cache_write_per_mtok,
        price.input_per_mtok)], null, null),
      ('input_audio', array[coalesce(price.input_audio_per_mtok, price.input_per_mtok)], null, null),
      ('cache_audio_read', array[coalesce(price.cache_audio_read_per_mtok,
        price.input_audio_per_mtok, price.cache_read_per_mtok, price.input_per_mtok)], null, null),
      ('input_image', array[price.input_image_per_mtok], null, null),
      ('cache_image_read', array[price.cache_image_read_per_mtok], null, null),
      ('input_unsplit', app.unsplit_rates(buckets, price),
        array[price.input_image_per_mtok, price.cache_image_read_per_mtok], 'input_image'),
      ('output_text', array[price.output_per_mtok], array[price.output_image_per_mtok],
        'output_image'),
      ('reasoning', array[coalesce(price.reasoning_per_mtok, price.output_per_mtok)], null, null),
      ('output_audio', array[coalesce(price.output_audio_per_mtok, price.output_per_mtok)],
        null, null),
      ('output_image', array[price.output_image_per_mtok], null, null),
      ('output_unsplit', array[price.output_per_mtok, case when buckets ? 'reasoning'
          then price.output_per_mtok else coalesce(price.reasoning_per_mtok, price.output_per_mtok) end],
        array[price.output_image_per_mtok], 'output_image')
    ) as k(bucket, rates, images, teller)
  ), used as (
    select e.key as bucket, e.value::numeric as tokens, told.least, told.most,
      coalesce(array_position(k.rates, null) is null and k.rates is not null, false) as priced,
      least(told.least, seen.least) as lowest, greatest(told.most, seen.most) as highest
    from jsonb_each(buckets) e left join kind k on k.bucket = e.key
    cross join lateral (
      select min(rate) as least, max(rate) as most from unnest(k.rates) rate) told
    cross join lateral (
      select min(rate) as least, max(rate) as most from unnest(k.images) rate
      where not buckets ? k.teller) seen
    where e.value::numeric > 0
  )
  select
    case when bool_and(priced) is not false then
      round(coalesce(sum(tokens * lowest), 0) / 1000000, 12) end,
    case when bool_and(priced) is not false then
      round(coalesce(sum(tokens * highest), 0) / 1000000, 12) end,
    case
      when bool_or(priced and least < most and bucket = 'input_unsplit') then 'cache_not_told'
      when bool_or(priced and least < most) then 'reasoning_not_told'
      when bool_or(priced and lowest < highest) then 'image_not_told'
      else 'part_not_priced'
    end
  from used
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
  AS $function$
begin
  return (
    with marked as materialized (
      select usage_uncounted as because, count(*) as spans,
        count(*) filter (where possible_duplicate and counted) as duplicates
      from public.spans
      where tenant_id = tenant and start_time >= window_start and start_time < window_end
        and misdated is null
        -- As the index asks that has these.
        and (usage_uncounted is not null or possible_duplicate or misdated is not null)
      group by 1
    )
    select jsonb_build_object(
      'possible_duplicates', (select coalesce(sum(duplicates), 0) from marked),
      'left_out', jsonb_build_object(
        'usage_uncounted', (
          select coalesce(jsonb_agg(jsonb_build_object('because', because, 'spans', spans)
            order by spans desc, because), '[]')
          from (select * from marked where because is not null
            order by spans desc, because limit 20) most),
        'misdated', (
          select jsonb_build_object(
            'future', count(*) filter (where misdated = 'future'),
            'past', count(*) filter (where misdated = 'past'))
          from public.spans where tenant_id = tenant and misdated is not null))));
end
$function$;

CREATE OR REPLACE FUNCTION app.differ_in_container (
  keys   text[],
  others text[]
)
  RETURNS boolean
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  -- Most keys are of no container: a look at the text is less work than one at each.
  return keys::text like '%container:%' and others::text like '%container:%'
    and not exists (select from unnest(keys) key where key like 'container:%' and key = any(others));
end
$function$;

CREATE OR REPLACE FUNCTION app.earliest_call()
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN '2015-01-01 00:00:00+00'::timestamp WITH time zone;

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
  gone record;
  old_contents bigint;
  old_evaluations bigint;
begin
  perform pg_advisory_xact_lock(app.tenant_lock(tenant));
  select app.kept_since(span_days), app.kept_since(coalesce(content_days, span_days))
    into spans_since, contents_since from public.tenants where tenant_id = tenant;
  gone := app.expire_spans(tenant, spans_since, most);
  old_contents := app.expire_contents(tenant, contents_since, most);
  old_evaluations := app.expire_evaluations(tenant, spans_since, contents_since, most);
  if run is not null then
    perform app.note_expiry(tenant, run, gone.spans, gone.contents + old_contents, gone.traces);
  end if;
  return gone.seen + old_contents + old_evaluations;
end
$function$;

CREATE OR REPLACE FUNCTION app.expire_contents (
  tenant text,
  since  timestamp with time zone,
  most   integer
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  gone bigint;
begin
  delete from public.span_contents c using (
      (select trace_id, span_id, start_time from public.span_contents
        where tenant_id = tenant and start_time >= app.earliest_call() and start_time < since
        order by start_time limit most)
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
$function$;

CREATE OR REPLACE FUNCTION app.expire_evaluations (
  tenant        text,
  since         timestamp with time zone,
  content_since timestamp with time zone,
  most          integer
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  expired bigint;
begin
  update public.evaluations set explanation = null
    where tenant_id = tenant and received_at < content_since and explanation is not null;
  delete from public.evaluations
    where tenant_id = tenant and evaluation_id in (
      select evaluation_id from public.evaluations
      where tenant_id = tenant and received_at < since order by received_at limit most);
  get diagnostics expired = row_count;
  return expired;
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
  calls public.spans[];
begin
  -- A trace starts with its first span: it is late exactly while it has, or had, a span too old.
  old_traces := array(
    (select trace_id from public.traces where tenant_id = tenant and start_time < since and not undated
      order by start_time, trace_id limit most)
    union
    (select trace_id from app.find_ahead(tenant, since) limit most));
  seen := cardinality(old_traces);
  -- By the summaries, since the spans of a dropped month are gone already.
  spans := app.count_spans(tenant, old_traces);
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
  -- The spans that are left start later, and within an hour of one that told of the same call.
  select array(select g::public.spans from gone g where countable and start_time >= since - interval '1 hour'),
    (select count(*) from contents_gone) + (select count(*) from contents_alone) into calls, contents;
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, old_traces);
  spans := spans - app.count_spans(tenant, old_traces);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_affected (
  tenant  text,
  touched public.spans[],
  added   text[],
  mixed   boolean,
  since   timestamp with time zone,
  until   timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
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
      select c.* from (
        select span from keys union all select n::public.spans from near n
      ) k cross join lateral (
        select * from public.spans c
        where tenant_id = tenant and trace_id = (k.span).trace_id
          and parent_span_id between (k.span).span_id and (k.span).span_id
          and start_time between since and until
          and countable and app.is_hollow(app.to_call(c), app.to_call(k.span))
        order by parent_span_id) c
      where mixed and (k.span).response_id is not null and (k.span).usage_status = 'reported'
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
    ) s);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_ahead (
  tenant text,
  since  timestamp with time zone
)
  RETURNS TABLE (
    trace_id   text,
    span_id    text,
    start_time timestamp with time zone
  )
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select s.trace_id, s.span_id, s.start_time from public.spans s
  where s.tenant_id = tenant and (s.start_time > s.received_at or s.misdated is not null)
    and s.received_at < since
    -- The others are late by their start already.
    and (s.start_time >= since or s.misdated is not null)
$function$;

CREATE OR REPLACE FUNCTION app.find_crowded (
  outside integer[],
  inside  integer[]
)
  RETURNS integer[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  places integer[] := array(select distinct place from unnest(outside || inside) place);
  leader integer[];
  one integer;
  other integer;
begin
  if cardinality(places) <= app.most_entangled() then
    return '{}';
  end if;
  leader := array(select generate_series(1, (select max(place) from unnest(places) place)));
  for edge in 1 .. cardinality(outside) loop
    one := outside[edge];
    other := inside[edge];
    while leader[one] <> one loop
      leader[one] := leader[leader[one]];
      one := leader[one];
    end loop;
    while leader[other] <> other loop
      leader[other] := leader[leader[other]];
      other := leader[other];
    end loop;
    leader[greatest(one, other)] := least(one, other);
  end loop;
  -- A leader comes before those it leads.
  for place in 1 .. cardinality(leader) loop
    leader[place] := leader[leader[place]];
  end loop;
  return array(
    select place from (
      select place, count(*) over (partition by leader[place]) as many from unnest(places) place) p
    where many > app.most_entangled());
end
$function$;

CREATE OR REPLACE FUNCTION app.find_doubtful (
  tenant  text,
  settled public.spans[]
)
  RETURNS integer[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  since timestamptz := (select min(start_time) from unnest(settled));
  until timestamptz := (select max(start_time) from unnest(settled));
begin
  return array(
    select place from (
      select place, settled[place] as w from generate_subscripts(settled, 1) place offset 0) s
    cross join lateral (
      select from public.spans c
      where c.tenant_id = tenant
        and c.start_time between (w).start_time and app.latest_of(w)
        and c.start_time between since and until + app.call_window()
        and c.countable and app.resembles(app.to_call(w), app.to_call(c))
        and not app.is_proven(app.to_call(w), app.to_call(c))
      order by c.start_time limit 1) c
    where (w).counted and (w).response_id is null and (w).instrumentation is not null);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_enclosed (
  tenant text,
  calls  public.spans[],
  proven boolean,
  most   integer,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    select c::public.spans from unnest(calls) w cross join lateral (
      select c.* from public.spans c
      where c.tenant_id = tenant
        and c.start_time between w.start_time and app.latest_of(w)
        and c.start_time between since and until + app.call_window()
        and c.countable and app.resembles(app.to_call(w), app.to_call(c))
        and (not proven or app.is_proven(app.to_call(w), app.to_call(c)))
      order by c.start_time limit most) c
    where w.countable and w.response_id is null and w.instrumentation is not null);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_enclosing (
  tenant text,
  calls  public.spans[],
  proven boolean,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    with models as (
      select request_model, min(start_ns) as first_ns, max(start_ns) as last_ns,
        bool_or(streamed and start_ns = end_ns) as logged
      from unnest(calls)
      where countable and instrumentation is not null and request_model is not null
      group by request_model
    ),
    -- As many as there are lengths of spans in spans_unnamed, and how far back each can reach.
    lengths as materialized (
      -- A log tells of a stream that opened long before, however soon.
      select m.request_model, l.length,
        case when m.logged then greatest(l.reach_ns, app.stream_window_ns()) else l.reach_ns end as reach_ns
      from models m
      cross join (values (0, 10000000000), (1, 100000000000), (2, 1000000000000), (3, app.call_window_ns())
        ) l (length, reach_ns)
      cross join lateral (
        select from public.spans w
        where w.tenant_id = tenant
          and hashtextextended(w.request_model, 0) = hashtextextended(m.request_model, 0)
          and width_bucket(w.end_ns - w.start_ns, '{10000000000,100000000000,1000000000000}'::bigint[]) = l.length
          and w.start_ns between m.first_ns - case when m.logged then greatest(l.reach_ns, app.stream_window_ns()) else l.reach_ns end
            and m.last_ns
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
          and w.countable and w.response_id is null and app.resembles(app.to_call(w), app.to_call(c))
          and (not proven or app.is_proven(app.to_call(w), app.to_call(c)))
        order by w.start_ns) w
      where c.countable) w);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_entangled (
  tenant   text,
  touched  public.spans[],
  affected public.spans[]
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  last public.spans[] := array(select distinct s from unnest(touched || affected) s);
  proven boolean := false;
  since timestamptz;
  until timestamptz;
begin
  while last <> '{}' loop
    select min(start_time), max(start_time) into since, until from unnest(last) where countable;
    last := array(
      select distinct on (trace_id, span_id) f
      from unnest(
        app.find_enclosing(tenant, last, proven, since, until)
        || app.find_enclosed(tenant, last, true, app.most_entangled(), since, until)) f
      where (trace_id, span_id) not in (select trace_id, span_id from unnest(affected)));
    affected := affected || last;
    proven := true;
    if cardinality(affected) > app.most_entangled() then
      last := app.leave_crowded(affected, last);
    end if;
  end loop;
  return affected;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_misdating (
  start_time  timestamp with time zone,
  end_time    timestamp with time zone,
  received_at timestamp with time zone
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (start_time < app.earliest_call()) THEN 'past'::text WHEN ((GREATEST(start_time, end_time) - received_at) > '24:00:00'::interval) THEN 'future'::text ELSE
  NULL::text END;

CREATE OR REPLACE FUNCTION app.find_nested (
  tenant           text,
  arrived          public.spans[],
  held             text[],
  instrumentations text[],
  since            timestamp with time zone,
  until            timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  found public.spans[] := '{}';
begin
  if cardinality(instrumentations) > 1 then
    found := app.find_enclosing(tenant, arrived, false, since, until)
      || app.find_enclosed(tenant, arrived, false, 16, since, until);
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
$function$;

CREATE OR REPLACE FUNCTION app.find_topmost (
  tenant text,
  trace  text,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return (
    with within as materialized (
      select span_id, parent_span_id, name, start_ns, misdated from public.spans
      where tenant_id = tenant and trace_id between trace and trace
        and start_time between since and until
      order by trace_id  -- asks for the primary key (see app.add_to_traces)
    )
    select name from within
    -- In a circle every parent is stored: its earliest span is as good as a topmost one.
    order by coalesce(parent_span_id in (select span_id from within), false),
      misdated is not null, start_ns, span_id
    limit 1);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_uncounted (
  spans public.spans[]
)
  RETURNS integer[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return array(
    -- The columns of app.call, in its order.
    with calls as materialized (
      select ordinality::integer as place, trace_id, span_id, parent_span_id,
        instrumentation, service_name, environment, operation,
        model, request_model, response_id, status,
        usage_status is not distinct from 'reported' as reported,
        input_tokens, output_tokens, start_ns, end_ns,
        streamed, time_to_first_token_ms as first_part_ms, process_keys, input_length,
        service_tier is not null as tiered
      from unnest(spans) with ordinality where countable
    ),
    families as materialized (
      select w.place as parent, c.place as child, c.status, c.start_ns, c.span_id,
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
      select place, array[reported, tiered] < max(array[reported, tiered]) over (
          partition by response_id order by start_ns
          range between app.call_window_ns() preceding and app.call_window_ns() following
        ) as is_outdone,
        lead(start_ns) over (
          partition by response_id, reported, tiered order by start_ns, span_id, trace_id
        ) - start_ns <= app.call_window_ns() as next_is_near
      from calls
      where place not in (select place from wrappers) and response_id in (
        select response_id from calls group by response_id having count(*) > 1)
    )
    select place from wrappers
    union select * from (
      select distinct on (parent) child from families where hollow and status <> 'error'
      order by parent, start_ns desc, span_id desc) last_hollow
    union select place from ranked where next_is_near or is_outdone);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_unsettled (
  states   public.spans[],
  repeated public.spans[],
  known    text[],
  peers    public.spans[]
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
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
          or app.resembles(app.to_call(s), app.to_call(p))));
end
$function$;

CREATE OR REPLACE FUNCTION app.find_unwrapped (
  tenant  text,
  settled public.spans[],
  mixed   boolean,
  since   timestamp with time zone,
  until   timestamp with time zone
)
  RETURNS integer[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    select place from (
      select place, settled[place] as a from generate_subscripts(settled, 1) place offset 0) s
    where (
        select false from public.spans c
        where c.tenant_id = tenant and c.trace_id = (a).trace_id
          and c.parent_span_id between (a).span_id and (a).span_id
          and c.start_time between since and until and c.countable and c.span_id <> (a).span_id
          and app.is_of_its_model(app.to_call(c), app.to_call(a))
          and (mixed and app.is_hollow(app.to_call(c), app.to_call(a))) is not true
        order by c.parent_span_id limit 1
      ) is null and (
        not mixed or (a).parent_span_id is null or (a).response_id is not null or (a).status = 'error'
        or (a).usage_status is not distinct from 'reported'
        or not app.is_last_hollow(tenant, a, since, until)
      ) and (
        select false from public.spans y
        where y.tenant_id = tenant and app.tells_of(y.response_id, (a).response_id)
          and y.start_time between since - 2 * app.call_window() and until + 2 * app.call_window()
          and y.start_time between (a).start_time - app.call_window() and (a).start_time + app.call_window()
          and y.countable and app.is_better(app.to_call(y), app.to_call(a))
          and not app.wraps(tenant, y, since, until)
        order by hashtextextended(y.response_id, 0) desc, y.counted desc, y.start_time desc limit 1
      ) is null);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_window (
  tenant  text,
  arrived public.spans[],
  known   text[],
  OUT     since timestamp with time zone,
  OUT     until timestamp with time zone
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  select min(start_time), max(start_time) into since, until from unnest(arrived);
  if known <> '{}' then
    select least(since, min(t.start_time)), greatest(until, max(t.end_time)) into since, until
      from unnest(known) key cross join lateral (
        select coalesce(earliest, start_time) as start_time, coalesce(latest, end_time) as end_time
        from public.traces
        where tenant_id = tenant and trace_id between key and key
        order by trace_id  -- asks for the primary key (see app.add_to_traces)
      ) t;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.forget_evaluations (
  tenant text,
  gone   public.spans[],
  traces text[]
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  forgotten bigint;
begin
  delete from public.evaluations e
    where e.tenant_id = tenant and (
      e.trace_id = any(traces) and (e.span_id is null or not exists (
        select from public.spans s where s.tenant_id = tenant and s.trace_id = e.trace_id and s.span_id = e.span_id))
      or e.response_id in (select response_id from unnest(gone)));
  get diagnostics forgotten = row_count;
  return forgotten;
end
$function$;

CREATE OR REPLACE FUNCTION app.hold_calls (
  tenant    text,
  arrived   public.spans[],
  responses text[],
  INOUT     alone boolean,
  OUT       instrumentations text[]
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  told text[];
  unnamed boolean;
  known text[];
begin
  -- A span that opened a stream is repeated by a log of its own instrumentation: it is like another.
  select coalesce(array_agg(distinct instrumentation), '{}') || array_agg(
        distinct instrumentation || ' (opening)') filter (where app.is_opening(app.to_call(s))),
      coalesce(bool_or(response_id is null), false)
    into told, unnamed
    from unnest(arrived) s where instrumentation is not null and countable;
  if told = '{}' and responses = '{}' and not alone then
    instrumentations := '{}';
    return;
  end if;
  -- Two instrumentations are known for good; of fewer, another may come before the lock is held.
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
$function$;

CREATE OR REPLACE FUNCTION app.hold_traces (
  arrived public.spans[]
)
  RETURNS text[]
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
    insert into public.traces (tenant_id, trace_id, start_time, end_time, start_ns, end_ns, undated)
    select *, true from wanted
    -- Takes the lock of a row that is there, and leaves it as it is.
    on conflict (tenant_id, trace_id) do update set updated_at = excluded.updated_at where false
    returning trace_id
  )
  select coalesce(array_agg(trace_id), '{}') into known from wanted
    where trace_id not in (select trace_id from made);
  return known;
end
$function$;

CREATE OR REPLACE FUNCTION app.is_better (
  call  app.call,
  other app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (((call).response_id = (other).response_id) AND (abs(((call).start_ns - (other).start_ns)) <= app.call_window_ns()) AND (ROW((call).reported, (call).tiered, (call).start_ns,
  (call).span_id, (call).trace_id) > ROW((other).reported, (other).tiered, (other).start_ns, (other).span_id, (other).trace_id)));

CREATE OR REPLACE FUNCTION app.is_last_hollow (
  tenant text,
  span   public.spans,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return (
    select true from public.spans p
    where p.tenant_id = tenant and p.trace_id = span.trace_id
      and p.span_id between span.parent_span_id and span.parent_span_id
      and p.span_id <> span.span_id
      and p.start_time between since and until and p.countable
      and app.is_hollow(app.to_call(span), app.to_call(p)) and not exists (
        select from public.spans c
        where c.tenant_id = tenant and c.trace_id = p.trace_id
          and c.parent_span_id between p.span_id and p.span_id
          and c.start_time between since and until and c.countable and c.status <> 'error'
          and (c.start_ns, c.span_id) > (span.start_ns, span.span_id)
          and app.is_hollow(app.to_call(c), app.to_call(p)))
    order by p.span_id limit 1
  ) is not null;
end
$function$;

CREATE OR REPLACE FUNCTION app.is_name_list (
  names text[]
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
RETURN
  ((COALESCE(array_ndims(names), 1) = 1) AND (cardinality(names) <= 128) AND (array_position(names, NULL::text) IS NULL) AND CASE WHEN (pg_column_size(names) > 280) THEN
  app.has_short_names(names) ELSE true END);

CREATE OR REPLACE FUNCTION app.is_opening (
  span app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ((span).streamed AND (NOT (span).reported) AND ((span).response_id IS NULL) AND ((span).status <> 'error'::text) AND ((span).start_ns < (span).end_ns) AND ((span).instrumentation
  ~~ 'logfire.%'::text));

CREATE OR REPLACE FUNCTION app.is_readable (
  content jsonb
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
RETURN
  ((pg_column_size(content) <= 1048576) AND CASE WHEN (pg_column_size(content) <= 512) THEN true ELSE (NOT jsonb_path_exists(content, 'strict $.**{65}'::jsonpath, silent => true))
  END);

CREATE OR REPLACE FUNCTION app.leave_crowded (
  spans public.spans[],
  last  public.spans[]
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  crowded integer[] := (app.pair_calls(spans)).crowded;
  first integer := cardinality(spans) - cardinality(last);
begin
  return array(
    select last[place] from generate_subscripts(last, 1) place
    where first + place <> all(crowded));
end
$function$;

CREATE OR REPLACE FUNCTION app.list_kinds (
  keys text[]
)
  RETURNS text[]
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  return array(select split_part(key, ':', 1) from unnest(keys) key);
end
$function$;

CREATE OR REPLACE FUNCTION app.is_one_process (
  keys   text[],
  others text[]
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN ((keys IS NULL) OR (others IS NULL)) THEN NULL::boolean WHEN (keys && others) THEN (NOT app.differ_in_container(keys, others)) WHEN
  (app.list_kinds(keys) && app.list_kinds(others)) THEN false ELSE NULL::boolean END;

CREATE OR REPLACE FUNCTION app.is_proven (
  outside app.call,
  inside  app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN ((outside).instrumentation = (inside).instrumentation) THEN (((outside).parent_span_id IS
  NOT NULL) OR (app.is_one_process((outside).process_keys, (inside).process_keys) IS TRUE)) ELSE
  (((outside).reported = (inside).reported) AND (NOT (((outside).input_tokens IS DISTINCT FROM (inside).input_tokens) OR ((outside).output_tokens IS DISTINCT FROM
  (inside).output_tokens))) AND (app.is_one_process((outside).process_keys, (inside).process_keys) IS TRUE)) END;

CREATE OR REPLACE FUNCTION app.mapping_fields()
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select array[
    'operation', 'provider', 'request_model', 'response_model', 'response_id', 'service_tier',
    'agent_name', 'tool_name', 'session_id', 'user_id', 'environment', 'error_type', 'streamed',
    'finish_reasons', 'time_to_first_token_ms', 'input_tokens', 'output_tokens',
    'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens', 'input_tokens_without_cache',
    'output_tokens_without_reasoning', 'input', 'output']
$function$;

CREATE OR REPLACE FUNCTION app.mark_counted (
  spans public.spans[]
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  place integer;
  pairs app.pairs;
begin
  foreach place in array app.find_uncounted(spans) loop
    spans[place].counted := false;
  end loop;
  if (
    select bool_or(response_id is null) and (
      min(instrumentation) <> max(instrumentation) or bool_or(app.is_opening(app.to_call(s))))
    from unnest(spans) s where countable
  ) then
    pairs := app.pair_calls(spans);
    foreach place in array pairs.enclosing loop
      spans[place].counted := false;
    end loop;
    foreach place in array pairs.doubtful loop
      spans[place].possible_duplicate := true;
    end loop;
  end if;
  return spans;
end
$function$;

CREATE OR REPLACE FUNCTION app.match_pairs (
  outside integer[],
  inside  integer[]
)
  RETURNS integer[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  most integer := (select coalesce(max(place), 0) from unnest(outside || inside) place);
  firsts integer[] := array_fill(0, array[most]);
  lasts integer[] := firsts;
  taker integer[] := firsts;
  taken integer[] := firsts;
  reached_from integer[] := firsts;
  wrappers integer[] := '{}';
  matched integer[] := '{}';
  queue integer[];
  reached integer[];
  wrapper integer;
  call integer;
  looks_from integer;
  next integer;
begin
  for edge in 1 .. coalesce(cardinality(outside), 0) loop
    if firsts[outside[edge]] = 0 then
      firsts[outside[edge]] := edge;
      wrappers := wrappers || outside[edge];
    end if;
    lasts[outside[edge]] := edge;
  end loop;
  foreach wrapper in array wrappers loop
    queue := array[wrapper];
    reached := '{}';
    next := 0;
    <<search>>
    while next < cardinality(queue) loop
      next := next + 1;
      looks_from := queue[next];
      for edge in firsts[looks_from] .. lasts[looks_from] loop
        call := inside[edge];
        continue when reached_from[call] <> 0;
        reached_from[call] := looks_from;
        reached := reached || call;
        exit search when taker[call] = 0;
        queue := queue || taker[call];
      end loop;
      call := null;
    end loop;
    -- Calls that were reached in vain lead nowhere for later wrappers either, and stay marked.
    continue when call is null;
    matched := matched || wrapper;
    -- Each on the way there takes what it reached and leaves what it had to the one before.
    while call <> 0 loop
      looks_from := reached_from[call];
      taker[call] := looks_from;
      next := taken[looks_from];
      taken[looks_from] := call;
      call := next;
    end loop;
    foreach call in array reached loop
      reached_from[call] := 0;
    end loop;
  end loop;
  return matched;
end
$function$;

CREATE OR REPLACE FUNCTION app.may_hold_images (
  buckets jsonb,
  price   public.model_prices
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (((NOT (buckets ? 'input_image'::text)) AND (((buckets ?| ARRAY['input_uncached'::text, 'input_unsplit'::text]) AND ((price).input_image_per_mtok <> (price).input_per_mtok)) OR
  ((buckets ? 'input_unsplit'::text) AND ((price).cache_image_read_per_mtok <> (price).input_per_mtok)) OR
  ((buckets ? 'cache_read'::text) AND ((price).cache_image_read_per_mtok <> COALESCE((price).cache_read_per_mtok, (price).input_per_mtok))))) OR
  ((NOT (buckets ? 'output_image'::text)) AND (buckets ?| ARRAY['output_text'::text, 'output_unsplit'::text]) AND ((price).output_image_per_mtok <> (price).output_per_mtok)));

CREATE OR REPLACE FUNCTION app.merge_groups (
  merged public.spans,
  other  public.spans
)
  RETURNS public.spans
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
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
  if (told, told::text collate "C", coalesce(other.canonical_model, '') collate "C",
      coalesce(other.unknown_because, '') collate "C")
    > (known, known::text collate "C", coalesce(merged.canonical_model, '') collate "C",
      coalesce(merged.unknown_because, '') collate "C") then
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
    merged.unknown_because := other.unknown_because;
    merged.cost_min_usd := other.cost_min_usd;
    merged.cost_max_usd := other.cost_max_usd;
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

CREATE OR REPLACE FUNCTION app.most_entangled()
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 128;

CREATE OR REPLACE FUNCTION app.name_one_model (
  one   text,
  other text
)
  RETURNS boolean
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  if length(one) < length(other) then
    return app.name_one_model(other, one);
  end if;
  return starts_with(one, other || '-20')
    or right(one, length(other) + 1) in ('/' || other, ':' || other, '.' || other);
end
$function$;

CREATE OR REPLACE FUNCTION app.is_of_its_model (
  child  app.call,
  parent app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ((((parent).model IS NULL) OR ((child).model = (parent).model) OR (((child).instrumentation <> (parent).instrumentation) AND ((child).request_model = (parent).request_model)) OR
  ((child).reported AND (parent).reported AND (((child).input_tokens = (parent).input_tokens) AND ((child).output_tokens = (parent).output_tokens)) AND
  app.name_one_model((child).model, (parent).model))) AND (((child).response_id = (parent).response_id) IS
  NOT TRUE) AND (((parent).status = 'error'::text) OR (NOT (parent).reported) OR ((child).status <> 'error'::text) OR (child).reported));

CREATE OR REPLACE FUNCTION app.nests (
  outside app.call,
  inside  app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ((((inside).end_ns <= (outside).end_ns) OR (((outside).start_ns < (inside).start_ns) AND (outside).streamed AND ((outside).first_part_ms >= ((((outside).end_ns -
  (outside).start_ns))::double precision / (1000000)::double precision)) AND
  ((((((inside).start_ns - (outside).start_ns))::double precision / (1000000)::double precision) + (inside).first_part_ms) <= (outside).first_part_ms))) AND
  (((inside).start_ns - (outside).start_ns) <= app.call_window_ns()) AND
  ((NOT (outside).reported) OR (NOT (inside).reported) OR (NOT (((outside).input_tokens IS DISTINCT FROM (inside).input_tokens) OR ((outside).output_tokens IS DISTINCT FROM
  (inside).output_tokens)))) AND (((outside).start_ns < (inside).start_ns) OR ((inside).end_ns < (outside).end_ns) OR ((inside).response_id IS
  NOT NULL) OR (ROW((inside).reported, (inside).span_id, (inside).trace_id) > ROW((outside).reported, (outside).span_id, (outside).trace_id))));

CREATE OR REPLACE FUNCTION app.pair_calls (
  spans public.spans[]
)
  RETURNS app.pairs
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  outside integer[];
  inside integer[];
  opening boolean[];
  opened boolean;
  -- Of this type each is found at once; of spans an array is walked through.
  free boolean[];
  place integer;
  pairs app.pairs;
begin
  with calls as materialized (
    -- The columns of app.call, in its order.
    select ordinality::integer as place, trace_id, span_id, parent_span_id,
      instrumentation, service_name, environment, operation,
      model, request_model, response_id, status,
      usage_status is not distinct from 'reported' as reported,
      input_tokens, output_tokens, start_ns, end_ns,
      streamed, time_to_first_token_ms as first_part_ms, nullif(process_keys, '{}'), input_length,
      service_tier is not null
    from unnest(spans) with ordinality where countable
  ),
  alike as materialized (
    select w.place as wrapper, c.place as call, w.instrumentation = c.instrumentation as opening,
      app.is_proven(w::app.call, c::app.call) as proven
    -- Most are no pair by their times, which are compared with less work than names.
    from calls w join calls c on w.response_id is null and w.request_model = c.request_model
      and c.start_ns >= w.start_ns
      and case when c.start_ns <= case when w.streamed then w.start_ns + app.call_window_ns() else w.end_ns end
        then app.resembles(w::app.call, c::app.call) end
    order by w.start_ns desc, w.end_ns, w.span_id, w.trace_id,
      c.end_ns desc, c.start_ns, c.span_id, c.trace_id
  )
  select array_agg(wrapper) filter (where proven), array_agg(call) filter (where proven),
    array_agg(alike.opening) filter (where proven),
    array_agg(distinct wrapper) filter (where not proven)
    into outside, inside, opening, pairs.doubtful from alike;
  pairs.crowded := app.find_crowded(outside, inside);
  pairs.doubtful := pairs.doubtful || array(
    select unnest(outside) intersect select unnest(pairs.crowded));
  free := array(select counted from unnest(spans));
  foreach place in array pairs.crowded loop
    free[place] := false;
  end loop;
  -- A log is repeated by the opening of its stream, and by a wrapper besides.
  pairs.enclosing := '{}';
  foreach opened in array array[true, false] loop
    pairs.enclosing := pairs.enclosing || (
      select app.match_pairs(array_agg(w order by rank), array_agg(c order by rank))
      from unnest(outside, inside, opening) with ordinality p (w, c, is_opening, rank)
      where free[w] and free[c] and is_opening = opened);
    foreach place in array pairs.enclosing loop
      free[place] := false;
    end loop;
  end loop;
  pairs.doubtful := array(
    select distinct w from unnest(pairs.doubtful) w
    where spans[w].counted and w <> all(pairs.enclosing));
  return pairs;
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
        -- A tier that has no step where the standard one has is not sold for so much input.
        and (m.service_tier = 'standard' or not exists (
          select from public.model_prices s
          where s.provider = m.provider and s.model = m.model and s.service_tier = 'standard'
            and s.min_input_tokens > m.min_input_tokens and s.min_input_tokens <= d.input_tokens
            and s.valid_from <= d.start_time and (s.valid_to is null or d.start_time < s.valid_to)))
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
    -- An empty id names nobody, and nobody could be forgotten by it.
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
    if sent.cost is not null then
      span.unknown_because := null;
      span.cost_min_usd := null;
      span.cost_max_usd := null;
    elsif sent.price_id is not null then
      select b.least_usd, b.most_usd, b.because
      into span.cost_min_usd, span.cost_max_usd, span.unknown_because
      from public.model_prices m, app.bound_cost(span.usage_buckets, m) b
      where m.price_id = sent.price_id;
    end if;
    span.misdated := app.find_misdating(span.start_time, span.end_time, span.received_at);
    span.possible_duplicate := false;
    arrived := array_append(arrived, span);
  end loop;
  return arrived;
end
$function$;

CREATE OR REPLACE FUNCTION app.settle_counts (
  tenant  text,
  touched public.spans[],
  added   text[],
  mixed   boolean,
  since   timestamp with time zone,
  until   timestamp with time zone,
  OUT     settled public.spans[],
  OUT     turned text[]
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  judged public.spans[];
  pairs app.pairs;
  place integer;
begin
  settled := app.find_affected(tenant, touched, added, mixed, since, until);
  if mixed then
    settled := app.find_entangled(tenant, touched, settled);
  end if;
  judged := settled;
  for place in 1 .. cardinality(judged) loop
    judged[place].counted := false;
    judged[place].possible_duplicate := false;
  end loop;
  foreach place in array app.find_unwrapped(tenant, settled, mixed, since, until) loop
    judged[place].counted := true;
  end loop;
  if mixed then
    pairs := app.pair_calls(judged);
    foreach place in array pairs.enclosing loop
      judged[place].counted := false;
    end loop;
    foreach place in array pairs.doubtful || app.find_doubtful(tenant, judged) loop
      judged[place].possible_duplicate := true;
    end loop;
  end if;
  turned := app.turn_spans(tenant, settled, judged);
end
$function$;

CREATE OR REPLACE FUNCTION app.store_evaluations (
  tenant        text,
  payload       jsonb,
  keeps_content boolean
)
  RETURNS bigint
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  stored bigint;
begin
  if payload is null or payload = '[]' then
    return 0;
  end if;
  with sent as (
    select encode(sha256(convert_to(jsonb_build_array(
        e.name, e.score, e.label, e.trace_id, e.span_id, e.response_id, e.time_ns)::text, 'UTF8')), 'hex') as id,
      e.*, case when keeps_content then e.explanation end as reason
    from jsonb_to_recordset(payload) as e(
      name text, score double precision, label text, explanation text,
      trace_id text, span_id text, response_id text, time_ns bigint)
  )
  insert into public.evaluations as known (
    tenant_id, evaluation_id, name, score, label, explanation, trace_id, span_id, response_id, evaluated_at)
  select distinct on (id) tenant, id, name, score, label, reason, trace_id, span_id, response_id,
    app.to_time(time_ns)
  from sent
  -- One order for all writers: unsorted, concurrent batches deadlock.
  order by id, reason collate "C" desc nulls last
  on conflict (tenant_id, evaluation_id) do update
    set explanation = greatest(known.explanation collate "C", excluded.explanation)
    where known.explanation is distinct from greatest(known.explanation collate "C", excluded.explanation);
  get diagnostics stored = row_count;
  return stored;
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    -- Not the database's own message, which may quote what was sent.
    raise invalid_parameter_value using
      message = 'An evaluation is malformed.',
      hint = 'No evaluation and no span of this batch was stored. Correct or leave out that one.';
end
$function$;

CREATE OR REPLACE FUNCTION app.stream_window_ns()
  RETURNS bigint
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN '600000000000'::bigint;

CREATE OR REPLACE FUNCTION app.opens (
  opening app.call,
  log     app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (app.is_opening(opening) AND (log).streamed AND ((log).start_ns = (log).end_ns) AND ((opening).end_ns <= (log).start_ns) AND (((log).start_ns - (opening).start_ns) <=
  app.stream_window_ns()) AND (NOT ((opening).input_length IS DISTINCT FROM (log).input_length)) AND (NOT ((opening).parent_span_id IS DISTINCT FROM (log).parent_span_id)) AND
  (((opening).parent_span_id IS NULL) OR ((opening).trace_id = (log).trace_id)));

CREATE OR REPLACE FUNCTION app.resembles (
  outside app.call,
  inside  app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (((outside).response_id IS NULL) AND ((outside).start_ns <= (inside).start_ns) AND ((outside).request_model = (inside).request_model) AND (NOT ((outside).service_name IS DISTINCT
  FROM (inside).service_name)) AND (NOT ((outside).environment IS DISTINCT FROM (inside).environment)) AND CASE WHEN ((outside).instrumentation = (inside).instrumentation) THEN
  app.opens(outside, inside) ELSE
  (((outside).instrumentation <> (inside).instrumentation) AND (((outside).status = 'error'::text) = ((inside).status = 'error'::text)) AND app.nests(outside, inside)) END AND
  (app.is_one_process((outside).process_keys, (inside).process_keys) IS NOT FALSE));

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
  update public.traces set
    root_span_id = null, root_start_ns = null, root_span_name = null, root_status = null,
    start_time = 'infinity', end_time = '-infinity', start_ns = 9223372036854775807, end_ns = 0,
    span_count = 0, error_count = 0, requests = 0, unpriced_requests = 0, unmeasured_requests = 0,
    input_tokens = null, output_tokens = null, total_tokens = null, total_cost_usd = null,
    models = '{}', providers = '{}', operations = '{}',
    service_name = null, environment = null, session_id = null, user_id = null,
    root_session_id = null, root_user_id = null, misdated = '{}', undated = true,
    earliest = null, latest = null
    where tenant_id = tenant and trace_id = any(trace_ids);
  perform app.add_to_traces(tenant, '{}', trace_ids, since, until);
  delete from public.traces
    where tenant_id = tenant and trace_id = any(trace_ids) and span_count = 0;
  get diagnostics gone = row_count;
  return gone;
end
$function$;

CREATE OR REPLACE FUNCTION app.to_call (
  span public.spans
)
  RETURNS app.call
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ROW(NULL::integer, (span).trace_id, (span).span_id, (span).parent_span_id, (span).instrumentation, (span).service_name, (span).environment, (span).operation, (span).model,
  (span).request_model,
  (span).response_id,
  (span).status,
  (NOT ((span).usage_status IS DISTINCT FROM 'reported'::text)),
  (span).input_tokens,
  (span).output_tokens,
  (span).start_ns,
  (span).end_ns, (span).streamed, (span).time_to_first_token_ms, NULLIF((span).process_keys, '{}'::text[]), (span).input_length, ((span).service_tier IS NOT NULL))::app.call;

CREATE OR REPLACE FUNCTION app.latest_of (
  span public.spans
)
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
RETURN CASE WHEN app.is_opening(app.to_call(span)) THEN ((span).start_time + (((app.stream_window_ns() / 1000))::double precision * '00:00:00.000001'::interval)) ELSE
  LEAST((span).end_time, ((span).start_time + app.call_window())) END;

CREATE OR REPLACE FUNCTION app.to_time (
  nanoseconds bigint
)
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
RETURN ('1970-01-01 00:00:00+00'::timestamp WITH time zone + (((nanoseconds / 1000))::double precision * '00:00:00.000001'::interval));

CREATE OR REPLACE FUNCTION app.turn_spans (
  tenant text,
  stored public.spans[],
  judged public.spans[]
)
  RETURNS text[]
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  turned text[] := '{}';
begin
  for place in 1 .. cardinality(stored) loop
    continue when (stored[place].counted, stored[place].possible_duplicate)
      = (judged[place].counted, judged[place].possible_duplicate);
    update public.spans
      set counted = judged[place].counted, possible_duplicate = judged[place].possible_duplicate
      where tenant_id = tenant and trace_id = stored[place].trace_id
        and span_id = stored[place].span_id and start_time = stored[place].start_time;
    turned := turned || (stored[place].trace_id || stored[place].span_id);
  end loop;
  return turned;
end
$function$;

CREATE OR REPLACE FUNCTION app.unite_names (
  known text[],
  told  text[]
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
  select case when known is null or told is null or known = told then coalesce(known, told)
    else array(select unnest(known) union select unnest(told) order by 1 limit 128) end
$function$;

CREATE OR REPLACE FUNCTION app.unsplit_rates (
  buckets jsonb,
  price   public.model_prices
)
  RETURNS numeric[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ARRAY[(price).input_per_mtok,
  CASE WHEN (buckets ? 'cache_read'::text) THEN (price).input_per_mtok ELSE COALESCE((price).cache_read_per_mtok, (price).input_per_mtok) END,
  CASE WHEN (buckets ? 'cache_write'::text) THEN (price).input_per_mtok ELSE COALESCE((price).cache_write_per_mtok, (price).input_per_mtok) END,
  CASE WHEN (buckets ?| ARRAY['cache_write'::text, 'cache_write_1h'::text]) THEN (price).input_per_mtok ELSE
  COALESCE((price).cache_write_1h_per_mtok, (price).cache_write_per_mtok, (price).input_per_mtok) END];

CREATE OR REPLACE FUNCTION app.span_cost (
  buckets jsonb,
  price   public.model_prices
)
  RETURNS numeric
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN
  (((buckets - ARRAY['input_uncached'::text, 'cache_read'::text, 'cache_write'::text, 'cache_write_1h'::text, 'input_audio'::text, 'cache_audio_read'::text, 'output_text'::text,
  'reasoning'::text,
  'output_audio'::text,
  'cache_write_12h'::text,
  'input_image'::text,
  'cache_image_read'::text,
  'output_image'::text,
  'input_unsplit'::text,
  'output_unsplit'::text]) = '{}'::jsonb) AND
  ((COALESCE((price).input_image_per_mtok, (price).cache_image_read_per_mtok, (price).output_image_per_mtok) IS NULL) OR (app.may_hold_images(buckets, price) IS
  NOT TRUE))) THEN
  round(((((((app.bucket_cost(((buckets ->> 'input_uncached'::text))::numeric, (price).input_per_mtok) + app.bucket_cost(((buckets ->> 'cache_read'::text))::numeric,
  COALESCE((price).cache_read_per_mtok, (price).input_per_mtok))) +
  app.bucket_cost(((buckets ->> 'cache_write'::text))::numeric, COALESCE((price).cache_write_per_mtok, (price).input_per_mtok))) +
  app.bucket_cost(((buckets ->> 'output_text'::text))::numeric, (price).output_per_mtok)) +
  app.bucket_cost(((buckets ->> 'reasoning'::text))::numeric, COALESCE((price).reasoning_per_mtok, (price).output_per_mtok))) + CASE WHEN
  (buckets ?| ARRAY['cache_write_1h'::text, 'cache_write_12h'::text, 'input_audio'::text, 'cache_audio_read'::text, 'input_image'::text, 'cache_image_read'::text,
  'input_unsplit'::text,
  'output_audio'::text,
  'output_image'::text,
  'output_unsplit'::text]) THEN
  (((((((((app.bucket_cost(((buckets ->> 'cache_write_1h'::text))::numeric, COALESCE((price).cache_write_1h_per_mtok, (price).cache_write_per_mtok, (price).input_per_mtok)) +
  app.bucket_cost(((buckets ->> 'cache_write_12h'::text))::numeric, NULL::numeric)) +
  app.bucket_cost(((buckets ->> 'input_audio'::text))::numeric, COALESCE((price).input_audio_per_mtok, (price).input_per_mtok))) +
  app.bucket_cost(((buckets ->> 'cache_audio_read'::text))::numeric, COALESCE((price).cache_audio_read_per_mtok, (price).input_audio_per_mtok, (price).cache_read_per_mtok,
  (price).input_per_mtok))) + app.bucket_cost(((buckets ->> 'input_image'::text))::numeric, (price).input_image_per_mtok)) +
  app.bucket_cost(((buckets ->> 'cache_image_read'::text))::numeric, (price).cache_image_read_per_mtok)) +
  app.bucket_cost(((buckets ->> 'input_unsplit'::text))::numeric, CASE WHEN ((price).input_per_mtok = ALL (app.unsplit_rates(buckets, price))) THEN (price).input_per_mtok ELSE
  NULL::numeric END)) + app.bucket_cost(((buckets ->> 'output_audio'::text))::numeric, COALESCE((price).output_audio_per_mtok, (price).output_per_mtok))) +
  app.bucket_cost(((buckets ->> 'output_image'::text))::numeric, (price).output_image_per_mtok)) +
  app.bucket_cost(((buckets ->> 'output_unsplit'::text))::numeric, CASE WHEN ((buckets ? 'reasoning'::text) OR (COALESCE((price).reasoning_per_mtok, (price).output_per_mtok) =
  (price).output_per_mtok)) THEN (price).output_per_mtok ELSE NULL::numeric END)) ELSE (0)::numeric END) / (1000000)::numeric), 12) ELSE NULL::numeric END;

CREATE OR REPLACE FUNCTION app.usage_of (
  span public.spans
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
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

CREATE OR REPLACE FUNCTION app.wraps (
  tenant text,
  span   public.spans,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return (
    select true from public.traces t cross join lateral (
      select c as child from public.spans c
      where c.tenant_id = tenant and c.trace_id = t.trace_id
        and c.parent_span_id between span.span_id and span.span_id
        -- Of the traces at hand the summaries are still to be moved.
        and c.start_time between least(coalesce(t.earliest, t.start_time), since)
          and greatest(coalesce(t.latest, t.end_time), until)
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
    e as (delete from public.evaluations where tenant_id = tenant returning 1),
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
    'traces', (select count(*) from t), 'evaluations', (select count(*) from e), 'processes', (select count(*) from p),
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
$function$;

CREATE OR REPLACE FUNCTION public.forget_trace (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '25s'
  AS $function$
declare
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  tenant text := app.hold_tenant('admin');
  spans bigint;
  contents bigint;
  traces bigint;
  calls public.spans[];
  evaluations bigint;
begin
  with gone as (delete from public.spans where tenant_id = tenant and trace_id = trace returning *)
  select count(*), coalesce(array_agg(g::public.spans) filter (where countable), '{}')
    into spans, calls from gone g;
  evaluations := app.forget_evaluations(tenant, calls, array[trace]);
  delete from public.span_contents where tenant_id = tenant and trace_id = trace;
  get diagnostics contents = row_count;
  delete from public.traces where tenant_id = tenant and trace_id = trace;
  get diagnostics traces = row_count;
  perform app.settle_without(tenant, calls);
  if spans + contents + traces + evaluations = 0 then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such trace.', hint = 'It may be deleted already.';
  end if;
  return app.record_event(tenant, 'trace.forgotten', trace, jsonb_build_object(
    'deleted', jsonb_build_object('spans', spans, 'contents', contents, 'traces', traces)
      || case when evaluations > 0 then jsonb_build_object('evaluations', evaluations) else '{}' end));
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
    array(select g::public.spans from gone g where countable) into spans, contents, calls;
  evaluations := app.forget_evaluations(tenant, calls, involved);
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, involved);
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
  received := jsonb_array_length($1 -> 'spans')
    + case when jsonb_typeof($1 -> 'evaluations') = 'array' then jsonb_array_length($1 -> 'evaluations') else 0 end;
  -- A call without spans asks for the digest's key, which a limit does not keep back.
  limited := received > 0 and app.check_budget(tenant);
  digest := app.ensure_tenant(tenant);
  if past_the_door then
    perform app.require_doubles($1 -> 'spans');
  end if;
  select content_capture = 'on' or content_capture = 'follow' and not past_the_door
    into keeps_content from public.tenants where tenant_id = tenant;
  outcome := app.store_spans(tenant, case
    when keeps_content then $1 -> 'spans' else app.withhold_content($1 -> 'spans') end);
  perform app.store_evaluations(
    tenant, case when jsonb_typeof($1 -> 'evaluations') = 'array' then $1 -> 'evaluations' end, keeps_content);
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
$function$;

CREATE OR REPLACE FUNCTION public.query_metrics (
  window_start timestamp with time zone,
  window_end   timestamp with time zone,
  bucket       text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
    'totals', (select metrics from grouped where not by_time and not by_model)
      || app.count_left_out(tenant, window_start, window_end),
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
$function$;

CREATE OR REPLACE FUNCTION public.read_span_details (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
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
  select t.earliest, t.latest into earliest, latest from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id = trace;
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
$function$;

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_cache_image_read_per_mtok_check" CHECK (((cache_image_read_per_mtok >= (0)::numeric) AND (cache_image_read_per_mtok < 'Infinity'::numeric)));

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_input_image_per_mtok_check" CHECK (((input_image_per_mtok >= (0)::numeric) AND (input_image_per_mtok < 'Infinity'::numeric)));

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_output_image_per_mtok_check" CHECK (((output_image_per_mtok >= (0)::numeric) AND (output_image_per_mtok < 'Infinity'::numeric)));

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_cost_max_usd_check" CHECK (((cost_max_usd >= (0)::numeric) AND (cost_max_usd < (1000000000)::numeric) AND (scale(cost_max_usd) <= 12)));

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_cost_min_usd_check" CHECK (((cost_min_usd >= (0)::numeric) AND (cost_min_usd < (1000000000)::numeric) AND (scale(cost_min_usd) <= 12)));

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_misdated_check" CHECK ((misdated = ANY (ARRAY['future'::text, 'past'::text])));

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_unknown_because_check" CHECK ((length(unknown_because) <= 256));

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_usage_uncounted_check" CHECK ((length(usage_uncounted) <= 256));

CREATE VIEW "public"."error_summaries" WITH (security_invoker=true) AS  SELECT spans.tenant_id,
    spans.error_type,
    spans.operation,
    spans.provider,
    spans.model,
    count(*) AS errors,
    min(spans.start_time) AS first_seen,
    max(spans.start_time) AS last_seen
   FROM public.spans
  WHERE ((spans.status = 'error'::text) AND (spans.misdated IS NULL))
  GROUP BY spans.tenant_id, spans.error_type, spans.operation, spans.provider, spans.model;

REVOKE ALL ON TABLE "public"."error_summaries" FROM "anon";

CREATE VIEW "public"."left_out_by_day" WITH (security_invoker=true) AS  SELECT spans.tenant_id,
    date_trunc('day'::text,
        CASE
            WHEN (spans.misdated IS NULL) THEN spans.start_time
            ELSE spans.received_at
        END, 'UTC'::text) AS day,
        CASE
            WHEN (spans.misdated IS NOT NULL) THEN 'misdated'::text
            WHEN (spans.usage_uncounted IS NOT NULL) THEN 'usage_uncounted'::text
            ELSE 'possible_duplicate'::text
        END AS line,
    COALESCE(spans.misdated, spans.usage_uncounted) AS because,
    count(*) AS spans
   FROM public.spans
  WHERE ((spans.usage_uncounted IS NOT NULL) OR spans.possible_duplicate OR (spans.misdated IS NOT NULL))
  GROUP BY spans.tenant_id, (date_trunc('day'::text,
        CASE
            WHEN (spans.misdated IS NULL) THEN spans.start_time
            ELSE spans.received_at
        END, 'UTC'::text)),
        CASE
            WHEN (spans.misdated IS NOT NULL) THEN 'misdated'::text
            WHEN (spans.usage_uncounted IS NOT NULL) THEN 'usage_uncounted'::text
            ELSE 'possible_duplicate'::text
        END, COALESCE(spans.misdated, spans.usage_uncounted);

REVOKE ALL ON TABLE "public"."left_out_by_day" FROM "anon";

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
    spans.service_name
   FROM public.spans
  WHERE (spans.counted AND (spans.misdated IS NULL));

CREATE VIEW "public"."metrics_by_day" WITH (security_invoker=true) AS  SELECT model_calls.tenant_id,
    date_trunc('day'::text, model_calls.start_time, 'UTC'::text) AS day,
    count(*) AS requests,
    count(*) FILTER (WHERE model_calls.failed) AS errors,
    sum(model_calls.input_tokens) AS input_tokens,
    sum(model_calls.output_tokens) AS output_tokens,
    sum(model_calls.total_tokens) AS total_tokens,
    sum(model_calls.cost_usd) AS cost_usd,
    count(*) FILTER (WHERE model_calls.unpriced) AS unpriced_requests,
    count(*) FILTER (WHERE model_calls.unmeasured) AS unmeasured_requests,
    percentile_cont(app.percentiles()) WITHIN GROUP (ORDER BY model_calls.duration_ms) AS latency_ms_p50_p95_p99
   FROM public.model_calls
  GROUP BY model_calls.tenant_id, (date_trunc('day'::text, model_calls.start_time, 'UTC'::text));

REVOKE ALL ON TABLE "public"."metrics_by_day" FROM "anon";

CREATE VIEW "public"."metrics_by_hour" WITH (security_invoker=true) AS  SELECT model_calls.tenant_id,
    date_trunc('hour'::text, model_calls.start_time, 'UTC'::text) AS hour,
    count(*) AS requests,
    count(*) FILTER (WHERE model_calls.failed) AS errors,
    sum(model_calls.input_tokens) AS input_tokens,
    sum(model_calls.output_tokens) AS output_tokens,
    sum(model_calls.total_tokens) AS total_tokens,
    sum(model_calls.cost_usd) AS cost_usd,
    count(*) FILTER (WHERE model_calls.unpriced) AS unpriced_requests,
    count(*) FILTER (WHERE model_calls.unmeasured) AS unmeasured_requests,
    percentile_cont(app.percentiles()) WITHIN GROUP (ORDER BY model_calls.duration_ms) AS latency_ms_p50_p95_p99
   FROM public.model_calls
  GROUP BY model_calls.tenant_id, (date_trunc('hour'::text, model_calls.start_time, 'UTC'::text));

REVOKE ALL ON TABLE "public"."metrics_by_hour" FROM "anon";

CREATE VIEW "public"."metrics_by_model" WITH (security_invoker=true) AS  SELECT model_calls.tenant_id,
    model_calls.provider,
    model_calls.model,
    count(*) AS requests,
    count(*) FILTER (WHERE model_calls.failed) AS errors,
    sum(model_calls.input_tokens) AS input_tokens,
    sum(model_calls.output_tokens) AS output_tokens,
    sum(model_calls.total_tokens) AS total_tokens,
    sum(model_calls.cost_usd) AS cost_usd,
    count(*) FILTER (WHERE model_calls.unpriced) AS unpriced_requests,
    count(*) FILTER (WHERE model_calls.unmeasured) AS unmeasured_requests,
    percentile_cont(app.percentiles()) WITHIN GROUP (ORDER BY model_calls.duration_ms) AS latency_ms_p50_p95_p99
   FROM public.model_calls
  GROUP BY model_calls.tenant_id, model_calls.provider, model_calls.model;

REVOKE ALL ON TABLE "public"."metrics_by_model" FROM "anon";

CREATE VIEW "public"."metrics_by_user" WITH (security_invoker=true) AS  SELECT model_calls.tenant_id,
    model_calls.user_id,
    count(*) AS requests,
    count(*) FILTER (WHERE model_calls.failed) AS errors,
    sum(model_calls.total_tokens) AS total_tokens,
    sum(model_calls.cost_usd) AS cost_usd,
    count(*) FILTER (WHERE model_calls.unpriced) AS unpriced_requests,
    count(*) FILTER (WHERE model_calls.unmeasured) AS unmeasured_requests,
    max(model_calls.start_time) AS last_seen
   FROM public.model_calls
  GROUP BY model_calls.tenant_id, model_calls.user_id;

REVOKE ALL ON TABLE "public"."metrics_by_user" FROM "anon";

REVOKE ALL ON TABLE "public"."model_calls" FROM "anon";

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
    (s.counted AND app.is_unpriced(s.status, s.total_tokens, s.cost_usd)) AS unpriced,
    (s.counted AND app.is_unmeasured(s.status, s.total_tokens)) AS unmeasured
   FROM public.spans s;

REVOKE ALL ON TABLE "public"."span_summaries" FROM "anon";

CREATE VIEW "public"."trace_evaluations" WITH (security_invoker=true) AS  SELECT e.tenant_id,
    e.trace_id,
    e.span_id,
    e.evaluation_id,
    e.name,
    e.score,
    e.label,
    e.explanation,
    e.response_id,
    e.evaluated_at,
    e.received_at
   FROM public.evaluations e
  WHERE (e.trace_id IS NOT NULL)
UNION ALL
 SELECT e.tenant_id,
    s.trace_id,
    s.span_id,
    e.evaluation_id,
    e.name,
    e.score,
    e.label,
    e.explanation,
    e.response_id,
    e.evaluated_at,
    e.received_at
   FROM (public.evaluations e
     JOIN public.spans s ON (((s.tenant_id = e.tenant_id) AND (s.response_id = e.response_id) AND s.counted)))
  WHERE (e.trace_id IS NULL);

REVOKE ALL ON TABLE "public"."trace_evaluations" FROM "anon";

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
    COALESCE(r.root_session_id, r.session_id) AS session_id,
    COALESCE(r.root_user_id, r.user_id) AS user_id,
    r.environment,
    r.service_name,
    t.generated,
    r.misdated,
    r.undated,
    COALESCE(r.earliest, r.start_time) AS earliest,
    COALESCE(r.latest, r.end_time) AS latest
   FROM (public.traces r
     JOIN public.tenants t USING (tenant_id));

REVOKE ALL ON TABLE "public"."trace_summaries" FROM "anon";

CREATE INDEX evaluations_of_response ON public.evaluations USING btree (tenant_id, response_id)
  WHERE (response_id IS NOT NULL);

CREATE INDEX evaluations_of_trace ON public.evaluations USING btree (tenant_id, trace_id)
  WHERE (trace_id IS NOT NULL);

CREATE INDEX evaluations_oldest ON public.evaluations USING btree (tenant_id, received_at);

CREATE INDEX spans_ahead ON public.spans USING btree (tenant_id, received_at, start_time)
  WHERE ((start_time > received_at) OR (misdated IS NOT NULL));

CREATE INDEX spans_calls ON public.spans USING btree (tenant_id, start_time)
  INCLUDE (PROVIDER, model, status, duration_ms, input_tokens, output_tokens, total_tokens, cost_usd)
  WHERE (counted AND (misdated IS NULL));

CREATE INDEX spans_marked ON public.spans USING btree (tenant_id, start_time, trace_id, span_id) INCLUDE (usage_uncounted, misdated, possible_duplicate, counted)
  WHERE ((usage_uncounted IS NOT NULL) OR possible_duplicate OR (misdated IS NOT NULL));

CREATE POLICY "evaluations_read" ON "public"."evaluations"
  FOR SELECT
  TO "authenticated"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

COMMENT ON COLUMN "public"."evaluations"."evaluated_at" IS 'When the event happened, as its sender says; null where it does not.';

COMMENT ON COLUMN "public"."evaluations"."explanation" IS 'Content: null unless the tenant''s is kept.';

COMMENT ON COLUMN "public"."model_prices"."input_image_per_mtok" IS 'Null: tokens of images have no price. Where it is not, input that is not told to be free of images has none either.';

COMMENT ON COLUMN "public"."spans"."cost_min_usd" IS 'Between this and cost_max_usd lies a cost that is not known because of what was not told; null where the cost is known, or nothing of it is.';

COMMENT ON COLUMN "public"."spans"."misdated" IS 'future: it claims to start or to end more than a day after it came; past: to start before there were such calls, 2015-01-01. Such a span is in no window and no percentile, and its start stays as it came.';

COMMENT ON COLUMN "public"."spans"."possible_duplicate" IS 'True for a counted call that looks like another''s wrapper and is not proven to be one: it may be counted twice.';

COMMENT ON COLUMN "public"."spans"."process_keys" IS 'Hashes of what names the process that made the span (service.instance.id, faas.invocation_id, process.pid with its container or host): two spans with one in common are of one process.';

COMMENT ON COLUMN "public"."spans"."unknown_because" IS 'The reason for which a model call has no usage, or usage and no cost: usage_not_told, usage_estimated, usage_contradictory, model_not_told, model_not_priced, tier_not_told, tier_not_priced, before_prices, cache_not_told, reasoning_not_told, image_not_told, part_not_priced.';

COMMENT ON COLUMN "public"."spans"."usage_uncounted" IS 'The reason for which a span that tells of tokens is no model call: repeats_calls (an agent, a workflow or a tool tells the sums of calls within it), no_model.';

COMMENT ON COLUMN "public"."traces"."earliest" IS 'The start of the first of all its spans, misdated ones, too, where that is not start_time; so is latest for end_time. Who looks for its spans looks from the one to the other.';

COMMENT ON COLUMN "public"."traces"."misdated" IS 'How spans of it are misdated (spans.misdated): future, past, both, or not.';

COMMENT ON COLUMN "public"."traces"."session_id" IS 'The least that a span of it tells; its root''s, root_session_id, stands over it. So is user_id.';

COMMENT ON COLUMN "public"."traces"."start_time" IS 'From here to end_time are its well-dated spans; all of them where none is. So are start_ns, end_ns and duration_ms.';

COMMENT ON COLUMN "public"."traces"."undated" IS 'True where every span of it is misdated.';

COMMENT ON FUNCTION "app"."bound_cost"(jsonb, public.model_prices) IS 'Between which costs that of disjoint token buckets lies where app.span_cost knows none, and the reason for that. The library''s bounds.py does the same.';

COMMENT ON FUNCTION "app"."count_left_out"(text, timestamp with time zone, timestamp with time zone) IS 'What the totals of a window may count twice, and what they leave out: spans with usage that are no model call, by reason, and misdated spans, which are in no window, over all time.';

COMMENT ON FUNCTION "app"."differ_in_container"(text[], text[]) IS 'Whether both processes are in containers, and in no common one.';

COMMENT ON FUNCTION "app"."earliest_call"() IS 'No span is believed to have started before: there were no such calls.';

COMMENT ON FUNCTION "app"."expire_batch"(text, integer, uuid) IS 'Takes away what is too old of so many of a tenant''s traces, contents and evaluations, summaries included; answers how many it found.';

COMMENT ON FUNCTION "app"."expire_evaluations"(text, timestamp with time zone, timestamp with time zone, integer) IS 'Takes away explanations that are too old, and so many evaluations; answers how many of these.';

COMMENT ON FUNCTION "app"."find_affected"(text, public.spans[], text[], boolean, timestamp with time zone, timestamp with time zone) IS 'The stored countable spans whose counting these bear on by parentage or response: they themselves, their parents, hollow children, and those of the same response.';

COMMENT ON FUNCTION "app"."find_ahead"(text, timestamp with time zone) IS 'A tenant''s spans that came before a time and claim to start after it, or are misdated.';

COMMENT ON FUNCTION "app"."find_crowded"(integer[], integer[]) IS 'The spans of these pairs that are entangled with more than app.most_entangled(): by a chain of pairs.';

COMMENT ON FUNCTION "app"."find_doubtful"(text, public.spans[]) IS 'The places of those of these counted spans that resemble the wrapper of a stored one and are not proven to be it.';

COMMENT ON FUNCTION "app"."find_enclosed"(text, public.spans[], boolean, integer, timestamp with time zone, timestamp with time zone) IS 'For each of these calls that resembles the wrapper of stored ones (app.resembles), or is proven to be it, the first of these.';

COMMENT ON FUNCTION "app"."find_enclosing"(text, public.spans[], boolean, timestamp with time zone, timestamp with time zone) IS 'Stored spans that resemble the wrapper of one of these calls (app.resembles), or are proven to be it.';

COMMENT ON FUNCTION "app"."find_entangled"(text, public.spans[], public.spans[]) IS 'These affected spans, and the stored ones whose counting those that touched them bear on because they enclose a call: by chains of proven pairs, each as long as it may be (app.most_entangled).';

COMMENT ON FUNCTION "app"."find_misdating"(timestamp with time zone, timestamp with time zone, timestamp with time zone) IS 'Why a span''s times cannot be true (spans.misdated), as far as the time tells at which it came.';

COMMENT ON FUNCTION "app"."find_nested"(text, public.spans[], text[], text[], timestamp with time zone, timestamp with time zone) IS 'Stored spans that these resemble the calls or the wrappers of, and one of each trace that is to be held besides.';

COMMENT ON FUNCTION "app"."find_topmost"(text, text, timestamp with time zone, timestamp with time zone) IS 'The name of a trace''s earliest span whose parent is not stored. Asked when a trace without a root is read, since parents come late.';

COMMENT ON FUNCTION "app"."find_uncounted"(public.spans[]) IS 'The places of countable spans that another one stands for, whatever encloses them. Wrappers: they have a child of their model (app.is_of_its_model) that is not hollow. The last hollow child (app.is_hollow) of a parent that did not fail. Of the others those for which a better one (app.is_better) tells of the same response, in whatever trace.';

COMMENT ON FUNCTION "app"."find_unwrapped"(text, public.spans[], boolean, timestamp with time zone, timestamp with time zone) IS 'The places of those stored spans that stand for a call, whatever they enclose (mixed: by several instrumentations).';

COMMENT ON FUNCTION "app"."forget_evaluations"(text, public.spans[], text[]) IS 'Deletes what was found of calls that are gone, and in these traces of spans that are not there; answers how many.';

COMMENT ON FUNCTION "app"."is_better"(app.call, app.call) IS 'Whether of two spans that tell of one response the first stands for the call: usage reported first, then a tier told, by which the call is priced, then the latest start, span id, trace id.';

COMMENT ON FUNCTION "app"."is_last_hollow"(text, public.spans, timestamp with time zone, timestamp with time zone) IS 'Whether a span that did not fail is the last hollow child (app.is_hollow) of its parent, which stands for the call.';

COMMENT ON FUNCTION "app"."is_of_its_model"(app.call, app.call) IS 'Whether a child is of its parent''s model, or of any where that tells none, and not of its response, nor a failed attempt without usage of what answered with usage. Of the same tokens, a date or a provider may stand in one of both names.';

COMMENT ON FUNCTION "app"."is_one_process"(text[], text[]) IS 'Whether what names the process of two spans is the same: null where it can not be compared.';

COMMENT ON FUNCTION "app"."is_opening"(app.call) IS 'Whether a span tells of a stream that opened, and of nothing that came of it.';

COMMENT ON FUNCTION "app"."is_proven"(app.call, app.call) IS 'Whether of two spans that resemble each other (app.resembles) the outer one tells of the other''s call: in the same process, of the same tokens, or none that either knows; or the opening of its stream, in the same process or below the same parent.';

COMMENT ON FUNCTION "app"."latest_of"(public.spans) IS 'The latest start of a call that a span may enclose, or be the opening of.';

COMMENT ON FUNCTION "app"."leave_crowded"(public.spans[], public.spans[]) IS 'The last of these spans without those that are entangled with too many.';

COMMENT ON FUNCTION "app"."list_kinds"(text[]) IS 'What a span''s process is named by: the kinds of its keys.';

COMMENT ON FUNCTION "app"."mark_counted"(public.spans[]) IS 'The spans with those not counted that do not stand for a call, and those told that may be another''s wrapper, as far as these spans tell.';

COMMENT ON FUNCTION "app"."match_pairs"(integer[], integer[]) IS 'Of wrappers and the calls inside them, pair by pair and wrapper by wrapper, the wrappers of a greatest matching: the first ones, where not all find a call.';

COMMENT ON FUNCTION "app"."may_hold_images"(jsonb, public.model_prices) IS 'Whether tokens that nobody told to be free of images would cost another amount as images.';

COMMENT ON FUNCTION "app"."most_entangled"() IS 'Among how many spans, each of which encloses another of them, pairs are looked for: of more all are counted.';

COMMENT ON FUNCTION "app"."name_one_model"(text, text) IS 'Whether one of two names of models is the other with a date behind it, or a place before it.';

COMMENT ON FUNCTION "app"."nests"(app.call, app.call) IS 'Whether a span that starts no sooner lies inside another, at most an hour later, or with its first part inside where the outer one tells of a stream and ends with its first part; and is not of other tokens.';

COMMENT ON FUNCTION "app"."opens"(app.call, app.call) IS 'Whether a span may be the opening of a stream of which a log tells: as long an input, and both of one parent or of none, at most ten minutes later.';

COMMENT ON FUNCTION "app"."pair_calls"(public.spans[]) IS 'Of spans that are counted so far those that enclose one of them, each another one, as many as can be; and those of which it is not known, though they resemble the wrapper of any.';

COMMENT ON FUNCTION "app"."resembles"(app.call, app.call) IS 'Whether a span without a response id may tell of the call of another, of the same service and requested model: made by another instrumentation and around it (app.nests), or the opening of its stream (app.opens); not of another process. Of a wrapper and its call both failed or neither.';

COMMENT ON FUNCTION "app"."store_evaluations"(text, jsonb, boolean) IS 'Stores a tenant''s evaluations; answers how many rows were made or changed.';

COMMENT ON FUNCTION "app"."stream_window_ns"() IS 'Within how many nanoseconds, ten minutes, the log of a stream follows its opening.';

COMMENT ON FUNCTION "app"."turn_spans"(text, public.spans[], public.spans[]) IS 'Stores what was judged of stored spans where it is another; answers trace and span id of those.';

COMMENT ON FUNCTION "app"."unite_names"(text[], text[]) IS 'The union of two lists of names, sorted, its first 128; of one that is not known, the other.';

COMMENT ON FUNCTION "app"."unsplit_rates"(jsonb, public.model_prices) IS 'The prices that input may have whose cache was not told: of no kind that is told by itself.';

COMMENT ON FUNCTION "public"."ingest_spans"(jsonb) IS 'Writes {"spans": [...], "process": {...}}, and "evaluations": [...], under the tenant of the caller''s token. Any order, cut and repetition of deliveries ends in the same rows. Content is left out where the tenant forbids it (tenants.content_capture; the answer''s "content"). With "settings": true it also answers the tenant''s attribute_mappings.';

COMMENT ON FUNCTION "public"."query_metrics"(timestamp with time zone, timestamp with time zone, text) IS 'Model calls of the caller''s tenant in window_start <= start_time < window_end: totals with what they leave out, series by minute, hour or day (UTC), and by model, the 500 busiest. At most 1,500 buckets; refused without a tenant.';

COMMENT ON TABLE "public"."evaluations" IS 'What evaluators found, as OpenTelemetry''s gen_ai.evaluation.result events tell: of a span, by trace_id and span_id, or of an answer, by response_id.';

COMMENT ON TYPE "app"."pairs" IS 'Places of spans in a list: those that enclose a call each, those among too many to say, and those of which it is not known.';

COMMENT ON VIEW "public"."error_summaries" IS 'Failed spans by type, operation and model.';

COMMENT ON VIEW "public"."left_out_by_day" IS 'Spans that the sums leave out, or may count twice, per day (UTC): misdated ones by the day on which they came, usage that is not counted, with its reason, and possible duplicates.';

COMMENT ON VIEW "public"."metrics_by_day" IS 'Model calls per day (UTC).';

COMMENT ON VIEW "public"."metrics_by_hour" IS 'Model calls per hour (UTC), over all time. For a window query_metrics is faster: it uses the index on start_time.';

COMMENT ON VIEW "public"."metrics_by_model" IS 'Model calls per provider and model, over all time.';

COMMENT ON VIEW "public"."metrics_by_user" IS 'Model calls per user, over all time.';

COMMENT ON VIEW "public"."model_calls" IS 'One row per model call: the one span that stands for it (spans.counted), unless its times cannot be true (spans.misdated). failed: it ended in an error, and costs nothing. unmeasured: answered, usage unknown. unpriced: answered, usage known, price unknown. Sums of cost leave out both.';

COMMENT ON VIEW "public"."span_details" IS 'Spans with all that is stored of them, content included where it was captured.';

COMMENT ON VIEW "public"."span_summaries" IS 'Spans without content: rows of a list or of a tree. unpriced and unmeasured as in model_calls.';

COMMENT ON VIEW "public"."trace_evaluations" IS 'Evaluations with the trace and span that they are of; those that name a response alone are of the call that tells of it.';

COMMENT ON VIEW "public"."trace_summaries" IS 'One row per trace: duration, tokens, cost, errors. total_cost_usd leaves out unpriced_requests and unmeasured_requests. A trace without a root has the name of its topmost span; its session and user are its root''s, else the least that a span tells. start_time to end_time is the window of its well-dated spans, earliest to latest that of all.';

REVOKE ALL ON FUNCTION "app"."bound_cost"(jsonb, public.model_prices) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."count_left_out"(text, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."count_left_out"(text, timestamp WITH time zone, timestamp WITH time zone) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."differ_in_container"(text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."earliest_call"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."expire_evaluations"(text, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_crowded"(integer[], integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_doubtful"(text, public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_enclosed"(text, public.spans[], boolean, integer, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_enclosing"(text, public.spans[], boolean, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_entangled"(text, public.spans[], public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_misdating"(timestamp WITH time zone, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_topmost"(text, text, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_topmost"(text, text, timestamp WITH time zone, timestamp WITH time zone) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_unwrapped"(text, public.spans[], boolean, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."forget_evaluations"(text, public.spans[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_last_hollow"(text, public.spans, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_one_process"(text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_opening"(app.call) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_proven"(app.call, app.call) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."latest_of"(public.spans) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."leave_crowded"(public.spans[], public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_kinds"(text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."match_pairs"(integer[], integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."may_hold_images"(jsonb, public.model_prices) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."most_entangled"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."name_one_model"(text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."nests"(app.call, app.call) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."opens"(app.call, app.call) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."pair_calls"(public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."resembles"(app.call, app.call) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."store_evaluations"(text, jsonb, boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."stream_window_ns"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."turn_spans"(text, public.spans[], public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."unite_names"(text[], text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."unsplit_rates"(jsonb, public.model_prices) FROM PUBLIC;

REVOKE ALL ON TABLE "public"."evaluations" FROM "authenticated";

GRANT SELECT ON TABLE "public"."evaluations" TO "authenticated";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."evaluations" TO "service_role";

REVOKE ALL ON TABLE "public"."error_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."error_summaries" TO "authenticated";

GRANT SELECT ON TABLE "public"."error_summaries" TO "service_role";

REVOKE ALL ON TABLE "public"."left_out_by_day" FROM "authenticated";

GRANT SELECT ON TABLE "public"."left_out_by_day" TO "authenticated";

GRANT SELECT ON TABLE "public"."left_out_by_day" TO "service_role";

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

REVOKE ALL ON TABLE "public"."span_details" FROM "authenticated";

GRANT SELECT ON TABLE "public"."span_details" TO "authenticated";

GRANT SELECT ON TABLE "public"."span_details" TO "service_role";

REVOKE ALL ON TABLE "public"."span_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."span_summaries" TO "authenticated";

GRANT SELECT ON TABLE "public"."span_summaries" TO "service_role";

REVOKE ALL ON TABLE "public"."trace_evaluations" FROM "authenticated";

GRANT SELECT ON TABLE "public"."trace_evaluations" TO "authenticated";

GRANT SELECT ON TABLE "public"."trace_evaluations" TO "service_role";

REVOKE ALL ON TABLE "public"."trace_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."trace_summaries" TO "authenticated";

GRANT SELECT ON TABLE "public"."trace_summaries" TO "service_role";

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_process_keys_check" CHECK (app.is_name_list(process_keys));

-- by hand: what the new columns say of rows that were stored before them.
update public.spans set misdated = app.find_misdating(start_time, end_time, received_at)
  where start_time < app.earliest_call() or end_time > received_at + interval '24 hours';

update public.traces t set root_session_id = s.session_id, root_user_id = s.user_id
  from public.spans s
  where s.tenant_id = t.tenant_id and s.trace_id = t.trace_id and s.span_id = t.root_span_id
    and s.start_time = app.to_time(t.root_start_ns)
    and (s.session_id is not null or s.user_id is not null);

do $$
begin
  perform app.summarize_traces(tenant_id, array_agg(distinct trace_id))
    from public.spans where misdated is not null group by tenant_id;
end
$$;
