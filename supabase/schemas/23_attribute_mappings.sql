-- Which attribute says what, where no dialect knows: each tenant's own rules.

create function app.mapping_fields() returns text[]
language sql immutable parallel safe set search_path = ''
as $$
  select array[
    'operation', 'provider', 'request_model', 'response_model', 'response_id', 'service_tier',
    'agent_name', 'tool_name', 'session_id', 'user_id', 'customer_id', 'release', 'prompt_name',
    'prompt_version', 'environment', 'error_type', 'streamed', 'finish_reasons',
    'time_to_first_token_ms', 'input_tokens', 'output_tokens', 'cache_read_tokens',
    'cache_write_tokens', 'reasoning_tokens', 'input_tokens_without_cache',
    'output_tokens_without_reasoning', 'input', 'output']
$$;
comment on function app.mapping_fields() is
  'What a rule can fill, as the library''s dialects/mapping.py has it; a test compares the two.';
grant execute on function app.mapping_fields() to service_role;

create function app.is_mapping_field(field text) returns boolean
language sql immutable parallel safe set search_path = ''
as $$
  select field = any (app.mapping_fields()) or field ~ '^tag:\S{1,64}$'
$$;
comment on function app.is_mapping_field(text) is
  'Whether a rule can fill it: a field by its name, or a tag as tag: and its key.';
grant execute on function app.is_mapping_field(text) to service_role;

create table public.attribute_mappings (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  attribute text not null check (length(attribute) between 1 and 256),
  field text not null check (length(field) <= 68 and app.is_mapping_field(field)),
  value text check (length(value) between 1 and 256),
  created_at timestamptz not null default now(),
  primary key (tenant_id, attribute, field)
);

alter table public.attribute_mappings enable row level security;
alter table public.attribute_mappings force row level security;
create policy attribute_mappings_read on public.attribute_mappings
  for select to authenticated, llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.attribute_mappings from anon, authenticated;
grant select on public.attribute_mappings to authenticated, llm_admin;
grant select, insert, update, delete on public.attribute_mappings to service_role;

comment on table public.attribute_mappings is
  'A tenant''s rules from attributes of spans that come by OTLP to columns of spans. They hold for what comes from the next minute on.';
comment on column public.attribute_mappings.attribute is
  'The whole key of an attribute of the span, or resource. and the key of one of its resource.';
comment on column public.attribute_mappings.field is
  'The column of spans that is filled, or a tag as tag: and its key; input and output are content. Of several attributes for one the first by alphabet that can be read counts.';
comment on column public.attribute_mappings.value is
  'What the column holds where the span has the attribute; null: what the attribute holds.';

create trigger audit_change
  after insert or update or delete on public.attribute_mappings
  for each row execute function app.audit_change('attribute_mapping', 'attribute');

create function app.list_mappings(tenant text) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object('attribute', attribute, 'field', field, 'value', value)
    order by attribute collate "C", field collate "C"), '[]')
  from public.attribute_mappings where tenant_id = tenant
$$;
comment on function app.list_mappings(text) is 'A tenant''s rules, as ingest_spans answers them.';

create function app.find_mapping_problem(rules jsonb, place bigint) returns text
language sql immutable set search_path = ''
as $$
  select case
    when jsonb_typeof(rule -> 'attribute') is distinct from 'string'
      or length(rule ->> 'attribute') not between 1 and 256
      then 'has no attribute of 1 to 256 characters'
    when jsonb_typeof(rule -> 'field') is distinct from 'string'
      or not app.is_mapping_field(rule ->> 'field')
      then 'has no field that a rule can fill'
    when jsonb_typeof(rule -> 'value') not in ('string', 'null')
      or length(rule ->> 'value') not between 1 and 256
      then 'has a value that is not text of 1 to 256 characters'
    when exists (
      select from jsonb_array_elements(rules) with ordinality earlier (one, at)
      where at < place and one ->> 'attribute' = rule ->> 'attribute' and one ->> 'field' = rule ->> 'field')
      then 'fills the same field from the same attribute as an earlier one'
  end
  from (select rules -> (place - 1)::integer as rule) named
$$;
comment on function app.find_mapping_problem(jsonb, bigint) is
  'What is wrong with one rule of a list, counted from 1, or null.';

create function app.mappings_argument(arguments jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  rules jsonb := arguments -> 'mappings';
  example text := 'Send {"mappings": [{"attribute": "my.model", "field": "request_model"}]}.';
  bad bigint;
begin
  if jsonb_typeof(rules) is distinct from 'array' then
    raise invalid_parameter_value using message = 'mappings is not a list of rules.', hint = example;
  end if;
  if jsonb_array_length(rules) > 200 then
    raise invalid_parameter_value using
      message = 'mappings has more than 200 rules.', hint = 'Leave out those that no span needs.';
  end if;
  select min(place) into bad from generate_series(1, jsonb_array_length(rules)) place
  where app.find_mapping_problem(rules, place) is not null;
  if bad is not null then
    raise invalid_parameter_value using
      message = format('Rule %s %s.', bad, app.find_mapping_problem(rules, bad)),
      hint = format(
        '%s Fields: %s, tag:<key>.', example, array_to_string(app.mapping_fields(), ', '));
  end if;
  return rules;
end
$$;
comment on function app.mappings_argument(jsonb) is
  'At most 200 rules; the first that is malformed is refused in words.';

-- It holds the tenant, so that of two lists that are set at once one stands, and not a mixture.
create function public.set_attribute_mappings(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  rules jsonb := app.mappings_argument($1);
  tenant text := app.hold_tenant('admin');
begin
  perform app.ensure_tenant(tenant);
  -- Rules that stay are not touched: each change is an event of the audit.
  delete from public.attribute_mappings known where tenant_id = tenant and not exists (
    select from jsonb_to_recordset(rules) as wanted (attribute text, field text, value text)
    where (wanted.attribute, wanted.field) = (known.attribute, known.field)
      and wanted.value is not distinct from known.value);
  insert into public.attribute_mappings (tenant_id, attribute, field, value)
  select tenant, attribute, field, value
  from jsonb_to_recordset(rules) as wanted (attribute text, field text, value text)
  on conflict (tenant_id, attribute, field) do nothing;
  return jsonb_build_object('mappings', app.list_mappings(tenant));
end
$$;
comment on function public.set_attribute_mappings(jsonb) is
  'Makes {"mappings": [{"attribute", "field", "value"}]} the caller''s tenant''s only rules; answers them.';

revoke execute on all functions in schema app from public;
revoke execute on function public.set_attribute_mappings(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.set_attribute_mappings(jsonb) to llm_admin;
