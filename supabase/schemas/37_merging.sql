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

create function app.unite_names(known text[], told text[]) returns text[]
language sql immutable parallel safe set search_path = ''
as $$
  select case when known is null or told is null or known = told then coalesce(known, told)
    else array(select unnest(known) union select unnest(told) order by 1 limit 128) end
$$;
comment on function app.unite_names(text[], text[]) is
  'The union of two lists of names, sorted, its first 128; of one that is not known, the other.';

-- To build an object is stable for Postgres: as immutable this would not be put in place of its calls.
create function app.usage_of(span public.spans) returns jsonb
language sql stable parallel safe
return jsonb_strip_nulls(jsonb_build_object(
    'usage_status', span.usage_status, 'input_tokens', span.input_tokens,
    'output_tokens', span.output_tokens, 'total_tokens', span.total_tokens,
    'cache_read_tokens', span.cache_read_tokens, 'cache_write_tokens', span.cache_write_tokens,
    'reasoning_tokens', span.reasoning_tokens, 'usage_buckets', span.usage_buckets,
    'cost_usd', span.cost_usd, 'price_id', span.price_id, 'price_source', span.price_source,
    'cost_min_usd', span.cost_min_usd, 'cost_max_usd', span.cost_max_usd));
comment on function app.usage_of(public.spans) is
  'What is known of a span''s tokens and cost, as one value that merging takes or leaves; the one that knows more is the greater.';

create function app.merge_groups(merged public.spans, other public.spans) returns public.spans
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.merge_groups(public.spans, public.spans) is
  'The first state of a span with those groups of columns of the second that are the greater: its outcome, its usage with its cost, and the digest of its input and output with the length.';

create function app.merge_two(merged public.spans, other public.spans) returns public.spans
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.merge_two(public.spans, public.spans) is
  'What two states of one span come to: least start, greatest end, error over ok over unset, known over unknown, then the greater.';

create function app.merge_spans(states public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
declare
  merged public.spans[] := '{}';
  span public.spans;
  state public.spans;
begin
  for state in select * from unnest(states) order by trace_id, span_id loop
    if (state.trace_id, state.span_id) = (span.trace_id, span.span_id) then
      span := app.merge_two(span, state);
    else
      if span.trace_id is not null then
        merged := array_append(merged, span);
      end if;
      span := state;
    end if;
  end loop;
  return case when span.trace_id is not null then array_append(merged, span) end;
end
$$;
comment on function app.merge_spans(public.spans[]) is
  'One row per span of several states of it; null where there is none.';

create function app.label_span(span public.spans) returns jsonb
language sql immutable
return app.list_labels((span).name, (span).agent_name, (span).tool_name, (span).status_message,
  (span).tags, (span).attributes);
comment on function app.label_span(public.spans) is
  'What a span says in words beside its content.';

create function app.merge_contents(states public.span_contents[], merged public.spans[])
returns public.span_contents[]
language plpgsql immutable set search_path = ''
as $$
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
        select coalesce(earliest, start_time) as start_time, coalesce(latest, end_time) as end_time
        from public.traces
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
