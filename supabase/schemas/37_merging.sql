-- What several deliveries of one span come to. A least upper bound: in whatever order, how often
-- and in whatever company they come, the same row is the result.

create function app.merge_attributes(attributes jsonb[]) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, value), '{}') from (
    -- Jsonb calls 1.0 and 1.00 equal, so their texts decide.
    select distinct on (key) key, value from unnest(attributes) a, jsonb_each(a)
    order by key, value desc, value::text collate "C" desc
  ) greatest_of_each
$$;
comment on function app.merge_attributes(jsonb[]) is
  'The union of attributes; of several values of a key the greatest.';

create function app.usage_of(span public.spans) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'usage_status', span.usage_status, 'input_tokens', span.input_tokens,
    'output_tokens', span.output_tokens, 'total_tokens', span.total_tokens,
    'cache_read_tokens', span.cache_read_tokens, 'cache_write_tokens', span.cache_write_tokens,
    'reasoning_tokens', span.reasoning_tokens, 'usage_buckets', span.usage_buckets,
    'cost_usd', span.cost_usd, 'price_id', span.price_id, 'price_source', span.price_source))
$$;
comment on function app.usage_of(public.spans) is
  'What is known of a span''s tokens and cost, as one value that merging takes or leaves; the one that knows more is the greater.';

create function app.merge_spans(states public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    with merged as (
      select tenant_id, trace_id, span_id,
        max(parent_span_id collate "C") as parent_span_id,
        min(start_time) as start_time, max(end_time) as end_time,
        min(start_ns) as start_ns, max(end_ns) as end_ns,
        max(name collate "C") as name, max(kind collate "C") as kind,
        (array_agg(s order by array_position(array['unset', 'ok', 'error'], status) desc,
          error_type collate "C" desc nulls last, status_message collate "C" desc nulls last))[1] as outcome,
        max(operation collate "C") as operation, max(provider collate "C") as provider,
        max(request_model collate "C") as request_model, max(response_model collate "C") as response_model,
        max(response_id collate "C") as response_id, max(service_tier collate "C") as service_tier,
        max(agent_name collate "C") as agent_name, max(tool_name collate "C") as tool_name,
        -- What no call was told with is not known as an instrumentation of calls (app.hold_calls).
        case when bool_or(countable) then max(instrumentation collate "C") filter (where countable)
          else max(instrumentation collate "C") end as instrumentation,
        max(service_name collate "C") as service_name, max(environment collate "C") as environment,
        max(session_id collate "C") as session_id, max(user_id collate "C") as user_id,
        bool_or(countable) as countable,
        -- As it was settled, where it was: a delivery says only what could be counted.
        coalesce(bool_and(counted) filter (where countable), false) as counted,
        (array_agg(s order by usage desc, usage::text collate "C" desc))[1] as used,
        max(time_to_first_token_ms) as time_to_first_token_ms, bool_or(streamed) as streamed,
        max(finish_reasons collate "C") as finish_reasons,
        (array_agg(s order by input_digest collate "C" desc nulls last, input_length desc nulls last))[1] as asked,
        (array_agg(s order by output_digest collate "C" desc nulls last, output_length desc nulls last))[1] as answered,
        array_agg(attributes) as attributes, min(received_at) as received_at
      from unnest(states) s cross join lateral (select app.usage_of(s) as usage offset 0) u
      group by tenant_id, trace_id, span_id
    )
    select array_agg(row(
      tenant_id, trace_id, span_id, parent_span_id, start_time, end_time, start_ns, end_ns,
      (end_ns - start_ns)::double precision / 1000000,
      name, kind, (outcome).status, (outcome).status_message, (outcome).error_type,
      operation, provider, coalesce(response_model, request_model),
      request_model, response_model, response_id, service_tier, agent_name, tool_name,
      instrumentation, service_name, environment, session_id, user_id,
      countable, counted, (used).usage_status,
      (used).input_tokens, (used).output_tokens, (used).total_tokens, (used).cache_read_tokens,
      (used).cache_write_tokens, (used).reasoning_tokens, (used).usage_buckets,
      (used).cost_usd, (used).price_id, (used).price_source,
      time_to_first_token_ms, streamed, finish_reasons,
      (asked).input_digest, (asked).input_length, (answered).output_digest, (answered).output_length,
      app.merge_attributes(attributes), received_at
    )::public.spans order by trace_id, span_id)
    from merged);
