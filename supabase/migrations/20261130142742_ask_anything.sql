-- ask_anything: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

SET local check_function_bodies = off;

DROP TRIGGER "audit_change" ON "public"."tenants";

DROP FUNCTION "app"."describe_group_series"(timestamp WITH time zone[], app.sums[], text);

DROP FUNCTION "app"."describe_series"(timestamp WITH time zone[], app.sums[]);

DROP FUNCTION "app"."list_rich_sums"(text, timestamp WITH time zone[], integer, text, text, jsonb);

DROP FUNCTION "app"."start_reading"(text, timestamp WITH time zone[], text, text, text, jsonb);

DROP FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text, text, text, text, jsonb, text, integer, boolean);

CREATE TABLE "public"."deletion_traces" (
  "tenant_id"   text NOT NULL,
  "deletion_id" uuid NOT NULL,
  "trace_id"    text NOT NULL,
  CONSTRAINT "deletion_traces_pkey" PRIMARY KEY (tenant_id, deletion_id, trace_id),
  CONSTRAINT "deletion_traces_trace_id_check" CHECK (((octet_length(trace_id) = 32) AND (trace_id ~ '^[0-9a-f]*$'::text))),
  CONSTRAINT "deletion_traces_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."deletion_traces"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."deletion_traces"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."deletion_traces" FROM "anon", "authenticated";

CREATE TABLE "public"."deletions" (
  "tenant_id"      text                     NOT NULL,
  "deletion_id"    uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "state"          text                     NOT NULL DEFAULT 'waiting'::text,
  "asked_by"       text                     NOT NULL,
  "matched_traces" bigint                   NOT NULL,
  "matched_spans"  bigint                   NOT NULL,
  "traces"         bigint                   NOT NULL DEFAULT 0,
  "spans"          bigint                   NOT NULL DEFAULT 0,
  "contents"       bigint                   NOT NULL DEFAULT 0,
  "evaluations"    bigint                   NOT NULL DEFAULT 0,
  "created_at"     timestamp with time zone NOT NULL DEFAULT now(),
  "created_by"     text                     NOT NULL DEFAULT app.actor(),
  "touched_at"     timestamp with time zone NOT NULL DEFAULT now(),
  "finished_at"    timestamp with time zone,
  "receipt_id"     uuid,
  "error"          text,
  "attempts"       integer                  NOT NULL DEFAULT 0,
  "failed_run"     uuid,
  CONSTRAINT "deletions_asked_by_check" CHECK ((asked_by = ANY (ARRAY['filter'::text, 'ids'::text]))),
  CONSTRAINT "deletions_check1" CHECK (((state = 'done'::text) = (receipt_id IS NOT NULL))),
  CONSTRAINT "deletions_check" CHECK (((state = ANY (ARRAY['waiting'::text, 'running'::text])) = (finished_at IS NULL))),
  CONSTRAINT "deletions_error_check" CHECK ((length(error) <= 300)),
  CONSTRAINT "deletions_matched_spans_check" CHECK ((matched_spans >= 0)),
  CONSTRAINT "deletions_matched_traces_check" CHECK ((matched_traces > 0)),
  CONSTRAINT "deletions_pkey" PRIMARY KEY (tenant_id, deletion_id),
  CONSTRAINT "deletions_state_check" CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text]))),
  CONSTRAINT "deletions_created_by_check" CHECK ((length(created_by) <= 64)),
  CONSTRAINT "deletions_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."deletions"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."deletions"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."deletions" FROM "anon", "authenticated";

