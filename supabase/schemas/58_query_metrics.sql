-- The dashboard's numbers in one round trip: totals, a series without holes, and groups.

create function app.describe_previous(
  window_start timestamptz, window_end timestamptz, asked app.reading
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  before app.reading;
begin
  before := app.start_reading(
    asked.tenant, array[window_start - (window_end - window_start), window_start], 'hour',
    null, null, asked.kept);
  return app.describe_all(app.read_level(before, 0, true, asked.kept, true));
end
$$;
comment on function app.describe_previous(timestamptz, timestamptz, app.reading) is
  'The measures of the window of the same length before, as JSON.';

create function public.query_metrics(
  window_start timestamptz, window_end timestamptz, bucket text, time_zone text default 'UTC',
  group_by text default 'model', then_by text default null, filter jsonb default '{}',
  measure text default 'requests', top integer default 500, compare boolean default false
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  kept jsonb := app.check_filter(filter);
  named text := app.check_dimension(group_by);
  inner_named text := app.check_dimension(then_by);
  points timestamptz[];
  asked app.reading;
  whole app.sums[];
  grouped jsonb := '{"groups": [], "other": null}';
begin
  perform app.check_window(window_start, window_end, bucket);
  perform app.check_time_zone(time_zone);
  perform app.check_question(named, inner_named, measure, top);
  points := app.list_points(window_start, window_end, bucket, time_zone);
  asked := app.start_reading(
    tenant, window_start || points[2:] || window_end, bucket, named, inner_named, kept);
  whole := app.read_level(asked, 0, false, kept, true);
  if named is not null then
    grouped := app.describe_groups(asked, points, whole, measure, top);
  end if;
  return jsonb_build_object(
    'generated', coalesce((select generated from public.tenants where tenant_id = tenant), false),
    'relative_error', app.relative_error(),
    'totals', app.describe_all(whole) || app.count_left_out(tenant, window_start, window_end),
    'series', app.describe_series(points, whole),
    'by_model', case when named = 'model' then (
      select coalesce(jsonb_agg(g - '{key,series,groups}'::text[]
        || jsonb_build_object('model', g -> 'key') order by place), '[]')
      from jsonb_array_elements(grouped -> 'groups') with ordinality t (g, place)
      where (g -> 'requests')::integer > 0) else '[]' end)
    || grouped
    || case when compare then jsonb_build_object(
      'previous', app.describe_previous(window_start, window_end, asked)) else '{}' end;
end
$$;
comment on function public.query_metrics(timestamptz, timestamptz, text, text, text, text, jsonb, text, integer, boolean) is
  'Model calls of the caller''s tenant in window_start <= start_time < window_end that the filter lets through: totals with what they leave out, a series by minute, hour or day of a time zone, groups of a dimension (the top ones by a measure, each with its series and, then_by, groups within it), the others as one, and the window before. requests and what follows are of model calls, spans of what else failed or is an operation, such as tools and agents. Percentiles are relative_error wrong at most. At most 1,500 buckets; refused without a tenant.';

revoke execute on all functions in schema app from public;
revoke execute on function public.query_metrics(timestamptz, timestamptz, text, text, text, text, jsonb, text, integer, boolean)
  from public, anon, authenticated;
grant execute on function
  app.describe_previous(timestamptz, timestamptz, app.reading), app.require_tenant(),
  app.is_tenant_id(text),
  public.query_metrics(timestamptz, timestamptz, text, text, text, text, jsonb, text, integer, boolean)
  to authenticated, service_role;
