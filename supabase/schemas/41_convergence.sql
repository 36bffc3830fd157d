-- Where a batch meets what is stored, or itself: the part of writing that most batches pass by.

create function app.converge(
  tenant text, arrived public.spans[], before public.spans[], contents public.span_contents[],
  peers public.spans[], known text[], added text[], responses text[],
  instrumentations text[], alone boolean,
  since timestamptz, until timestamptz,
  out merged bigint, out restless text[]
)
language plpgsql set search_path = ''
as $$
declare
  states public.spans[] := app.find_repeated(arrived || before);
  repeated public.spans[] := app.merge_spans(states);
  changed text[];
  settled public.spans[];
  turned text[] := '{}';
  -- A batch without calls may bring a span that stands between two.
  mixed boolean := (
    select cardinality(call_instrumentations) > 1 from public.tenants where tenant_id = tenant);
begin
  select coalesce(array_agg(b.trace_id || b.span_id), '{}') into changed
    from unnest(before) b join unnest(repeated) r using (trace_id, span_id) where b *<> r;
  merged := cardinality(changed);
  if cardinality(states) > 0 then
    perform app.replace_spans(tenant, states, repeated);
    perform app.replace_contents(tenant, contents, states, repeated);
  elsif cardinality(contents) > 0 then
    perform app.insert_contents(contents);
  end if;
  if added <> '{}' or changed <> '{}' then
    select s.settled, s.turned into settled, turned
      from app.settle_counts(
        tenant, app.find_unsettled(arrived || before || repeated, repeated, known, peers, mixed is true),
        added, mixed is true, since, until) s;
    perform app.require_held(arrived, before, settled, responses, known, instrumentations, alone);
  end if;
  restless := array(
    select app.trace_of(key) from unnest(changed) key
    union select app.trace_of(key) from unnest(turned) key where key <> all(added));
end
$$;
comment on function app.converge(
  text, public.spans[], public.spans[], public.span_contents[], public.spans[],
  text[], text[], text[], text[], boolean, timestamptz, timestamptz
) is
  'Merges repeated spans and settles what is counted, in the traces of their peers too; answers how many known spans changed, and the traces in which anything but the added spans did.';

create function app.find_unsettled(
  states public.spans[], repeated public.spans[], known text[], peers public.spans[], mixed boolean
) returns public.spans[]
-- By estimate the plan for one batch is worth its time, which is longer than all else takes.
language plpgsql immutable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    with calls as materialized (
      select s, response_id, trace_id = any(known)
        or trace_id in (select trace_id from unnest(repeated)) as partly_told
      from unnest(states) s where countable
    )
    select s from calls
    where partly_told
      or response_id in (select response_id from calls where partly_told)
      or response_id in (select response_id from unnest(peers))
      or exists (
        select from unnest(peers) p
        where app.resembles(app.to_call(p), app.to_call(s))
          or app.resembles(app.to_call(s), app.to_call(p)))
    union all
    select s from unnest(states) s
    where mixed and parent_span_id is not null
      and app.is_transparent(countable, operation, agent_name, tool_name, attributes)
      and (trace_id = any(known) or trace_id in (select trace_id from unnest(repeated))));
end
$$;
comment on function app.find_unsettled(
  public.spans[], public.spans[], text[], public.spans[], boolean
) is
  'The countable ones of these states in traces, or of calls, of which the batch does not tell all; and (mixed: calls are of several instrumentations) the transparent ones (app.is_transparent), which may lie between two.';

-- Who deletes holds the tenant, so nothing has to be held besides. A span that is settled tells of
-- its trace, whose span of time the next turn looks at, too.
create function app.settle_without(tenant text, gone public.spans[]) returns void
language plpgsql set search_path = ''
as $$
declare
  mixed boolean := (
    select cardinality(call_instrumentations) > 1 from public.tenants where tenant_id = tenant);
  traces text[];
  seen text[] := array(select distinct trace_id from unnest(gone));
  restless text[] := '{}';
begin
  perform app.note_changed(tenant, gone);
  while gone <> '{}' and traces is distinct from seen loop
    traces := seen;
    select
      array(select trace_id from unnest(s.settled) union select unnest(traces) order by 1),
      restless || array(select app.trace_of(key) from unnest(s.turned) key)
      into seen, restless
      from app.find_window(tenant, gone, traces) w
      cross join lateral app.settle_counts(
        tenant, gone, '{}', mixed is true, w.since, w.until) s;
  end loop;
  perform app.summarize_traces(tenant, restless);
end
$$;
comment on function app.settle_without(text, public.spans[]) is
  'Counts what stands for a call now that these spans, calls or between calls, are deleted, and moves the traces.';

revoke execute on all functions in schema app from public;
