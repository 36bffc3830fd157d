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

create function app.read_spans(tenant text, payload jsonb) returns public.spans[]
language plpgsql stable set search_path = ''
as $$
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
        and app.holds_at(d.start_ns / 60000000000, m.from_minute, m.to_minute, m.weekdays)
        -- A tier that has no step where the standard one has is not sold for so much input.
        and (m.service_tier = 'standard' or not exists (
          select from public.model_prices s
          where s.provider = m.provider and s.model = m.model and s.service_tier = 'standard'
            and s.min_input_tokens > m.min_input_tokens and s.min_input_tokens <= d.input_tokens
            and s.valid_from <= d.start_time and (s.valid_to is null or d.start_time < s.valid_to)
            and app.holds_at(d.start_ns / 60000000000, s.from_minute, s.to_minute, s.weekdays)))
      order by m.min_input_tokens desc, m.valid_from desc, m.from_minute is null, m.price_id
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
      app.to_time(start_ns), input, output
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
  insert into public.span_contents (tenant_id, trace_id, span_id, start_time, input, output)
  select tenant_id, trace_id, span_id, start_time, input, output from unnest(arrived)
  on conflict do nothing;
end
$$;
comment on function app.insert_contents(public.span_contents[]) is
  'Inserts contents in their order, unless they are there.';

revoke execute on all functions in schema app from public;
