-- Conversations and people: sessions of traces, the turns of one, and users by their sums.

-- A session is that of its traces (trace_summaries.session_id), and these are its turns. By hashes,
-- which indexes hold in 8 bytes; no policy is sure that to compare them tells nothing, so that the
-- owner looks them up, for the caller's tenant alone.
create function app.list_turns(
  session text, after_start timestamptz, after_trace text, backwards boolean, most integer
) returns table (start_time timestamptz, trace_id text)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  tenant text := app.require_tenant();
begin
  if backwards then
    return query
      select t.start_time, t.trace_id from public.traces t
      where t.tenant_id = tenant
        and hashtextextended(coalesce(t.root_session_id, t.session_id, t.chained_session_id), 0)
          = hashtextextended(session, 0)
        and coalesce(t.root_session_id, t.session_id, t.chained_session_id) = session
        and not t.undated and t.start_time <= coalesce(after_start, 'infinity')
        and (after_trace is null or (t.start_time, t.trace_id) < (after_start, after_trace))
      order by t.start_time desc, t.trace_id desc limit most;
    return;
  end if;
  return query
    select t.start_time, t.trace_id from public.traces t
    where t.tenant_id = tenant
      and hashtextextended(coalesce(t.root_session_id, t.session_id, t.chained_session_id), 0)
        = hashtextextended(session, 0)
      and coalesce(t.root_session_id, t.session_id, t.chained_session_id) = session
      and not t.undated and t.start_time >= coalesce(after_start, '-infinity')
      and (after_trace is null or (t.start_time, t.trace_id) > (after_start, after_trace))
    order by t.start_time, t.trace_id limit most;
end
$$;
comment on function app.list_turns(text, timestamptz, text, boolean, integer) is
  'Turns of a session of the caller''s tenant, its well-dated traces, in order or backwards, from after one on.';

create function app.list_traces_of(person text, most integer)
returns table (start_time timestamptz, trace_id text, session_id text)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  tenant text := app.require_tenant();
begin
  return query
    select t.start_time, t.trace_id, coalesce(t.root_session_id, t.session_id, t.chained_session_id)
    from public.traces t
    where t.tenant_id = tenant
      and hashtextextended(coalesce(t.root_user_id, t.user_id), 0) = hashtextextended(person, 0)
      and coalesce(t.root_user_id, t.user_id) = person and not t.undated
    order by t.start_time desc, t.trace_id desc limit most;
end
$$;
comment on function app.list_traces_of(text, integer) is
  'The newest well-dated traces of a user of the caller''s tenant, each with its session.';

create function app.sum_session(session text) returns jsonb
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  tenant text := app.require_tenant();
begin
  return (
    with turn as materialized (
      select t.* from public.traces t
      where t.tenant_id = tenant
        and hashtextextended(coalesce(t.root_session_id, t.session_id, t.chained_session_id), 0)
          = hashtextextended(session, 0)
        and coalesce(t.root_session_id, t.session_id, t.chained_session_id) = session
        and not t.undated
      order by t.start_time desc, t.trace_id desc limit 10001
    ),
    told as (select * from turn order by start_time desc, trace_id desc limit 10000)
    select jsonb_build_object(
      'session_id', session,
      'first_start', min(start_time), 'last_start', max(start_time), 'last_end', max(end_time),
      'duration_ms', round(extract(epoch from max(end_time) - min(start_time)) * 1000, 3),
      'turns', count(*), 'more_turns', (select count(*) from turn) > 10000,
      'failed_turns', count(*) filter (where error_count > 0),
      'requests', sum(requests), 'unpriced_requests', sum(unpriced_requests),
      'unmeasured_requests', sum(unmeasured_requests), 'input_tokens', sum(input_tokens),
      'output_tokens', sum(output_tokens), 'total_tokens', sum(total_tokens),
      'total_cost_usd', sum(total_cost_usd),
      'models', (
        select coalesce(jsonb_agg(model), '[]') from (
          select distinct model from told cross join unnest(models) model order by 1 limit 32) m),
      'error_types', (
        select coalesce(jsonb_agg(type), '[]') from (
          select distinct type from told cross join unnest(error_types) type order by 1 limit 32) e),
      -- Of several the one that was told last.
      'user_id', (array_agg(coalesce(root_user_id, user_id) order by start_time desc, trace_id desc)
        filter (where coalesce(root_user_id, user_id) is not null))[1],
      'customer_id', (array_agg(coalesce(root_customer_id, customer_id) order by start_time desc, trace_id desc)
        filter (where coalesce(root_customer_id, customer_id) is not null))[1],
      'environment', (array_agg(environment order by start_time desc, trace_id desc)
        filter (where environment is not null))[1])
    from told);
