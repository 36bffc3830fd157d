-- The dashboard's numbers in one round trip: totals, a series without holes, and groups.

create function app.count_told(parts app.sums[], dimension text) returns bigint
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select coalesce(sum(p.spans), 0) from unnest(parts) p
    where p.counted or dimension = any(app.detail_dimensions()));
end
$$;
comment on function app.count_told(app.sums[], text) is
  'How many spans these are, of those that a dimension is told of.';

-- Rows of a dimension of its own are of what tells it: what tells none is left of the whole.
create function app.add_untold(asked app.reading, whole app.sums[], parts app.sums[])
returns app.sums[]
language plpgsql stable set search_path = ''
as $$
declare
  left_over app.sums;
  added app.sums[] := parts;
begin
  if asked.dimensions[2] in ('detail', 'raw') or asked.kept ? asked.group_by
      or app.count_told(whole, asked.group_by) = app.count_told(parts, asked.group_by) then
    return parts;
  end if;
  for left_over in
    select * from app.take_away(whole, array(
        select app.to_sums(p, p.point, '{}', '{}') from unnest(parts) p)) l
    where l.counted or asked.group_by = any(app.detail_dimensions())
  loop
    left_over.level := 1;
    left_over.key := case when asked.group_by = 'model' then array[null, null]::text[]
      else array[null::text] end;
    added := added || left_over;
  end loop;
  return added;
end
$$;
comment on function app.add_untold(app.reading, app.sums[], app.sums[]) is
  'The groups and, where some spans do not tell the dimension, the group of these.';

create function app.read_inner_groups(asked app.reading, outer_parts app.sums[], with_histograms boolean)
returns app.sums[]
language plpgsql stable set search_path = ''
as $$
declare
  told constant text := asked.dimensions[3];
  names constant jsonb := coalesce(
    (select jsonb_agg(p.key[1]) from unnest(outer_parts) p), '[]');
  -- Rows of what an inner dimension tells are of each of its values, those of an outer one not.
  is_inner constant boolean := told = asked.then_by;
  is_whole constant boolean := told in ('detail', 'raw') or asked.kept ? told
    or not is_inner and not names @> '[null]';
  parts app.sums[] := app.read_level(asked, 2, true, asked.kept || case
    when names @> '[null]' then '{}' else jsonb_build_object(asked.group_by, names) end,
    with_histograms);
  left_over app.sums;
begin
  if is_whole then
    return parts;
  end if;
  if not is_inner then
    outer_parts := app.read_groups(app.start_reading(
      asked.tenant, array[asked.pieces[1], asked.pieces[cardinality(asked.pieces)]], 'hour',
      asked.then_by, null, asked.kept, asked.condition), with_histograms);
  end if;
  for left_over in
    select * from app.take_away(
      array(select o from unnest(outer_parts) o where o.counted),
      array(
        select app.to_sums(p, p.point, case when is_inner then p.key else p.inner_key end, '{}')
        from unnest(parts) p))
  loop
    left_over.level := 2;
    left_over.inner_key := case when is_inner then array[null::text] else left_over.key end;
    left_over.key := case when is_inner then left_over.key else array[null::text] end;
    parts := parts || left_over;
  end loop;
  return parts;
end
$$;
comment on function app.read_inner_groups(app.reading, app.sums[], boolean) is
  'The groups within each group, those of what does not tell the inner dimension among them.';

create function app.read_groups(asked app.reading, with_histograms boolean) returns app.sums[]
language plpgsql stable set search_path = ''
as $$
begin
  return app.add_untold(asked, app.read_level(asked, 0, true, asked.kept, with_histograms),
    app.read_level(asked, 1, true, asked.kept, with_histograms));
end
$$;
comment on function app.read_groups(app.reading, boolean) is
  'The groups of a dimension in a window, that of what does not tell it among them.';

create function app.count_left_out(tenant text, window_start timestamptz, window_end timestamptz)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  ranges constant app.sum_range[] := array(
    select r from app.plan_ranges(tenant, array[window_start, window_end], 60) r);
