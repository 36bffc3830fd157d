-- Which span stands for a model call, where several describe the same one.

-- The spans of one call overlap, and no call lasts longer.
create function app.call_window_ns() returns bigint
language sql immutable parallel safe
return 3600000000000;
comment on function app.call_window_ns() is
  'Within how many nanoseconds, an hour, the spans of one call start.';

create function app.call_window() returns interval
language sql immutable parallel safe
return app.call_window_ns() / 1000 * interval '1 microsecond';
comment on function app.call_window() is 'The same as an interval: within it the spans of one call start.';

-- What the rule asks of a span. The predicates below are single expressions of it, which Postgres
-- puts in place of each call: as plain comparisons of columns where a row is cast to it.
create type app.call as (
  place integer, trace_id text, span_id text, parent_span_id text,
  instrumentation text, service_name text, environment text, operation text,
  model text, request_model text, response_id text, status text, reported boolean,
  input_tokens bigint, output_tokens bigint, start_ns bigint, end_ns bigint,
  streamed boolean, first_part_ms double precision, process_keys text[],
  input_length integer, tiered boolean
);
comment on type app.call is
  'A countable span as the counting rule sees it; place is its number in a batch.';

create type app.pairs as (enclosing integer[], crowded integer[], doubtful integer[]);
comment on type app.pairs is
  'Places of spans in a list: those that enclose a call each, those among too many to say, and those of which it is not known.';

create type app.edges as (
  outside integer[], inside integer[], opening boolean[], doubtful integer[]
);
comment on type app.edges is
  'Places of spans in a list: wrappers, each with a call that it tells of and whether it is the opening of its stream; and wrappers of which it is not known.';

create function app.to_call(span public.spans) returns app.call
language sql immutable parallel safe
return row(
  null, span.trace_id, span.span_id, span.parent_span_id,
  span.instrumentation, span.service_name, span.environment, span.operation,
  span.model, span.request_model, span.response_id, span.status,
  span.usage_status is not distinct from 'reported',
  span.input_tokens, span.output_tokens, span.start_ns, span.end_ns,
  span.streamed, span.time_to_first_token_ms, nullif(span.process_keys, '{}'),
  span.input_length, span.service_tier is not null)::app.call;
comment on function app.to_call(public.spans) is 'A stored span as the counting rule sees it.';

create function app.name_one_model(one text, other text) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  if length(one) < length(other) then
    return app.name_one_model(other, one);
  end if;
  return starts_with(one, other || '-20')
    or right(one, length(other) + 1) in ('/' || other, ':' || other, '.' || other);
end
$$;
comment on function app.name_one_model(text, text) is
  'Whether one of two names of models is the other with a date behind it, or a place before it.';

-- Two spans of one response are no wrapper and its call: the better of them is counted.
create function app.is_of_its_model(child app.call, parent app.call) returns boolean
language sql immutable parallel safe
return (parent.model is null or child.model = parent.model
    or child.instrumentation <> parent.instrumentation
      and child.request_model = parent.request_model
    or child.reported and parent.reported
      and (child.input_tokens, child.output_tokens) = (parent.input_tokens, parent.output_tokens)
      and app.name_one_model(child.model, parent.model))
  and (child.response_id = parent.response_id) is not true
  -- An answer that the parent tells of came of another attempt than its failed child.
  and (parent.status = 'error' or not parent.reported or child.status <> 'error' or child.reported);
comment on function app.is_of_its_model(app.call, app.call) is
  'Whether a child is of its parent''s model, or of any where that tells none, and not of its response, nor a failed attempt without usage of what answered with usage. Of the same tokens, a date or a provider may stand in one of both names.';

-- Of an answer that is streamed in a way it does not know, a client's instrumentation sees nothing.
create function app.is_hollow(child app.call, parent app.call) returns boolean
language sql immutable parallel safe
return child.response_id is null and not child.reported
  and parent.response_id is not null and parent.reported
  and parent.instrumentation <> child.instrumentation and parent.operation = child.operation
  and (parent.request_model = child.request_model) is not false;
comment on function app.is_hollow(app.call, app.call) is
  'Whether a span tells neither response nor usage where its parent tells both: made by another instrumentation, of the same operation, and of the same requested model where both tell one. The parent stands for the call, for a failed attempt the child as well.';

