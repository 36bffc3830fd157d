-- Facets: the values of fields and how many rows have each, by which a list is narrowed and a filter
-- completed. Of rows where a filter is asked or they are few, else of sums.

create type app.facet as (
  place integer, name text, kind text, shape text, expression text, of_span text, unlisted text,
  within text, dimension text);
comment on type app.facet is
  'A field of which values are counted, with its place in the answer: kind is that of its type (app.field_type.facet); shape says whether expression, SQL over a row, gives one value, a list, or, as deep, a value of each span of a trace. dimension is the one of the roll-ups that tells its values apart, where it has few.';

create type app.told_value as (place integer, value text, amount numeric);
comment on type app.told_value is
  'A value of a facet and on how many rows it is; of a flag true, of a range its least and its most.';

create type app.row_keys as (starts timestamptz[], traces text[], spans text[]);
comment on type app.row_keys is 'The keys of rows of a list, newest first; of traces without spans.';

create function app.to_dimension(field app.field) returns text
language sql immutable set search_path = ''
as $$
  select case
    when field.name = any(app.detail_dimensions()) then field.name
    when field.name = 'feature' then 'tag:feature'
    when field.name like 'tag:%' then field.name
    when field.name in ('failed', 'counted', 'summed', 'unpriced', 'unmeasured') then 'total' end
$$;
comment on function app.to_dimension(app.field) is
  'The dimension of the roll-ups that has the values of a field, or the sums of a flag; null for people and sessions, of whom there are too many to read, and for what no sum tells.';

create function app.list_facet_names(kind text, tenant text) returns text[]
language sql stable set search_path = ''
as $$
  select array(
      select f.name from app.list_fields() with ordinality f join app.list_field_types() t on t.name = f.type
      where t.facet is not null and case kind when 'spans' then f.of_span is not null
        else t.facet <> 'range' or f.of_trace is not null end
      order by f.ordinality)
    || array(
      select 'tag:' || key from public.tenants n cross join unnest(n.tag_dimensions) key
      where n.tenant_id = tenant and key <> 'feature')
$$;
comment on function app.list_facet_names(text, text) is
  'The names of the fields that have facets, with the tags by which the tenant keeps sums.';

create function app.facet_names_argument(arguments jsonb, kind text, tenant text) returns text[]
language sql stable set search_path = ''
as $$
  select case when coalesce(arguments -> 'fields', 'null') = 'null' then app.list_facet_names(kind, tenant)
    else app.names_argument(arguments, 'fields', 'fields are not 1 to 64 names of fields.',
      'Send {"fields": ["model", "tag:plan"]}.') end
$$;
comment on function app.facet_names_argument(jsonb, text, text) is
  'The fields that facets are asked of: those that are named, else all that have some.';

create function app.to_facet(
  place bigint, field app.field, counted text, kind text, kept text[]
) returns app.facet
language plpgsql immutable set search_path = ''
as $$
declare
  dimension constant text := app.to_dimension(field);
  shape constant text := case when kind = 'spans' or field.of_trace is not null then 'one'
    -- A failed span may tell no type, and traces that failed are many.
    when field.listed is not null and field.name <> 'error_type' then 'list' else 'deep' end;
begin
  if counted is null or counted = 'range' and shape = 'deep' then
    raise invalid_parameter_value using
      message = format('%s has no values to count.', field.name),
      hint = format('Choose one of %s, tag:<key>.', array_to_string(app.list_facet_names(kind, null), ', '));
  end if;
  return row(place::integer, field.name, counted, shape,
    case when kind = 'spans' or shape = 'deep' then field.of_span else coalesce(field.of_trace, field.listed) end,
    field.of_span, field.unlisted, field.within,
    case when dimension = any(kept) then dimension end)::app.facet;
end
$$;
comment on function app.to_facet(bigint, app.field, text, text, text[]) is
  'A field as a facet of the rows of a kind; one that has no values to count is refused. kept are the dimensions of the tenant''s sums.';

create function app.choose_facets(arguments jsonb, kind text, tenant text) returns app.facet[]
language plpgsql stable set search_path = ''
as $$
declare
  names constant text[] := app.facet_names_argument(arguments, kind, tenant);
  kept constant text[] := app.list_dimensions(tenant);
  types constant jsonb := (select jsonb_object_agg(t.name, t.facet) from app.list_field_types() t);
  known constant app.field[] := array(select f from app.list_fields() f);
  facets app.facet[] := '{}';
  field app.field;
