-- What a trace's spans hold beside their measures, as much of it as its reader has room for.

create function public.read_span_details(jsonb) returns json
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  room integer := app.integer_argument($1, 'most_bytes', 0, 10000000);
  after constant jsonb := nullif($1 -> 'after', 'null');
  earliest timestamptz;
  latest timestamptz;
  last_span text := '';
  span record;
  found text;
  parts text[] := '{}';
  misses integer := 0;
begin
  select t.earliest, t.latest into earliest, latest from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id = trace;
  if after is not null then
    earliest := app.time_argument(after, 'start');
    last_span := app.argument(after, 'span', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  end if;
  -- A large value stays packed, outside of its row, until it is looked at here, one after another.
  for span in
    -- Keys first, which an index has: a trace may have many times as many spans as a page.
    select d.span_id, d.attributes, d.input, d.output from (
      select s.span_id, s.start_time, s.span_id is distinct from ($1 ->> 'first_span') as waits
      from public.spans s
      where s.tenant_id = tenant and s.trace_id = trace and s.start_time between earliest and latest
        and (s.start_time, s.span_id) > (earliest, last_span)
      order by waits, s.start_time, s.span_id limit 2000) k
    cross join lateral (
      select * from public.span_details d
      where d.tenant_id = tenant and d.trace_id = trace and d.span_id = k.span_id and d.start_time = k.start_time
      limit 1) d
    order by k.waits, k.start_time, k.span_id
  loop
    found := row_to_json(span)::text;
    if octet_length(found) <= room then
      room := room - octet_length(found);
      parts := parts || found;
    else
      -- A large one may stand before many small ones; each that is passed over costs its unpacking.
      misses := misses + 1;
      exit when misses = 20;
    end if;
  end loop;
  return '[' || array_to_string(parts, ',') || ']';
end
$$;
comment on function public.read_span_details(jsonb) is
  'Attributes and content of the spans of {"trace_id"} in the caller''s tenant, {"first_span"} and then the earliest first after the span {"after": {"start", "span"}}, in at most {"most_bytes"}; what does not fit is left out.';

revoke execute on function public.read_span_details(jsonb) from public, anon, authenticated;
grant execute on function public.read_span_details(jsonb) to authenticated, service_role;
