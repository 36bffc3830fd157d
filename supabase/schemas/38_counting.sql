-- Which span stands for a model call, where several describe the same one.

create function app.find_uncounted(spans public.spans[]) returns integer[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    with calls as materialized (
      select ordinality::integer as place, trace_id, span_id, parent_span_id, model, response_id,
        usage_status is not distinct from 'reported' as reported, start_ns, end_ns,
        request_model, input_tokens, output_tokens, instrumentation, service_name, environment,
        operation, status, streamed, time_to_first_token_ms as first_part_ms
      from unnest(spans) with ordinality where countable
    ),
    families as materialized (
      select w.place as parent, c.place as child, c.status,
        -- Two spans of one response are no wrapper and its call: the better of them is counted.
        (w.model is null or c.model = w.model) and (c.response_id = w.response_id) is not true
          as of_its_model,
        (w.response_id is not null and w.reported and c.response_id is null and not c.reported
          and w.instrumentation <> c.instrumentation and w.operation = c.operation
          and (w.request_model = c.request_model) is not false) is true as hollow
      from calls w join calls c on (c.trace_id, c.parent_span_id) = (w.trace_id, w.span_id)
      where c.span_id <> w.span_id
    ),
    wrappers as (
      select parent as place from families where of_its_model and not hollow
    ),
    -- Only neighbours have to be compared: if any of its kind within the hour is better, the next is.
    ranked as (
      select place, reported, bool_or(reported) over (
          partition by response_id order by start_ns
          range between 3600000000000 preceding and 3600000000000 following) as any_reported,
        lead(start_ns) over (
          partition by response_id, reported order by start_ns, span_id, trace_id
        ) - start_ns <= 3600000000000 as next_is_near
      from calls
      where place not in (select place from wrappers) and response_id in (
        select response_id from calls group by response_id having count(*) > 1)
    ),
    enclosing as (
      select w.place from calls w join calls c using (request_model)
      where (select min(instrumentation) <> max(instrumentation) from calls)
        and w.start_ns <= c.start_ns
        and (c.end_ns <= w.end_ns or w.start_ns < c.start_ns and w.streamed
          and w.first_part_ms >= (w.end_ns - w.start_ns)::double precision / 1000000
          and (c.start_ns - w.start_ns)::double precision / 1000000 + c.first_part_ms
            <= w.first_part_ms)
        and c.start_ns - w.start_ns <= 3600000000000
        and w.response_id is null and w.instrumentation <> c.instrumentation
        and w.service_name is not distinct from c.service_name
        and w.environment is not distinct from c.environment
        and (not w.reported
          or (w.input_tokens, w.output_tokens) is not distinct from (c.input_tokens, c.output_tokens))
        and (w.start_ns < c.start_ns or c.end_ns < w.end_ns or c.response_id is not null
          or (c.reported, c.span_id, c.trace_id) > (w.reported, w.span_id, w.trace_id))
        and c.place not in (select place from wrappers)
    )
    select place from wrappers
    union select child from families where hollow and status <> 'error'
    union select place from enclosing
    union select place from ranked where next_is_near or any_reported and not reported);
end
$$;
comment on function app.find_uncounted(public.spans[]) is
  'The places of countable spans that do not stand for a call: wrappers, which have a countable child of their model if they tell one; hollow ones (app.is_hollow) that did not fail; and of the others those for which a better one (usage reported first, then the latest start, span id, trace id) tells of the same response in whatever trace, and starts within an hour: the spans of one call overlap, and no call lasts longer. Without a response id a span is left out too if it encloses one that another instrumentation made (app.encloses).';

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

