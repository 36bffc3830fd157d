-- Sums of raw rows: of ranges whose hours changed or are cut, and all of what no roll-up tells apart.

create function app.list_raw_sums(asked app.reading) returns setof app.sums
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  -- Pieces of a minute are read at once: so many readings would take longer.
  by_minute constant boolean := asked.pieces[2] - asked.pieces[1] <= interval '1 minute';
  since constant timestamptz := asked.pieces[1];
  until constant timestamptz := asked.pieces[cardinality(asked.pieces)];
  read constant text[] := array(
    select distinct dimension from unnest(asked.dimensions) dimension where dimension <> 'raw');
begin
  return query
    with part as (
      select r.point, r.since, r.until from unnest(asked.ranges) r where r.raw and not by_minute
      union all
      select null, since, until where by_minute
    ),
    found as (
      select coalesce(p.point, greatest(1, width_bucket((s).bucket_start, asked.pieces))) as point,
        s as told
      from part p cross join lateral app.sum_spans(
        asked.tenant, p.since, p.until, case when by_minute then 1 else 1440 end,
        read, without_buckets => true) s
    )
    select f.point, l.level::integer - 1, app.key_of(app.outer_name(asked, l.level::integer - 1), f.told) as key,
      app.key_of(app.inner_name(asked, l.level::integer - 1), f.told) as inner_key,
      (f.told).counted, sum((f.told).spans)::bigint, sum((f.told).errors)::bigint,
      sum((f.told).unpriced)::bigint, sum((f.told).unmeasured)::bigint,
      sum((f.told).input_tokens), sum((f.told).output_tokens), sum((f.told).total_tokens),
      sum((f.told).cost_usd),
      app.merge_histograms(array_agg(row((f.told).latency)::app.histogram)
        filter (where (f.told).latency is not null)),
      app.merge_histograms(array_agg(row((f.told).time_to_first_token)::app.histogram)
        filter (where (f.told).time_to_first_token is not null))
    from found f
      join unnest(asked.dimensions) with ordinality l (dimension, level)
        on l.dimension = (f.told).dimension
    where asked.kept = '{}'
      or app.is_let_in(f.told, app.read_filter(asked.kept, (f.told).dimension))
    group by f.point, l.level, key, inner_key, (f.told).counted;
end
$$;
comment on function app.list_raw_sums(app.reading) is
  'Sums of the raw rows of the ranges that are raw, of all levels that have roll-ups at once.';

-- Two dimensions of which one has many values, and tags that are not kept.

create function app.dimension_expression(name text) returns text
language sql immutable set search_path = ''
as $$
  select case name
    when 'environment' then 's.environment' when 'service' then 's.service_name'
    when 'operation' then 's.operation' when 'provider' then 's.provider'
    when 'model' then 'coalesce(s.canonical_model, s.request_model, s.model)'
    when 'user' then 'coalesce(s.user_id, t.user_id)' when 'customer' then 'coalesce(s.customer_id, t.customer_id)'
    when 'session' then 'coalesce(s.session_id, t.session_id, s.chained_session_id, t.chained_session_id)'
    when 'agent' then 's.agent_name'
    when 'tool' then 's.tool_name' when 'api_key' then 's.api_key_id'
    when 'release' then 's.release'
    when 'prompt' then $e$s.prompt_name || coalesce('@' || s.prompt_version, '')$e$
    when 'error_type' then $e$case when s.status = 'error' then coalesce(s.error_type, '_OTHER') end$e$
    else format('s.tags ->> %L', substr(name, 5)) end
$$;
comment on function app.dimension_expression(text) is
  'What a span says of a dimension, as SQL over spans as s and what is its trace''s as t (app.find_attribution): the same that app.sum_spans sums by.';

create function app.key_expression(name text) returns text
language sql immutable set search_path = ''
as $$
  select case when name is null then $e$'{}'::text[]$e$
    else format(case when name = 'model' then 'array[%1$s, case when %1$s is not null then s.provider end]'
      else 'array[%1$s]' end, app.dimension_expression(name)) end
$$;
comment on function app.key_expression(text) is 'The same as app.sums has it.';

