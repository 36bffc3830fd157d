-- Sums as JSON: measures, series, and the groups that have the most of one measure.

create function app.percentiles_of(histogram bigint[]) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  found constant double precision[] := app.quantiles(histogram, app.percentiles());
begin
  return jsonb_build_object('p50', found[1], 'p95', found[2], 'p99', found[3]);
end
$$;
comment on function app.percentiles_of(bigint[]) is 'The percentiles of a merged histogram, as JSON.';

-- Of people, sessions and tags nobody sums up other spans than calls: how many there are is unknown.
create function app.hide_spans(kept jsonb, groups text[]) returns jsonb
language sql immutable parallel safe
return case when app.list_rich(kept, groups) <> '{}' then '{"spans": null, "failed_spans": null}'::jsonb
  else '{}' end;
comment on function app.hide_spans(jsonb, text[]) is
  'Those measures of spans that sums by a filter and groups do not know, as null.';

create function app.describe_sums(calls app.sums, others app.sums) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return app.metrics_of(
      coalesce(calls.spans, 0), coalesce(calls.errors, 0), coalesce(calls.unpriced, 0),
      coalesce(calls.unmeasured, 0), calls.input_tokens, calls.output_tokens, calls.total_tokens,
      calls.cost_usd, app.quantiles(calls.latency, app.percentiles()))
    || jsonb_build_object(
      'time_to_first_token_ms', app.percentiles_of(calls.time_to_first_token),
      'spans', coalesce(others.spans, 0), 'failed_spans', coalesce(others.errors, 0),
      'span_latency_ms', app.percentiles_of(others.latency));
end
$$;
comment on function app.describe_sums(app.sums, app.sums) is
  'The measures of model calls, and from spans on of other spans (tools, agents, what failed), as JSON.';

create function app.is_percentile(measure text) returns boolean
language sql immutable parallel safe
return measure ~ '_p\d\d$';
comment on function app.is_percentile(text) is 'Whether a measure needs histograms.';

create function app.measure_of(calls app.sums, others app.sums, measure text)
returns double precision
language sql immutable parallel safe
return case measure
  when 'requests' then coalesce(calls.spans, 0)
  when 'errors' then coalesce(calls.errors, 0)
  when 'error_rate' then calls.errors::double precision / nullif(calls.spans, 0)
  when 'unpriced_requests' then coalesce(calls.unpriced, 0)
  when 'unmeasured_requests' then coalesce(calls.unmeasured, 0)
  when 'spans' then coalesce(others.spans, 0)
  when 'failed_spans' then coalesce(others.errors, 0)
  else case when app.is_percentile(measure) then (app.quantiles(
      case when measure like 'latency%' then calls.latency
        when measure like 'ttft%' then calls.time_to_first_token else others.latency end,
      array[right(measure, 2)::double precision / 100]))[1]
    when coalesce(calls.spans, 0) = 0 then 0
    else case measure when 'input_tokens' then calls.input_tokens
      when 'output_tokens' then calls.output_tokens when 'total_tokens' then calls.total_tokens
      when 'cost_usd' then calls.cost_usd end end end;
comment on function app.measure_of(app.sums, app.sums, text) is
  'One measure of a group: null where it is not known or does not exist.';

create function app.pair_sums(parts app.sums[])
returns table (point integer, key text[], inner_key text[], calls app.sums, others app.sums)
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    select coalesce((c.s).point, (o.s).point), coalesce((c.s).key, (o.s).key),
      coalesce((c.s).inner_key, (o.s).inner_key), c.s, o.s
    from (select s from unnest(parts) s where s.counted) c
      full join (select s from unnest(parts) s where not s.counted) o
        on (c.s).point = (o.s).point and (c.s).key = (o.s).key and (c.s).inner_key = (o.s).inner_key;
end
$$;
comment on function app.pair_sums(app.sums[]) is
  'Sums of model calls and of other spans of the same piece and values beside each other.';

create function app.describe_all(parts app.sums[]) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select app.describe_sums(
      (array_agg(s) filter (where s.counted))[1], (array_agg(s) filter (where not s.counted))[1])
    from app.add_sums(parts) s);