-- An instrumentation that wraps a client tells no response id for every call. Where the client is
-- traced too, in the same process, each call of the outer one has a span of the client's inside.
create function app.encloses(w public.spans, c public.spans) returns boolean
language sql immutable
return w.response_id is null and w.start_ns <= c.start_ns
  -- Of a stream whose span was left at its first part, only the wait for that can be compared.
  and (c.end_ns <= w.end_ns or w.start_ns < c.start_ns and w.streamed
    and w.time_to_first_token_ms >= (w.end_ns - w.start_ns)::double precision / 1000000
    and (c.start_ns - w.start_ns)::double precision / 1000000 + c.time_to_first_token_ms
      <= w.time_to_first_token_ms)
  and c.start_ns - w.start_ns <= 3600000000000
  and w.instrumentation <> c.instrumentation and w.request_model = c.request_model
  and w.service_name is not distinct from c.service_name
  and w.environment is not distinct from c.environment
  and (w.usage_status is distinct from 'reported'
    or (w.input_tokens, w.output_tokens) is not distinct from (c.input_tokens, c.output_tokens))
  -- Of two with the same times one is the outer, whichever is asked first.
  and (w.start_ns < c.start_ns or c.end_ns < w.end_ns or c.response_id is not null
    or (c.usage_status is not distinct from 'reported', c.span_id, c.trace_id)
      > (w.usage_status is not distinct from 'reported', w.span_id, w.trace_id));
comment on function app.encloses(public.spans, public.spans) is
  'Whether a span without a response id tells of the call of another: made by another instrumentation of the same service, for the same requested model, at most an hour later and wholly inside, or with its first part inside where the outer one tells of a stream and ends with its first part; and not of other tokens.';

-- Of an answer that is streamed in a way it does not know, a client's instrumentation sees nothing.
create function app.is_hollow(c public.spans, p public.spans) returns boolean
language sql immutable
return c.response_id is null and c.usage_status is distinct from 'reported'
  and p.response_id is not null and p.usage_status is not distinct from 'reported'
  and p.instrumentation <> c.instrumentation and p.operation = c.operation
  and (p.request_model = c.request_model) is not false;
comment on function app.is_hollow(public.spans, public.spans) is
  'Whether a span tells neither response nor usage where its parent tells both: made by another instrumentation, of the same operation, and of the same requested model where both tell one. The parent stands for the call, for a failed attempt the child as well.';

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
        and c.start_time between least(t.start_time, since) and greatest(t.end_time, until)
        and c.countable
        and c.span_id <> span.span_id and (span.model is null or c.model = span.model)
        and (c.response_id = span.response_id) is not true
      -- What is asked within is prepared for every partition, each time: so only what has to be.
      order by c.parent_span_id offset 0) c
    where t.tenant_id = tenant and t.trace_id = span.trace_id
      and app.is_hollow(c.child, span) is not true
    limit 1
  ) is not null;
end
$$;
comment on function app.wraps(text, public.spans, timestamptz, timestamptz) is
  'Whether a span has a countable child of its model, or of any where it tells none, that is not hollow: the child stands for the call, and the span for nothing.';

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
      cross join (values (0, 10000000000), (1, 100000000000), (2, 1000000000000), (3, 3600000000000)
        ) l (length, reach_ns)
      cross join lateral (
        select from public.spans w
        where w.tenant_id = tenant
          and hashtextextended(w.request_model, 0) = hashtextextended(m.request_model, 0)
          and width_bucket(w.end_ns - w.start_ns, '{10000000000,100000000000,1000000000000}'::bigint[]) = l.length
          and w.start_ns between m.first_ns - l.reach_ns and m.last_ns
          and w.start_time between since - interval '1 hour' and until
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
          and w.start_time between since - interval '1 hour' and until
          and w.countable and w.response_id is null and app.encloses(w, c)
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
        and c.start_time between w.start_time and least(w.end_time, w.start_time + interval '1 hour')
        and c.start_time between since and until + interval '1 hour'
        and c.countable and app.encloses(w, c)
      order by c.start_time limit 1) c
    where w.countable and w.response_id is null and w.instrumentation is not null);
end
$$;
comment on function app.find_enclosed(text, public.spans[], timestamptz, timestamptz) is
  'For each of these calls that encloses a stored one (app.encloses) the first of these.';