begin
  return (
    with part as (
      select l.value, l.spans
      from unnest(ranges) r cross join lateral (
        select o.value, o.spans from public.roll_ups o
        where o.tenant_id = tenant and o.dimension = 'left_out' and o.grain = r.grain
          and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
        offset 0) l
      union all
      select l.value, 1
      from unnest(ranges) r cross join lateral (
        select coalesce(s.usage_uncounted, 'possible_duplicates') as value
        from public.spans s
        where s.tenant_id = tenant and s.start_time >= r.since and s.start_time < r.until
          and s.misdated is null and (s.usage_uncounted is not null or s.counted)
          -- As the index asks that has these.
          and (s.usage_uncounted is not null or s.possible_duplicate or s.misdated is not null)
        offset 0) l
      where r.raw
    ),
    added as (select value as because, sum(spans) as spans from part group by 1)
    select jsonb_build_object(
      'possible_duplicates',
        coalesce(sum(spans) filter (where because = 'possible_duplicates'), 0),
      'left_out', jsonb_build_object(
        'usage_uncounted', (
          select coalesce(jsonb_agg(jsonb_build_object('because', because, 'spans', spans)
            order by spans desc, because), '[]')
          from (select * from added where because <> 'possible_duplicates'
            order by spans desc, because limit 20) most),
        'misdated', app.count_misdated(tenant)))
    from added);
end
$$;
comment on function app.count_left_out(text, timestamptz, timestamptz) is
  'What the totals of a window may count twice, and what they leave out: spans with usage that are no model call, by reason, and misdated spans, which are in no window, over all time.';

create function app.count_misdated(tenant text) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select jsonb_build_object(
      'future', count(*) filter (where misdated = 'future'),
      'past', count(*) filter (where misdated = 'past'))
    from public.spans where tenant_id = tenant and misdated is not null);
end
$$;
comment on function app.count_misdated(text) is 'How many spans of a tenant are misdated, over all time.';

-- No roll-up tells apart what they leave out: of some spans, these are read.
create function app.count_left_out_of(asked app.reading) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  found jsonb;
begin
  execute format($query$
    with told as (
      select coalesce(s.usage_uncounted, 'possible_duplicates') as because, count(*) as spans
      from public.span_summaries s %1$s
      where s.tenant_id = $1 and s.start_time >= $2 and s.start_time < $3 and s.misdated is null
        and (s.usage_uncounted is not null or s.counted)
        -- As the index asks that has these.
        and (s.usage_uncounted is not null or s.possible_duplicate or s.misdated is not null)%2$s and %3$s
      group by 1
    )
    select jsonb_build_object(
      'possible_duplicates', coalesce((select spans from told where because = 'possible_duplicates'), 0),
      'left_out', jsonb_build_object(
        'usage_uncounted', (
          select coalesce(jsonb_agg(jsonb_build_object('because', because, 'spans', spans)
            order by spans desc, because), '[]')
          from (select * from told where because <> 'possible_duplicates'
            order by spans desc, because limit 20) most),
        'misdated', (
          select jsonb_build_object(
            'future', count(*) filter (where s.misdated = 'future'),
            'past', count(*) filter (where s.misdated = 'past'))
          from public.span_summaries s %1$s
          where s.tenant_id = $1 and s.misdated is not null%2$s and %3$s)))$query$,
    app.attribution_expression(array(select jsonb_object_keys(asked.kept))),
    app.kept_expression(asked.kept), asked.condition)
  using asked.tenant, asked.pieces[1], asked.pieces[cardinality(asked.pieces)] into found;
  return found;
end
$$;
comment on function app.count_left_out_of(app.reading) is
  'The same of the spans alone that a filter lets through.';

create function app.describe_left_out(asked app.reading) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  if asked.kept = '{}' and asked.condition = 'true' then
    return app.count_left_out(asked.tenant, asked.pieces[1], asked.pieces[cardinality(asked.pieces)]);
  end if;
  return app.count_left_out_of(asked);
end
$$;
comment on function app.describe_left_out(app.reading) is
  'What the totals of a question may count twice, and what they leave out, as JSON.';

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
    null, null, asked.kept, asked.condition);
  return app.describe_all(app.read_level(before, 0, true, asked.kept, true)) || app.hide_spans(asked.kept, '{}');
