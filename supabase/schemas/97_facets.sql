-- Facets: the values of fields and how many rows have each, for who narrows a list or completes a
-- filter. Of rows where a filter is asked or they are few, else of sums.

create type app.facet as (
  place integer, name text, kind text, of_span text, of_trace text, listed text, unlisted text,
  within text, dimension text);
comment on type app.facet is
  'A field of which values are counted, with its place in the answer: kind is that of its type (app.field_type.facet), dimension the one of the roll-ups that tells its values apart, where it has few.';

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
language plpgsql stable set search_path = ''
as $$
declare
  names constant jsonb := coalesce(arguments -> 'fields', 'null');
begin
  if names = 'null' then
    return app.list_facet_names(kind, tenant);
  end if;
  if jsonb_typeof(names) <> 'array' or jsonb_array_length(names) not between 1 and 64
      or jsonb_path_exists(names, 'strict $[*] ? (@.type() != "string")') then
    raise invalid_parameter_value using
      message = 'fields are not 1 to 64 names of fields.', hint = 'Send {"fields": ["model", "tag:plan"]}.';
  end if;
  return array(select jsonb_array_elements_text(names));
end
$$;
comment on function app.facet_names_argument(jsonb, text, text) is
  'The fields that facets are asked of: those that are named, else all that have some.';

create function app.find_facet(name text, kind text, kept text[]) returns app.facet
language plpgsql stable set search_path = ''
as $$
declare
  field constant app.field := app.find_field(name, kind);
  counted constant text := (
    select t.facet from app.list_field_types() t where t.name = field.type);
  dimension constant text := app.to_dimension(field);
begin
  if counted is null or counted = 'range' and kind = 'traces' and field.of_trace is null then
    raise invalid_parameter_value using
      message = format('%s has no values to count.', name),
      hint = format('Choose one of %s, tag:<key>.', array_to_string(app.list_facet_names(kind, null), ', '));
  end if;
  return row(null::integer, name, counted, field.of_span, field.of_trace, field.listed, field.unlisted,
    field.within, case when dimension = any(kept) then dimension end)::app.facet;
end
$$;
comment on function app.find_facet(text, text, text[]) is
  'A field as a facet; one that has no values to count is refused. kept are the dimensions of the tenant''s sums.';

create function app.choose_facets(arguments jsonb, kind text, tenant text) returns app.facet[]
language plpgsql stable set search_path = ''
as $$
declare
  names constant text[] := app.facet_names_argument(arguments, kind, tenant);
  kept constant text[] := app.list_dimensions(tenant);
  facets app.facet[] := array(
    select app.find_facet(n.name, kind, kept) from unnest(names) with ordinality n (name, place)
    order by n.place);
begin
  for place in 1 .. cardinality(facets) loop
    facets[place].place := place;
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

create function app.keep_prefix(prefix text) returns text
language sql immutable set search_path = ''
as $$
  select case when prefix is null then ''
    else format(' and starts_with(lower(f.value), lower(%L))', prefix) end
$$;
comment on function app.keep_prefix(text) is
  'The values f that start with a text, in upper or lower case, as SQL; of none given all.';

create function app.find_newest(arguments jsonb, kind text, room integer) returns app.row_keys
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select row(array_agg(m.start_time), array_agg(m.trace_id), array_agg(m.span_id))::app.row_keys
    from app.match_rows(arguments || jsonb_build_object('most', room), kind) m);
end
$$;
comment on function app.find_newest(jsonb, text, integer) is
  'The keys of the newest rows that filters let through.';

create function app.write_column(facet app.facet, expression text) returns text
language sql immutable set search_path = ''
as $$
  select format(case facet.kind when 'flag' then 'case when %s then ''true'' end'
    when 'range' then '(%s)::numeric' else '(%s)::text' end || ' as v%s', expression, facet.place)
$$;
comment on function app.write_column(app.facet, text) is
  'What a row says of a facet, as a column in SQL.';

