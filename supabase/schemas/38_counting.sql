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
  streamed boolean, first_part_ms double precision
);
comment on type app.call is
  'A countable span as the counting rule sees it; place is its number in a batch.';

create function app.to_call(span public.spans) returns app.call
language sql immutable parallel safe
return row(
  null, span.trace_id, span.span_id, span.parent_span_id,
  span.instrumentation, span.service_name, span.environment, span.operation,
  span.model, span.request_model, span.response_id, span.status,
  span.usage_status is not distinct from 'reported',
  span.input_tokens, span.output_tokens, span.start_ns, span.end_ns,
  span.streamed, span.time_to_first_token_ms)::app.call;
comment on function app.to_call(public.spans) is 'A stored span as the counting rule sees it.';

-- Two spans of one response are no wrapper and its call: the better of them is counted.
create function app.is_of_its_model(child app.call, parent app.call) returns boolean
language sql immutable parallel safe
return (parent.model is null or child.model = parent.model)
  and (child.response_id = parent.response_id) is not true;
comment on function app.is_of_its_model(app.call, app.call) is
  'Whether a child is of its parent''s model, or of any where that tells none, and not of its response.';

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
  and (call.reported, call.start_ns, call.span_id, call.trace_id)
    > (other.reported, other.start_ns, other.span_id, other.trace_id);
comment on function app.is_better(app.call, app.call) is
  'Whether of two spans that tell of one response the first stands for the call: usage reported first, then the latest start, span id, trace id.';

-- An instrumentation that wraps a client tells no response id for every call. Where the client is
-- traced too, in the same process, each call of the outer one has a span of the client's inside.
create function app.encloses(outside app.call, inside app.call) returns boolean
language sql immutable parallel safe
return outside.response_id is null and outside.request_model = inside.request_model
  and outside.start_ns <= inside.start_ns
  -- Of a stream whose span was left at its first part, only the wait for that can be compared.
  and (inside.end_ns <= outside.end_ns
    or outside.start_ns < inside.start_ns and outside.streamed
    and outside.first_part_ms >= (outside.end_ns - outside.start_ns)::double precision / 1000000
    and (inside.start_ns - outside.start_ns)::double precision / 1000000 + inside.first_part_ms
      <= outside.first_part_ms)
  and inside.start_ns - outside.start_ns <= app.call_window_ns()
  and outside.instrumentation <> inside.instrumentation
  and outside.service_name is not distinct from inside.service_name
  and outside.environment is not distinct from inside.environment
  and (not outside.reported or (outside.input_tokens, outside.output_tokens)
    is not distinct from (inside.input_tokens, inside.output_tokens))
  -- Of two with the same times one is the outer, whichever is asked first.
  and (outside.start_ns < inside.start_ns or inside.end_ns < outside.end_ns
    or inside.response_id is not null
    or (inside.reported, inside.span_id, inside.trace_id)
      > (outside.reported, outside.span_id, outside.trace_id));
comment on function app.encloses(app.call, app.call) is
  'Whether a span without a response id tells of the call of another: made by another instrumentation of the same service, for the same requested model, at most an hour later and wholly inside, or with its first part inside where the outer one tells of a stream and ends with its first part; and not of other tokens.';

-- A response id is slow to compare. A range of its hash, where an order by asks for it too, leads to
-- the index that has it (spans_of_response).
create function app.tells_of(response_id text, wanted text) returns boolean
language sql immutable parallel safe
return response_id = wanted and hashtextextended(response_id, 0)
  between hashtextextended(wanted, 0) and hashtextextended(wanted, 0);
comment on function app.tells_of(text, text) is
  'Whether this is the response id that is wanted, by the index on its hash.';

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
        streamed, time_to_first_token_ms as first_part_ms
      from unnest(spans) with ordinality where countable
    ),
    families as materialized (
      select w.place as parent, c.place as child, c.status,
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
      select place, reported, bool_or(reported) over (
          partition by response_id order by start_ns
          range between app.call_window_ns() preceding and app.call_window_ns() following
        ) as any_reported,
        lead(start_ns) over (
          partition by response_id, reported order by start_ns, span_id, trace_id
        ) - start_ns <= app.call_window_ns() as next_is_near
      from calls
      where place not in (select place from wrappers) and response_id in (
        select response_id from calls group by response_id having count(*) > 1)
    ),
    enclosing as (
      select w.place from calls w join calls c on app.encloses(w::app.call, c::app.call)
      where (select min(instrumentation) <> max(instrumentation) from calls)
        and c.place not in (select place from wrappers)
    )
    select place from wrappers
    union select child from families where hollow and status <> 'error'
    union select place from enclosing
    union select place from ranked where next_is_near or any_reported and not reported);
end
$$;
comment on function app.find_uncounted(public.spans[]) is
  'The places of countable spans that do not stand for a call. Wrappers: they have a child of their model (app.is_of_its_model) that is not hollow. Hollow ones (app.is_hollow) that did not fail. Of the others those that enclose one that is no wrapper (app.encloses), and those for which a better one (app.is_better) tells of the same response, in whatever trace.';