end
$$;
comment on function app.describe_all(app.sums[]) is 'The measures of all of these sums as one, as JSON.';

create function app.describe_series(points timestamptz[], parts app.sums[], hidden jsonb) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_agg(app.describe_sums(p.calls, p.others) || hidden
      || jsonb_build_object('bucket_start', points[n]) order by n)
    from generate_subscripts(points, 1) n left join app.pair_sums(parts) p on p.point = n);
end
$$;
comment on function app.describe_series(timestamptz[], app.sums[], jsonb) is
  'A series of measures without holes, as JSON.';

create function app.name_key(name text, key text[]) returns jsonb
language sql immutable parallel safe
return case when name = 'model' then jsonb_build_object('key', key[1], 'provider', key[2])
  else jsonb_build_object('key', key[1]) end;
comment on function app.name_key(text, text[]) is
  'The value that a group shares, as JSON; null where it is not told.';

create function app.rank_groups(parts app.sums[], measure text, top integer)
returns table (place bigint, key text[], calls app.sums, others app.sums)
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    select row_number() over (), first.*
    from (
      select p.key, p.calls, p.others from app.pair_sums(parts) p
      order by app.measure_of(p.calls, p.others, measure) desc nulls last,
        (p.calls).spans desc nulls last, (p.others).spans desc nulls last, p.key[2], p.key[1]
      limit top) first;
end
$$;
comment on function app.rank_groups(app.sums[], text, integer) is
  'The groups that have the most of a measure, the first first.';

create function app.describe_group_series(
  points timestamptz[], parts app.sums[], measure text, hidden jsonb
) returns table (key text[], series jsonb)
language plpgsql stable set search_path = ''
as $$
begin
  return query
    with told as (select * from app.pair_sums(parts))
    select k.key, jsonb_agg(jsonb_build_object('bucket_start', points[n],
      'value', case when not hidden ? measure then app.measure_of(t.calls, t.others, measure) end) order by n)
    from (select distinct t.key from told t) k cross join generate_subscripts(points, 1) n
      left join told t on t.key = k.key and t.point = n
    group by k.key;
end
$$;
comment on function app.describe_group_series(timestamptz[], app.sums[], text, jsonb) is
  'The series of a measure of each group, as JSON, without holes.';

create function app.describe_inner_groups(
  asked app.reading, parts app.sums[], measure text, top integer
) returns table (key text[], groups jsonb)
language plpgsql stable set search_path = ''
as $$
declare
  hidden constant jsonb := app.hide_spans(asked.kept, array[asked.group_by, asked.then_by]);
begin
  return query
    with ranked as (
      select p.key, p.inner_key, p.calls, p.others, row_number() over (partition by p.key
        order by app.measure_of(p.calls, p.others, measure) desc nulls last,
          (p.calls).spans desc nulls last, (p.others).spans desc nulls last,
          p.inner_key[2], p.inner_key[1]) as place
      from app.pair_sums(parts) p
    )
    select r.key, jsonb_agg(app.name_key(asked.then_by, r.inner_key)
      || app.describe_sums(r.calls, r.others) || hidden order by r.place)
    from ranked r where r.place <= top group by r.key;
end
$$;
comment on function app.describe_inner_groups(app.reading, app.sums[], text, integer) is
  'The groups within each group that have the most of a measure, as JSON.';

create function app.describe_others(once app.sums[], firsts app.sums[], others app.sums[])
returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  left_over app.sums;
  added app.sums[] := '{}';
begin
  if others = '{}' then
    return null;
  end if;
  for left_over in select * from app.add_sums(others) loop
    select app.entries_left(w.latency, f.latency),
        app.entries_left(w.time_to_first_token, f.time_to_first_token)
      into left_over.latency, left_over.time_to_first_token
      from unnest(once) w left join app.add_sums(firsts) f on f.counted = w.counted
      where w.counted = left_over.counted;
    added := added || left_over;
  end loop;
  return app.describe_all(added);
end
$$;
comment on function app.describe_others(app.sums[], app.sums[], app.sums[]) is
  'The measures of all groups but the first ones, as JSON; their percentiles are of what these leave of all.';