-- The same rule, asked of what is stored. Each order asks for the index that has it (see
-- app.add_to_traces).
create function app.settle_counts(
  tenant text, touched public.spans[], added text[], mixed boolean,
  since timestamptz, until timestamptz, out settled public.spans[], out turned text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found record;
begin
  turned := '{}';
  for found in
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
          and parent_span_id between k.span_id and k.span_id
          and start_time between since and until and countable and app.is_hollow(c, k.span)
        order by parent_span_id) c
      where mixed and k.response_id is not null and (k.span).usage_status = 'reported'
    ),
    -- One more span can take the place of one that is counted; a changed one can also leave it to
    -- one that is not.
    responses as (
      select response_id, min(start_time) - interval '1 hour' as earliest,
        max(start_time) + interval '1 hour' as latest,
        bool_and(trace_id || span_id in (select unnest(added))) as only_added
      from (
        select trace_id, span_id, response_id, start_time from keys union all
        select trace_id, span_id, response_id, start_time from near
      ) s where response_id is not null group by response_id
    ),
    peers as (
      select s.* from responses r cross join lateral (
        select * from public.spans
        where tenant_id = tenant and response_id = r.response_id
          and start_time between since - interval '1 hour' and until + interval '1 hour'
          and hashtextextended(response_id, 0)
            between hashtextextended(r.response_id, 0) and hashtextextended(r.response_id, 0)
          and start_time between r.earliest and r.latest and countable and (counted or not r.only_added)
        order by hashtextextended(response_id, 0), counted, start_time) s
    ),
    enclosing as (
      select * from unnest(case when mixed then app.find_enclosing(tenant,
        array(select span from keys) || array(select n::public.spans from near n), since, until) end)
    ),
    affected as materialized (
      select s.*, s::public.spans as span from (
        select distinct on (trace_id, span_id) * from (
          select * from near union all select * from hollow
          union all select * from peers union all select * from enclosing) s
      ) s
    )
    select span, (
        select false from public.spans c
        where c.tenant_id = tenant and c.trace_id = a.trace_id
          and c.parent_span_id between a.span_id and a.span_id
          and c.start_time between since and until and c.countable and c.span_id <> a.span_id
          and (a.model is null or c.model = a.model) and (c.response_id = a.response_id) is not true
          and (mixed and app.is_hollow(c, a.span)) is not true
        order by c.parent_span_id limit 1
      ) is null and (
        not mixed or a.parent_span_id is null or a.response_id is not null or a.status = 'error'
        or a.usage_status is not distinct from 'reported' or (
          select false from public.spans p
          where p.tenant_id = tenant and p.trace_id = a.trace_id
            and p.span_id between a.parent_span_id and a.parent_span_id
            and p.start_time between since and until and p.countable
            and app.is_hollow(a.span, p)
          order by p.span_id limit 1
        ) is null
      ) and (
        select false from public.spans y
        where y.tenant_id = tenant and y.response_id = a.response_id
          and hashtextextended(y.response_id, 0)
            between hashtextextended(a.response_id, 0) and hashtextextended(a.response_id, 0)
          and y.start_time between since - interval '2 hours' and until + interval '2 hours'
          and y.start_time between a.start_time - interval '1 hour' and a.start_time + interval '1 hour'
          and abs(y.start_ns - a.start_ns) <= 3600000000000 and y.countable
          and (y.usage_status is not distinct from 'reported', y.start_ns, y.span_id, y.trace_id)
            > (a.usage_status is not distinct from 'reported', a.start_ns, a.span_id, a.trace_id)
          and not app.wraps(tenant, y, since, until)
        order by hashtextextended(y.response_id, 0) desc, y.counted desc, y.start_time desc limit 1
      ) is null and (not mixed or a.response_id is not null or (
        select false from public.spans c
        where c.tenant_id = tenant
          and c.start_time between a.start_time and least(a.end_time, a.start_time + interval '1 hour')
          and c.start_time between since - interval '2 hours' and until + interval '2 hours'
          and c.countable and app.encloses(a.span, c)
          and not app.wraps(tenant, c, since, until)
        order by c.start_time limit 1
      ) is null) as stands
    from affected a
  loop
    settled := settled || found.span;
    if (found.span).counted <> found.stands then
      update public.spans set counted = not counted
        where tenant_id = tenant and trace_id = (found.span).trace_id
          and span_id = (found.span).span_id and start_time = (found.span).start_time;
      turned := turned || ((found.span).trace_id || (found.span).span_id);
    end if;
  end loop;
end
$$;
comment on function app.settle_counts(
  text, public.spans[], text[], boolean, timestamptz, timestamptz
) is
  'Counts anew what these spans bear on, by all that is stored (mixed: by several instrumentations); answers what it looked at, and trace and span id of those that changed.';

revoke execute on all functions in schema app from public;
