-- Measures of sums, what the sums leave out, and what may be asked of them.

create function app.metrics_of(
  requests bigint, errors bigint, unpriced bigint, unmeasured bigint, input_tokens numeric,
  output_tokens numeric, total_tokens numeric, cost_usd numeric, latency double precision[]
) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'requests', requests,
    'errors', errors,
    'error_rate', case when requests > 0 then errors::numeric / requests end,
    'unpriced_requests', unpriced,
    'unmeasured_requests', unmeasured,
    -- No calls cost nothing, which is known; calls of unknown cost are unknown.
    'input_tokens', case when requests = 0 then 0 else input_tokens end,
    'output_tokens', case when requests = 0 then 0 else output_tokens end,
    'total_tokens', case when requests = 0 then 0 else total_tokens end,
    'cost_usd', case when requests = 0 then 0 else cost_usd end,
    'latency_ms', jsonb_build_object('p50', latency[1], 'p95', latency[2], 'p99', latency[3]))
$$;
comment on function app.metrics_of(bigint, bigint, bigint, bigint, numeric, numeric, numeric, numeric, double precision[]) is
  'The measures of one group of model calls, as JSON.';

create function app.check_window(window_start timestamptz, window_end timestamptz, bucket text)
returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if (bucket in ('minute', 'hour', 'day')) is not true then
    raise invalid_parameter_value using
      message = 'The bucket is not minute, hour or day.', hint = 'Choose one of them.';
  end if;
  if (isfinite(window_start) and isfinite(window_end) and window_start < window_end) is not true then
    raise invalid_parameter_value using
      message = 'The window does not start before it ends.',
      hint = 'Give two times, window_start before window_end.';
  end if;
  -- As many as GET /metrics answers; without a bound one request could keep the server busy.
  if extract(epoch from window_end - window_start) / extract(epoch from ('1 ' || bucket)::interval) > 1500 then
    raise invalid_parameter_value using
      message = 'The window has more than 1,500 buckets.',
      hint = 'Choose a larger bucket or a shorter window.';
  end if;
end
$$;
comment on function app.check_window(timestamptz, timestamptz, text) is
  'Refuses windows that query_metrics cannot answer.';

create function app.list_measures() returns text[]
language sql immutable parallel safe
return array[
  'requests', 'errors', 'error_rate', 'unpriced_requests', 'unmeasured_requests', 'input_tokens',
  'output_tokens', 'total_tokens', 'cost_usd', 'latency_p50', 'latency_p95', 'latency_p99',
  'ttft_p50', 'ttft_p95', 'ttft_p99', 'spans', 'failed_spans', 'span_latency_p50',
  'span_latency_p95', 'span_latency_p99'];
comment on function app.list_measures() is
  'What groups can be ranked by and their series can show: of model calls, and from spans on of other spans (tools, agents, what failed).';

create function app.check_dimension(name text) returns text
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.check_dimension(text) is
  'A dimension as the sums know it; an unknown one is refused with the names that there are.';

