-- The dashboard's numbers in one round trip: totals, a series without holes, and models.

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

create function app.count_left_out(tenant text, window_start timestamptz, window_end timestamptz)
returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    with marked as materialized (
      select usage_uncounted as because, count(*) as spans,
        count(*) filter (where possible_duplicate and counted) as duplicates
      from public.spans
      where tenant_id = tenant and start_time >= window_start and start_time < window_end
        and misdated is null
        -- As the index asks that has these.
        and (usage_uncounted is not null or possible_duplicate or misdated is not null)
      group by 1
    )
    select jsonb_build_object(
      'possible_duplicates', (select coalesce(sum(duplicates), 0) from marked),
      'left_out', jsonb_build_object(
        'usage_uncounted', (
          select coalesce(jsonb_agg(jsonb_build_object('because', because, 'spans', spans)
            order by spans desc, because), '[]')
          from (select * from marked where because is not null
            order by spans desc, because limit 20) most),
        'misdated', (
          select jsonb_build_object(
            'future', count(*) filter (where misdated = 'future'),
            'past', count(*) filter (where misdated = 'past'))
          from public.spans where tenant_id = tenant and misdated is not null))));
end
$$;
comment on function app.count_left_out(text, timestamptz, timestamptz) is
  'What the totals of a window may count twice, and what they leave out: spans with usage that are no model call, by reason, and misdated spans, which are in no window, over all time.';

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

create function public.query_metrics(window_start timestamptz, window_end timestamptz, bucket text)
returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  answer jsonb;
begin
  perform app.check_window(window_start, window_end, bucket);
  with calls as (
    select provider, model, date_trunc(bucket, start_time, 'UTC') as bucket_start,
      failed, unpriced, unmeasured, duration_ms, input_tokens, output_tokens, total_tokens, cost_usd
    from public.model_calls
    where tenant_id = tenant and start_time >= window_start and start_time < window_end
  ),
  grouped as (
    select grouping(bucket_start) = 0 as by_time, grouping(model) = 0 as by_model,
      bucket_start, provider, model, count(*) as requests,
      app.metrics_of(
        count(*), count(*) filter (where failed),
        count(*) filter (where unpriced), count(*) filter (where unmeasured),
        sum(input_tokens), sum(output_tokens), sum(total_tokens), sum(cost_usd),
        percentile_cont(app.percentiles()) within group (order by duration_ms)) as metrics
    from calls
    group by grouping sets ((), (bucket_start), (provider, model))
  ),
  timeline as (
    select point at time zone 'UTC' as bucket_start, coalesce(
      g.metrics, app.metrics_of(0, 0, 0, 0, 0, 0, 0, 0, null)) as metrics
    from generate_series(
      date_trunc(bucket, window_start at time zone 'UTC'),
      window_end at time zone 'UTC' - interval '1 microsecond',
      ('1 ' || bucket)::interval) point
    left join grouped g on g.by_time and g.bucket_start = point at time zone 'UTC'
  )
  select jsonb_build_object(
    'generated', coalesce((select generated from public.tenants where tenant_id = tenant), false),
    'totals', (select metrics from grouped where not by_time and not by_model)
      || app.count_left_out(tenant, window_start, window_end),
    'series', (select coalesce(jsonb_agg(metrics || jsonb_build_object('bucket_start', bucket_start)
      order by bucket_start), '[]') from timeline),
    'by_model', (select coalesce(jsonb_agg(
      metrics || jsonb_build_object('provider', provider, 'model', model)
      order by requests desc, provider, model), '[]') from (
        select * from grouped where by_model order by requests desc, provider, model
        -- As many as an answer of 6 MB holds, however long their names are.
        limit 500) busiest))
  into answer;
  return answer;
end
$$;
comment on function public.query_metrics(timestamptz, timestamptz, text) is
  'Model calls of the caller''s tenant in window_start <= start_time < window_end: totals with what they leave out, series by minute, hour or day (UTC), and by model, the 500 busiest. At most 1,500 buckets; refused without a tenant.';

revoke execute on all functions in schema app from public;
grant execute on function app.require_tenant(), app.is_tenant_id(text) to authenticated, service_role;
grant execute on function app.count_left_out(text, timestamptz, timestamptz)
  to authenticated, service_role;
grant execute on function app.check_window(timestamptz, timestamptz, text) to authenticated, service_role;
grant execute on function app.metrics_of(bigint, bigint, bigint, bigint, numeric, numeric, numeric, numeric, double precision[])
  to authenticated, service_role;
revoke execute on function public.query_metrics(timestamptz, timestamptz, text) from public, anon, authenticated;
grant execute on function public.query_metrics(timestamptz, timestamptz, text) to authenticated, service_role;
