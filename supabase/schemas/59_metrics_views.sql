-- Standing sums, for Supabase Studio: of roll-ups, and of raw rows where an hour has changed since.

create function app.current_sums(told text, finest integer) returns setof public.roll_ups
language sql stable
begin atomic
  with marked as (select distinct c.tenant_id, c.hour from public.roll_up_changes c)
  select r.* from public.roll_ups r
  where r.dimension = told and r.grain = 1440 and finest = 1440
    and not exists (
      select from marked m
      where m.tenant_id = r.tenant_id and date_bin('1 day', m.hour, 'epoch') = r.bucket_start)
  union all
  select r.* from public.roll_ups r
  where r.dimension = told and r.grain = 60
    and (r.taken or not exists (
      select from marked m where m.tenant_id = r.tenant_id and m.hour = r.bucket_start))
    and (finest = 60 or (r.tenant_id, date_bin('1 day', r.bucket_start, 'epoch')) in (
      select m.tenant_id, date_bin('1 day', m.hour, 'epoch') from marked m))
  union all
  select s.* from marked m
    cross join lateral app.sum_spans(m.tenant_id, m.hour, m.hour + interval '1 hour', 60, array[told]) s;
end;
comment on function app.current_sums(text, integer) is
  'The sums of a dimension over all time, as of now: by the day (1440) where no hour of it changed, by the hour (60) elsewhere. A view of it is read under its caller''s policies.';

create function app.current_calls(told text)
returns table (
  tenant_id text, provider text, value text, requests bigint, errors bigint, unpriced bigint,
  unmeasured bigint, input_tokens numeric, output_tokens numeric, total_tokens numeric,
  cost_usd numeric, last_start timestamptz, latency bigint[]
)
language sql stable
begin atomic
  with valued as (
    select s.tenant_id, p.provider, s.value, sum(s.spans)::bigint as requests,
      sum(s.errors)::bigint as errors, sum(s.unpriced)::bigint as unpriced,
      sum(s.unmeasured)::bigint as unmeasured, sum(s.input_tokens) as input_tokens,
      sum(s.output_tokens) as output_tokens, sum(s.total_tokens) as total_tokens,
      sum(s.cost_usd) as cost_usd, max(s.last_start) as last_start,
      app.merge_histograms(array_agg(row(s.latency)::app.histogram)) as latency
    from app.current_sums(told, 1440) s
      cross join lateral (select case when told = 'model' then s.provider end as provider) p
    where s.counted
    group by s.tenant_id, p.provider, s.value
  ),
  whole as (
    select s.tenant_id, sum(s.spans)::bigint as requests, sum(s.errors)::bigint as errors,
      sum(s.unpriced)::bigint as unpriced, sum(s.unmeasured)::bigint as unmeasured,
      sum(s.input_tokens) as input_tokens, sum(s.output_tokens) as output_tokens,
      sum(s.total_tokens) as total_tokens, sum(s.cost_usd) as cost_usd,
      app.merge_histograms(array_agg(row(s.latency)::app.histogram)) as latency
    from app.current_sums('total', 1440) s where s.counted group by s.tenant_id
  ),
  part as (
    select v.tenant_id, sum(v.requests)::bigint as requests, sum(v.errors)::bigint as errors,
      sum(v.unpriced)::bigint as unpriced, sum(v.unmeasured)::bigint as unmeasured,
      sum(v.input_tokens) as input_tokens, sum(v.output_tokens) as output_tokens,
      sum(v.total_tokens) as total_tokens, sum(v.cost_usd) as cost_usd,
      app.merge_histograms(array_agg(row(v.latency)::app.histogram)) as latency
    from valued v group by v.tenant_id
  )
  select * from valued
  union all
  -- What tells no value is what is left of the whole.
  select w.tenant_id, null, null, w.requests - coalesce(p.requests, 0),
    w.errors - coalesce(p.errors, 0), w.unpriced - coalesce(p.unpriced, 0),
    w.unmeasured - coalesce(p.unmeasured, 0),
    app.amount_left(w.input_tokens, p.input_tokens, false),
    app.amount_left(w.output_tokens, p.output_tokens, false),
    app.amount_left(w.total_tokens, p.total_tokens, false),
    app.amount_left(w.cost_usd, p.cost_usd, false), null, app.entries_left(w.latency, p.latency)
  from whole w left join part p on p.tenant_id = w.tenant_id
  where w.requests > coalesce(p.requests, 0);