CREATE TABLE "public"."hour_terms" (
  "tenant_id" text                     NOT NULL,
  "of_traces" boolean                  NOT NULL,
  "hour"      timestamp with time zone NOT NULL,
  "term"      bigint                   NOT NULL,
  "places"    integer[],
  "bits"      bit varying,
  "size"      integer,
  CONSTRAINT "hour_terms_pkey" PRIMARY KEY (tenant_id, of_traces, hour, term),
  CONSTRAINT "hour_terms_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."hour_terms"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."hour_terms"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."hour_terms" FROM "anon";

CREATE TABLE "public"."saved_views" (
  "tenant_id"  text                     NOT NULL,
  "view_id"    uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "kind"       text                     NOT NULL,
  "name"       text                     NOT NULL,
  "shared"     boolean                  NOT NULL DEFAULT false,
  "filter"     text                     NOT NULL,
  "tree"       jsonb                    NOT NULL,
  "settings"   jsonb                    NOT NULL,
  "created_at" timestamp with time zone NOT NULL DEFAULT now(),
  "created_by" text                     NOT NULL DEFAULT app.actor(),
  "changed_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "saved_views_filter_check" CHECK ((length(filter) <= 8192)),
  CONSTRAINT "saved_views_kind_check" CHECK ((kind = ANY (ARRAY['traces'::text, 'spans'::text, 'sessions'::text, 'analyze'::text]))),
  CONSTRAINT "saved_views_name_check" CHECK (((length(name) >= 1) AND (length(name) <= 120))),
  CONSTRAINT "saved_views_pkey" PRIMARY KEY (tenant_id, view_id),
  CONSTRAINT "saved_views_settings_check" CHECK (((jsonb_typeof(settings) = 'object'::text) AND (octet_length((settings)::text) <= 8192))),
  CONSTRAINT "saved_views_tree_check" CHECK ((octet_length((tree)::text) <= 65536)),
  CONSTRAINT "saved_views_created_by_check" CHECK ((length(created_by) <= 64)),
  CONSTRAINT "saved_views_name_is_free" UNIQUE (tenant_id, created_by, kind, name),
  CONSTRAINT "saved_views_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."saved_views"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."saved_views"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."saved_views" FROM "anon";

ALTER TABLE "public"."span_contents"
  ADD COLUMN "labels" jsonb NOT NULL DEFAULT '[]'::jsonb;

ALTER TABLE "public"."span_contents"
  ADD COLUMN "text_config" text NOT NULL DEFAULT 'simple'::text;

ALTER TABLE "public"."tenants"
  ADD COLUMN "text_configs" text[] NOT NULL DEFAULT '{simple}'::text[];

CREATE TYPE "app"."facet" AS (
  "place"      integer,
  "name"       text,
  "kind"       text,
  "shape"      text,
  "expression" text,
  "of_span"    text,
  "unlisted"   text,
  "within"     text,
  "dimension"  text
);

CREATE TYPE "app"."field_type" AS (
  "name"      text,
  "operators" text[],
  "pattern"   text,
  "literal"   text,
  "meaning"   text,
  "facet"     text
);

CREATE TYPE "app"."field" AS (
  "name"     text,
  "type"     text,
  "of_span"  text,
  "of_trace" text,
  "listed"   text,
  "unlisted" text,
  "within"   text,
  "choices"  text[]
);

CREATE TYPE "app"."narrowing" AS (
  "kept"      jsonb,
  "condition" text
);

CREATE TYPE "app"."person" AS (
  "user_id"       text,
  "provider"      text,
  "model"         text,
  "requests"      bigint,
  "errors"        bigint,
  "unpriced"      bigint,
  "unmeasured"    bigint,
  "input_tokens"  numeric,
  "output_tokens" numeric,
  "total_tokens"  numeric,
  "cost_usd"      numeric,
  "first_start"   timestamp WITH time zone,
  "last_start"    timestamp WITH time zone
);

CREATE TYPE "app"."row_keys" AS (
  "starts" timestamp WITH time zone[],
  "traces" text[],
  "spans"  text[]
);

CREATE TYPE "app"."said" AS (
  "turn"  integer,
  "part"  integer,
  "place" bigint,
  "role"  text,
  "body"  jsonb,
  "hash"  text,
  "told"  text,
  "cut"   boolean
);

CREATE TYPE "app"."session_key" AS (
  "start_time" timestamp WITH time zone,
  "trace_id"   text,
  "session_id" text
);

CREATE TYPE "app"."sorted_key" AS (
  "value"      double precision,
  "start_time" timestamp WITH time zone,
  "trace_id"   text,
  "span_id"    text
);

CREATE TYPE "app"."sort" AS (
  "name"         text,
  "falling"      boolean,
  "measure"      text,
  "measured"     text,
  "others"       text,
  "others_first" boolean
);

CREATE TYPE "app"."told_value" AS (
  "place"  integer,
  "value"  text,
  "amount" numeric
);

ALTER TYPE "app"."let_in" ADD ATTRIBUTE "left_out" jsonb CASCADE;

ALTER TYPE "app"."reading" ADD ATTRIBUTE "condition" text CASCADE;

CREATE OR REPLACE FUNCTION app.add_models (
  models app.person[],
  person text
)
  RETURNS app.person
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  told app.person;
begin
  select person, null, null, coalesce(sum(m.requests), 0)::bigint, coalesce(sum(m.errors), 0)::bigint,
      coalesce(sum(m.unpriced), 0)::bigint, coalesce(sum(m.unmeasured), 0)::bigint, sum(m.input_tokens),
      sum(m.output_tokens), sum(m.total_tokens), sum(m.cost_usd), min(m.first_start), max(m.last_start)
    into told from unnest(models) m;
  return told;
end
$function$;

CREATE OR REPLACE FUNCTION app.amount_of (
  told app.person,
  sort text
)
  RETURNS numeric
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE sort WHEN 'calls'::text THEN ((told).requests)::numeric WHEN 'errors'::text THEN ((told).errors)::numeric WHEN 'cost'::text THEN (told).cost_usd WHEN 'tokens'::text
  THEN (told).total_tokens WHEN 'last'::text THEN EXTRACT(epoch FROM (told).last_start) WHEN 'first'::text THEN EXTRACT(epoch FROM (told).first_start) ELSE NULL::numeric END;

CREATE OR REPLACE FUNCTION app.ask_trace (
  field   app.field,
  op      text,
  literal text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  -- `offset 0`: a trace's spans are looked for by its key, and no tenant's spans are joined with all
  -- its traces.
  any_span constant text := format(
    'exists (select from public.span_summaries s where s.tenant_id = t.tenant_id and s.trace_id = t.trace_id '
    'and s.start_time between t.earliest and t.latest%s and %s offset 0)',
    ' and ' || field.within, app.compare_to(field.of_span, op, literal));
begin
  if field.of_trace is not null then
    return app.compare_to(field.of_trace, op, literal);
  end if;
  if field.listed is null then
    return any_span;
  end if;
  return format('(%s or %s and %s)',
    case when op = 'in' then format('%s && %s', field.listed, literal)
      else format('%s <> ''{}''', field.listed) end,
    field.unlisted, any_span);
end
$function$;

CREATE OR REPLACE FUNCTION app.asked_window (
  arguments jsonb
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  window_start constant timestamptz := app.time_argument(arguments, 'start');
  window_end constant timestamptz := app.time_argument(arguments, 'end');
begin
  perform app.check_window(window_start, window_end, 'day');
  return array[window_start, window_end];
end
$function$;

CREATE OR REPLACE FUNCTION app.asks_time_alone (
  filters jsonb
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select not jsonb_path_exists(filters, '$[*] ? (exists(@.not) || exists(@.or))')
    and not jsonb_path_exists(filters, '$[*] ? (exists(@.field) && !(@.field == "started"))')
    and not jsonb_path_exists(filters, '$[*].and[*] ? (!(@.field == "started"))')
$function$;

CREATE OR REPLACE FUNCTION app.attributed_expression (
  name text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format('coalesce(s.%1$I, (select coalesce(a.%2$I, a.%1$I%3$s) from public.traces a '
    'where a.tenant_id = s.tenant_id and a.trace_id = s.trace_id))', name, 'root_' || name,
    -- Where nobody tells a session, a chain of responses has one.
    case when name = 'session_id' then ', s.chained_session_id, a.chained_session_id' else '' end)
$function$;

CREATE OR REPLACE FUNCTION app.audit_view()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  known public.saved_views := coalesce(new, old);
  before constant boolean := coalesce(old.shared, false);
  after constant boolean := coalesce(new.shared, false);
  changed text[] := array(
    select key from jsonb_each(app.changed_values(to_jsonb(old), to_jsonb(new)))
    where before and after and key <> 'changed_at' order by key);
begin
  if not (before or after) or before and after and changed = '{}' then
    return null;
  end if;
  perform app.record_event(known.tenant_id, 'saved_view.' || case
    when tg_op = 'DELETE' then 'deleted' when not before then 'shared'
    when not after then 'unshared' else 'changed' end, known.view_id::text,
    jsonb_build_object('kind', known.kind, 'created_by', known.created_by)
      || case when changed = '{}' then '{}' else jsonb_build_object('changed', changed) end);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION app.bound_texts (
  texts jsonb,
  most  integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  if length(texts::text) <= most then
    return texts;
  end if;
  return (
    select coalesce(jsonb_agg(left(told, most - before) order by place), '[]')
    from (
      select told, place, (sum(length(told)) over (order by place))::integer - length(told) as before
      from jsonb_array_elements_text(texts) with ordinality e (told, place)
    ) t
    where before < most);
end
$function$;

CREATE OR REPLACE FUNCTION app.check_columns (
  arguments jsonb
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select app.names_argument(
    arguments, 'shown', 'shown is not 1 to 64 names of columns.', 'Send {"shown": ["trace_id"]}.')
$function$;

CREATE OR REPLACE FUNCTION app.check_filter_tree (
  filter jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  if octet_length(filter::text) > 65536 then
    perform app.refuse_filter('The filter is longer than 64 KiB.', 'Ask for fewer values.');
  end if;
  if filter <> '{}' or filter is null then
    perform app.count_terms(filter, 1);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.check_term (
  term jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  told constant jsonb := coalesce(term -> 'values', '[]');
begin
  if term - '{field,op,values}'::text[] <> '{}' or jsonb_typeof(term -> 'field') is distinct from 'string'
      or jsonb_typeof(term -> 'op') is distinct from 'string' then
    perform app.refuse_filter('A part of the filter is neither a group nor a term.',
      'Send {"and": […]}, {"or": […]}, {"not": …} or {"field": "model", "op": "in", "values": ["gpt-5"]}.');
  end if;
  if jsonb_typeof(told) <> 'array' or jsonb_array_length(told) > 100
      or jsonb_path_exists(told, 'strict $[*] ? (@.type() != "string" && @.type() != "number")') then
    perform app.refuse_filter(format('The values of %s are not a list.', app.describe_term(term)),
      'Send 1 to 100 texts or numbers.');
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.check_time (
  told text
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  perform told::timestamptz;
exception when data_exception then
  perform app.refuse_filter('A time in the filter is in no calendar.', 'Send 2026-11-01T12:00:00Z.');
end
$function$;

CREATE OR REPLACE FUNCTION app.check_words (
  told text
)
  RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  if coalesce(app.longest_word(told), '') = '' then
    perform app.refuse_filter('The text has no word to look for.', 'Look for letters or digits.');
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.choose_digests (
  filters jsonb
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select array(select jsonb_array_elements_text(t -> 'values'))
  from jsonb_array_elements(filters) filter, app.list_required(filter) t
  where t ->> 'field' = 'input_digest' limit 1
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
      -- Calls that tell no value have no row of their own.
      and not app.keeps_untold(kept -> alone) then alone
    when rich = '{}' then 'detail'
    else 'raw' end;
end
$function$;

CREATE OR REPLACE FUNCTION app.choose_doomed (
  tenant      text,
  deletion    uuid,
  most_traces integer,
  most_spans  integer
)
  RETURNS text[]
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce(array_agg(trace_id), '{}') from (
    select k.trace_id, row_number() over w as place, sum(coalesce(t.span_count, 0)) over w as spans
    from (
      select trace_id from public.deletion_traces
      where tenant_id = tenant and deletion_id = deletion order by trace_id limit most_traces) k
    left join public.traces t on t.tenant_id = tenant and t.trace_id = k.trace_id
    window w as (order by k.trace_id)) s
  where place = 1 or spans <= most_spans
$function$;

CREATE OR REPLACE FUNCTION app.choose_facets (
  arguments jsonb,
  kind      text,
  tenant    text
)
  RETURNS app.facet[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  names constant text[] := app.facet_names_argument(arguments, kind, tenant);
  kept constant text[] := app.list_dimensions(tenant);
  types constant jsonb := (select jsonb_object_agg(t.name, t.facet) from app.list_field_types() t);
  known constant app.field[] := array(select f from app.list_fields() f);
  facets app.facet[] := '{}';
  field app.field;
begin
  for place in 1 .. cardinality(names) loop
    select k.* into field from unnest(known) k where k.name = names[place];
    -- Also of one that is not there: it is refused with the nearest.
    if field.name is null or kind = 'spans' and field.of_span is null then
      field := app.find_field(names[place], kind);
    end if;
    facets := facets || app.to_facet(place, field, types ->> field.type, kind, kept);
  end loop;
  if arguments ->> 'q' is not null and (cardinality(facets) > 1 or facets[1].kind <> 'value') then
    raise invalid_parameter_value using
      message = 'Values that start with a text are of one field.',
      hint = 'Name one field that has values, such as {"fields": ["model"], "q": "gpt"}.';
  end if;
  return facets;
end
$function$;

CREATE OR REPLACE FUNCTION app.choose_text (
  filters jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select t #>> '{values,0}' from jsonb_array_elements(filters) filter, app.list_required(filter) t
  where t ->> 'field' = 'text' order by length(t #>> '{values,0}') desc, t limit 1
$function$;

CREATE OR REPLACE FUNCTION app.choose_values (
  told   jsonb,
  others jsonb,
  common boolean
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN COALESCE((SELECT jsonb_agg(v.value) AS jsonb_agg FROM jsonb_array_elements(choose_values.told) v(VALUE)
  WHERE ((choose_values.others @> jsonb_build_array(v.value)) = choose_values.common)), '[]'::jsonb);

CREATE OR REPLACE FUNCTION app.compare_to (
  expression text,
  op         text,
  literal    text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case op
    when 'in' then format('(%s) = any(%s)', expression, literal)
    when 'lt' then format('(%s) < %s', expression, literal)
    when 'le' then format('(%s) <= %s', expression, literal)
    when 'gt' then format('(%s) > %s', expression, literal)
    when 'ge' then format('(%s) >= %s', expression, literal)
    when 'has' then format('(%s) is not null', expression)
    when 'is' then format('(%s)', expression)
    else app.compile_words(expression, op, literal) end
$function$;

CREATE OR REPLACE FUNCTION app.compile_after (
  arguments jsonb,
  sort      app.sort,
  kind      text,
  unknown   boolean
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  after constant jsonb := coalesce(arguments -> 'after', 'null');
  older constant text := app.compile_position(arguments, kind);
begin
  if after = 'null' then
    return 'true';
  elsif sort.measure is null then
    return case when sort.falling then older else app.compile_position(arguments, kind, '>') end;
  elsif coalesce(jsonb_typeof(after -> 'value'), 'null') not in ('number', 'null') then
    raise invalid_parameter_value using
      message = 'value is no number.', hint = 'Send {"after": {"value": 1.5}}, or null where it is unknown.';
  elsif after ->> 'value' is null then
    return format('(%s is null and %s)', sort.measure, older);
  end if;
  -- The bound of the measure by itself is what an index uses.
  return format('(%1$s %2$s= %3$L::double precision and (%1$s %2$s %3$L::double precision or %4$s)%5$s)',
    sort.measure, case when sort.falling then '<' else '>' end, after ->> 'value', older,
    case when unknown then format(' or %s is null', sort.measure) else '' end);
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_dating (
  filters jsonb,
  kind    text
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select case
    when jsonb_path_exists(filters, '$.** ? (@.field == "misdated" || @.field == "trace" || @.field == "span")')
      then 'true'
    -- No span that is not misdated starts later: a day after it came. Those of the future are first.
    when kind = 'spans' then format('s.misdated is null and s.start_time < %L::timestamptz', now() + interval '2 days')
    else format('not t.undated and t.start_time < %L::timestamptz', now() + interval '2 days') end
$function$;

CREATE OR REPLACE FUNCTION app.compile_days (
  rows   text,
  sort   app.sort,
  during tstzrange,
  most   integer
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  first constant integer := floor(extract(epoch from lower(during)) / 86400);
  last constant integer := ceil(extract(epoch from upper(during)) / 86400) - 1;
  few constant integer := least(most, 2 * most / (last - first + 1) + 8);
  ordered constant text := format('order by value %s, start_time desc, trace_id desc, span_id desc limit ',
    case when sort.falling then 'desc' else 'asc' end);
  of_day constant text := rows || format(
    ' and (start_ns / 86400000000000)::integer = d.day and start_time >= %L and start_time < %L ',
    lower(during), upper(during));
begin
  return format($query$(
    with few as materialized (
      select d.day, r.* from generate_series(%1$s, %2$s) d (day) cross join lateral (%3$s%4$s%5$s) r),
    worst as materialized (select value from few order by value %6$s offset %7$s limit 1),
    bound as materialized (select coalesce((select value from worst), %8$L::double precision) as value),
    more as materialized (
      select day from few group by day
      having count(*) = %5$s and %5$s < %9$s and %10$s(value) %11$s= (select value from bound))
    select value, start_time, trace_id, span_id from few where day not in (select day from more)
    union all
    select r.* from more d cross join lateral (
      %3$s and %12$s %11$s= (select value from bound) %4$s%9$s) r)$query$,
    first, last, of_day, ordered, few, case when sort.falling then 'desc' else 'asc' end, most - 1,
    case when sort.falling then '-Infinity' else 'Infinity' end, most,
    case when sort.falling then 'min' else 'max' end, case when sort.falling then '>' else '<' end,
    sort.measure);
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_filter (
  filter jsonb,
  kind   text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  perform app.check_filter_tree(filter);
  if (kind in ('spans', 'traces')) is not true then
    perform app.refuse_filter('A filter is of spans or of traces.', 'Say which.');
  end if;
  return case when filter = '{}' then 'true' else app.compile_tree(filter, kind) end;
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_key (
  kind text
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select format(case kind
    when 'spans' then 'public.span_summaries s on s.tenant_id = %L and s.trace_id = k.trace_id
      and s.span_id = k.span_id and s.start_time = k.start_time'
    else 'public.trace_summaries t on t.tenant_id = %L and t.trace_id = k.trace_id' end, app.require_tenant())
$function$;

CREATE OR REPLACE FUNCTION app.compile_order (
  sort app.sort,
  kind text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select coalesce(sort.measure || case when sort.falling then ' desc' else ' asc' end || ' nulls last, ', '')
    || string_agg(format('%s.%s %s', left(kind, 1), name,
      case when sort.measure is null and not sort.falling then 'asc' else 'desc' end), ', ' order by place)
  from unnest(case kind when 'spans' then '{start_time,trace_id,span_id}'::text[]
    else '{start_time,trace_id}' end) with ordinality k (name, place)
$function$;

CREATE OR REPLACE FUNCTION app.compile_place (
  arguments jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  after constant jsonb := coalesce(arguments -> 'after', 'null');
begin
  if after = 'null' then
    return 'true';
  end if;
  perform app.time_argument(after, 'start');
  perform app.argument(after, 'span', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  return format('s.start_time >= %1$L::timestamptz and (s.start_time, s.span_id) > (%1$L::timestamptz, %2$L)',
    after ->> 'start', after ->> 'span');
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_position (
  arguments jsonb,
  kind      text,
  way       text  DEFAULT '<'::text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  after constant jsonb := coalesce(arguments -> 'after', 'null');
begin
  if after = 'null' then
    return 'true';
  end if;
  perform app.time_argument(after, 'start');
  perform app.argument(after, 'trace', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  if kind = 'traces' then
    return format('t.start_time %1$s= %2$L::timestamptz and (t.start_time, t.trace_id) %1$s (%2$L::timestamptz, %3$L)',
      way, after ->> 'start', after ->> 'trace');
  end if;
  perform app.argument(after, 'span', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  return format(
    's.start_time %1$s= %2$L::timestamptz and (s.start_time, s.trace_id, s.span_id) %1$s (%2$L::timestamptz, %3$L, %4$L)',
    way, after ->> 'start', after ->> 'trace', after ->> 'span');
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_preview (
  kind text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case kind when 'spans' then '(
      select app.preview(c.input, c.output) from public.span_contents c
      where c.tenant_id = s.tenant_id and c.trace_id = s.trace_id and c.span_id = s.span_id
        and c.start_time = s.start_time)'
    -- Of the first few with content: the root, else the first call, else the first of them.
    else '(
      select app.preview(c.input, c.output) from (
        select c.* from public.span_contents c
        where c.tenant_id = t.tenant_id and c.trace_id = t.trace_id
          and c.start_time between t.earliest and t.latest
        order by c.start_time, c.span_id limit 20) c
      cross join lateral (
        select p.parent_span_id, p.counted from public.spans p
        where p.tenant_id = c.tenant_id and p.trace_id = c.trace_id and p.span_id = c.span_id
          and p.start_time = c.start_time limit 1) p
      order by p.parent_span_id is null desc, p.counted desc, c.start_time, c.span_id limit 1)' end
$function$;

CREATE OR REPLACE FUNCTION app.compile_question (
  arguments jsonb,
  kind      text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  filters constant jsonb := coalesce(arguments -> 'filters', '[]');
begin
  if jsonb_typeof(filters) <> 'array' or jsonb_array_length(filters) > 4 then
    raise invalid_parameter_value using
      message = 'filters are not a list of at most 4.', hint = 'Send {"filters": [{}]}.';
  end if;
  return coalesce((
      select string_agg(app.compile_filter(f, kind), ' and ' order by place)
      from jsonb_array_elements(filters) with ordinality e (f, place)), 'true')
    || ' and ' || app.compile_dating(filters, kind) || ' and ' || app.compile_position(arguments, kind);
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_term (
  term jsonb,
  kind text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  op constant text := term ->> 'op';
  field app.field := app.find_field(term ->> 'field', kind);
  type app.field_type;
  literal text;
begin
  select t.* into type from app.list_field_types() t where t.name = field.type;
  if op <> all(type.operators) then
    perform app.refuse_filter(format('%s does not take %s.', field.name, left(op, 20)),
      format('It takes %s.', array_to_string(type.operators, ', ')));
  end if;
  if type.name = 'store' then
    return case kind when 'spans' then field.of_span else field.of_trace end;
  end if;
  literal := app.compile_values(field, type, op, coalesce(term -> 'values', '[]'));
  return case kind when 'spans' then app.compare_to(field.of_span, op, literal)
    else app.ask_trace(field, op, literal) end;
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_tree (
  tree jsonb,
  kind text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if tree ? 'not' then
    -- A term is not true of a row that does not tell it: one that says nothing of a model is kept by a negation.
    return format('(%s) is not true', app.compile_tree(tree -> 'not', kind));
  end if;
  if tree ?| '{and,or}' then
    return '(' || (
      select string_agg(app.compile_tree(m, kind), case when tree ? 'and' then ' and ' else ' or ' end
        order by place)
      from jsonb_array_elements(coalesce(tree -> 'and', tree -> 'or')) with ordinality e (m, place)) || ')';
  end if;
  return app.compile_term(tree, kind);
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_value (
  field app.field,
  type  app.field_type,
  told  text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  -- A dot is any character, a line's end, too.
  if length(told) > 256 or told !~ ('^(?:' || type.pattern || ')$') or told <> all(field.choices) then
    perform app.refuse_filter(format('A value of %s is of another kind.', field.name),
      case when field.choices is null then format('Send %s.', type.meaning)
        else format('Choose one of %s.', array_to_string(field.choices, ', ')) end);
  end if;
  return case type.name when 'duration' then app.to_milliseconds(told)::text
    when 'time' then case when told like '%T%' then told else told || 'T00:00:00Z' end
    else told end;
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_values (
  field app.field,
  type  app.field_type,
  op    text,
  told  jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  written text[] := array(
    select app.compile_value(field, type, v) from jsonb_array_elements_text(told) v);
begin
  if op in ('has', 'is') then
    if told <> '[]' then
      perform app.refuse_filter(format('%s %s takes no values.', field.name, op), 'Leave them out.');
    end if;
    return null;
  end if;
  if told = '[]' or op <> 'in' and jsonb_array_length(told) > 1 then
    perform app.refuse_filter(
      format('%s %s has %s values.', field.name, op, jsonb_array_length(told)),
      case when op = 'in' then format('Give one at least, or ask {"field": "%s", "op": "has"}.', field.name)
        else 'Give one; ask for any of several with "or".' end);
  end if;
  if type.name = 'time' then
    perform app.check_time(written[1]);
  elsif type.name = 'words' then
    perform app.check_words(written[1]);
  end if;
  return case when op = 'in' then format('%L::%s[]', written, type.literal)
    else format('%L::%s', written[1], type.literal) end;
end
$function$;

CREATE OR REPLACE FUNCTION app.compile_window (
  arguments jsonb,
  kind      text
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce(string_agg(app.compile_filter(f, kind) || ' and ', ''), '')
    || app.compile_dating(arguments -> 'filters', kind)
  from jsonb_array_elements(app.filter_window(arguments)) f
$function$;

CREATE OR REPLACE FUNCTION app.compile_words (
  expression text,
  op         text,
  literal    text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format($condition$(strpos(lower(%1$s), app.longest_word(%3$s)) > 0
    and app.has_text('simple', to_jsonb(string_to_array(%1$s, e'\n')), %2$L, %3$s)
    or exists (select from public.span_contents k where k.tenant_id = s.tenant_id
      and k.trace_id = s.trace_id and k.span_id = s.span_id and k.start_time = s.start_time
      and app.has_text(k.text_config, app.content_texts(k.labels, k.input, k.output), %2$L, %3$s)
      offset 0))$condition$, expression, op, literal)
$function$;

CREATE OR REPLACE FUNCTION app.content_texts (
  labels jsonb,
  input  jsonb,
  output jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  return labels || coalesce(app.list_texts(input), '[]') || coalesce(app.list_texts(output), '[]');
end
$function$;

CREATE OR REPLACE FUNCTION app.content_words (
  tenant text,
  at     timestamp with time zone,
  config text,
  labels jsonb,
  input  jsonb,
  output jsonb
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  COST 100000
  SET search_path TO ''
  AS $function$
begin
  return app.hash_words(
    tenant, at, app.text_vector(config, app.content_texts(labels, input, output)));
end
$function$;

CREATE OR REPLACE FUNCTION app.count_left_out_of (
  asked app.reading
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  found jsonb;
begin
  execute format($query$
    with told as (
      select coalesce(s.usage_uncounted, 'possible_duplicates') as because, count(*) as spans
      from public.span_summaries s %1$s
      where s.tenant_id = $1 and s.start_time >= $2 and s.start_time < $3 and s.misdated is null
        and (s.usage_uncounted is not null or s.counted)
        -- As the index asks that has these.
        and (s.usage_uncounted is not null or s.possible_duplicate or s.misdated is not null)%2$s and %3$s
      group by 1
    )
    select jsonb_build_object(
      'possible_duplicates', coalesce((select spans from told where because = 'possible_duplicates'), 0),
      'left_out', jsonb_build_object(
        'usage_uncounted', (
          select coalesce(jsonb_agg(jsonb_build_object('because', because, 'spans', spans)
            order by spans desc, because), '[]')
          from (select * from told where because <> 'possible_duplicates'
            order by spans desc, because limit 20) most),
        'misdated', (
          select jsonb_build_object(
            'future', count(*) filter (where s.misdated = 'future'),
            'past', count(*) filter (where s.misdated = 'past'))
          from public.span_summaries s %1$s
          where s.tenant_id = $1 and s.misdated is not null%2$s and %3$s)))$query$,
    app.attribution_expression(array(select jsonb_object_keys(asked.kept))),
    app.kept_expression(asked.kept), asked.condition)
  using asked.tenant, asked.pieces[1], asked.pieces[cardinality(asked.pieces)] into found;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION app.count_rows (
  arguments jsonb,
  kind      text
)
  RETURNS json
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select json_build_object('count', least(count(*), 10000), 'more', count(*) > 10000)
  from app.match_rows(arguments - 'after' || '{"most": 10001}', kind)
$function$;

CREATE OR REPLACE FUNCTION app.count_terms (
  tree  jsonb,
  depth integer
)
  RETURNS integer
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  members jsonb := coalesce(tree -> 'and', tree -> 'or', jsonb_build_array(tree -> 'not'));
  member jsonb;
  terms integer := 0;
begin
  if jsonb_typeof(tree) is distinct from 'object' or not tree ?| '{and,or,not}' then
    perform app.check_term(case when jsonb_typeof(tree) = 'object' then tree else '{}' end);
    return 1;
  end if;
  if tree - '{and,or,not}'::text[] <> '{}' or (select count(*) from jsonb_object_keys(tree)) > 1
      or jsonb_typeof(members) <> 'array' or members = '[]' then
    perform app.refuse_filter('A group of the filter is not one list of trees.',
      'Send {"and": [tree, …]}, {"or": [tree, …]} or {"not": tree}, with one tree at least.');
  end if;
  if depth > 4 then
    perform app.refuse_filter('The filter has more than 4 groups within each other.',
      'Take groups apart: and within and, or within or, are one.');
  end if;
  for member in select m from jsonb_array_elements(members) m loop
    terms := terms + app.count_terms(member, depth + 1);
    if terms > 32 then
      perform app.refuse_filter('The filter has more than 32 terms.',
        'Give a term several values where you ask for any of them.');
    end if;
  end loop;
  return terms;
end
$function$;

CREATE OR REPLACE FUNCTION app.cut_window (
  during tstzrange
)
  RETURNS TABLE (
    part    tstzrange,
    is_days boolean
  )
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  since timestamptz := lower(during);
  until timestamptz := upper(during);
  day constant interval := interval '24 hours';
  -- Both in UTC, whatever the session's zone is.
  first_end constant timestamptz := date_bin(day, since, '1970-01-01 00:00Z') + day;
  last_start constant timestamptz := date_bin(day, until - interval '1 microsecond', '1970-01-01 00:00Z');
begin
  if since < least(until, first_end) and least(until, first_end) - since <= interval '1 hour' then
    return query select tstzrange(since, least(until, first_end)), false;
    since := least(until, first_end);
  end if;
  if since <= last_start and last_start < until and until - last_start <= interval '1 hour' then
    return query select tstzrange(last_start, until), false;
    until := last_start;
  end if;
  if since < until then
    return query select tstzrange(since, until), true;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.delete_batch (
  tenant   text,
  deletion uuid,
  run      uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.delete_step (
  run uuid
)
  RETURNS boolean
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.describe_facet (
  facet  app.facet,
  told   jsonb,
  counts text,
  over   jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object('place', facet.place, 'kind', facet.kind, 'field', facet.name, 'over', over,
      'counts', case
        when counts = 'operations' and (facet.dimension like 'tag:%'
          or facet.name in ('counted', 'unpriced', 'unmeasured')) then 'calls'
        else counts end)
    || case facet.kind
      when 'value' then jsonb_build_object(
        'values', coalesce(told -> 'values', '[]'), 'others', coalesce(told -> 'others', '0'))
      when 'flag' then jsonb_build_object('count', coalesce(told -> 'values' -> 0 -> 'count', '0'))
      else jsonb_build_object(
        'least', jsonb_path_query_first(told, '$.values[*] ? (@.value == "least").count'),
        'most', jsonb_path_query_first(told, '$.values[*] ? (@.value == "most").count')) end
$function$;

CREATE OR REPLACE FUNCTION app.describe_group_series (
  points  timestamp with time zone[],
  parts   app.sums[],
  measure text,
  hidden  jsonb
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
      'value', case when not hidden ? measure then app.measure_of(t.calls, t.others, measure) end) order by n)
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
    'other', firsts.other || app.hide_spans(asked.kept, array[asked.group_by]));
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
declare
  hidden constant jsonb := app.hide_spans(asked.kept, array[asked.group_by, asked.then_by]);
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
      || app.describe_sums(r.calls, r.others) || hidden order by r.place)
    from ranked r where r.place <= top group by r.key;
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_left_out (
  asked app.reading
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if asked.kept = '{}' and asked.condition = 'true' then
    return app.count_left_out(asked.tenant, asked.pieces[1], asked.pieces[cardinality(asked.pieces)]);
  end if;
  return app.count_left_out_of(asked);
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
    null, null, asked.kept, asked.condition);
  return app.describe_all(app.read_level(before, 0, true, asked.kept, true)) || app.hide_spans(asked.kept, '{}');
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
declare
  hidden constant jsonb := app.hide_spans(asked.kept, array[asked.group_by]);
begin
  return (
    select coalesce(jsonb_agg(app.name_key(asked.group_by, r.key)
      || app.describe_sums(r.calls, r.others) || hidden
      || jsonb_build_object('series', coalesce(s.series, '[]'))
      || case when asked.then_by is null then '{}'
        else jsonb_build_object('groups', coalesce(i.groups, '[]')) end
      order by r.place), '[]')
    from app.rank_groups(firsts, measure, null) r
      left join app.describe_group_series(points, over_time, measure, hidden) s using (key)
      left join app.describe_inner_groups(asked, inside, measure, top) i using (key));
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_series (
  points timestamp with time zone[],
  parts  app.sums[],
  hidden jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select jsonb_agg(app.describe_sums(p.calls, p.others) || hidden
      || jsonb_build_object('bucket_start', points[n]) order by n)
    from generate_subscripts(points, 1) n left join app.pair_sums(parts) p on p.point = n);
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_sessions (
  sessions text[]
)
  RETURNS TABLE (
    session_id text,
    told       jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  firsts constant public.trace_summaries[] := array(
    select app.find_turn(l.trace_id)
    from unnest(sessions) s cross join lateral app.list_turns(s, null, null, false, 1) l);
begin
  return query
    select s, app.sum_session(s) || jsonb_build_object('preview', p.preview)
    from unnest(sessions) s left join app.preview_sessions(firsts) p on p.session_id = s;
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_term (
  term jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$ select left(coalesce(term ->> 'field', '?') || ' ' || coalesce(term ->> 'op', '?'), 120) $function$;

CREATE OR REPLACE FUNCTION app.describe_user (
  told app.person
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select jsonb_build_object('user_id', told.user_id, 'first_seen', told.first_start,
      'last_seen', told.last_start)
    || (app.metrics_of(told.requests, told.errors, told.unpriced, told.unmeasured, told.input_tokens,
      told.output_tokens, told.total_tokens, told.cost_usd, '{}') - 'latency_ms')
$function$;

CREATE OR REPLACE FUNCTION app.end_deletion (
  ended public.deletions
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.end_views()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  delete from public.saved_views
  where tenant_id = old.tenant_id and created_by = 'user:' || old.user_id and not shared;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION app.enough_for_terms()
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 64;

CREATE OR REPLACE FUNCTION app.explain_cost (
  span  public.spans,
  price public.model_prices
)
  RETURNS TABLE (
    cost_lines json,
    because    text
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  total numeric;
begin
  because := case
    when span.cost_usd is null then coalesce(
      span.unknown_because, case when span.usage_buckets is null then 'no_usage' else 'no_price' end)
    when span.usage_buckets is null then 'buckets_not_told'
    when price.price_id is null then 'price_not_kept' end;
  if because is null then
    select coalesce(json_agg(l), '[]'), coalesce(sum(l.cost_usd), 0) into cost_lines, total
      from app.list_cost_lines(span.usage_buckets, price) l;
    if (abs(total - span.cost_usd) <= 1e-12) is not true then
      cost_lines := null;
      because := 'price_differs';
    end if;
  end if;
  return next;
end
$function$;

CREATE OR REPLACE FUNCTION app.facet_names_argument (
  arguments jsonb,
  kind      text,
  tenant    text
)
  RETURNS text[]
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select case when coalesce(arguments -> 'fields', 'null') = 'null' then app.list_facet_names(kind, tenant)
    else app.names_argument(arguments, 'fields', 'fields are not 1 to 64 names of fields.',
      'Send {"fields": ["model", "tag:plan"]}.') end
$function$;

CREATE OR REPLACE FUNCTION app.few_rows()
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 1000;

CREATE OR REPLACE FUNCTION app.filter_window (
  arguments jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select coalesce(jsonb_agg(jsonb_build_object(
    'field', 'started', 'op', b.op, 'values', jsonb_build_array(arguments -> b.name))), '[]')
  from (values ('start', 'ge'), ('end', 'lt')) b (name, op)
  where coalesce(arguments -> b.name, 'null') <> 'null'
$function$;

CREATE OR REPLACE FUNCTION app.find_begun (
  tenant text,
  hours  timestamp with time zone[]
)
  RETURNS SETOF timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return query
    select distinct t.start_time from unnest(hours) h (hour) cross join lateral (
      select t.start_time from public.traces t
      where t.tenant_id = tenant and t.end_time >= h.hour and t.start_time < h.hour and not t.undated
        and date_bin('1 hour', t.start_time, 'epoch') <> date_bin('1 hour', t.end_time, 'epoch')
      -- Asks for the index of those few.
      order by t.end_time) t;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_beyond (
  term   jsonb,
  kind   text,
  during tstzrange,
  most   integer
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  tenant constant text := app.require_tenant();
  sort constant app.sort := app.find_sort(jsonb_build_object('sort', term ->> 'field'), kind);
  told constant text := term #>> '{values,0}';
  bound constant double precision := case term ->> 'field' when 'duration' then app.to_milliseconds(told)
    else told::double precision end;
  first timestamptz := (select t.start_time from public.traces t
    where t.tenant_id = tenant and t.start_time >= lower(during) order by t.start_time limit 1);
  starts timestamptz[];
begin
  if sort.measured is null then
    return null;
  end if;
  execute format($query$
    select array(
      select r.start_time from generate_series(%1$s, %2$s, -1) d (day) cross join lateral (
        select start_time from public.%3$I %4$I
        where tenant_id = %5$L and (start_ns / 86400000000000)::integer = d.day and %6$s %7$s= %8$L::double precision
          and start_time >= to_timestamp(d.day * 86400.0) and start_time < to_timestamp((d.day + 1) * 86400.0)
          and start_time >= %9$L and start_time < %10$L and %11$s and %12$s offset 0) r
      limit %13$s)$query$,
    floor(extract(epoch from upper(during)) / 86400)::integer,
    floor(extract(epoch from coalesce(first, upper(during))) / 86400)::integer,
    kind, left(kind, 1), tenant, sort.measure, case when term ->> 'op' in ('lt', 'le') then '<' else '>' end,
    bound, lower(during), upper(during), sort.measured,
    case kind when 'spans' then 'misdated is null' else 'not undated' end, most) into starts;
  return starts;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_covered (
  tenant text,
  traces boolean,
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    select h.hour from public.hour_terms h
    where h.tenant_id = tenant and h.of_traces = traces and h.term = 0
      and h.hour > since - interval '1 hour' and h.hour < until
      and not exists (
        select from public.roll_up_changes c where c.tenant_id = tenant and c.hour = h.hour));
end
$function$;

CREATE OR REPLACE FUNCTION app.find_digested (
  digests text[],
  until   timestamp with time zone,
  most    integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return query execute format($query$
    select s.start_time, s.trace_id from public.spans s
    where s.tenant_id = %L and s.input_digest is not null and s.input_digest = any(%L::text[])
      and hashtextextended(s.input_digest, 0) = any(%L::bigint[]) and s.start_time < %L
    limit %s$query$, tenant, digests,
    array(select hashtextextended(digest, 0) from unnest(digests) digest), until, most);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_dimension (
  field text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (field = 'feature'::text) THEN 'tag:feature'::text WHEN
  ((field = ANY ((app.detail_dimensions() || ARRAY['user'::text, 'customer'::text, 'session'::text]))) OR (field ~~ 'tag:_%'::text)) THEN field ELSE NULL::text END;

CREATE OR REPLACE FUNCTION app.find_few (
  filters jsonb,
  kind    text,
  during  tstzrange,
  most    integer
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  starts timestamptz[];
  term jsonb;
begin
  if isempty(during) then
    return '{}';
  end if;
  for term in select * from app.list_ranges(filters) loop
    starts := app.find_beyond(term, kind, during, most);
    if cardinality(starts) < most then
      return starts;
    end if;
  end loop;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_field (
  asked text,
  kind  text
)
  RETURNS app.field
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  found app.field;
  known text[];
  nearest text;
begin
  if asked like 'tag:_%' and length(asked) <= 68 then
    found.name := asked;
    found.type := 'id';
    found.of_span := format('s.tags ->> %L', substr(asked, 5));
    return found;
  end if;
  select f.* into found from app.list_fields() f where f.name = asked;
  if found.name is null then
    known := array(select f.name from app.list_fields() f order by f.name);
    nearest := app.nearest_name(asked, known);
    raise invalid_parameter_value using
      message = format('There is no field %s.', coalesce(left(asked, 80), 'without a name')),
      hint = coalesce('Did you mean ' || nearest || '? ', '')
        || format('Choose one of %s, tag:<key>.', array_to_string(known, ', '));
  end if;
  if kind = 'spans' and found.of_span is null then
    raise invalid_parameter_value using
      message = format('A span has no %s, a trace has.', found.name),
      hint = 'Ask for it in a list of traces.';
  end if;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_keys (
  arguments jsonb,
  kind      text,
  room      integer
)
  RETURNS app.row_keys
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select row(array_agg(m.start_time), array_agg(m.trace_id), array_agg(m.span_id))::app.row_keys
    from app.match_rows(arguments || jsonb_build_object('most', room), kind) m);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_named (
  told  text,
  since timestamp with time zone,
  until timestamp with time zone,
  most  integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  tenant text := app.require_tenant();
  covered timestamptz[] := app.find_covered(tenant, false, since, until);
  keys bigint[] := app.name_keys(told);
  word text := app.longest_word(told);
begin
  return query
    with starts as materialized (
      select distinct at
      from unnest(covered) c (hour) cross join lateral (
        select h.places, h.size from public.hour_terms h
        where h.tenant_id = tenant and not h.of_traces and h.hour = c.hour and h.term = 0) h
      cross join lateral (
        select bit_and(coalesce(k.bits, app.to_bits(k.places, h.size))) as found, count(*) as words
        from unnest(keys) key join public.hour_terms k on k.term = key
        where k.tenant_id = tenant and not k.of_traces and k.hour = c.hour) n
      cross join lateral app.list_starts(c.hour, h.places, n.found) at
      where n.words = cardinality(keys) and at >= since and at < until
      order by at desc limit most)
    select n.start_time, n.trace_id from (
      select s.start_time, s.trace_id from starts cross join lateral (
        select s.start_time, s.trace_id from public.spans s
        where s.tenant_id = tenant and s.start_time between starts.at and starts.at
        order by s.start_time) s
      union all
      select g.start_time, g.trace_id from app.list_gaps(covered, since, until) r cross join lateral (
        select s.start_time, s.trace_id from public.spans s
        where s.tenant_id = tenant and s.start_time >= r.gap_since and s.start_time < r.gap_until
          and strpos(lower(concat_ws(e'\n', s.name, s.agent_name, s.tool_name)), word) > 0
        order by s.start_time desc fetch first most rows with ties) g
    ) n order by n.start_time desc fetch first (most) rows with ties;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_new (
  said      app.said[],
  most_back integer
)
  RETURNS TABLE (
    turn     integer,
    messages jsonb
  )
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  SET enable_nestloop TO 'off'
  SET jit TO 'off'
  AS $function$
begin
  return query
    with told as (
      select s.*, row_number() over () as number, left(s.told, 16) as beginning,
        max(s.turn) over (
          partition by s.hash order by s.turn range between most_back preceding and 1 preceding) is not null
        or s.part = 2 and bool_or(s.part = 1) over (partition by s.turn, s.hash) as again
      from unnest(said) s
    ),
    -- One that was cut is the beginning of the other.
    cut_again as (
      select distinct t.number from told t join told o
        on o.beginning = t.beginning and o.role = t.role
      where (o.cut or t.cut)
        and (o.turn between t.turn - most_back and t.turn - 1 or o.turn = t.turn and o.part < t.part)
        and (t.cut and starts_with(o.told, t.told) or o.cut and starts_with(t.told, o.told))
    ),
    placed as (
      select t.*, k.known,
        -- The last that the model said before: all up to there was there before.
        max(t.place) filter (where k.known and t.role = 'assistant') over of_part as until,
        max(t.place) over of_part as last_place,
        bool_or(t.part = 1) over (partition by t.turn, t.hash) as of_first
      from told t left join cut_again c on c.number = t.number
        cross join lateral (
          select t.again or c.number is not null
            -- Too little is left to tell.
            or t.cut and t.part < 3 and coalesce(length(t.beginning), 0) < 16 as known) k
      window of_part as (partition by t.turn, t.part)
    )
    select p.turn, jsonb_agg(p.body order by p.part, p.place)
    from placed p
    where p.part = 3
      or p.place > coalesce(p.until, 0)
        and not (p.part = 2 and p.of_first)
        -- The same words again are said anew, but for instructions.
        and (not p.known or p.part = 1 and p.role not in ('system', 'developer')
          and (p.until is not null or p.place = p.last_place))
    group by p.turn;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_newest (
  tenant text,
  kind   text,
  before timestamp with time zone
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  -- To look into a trace is as dear as into some spans.
  if kind = 'spans' then
    return (select min(n.start_time) from (
      select s.start_time from public.spans s
      where s.tenant_id = tenant and s.start_time < before order by s.start_time desc limit 100) n);
  end if;
  return (select min(n.start_time) from (
    select t.start_time from public.traces t
    where t.tenant_id = tenant and t.start_time < before order by t.start_time desc limit 20) n);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_outdated (
  tenant text
)
  RETURNS timestamp WITH time zone[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    select * from app.find_begun(tenant, array(select app.list_marked(tenant, '-infinity', 'infinity')))
    union
    select t.start_time from public.traces t where t.tenant_id = tenant and t.misdated <> '{}');
end
$function$;

CREATE OR REPLACE FUNCTION app.find_page (
  arguments jsonb,
  kind      text
)
  RETURNS SETOF app.sorted_key
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  asked constant jsonb := arguments || jsonb_build_object('filters', coalesce(arguments -> 'filters', '[]'));
  sort constant app.sort := app.find_sort(arguments, kind);
  room constant integer := coalesce(app.integer_argument(arguments, 'most', 1, 1000), 50);
begin
  if sort.measure is null and sort.falling then
    return query select null::double precision, m.*
      from app.match_rows(asked || jsonb_build_object('most', room), kind) m;
  elsif not app.asks_time_alone(asked -> 'filters') then
    return query select * from app.sort_matches(asked, kind, sort, room);
  elsif sort.measured is null then
    return query select * from app.scan_rows(asked, kind, sort, 'true', room);
  else
    return query select * from app.sort_window(asked, kind, sort, room);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_range (
  filters jsonb
)
  RETURNS tstzrange
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  with terms as (
    select t ->> 'op' as op, (t #>> '{values,0}' || case when t #>> '{values,0}' like '%T%' then ''
        else 'T00:00:00Z' end)::timestamptz as bound
    from jsonb_array_elements(filters) f
    cross join jsonb_array_elements(coalesce(f -> 'and', jsonb_build_array(f))) t
    where t ->> 'field' = 'started'
  ), edges as (
    select
      greatest('2015-01-01 00:00Z', max(bound + case op when 'gt' then interval '1 microsecond'
        else interval '0' end) filter (where op in ('gt', 'ge'))) as since,
      least(now() + interval '2 days', min(bound + case op when 'le' then interval '1 microsecond'
        else interval '0' end) filter (where op in ('lt', 'le'))) as until
    from terms
  )
  select tstzrange(since, greatest(since, until)) from edges
$function$;

CREATE OR REPLACE FUNCTION app.find_sort (
  arguments jsonb,
  kind      text
)
  RETURNS app.sort
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  asked constant text := case when coalesce(arguments -> 'sort', 'null') = 'null' then '-time'
    else app.argument(arguments, 'sort', '^-?(time|duration|cost|tokens|errors)$',
      'time, duration, cost, tokens or errors, with - in front for the greatest first') end;
  found app.sort;
begin
  found.name := ltrim(asked, '-');
  found.falling := asked like '-%';
  if kind = 'spans' and found.name = 'errors' then
    raise invalid_parameter_value using
      message = 'A span has no errors to sort by, a trace has.', hint = 'Ask for spans that failed.';
  end if;
  found.measure := case found.name when 'duration' then left(kind, 1) || '.duration_ms'
    when 'cost' then case kind when 'spans' then 's.cost_usd' else 't.total_cost_usd' end || '::double precision'
    when 'tokens' then left(kind, 1) || '.total_tokens::double precision'
    when 'errors' then 't.error_count::double precision' end;
  if kind = 'spans' and found.name = 'tokens' then
    return found;
  end if;
  found.measured := case found.name when 'duration' then 'true' when 'errors' then 't.error_count > 0'
    -- The column itself: so the index says which rows it has.
    else split_part(found.measure, '::', 1) || ' is not null' end;
  found.others := case found.name when 'duration' then null when 'errors' then 't.error_count = 0'
    else found.measure || ' is null' end;
  found.others_first := found.name = 'errors' and not found.falling;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_texts (
  told  text,
  since timestamp with time zone,
  until timestamp with time zone,
  most  integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
declare
  tenant text := app.require_tenant();
  configs constant text[] := (select t.text_configs from public.tenants t where t.tenant_id = tenant);
  day timestamptz;
  asked text;
  found bigint;
begin
  while most > 0 loop
    select date_bin('1 day', max(k.start_time), 'epoch') into day
      from public.span_contents k
      where k.tenant_id = tenant and k.start_time >= since and k.start_time < until;
    exit when day is null;
    select string_agg(format(
        'app.content_words(k.tenant_id, k.start_time, k.text_config, k.labels, k.input, k.output) @> %L',
        words), ' or ')
      into asked
      from unnest(configs) config cross join lateral (
        select app.hash_words(tenant, day,
          app.text_vector(config, jsonb_build_array(told))) as words) w
      where words <> '{}';
    exit when asked is null;
    -- By the index of words and no other: the partition is named, all else asked later (`offset 0`).
    return query execute format($query$
      select k.start_time, k.trace_id from (
        select * from %s k where %s offset 0) k
      where k.tenant_id = %L and k.start_time >= %L and k.start_time < %L
      order by k.start_time desc fetch first %s rows with ties$query$,
      coalesce(to_regclass(format('public.%I', app.partition_name(
          'span_contents', date_trunc('month', day at time zone 'UTC')::date))),
        'public.span_contents_default'::regclass), asked, tenant,
      greatest(since, day), least(until, day + interval '1 day'), most);
    get diagnostics found = row_count;
    most := most - found;
    until := day;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_total (
  told jsonb
)
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$ select coalesce((told -> '0' -> 'values' -> 0 ->> 'count')::integer, 0) $function$;

CREATE OR REPLACE FUNCTION app.find_turn (
  trace text
)
  RETURNS public.trace_summaries
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  tenant text := app.require_tenant();
  found public.trace_summaries;
begin
  select t.* into found from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id between trace and trace order by t.trace_id limit 1;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION app.first_start (
  filters jsonb
)
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce(max(case when v like '%T%' then v else v || 'T00:00:00Z' end::timestamptz), '-infinity')
  from jsonb_array_elements(filters) filter, app.list_required(filter) t,
    lateral (select t #>> '{values,0}' as v) w
  where t ->> 'field' = 'started' and t ->> 'op' in ('ge', 'gt')
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
  perform app.make_terms(tenant, found_marked);
  -- A day with a mark is not read: whoever folds its last one sums it up, once.
  perform app.fold_day(tenant, day, dimensions, known)
    from (select distinct date_bin('1 day', hour, 'epoch') as day from unnest(found_marked) hour) d
    where not exists (
      select from public.roll_up_changes c
      where c.tenant_id = tenant and c.hour >= day and c.hour < day + interval '24 hours');
  return made;
end
$function$;

CREATE OR REPLACE FUNCTION app.forget_traces (
  tenant text,
  doomed text[],
  OUT    spans bigint,
  OUT    contents bigint,
  OUT    traces bigint,
  OUT    evaluations bigint
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  calls public.spans[];
begin
  with gone as (delete from public.spans where tenant_id = tenant and trace_id = any(doomed) returning *)
  select count(*), coalesce(array_agg(g::public.spans) filter (where countable), '{}')
    into spans, calls from gone g;
  evaluations := app.forget_evaluations(tenant, calls, doomed);
  delete from public.span_contents where tenant_id = tenant and trace_id = any(doomed);
  get diagnostics contents = row_count;
  delete from public.traces where tenant_id = tenant and trace_id = any(doomed);
  get diagnostics traces = row_count;
  perform app.settle_without(tenant, calls);
  perform app.note_forgotten(tenant, array(select 'trace:' || trace from unnest(doomed) trace));
end
$function$;

CREATE OR REPLACE FUNCTION app.forget_views (
  tenant text,
  names  text[]
)
  RETURNS bigint
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  with gone as (
    delete from public.saved_views v
    where v.tenant_id = tenant and (v.name = any(names) or exists (
      select from jsonb_path_query(
        jsonb_build_array(v.tree, v.settings), 'strict $.** ? (@.type() == "string")') told
      where told #>> '{}' = any(names)))
    returning 1)
  select count(*) from gone
$function$;

CREATE OR REPLACE FUNCTION app.has_more_rows (
  kind   text,
  tenant text,
  since  timestamp with time zone,
  until  timestamp with time zone,
  most   integer
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return most < case kind
    when 'spans' then (select count(*) from (
      select from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until limit most + 1) n)
    else (select count(*) from (
      select from public.traces t
      where t.tenant_id = tenant and t.start_time >= since and t.start_time < until limit most + 1) n) end;
end
$function$;

CREATE OR REPLACE FUNCTION app.has_rows (
  tenant text,
  kind   text,
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
  if kind = 'spans' then
    return exists (
      select from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until);
  end if;
  return exists (
    select from public.traces t
    where t.tenant_id = tenant and t.start_time >= since and t.start_time < until);
end
$function$;

CREATE OR REPLACE FUNCTION app.has_text (
  config text,
  texts  jsonb,
  op     text,
  told   text
)
  RETURNS boolean
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  return app.text_vector(config, texts) @@ app.text_query(config, op, told);
end
$function$;

CREATE OR REPLACE FUNCTION app.hash_words (
  tenant text,
  at     timestamp with time zone,
  words  tsvector
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
declare
  seed constant bigint := hashtextextended(
    tenant, floor(extract(epoch from at) / 86400)::bigint);
begin
  return array(select hashtextextended(word, seed) from unnest(tsvector_to_array(words)) word);
end
$function$;

CREATE OR REPLACE FUNCTION app.hold_views (
  tenant text
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended(tenant, 6203417));
end
$function$;

CREATE OR REPLACE FUNCTION app.insert_contents (
  arrived public.span_contents[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if arrived is null or arrived = '{}' then
    return;
  end if;
  insert into public.span_contents (
    tenant_id, trace_id, span_id, start_time, input, output, labels, text_config)
  select tenant_id, trace_id, span_id, start_time, input, output, labels,
    (select t.text_configs[1] from public.tenants t where t.tenant_id = arrived[1].tenant_id)
  from unnest(arrived)
  on conflict do nothing;
end
$function$;

CREATE OR REPLACE FUNCTION app.is_dense (
  arguments jsonb,
  kind      text,
  tenant    text
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  dense boolean;
begin
  execute format('select count(*) < 1000 or count(*) filter (where %1$s) >= 50 from ('
      'select %2$s.* from public.%3$s %2$s where %2$s.tenant_id = %4$L and %5$s '
      'order by %2$s.start_time desc limit 1000) %2$s',
    app.compile_question(arguments, kind), left(kind, 1),
    case kind when 'spans' then 'span_summaries' else 'trace_summaries' end, tenant,
    app.compile_window(arguments, kind))
    into dense;
  return dense;
end
$function$;

CREATE OR REPLACE FUNCTION app.is_left_out (
  told     public.roll_ups,
  left_out jsonb
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM (jsonb_each(is_left_out.left_out) l(key, VALUE)
              CROSS JOIN LATERAL ( SELECT (app.key_of(l.key, is_left_out.told))[1] AS key_of) t(VALUE))
           WHERE COALESCE((l.value ? t.value), (l.value @> '[null]'::jsonb))))
  AS "exists";
END;

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
  app.is_kept((told).error_type, (let_in).error_type) AND app.is_kept((told).api_key_id, (let_in).api_key) AND app.is_kept((told).release, (let_in).release) AND
  (((let_in).left_out IS NULL) OR (NOT app.is_left_out(told, (let_in).left_out))));

CREATE OR REPLACE FUNCTION app.keep_prefix (
  prefix text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when prefix is null then ''
    else format(' and starts_with(lower(f.value), lower(%L))', prefix) end
$function$;

CREATE OR REPLACE FUNCTION app.keep_terms (
  of_traces boolean
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format($query$
    insert into public.hour_terms (tenant_id, of_traces, hour, term, places, bits, size)
    select $1, %1$L::boolean, hour, 0,
      array_agg((extract(epoch from start_time - hour) * 1000000 - 1800000000)::integer order by place),
      null, count(*)
    from told group by hour
    union all
    select $1, %1$L, h.hour, h.term, case when seldom then h.places end,
      case when not seldom then app.to_bits(h.places, n.size) end, null
    from had h join (select hour, count(*)::integer as size from told group by hour) n using (hour)
    cross join lateral (select cardinality(h.places) * 32 < n.size as seldom) s$query$, of_traces)
$function$;

CREATE OR REPLACE FUNCTION app.keeps_untold (
  told jsonb
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE jsonb_typeof(told) WHEN 'array'::text THEN (told @> '[null]'::jsonb) WHEN 'object'::text THEN (NOT ((told -> 'none_of'::text) @> '[null]'::jsonb)) ELSE false END;

CREATE OR REPLACE FUNCTION app.kept_expression (
  kept jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select coalesce(string_agg(format(case when k.value ? 'none_of' then ' and (%1$s = any(%2$L::text[])%3$s) is not true'
      else ' and (%1$s = any(%2$L::text[])%3$s)' end,
    app.dimension_expression(k.key), coalesce(app.kept_values(kept, k.key), app.left_values(kept, k.key)),
    case when coalesce(k.value -> 'none_of', k.value) @> '[null]'
      then format(' or (%s) is null', app.dimension_expression(k.key)) else '' end), ''), '')
  from jsonb_each(kept) k
$function$;

CREATE OR REPLACE FUNCTION app.kept_values (
  kept jsonb,
  name text
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (jsonb_typeof((kept -> name)) = 'array'::text) THEN ARRAY(SELECT jsonb_array_elements_text((kept -> name)) AS jsonb_array_elements_text) ELSE NULL::text[] END;

CREATE OR REPLACE FUNCTION app.last_start (
  arguments jsonb
)
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select coalesce((arguments -> 'after' ->> 'start')::timestamptz + interval '1 microsecond', now() + interval '2 days')
$function$;

CREATE OR REPLACE FUNCTION app.left_values (
  kept jsonb,
  name text
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN ((kept -> name) ? 'none_of'::text) THEN ARRAY(SELECT jsonb_array_elements_text(((kept -> name) -> 'none_of'::text)) AS jsonb_array_elements_text) ELSE NULL::text[]
  END;

CREATE OR REPLACE FUNCTION app.list_cost_lines (
  buckets jsonb,
  price   public.model_prices
)
  RETURNS TABLE (
    bucket        text,
    tokens        numeric,
    rate_per_mtok numeric,
    cost_usd      numeric
  )
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select e.key, e.value::numeric, r.rate, e.value::numeric * r.rate * 1e-6
  from jsonb_each(buckets) with ordinality e (key, value, place)
  cross join lateral (
    select 1e-12 * app.span_cost(
      jsonb_object_agg(o.key, case when o.key = e.key then 1e18 else 0 end), price) as rate
    from jsonb_each(buckets) o) r
  where e.value::numeric > 0
  order by e.place
$function$;

CREATE OR REPLACE FUNCTION app.list_facet_names (
  kind   text,
  tenant text
)
  RETURNS text[]
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select array(
      select f.name from app.list_fields() with ordinality f join app.list_field_types() t on t.name = f.type
      where t.facet is not null and case kind when 'spans' then f.of_span is not null
        else t.facet <> 'range' or f.of_trace is not null end
      order by f.ordinality)
    || array(
      select 'tag:' || key from public.tenants n cross join unnest(n.tag_dimensions) key
      where n.tenant_id = tenant and key <> 'feature')
$function$;

CREATE OR REPLACE FUNCTION app.list_field_types()
  RETURNS SETOF app.field_type
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  values
    ('text', array['in', 'has'], '.+', 'text', 'a text of 1 to 256 characters', 'value'),
    -- A caller may give a longer one, of which its hash is stored (llm_observe.records.bound_id).
    ('id', array['in', 'has'], '.+', 'text', 'a text of 1 to 256 characters', 'value'),
    ('choice', array['in', 'has'], '[a-z]{1,16}', 'text', 'one of its values', 'value'),
    ('trace_id', array['in'], '[0-9a-f]{32}', 'text', '32 hex digits in lower case', null),
    ('span_id', array['in'], '[0-9a-f]{16}', 'text', '16 hex digits in lower case', null),
    ('whole', array['in', 'lt', 'le', 'gt', 'ge', 'has'], '[0-9]{1,15}', 'bigint',
      'a whole number, such as 1000', 'range'),
    ('money', array['in', 'lt', 'le', 'gt', 'ge', 'has'], '[0-9]{1,9}(\.[0-9]{1,12})?', 'numeric',
      'an amount of US dollars, such as 0.1', 'range'),
    ('duration', array['lt', 'le', 'gt', 'ge', 'has'], '[0-9]{1,9}(\.[0-9]{1,6})?(ns|us|ms|s|m|h|d)',
      'double precision', 'a duration with its unit, such as 150ms, 2s or 1.5h', 'range'),
    ('time', array['lt', 'le', 'gt', 'ge'],
      '[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?',
      'timestamptz', 'a day (UTC) or a time with its zone: 2026-11-01, 2026-11-01T12:00:00Z', null),
    ('flag', array['is'], null, null, null, 'flag'),
    ('store', array['has'], null, null, null, null),
    ('digest', array['in'], 'h1:[^:]{1,64}:[A-Za-z0-9_-]{43}', 'text',
      'a digest as spans have it, h1:<key id>:<base64url>', null),
    ('words', array['matches', 'phrase'], '.+', 'text', 'a text of 1 to 256 characters', null)
$function$;

CREATE OR REPLACE FUNCTION app.list_fields()
  RETURNS SETOF app.field
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select d.name, d.type, coalesce(d.of_span, app.dimension_expression(d.name)), d.of_trace,
    d.listed, d.unlisted, d.within, null::text[]
  from (values
    ('environment', 'text', null::text, 't.environment', null::text, null::text, null::text),
    ('service', 'text', null, 't.service_name', null, null, null),
    ('release', 'text', null, null, null, null, null),
    ('operation', 'text', null, null, 't.operations', 'cardinality(t.operations) >= 32', null),
    ('provider', 'text', null, null, 't.providers', 'cardinality(t.providers) >= 32', 's.counted'),
    ('model', 'text', null, null, 't.models', 'cardinality(t.models) >= 32', 's.counted'),
    ('user', 'id', app.attributed_expression('user_id'), 't.user_id', null, null, null),
    ('session', 'id', app.attributed_expression('session_id'), 't.session_id', null, null, null),
    ('customer', 'id', app.attributed_expression('customer_id'), 't.customer_id', null, null, null),
    ('agent', 'text', null, null, null, null, null),
    ('tool', 'text', null, null, null, null, null),
    ('prompt', 'text', null, null, null, null, null),
    ('feature', 'id', 's.tags ->> ''feature''', null, null, null, null),
    -- A failed span may tell no type: the trace then lists none.
    ('error_type', 'text', null, null, 't.error_types', 't.error_count > 0', null),
    ('api_key', 'text', null, null, null, null, null)
  ) d (name, type, of_span, of_trace, listed, unlisted, within)
  union all
  values
    ('name', 'text', 's.name', 't.root_span_name', null, null, null, null),
    ('trace', 'trace_id', 's.trace_id', 't.trace_id', null, null, null, null),
    ('span', 'span_id', 's.span_id', null, null, null, null, null),
    ('served_model', 'text', 's.model', null, null, null, null, null),
    ('status', 'choice', 's.status', 't.status', null, null, null, '{unset,ok,error}'::text[]),
    ('misdated', 'choice', 's.misdated', null, 't.misdated', 'false', null, '{future,past}'),
    ('usage_uncounted', 'text', 's.usage_uncounted', null, null, null, null, null),
    ('unknown_because', 'text', 's.unknown_because', null, null, null, null, null),
    ('input_digest', 'digest', 's.input_digest', null, null, null, null, null),
    ('started', 'time', 's.start_time', 't.start_time', null, null, null, null),
    ('duration', 'duration', 's.duration_ms', 't.duration_ms', null, null, null, null),
    ('ttft', 'duration', 's.time_to_first_token_ms', null, null, null, null, null),
    ('cost', 'money', 's.cost_usd', 't.total_cost_usd', null, null, null, null),
    ('tokens', 'whole', 's.total_tokens', 't.total_tokens', null, null, null, null),
    ('input_tokens', 'whole', 's.input_tokens', 't.input_tokens', null, null, null, null),
    ('output_tokens', 'whole', 's.output_tokens', 't.output_tokens', null, null, null, null),
    ('cache_read_tokens', 'whole', 's.cache_read_tokens', null, null, null, null, null),
    ('reasoning_tokens', 'whole', 's.reasoning_tokens', null, null, null, null, null),
    ('calls', 'whole', null, 't.requests', null, null, null, null),
    ('spans', 'whole', null, 't.span_count', null, null, null, null),
    ('errors', 'whole', null, 't.error_count', null, null, null, null),
    ('failed', 'flag', 's.status = ''error''', 't.error_count > 0', null, null, null, null),
    ('counted', 'flag', 's.counted', 't.requests > 0', null, null, null, null),
    -- As app.sum_details has it.
    ('summed', 'flag', 's.misdated is null and (s.counted or s.status = ''error''
      or not s.countable and s.operation is not null)', null, null, null, null, null),
    ('unpriced', 'flag', 's.unpriced', 't.unpriced_requests > 0', null, null, null, null),
    ('unmeasured', 'flag', 's.unmeasured', 't.unmeasured_requests > 0', null, null, null, null),
    ('possible_duplicate', 'flag', 's.possible_duplicate', null, null, null, null, null),
    ('streamed', 'flag', 's.streamed', null, null, null, null, null),
    ('content', 'store', 'exists (select from public.span_contents k where k.tenant_id = s.tenant_id
      and k.trace_id = s.trace_id and k.span_id = s.span_id and k.start_time = s.start_time offset 0)',
      'exists (select from public.span_contents k where k.tenant_id = t.tenant_id
      and k.trace_id = t.trace_id and k.start_time between t.earliest and t.latest offset 0)',
      null, null, null, null),
    -- Its names, one a line; where its content is kept, that is looked into, too (app.compile_words).
    ('text', 'words', 'concat_ws(e''\n'', s.name, s.agent_name, s.tool_name)',
      null, null, null, null, null)
$function$;

CREATE OR REPLACE FUNCTION app.list_gaps (
  covered timestamp with time zone[],
  since   timestamp with time zone,
  until   timestamp with time zone
)
  RETURNS TABLE (
    gap_since timestamp with time zone,
    gap_until timestamp with time zone
  )
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select greatest(since, begins), least(until, ends)
  from (
    select coalesce(lag(hour) over (order by hour) + interval '1 hour', since) as begins, hour as ends
    from unnest(covered) hour
    union all
    select coalesce(max(hour) + interval '1 hour', since), until from unnest(covered) hour) g
  where greatest(since, begins) < least(until, ends)
$function$;

CREATE OR REPLACE FUNCTION app.list_labels (
  name           text,
  agent          text,
  tool           text,
  status_message text,
  tags           jsonb,
  attributes     jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  return app.bound_texts(
    jsonb_path_query_array(jsonb_build_array(name, agent, tool, status_message, tags, attributes),
      'strict $.** ? (@.type() == "string")', silent => true), 4096);
end
$function$;

CREATE OR REPLACE FUNCTION app.label_span (
  span public.spans
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
RETURN app.list_labels((span).name, (span).agent_name, (span).tool_name, (span).status_message, (span).tags, (span).attributes);

CREATE OR REPLACE FUNCTION app.list_ranges (
  filters jsonb
)
  RETURNS SETOF jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select t
  from jsonb_array_elements(filters) f
  cross join jsonb_array_elements(coalesce(f -> 'and', jsonb_build_array(f))) t
  where t ->> 'field' in ('duration', 'cost', 'tokens') and t ->> 'op' in ('lt', 'le', 'gt', 'ge')
    -- The index has traces with errors alone.
    or t ->> 'field' = 'errors' and t ->> 'op' in ('gt', 'ge') and t #>> '{values,0}' <> '0'
$function$;

CREATE OR REPLACE FUNCTION app.list_required (
  tree jsonb
)
  RETURNS SETOF jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  member jsonb;
begin
  if tree ? 'field' then
    return next tree;
  end if;
  for member in select m from jsonb_array_elements(tree -> 'and') m loop
    return query select * from app.list_required(member);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_rich (
  kept   jsonb,
  groups text[]
)
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN ARRAY(SELECT n.name FROM (SELECT jsonb_object_keys(list_rich.kept) AS jsonb_object_keys UNION SELECT unnest(array_remove(list_rich.groups, NULL::text)) AS unnest) n(name)
  WHERE (n.name <> ALL (app.detail_dimensions())));

CREATE OR REPLACE FUNCTION app.hide_spans (
  kept   jsonb,
  groups text[]
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (app.list_rich(kept, groups) <> '{}'::text[]) THEN '{"spans": null, "failed_spans": null}'::jsonb ELSE '{}'::jsonb END;

CREATE OR REPLACE FUNCTION app.list_rich_sums (
  asked app.reading,
  level integer
)
  RETURNS SETOF app.sums
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  outer_name constant text := app.outer_name(asked, level);
  inner_name constant text := app.inner_name(asked, level);
begin
  return query execute format($query$
    with told as (
      select width_bucket(s.start_time, $2) as point, %s as key, %s as inner_key, s.counted,
        s.status = 'error' as failed, s.unpriced, s.unmeasured,
        case when s.counted then s.input_tokens end as input_tokens,
        case when s.counted then s.output_tokens end as output_tokens,
        case when s.counted then s.total_tokens end as total_tokens,
        case when s.counted then s.cost_usd end as cost_usd,
        app.to_entry(s.duration_ms) as latency,
        case when s.counted then app.to_entry(s.time_to_first_token_ms) end as first_token
      from public.span_summaries s %s
      where s.tenant_id = $1 and s.start_time >= $2[1] and s.start_time < $2[cardinality($2)]
        and s.misdated is null and %s%s and %s
    )
    select point, $3, key, inner_key, counted, count(*), count(*) filter (where failed),
      count(*) filter (where unpriced), count(*) filter (where unmeasured), sum(input_tokens),
      sum(output_tokens), sum(total_tokens), sum(cost_usd),
      app.merge_histogram(array_agg(latency)),
      app.merge_histogram(array_agg(first_token) filter (where first_token is not null))
    from told group by point, key, inner_key, counted$query$,
    app.key_expression(outer_name), app.key_expression(inner_name),
    app.attribution_expression(
      array(select jsonb_object_keys(asked.kept)) || array_remove(array[outer_name, inner_name], null)),
    case when app.list_rich(asked.kept, array[outer_name, inner_name]) <> '{}' then 's.counted'
      else '(s.counted or s.status = ''error'' or not s.countable and s.operation is not null)' end,
    app.kept_expression(asked.kept), asked.condition)
  using asked.tenant, asked.pieces, level;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_rows (
  arguments jsonb,
  kind      text
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  sort constant app.sort := app.find_sort(arguments, kind);
  room constant integer := coalesce(app.integer_argument(arguments, 'most', 1, 1000), 50);
  -- Refuses what is no question before a row is read.
  question constant text := app.compile_question(arguments, kind);
  shown text := (select string_agg(format('%s.%I', left(kind, 1), name), ', ')
    from unnest(app.check_columns(arguments)) name)
    || case when arguments -> 'preview' = 'true' then ', ' || app.compile_preview(kind) || ' as preview' else '' end;
  found json;
begin
  if sort.measure is null and sort.falling and app.asks_time_alone(coalesce(arguments -> 'filters', '[]')) then
    execute format('select coalesce(json_agg(r), ''[]'') from (select %s from %s where %s.tenant_id = %L and %s order by %s limit %s) r',
      shown, case kind when 'spans' then 'public.span_summaries s' else 'public.trace_summaries t' end,
      left(kind, 1), app.require_tenant(), question, app.compile_order(sort, kind), room) into found;
    return found;
  end if;
  execute format($query$
    with k as materialized (select * from app.find_page(%L, %L) with ordinality p (value, start_time, trace_id, span_id, place))
    select coalesce(json_agg(r), '[]') from (select %s from k join %s order by k.place) r$query$,
    arguments, kind, shown || case when sort.measure is null then '' else ', k.value as sorted_by' end,
    app.compile_key(kind)) into found;
  return found;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_said (
  turns public.trace_summaries[]
)
  RETURNS SETOF app.said
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return query
    with call as (
      select t.turn, k.input, k.output, s.input_length, s.output_length,
        row_number() over (partition by t.turn order by k.start_time, k.span_id) as place,
        count(*) over (partition by t.turn) as calls
      from (
        select t.ordinality::integer as turn, t.trace_id, t.earliest, t.latest
        from unnest(turns) with ordinality t) t
      cross join lateral (
        select * from public.span_contents c
        where c.tenant_id = tenant and c.trace_id between t.trace_id and t.trace_id
          and c.start_time between t.earliest and t.latest
        order by c.start_time, c.span_id limit 1000) k
      cross join lateral (
        select * from public.spans c
        where c.tenant_id = tenant and c.trace_id between k.trace_id and k.trace_id
          and c.span_id between k.span_id and k.span_id and c.start_time = k.start_time
        order by c.span_id limit 1) s
      where s.counted
    )
    select m.turn, m.part, m.place, m.role, m.body,
      md5(concat_ws(' ', m.role, coalesce(m.body -> 'parts', m.body)::text)), m.told,
      -- Of what was sent the end is kept, so that its first message may be cut.
      coalesce(m.length > sum(length(m.told)) over (partition by m.turn, m.part), false)
        and (m.part = 3 or m.place = 1)
    from (
      select c.turn, k.part, k.length, r.*, app.text_of(r.body) as told
      from call c
        cross join lateral (values
          (1, 'user', case when c.place = 1 then c.input end, c.input_length),
          (2, 'user', case when c.place = c.calls and c.calls > 1 then c.input end, c.input_length),
          (3, 'assistant', case when c.place = c.calls then c.output end, c.output_length)
        ) k (part, speaker, content, length)
        cross join lateral app.read_messages(k.content, k.speaker) r
      where pg_column_size(k.content) <= 262144) m;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_starts (
  hour   timestamp with time zone,
  starts integer[],
  bits   bit varying
)
  RETURNS SETOF timestamp WITH time zone
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
declare
  place integer := 0;
  runs text[] := string_to_array(bits::text, '1');
begin
  for number in 1 .. cardinality(runs) - 1 loop
    place := place + length(runs[number]) + 1;
    return next hour + (starts[place] + 1800000000::bigint) * interval '1 microsecond';
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_terms()
  RETURNS TABLE (
    field         text,
    flag          boolean,
    told_of_span  text,
    told_of_trace text
  )
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select f.name, f.type = 'flag', f.of_span,
    case f.name when 'user' then 's.user_id' when 'customer' then 's.customer_id'
      when 'session' then 'coalesce(s.session_id, s.chained_session_id)'
      when 'name' then 'case when s.parent_span_id is null or t.root_span_id is null then s.name end'
      when 'status' then 'case when s.parent_span_id is null then s.status
        when t.root_span_id is null then case s.status when ''error'' then ''error'' else ''unset'' end end'
      else f.of_span end
  from app.list_fields() f
  where f.type in ('text', 'id', 'choice', 'flag') and f.of_span is not null and f.name <> 'misdated'
$function$;

CREATE OR REPLACE FUNCTION app.list_texts (
  messages jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  -- Roles and kinds of parts stand in every message, and nobody looks for them.
  return app.bound_texts(
    jsonb_path_query_array(messages, 'strict $.** ? (@.type() == "object").keyvalue() ? (@.key != "role"
      && @.key != "type" && @.key != "finish_reason" && @.key != "mime_type" && @.key != "modality"
      && @.key != "digest").value ? (@.type() == "string")', silent => true)
    || jsonb_path_query_array(messages,
      'strict $.** ? (@.type() == "array")[*] ? (@.type() == "string")', silent => true)
    || case when jsonb_typeof(messages) = 'string' then jsonb_build_array(messages) else '[]' end,
    32768);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_told (
  arguments jsonb,
  sessions  text[]
)
  RETURNS text[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  tenant text := app.require_tenant();
  after constant jsonb := arguments -> 'after';
  found text[];
begin
  if coalesce(after, 'null') = 'null' then
    return '{}';
  end if;
  -- The row that the page before ended with is among them.
  execute format($query$
    select array_agg(s) from unnest($1) s where exists (
      select from app.list_turns(s, %2$L, null, false, 10000) n
      where (n.start_time, n.trace_id) >= (%2$L, %3$L) and exists (
        select from public.trace_summaries t
        where t.tenant_id = %1$L and t.trace_id = n.trace_id and %4$s offset 0))$query$,
    tenant, app.time_argument(after, 'start'), after ->> 'trace',
    app.compile_question(arguments - 'after', 'traces')) into found using sessions;
  return coalesce(found, '{}');
end
$function$;

CREATE OR REPLACE FUNCTION app.list_traces_of (
  person text,
  most   integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    session_id text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return query
    select t.start_time, t.trace_id, coalesce(t.root_session_id, t.session_id, t.chained_session_id)
    from public.traces t
    where t.tenant_id = tenant
      and hashtextextended(coalesce(t.root_user_id, t.user_id), 0) = hashtextextended(person, 0)
      and coalesce(t.root_user_id, t.user_id) = person and not t.undated
    order by t.start_time desc, t.trace_id desc limit most;
end
$function$;

CREATE OR REPLACE FUNCTION app.list_turns (
  session     text,
  after_start timestamp with time zone,
  after_trace text,
  backwards   boolean,
  most        integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  if backwards then
    return query
      select t.start_time, t.trace_id from public.traces t
      where t.tenant_id = tenant
        and hashtextextended(coalesce(t.root_session_id, t.session_id, t.chained_session_id), 0)
          = hashtextextended(session, 0)
        and coalesce(t.root_session_id, t.session_id, t.chained_session_id) = session
        and not t.undated and t.start_time <= coalesce(after_start, 'infinity')
        and (after_trace is null or (t.start_time, t.trace_id) < (after_start, after_trace))
      order by t.start_time desc, t.trace_id desc limit most;
    return;
  end if;
  return query
    select t.start_time, t.trace_id from public.traces t
    where t.tenant_id = tenant
      and hashtextextended(coalesce(t.root_session_id, t.session_id, t.chained_session_id), 0)
        = hashtextextended(session, 0)
      and coalesce(t.root_session_id, t.session_id, t.chained_session_id) = session
      and not t.undated and t.start_time >= coalesce(after_start, '-infinity')
      and (after_trace is null or (t.start_time, t.trace_id) > (after_start, after_trace))
    order by t.start_time, t.trace_id limit most;
end
$function$;

CREATE OR REPLACE FUNCTION app.lock_view (
  tenant text,
  wanted text
)
  RETURNS public.saved_views
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  known public.saved_views;
begin
  select * into known from public.saved_views
  where tenant_id = tenant and view_id = wanted::uuid and (shared or created_by = app.actor())
  for update;
  if known.tenant_id is null then
    raise sqlstate 'PT404' using
      message = 'There is no such view.', hint = 'GET /views lists yours and those that are shared.';
  end if;
  if known.created_by <> app.actor() then
    perform app.require_right(tenant, 'admin');
  end if;
  return known;
end
$function$;

CREATE OR REPLACE FUNCTION app.longest_word (
  told text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  return (
    select lower(word) from regexp_split_to_table(app.split_words(told), ' +') word
    order by length(word) desc, word limit 1);
end
$function$;

CREATE OR REPLACE FUNCTION app.make_span_terms (
  tenant text,
  hours  timestamp with time zone[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
begin
  execute format($query$
    with told as materialized (
      select h.hour, s.start_time, %s as terms,
        (row_number() over (partition by h.hour order by s.start_time, s.trace_id, s.span_id))::integer - 1 as place
      from unnest($2) h (hour) cross join lateral (
        select * from public.span_summaries s
        where s.tenant_id = $1 and s.start_time >= h.hour and s.start_time < h.hour + interval '1 hour'
          and s.misdated is null offset 0) s),
    had as (select hour, term, array_agg(place) as places from told, unnest(terms) term group by 1, 2)
    $query$, app.terms_expression(false)) || app.keep_terms(false)
    using tenant, hours;
end
$function$;

CREATE OR REPLACE FUNCTION app.make_terms (
  tenant text,
  hours  timestamp with time zone[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  full_hours timestamptz[];
  begun timestamptz[];
begin
  perform app.hold_folding(tenant);
  -- The last hour changes all the time.
  full_hours := array(
    select hour from unnest(hours) hour
    where hour <= now() - interval '1 hour'
      and app.count_started(tenant, hour, hour + interval '1 hour', app.enough_for_terms())
        = app.enough_for_terms());
  begun := array(
    select h.hour
    from (select distinct date_bin('1 hour', b, 'epoch') as hour from app.find_begun(tenant, hours) b) b
    join public.hour_terms h on h.hour = b.hour
    where h.tenant_id = tenant and h.of_traces and h.term = 0 and h.hour <> all(hours));
  delete from public.hour_terms h where h.tenant_id = tenant and not h.of_traces and h.hour = any(hours);
  delete from public.hour_terms h
    where h.tenant_id = tenant and h.of_traces and h.hour = any(hours || begun);
  if full_hours <> '{}' then
    perform app.make_span_terms(tenant, full_hours);
  end if;
  if full_hours || begun <> '{}' then
    perform app.make_trace_terms(tenant, full_hours || begun);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.make_trace_terms (
  tenant text,
  hours  timestamp with time zone[]
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
begin
  execute format($query$
    with told as materialized (
      select h.hour, t.*,
        (row_number() over (partition by h.hour order by t.start_time, t.trace_id))::integer - 1 as place
      from unnest($2) h (hour) cross join lateral (
        select t.trace_id, t.root_span_id, t.start_time, coalesce(t.earliest, t.start_time) as since,
          coalesce(t.latest, t.end_time) as until from public.traces t
        where t.tenant_id = $1 and t.start_time >= h.hour and t.start_time < h.hour + interval '1 hour'
          and not t.undated offset 0) t),
    had as (
      select hour, term, array_agg(place) as places from (
        select distinct t.hour, t.place, term from told t cross join lateral (
          select %s as terms from public.span_summaries s
          where s.tenant_id = $1 and s.trace_id = t.trace_id and s.start_time between t.since and t.until
          offset 0) s cross join unnest(s.terms) term) d
      group by 1, 2)
    $query$, app.terms_expression(true)) || app.keep_terms(true)
    using tenant, hours;
end
$function$;

CREATE OR REPLACE FUNCTION app.match_rows (
  arguments jsonb,
  kind      text
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    span_id    text
  )
  LANGUAGE plpgsql
  STABLE
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  tenant constant text := app.require_tenant();
  room constant integer := coalesce(app.integer_argument(arguments, 'most', 1, 100001), 10001);
  filters constant jsonb := coalesce(arguments -> 'filters', '[]');
  question constant text := app.compile_question(arguments, kind);
  during constant tstzrange := app.find_range(filters);
  digests constant text[] := app.choose_digests(filters);
  few timestamptz[];
  told text;
  narrowing text;
begin
  if digests is null and app.compile_dating(filters, kind) <> 'true' then
    told := app.choose_text(filters);
    narrowing := case when told is null then app.narrowing_query(filters, kind, tenant) end;
    -- Where something else narrows, too, more is worth it.
    few := app.find_few(
      filters, kind, during, case when coalesce(told, narrowing) is null then 2000 else 10000 end);
  end if;
  if digests is not null then
    return query select * from app.walk_digests(
      tenant, kind, question, digests,
      case when arguments -> 'after' ->> 'start' is null then 'infinity' else app.last_start(arguments) end, room);
  elsif few is not null then
    return query select * from app.sift_few(tenant, kind, question, few, room);
  elsif told is not null then
    return query select * from app.walk_texts(
      tenant, kind, question, told, app.first_start(filters), app.last_start(arguments), room);
  elsif narrowing is not null then
    return query select * from app.walk_rows(
      tenant, kind, question, narrowing,
      lower(during), least(upper(during), app.last_start(arguments)), room);
  elsif kind = 'spans' then
    return query execute format($query$
      select s.start_time, s.trace_id, s.span_id from public.span_summaries s
      where s.tenant_id = %L and %s
      order by s.start_time desc, s.trace_id desc, s.span_id desc limit %s$query$,
      tenant, question, room);
  else
    return query execute format($query$
      select t.start_time, t.trace_id, null::text from public.trace_summaries t
      where t.tenant_id = %L and %s
      order by t.start_time desc, t.trace_id desc limit %s$query$,
      tenant, question, room);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.match_sessions (
  arguments jsonb,
  room      integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    session_id text
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  after jsonb := arguments -> 'after';
  batch integer := 4 * room;
  passed text[] := '{}';
  told text[];
  keys app.session_key[];
  key app.session_key;
begin
  loop
    keys := array(select (k.start_time, k.trace_id, k.session_id)::app.session_key
      from app.read_keys(arguments, after, batch) k order by k.start_time desc, k.trace_id desc);
    told := app.list_told(arguments, array(
      select distinct k.session_id from unnest(keys) k where k.session_id <> all(passed)));
    foreach key in array keys loop
      if key.session_id is not null and key.session_id <> all(passed) then
        passed := passed || key.session_id;
        if key.session_id <> all(told) then
          start_time := key.start_time;
          trace_id := key.trace_id;
          session_id := key.session_id;
          return next;
          room := room - 1;
          exit when room = 0;
        end if;
      end if;
    end loop;
    exit when room = 0 or cardinality(keys) < batch;
    after := jsonb_build_object('start', to_jsonb(key.start_time), 'trace', key.trace_id);
    batch := least(4 * batch, 10000);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.merge_contents (
  states public.span_contents[],
  merged public.spans[]
)
  RETURNS public.span_contents[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return (
    select array_agg(row(tenant_id, trace_id, span_id, start_time, input, output, labels, ''
      )::public.span_contents order by trace_id, span_id, start_time)
    from (
      select c.tenant_id, c.trace_id, c.span_id, coalesce(m.start_time, c.start_time) as start_time,
        -- A span that was not merged has one content.
        coalesce(case when min(m.span_id) is not null then app.label_span((array_agg(m))[1]) end,
          (array_agg(c.labels))[1]) as labels,
        (array_agg(c.input order by c.input desc, c.input::text collate "C" desc)
          filter (where c.input is not null))[1] as input,
        (array_agg(c.output order by c.output desc, c.output::text collate "C" desc)
          filter (where c.output is not null))[1] as output
      from unnest(states) c left join unnest(merged) m using (trace_id, span_id)
      group by c.tenant_id, c.trace_id, c.span_id, coalesce(m.start_time, c.start_time)
    ) best);
end
$function$;

CREATE OR REPLACE FUNCTION app.moment_argument (
  arguments jsonb,
  name      text
)
  RETURNS timestamp WITH time zone
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when coalesce(arguments -> name, 'null') <> 'null' then app.time_argument(arguments, name) end
$function$;

CREATE OR REPLACE FUNCTION app.most_deleted()
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 50000;

CREATE OR REPLACE FUNCTION app.most_scanned()
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 200000;

CREATE OR REPLACE FUNCTION app.name_keys (
  names text
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  return array(
    select app.term_key('text', word)
    from unnest(tsvector_to_array(app.text_vector('simple', jsonb_build_array(names)))) word);
end
$function$;

CREATE OR REPLACE FUNCTION app.names_argument (
  arguments jsonb,
  name      text,
  refusal   text,
  hint      text
)
  RETURNS text[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  if jsonb_typeof(arguments -> name) is distinct from 'array'
      or jsonb_array_length(arguments -> name) not between 1 and 64
      or jsonb_path_exists(arguments -> name, 'strict $[*] ? (@.type() != "string")') then
    raise invalid_parameter_value using message = refusal, hint = hint;
  end if;
  return array(select jsonb_array_elements_text(arguments -> name));
end
$function$;

CREATE OR REPLACE FUNCTION app.narrow (
  tree jsonb
)
  RETURNS SETOF bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  member jsonb;
  keys bigint[];
begin
  if tree ? 'and' then
    for member in select * from jsonb_array_elements(tree -> 'and') loop
      return query select * from app.narrow(member);
    end loop;
    return;
  end if;
  keys := app.narrow_to_any(tree);
  if keys is not null then
    return next keys;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.narrow_sums (
  filter  jsonb,
  filters jsonb
)
  RETURNS app.narrowing
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  narrowing app.narrowing := (app.check_filter(filter), 'true');
  kept jsonb := narrowing.kept;
  tree jsonb;
  conditions text[] := '{}';
begin
  if jsonb_typeof(filters) is distinct from 'array' or jsonb_array_length(filters) > 4 then
    raise invalid_parameter_value using
      message = 'filters are not a list of at most 4.', hint = 'Send [{}], or [] for none.';
  end if;
  for tree in select f from jsonb_array_elements(filters) f loop
    conditions := conditions || app.compile_filter(tree, 'spans');
    kept := app.narrow_filter(kept, app.read_tree(tree));
  end loop;
  if kept is null then
    narrowing.condition := array_to_string(conditions, ' and ');
  else
    narrowing.kept := kept;
  end if;
  return narrowing;
end
$function$;

CREATE OR REPLACE FUNCTION app.narrow_to_any (
  tree jsonb
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  member jsonb;
  keys bigint[];
  all_keys bigint[] := '{}';
begin
  if tree ? 'not' or tree = '{}' then
    return null;
  elsif not tree ?| '{and,or}' then
    return app.term_keys(tree);
  end if;
  for member in select * from jsonb_array_elements(coalesce(tree -> 'and', tree -> 'or')) loop
    keys := app.narrow_to_any(member);
    if tree ? 'and' and keys is not null or tree ? 'or' and keys is null then
      return keys;
    end if;
    all_keys := all_keys || keys;
  end loop;
  return case when tree ? 'or' then all_keys end;
end
$function$;

CREATE OR REPLACE FUNCTION app.narrow_values (
  told jsonb,
  more jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN ((told ? 'none_of'::text) AND (more ? 'none_of'::text)) THEN jsonb_build_object('none_of', ((told -> 'none_of'::text) || (more -> 'none_of'::text))) WHEN
  (told ? 'none_of'::text) THEN app.choose_values(more, (told -> 'none_of'::text), false) WHEN (more ? 'none_of'::text) THEN
  app.choose_values(told, (more -> 'none_of'::text), false) ELSE app.choose_values(told, more, true) END;

CREATE OR REPLACE FUNCTION app.narrow_filter (
  kept jsonb,
  more jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (more IS
  NOT NULL) THEN
  (kept || COALESCE((SELECT jsonb_object_agg(m.key, CASE WHEN (narrow_filter.kept ? m.key) THEN app.narrow_values((narrow_filter.kept -> m.key), m.value) ELSE m.value END) AS
  jsonb_object_agg FROM jsonb_each(narrow_filter.more) m(key, VALUE)), '{}'::jsonb)) ELSE NULL::jsonb END;

CREATE OR REPLACE FUNCTION app.narrowing_query (
  filters jsonb,
  kind    text,
  tenant  text
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select format($query$
    select h.hour, h.places as starts, %4$s as bits from %3$s
    join public.hour_terms h on h.hour = n1.hour
    where h.tenant_id = %1$L and h.of_traces = %2$L and h.term = 0
    order by h.hour desc$query$,
    tenant, kind = 'traces', string_agg(format($query$(
      select k.hour, bit_or(coalesce(k.bits, app.to_bits(k.places, h.size))) as found
      from public.hour_terms k join public.hour_terms h using (tenant_id, of_traces, hour)
      where k.tenant_id = %1$L and k.of_traces = %2$L and k.hour = any($1)
        and k.term = any(%3$L::bigint[]) and h.term = 0
      group by k.hour) n%4$s%5$s$query$, tenant, kind = 'traces', keys, place,
      case when place > 1 then format(' on n%s.hour = n1.hour', place) else '' end), ' join '
      order by place), string_agg(format('n%s.found', place), ' & ' order by place))
  from app.narrow(jsonb_build_object('and', filters)) with ordinality n (keys, place)
  having count(*) > 0
$function$;

CREATE OR REPLACE FUNCTION app.nearest_name (
  asked text,
  known text[]
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  -- By pairs of letters in common; a name with less than half of them in common is another word.
  select k.name
  from unnest(known) k (name)
  cross join lateral (
    select count(*) filter (where strpos(' ' || k.name || ' ', pair) > 0) * 2.0
      / (length(k.name) + 1 + count(*)) as likeness
    from (select distinct substr(' ' || lower(left(asked, 64)) || ' ', place, 2) as pair
      from generate_series(1, length(left(asked, 64)) + 1) place) p
  ) l
  where l.likeness >= 0.5
  order by l.likeness desc, k.name limit 1
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
$function$;

CREATE OR REPLACE FUNCTION app.note_failure (
  tenant   text,
  deletion uuid,
  run      uuid,
  code     text
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION app.pass_views_on()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
begin
  if new.replaced_by is distinct from old.replaced_by then
    update public.saved_views set created_by = new.replaced_by
    where tenant_id = new.tenant_id and created_by = new.key_id;
  end if;
  if new.revoked_at is not null then
    delete from public.saved_views
    where tenant_id = new.tenant_id and created_by = new.key_id and not shared;
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION app.plain_text (
  message jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when jsonb_typeof(message -> 'content') = 'string' then message ->> 'content'
    else (
      select string_agg(part #>> '{}', ' ' order by place)
      from jsonb_path_query(message,
        'lax $.parts[*] ? (!exists(@.type) || @.type == "text").content ? (@.type() == "string")')
        with ordinality p (part, place)) end
$function$;

CREATE OR REPLACE FUNCTION app.preview (
  input  jsonb,
  output jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  -- A value of more bytes is not unpacked for this.
  asked text := (
    select app.plain_text(m.body) from app.read_messages(
      case when pg_column_size(input) <= 65536 then input end, 'user') m
    where app.plain_text(m.body) ~ '\S' order by m.role = 'user' desc, m.place desc limit 1);
  answer text := app.shorten((
    select (regexp_match(app.plain_text(m.body), '\S[^\n\r]*'))[1] from app.read_messages(
      case when pg_column_size(output) <= 65536 then output end, 'assistant') m
    where app.plain_text(m.body) ~ '\S' order by m.place limit 1), 200);
begin
  if answer is null then
    return app.shorten(asked, 200);
  end if;
  asked := app.shorten(asked, greatest(120, 197 - length(answer)));
  return app.shorten(coalesce(asked || ' → ', '→ ') || answer, 200);
end
$function$;

CREATE OR REPLACE FUNCTION app.preview_sessions (
  turns public.trace_summaries[]
)
  RETURNS TABLE (
    session_id text,
    preview    text
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return query
    select t.session_id, (
      select left(app.text_of(m.body), 200) from app.read_messages(f.input, 'user') m
      where m.role = 'user' and app.text_of(m.body) is not null
      order by m.place desc limit 1)
    from unnest(turns) t cross join lateral (
      select k.input
      from (
        select * from public.span_contents c
        where c.tenant_id = tenant and c.trace_id between t.trace_id and t.trace_id
          and c.start_time between t.earliest and t.latest and c.input is not null
        order by c.start_time, c.span_id limit 1000) k
      cross join lateral (
        select * from public.spans c
        where c.tenant_id = tenant and c.trace_id between k.trace_id and k.trace_id
          and c.span_id between k.span_id and k.span_id and c.start_time = k.start_time
        order by c.span_id limit 1) s
      where s.counted
      order by k.start_time, k.span_id limit 1) f
    where pg_column_size(f.input) <= 65536;
end
$function$;

CREATE OR REPLACE FUNCTION app.rank_rows (
  arguments jsonb,
  kind      text,
  during    tstzrange,
  most      integer
)
  RETURNS SETOF app.sorted_key
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  sort constant app.sort := app.find_sort(arguments, kind);
  rows constant text := format('select %s as value, %s where tenant_id = %L and %s and %s and %s',
    sort.measure,
    case kind when 'spans' then 'start_time, trace_id, span_id from public.spans s'
      else 'start_time, trace_id, null::text as span_id from public.traces t' end,
    app.require_tenant(), case kind when 'spans' then 'misdated is null' else 'not undated' end,
    sort.measured, app.compile_after(arguments, sort, kind, false));
  ordered constant text := format(' order by value %s, start_time desc, trace_id desc, span_id desc limit %s',
    case when sort.falling then 'desc' else 'asc' end, most);
  parts text;
begin
  select string_agg(case when c.is_days then app.compile_days(rows, sort, c.part, most)
      else format('(%s and start_time >= %L and start_time < %L %s)', rows, lower(c.part), upper(c.part), ordered)
    end, ' union all ') into parts
  from app.cut_window(during) c;
  if parts is not null then
    return query execute format('select * from (%s) r%s', parts, ordered);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.rank_values (
  statement text,
  keys      app.row_keys,
  room      integer,
  ranges    app.sum_range[],
  facets    app.facet[],
  top       integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET enable_sort TO 'off'
  SET work_mem TO '32MB'
  AS $function$
declare
  told jsonb;
begin
  execute format($query$
    select jsonb_object_agg(r.place, r.told) from (
      select c.place, jsonb_build_object('others', greatest(max(c.of) - %1$s, 0), 'values',
        jsonb_agg(jsonb_build_object('value', c.value, 'count', c.amount) order by c.rank)
          filter (where c.rank <= %1$s or c.place = any(%3$L::integer[]))) as told
      from (
        select v.place, v.value, v.amount, count(*) over (partition by v.place) as of,
          row_number() over (partition by v.place order by v.amount desc, v.value) as rank
        from (%2$s) v (place, value, amount)) c
      group by c.place) r$query$, top, statement,
    array(select f.place from unnest(facets) f where f.kind = 'range'))
    into told using keys.starts, keys.traces, keys.spans, room, ranges, facets;
  return coalesce(told, '{}');
end
$function$;

CREATE OR REPLACE FUNCTION app.read_contents (
  tenant  text,
  payload jsonb
)
  RETURNS public.span_contents[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  -- Content is off for most, and reading it is not free.
  if not jsonb_path_exists(payload, '$[*] ? (@.input != null || @.output != null)') then
    return '{}';
  end if;
  return array(
    select row(tenant, trace_id, span_id, app.to_time(start_ns), input, output,
      app.list_labels(name, agent_name, tool_name, status_message, tags, attributes), ''
    )::public.span_contents
    from jsonb_to_recordset(payload) as s(
      trace_id text, span_id text, start_ns bigint, input jsonb, output jsonb, name text,
      agent_name text, tool_name text, status_message text, tags jsonb, attributes jsonb)
    where input is not null or output is not null
    order by trace_id, span_id, start_ns);
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
      app.kept_values(kept, 'release'), let_in.value, null);
  end if;
  select jsonb_object_agg(k.key, k.value -> 'none_of') into let_in.left_out
    from jsonb_each(kept) k where k.value ? 'none_of';
  return let_in;
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
      asked.then_by, null, asked.kept, asked.condition), with_histograms);
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

CREATE OR REPLACE FUNCTION app.read_keys (
  arguments jsonb,
  after     jsonb,
  room      integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    session_id text
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.require_tenant();
  asked constant jsonb := arguments || jsonb_build_object('after', after, 'most', room);
begin
  if coalesce(arguments -> 'filters', '[]') = '[]' then
    return query execute format($query$
      select t.start_time, t.trace_id, t.session_id from public.trace_summaries t
      where t.tenant_id = %L and t.session_id is not null and %s
      order by t.start_time desc, t.trace_id desc limit %s$query$,
      tenant, app.compile_question(asked, 'traces'), room);
    return;
  end if;
  return query
    select m.start_time, m.trace_id, (app.find_turn(m.trace_id)).session_id
    from app.match_rows(asked, 'traces') m order by m.start_time desc, m.trace_id desc;
end
$function$;

CREATE OR REPLACE FUNCTION app.read_messages (
  content jsonb,
  speaker text
)
  RETURNS TABLE (
    place bigint,
    role  text,
    body  jsonb
  )
  LANGUAGE sql
  IMMUTABLE
BEGIN ATOMIC
 SELECT m.place,
     COALESCE((m.told ->> 'role'::text), read_messages.speaker)
  AS "coalesce",
         CASE
             WHEN (jsonb_typeof(m.told) = 'object'::text) THEN (m.told - 'finish_reason'::text)
             ELSE jsonb_build_object('role', read_messages.speaker, 'parts', jsonb_build_array(jsonb_build_object('type', 'text', 'content', m.told)))
         END AS jsonb_build_object
    FROM jsonb_array_elements(
         CASE jsonb_typeof(read_messages.content)
             WHEN 'array'::text THEN read_messages.content
             WHEN 'null'::text THEN '[]'::jsonb
             ELSE jsonb_build_array(read_messages.content)
         END) WITH ORDINALITY m(told, place)
   WHERE (read_messages.content IS NOT NULL);
END;

CREATE OR REPLACE FUNCTION app.read_tree (
  tree jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  member jsonb;
  read jsonb;
  kept jsonb;
begin
  if tree = '{}' then
    return tree;
  elsif tree ? 'not' then
    return app.turn_values(app.read_tree(tree -> 'not'));
  elsif not tree ?| '{and,or}' then
    return app.read_values(tree);
  end if;
  for member in select m from jsonb_array_elements(coalesce(tree -> 'and', tree -> 'or')) m loop
    -- Either of two is neither what the one leaves out nor what the other does.
    read := case when tree ? 'and' then app.read_tree(member) else app.turn_values(app.read_tree(member)) end;
    kept := case when kept is null then read else app.narrow_filter(kept, read) end;
    if kept is null then
      return null;
    end if;
  end loop;
  return case when tree ? 'and' then kept else app.turn_values(kept) end;
end
$function$;

CREATE OR REPLACE FUNCTION app.read_turns (
  session     text,
  after_start timestamp with time zone,
  after_trace text,
  room        integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  -- As many turns before are compared with.
  back constant integer := 20;
  before public.trace_summaries[] := '{}';
  turns public.trace_summaries[];
  said app.said[];
begin
  if after_trace is not null then
    before := array(
      select app.find_turn(l.trace_id)
      from app.list_turns(session, after_start + interval '1 microsecond', null, true, back + 1) l
      where (l.start_time, l.trace_id) <= (after_start, after_trace)
      order by l.start_time, l.trace_id);
  end if;
  turns := before || array(
    select app.find_turn(l.trace_id)
    from app.list_turns(session, after_start, after_trace, false, room) l
    order by l.start_time, l.trace_id);
  said := array(
    select s from app.list_said(turns) s);
  return (
    select coalesce(jsonb_agg(to_jsonb(t) - '{ordinality,before_end}'::text[] || jsonb_build_object(
        'gap_ms', case when t.before_end is not null
          then round(extract(epoch from greatest(t.start_time - t.before_end, interval '0')) * 1000, 3) end,
        'messages', n.messages) order by t.ordinality), '[]')
    from (
      select u.*, lag(u.end_time) over (order by u.ordinality) as before_end
      from unnest(turns) with ordinality u) t
      left join app.find_new(said, back) n on n.turn = t.ordinality
    where t.ordinality > cardinality(before));
end
$function$;

CREATE OR REPLACE FUNCTION app.read_values (
  term jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN CASE WHEN (term = '{"op": "is", "field": "failed"}'::jsonb) THEN '{"error_type": {"none_of": [null]}}'::jsonb WHEN (app.find_dimension((term ->> 'field'::text)) IS NULL)
  THEN NULL::jsonb WHEN ((term ->> 'op'::text) = 'has'::text) THEN jsonb_build_object(app.find_dimension((term ->> 'field'::text)), '{"none_of": [null]}'::jsonb) WHEN
  ((term ->> 'op'::text) = 'in'::text) THEN
  jsonb_build_object(app.find_dimension((term ->> 'field'::text)), (SELECT jsonb_agg(v.value) AS jsonb_agg FROM jsonb_array_elements_text((read_values.term -> 'values'::text))
  v(VALUE))) ELSE NULL::jsonb END;

CREATE OR REPLACE FUNCTION app.refuse_filter (
  message text,
  hint    text
)
  RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  raise invalid_parameter_value using message = message, hint = hint;
end
$function$;

CREATE OR REPLACE FUNCTION app.refuse_view_name()
  RETURNS void
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  raise sqlstate 'PT409' using
    message = 'You have a view of this kind and name.', hint = 'Choose another name, or change that one.';
end
$function$;

CREATE OR REPLACE FUNCTION app.scan_rows (
  arguments jsonb,
  kind      text,
  sort      app.sort,
  condition text,
  most      integer
)
  RETURNS SETOF app.sorted_key
  LANGUAGE plpgsql
  STABLE
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
begin
  return query execute format('select %s, %s where %s.tenant_id = %L and %s and %s and %s order by %s limit %s',
    coalesce(sort.measure, 'null::double precision'),
    case kind when 'spans' then 's.start_time, s.trace_id, s.span_id from public.span_summaries s'
      else 't.start_time, t.trace_id, null::text from public.trace_summaries t' end,
    left(kind, 1), app.require_tenant(), app.compile_question(arguments - 'after', kind), condition,
    app.compile_after(arguments, sort, kind, true),
    -- Others have one value, or none: an index has them by time.
    app.compile_order(case when condition = sort.others then app.find_sort('{}', kind) else sort end, kind), most);
end
$function$;

CREATE OR REPLACE FUNCTION app.scan_values (
  arguments jsonb,
  kind      text,
  tenant    text,
  facets    app.facet[],
  room      integer,
  top       integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  told jsonb;
begin
  if not app.is_dense(arguments, kind, tenant) then
    return null;
  end if;
  told := app.rank_values(
    app.write_counts(tenant, facets, arguments ->> 'q', app.write_scan(arguments, kind, tenant, facets, room)),
    null, room, null, facets, top);
  -- Those that match may end long before the window does.
  return case when app.find_total(told) > room or not app.has_more_rows(kind, tenant,
      coalesce(app.moment_argument(arguments, 'start'), '-infinity'),
      coalesce(app.moment_argument(arguments, 'end'), 'infinity'), app.most_scanned()) then told end;
end
$function$;

CREATE OR REPLACE FUNCTION app.shorten (
  told text,
  room integer
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when length(t) > room then rtrim(left(t, room - 1)) || '…' else t end
  from (select btrim(regexp_replace(left(told, 4000), '\s+', ' ', 'g')) as t) one_line
$function$;

CREATE OR REPLACE FUNCTION app.sift_few (
  tenant   text,
  kind     text,
  question text,
  few      timestamp with time zone[],
  room     integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    span_id    text
  )
  LANGUAGE plpgsql
  STABLE
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  newest constant timestamptz[] := array(select distinct s from unnest(few) s order by s desc);
  done integer := 0;
  step integer := 1000;
  filled bigint;
begin
  while room > 0 and done < cardinality(newest) loop
    return query execute app.verifying_query(tenant, kind, question, room, true, false)
      using newest[done + 1:done + step], newest[least(done + step, cardinality(newest))], newest[done + 1];
    get diagnostics filled = row_count;
    room := room - filled;
    done := done + step;
    step := step * 4;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.sift_keys (
  keys      app.sorted_key[],
  arguments jsonb,
  kind      text,
  sort      app.sort,
  condition text,
  most      integer
)
  RETURNS SETOF app.sorted_key
  LANGUAGE plpgsql
  STABLE
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
begin
  return query execute format(
    'select %s, k.start_time, k.trace_id, k.span_id from unnest($1) k join %s where %s and %s order by %s limit %s',
    coalesce(sort.measure, 'null::double precision'), app.compile_key(kind), condition,
    app.compile_after(arguments, sort, kind, true), app.compile_order(sort, kind), most) using keys;
end
$function$;

CREATE OR REPLACE FUNCTION app.sort_matches (
  arguments jsonb,
  kind      text,
  sort      app.sort,
  most      integer
)
  RETURNS SETOF app.sorted_key
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  walks constant boolean := sort.measured is not null and not sort.others_first
    and app.compile_dating(arguments -> 'filters', kind) <> 'true';
  found app.sorted_key[] := '{}';
  matches app.sorted_key[];
begin
  if walks then
    found := array(select r from app.walk_matches(arguments, kind, sort, most, 1000) r);
  end if;
  if cardinality(found) < most then
    matches := array(select row(null, m.start_time, m.trace_id, m.span_id)::app.sorted_key
      from app.match_rows(arguments - 'after' || '{"most": 10001}', kind) m);
    if cardinality(matches) <= 10000 then
      found := array(select r from app.sift_keys(matches, arguments, kind, sort, 'true', most) r);
    elsif walks then
      found := array(select r from app.walk_matches(arguments, kind, sort, most, 100000) r);
      found := found || array(select r from app.scan_rows(
        arguments, kind, sort, coalesce(sort.others, 'false'), most - cardinality(found)) r);
    else
      found := array(select r from app.scan_rows(arguments, kind, sort, 'true', most) r);
    end if;
  end if;
  return query select * from unnest(found);
end
$function$;

CREATE OR REPLACE FUNCTION app.sort_window (
  arguments jsonb,
  kind      text,
  sort      app.sort,
  most      integer
)
  RETURNS SETOF app.sorted_key
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  found app.sorted_key[] := '{}';
  part text;
begin
  foreach part in array case when sort.others_first then '{others,measured}' else '{measured,others}'::text[] end loop
    exit when cardinality(found) >= most;
    if part = 'measured' then
      found := found || array(select r from app.rank_rows(
        arguments, kind, app.find_range(arguments -> 'filters'), most - cardinality(found)) r);
    elsif sort.others is not null then
      found := found || array(select r from app.scan_rows(
        arguments, kind, sort, sort.others, most - cardinality(found)) r);
    end if;
  end loop;
  return query select * from unnest(found);
end
$function$;

CREATE OR REPLACE FUNCTION app.spans_argument (
  arguments jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  wanted constant jsonb := arguments -> 'spans';
begin
  if jsonb_typeof(wanted) is distinct from 'array' or jsonb_array_length(wanted) > 1000
      or jsonb_path_exists(wanted, 'strict $[*] ? (@.type() != "object")') then
    raise invalid_parameter_value using
      message = 'spans are not a list of at most 1,000.',
      hint = 'Send {"spans": [{"trace": "…", "span": "…", "start": "2027-01-31T12:00:00Z"}]}.';
  end if;
  return wanted;
end
$function$;

CREATE OR REPLACE FUNCTION app.split_words (
  told text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  -- The parser would take foo@example.com, and/or and key=value for one word each, and leave out
  -- what stands between < and >.
  told := regexp_replace(told, '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]', ' ', 'g');
  if octet_length(told) = length(told) then
    return told;
  end if;
  -- Other scripts' signs, which it takes for letters where a database's locale is C. Where words are
  -- written without spaces, each character is a word, and a run of them is found as a phrase.
  return regexp_replace(regexp_replace(told,
    '[\u0080-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\U0001f000-\U0001faff]',
    ' ', 'g'), '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af])',
    ' \1 ', 'g');
end
$function$;

CREATE OR REPLACE FUNCTION app.start_reading (
  tenant    text,
  pieces    timestamp with time zone[],
  bucket    text,
  group_by  text,
  then_by   text,
  kept      jsonb,
  condition text                       DEFAULT 'true'::text
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
  asked.condition := condition;
  asked.dimensions := array_remove(array[
    app.choose_dimension(tenant, kept, '{}'),
    case when group_by is not null then app.choose_dimension(tenant, kept, array[group_by]) end,
    case when then_by is not null then app.choose_dimension(tenant, kept, array[group_by, then_by]) end],
    null);
  if condition <> 'true' then
    asked.dimensions := array_fill('raw'::text, array[cardinality(asked.dimensions)]);
  end if;
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
        cross join lateral app.list_rich_sums(asked, d.place::integer - 1) s
      where d.dimension = 'raw');
  return asked;
end
$function$;

CREATE OR REPLACE FUNCTION app.sum_session (
  session text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return (
    with turn as materialized (
      select t.* from public.traces t
      where t.tenant_id = tenant
        and hashtextextended(coalesce(t.root_session_id, t.session_id, t.chained_session_id), 0)
          = hashtextextended(session, 0)
        and coalesce(t.root_session_id, t.session_id, t.chained_session_id) = session
        and not t.undated
      order by t.start_time desc, t.trace_id desc limit 10001
    ),
    told as (select * from turn order by start_time desc, trace_id desc limit 10000)
    select jsonb_build_object(
      'session_id', session,
      'first_start', min(start_time), 'last_start', max(start_time), 'last_end', max(end_time),
      'duration_ms', round(extract(epoch from max(end_time) - min(start_time)) * 1000, 3),
      'turns', count(*), 'more_turns', (select count(*) from turn) > 10000,
      'failed_turns', count(*) filter (where error_count > 0),
      'requests', sum(requests), 'unpriced_requests', sum(unpriced_requests),
      'unmeasured_requests', sum(unmeasured_requests), 'input_tokens', sum(input_tokens),
      'output_tokens', sum(output_tokens), 'total_tokens', sum(total_tokens),
      'total_cost_usd', sum(total_cost_usd),
      'models', (
        select coalesce(jsonb_agg(model), '[]') from (
          select distinct model from told cross join unnest(models) model order by 1 limit 32) m),
      'error_types', (
        select coalesce(jsonb_agg(type), '[]') from (
          select distinct type from told cross join unnest(error_types) type order by 1 limit 32) e),
      -- Of several the one that was told last.
      'user_id', (array_agg(coalesce(root_user_id, user_id) order by start_time desc, trace_id desc)
        filter (where coalesce(root_user_id, user_id) is not null))[1],
      'customer_id', (array_agg(coalesce(root_customer_id, customer_id) order by start_time desc, trace_id desc)
        filter (where coalesce(root_customer_id, customer_id) is not null))[1],
      'environment', (array_agg(environment order by start_time desc, trace_id desc)
        filter (where environment is not null))[1])
    from told);
end
$function$;

CREATE OR REPLACE FUNCTION app.sum_users (
  tenant       text,
  window_start timestamp with time zone,
  window_end   timestamp with time zone,
  person       text,
  beginning    text
)
  RETURNS SETOF app.person
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  SET enable_sort TO 'off'
  SET jit TO 'off'
  AS $function$
declare
  ranges constant app.sum_range[] := array(select w from app.widen_ranges(
    array(select r from app.plan_ranges(tenant, array[window_start, window_end], 60) r), 60) w);
begin
  return query
    with part as (
      select u.* from unnest(ranges) r cross join lateral (
        select o.value, o.provider, o.model, o.spans, o.errors, o.unpriced, o.unmeasured, o.input_tokens,
          o.output_tokens, o.total_tokens, o.cost_usd, o.first_start, o.last_start
        from public.roll_ups o
        where o.tenant_id = tenant and o.dimension = 'user' and o.grain = r.grain
          and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
          and (beginning is null or starts_with(o.value, beginning))
        offset 0) u
      where person is null
      union all
      select u.* from unnest(ranges) r cross join lateral (
        select o.value, o.provider, o.model, o.spans, o.errors, o.unpriced, o.unmeasured, o.input_tokens,
          o.output_tokens, o.total_tokens, o.cost_usd, o.first_start, o.last_start
        from public.roll_ups o
        where o.tenant_id = tenant and o.dimension = 'user' and o.grain = r.grain
          and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
          -- As the index asks that has these.
          and o.value = person and o.first_start is not null
        offset 0) u
      where person is not null
      union all
      select s.value, s.provider, s.model, s.spans, s.errors, s.unpriced, s.unmeasured, s.input_tokens,
        s.output_tokens, s.total_tokens, s.cost_usd, s.first_start, s.last_start
      from unnest(ranges) r cross join lateral app.sum_spans(
        tenant, r.since, r.until, 1440, '{user}', without_buckets => true) s
      where r.raw and (person is null or s.value = person)
        and (beginning is null or starts_with(s.value, beginning))
    )
    -- Of one person by model, too.
    select p.value, case when person is not null then p.provider end as provider,
      case when person is not null then p.model end as model, sum(p.spans)::bigint, sum(p.errors)::bigint, sum(p.unpriced)::bigint,
      sum(p.unmeasured)::bigint, sum(p.input_tokens), sum(p.output_tokens), sum(p.total_tokens),
      sum(p.cost_usd), min(p.first_start), max(p.last_start)
    from part p group by 1, 2, 3;
end
$function$;

CREATE OR REPLACE FUNCTION app.tell_deep (
  arguments jsonb,
  tenant    text,
  facets    app.facet[],
  most      integer,
  top       integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  -- A trace has many spans: all of their fields are read of fewer traces.
  room constant integer := case when cardinality(facets) > 3 then app.few_rows() else most end;
begin
  if facets = '{}' then
    return '[]';
  end if;
  return app.tell_facets(
    app.rank_values(app.write_deep(tenant, facets, arguments ->> 'q'),
      app.find_keys(arguments, 'traces', room + 1), room, null, facets, top),
    facets, 'traces', room);
end
$function$;

CREATE OR REPLACE FUNCTION app.tell_facets (
  told   jsonb,
  facets app.facet[],
  counts text,
  room   integer
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select coalesce(jsonb_agg(app.describe_facet(f, told -> f.place::text, counts, case
    when room is null then '{"rows": null, "exact": true}'
    else jsonb_build_object('rows', least(r.found, room), 'exact', r.found <= room) end)), '[]')
  from unnest(facets) f
    cross join app.find_total(told) r (found)
$function$;

CREATE OR REPLACE FUNCTION app.tell_rows (
  arguments jsonb,
  kind      text,
  tenant    text,
  facets    app.facet[],
  room      integer,
  top       integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  told jsonb;
  keys app.row_keys;
begin
  if facets = '{}' then
    return '[]';
  end if;
  told := app.scan_values(arguments, kind, tenant, facets, room, top);
  if told is null then
    keys := app.find_keys(arguments, kind, room + 1);
    told := app.rank_values(
      app.write_counts(tenant, facets, arguments ->> 'q', app.write_lookup(keys, kind, tenant, facets)),
      keys, room, null, facets, top);
  end if;
  return app.tell_facets(told, facets, kind, room);
end
$function$;

CREATE OR REPLACE FUNCTION app.tell_sums (
  arguments jsonb,
  tenant    text,
  facets    app.facet[],
  since     timestamp with time zone,
  until     timestamp with time zone,
  top       integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  prefix constant text := arguments ->> 'q';
begin
  if facets = '{}' then
    return '[]';
  end if;
  return app.tell_facets(
    app.rank_values(
      format('select place, value, sum(amount) from (%s union all %s) f group by 1, 2',
        app.write_kept_sums(tenant, prefix), app.write_raw_sums(tenant, facets, prefix)),
      null, null, array(select r from app.plan_ranges(tenant, array[since, until], 60) r), facets, top),
    facets, 'operations', null);
end
$function$;

CREATE OR REPLACE FUNCTION app.term_key (
  field text,
  value text
)
  RETURNS bigint
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN hashtextextended(VALUE, hashtextextended(field, (0)::bigint));

CREATE OR REPLACE FUNCTION app.term_keys (
  term jsonb
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  name constant text := term ->> 'field';
begin
  if not (name like 'tag:_%' or exists (select from app.list_terms() l where l.field = name)) then
    return null;
  end if;
  return case term ->> 'op'
    when 'in' then array(select app.term_key(name, v) from jsonb_array_elements_text(term -> 'values') v)
    when 'has' then array[app.term_key('has:' || name, '')]
    when 'is' then array[app.term_key(name, '')] end;
end
$function$;

CREATE OR REPLACE FUNCTION app.terms_expression (
  of_traces boolean
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format('array_remove(array[%s], null) || coalesce(array('
    'select app.term_key(''tag:'' || key, value) from jsonb_each_text(s.tags) union all '
    'select app.term_key(''has:tag:'' || key, '''') from jsonb_object_keys(s.tags) key), ''{}'')%s',
    string_agg(case
      when flag then format('case when %s then %L::bigint end', told, app.term_key(field, ''))
      else format('hashtextextended(%1$s, %2$L::bigint), case when (%1$s) is not null then %3$L::bigint end',
        told, hashtextextended(field, 0), app.term_key('has:' || field, '')) end, ', '),
    -- A text of traces is looked for by their spans (app.walk_texts).
    case when not of_traces then ' || app.name_keys(concat_ws(e''\n'', s.name, s.agent_name, s.tool_name))' end)
  from app.list_terms() cross join lateral (
    select case when of_traces then told_of_trace else told_of_span end as told) t
$function$;

CREATE OR REPLACE FUNCTION app.text_config_argument (
  arguments jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  wanted constant text := app.argument(
    arguments, 'text_config', '^[a-z_]{1,63}$', 'the name of a text search configuration');
  known constant text[] := array(
    select c.cfgname from pg_catalog.pg_ts_config c
    where c.cfgnamespace = 'pg_catalog'::regnamespace order by 1);
begin
  if wanted <> all(known) then
    raise invalid_parameter_value using
      message = 'There is no such text search configuration.',
      hint = format('Choose one of %s.', array_to_string(known, ', '));
  end if;
  return wanted;
end
$function$;

CREATE OR REPLACE FUNCTION app.text_of (
  message jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  -- Most messages are of one text.
  if jsonb_typeof(message #> '{parts,0,content}') = 'string' and message #> '{parts,1}' is null then
    return message #>> '{parts,0,content}';
  end if;
  return (
    select string_agg(p.part ->> 'content', e'\n' order by p.place)
    from jsonb_array_elements(case when jsonb_typeof(message -> 'parts') = 'array'
      then message -> 'parts' else '[]' end) with ordinality p (part, place)
    where jsonb_typeof(p.part -> 'content') = 'string');
end
$function$;

CREATE OR REPLACE FUNCTION app.text_query (
  config text,
  op     text,
  told   text
)
  RETURNS tsquery
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
declare
  name constant regconfig := ('pg_catalog.' || quote_ident(config))::regconfig;
  run tsquery;
  asked tsquery := ''::tsquery;
begin
  if op = 'phrase' then
    return phraseto_tsquery(name, app.split_words(told));
  end if;
  -- foo@example.com is a run of words that stand side by side.
  for run in
    select phraseto_tsquery(name, app.split_words(piece))
    from regexp_split_to_table(told, '[[:space:]]+') piece
  loop
    asked := case when numnode(asked) = 0 then run when numnode(run) = 0 then asked else asked && run end;
  end loop;
  return asked;
end
$function$;

CREATE OR REPLACE FUNCTION app.text_vector (
  config text,
  texts  jsonb
)
  RETURNS tsvector
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
begin
  -- Elements of a list are apart: no phrase goes from one to the next.
  return to_tsvector(('pg_catalog.' || quote_ident(config))::regconfig, coalesce(to_jsonb(array(
    select app.split_words(told) from jsonb_array_elements_text(texts) told)), '[]'));
end
$function$;

CREATE OR REPLACE FUNCTION app.to_bits (
  places integer[],
  size   integer
)
  RETURNS bit varying
  LANGUAGE plpgsql
  IMMUTABLE
  PARALLEL SAFE
  SET search_path TO ''
  AS $function$
declare
  bits bit varying := pg_catalog."bit"(B'0', size, true);
  place integer;
begin
  foreach place in array places loop
    bits := set_bit(bits, place, 1);
  end loop;
  return bits;
end
$function$;

CREATE OR REPLACE FUNCTION app.to_dimension (
  field app.field
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case
    when field.name = any(app.detail_dimensions()) then field.name
    when field.name = 'feature' then 'tag:feature'
    when field.name like 'tag:%' then field.name
    when field.name in ('failed', 'counted', 'summed', 'unpriced', 'unmeasured') then 'total' end
$function$;

CREATE OR REPLACE FUNCTION app.to_facet (
  place   bigint,
  field   app.field,
  counted text,
  kind    text,
  kept    text[]
)
  RETURNS app.facet
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  dimension constant text := app.to_dimension(field);
  shape constant text := case when kind = 'spans' or field.of_trace is not null then 'one'
    -- A failed span may tell no type, and traces that failed are many.
    when field.listed is not null and field.name <> 'error_type' then 'list' else 'deep' end;
begin
  if counted is null or counted = 'range' and shape = 'deep' then
    raise invalid_parameter_value using
      message = format('%s has no values to count.', field.name),
      hint = format('Choose one of %s, tag:<key>.', array_to_string(app.list_facet_names(kind, null), ', '));
  end if;
  return row(place::integer, field.name, counted, shape,
    case when kind = 'spans' or shape = 'deep' then field.of_span else coalesce(field.of_trace, field.listed) end,
    field.of_span, field.unlisted, field.within,
    case when dimension = any(kept) then dimension end)::app.facet;
end
$function$;

CREATE OR REPLACE FUNCTION app.to_milliseconds (
  told text
)
  RETURNS double precision
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select (substring(told from '^[0-9.]+')::numeric * case substring(told from '[a-z]+$')
    when 'ns' then 0.000001 when 'us' then 0.001 when 'ms' then 1 when 's' then 1000
    when 'm' then 60000 when 'h' then 3600000 when 'd' then 86400000 end)::double precision
$function$;

CREATE OR REPLACE FUNCTION app.turn_values (
  kept jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (SELECT jsonb_object_agg(k.key, CASE WHEN (k.value ? 'none_of'::text) THEN (k.value -> 'none_of'::text) ELSE jsonb_build_object('none_of', k.value) END) AS jsonb_object_agg FROM
  jsonb_each(turn_values.kept) k(key, VALUE) HAVING (count(*) = 1));

CREATE OR REPLACE FUNCTION app.verifying_query (
  tenant    text,
  kind      text,
  question  text,
  room      integer,
  any_start boolean,
  any_gap   boolean
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format('select start_time, trace_id, span_id from (%s) k
      order by start_time desc, trace_id desc, span_id desc limit %s',
    concat_ws(' union all ',
      case when any_start then format('(%s and %s = any($1) and %2$s between $2 and $3 %s)', rows, start, ranked) end,
      case when any_gap then format('(select g.* from unnest($4, $5) r (since, until) cross join lateral (
        %s and %s >= r.since and %2$s < r.until %s) g)', rows, start, ranked) end), room)
  from (select case kind when 'spans' then 's.start_time' else 't.start_time' end as start,
      format(case kind
        when 'spans' then 'select s.start_time, s.trace_id, s.span_id from public.span_summaries s
          where s.tenant_id = %L and %s'
        else 'select t.start_time, t.trace_id, null::text as span_id from public.trace_summaries t
          where t.tenant_id = %L and %s' end, tenant, question) as rows,
      format(case kind when 'spans' then 'order by s.start_time desc, s.trace_id desc, s.span_id desc limit %s'
        else 'order by t.start_time desc, t.trace_id desc limit %s' end, room) as ranked) q
$function$;

CREATE OR REPLACE FUNCTION app.verifying_texts (
  tenant    text,
  kind      text,
  question  text,
  narrowing text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case kind
    when 'spans' then format(
      'select s.start_time, s.trace_id, s.span_id from public.span_summaries s
      where s.tenant_id = %L and s.start_time >= $2 and s.start_time < $3 and %s and %s
      order by s.start_time desc, s.trace_id desc, s.span_id desc limit $4', tenant, narrowing, question)
    else format(
      'select t.start_time, t.trace_id, null::text from public.trace_summaries t
      where t.tenant_id = %L and t.start_time >= $2 and t.start_time < $3 and %s and %s
      order by t.start_time desc, t.trace_id desc limit $4', tenant, narrowing, question) end
$function$;

CREATE OR REPLACE FUNCTION app.view_argument (
  arguments jsonb
)
  RETURNS public.saved_views
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  given public.saved_views;
begin
  given.kind := app.argument(
    arguments, 'kind', '^(traces|spans|sessions|analyze)$', 'traces, spans, sessions or analyze');
  given.name := app.argument(
    arguments, 'name', '^[^[:cntrl:]]{1,120}$', 'a name of 1 to 120 characters in one line');
  given.filter := app.argument(arguments, 'filter', '', 'a filter, as text or JSON');
  given.tree := coalesce(arguments -> 'tree', '{}');
  given.settings := coalesce(arguments -> 'settings', '{}');
  if jsonb_typeof(coalesce(arguments -> 'shared', 'null')) <> 'boolean' then
    raise invalid_parameter_value using
      message = 'shared is neither true nor false.', hint = 'Send {"shared": false} for yourself alone.';
  end if;
  given.shared := arguments -> 'shared';
  if jsonb_typeof(given.settings) <> 'object' or octet_length(given.settings::text) > 8192 then
    raise invalid_parameter_value using
      message = 'settings are no object, or longer than 8 KiB.', hint = 'Save fewer columns.';
  end if;
  -- As its page asks: sums are of spans, sessions are looked for by their traces.
  perform app.compile_filter(given.tree,
    case when given.kind in ('traces', 'sessions') then 'traces' else 'spans' end);
  return given;
end
$function$;

CREATE OR REPLACE FUNCTION app.view_id_argument (
  arguments jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select app.argument(
    arguments, 'view_id', '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', 'a view''s UUID')
$function$;

CREATE OR REPLACE FUNCTION app.walk_digests (
  tenant   text,
  kind     text,
  question text,
  digests  text[],
  before   timestamp with time zone,
  room     integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    span_id    text
  )
  LANGUAGE plpgsql
  STABLE
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  most constant integer := 20000;
  starts timestamptz[];
  traces text[];
  found bigint;
  narrowing text;
begin
  select array_agg(distinct d.start_time), array_agg(distinct d.trace_id), count(*)
    into starts, traces, found
    from app.find_digested(digests, case kind when 'spans' then before else 'infinity' end, most) d;
  -- A prompt that so many calls had is near wherever one looks.
  narrowing := case when found = most then 'true' when kind = 'spans' then 's.start_time = any($1)'
    else 't.trace_id = any($5)' end;
  return query execute app.verifying_texts(tenant, kind, question, narrowing)
    using starts, '-infinity'::timestamptz, before, room, traces;
end
$function$;

CREATE OR REPLACE FUNCTION app.walk_matches (
  arguments jsonb,
  kind      text,
  sort      app.sort,
  most      integer,
  longest   integer
)
  RETURNS SETOF app.sorted_key
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  question constant text := app.compile_question(arguments - 'after', kind);
  during constant tstzrange := app.find_range(arguments -> 'filters');
  step integer := 1000;
  asked jsonb := arguments;
  last app.sorted_key;
  passed app.sorted_key[];
  found app.sorted_key[] := '{}';
begin
  loop
    passed := array(select r from app.rank_rows(asked, kind, during, step) r);
    found := found || array(select r from app.sift_keys(
      passed, asked, kind, sort, question, most - cardinality(found)) r);
    exit when cardinality(found) >= most or cardinality(passed) < step or step >= longest;
    last := passed[step];
    asked := asked || jsonb_build_object('after', jsonb_build_object(
      'value', last.value, 'start', last.start_time, 'trace', last.trace_id, 'span', last.span_id));
    step := least(step * 4, longest);
  end loop;
  return query select * from unnest(found);
end
$function$;

CREATE OR REPLACE FUNCTION app.walk_rows (
  tenant    text,
  kind      text,
  question  text,
  narrowing text,
  since     timestamp with time zone,
  until     timestamp with time zone,
  room      integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    span_id    text
  )
  LANGUAGE plpgsql
  STABLE
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  piece_since timestamptz;
  -- A day, a week, and all: few rows are near, or there are none.
  days integer := 1;
  most integer := greatest(200, room * 2);
  unsettled timestamptz[] := case kind when 'traces' then app.find_outdated(tenant) else '{}' end;
  covered timestamptz[];
  starts timestamptz[];
  hour record;
  cut boolean;
  gaps_since timestamptz[];
  gaps_until timestamptz[];
  filled bigint;
begin
  while room > 0 and since < until loop
    piece_since := case when days < 30 then greatest(since, until - days * interval '24 hours') else since end;
    covered := app.find_covered(tenant, kind = 'traces', piece_since, until);
    starts := '{}';
    cut := false;
    if days = 1 and (select max(h) + interval '1 hour' from unnest(covered) h) < until then
      -- What is newer than all terms: often enough for a page.
      piece_since := (select max(h) + interval '1 hour' from unnest(covered) h);
    else
      for hour in execute narrowing using covered loop
        starts := starts || array(
          select s from app.list_starts(hour.hour, hour.starts, hour.bits) s
          where s >= piece_since and s < until);
        cut := cardinality(starts) >= most;
        if cut then
          piece_since := greatest(piece_since, hour.hour);
          most := least(most * 2, 20000);
          exit;
        end if;
      end loop;
    end if;
    -- In a gap they are found anyway.
    starts := starts || array(
      select u from unnest(unsettled) u
      where u >= piece_since and u < until and date_bin('1 hour', u, 'epoch') = any(covered));
    select array_agg(g.gap_since), array_agg(g.gap_until) into gaps_since, gaps_until
      from app.list_gaps(covered, piece_since, until) g
      where app.has_rows(tenant, kind, g.gap_since, g.gap_until);
    if starts <> '{}' or gaps_since is not null then
      return query execute app.verifying_query(
          tenant, kind, question, room, starts <> '{}', gaps_since is not null)
        using starts, piece_since, until, gaps_since, gaps_until;
      get diagnostics filled = row_count;
      room := room - filled;
    end if;
    until := piece_since;
    days := case when cut then days else least(days * 7, 49) end;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.walk_texts (
  tenant   text,
  kind     text,
  question text,
  told     text,
  first    timestamp with time zone,
  before   timestamp with time zone,
  room     integer
)
  RETURNS TABLE (
    start_time timestamp with time zone,
    trace_id   text,
    span_id    text
  )
  LANGUAGE plpgsql
  STABLE
  ROWS 100
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  shown_until timestamptz := before;
  since timestamptz := greatest(first, app.find_newest(tenant, kind, before));
  until timestamptz := 'infinity';
  days integer := 1;
  most integer := greatest(200, room * 2);
  starts timestamptz[];
  -- The terms of hours do not have misdated spans.
  traces text[] := array(
    select t.trace_id from public.traces t
    where kind = 'traces' and t.tenant_id = tenant and t.misdated <> '{}');
  near text[];
  found bigint;
begin
  if since is null then
    return;
  end if;
  return query execute app.verifying_texts(tenant, kind, question, '$1 is null')
    using null::text, since, shown_until, room;
  get diagnostics found = row_count;
  shown_until := since;
  if kind = 'spans' then
    until := since;
  end if;
  loop
    room := room - found;
    exit when room <= 0 or since <= first;
    since := greatest(first, case when days < 30 then least(until, now()) - days * interval '24 hours'
      else '-infinity' end);
    select array_agg(c.start_time order by c.start_time desc), array_agg(distinct c.trace_id)
      into starts, near
      from (
        select u.start_time, u.trace_id from (
          select * from app.find_texts(told, since, until, most)
          union all select * from app.find_named(told, since, until, most)) u
        order by u.start_time desc fetch first (most) rows with ties) c;
    if cardinality(starts) >= most then
      since := starts[cardinality(starts)];
      most := least(most * 2, 20000);
    else
      days := days * 7;
    end if;
    if kind = 'spans' then
      return query execute app.verifying_texts(tenant, kind, question, 's.start_time = any($1)')
        using starts, since, shown_until, room;
    else
      traces := traces || near;
      return query execute app.verifying_texts(tenant, kind, question, 't.trace_id = any($1)')
        using traces, since, shown_until, room;
    end if;
    get diagnostics found = row_count;
    traces := array(
      select t.trace_id from public.traces t
      where t.tenant_id = tenant and t.trace_id = any(traces) and t.start_time < since);
    shown_until := least(shown_until, since);
    until := since;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION app.write_column (
  facet app.facet
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format(case when facet.shape = 'list' then '%1$s as v%2$s, %3$s as u%2$s'
    when facet.kind = 'flag' then 'case when %1$s then ''true'' end as v%2$s'
    when facet.kind = 'range' then '%1$s as v%2$s' else '(%1$s)::text as v%2$s' end,
    facet.expression, facet.place, facet.unlisted)
$function$;

CREATE OR REPLACE FUNCTION app.write_columns (
  facets app.facet[]
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$ select string_agg(app.write_column(f), ', ' order by f.place) from unnest(facets) f $function$;

CREATE OR REPLACE FUNCTION app.write_counts (
  tenant text,
  facets app.facet[],
  prefix text,
  base   text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format('with base as materialized (%s) select f.place, f.value, sum(f.amount) from (%s) f group by 1, 2',
    base, concat_ws(' union all ',
      'select 0 as place, ''rows'' as value, count(*)::numeric as amount from base',
      (select format('select g.place, f.value, g.amount from (%s) g cross join lateral '
          'unnest(coalesce(g.listed, array[g.told])) f (value) where f.value is not null%s',
        groups, app.keep_prefix(prefix))
      from app.write_groups(facets, null) groups where groups is not null),
      app.write_ranges(facets), app.write_unlisted(tenant, facets, prefix)))
$function$;

CREATE OR REPLACE FUNCTION app.write_deep (
  tenant text,
  facets app.facet[],
  prefix text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format($query$
    with base as materialized (
      select k.n, %1$s from unnest($2) with ordinality k (trace_id, n)
      join public.trace_summaries t on t.tenant_id = %2$L and t.trace_id = k.trace_id
      cross join lateral (
        select s.* from public.span_summaries s where s.tenant_id = %2$L and s.trace_id = t.trace_id
          and s.start_time between t.earliest and t.latest offset 0) s
      where k.n <= $4)
    select 0 as place, 'rows' as value, cardinality($2)::numeric as amount
    union all
    select f.place, f.told, count(*) from (%3$s) f (place, told, listed)
    where f.told is not null%4$s group by 1, 2$query$,
    app.write_columns(facets), tenant, app.write_groups(facets, 'b.n'),
    replace(app.keep_prefix(prefix), 'f.value', 'f.told'))
$function$;

CREATE OR REPLACE FUNCTION app.write_groups (
  facets app.facet[],
  of_row text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format('select case %s end as place, case %s else null end as told, '
      'case %s else null::text[] end as listed%s from base b where b.n <= $4 group by grouping sets (%s)',
    string_agg(format('when grouping(b.v%1$s) = 0 then %1$s', f.place), ' '),
    coalesce(string_agg(format('when grouping(b.v%1$s) = 0 then b.v%1$s', f.place), ' ')
      filter (where f.shape <> 'list'), 'when false then ''x'''),
    coalesce(string_agg(format('when grouping(b.v%1$s) = 0 then b.v%1$s', f.place), ' ')
      filter (where f.shape = 'list'), 'when false then ''{}''::text[]'),
    case when of_row is null then ', count(*) as amount' else '' end,
    string_agg(format('(%sb.v%s)', of_row || ', ', f.place), ', '))
  from unnest(facets) f where f.kind <> 'range' having count(*) > 0
$function$;

CREATE OR REPLACE FUNCTION app.write_kept_sums (
  tenant text,
  prefix text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format($query$
    select f.place, f.value, f.amount from (
      select d.place, case d.kind when 'flag' then 'true' else o.value end as value,
        sum(case d.name when 'failed' then o.errors when 'unpriced' then o.unpriced
          when 'unmeasured' then o.unmeasured else o.spans end)::numeric as amount
      from unnest($6) d cross join unnest($5) r
      cross join lateral (
        select u.value, u.spans, u.errors, u.unpriced, u.unmeasured from public.roll_ups u
        where u.tenant_id = %L and u.dimension = d.dimension and u.grain = r.grain
          and u.bucket_start >= r.since and u.bucket_start < r.until and (u.taken or not r.raw)
          and (u.counted or d.name <> 'counted') offset 0) o
      group by 1, 2) f
    where f.amount > 0%s$query$, tenant, app.keep_prefix(prefix))
$function$;

CREATE OR REPLACE FUNCTION app.write_lookup (
  keys   app.row_keys,
  kind   text,
  tenant text,
  facets app.facet[]
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format(case kind when 'spans' then $query$
    select k.n, %1$s from unnest($1, $2, $3) with ordinality k (start_time, trace_id, span_id, n)
    join public.span_summaries s on s.tenant_id = %2$L and s.trace_id = k.trace_id
      and s.span_id = k.span_id and s.start_time = k.start_time
      and s.start_time between %3$L::timestamptz and %4$L::timestamptz$query$
    else $query$
    select k.n, %1$s from unnest($2) with ordinality k (trace_id, n)
    join public.trace_summaries t on t.tenant_id = %2$L and t.trace_id = k.trace_id$query$ end,
    app.write_row_columns(facets, kind), tenant, keys.starts[cardinality(keys.starts)], keys.starts[1])
$function$;

CREATE OR REPLACE FUNCTION app.write_ranges (
  facets app.facet[]
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format('select f.place, f.value, f.amount from (select %s from base b where b.n <= $4) r '
    'cross join lateral (values %s) f (place, value, amount)',
    string_agg(format('min(b.v%1$s)::numeric as least%1$s, max(b.v%1$s)::numeric as most%1$s', f.place), ', '),
    string_agg(format('(%1$s, ''least'', r.least%1$s), (%1$s, ''most'', r.most%1$s)', f.place), ', '))
  from unnest(facets) f where f.kind = 'range' having count(*) > 0
$function$;

CREATE OR REPLACE FUNCTION app.write_raw_sums (
  tenant text,
  facets app.facet[],
  prefix text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format($query$
    select f.place, f.value, count(*)::numeric from unnest($5) r
    cross join lateral (
      select s.* from public.span_summaries s
      where r.raw and s.tenant_id = %L and s.start_time >= r.since and s.start_time < r.until
        and %s offset 0) s
    cross join lateral (values %s) f (place, value)
    where f.value is not null%s group by 1, 2$query$, tenant,
    (select l.of_span from app.list_fields() l where l.name = 'summed'),
    string_agg(format(case when f.kind = 'flag' then '(%1$s, case when %2$s then ''true'' end)'
      when f.dimension like 'tag:%%' then '(%1$s, case when s.counted then %2$s end)'
      else '(%1$s, %2$s)' end, f.place, f.of_span), ', '), app.keep_prefix(prefix))
  from unnest(facets) f
$function$;

CREATE OR REPLACE FUNCTION app.write_row_columns (
  facets app.facet[],
  kind   text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select concat_ws(', ', case kind when 'traces' then 't.trace_id, t.earliest, t.latest' end,
    app.write_columns(facets))
$function$;

CREATE OR REPLACE FUNCTION app.write_scan (
  arguments jsonb,
  kind      text,
  tenant    text,
  facets    app.facet[],
  room      integer
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select format('select row_number() over () as n, k.* from (select %1$s from ('
      'select %3$s.* from public.%2$s %3$s where %3$s.tenant_id = %4$L and %5$s '
      'order by %3$s.start_time desc, %3$s.trace_id desc%6$s limit %7$s) %3$s where %8$s limit %9$s) k',
    app.write_row_columns(facets, kind),
    case kind when 'spans' then 'span_summaries' else 'trace_summaries' end, left(kind, 1), tenant,
    app.compile_window(arguments, kind),
    case kind when 'spans' then ', s.span_id desc' else '' end, app.most_scanned(),
    app.compile_question(arguments, kind), room + 1)
$function$;

CREATE OR REPLACE FUNCTION app.write_unlisted (
  tenant text,
  facets app.facet[],
  prefix text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select format($query$
    select f.place, f.value, count(distinct f.trace_id)::numeric from (
      select b.trace_id, v.place, v.value from (select * from base b where b.n <= $4 and (%s)) b
      cross join lateral (
        select s.* from public.span_summaries s where s.tenant_id = %L and s.trace_id = b.trace_id
          and s.start_time between b.earliest and b.latest offset 0) s
      cross join lateral (values %s) v (place, value)) f
    where f.value is not null%s group by 1, 2$query$,
    string_agg('b.u' || f.place, ' or '), tenant,
    string_agg(format('(%1$s, case when b.u%1$s and %2$s and not coalesce(%3$s = any(b.v%1$s), false) '
      'then %3$s end)', f.place, coalesce(f.within, 'true'), '(' || f.of_span || ')'), ', '),
    app.keep_prefix(prefix))
  from unnest(facets) f where f.shape = 'list' having count(*) > 0
$function$;

CREATE OR REPLACE FUNCTION public.count_spans (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return app.count_rows($1, 'spans');
end
$function$;

REVOKE ALL ON FUNCTION "public"."count_spans"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.count_traces (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return app.count_rows($1, 'traces');
end
$function$;

REVOKE ALL ON FUNCTION "public"."count_traces"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.create_view (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant('read');
  given public.saved_views := app.view_argument($1);
  most constant integer := 200;
  created public.saved_views;
begin
  if given.shared then
    perform app.require_right(tenant, 'ingest');
  end if;
  perform app.ensure_tenant(tenant);
  perform app.hold_views(tenant);
  if (select count(*) from public.saved_views
      where tenant_id = tenant and created_by = app.actor()) >= most then
    raise sqlstate 'PT409' using
      message = format('You have %s views, which is the most.', most),
      hint = 'Delete those that you do not need.';
  end if;
  insert into public.saved_views (tenant_id, kind, name, shared, filter, tree, settings)
  values (tenant, given.kind, given.name, given.shared, given.filter, given.tree, given.settings)
  returning * into created;
  return to_jsonb(created);
exception when unique_violation then
  perform app.refuse_view_name();
end
$function$;

REVOKE ALL ON FUNCTION "public"."create_view"(jsonb) FROM PUBLIC, "anon", "service_role";

CREATE OR REPLACE FUNCTION public.delete_view (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant('read');
  known public.saved_views := app.lock_view(tenant, app.view_id_argument($1));
begin
  delete from public.saved_views where tenant_id = tenant and view_id = known.view_id;
  return to_jsonb(known);
end
$function$;

REVOKE ALL ON FUNCTION "public"."delete_view"(jsonb) FROM PUBLIC, "anon", "service_role";

CREATE OR REPLACE FUNCTION public.find_digest_source (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.argument($1, 'tenant_id', '^[a-z0-9][a-z0-9_-]{0,62}$', 'a tenant''s name');
begin
  return (select app.digest_source(t) from public.tenants t where t.tenant_id = tenant);
end
$function$;

REVOKE ALL ON FUNCTION "public"."find_digest_source"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

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
    h as (delete from public.hour_terms where tenant_id = tenant returning 1),
    e as (delete from public.evaluations where tenant_id = tenant returning 1),
    p as (delete from public.processes where tenant_id = tenant returning 1),
    b as (delete from public.ingest_budgets where tenant_id = tenant returning 1),
    k as (delete from public.api_keys where tenant_id = tenant returning 1),
    i as (delete from public.invitations where tenant_id = tenant returning 1),
    m as (delete from public.memberships where tenant_id = tenant returning 1),
    a as (delete from public.attribute_mappings where tenant_id = tenant returning 1),
    v as (delete from public.saved_views where tenant_id = tenant returning 1),
    f as (delete from public.forgotten where tenant_id = tenant returning 1),
    r as (delete from public.retention_runs where tenant_id = tenant returning 1),
    w as (delete from public.roll_up_progress where tenant_id = tenant returning 1),
    l as (delete from public.response_chains where tenant_id = tenant returning 1),
    d as (delete from public.deletions where tenant_id = tenant returning 1),
    n as (delete from public.deletion_traces where tenant_id = tenant returning 1),
    -- The salt goes with the row: digests in a backup are meaningless from now on.
    o as (delete from public.tenants where tenant_id = tenant returning 1)
  select jsonb_build_object(
    'spans', (select count(*) from s), 'contents', (select count(*) from c),
    'traces', (select count(*) from t), 'roll_ups', (select count(*) from u), 'hour_terms', (select count(*) from h), 'evaluations', (select count(*) from e), 'processes', (select count(*) from p),
    'ingest_budgets', (select count(*) from b),
    'api_keys', (select count(*) from k), 'invitations', (select count(*) from i),
    'memberships', (select count(*) from m),
    'attribute_mappings', (select count(*) from a),
    'saved_views', (select count(*) from v),
    'forgotten', (select count(*) from f),
    'retention_runs', (select count(*) from r),
    'roll_up_progress', (select count(*) from w),
    'response_chains', (select count(*) from l),
    'deletions', (select count(*) from d), 'deletion_traces', (select count(*) from n),
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
  gone record;
begin
  gone := app.forget_traces(tenant, array[trace]);
  if gone.spans + gone.contents + gone.traces + gone.evaluations = 0 then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such trace.', hint = 'It may be deleted already.';
  end if;
  return app.record_event(tenant, 'trace.forgotten', trace, jsonb_build_object(
    'deleted', jsonb_build_object('spans', gone.spans, 'contents', gone.contents, 'traces', gone.traces)
      || case when gone.evaluations > 0 then jsonb_build_object('evaluations', gone.evaluations) else '{}' end));
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
  views bigint := app.forget_views(tenant, names);
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
      || case when evaluations > 0 then jsonb_build_object('evaluations', evaluations) else '{}' end
      || case when views > 0 then jsonb_build_object('saved_views', views) else '{}' end));
end
$function$;

CREATE OR REPLACE FUNCTION public.list_facets (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  kind constant text := app.argument($1, 'kind', '^(spans|traces)$', 'spans or traces');
  filters constant jsonb := coalesce($1 -> 'filters', '[]');
  top constant integer := coalesce(app.integer_argument($1, 'top', 1, 100), 10);
  since constant timestamptz := app.moment_argument($1, 'start');
  until constant timestamptz := coalesce(app.moment_argument($1, 'end'), now());
  facets constant app.facet[] := app.choose_facets($1, kind, tenant);
  asked constant jsonb := $1 || jsonb_build_object('filters', app.filter_window($1) || filters);
  -- What one field is completed from is looked for in more rows.
  room constant integer := case when filters = '[]' and $1 ->> 'q' is null then app.few_rows() else 10000 end;
  summed app.facet[] := '{}';
  others app.facet[];
begin
  if filters = '[]' and app.has_more_rows(kind, tenant, since, until, app.few_rows()) then
    summed := array(select f from unnest(facets) f where f.dimension is not null);
  end if;
  others := array(select f from unnest(facets) f where f.dimension is null or summed = '{}');
  return jsonb_build_object('facets', (
    select coalesce(jsonb_agg(f - 'place' order by (f -> 'place')::integer), '[]')
    from jsonb_array_elements(
      app.tell_sums($1, tenant, summed, since, until, top)
      || app.tell_rows(asked, kind, tenant, array(select f from unnest(others) f where f.shape <> 'deep'), room, top)
      || app.tell_deep(asked, tenant, array(select f from unnest(others) f where f.shape = 'deep'), room, top)) f));
end
$function$;

REVOKE ALL ON FUNCTION "public"."list_facets"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.list_sessions (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  room integer := coalesce(app.integer_argument($1, 'most', 1, 201), 50);
  keys app.session_key[];
begin
  keys := array(
    select (m.start_time, m.trace_id, m.session_id)::app.session_key
    from app.match_sessions($1, room) m);
  return (
    select coalesce(json_agg(d.told
      || jsonb_build_object('matched_start', k.start_time, 'matched_trace', k.trace_id)
      order by k.start_time desc, k.trace_id desc), '[]')
    from unnest(keys) k
      join app.describe_sessions(array(select k.session_id from unnest(keys) k)) d using (session_id));
end
$function$;

REVOKE ALL ON FUNCTION "public"."list_sessions"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.list_spans (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return app.list_rows($1, 'spans');
end
$function$;

REVOKE ALL ON FUNCTION "public"."list_spans"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.list_traces (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
begin
  return app.list_rows($1, 'traces');
end
$function$;

REVOKE ALL ON FUNCTION "public"."list_traces"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.list_users (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  between_these timestamptz[] := app.asked_window($1);
  room integer := coalesce(app.integer_argument($1, 'most', 1, 201), 50);
  sort text := app.argument($1, 'sort', '^-?(calls|errors|cost|tokens|last|first)$',
    'calls, errors, cost, tokens, last or first, or one of these behind a minus');
  named constant text := ltrim(sort, '-');
  way constant integer := case when sort like '-%' then -1 else 1 end;
  after constant jsonb := nullif($1 -> 'after', 'null');
  after_user constant text := case when after is not null then app.argument(after, 'user', '^.', 'a user''s id') end;
  after_amount constant numeric := case when coalesce(after -> 'amount', 'null') <> 'null'
    then app.argument(after, 'amount', '^-?[0-9]{1,30}(\.[0-9]{1,30})?$', 'an amount')::numeric end;
  beginning constant text := case when coalesce($1 -> 'beginning', 'null') <> 'null'
    then app.argument($1, 'beginning', '^', 'how an id begins') end;
begin
  return (
    select coalesce(json_agg(app.describe_user(u.person) || jsonb_build_object('amount', u.amount::text)
      order by u.amount is null, way * u.amount, u.user_id), '[]')
    from (
      select p::app.person as person, p.user_id, app.amount_of(p, named) as amount
      from app.sum_users(tenant, between_these[1], between_these[2], null, beginning) p
      where after_user is null
        -- Those of an unknown amount come last, either way.
        or (app.amount_of(p, named) is null, coalesce(way * app.amount_of(p, named), 0), p.user_id)
          > (after_amount is null, coalesce(way * after_amount, 0), after_user)
      order by app.amount_of(p, named) is null, way * app.amount_of(p, named), p.user_id
      limit room) u);
end
$function$;

REVOKE ALL ON FUNCTION "public"."list_users"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.match_traces (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
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
$function$;

REVOKE ALL ON FUNCTION "public"."match_traces"(jsonb) FROM PUBLIC, "anon";

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
  compare      boolean                  DEFAULT false,
  filters      jsonb                    DEFAULT '[]'::jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  narrowing app.narrowing := app.narrow_sums(filter, filters);
  hidden constant jsonb := app.hide_spans(narrowing.kept, '{}');
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
    tenant, window_start || points[2:] || window_end, bucket, coalesce(named, 'model'), inner_named,
    narrowing.kept, narrowing.condition);
  whole := app.read_level(asked, 0, false, asked.kept, true);
  once := array(select a from app.add_sums(whole) a);
  -- Models are told where nothing is grouped by, too, without their series.
  grouped := app.describe_groups(
    asked, case when named is null then '{}' else points end, whole, once, measure, top);
  return jsonb_build_object(
    'generated', coalesce((select generated from public.tenants where tenant_id = tenant), false),
    'relative_error', app.relative_error(),
    'totals', app.describe_all(once) || hidden || app.describe_left_out(asked),
    'series', app.describe_series(points, whole, hidden),
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

REVOKE ALL
  ON FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text, text, text, text, jsonb, text, integer, boolean, jsonb)
  FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.read_contents (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  room integer := app.integer_argument($1, 'most_bytes', 0, 10000000);
  span record;
  found text;
  parts text[] := '{}';
begin
  -- A large value stays packed, outside of its row, until it is looked at here, one after another.
  for span in
    select k.input, k.output
    from rows from (
        jsonb_to_recordset(app.spans_argument($1)) as (trace text, span text, start timestamptz))
      with ordinality w (trace, span, start, place)
      left join lateral (
        select c.input, c.output from public.span_contents c
        where c.tenant_id = tenant and c.trace_id = w.trace and c.span_id = w.span
          and c.start_time = w.start) k on true
    order by w.place
  loop
    found := row_to_json(span)::text;
    room := room - octet_length(found);
    exit when room < 0;
    parts := parts || found;
  end loop;
  return '[' || array_to_string(parts, ',') || ']';
end
$function$;

REVOKE ALL ON FUNCTION "public"."read_contents"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.read_session (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  session text := app.argument($1, 'session_id', '^.', 'a session''s id');
  room integer := coalesce(app.integer_argument($1, 'most', 1, 201), 50);
  after constant jsonb := nullif($1 -> 'after', 'null');
  turns jsonb;
begin
  turns := app.read_turns(session, app.moment_argument(after, 'start'),
    case when after is not null then app.argument(after, 'trace', '^[0-9a-f]{32}$', '32 hex digits in lower case') end,
    room);
  if turns = '[]' and not exists (select from app.list_turns(session, null, null, false, 1)) then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such session.', hint = 'It may be deleted, or of another tenant.';
  end if;
  return jsonb_build_object('turns', turns,
    'session', (select d.told from app.describe_sessions(array[session]) d));
end
$function$;

REVOKE ALL ON FUNCTION "public"."read_session"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.read_span (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  AS $function$
declare
  tenant text := app.require_tenant();
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  wanted text := app.argument($1, 'span_id', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  summary record;
  span public.spans;
  found json;
begin
  select t.earliest, t.latest into summary from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id = trace;
  select * into span from public.spans s
    where s.tenant_id = tenant and s.trace_id = trace and s.span_id = wanted
      and s.start_time between summary.earliest and summary.latest
    order by s.tenant_id, s.trace_id, s.span_id, s.start_time limit 1;
  if span.span_id is null then
    return null;
  end if;
  select json_build_object(
      'span', (select row_to_json(v) from public.span_summaries v
        where v.tenant_id = tenant and v.trace_id = trace and v.span_id = wanted and v.start_time = span.start_time),
      'content', (select json_build_object('input', c.input, 'output', c.output) from public.span_contents c
        where c.tenant_id = tenant and c.trace_id = trace and c.span_id = wanted and c.start_time = span.start_time),
      'price', case when p.price_id is not null then row_to_json(p) end,
      'cost_lines', e.cost_lines,
      'cost_lines_unknown_because', e.because,
      'evaluations', (select coalesce(json_agg(v order by v.received_at, v.evaluation_id), '[]') from (
        select * from public.trace_evaluations v
        where v.tenant_id = tenant and v.trace_id = trace and v.span_id = wanted
        order by v.received_at, v.evaluation_id limit 100) v))
    into found
    from (values (1)) one left join public.model_prices p on p.price_id = span.price_id
    cross join lateral app.explain_cost(span, p) e;
  return found;
end
$function$;

REVOKE ALL ON FUNCTION "public"."read_span"(jsonb) FROM PUBLIC, "anon";

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
  after constant jsonb := nullif($1 -> 'after', 'null');
  earliest timestamptz;
  latest timestamptz;
  last_span text := '';
  span record;
  found text;
  parts text[] := '{}';
  misses integer := 0;
begin
  select t.earliest, t.latest into earliest, latest from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id = trace;
  if after is not null then
    earliest := app.time_argument(after, 'start');
    last_span := app.argument(after, 'span', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  end if;
  -- A large value stays packed, outside of its row, until it is looked at here, one after another.
  for span in
    -- Keys first, which an index has: a trace may have many times as many spans as a page.
    select d.span_id, d.attributes, d.input, d.output from (
      select s.span_id, s.start_time, s.span_id is distinct from ($1 ->> 'first_span') as waits
      from public.spans s
      where s.tenant_id = tenant and s.trace_id = trace and s.start_time between earliest and latest
        and (s.start_time, s.span_id) > (earliest, last_span)
      order by waits, s.start_time, s.span_id limit 2000) k
    cross join lateral (
      select * from public.span_details d
      where d.tenant_id = tenant and d.trace_id = trace and d.span_id = k.span_id and d.start_time = k.start_time
      limit 1) d
    order by k.waits, k.start_time, k.span_id
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

CREATE OR REPLACE FUNCTION public.read_trace (
  jsonb
)
  RETURNS json
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  room integer := coalesce(app.integer_argument($1, 'most', 1, 2001), 2001);
  summary record;
  source text;
  spans json;
begin
  select t.*, r.root_span_id into summary
    from public.trace_summaries t join public.traces r using (tenant_id, trace_id)
    where t.tenant_id = tenant and t.trace_id = trace;
  if not found then
    return null;
  end if;
  source := format('public.span_summaries s where s.tenant_id = %L and s.trace_id = %L
      and s.start_time between %L and %L and %s
      order by s.start_time, s.span_id limit %s',
    tenant, trace, summary.earliest, summary.latest, app.compile_place($1), room);
  -- Of a long trace the keys are gone through, which an index has, and the rows of one page are read.
  if summary.span_count > room then
    source := format('(select s.span_id, s.start_time from %s) k cross join lateral (
        select * from public.span_summaries d where d.tenant_id = %L and d.trace_id = %L
          and d.span_id = k.span_id and d.start_time = k.start_time limit 1) s
        order by k.start_time, k.span_id', source, tenant, trace);
  end if;
  execute format('select coalesce(json_agg(r), ''[]'') from (select %s from %s) r',
    (select string_agg(format('s.%I', name), ', ') from unnest(app.check_columns($1)) name), source)
    into spans;
  return json_build_object('trace', row_to_json(summary), 'spans', spans);
end
$function$;

REVOKE ALL ON FUNCTION "public"."read_trace"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.read_user (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET jit TO 'off'
  SET statement_timeout TO '6s'
  AS $function$
declare
  tenant text := app.require_tenant();
  person text := app.argument($1, 'user_id', '^.', 'a user''s id');
  between_these timestamptz[] := app.asked_window($1);
  room integer := coalesce(app.integer_argument($1, 'most', 1, 50), 10);
  models app.person[] := array(
    select u::app.person from app.sum_users(tenant, between_these[1], between_these[2], person, null) u);
  traces jsonb;
  sessions jsonb;
begin
  -- Of the newest traces, since a user may have had no call in the window.
  with newest as (select * from app.list_traces_of(person, 500)),
    recent as (
      select session_id, max(start_time) as last from newest where session_id is not null
      group by 1 order by 2 desc, 1 limit room)
  select coalesce((
      select jsonb_agg(to_jsonb(app.find_turn(n.trace_id)) order by n.start_time desc, n.trace_id desc)
      from (select * from newest order by start_time desc, trace_id desc limit room) n), '[]'),
    coalesce((
      select jsonb_agg(d.told order by n.last desc, n.session_id)
      from recent n join app.describe_sessions(array(select session_id from recent)) d using (session_id)),
      '[]')
    into traces, sessions;
  if models = '{}' and traces = '[]' then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such user.', hint = 'Ask for more time, or look at list_users.';
  end if;
  return jsonb_build_object(
    'user', app.describe_user(app.add_models(models, person)),
    'by_model', (
      select coalesce(jsonb_agg(app.describe_user(m)
        || jsonb_build_object('provider', m.provider, 'model', m.model)
        order by m.requests desc, m.provider, m.model), '[]')
      from unnest(models) m),
    'traces', traces, 'sessions', sessions);
end
$function$;

REVOKE ALL ON FUNCTION "public"."read_user"(jsonb) FROM PUBLIC, "anon";

CREATE OR REPLACE FUNCTION public.replace_view (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant('read');
  given public.saved_views := app.view_argument($1);
  known public.saved_views := app.lock_view(tenant, app.view_id_argument($1));
begin
  if given.shared then
    perform app.require_right(tenant, 'ingest');
  end if;
  update public.saved_views set
    kind = given.kind, name = given.name, shared = given.shared, filter = given.filter,
    tree = given.tree, settings = given.settings, changed_at = now()
  where tenant_id = tenant and view_id = known.view_id
  returning * into known;
  return to_jsonb(known);
exception when unique_violation then
  perform app.refuse_view_name();
end
$function$;

REVOKE ALL ON FUNCTION "public"."replace_view"(jsonb) FROM PUBLIC, "anon", "service_role";

CREATE OR REPLACE FUNCTION public.request_deletion (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
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
$function$;

REVOKE ALL ON FUNCTION "public"."request_deletion"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.run_deletions (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '25s'
  AS $function$
declare
  run uuid := app.run_argument($1);
begin
  if not app.claim_run(run) then
    return jsonb_build_object('more', false, 'outcome', 'lost');
  end if;
  return app.describe_run(run, app.delete_step(run));
end
$function$;

REVOKE ALL ON FUNCTION "public"."run_deletions"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.set_text_config (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant('admin');
  wanted text := app.text_config_argument($1);
  configs text[];
begin
  perform app.ensure_tenant(tenant);
  select array[wanted] || array_remove(t.text_configs, wanted) into configs
    from public.tenants t where t.tenant_id = tenant for update;
  if cardinality(configs) > 4 then
    raise exception using errcode = 'PT409',
      message = 'Contents of this tenant are read by 4 text search configurations already.',
      hint = format('Choose one of %s.', array_to_string(configs[2:], ', '));
  end if;
  update public.tenants set text_configs = configs where tenant_id = tenant;
  return jsonb_build_object('text_config', wanted, 'before', to_jsonb(configs[2:]));
end
$function$;

REVOKE ALL ON FUNCTION "public"."set_text_config"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE PROCEDURE app.delete_data()
  LANGUAGE plpgsql
  AS $procedure$
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
$procedure$;

ALTER TABLE "public"."tenants"
  ADD CONSTRAINT "tenants_text_configs_check" CHECK (cardinality(text_configs) between 1 and 4 and pg_column_size(text_configs) <= 600);

CREATE INDEX deletions_newest ON public.deletions USING btree (tenant_id, created_at, deletion_id);

CREATE INDEX deletions_open ON public.deletions USING btree (tenant_id, touched_at)
  WHERE (finished_at IS NULL);

CREATE INDEX hour_terms_hours ON public.hour_terms USING btree (tenant_id, of_traces, hour)
  WHERE (term = 0);

CREATE INDEX saved_views_newest ON public.saved_views USING btree (tenant_id, created_at, view_id);

CREATE INDEX spans_by_cost ON public.spans USING btree (tenant_id, (((start_ns / '86400000000000'::bigint))::integer), ((cost_usd)::double precision))
  WHERE ((misdated IS NULL) AND (cost_usd IS NOT NULL));

CREATE INDEX spans_by_duration ON public.spans USING btree (tenant_id, (((start_ns / '86400000000000'::bigint))::integer), duration_ms)
  WHERE (misdated IS NULL);

CREATE INDEX spans_of_input ON public.spans USING btree (tenant_id, hashtextextended(input_digest, (0)::bigint))
  WHERE (input_digest IS NOT NULL);

CREATE INDEX traces_across ON public.traces USING btree (tenant_id, end_time, start_time)
  WHERE (date_bin('01:00:00'::interval, start_time, '1970-01-01 00:00:00+00'::timestamp
    WITH time zone) <> date_bin('01:00:00'::interval, end_time, '1970-01-01 00:00:00+00'::timestamp WITH time zone));

CREATE INDEX traces_by_cost ON public.traces USING btree (tenant_id, (((start_ns / '86400000000000'::bigint))::integer), ((total_cost_usd)::double precision))
  WHERE ((NOT undated) AND (total_cost_usd IS NOT NULL));

CREATE INDEX traces_by_duration ON public.traces USING btree (tenant_id, (((start_ns / '86400000000000'::bigint))::integer), duration_ms)
  WHERE (NOT undated);

CREATE INDEX traces_by_errors ON public.traces USING btree (tenant_id, (((start_ns / '86400000000000'::bigint))::integer), ((error_count)::double precision))
  WHERE ((NOT undated) AND (error_count > 0));

CREATE INDEX traces_by_tokens ON public.traces USING btree (tenant_id, (((start_ns / '86400000000000'::bigint))::integer), ((total_tokens)::double precision))
  WHERE ((NOT undated) AND (total_tokens IS NOT NULL));

CREATE INDEX traces_misdated ON public.traces USING btree (tenant_id, start_time)
  WHERE (misdated <> '{}'::text[]);

CREATE INDEX traces_of_session ON public.traces USING btree (tenant_id, hashtextextended(COALESCE(root_session_id, session_id, chained_session_id), (0)::bigint), start_time)
  WHERE (COALESCE(root_session_id, session_id, chained_session_id) IS NOT NULL);

CREATE INDEX traces_of_user ON public.traces USING btree (tenant_id, hashtextextended(COALESCE(root_user_id, user_id), (0)::bigint), start_time)
  WHERE (COALESCE(root_user_id, user_id) IS NOT NULL);

CREATE TRIGGER pass_views_on
  AFTER UPDATE OF revoked_at, replaced_by ON public.api_keys
  FOR EACH ROW
  EXECUTE FUNCTION app.pass_views_on();

CREATE TRIGGER end_views
  AFTER DELETE ON public.memberships
  FOR EACH ROW
  EXECUTE FUNCTION app.end_views();

CREATE TRIGGER audit_view
  AFTER INSERT OR DELETE OR UPDATE ON public.saved_views
  FOR EACH ROW
  EXECUTE FUNCTION app.audit_view();

CREATE TRIGGER audit_change
  AFTER UPDATE OF span_days,
    content_days, spans_per_minute, bytes_per_minute, content_capture, digest_key_id, digest_salt, deleted_at, roll_up_days, tag_dimensions, text_configs ON public.tenants
  FOR EACH ROW
  EXECUTE FUNCTION app.audit_change('tenant', 'tenant_id');

CREATE POLICY "deletion_traces_read" ON "public"."deletion_traces"
  FOR SELECT
  TO "llm_admin"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

CREATE POLICY "deletions_read" ON "public"."deletions"
  FOR SELECT
  TO "llm_admin"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

CREATE POLICY "hour_terms_read" ON "public"."hour_terms"
  FOR SELECT
  TO "authenticated"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

COMMENT ON COLUMN "public"."deletions"."attempts" IS 'Batches that failed. Each makes the next ones smaller; after five the deletion is given up.';

COMMENT ON COLUMN "public"."deletions"."failed_run" IS 'The run in which a batch failed: it goes on with the next run.';

COMMENT ON COLUMN "public"."deletions"."matched_traces" IS 'Traces that were there when it was asked; matched_spans are theirs. What is not among traces at the end went another way.';

COMMENT ON COLUMN "public"."deletions"."receipt_id" IS 'The event of its end in audit_events.';

COMMENT ON COLUMN "public"."deletions"."touched_at" IS 'When the job last came to it; tenants take turns.';

COMMENT ON COLUMN "public"."deletions"."traces" IS 'Traces that are gone; so are spans, contents, evaluations.';

COMMENT ON COLUMN "public"."hour_terms"."bits" IS 'The same where they are many: a bit for each place of the hour.';

COMMENT ON COLUMN "public"."hour_terms"."of_traces" IS 'True: the places are of traces, each with what any of its spans tells. False: of spans.';

COMMENT ON COLUMN "public"."hour_terms"."places" IS 'Places in the hour, from 0, by start and ids; of the hour''s own row the starts of all, in microseconds after its middle.';

COMMENT ON COLUMN "public"."hour_terms"."size" IS 'Of the hour''s own row: how many places the hour has.';

COMMENT ON COLUMN "public"."hour_terms"."term" IS 'A hash of a field and a value (app.term_key). 0: the hour''s own row, which has no term.';

COMMENT ON COLUMN "public"."saved_views"."filter" IS 'As its maker wrote it, text or JSON; empty: everything.';

COMMENT ON COLUMN "public"."saved_views"."kind" IS 'The page that shows it.';

COMMENT ON COLUMN "public"."saved_views"."settings" IS 'What else its page needs: sort, columns, range. The database reads none of it.';

COMMENT ON COLUMN "public"."saved_views"."tree" IS 'What the filter means, as app.compile_filter takes it; checked when it was saved.';

COMMENT ON COLUMN "public"."span_contents"."labels" IS 'The texts of the span beside its content, for text search: its names, its message, the values of its tags and attributes, 4,096 characters at most.';

COMMENT ON COLUMN "public"."span_contents"."text_config" IS 'The text search configuration that the row''s words are read by: the tenant''s when it was stored (tenants.text_configs).';

COMMENT ON COLUMN "public"."tenants"."text_configs" IS 'The text search configurations that its contents'' words are read by: the first what is stored from now on, the others what was stored before (set_text_config).';

COMMENT ON FUNCTION "app"."add_models"(app.person[], text) IS 'The sums of a user over all models.';

COMMENT ON FUNCTION "app"."amount_of"(app.person, text) IS 'What users are sorted by; null where it is not known.';

COMMENT ON FUNCTION "app"."ask_trace"(app.field, text, text) IS 'A term of traces as SQL: of what a trace says itself, else of any of its spans.';

COMMENT ON FUNCTION "app"."asked_window"(jsonb) IS 'The window {"start", "end"}, as query_metrics takes it by the day.';

COMMENT ON FUNCTION "app"."asks_time_alone"(jsonb) IS 'Whether app.find_range says all that checked filters ask for.';

COMMENT ON FUNCTION "app"."attributed_expression"(text) IS 'A column of a span, or its trace''s where it tells none, as SQL over spans as s: as app.find_attribution has it, and read for those alone that tell none.';

COMMENT ON FUNCTION "app"."audit_view"() IS 'Records what becomes of views that others see; private ones are their maker''s business.';

COMMENT ON FUNCTION "app"."bound_texts"(jsonb, integer) IS 'The first so many characters of a list of texts.';

COMMENT ON FUNCTION "app"."check_columns"(jsonb) IS 'The columns that a list is asked for.';

COMMENT ON FUNCTION "app"."check_filter_tree"(jsonb) IS 'Refuses what is no filter, and one that is too much: over 64 KiB, 32 terms, 4 groups within each other or 100 values of a term.';

COMMENT ON FUNCTION "app"."check_term"(jsonb) IS 'Refuses a term that has another form.';

COMMENT ON FUNCTION "app"."check_time"(text) IS 'Refuses a day or a zone that there is not.';

COMMENT ON FUNCTION "app"."check_words"(text) IS 'Refuses a text that is nothing but signs.';

COMMENT ON FUNCTION "app"."choose_digests"(jsonb) IS 'The digests one of which filters ask of every row; null where they ask for none.';

COMMENT ON FUNCTION "app"."choose_doomed"(text, uuid, integer, integer) IS 'The next traces of a deletion, with so many spans at most, or one that has more; none: it is through.';

COMMENT ON FUNCTION "app"."choose_facets"(jsonb, text, text) IS 'The facets that are asked for, in order.';

COMMENT ON FUNCTION "app"."choose_text"(jsonb) IS 'The text by which rows are looked up, the longest; null where filters ask for none of every row.';

COMMENT ON FUNCTION "app"."choose_values"(jsonb, jsonb, boolean) IS 'Those of a list''s values that another list has, or those that it does not have.';

COMMENT ON FUNCTION "app"."compare_to"(text, text, text) IS 'A term over an expression, as SQL: null or false where what it asks is not told.';

COMMENT ON FUNCTION "app"."compile_after"(jsonb, app.sort, text, boolean) IS 'What comes after a row of a sorted list, as SQL: of equal rows the older ones, and if unknown those that have no measure, which are last.';

COMMENT ON FUNCTION "app"."compile_dating"(jsonb, text) IS 'The well-dated rows, unless filters name others, as SQL.';

COMMENT ON FUNCTION "app"."compile_days"(text, app.sort, tstzrange, integer) IS 'The first rows of some days, by an index of days and the measure that a list is sorted by, as SQL.';

COMMENT ON FUNCTION "app"."compile_filter"(jsonb, text) IS 'A filter as a condition in SQL: of span_summaries as s, or of trace_summaries as t. It is true for a row that the filter lets through, and false or null for others.';

COMMENT ON FUNCTION "app"."compile_key"(text) IS 'The row of a key k of the caller''s, to be joined, as SQL.';

COMMENT ON FUNCTION "app"."compile_order"(app.sort, text) IS 'The order of a sorted list, as SQL.';

COMMENT ON FUNCTION "app"."compile_place"(jsonb) IS 'What comes after a span of its trace, by start and id, as SQL.';

COMMENT ON FUNCTION "app"."compile_position"(jsonb, text, text) IS 'What comes after a row of a list by time, as SQL: what is older, or by > younger. The bound of the start by itself is what an index uses.';

COMMENT ON FUNCTION "app"."compile_preview"(text) IS 'The preview of a span s or a trace t, as SQL.';

COMMENT ON FUNCTION "app"."compile_question"(jsonb, text) IS 'The rows that a list is asked for, as SQL: all of several filters, what is well dated, after a row.';

COMMENT ON FUNCTION "app"."compile_term"(jsonb, text) IS 'A term of a filter as SQL.';

COMMENT ON FUNCTION "app"."compile_tree"(jsonb, text) IS 'A checked tree as SQL.';

COMMENT ON FUNCTION "app"."compile_value"(app.field, app.field_type, text) IS 'A value as its type''s literals are written; one that is none is refused.';

COMMENT ON FUNCTION "app"."compile_values"(app.field, app.field_type, text, jsonb) IS 'The values of a term as one literal: an array where any of them will do.';

COMMENT ON FUNCTION "app"."compile_window"(jsonb, text) IS 'The rows of a window, well dated unless filters name others, as SQL.';

COMMENT ON FUNCTION "app"."compile_words"(text, text, text) IS 'What asks for words or a phrase, as SQL over spans as s: in names, and in all that is kept of a span with content.';

COMMENT ON FUNCTION "app"."content_texts"(jsonb, jsonb, jsonb) IS 'All texts of a span whose content is kept.';

COMMENT ON FUNCTION "app"."content_words"(text, timestamp with time zone, text, jsonb, jsonb, jsonb) IS 'The hashes of the words of a span whose content is kept: what the index of contents has.';

COMMENT ON FUNCTION "app"."count_left_out_of"(app.reading) IS 'The same of the spans alone that a filter lets through.';

COMMENT ON FUNCTION "app"."count_rows"(jsonb, text) IS 'How many rows filters let through: exact up to 10,000, more says whether there are more.';

COMMENT ON FUNCTION "app"."count_terms"(jsonb, integer) IS 'How many terms a tree has: 32 at most, in groups at most 4 deep; any other form is refused.';

COMMENT ON FUNCTION "app"."cut_window"(tstzrange) IS 'A window in parts: days, and an hour at most at either edge, of which an index of days would read a whole day.';

COMMENT ON FUNCTION "app"."delete_batch"(text, uuid, uuid) IS 'Deletes the next traces of a deletion, in one transaction with their sums, and ends it after the last.';

COMMENT ON FUNCTION "app"."delete_step"(uuid) IS 'A step of the job deletions: one batch of the deletion that waits longest; answers whether there may be more.';

COMMENT ON FUNCTION "app"."describe_facet"(app.facet, jsonb, text, jsonb) IS 'A facet as JSON, with what its counts are counts of and over how many rows.';

COMMENT ON FUNCTION "app"."describe_group_series"(timestamp with time zone[], app.sums[], text, jsonb) IS 'The series of a measure of each group, as JSON, without holes.';

COMMENT ON FUNCTION "app"."describe_left_out"(app.reading) IS 'What the totals of a question may count twice, and what they leave out, as JSON.';

COMMENT ON FUNCTION "app"."describe_series"(timestamp with time zone[], app.sums[], jsonb) IS 'A series of measures without holes, as JSON.';

COMMENT ON FUNCTION "app"."describe_sessions"(text[]) IS 'The sums of sessions, and how each begins, as JSON.';

COMMENT ON FUNCTION "app"."describe_term"(jsonb) IS 'How a refusal names a term, without its values.';

COMMENT ON FUNCTION "app"."describe_user"(app.person) IS 'A user''s sums as JSON, named as query_metrics names them.';

COMMENT ON FUNCTION "app"."end_deletion"(public.deletions) IS 'Writes the receipt of a deletion that is through.';

COMMENT ON FUNCTION "app"."end_views"() IS 'Takes the private views of a member who goes; shared ones stay, for admins to change.';

COMMENT ON FUNCTION "app"."enough_for_terms"() IS 'How many spans an hour has that has terms: fewer are read as quickly as their terms.';

COMMENT ON FUNCTION "app"."explain_cost"(public.spans, public.model_prices) IS 'The lines that add up to a span''s cost; null with the reason where it is not known, or was made of something else than this price.';

COMMENT ON FUNCTION "app"."facet_names_argument"(jsonb, text, text) IS 'The fields that facets are asked of: those that are named, else all that have some.';

COMMENT ON FUNCTION "app"."few_rows"() IS 'So many rows are counted one by one where no filter is asked; of more, sums are read.';

COMMENT ON FUNCTION "app"."filter_window"(jsonb) IS 'The start and the end of an argument as filters.';

COMMENT ON FUNCTION "app"."find_begun"(text, timestamp with time zone[]) IS 'The starts of traces that began before one of these hours and may have a span in it.';

COMMENT ON FUNCTION "app"."find_beyond"(jsonb, text, tstzrange, integer) IS 'The starts of those of the caller''s rows in a window, so many at most, that a term of app.list_ranges lets through, or nearly; null where its measure has no index.';

COMMENT ON FUNCTION "app"."find_covered"(text, boolean, timestamp with time zone, timestamp with time zone) IS 'The hours that reach into a window and have terms, and nothing changed in them since these were made.';

COMMENT ON FUNCTION "app"."find_digested"(text[], timestamp with time zone, integer) IS 'The starts and traces of the caller''s spans with one of these digests of a prompt that start before a time; where there are more than so many, of some.';

COMMENT ON FUNCTION "app"."find_dimension"(text) IS 'The dimension that a filter''s field is, as the sums know it; null where it is none.';

COMMENT ON FUNCTION "app"."find_few"(jsonb, text, tstzrange, integer) IS 'The starts of all rows that filters may let through, where one of their measures leaves fewer than so many; else null.';

COMMENT ON FUNCTION "app"."find_field"(text, text) IS 'A field of the rows of a kind, spans or traces; an unknown one is refused with the nearest that there is.';

COMMENT ON FUNCTION "app"."find_keys"(jsonb, text, integer) IS 'The keys of the newest rows that filters let through.';

COMMENT ON FUNCTION "app"."find_named"(text, timestamp with time zone, timestamp with time zone, integer) IS 'The starts and traces of the caller''s spans in a window whose names may have the words of a text, the newest so many: by the terms of hours, and by letters where hours have none.';

COMMENT ON FUNCTION "app"."find_new"(app.said[], integer) IS 'Of the messages of turns those that were in none of so many turns before, in order: by turn.';

COMMENT ON FUNCTION "app"."find_newest"(text, text, timestamp with time zone) IS 'Since when the newest rows start that are looked into as they come: a word that many have fills a page with them.';

COMMENT ON FUNCTION "app"."find_outdated"(text) IS 'The starts of traces whose terms may be others than when they were made, beside those of marked hours.';

COMMENT ON FUNCTION "app"."find_page"(jsonb, text) IS 'The keys of a page of a list, in its order.';

COMMENT ON FUNCTION "app"."find_range"(jsonb) IS 'The time in which all well-dated rows have started that checked filters let through: as their terms of started say, which all have to hold.';

COMMENT ON FUNCTION "app"."find_sort"(jsonb, text) IS 'The sort that a list is asked for, newest first where it says none.';

COMMENT ON FUNCTION "app"."find_texts"(text, timestamp with time zone, timestamp with time zone, integer) IS 'The starts and traces of the caller''s spans in a window whose contents have all words of a text, about the newest so many, day after day. Some others may be among them.';

COMMENT ON FUNCTION "app"."find_total"(jsonb) IS 'Of how many rows values were told.';

COMMENT ON FUNCTION "app"."find_turn"(text) IS 'A trace of the caller''s tenant.';

COMMENT ON FUNCTION "app"."first_start"(jsonb) IS 'The time at or after which each row starts that checked filters let through.';

COMMENT ON FUNCTION "app"."fold_hours"(text, timestamp with time zone[]) IS 'Folds those of a tenant''s hours that changed, and their days, and makes their terms anew; answers how many sums by the hour it made.';

COMMENT ON FUNCTION "app"."forget_traces"(text, text[]) IS 'Deletes traces of a tenant that is held, with their content, lowers its sums and remembers the traces; answers what went.';

COMMENT ON FUNCTION "app"."forget_views"(text, text[]) IS 'Deletes the views that ask of a user by one of these names; answers how many.';

COMMENT ON FUNCTION "app"."has_more_rows"(text, text, timestamp with time zone, timestamp with time zone, integer) IS 'Whether more rows than so many start in a window.';

COMMENT ON FUNCTION "app"."has_rows"(text, text, timestamp with time zone, timestamp with time zone) IS 'Whether any of a tenant''s spans or traces starts in a window: cheaper than to ask a question of none.';

COMMENT ON FUNCTION "app"."has_text"(text, jsonb, text, text) IS 'Whether texts have what a term asks; false where it asks for nothing but stop words.';

COMMENT ON FUNCTION "app"."hash_words"(text, timestamp with time zone, tsvector) IS 'A hash of each word in a tenant''s texts of a day (UTC).';

COMMENT ON FUNCTION "app"."hide_spans"(jsonb, text[]) IS 'Those measures of spans that sums by a filter and groups do not know, as null.';

COMMENT ON FUNCTION "app"."hold_views"(text) IS 'Lets one at a time change the tenant''s views, so that each counts those of all others.';

COMMENT ON FUNCTION "app"."insert_contents"(public.span_contents[]) IS 'Inserts contents in their order, unless they are there, to be searched by their tenant''s text configuration.';

COMMENT ON FUNCTION "app"."is_dense"(jsonb, text, text) IS 'Whether one of twenty of the newest rows of a window, or more, is let through by filters.';

COMMENT ON FUNCTION "app"."is_left_out"(public.roll_ups, jsonb) IS 'Whether a row of roll-ups tells a value that a filter leaves out, or not what it asks for.';

COMMENT ON FUNCTION "app"."keep_prefix"(text) IS 'The values f that start with a text, in upper or lower case, as SQL; of none given all.';

COMMENT ON FUNCTION "app"."keep_terms"(boolean) IS 'Keeps what the queries told (rows of hours by their places) and had (places by term) give, as SQL.';

COMMENT ON FUNCTION "app"."keeps_untold"(jsonb) IS 'Whether what a filter asks of a dimension lets through what does not tell it: true only where something is asked.';

COMMENT ON FUNCTION "app"."kept_values"(jsonb, text) IS 'The values of a dimension that alone a filter lets through; null where it names none, or those that it leaves out.';

COMMENT ON FUNCTION "app"."label_span"(public.spans) IS 'What a span says in words beside its content.';

COMMENT ON FUNCTION "app"."last_start"(jsonb) IS 'The time before which each well-dated row of a list starts that is asked for.';

COMMENT ON FUNCTION "app"."left_values"(jsonb, text) IS 'The values of a dimension that a filter leaves out; null where it names none of these.';

COMMENT ON FUNCTION "app"."list_cost_lines"(jsonb, public.model_prices) IS 'What each bucket of a span''s tokens costs at a price: together app.span_cost, before that is rounded.';

COMMENT ON FUNCTION "app"."list_facet_names"(text, text) IS 'The names of the fields that have facets, with the tags by which the tenant keeps sums.';

COMMENT ON FUNCTION "app"."list_field_types"() IS 'The types of fields. in: any of the values; lt, le, gt, ge: against one; has: it is told at all; is: it is so; matches: all its words occur; phrase: they occur in a row.';

COMMENT ON FUNCTION "app"."list_fields"() IS 'The fields that a filter can name, beside tag:<key>.';

COMMENT ON FUNCTION "app"."list_gaps"(timestamp with time zone[], timestamp with time zone, timestamp with time zone) IS 'What of a window is in none of these hours.';

COMMENT ON FUNCTION "app"."list_labels"(text, text, text, text, jsonb, jsonb) IS 'What else a span says in words: its names, its message, the values of its tags and its attributes'' texts, 4,096 characters at most.';

COMMENT ON FUNCTION "app"."list_ranges"(jsonb) IS 'The terms of checked filters that all have to hold and bound a measure that has an index.';

COMMENT ON FUNCTION "app"."list_required"(jsonb) IS 'The terms that a checked tree asks of every row.';

COMMENT ON FUNCTION "app"."list_rich"(jsonb, text[]) IS 'Those dimensions that a filter or groups name and that are told of calls alone: people, sessions and tags.';

COMMENT ON FUNCTION "app"."list_rich_sums"(app.reading, integer) IS 'The sums of one level over all raw rows of the pieces that the condition lets through, with their histograms.';

COMMENT ON FUNCTION "app"."list_rows"(jsonb, text) IS 'The page of list_spans or list_traces.';

COMMENT ON FUNCTION "app"."list_said"(public.trace_summaries[]) IS 'The messages of turns of the caller''s tenant: of the first and the last call of each that were kept, of a thousand at most, where these are no larger than 256 KiB.';

COMMENT ON FUNCTION "app"."list_starts"(timestamp with time zone, integer[], bit varying) IS 'The starts of those of an hour''s rows whose bits are set.';

COMMENT ON FUNCTION "app"."list_terms"() IS 'The fields whose values are terms, beside tags, and what a span tells of each, as SQL over span_summaries as s: for itself, and for its trace t.';

COMMENT ON FUNCTION "app"."list_texts"(jsonb) IS 'The texts of messages, 32,768 characters at most: what was said, and tools'' names, arguments and results.';

COMMENT ON FUNCTION "app"."list_told"(jsonb, text[]) IS 'Of these sessions those that pages before have told: one of their traces that filters let through is no older than where this page begins.';

COMMENT ON FUNCTION "app"."list_traces_of"(text, integer) IS 'The newest well-dated traces of a user of the caller''s tenant, each with its session.';

COMMENT ON FUNCTION "app"."list_turns"(text, timestamp with time zone, text, boolean, integer) IS 'Turns of a session of the caller''s tenant, its well-dated traces, in order or backwards, from after one on.';

COMMENT ON FUNCTION "app"."lock_view"(text, text) IS 'A view that the caller may change: their own, or, with the right admin, one that is shared.';

COMMENT ON FUNCTION "app"."longest_word"(text) IS 'The longest word of what is asked: a text without it, by letters alone, need not be looked into.';

COMMENT ON FUNCTION "app"."make_span_terms"(text, timestamp with time zone[]) IS 'Makes the terms of the spans of some hours that have none.';

COMMENT ON FUNCTION "app"."make_terms"(text, timestamp with time zone[]) IS 'Makes the terms of a tenant''s hours anew, which are being folded, and those of traces that began before them.';

COMMENT ON FUNCTION "app"."make_trace_terms"(text, timestamp with time zone[]) IS 'Makes the terms of the traces that start in some hours that have none: what any of their spans tells, in whichever hour.';

COMMENT ON FUNCTION "app"."match_rows"(jsonb, text) IS 'The keys of the caller''s spans or traces, newest first, that all filters let through: {"filters", "after", "most"}, as app.compile_question has them, at most 100,001. A trace has no span_id.';

COMMENT ON FUNCTION "app"."match_sessions"(jsonb, integer) IS 'Sessions of the traces that filters let through, each with the newest of these, newest first, after {"start", "trace"}.';

COMMENT ON FUNCTION "app"."moment_argument"(jsonb, text) IS 'A time with its zone, or null where none is given.';

COMMENT ON FUNCTION "app"."most_deleted"() IS 'The traces that one deletion may name.';

COMMENT ON FUNCTION "app"."most_scanned"() IS 'So many rows are read on for those that filters let through.';

COMMENT ON FUNCTION "app"."name_keys"(text) IS 'A key of each word of a span''s names.';

COMMENT ON FUNCTION "app"."names_argument"(jsonb, text, text, text) IS 'A list of 1 to 64 names; refused with these words otherwise.';

COMMENT ON FUNCTION "app"."narrow"(jsonb) IS 'Sets of keys: a row that a tree lets through has one of each.';

COMMENT ON FUNCTION "app"."narrow_filter"(jsonb, jsonb) IS 'What two filters by dimension both let through; null where one of them is.';

COMMENT ON FUNCTION "app"."narrow_sums"(jsonb, jsonb) IS 'What a filter by dimension and trees together ask of sums. Trees that ask for values of dimensions become a part of the filter, which roll-ups answer; of any others raw rows are asked.';

COMMENT ON FUNCTION "app"."narrow_to_any"(jsonb) IS 'Keys one of which each row has that a tree lets through; null where there are none such.';

COMMENT ON FUNCTION "app"."narrow_values"(jsonb, jsonb) IS 'The values of a dimension that two filters both let through: [value, …], or {"none_of": [value, …]} for all others.';

COMMENT ON FUNCTION "app"."narrowing_query"(jsonb, text, text) IS 'The bits that filters'' terms leave of some hours ($1), the newest hour first, with the starts of the hour''s rows, as SQL; null where no term narrows.';

COMMENT ON FUNCTION "app"."nearest_name"(text, text[]) IS 'The known name that is most like a misspelt one; null where none is like it.';

COMMENT ON FUNCTION "app"."note_attribution"() IS 'Marks the hours of those spans of a trace that are the trace''s user''s, session''s or customer''s, when these change; of a trace that has another root or starts in another hour, the hour in which it starts.';

COMMENT ON FUNCTION "app"."note_failure"(text, uuid, uuid, text) IS 'Remembers that a batch of a deletion failed; gives the deletion up after five.';

COMMENT ON FUNCTION "app"."pass_views_on"() IS 'Gives the views of a rotated key to its successor, and takes the private ones of a revoked key.';

COMMENT ON FUNCTION "app"."plain_text"(jsonb) IS 'The texts of a message, without its media and tools; null where it has none.';

COMMENT ON FUNCTION "app"."preview"(jsonb, jsonb) IS 'What a call was asked last and the first line of its answer, 200 characters at most; null where neither is kept.';

COMMENT ON FUNCTION "app"."preview_sessions"(public.trace_summaries[]) IS 'What users said first in the sessions of these turns, each the first of its session, 200 characters at most, where content is kept.';

COMMENT ON FUNCTION "app"."rank_rows"(jsonb, text, tstzrange, integer) IS 'The first of the caller''s well-dated rows that started in a window, sorted by a measure, that have it: {"sort", "after"}.';

COMMENT ON FUNCTION "app"."rank_values"(text, app.row_keys, integer, app.sum_range[], app.facet[], integer) IS 'By the places of facets, the values that most rows have and how many others there are, of a statement that gives app.told_value.';

COMMENT ON FUNCTION "app"."read_keys"(jsonb, jsonb, integer) IS 'So many traces that filters let through, newest first, after one, each with its session.';

COMMENT ON FUNCTION "app"."read_messages"(jsonb, text) IS 'The messages of captured content in order, with their roles; what is no message is one of a speaker''s.';

COMMENT ON FUNCTION "app"."read_tree"(jsonb) IS 'What a checked tree asks of dimensions, each by its values; null where it asks anything else, or either of two dimensions.';

COMMENT ON FUNCTION "app"."read_turns"(text, timestamp with time zone, text, integer) IS 'So many turns of a session in order, after one, each with what is new in it.';

COMMENT ON FUNCTION "app"."read_values"(jsonb) IS 'What a term asks of one dimension by its values, {"dimension": [value, …]} or with {"none_of": [value, …]}; null for any other.';

COMMENT ON FUNCTION "app"."refuse_filter"(text, text) IS 'Refuses a filter with a sentence and what to do.';

COMMENT ON FUNCTION "app"."refuse_view_name"() IS 'Refuses a name that the maker has given already.';

COMMENT ON FUNCTION "app"."scan_rows"(jsonb, text, app.sort, text, integer) IS 'The first rows of a sorted list that a condition lets through, too, of all rows in its order or all at once.';

COMMENT ON FUNCTION "app"."scan_values"(jsonb, text, text, app.facet[], integer, integer) IS 'By the places of facets the values of the newest rows that filters let through, where these are found by reading on.';

COMMENT ON FUNCTION "app"."shorten"(text, integer) IS 'A text on one line, in at most so many characters.';

COMMENT ON FUNCTION "app"."sift_few"(text, text, text, timestamp with time zone[], integer) IS 'The rows of app.match_rows of those that start at some times, the newest first.';

COMMENT ON FUNCTION "app"."sift_keys"(app.sorted_key[], jsonb, text, app.sort, text, integer) IS 'The first of some rows of a sorted list that a condition lets through.';

COMMENT ON FUNCTION "app"."sort_matches"(jsonb, text, app.sort, integer) IS 'The first rows of a sorted list under filters.';

COMMENT ON FUNCTION "app"."sort_window"(jsonb, text, app.sort, integer) IS 'The first rows of a list that is sorted by a measure and asks for nothing but a time.';

COMMENT ON FUNCTION "app"."spans_argument"(jsonb) IS 'Spans by their keys, at most 1,000; refused in words otherwise.';

COMMENT ON FUNCTION "app"."split_words"(text) IS 'A text with blanks between its words and no signs.';

COMMENT ON FUNCTION "app"."start_reading"(text, timestamp with time zone[], text, text, text, jsonb, text) IS 'Plans the reading of a question and reads what of it is raw.';

COMMENT ON FUNCTION "app"."sum_session"(text) IS 'The sums over a session''s turns in the caller''s tenant, as JSON: over the newest 10,000 of them, more_turns says where there are others.';

COMMENT ON FUNCTION "app"."sum_users"(text, timestamp with time zone, timestamp with time zone, text, text) IS 'The sums of users in a window, of all of them or those whose ids begin so, or of one of them by model, by roll-ups where they are true and by raw rows elsewhere.';

COMMENT ON FUNCTION "app"."tell_deep"(jsonb, text, app.facet[], integer, integer) IS 'Facets of the newest traces that filters let through, of what their spans tell.';

COMMENT ON FUNCTION "app"."tell_facets"(jsonb, app.facet[], text, integer) IS 'Facets as JSON, of at most so many rows; of sums without.';

COMMENT ON FUNCTION "app"."tell_rows"(jsonb, text, text, app.facet[], integer, integer) IS 'Facets of the newest rows that filters let through, exact where these are all.';

COMMENT ON FUNCTION "app"."tell_sums"(jsonb, text, app.facet[], timestamp with time zone, timestamp with time zone, integer) IS 'Facets of all model calls and operations of a window.';

COMMENT ON FUNCTION "app"."term_key"(text, text) IS 'The hash of a field and one of its values; of a flag the value is empty, and so it is of has:<field>.';

COMMENT ON FUNCTION "app"."term_keys"(jsonb) IS 'The keys one of which a row has that a term of a filter lets through; null where that is not known.';

COMMENT ON FUNCTION "app"."terms_expression"(boolean) IS 'The terms of a span, or what it adds to its trace''s, as SQL over span_summaries as s and, of a trace, traces as t: an array of keys.';

COMMENT ON FUNCTION "app"."text_config_argument"(jsonb) IS 'A text search configuration that Postgres itself has.';

COMMENT ON FUNCTION "app"."text_of"(jsonb) IS 'The text of a message''s parts; null where it has none.';

COMMENT ON FUNCTION "app"."text_query"(text, text, text) IS 'What a term of texts asks, by a text search configuration: of matches all its words, of phrase its words in a row. Stop words are not asked for.';

COMMENT ON FUNCTION "app"."text_vector"(text, jsonb) IS 'The words of a list of texts by a text search configuration, with their places.';

COMMENT ON FUNCTION "app"."to_bits"(integer[], integer) IS 'Places as so many bits.';

COMMENT ON FUNCTION "app"."to_dimension"(app.field) IS 'The dimension of the roll-ups that has the values of a field, or the sums of a flag; null for people and sessions, of whom there are too many to read, and for what no sum tells.';

COMMENT ON FUNCTION "app"."to_facet"(bigint, app.field, text, text, text[]) IS 'A field as a facet of the rows of a kind; one that has no values to count is refused. kept are the dimensions of the tenant''s sums.';

COMMENT ON FUNCTION "app"."to_milliseconds"(text) IS 'A duration such as 1.5h in milliseconds.';

COMMENT ON FUNCTION "app"."turn_values"(jsonb) IS 'What a filter of one dimension leaves out; null where there are several.';

COMMENT ON FUNCTION "app"."verifying_query"(text, text, text, integer, boolean, boolean) IS 'The rows that a question lets through, as app.match_rows has them, of those that start at some times ($1, from $2 to $3) or in some windows ($4, $5), as SQL.';

COMMENT ON FUNCTION "app"."verifying_texts"(text, text, text, text) IS 'The rows that a question lets through, as app.match_rows has them, of those that start from $2 to before $3 and that are narrowed to $1, at most $4, as SQL.';

COMMENT ON FUNCTION "app"."view_argument"(jsonb) IS 'What is to be saved, with a filter that is one; refused in words otherwise.';

COMMENT ON FUNCTION "app"."view_id_argument"(jsonb) IS 'The id of a view.';

COMMENT ON FUNCTION "app"."walk_digests"(text, text, text, text[], timestamp with time zone, integer) IS 'The rows of app.match_rows where a prompt''s digest is asked for.';

COMMENT ON FUNCTION "app"."walk_matches"(jsonb, text, app.sort, integer, integer) IS 'The first rows under filters, found by walking the order, in steps of which the last one has so many rows.';

COMMENT ON FUNCTION "app"."walk_rows"(text, text, text, text, timestamp with time zone, timestamp with time zone, integer) IS 'The rows of app.match_rows, by the terms of hours: a piece of time after the other, the newest first.';

COMMENT ON FUNCTION "app"."walk_texts"(text, text, text, text, timestamp with time zone, timestamp with time zone, integer) IS 'The rows of app.match_rows where a text is asked for: a piece of time after the other, the newest first.';

COMMENT ON FUNCTION "app"."write_column"(app.facet) IS 'What a row says of a facet, as a column in SQL; beside a list, whether it may not have all.';

COMMENT ON FUNCTION "app"."write_columns"(app.facet[]) IS 'What a row says of facets, as columns in SQL.';

COMMENT ON FUNCTION "app"."write_counts"(text, app.facet[], text, text) IS 'The values of the rows that a statement gives, n of them, and how many rows these are, as SQL.';

COMMENT ON FUNCTION "app"."write_deep"(text, app.facet[], text) IS 'The values that any span of traces of these keys tells, as SQL.';

COMMENT ON FUNCTION "app"."write_groups"(app.facet[], text) IS 'The values of rows b, each with how many rows there are of it, as SQL; or, with the name of what rows are of, once for each of these.';

COMMENT ON FUNCTION "app"."write_kept_sums"(text, text) IS 'The values of a tenant''s roll-ups in ranges ($5) by facets ($6), as SQL.';

COMMENT ON FUNCTION "app"."write_lookup"(app.row_keys, text, text, app.facet[]) IS 'What rows of these keys say of facets, as SQL.';

COMMENT ON FUNCTION "app"."write_ranges"(app.facet[]) IS 'The least and the most that rows b tell, as SQL.';

COMMENT ON FUNCTION "app"."write_raw_sums"(text, app.facet[], text) IS 'Counts the values of the spans that sums are of, in ranges ($5) that are raw, as SQL.';

COMMENT ON FUNCTION "app"."write_row_columns"(app.facet[], text) IS 'What rows of a list say of facets, as columns in SQL.';

COMMENT ON FUNCTION "app"."write_scan"(jsonb, text, text, app.facet[], integer) IS 'What the newest rows that filters let through say of facets, as SQL that reads a list row by row.';

COMMENT ON FUNCTION "app"."write_unlisted"(text, app.facet[], text) IS 'Counts, as SQL, the traces b with a value that a span of them tells and that they have no room to list.';

COMMENT ON FUNCTION "public"."count_spans"(jsonb) IS 'How many spans list_spans has under the same {"filters"}: {"count", "more"}, exact up to 10,000, more where there are more.';

COMMENT ON FUNCTION "public"."count_traces"(jsonb) IS 'How many traces list_traces has, as count_spans.';

COMMENT ON FUNCTION "public"."create_view"(jsonb) IS 'Saves {"kind", "name", "shared", "filter", "tree", "settings"} as a view of the caller''s, who has 200 at most; answers it. To share one needs the right ingest.';

COMMENT ON FUNCTION "public"."delete_view"(jsonb) IS 'Deletes the view {"view_id"} and answers it; shared ones may be deleted by admins, too.';

COMMENT ON FUNCTION "public"."find_digest_source"(jsonb) IS 'What the digest key of the tenant {"tenant_id"} derives from, to look for a prompt by its digest; null where there is none.';

COMMENT ON FUNCTION "public"."forget_user"(jsonb) IS 'Deletes what there is of {"user_id", "pseudonym" (of the same user, if given)} in the caller''s tenant: spans that name the user, in their traces those that name nobody, and saved views that ask of the user; answers the receipt.';

COMMENT ON FUNCTION "public"."list_facets"(jsonb) IS 'The values of fields, and how many rows of the caller''s tenant have each: {"kind": "traces" or "spans", "filters", "start", "end", "fields", "q", "top"}. Under filters they are counts of the newest 10,000 rows that these let through, exact where these are all; of what only the spans of traces tell, and of more than three such fields, of the newest 1,000. Without filters, and of a window with more than 1,000 rows, they are counts of model calls and operations, of roll-ups, where these tell a field''s values; else of the newest 1,000 rows. Each facet says what it counts and over how many rows.';

COMMENT ON FUNCTION "public"."list_sessions"(jsonb) IS 'Sessions of the caller''s tenant, the one with the newest trace first: {"filters", "after", "most"}. filters are trees of traces (app.compile_filter), which say what traces are looked at: a session stands where its newest one of these does, matched_start and matched_trace, which are after, {"start", "trace"}, of the next page. Its sums are over all of its turns.';

COMMENT ON FUNCTION "public"."list_spans"(jsonb) IS 'Spans of the caller''s tenant: {"shown", "filters", "sort", "after", "most"}, where shown are columns, filters are trees that all have to let a span through (app.compile_filter), sort is time, duration, cost or tokens, with - in front for the greatest first, else -time, and after is the last row of the page before, {"start", "trace", "span"}, with its sorted_by as "value" unless by time. {"preview": true} adds preview, a text of 200 characters at most where content is kept. Those whose value is unknown are last; equal ones are newest first. Misdated spans only where a filter names misdated, a trace or a span.';

COMMENT ON FUNCTION "public"."list_traces"(jsonb) IS 'Traces of the caller''s tenant: as list_spans, with errors as another sort, and after {"start", "trace"}.';

COMMENT ON FUNCTION "public"."list_users"(jsonb) IS 'Users of the caller''s tenant with calls in {"start", "end"}, by {"sort"}: calls, errors, cost, tokens, last or first, behind a minus the most first; those whose ids begin with {"beginning"}; {"most"} of them, after {"user", "amount"} of the page before. Their numbers are those of query_metrics by user.';

COMMENT ON FUNCTION "public"."match_traces"(jsonb) IS 'How many of the caller''s traces {"filters"} or {"ids"} name, and how many spans these have: at most one trace more than a deletion takes. With {"named": true} their ids, too.';

COMMENT ON FUNCTION "public"."query_metrics"(timestamp with time zone, timestamp
  with time zone, text, text, text, text, jsonb, text, integer, boolean, jsonb) IS 'Model calls of the caller''s tenant in window_start <= start_time < window_end that filter, {"dimension": [value, …]}, and filters, trees as lists take them (app.compile_filter), let through: totals with what they leave out, a series by minute, hour or day of a time zone, groups of a dimension (the top ones by a measure, each with its series and, then_by, groups within it), the others as one, and the window before. by_model has the models where they are grouped by, and without series where nothing is (group_by => null). requests and what follows are of model calls, spans of what else failed or is an operation, such as tools and agents; of people, sessions and tags these are null, since nobody sums them up. Percentiles are relative_error wrong at most. At most 1,500 buckets; refused without a tenant.';

COMMENT ON FUNCTION "public"."read_contents"(jsonb) IS 'Content of the spans {"spans": [{"trace", "span", "start"}]} of the caller''s tenant, one object each and in their order, as far as {"most_bytes"} hold them; the rest are left out.';

COMMENT ON FUNCTION "public"."read_session"(jsonb) IS 'The session {"session_id"} of the caller''s tenant: its sums, as list_sessions has them, and {"most"} of its turns in order, after {"start", "trace"}, each with its messages that were in none of the 20 turns before.';

COMMENT ON FUNCTION "public"."read_span"(jsonb) IS 'All there is of the span {"trace_id", "span_id"} of the caller''s tenant: its row, its content, the price that it was priced by, the lines that its cost is the sum of, and what was found of it; null where there is no such span.';

COMMENT ON FUNCTION "public"."read_span_details"(jsonb) IS 'Attributes and content of the spans of {"trace_id"} in the caller''s tenant, {"first_span"} and then the earliest first after the span {"after": {"start", "span"}}, in at most {"most_bytes"}; what does not fit is left out.';

COMMENT ON FUNCTION "public"."read_trace"(jsonb) IS 'A trace of the caller''s tenant and a page of its spans by start and id: {"trace_id", "shown", "after", "most"}, where shown are columns of span_summaries and after is the last span of the page before, {"start", "span"}. trace is its row of trace_summaries with root_span_id, whichever page it is; null where there is no such trace.';

COMMENT ON FUNCTION "public"."read_user"(jsonb) IS 'The user {"user_id"} of the caller''s tenant: the sums of {"start", "end"}, by model, too, and {"most"} of the newest traces and of the newest sessions among 500 traces, whenever they were.';

COMMENT ON FUNCTION "public"."replace_view"(jsonb) IS 'Makes the view {"view_id"} what create_view would have made of the rest; its maker stays. Shared ones by admins, too.';

COMMENT ON FUNCTION "public"."request_deletion"(jsonb) IS 'Has the traces {"ids"} of the caller''s tenant deleted by the job deletions, where {"expected"} is how many of them there are; {"asked_by"} filter or ids. Answers the deletion.';

COMMENT ON FUNCTION "public"."run_deletions"(jsonb) IS 'A step of the job deletions, {"run_id"}: one transaction that holds one tenant''s lock while it deletes.';

COMMENT ON FUNCTION "public"."set_text_config"(jsonb) IS 'Sets {"text_config"} of the caller''s tenant, by which the words of contents are read that are stored from then on: simple, english, german …; before are those of what is stored, of which there are three at most.';

COMMENT ON PROCEDURE "app"."delete_data"() IS 'Runs the job deletions here and now, to its end. Safe to repeat, outside a transaction.';

COMMENT ON TABLE "public"."deletion_traces" IS 'The traces that a deletion has still to delete.';

COMMENT ON TABLE "public"."deletions" IS 'Deletions of many traces, each with what it matched and what went. It says nothing of what was asked, which may name a person.';

COMMENT ON TABLE "public"."hour_terms" IS 'By hour and term, which spans or traces that start in the hour have it, as the hour was when it was folded. An hour that is not over, has few spans or has changed since (roll_up_changes) is read from raw rows.';

COMMENT ON TABLE "public"."saved_views" IS 'What people look at again. A private one is seen by its maker alone, a shared one by all who read the tenant.';

COMMENT ON TYPE "app"."facet" IS 'A field of which values are counted, with its place in the answer: kind is that of its type (app.field_type.facet); shape says whether expression, SQL over a row, gives one value, a list, or, as deep, a value of each span of a trace. dimension is the one of the roll-ups that tells its values apart, where it has few.';

COMMENT ON TYPE "app"."field" IS 'A field: its type, what a span says of it as SQL over span_summaries as s, and a trace as SQL over trace_summaries as t. Where of_trace is null, any of its spans will do: those that are within, where they are listed in an array of the trace by that, else by reading them; unlisted says when the array may not have all.';

COMMENT ON TYPE "app"."field_type" IS 'A type of fields: the operators it takes, what a value looks like as a regular expression of the whole value, which has 256 characters at most, the SQL type of its literals, and the same in words. facet: what is counted of its fields, value (each), flag (those that are so), range (the least and the most) or nothing.';

COMMENT ON TYPE "app"."let_in" IS 'The values that a filter lets through of each column of roll-ups; null: all of them. left_out: those that it does not, by dimension.';

COMMENT ON TYPE "app"."narrowing" IS 'What sums are asked of: values of dimensions, and what else of spans, as SQL over span_summaries as s (true: nothing).';

COMMENT ON TYPE "app"."person" IS 'The sums of a user''s model calls in a window, of all or of one model, with the first and the last.';

COMMENT ON TYPE "app"."reading" IS 'A question of sums and what of it is read once for all levels: the pieces of its window, their ranges (wide: as one piece) and what of these they share, and the sums of raw rows. dimensions: which one of the roll-ups each level is read from. condition: what is asked of spans beside dimensions, as SQL over span_summaries as s; true: nothing.';

COMMENT ON TYPE "app"."row_keys" IS 'The keys of rows of a list, newest first; of traces without spans.';

COMMENT ON TYPE "app"."said" IS 'A message of a turn: of what its first call (part 1) or its last one (2) was sent, or of what the last one answered (3). cut: some of it may be missing.';

COMMENT ON TYPE "app"."session_key" IS 'A trace''s place among all, and its session.';

COMMENT ON TYPE "app"."sort" IS 'How a list is sorted: by a measure as SQL over spans as s or traces as t, falling or rising. measured are the rows that the measure''s index has, others those that it has not. By time there is no measure, and tokens of spans have no index.';

COMMENT ON TYPE "app"."sorted_key" IS 'A row''s place in a list: its measure, null where it is unknown and by time, and its key.';

COMMENT ON TYPE "app"."told_value" IS 'A value of a facet and on how many rows it is; of a flag true, of a range its least and its most.';

REVOKE ALL ON FUNCTION "app"."actor"() FROM "authenticated";

GRANT EXECUTE ON FUNCTION "app"."actor"() TO "authenticated";

REVOKE ALL ON FUNCTION "app"."add_models"(app.person[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."add_models"(app.person[], text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."amount_of"(app.person, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."amount_of"(app.person, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."ask_trace"(app.field, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."ask_trace"(app.field, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."asked_window"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."asked_window"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."asks_time_alone"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."asks_time_alone"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."attributed_expression"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."attributed_expression"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."audit_view"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."bound_texts"(jsonb, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."bound_texts"(jsonb, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."bucket_cost"(numeric, numeric) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "app"."bucket_cost"(numeric, numeric) TO "authenticated";

REVOKE ALL ON FUNCTION "app"."bucket_cost"(numeric, numeric) FROM "service_role";

GRANT EXECUTE ON FUNCTION "app"."bucket_cost"(numeric, numeric) TO "service_role";

REVOKE ALL ON FUNCTION "app"."caller"() FROM "authenticated";

GRANT EXECUTE ON FUNCTION "app"."caller"() TO "authenticated";

REVOKE ALL ON FUNCTION "app"."check_columns"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_columns"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."check_filter_tree"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_filter_tree"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."check_term"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_term"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."check_time"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_time"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."check_words"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."check_words"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."choose_digests"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."choose_digests"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."choose_doomed"(text, uuid, integer, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."choose_facets"(jsonb, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."choose_facets"(jsonb, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."choose_text"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."choose_text"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."choose_values"(jsonb, jsonb, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."choose_values"(jsonb, jsonb, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compare_to"(text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compare_to"(text, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_after"(jsonb, app.sort, text, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_after"(jsonb, app.sort, text, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_dating"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_dating"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_days"(text, app.sort, tstzrange, integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."compile_filter"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_filter"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_key"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_key"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_order"(app.sort, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_order"(app.sort, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_place"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_place"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_position"(jsonb, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_position"(jsonb, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_preview"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_preview"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_question"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_question"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_term"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_term"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_tree"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_tree"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_value"(app.field, app.field_type, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_value"(app.field, app.field_type, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_values"(app.field, app.field_type, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_values"(app.field, app.field_type, text, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_window"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_window"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."compile_words"(text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."compile_words"(text, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."content_texts"(jsonb, jsonb, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."content_texts"(jsonb, jsonb, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."content_words"(text, timestamp WITH time zone, text, jsonb, jsonb, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."content_words"(text, timestamp WITH time zone, text, jsonb, jsonb, jsonb) TO "service_role";

REVOKE ALL ON FUNCTION "app"."count_left_out_of"(app.reading) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."count_left_out_of"(app.reading) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."count_rows"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."count_rows"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."count_terms"(jsonb, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."count_terms"(jsonb, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."cut_window"(tstzrange) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."delete_batch"(text, uuid, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."delete_step"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."describe_facet"(app.facet, jsonb, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_facet"(app.facet, jsonb, text, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_group_series"(timestamp WITH time zone[], app.sums[], text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_group_series"(timestamp WITH time zone[], app.sums[], text, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_left_out"(app.reading) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_left_out"(app.reading) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_series"(timestamp WITH time zone[], app.sums[], jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_series"(timestamp WITH time zone[], app.sums[], jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_sessions"(text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_sessions"(text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_term"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_term"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."describe_user"(app.person) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."describe_user"(app.person) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."end_deletion"(public.deletions) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."end_views"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."enough_for_terms"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."explain_cost"(public.spans, public.model_prices) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."explain_cost"(public.spans, public.model_prices) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."facet_names_argument"(jsonb, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."facet_names_argument"(jsonb, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."few_rows"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."few_rows"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."filter_window"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."filter_window"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_begun"(text, timestamp WITH time zone[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_begun"(text, timestamp WITH time zone[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_beyond"(jsonb, text, tstzrange, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_beyond"(jsonb, text, tstzrange, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_covered"(text, boolean, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_covered"(text, boolean, timestamp WITH time zone, timestamp WITH time zone) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_digested"(text[], timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_digested"(text[], timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_dimension"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_dimension"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_few"(jsonb, text, tstzrange, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_few"(jsonb, text, tstzrange, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_field"(text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_field"(text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_keys"(jsonb, text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_keys"(jsonb, text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_named"(text, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_named"(text, timestamp WITH time zone, timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_new"(app.said[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_new"(app.said[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_newest"(text, text, timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_newest"(text, text, timestamp WITH time zone) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_outdated"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_outdated"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_page"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_page"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_range"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_range"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_sort"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_sort"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_texts"(text, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_texts"(text, timestamp WITH time zone, timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_total"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_total"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."find_turn"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."find_turn"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."first_start"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."first_start"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."forget_traces"(text, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."forget_views"(text, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."has_more_rows"(text, text, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."has_more_rows"(text, text, timestamp WITH time zone, timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."has_rows"(text, text, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."has_rows"(text, text, timestamp WITH time zone, timestamp WITH time zone) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."has_text"(text, jsonb, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."has_text"(text, jsonb, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."hash_words"(text, timestamp WITH time zone, tsvector) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."hash_words"(text, timestamp WITH time zone, tsvector) TO "service_role";

REVOKE ALL ON FUNCTION "app"."hide_spans"(jsonb, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."hide_spans"(jsonb, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."hold_views"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_dense"(jsonb, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."is_dense"(jsonb, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."is_left_out"(public.roll_ups, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."is_left_out"(public.roll_ups, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."keep_prefix"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."keep_prefix"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."keep_terms"(boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."keeps_untold"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."keeps_untold"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."label_span"(public.spans) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."last_start"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."last_start"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."left_values"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."left_values"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_cost_lines"(jsonb, public.model_prices) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_cost_lines"(jsonb, public.model_prices) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_facet_names"(text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_facet_names"(text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_field_types"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_field_types"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_fields"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_fields"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_gaps"(timestamp WITH time zone[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_gaps"(timestamp WITH time zone[], timestamp WITH time zone, timestamp WITH time zone) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_labels"(text, text, text, text, jsonb, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_labels"(text, text, text, text, jsonb, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_ranges"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_ranges"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_required"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_required"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_rich"(jsonb, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_rich"(jsonb, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_rich_sums"(app.reading, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_rich_sums"(app.reading, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_rows"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_rows"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_said"(public.trace_summaries[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_said"(public.trace_summaries[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_starts"(timestamp WITH time zone, integer[], bit varying) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_starts"(timestamp WITH time zone, integer[], bit varying) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_terms"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_terms"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_texts"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_texts"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_told"(jsonb, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_told"(jsonb, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_traces_of"(text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_traces_of"(text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."list_turns"(text, timestamp WITH time zone, text, boolean, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."list_turns"(text, timestamp WITH time zone, text, boolean, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."lock_view"(text, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."longest_word"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."longest_word"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."make_span_terms"(text, timestamp WITH time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."make_terms"(text, timestamp WITH time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."make_trace_terms"(text, timestamp WITH time zone[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."match_rows"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."match_rows"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."match_sessions"(jsonb, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."match_sessions"(jsonb, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."may_hold_images"(jsonb, public.model_prices) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "app"."may_hold_images"(jsonb, public.model_prices) TO "authenticated";

REVOKE ALL ON FUNCTION "app"."may_hold_images"(jsonb, public.model_prices) FROM "service_role";

GRANT EXECUTE ON FUNCTION "app"."may_hold_images"(jsonb, public.model_prices) TO "service_role";

REVOKE ALL ON FUNCTION "app"."moment_argument"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."moment_argument"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."most_deleted"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."most_deleted"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."most_scanned"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."most_scanned"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."name_keys"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."name_keys"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."names_argument"(jsonb, text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."names_argument"(jsonb, text, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."narrow"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."narrow"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."narrow_filter"(jsonb, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."narrow_filter"(jsonb, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."narrow_sums"(jsonb, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."narrow_sums"(jsonb, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."narrow_to_any"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."narrow_to_any"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."narrow_values"(jsonb, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."narrow_values"(jsonb, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."narrowing_query"(jsonb, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."narrowing_query"(jsonb, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."nearest_name"(text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."nearest_name"(text, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."note_failure"(text, uuid, uuid, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."pass_views_on"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."plain_text"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."plain_text"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."preview"(jsonb, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."preview"(jsonb, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."preview_sessions"(public.trace_summaries[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."preview_sessions"(public.trace_summaries[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."rank_rows"(jsonb, text, tstzrange, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."rank_rows"(jsonb, text, tstzrange, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."rank_values"(text, app.row_keys, integer, app.sum_range[], app.facet[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."rank_values"(text, app.row_keys, integer, app.sum_range[], app.facet[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_keys"(jsonb, jsonb, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_keys"(jsonb, jsonb, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_messages"(jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_messages"(jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_tree"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_tree"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_turns"(text, timestamp WITH time zone, text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_turns"(text, timestamp WITH time zone, text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."read_values"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."read_values"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."refuse_filter"(text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."refuse_filter"(text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."refuse_view_name"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."scan_rows"(jsonb, text, app.sort, text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."scan_rows"(jsonb, text, app.sort, text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."scan_values"(jsonb, text, text, app.facet[], integer, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."scan_values"(jsonb, text, text, app.facet[], integer, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."shorten"(text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."shorten"(text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sift_few"(text, text, text, timestamp WITH time zone[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."sift_few"(text, text, text, timestamp WITH time zone[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sift_keys"(app.sorted_key[], jsonb, text, app.sort, text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."sift_keys"(app.sorted_key[], jsonb, text, app.sort, text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sort_matches"(jsonb, text, app.sort, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."sort_matches"(jsonb, text, app.sort, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sort_window"(jsonb, text, app.sort, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."sort_window"(jsonb, text, app.sort, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."span_cost"(jsonb, public.model_prices) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "app"."span_cost"(jsonb, public.model_prices) TO "authenticated";

REVOKE ALL ON FUNCTION "app"."span_cost"(jsonb, public.model_prices) FROM "service_role";

GRANT EXECUTE ON FUNCTION "app"."span_cost"(jsonb, public.model_prices) TO "service_role";

REVOKE ALL ON FUNCTION "app"."spans_argument"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."spans_argument"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."split_words"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."split_words"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."start_reading"(text, timestamp WITH time zone[], text, text, text, jsonb, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."start_reading"(text, timestamp WITH time zone[], text, text, text, jsonb, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sum_session"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."sum_session"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."sum_users"(text, timestamp WITH time zone, timestamp WITH time zone, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."sum_users"(text, timestamp WITH time zone, timestamp WITH time zone, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."tell_deep"(jsonb, text, app.facet[], integer, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."tell_deep"(jsonb, text, app.facet[], integer, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."tell_facets"(jsonb, app.facet[], text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."tell_facets"(jsonb, app.facet[], text, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."tell_rows"(jsonb, text, text, app.facet[], integer, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."tell_rows"(jsonb, text, text, app.facet[], integer, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."tell_sums"(jsonb, text, app.facet[], timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."tell_sums"(jsonb, text, app.facet[], timestamp WITH time zone, timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."term_key"(text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."term_key"(text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."term_keys"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."term_keys"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."terms_expression"(boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."text_config_argument"(jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."text_of"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."text_of"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."text_query"(text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."text_query"(text, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."text_vector"(text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."text_vector"(text, jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."time_argument"(jsonb, text) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "app"."time_argument"(jsonb, text) TO "authenticated";

REVOKE ALL ON FUNCTION "app"."time_argument"(jsonb, text) FROM "service_role";

GRANT EXECUTE ON FUNCTION "app"."time_argument"(jsonb, text) TO "service_role";

REVOKE ALL ON FUNCTION "app"."to_bits"(integer[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."to_bits"(integer[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."to_dimension"(app.field) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."to_dimension"(app.field) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."to_facet"(bigint, app.field, text, text, text[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."to_facet"(bigint, app.field, text, text, text[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."to_milliseconds"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."to_milliseconds"(text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."turn_values"(jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."turn_values"(jsonb) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."unsplit_rates"(jsonb, public.model_prices) FROM "authenticated";

GRANT EXECUTE ON FUNCTION "app"."unsplit_rates"(jsonb, public.model_prices) TO "authenticated";

REVOKE ALL ON FUNCTION "app"."unsplit_rates"(jsonb, public.model_prices) FROM "service_role";

GRANT EXECUTE ON FUNCTION "app"."unsplit_rates"(jsonb, public.model_prices) TO "service_role";

REVOKE ALL ON FUNCTION "app"."verifying_query"(text, text, text, integer, boolean, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."verifying_query"(text, text, text, integer, boolean, boolean) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."verifying_texts"(text, text, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."verifying_texts"(text, text, text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."view_argument"(jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."view_id_argument"(jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."walk_digests"(text, text, text, text[], timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."walk_digests"(text, text, text, text[], timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."walk_matches"(jsonb, text, app.sort, integer, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."walk_matches"(jsonb, text, app.sort, integer, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."walk_rows"(text, text, text, text, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."walk_rows"(text, text, text, text, timestamp WITH time zone, timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."walk_texts"(text, text, text, text, timestamp WITH time zone, timestamp WITH time zone, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."walk_texts"(text, text, text, text, timestamp WITH time zone, timestamp WITH time zone, integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_column"(app.facet) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_column"(app.facet) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_columns"(app.facet[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_columns"(app.facet[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_counts"(text, app.facet[], text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_counts"(text, app.facet[], text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_deep"(text, app.facet[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_deep"(text, app.facet[], text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_groups"(app.facet[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_groups"(app.facet[], text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_kept_sums"(text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_kept_sums"(text, text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_lookup"(app.row_keys, text, text, app.facet[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_lookup"(app.row_keys, text, text, app.facet[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_ranges"(app.facet[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_ranges"(app.facet[]) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_raw_sums"(text, app.facet[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_raw_sums"(text, app.facet[], text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_row_columns"(app.facet[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_row_columns"(app.facet[], text) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_scan"(jsonb, text, text, app.facet[], integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_scan"(jsonb, text, text, app.facet[], integer) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "app"."write_unlisted"(text, app.facet[], text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "app"."write_unlisted"(text, app.facet[], text) TO "authenticated", "service_role";

GRANT EXECUTE ON FUNCTION "public"."count_spans"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."count_spans"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."count_traces"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."count_traces"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."create_view"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."delete_view"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."find_digest_source"(jsonb) TO "llm_gate";

GRANT EXECUTE ON FUNCTION "public"."list_facets"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."list_facets"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."list_sessions"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."list_sessions"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."list_spans"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."list_spans"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."list_traces"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."list_traces"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."list_users"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."list_users"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."match_traces"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."match_traces"(jsonb) TO "service_role";

GRANT EXECUTE
  ON FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text, text, text, text, jsonb, text, integer, boolean, jsonb)
  TO "authenticated";

GRANT EXECUTE
  ON FUNCTION "public"."query_metrics"(timestamp WITH time zone, timestamp WITH time zone, text, text, text, text, jsonb, text, integer, boolean, jsonb)
  TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."read_contents"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."read_contents"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."read_session"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."read_session"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."read_span"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."read_span"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."read_trace"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."read_trace"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."read_user"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."read_user"(jsonb) TO "service_role";

GRANT EXECUTE ON FUNCTION "public"."replace_view"(jsonb) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."request_deletion"(jsonb) TO "llm_admin";

GRANT EXECUTE ON FUNCTION "public"."run_deletions"(jsonb) TO "llm_operator";

GRANT EXECUTE ON FUNCTION "public"."set_text_config"(jsonb) TO "llm_admin";

REVOKE ALL ON PROCEDURE "app"."delete_data"() FROM PUBLIC;

GRANT SELECT ON TABLE "public"."deletion_traces" TO "llm_admin";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."deletion_traces" TO "service_role";

GRANT SELECT ON TABLE "public"."deletions" TO "llm_admin";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."deletions" TO "service_role";

REVOKE ALL ON TABLE "public"."hour_terms" FROM "authenticated";

GRANT SELECT ON TABLE "public"."hour_terms" TO "authenticated";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."hour_terms" TO "service_role";

REVOKE ALL ON TABLE "public"."saved_views" FROM "authenticated";

GRANT SELECT ON TABLE "public"."saved_views" TO "authenticated";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."saved_views" TO "service_role";

REVOKE ALL ("text_configs") ON TABLE "public"."tenants" FROM "authenticated";

GRANT SELECT ("text_configs") ON TABLE "public"."tenants" TO "authenticated";

REVOKE ALL ("text_configs") ON TABLE "public"."tenants" FROM "llm_admin";

GRANT SELECT ("text_configs") ON TABLE "public"."tenants" TO "llm_admin";

COMMENT ON COLUMN "public"."deletions"."created_by" IS 'Whoever asked: user:<uuid>, a key''s id, dev.';

CREATE POLICY "saved_views_read" ON "public"."saved_views"
  FOR SELECT
  TO "authenticated"
  USING (((tenant_id = ( SELECT app.tenant_id() AS tenant_id)) AND (shared OR (created_by = ( SELECT app.actor() AS actor)))));

COMMENT ON COLUMN "public"."saved_views"."created_by" IS 'Its maker: user:<uuid>, a key''s id, dev. Of a key that was rotated its successor.';

CREATE INDEX span_contents_words ON public.span_contents USING gin (app.content_words(tenant_id, start_time, text_config, labels, INPUT, output))
  WITH (fastupdate=off);

-- by hand: copied from supabase/schemas/75_deletions.sql. May it run a second time?
do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-deletions', '*/5 * * * *', 'call app.delete_data()');
  end if;
end
$$;
