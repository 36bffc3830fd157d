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
  tenant text, pieces timestamptz[], ranges app.sum_range[], shares app.share[],
  wide app.sum_range[], raws app.sums[], dimensions text[], group_by text, then_by text, kept jsonb,
  condition text
);
comment on type app.reading is
  'A question of sums and what of it is read once for all levels: the pieces of its window, their ranges (wide: as one piece) and what of these they share, and the sums of raw rows. dimensions: which one of the roll-ups each level is read from. condition: what is asked of spans beside dimensions, as SQL over span_summaries as s; true: nothing.';

create function app.outer_name(asked app.reading, level integer) returns text
language sql immutable parallel safe
return case when level > 0 then asked.group_by end;
comment on function app.outer_name(app.reading, integer) is 'The dimension of a level''s keys.';

create function app.inner_name(asked app.reading, level integer) returns text
language sql immutable parallel safe
return case when level > 1 then asked.then_by end;
comment on function app.inner_name(app.reading, integer) is 'The dimension of a level''s inner keys.';

create function app.is_by_value(told text, let_in app.let_in) returns boolean
language sql immutable parallel safe
return coalesce(cardinality(let_in.value) <= 50 and told <> all(app.detail_dimensions()), false);
comment on function app.is_by_value(text, app.let_in) is
  'Whether roll-ups of a dimension of many values are looked up value by value, since a filter names a few.';

-- Each range by itself, by the index of buckets: `offset 0` keeps the planner from reading the
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
    offset 0) u
  where not app.is_by_value(told, let_in)
  union all
  select r.point, u.*
  from unnest(ranges) r cross join (select distinct unnest(let_in.value) as value) v
  cross join lateral (
    select app.key_of(outer_name, o), app.key_of(inner_name, o), o.counted, o.spans, o.errors,
      o.unpriced, o.unmeasured, o.input_tokens, o.output_tokens, o.total_tokens, o.cost_usd,
      o.latency, o.time_to_first_token
    from public.roll_ups o
    where o.tenant_id = tenant and o.dimension = told and o.grain = r.grain
      and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
      -- As the index asks that has these.
      and o.value = v.value and o.first_start is not null and app.is_let_in(o, let_in)
    offset 0) u
  where app.is_by_value(told, let_in);
end;
comment on function app.read_parts(text, text, app.sum_range[], text, text, app.let_in) is
  'The roll-ups of a dimension in ranges of time that a filter lets through, by what they say of two dimensions.';

-- By the planner's estimate, which knows no range, few rows come, and these it would sort. Texts are
-- grouped by, and put into arrays afterwards: to tell arrays apart takes twice as long.
create function app.list_sums(
  asked app.reading, wanted integer, at_once boolean, kept jsonb, with_histograms boolean
) returns setof app.sums
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off
as $$
declare
  told constant text := asked.dimensions[wanted + 1];
  ranges constant app.sum_range[] := case when at_once then asked.wide else asked.ranges end;
  outer_name constant text := app.outer_name(asked, wanted);
  inner_name constant text := app.inner_name(asked, wanted);
  let_in constant app.let_in := app.read_filter(kept, told);
begin
  return query
    with part as (
      select p.point, p.key, p.inner_key, p.counted, p.spans, p.errors, p.unpriced, p.unmeasured,
        p.input_tokens, p.output_tokens, p.total_tokens, p.cost_usd, p.latency, p.time_to_first_token
      from app.read_parts(asked.tenant, told, ranges, outer_name, inner_name, let_in) p
      union all
      select case when at_once then 1 else w.point end, w.key, w.inner_key, w.counted,
        w.spans, w.errors, w.unpriced, w.unmeasured, w.input_tokens, w.output_tokens,
        w.total_tokens, w.cost_usd, w.latency, w.time_to_first_token
      from unnest(asked.raws) w
      where w.level = wanted and app.is_kept(w.key[1], app.kept_values(kept, outer_name))
    ),
    added as (
      select p.point, p.key[1] as value, p.key[2] as provider, p.inner_key[1] as inner_value,
        p.inner_key[2] as inner_provider, p.counted, sum(p.spans)::bigint as spans,
        sum(p.errors)::bigint as errors, sum(p.unpriced)::bigint as unpriced,
        sum(p.unmeasured)::bigint as unmeasured, sum(p.input_tokens) as input_tokens,
        sum(p.output_tokens) as output_tokens, sum(p.total_tokens) as total_tokens,
        sum(p.cost_usd) as cost_usd,
        array_agg(row(p.latency)::app.histogram) filter (where with_histograms) as latency,
        array_agg(row(p.time_to_first_token)::app.histogram)
          filter (where with_histograms and p.time_to_first_token is not null) as first_token
      from part p group by 1, 2, 3, 4, 5, 6
    )
    select a.point, wanted, app.to_key(outer_name, a.value, a.provider),
      app.to_key(inner_name, a.inner_value, a.inner_provider), a.counted, a.spans, a.errors,
      a.unpriced, a.unmeasured, a.input_tokens, a.output_tokens, a.total_tokens, a.cost_usd,
      app.merge_histograms(a.latency), app.merge_histograms(a.first_token)
    from added a;
