-- What a token costs, by model and by date.

create table public.model_prices (
  price_id text primary key check (length(price_id) <= 512),
  provider text not null check (length(provider) <= 128),
  model text not null check (length(model) <= 256),
  service_tier text not null default 'standard' check (length(service_tier) <= 128),
  min_input_tokens bigint not null default 0 check (min_input_tokens >= 0),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  input_per_mtok numeric check (input_per_mtok >= 0 and input_per_mtok < 'infinity'),
  cache_read_per_mtok numeric check (cache_read_per_mtok >= 0 and cache_read_per_mtok < 'infinity'),
  cache_write_per_mtok numeric check (cache_write_per_mtok >= 0 and cache_write_per_mtok < 'infinity'),
  cache_write_1h_per_mtok numeric
    check (cache_write_1h_per_mtok >= 0 and cache_write_1h_per_mtok < 'infinity'),
  output_per_mtok numeric check (output_per_mtok >= 0 and output_per_mtok < 'infinity'),
  reasoning_per_mtok numeric check (reasoning_per_mtok >= 0 and reasoning_per_mtok < 'infinity'),
  input_audio_per_mtok numeric check (input_audio_per_mtok >= 0 and input_audio_per_mtok < 'infinity'),
  cache_audio_read_per_mtok numeric
    check (cache_audio_read_per_mtok >= 0 and cache_audio_read_per_mtok < 'infinity'),
  output_audio_per_mtok numeric check (output_audio_per_mtok >= 0 and output_audio_per_mtok < 'infinity'),
  source text not null,
  source_version text not null,
  input_image_per_mtok numeric check (input_image_per_mtok >= 0 and input_image_per_mtok < 'infinity'),
  cache_image_read_per_mtok numeric
    check (cache_image_read_per_mtok >= 0 and cache_image_read_per_mtok < 'infinity'),
  output_image_per_mtok numeric check (output_image_per_mtok >= 0 and output_image_per_mtok < 'infinity'),
  from_minute smallint check (from_minute between 0 and 1439),
  to_minute smallint check (to_minute between 0 and 1439),
  weekdays smallint[] check (weekdays <@ '{1,2,3,4,5,6,7}' and cardinality(weekdays) between 1 and 7),
  constraint model_prices_key unique nulls not distinct
    (provider, model, service_tier, min_input_tokens, valid_from, from_minute),
  constraint model_prices_hours_check check (
    (from_minute is null) = (to_minute is null) and from_minute <> to_minute
    and (weekdays is null or from_minute is not null))
);

alter table public.model_prices enable row level security;
alter table public.model_prices force row level security;
create policy model_prices_read on public.model_prices for select to authenticated, llm_admin
  using (true);

revoke all on public.model_prices from anon, authenticated;
grant select on public.model_prices to authenticated, llm_admin;
grant select, insert, update, delete on public.model_prices to service_role;

comment on table public.model_prices is
  'List prices in US dollars per million tokens. Reference data, the same for all tenants.';
comment on column public.model_prices.price_id is
  'provider/model/service_tier/min_input_tokens/valid_from, and the hour at which it begins where it has hours: what spans.price_id names. A price that changed without a date of its own continues as the same id with @ and the moment.';
comment on column public.model_prices.min_input_tokens is
  'The row holds for calls with at least this many input tokens (long-context tiers).';
comment on column public.model_prices.valid_from is
  'A span is priced by its own start: valid_from <= start_time < valid_to.';
comment on column public.model_prices.cache_read_per_mtok is
  'Null: as input_per_mtok. See app.span_cost for every fallback.';
comment on column public.model_prices.input_image_per_mtok is
  'Null: tokens of images have no price. Where it is not, input that is not told to be free of images has none either.';
comment on column public.model_prices.from_minute is
  'The row holds from this minute of each day of UTC; null: all day.';
comment on column public.model_prices.to_minute is
  'The row ends before this minute of the day, of the next one where it is less than from_minute.';
