-- Prompts and answers of the spans of an export, as much of it as an answer has room for.

create function app.spans_argument(arguments jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  wanted constant jsonb := arguments -> 'spans';
begin
  if jsonb_typeof(wanted) is distinct from 'array' or jsonb_array_length(wanted) > 1000
      or jsonb_path_exists(wanted, 'strict $[*] ? (@.type() != "object")') then
    raise invalid_parameter_value using
      message = 'spans are not a list of at most 1,000.',
      hint = 'Send {"spans": [{"trace": "…", "span": "…", "start": "2027-01-31T12:00:00Z"}]}.';
  end if;
  return wanted;
end
$$;
comment on function app.spans_argument(jsonb) is 'Spans by their keys, at most 1,000; refused in words otherwise.';

create function public.read_contents(jsonb) returns json
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  room integer := app.integer_argument($1, 'most_bytes', 0, 10000000);
  span record;
  found text;
  parts text[] := '{}';
begin
  -- A large value stays packed, outside of its row, until it is looked at here, one after another.
  for span in
    select k.input, k.output
    from rows from (
        jsonb_to_recordset(app.spans_argument($1)) as (trace text, span text, start timestamptz))
      with ordinality w (trace, span, start, place)
      left join lateral (
        select c.input, c.output from public.span_contents c
        where c.tenant_id = tenant and c.trace_id = w.trace and c.span_id = w.span
          and c.start_time = w.start) k on true
    order by w.place
  loop
    found := row_to_json(span)::text;
    room := room - octet_length(found);
    exit when room < 0;
    parts := parts || found;
  end loop;
  return '[' || array_to_string(parts, ',') || ']';
end
$$;
comment on function public.read_contents(jsonb) is
  'Content of the spans {"spans": [{"trace", "span", "start"}]} of the caller''s tenant, one object each and in their order, as far as {"most_bytes"} hold them; the rest are left out.';

revoke execute on all functions in schema app from public;
revoke execute on function public.read_contents(jsonb) from public, anon, authenticated;
grant execute on function app.spans_argument(jsonb), public.read_contents(jsonb)
  to authenticated, service_role;
