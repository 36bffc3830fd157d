-- What trees of filters ask of sums: values of dimensions, which roll-ups tell apart, or anything else,
-- for which raw rows are read.

create function app.choose_values(told jsonb, others jsonb, common boolean) returns jsonb
language sql immutable parallel safe
return coalesce((
  select jsonb_agg(v) from jsonb_array_elements(told) v
  where others @> jsonb_build_array(v) = common), '[]');
comment on function app.choose_values(jsonb, jsonb, boolean) is
  'Those of a list''s values that another list has, or those that it does not have.';

create function app.narrow_values(told jsonb, more jsonb) returns jsonb
language sql immutable parallel safe
return case
  when told ? 'none_of' and more ? 'none_of'
    then jsonb_build_object('none_of', (told -> 'none_of') || (more -> 'none_of'))
  when told ? 'none_of' then app.choose_values(more, told -> 'none_of', false)
  when more ? 'none_of' then app.choose_values(told, more -> 'none_of', false)
  else app.choose_values(told, more, true) end;
comment on function app.narrow_values(jsonb, jsonb) is
  'The values of a dimension that two filters both let through: [value, …], or {"none_of": [value, …]} for all others.';

create function app.narrow_filter(kept jsonb, more jsonb) returns jsonb
language sql immutable parallel safe
return case when more is not null then kept || coalesce((
  select jsonb_object_agg(m.key, case when kept ? m.key
    then app.narrow_values(kept -> m.key, m.value) else m.value end)
  from jsonb_each(more) m), '{}') end;
comment on function app.narrow_filter(jsonb, jsonb) is
  'What two filters by dimension both let through; null where one of them is.';

create function app.find_dimension(field text) returns text
language sql immutable parallel safe
return case when field = 'feature' then 'tag:feature'
  when field = any(app.detail_dimensions() || array['user', 'customer', 'session'])
    or field like 'tag:_%' then field end;
comment on function app.find_dimension(text) is
  'The dimension that a filter''s field is, as the sums know it; null where it is none.';

create function app.read_values(term jsonb) returns jsonb
language sql immutable parallel safe
return case
  -- A span that failed tells a type, _OTHER if no other.
  when term = '{"field": "failed", "op": "is"}' then '{"error_type": {"none_of": [null]}}'::jsonb
  when app.find_dimension(term ->> 'field') is null then null
  when term ->> 'op' = 'has'
    then jsonb_build_object(app.find_dimension(term ->> 'field'), '{"none_of": [null]}'::jsonb)
  when term ->> 'op' = 'in' then jsonb_build_object(app.find_dimension(term ->> 'field'), (
    select jsonb_agg(v) from jsonb_array_elements_text(term -> 'values') v)) end;
comment on function app.read_values(jsonb) is
  'What a term asks of one dimension by its values, {"dimension": [value, …]} or with {"none_of": [value, …]}; null for any other.';

create function app.turn_values(kept jsonb) returns jsonb
language sql immutable parallel safe
return (
  select jsonb_object_agg(k.key, case when k.value ? 'none_of' then k.value -> 'none_of'
    else jsonb_build_object('none_of', k.value) end)
  from jsonb_each(kept) k having count(*) = 1);
comment on function app.turn_values(jsonb) is
  'What a filter of one dimension leaves out; null where there are several.';

create function app.read_tree(tree jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  member jsonb;
  read jsonb;
  kept jsonb;
begin
  if tree = '{}' then
    return tree;
  elsif tree ? 'not' then
    return app.turn_values(app.read_tree(tree -> 'not'));
  elsif not tree ?| '{and,or}' then
    return app.read_values(tree);
  end if;
  for member in select m from jsonb_array_elements(coalesce(tree -> 'and', tree -> 'or')) m loop
    -- Either of two is neither what the one leaves out nor what the other does.
    read := case when tree ? 'and' then app.read_tree(member) else app.turn_values(app.read_tree(member)) end;
    kept := case when kept is null then read else app.narrow_filter(kept, read) end;
    if kept is null then
      return null;
    end if;
  end loop;
  return case when tree ? 'and' then kept else app.turn_values(kept) end;
end
$$;
comment on function app.read_tree(jsonb) is
  'What a checked tree asks of dimensions, each by its values; null where it asks anything else, or either of two dimensions.';

create function app.narrow_sums(filter jsonb, filters jsonb) returns app.narrowing
language plpgsql stable set search_path = ''
as $$
declare
  narrowing app.narrowing := (app.check_filter(filter), 'true');
  kept jsonb := narrowing.kept;
  tree jsonb;
  conditions text[] := '{}';
begin
  if jsonb_typeof(filters) is distinct from 'array' or jsonb_array_length(filters) > 4 then
    raise invalid_parameter_value using
      message = 'filters are not a list of at most 4.', hint = 'Send [{}], or [] for none.';
  end if;
  for tree in select f from jsonb_array_elements(filters) f loop
    conditions := conditions || app.compile_filter(tree, 'spans');
    kept := app.narrow_filter(kept, app.read_tree(tree));
  end loop;
  if kept is null then
    narrowing.condition := array_to_string(conditions, ' and ');
  else
    narrowing.kept := kept;
  end if;
  return narrowing;
end
$$;
comment on function app.narrow_sums(jsonb, jsonb) is
  'What a filter by dimension and trees together ask of sums. Trees that ask for values of dimensions become a part of the filter, which roll-ups answer; of any others raw rows are asked.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.choose_values(jsonb, jsonb, boolean), app.narrow_values(jsonb, jsonb),
  app.narrow_filter(jsonb, jsonb), app.find_dimension(text), app.read_values(jsonb),
  app.turn_values(jsonb), app.read_tree(jsonb), app.narrow_sums(jsonb, jsonb)
  to authenticated, service_role;
