-- What a sender delivered, as rows.

-- To add to a time is stable for Postgres: as immutable this would not be put in place of its calls.
create function app.to_time(nanoseconds bigint) returns timestamptz
language sql stable parallel safe
return timestamptz 'epoch' + (nanoseconds / 1000) * interval '1 microsecond';
comment on function app.to_time(bigint) is 'A time of nanoseconds since 1970, to the microsecond.';

create function app.earliest_call() returns timestamptz
language sql immutable parallel safe
return timestamptz '2015-01-01T00:00:00Z';
comment on function app.earliest_call() is
  'No span is believed to have started before: there were no such calls.';

create function app.find_misdating(
  start_time timestamptz, end_time timestamptz, received_at timestamptz
) returns text
language sql immutable parallel safe
return case when start_time < app.earliest_call() then 'past'
  when greatest(start_time, end_time) - received_at > interval '24 hours' then 'future' end;
comment on function app.find_misdating(timestamptz, timestamptz, timestamptz) is
  'Why a span''s times cannot be true (spans.misdated), as far as the time tells at which it came.';

create function app.list_prices(provider_name text, model_name text, tier text)
returns public.model_prices[]
language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select m from public.model_prices m
    where m.provider = provider_name and m.model = model_name and m.service_tier in (tier, 'standard')
    order by m.min_input_tokens desc, m.valid_from desc, m.from_minute is null, m.price_id);
end
$$;
comment on function app.list_prices(text, text, text) is
  'What a model costs in a tier, with what it costs in the standard one: the prices for the most input first.';

create function app.choose_price(prices public.model_prices[], tier text, span public.spans)
returns public.model_prices
language plpgsql stable set search_path = ''
as $$
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
$$;
comment on function app.choose_price(public.model_prices[], text, public.spans) is
  'Of these prices (app.list_prices) the one that a span of this tier has by its own start.';

create function app.read_spans(tenant text, payload jsonb) returns public.spans[]
language plpgsql stable set search_path = ''
as $$
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
    select row(tenant, trace_id, span_id, app.to_time(start_ns), input, output,
      app.list_labels(name, agent_name, tool_name, status_message, tags, attributes), ''
    )::public.span_contents
    from jsonb_to_recordset(payload) as s(
      trace_id text, span_id text, start_ns bigint, input jsonb, output jsonb, name text,
      agent_name text, tool_name text, status_message text, tags jsonb, attributes jsonb)
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
  insert into public.spans select * from unnest(arrived)
  on conflict do nothing;
end
$$;
comment on function app.insert_spans(public.spans[]) is
  'Inserts rows in their order, unless they are there. Every constraint is checked either way.';

create function app.insert_contents(arrived public.span_contents[]) returns void
language plpgsql set search_path = ''
as $$
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
$$;
comment on function app.insert_contents(public.span_contents[]) is
  'Inserts contents in their order, unless they are there, to be searched by their tenant''s text configuration.';

revoke execute on all functions in schema app from public;