create function app.is_better(call app.call, other app.call) returns boolean
language sql immutable parallel safe
return call.response_id = other.response_id
  and abs(call.start_ns - other.start_ns) <= app.call_window_ns()
  and (call.reported, call.tiered, call.start_ns, call.span_id, call.trace_id)
    > (other.reported, other.tiered, other.start_ns, other.span_id, other.trace_id);
comment on function app.is_better(app.call, app.call) is
  'Whether of two spans that tell of one response the first stands for the call: usage reported first, then a tier told, by which the call is priced, then the latest start, span id, trace id.';

-- A process id is 1 in every container, and hosts have many processes: what names one process alone
-- is for the sender's side to know (llm_observe/processes.py). Each key begins with its kind.
create function app.list_kinds(keys text[]) returns text[]
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return array(select split_part(key, ':', 1) from unnest(keys) key);
end
$$;
comment on function app.list_kinds(text[]) is 'What a span''s process is named by: the kinds of its keys.';

create function app.differ_in_container(keys text[], others text[]) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  -- Most keys are of no container: a look at the text is less work than one at each.
  return keys::text like '%container:%' and others::text like '%container:%'
    and not exists (select from unnest(keys) key where key like 'container:%' and key = any(others));
end
$$;
comment on function app.differ_in_container(text[], text[]) is
  'Whether both processes are in containers, and in no common one.';

create function app.is_one_process(keys text[], others text[]) returns boolean
language sql immutable parallel safe
return case
  when keys is null or others is null then null
  -- Two containers on one host have a process of each number both.
  when keys && others then not app.differ_in_container(keys, others)
  when app.list_kinds(keys) && app.list_kinds(others) then false
end;
comment on function app.is_one_process(text[], text[]) is
  'Whether what names the process of two spans is the same: null where it can not be compared.';

-- An instrumentation that wraps a client tells no response id for every call. Where the client is
-- traced too, in the same process, each call of the outer one has a span of the client's inside.
create function app.nests(outside app.call, inside app.call) returns boolean
language sql immutable parallel safe
return (
    -- Of a stream whose span was left at its first part, only the wait for that can be compared.
    inside.end_ns <= outside.end_ns
    or outside.start_ns < inside.start_ns and outside.streamed
    and outside.first_part_ms >= (outside.end_ns - outside.start_ns)::double precision / 1000000
    and (inside.start_ns - outside.start_ns)::double precision / 1000000 + inside.first_part_ms
      <= outside.first_part_ms)
  and inside.start_ns - outside.start_ns <= app.call_window_ns()
  and (not outside.reported or not inside.reported
    or (outside.input_tokens, outside.output_tokens)
      is not distinct from (inside.input_tokens, inside.output_tokens))
  -- Of two with the same times one is the outer, whichever is asked first.
  and (outside.start_ns < inside.start_ns or inside.end_ns < outside.end_ns
    or inside.response_id is not null
    or (inside.reported, inside.span_id, inside.trace_id)
      > (outside.reported, outside.span_id, outside.trace_id));
comment on function app.nests(app.call, app.call) is
  'Whether a span that starts no sooner lies inside another, at most an hour later, or with its first part inside where the outer one tells of a stream and ends with its first part; and is not of other tokens.';

-- Logfire tells of a stream twice: a span until it opens, and a log, which takes no time, of what
-- came of it, if it was read to an end. Neither is the other's parent.
create function app.stream_window_ns() returns bigint
language sql immutable parallel safe
return 600000000000;
comment on function app.stream_window_ns() is
  'Within how many nanoseconds, ten minutes, the log of a stream follows its opening.';

create function app.is_opening(span app.call) returns boolean
language sql immutable parallel safe
return span.streamed and not span.reported and span.response_id is null and span.status <> 'error'
  and span.start_ns < span.end_ns and span.instrumentation like 'logfire.%';
comment on function app.is_opening(app.call) is
  'Whether a span tells of a stream that opened, and of nothing that came of it.';

create function app.opens(opening app.call, log app.call) returns boolean
language sql immutable parallel safe
return app.is_opening(opening) and log.streamed and log.start_ns = log.end_ns
  and opening.end_ns <= log.start_ns
  and log.start_ns - opening.start_ns <= app.stream_window_ns()
  and opening.input_length is not distinct from log.input_length
  and opening.parent_span_id is not distinct from log.parent_span_id
  and (opening.parent_span_id is null or opening.trace_id = log.trace_id);
comment on function app.opens(app.call, app.call) is
  'Whether a span may be the opening of a stream of which a log tells: as long an input, and both of one parent or of none, at most ten minutes later.';

