-- Where a batch meets what is stored, or itself: the part of writing that most batches pass by.
-- A key is a trace id and a span id in one text.

create function app.converge(
  tenant text, arrived public.spans[], before public.spans[], contents public.span_contents[],
  known text[], added text[], since timestamptz, until timestamptz,
  out merged bigint, out restless text[]
)
language plpgsql set search_path = ''
as $$
declare
  states public.spans[] := app.find_repeated(arrived || before);
  repeated public.spans[] := app.merge_spans(states);
  changed text[];
  turned text[] := '{}';
begin
  select coalesce(array_agg(b.trace_id || b.span_id), '{}') into changed
    from unnest(before) b join unnest(repeated) r using (trace_id, span_id) where b *<> r;
  merged := cardinality(changed);
  perform app.replace_spans(tenant, states, repeated);
  perform app.replace_contents(tenant, contents, states, repeated);
  if added <> '{}' or changed <> '{}' then
    turned := app.settle_counts(
      tenant, app.find_unsettled(arrived || before, repeated, known), since, until);
  end if;
  restless := array(
    select left(key, 32) from unnest(changed) key
    union select left(key, 32) from unnest(turned) key where key <> all(added));
end
$$;
comment on function app.converge(
  text, public.spans[], public.spans[], public.span_contents[], text[], text[], timestamptz, timestamptz
) is
  'Merges repeated spans and settles what is counted; answers how many known spans changed, and the traces in which anything but the added spans did.';

create function app.find_unsettled(
  states public.spans[], repeated public.spans[], known text[]
) returns public.spans[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    select s from unnest(states) s
    where countable
      and (trace_id = any(known) or trace_id in (select trace_id from unnest(repeated))));
end
$$;
comment on function app.find_unsettled(public.spans[], public.spans[], text[]) is
  'The countable ones of these states in traces of which the batch does not tell all.';

revoke execute on all functions in schema app from public;
