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

revoke execute on all functions in schema app from public;
grant execute on function
  app.metrics_of(bigint, bigint, bigint, bigint, numeric, numeric, numeric, numeric, double precision[]),
  app.check_window(timestamptz, timestamptz, text), app.list_measures(),
  app.check_dimension(text), app.check_filter(jsonb),
  app.check_question(text, text, text, integer)
  to authenticated, service_role;