create function app.write_counts(facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select concat_ws(' union all ',
    (select format('select f.place, f.value, count(*)::numeric as amount from base b '
        'cross join lateral (values %s) f (place, value) where f.value is not null%s group by 1, 2',
        string_agg(format('(%1$s, b.v%1$s)', f.place), ', '), app.keep_prefix(prefix))
      from unnest(facets) f where f.kind <> 'range' having count(*) > 0),
    (select format('select f.place, f.value, f.amount from (select %s from base b) r '
        'cross join lateral (values %s) f (place, value, amount)',
        string_agg(format('min(b.v%1$s) as least%1$s, max(b.v%1$s) as most%1$s', f.place), ', '),
        string_agg(format('(%1$s, ''least'', r.least%1$s), (%1$s, ''most'', r.most%1$s)', f.place), ', '))
      from unnest(facets) f where f.kind = 'range' having count(*) > 0))
$$;
comment on function app.write_counts(app.facet[], text) is
  'Counts the values of rows b, and takes their least and most, as SQL that gives app.told_value.';

create function app.write_span_facets(tenant text, facets app.facet[], prefix text, keys app.row_keys)
returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    with base as materialized (
      select %s from unnest($1, $2, $3) k (start_time, trace_id, span_id)
      join public.span_summaries s on s.tenant_id = %L and s.trace_id = k.trace_id
        and s.span_id = k.span_id and s.start_time = k.start_time
        and s.start_time between %L::timestamptz and %L::timestamptz)
    %s$query$,
    (select string_agg(app.write_column(f, f.of_span), ', ') from unnest(facets) f), tenant,
    keys.starts[cardinality(keys.starts)], keys.starts[1], app.write_counts(facets, prefix))
$$;
comment on function app.write_span_facets(text, app.facet[], text, app.row_keys) is
  'The values of spans of these keys, as SQL.';