begin
  for place in 1 .. cardinality(names) loop
    select k.* into field from unnest(known) k where k.name = names[place];
    -- Also of one that is not there: it is refused with the nearest.
    if field.name is null or kind = 'spans' and field.of_span is null then
      field := app.find_field(names[place], kind);
    end if;
    facets := facets || app.to_facet(place, field, types ->> field.type, kind, kept);
  end loop;
  if arguments ->> 'q' is not null and (cardinality(facets) > 1 or facets[1].kind <> 'value') then
    raise invalid_parameter_value using
      message = 'Values that start with a text are of one field.',
      hint = 'Name one field that has values, such as {"fields": ["model"], "q": "gpt"}.';
  end if;
  return facets;
end
$$;
comment on function app.choose_facets(jsonb, text, text) is 'The facets that are asked for, in order.';

create function app.filter_window(arguments jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'field', 'started', 'op', b.op, 'values', jsonb_build_array(arguments -> b.name))), '[]')
  from (values ('start', 'ge'), ('end', 'lt')) b (name, op)
  where coalesce(arguments -> b.name, 'null') <> 'null'
$$;
comment on function app.filter_window(jsonb) is 'The start and the end of an argument as filters.';

create function app.keep_prefix(prefix text) returns text
language sql immutable set search_path = ''
as $$
  select case when prefix is null then ''
    else format(' and starts_with(lower(f.value), lower(%L))', prefix) end
$$;
comment on function app.keep_prefix(text) is
  'The values f that start with a text, in upper or lower case, as SQL; of none given all.';

create function app.find_keys(arguments jsonb, kind text, room integer) returns app.row_keys
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select row(array_agg(m.start_time), array_agg(m.trace_id), array_agg(m.span_id))::app.row_keys
    from app.match_rows(arguments || jsonb_build_object('most', room), kind) m);
end
$$;
comment on function app.find_keys(jsonb, text, integer) is
  'The keys of the newest rows that filters let through.';

create function app.write_column(facet app.facet) returns text
language sql immutable set search_path = ''
as $$
  select format(case when facet.shape = 'list' then '%1$s as v%2$s, %3$s as u%2$s'
    when facet.kind = 'flag' then 'case when %1$s then ''true'' end as v%2$s'
    when facet.kind = 'range' then '%1$s as v%2$s' else '(%1$s)::text as v%2$s' end,
    facet.expression, facet.place, facet.unlisted)
$$;
comment on function app.write_column(app.facet) is
  'What a row says of a facet, as a column in SQL; beside a list, whether it may not have all.';

create function app.write_columns(facets app.facet[]) returns text
language sql immutable set search_path = ''
as $$ select string_agg(app.write_column(f), ', ' order by f.place) from unnest(facets) f $$;
comment on function app.write_columns(app.facet[]) is 'What a row says of facets, as columns in SQL.';

-- One pass over the rows tells apart the values of all fields, by a hash table each. Lists are told
-- apart whole, and taken apart when they are few.
create function app.write_groups(facets app.facet[], of_row text) returns text
language sql immutable set search_path = ''
as $$
  select format('select case %s end as place, case %s else null end as told, '
      'case %s else null::text[] end as listed%s from base b where b.n <= $4 group by grouping sets (%s)',
    string_agg(format('when grouping(b.v%1$s) = 0 then %1$s', f.place), ' '),
    coalesce(string_agg(format('when grouping(b.v%1$s) = 0 then b.v%1$s', f.place), ' ')
      filter (where f.shape <> 'list'), 'when false then ''x'''),
    coalesce(string_agg(format('when grouping(b.v%1$s) = 0 then b.v%1$s', f.place), ' ')
      filter (where f.shape = 'list'), 'when false then ''{}''::text[]'),
    case when of_row is null then ', count(*) as amount' else '' end,
    string_agg(format('(%sb.v%s)', of_row || ', ', f.place), ', '))
  from unnest(facets) f where f.kind <> 'range' having count(*) > 0
