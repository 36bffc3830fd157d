-- The one door for writing.

create function app.span_cost(buckets jsonb, price public.model_prices) returns numeric
language sql stable set search_path = ''
as $$
  select case when coalesce(bool_and(rate is not null), true)
    then coalesce(round(sum(tokens * rate) / 1000000, 12), 0) end
  from (
    select value::numeric as tokens,
      case key
        when 'input_uncached' then price.input_per_mtok
        when 'cache_read' then coalesce(price.cache_read_per_mtok, price.input_per_mtok)
        when 'cache_write' then coalesce(price.cache_write_per_mtok, price.input_per_mtok)
        when 'cache_write_1h' then coalesce(
          price.cache_write_1h_per_mtok, price.cache_write_per_mtok, price.input_per_mtok)
        when 'input_audio' then coalesce(price.input_audio_per_mtok, price.input_per_mtok)
        when 'cache_audio_read' then coalesce(
          price.cache_audio_read_per_mtok, price.input_audio_per_mtok,
          price.cache_read_per_mtok, price.input_per_mtok)
        when 'output_text' then price.output_per_mtok
        when 'reasoning' then coalesce(price.reasoning_per_mtok, price.output_per_mtok)
        when 'output_audio' then coalesce(price.output_audio_per_mtok, price.output_per_mtok)
      end as rate
    from jsonb_each_text(buckets)
  ) bucket
  where tokens > 0
$$;
comment on function app.span_cost(jsonb, public.model_prices) is
  'US dollars for disjoint token buckets at one price row; null where a used bucket has no price. The library''s pricing.py does the same.';

create function app.distinct_sorted(items text[]) returns text[]
language sql immutable set search_path = ''
as $$
  select coalesce(array_agg(distinct item order by item), '{}')
  from unnest(items) item where item is not null
$$;
comment on function app.distinct_sorted(text[]) is 'The array without repeats and nulls, in order.';