end;
comment on function app.current_calls(text) is
  'Model calls by the values of a dimension over all time; null: those that tell none, the last of which is not known.';

create view public.metrics_by_hour with (security_invoker = true) as
select
  s.tenant_id, s.bucket_start as hour, sum(s.spans)::bigint as requests,
  sum(s.errors)::bigint as errors, sum(s.input_tokens) as input_tokens,
  sum(s.output_tokens) as output_tokens, sum(s.total_tokens) as total_tokens,
  sum(s.cost_usd) as cost_usd, sum(s.unpriced)::bigint as unpriced_requests,
  sum(s.unmeasured)::bigint as unmeasured_requests,
  app.quantiles(app.merge_histograms(array_agg(row(s.latency)::app.histogram)), app.percentiles())
    as latency_ms_p50_p95_p99
from app.current_sums('total', 60) s
where s.counted
group by 1, 2;
comment on view public.metrics_by_hour is
  'Model calls per hour (UTC), over all time. A percentile is at most app.relative_error() wrong, here and in the other views.';

create view public.metrics_by_day with (security_invoker = true) as
select
  s.tenant_id, date_bin('1 day', s.bucket_start, 'epoch') as day, sum(s.spans)::bigint as requests,
  sum(s.errors)::bigint as errors, sum(s.input_tokens) as input_tokens,
  sum(s.output_tokens) as output_tokens, sum(s.total_tokens) as total_tokens,
  sum(s.cost_usd) as cost_usd, sum(s.unpriced)::bigint as unpriced_requests,
  sum(s.unmeasured)::bigint as unmeasured_requests,
  app.quantiles(app.merge_histograms(array_agg(row(s.latency)::app.histogram)), app.percentiles())
    as latency_ms_p50_p95_p99
from app.current_sums('total', 1440) s
where s.counted
group by 1, 2;
comment on view public.metrics_by_day is 'Model calls per day (UTC).';

create view public.metrics_by_model with (security_invoker = true) as
select
  tenant_id, provider, value as model, requests, errors, input_tokens, output_tokens, total_tokens,
  cost_usd, unpriced as unpriced_requests, unmeasured as unmeasured_requests,
  app.quantiles(latency, app.percentiles()) as latency_ms_p50_p95_p99
from app.current_calls('model');
comment on view public.metrics_by_model is
  'Model calls per provider and model, over all time. The model is the canonical one (spans.canonical_model), so that what failed stands beside what answered.';

create view public.metrics_by_user with (security_invoker = true) as
select
  tenant_id, value as user_id, requests, errors, total_tokens, cost_usd,
  unpriced as unpriced_requests, unmeasured as unmeasured_requests, last_start as last_seen
from app.current_calls('user');
comment on view public.metrics_by_user is
  'Model calls per user, over all time; of those without a user last_seen is not known.';

create view public.error_summaries with (security_invoker = true) as
select
  s.tenant_id, s.error_type, s.operation, s.provider, s.model, sum(s.errors)::bigint as errors,
  min(s.first_start) as first_seen, max(s.last_start) as last_seen
from app.current_sums('detail', 1440) s
where s.error_type is not null
group by 1, 2, 3, 4, 5;
comment on view public.error_summaries is
  'Failed spans by type (_OTHER: none was told), operation and canonical model.';

revoke execute on all functions in schema app from public;
grant execute on function app.current_sums(text, integer), app.current_calls(text)
  to authenticated, service_role;
revoke all on
  public.metrics_by_hour, public.metrics_by_day, public.metrics_by_model, public.metrics_by_user,
  public.error_summaries
  from anon, authenticated;
grant select on
  public.metrics_by_hour, public.metrics_by_day, public.metrics_by_model, public.metrics_by_user,
  public.error_summaries
  to authenticated, service_role;