$$;
comment on function app.write_groups(app.facet[], text) is
  'The values of rows b, each with how many rows there are of it, as SQL; or, with the name of what rows are of, once for each of these.';

create function app.write_ranges(facets app.facet[]) returns text
language sql immutable set search_path = ''
as $$
  select format('select f.place, f.value, f.amount from (select %s from base b where b.n <= $4) r '
    'cross join lateral (values %s) f (place, value, amount)',
    string_agg(format('min(b.v%1$s)::numeric as least%1$s, max(b.v%1$s)::numeric as most%1$s', f.place), ', '),
    string_agg(format('(%1$s, ''least'', r.least%1$s), (%1$s, ''most'', r.most%1$s)', f.place), ', '))
  from unnest(facets) f where f.kind = 'range' having count(*) > 0
$$;
comment on function app.write_ranges(app.facet[]) is 'The least and the most that rows b tell, as SQL.';

-- `offset 0`: as app.ask_trace has it.
create function app.write_unlisted(tenant text, facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    select f.place, f.value, count(distinct f.trace_id)::numeric from (
      select b.trace_id, v.place, v.value from (select * from base b where b.n <= $4 and (%s)) b
      cross join lateral (
        select s.* from public.span_summaries s where s.tenant_id = %L and s.trace_id = b.trace_id
          and s.start_time between b.earliest and b.latest offset 0) s
      cross join lateral (values %s) v (place, value)) f
    where f.value is not null%s group by 1, 2$query$,
    string_agg('b.u' || f.place, ' or '), tenant,
    string_agg(format('(%1$s, case when b.u%1$s and %2$s and not coalesce(%3$s = any(b.v%1$s), false) '
      'then %3$s end)', f.place, coalesce(f.within, 'true'), '(' || f.of_span || ')'), ', '),
    app.keep_prefix(prefix))
  from unnest(facets) f where f.shape = 'list' having count(*) > 0
$$;
comment on function app.write_unlisted(text, app.facet[], text) is
  'Counts, as SQL, the traces b with a value that a span of them tells and that they have no room to list.';

create function app.write_counts(tenant text, facets app.facet[], prefix text, base text) returns text
language sql immutable set search_path = ''
as $$
  select format('with base as materialized (%s) select f.place, f.value, sum(f.amount) from (%s) f group by 1, 2',
    base, concat_ws(' union all ',
      'select 0 as place, ''rows'' as value, count(*)::numeric as amount from base',
      (select format('select g.place, f.value, g.amount from (%s) g cross join lateral '
          'unnest(coalesce(g.listed, array[g.told])) f (value) where f.value is not null%s',
        groups, app.keep_prefix(prefix))
      from app.write_groups(facets, null) groups where groups is not null),
      app.write_ranges(facets), app.write_unlisted(tenant, facets, prefix)))
$$;
comment on function app.write_counts(text, app.facet[], text, text) is
  'The values of the rows that a statement gives, n of them, and how many rows these are, as SQL.';

create function app.write_row_columns(facets app.facet[], kind text) returns text
language sql immutable set search_path = ''
as $$
  select concat_ws(', ', case kind when 'traces' then 't.trace_id, t.earliest, t.latest' end,
    app.write_columns(facets))
$$;
comment on function app.write_row_columns(app.facet[], text) is
  'What rows of a list say of facets, as columns in SQL.';

create function app.compile_window(arguments jsonb, kind text) returns text
language sql stable set search_path = ''
as $$
  select coalesce(string_agg(app.compile_filter(f, kind) || ' and ', ''), '')
    || app.compile_dating(arguments -> 'filters', kind)
  from jsonb_array_elements(app.filter_window(arguments)) f
$$;
comment on function app.compile_window(jsonb, text) is
  'The rows of a window, well dated unless filters name others, as SQL.';

create function app.most_scanned() returns integer
language sql immutable parallel safe
return 200000;
comment on function app.most_scanned() is 'So many rows are read on for those that filters let through.';

