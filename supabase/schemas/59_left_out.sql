-- What sums leave out, or may count twice.

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
    from (
      select misdated from public.spans
      where tenant_id = tenant and misdated is not null
        -- As the index asks that has these, and is asked for by its order.
        and (start_time > received_at or misdated is not null)
      order by received_at offset 0) few);
end
$$;
comment on function app.count_misdated(text) is 'How many spans of a tenant are misdated, over all time.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.count_left_out(text, timestamptz, timestamptz), app.count_misdated(text)
  to authenticated, service_role;
