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
    ranked as (
      select place, row_number() over (
        partition by trace_id, response_id order by reported desc, start_ns desc, span_id desc) as rank
      from calls where response_id is not null and place not in (select place from wrappers)
    )
    select place from wrappers union select place from ranked where rank > 1);
end
$$;
comment on function app.find_uncounted(public.spans[]) is
  'The places of countable spans that do not stand for a call: wrappers, which have a countable child of the same model, and all but one of the others of a response (usage reported first, then the latest start, then the span id).';

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

create function app.find_relatives(
  tenant text, touched public.spans[], since timestamptz, until timestamptz,
  out relatives public.spans[], out settled bigint
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  with keys as materialized (
    select trace_id, span_id, parent_span_id, response_id from unnest(touched) where countable
  ),
  -- Each order asks for the index that has it (see app.add_to_traces).
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
  peers as (
    select s.* from (
      select trace_id, response_id from keys where response_id is not null union
      select trace_id, response_id from near where response_id is not null
    ) k cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id = k.trace_id and response_id = k.response_id
        and start_time between since and until and countable
      order by parent_span_id) s
  ),
  affected as materialized (
    select distinct on (trace_id, span_id) * from (select * from near union all select * from peers) s
  ),
  children as (
    select s.* from affected k cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id = k.trace_id
        and parent_span_id between k.span_id and k.span_id
        and start_time between since and until and countable
      order by parent_span_id) s
    where not exists (
      select from affected a where (a.trace_id, a.span_id) = (s.trace_id, s.span_id))
  )
  select
    (select array_agg(a::public.spans) from affected a)
      || (select array_agg(c::public.spans) from children c),
    (select count(*) from affected)
    into relatives, settled;
end
$$;
comment on function app.find_relatives(text, public.spans[], timestamptz, timestamptz) is
  'The stored spans whose counting these ones bear on, so many of them (settled), and after them the children that decide it.';

create function app.settle_counts(
  tenant text, touched public.spans[], since timestamptz, until timestamptz
) returns text[]
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  relatives public.spans[];
  settled bigint;
  uncounted integer[];
  span public.spans;
  turned text[] := '{}';
begin
  select f.relatives, f.settled into relatives, settled
    from app.find_relatives(tenant, touched, since, until) f;
  uncounted := app.find_uncounted(relatives);
  for place in 1 .. settled loop
    span := relatives[place];
    if span.counted = (place = any(uncounted)) then
      update public.spans set counted = not counted
        where tenant_id = tenant and trace_id = span.trace_id and span_id = span.span_id
          and start_time = span.start_time;
      turned := turned || (span.trace_id || span.span_id);
    end if;
  end loop;
  return turned;
end
$$;
comment on function app.settle_counts(text, public.spans[], timestamptz, timestamptz) is
  'Counts anew what these spans bear on, by all that is stored of their traces; answers trace and span id of those that changed.';

revoke execute on all functions in schema app from public;