create function app.write_scan(
  arguments jsonb, kind text, tenant text, facets app.facet[], room integer
) returns text
language sql stable set search_path = ''
as $$
  select format('select row_number() over () as n, k.* from (select %1$s from ('
      'select %3$s.* from public.%2$s %3$s where %3$s.tenant_id = %4$L and %5$s '
      'order by %3$s.start_time desc, %3$s.trace_id desc%6$s limit %7$s) %3$s where %8$s limit %9$s) k',
    app.write_row_columns(facets, kind),
    case kind when 'spans' then 'span_summaries' else 'trace_summaries' end, left(kind, 1), tenant,
    app.compile_window(arguments, kind),
    case kind when 'spans' then ', s.span_id desc' else '' end, app.most_scanned(),
    app.compile_question(arguments, kind), room + 1)
$$;
comment on function app.write_scan(jsonb, text, text, app.facet[], integer) is
  'What the newest rows that filters let through say of facets, as SQL that reads a list row by row.';

create function app.write_lookup(keys app.row_keys, kind text, tenant text, facets app.facet[])
returns text
language sql immutable set search_path = ''
as $$
  select format(case kind when 'spans' then $query$
    select k.n, %1$s from unnest($1, $2, $3) with ordinality k (start_time, trace_id, span_id, n)
    join public.span_summaries s on s.tenant_id = %2$L and s.trace_id = k.trace_id
      and s.span_id = k.span_id and s.start_time = k.start_time
      and s.start_time between %3$L::timestamptz and %4$L::timestamptz$query$
    else $query$
    select k.n, %1$s from unnest($2) with ordinality k (trace_id, n)
    join public.trace_summaries t on t.tenant_id = %2$L and t.trace_id = k.trace_id$query$ end,
    app.write_row_columns(facets, kind), tenant, keys.starts[cardinality(keys.starts)], keys.starts[1])
$$;
comment on function app.write_lookup(app.row_keys, text, text, app.facet[]) is
  'What rows of these keys say of facets, as SQL.';

-- `offset 0`: as app.ask_trace has it.
create function app.write_deep(tenant text, facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    with base as materialized (
      select k.n, %1$s from unnest($2) with ordinality k (trace_id, n)
      join public.trace_summaries t on t.tenant_id = %2$L and t.trace_id = k.trace_id
      cross join lateral (
        select s.* from public.span_summaries s where s.tenant_id = %2$L and s.trace_id = t.trace_id
          and s.start_time between t.earliest and t.latest offset 0) s
      where k.n <= $4)
    select 0 as place, 'rows' as value, cardinality($2)::numeric as amount
    union all
    select f.place, f.told, count(*) from (%3$s) f (place, told, listed)
    where f.told is not null%4$s group by 1, 2$query$,
    app.write_columns(facets), tenant, app.write_groups(facets, 'b.n'),
    replace(app.keep_prefix(prefix), 'f.value', 'f.told'))
$$;
comment on function app.write_deep(text, app.facet[], text) is
  'The values that any span of traces of these keys tells, as SQL.';

-- Sums are of the spans that app.sum_details and app.sum_values read; those of hours that changed
-- are counted here.
create function app.write_raw_sums(tenant text, facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    select f.place, f.value, count(*)::numeric from unnest($5) r
    cross join lateral (
      select s.* from public.span_summaries s
      where r.raw and s.tenant_id = %L and s.start_time >= r.since and s.start_time < r.until
        and %s offset 0) s
    cross join lateral (values %s) f (place, value)
    where f.value is not null%s group by 1, 2$query$, tenant,
    (select l.of_span from app.list_fields() l where l.name = 'summed'),
    string_agg(format(case when f.kind = 'flag' then '(%1$s, case when %2$s then ''true'' end)'
      when f.dimension like 'tag:%%' then '(%1$s, case when s.counted then %2$s end)'
      else '(%1$s, %2$s)' end, f.place, f.of_span), ', '), app.keep_prefix(prefix))
  from unnest(facets) f
$$;
comment on function app.write_raw_sums(text, app.facet[], text) is
  'Counts the values of the spans that sums are of, in ranges ($5) that are raw, as SQL.';