create function app.resembles(outside app.call, inside app.call) returns boolean
language sql immutable parallel safe
return outside.response_id is null and outside.start_ns <= inside.start_ns
  and outside.request_model = inside.request_model
  and outside.service_name is not distinct from inside.service_name
  and outside.environment is not distinct from inside.environment
  and case when outside.instrumentation = inside.instrumentation then app.opens(outside, inside)
    else outside.instrumentation <> inside.instrumentation
      and (outside.status = 'error') = (inside.status = 'error') and app.nests(outside, inside) end
  and app.is_one_process(outside.process_keys, inside.process_keys) is not false;
comment on function app.resembles(app.call, app.call) is
  'Whether a span without a response id may tell of the call of another, of the same service and requested model: made by another instrumentation and around it (app.nests), or the opening of its stream (app.opens); not of another process. Of a wrapper and its call both failed or neither.';

create function app.is_proven(outside app.call, inside app.call) returns boolean
language sql immutable parallel safe
return case when outside.instrumentation = inside.instrumentation
    then outside.parent_span_id is not null
      or app.is_one_process(outside.process_keys, inside.process_keys) is true
  else outside.reported = inside.reported
    and (outside.input_tokens, outside.output_tokens)
      is not distinct from (inside.input_tokens, inside.output_tokens)
    and app.is_one_process(outside.process_keys, inside.process_keys) is true
  end;
comment on function app.is_proven(app.call, app.call) is
  'Whether of two spans that resemble each other (app.resembles) the outer one tells of the other''s call: in the same process, of the same tokens, or none that either knows; or the opening of its stream, in the same process or below the same parent.';

-- A response id is slow to compare. A range of its hash, where an order by asks for it too, leads to
-- the index that has it (spans_of_response).
create function app.tells_of(response_id text, wanted text) returns boolean
language sql immutable parallel safe
return response_id = wanted and hashtextextended(response_id, 0)
  between hashtextextended(wanted, 0) and hashtextextended(wanted, 0);
comment on function app.tells_of(text, text) is
  'Whether this is the response id that is wanted, by the index on its hash.';

-- Until when there may be a call that a span tells of, too.
create function app.latest_of(span public.spans) returns timestamptz
language sql stable parallel safe
return case when app.is_opening(app.to_call(span))
  then span.start_time + app.stream_window_ns() / 1000 * interval '1 microsecond'
  else least(span.end_time, span.start_time + app.call_window()) end;
comment on function app.latest_of(public.spans) is
  'The latest start of a call that a span may enclose, or be the opening of.';

create function app.find_uncounted(spans public.spans[]) returns integer[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    -- The columns of app.call, in its order.
    with calls as materialized (
      select ordinality::integer as place, trace_id, span_id, parent_span_id,
        instrumentation, service_name, environment, operation,
        model, request_model, response_id, status,
        usage_status is not distinct from 'reported' as reported,
        input_tokens, output_tokens, start_ns, end_ns,
        streamed, time_to_first_token_ms as first_part_ms, process_keys, input_length,
        service_tier is not null as tiered
      from unnest(spans) with ordinality where countable
    ),
    families as materialized (
      select w.place as parent, c.place as child, c.status, c.start_ns, c.span_id,
        app.is_of_its_model(c::app.call, w::app.call) as of_its_model,
        app.is_hollow(c::app.call, w::app.call) is true as hollow
      from calls w join calls c on (c.trace_id, c.parent_span_id) = (w.trace_id, w.span_id)
      where c.span_id <> w.span_id
    ),
    wrappers as (
      select parent as place from families where of_its_model and not hollow
    ),
    -- app.is_better, for many spans at once. Only neighbours have to be compared: if any of its kind
    -- within the hour is better, the next is.
    ranked as (
      select place, array[reported, tiered] < max(array[reported, tiered]) over (
          partition by response_id order by start_ns
          range between app.call_window_ns() preceding and app.call_window_ns() following
        ) as is_outdone,
        lead(start_ns) over (
          partition by response_id, reported, tiered order by start_ns, span_id, trace_id
        ) - start_ns <= app.call_window_ns() as next_is_near
      from calls
      where place not in (select place from wrappers) and response_id in (
        select response_id from calls group by response_id having count(*) > 1)
    )
    select place from wrappers
    union select * from (
      select distinct on (parent) child from families where hollow and status <> 'error'
      order by parent, start_ns desc, span_id desc) last_hollow
    union select place from ranked where next_is_near or is_outdone);