create function app.check_filter(filter jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.check_filter(jsonb) is
  'A filter, {"dimension": [value, …]}, as the sums know it: any of a list''s values, of every dimension.';

create function app.check_question(first text, second text, measure text, top integer) returns void
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.check_question(text, text, text, integer) is
  'Refuses what query_metrics cannot group, rank or divide by.';

create function app.keeps_untold(told jsonb) returns boolean
language sql immutable parallel safe
return case jsonb_typeof(told) when 'array' then told @> '[null]'
  when 'object' then not told -> 'none_of' @> '[null]' else false end;
comment on function app.keeps_untold(jsonb) is
  'Whether what a filter asks of a dimension lets through what does not tell it: true only where something is asked.';

create function app.choose_dimension(tenant text, kept jsonb, groups text[]) returns text
language plpgsql stable set search_path = ''
as $$
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
$$;
comment on function app.choose_dimension(text, jsonb, text[]) is
  'The dimension of the roll-ups that tells apart what a filter and groups ask for; raw where none does and raw rows have to be read: of people, sessions and tags beside anything but environment, provider and model, of those who tell none, and of a tag that is not kept.';

create function app.key_of(name text, told public.roll_ups) returns text[]
language sql immutable parallel safe
return case when name is null then '{}'::text[]
  when name = 'model' then case told.dimension when 'model' then array[told.value, told.provider]
    else array[told.model, case when told.model is not null then told.provider end] end
  when told.dimension = name then array[told.value]
  else array[app.value_of(name, told)] end;
comment on function app.key_of(text, public.roll_ups) is
  'What a row of roll-ups says of a dimension, as app.sums has it.';

create function app.kept_values(kept jsonb, name text) returns text[]
language sql immutable parallel safe
return case when jsonb_typeof(kept -> name) = 'array' then array(select jsonb_array_elements_text(kept -> name)) end;
comment on function app.kept_values(jsonb, text) is
  'The values of a dimension that alone a filter lets through; null where it names none, or those that it leaves out.';

create function app.left_values(kept jsonb, name text) returns text[]
language sql immutable parallel safe
return case when kept -> name ? 'none_of' then array(select jsonb_array_elements_text(kept -> name -> 'none_of')) end;
comment on function app.left_values(jsonb, text) is
  'The values of a dimension that a filter leaves out; null where it names none of these.';

create type app.let_in as (
  environment text[], service text[], operation text[], provider text[], model text[],
  agent text[], tool text[], prompt text[], error_type text[], api_key text[], release text[],
  value text[], left_out jsonb
);
comment on type app.let_in is
  'The values that a filter lets through of each column of roll-ups; null: all of them. left_out: those that it does not, by dimension.';

create function app.read_filter(kept jsonb, told text) returns app.let_in
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.read_filter(jsonb, text) is
  'A filter for the rows of a dimension of roll-ups; null where it lets through all.';

create function app.is_kept(told text, kept text[]) returns boolean
language sql immutable parallel safe
return kept is null or told = any(kept) or told is null and array_position(kept, null) is not null;
comment on function app.is_kept(text, text[]) is
  'Whether a filter lets a value through; null stands for what is not told.';

create function app.is_left_out(told public.roll_ups, left_out jsonb) returns boolean
language sql immutable
begin atomic
  select exists (
    select from jsonb_each(left_out) l cross join lateral (select (app.key_of(l.key, told))[1]) t (value)
    where coalesce(l.value ? t.value, l.value @> '[null]'));
end;
comment on function app.is_left_out(public.roll_ups, jsonb) is
  'Whether a row of roll-ups tells a value that a filter leaves out, or not what it asks for.';

-- Of a dimension with many values nearly all rows are of others: their value is asked first.
create function app.is_let_in(told public.roll_ups, let_in app.let_in) returns boolean
language sql immutable parallel safe
return app.is_kept(told.value, let_in.value)
  and app.is_kept(told.environment, let_in.environment)
  and app.is_kept(told.model, let_in.model) and app.is_kept(told.service_name, let_in.service)
  and app.is_kept(told.operation, let_in.operation)
  and app.is_kept(told.provider, let_in.provider) and app.is_kept(told.agent_name, let_in.agent)
  and app.is_kept(told.tool_name, let_in.tool) and app.is_kept(told.prompt, let_in.prompt)
  and app.is_kept(told.error_type, let_in.error_type)
  and app.is_kept(told.api_key_id, let_in.api_key)
  and app.is_kept(told.release, let_in.release)
  and (let_in.left_out is null or not app.is_left_out(told, let_in.left_out));
comment on function app.is_let_in(public.roll_ups, app.let_in) is
  'Whether a filter lets a row of roll-ups through.';

create type app.narrowing as (kept jsonb, condition text);
comment on type app.narrowing is
  'What sums are asked of: values of dimensions, and what else of spans, as SQL over span_summaries as s (true: nothing).';

revoke execute on all functions in schema app from public;
grant execute on function
  app.metrics_of(bigint, bigint, bigint, bigint, numeric, numeric, numeric, numeric, double precision[]),
  app.check_window(timestamptz, timestamptz, text), app.list_measures(),
  app.check_dimension(text), app.check_filter(jsonb),
  app.check_question(text, text, text, integer), app.choose_dimension(text, jsonb, text[]),
  app.key_of(text, public.roll_ups), app.kept_values(jsonb, text), app.left_values(jsonb, text),
  app.keeps_untold(jsonb), app.read_filter(jsonb, text),
  app.is_kept(text, text[]), app.is_left_out(public.roll_ups, jsonb), app.is_let_in(public.roll_ups, app.let_in)
  to authenticated, service_role;