end
$$;
comment on function app.merge_spans(public.spans[]) is
  'One row per span of several states of it: least start, greatest end, error over ok over unset, known over unknown, then the greater.';

create function app.merge_contents(states public.span_contents[], merged public.spans[])
returns public.span_contents[]
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select array_agg(row(tenant_id, trace_id, span_id, start_time, input, output
      )::public.span_contents order by trace_id, span_id, start_time)
    from (
      select c.tenant_id, c.trace_id, c.span_id, coalesce(m.start_time, c.start_time) as start_time,
        (array_agg(c.input order by c.input desc, c.input::text collate "C" desc)
          filter (where c.input is not null))[1] as input,
        (array_agg(c.output order by c.output desc, c.output::text collate "C" desc)
          filter (where c.output is not null))[1] as output
      from unnest(states) c left join unnest(merged) m using (trace_id, span_id)
      group by c.tenant_id, c.trace_id, c.span_id, coalesce(m.start_time, c.start_time)
    ) best);
end
$$;
comment on function app.merge_contents(public.span_contents[], public.spans[]) is
  'One content per span of several, under the start that the span has now.';

create function app.find_window(
  tenant text, arrived public.spans[], known text[], out since timestamptz, out until timestamptz
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  select min(start_time), max(start_time) into since, until from unnest(arrived);
  if known <> '{}' then
    select least(since, min(t.start_time)), greatest(until, max(t.end_time)) into since, until
      from unnest(known) key cross join lateral (
        select start_time, end_time from public.traces
        where tenant_id = tenant and trace_id between key and key
        order by trace_id  -- asks for the primary key (see app.add_to_traces)
      ) t;
  end if;
end
$$;
comment on function app.find_window(text, public.spans[], text[]) is
  'Between which starts the spans of a batch and of its known traces lie: other partitions need no look.';

create function app.find_stored(
  tenant text, arrived public.spans[], known text[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  if known = '{}' then
    return '{}';
  end if;
  return array(
    select s::public.spans
    from (select distinct trace_id, span_id from unnest(arrived) where trace_id = any(known)) k
    cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id = k.trace_id
        and span_id between k.span_id and k.span_id and start_time between since and until
      -- A range in this order asks for the primary key (see app.add_to_traces).
      order by span_id, start_time
    ) s);
end
$$;
comment on function app.find_stored(text, public.spans[], text[], timestamptz, timestamptz) is
  'The rows there are of these spans in known traces.';

create function app.find_repeated(states public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    select s from unnest(states) s
    where (trace_id, span_id) in (
      select trace_id, span_id from unnest(states) group by trace_id, span_id having count(*) > 1));
end
$$;
comment on function app.find_repeated(public.spans[]) is
  'The states of spans of which there are several.';

create function app.replace_spans(tenant text, states public.spans[], merged public.spans[])
returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  pair record;
begin
  for pair in
    select distinct m as span, s.start_time as stored_at
    from unnest(states) s join unnest(merged) m using (trace_id, span_id)
  loop
    delete from public.spans s
      where s.tenant_id = tenant and s.trace_id = (pair.span).trace_id
        and s.span_id = (pair.span).span_id and s.start_time = pair.stored_at
        and s *<> pair.span;
  end loop;
  perform app.insert_spans(merged);
end
$$;
comment on function app.replace_spans(text, public.spans[], public.spans[]) is
  'Leaves of stored states of each span the merged row alone, wherever its start has moved to.';

create function app.replace_contents(
  tenant text, arrived public.span_contents[], states public.spans[], merged public.spans[]
) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  span record;
  stored public.span_contents;
begin
  for span in select distinct trace_id, span_id, start_time from unnest(states) loop
    delete from public.span_contents c
      where c.tenant_id = tenant and c.trace_id = span.trace_id and c.span_id = span.span_id
        and c.start_time = span.start_time
      returning c.* into stored;
    if found then
      arrived := arrived || stored;
    end if;
  end loop;
  perform app.insert_contents(app.merge_contents(arrived, merged));
end
$$;
comment on function app.replace_contents(
  text, public.span_contents[], public.spans[], public.spans[]
) is 'Stores the contents of a batch; of merged spans one each, beside its span.';

revoke execute on all functions in schema app from public;