create function app.mark_counted(spans public.spans[]) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
declare
  place integer;
begin
  foreach place in array app.find_uncounted(spans) loop
    spans[place].counted := false;
  end loop;
  return spans;
end
$$;
comment on function app.mark_counted(public.spans[]) is
  'The spans with those not counted that do not stand for a call, as far as these spans tell.';

create function app.wraps(
  tenant text, span public.spans, since timestamptz, until timestamptz
) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select true from public.traces t cross join lateral (
      select c as child from public.spans c
      where c.tenant_id = tenant and c.trace_id = t.trace_id
        and c.parent_span_id between span.span_id and span.span_id
        -- Of the traces at hand the summaries are still to be moved.
        and c.start_time between least(coalesce(t.earliest, t.start_time), since)
          and greatest(coalesce(t.latest, t.end_time), until)
        and c.countable
        and c.span_id <> span.span_id
        and app.is_of_its_model(app.to_call(c), app.to_call(span))
      -- What is asked within is prepared for every partition, each time: so only what has to be.
      order by c.parent_span_id offset 0) c
    where t.tenant_id = tenant and t.trace_id = span.trace_id
      and app.is_hollow(app.to_call(c.child), app.to_call(span)) is not true
    limit 1
  ) is not null;
end
$$;
comment on function app.wraps(text, public.spans, timestamptz, timestamptz) is
  'Whether a span has a countable child of its model (app.is_of_its_model) that is not hollow: the child stands for the call, and the span for nothing.';

