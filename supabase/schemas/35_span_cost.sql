-- What a span cost, and whether that is known.

create function app.bucket_cost(tokens numeric, rate numeric) returns numeric
language sql immutable parallel safe
return case when tokens > 0 then tokens * rate else 0 end;
comment on function app.bucket_cost(numeric, numeric) is
  'Millionths of US dollars for the tokens of a bucket; null where it holds some and has no price.';

create function app.may_hold_images(buckets jsonb, price public.model_prices) returns boolean
language sql immutable parallel safe
return
  not buckets ? 'input_image' and (
    buckets ?| array['input_uncached', 'input_unsplit']
      and price.input_image_per_mtok <> price.input_per_mtok
    or buckets ? 'input_unsplit' and price.cache_image_read_per_mtok <> price.input_per_mtok
    or buckets ? 'cache_read' and price.cache_image_read_per_mtok
      <> coalesce(price.cache_read_per_mtok, price.input_per_mtok))
  or not buckets ? 'output_image' and buckets ?| array['output_text', 'output_unsplit']
    and price.output_image_per_mtok <> price.output_per_mtok;
comment on function app.may_hold_images(jsonb, public.model_prices) is
  'Whether tokens that nobody told to be free of images would cost another amount as images.';

create function app.unsplit_rates(buckets jsonb, price public.model_prices) returns numeric[]
language sql immutable parallel safe
return array[
  price.input_per_mtok,
  case when buckets ? 'cache_read' then price.input_per_mtok
    else coalesce(price.cache_read_per_mtok, price.input_per_mtok) end,
  case when buckets ? 'cache_write' then price.input_per_mtok
    else coalesce(price.cache_write_per_mtok, price.input_per_mtok) end,
  case when buckets ?| array['cache_write', 'cache_write_1h'] then price.input_per_mtok
    else coalesce(price.cache_write_1h_per_mtok, price.cache_write_per_mtok, price.input_per_mtok) end];
comment on function app.unsplit_rates(jsonb, public.model_prices) is
  'The prices that input may have whose cache was not told: of no kind that is told by itself.';

-- One expression, parsed here: Postgres puts it in place of each call, which saves a batch a fifth.
create function app.span_cost(buckets jsonb, price public.model_prices) returns numeric
language sql immutable parallel safe
return case when buckets - array[
    'input_uncached', 'cache_read', 'cache_write', 'cache_write_1h', 'input_audio',
    'cache_audio_read', 'output_text', 'reasoning', 'output_audio', 'cache_write_12h',
    'input_image', 'cache_image_read', 'output_image', 'input_unsplit', 'output_unsplit'] = '{}'
  and (coalesce(price.input_image_per_mtok, price.cache_image_read_per_mtok,
      price.output_image_per_mtok) is null
    or app.may_hold_images(buckets, price) is not true)
  then round((
    app.bucket_cost((buckets ->> 'input_uncached')::numeric, price.input_per_mtok)
    + app.bucket_cost((buckets ->> 'cache_read')::numeric,
        coalesce(price.cache_read_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'cache_write')::numeric,
        coalesce(price.cache_write_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'output_text')::numeric, price.output_per_mtok)
    + app.bucket_cost((buckets ->> 'reasoning')::numeric,
        coalesce(price.reasoning_per_mtok, price.output_per_mtok))
    -- Few calls have any of these, and to look for each costs a third of the whole.
    + case when buckets ?| array[
        'cache_write_1h', 'cache_write_12h', 'input_audio', 'cache_audio_read', 'input_image',
        'cache_image_read', 'input_unsplit', 'output_audio', 'output_image', 'output_unsplit']
      then app.bucket_cost((buckets ->> 'cache_write_1h')::numeric, coalesce(
          price.cache_write_1h_per_mtok, price.cache_write_per_mtok, price.input_per_mtok))
        + app.bucket_cost((buckets ->> 'cache_write_12h')::numeric, null)
        + app.bucket_cost((buckets ->> 'input_audio')::numeric,
            coalesce(price.input_audio_per_mtok, price.input_per_mtok))
        + app.bucket_cost((buckets ->> 'cache_audio_read')::numeric,
            coalesce(price.cache_audio_read_per_mtok, price.input_audio_per_mtok,
              price.cache_read_per_mtok, price.input_per_mtok))
        + app.bucket_cost((buckets ->> 'input_image')::numeric, price.input_image_per_mtok)
        + app.bucket_cost(
            (buckets ->> 'cache_image_read')::numeric, price.cache_image_read_per_mtok)
        -- Of whatever kind they were, where that makes no difference.
        + app.bucket_cost((buckets ->> 'input_unsplit')::numeric,
            case when price.input_per_mtok = all (app.unsplit_rates(buckets, price))
            then price.input_per_mtok end)
        + app.bucket_cost((buckets ->> 'output_audio')::numeric,
            coalesce(price.output_audio_per_mtok, price.output_per_mtok))
        + app.bucket_cost((buckets ->> 'output_image')::numeric, price.output_image_per_mtok)
        + app.bucket_cost((buckets ->> 'output_unsplit')::numeric,
            case when buckets ? 'reasoning'
              or coalesce(price.reasoning_per_mtok, price.output_per_mtok) = price.output_per_mtok
            then price.output_per_mtok end)
      else 0 end
    ) / 1000000, 12)
  end;
