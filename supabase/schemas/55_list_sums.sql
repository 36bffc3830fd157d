-- Sums of one tenant by the pieces of a window and by at most two dimensions: of roll-ups where they
-- are true, of raw rows elsewhere.

create type app.sums as (
  point integer, level integer, key text[], inner_key text[], counted boolean,
  spans bigint, errors bigint, unpriced bigint, unmeasured bigint,
  input_tokens numeric, output_tokens numeric, total_tokens numeric, cost_usd numeric,
  latency bigint[], time_to_first_token bigint[]
);
comment on type app.sums is
  'Sums of one kind of spans (counted: model calls) in a window''s piece of that number: at level 0 of all, at level 1 by one dimension (key), at level 2 by two. A value is in an array, a model with its provider, and {} where nothing is told apart.';

create type app.reading as (
  tenant text, pieces timestamptz[], ranges app.sum_range[], wide app.sum_range[],
  raws app.sums[], dimensions text[], group_by text, then_by text, kept jsonb
);
comment on type app.reading is
  'A question of sums and what of it is read once for all levels: the pieces of its window, their ranges (wide: as one piece), and the sums of raw rows. dimensions: which one of the roll-ups each level is read from.';

create function app.outer_name(asked app.reading, level integer) returns text
language sql immutable parallel safe
return case when level > 0 then asked.group_by end;
comment on function app.outer_name(app.reading, integer) is 'The dimension of a level''s keys.';

create function app.inner_name(asked app.reading, level integer) returns text
language sql immutable parallel safe
return case when level > 1 then asked.then_by end;
comment on function app.inner_name(app.reading, integer) is 'The dimension of a level''s inner keys.';

-- Each range by itself, from the primary key on: `offset 0` keeps the planner from reading the
-- dimension as a whole instead.
create function app.read_parts(
  tenant text, told text, ranges app.sum_range[], outer_name text, inner_name text,
  let_in app.let_in
) returns table (
  point integer, key text[], inner_key text[], counted boolean, spans integer, errors integer,
  unpriced integer, unmeasured integer, input_tokens bigint, output_tokens bigint,
  total_tokens bigint, cost_usd numeric, latency bigint[], time_to_first_token bigint[]
)
language sql stable
begin atomic
  select r.point, u.*
  from unnest(ranges) r cross join lateral (
    select app.key_of(outer_name, o), app.key_of(inner_name, o), o.counted, o.spans, o.errors,
      o.unpriced, o.unmeasured, o.input_tokens, o.output_tokens, o.total_tokens, o.cost_usd,
      o.latency, o.time_to_first_token
    from public.roll_ups o
    where o.tenant_id = tenant and o.dimension = told and o.grain = r.grain
      and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
      and (let_in is null or app.is_let_in(o, let_in))
    offset 0) u;
end;
comment on function app.read_parts(text, text, app.sum_range[], text, text, app.let_in) is
  'The roll-ups of a dimension in ranges of time that a filter lets through, by what they say of two dimensions.';

-- By the planner's estimate, which knows no range, few rows come, and these it would sort.
create function app.list_sums(asked app.reading, wanted integer, ranges app.sum_range[], kept jsonb)
returns setof app.sums
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off
as $$
declare
  told constant text := asked.dimensions[wanted + 1];
  outer_name constant text := app.outer_name(asked, wanted);
  inner_name constant text := app.inner_name(asked, wanted);
  let_in constant app.let_in := app.read_filter(kept, told);
begin
  return query
    with part as (
      select p.point, p.key, p.inner_key, p.counted, p.spans, p.errors, p.unpriced, p.unmeasured,
        p.input_tokens, p.output_tokens, p.total_tokens, p.cost_usd
      from app.read_parts(asked.tenant, told, ranges, outer_name, inner_name, let_in) p
      union all
      -- Read as one piece, what is raw is of the first one, too.
      select least(w.point, ranges[cardinality(ranges)].point), w.key, w.inner_key, w.counted,
        w.spans, w.errors, w.unpriced, w.unmeasured, w.input_tokens, w.output_tokens,
        w.total_tokens, w.cost_usd
      from unnest(asked.raws) w
      where w.level = wanted and app.is_kept(w.key[1], app.kept_values(kept, outer_name))
    )
    select p.point, wanted, p.key, p.inner_key, p.counted, sum(p.spans)::bigint,
      sum(p.errors)::bigint, sum(p.unpriced)::bigint, sum(p.unmeasured)::bigint,
      sum(p.input_tokens), sum(p.output_tokens), sum(p.total_tokens), sum(p.cost_usd),
      null::bigint[], null::bigint[]
    from part p group by p.point, p.key, p.inner_key, p.counted;
end
$$;
comment on function app.list_sums(app.reading, integer, app.sum_range[], jsonb) is
  'The sums of one level in ranges of time, raw ones among them; without histograms.';

