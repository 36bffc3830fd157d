-- The counting rule, asked of what is stored.

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
  tenant text, calls public.spans[], proven boolean, since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    with models as (
      select request_model, min(start_ns) as first_ns, max(start_ns) as last_ns,
        bool_or(streamed and start_ns = end_ns) as logged
      from unnest(calls)
      where countable and instrumentation is not null and request_model is not null
      group by request_model
    ),
    -- As many as there are lengths of spans in spans_unnamed, and how far back each can reach.
    lengths as materialized (
      -- A log tells of a stream that opened long before, however soon.
      select m.request_model, l.length,
        case when m.logged then greatest(l.reach_ns, app.stream_window_ns()) else l.reach_ns end as reach_ns
      from models m
      cross join (values (0, 10000000000), (1, 100000000000), (2, 1000000000000), (3, app.call_window_ns())
        ) l (length, reach_ns)
      cross join lateral (
        select from public.spans w
        where w.tenant_id = tenant
          and hashtextextended(w.request_model, 0) = hashtextextended(m.request_model, 0)
          and width_bucket(w.end_ns - w.start_ns, '{10000000000,100000000000,1000000000000}'::bigint[]) = l.length
          and w.start_ns between m.first_ns - case when m.logged then greatest(l.reach_ns, app.stream_window_ns()) else l.reach_ns end
            and m.last_ns
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
          and w.countable and w.response_id is null and app.resembles(app.to_call(w), app.to_call(c))
          and (not proven or app.is_proven(app.to_call(w), app.to_call(c)))
        order by w.start_ns) w
      where c.countable) w);
end
$$;
comment on function app.find_enclosing(
  text, public.spans[], boolean, timestamptz, timestamptz
) is
  'Stored spans that resemble the wrapper of one of these calls (app.resembles), or are proven to be it.';

create function app.find_enclosed(
  tenant text, calls public.spans[], proven boolean, most integer,
  since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select c::public.spans from unnest(calls) w cross join lateral (
      select c.* from public.spans c
      where c.tenant_id = tenant
        and c.start_time between w.start_time and app.latest_of(w)
        and c.start_time between since and until + app.call_window()
        and c.countable and app.resembles(app.to_call(w), app.to_call(c))
        and (not proven or app.is_proven(app.to_call(w), app.to_call(c)))
      order by c.start_time limit most) c
    where w.countable and w.response_id is null and w.instrumentation is not null);
end
$$;
comment on function app.find_enclosed(
  text, public.spans[], boolean, integer, timestamptz, timestamptz
) is
  'For each of these calls that resembles the wrapper of stored ones (app.resembles), or is proven to be it, the first of these.';

-- Each order asks for the index that has it (see app.add_to_traces).
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
      select c.* from (
        select span from keys union all select n::public.spans from near n
      ) k cross join lateral (
        select * from public.spans c
        where tenant_id = tenant and trace_id = (k.span).trace_id
          and parent_span_id between (k.span).span_id and (k.span).span_id
          and start_time between since and until
          and countable and app.is_hollow(app.to_call(c), app.to_call(k.span))
        order by parent_span_id) c
      where mixed and (k.span).response_id is not null and (k.span).usage_status = 'reported'
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
    ) s);
end
$$;
comment on function app.find_affected(
  text, public.spans[], text[], boolean, timestamptz, timestamptz
) is
  'The stored countable spans whose counting these bear on by parentage or response: they themselves, their parents, hollow children, and those of the same response.';

-- Whether a wrapper finds a call of its own depends on all that are entangled with it.
create function app.find_entangled(
  tenant text, touched public.spans[], affected public.spans[],
  earliest timestamptz, latest timestamptz
) returns public.spans[]
language plpgsql stable set search_path = ''
as $$
declare
  last public.spans[] := array(select distinct s from unnest(touched || affected) s);
  found public.spans[];
  proven boolean := false;
  since timestamptz;
  until timestamptz;