comment on function app.span_cost(jsonb, public.model_prices) is
  'US dollars for disjoint token buckets at one price row; null where a used bucket has no price, or a bucket is not known here. The library''s rates.py does the same.';

create function app.bound_cost(
  buckets jsonb, price public.model_prices,
  out least_usd numeric, out most_usd numeric, out because text)
language sql immutable parallel safe set search_path = ''
as $$
  with kind as (
    select * from (values
      ('input_uncached', array[price.input_per_mtok], array[price.input_image_per_mtok],
        'input_image'),
      ('cache_read', array[coalesce(price.cache_read_per_mtok, price.input_per_mtok)],
        array[price.cache_image_read_per_mtok], 'input_image'),
      ('cache_write', array[coalesce(price.cache_write_per_mtok, price.input_per_mtok)], null, null),
      ('cache_write_1h', array[coalesce(price.cache_write_1h_per_mtok, price.cache_write_per_mtok,
        price.input_per_mtok)], null, null),
      ('input_audio', array[coalesce(price.input_audio_per_mtok, price.input_per_mtok)], null, null),
      ('cache_audio_read', array[coalesce(price.cache_audio_read_per_mtok,
        price.input_audio_per_mtok, price.cache_read_per_mtok, price.input_per_mtok)], null, null),
      ('input_image', array[price.input_image_per_mtok], null, null),
      ('cache_image_read', array[price.cache_image_read_per_mtok], null, null),
      ('input_unsplit', app.unsplit_rates(buckets, price),
        array[price.input_image_per_mtok, price.cache_image_read_per_mtok], 'input_image'),
      ('output_text', array[price.output_per_mtok], array[price.output_image_per_mtok],
        'output_image'),
      ('reasoning', array[coalesce(price.reasoning_per_mtok, price.output_per_mtok)], null, null),
      ('output_audio', array[coalesce(price.output_audio_per_mtok, price.output_per_mtok)],
        null, null),
      ('output_image', array[price.output_image_per_mtok], null, null),
      ('output_unsplit', array[price.output_per_mtok, case when buckets ? 'reasoning'
          then price.output_per_mtok else coalesce(price.reasoning_per_mtok, price.output_per_mtok) end],
        array[price.output_image_per_mtok], 'output_image')
    ) as k(bucket, rates, images, teller)
  ), used as (
    select e.key as bucket, e.value::numeric as tokens, told.least, told.most,
      coalesce(array_position(k.rates, null) is null and k.rates is not null, false) as priced,
      least(told.least, seen.least) as lowest, greatest(told.most, seen.most) as highest
    from jsonb_each(buckets) e left join kind k on k.bucket = e.key
    cross join lateral (
      select min(rate) as least, max(rate) as most from unnest(k.rates) rate) told
    cross join lateral (
      select min(rate) as least, max(rate) as most from unnest(k.images) rate
      where not buckets ? k.teller) seen
    where e.value::numeric > 0
  )
  select
    case when bool_and(priced) is not false then
      round(coalesce(sum(tokens * lowest), 0) / 1000000, 12) end,
    case when bool_and(priced) is not false then
      round(coalesce(sum(tokens * highest), 0) / 1000000, 12) end,
    case
      when bool_or(priced and least < most and bucket = 'input_unsplit') then 'cache_not_told'
      when bool_or(priced and least < most) then 'reasoning_not_told'
      when bool_or(priced and lowest < highest) then 'image_not_told'
      else 'part_not_priced'
    end
  from used
$$;
comment on function app.bound_cost(jsonb, public.model_prices) is
  'Between which costs that of disjoint token buckets lies where app.span_cost knows none, and the reason for that. The library''s bounds.py does the same.';

-- Of few columns, so that a sum asks little of each row.
create function app.is_unmeasured(status text, total_tokens bigint) returns boolean
language sql immutable parallel safe
return total_tokens is null and status <> 'error';
comment on function app.is_unmeasured(text, bigint) is
  'Whether a call was answered and its usage is not known: no sum of tokens or cost has it.';

create function app.is_unpriced(status text, total_tokens bigint, cost_usd numeric) returns boolean
language sql immutable parallel safe
return cost_usd is null and total_tokens is not null and status <> 'error';
comment on function app.is_unpriced(text, bigint, numeric) is
  'Whether a call was answered, its usage is known and its price is not: no sum of cost has it.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.is_unmeasured(text, bigint), app.is_unpriced(text, bigint, numeric)
  to authenticated, service_role;
