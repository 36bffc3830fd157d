-- What a filter can name: one table of fields, one of their types. Lists, facets, exports, alerts and
-- rules take the same filter; functions/common/asking/fields.py is compared with both by a test.

create type app.field_type as (
  name text, operators text[], pattern text, literal text, meaning text, facet text);
comment on type app.field_type is
  'A type of fields: the operators it takes, what a value looks like as a regular expression of the whole value, which has 256 characters at most, the SQL type of its literals, and the same in words. facet: what is counted of its fields, value (each), flag (those that are so), range (the least and the most) or nothing.';

create function app.list_field_types() returns setof app.field_type
language sql immutable set search_path = ''
as $$
  values
    ('text', array['in', 'has'], '.+', 'text', 'a text of 1 to 256 characters', 'value'),
    -- A caller may give a longer one, of which its hash is stored (llm_observe.records.bound_id).
    ('id', array['in', 'has'], '.+', 'text', 'a text of 1 to 256 characters', 'value'),
    ('choice', array['in', 'has'], '[a-z]{1,16}', 'text', 'one of its values', 'value'),
    ('trace_id', array['in'], '[0-9a-f]{32}', 'text', '32 hex digits in lower case', null),
    ('span_id', array['in'], '[0-9a-f]{16}', 'text', '16 hex digits in lower case', null),
    ('whole', array['in', 'lt', 'le', 'gt', 'ge', 'has'], '[0-9]{1,15}', 'bigint',
      'a whole number, such as 1000', 'range'),
    ('money', array['in', 'lt', 'le', 'gt', 'ge', 'has'], '[0-9]{1,9}(\.[0-9]{1,12})?', 'numeric',
      'an amount of US dollars, such as 0.1', 'range'),
    ('duration', array['lt', 'le', 'gt', 'ge', 'has'], '[0-9]{1,9}(\.[0-9]{1,6})?(ns|us|ms|s|m|h|d)',
      'double precision', 'a duration with its unit, such as 150ms, 2s or 1.5h', 'range'),
    ('time', array['lt', 'le', 'gt', 'ge'],
      '[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?',
      'timestamptz', 'a day (UTC) or a time with its zone: 2026-11-01, 2026-11-01T12:00:00Z', null),
    ('flag', array['is'], null, null, null, 'flag'),
    ('store', array['has'], null, null, null, null),
    ('digest', array['in'], 'h1:[^:]{1,64}:[A-Za-z0-9_-]{43}', 'text',
      'a digest as spans have it, h1:<key id>:<base64url>', null),
    ('words', array['matches', 'phrase'], '.+', 'text', 'a text of 1 to 256 characters', null)
$$;
comment on function app.list_field_types() is
  'The types of fields. in: any of the values; lt, le, gt, ge: against one; has: it is told at all; is: it is so; matches: all its words occur; phrase: they occur in a row.';

create type app.field as (
  name text, type text, of_span text, of_trace text, listed text, unlisted text, within text, choices text[]);
comment on type app.field is
  'A field: its type, what a span says of it as SQL over span_summaries as s, and a trace as SQL over trace_summaries as t. Where of_trace is null, any of its spans will do: those that are within, where they are listed in an array of the trace by that, else by reading them; unlisted says when the array may not have all.';

create function app.attributed_expression(name text) returns text
language sql immutable set search_path = ''
as $$
  select format('coalesce(s.%1$I, (select coalesce(a.%2$I, a.%1$I%3$s) from public.traces a '
    'where a.tenant_id = s.tenant_id and a.trace_id = s.trace_id))', name, 'root_' || name,
    -- Where nobody tells a session, a chain of responses has one.
    case when name = 'session_id' then ', s.chained_session_id, a.chained_session_id' else '' end)
$$;
comment on function app.attributed_expression(text) is
  'A column of a span, or its trace''s where it tells none, as SQL over spans as s: as app.find_attribution has it, and read for those alone that tell none.';

