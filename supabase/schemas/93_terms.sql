-- How a filter finds its rows without reading all: the terms of each hour's spans and traces are made
-- when the hour is folded, as bits that a filter's terms are met by. They narrow, and nothing else: the
-- compiled filter is asked of each row that they leave.

create function app.term_key(field text, value text) returns bigint
language sql immutable parallel safe
return hashtextextended(value, hashtextextended(field, 0));
comment on function app.term_key(text, text) is
  'The hash of a field and one of its values; of a flag the value is empty, and so it is of has:<field>.';

-- What a trace says is what one of its spans tells itself: its root, where it has one and not any will do.
create function app.list_terms()
returns table (field text, flag boolean, told_of_span text, told_of_trace text)
language sql immutable set search_path = ''
as $$
  select f.name, f.type = 'flag', f.of_span,
    case f.name when 'user' then 's.user_id' when 'customer' then 's.customer_id'
      when 'session' then 'coalesce(s.session_id, s.chained_session_id)'
      when 'name' then 'case when s.parent_span_id is null or t.root_span_id is null then s.name end'
      when 'status' then 'case when s.parent_span_id is null then s.status
        when t.root_span_id is null then case s.status when ''error'' then ''error'' else ''unset'' end end'
      else f.of_span end
  from app.list_fields() f
  where f.type in ('text', 'id', 'choice', 'flag') and f.of_span is not null and f.name <> 'misdated'
$$;
comment on function app.list_terms() is
  'The fields whose values are terms, beside tags, and what a span tells of each, as SQL over span_summaries as s: for itself, and for its trace t.';