end
$$;
comment on function app.sum_session(text) is
  'The sums over a session''s turns in the caller''s tenant, as JSON: over the newest 10,000 of them, more_turns says where there are others.';

-- What is kept of a call's messages: [{"role", "parts"}] as OpenTelemetry has them, or anything else.
create function app.read_messages(content jsonb, speaker text)
returns table (place bigint, role text, body jsonb)
language sql immutable
begin atomic
  select m.place, coalesce(m.told ->> 'role', speaker),
    case when jsonb_typeof(m.told) = 'object' then m.told - 'finish_reason'
      else jsonb_build_object('role', speaker, 'parts',
        jsonb_build_array(jsonb_build_object('type', 'text', 'content', m.told))) end
  from jsonb_array_elements(case jsonb_typeof(content) when 'array' then content
    when 'null' then '[]' else jsonb_build_array(content) end) with ordinality m (told, place)
  where content is not null;
end;
comment on function app.read_messages(jsonb, text) is
  'The messages of captured content in order, with their roles; what is no message is one of a speaker''s.';

create function app.text_of(message jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  -- Most messages are of one text.
  if jsonb_typeof(message #> '{parts,0,content}') = 'string' and message #> '{parts,1}' is null then
    return message #>> '{parts,0,content}';
  end if;
  return (
    select string_agg(p.part ->> 'content', e'\n' order by p.place)
    from jsonb_array_elements(case when jsonb_typeof(message -> 'parts') = 'array'
      then message -> 'parts' else '[]' end) with ordinality p (part, place)
    where jsonb_typeof(p.part -> 'content') = 'string');
end
$$;
comment on function app.text_of(jsonb) is 'The text of a message''s parts; null where it has none.';

-- At once for all: to begin a query of all partitions takes longer than to read one trace by it. From
-- contents to spans, since most traces have fewer of the first. A value of more bytes is not unpacked.
create function app.preview_sessions(turns public.trace_summaries[])
returns table (session_id text, preview text)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  tenant text := app.require_tenant();
begin
  return query
    select t.session_id, (
      select left(app.text_of(m.body), 200) from app.read_messages(f.input, 'user') m
      where m.role = 'user' and app.text_of(m.body) is not null
      order by m.place desc limit 1)
    from unnest(turns) t cross join lateral (
      select k.input
      from (
        select * from public.span_contents c
        where c.tenant_id = tenant and c.trace_id between t.trace_id and t.trace_id
          and c.start_time between t.earliest and t.latest and c.input is not null
        order by c.start_time, c.span_id limit 1000) k
      cross join lateral (
        select * from public.spans c
        where c.tenant_id = tenant and c.trace_id between k.trace_id and k.trace_id
          and c.span_id between k.span_id and k.span_id and c.start_time = k.start_time
        order by c.span_id limit 1) s
      where s.counted
      order by k.start_time, k.span_id limit 1) f
    where pg_column_size(f.input) <= 65536;
end
$$;
comment on function app.preview_sessions(public.trace_summaries[]) is
  'What users said first in the sessions of these turns, each the first of its session, 200 characters at most, where content is kept.';

create function app.describe_sessions(sessions text[]) returns table (session_id text, told jsonb)
language plpgsql stable set search_path = '' set jit = off
as $$
declare
  firsts constant public.trace_summaries[] := array(
    select app.find_turn(l.trace_id)
    from unnest(sessions) s cross join lateral app.list_turns(s, null, null, false, 1) l);
begin
  return query
    select s, app.sum_session(s) || jsonb_build_object('preview', p.preview)
    from unnest(sessions) s left join app.preview_sessions(firsts) p on p.session_id = s;
end
$$;
comment on function app.describe_sessions(text[]) is
  'The sums of sessions, and how each begins, as JSON.';

create type app.session_key as (start_time timestamptz, trace_id text, session_id text);
comment on type app.session_key is 'A trace''s place among all, and its session.';

create function app.read_keys(arguments jsonb, after jsonb, room integer)
returns table (start_time timestamptz, trace_id text, session_id text)
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  asked constant jsonb := arguments || jsonb_build_object('after', after, 'most', room);
begin
  if coalesce(arguments -> 'filters', '[]') = '[]' then
    return query execute format($query$
      select t.start_time, t.trace_id, t.session_id from public.trace_summaries t
      where t.tenant_id = %L and t.session_id is not null and %s
      order by t.start_time desc, t.trace_id desc limit %s$query$,
      tenant, app.compile_question(asked, 'traces'), room);
    return;
  end if;
  return query
    select m.start_time, m.trace_id, (app.find_turn(m.trace_id)).session_id
    from app.match_rows(asked, 'traces') m order by m.start_time desc, m.trace_id desc;
end
$$;
comment on function app.read_keys(jsonb, jsonb, integer) is
  'So many traces that filters let through, newest first, after one, each with its session.';

create function app.list_told(arguments jsonb, sessions text[]) returns text[]
language plpgsql stable set search_path = '' set jit = off
as $$
declare
  tenant text := app.require_tenant();
  after constant jsonb := arguments -> 'after';
  found text[];
begin
  if coalesce(after, 'null') = 'null' then
    return '{}';
  end if;
  -- The row that the page before ended with is among them.
  execute format($query$
    select array_agg(s) from unnest($1) s where exists (
      select from app.list_turns(s, %2$L, null, false, 10000) n
      where (n.start_time, n.trace_id) >= (%2$L, %3$L) and exists (
        select from public.trace_summaries t
        where t.tenant_id = %1$L and t.trace_id = n.trace_id and %4$s offset 0))$query$,
    tenant, app.time_argument(after, 'start'), after ->> 'trace',
    app.compile_question(arguments - 'after', 'traces')) into found using sessions;
  return coalesce(found, '{}');
end
$$;
comment on function app.list_told(jsonb, text[]) is
  'Of these sessions those that pages before have told: one of their traces that filters let through is no older than where this page begins.';

-- A session is taken with the newest of its traces that are asked for, and passed over at the others:
-- nothing is kept between pages, and none comes twice.
create function app.match_sessions(arguments jsonb, room integer)
returns table (start_time timestamptz, trace_id text, session_id text)
language plpgsql stable set search_path = ''
as $$
declare
  after jsonb := arguments -> 'after';
  batch integer := 4 * room;
  passed text[] := '{}';
  told text[];
  keys app.session_key[];
  key app.session_key;
begin
  loop
    keys := array(select (k.start_time, k.trace_id, k.session_id)::app.session_key
      from app.read_keys(arguments, after, batch) k order by k.start_time desc, k.trace_id desc);
    told := app.list_told(arguments, array(
      select distinct k.session_id from unnest(keys) k where k.session_id <> all(passed)));
    foreach key in array keys loop
      if key.session_id is not null and key.session_id <> all(passed) then
        passed := passed || key.session_id;
        if key.session_id <> all(told) then
          start_time := key.start_time;
          trace_id := key.trace_id;
          session_id := key.session_id;
          return next;
          room := room - 1;
          exit when room = 0;
        end if;
      end if;
    end loop;
    exit when room = 0 or cardinality(keys) < batch;
    after := jsonb_build_object('start', to_jsonb(key.start_time), 'trace', key.trace_id);
    batch := least(4 * batch, 10000);
  end loop;
end
$$;
comment on function app.match_sessions(jsonb, integer) is
  'Sessions of the traces that filters let through, each with the newest of these, newest first, after {"start", "trace"}.';

create function public.list_sessions(jsonb) returns json
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  room integer := coalesce(app.integer_argument($1, 'most', 1, 201), 50);
  keys app.session_key[];
begin
  keys := array(
    select (m.start_time, m.trace_id, m.session_id)::app.session_key
    from app.match_sessions($1, room) m);
  return (
    select coalesce(json_agg(d.told
      || jsonb_build_object('matched_start', k.start_time, 'matched_trace', k.trace_id)
      order by k.start_time desc, k.trace_id desc), '[]')
    from unnest(keys) k
      join app.describe_sessions(array(select k.session_id from unnest(keys) k)) d using (session_id));
end
$$;
comment on function public.list_sessions(jsonb) is
  'Sessions of the caller''s tenant, the one with the newest trace first: {"filters", "after", "most"}. filters are trees of traces (app.compile_filter), which say what traces are looked at: a session stands where its newest one of these does, matched_start and matched_trace, which are after, {"start", "trace"}, of the next page. Its sums are over all of its turns.';

-- A conversation comes again with each of its calls, and is cut from its beginning on. What was said
-- before is told by comparing with the last turns, and with none that is further back.
create type app.said as (
  turn integer, part integer, place bigint, role text, body jsonb, hash text, told text, cut boolean);
comment on type app.said is
  'A message of a turn: of what its first call (part 1) or its last one (2) was sent, or of what the last one answered (3). cut: some of it may be missing.';

-- At once for all turns: to begin a query of all partitions takes longer than to read one turn by it.
create function app.list_said(turns public.trace_summaries[]) returns setof app.said
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  tenant text := app.require_tenant();
begin
  return query
    with call as (
      select t.turn, k.input, k.output, s.input_length, s.output_length,
        row_number() over (partition by t.turn order by k.start_time, k.span_id) as place,
        count(*) over (partition by t.turn) as calls
      from (
        select t.ordinality::integer as turn, t.trace_id, t.earliest, t.latest
        from unnest(turns) with ordinality t) t
      cross join lateral (
        select * from public.span_contents c
        where c.tenant_id = tenant and c.trace_id between t.trace_id and t.trace_id
          and c.start_time between t.earliest and t.latest
        order by c.start_time, c.span_id limit 1000) k
      cross join lateral (
        select * from public.spans c
        where c.tenant_id = tenant and c.trace_id between k.trace_id and k.trace_id
          and c.span_id between k.span_id and k.span_id and c.start_time = k.start_time
        order by c.span_id limit 1) s
      where s.counted
    )
    select m.turn, m.part, m.place, m.role, m.body,
      md5(concat_ws(' ', m.role, coalesce(m.body -> 'parts', m.body)::text)), m.told,
      -- Of what was sent the end is kept, so that its first message may be cut.
      coalesce(m.length > sum(length(m.told)) over (partition by m.turn, m.part), false)
        and (m.part = 3 or m.place = 1)
    from (
      select c.turn, k.part, k.length, r.*, app.text_of(r.body) as told
      from call c
        cross join lateral (values
          (1, 'user', case when c.place = 1 then c.input end, c.input_length),
          (2, 'user', case when c.place = c.calls and c.calls > 1 then c.input end, c.input_length),
          (3, 'assistant', case when c.place = c.calls then c.output end, c.output_length)
        ) k (part, speaker, content, length)
        cross join lateral app.read_messages(k.content, k.speaker) r
      where pg_column_size(k.content) <= 262144) m;
end
$$;
comment on function app.list_said(public.trace_summaries[]) is
  'The messages of turns of the caller''s tenant: of the first and the last call of each that were kept, of a thousand at most, where these are no larger than 256 KiB.';

create function app.find_new(said app.said[], most_back integer) returns table (turn integer, messages jsonb)
language plpgsql immutable set search_path = '' set enable_nestloop = off set jit = off
as $$
begin
  return query
    with told as (
      select s.*, row_number() over () as number, left(s.told, 16) as beginning,
        max(s.turn) over (
          partition by s.hash order by s.turn range between most_back preceding and 1 preceding) is not null
        or s.part = 2 and bool_or(s.part = 1) over (partition by s.turn, s.hash) as again
      from unnest(said) s
    ),
    -- One that was cut is the beginning of the other.
    cut_again as (
      select distinct t.number from told t join told o
        on o.beginning = t.beginning and o.role = t.role
      where (o.cut or t.cut)
        and (o.turn between t.turn - most_back and t.turn - 1 or o.turn = t.turn and o.part < t.part)
        and (t.cut and starts_with(o.told, t.told) or o.cut and starts_with(t.told, o.told))
    ),
    placed as (
      select t.*, k.known,
        -- The last that the model said before: all up to there was there before.
        max(t.place) filter (where k.known and t.role = 'assistant') over of_part as until,
        max(t.place) over of_part as last_place,
        bool_or(t.part = 1) over (partition by t.turn, t.hash) as of_first
      from told t left join cut_again c on c.number = t.number
        cross join lateral (
          select t.again or c.number is not null
            -- Too little is left to tell.
            or t.cut and t.part < 3 and coalesce(length(t.beginning), 0) < 16 as known) k
      window of_part as (partition by t.turn, t.part)
    )
    select p.turn, jsonb_agg(p.body order by p.part, p.place)
    from placed p
    where p.part = 3
      or p.place > coalesce(p.until, 0)
        and not (p.part = 2 and p.of_first)
        -- The same words again are said anew, but for instructions.
        and (not p.known or p.part = 1 and p.role not in ('system', 'developer')
          and (p.until is not null or p.place = p.last_place))
    group by p.turn;
end
$$;
comment on function app.find_new(app.said[], integer) is
  'Of the messages of turns those that were in none of so many turns before, in order: by turn.';

create function app.find_turn(trace text) returns public.trace_summaries
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  tenant text := app.require_tenant();
  found public.trace_summaries;
begin
  select t.* into found from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id between trace and trace order by t.trace_id limit 1;
  return found;
end
$$;
comment on function app.find_turn(text) is 'A trace of the caller''s tenant.';

create function app.read_turns(session text, after_start timestamptz, after_trace text, room integer)
returns jsonb
language plpgsql stable set search_path = '' set jit = off
as $$
declare
  -- As many turns before are compared with.
  back constant integer := 20;
  before public.trace_summaries[] := '{}';
  turns public.trace_summaries[];
  said app.said[];
begin
  if after_trace is not null then
    before := array(
      select app.find_turn(l.trace_id)
      from app.list_turns(session, after_start + interval '1 microsecond', null, true, back + 1) l
      where (l.start_time, l.trace_id) <= (after_start, after_trace)
      order by l.start_time, l.trace_id);
  end if;
  turns := before || array(
    select app.find_turn(l.trace_id)
    from app.list_turns(session, after_start, after_trace, false, room) l
    order by l.start_time, l.trace_id);
  said := array(
    select s from app.list_said(turns) s);
  return (
    select coalesce(jsonb_agg(to_jsonb(t) - '{ordinality,before_end}'::text[] || jsonb_build_object(
        'gap_ms', case when t.before_end is not null
          then round(extract(epoch from greatest(t.start_time - t.before_end, interval '0')) * 1000, 3) end,
        'messages', n.messages) order by t.ordinality), '[]')
    from (
      select u.*, lag(u.end_time) over (order by u.ordinality) as before_end
      from unnest(turns) with ordinality u) t
      left join app.find_new(said, back) n on n.turn = t.ordinality
    where t.ordinality > cardinality(before));
end
$$;
comment on function app.read_turns(text, timestamptz, text, integer) is
  'So many turns of a session in order, after one, each with what is new in it.';

create function public.read_session(jsonb) returns jsonb
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  session text := app.argument($1, 'session_id', '^.', 'a session''s id');
  room integer := coalesce(app.integer_argument($1, 'most', 1, 201), 50);
  after constant jsonb := nullif($1 -> 'after', 'null');
  turns jsonb;
begin
  turns := app.read_turns(session, app.moment_argument(after, 'start'),
    case when after is not null then app.argument(after, 'trace', '^[0-9a-f]{32}$', '32 hex digits in lower case') end,
    room);
  if turns = '[]' and not exists (select from app.list_turns(session, null, null, false, 1)) then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such session.', hint = 'It may be deleted, or of another tenant.';
  end if;
  return jsonb_build_object('turns', turns,
    'session', (select d.told from app.describe_sessions(array[session]) d));
end
$$;
comment on function public.read_session(jsonb) is
  'The session {"session_id"} of the caller''s tenant: its sums, as list_sessions has them, and {"most"} of its turns in order, after {"start", "trace"}, each with its messages that were in none of the 20 turns before.';

revoke execute on all functions in schema app from public;
revoke execute on function public.list_sessions(jsonb), public.read_session(jsonb)
  from public, anon, authenticated;
grant execute on function
  app.list_turns(text, timestamptz, text, boolean, integer), app.list_traces_of(text, integer),
  app.sum_session(text), app.read_messages(jsonb, text), app.text_of(jsonb),
  app.preview_sessions(public.trace_summaries[]), app.describe_sessions(text[]),
  app.match_sessions(jsonb, integer),
  app.read_keys(jsonb, jsonb, integer), app.list_told(jsonb, text[]),
  app.list_said(public.trace_summaries[]), app.find_new(app.said[], integer),
  app.find_turn(text), app.read_turns(text, timestamptz, text, integer),
  public.list_sessions(jsonb), public.read_session(jsonb)
  to authenticated, service_role;