end
$$;
comment on function app.describe_previous(timestamptz, timestamptz, app.reading) is
  'The measures of the window of the same length before, as JSON.';

-- Most of its plans look dear and are not: to compile one takes a hundred times as long as to run it.
create function public.query_metrics(
  window_start timestamptz, window_end timestamptz, bucket text, time_zone text default 'UTC',
  group_by text default 'model', then_by text default null, filter jsonb default '{}',
  measure text default 'requests', top integer default 500, compare boolean default false,
  filters jsonb default '[]'
) returns jsonb
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  narrowing app.narrowing := app.narrow_sums(filter, filters);
  hidden constant jsonb := app.hide_spans(narrowing.kept, '{}');
  named text := app.check_dimension(group_by);
  inner_named text := app.check_dimension(then_by);
  points timestamptz[];
  asked app.reading;
  whole app.sums[];
  once app.sums[];
  grouped jsonb;
begin
  perform app.check_window(window_start, window_end, bucket);
  perform app.check_time_zone(time_zone);
  perform app.check_question(named, inner_named, measure, top);
  points := app.list_points(window_start, window_end, bucket, time_zone);
  asked := app.start_reading(
    tenant, window_start || points[2:] || window_end, bucket, coalesce(named, 'model'), inner_named,
    narrowing.kept, narrowing.condition);
  whole := app.read_level(asked, 0, false, asked.kept, true);
  once := array(select a from app.add_sums(whole) a);
  -- Models are told where nothing is grouped by, too, without their series.
  grouped := app.describe_groups(
    asked, case when named is null then '{}' else points end, whole, once, measure, top);
  return jsonb_build_object(
    'generated', coalesce((select generated from public.tenants where tenant_id = tenant), false),
    'relative_error', app.relative_error(),
    'totals', app.describe_all(once) || hidden || app.describe_left_out(asked),
    'series', app.describe_series(points, whole, hidden),
    'by_model', case when asked.group_by = 'model' then (
      select coalesce(jsonb_agg(g - '{key,series,groups}'::text[]
        || jsonb_build_object('model', g -> 'key') order by place), '[]')
      from jsonb_array_elements(grouped -> 'groups') with ordinality t (g, place)
      where (g -> 'requests')::integer > 0) else '[]' end)
    || case when named is null then '{"groups": [], "other": null}' else grouped end
    || case when compare then jsonb_build_object(
      'previous', app.describe_previous(window_start, window_end, asked)) else '{}' end;
end
$$;
comment on function public.query_metrics(timestamptz, timestamptz, text, text, text, text, jsonb, text, integer, boolean, jsonb) is
  'Model calls of the caller''s tenant in window_start <= start_time < window_end that filter, {"dimension": [value, …]}, and filters, trees as lists take them (app.compile_filter), let through: totals with what they leave out, a series by minute, hour or day of a time zone, groups of a dimension (the top ones by a measure, each with its series and, then_by, groups within it), the others as one, and the window before. by_model has the models where they are grouped by, and without series where nothing is (group_by => null). requests and what follows are of model calls, spans of what else failed or is an operation, such as tools and agents; of people, sessions and tags these are null, since nobody sums them up. Percentiles are relative_error wrong at most. At most 1,500 buckets; refused without a tenant.';

revoke execute on all functions in schema app from public;
revoke execute on function public.query_metrics(timestamptz, timestamptz, text, text, text, text, jsonb, text, integer, boolean, jsonb)
  from public, anon, authenticated;
grant execute on function
  app.count_told(app.sums[], text), app.add_untold(app.reading, app.sums[], app.sums[]),
  app.read_inner_groups(app.reading, app.sums[], boolean), app.read_groups(app.reading, boolean),
  app.count_left_out(text, timestamptz, timestamptz), app.count_misdated(text),
  app.count_left_out_of(app.reading), app.describe_left_out(app.reading),
  app.describe_previous(timestamptz, timestamptz, app.reading), app.require_tenant(),
  app.is_tenant_id(text),
  public.query_metrics(timestamptz, timestamptz, text, text, text, text, jsonb, text, integer, boolean, jsonb)
  to authenticated, service_role;