end
$$;
comment on function app.list_sums(app.reading, integer, boolean, jsonb, boolean) is
  'The sums of one level by the pieces of the window, and by what these share, or at once, raw ones among them.';

create function app.to_key(name text, value text, provider text) returns text[]
language sql immutable parallel safe
return case when name is null then '{}'::text[]
  when name = 'model' then array[value, provider] else array[value] end;
comment on function app.to_key(text, text, text) is
  'A value of a dimension, with the provider of a model, as app.sums has it.';

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

create function app.to_sums(told app.sums, point integer, key text[], inner_key text[])
returns app.sums
language sql immutable parallel safe
return row(point, told.level, key, inner_key, told.counted, told.spans, told.errors, told.unpriced,
  told.unmeasured, told.input_tokens, told.output_tokens, told.total_tokens, told.cost_usd,
  told.latency, told.time_to_first_token)::app.sums;
comment on function app.to_sums(app.sums, integer, text[], text[]) is
  'The same sums as those of another piece and of other keys.';

-- All in one statement: a series has two for each of its pieces.
create function app.take_away(whole app.sums[], parts app.sums[]) returns setof app.sums
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    with told as (
      select true as added, w.* from unnest(whole) w
      union all select false, p.* from unnest(parts) p
    ),
    summed as (
      select t.point, max(t.level) as level, t.key, t.inner_key, t.counted,
        count(*) filter (where not added) as taken,
        sum(case when added then t.spans else -t.spans end)::bigint as spans,
        sum(case when added then t.errors else -t.errors end)::bigint as errors,
        sum(case when added then t.unpriced else -t.unpriced end)::bigint as unpriced,
        sum(case when added then t.unmeasured else -t.unmeasured end)::bigint as unmeasured,
        sum(t.input_tokens) filter (where added) as input_tokens,
        sum(t.input_tokens) filter (where not added) as input_taken,
        sum(t.output_tokens) filter (where added) as output_tokens,
        sum(t.output_tokens) filter (where not added) as output_taken,
        sum(t.total_tokens) filter (where added) as total_tokens,
        sum(t.total_tokens) filter (where not added) as total_taken,
        sum(t.cost_usd) filter (where added) as cost_usd,
        sum(t.cost_usd) filter (where not added) as cost_taken,
        array_agg(row(t.latency)::app.histogram)
          filter (where added and t.latency is not null) as latency,
        array_agg(row(t.latency)::app.histogram)
          filter (where not added and t.latency is not null) as latency_taken,
        array_agg(row(t.time_to_first_token)::app.histogram)
          filter (where added and t.time_to_first_token is not null) as first_token,
        array_agg(row(t.time_to_first_token)::app.histogram)
          filter (where not added and t.time_to_first_token is not null) as first_token_taken
      from told t group by t.point, t.key, t.inner_key, t.counted
      having bool_or(added)
    )
    select s.point, s.level, s.key, s.inner_key, s.counted, s.spans, s.errors, s.unpriced,
      s.unmeasured, app.amount_left(s.input_tokens, s.input_taken, known.usage),
      app.amount_left(s.output_tokens, s.output_taken, known.usage),
      app.amount_left(s.total_tokens, s.total_taken, known.usage),
      app.amount_left(s.cost_usd, s.cost_taken, known.cost),
      app.merge_histograms(s.latency, s.latency_taken),
      app.merge_histograms(s.first_token, s.first_token_taken)
    from summed s
      -- Where nothing is left of an amount, it is known to be nothing by a call whose amount is.
      cross join lateral (
        select s.taken = 0 or s.spans > s.errors + s.unmeasured as usage,
          s.taken = 0 or s.spans > s.errors + s.unmeasured + s.unpriced as cost) known
    where s.spans > 0;