create function app.describe_ranked(
  asked app.reading, points timestamptz[], firsts app.sums[], over_time app.sums[],
  inside app.sums[], measure text, top integer
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  hidden constant jsonb := app.hide_spans(asked.kept, array[asked.group_by]);
begin
  return (
    select coalesce(jsonb_agg(app.name_key(asked.group_by, r.key)
      || app.describe_sums(r.calls, r.others) || hidden
      || jsonb_build_object('series', coalesce(s.series, '[]'))
      || case when asked.then_by is null then '{}'
        else jsonb_build_object('groups', coalesce(i.groups, '[]')) end
      order by r.place), '[]')
    from app.rank_groups(firsts, measure, null) r
      left join app.describe_group_series(points, over_time, measure, hidden) s using (key)
      left join app.describe_inner_groups(asked, inside, measure, top) i using (key));
end
$$;
comment on function app.describe_ranked(app.reading, timestamptz[], app.sums[], app.sums[], app.sums[], text, integer) is
  'Groups in order, each with its series and the groups within it, as JSON.';

create type app.firsts as (parts app.sums[], narrowed jsonb, other jsonb);
comment on type app.firsts is
  'The groups that have the most of a measure, a filter that lets them through, and the other groups as JSON. The filter lets all through where the group of what tells nothing is one of them.';

create function app.read_firsts(asked app.reading, once app.sums[], measure text, top integer)
returns app.firsts
language plpgsql stable set search_path = ''
as $$
declare
  -- In detail an hour has hundreds of rows: their histograms take longer than all else.
  with_histograms constant boolean := app.is_percentile(measure) or asked.dimensions[2] <> 'detail';
  parts app.sums[];
  others app.sums[];
  narrowed jsonb := asked.kept;
  keys text[];
  names jsonb;
begin
  parts := app.add_untold(asked, once, app.read_level(asked, 1, true, asked.kept, with_histograms));
  select array_agg(r.key::text), jsonb_agg(r.key[1]) into keys, names
    from app.rank_groups(parts, measure, top) r;
  -- The group that tells no value is what all others leave of the whole: it takes them all.
  if not names @> '[null]' then
    narrowed := asked.kept || jsonb_build_object(asked.group_by, names);
  end if;
  others := array(select p from unnest(parts) p where p.key::text <> all(keys));
  parts := array(select p from unnest(parts) p where p.key::text = any(keys));
  return (parts, narrowed, app.describe_others(once, parts, others));
end
$$;
comment on function app.read_firsts(app.reading, app.sums[], text, integer) is
  'The groups that have the most of a measure, chosen from the sums of all groups.';

-- A dimension of many values has thousands of groups: of each of them nothing is summed up but what
-- they are ranked by. What tells no value stands there with the whole, and the others are taken away.
create function app.list_firsts(asked app.reading, once app.sums[], measure text, top integer)
returns setof text
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off
as $$
declare
  told constant text := asked.dimensions[2];
  let_in constant app.let_in := app.read_filter(asked.kept, told);
begin
  return query
    with part as (
      select p.key[1] as value, p.counted, p.spans, p.errors, p.unpriced, p.unmeasured,
        p.input_tokens, p.output_tokens, p.total_tokens, p.cost_usd
      from app.read_parts(asked.tenant, told, asked.wide, asked.group_by, null, let_in) p
      union all
      select w.key[1], w.counted, w.spans, w.errors, w.unpriced, w.unmeasured, w.input_tokens,
        w.output_tokens, w.total_tokens, w.cost_usd
      from unnest(asked.raws) w where w.level = 1
      union all
      select null, o.counted, o.spans, o.errors, o.unpriced, o.unmeasured, o.input_tokens,
        o.output_tokens, o.total_tokens, o.cost_usd
      from unnest(once) o where not asked.kept ? asked.group_by
    ),
    added as (
      select p.value, sum(p.spans) as spans, sum(case measure when 'requests' then p.spans
          when 'errors' then p.errors when 'error_rate' then p.errors
          when 'unpriced_requests' then p.unpriced when 'unmeasured_requests' then p.unmeasured
          when 'input_tokens' then p.input_tokens when 'output_tokens' then p.output_tokens
          when 'total_tokens' then p.total_tokens when 'cost_usd' then p.cost_usd
          else 0 end) as amount
      from part p where p.counted group by 1
    )
    select a.value
    from added a cross join (select sum(spans) as spans, sum(amount) as amount from added) of_all
      cross join lateral (
        select case when a.value is null then 2 * a.spans - of_all.spans else a.spans end as spans,
          case when a.value is null then 2 * a.amount - of_all.amount else a.amount end as amount) l
    where l.spans > 0
    order by case when measure = 'error_rate' then l.amount::double precision / l.spans::double precision
        else l.amount end
      desc nulls last, l.spans desc, a.value
    limit top;
end
$$;
comment on function app.list_firsts(app.reading, app.sums[], text, integer) is
  'The values of a dimension of many values that have the most of a measure of calls, null among them.';

create function app.read_named(asked app.reading, once app.sums[], names text[], top integer)
returns app.firsts
language plpgsql stable set search_path = ''
as $$
declare
  narrowed constant jsonb := asked.kept || jsonb_build_object(asked.group_by, names[:top]);
  parts constant app.sums[] := app.read_level(asked, 1, true, narrowed, true);
begin
  return (parts, narrowed, case when cardinality(names) > top then app.describe_all(array(
    select l from app.take_away(
      array(select o from unnest(once) o where o.counted),
      array(select app.to_sums(p, 1, '{}', '{}') from unnest(parts) p)) l)) end);
end
$$;
comment on function app.read_named(app.reading, app.sums[], text[], integer) is
  'The groups of the first of these values; the others are what they leave of all.';

create function app.describe_groups(
  asked app.reading, points timestamptz[], whole app.sums[], once app.sums[], measure text,
  top integer
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  exact constant boolean := app.is_percentile(measure);
  names text[];
  firsts app.firsts;
  over_time app.sums[] := '{}';
begin
  if not exact and asked.dimensions[2] = asked.group_by
      and asked.group_by <> all(app.detail_dimensions()) then
    names := array(select f from app.list_firsts(asked, once, measure, top + 1) f);
  end if;
  if names <> '{}' and array_position(names[:top], null) is null then
    firsts := app.read_named(asked, once, names, top);
  else
    firsts := app.read_firsts(asked, once, measure, top);
  end if;
  -- More points than this would not fit into an answer.
  if top * cardinality(points) between 1 and 15000 then
    over_time := app.read_level(asked, 1, false, firsts.narrowed, exact);
    if firsts.narrowed = asked.kept then
      over_time := app.add_untold(asked, whole, over_time);
    end if;
  end if;
  return jsonb_build_object(
    'groups', app.describe_ranked(asked, points, firsts.parts, over_time,
      case when asked.then_by is null then '{}'
        else app.read_inner_groups(asked, firsts.parts, exact) end, measure, top),
    'other', firsts.other || app.hide_spans(asked.kept, array[asked.group_by]));
end
$$;
comment on function app.describe_groups(app.reading, timestamptz[], app.sums[], app.sums[], text, integer) is
  'The groups of a question, ranked, each with its series and the groups within it, and the sums of the others, as JSON. Percentiles of groups that are read in detail are told where the measure is one, as are those of groups within groups.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.percentiles_of(bigint[]), app.hide_spans(jsonb, text[]), app.describe_sums(app.sums, app.sums), app.is_percentile(text),
  app.measure_of(app.sums, app.sums, text), app.pair_sums(app.sums[]),
  app.describe_all(app.sums[]), app.describe_series(timestamptz[], app.sums[], jsonb),
  app.name_key(text, text[]), app.rank_groups(app.sums[], text, integer),
  app.describe_group_series(timestamptz[], app.sums[], text, jsonb),
  app.describe_inner_groups(app.reading, app.sums[], text, integer),
  app.describe_others(app.sums[], app.sums[], app.sums[]),
  app.describe_ranked(app.reading, timestamptz[], app.sums[], app.sums[], app.sums[], text, integer),
  app.read_firsts(app.reading, app.sums[], text, integer),
  app.list_firsts(app.reading, app.sums[], text, integer),
  app.read_named(app.reading, app.sums[], text[], integer),
  app.describe_groups(app.reading, timestamptz[], app.sums[], app.sums[], text, integer)
  to authenticated, service_role;