create function app.list_histograms(
  asked app.reading, wanted integer, ranges app.sum_range[], kept jsonb
) returns setof app.sums
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off
as $$
declare
  told constant text := asked.dimensions[wanted + 1];
  outer_name constant text := app.outer_name(asked, wanted);
  inner_name constant text := app.inner_name(asked, wanted);
  let_in constant app.let_in := app.read_filter(kept, told);
begin
  return query
    with part as (
      select p.point, p.key, p.inner_key, p.counted, p.latency, p.time_to_first_token
      from app.read_parts(asked.tenant, told, ranges, outer_name, inner_name, let_in) p
      union all
      select least(w.point, ranges[cardinality(ranges)].point), w.key, w.inner_key, w.counted,
        w.latency, w.time_to_first_token
      from unnest(asked.raws) w
      where w.level = wanted and app.is_kept(w.key[1], app.kept_values(kept, outer_name))
    )
    select p.point, wanted, p.key, p.inner_key, p.counted, null::bigint, null::bigint,
      null::bigint, null::bigint, null::numeric, null::numeric, null::numeric, null::numeric,
      app.merge_histograms(array_agg(row(p.latency)::app.histogram)),
      app.merge_histograms(array_agg(row(p.time_to_first_token)::app.histogram)
        filter (where p.time_to_first_token is not null))
    from part p group by p.point, p.key, p.inner_key, p.counted;
end
$$;
comment on function app.list_histograms(app.reading, integer, app.sum_range[], jsonb) is
  'The histograms of one level in ranges of time, raw ones among them; without sums.';

create function app.join_sums(parts app.sums[], histograms app.sums[]) returns setof app.sums
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    select p.point, p.level, p.key, p.inner_key, p.counted, max(p.spans), max(p.errors),
      max(p.unpriced), max(p.unmeasured), max(p.input_tokens), max(p.output_tokens),
      max(p.total_tokens), max(p.cost_usd), max(p.latency), max(p.time_to_first_token)
    from unnest(parts || histograms) p
    group by p.point, p.level, p.key, p.inner_key, p.counted
    having max(p.spans) is not null;
end
$$;
comment on function app.join_sums(app.sums[], app.sums[]) is
  'Sums and the histograms of the same ones beside each other.';

create function app.add_sums(parts app.sums[]) returns setof app.sums
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    select 1, 0, '{}'::text[], '{}'::text[], p.counted, sum(p.spans)::bigint,
      sum(p.errors)::bigint, sum(p.unpriced)::bigint, sum(p.unmeasured)::bigint,
      sum(p.input_tokens), sum(p.output_tokens), sum(p.total_tokens), sum(p.cost_usd),
      app.merge_histograms(array_agg(row(p.latency)::app.histogram)
        filter (where p.latency is not null)),
      app.merge_histograms(array_agg(row(p.time_to_first_token)::app.histogram)
        filter (where p.time_to_first_token is not null))
    from unnest(parts) p group by p.counted;
end
$$;
comment on function app.add_sums(app.sums[]) is
  'All of these sums as one, of model calls and of other spans.';

-- All wholes in one statement: a series has two for each of its pieces.
create function app.take_away(whole app.sums[], parts app.sums[], matched text)
returns setof app.sums
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    with part as (
      select p.point, k.key, p.counted, sum(p.spans)::bigint as spans,
        sum(p.errors)::bigint as errors, sum(p.unpriced)::bigint as unpriced,
        sum(p.unmeasured)::bigint as unmeasured, sum(p.input_tokens) as input_tokens,
        sum(p.output_tokens) as output_tokens, sum(p.total_tokens) as total_tokens,
        sum(p.cost_usd) as cost_usd,
        app.merge_histograms(array_agg(row(p.latency)::app.histogram)
          filter (where p.latency is not null)) as latency,
        app.merge_histograms(array_agg(row(p.time_to_first_token)::app.histogram)
          filter (where p.time_to_first_token is not null)) as time_to_first_token
      from unnest(parts) p cross join lateral (
        select case matched when 'key' then p.key when 'inner_key' then p.inner_key
          else '{}' end as key) k
      group by p.point, k.key, p.counted
    )
    select w.point, w.level, w.key, w.inner_key, w.counted, l.spans, l.errors, l.unpriced,
      l.unmeasured, app.amount_left(w.input_tokens, p.input_tokens, known.usage),
      app.amount_left(w.output_tokens, p.output_tokens, known.usage),
      app.amount_left(w.total_tokens, p.total_tokens, known.usage),
      app.amount_left(w.cost_usd, p.cost_usd, known.cost),
      case when p.latency is null then w.latency else app.entries_left(w.latency, p.latency) end,
      case when p.time_to_first_token is null then w.time_to_first_token
        else app.entries_left(w.time_to_first_token, p.time_to_first_token) end
    from unnest(whole) w
      left join part p on (p.point, p.key, p.counted) = (w.point, w.key, w.counted)
      cross join lateral (
        select w.spans - coalesce(p.spans, 0) as spans, w.errors - coalesce(p.errors, 0) as errors,
          w.unpriced - coalesce(p.unpriced, 0) as unpriced,
          w.unmeasured - coalesce(p.unmeasured, 0) as unmeasured) l
      -- Where nothing is left of an amount, it is known to be nothing by a call whose amount is.
      cross join lateral (
        select p.spans is null or l.spans > l.errors + l.unmeasured as usage,
          p.spans is null or l.spans > l.errors + l.unmeasured + l.unpriced as cost) known
    where l.spans > 0;