-- The names that the sums tell calls apart by mean here what they mean there.
create function app.list_fields() returns setof app.field
language sql immutable set search_path = ''
as $$
  select d.name, d.type, coalesce(d.of_span, app.dimension_expression(d.name)), d.of_trace,
    d.listed, d.unlisted, d.within, null::text[]
  from (values
    ('environment', 'text', null::text, 't.environment', null::text, null::text, null::text),
    ('service', 'text', null, 't.service_name', null, null, null),
    ('release', 'text', null, null, null, null, null),
    ('operation', 'text', null, null, 't.operations', 'cardinality(t.operations) >= 32', null),
    ('provider', 'text', null, null, 't.providers', 'cardinality(t.providers) >= 32', 's.counted'),
    ('model', 'text', null, null, 't.models', 'cardinality(t.models) >= 32', 's.counted'),
    ('user', 'id', app.attributed_expression('user_id'), 't.user_id', null, null, null),
    ('session', 'id', app.attributed_expression('session_id'), 't.session_id', null, null, null),
    ('customer', 'id', app.attributed_expression('customer_id'), 't.customer_id', null, null, null),
    ('agent', 'text', null, null, null, null, null),
    ('tool', 'text', null, null, null, null, null),
    ('prompt', 'text', null, null, null, null, null),
    ('feature', 'id', 's.tags ->> ''feature''', null, null, null, null),
    -- A failed span may tell no type: the trace then lists none.
    ('error_type', 'text', null, null, 't.error_types', 't.error_count > 0', null),
    ('api_key', 'text', null, null, null, null, null)
  ) d (name, type, of_span, of_trace, listed, unlisted, within)
  union all
  values
    ('name', 'text', 's.name', 't.root_span_name', null, null, null, null),
    ('trace', 'trace_id', 's.trace_id', 't.trace_id', null, null, null, null),
    ('span', 'span_id', 's.span_id', null, null, null, null, null),
    ('served_model', 'text', 's.model', null, null, null, null, null),
    ('status', 'choice', 's.status', 't.status', null, null, null, '{unset,ok,error}'::text[]),
    ('misdated', 'choice', 's.misdated', null, 't.misdated', 'false', null, '{future,past}'),
    ('usage_uncounted', 'text', 's.usage_uncounted', null, null, null, null, null),
    ('unknown_because', 'text', 's.unknown_because', null, null, null, null, null),
    ('input_digest', 'digest', 's.input_digest', null, null, null, null, null),
    ('started', 'time', 's.start_time', 't.start_time', null, null, null, null),
    ('duration', 'duration', 's.duration_ms', 't.duration_ms', null, null, null, null),
    ('ttft', 'duration', 's.time_to_first_token_ms', null, null, null, null, null),
    ('cost', 'money', 's.cost_usd', 't.total_cost_usd', null, null, null, null),
    ('tokens', 'whole', 's.total_tokens', 't.total_tokens', null, null, null, null),
    ('input_tokens', 'whole', 's.input_tokens', 't.input_tokens', null, null, null, null),
    ('output_tokens', 'whole', 's.output_tokens', 't.output_tokens', null, null, null, null),
    ('cache_read_tokens', 'whole', 's.cache_read_tokens', null, null, null, null, null),
    ('reasoning_tokens', 'whole', 's.reasoning_tokens', null, null, null, null, null),
    ('calls', 'whole', null, 't.requests', null, null, null, null),
    ('spans', 'whole', null, 't.span_count', null, null, null, null),
    ('errors', 'whole', null, 't.error_count', null, null, null, null),
    ('failed', 'flag', 's.status = ''error''', 't.error_count > 0', null, null, null, null),
    ('counted', 'flag', 's.counted', 't.requests > 0', null, null, null, null),
    -- As app.sum_details has it.
    ('summed', 'flag', 's.misdated is null and (s.counted or s.status = ''error''
      or not s.countable and s.operation is not null)', null, null, null, null, null),
    ('unpriced', 'flag', 's.unpriced', 't.unpriced_requests > 0', null, null, null, null),
    ('unmeasured', 'flag', 's.unmeasured', 't.unmeasured_requests > 0', null, null, null, null),
    ('possible_duplicate', 'flag', 's.possible_duplicate', null, null, null, null, null),
    ('streamed', 'flag', 's.streamed', null, null, null, null, null),
    ('content', 'store', 'exists (select from public.span_contents k where k.tenant_id = s.tenant_id
      and k.trace_id = s.trace_id and k.span_id = s.span_id and k.start_time = s.start_time offset 0)',
      'exists (select from public.span_contents k where k.tenant_id = t.tenant_id
      and k.trace_id = t.trace_id and k.start_time between t.earliest and t.latest offset 0)',
      null, null, null, null),
    -- Its names, one a line; where its content is kept, that is looked into, too (app.compile_words).
    ('text', 'words', 'concat_ws(e''\n'', s.name, s.agent_name, s.tool_name)',
      null, null, null, null, null)
$$;
comment on function app.list_fields() is
  'The fields that a filter can name, beside tag:<key>.';

create function app.nearest_name(asked text, known text[]) returns text
language sql immutable set search_path = ''
as $$
  -- By pairs of letters in common; a name with less than half of them in common is another word.
  select k.name
  from unnest(known) k (name)
  cross join lateral (
    select count(*) filter (where strpos(' ' || k.name || ' ', pair) > 0) * 2.0
      / (length(k.name) + 1 + count(*)) as likeness
    from (select distinct substr(' ' || lower(left(asked, 64)) || ' ', place, 2) as pair
      from generate_series(1, length(left(asked, 64)) + 1) place) p
  ) l
  where l.likeness >= 0.5
  order by l.likeness desc, k.name limit 1
$$;
comment on function app.nearest_name(text, text[]) is
  'The known name that is most like a misspelt one; null where none is like it.';

create function app.find_field(asked text, kind text) returns app.field
language plpgsql immutable set search_path = ''
as $$
declare
  found app.field;
  known text[];
  nearest text;
begin
  if asked like 'tag:_%' and length(asked) <= 68 then
    found.name := asked;
    found.type := 'id';
    found.of_span := format('s.tags ->> %L', substr(asked, 5));
    return found;
  end if;
  select f.* into found from app.list_fields() f where f.name = asked;
  if found.name is null then
    known := array(select f.name from app.list_fields() f order by f.name);
    nearest := app.nearest_name(asked, known);
    raise invalid_parameter_value using
      message = format('There is no field %s.', coalesce(left(asked, 80), 'without a name')),
      hint = coalesce('Did you mean ' || nearest || '? ', '')
        || format('Choose one of %s, tag:<key>.', array_to_string(known, ', '));
  end if;
  if kind = 'spans' and found.of_span is null then
    raise invalid_parameter_value using
      message = format('A span has no %s, a trace has.', found.name),
      hint = 'Ask for it in a list of traces.';
  end if;
  return found;
end
$$;
comment on function app.find_field(text, text) is
  'A field of the rows of a kind, spans or traces; an unknown one is refused with the nearest that there is.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.attributed_expression(text),
  app.list_field_types(), app.list_fields(), app.nearest_name(text, text[]),
  app.find_field(text, text)
  to authenticated, service_role;