end
$$;
comment on function app.take_away(app.sums[], app.sums[]) is
  'The sums of one or more wholes without parts of the same piece and keys.';

create function app.amount_left(whole numeric, part numeric, known boolean) returns numeric
language sql immutable parallel safe
return case when known then whole - coalesce(part, 0)
  else nullif(whole - coalesce(part, 0), 0) end;
comment on function app.amount_left(numeric, numeric, boolean) is
  'What is left of an amount; null where nothing is and no call of a known amount is left.';

create function app.entries_left(whole bigint[], part bigint[]) returns bigint[]
language sql immutable parallel safe
return app.merge_histograms(array[row(whole)::app.histogram], array[row(part)::app.histogram]);
comment on function app.entries_left(bigint[], bigint[]) is
  'What is left of a histogram without another one that is a part of it.';

create function app.settle_shares(shares app.share[], parts app.sums[]) returns setof app.sums
language plpgsql immutable set search_path = ''
as $$
begin
  return query
    select * from app.take_away(
      array(
        select app.to_sums(p, coalesce(s.piece, p.point), p.key, p.inner_key)
        from unnest(parts) p left join unnest(shares) s on s.point = p.point),
      array(
        select app.to_sums(p, s.outside, p.key, p.inner_key)
        from unnest(parts) p join unnest(shares) s on s.point = p.point));
end
$$;
comment on function app.settle_shares(app.share[], app.sums[]) is
  'Sums by the pieces of a window, of sums by pieces and by what these share.';

create function app.read_level(
  asked app.reading, level integer, at_once boolean, kept jsonb, with_histograms boolean
) returns app.sums[]
language plpgsql stable set search_path = ''
as $$
declare
  parts constant app.sums[] := array(
    select s from app.list_sums(asked, level, at_once, kept, with_histograms) s);
begin
  if at_once or asked.shares = '{}' then
    return parts;
  end if;
  return array(select s from app.settle_shares(asked.shares, parts) s);
end
$$;
comment on function app.read_level(app.reading, integer, boolean, jsonb, boolean) is
  'The sums of one level by the pieces of the window, or at once.';

create function app.start_reading(
  tenant text, pieces timestamptz[], bucket text, group_by text, then_by text, kept jsonb,
  condition text default 'true'
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
  asked.condition := condition;
  asked.dimensions := array_remove(array[
    app.choose_dimension(tenant, kept, '{}'),
    case when group_by is not null then app.choose_dimension(tenant, kept, array[group_by]) end,
    case when then_by is not null then app.choose_dimension(tenant, kept, array[group_by, then_by]) end],
    null);
  if condition <> 'true' then
    asked.dimensions := array_fill('raw'::text, array[cardinality(asked.dimensions)]);
  end if;
  finest := case when bucket = 'minute' then 1
    when asked.dimensions <@ (app.fine_dimensions() || 'raw'::text) then 5 else 60 end;
  asked.ranges := array(select r from app.plan_ranges(tenant, pieces, finest) r);
  asked.wide := array(select r from app.widen_ranges(asked.ranges, finest) r);
  asked.shares := array(
    select s from app.list_shares(asked.ranges, cardinality(pieces)) s where bucket = 'day');
  asked.ranges := array(select r from app.share_days(asked.ranges, asked.shares) r);
  asked.raws := array(select s from app.list_raw_sums(asked) s)
    || array(
      select s from unnest(asked.dimensions) with ordinality d (dimension, place)
        cross join lateral app.list_rich_sums(asked, d.place::integer - 1) s
      where d.dimension = 'raw');
  return asked;
end
$$;
comment on function app.start_reading(text, timestamptz[], text, text, text, jsonb, text) is
  'Plans the reading of a question and reads what of it is raw.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.outer_name(app.reading, integer), app.inner_name(app.reading, integer),
  app.is_by_value(text, app.let_in),
  app.read_parts(text, text, app.sum_range[], text, text, app.let_in),
  app.list_sums(app.reading, integer, boolean, jsonb, boolean),
  app.to_key(text, text, text), app.settle_shares(app.share[], app.sums[]),
  app.add_sums(app.sums[]),
  app.to_sums(app.sums, integer, text[], text[]), app.take_away(app.sums[], app.sums[]), app.amount_left(numeric, numeric, boolean),
  app.entries_left(bigint[], bigint[]),
  app.read_level(app.reading, integer, boolean, jsonb, boolean),
  app.start_reading(text, timestamptz[], text, text, text, jsonb, text)
  to authenticated, service_role;