comment on column public.model_prices.weekdays is
  'The row holds for calls that start on these days of UTC, 1 is Monday; null: on all.';
comment on column public.model_prices.source is
  'Where the price comes from; rows of the shipped document say genai-prices.';
comment on column public.model_prices.source_version is
  'The version of the source that brought these amounts.';

create function app.holds_at(
  minutes bigint, from_minute smallint, to_minute smallint, weekdays smallint[]
) returns boolean
language sql immutable parallel safe
return from_minute is null
  or (minutes - from_minute + 1440) % 1440 < (to_minute - from_minute + 1440) % 1440
    and (weekdays is null or (minutes / 1440 + 3) % 7 + 1 = any (weekdays));
comment on function app.holds_at(bigint, smallint, smallint, smallint[]) is
  'Whether a price holds at a time, in minutes of UTC since 1970. The library''s hours.py does the same.';

create function app.read_prices(document jsonb) returns setof public.model_prices
language plpgsql stable set search_path = ''
as $$
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
        cells ->> 'min_input_tokens', coalesce(cells ->> 'valid_from', '-'),
        to_char((cells ->> 'from_minute')::integer * interval '1 minute', 'HH24:MI')),
      'provider', provider.key,
      'model', model.value ->> 0,
      -- The library compares days of UTC, whatever the time zone of this session.
      'valid_from', coalesce(cells ->> 'valid_from', '1970-01-01') || 'T00:00Z',
      'valid_to', cells ->> 'valid_to' || 'T00:00Z',
      'source', document ->> 'source',
      'source_version', document ->> 'source_version')) as filled;
end
$$;
comment on function app.read_prices(jsonb) is
  'The rows of a price document, as src/llm_observe/cost/prices.json is one.';

create function app.compare_prices(document jsonb) returns table (
  stored public.model_prices, wanted public.model_prices, changed boolean, moment timestamptz)
language plpgsql stable set search_path = ''
as $$
begin
  return query
    with latest as (
      select distinct on (name) p as stored, name, regexp_replace(name, '/\d\d:\d\d$', '') as key
      from public.model_prices p, regexp_replace(p.price_id, '@[^/]*$', '') as name
      where p.source = document ->> 'source'
      order by name, p.valid_from desc
    )
    select l.stored, w,
      -- A period that is over keeps its amounts, and the hours that they held.
      (w.valid_to <= m) is not true and case when l.name is null then h.are_new
        else to_jsonb(l.stored) - keys <> to_jsonb(w) - keys end, m
    from latest l full join app.read_prices(document) w on w.price_id = l.name
    cross join lateral (
      select l.name is null
        and regexp_replace(w.price_id, '/\d\d:\d\d$', '') in (select key from latest)
    ) as h(are_new)
    -- A row ends after it begins, also one that begins later than now.
    cross join lateral greatest(now(), (l.stored).valid_from + interval '1 microsecond') as m
    cross join (values (array['price_id', 'valid_from', 'valid_to', 'source_version'])) as k(keys)
    where not (h.are_new and coalesce(w.valid_to <= m, false));
end
$$;
comment on function app.compare_prices(jsonb) is
  'Each price of a document beside the row that now stands for it; changed: in its amounts or hours.';

create function public.set_model_prices(jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
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
    on conflict on constraint model_prices_key do nothing
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
$$;
comment on function public.set_model_prices(jsonb) is
  'Takes a document of prices, as src/llm_observe/cost/prices.json is one, and answers how many rows it added, closed, reopened and left unchanged. It never deletes a row and never changes an amount: what the document lacks ends now, and an amount that changed begins now, as a row of its own. Rows of another source stay as they are.';

revoke execute on function app.read_prices(jsonb), app.compare_prices(jsonb) from public;
revoke execute on function public.set_model_prices(jsonb) from public, anon, authenticated;
grant execute on function app.read_prices(jsonb), app.compare_prices(jsonb),
  public.set_model_prices(jsonb) to service_role;