create function app.ensure_tenant(tenant text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  digest jsonb;
begin
  insert into public.tenants (tenant_id) values (tenant) on conflict do nothing;
  select jsonb_build_object('kid', digest_key_id, 'salt', encode(digest_salt, 'base64'))
    into digest from public.tenants
    where tenant_id = tenant and digest_salt is not null and digest_key_id is not null;
  return digest;
end
$$;
comment on function app.ensure_tenant(text) is
  'Makes a tenant''s row at its first write; answers what its digest key derives from.';

create function app.store_spans(tenant text, payload jsonb) returns bigint
language sql set search_path = ''
as $$
  with incoming as materialized (
    select distinct on (s.trace_id, s.span_id, s.start_ns / 1000) s.*,
      timestamptz 'epoch' + (s.start_ns / 1000) * interval '1 microsecond' as start_time,
      timestamptz 'epoch' + (s.end_ns / 1000) * interval '1 microsecond' as end_time
    from jsonb_to_recordset(payload) as s(
      trace_id text, span_id text, parent_span_id text, start_ns bigint, end_ns bigint,
      name text, kind text, status text, status_message text, error_type text,
      operation text, provider text, request_model text, response_model text,
      response_id text, service_tier text, agent_name text, tool_name text,
      service_name text, environment text, session_id text, user_id text,
      counted boolean, usage_status text, input_tokens bigint, output_tokens bigint,
      total_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
      reasoning_tokens bigint, usage_buckets jsonb, cost_usd numeric, price_id text,
      price_provider text, price_model text, price_tier text,
      time_to_first_token_ms double precision, streamed boolean, finish_reasons text[],
      input_digest text, input_length integer, output_digest text, output_length integer,
      attributes jsonb, input jsonb, output jsonb)
    order by s.trace_id, s.span_id, s.start_ns / 1000, s.end_ns desc
  ),
  priced as (
    select i.*, p.price_id as table_price_id, app.span_cost(i.usage_buckets, p.price) as table_cost
    from incoming i
    left join lateral (
      select m.price_id, m as price from public.model_prices m
      where m.provider = i.price_provider and m.model = i.price_model
        and m.service_tier = coalesce(i.price_tier, 'standard')
        and m.min_input_tokens <= coalesce(i.input_tokens, 0)
        and m.valid_from <= i.start_time and (m.valid_to is null or i.start_time < m.valid_to)
      order by m.min_input_tokens desc, m.valid_from desc
      limit 1
    ) p on i.usage_buckets is not null
  ),
  inserted as (
    insert into public.spans (
      tenant_id, trace_id, span_id, parent_span_id, start_time, end_time, start_ns, end_ns,
      name, kind, status, status_message, error_type, operation, provider, model,
      request_model, response_model, response_id, service_tier, agent_name, tool_name,
      service_name, environment, session_id, user_id, counted, usage_status,
      input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
      reasoning_tokens, usage_buckets, cost_usd, price_id, price_source,
      time_to_first_token_ms, streamed, finish_reasons,
      input_digest, input_length, output_digest, output_length, attributes)
    select
      tenant, trace_id, span_id, parent_span_id, start_time, end_time, start_ns, end_ns,
      name, kind, status, status_message, error_type, operation, provider,
      coalesce(response_model, request_model),
      request_model, response_model, response_id, service_tier, agent_name, tool_name,
      service_name, environment, session_id, user_id, counted, usage_status,
      input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
      reasoning_tokens, usage_buckets,
      case when table_price_id is not null then table_cost else cost_usd end,
      case when table_price_id is null then case when cost_usd is not null then price_id end
        when table_cost is not null then table_price_id end,
      case when table_price_id is null then case when cost_usd is not null then 'wheel' end
        when table_cost is not null then 'table' end,
      time_to_first_token_ms, streamed, finish_reasons,
      input_digest, input_length, output_digest, output_length, coalesce(attributes, '{}')
    from priced
    -- One order for all writers: unsorted, concurrent batches deadlock.
    order by trace_id, span_id, start_time
    on conflict do nothing
    returning *
  ),
  contents as (
    insert into public.span_contents (tenant_id, trace_id, span_id, start_time, input, output)
    select tenant, i.trace_id, i.span_id, i.start_time, i.input, i.output
    from incoming i join inserted using (trace_id, span_id, start_time)
    where i.input is not null or i.output is not null
    order by i.trace_id, i.span_id, i.start_time
    on conflict do nothing
  ),
  rolled_up as (
    insert into public.traces as known (
      tenant_id, trace_id, root_span_id, root_start_ns, root_span_name, root_status,
      start_time, end_time, start_ns, end_ns, span_count, error_count, requests, unpriced_requests,
      input_tokens, output_tokens, total_tokens, cost_usd, models, providers, operations,
      service_name, environment, session_id, user_id)
    select
      tenant, trace_id,
      (array_agg(span_id order by start_ns, span_id) filter (where parent_span_id is null))[1],
      min(start_ns) filter (where parent_span_id is null),
      (array_agg(name order by start_ns, span_id) filter (where parent_span_id is null))[1],
      (array_agg(status order by start_ns, span_id) filter (where parent_span_id is null))[1],
      min(start_time), max(end_time), min(start_ns), max(end_ns),
      count(*), count(*) filter (where status = 'error'),
      count(*) filter (where counted), count(*) filter (where counted and cost_usd is null and status <> 'error'),
      sum(input_tokens) filter (where counted), sum(output_tokens) filter (where counted),
      sum(total_tokens) filter (where counted), sum(cost_usd) filter (where counted),
      app.distinct_sorted(array_agg(model) filter (where counted)),
      app.distinct_sorted(array_agg(provider) filter (where counted)),
      app.distinct_sorted(array_agg(operation)),
      min(service_name), min(environment), min(session_id), min(user_id)
    from inserted
    group by trace_id
    order by trace_id
    on conflict (tenant_id, trace_id) do update set
      -- The first of several roots, whichever was delivered first.
      (root_span_id, root_start_ns, root_span_name, root_status) = (
        select root.* from (values
          (known.root_span_id, known.root_start_ns, known.root_span_name, known.root_status),
          (excluded.root_span_id, excluded.root_start_ns, excluded.root_span_name, excluded.root_status)
        ) root (span_id, start_ns, name, status)
        order by start_ns, span_id limit 1),
      start_time = least(known.start_time, excluded.start_time),
      end_time = greatest(known.end_time, excluded.end_time),
      start_ns = least(known.start_ns, excluded.start_ns),
      end_ns = greatest(known.end_ns, excluded.end_ns),
      span_count = known.span_count + excluded.span_count,
      error_count = known.error_count + excluded.error_count,
      requests = known.requests + excluded.requests,
      unpriced_requests = known.unpriced_requests + excluded.unpriced_requests,
      input_tokens = coalesce(known.input_tokens + excluded.input_tokens, known.input_tokens, excluded.input_tokens),
      output_tokens = coalesce(known.output_tokens + excluded.output_tokens, known.output_tokens, excluded.output_tokens),
      total_tokens = coalesce(known.total_tokens + excluded.total_tokens, known.total_tokens, excluded.total_tokens),
      cost_usd = coalesce(known.cost_usd + excluded.cost_usd, known.cost_usd, excluded.cost_usd),
      models = app.distinct_sorted(known.models || excluded.models),
      providers = app.distinct_sorted(known.providers || excluded.providers),
      operations = app.distinct_sorted(known.operations || excluded.operations),
      service_name = least(known.service_name, excluded.service_name),
      environment = least(known.environment, excluded.environment),
      session_id = least(known.session_id, excluded.session_id),
      user_id = least(known.user_id, excluded.user_id),
      updated_at = now()
  )
  select count(*) from inserted
$$;
comment on function app.store_spans(text, jsonb) is
  'Inserts a tenant''s spans, prices them and moves their traces by the rows that were really new; answers how many were.';

-- Postgres' own message would do, but its detail is the failing row, and rows hold content.
create function app.describe_problem(problem text, column_of text, constraint_of text) returns text
language sql immutable set search_path = ''
as $$
  select case
    when constraint_of <> '' then format('%s does not hold.', constraint_of)
    when column_of <> '' then format('%s is missing.', column_of)
    else regexp_replace(problem, '".*"', '"…"') || '.'
  end
$$;
comment on function app.describe_problem(text, text, text) is
  'A database error of a span in words, without any of the span''s values.';

create function public.ingest_spans(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
  digest jsonb;
  stored bigint;
  problem text;
  column_of text;
  constraint_of text;
begin
  if jsonb_typeof($1 -> 'spans') is distinct from 'array' then
    raise invalid_parameter_value using
      message = 'The body has no array of spans.',
      hint = 'Send {"spans": [...], "process": {...}}.';
  end if;
  digest := app.ensure_tenant(tenant);
  begin
    stored := app.store_spans(tenant, $1 -> 'spans');
  exception when data_exception or not_null_violation or check_violation then
    get stacked diagnostics
      problem = message_text, column_of = column_name, constraint_of = constraint_name;
    raise invalid_parameter_value using
      message = 'A span is malformed: ' || app.describe_problem(problem, column_of, constraint_of),
      hint = 'No span of this batch was stored. Correct or leave out that one and send the rest.';
  end;
  perform app.record_process(tenant, $1 -> 'process', stored);
  return jsonb_build_object(
    'received', jsonb_array_length($1 -> 'spans'), 'stored', stored, 'digest', digest);
end
$$;
comment on function public.ingest_spans(jsonb) is
  'Writes {"spans": [...], "process": {...}} under the tenant of the caller''s token. Redelivery changes nothing.';

revoke execute on all functions in schema app from public;
revoke execute on function public.ingest_spans(jsonb) from public, anon, authenticated;
grant execute on function public.ingest_spans(jsonb) to llm_ingest, service_role;