begin
  while last <> '{}' loop
    found := app.find_callers(tenant, last, earliest, latest);
    if found <> '{}' or exists (select from unnest(last) where countable) then
      found := found || app.find_called(tenant, last || found, earliest, latest);
      select min(start_time), max(start_time) into since, until from unnest(last) where countable;
      found := found || app.find_enclosing(tenant, last, proven, since, until)
        || app.find_enclosed(tenant, last, true, app.most_entangled(), since, until);
    end if;
    last := array(
      select distinct on (trace_id, span_id) f from unnest(found) f
      where (trace_id, span_id) not in (select trace_id, span_id from unnest(affected)));
    affected := affected || last;
    proven := true;
    if last <> '{}' and cardinality(affected) > app.most_entangled() then
      last := app.leave_crowded(tenant, affected, last, earliest, latest);
    end if;
  end loop;
  return affected;
end
$$;
comment on function app.find_entangled(
  text, public.spans[], public.spans[], timestamptz, timestamptz
) is
  'These affected spans, and the stored ones whose counting those that touched them bear on because they enclose a call or lie above it: by chains of proven pairs, each as long as it may be (app.most_entangled).';

create function app.leave_crowded(
  tenant text, spans public.spans[], last public.spans[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = ''
as $$
declare
  crowded integer[] := (
    select (app.pair_calls(spans, l.above, l.below)).crowded
    from app.find_lineage(tenant, spans, since, until) l);
  first integer := cardinality(spans) - cardinality(last);
begin
  return array(
    select last[place] from generate_subscripts(last, 1) place
    where first + place <> all(crowded));
end
$$;
comment on function app.leave_crowded(
  text, public.spans[], public.spans[], timestamptz, timestamptz
) is
  'The last of these spans without those that are entangled with too many.';

create function app.find_unwrapped(
  tenant text, settled public.spans[], mixed boolean, since timestamptz, until timestamptz
) returns integer[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select place from (
      select place, settled[place] as a from generate_subscripts(settled, 1) place offset 0) s
    where (
        select false from public.spans c
        where c.tenant_id = tenant and c.trace_id = (a).trace_id
          and c.parent_span_id between (a).span_id and (a).span_id
          and c.start_time between since and until and c.countable and c.span_id <> (a).span_id
          and app.is_of_its_model(app.to_call(c), app.to_call(a))
          and (mixed and app.is_hollow(app.to_call(c), app.to_call(a))) is not true
        order by c.parent_span_id limit 1
      ) is null and (
        not mixed or (a).parent_span_id is null or (a).response_id is not null or (a).status = 'error'
        or (a).usage_status is not distinct from 'reported'
        or not app.is_last_hollow(tenant, a, since, until)
      ) and (
        select false from public.spans y
        where y.tenant_id = tenant and app.tells_of(y.response_id, (a).response_id)
          and y.start_time between since - 2 * app.call_window() and until + 2 * app.call_window()
          and y.start_time between (a).start_time - app.call_window() and (a).start_time + app.call_window()
          and y.countable and app.is_better(app.to_call(y), app.to_call(a))
          and not app.wraps(tenant, y, since, until)
        order by hashtextextended(y.response_id, 0) desc, y.counted desc, y.start_time desc limit 1
      ) is null);
end
$$;
comment on function app.find_unwrapped(
  text, public.spans[], boolean, timestamptz, timestamptz
) is
  'The places of those stored spans that stand for a call, whatever they enclose (mixed: by several instrumentations).';

create function app.is_last_hollow(
  tenant text, span public.spans, since timestamptz, until timestamptz
) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select true from public.spans p
    where p.tenant_id = tenant and p.trace_id = span.trace_id
      and p.span_id between span.parent_span_id and span.parent_span_id
      and p.span_id <> span.span_id
      and p.start_time between since and until and p.countable
      and app.is_hollow(app.to_call(span), app.to_call(p)) and not exists (
        select from public.spans c
        where c.tenant_id = tenant and c.trace_id = p.trace_id
          and c.parent_span_id between p.span_id and p.span_id
          and c.start_time between since and until and c.countable and c.status <> 'error'
          and (c.start_ns, c.span_id) > (span.start_ns, span.span_id)
          and app.is_hollow(app.to_call(c), app.to_call(p)))
    order by p.span_id limit 1
  ) is not null;
end
$$;
comment on function app.is_last_hollow(text, public.spans, timestamptz, timestamptz) is
  'Whether a span that did not fail is the last hollow child (app.is_hollow) of its parent, which stands for the call.';

create function app.find_doubtful(tenant text, settled public.spans[]) returns integer[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  since timestamptz := (select min(start_time) from unnest(settled));
  until timestamptz := (select max(start_time) from unnest(settled));
begin
  return array(
    select place from (
      select place, settled[place] as w from generate_subscripts(settled, 1) place offset 0) s
    cross join lateral (
      select from public.spans c
      where c.tenant_id = tenant
        and c.start_time between (w).start_time and app.latest_of(w)
        and c.start_time between since and until + app.call_window()
        and c.countable and app.resembles(app.to_call(w), app.to_call(c))
        and not app.is_proven(app.to_call(w), app.to_call(c))
      order by c.start_time limit 1) c
    where (w).counted and (w).response_id is null and (w).instrumentation is not null);
end
$$;
comment on function app.find_doubtful(text, public.spans[]) is
  'The places of those of these counted spans that resemble the wrapper of a stored one and are not proven to be it.';

create function app.settle_counts(
  tenant text, touched public.spans[], added text[], mixed boolean,
  since timestamptz, until timestamptz, out settled public.spans[], out turned text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  judged public.spans[];
  pairs app.pairs;
  place integer;
begin
  settled := app.find_affected(tenant, touched, added, mixed, since, until);
  if mixed then
    settled := app.find_entangled(tenant, touched, settled, since, until);
  end if;
  judged := settled;
  for place in 1 .. cardinality(judged) loop
    judged[place].counted := false;
    judged[place].possible_duplicate := false;
  end loop;
  foreach place in array app.find_unwrapped(tenant, settled, mixed, since, until) loop
    judged[place].counted := true;
  end loop;
  if mixed then
    select p.* into pairs from app.find_lineage(tenant, settled, since, until) l
      cross join lateral app.pair_calls(judged, l.above, l.below) p;
    foreach place in array pairs.enclosing loop
      judged[place].counted := false;
    end loop;
    foreach place in array pairs.doubtful || app.find_doubtful(tenant, judged) loop
      judged[place].possible_duplicate := true;
    end loop;
  end if;
  turned := app.turn_spans(tenant, settled, judged);
end
$$;
comment on function app.settle_counts(
  text, public.spans[], text[], boolean, timestamptz, timestamptz
) is
  'Counts anew what these spans bear on, by all that is stored (mixed: by several instrumentations); answers what it looked at, and trace and span id of those that changed.';

create function app.turn_spans(tenant text, stored public.spans[], judged public.spans[])
returns text[]
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  turned text[] := '{}';
begin
  for place in 1 .. cardinality(stored) loop
    continue when (stored[place].counted, stored[place].possible_duplicate)
      = (judged[place].counted, judged[place].possible_duplicate);
    update public.spans
      set counted = judged[place].counted, possible_duplicate = judged[place].possible_duplicate
      where tenant_id = tenant and trace_id = stored[place].trace_id
        and span_id = stored[place].span_id and start_time = stored[place].start_time;
    turned := turned || (stored[place].trace_id || stored[place].span_id);
  end loop;
  return turned;
end
$$;
comment on function app.turn_spans(text, public.spans[], public.spans[]) is
  'Stores what was judged of stored spans where it is another; answers trace and span id of those.';

revoke execute on all functions in schema app from public;