create function app.terms_expression(of_traces boolean) returns text
language sql immutable set search_path = ''
as $$
  select format('array_remove(array[%s], null) || coalesce(array('
    'select app.term_key(''tag:'' || key, value) from jsonb_each_text(s.tags) union all '
    'select app.term_key(''has:tag:'' || key, '''') from jsonb_object_keys(s.tags) key), ''{}'')%s',
    string_agg(case
      when flag then format('case when %s then %L::bigint end', told, app.term_key(field, ''))
      else format('hashtextextended(%1$s, %2$L::bigint), case when (%1$s) is not null then %3$L::bigint end',
        told, hashtextextended(field, 0), app.term_key('has:' || field, '')) end, ', '),
    -- A text of traces is looked for by their spans (app.walk_texts).
    case when not of_traces then ' || app.name_keys(concat_ws(e''\n'', s.name, s.agent_name, s.tool_name))' end)
  from app.list_terms() cross join lateral (
    select case when of_traces then told_of_trace else told_of_span end as told) t
$$;
comment on function app.terms_expression(boolean) is
  'The terms of a span, or what it adds to its trace''s, as SQL over span_summaries as s and, of a trace, traces as t: an array of keys.';

create function app.name_keys(names text) returns bigint[]
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return array(
    select app.term_key('text', word)
    from unnest(tsvector_to_array(app.text_vector('simple', jsonb_build_array(names)))) word);
end
$$;
comment on function app.name_keys(text) is
  'A key of each word of a span''s names.';

create function app.to_bits(places integer[], size integer) returns bit varying
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  bits bit varying := pg_catalog."bit"(B'0', size, true);
  place integer;
begin
  foreach place in array places loop
    bits := set_bit(bits, place, 1);
  end loop;
  return bits;
end
$$;
comment on function app.to_bits(integer[], integer) is 'Places as so many bits.';

create function app.list_starts(hour timestamptz, starts integer[], bits bit varying)
returns setof timestamptz
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  place integer := 0;
  runs text[] := string_to_array(bits::text, '1');
begin
  for number in 1 .. cardinality(runs) - 1 loop
    place := place + length(runs[number]) + 1;
    return next hour + (starts[place] + 1800000000::bigint) * interval '1 microsecond';
  end loop;
end
$$;
comment on function app.list_starts(timestamptz, integer[], bit varying) is
  'The starts of those of an hour''s rows whose bits are set.';

create function app.make_span_terms(tenant text, hours timestamptz[]) returns void
language plpgsql set search_path = '' set jit = off
as $$
begin
  execute format($query$
    with told as materialized (
      select h.hour, s.start_time, %s as terms,
        (row_number() over (partition by h.hour order by s.start_time, s.trace_id, s.span_id))::integer - 1 as place
      from unnest($2) h (hour) cross join lateral (
        select * from public.span_summaries s
        where s.tenant_id = $1 and s.start_time >= h.hour and s.start_time < h.hour + interval '1 hour'
          and s.misdated is null offset 0) s),
    had as (select hour, term, array_agg(place) as places from told, unnest(terms) term group by 1, 2)
    $query$, app.terms_expression(false)) || app.keep_terms(false)
    using tenant, hours;
end
$$;
comment on function app.make_span_terms(text, timestamptz[]) is
  'Makes the terms of the spans of some hours that have none.';

create function app.make_trace_terms(tenant text, hours timestamptz[]) returns void
language plpgsql set search_path = '' set jit = off
as $$
begin
  execute format($query$
    with told as materialized (
      select h.hour, t.*,
        (row_number() over (partition by h.hour order by t.start_time, t.trace_id))::integer - 1 as place
      from unnest($2) h (hour) cross join lateral (
        select t.trace_id, t.root_span_id, t.start_time, coalesce(t.earliest, t.start_time) as since,
          coalesce(t.latest, t.end_time) as until from public.traces t
        where t.tenant_id = $1 and t.start_time >= h.hour and t.start_time < h.hour + interval '1 hour'
          and not t.undated offset 0) t),
    had as (
      select hour, term, array_agg(place) as places from (
        select distinct t.hour, t.place, term from told t cross join lateral (
          select %s as terms from public.span_summaries s
          where s.tenant_id = $1 and s.trace_id = t.trace_id and s.start_time between t.since and t.until
          offset 0) s cross join unnest(s.terms) term) d
      group by 1, 2)
    $query$, app.terms_expression(true)) || app.keep_terms(true)
    using tenant, hours;
end
$$;
comment on function app.make_trace_terms(text, timestamptz[]) is
  'Makes the terms of the traces that start in some hours that have none: what any of their spans tells, in whichever hour.';

create function app.keep_terms(of_traces boolean) returns text
language sql immutable set search_path = ''
as $$
  select format($query$
    insert into public.hour_terms (tenant_id, of_traces, hour, term, places, bits, size)
    select $1, %1$L::boolean, hour, 0,
      array_agg((extract(epoch from start_time - hour) * 1000000 - 1800000000)::integer order by place),
      null, count(*)
    from told group by hour
    union all
    select $1, %1$L, h.hour, h.term, case when seldom then h.places end,
      case when not seldom then app.to_bits(h.places, n.size) end, null
    from had h join (select hour, count(*)::integer as size from told group by hour) n using (hour)
    cross join lateral (select cardinality(h.places) * 32 < n.size as seldom) s$query$, of_traces)
$$;
comment on function app.keep_terms(boolean) is
  'Keeps what the queries told (rows of hours by their places) and had (places by term) give, as SQL.';

create function app.find_begun(tenant text, hours timestamptz[]) returns setof timestamptz
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return query
    select distinct t.start_time from unnest(hours) h (hour) cross join lateral (
      select t.start_time from public.traces t
      where t.tenant_id = tenant and t.end_time >= h.hour and t.start_time < h.hour and not t.undated
        and date_bin('1 hour', t.start_time, 'epoch') <> date_bin('1 hour', t.end_time, 'epoch')
      -- Asks for the index of those few.
      order by t.end_time) t;
end
$$;
comment on function app.find_begun(text, timestamptz[]) is
  'The starts of traces that began before one of these hours and may have a span in it.';

create function app.enough_for_terms() returns integer
language sql immutable parallel safe
return 64;
comment on function app.enough_for_terms() is
  'How many spans an hour has that has terms: fewer are read as quickly as their terms.';

create function app.make_terms(tenant text, hours timestamptz[]) returns void
language plpgsql set search_path = ''
as $$
declare
  full_hours timestamptz[];
  begun timestamptz[];
begin
  perform app.hold_folding(tenant);
  -- The last hour changes all the time.
  full_hours := array(
    select hour from unnest(hours) hour
    where hour <= now() - interval '1 hour'
      and app.count_started(tenant, hour, hour + interval '1 hour', app.enough_for_terms())
        = app.enough_for_terms());
  begun := array(
    select h.hour
    from (select distinct date_bin('1 hour', b, 'epoch') as hour from app.find_begun(tenant, hours) b) b
    join public.hour_terms h on h.hour = b.hour
    where h.tenant_id = tenant and h.of_traces and h.term = 0 and h.hour <> all(hours));
  delete from public.hour_terms h where h.tenant_id = tenant and not h.of_traces and h.hour = any(hours);
  delete from public.hour_terms h
    where h.tenant_id = tenant and h.of_traces and h.hour = any(hours || begun);
  if full_hours <> '{}' then
    perform app.make_span_terms(tenant, full_hours);
  end if;
  if full_hours || begun <> '{}' then
    perform app.make_trace_terms(tenant, full_hours || begun);
  end if;
end
$$;
comment on function app.make_terms(text, timestamptz[]) is
  'Makes the terms of a tenant''s hours anew, which are being folded, and those of traces that began before them.';

create function app.term_keys(term jsonb) returns bigint[]
language plpgsql immutable set search_path = ''
as $$
declare
  name constant text := term ->> 'field';
begin
  if not (name like 'tag:_%' or exists (select from app.list_terms() l where l.field = name)) then
    return null;
  end if;
  return case term ->> 'op'
    when 'in' then array(select app.term_key(name, v) from jsonb_array_elements_text(term -> 'values') v)
    when 'has' then array[app.term_key('has:' || name, '')]
    when 'is' then array[app.term_key(name, '')] end;
end
$$;
comment on function app.term_keys(jsonb) is
  'The keys one of which a row has that a term of a filter lets through; null where that is not known.';

create function app.narrow_to_any(tree jsonb) returns bigint[]
language plpgsql immutable set search_path = ''
as $$
declare
  member jsonb;
  keys bigint[];
  all_keys bigint[] := '{}';
begin
  if tree ? 'not' or tree = '{}' then
    return null;
  elsif not tree ?| '{and,or}' then
    return app.term_keys(tree);
  end if;
  for member in select * from jsonb_array_elements(coalesce(tree -> 'and', tree -> 'or')) loop
    keys := app.narrow_to_any(member);
    if tree ? 'and' and keys is not null or tree ? 'or' and keys is null then
      return keys;
    end if;
    all_keys := all_keys || keys;
  end loop;
  return case when tree ? 'or' then all_keys end;
end
$$;
comment on function app.narrow_to_any(jsonb) is
  'Keys one of which each row has that a tree lets through; null where there are none such.';

create function app.narrow(tree jsonb) returns setof bigint[]
language plpgsql immutable set search_path = ''
as $$
declare
  member jsonb;
  keys bigint[];
begin
  if tree ? 'and' then
    for member in select * from jsonb_array_elements(tree -> 'and') loop
      return query select * from app.narrow(member);
    end loop;
    return;
  end if;
  keys := app.narrow_to_any(tree);
  if keys is not null then
    return next keys;
  end if;
end
$$;
comment on function app.narrow(jsonb) is
  'Sets of keys: a row that a tree lets through has one of each.';

create function app.list_gaps(covered timestamptz[], since timestamptz, until timestamptz)
returns table (gap_since timestamptz, gap_until timestamptz)
language sql immutable set search_path = ''
as $$
  select greatest(since, begins), least(until, ends)
  from (
    select coalesce(lag(hour) over (order by hour) + interval '1 hour', since) as begins, hour as ends
    from unnest(covered) hour
    union all
    select coalesce(max(hour) + interval '1 hour', since), until from unnest(covered) hour) g
  where greatest(since, begins) < least(until, ends)
$$;
comment on function app.list_gaps(timestamptz[], timestamptz, timestamptz) is
  'What of a window is in none of these hours.';

create function app.find_covered(tenant text, traces boolean, since timestamptz, until timestamptz)
returns timestamptz[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select h.hour from public.hour_terms h
    where h.tenant_id = tenant and h.of_traces = traces and h.term = 0
      and h.hour > since - interval '1 hour' and h.hour < until
      and not exists (
        select from public.roll_up_changes c where c.tenant_id = tenant and c.hour = h.hour));
end
$$;
comment on function app.find_covered(text, boolean, timestamptz, timestamptz) is
  'The hours that reach into a window and have terms, and nothing changed in them since these were made.';

-- A trace has the terms of its spans in other hours, too: of those that changed since, and of misdated
-- ones, in whose hours no mark is.
create function app.find_outdated(tenant text) returns timestamptz[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select * from app.find_begun(tenant, array(select app.list_marked(tenant, '-infinity', 'infinity')))
    union
    select t.start_time from public.traces t where t.tenant_id = tenant and t.misdated <> '{}');
end
$$;
comment on function app.find_outdated(text) is
  'The starts of traces whose terms may be others than when they were made, beside those of marked hours.';

create function app.has_rows(tenant text, kind text, since timestamptz, until timestamptz) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  if kind = 'spans' then
    return exists (
      select from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until);
  end if;
  return exists (
    select from public.traces t
    where t.tenant_id = tenant and t.start_time >= since and t.start_time < until);
end
$$;
comment on function app.has_rows(text, text, timestamptz, timestamptz) is
  'Whether any of a tenant''s spans or traces starts in a window: cheaper than to ask a question of none.';

create function app.narrowing_query(filters jsonb, kind text, tenant text) returns text
language sql stable set search_path = ''
as $$
  select format($query$
    select h.hour, h.places as starts, %4$s as bits from %3$s
    join public.hour_terms h on h.hour = n1.hour
    where h.tenant_id = %1$L and h.of_traces = %2$L and h.term = 0
    order by h.hour desc$query$,
    tenant, kind = 'traces', string_agg(format($query$(
      select k.hour, bit_or(coalesce(k.bits, app.to_bits(k.places, h.size))) as found
      from public.hour_terms k join public.hour_terms h using (tenant_id, of_traces, hour)
      where k.tenant_id = %1$L and k.of_traces = %2$L and k.hour = any($1)
        and k.term = any(%3$L::bigint[]) and h.term = 0
      group by k.hour) n%4$s%5$s$query$, tenant, kind = 'traces', keys, place,
      case when place > 1 then format(' on n%s.hour = n1.hour', place) else '' end), ' join '
      order by place), string_agg(format('n%s.found', place), ' & ' order by place))
  from app.narrow(jsonb_build_object('and', filters)) with ordinality n (keys, place)
  having count(*) > 0
$$;
comment on function app.narrowing_query(jsonb, text, text) is
  'The bits that filters'' terms leave of some hours ($1), the newest hour first, with the starts of the hour''s rows, as SQL; null where no term narrows.';

create function app.verifying_query(
  tenant text, kind text, question text, room integer, any_start boolean, any_gap boolean
) returns text
language sql immutable set search_path = ''
as $$
  select format('select start_time, trace_id, span_id from (%s) k
      order by start_time desc, trace_id desc, span_id desc limit %s',
    concat_ws(' union all ',
      case when any_start then format('(%s and %s = any($1) and %2$s between $2 and $3 %s)', rows, start, ranked) end,
      case when any_gap then format('(select g.* from unnest($4, $5) r (since, until) cross join lateral (
        %s and %s >= r.since and %2$s < r.until %s) g)', rows, start, ranked) end), room)
  from (select case kind when 'spans' then 's.start_time' else 't.start_time' end as start,
      format(case kind
        when 'spans' then 'select s.start_time, s.trace_id, s.span_id from public.span_summaries s
          where s.tenant_id = %L and %s'
        else 'select t.start_time, t.trace_id, null::text as span_id from public.trace_summaries t
          where t.tenant_id = %L and %s' end, tenant, question) as rows,
      format(case kind when 'spans' then 'order by s.start_time desc, s.trace_id desc, s.span_id desc limit %s'
        else 'order by t.start_time desc, t.trace_id desc limit %s' end, room) as ranked) q
$$;
comment on function app.verifying_query(text, text, text, integer, boolean, boolean) is
  'The rows that a question lets through, as app.match_rows has them, of those that start at some times ($1, from $2 to $3) or in some windows ($4, $5), as SQL.';

create function app.walk_rows(
  tenant text, kind text, question text, narrowing text, since timestamptz, until timestamptz, room integer
) returns table (start_time timestamptz, trace_id text, span_id text)
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
declare
  piece_since timestamptz;
  -- A day, a week, and all: few rows are near, or there are none.
  days integer := 1;
  most integer := greatest(200, room * 2);
  unsettled timestamptz[] := case kind when 'traces' then app.find_outdated(tenant) else '{}' end;
  covered timestamptz[];
  starts timestamptz[];
  hour record;
  cut boolean;
  gaps_since timestamptz[];
  gaps_until timestamptz[];
  filled bigint;
begin
  while room > 0 and since < until loop
    piece_since := case when days < 30 then greatest(since, until - days * interval '24 hours') else since end;
    covered := app.find_covered(tenant, kind = 'traces', piece_since, until);
    starts := '{}';
    cut := false;
    if days = 1 and (select max(h) + interval '1 hour' from unnest(covered) h) < until then
      -- What is newer than all terms: often enough for a page.
      piece_since := (select max(h) + interval '1 hour' from unnest(covered) h);
    else
      for hour in execute narrowing using covered loop
        starts := starts || array(
          select s from app.list_starts(hour.hour, hour.starts, hour.bits) s
          where s >= piece_since and s < until);
        cut := cardinality(starts) >= most;
        if cut then
          piece_since := greatest(piece_since, hour.hour);
          most := least(most * 2, 20000);
          exit;
        end if;
      end loop;
    end if;
    -- In a gap they are found anyway.
    starts := starts || array(
      select u from unnest(unsettled) u
      where u >= piece_since and u < until and date_bin('1 hour', u, 'epoch') = any(covered));
    select array_agg(g.gap_since), array_agg(g.gap_until) into gaps_since, gaps_until
      from app.list_gaps(covered, piece_since, until) g
      where app.has_rows(tenant, kind, g.gap_since, g.gap_until);
    if starts <> '{}' or gaps_since is not null then
      return query execute app.verifying_query(
          tenant, kind, question, room, starts <> '{}', gaps_since is not null)
        using starts, piece_since, until, gaps_since, gaps_until;
      get diagnostics filled = row_count;
      room := room - filled;
    end if;
    until := piece_since;
    days := case when cut then days else least(days * 7, 49) end;
  end loop;
end
$$;
comment on function app.walk_rows(text, text, text, text, timestamptz, timestamptz, integer) is
  'The rows of app.match_rows, by the terms of hours: a piece of time after the other, the newest first.';

create function app.list_ranges(filters jsonb) returns setof jsonb
language sql immutable set search_path = ''
as $$
  select t
  from jsonb_array_elements(filters) f
  cross join jsonb_array_elements(coalesce(f -> 'and', jsonb_build_array(f))) t
  where t ->> 'field' in ('duration', 'cost', 'tokens') and t ->> 'op' in ('lt', 'le', 'gt', 'ge')
    -- The index has traces with errors alone.
    or t ->> 'field' = 'errors' and t ->> 'op' in ('gt', 'ge') and t #>> '{values,0}' <> '0'
$$;
comment on function app.list_ranges(jsonb) is
  'The terms of checked filters that all have to hold and bound a measure that has an index.';

-- A definer: under row level security Postgres does not use an index of an expression. It runs
-- nothing of a filter, and gives times.
create function app.find_beyond(term jsonb, kind text, during tstzrange, most integer)
returns timestamptz[]
language plpgsql stable security definer set search_path = '' set jit = off
as $$
declare
  tenant constant text := app.require_tenant();
  sort constant app.sort := app.find_sort(jsonb_build_object('sort', term ->> 'field'), kind);
  told constant text := term #>> '{values,0}';
  bound constant double precision := case term ->> 'field' when 'duration' then app.to_milliseconds(told)
    else told::double precision end;
  first timestamptz := (select t.start_time from public.traces t
    where t.tenant_id = tenant and t.start_time >= lower(during) order by t.start_time limit 1);
  starts timestamptz[];
begin
  if sort.measured is null then
    return null;
  end if;
  execute format($query$
    select array(
      select r.start_time from generate_series(%1$s, %2$s, -1) d (day) cross join lateral (
        select start_time from public.%3$I %4$I
        where tenant_id = %5$L and (start_ns / 86400000000000)::integer = d.day and %6$s %7$s= %8$L::double precision
          and start_time >= to_timestamp(d.day * 86400.0) and start_time < to_timestamp((d.day + 1) * 86400.0)
          and start_time >= %9$L and start_time < %10$L and %11$s and %12$s offset 0) r
      limit %13$s)$query$,
    floor(extract(epoch from upper(during)) / 86400)::integer,
    floor(extract(epoch from coalesce(first, upper(during))) / 86400)::integer,
    kind, left(kind, 1), tenant, sort.measure, case when term ->> 'op' in ('lt', 'le') then '<' else '>' end,
    bound, lower(during), upper(during), sort.measured,
    case kind when 'spans' then 'misdated is null' else 'not undated' end, most) into starts;
  return starts;
end
$$;
comment on function app.find_beyond(jsonb, text, tstzrange, integer) is
  'The starts of those of the caller''s rows in a window, so many at most, that a term of app.list_ranges lets through, or nearly; null where its measure has no index.';

create function app.find_few(filters jsonb, kind text, during tstzrange, most integer) returns timestamptz[]
language plpgsql stable set search_path = ''
as $$
declare
  starts timestamptz[];
  term jsonb;
begin
  if isempty(during) then
    return '{}';
  end if;
  for term in select * from app.list_ranges(filters) loop
    starts := app.find_beyond(term, kind, during, most);
    if cardinality(starts) < most then
      return starts;
    end if;
  end loop;
  return null;
end
$$;
comment on function app.find_few(jsonb, text, tstzrange, integer) is
  'The starts of all rows that filters may let through, where one of their measures leaves fewer than so many; else null.';

create function app.sift_few(
  tenant text, kind text, question text, few timestamptz[], room integer
) returns table (start_time timestamptz, trace_id text, span_id text)
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
declare
  newest constant timestamptz[] := array(select distinct s from unnest(few) s order by s desc);
  done integer := 0;
  step integer := 1000;
  filled bigint;
begin
  while room > 0 and done < cardinality(newest) loop
    return query execute app.verifying_query(tenant, kind, question, room, true, false)
      using newest[done + 1:done + step], newest[least(done + step, cardinality(newest))], newest[done + 1];
    get diagnostics filled = row_count;
    room := room - filled;
    done := done + step;
    step := step * 4;
  end loop;
end
$$;
comment on function app.sift_few(text, text, text, timestamptz[], integer) is
  'The rows of app.match_rows of those that start at some times, the newest first.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.term_key(text, text), app.name_keys(text), app.list_terms(), app.to_bits(integer[], integer),
  app.list_starts(timestamptz, integer[], bit varying), app.term_keys(jsonb),
  app.narrow_to_any(jsonb), app.narrow(jsonb),
  app.list_gaps(timestamptz[], timestamptz, timestamptz),
  app.find_covered(text, boolean, timestamptz, timestamptz), app.find_begun(text, timestamptz[]),
  app.find_outdated(text),
  app.narrowing_query(jsonb, text, text),
  app.verifying_query(text, text, text, integer, boolean, boolean),
  app.has_rows(text, text, timestamptz, timestamptz), app.list_ranges(jsonb),
  app.find_beyond(jsonb, text, tstzrange, integer), app.find_few(jsonb, text, tstzrange, integer),
  app.sift_few(text, text, text, timestamptz[], integer),
  app.walk_rows(text, text, text, text, timestamptz, timestamptz, integer)
  to authenticated, service_role;
