-- What people query in Supabase Studio and what the API reads. All run as their caller, under RLS.

create view public.span_summaries with (security_invoker = true) as
select
  s.*,
  counted and app.is_unpriced(status, total_tokens, cost_usd) as unpriced,
  counted and app.is_unmeasured(status, total_tokens) as unmeasured
from public.spans s;
comment on view public.span_summaries is
  'Spans without content: rows of a list or of a tree. unpriced and unmeasured as in model_calls.';

create view public.span_details with (security_invoker = true) as
select s.*, c.input, c.output
from public.spans s
-- Span by span, by its whole key. As a plain join the planner reads a trace's contents, in every
-- partition, once for each of its spans: 70 times slower at 1,000 spans.
left join lateral (
  select k.input, k.output
  from public.span_contents k
  where k.tenant_id = s.tenant_id and k.trace_id = s.trace_id
    and k.span_id = s.span_id and k.start_time = s.start_time
  limit 1
) c on true;
comment on view public.span_details is
  'Spans with all that is stored of them, content included where it was captured.';

create view public.trace_summaries with (security_invoker = true) as
select
  r.tenant_id, r.trace_id,
  coalesce(r.root_span_name, app.find_topmost(
    r.tenant_id, r.trace_id, coalesce(r.earliest, r.start_time), coalesce(r.latest, r.end_time)
  )) as root_span_name,
  r.start_time, r.end_time, r.duration_ms, r.status,
  r.span_count, r.error_count, r.models, r.providers, r.operations, r.requests,
  r.unpriced_requests, r.unmeasured_requests,
  r.input_tokens, r.output_tokens, r.total_tokens, r.total_cost_usd,
  coalesce(r.root_session_id, r.session_id, r.chained_session_id) as session_id,
  coalesce(r.root_user_id, r.user_id) as user_id,
  r.environment, r.service_name, t.generated, r.misdated, r.undated,
  coalesce(r.earliest, r.start_time) as earliest, coalesce(r.latest, r.end_time) as latest,
  r.error_types,
  coalesce(r.root_customer_id, r.customer_id) as customer_id
from public.traces r
join public.tenants t using (tenant_id);
comment on view public.trace_summaries is
  'One row per trace: duration, tokens, cost, errors. total_cost_usd leaves out unpriced_requests and unmeasured_requests. A trace without a root has the name of its topmost span; its session, user and customer are its root''s, else the least that a span tells; its session else that of its chain of responses. start_time to end_time is the window of its well-dated spans, earliest to latest that of all.';

create view public.left_out_by_day with (security_invoker = true) as
select
  tenant_id, date_trunc('day', case when misdated is null then start_time else received_at end, 'UTC') as day,
  case when misdated is not null then 'misdated' when usage_uncounted is not null then 'usage_uncounted'
    else 'possible_duplicate' end as line,
  coalesce(misdated, usage_uncounted) as because, count(*) as spans
from public.spans
where usage_uncounted is not null or possible_duplicate or misdated is not null
group by 1, 2, 3, 4;
comment on view public.left_out_by_day is
  'Spans that the sums leave out, or may count twice, per day (UTC): misdated ones by the day on which they came, usage that is not counted, with its reason, and possible duplicates.';

revoke all on
  public.span_summaries, public.span_details, public.trace_summaries, public.left_out_by_day
  from anon, authenticated;
grant select on
  public.span_summaries, public.span_details, public.trace_summaries, public.left_out_by_day
  to authenticated, service_role;
