-- What a sender delivered, as rows.

create function app.read_spans(tenant text, payload jsonb) returns public.spans[]
language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select row(
      tenant, trace_id, span_id, parent_span_id, start_time,
      timestamptz 'epoch' + (end_ns / 1000) * interval '1 microsecond', start_ns, end_ns,
      (end_ns - start_ns)::double precision / 1000000,
      name, kind, status, status_message, error_type, operation, provider,
      coalesce(response_model, request_model),
      -- What is empty names nobody, and nobody could be forgotten by it.
      request_model, response_model, nullif(response_id, ''), service_tier, agent_name, tool_name,
      instrumentation, service_name, environment, nullif(session_id, ''), nullif(user_id, ''),
      countable, countable, usage_status,
      input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
      reasoning_tokens, usage_buckets,
      case when p.price_id is not null then p.cost else round(cost_usd, 12) end,
      case when p.price_id is null then case when cost_usd is not null then d.price_id end
        when p.cost is not null then p.price_id end,
      case when p.price_id is null then case when cost_usd is not null then 'wheel' end
        when p.cost is not null then 'table' end,
      -- Zero has two signs, which are equal and not the same.
      time_to_first_token_ms + 0, streamed, finish_reasons,
      input_digest, input_length, output_digest, output_length, coalesce(attributes, '{}'), now()
    )::public.spans
    from (
      select *, timestamptz 'epoch' + (start_ns / 1000) * interval '1 microsecond' as start_time
      from jsonb_to_recordset(payload) as s(
        trace_id text, span_id text, parent_span_id text, start_ns bigint, end_ns bigint,
        name text, kind text, status text, status_message text, error_type text,
        operation text, provider text, request_model text, response_model text,
        response_id text, service_tier text, agent_name text, tool_name text,
        instrumentation text, service_name text, environment text, session_id text, user_id text,
        countable boolean, usage_status text, input_tokens bigint, output_tokens bigint,
        total_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
        reasoning_tokens bigint, usage_buckets jsonb, cost_usd numeric, price_id text,
        price_provider text, price_model text, price_tier text,
        time_to_first_token_ms double precision, streamed boolean, finish_reasons text[],
        input_digest text, input_length integer, output_digest text, output_length integer,
        attributes jsonb)
    ) d
    left join lateral (
      select m.price_id, app.span_cost(d.usage_buckets, m) as cost from public.model_prices m
      where d.usage_buckets is not null
        and m.provider = d.price_provider and m.model = d.price_model
        and m.service_tier = coalesce(d.price_tier, 'standard')
        and m.min_input_tokens <= coalesce(d.input_tokens, 0)
        and m.valid_from <= d.start_time and (m.valid_to is null or d.start_time < m.valid_to)
      order by m.min_input_tokens desc, m.valid_from desc
      limit 1
    ) p on true
    -- One order for all writers: unsorted, concurrent batches deadlock.
    order by trace_id, span_id, start_ns);
end
$$;
comment on function app.read_spans(text, jsonb) is
  'The spans of a payload as rows of a tenant, each priced by its own start. Each countable one is counted, until it is settled.';

create function app.read_contents(tenant text, payload jsonb) returns public.span_contents[]
language plpgsql stable set search_path = ''
as $$
begin
  -- Content is off for most, and reading it is not free.
  if not jsonb_path_exists(payload, '$[*] ? (@.input != null || @.output != null)') then
    return '{}';
  end if;
  return array(
    select row(tenant, trace_id, span_id,
      timestamptz 'epoch' + (start_ns / 1000) * interval '1 microsecond', input, output
    )::public.span_contents
    from jsonb_to_recordset(payload) as s(
      trace_id text, span_id text, start_ns bigint, input jsonb, output jsonb)
    where input is not null or output is not null
    order by trace_id, span_id, start_ns);
end
$$;
comment on function app.read_contents(text, jsonb) is
  'The contents of a payload as rows of a tenant.';

create function app.insert_spans(arrived public.spans[]) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into public.spans (
    tenant_id, trace_id, span_id, parent_span_id, start_time, end_time, start_ns, end_ns,
    name, kind, status, status_message, error_type, operation, provider, model,
    request_model, response_model, response_id, service_tier, agent_name, tool_name,
    instrumentation, service_name, environment, session_id, user_id,
    countable, counted, usage_status,
    input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, usage_buckets, cost_usd, price_id, price_source,
    time_to_first_token_ms, streamed, finish_reasons,
    input_digest, input_length, output_digest, output_length, attributes, received_at)
  select
    tenant_id, trace_id, span_id, parent_span_id, start_time, end_time, start_ns, end_ns,
    name, kind, status, status_message, error_type, operation, provider, model,
    request_model, response_model, response_id, service_tier, agent_name, tool_name,
    instrumentation, service_name, environment, session_id, user_id,
    countable, counted, usage_status,
    input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, usage_buckets, cost_usd, price_id, price_source,
    time_to_first_token_ms, streamed, finish_reasons,
    input_digest, input_length, output_digest, output_length, attributes, received_at
  from unnest(arrived)
  on conflict do nothing;
end
$$;
comment on function app.insert_spans(public.spans[]) is
  'Inserts rows in their order, unless they are there. Every constraint is checked either way.';

create function app.insert_contents(arrived public.span_contents[]) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into public.span_contents (tenant_id, trace_id, span_id, start_time, input, output)
  select tenant_id, trace_id, span_id, start_time, input, output from unnest(arrived)
  on conflict do nothing;
end
$$;
comment on function app.insert_contents(public.span_contents[]) is
  'Inserts contents in their order, unless they are there.';

revoke execute on all functions in schema app from public;
