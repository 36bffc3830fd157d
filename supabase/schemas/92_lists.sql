-- Rows of lists, newest first: what the filters let through, a page at a time.

create function app.check_columns(arguments jsonb) returns text[]
language plpgsql immutable set search_path = ''
as $$
declare
  names constant jsonb := arguments -> 'shown';
begin
  if jsonb_typeof(names) is distinct from 'array' or jsonb_array_length(names) not between 1 and 64
      or jsonb_path_exists(names, 'strict $[*] ? (@.type() != "string")') then
    raise invalid_parameter_value using
      message = 'shown is not 1 to 64 names of columns.', hint = 'Send {"shown": ["trace_id"]}.';
  end if;
  return array(select jsonb_array_elements_text(names));
end
$$;
comment on function app.check_columns(jsonb) is 'The columns that a list is asked for.';

create function app.compile_position(arguments jsonb, kind text) returns text
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
    return format('t.start_time <= %1$L::timestamptz and (t.start_time, t.trace_id) < (%1$L::timestamptz, %2$L)',
      after ->> 'start', after ->> 'trace');
  end if;
  perform app.argument(after, 'span', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  return format(
    's.start_time <= %1$L::timestamptz and (s.start_time, s.trace_id, s.span_id) < (%1$L::timestamptz, %2$L, %3$L)',
    after ->> 'start', after ->> 'trace', after ->> 'span');
end
$$;
comment on function app.compile_position(jsonb, text) is
  'What comes after a row of a list, as SQL; the bound of the start by itself is what an index uses.';

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
  narrowing text;
begin
  if app.compile_dating(coalesce(arguments -> 'filters', '[]'), kind) <> 'true' then
    narrowing := app.narrowing_query(coalesce(arguments -> 'filters', '[]'), kind, tenant);
  end if;
  if narrowing is not null then
    return query select * from app.walk_rows(
      tenant, kind, app.compile_question(arguments, kind), narrowing, app.last_start(arguments), room);
  elsif kind = 'spans' then
    return query execute format($query$
      select s.start_time, s.trace_id, s.span_id from public.span_summaries s
      where s.tenant_id = %L and %s
      order by s.start_time desc, s.trace_id desc, s.span_id desc limit %s$query$,
      tenant, app.compile_question(arguments, kind), room);
  else
    return query execute format($query$
      select t.start_time, t.trace_id, null::text from public.trace_summaries t
      where t.tenant_id = %L and %s
      order by t.start_time desc, t.trace_id desc limit %s$query$,
      tenant, app.compile_question(arguments, kind), room);
  end if;
end
$$;
comment on function app.match_rows(jsonb, text) is
  'The keys of the caller''s spans or traces, newest first, that all filters let through: {"filters", "after", "most"}, as app.compile_question has them, at most 100,001. A trace has no span_id.';

-- Planned for what it asks: a month's partitions and a column's index come in by literals.
create function public.list_spans(jsonb) returns json
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  room integer := coalesce(app.integer_argument($1, 'most', 1, 1000), 50);
  found json;
begin
  execute format($query$
    select coalesce(json_agg(r), '[]') from (
      select %s from public.span_summaries s where s.tenant_id = %L and %s
      order by s.start_time desc, s.trace_id desc, s.span_id desc limit %s) r$query$,
    (select string_agg(format('s.%I', name), ', ') from unnest(app.check_columns($1)) name),
    tenant, app.compile_question($1, 'spans'), room) into found;
  return found;
end
$$;
comment on function public.list_spans(jsonb) is
  'Spans of the caller''s tenant, newest first: {"shown", "filters", "after", "most"}, where shown are columns, filters are trees that all have to let a span through (app.compile_filter) and after is the last row of the page before, {"start", "trace", "span"}. Misdated spans only where a filter names misdated, a trace or a span.';

create function public.list_traces(jsonb) returns json
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  room integer := coalesce(app.integer_argument($1, 'most', 1, 1000), 50);
  found json;
begin
  execute format($query$
    select coalesce(json_agg(r), '[]') from (
      select %s from public.trace_summaries t where t.tenant_id = %L and %s
      order by t.start_time desc, t.trace_id desc limit %s) r$query$,
    (select string_agg(format('t.%I', name), ', ') from unnest(app.check_columns($1)) name),
    tenant, app.compile_question($1, 'traces'), room) into found;
  return found;
end
$$;
comment on function public.list_traces(jsonb) is
  'Traces of the caller''s tenant, newest first: as list_spans, after {"start", "trace"}.';

revoke execute on all functions in schema app from public;
revoke execute on function public.list_spans(jsonb), public.list_traces(jsonb)
  from public, anon, authenticated;
grant execute on function
  app.check_columns(jsonb), app.compile_position(jsonb, text), app.compile_dating(jsonb, text),
  app.compile_question(jsonb, text), app.last_start(jsonb), app.match_rows(jsonb, text), public.list_spans(jsonb), public.list_traces(jsonb)
  to authenticated, service_role;
grant execute on function app.time_argument(jsonb, text) to authenticated, service_role;
