-- What is a model call, and what is known of it.

create view public.model_calls with (security_invoker = true) as
select
  tenant_id, trace_id, span_id, start_time, operation, provider, model,
  duration_ms, time_to_first_token_ms, input_tokens, output_tokens, total_tokens, cost_usd,
  status = 'error' as failed,
  app.is_unpriced(status, total_tokens, cost_usd) as unpriced,
  app.is_unmeasured(status, total_tokens) as unmeasured,
  error_type, session_id, user_id, environment, service_name,
  coalesce(canonical_model, request_model, model) as canonical_model
from public.spans
where counted and misdated is null;
comment on view public.model_calls is
  'One row per model call: the one span that stands for it (spans.counted), unless its times cannot be true (spans.misdated). failed: it ended in an error, and costs nothing. unmeasured: answered, usage unknown. unpriced: answered, usage known, price unknown. Sums of cost leave out both. model: the name that answered; sums go by canonical_model.';

create function app.percentiles() returns double precision[]
language sql immutable parallel safe
return array[0.5, 0.95, 0.99]::double precision[];
comment on function app.percentiles() is 'The percentiles of latency that every sum gives, in order.';

revoke execute on all functions in schema app from public;
grant execute on function app.percentiles() to authenticated, service_role;
revoke all on public.model_calls from anon, authenticated;
grant select on public.model_calls to authenticated, service_role;
