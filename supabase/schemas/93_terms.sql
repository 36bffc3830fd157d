-- How a filter finds its rows without reading all: the terms of each hour's spans and traces are made
-- when the hour is folded, as bits that a filter's terms are met by. They narrow, and nothing else: the
-- compiled filter is asked of each row that they leave.

create function app.term_key(field text, value text) returns bigint
language sql immutable parallel safe
return hashtextextended(value, hashtextextended(field, 0));
comment on function app.term_key(text, text) is
  'The hash of a field and one of its values; of a flag the value is empty, and so it is of has:<field>.';

-- What a trace says is what one of its spans tells itself.
create function app.list_terms()
returns table (field text, flag boolean, told_of_span text, told_of_trace text)
language sql immutable set search_path = ''
as $$
  select f.name, f.type = 'flag', f.of_span,
    case f.name when 'user' then 's.user_id' when 'customer' then 's.customer_id'
      when 'session' then 'coalesce(s.session_id, s.chained_session_id)' else f.of_span end
  from app.list_fields() f
  where f.type in ('text', 'id', 'choice', 'flag') and f.of_span is not null and f.name <> 'misdated'
$$;
comment on function app.list_terms() is
  'The fields whose values are terms, beside tags, and what a span tells of each, as SQL over span_summaries as s: for itself, and for its trace.';

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
  'The terms of a span, or what it adds to its trace''s, as SQL over span_summaries as s: an array of keys.';

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
        select t.trace_id, t.start_time, coalesce(t.earliest, t.start_time) as since,
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

create function app.term_keys(term jsonb, kind text) returns bigint[]
language plpgsql immutable set search_path = ''
as $$
declare
  name constant text := term ->> 'field';
begin
  if not (name like 'tag:_%' or exists (select from app.list_terms() l where l.field = name))
      -- A trace has no status where its spans say unset, and the other way round.
      or kind = 'traces' and name = 'status' and term -> 'values' ? 'unset' then
    return null;
  end if;
  return case term ->> 'op'
    when 'in' then array(select app.term_key(name, v) from jsonb_array_elements_text(term -> 'values') v)
    when 'has' then array[app.term_key('has:' || name, '')]
    when 'is' then array[app.term_key(name, '')] end;
end
$$;
comment on function app.term_keys(jsonb, text) is
  'The keys one of which a row has that a term of a filter lets through; null where that is not known.';

create function app.narrow_to_any(tree jsonb, kind text) returns bigint[]
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
    return app.term_keys(tree, kind);
  end if;
  for member in select * from jsonb_array_elements(coalesce(tree -> 'and', tree -> 'or')) loop
    keys := app.narrow_to_any(member, kind);
    if tree ? 'and' and keys is not null or tree ? 'or' and keys is null then
      return keys;
    end if;
    all_keys := all_keys || keys;
  end loop;
  return case when tree ? 'or' then all_keys end;
end
$$;
comment on function app.narrow_to_any(jsonb, text) is
  'Keys one of which each row has that a tree lets through; null where there are none such.';

create function app.narrow(tree jsonb, kind text) returns setof bigint[]
language plpgsql immutable set search_path = ''
as $$
declare
  member jsonb;
  keys bigint[];
begin
  if tree ? 'and' then
    for member in select * from jsonb_array_elements(tree -> 'and') loop
      return query select * from app.narrow(member, kind);
    end loop;
    return;
  end if;
  keys := app.narrow_to_any(tree, kind);
  if keys is not null then
    return next keys;
  end if;
end
$$;
comment on function app.narrow(jsonb, text) is
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
create function app.find_unsettled(tenant text) returns timestamptz[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select * from app.find_begun(tenant, array(select app.list_marked(tenant, '-infinity', 'infinity')))
    union
    select t.start_time from public.traces t where t.tenant_id = tenant and t.misdated <> '{}');
end
$$;
comment on function app.find_unsettled(text) is
  'The starts of traces whose terms may be others than when they were made, beside those of marked hours.';