end
$$;
comment on function app.take_away(app.sums[], app.sums[], text) is
  'The sums of what is in none of the parts of a whole that has their point and, where it is matched, their key or inner_key.';

create function app.amount_left(whole numeric, part numeric, known boolean) returns numeric
language sql immutable parallel safe
return case when known then whole - coalesce(part, 0)
  else nullif(whole - coalesce(part, 0), 0) end;
comment on function app.amount_left(numeric, numeric, boolean) is
  'What is left of an amount; null where nothing is and no call of a known amount is left.';

create function app.entries_left(whole bigint[], part bigint[]) returns bigint[]
language sql immutable parallel safe
return array(
  select (entry >> 40 << 40) + sum(spans)::bigint
  from (
    select entry, entry & 1099511627775 as spans from unnest(whole) entry
    union all
    select entry, -(entry & 1099511627775) from unnest(part) entry) both_of
  group by entry >> 40 having sum(spans) > 0 order by entry >> 40);
comment on function app.entries_left(bigint[], bigint[]) is
  'What is left of a histogram without another one that is a part of it.';

create function app.read_level(
  asked app.reading, level integer, at_once boolean, kept jsonb, with_histograms boolean
) returns app.sums[]
language plpgsql stable set search_path = ''
as $$
declare
  ranges constant app.sum_range[] := case when at_once then asked.wide else asked.ranges end;
  parts constant app.sums[] := array(select s from app.list_sums(asked, level, ranges, kept) s);
begin
  if not with_histograms then
    return parts;
  end if;
  return array(
    select j from app.join_sums(
      parts, array(select h from app.list_histograms(asked, level, ranges, kept) h)) j);
end
$$;
comment on function app.read_level(app.reading, integer, boolean, jsonb, boolean) is
  'The sums of one level by the pieces of the window, or at once.';

create function app.start_reading(
  tenant text, pieces timestamptz[], bucket text, group_by text, then_by text, kept jsonb
) returns app.reading
language plpgsql stable set search_path = ''
as $$
declare
  asked app.reading;
  finest integer;
begin
  asked.tenant := tenant;
  asked.pieces := pieces;
  asked.group_by := group_by;
  asked.then_by := then_by;
  asked.kept := kept;
  asked.dimensions := array_remove(array[
    app.choose_dimension(tenant, kept, '{}'),
    case when group_by is not null then app.choose_dimension(tenant, kept, array[group_by]) end,
    case when then_by is not null then app.choose_dimension(tenant, kept, array[group_by, then_by]) end],
    null);
  finest := case when bucket = 'minute' then 1
    when asked.dimensions <@ (app.fine_dimensions() || 'raw'::text) then 5 else 60 end;
  asked.ranges := array(select r from app.plan_ranges(tenant, pieces, finest) r);
  asked.wide := array(select r from app.widen_ranges(asked.ranges, finest) r);
  asked.raws := array(select s from app.list_raw_sums(asked) s)
    || array(
      select s from unnest(asked.dimensions) with ordinality d (dimension, place)
        cross join lateral app.list_rich_sums(
          tenant, pieces, d.place::integer - 1, group_by, then_by, kept) s
      where d.dimension = 'raw');
  return asked;
end
$$;
comment on function app.start_reading(text, timestamptz[], text, text, text, jsonb) is
  'Plans the reading of a question and reads what of it is raw.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.outer_name(app.reading, integer), app.inner_name(app.reading, integer),
  app.read_parts(text, text, app.sum_range[], text, text, app.let_in),
  app.list_sums(app.reading, integer, app.sum_range[], jsonb),
  app.list_histograms(app.reading, integer, app.sum_range[], jsonb),
  app.join_sums(app.sums[], app.sums[]), app.add_sums(app.sums[]),
  app.take_away(app.sums[], app.sums[], text), app.amount_left(numeric, numeric, boolean),
  app.entries_left(bigint[], bigint[]),
  app.read_level(app.reading, integer, boolean, jsonb, boolean),
  app.start_reading(text, timestamptz[], text, text, text, jsonb)
  to authenticated, service_role;
