-- The demo calls a model that somebody pays for: so many runs a tenant and day.

create function public.start_demo_run(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  most integer := app.integer_argument($1, 'most_a_day', 0, 100000);
  today date := (now() at time zone 'UTC')::date;
  seconds integer;
  runs integer;
begin
  perform app.ensure_tenant(tenant);
  update public.tenants
  set demo_day = today, demo_runs = case when demo_day = today then demo_runs + 1 else 1 end
  where tenant_id = tenant
  returning demo_runs into runs;
  if runs > coalesce(most, 0) then
    seconds := ceil(extract(epoch from (today + 1)::timestamp - now() at time zone 'UTC'));
    raise sqlstate 'PT429' using
      message = format('This tenant has run the demo %s times today, which is the most.', runs - 1),
      detail = seconds::text,
      hint = format('Come again in %s s, when the day is over in UTC, or have the operator raise DemoRunsPerDay.', seconds);
  end if;
  return jsonb_build_object('runs', runs, 'most_a_day', most);
end
$$;
comment on function public.start_demo_run(jsonb) is
  'Counts a run of the demo before it spends anything, for a caller who may still administer; refuses the one after {"most_a_day"} (PT429).';

revoke execute on function public.start_demo_run(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.start_demo_run(jsonb) to llm_admin;