create function app.kept_expression(kept jsonb) returns text
language sql immutable set search_path = ''
as $$
  select coalesce(string_agg(format(case when k.value ? 'none_of' then ' and (%1$s = any(%2$L::text[])%3$s) is not true'
      else ' and (%1$s = any(%2$L::text[])%3$s)' end,
    app.dimension_expression(k.key), coalesce(app.kept_values(kept, k.key), app.left_values(kept, k.key)),
    case when coalesce(k.value -> 'none_of', k.value) @> '[null]'
      then format(' or (%s) is null', app.dimension_expression(k.key)) else '' end), ''), '')
  from jsonb_each(kept) k
$$;
comment on function app.kept_expression(jsonb) is
  'A filter as SQL over spans as s and what is its trace''s as t; each value is a literal.';

create function app.attribution_expression(names text[]) returns text
language sql immutable set search_path = ''
as $$
  select coalesce('left join lateral app.find_attribution(s.tenant_id, s.trace_id, '
    || string_agg(format('s.%I is null', name || '_id'), ' or ') || ') t on true', '')
  from unnest(names) name where name in ('user', 'session', 'customer')
$$;
comment on function app.attribution_expression(text[]) is
  'What a call has of its trace, as SQL behind spans as s; nothing where no dimension of these asks for it.';

create function app.list_rich(kept jsonb, groups text[]) returns text[]
language sql immutable parallel safe
return array(
  select name from (select jsonb_object_keys(kept) union select unnest(array_remove(groups, null))) n (name)
  where name <> all(app.detail_dimensions()));
comment on function app.list_rich(jsonb, text[]) is
  'Those dimensions that a filter or groups name and that are told of calls alone: people, sessions and tags.';

-- The spans that sums have: see app.sum_details. Of people, sessions and tags, calls alone are told, as
-- in roll-ups. Planned anew for each filter.
create function app.list_rich_sums(asked app.reading, level integer) returns setof app.sums
language plpgsql stable set search_path = ''
as $$
declare
  outer_name constant text := app.outer_name(asked, level);
  inner_name constant text := app.inner_name(asked, level);
begin
  return query execute format($query$
    with told as (
      select width_bucket(s.start_time, $2) as point, %s as key, %s as inner_key, s.counted,
        s.status = 'error' as failed, s.unpriced, s.unmeasured,
        case when s.counted then s.input_tokens end as input_tokens,
        case when s.counted then s.output_tokens end as output_tokens,
        case when s.counted then s.total_tokens end as total_tokens,
        case when s.counted then s.cost_usd end as cost_usd,
        app.to_entry(s.duration_ms) as latency,
        case when s.counted then app.to_entry(s.time_to_first_token_ms) end as first_token
      from public.span_summaries s %s
      where s.tenant_id = $1 and s.start_time >= $2[1] and s.start_time < $2[cardinality($2)]
        and s.misdated is null and %s%s and %s
    )
    select point, $3, key, inner_key, counted, count(*), count(*) filter (where failed),
      count(*) filter (where unpriced), count(*) filter (where unmeasured), sum(input_tokens),
      sum(output_tokens), sum(total_tokens), sum(cost_usd),
      app.merge_histogram(array_agg(latency)),
      app.merge_histogram(array_agg(first_token) filter (where first_token is not null))
    from told group by point, key, inner_key, counted$query$,
    app.key_expression(outer_name), app.key_expression(inner_name),
    app.attribution_expression(
      array(select jsonb_object_keys(asked.kept)) || array_remove(array[outer_name, inner_name], null)),
    case when app.list_rich(asked.kept, array[outer_name, inner_name]) <> '{}' then 's.counted'
      else '(s.counted or s.status = ''error'' or not s.countable and s.operation is not null)' end,
    app.kept_expression(asked.kept), asked.condition)
  using asked.tenant, asked.pieces, level;
end
$$;
comment on function app.list_rich_sums(app.reading, integer) is
  'The sums of one level over all raw rows of the pieces that the condition lets through, with their histograms.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.list_raw_sums(app.reading), app.dimension_expression(text), app.key_expression(text),
  app.kept_expression(jsonb), app.attribution_expression(text[]),
  app.list_rich(jsonb, text[]), app.list_rich_sums(app.reading, integer)
  to authenticated, service_role;
