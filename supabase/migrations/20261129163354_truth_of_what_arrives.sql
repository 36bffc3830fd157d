-- truth_of_what_arrives: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

SET local check_function_bodies = off;

DROP VIEW "public"."span_details";

DROP VIEW "public"."span_summaries";

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
  ADD COLUMN "possible_duplicate" boolean NOT NULL DEFAULT false;

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
  merged.attributes := app.merge_attributes(array[merged.attributes, other.attributes]);
  merged.received_at := least(merged.received_at, other.received_at);
  merged.usage_uncounted := greatest(merged.usage_uncounted collate "C", other.usage_uncounted);
  merged.process_keys := app.unite_names(merged.process_keys, other.process_keys);
  merged.possible_duplicate := merged.possible_duplicate or other.possible_duplicate;
  return app.merge_groups(merged, other);
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
    -- What is empty names nobody, and nobody could be forgotten by it.
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
    end if;
    span.misdated := null;
    span.possible_duplicate := false;
    arrived := array_append(arrived, span);
  end loop;
  return arrived;
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

COMMENT ON COLUMN "public"."spans"."cost_min_usd" IS 'Between this and cost_max_usd lies a cost that is not known because of what was not told; null where the cost is known, or nothing of it is.';

COMMENT ON COLUMN "public"."spans"."misdated" IS 'future: it claims to start more than a day after it came; past: before there were such calls, 2015-01-01. Such a span is in no window and no percentile, and its start stays as it came.';

COMMENT ON COLUMN "public"."spans"."possible_duplicate" IS 'True for a counted call that looks like another''s wrapper and is not proven to be one: it may be counted twice.';

COMMENT ON COLUMN "public"."spans"."process_keys" IS 'Hashes of what names the process that made the span (service.instance.id, faas.invocation_id, process.pid with its container or host): two spans with one in common are of one process.';

COMMENT ON COLUMN "public"."spans"."unknown_because" IS 'The reason for which a model call has no usage, or usage and no cost: usage_not_told, usage_estimated, usage_contradictory, model_not_told, model_not_priced, tier_not_told, tier_not_priced, before_prices, cache_not_told, reasoning_not_told, part_not_priced.';

COMMENT ON COLUMN "public"."spans"."usage_uncounted" IS 'The reason for which a span that tells of tokens is no model call: repeats_calls (an agent, a workflow or a tool tells the sums of calls within it), no_model.';

COMMENT ON FUNCTION "app"."unite_names"(text[], text[]) IS 'The union of two lists of names, sorted, its first 128; of one that is not known, the other.';

COMMENT ON VIEW "public"."span_details" IS 'Spans with all that is stored of them, content included where it was captured.';

COMMENT ON VIEW "public"."span_summaries" IS 'Spans without content: rows of a list or of a tree. unpriced and unmeasured as in model_calls.';

REVOKE ALL ON FUNCTION "app"."unite_names"(text[], text[]) FROM PUBLIC;

REVOKE ALL ON TABLE "public"."span_details" FROM "authenticated";

GRANT SELECT ON TABLE "public"."span_details" TO "authenticated";

GRANT SELECT ON TABLE "public"."span_details" TO "service_role";

REVOKE ALL ON TABLE "public"."span_summaries" FROM "authenticated";

GRANT SELECT ON TABLE "public"."span_summaries" TO "authenticated";

GRANT SELECT ON TABLE "public"."span_summaries" TO "service_role";

ALTER TABLE "public"."spans"
  ADD CONSTRAINT "spans_process_keys_check" CHECK (app.is_name_list(process_keys));

