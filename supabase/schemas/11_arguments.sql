-- Reading the JSON argument of a function: what is wrong is said in a sentence, under SQLSTATE 22023.

create function app.argument(arguments jsonb, name text, pattern text, meaning text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  if (jsonb_typeof(arguments -> name) = 'string' and arguments ->> name ~ pattern) is not true then
    raise invalid_parameter_value using
      message = format('%s is not %s.', name, meaning),
      hint = format('Send {"%s": "…"} with %s.', name, meaning);
  end if;
  return arguments ->> name;
end
$$;
comment on function app.argument(jsonb, text, text, text) is
  'A text of a JSON argument that has to match a pattern; refused in words otherwise.';

create function app.key_id_argument(arguments jsonb, name text) returns text
language sql immutable set search_path = ''
as $$ select app.argument(arguments, name, '^[0-9a-z]{8}$', 'a key id: 8 characters of 0-9 and a-z') $$;
comment on function app.key_id_argument(jsonb, text) is 'A key''s public id.';

create function app.user_id_argument(arguments jsonb) returns uuid
language sql immutable set search_path = ''
as $$
  select app.argument(
    arguments, 'user_id', '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$', 'a user''s UUID')::uuid
$$;
comment on function app.user_id_argument(jsonb) is 'The id of a Supabase user.';

create function app.time_argument(arguments jsonb, name text) returns timestamptz
language sql immutable set search_path = ''
as $$
  select app.argument(
    arguments, name, '^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$',
    'a time with its zone, such as 2027-01-31T12:00:00Z')::timestamptz
$$;
comment on function app.time_argument(jsonb, text) is 'A time with its zone.';

create function app.moment_argument(arguments jsonb, name text) returns timestamptz
language sql immutable set search_path = ''
as $$
  select case when coalesce(arguments -> name, 'null') <> 'null' then app.time_argument(arguments, name) end
$$;
comment on function app.moment_argument(jsonb, text) is 'A time with its zone, or null where none is given.';

create function app.names_argument(arguments jsonb, name text, refusal text, hint text) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  if jsonb_typeof(arguments -> name) is distinct from 'array'
      or jsonb_array_length(arguments -> name) not between 1 and 64
      or jsonb_path_exists(arguments -> name, 'strict $[*] ? (@.type() != "string")') then
    raise invalid_parameter_value using message = refusal, hint = hint;
  end if;
  return array(select jsonb_array_elements_text(arguments -> name));
end
$$;
comment on function app.names_argument(jsonb, text, text, text) is
  'A list of 1 to 64 names; refused with these words otherwise.';

create function app.expiry_argument(arguments jsonb) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  expires_at timestamptz;
begin
  if coalesce(arguments -> 'expires_at', 'null') = 'null' then
    return null;
  end if;
  expires_at := app.time_argument(arguments, 'expires_at');
  if expires_at <= now() then
    raise invalid_parameter_value using
      message = 'expires_at has passed already.', hint = 'Give a time in the future.';
  end if;
  return expires_at;
end
$$;
comment on function app.expiry_argument(jsonb) is
  'When something expires: in the future, or null for never.';

create function app.integer_argument(arguments jsonb, name text, least_value integer, greatest_value integer)
returns integer
language plpgsql immutable set search_path = ''
as $$
begin
  if coalesce(arguments -> name, 'null') = 'null' then
    return null;
  end if;
  if jsonb_typeof(arguments -> name) <> 'number'
     or (arguments ->> name)::numeric not between least_value and greatest_value
     or (arguments ->> name)::numeric % 1 <> 0 then
    raise invalid_parameter_value using
      message = format('%s is not a whole number from %s to %s.', name, least_value, greatest_value),
      hint = 'Send it as a number.';
  end if;
  return (arguments ->> name)::numeric::integer;
end
$$;
comment on function app.integer_argument(jsonb, text, integer, integer) is
  'A whole number within bounds, or null where none is given.';

create function app.distinct_sorted(items text[]) returns text[]
language sql immutable set search_path = ''
as $$
  select coalesce(array_agg(distinct item order by item), '{}')
  from unnest(items) item where item is not null
$$;
comment on function app.distinct_sorted(text[]) is 'The array without repeats and nulls, in order.';

revoke execute on all functions in schema app from public;
-- Functions that run with their caller's rights read their arguments, too.
grant execute on function
  app.argument(jsonb, text, text, text), app.integer_argument(jsonb, text, integer, integer),
  app.time_argument(jsonb, text), app.moment_argument(jsonb, text),
  app.names_argument(jsonb, text, text, text)
  to authenticated, service_role;
