-- What a trace's spans hold beside their measures, as much of it as its reader has room for.

create function public.read_span_details(jsonb) returns json
language plpgsql stable set search_path = ''
as $$
declare
  tenant text := app.require_tenant();
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  room integer := app.integer_argument($1, 'most_bytes', 0, 10000000);
  earliest timestamptz;
  latest timestamptz;
  span record;
  found text;
  parts text[] := '{}';
  misses integer := 0;
begin
  select t.earliest, t.latest into earliest, latest from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id = trace;
  -- A large value stays packed, outside of its row, until it is looked at here, one after another.
  for span in
    select d.span_id, d.attributes, d.input, d.output from public.span_details d
    where d.tenant_id = tenant and d.trace_id = trace and d.start_time between earliest and latest
    order by d.span_id is distinct from ($1 ->> 'first_span'), d.start_time, d.span_id limit 2000
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
  'Attributes and content of the spans of {"trace_id"} in the caller''s tenant, {"first_span"} and then the earliest first, in at most {"most_bytes"}; what does not fit is left out.';

revoke execute on function public.read_span_details(jsonb) from public, anon, authenticated;
grant execute on function public.read_span_details(jsonb) to authenticated, service_role;
