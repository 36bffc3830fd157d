-- A filter as a JSON tree becomes a condition in SQL, here and nowhere else: {"and": [tree, …]},
-- {"or": [tree, …]}, {"not": tree}, {"field", "op", "values"}; {} lets through all. Names come from
-- app.list_fields, and every value is a literal of its type.

create function app.refuse_filter(message text, hint text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  raise invalid_parameter_value using message = message, hint = hint;
end
$$;
comment on function app.refuse_filter(text, text) is 'Refuses a filter with a sentence and what to do.';

create function app.describe_term(term jsonb) returns text
language sql immutable set search_path = ''
as $$ select left(coalesce(term ->> 'field', '?') || ' ' || coalesce(term ->> 'op', '?'), 120) $$;
comment on function app.describe_term(jsonb) is 'How a refusal names a term, without its values.';

create function app.check_term(term jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  told constant jsonb := coalesce(term -> 'values', '[]');
begin
  if term - '{field,op,values}'::text[] <> '{}' or jsonb_typeof(term -> 'field') is distinct from 'string'
      or jsonb_typeof(term -> 'op') is distinct from 'string' then
    perform app.refuse_filter('A part of the filter is neither a group nor a term.',
      'Send {"and": […]}, {"or": […]}, {"not": …} or {"field": "model", "op": "in", "values": ["gpt-5"]}.');
  end if;
  if jsonb_typeof(told) <> 'array' or jsonb_array_length(told) > 100
      or jsonb_path_exists(told, 'strict $[*] ? (@.type() != "string" && @.type() != "number")') then
    perform app.refuse_filter(format('The values of %s are not a list.', app.describe_term(term)),
      'Send 1 to 100 texts or numbers.');
  end if;
end
$$;
comment on function app.check_term(jsonb) is 'Refuses a term that has another form.';

create function app.count_terms(tree jsonb, depth integer) returns integer
language plpgsql immutable set search_path = ''
as $$
declare
  members jsonb := coalesce(tree -> 'and', tree -> 'or', jsonb_build_array(tree -> 'not'));
  member jsonb;
  terms integer := 0;
begin
  if jsonb_typeof(tree) is distinct from 'object' or not tree ?| '{and,or,not}' then
    perform app.check_term(case when jsonb_typeof(tree) = 'object' then tree else '{}' end);
    return 1;
  end if;
  if tree - '{and,or,not}'::text[] <> '{}' or (select count(*) from jsonb_object_keys(tree)) > 1
      or jsonb_typeof(members) <> 'array' or members = '[]' then
    perform app.refuse_filter('A group of the filter is not one list of trees.',
      'Send {"and": [tree, …]}, {"or": [tree, …]} or {"not": tree}, with one tree at least.');
  end if;
  if depth > 4 then
    perform app.refuse_filter('The filter has more than 4 groups within each other.',
      'Take groups apart: and within and, or within or, are one.');
  end if;
  for member in select m from jsonb_array_elements(members) m loop
    terms := terms + app.count_terms(member, depth + 1);
    if terms > 32 then
      perform app.refuse_filter('The filter has more than 32 terms.',
        'Give a term several values where you ask for any of them.');
    end if;
  end loop;
  return terms;
end
$$;
comment on function app.count_terms(jsonb, integer) is
  'How many terms a tree has: 32 at most, in groups at most 4 deep; any other form is refused.';

create function app.check_filter_tree(filter jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if octet_length(filter::text) > 65536 then
    perform app.refuse_filter('The filter is longer than 64 KiB.', 'Ask for fewer values.');
  end if;
  if filter <> '{}' or filter is null then
    perform app.count_terms(filter, 1);
  end if;
end
$$;
comment on function app.check_filter_tree(jsonb) is
  'Refuses what is no filter, and one that is too much: over 64 KiB, 32 terms, 4 groups within each other or 100 values of a term.';

create function app.to_milliseconds(told text) returns double precision
language sql immutable set search_path = ''
as $$
  select (substring(told from '^[0-9.]+')::numeric * case substring(told from '[a-z]+$')
    when 'ns' then 0.000001 when 'us' then 0.001 when 'ms' then 1 when 's' then 1000
    when 'm' then 60000 when 'h' then 3600000 when 'd' then 86400000 end)::double precision
$$;
comment on function app.to_milliseconds(text) is 'A duration such as 1.5h in milliseconds.';

create function app.compile_value(field app.field, type app.field_type, told text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  -- A dot is any character, a line's end, too.
  if length(told) > 256 or told !~ ('^(?:' || type.pattern || ')$') or told <> all(field.choices) then
    perform app.refuse_filter(format('A value of %s is of another kind.', field.name),
      case when field.choices is null then format('Send %s.', type.meaning)
        else format('Choose one of %s.', array_to_string(field.choices, ', ')) end);
  end if;
  return case type.name when 'duration' then app.to_milliseconds(told)::text
    when 'time' then case when told like '%T%' then told else told || 'T00:00:00Z' end
    else told end;
end
$$;
comment on function app.compile_value(app.field, app.field_type, text) is
  'A value as its type''s literals are written; one that is none is refused.';

create function app.check_time(told text) returns void
language plpgsql stable set search_path = ''
as $$
begin
  perform told::timestamptz;
exception when data_exception then
  perform app.refuse_filter('A time in the filter is in no calendar.', 'Send 2026-11-01T12:00:00Z.');
end
$$;
comment on function app.check_time(text) is 'Refuses a day or a zone that there is not.';

create function app.compile_values(field app.field, type app.field_type, op text, told jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
  written text[] := array(
    select app.compile_value(field, type, v) from jsonb_array_elements_text(told) v);
begin
  if op in ('has', 'is') then
    if told <> '[]' then
      perform app.refuse_filter(format('%s %s takes no values.', field.name, op), 'Leave them out.');
    end if;
    return null;
  end if;
  if told = '[]' or op <> 'in' and jsonb_array_length(told) > 1 then
    perform app.refuse_filter(
      format('%s %s has %s values.', field.name, op, jsonb_array_length(told)),
      case when op = 'in' then format('Give one at least, or ask {"field": "%s", "op": "has"}.', field.name)
        else 'Give one; ask for any of several with "or".' end);
  end if;
  if type.name = 'time' then
    perform app.check_time(written[1]);
  elsif type.name = 'words' then
    perform app.check_words(written[1]);
  end if;
  return case when op = 'in' then format('%L::%s[]', written, type.literal)
    else format('%L::%s', written[1], type.literal) end;
end
$$;
comment on function app.compile_values(app.field, app.field_type, text, jsonb) is
  'The values of a term as one literal: an array where any of them will do.';

-- A name is found by its letters first, since to read its words takes ten times longer. No key joins
-- contents to spans (`offset 0`): a tenant's contents are not all read to begin with.
create function app.compile_words(expression text, op text, literal text) returns text
language sql immutable set search_path = ''
as $$
  select format($condition$(strpos(lower(%1$s), app.longest_word(%3$s)) > 0
    and app.has_text('simple', to_jsonb(string_to_array(%1$s, e'\n')), %2$L, %3$s)
    or exists (select from public.span_contents k where k.tenant_id = s.tenant_id
      and k.trace_id = s.trace_id and k.span_id = s.span_id and k.start_time = s.start_time
      and app.has_text(k.text_config, app.content_texts(k.labels, k.input, k.output), %2$L, %3$s)
      offset 0))$condition$, expression, op, literal)
$$;
comment on function app.compile_words(text, text, text) is
  'What asks for words or a phrase, as SQL over spans as s: in names, and in all that is kept of a span with content.';

create function app.check_words(told text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if coalesce(app.longest_word(told), '') = '' then
    perform app.refuse_filter('The text has no word to look for.', 'Look for letters or digits.');
  end if;
end
$$;
comment on function app.check_words(text) is 'Refuses a text that is nothing but signs.';

create function app.compare_to(expression text, op text, literal text) returns text
language sql immutable set search_path = ''
as $$
  select case op
    when 'in' then format('(%s) = any(%s)', expression, literal)
    when 'lt' then format('(%s) < %s', expression, literal)
    when 'le' then format('(%s) <= %s', expression, literal)
    when 'gt' then format('(%s) > %s', expression, literal)
    when 'ge' then format('(%s) >= %s', expression, literal)
    when 'has' then format('(%s) is not null', expression)
    when 'is' then format('(%s)', expression)
    else app.compile_words(expression, op, literal) end
$$;
comment on function app.compare_to(text, text, text) is
  'A term over an expression, as SQL: null or false where what it asks is not told.';

create function app.ask_trace(field app.field, op text, literal text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  -- `offset 0`: a trace's spans are looked for by its key, and no tenant's spans are joined with all
  -- its traces.
  any_span constant text := format(
    'exists (select from public.span_summaries s where s.tenant_id = t.tenant_id and s.trace_id = t.trace_id '
    'and s.start_time between t.earliest and t.latest%s and %s offset 0)',
    ' and ' || field.within, app.compare_to(field.of_span, op, literal));
begin
  if field.of_trace is not null then
    return app.compare_to(field.of_trace, op, literal);
  end if;
  if field.listed is null then
    return any_span;
  end if;
  return format('(%s or %s and %s)',
    case when op = 'in' then format('%s && %s', field.listed, literal)
      else format('%s <> ''{}''', field.listed) end,
    field.unlisted, any_span);
end
$$;
comment on function app.ask_trace(app.field, text, text) is
  'A term of traces as SQL: of what a trace says itself, else of any of its spans.';

create function app.compile_term(term jsonb, kind text) returns text
language plpgsql stable set search_path = ''
as $$
declare
  op constant text := term ->> 'op';
  field app.field := app.find_field(term ->> 'field', kind);
  type app.field_type;
  literal text;
begin
  select t.* into type from app.list_field_types() t where t.name = field.type;
  if op <> all(type.operators) then
    perform app.refuse_filter(format('%s does not take %s.', field.name, left(op, 20)),
      format('It takes %s.', array_to_string(type.operators, ', ')));
  end if;
  if type.name = 'store' then
    return case kind when 'spans' then field.of_span else field.of_trace end;
  end if;
  literal := app.compile_values(field, type, op, coalesce(term -> 'values', '[]'));
  return case kind when 'spans' then app.compare_to(field.of_span, op, literal)
    else app.ask_trace(field, op, literal) end;
end
$$;
comment on function app.compile_term(jsonb, text) is 'A term of a filter as SQL.';

create function app.compile_tree(tree jsonb, kind text) returns text
language plpgsql stable set search_path = ''
as $$
begin
  if tree ? 'not' then
    -- A term is not true of a row that does not tell it: one that says nothing of a model is kept by a negation.
    return format('(%s) is not true', app.compile_tree(tree -> 'not', kind));
  end if;
  if tree ?| '{and,or}' then
    return '(' || (
      select string_agg(app.compile_tree(m, kind), case when tree ? 'and' then ' and ' else ' or ' end
        order by place)
      from jsonb_array_elements(coalesce(tree -> 'and', tree -> 'or')) with ordinality e (m, place)) || ')';
  end if;
  return app.compile_term(tree, kind);
end
$$;
comment on function app.compile_tree(jsonb, text) is 'A checked tree as SQL.';

create function app.compile_filter(filter jsonb, kind text) returns text
language plpgsql stable set search_path = ''
as $$
begin
  perform app.check_filter_tree(filter);
  if (kind in ('spans', 'traces')) is not true then
    perform app.refuse_filter('A filter is of spans or of traces.', 'Say which.');
  end if;
  return case when filter = '{}' then 'true' else app.compile_tree(filter, kind) end;
end
$$;
comment on function app.compile_filter(jsonb, text) is
  'A filter as a condition in SQL: of span_summaries as s, or of trace_summaries as t. It is true for a row that the filter lets through, and false or null for others.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.refuse_filter(text, text), app.describe_term(jsonb), app.check_term(jsonb),
  app.count_terms(jsonb, integer), app.check_filter_tree(jsonb), app.to_milliseconds(text),
  app.compile_value(app.field, app.field_type, text), app.check_time(text),
  app.compile_values(app.field, app.field_type, text, jsonb), app.compare_to(text, text, text),
  app.compile_words(text, text, text), app.check_words(text), app.ask_trace(app.field, text, text), app.compile_term(jsonb, text),
  app.compile_tree(jsonb, text), app.compile_filter(jsonb, text)
  to authenticated, service_role;