create function app.write_kept_sums(tenant text, prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    select f.place, f.value, f.amount from (
      select d.place, case d.kind when 'flag' then 'true' else o.value end as value,
        sum(case d.name when 'failed' then o.errors when 'unpriced' then o.unpriced
          when 'unmeasured' then o.unmeasured else o.spans end)::numeric as amount
      from unnest($6) d cross join unnest($5) r
      cross join lateral (
        select u.value, u.spans, u.errors, u.unpriced, u.unmeasured from public.roll_ups u
        where u.tenant_id = %L and u.dimension = d.dimension and u.grain = r.grain
          and u.bucket_start >= r.since and u.bucket_start < r.until and (u.taken or not r.raw)
          and (u.counted or d.name <> 'counted') offset 0) o
      group by 1, 2) f
    where f.amount > 0%s$query$, tenant, app.keep_prefix(prefix))
$$;
comment on function app.write_kept_sums(text, text) is
  'The values of a tenant''s roll-ups in ranges ($5) by facets ($6), as SQL.';

create function app.few_rows() returns integer
language sql immutable parallel safe
return 1000;
comment on function app.few_rows() is
  'So many rows are counted one by one where no filter is asked; of more, sums are read.';

create function app.has_more_rows(
  kind text, tenant text, since timestamptz, until timestamptz, most integer
) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return most < case kind
    when 'spans' then (select count(*) from (
      select from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until limit most + 1) n)
    else (select count(*) from (
      select from public.traces t
      where t.tenant_id = tenant and t.start_time >= since and t.start_time < until limit most + 1) n) end;
end
$$;
comment on function app.has_more_rows(text, text, timestamptz, timestamptz, integer) is
  'Whether more rows than so many start in a window.';

create function app.describe_facet(facet app.facet, told jsonb, counts text, over jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object('place', facet.place, 'kind', facet.kind, 'field', facet.name, 'over', over,
      'counts', case
        when counts = 'operations' and (facet.dimension like 'tag:%'
          or facet.name in ('counted', 'unpriced', 'unmeasured')) then 'calls'
        else counts end)
    || case facet.kind
      when 'value' then jsonb_build_object(
        'values', coalesce(told -> 'values', '[]'), 'others', coalesce(told -> 'others', '0'))
      when 'flag' then jsonb_build_object('count', coalesce(told -> 'values' -> 0 -> 'count', '0'))
      else jsonb_build_object(
        'least', jsonb_path_query_first(told, '$.values[*] ? (@.value == "least").count'),
        'most', jsonb_path_query_first(told, '$.values[*] ? (@.value == "most").count')) end
$$;
comment on function app.describe_facet(app.facet, jsonb, text, jsonb) is
  'A facet as JSON, with what its counts are counts of and over how many rows.';

create function app.rank_values(
  statement text, keys app.row_keys, room integer, ranges app.sum_range[], facets app.facet[], top integer
) returns jsonb
-- One hash table for each field, whatever the planner thinks of their number.
language plpgsql stable set search_path = '' set enable_sort = off set work_mem = '32MB'
as $$
declare
  told jsonb;
begin
  execute format($query$
    select jsonb_object_agg(r.place, r.told) from (
      select c.place, jsonb_build_object('others', greatest(max(c.of) - %1$s, 0), 'values',
        jsonb_agg(jsonb_build_object('value', c.value, 'count', c.amount) order by c.rank)
          filter (where c.rank <= %1$s or c.place = any(%3$L::integer[]))) as told
      from (
        select v.place, v.value, v.amount, count(*) over (partition by v.place) as of,
          row_number() over (partition by v.place order by v.amount desc, v.value) as rank
        from (%2$s) v (place, value, amount)) c
      group by c.place) r$query$, top, statement,
    array(select f.place from unnest(facets) f where f.kind = 'range'))
    into told using keys.starts, keys.traces, keys.spans, room, ranges, facets;
  return coalesce(told, '{}');
end
$$;
comment on function app.rank_values(text, app.row_keys, integer, app.sum_range[], app.facet[], integer) is
  'By the places of facets, the values that most rows have and how many others there are, of a statement that gives app.told_value.';

create function app.find_total(told jsonb) returns integer
language sql immutable set search_path = ''
as $$ select coalesce((told -> '0' -> 'values' -> 0 ->> 'count')::integer, 0) $$;
comment on function app.find_total(jsonb) is 'Of how many rows values were told.';

create function app.tell_facets(told jsonb, facets app.facet[], counts text, room integer) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_agg(app.describe_facet(f, told -> f.place::text, counts, case
    when room is null then '{"rows": null, "exact": true}'
    else jsonb_build_object('rows', least(r.found, room), 'exact', r.found <= room) end)), '[]')
  from unnest(facets) f
    cross join app.find_total(told) r (found)