end
$$;
comment on function app.find_uncounted(public.spans[]) is
  'The places of countable spans that another one stands for, whatever encloses them. Wrappers: they have a child of their model (app.is_of_its_model) that is not hollow. The last hollow child (app.is_hollow) of a parent that did not fail. Of the others those for which a better one (app.is_better) tells of the same response, in whatever trace.';

create function app.may_wrap(parents text[], calls text[]) returns boolean
language sql immutable parallel safe
-- Each is compared with each: of many the query that knows better takes less time.
return cardinality(calls) > 64 or parents && calls;
comment on function app.may_wrap(text[], text[]) is
  'Whether of one trace''s calls one may be the parent of another, by their ids and their parents'' ids.';

-- Of most batches no two spans are of one call, and to begin a query costs more than to look at each
-- span of a small one.
create function app.look_over(
  spans public.spans[], out traces text[], out since timestamptz, out until timestamptz,
  out repeated boolean, out responses text[], out instrumentations text[], out unnamed boolean,
  out entangled boolean, out links text[]
)
language plpgsql immutable set search_path = ''
as $$
declare
  span public.spans;
  last_id text;
  calls text[] := '{}';
  parents text[] := '{}';
  told text[] := '{}';
  nameless boolean := false;
begin
  traces := '{}';
  repeated := false;
  instrumentations := '{}';
  unnamed := false;
  entangled := false;
  links := '{}';
  foreach span in array spans loop
    since := least(since, span.start_time);
    until := greatest(until, span.start_time);
    if span.trace_id is distinct from traces[cardinality(traces)] then
      traces := array_append(traces, span.trace_id);
      entangled := entangled or app.may_wrap(parents, calls);
      calls := '{}';
      parents := '{}';
    elsif span.span_id = last_id then
      repeated := true;
    end if;
    last_id := span.span_id;
    if span.previous_response_id is not null then
      links := array_append(links, span.trace_id || span.previous_response_id);
    end if;
    continue when span.countable is not true;
    calls := array_append(calls, span.span_id);
    parents := array_append(parents, span.parent_span_id);
    told := array_append(told, span.response_id);
    -- None is not another one: of an empty array, all are another than null.
    if span.instrumentation is not null and span.instrumentation <> all(instrumentations) then
      instrumentations := array_append(instrumentations, span.instrumentation);
    end if;
    continue when span.response_id is not null;
    nameless := true;
    unnamed := unnamed or span.instrumentation is not null;
    -- A span that opened a stream is repeated by a log of its own instrumentation: it is like another.
    if app.is_opening(app.to_call(span))
       and span.instrumentation || ' (opening)' <> all(instrumentations) then
      instrumentations := array_append(instrumentations, span.instrumentation || ' (opening)');
    end if;
  end loop;
  responses := array(
    select distinct response_id collate "C" from unnest(told) response_id where response_id is not null);
  entangled := entangled or app.may_wrap(parents, calls)
    or cardinality(responses) < cardinality(array_remove(told, null))
    or nameless and cardinality(instrumentations) > 1;
end
$$;
comment on function app.look_over(public.spans[]) is
  'What spans in the order of their ids are of: their traces, the first and the last start, whether a span is among them twice; the responses and instrumentations of the countable ones, whether one of these has an instrumentation and no response id; whether two may be of one call (entangled), which app.mark_counted settles; and the links of those that name the response before (app.note_links).';

create function app.mark_counted(spans public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
declare
  place integer;
  above integer[];
  below integer[];
  pairs app.pairs;
begin
  foreach place in array app.find_uncounted(spans) loop
    spans[place].counted := false;
  end loop;
  if (
    select bool_or(response_id is null) and (
      min(instrumentation) <> max(instrumentation) or bool_or(app.is_opening(app.to_call(s))))
    from unnest(spans) s where countable
  ) then
    select l.above, l.below into above, below from app.list_lineage(spans) l;
    pairs := app.pair_calls(spans, above, below);
    foreach place in array pairs.enclosing loop
      spans[place].counted := false;
    end loop;
    foreach place in array pairs.doubtful loop
      spans[place].possible_duplicate := true;
    end loop;
  end if;
  return spans;
end
$$;
comment on function app.mark_counted(public.spans[]) is
  'The spans with those not counted that do not stand for a call, and those told that may be another''s wrapper, as far as these spans tell.';

revoke execute on all functions in schema app from public;
