-- Pages of lists: the rows that filters let through, newest first or in another order.

create function app.check_columns(arguments jsonb) returns text[]
language sql immutable set search_path = ''
as $$
  select app.names_argument(
    arguments, 'shown', 'shown is not 1 to 64 names of columns.', 'Send {"shown": ["trace_id"]}.')
$$;
comment on function app.check_columns(jsonb) is 'The columns that a list is asked for.';

create function app.compile_position(arguments jsonb, kind text, way text default '<') returns text
language plpgsql immutable set search_path = ''
as $$
declare
  after constant jsonb := coalesce(arguments -> 'after', 'null');
begin
  if after = 'null' then
    return 'true';
  end if;
  perform app.time_argument(after, 'start');
  perform app.argument(after, 'trace', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  if kind = 'traces' then
    return format('t.start_time %1$s= %2$L::timestamptz and (t.start_time, t.trace_id) %1$s (%2$L::timestamptz, %3$L)',
      way, after ->> 'start', after ->> 'trace');
  end if;
  perform app.argument(after, 'span', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  return format(
    's.start_time %1$s= %2$L::timestamptz and (s.start_time, s.trace_id, s.span_id) %1$s (%2$L::timestamptz, %3$L, %4$L)',
    way, after ->> 'start', after ->> 'trace', after ->> 'span');
end
$$;
comment on function app.compile_position(jsonb, text, text) is
  'What comes after a row of a list by time, as SQL: what is older, or by > younger. The bound of the start by itself is what an index uses.';

-- A misdated span is in a list only where a filter names how spans are misdated, or a trace or span.
create function app.compile_dating(filters jsonb, kind text) returns text
language sql stable set search_path = ''
as $$
  select case
    when jsonb_path_exists(filters, '$.** ? (@.field == "misdated" || @.field == "trace" || @.field == "span")')
      then 'true'
    -- No span that is not misdated starts later: a day after it came. Those of the future are first.
    when kind = 'spans' then format('s.misdated is null and s.start_time < %L::timestamptz', now() + interval '2 days')
    else format('not t.undated and t.start_time < %L::timestamptz', now() + interval '2 days') end
$$;
comment on function app.compile_dating(jsonb, text) is 'The well-dated rows, unless filters name others, as SQL.';

create function app.compile_question(arguments jsonb, kind text) returns text
language plpgsql stable set search_path = ''
as $$
declare
  filters constant jsonb := coalesce(arguments -> 'filters', '[]');
begin
  if jsonb_typeof(filters) <> 'array' or jsonb_array_length(filters) > 4 then
    raise invalid_parameter_value using
      message = 'filters are not a list of at most 4.', hint = 'Send {"filters": [{}]}.';
  end if;
  return coalesce((
      select string_agg(app.compile_filter(f, kind), ' and ' order by place)
      from jsonb_array_elements(filters) with ordinality e (f, place)), 'true')
    || ' and ' || app.compile_dating(filters, kind) || ' and ' || app.compile_position(arguments, kind);
end
$$;
comment on function app.compile_question(jsonb, text) is
  'The rows that a list is asked for, as SQL: all of several filters, what is well dated, after a row.';

create function app.last_start(arguments jsonb) returns timestamptz
language sql stable set search_path = ''
as $$
  select coalesce((arguments -> 'after' ->> 'start')::timestamptz + interval '1 microsecond', now() + interval '2 days')
$$;
comment on function app.last_start(jsonb) is
  'The time before which each well-dated row of a list starts that is asked for.';

-- The keys of the rows that filters let through: what lists, counts, facets, exports and deletions
-- under a filter ask, each of which joins its columns by them.
create function app.match_rows(arguments jsonb, kind text)
returns table (start_time timestamptz, trace_id text, span_id text)
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
declare
  tenant constant text := app.require_tenant();
  room constant integer := coalesce(app.integer_argument(arguments, 'most', 1, 100001), 10001);
  filters constant jsonb := coalesce(arguments -> 'filters', '[]');
  question constant text := app.compile_question(arguments, kind);
  during constant tstzrange := app.find_range(filters);
  digests constant text[] := app.choose_digests(filters);
  few timestamptz[];
  told text;
  narrowing text;
begin
  if digests is null and app.compile_dating(filters, kind) <> 'true' then
    told := app.choose_text(filters);
    narrowing := case when told is null then app.narrowing_query(filters, kind, tenant) end;
    -- Where something else narrows, too, more is worth it.
    few := app.find_few(
      filters, kind, during, case when coalesce(told, narrowing) is null then 2000 else 10000 end);
  end if;
  if digests is not null then
    return query select * from app.walk_digests(
      tenant, kind, question, digests,
      case when arguments -> 'after' ->> 'start' is null then 'infinity' else app.last_start(arguments) end, room);
  elsif few is not null then
    return query select * from app.sift_few(tenant, kind, question, few, room);
  elsif told is not null then
    return query select * from app.walk_texts(
      tenant, kind, question, told, app.first_start(filters), app.last_start(arguments), room);
  elsif narrowing is not null then
    return query select * from app.walk_rows(
      tenant, kind, question, narrowing,
      lower(during), least(upper(during), app.last_start(arguments)), room);
  elsif kind = 'spans' then
    return query execute format($query$
      select s.start_time, s.trace_id, s.span_id from public.span_summaries s
      where s.tenant_id = %L and %s
      order by s.start_time desc, s.trace_id desc, s.span_id desc limit %s$query$,
      tenant, question, room);
  else
    return query execute format($query$
      select t.start_time, t.trace_id, null::text from public.trace_summaries t
      where t.tenant_id = %L and %s
      order by t.start_time desc, t.trace_id desc limit %s$query$,
      tenant, question, room);
  end if;
end
$$;
comment on function app.match_rows(jsonb, text) is
  'The keys of the caller''s spans or traces, newest first, that all filters let through: {"filters", "after", "most"}, as app.compile_question has them, at most 100,001. A trace has no span_id.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.check_columns(jsonb), app.compile_position(jsonb, text, text), app.compile_dating(jsonb, text),
  app.compile_question(jsonb, text), app.last_start(jsonb), app.match_rows(jsonb, text)
  to authenticated, service_role;

-- Other orders: by a measure, falling or rising, and oldest first.

create type app.sort as (
  name text, falling boolean, measure text, measured text, others text, others_first boolean);
comment on type app.sort is
  'How a list is sorted: by a measure as SQL over spans as s or traces as t, falling or rising. measured are the rows that the measure''s index has, others those that it has not. By time there is no measure, and tokens of spans have no index.';

create function app.find_sort(arguments jsonb, kind text) returns app.sort
language plpgsql immutable set search_path = ''
as $$
declare
  asked constant text := case when coalesce(arguments -> 'sort', 'null') = 'null' then '-time'
    else app.argument(arguments, 'sort', '^-?(time|duration|cost|tokens|errors)$',
      'time, duration, cost, tokens or errors, with - in front for the greatest first') end;
  found app.sort;
begin
  found.name := ltrim(asked, '-');
  found.falling := asked like '-%';
  if kind = 'spans' and found.name = 'errors' then
    raise invalid_parameter_value using
      message = 'A span has no errors to sort by, a trace has.', hint = 'Ask for spans that failed.';
  end if;
  found.measure := case found.name when 'duration' then left(kind, 1) || '.duration_ms'
    when 'cost' then case kind when 'spans' then 's.cost_usd' else 't.total_cost_usd' end || '::double precision'
    when 'tokens' then left(kind, 1) || '.total_tokens::double precision'
    when 'errors' then 't.error_count::double precision' end;
  if kind = 'spans' and found.name = 'tokens' then
    return found;
  end if;
  found.measured := case found.name when 'duration' then 'true' when 'errors' then 't.error_count > 0'
    -- The column itself: so the index says which rows it has.
    else split_part(found.measure, '::', 1) || ' is not null' end;
  found.others := case found.name when 'duration' then null when 'errors' then 't.error_count = 0'
    else found.measure || ' is null' end;
  found.others_first := found.name = 'errors' and not found.falling;
  return found;
end
$$;
comment on function app.find_sort(jsonb, text) is
  'The sort that a list is asked for, newest first where it says none.';

create type app.sorted_key as (value double precision, start_time timestamptz, trace_id text, span_id text);
comment on type app.sorted_key is
  'A row''s place in a list: its measure, null where it is unknown and by time, and its key.';

create function app.compile_after(arguments jsonb, sort app.sort, kind text, unknown boolean) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  after constant jsonb := coalesce(arguments -> 'after', 'null');
  older constant text := app.compile_position(arguments, kind);
begin
  if after = 'null' then
    return 'true';
  elsif sort.measure is null then
    return case when sort.falling then older else app.compile_position(arguments, kind, '>') end;
  elsif coalesce(jsonb_typeof(after -> 'value'), 'null') not in ('number', 'null') then
    raise invalid_parameter_value using
      message = 'value is no number.', hint = 'Send {"after": {"value": 1.5}}, or null where it is unknown.';
  elsif after ->> 'value' is null then
    return format('(%s is null and %s)', sort.measure, older);
  end if;
  -- The bound of the measure by itself is what an index uses.
  return format('(%1$s %2$s= %3$L::double precision and (%1$s %2$s %3$L::double precision or %4$s)%5$s)',
    sort.measure, case when sort.falling then '<' else '>' end, after ->> 'value', older,
    case when unknown then format(' or %s is null', sort.measure) else '' end);
end
$$;
comment on function app.compile_after(jsonb, app.sort, text, boolean) is
  'What comes after a row of a sorted list, as SQL: of equal rows the older ones, and if unknown those that have no measure, which are last.';

create function app.compile_order(sort app.sort, kind text) returns text
language sql immutable set search_path = ''
as $$
  select coalesce(sort.measure || case when sort.falling then ' desc' else ' asc' end || ' nulls last, ', '')
    || string_agg(format('%s.%s %s', left(kind, 1), name,
      case when sort.measure is null and not sort.falling then 'asc' else 'desc' end), ', ' order by place)
  from unnest(case kind when 'spans' then '{start_time,trace_id,span_id}'::text[]
    else '{start_time,trace_id}' end) with ordinality k (name, place)
$$;
comment on function app.compile_order(app.sort, text) is 'The order of a sorted list, as SQL.';

-- What is stored has microseconds. A well-dated span starts after 2014 (app.find_misdating), and no
-- later than a day after it came.
create function app.find_range(filters jsonb) returns tstzrange
language sql stable set search_path = ''
as $$
  with terms as (
    select t ->> 'op' as op, (t #>> '{values,0}' || case when t #>> '{values,0}' like '%T%' then ''
        else 'T00:00:00Z' end)::timestamptz as bound
    from jsonb_array_elements(filters) f
    cross join jsonb_array_elements(coalesce(f -> 'and', jsonb_build_array(f))) t
    where t ->> 'field' = 'started'
  ), edges as (
    select
      greatest('2015-01-01 00:00Z', max(bound + case op when 'gt' then interval '1 microsecond'
        else interval '0' end) filter (where op in ('gt', 'ge'))) as since,
      least(now() + interval '2 days', min(bound + case op when 'le' then interval '1 microsecond'
        else interval '0' end) filter (where op in ('lt', 'le'))) as until
    from terms
  )
  select tstzrange(since, greatest(since, until)) from edges
$$;
comment on function app.find_range(jsonb) is
  'The time in which all well-dated rows have started that checked filters let through: as their terms of started say, which all have to hold.';

create function app.asks_time_alone(filters jsonb) returns boolean
language sql immutable set search_path = ''
as $$
  select not jsonb_path_exists(filters, '$[*] ? (exists(@.not) || exists(@.or))')
    and not jsonb_path_exists(filters, '$[*] ? (exists(@.field) && !(@.field == "started"))')
    and not jsonb_path_exists(filters, '$[*].and[*] ? (!(@.field == "started"))')
$$;
comment on function app.asks_time_alone(jsonb) is
  'Whether app.find_range says all that checked filters ask for.';

create function app.cut_window(during tstzrange) returns table (part tstzrange, is_days boolean)
language plpgsql immutable set search_path = ''
as $$
declare
  since timestamptz := lower(during);
  until timestamptz := upper(during);
  day constant interval := interval '24 hours';
  -- Both in UTC, whatever the session's zone is.
  first_end constant timestamptz := date_bin(day, since, '1970-01-01 00:00Z') + day;
  last_start constant timestamptz := date_bin(day, until - interval '1 microsecond', '1970-01-01 00:00Z');
begin
  if since < least(until, first_end) and least(until, first_end) - since <= interval '1 hour' then
    return query select tstzrange(since, least(until, first_end)), false;
    since := least(until, first_end);
  end if;
  if since <= last_start and last_start < until and until - last_start <= interval '1 hour' then
    return query select tstzrange(last_start, until), false;
    until := last_start;
  end if;
  if since < until then
    return query select tstzrange(since, until), true;
  end if;
end
$$;
comment on function app.cut_window(tstzrange) is
  'A window in parts: days, and an hour at most at either edge, of which an index of days would read a whole day.';

-- From each day a few first; then all of those days alone of which even the last few are among the best.
create function app.compile_days(rows text, sort app.sort, during tstzrange, most integer) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  first constant integer := floor(extract(epoch from lower(during)) / 86400);
  last constant integer := ceil(extract(epoch from upper(during)) / 86400) - 1;
  few constant integer := least(most, 2 * most / (last - first + 1) + 8);
  ordered constant text := format('order by value %s, start_time desc, trace_id desc, span_id desc limit ',
    case when sort.falling then 'desc' else 'asc' end);
  of_day constant text := rows || format(
    ' and (start_ns / 86400000000000)::integer = d.day and start_time >= %L and start_time < %L ',
    lower(during), upper(during));
begin
  return format($query$(
    with few as materialized (
      select d.day, r.* from generate_series(%1$s, %2$s) d (day) cross join lateral (%3$s%4$s%5$s) r),
    worst as materialized (select value from few order by value %6$s offset %7$s limit 1),
    bound as materialized (select coalesce((select value from worst), %8$L::double precision) as value),
    more as materialized (
      select day from few group by day
      having count(*) = %5$s and %5$s < %9$s and %10$s(value) %11$s= (select value from bound))
    select value, start_time, trace_id, span_id from few where day not in (select day from more)
    union all
    select r.* from more d cross join lateral (
      %3$s and %12$s %11$s= (select value from bound) %4$s%9$s) r)$query$,
    first, last, of_day, ordered, few, case when sort.falling then 'desc' else 'asc' end, most - 1,
    case when sort.falling then '-Infinity' else 'Infinity' end, most,
    case when sort.falling then 'min' else 'max' end, case when sort.falling then '>' else '<' end,
    sort.measure);
end
$$;
comment on function app.compile_days(text, app.sort, tstzrange, integer) is
  'The first rows of some days, by an index of days and the measure that a list is sorted by, as SQL.';

-- A definer: under row level security Postgres does not use an index of an expression. It runs
-- nothing of a filter, and gives keys.
create function app.rank_rows(arguments jsonb, kind text, during tstzrange, most integer)
returns setof app.sorted_key
language plpgsql stable security definer set search_path = '' set jit = off rows 100
as $$
declare
  sort constant app.sort := app.find_sort(arguments, kind);
  rows constant text := format('select %s as value, %s where tenant_id = %L and %s and %s and %s',
    sort.measure,
    case kind when 'spans' then 'start_time, trace_id, span_id from public.spans s'
      else 'start_time, trace_id, null::text as span_id from public.traces t' end,
    app.require_tenant(), case kind when 'spans' then 'misdated is null' else 'not undated' end,
    sort.measured, app.compile_after(arguments, sort, kind, false));
  ordered constant text := format(' order by value %s, start_time desc, trace_id desc, span_id desc limit %s',
    case when sort.falling then 'desc' else 'asc' end, most);
  parts text;
begin
  select string_agg(case when c.is_days then app.compile_days(rows, sort, c.part, most)
      else format('(%s and start_time >= %L and start_time < %L %s)', rows, lower(c.part), upper(c.part), ordered)
    end, ' union all ') into parts
  from app.cut_window(during) c;
  if parts is not null then
    return query execute format('select * from (%s) r%s', parts, ordered);
  end if;
end
$$;
comment on function app.rank_rows(jsonb, text, tstzrange, integer) is
  'The first of the caller''s well-dated rows that started in a window, sorted by a measure, that have it: {"sort", "after"}.';

create function app.scan_rows(arguments jsonb, kind text, sort app.sort, condition text, most integer)
returns setof app.sorted_key
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
begin
  return query execute format('select %s, %s where %s.tenant_id = %L and %s and %s and %s order by %s limit %s',
    coalesce(sort.measure, 'null::double precision'),
    case kind when 'spans' then 's.start_time, s.trace_id, s.span_id from public.span_summaries s'
      else 't.start_time, t.trace_id, null::text from public.trace_summaries t' end,
    left(kind, 1), app.require_tenant(), app.compile_question(arguments - 'after', kind), condition,
    app.compile_after(arguments, sort, kind, true),
    -- Others have one value, or none: an index has them by time.
    app.compile_order(case when condition = sort.others then app.find_sort('{}', kind) else sort end, kind), most);
end
$$;
comment on function app.scan_rows(jsonb, text, app.sort, text, integer) is
  'The first rows of a sorted list that a condition lets through, too, of all rows in its order or all at once.';

create function app.sift_keys(
  keys app.sorted_key[], arguments jsonb, kind text, sort app.sort, condition text, most integer
) returns setof app.sorted_key
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
begin
  return query execute format(
    'select %s, k.start_time, k.trace_id, k.span_id from unnest($1) k join %s where %s and %s order by %s limit %s',
    coalesce(sort.measure, 'null::double precision'), app.compile_key(kind), condition,
    app.compile_after(arguments, sort, kind, true), app.compile_order(sort, kind), most) using keys;
end
$$;
comment on function app.sift_keys(app.sorted_key[], jsonb, text, app.sort, text, integer) is
  'The first of some rows of a sorted list that a condition lets through.';

create function app.compile_key(kind text) returns text
language sql stable set search_path = ''
as $$
  select format(case kind
    when 'spans' then 'public.span_summaries s on s.tenant_id = %L and s.trace_id = k.trace_id
      and s.span_id = k.span_id and s.start_time = k.start_time'
    else 'public.trace_summaries t on t.tenant_id = %L and t.trace_id = k.trace_id' end, app.require_tenant())
$$;
comment on function app.compile_key(text) is 'The row of a key k of the caller''s, to be joined, as SQL.';

create function app.sort_window(arguments jsonb, kind text, sort app.sort, most integer)
returns setof app.sorted_key
language plpgsql stable set search_path = ''
as $$
declare
  found app.sorted_key[] := '{}';
  part text;
begin
  foreach part in array case when sort.others_first then '{others,measured}' else '{measured,others}'::text[] end loop
    exit when cardinality(found) >= most;
    if part = 'measured' then
      found := found || array(select r from app.rank_rows(
        arguments, kind, app.find_range(arguments -> 'filters'), most - cardinality(found)) r);
    elsif sort.others is not null then
      found := found || array(select r from app.scan_rows(
        arguments, kind, sort, sort.others, most - cardinality(found)) r);
    end if;
  end loop;
  return query select * from unnest(found);
end
$$;
comment on function app.sort_window(jsonb, text, app.sort, integer) is
  'The first rows of a list that is sorted by a measure and asks for nothing but a time.';

create function app.walk_matches(arguments jsonb, kind text, sort app.sort, most integer, longest integer)
returns setof app.sorted_key
language plpgsql stable set search_path = ''
as $$
declare
  question constant text := app.compile_question(arguments - 'after', kind);
  during constant tstzrange := app.find_range(arguments -> 'filters');
  step integer := 1000;
  asked jsonb := arguments;
  last app.sorted_key;
  passed app.sorted_key[];
  found app.sorted_key[] := '{}';
begin
  loop
    passed := array(select r from app.rank_rows(asked, kind, during, step) r);
    found := found || array(select r from app.sift_keys(
      passed, asked, kind, sort, question, most - cardinality(found)) r);
    exit when cardinality(found) >= most or cardinality(passed) < step or step >= longest;
    last := passed[step];
    asked := asked || jsonb_build_object('after', jsonb_build_object(
      'value', last.value, 'start', last.start_time, 'trace', last.trace_id, 'span', last.span_id));
    step := least(step * 4, longest);
  end loop;
  return query select * from unnest(found);
end
$$;
comment on function app.walk_matches(jsonb, text, app.sort, integer, integer) is
  'The first rows under filters, found by walking the order, in steps of which the last one has so many rows.';

-- Where one row of twenty passes, those that are first in order are soon full; where few pass, all of
-- them are sorted. Else the order is walked on, until the caller waits no longer.
create function app.sort_matches(arguments jsonb, kind text, sort app.sort, most integer)
returns setof app.sorted_key
language plpgsql stable set search_path = ''
as $$
declare
  walks constant boolean := sort.measured is not null and not sort.others_first
    and app.compile_dating(arguments -> 'filters', kind) <> 'true';
  found app.sorted_key[] := '{}';
  matches app.sorted_key[];
begin
  if walks then
    found := array(select r from app.walk_matches(arguments, kind, sort, most, 1000) r);
  end if;
  if cardinality(found) < most then
    matches := array(select row(null, m.start_time, m.trace_id, m.span_id)::app.sorted_key
      from app.match_rows(arguments - 'after' || '{"most": 10001}', kind) m);
    if cardinality(matches) <= 10000 then
      found := array(select r from app.sift_keys(matches, arguments, kind, sort, 'true', most) r);
    elsif walks then
      found := array(select r from app.walk_matches(arguments, kind, sort, most, 100000) r);
      found := found || array(select r from app.scan_rows(
        arguments, kind, sort, coalesce(sort.others, 'false'), most - cardinality(found)) r);
    else
      found := array(select r from app.scan_rows(arguments, kind, sort, 'true', most) r);
    end if;
  end if;
  return query select * from unnest(found);
end
$$;
comment on function app.sort_matches(jsonb, text, app.sort, integer) is
  'The first rows of a sorted list under filters.';

create function app.find_page(arguments jsonb, kind text) returns setof app.sorted_key
language plpgsql stable set search_path = ''
as $$
declare
  asked constant jsonb := arguments || jsonb_build_object('filters', coalesce(arguments -> 'filters', '[]'));
  sort constant app.sort := app.find_sort(arguments, kind);
  room constant integer := coalesce(app.integer_argument(arguments, 'most', 1, 1000), 50);
begin
  if sort.measure is null and sort.falling then
    return query select null::double precision, m.*
      from app.match_rows(asked || jsonb_build_object('most', room), kind) m;
  elsif not app.asks_time_alone(asked -> 'filters') then
    return query select * from app.sort_matches(asked, kind, sort, room);
  elsif sort.measured is null then
    return query select * from app.scan_rows(asked, kind, sort, 'true', room);
  else
    return query select * from app.sort_window(asked, kind, sort, room);
  end if;
end
$$;
comment on function app.find_page(jsonb, text) is 'The keys of a page of a list, in its order.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.find_sort(jsonb, text), app.compile_after(jsonb, app.sort, text, boolean),
  app.compile_order(app.sort, text), app.find_range(jsonb), app.asks_time_alone(jsonb),
  app.rank_rows(jsonb, text, tstzrange, integer),
  app.scan_rows(jsonb, text, app.sort, text, integer),
  app.sift_keys(app.sorted_key[], jsonb, text, app.sort, text, integer), app.compile_key(text),
  app.sort_window(jsonb, text, app.sort, integer),
  app.walk_matches(jsonb, text, app.sort, integer, integer),
  app.sort_matches(jsonb, text, app.sort, integer), app.find_page(jsonb, text)
  to authenticated, service_role;

-- Captured content is OpenTelemetry's messages, or anything else (app.read_messages).
create function app.plain_text(message jsonb) returns text
language sql immutable set search_path = ''
as $$
  select case when jsonb_typeof(message -> 'content') = 'string' then message ->> 'content'
    else (
      select string_agg(part #>> '{}', ' ' order by place)
      from jsonb_path_query(message,
        'lax $.parts[*] ? (!exists(@.type) || @.type == "text").content ? (@.type() == "string")')
        with ordinality p (part, place)) end
$$;
comment on function app.plain_text(jsonb) is 'The texts of a message, without its media and tools; null where it has none.';

create function app.shorten(told text, room integer) returns text
language sql immutable set search_path = ''
as $$
  select case when length(t) > room then rtrim(left(t, room - 1)) || '…' else t end
  from (select btrim(regexp_replace(left(told, 4000), '\s+', ' ', 'g')) as t) one_line
$$;
comment on function app.shorten(text, integer) is 'A text on one line, in at most so many characters.';

create function app.preview(input jsonb, output jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
  -- A value of more bytes is not unpacked for this.
  asked text := (
    select app.plain_text(m.body) from app.read_messages(
      case when pg_column_size(input) <= 65536 then input end, 'user') m
    where app.plain_text(m.body) ~ '\S' order by m.role = 'user' desc, m.place desc limit 1);
  answer text := app.shorten((
    select (regexp_match(app.plain_text(m.body), '\S[^\n\r]*'))[1] from app.read_messages(
      case when pg_column_size(output) <= 65536 then output end, 'assistant') m
    where app.plain_text(m.body) ~ '\S' order by m.place limit 1), 200);
begin
  if answer is null then
    return app.shorten(asked, 200);
  end if;
  asked := app.shorten(asked, greatest(120, 197 - length(answer)));
  return app.shorten(coalesce(asked || ' → ', '→ ') || answer, 200);
end
$$;
comment on function app.preview(jsonb, jsonb) is
  'What a call was asked last and the first line of its answer, 200 characters at most; null where neither is kept.';

create function app.compile_preview(kind text) returns text
language sql immutable set search_path = ''
as $$
  select case kind when 'spans' then '(
      select app.preview(c.input, c.output) from public.span_contents c
      where c.tenant_id = s.tenant_id and c.trace_id = s.trace_id and c.span_id = s.span_id
        and c.start_time = s.start_time)'
    -- Of the first few with content: the root, else the first call, else the first of them.
    else '(
      select app.preview(c.input, c.output) from (
        select c.* from public.span_contents c
        where c.tenant_id = t.tenant_id and c.trace_id = t.trace_id
          and c.start_time between t.earliest and t.latest
        order by c.start_time, c.span_id limit 20) c
      cross join lateral (
        select p.parent_span_id, p.counted from public.spans p
        where p.tenant_id = c.tenant_id and p.trace_id = c.trace_id and p.span_id = c.span_id
          and p.start_time = c.start_time limit 1) p
      order by p.parent_span_id is null desc, p.counted desc, c.start_time, c.span_id limit 1)' end
$$;
comment on function app.compile_preview(text) is 'The preview of a span s or a trace t, as SQL.';

-- Planned for what it asks: a month's partitions and a column's index come in by literals.
create function app.list_rows(arguments jsonb, kind text) returns json
language plpgsql stable set search_path = '' set jit = off
as $$
declare
  sort constant app.sort := app.find_sort(arguments, kind);
  room constant integer := coalesce(app.integer_argument(arguments, 'most', 1, 1000), 50);
  -- Refuses what is no question before a row is read.
  question constant text := app.compile_question(arguments, kind);
  shown text := (select string_agg(format('%s.%I', left(kind, 1), name), ', ')
    from unnest(app.check_columns(arguments)) name)
    || case when arguments -> 'preview' = 'true' then ', ' || app.compile_preview(kind) || ' as preview' else '' end;
  found json;
begin
  if sort.measure is null and sort.falling and app.asks_time_alone(coalesce(arguments -> 'filters', '[]')) then
    execute format('select coalesce(json_agg(r), ''[]'') from (select %s from %s where %s.tenant_id = %L and %s order by %s limit %s) r',
      shown, case kind when 'spans' then 'public.span_summaries s' else 'public.trace_summaries t' end,
      left(kind, 1), app.require_tenant(), question, app.compile_order(sort, kind), room) into found;
    return found;
  end if;
  execute format($query$
    with k as materialized (select * from app.find_page(%L, %L) with ordinality p (value, start_time, trace_id, span_id, place))
    select coalesce(json_agg(r), '[]') from (select %s from k join %s order by k.place) r$query$,
    arguments, kind, shown || case when sort.measure is null then '' else ', k.value as sorted_by' end,
    app.compile_key(kind)) into found;
  return found;
end
$$;
comment on function app.list_rows(jsonb, text) is 'The page of list_spans or list_traces.';

create function app.count_rows(arguments jsonb, kind text) returns json
language sql stable set search_path = ''
as $$
  select json_build_object('count', least(count(*), 10000), 'more', count(*) > 10000)
  from app.match_rows(arguments - 'after' || '{"most": 10001}', kind)
$$;
comment on function app.count_rows(jsonb, text) is
  'How many rows filters let through: exact up to 10,000, more says whether there are more.';

create function public.count_spans(jsonb) returns json
language plpgsql stable set search_path = '' set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
begin
  return app.count_rows($1, 'spans');
end
$$;
comment on function public.count_spans(jsonb) is
  'How many spans list_spans has under the same {"filters"}: {"count", "more"}, exact up to 10,000, more where there are more.';

create function public.count_traces(jsonb) returns json
language plpgsql stable set search_path = '' set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
begin
  return app.count_rows($1, 'traces');
end
$$;
comment on function public.count_traces(jsonb) is 'How many traces list_traces has, as count_spans.';

create function public.list_spans(jsonb) returns json
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
begin
  return app.list_rows($1, 'spans');
end
$$;
comment on function public.list_spans(jsonb) is
  'Spans of the caller''s tenant: {"shown", "filters", "sort", "after", "most"}, where shown are columns, filters are trees that all have to let a span through (app.compile_filter), sort is time, duration, cost or tokens, with - in front for the greatest first, else -time, and after is the last row of the page before, {"start", "trace", "span"}, with its sorted_by as "value" unless by time. {"preview": true} adds preview, a text of 200 characters at most where content is kept. Those whose value is unknown are last; equal ones are newest first. Misdated spans only where a filter names misdated, a trace or a span.';

create function public.list_traces(jsonb) returns json
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
begin
  return app.list_rows($1, 'traces');
end
$$;
comment on function public.list_traces(jsonb) is
  'Traces of the caller''s tenant: as list_spans, with errors as another sort, and after {"start", "trace"}.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.list_spans(jsonb), public.list_traces(jsonb), public.count_spans(jsonb), public.count_traces(jsonb)
  from public, anon, authenticated;
grant execute on function
  app.plain_text(jsonb), app.shorten(text, integer), app.preview(jsonb, jsonb), app.compile_preview(text),
  app.count_rows(jsonb, text), app.list_rows(jsonb, text),
  public.list_spans(jsonb), public.list_traces(jsonb), public.count_spans(jsonb), public.count_traces(jsonb)
  to authenticated, service_role;
