-- Which span stands for a model call, where several describe the same one.

create function app.find_uncounted(spans public.spans[]) returns integer[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    with calls as materialized (
      select ordinality::integer as place, trace_id, span_id, parent_span_id, model, response_id,
        usage_status is not distinct from 'reported' as reported, start_ns
      from unnest(spans) with ordinality where countable
    ),
    wrappers as (
      select w.place from calls w
      join calls c on (c.trace_id, c.parent_span_id, c.model) = (w.trace_id, w.span_id, w.model)
      -- Two spans of one response are no wrapper and its call: the better of them is counted.
      where c.span_id <> w.span_id and (c.response_id = w.response_id) is not true
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
    )
    select place from wrappers
    union select place from ranked where next_is_near or any_reported and not reported);
end
$$;
comment on function app.find_uncounted(public.spans[]) is
  'The places of countable spans that do not stand for a call: wrappers, which have a countable child of the same model, and of the others those for which a better one (usage reported first, then the latest start, span id, trace id) tells of the same response in whatever trace, and starts within an hour: the spans of one call overlap, and no call lasts longer.';

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

-- The same rule, asked of what is stored. Each order asks for the index that has it (see
-- app.add_to_traces). Who deletes a span that was counted does not count another in its place.
create function app.settle_counts(
  tenant text, touched public.spans[], added text[], since timestamptz, until timestamptz,
  out settled public.spans[], out turned text[]
)
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found record;
begin
  turned := '{}';
  for found in
    with keys as materialized (
      select trace_id, span_id, parent_span_id, response_id, start_time from unnest(touched)
      where countable
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
    affected as materialized (
      select distinct on (trace_id, span_id) *
      from (select * from near union all select * from peers) s
    )
    select a::public.spans as span, (
        select false from public.spans c
        where c.tenant_id = tenant and c.trace_id = a.trace_id
          and c.parent_span_id between a.span_id and a.span_id
          and c.start_time between since and until and c.countable and c.span_id <> a.span_id
          and c.model = a.model and (c.response_id = a.response_id) is not true
        order by c.parent_span_id limit 1
      ) is null and (
        select false from public.spans y
        where y.tenant_id = tenant and y.response_id = a.response_id
          and hashtextextended(y.response_id, 0)
            between hashtextextended(a.response_id, 0) and hashtextextended(a.response_id, 0)
          and y.start_time between since - interval '2 hours' and until + interval '2 hours'
          and y.start_time between a.start_time - interval '1 hour' and a.start_time + interval '1 hour'
          and abs(y.start_ns - a.start_ns) <= 3600000000000 and y.countable
          and (y.usage_status is not distinct from 'reported', y.start_ns, y.span_id, y.trace_id)
            > (a.usage_status is not distinct from 'reported', a.start_ns, a.span_id, a.trace_id)
          and (
            select false from public.traces t cross join lateral (
              select from public.spans c
              where c.tenant_id = tenant and c.trace_id = t.trace_id
                and c.parent_span_id between y.span_id and y.span_id
                -- Of the traces at hand the summaries are still to be moved.
                and c.start_time between least(t.start_time, since) and greatest(t.end_time, until)
                and c.countable
                and c.span_id <> y.span_id and c.model = y.model
                and (c.response_id = y.response_id) is not true
              order by c.parent_span_id) c
            where t.tenant_id = tenant and t.trace_id = y.trace_id limit 1
          ) is null
        order by hashtextextended(y.response_id, 0) desc, y.counted desc, y.start_time desc limit 1
      ) is null as stands
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
comment on function app.settle_counts(text, public.spans[], text[], timestamptz, timestamptz) is
  'Counts anew what these spans bear on, by all that is stored; answers what it looked at, and trace and span id of those that changed.';

revoke execute on all functions in schema app from public;