create function app.write_listed(facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select string_agg(format('select %1$s, f.value, count(*)::numeric from base b '
    'cross join lateral unnest(b.v%1$s) f (value) where true%2$s group by f.value',
    f.place, app.keep_prefix(prefix)), ' union all ')
  from unnest(facets) f where f.listed is not null
$$;
comment on function app.write_listed(app.facet[], text) is
  'Counts the values that traces list, as SQL.';

create function app.write_span_value(facet app.facet) returns text
language sql immutable set search_path = ''
as $$
  select format('(%s, case when %s then %s end)', facet.place,
    concat_ws(' and ',
      case when facet.listed is not null then format(
        'b.u%1$s and not coalesce((%2$s) = any(b.v%1$s), false)', facet.place, facet.of_span) end,
      facet.within,
      case when facet.kind = 'flag' then facet.of_span
        else format('(%s) is not null', facet.of_span) end),
    case when facet.kind = 'flag' then '''true''' else format('(%s)::text', facet.of_span) end)
$$;
comment on function app.write_span_value(app.facet) is
  'What a span s says of a facet of its trace b that the trace does not list, as a row of SQL.';

-- `offset 0`: as app.ask_trace has it.
create function app.write_read_from_spans(tenant text, facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    select f.place, f.value, count(*)::numeric from (
      select distinct b.trace_id, v.place, v.value from base b
      cross join lateral (
        select s.* from public.span_summaries s where s.tenant_id = %L and s.trace_id = b.trace_id
          and s.start_time between b.earliest and b.latest and (%s) offset 0) s
      cross join lateral (values %s) v (place, value)) f
    where f.value is not null%s group by 1, 2$query$, tenant,
    string_agg(coalesce('b.u' || case when f.listed is not null then f.place end, 'true'), ' or '),
    string_agg(app.write_span_value(f), ', '), app.keep_prefix(prefix))
  from unnest(facets) f where f.of_trace is null having count(*) > 0
$$;
comment on function app.write_read_from_spans(text, app.facet[], text) is
  'Counts, as SQL, the traces b with a value that any of their spans tells and that they do not list.';

create function app.write_trace_facets(tenant text, facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    with base as materialized (
      select %s from unnest($2) k (trace_id)
      join public.trace_summaries t on t.tenant_id = %L and t.trace_id = k.trace_id)
    select place, value, sum(amount) as amount from (%s) f (place, value, amount) group by 1, 2$query$,
    concat_ws(', ', 't.trace_id, t.earliest, t.latest', (
      select string_agg(case when f.listed is null then app.write_column(f, f.of_trace)
        else format('%1$s as v%2$s, %3$s as u%2$s', f.listed, f.place, f.unlisted) end, ', ')
      from unnest(facets) f where coalesce(f.of_trace, f.listed) is not null)),
    tenant,
    concat_ws(' union all ',
      nullif(app.write_counts(array(
        select f from unnest(facets) f where f.of_trace is not null), prefix), ''),
      app.write_listed(facets, prefix), app.write_read_from_spans(tenant, facets, prefix)))
$$;
comment on function app.write_trace_facets(text, app.facet[], text) is
  'The values of traces of these keys ($2), as SQL.';

-- Sums are of the spans that app.sum_details and app.sum_values read; those of hours that changed
-- are counted here.
create function app.write_raw_sums(tenant text, facets app.facet[], prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    select f.place, f.value, count(*)::numeric from unnest($4) r
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
  'Counts the values of the spans that sums are of, in ranges ($4) that are raw, as SQL.';

create function app.write_kept_sums(tenant text, prefix text) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    select f.place, f.value, f.amount from (
      select d.place, case d.kind when 'flag' then 'true' else o.value end as value,
        sum(case d.name when 'failed' then o.errors when 'unpriced' then o.unpriced
          when 'unmeasured' then o.unmeasured else o.spans end)::numeric as amount
      from unnest($5) d cross join unnest($4) r
      cross join lateral (
        select u.value, u.spans, u.errors, u.unpriced, u.unmeasured from public.roll_ups u
        where u.tenant_id = %L and u.dimension = d.dimension and u.grain = r.grain
          and u.bucket_start >= r.since and u.bucket_start < r.until and (u.taken or not r.raw)
          and (u.counted or d.name <> 'counted') offset 0) o
      group by 1, 2) f
    where f.amount > 0%s$query$, tenant, app.keep_prefix(prefix))
$$;
comment on function app.write_kept_sums(text, text) is
  'The values of a tenant''s roll-ups in ranges ($4) by facets ($5), as SQL.';

create function app.describe_facet(facet app.facet, told jsonb, counts text, over jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object('kind', facet.kind, 'field', facet.name, 'over', over,
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

create function app.tell_facets(
  statement text, keys app.row_keys, ranges app.sum_range[], facets app.facet[], top integer,
  counts text, over jsonb
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  told jsonb;
begin
  execute format($query$
    select jsonb_object_agg(r.place, r.told) from (
      select c.place, jsonb_build_object('others', greatest(max(c.of) - %1$s, 0), 'values',
        jsonb_agg(jsonb_build_object('value', c.value, 'count', c.amount) order by c.rank)
          filter (where c.rank <= %1$s)) as told
      from (
        select v.place, v.value, v.amount, count(*) over (partition by v.place) as of,
          row_number() over (partition by v.place order by v.amount desc, v.value) as rank
        from (%2$s) v (place, value, amount)) c
      group by c.place) r$query$, top, statement)
    into told using keys.starts, keys.traces, keys.spans, ranges, facets;
  return (
    select coalesce(jsonb_agg(app.describe_facet(f, told -> f.place::text, counts, over)), '[]')
    from unnest(facets) f);
end
$$;
comment on function app.tell_facets(text, app.row_keys, app.sum_range[], app.facet[], integer, text, jsonb) is
  'Facets as JSON, of a statement that gives app.told_value: the values that most rows have, and how many others there are.';

create function app.tell_rows(
  arguments jsonb, kind text, tenant text, facets app.facet[], room integer, top integer
) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  prefix constant text := arguments ->> 'q';
  keys app.row_keys;
  found integer;
begin
  if facets = '{}' then
    return '[]';
  end if;
  keys := app.find_newest(arguments, kind, room + 1);
  found := coalesce(cardinality(keys.traces), 0);
  keys := (keys.starts[:room], keys.traces[:room], keys.spans[:room]);
  return app.tell_facets(
    case kind when 'spans' then app.write_span_facets(tenant, facets, prefix, keys)
      else app.write_trace_facets(tenant, facets, prefix) end,
    keys, null, facets, top, kind,
    jsonb_build_object('rows', least(found, room), 'exact', found <= room));
end
$$;
comment on function app.tell_rows(jsonb, text, text, app.facet[], integer, integer) is
  'Facets of the newest rows that filters let through, exact where these are all.';

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
    format('select place, value, sum(amount) from (%s union all %s) f group by 1, 2',
      app.write_kept_sums(tenant, prefix), app.write_raw_sums(tenant, facets, prefix)),
    null, array(select r from app.plan_ranges(tenant, array[since, until], 60) r), facets, top,
    'operations', '{"rows": null, "exact": true}');
end
$$;
comment on function app.tell_sums(jsonb, text, app.facet[], timestamptz, timestamptz, integer) is
  'Facets of all model calls and operations of a window.';

create function app.few_rows() returns integer
language sql immutable parallel safe
return 1000;
comment on function app.few_rows() is
  'So many rows are counted one by one where no filter is asked; of more, sums are read.';

create function app.has_many_rows(kind text, tenant text, since timestamptz, until timestamptz)
returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return app.few_rows() < case kind
    when 'spans' then (select count(*) from (
      select from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until
      limit app.few_rows() + 1) n)
    else (select count(*) from (
      select from public.traces t
      where t.tenant_id = tenant and t.start_time >= since and t.start_time < until
      limit app.few_rows() + 1) n) end;
end
$$;
comment on function app.has_many_rows(text, text, timestamptz, timestamptz) is
  'Whether more rows start in a window than are counted one by one.';

create function app.moment_argument(arguments jsonb, name text) returns timestamptz
language sql immutable set search_path = ''
as $$
  select case when coalesce(arguments -> name, 'null') <> 'null' then app.time_argument(arguments, name) end
$$;
comment on function app.moment_argument(jsonb, text) is 'A time with its zone, or null where none is given.';

create function app.filter_window(arguments jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'field', 'started', 'op', b.op, 'values', jsonb_build_array(arguments -> b.name))), '[]')
  from (values ('start', 'ge'), ('end', 'lt')) b (name, op)
  where coalesce(arguments -> b.name, 'null') <> 'null'
$$;
comment on function app.filter_window(jsonb) is 'The start and the end of an argument as filters.';

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
  summed app.facet[] := '{}';
begin
  if filters = '[]' and app.has_many_rows(kind, tenant, since, until) then
    summed := array(select f from unnest(facets) f where f.dimension is not null);
  end if;
  return jsonb_build_object('facets',
    app.tell_sums($1, tenant, summed, since, until, top)
    || app.tell_rows($1 || jsonb_build_object('filters', app.filter_window($1) || filters), kind, tenant,
      array(select f from unnest(facets) f where f.dimension is null or summed = '{}'),
      case when filters = '[]' then app.few_rows() else 10000 end, top));
end
$$;
comment on function public.list_facets(jsonb) is
  'The values of fields, and how many rows of the caller''s tenant have each: {"kind": "traces" or "spans", "filters", "start", "end", "fields", "q", "top"}. Under filters they are counts of the newest 10,000 rows that these let through, exact where these are all. Without, and of a window with more than 1,000 rows, they are counts of model calls and operations, of roll-ups, where these tell a field''s values; else of the newest 1,000 rows. Each facet says what it counts and over how many rows.';

revoke execute on all functions in schema app from public;
revoke execute on function public.list_facets(jsonb) from public, anon, authenticated;
grant execute on function
  app.to_dimension(app.field), app.list_facet_names(text, text),
  app.facet_names_argument(jsonb, text, text), app.find_facet(text, text, text[]),
  app.choose_facets(jsonb, text, text), app.keep_prefix(text),
  app.find_newest(jsonb, text, integer), app.write_column(app.facet, text),
  app.write_counts(app.facet[], text), app.write_span_facets(text, app.facet[], text, app.row_keys),
  app.write_listed(app.facet[], text), app.write_span_value(app.facet),
  app.write_read_from_spans(text, app.facet[], text), app.write_trace_facets(text, app.facet[], text),
  app.write_raw_sums(text, app.facet[], text), app.write_kept_sums(text, text),
  app.describe_facet(app.facet, jsonb, text, jsonb),
  app.tell_facets(text, app.row_keys, app.sum_range[], app.facet[], integer, text, jsonb),
  app.tell_rows(jsonb, text, text, app.facet[], integer, integer),
  app.tell_sums(jsonb, text, app.facet[], timestamptz, timestamptz, integer),
  app.few_rows(), app.has_many_rows(text, text, timestamptz, timestamptz),
  app.moment_argument(jsonb, text), app.filter_window(jsonb), public.list_facets(jsonb)
  to authenticated, service_role;