create function app.find_enclosing(
  tenant text, calls public.spans[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    with models as (
      select request_model, min(start_ns) as first_ns, max(start_ns) as last_ns from unnest(calls)
      where countable and instrumentation is not null and request_model is not null
      group by request_model
    ),
    -- As many as there are lengths of spans in spans_unnamed, and how far back each can reach.
    lengths as materialized (
      select m.request_model, l.length, l.reach_ns from models m
      cross join (values (0, 10000000000), (1, 100000000000), (2, 1000000000000), (3, app.call_window_ns())
        ) l (length, reach_ns)
      cross join lateral (
        select from public.spans w
        where w.tenant_id = tenant
          and hashtextextended(w.request_model, 0) = hashtextextended(m.request_model, 0)
          and width_bucket(w.end_ns - w.start_ns, '{10000000000,100000000000,1000000000000}'::bigint[]) = l.length
          and w.start_ns between m.first_ns - l.reach_ns and m.last_ns
          and w.start_time between since - app.call_window() and until
          and w.countable and w.response_id is null
        order by w.start_ns limit 1) any_of_them
    )
    select w::public.spans from (
      select distinct on (w.trace_id, w.span_id) w.* from unnest(calls) c
      join lengths l using (request_model)
      cross join lateral (
        select w.* from public.spans w
        where w.tenant_id = tenant
          and hashtextextended(w.request_model, 0) = hashtextextended(c.request_model, 0)
          and width_bucket(w.end_ns - w.start_ns, '{10000000000,100000000000,1000000000000}'::bigint[]) = l.length
          and w.start_ns between c.start_ns - l.reach_ns and c.start_ns
          and w.start_time between since - app.call_window() and until
          and w.countable and w.response_id is null and app.encloses(app.to_call(w), app.to_call(c))
        order by w.start_ns) w
      where c.countable) w);
end
$$;
comment on function app.find_enclosing(text, public.spans[], timestamptz, timestamptz) is
  'Stored spans that enclose one of these calls (app.encloses).';

create function app.find_enclosed(
  tenant text, calls public.spans[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select c::public.spans from unnest(calls) w cross join lateral (
      select c.* from public.spans c
      where c.tenant_id = tenant
        and c.start_time between w.start_time and least(w.end_time, w.start_time + app.call_window())
        and c.start_time between since and until + app.call_window()
        and c.countable and app.encloses(app.to_call(w), app.to_call(c))
      order by c.start_time limit 1) c
    where w.countable and w.response_id is null and w.instrumentation is not null);
end
$$;
comment on function app.find_enclosed(text, public.spans[], timestamptz, timestamptz) is
  'For each of these calls that encloses a stored one (app.encloses) the first of these.';

-- The same rule, asked of what is stored. Each order asks for the index that has it (see
-- app.add_to_traces).
create function app.find_affected(
  tenant text, touched public.spans[], added text[], mixed boolean,
  since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    with keys as materialized (
      select s as span, trace_id, span_id, parent_span_id, response_id, start_time
      from unnest(touched) s where countable
    ),
    near as materialized (
      select s.* from (
        select trace_id, span_id from keys union
        select trace_id, parent_span_id from keys where parent_span_id is not null
      ) k cross join lateral (
        select * from public.spans
        where tenant_id = tenant and trace_id = k.trace_id
          and span_id between k.span_id and k.span_id
          and start_time between since and until and countable
        order by span_id, start_time) s
    ),
    hollow as (
      select c.* from keys k cross join lateral (
        select * from public.spans c
        where tenant_id = tenant and trace_id = k.trace_id
          and parent_span_id between k.span_id and k.span_id and start_time between since and until
          and countable and app.is_hollow(app.to_call(c), app.to_call(k.span))
        order by parent_span_id) c
      where mixed and k.response_id is not null and (k.span).usage_status = 'reported'
    ),
    -- One more span can take the place of one that is counted; a changed one can also leave it to
    -- one that is not.
    responses as (
      select response_id, min(start_time) - app.call_window() as earliest,
        max(start_time) + app.call_window() as latest,
        bool_and(trace_id || span_id in (select unnest(added))) as only_added
      from (
        select trace_id, span_id, response_id, start_time from keys union all
        select trace_id, span_id, response_id, start_time from near
      ) s where response_id is not null group by response_id
    ),
    peers as (
      select s.* from responses r cross join lateral (
        select * from public.spans
        where tenant_id = tenant and app.tells_of(response_id, r.response_id)
          and start_time between since - app.call_window() and until + app.call_window()
          and start_time between r.earliest and r.latest and countable and (counted or not r.only_added)
        order by hashtextextended(response_id, 0), counted, start_time) s
    )
    select distinct on (trace_id, span_id) s::public.spans from (
      select * from near union all select * from hollow union all select * from peers
      union all select * from unnest(case when mixed then app.find_enclosing(tenant,
        array(select span from keys) || array(select n::public.spans from near n), since, until) end)
    ) s);
end
$$;
comment on function app.find_affected(
  text, public.spans[], text[], boolean, timestamptz, timestamptz
) is
  'The stored countable spans whose counting these bear on: they themselves, their parents, hollow children, those of the same response, and those that enclose one.';

create function app.find_misjudged(
  tenant text, settled public.spans[], mixed boolean, since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select a::public.spans from unnest(settled) a
    where a.counted <> ((
        select false from public.spans c
        where c.tenant_id = tenant and c.trace_id = a.trace_id
          and c.parent_span_id between a.span_id and a.span_id
          and c.start_time between since and until and c.countable and c.span_id <> a.span_id
          and app.is_of_its_model(app.to_call(c), app.to_call(a))
          and (mixed and app.is_hollow(app.to_call(c), app.to_call(a))) is not true
        order by c.parent_span_id limit 1
      ) is null and (
        not mixed or a.parent_span_id is null or a.response_id is not null or a.status = 'error'
        or a.usage_status is not distinct from 'reported' or (
          select false from public.spans p
          where p.tenant_id = tenant and p.trace_id = a.trace_id
            and p.span_id between a.parent_span_id and a.parent_span_id
            and p.start_time between since and until and p.countable
            and app.is_hollow(app.to_call(a), app.to_call(p))
          order by p.span_id limit 1
        ) is null
      ) and (
        select false from public.spans y
        where y.tenant_id = tenant and app.tells_of(y.response_id, a.response_id)
          and y.start_time between since - 2 * app.call_window() and until + 2 * app.call_window()
          and y.start_time between a.start_time - app.call_window() and a.start_time + app.call_window()
          and y.countable and app.is_better(app.to_call(y), app.to_call(a))
          and not app.wraps(tenant, y, since, until)
        order by hashtextextended(y.response_id, 0) desc, y.counted desc, y.start_time desc limit 1
      ) is null and (not mixed or a.response_id is not null or (
        select false from public.spans c
        where c.tenant_id = tenant
          and c.start_time between a.start_time and least(a.end_time, a.start_time + app.call_window())
          and c.start_time between since - 2 * app.call_window() and until + 2 * app.call_window()
          and c.countable and app.encloses(app.to_call(a), app.to_call(c))
          and not app.wraps(tenant, c, since, until)
        order by c.start_time limit 1
      ) is null)));
end
$$;
comment on function app.find_misjudged(
  text, public.spans[], boolean, timestamptz, timestamptz
) is
  'Those of these stored spans that are counted and do not stand for a call, or the other way round (mixed: by several instrumentations).';

create function app.settle_counts(
  tenant text, touched public.spans[], added text[], mixed boolean,
  since timestamptz, until timestamptz, out settled public.spans[], out turned text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  span public.spans;
begin
  settled := app.find_affected(tenant, touched, added, mixed, since, until);
  turned := '{}';
  foreach span in array app.find_misjudged(tenant, settled, mixed, since, until) loop
    update public.spans set counted = not counted
      where tenant_id = tenant and trace_id = span.trace_id
        and span_id = span.span_id and start_time = span.start_time;
    turned := turned || (span.trace_id || span.span_id);
  end loop;
end
$$;
comment on function app.settle_counts(
  text, public.spans[], text[], boolean, timestamptz, timestamptz
) is
  'Counts anew what these spans bear on, by all that is stored (mixed: by several instrumentations); answers what it looked at, and trace and span id of those that changed.';

revoke execute on all functions in schema app from public;
