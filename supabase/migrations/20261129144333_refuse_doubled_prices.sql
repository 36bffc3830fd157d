-- refuse_doubled_prices: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

SET local check_function_bodies = off;

CREATE OR REPLACE FUNCTION app.read_prices (
  document jsonb
)
  RETURNS SETOF public.model_prices
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  -- Passed over, a misspelled amount would price its tokens as others or not at all.
  if exists (
    select from jsonb_array_elements_text(document -> 'row') as name
    where not to_jsonb(jsonb_populate_record(null::public.model_prices, '{}')) ? name)
  then
    raise invalid_parameter_value using
      message = 'The document''s row names something that is no column of model_prices.',
      hint = 'Apply the migrations first, then send src/llm_observe/cost/prices.json as it is.';
  end if;
  return query
    select filled.* from jsonb_each(document -> 'providers') as provider
    cross join jsonb_array_elements(provider.value -> 'models') as model
    cross join jsonb_array_elements(model.value -> 2) as price
    cross join lateral (
      select jsonb_object_agg(name, price.value -> (place - 1)::integer)
      from jsonb_array_elements_text(document -> 'row') with ordinality as r(name, place)
    ) as named(cells)
    cross join lateral jsonb_populate_record(null::public.model_prices, cells || jsonb_build_object(
      'price_id', concat_ws('/', provider.key, model.value ->> 0, cells ->> 'service_tier',
        cells ->> 'min_input_tokens', coalesce(cells ->> 'valid_from', '-')),
      'provider', provider.key,
      'model', model.value ->> 0,
      -- The library compares days of UTC, whatever the time zone of this session.
      'valid_from', coalesce(cells ->> 'valid_from', '1970-01-01') || 'T00:00Z',
      'valid_to', cells ->> 'valid_to' || 'T00:00Z',
      'source', document ->> 'source',
      'source_version', document ->> 'source_version')) as filled;
end
$function$;

CREATE OR REPLACE FUNCTION public.set_model_prices (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  answer jsonb;
  is_whole boolean;
begin
  -- One at a time; readers go on.
  lock table public.model_prices in share row exclusive mode;
  with compared as materialized (
    select * from app.compare_prices($1)
  ), ended as (
    update public.model_prices p set valid_to = c.ends
    from (
      select (stored).price_id, case
        when (wanted).price_id is null or changed then least((stored).valid_to, moment)
        when (wanted).valid_to is not null then
          greatest((wanted).valid_to, (stored).valid_from + interval '1 microsecond')
        end as ends
      from compared
    ) c
    where p.price_id = c.price_id and p.valid_to is distinct from c.ends
    returning p.price_id, p.valid_to
  ), added as (
    insert into public.model_prices
    select a.* from compared
    cross join lateral jsonb_populate_record(wanted, case when changed then jsonb_build_object(
      'price_id', (wanted).price_id
        || to_char(moment at time zone 'UTC', '"@"YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'valid_from', moment) else '{}' end) a
    where (wanted).price_id is not null and ((stored).price_id is null or changed)
    -- A row of another source that begins there stays.
    on conflict (provider, model, service_tier, min_input_tokens, valid_from) do nothing
    returning price_id
  )
  select jsonb_build_object(
    'added', (select count(*) from added),
    'closed', (select count(valid_to) from ended),
    'reopened', (select count(*) from ended where valid_to is null),
    'unchanged', (
      select count(*) from compared
      where (wanted).price_id is not null and (stored).price_id is not null and not changed
        and (stored).price_id not in (select price_id from ended))),
    (select count(*) > 0 and count(*) = count(distinct (wanted).price_id)
      from compared where (wanted).price_id is not null)
  into answer, is_whole;
  if not is_whole then
    raise invalid_parameter_value using
      message = 'The document has no prices, or one of them twice.',
      hint = 'Send src/llm_observe/cost/prices.json as it is.';
  end if;
  return answer;
end
$function$;