create function app.narrowing_query(filters jsonb, kind text, tenant text) returns text
language sql stable set search_path = ''
as $$
  select format($query$
    select array_agg(at order by at desc) from (
      select distinct at
      from unnest($1) c (hour) cross join lateral (
        select h.hour, h.places as starts, h.size from public.hour_terms h
        where h.tenant_id = %1$L and h.of_traces = %2$L and h.hour = c.hour and h.term = 0) h
      %3$s
      cross join lateral app.list_starts(h.hour, h.starts, %4$s) at
      where at >= $2 and at < $3 order by at desc limit $4) a$query$,
    tenant, kind = 'traces', string_agg(format($query$
      join lateral (
        select bit_or(coalesce(k.bits, app.to_bits(k.places, h.size))) as found
        from unnest(%3$L::bigint[]) key join public.hour_terms k on k.term = key
        where k.tenant_id = %1$L and k.of_traces = %2$L and k.hour = h.hour
      ) n%4$s on n%4$s.found is not null$query$, tenant, kind = 'traces', keys, place), ''
      order by place), string_agg(format('n%s.found', place), ' & ' order by place))
  from app.narrow(jsonb_build_object('and', filters), kind) with ordinality n (keys, place)
  having count(*) > 0
$$;
comment on function app.narrowing_query(jsonb, text, text) is
  'The starts, newest first, of the rows that filters'' terms leave of some hours ($1), in a window ($2, $3), at most so many ($4), as SQL; null where no term narrows.';

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
  tenant text, kind text, question text, narrowing text, before timestamptz, room integer
) returns table (start_time timestamptz, trace_id text, span_id text)
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
declare
  until timestamptz := before;
  since timestamptz;
  -- A day, a week, and all: few rows are near, or there are none.
  days integer := 1;
  most integer := greatest(200, room * 2);
  unsettled timestamptz[] := case kind when 'traces' then app.find_unsettled(tenant) else '{}' end;
  covered timestamptz[];
  starts timestamptz[];
  gaps_since timestamptz[];
  gaps_until timestamptz[];
  found bigint;
begin
  loop
    since := case when days < 30 then until - days * interval '24 hours' else '-infinity' end;
    covered := app.find_covered(tenant, kind = 'traces', since, until);
    execute narrowing into starts using covered, since, until, most;
    if cardinality(starts) = most then
      since := starts[most];
      most := least(most * 2, 20000);
    else
      days := days * 7;
    end if;
    -- In a gap they are found anyway.
    starts := starts || array(
      select u from unnest(unsettled) u
      where u >= since and u < until and date_bin('1 hour', u, 'epoch') = any(covered));
    select array_agg(g.gap_since), array_agg(g.gap_until) into gaps_since, gaps_until
      from app.list_gaps(covered, since, until) g;
    if cardinality(starts) > 0 or cardinality(gaps_since) > 0 then
      return query execute app.verifying_query(
          tenant, kind, question, room, cardinality(starts) > 0, cardinality(gaps_since) > 0)
        using starts, since, until, gaps_since, gaps_until;
      get diagnostics found = row_count;
      room := room - found;
    end if;
    exit when room <= 0 or since = '-infinity';
    until := since;
  end loop;
end
$$;
comment on function app.walk_rows(text, text, text, text, timestamptz, integer) is
  'The rows of app.match_rows, by the terms of hours: a piece of time after the other, the newest first.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.term_key(text, text), app.name_keys(text), app.list_terms(), app.to_bits(integer[], integer),
  app.list_starts(timestamptz, integer[], bit varying), app.term_keys(jsonb, text),
  app.narrow_to_any(jsonb, text), app.narrow(jsonb, text),
  app.list_gaps(timestamptz[], timestamptz, timestamptz),
  app.find_covered(text, boolean, timestamptz, timestamptz), app.find_begun(text, timestamptz[]),
  app.find_unsettled(text),
  app.narrowing_query(jsonb, text, text),
  app.verifying_query(text, text, text, integer, boolean, boolean),
  app.walk_rows(text, text, text, text, timestamptz, integer)
  to authenticated, service_role;