$$;
comment on function app.tell_facets(jsonb, app.facet[], text, integer) is
  'Facets as JSON, of at most so many rows; of sums without.';

-- Where many of the newest rows match, to read on takes a third of what it takes to find keys first.
create function app.is_dense(arguments jsonb, kind text, tenant text) returns boolean
language plpgsql stable set search_path = ''
as $$
declare
  dense boolean;
begin
  execute format('select count(*) < 1000 or count(*) filter (where %1$s) >= 50 from ('
      'select %2$s.* from public.%3$s %2$s where %2$s.tenant_id = %4$L and %5$s '
      'order by %2$s.start_time desc limit 1000) %2$s',
    app.compile_question(arguments, kind), left(kind, 1),
    case kind when 'spans' then 'span_summaries' else 'trace_summaries' end, tenant,
    app.compile_window(arguments, kind))
    into dense;
  return dense;
end
$$;
comment on function app.is_dense(jsonb, text, text) is
  'Whether one of twenty of the newest rows of a window, or more, is let through by filters.';

create function app.scan_values(
  arguments jsonb, kind text, tenant text, facets app.facet[], room integer, top integer
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  told jsonb;
begin
  if not app.is_dense(arguments, kind, tenant) then
    return null;
  end if;
  told := app.rank_values(
    app.write_counts(tenant, facets, arguments ->> 'q', app.write_scan(arguments, kind, tenant, facets, room)),
    null, room, null, facets, top);
  -- Those that match may end long before the window does.
  return case when app.find_total(told) > room or not app.has_more_rows(kind, tenant,
      coalesce(app.moment_argument(arguments, 'start'), '-infinity'),
      coalesce(app.moment_argument(arguments, 'end'), 'infinity'), app.most_scanned()) then told end;
end
$$;
comment on function app.scan_values(jsonb, text, text, app.facet[], integer, integer) is
  'By the places of facets the values of the newest rows that filters let through, where these are found by reading on.';

create function app.tell_rows(
  arguments jsonb, kind text, tenant text, facets app.facet[], room integer, top integer
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  told jsonb;
  keys app.row_keys;
begin
  if facets = '{}' then
    return '[]';
  end if;
  told := app.scan_values(arguments, kind, tenant, facets, room, top);
  if told is null then
    keys := app.find_keys(arguments, kind, room + 1);
    told := app.rank_values(
      app.write_counts(tenant, facets, arguments ->> 'q', app.write_lookup(keys, kind, tenant, facets)),
      keys, room, null, facets, top);
  end if;
  return app.tell_facets(told, facets, kind, room);
end
$$;
comment on function app.tell_rows(jsonb, text, text, app.facet[], integer, integer) is
  'Facets of the newest rows that filters let through, exact where these are all.';

create function app.tell_deep(
  arguments jsonb, tenant text, facets app.facet[], most integer, top integer
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  -- A trace has many spans: all of their fields are read of fewer traces.
  room constant integer := case when cardinality(facets) > 3 then app.few_rows() else most end;
begin
  if facets = '{}' then
    return '[]';
  end if;
  return app.tell_facets(
    app.rank_values(app.write_deep(tenant, facets, arguments ->> 'q'),
      app.find_keys(arguments, 'traces', room + 1), room, null, facets, top),
    facets, 'traces', room);
end
$$;
comment on function app.tell_deep(jsonb, text, app.facet[], integer, integer) is
  'Facets of the newest traces that filters let through, of what their spans tell.';

create function app.tell_sums(
  arguments jsonb, tenant text, facets app.facet[], since timestamptz, until timestamptz, top integer
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  prefix constant text := arguments ->> 'q';
begin
  if facets = '{}' then
    return '[]';
  end if;
  return app.tell_facets(
    app.rank_values(
      format('select place, value, sum(amount) from (%s union all %s) f group by 1, 2',
        app.write_kept_sums(tenant, prefix), app.write_raw_sums(tenant, facets, prefix)),
      null, null, array(select r from app.plan_ranges(tenant, array[since, until], 60) r), facets, top),
    facets, 'operations', null);
end
$$;
comment on function app.tell_sums(jsonb, text, app.facet[], timestamptz, timestamptz, integer) is
  'Facets of all model calls and operations of a window.';

-- PostgREST sets a function's own limit before its statement: less than callers wait.
create function public.list_facets(jsonb) returns jsonb
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  kind constant text := app.argument($1, 'kind', '^(spans|traces)$', 'spans or traces');
  filters constant jsonb := coalesce($1 -> 'filters', '[]');
  top constant integer := coalesce(app.integer_argument($1, 'top', 1, 100), 10);
  since constant timestamptz := app.moment_argument($1, 'start');
  until constant timestamptz := coalesce(app.moment_argument($1, 'end'), now());
  facets constant app.facet[] := app.choose_facets($1, kind, tenant);
  asked constant jsonb := $1 || jsonb_build_object('filters', app.filter_window($1) || filters);
  -- What one field is completed from is looked for in more rows.
  room constant integer := case when filters = '[]' and $1 ->> 'q' is null then app.few_rows() else 10000 end;
  summed app.facet[] := '{}';
  others app.facet[];
begin
  if filters = '[]' and app.has_more_rows(kind, tenant, since, until, app.few_rows()) then
    summed := array(select f from unnest(facets) f where f.dimension is not null);
  end if;
  others := array(select f from unnest(facets) f where f.dimension is null or summed = '{}');
  return jsonb_build_object('facets', (
    select coalesce(jsonb_agg(f - 'place' order by (f -> 'place')::integer), '[]')
    from jsonb_array_elements(
      app.tell_sums($1, tenant, summed, since, until, top)
      || app.tell_rows(asked, kind, tenant, array(select f from unnest(others) f where f.shape <> 'deep'), room, top)
      || app.tell_deep(asked, tenant, array(select f from unnest(others) f where f.shape = 'deep'), room, top)) f));
end
$$;
comment on function public.list_facets(jsonb) is
  'The values of fields, and how many rows of the caller''s tenant have each: {"kind": "traces" or "spans", "filters", "start", "end", "fields", "q", "top"}. Under filters they are counts of the newest 10,000 rows that these let through, exact where these are all; of what only the spans of traces tell, and of more than three such fields, of the newest 1,000. Without filters, and of a window with more than 1,000 rows, they are counts of model calls and operations, of roll-ups, where these tell a field''s values; else of the newest 1,000 rows. Each facet says what it counts and over how many rows.';

revoke execute on all functions in schema app from public;
revoke execute on function public.list_facets(jsonb) from public, anon, authenticated;
grant execute on function
  app.compile_window(jsonb, text), app.to_dimension(app.field), app.list_facet_names(text, text),
  app.facet_names_argument(jsonb, text, text),
  app.to_facet(bigint, app.field, text, text, text[]), app.choose_facets(jsonb, text, text),
  app.keep_prefix(text), app.find_keys(jsonb, text, integer), app.write_column(app.facet),
  app.write_columns(app.facet[]), app.write_groups(app.facet[], text), app.write_ranges(app.facet[]),
  app.write_unlisted(text, app.facet[], text), app.write_counts(text, app.facet[], text, text),
  app.write_row_columns(app.facet[], text), app.write_scan(jsonb, text, text, app.facet[], integer), app.most_scanned(),
  app.write_lookup(app.row_keys, text, text, app.facet[]), app.write_deep(text, app.facet[], text),
  app.write_raw_sums(text, app.facet[], text), app.write_kept_sums(text, text),
  app.describe_facet(app.facet, jsonb, text, jsonb),
  app.rank_values(text, app.row_keys, integer, app.sum_range[], app.facet[], integer),
  app.find_total(jsonb), app.scan_values(jsonb, text, text, app.facet[], integer, integer),
  app.tell_facets(jsonb, app.facet[], text, integer), app.is_dense(jsonb, text, text),
  app.tell_rows(jsonb, text, text, app.facet[], integer, integer),
  app.tell_deep(jsonb, text, app.facet[], integer, integer),
  app.tell_sums(jsonb, text, app.facet[], timestamptz, timestamptz, integer),
  app.few_rows(), app.has_more_rows(text, text, timestamptz, timestamptz, integer),
  app.filter_window(jsonb), public.list_facets(jsonb)
  to authenticated, service_role;
