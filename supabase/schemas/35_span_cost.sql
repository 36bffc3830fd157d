-- What a span cost, and whether that is known.

create function app.bucket_cost(tokens numeric, rate numeric) returns numeric
language sql immutable parallel safe
return case when tokens > 0 then tokens * rate else 0 end;
comment on function app.bucket_cost(numeric, numeric) is
  'Millionths of US dollars for the tokens of a bucket; null where it holds some and has no price.';

-- One expression, parsed here: Postgres puts it in place of each call, which saves a batch a fifth.
create function app.span_cost(buckets jsonb, price public.model_prices) returns numeric
language sql immutable parallel safe
return case when buckets - array[
    'input_uncached', 'cache_read', 'cache_write', 'cache_write_1h', 'input_audio',
    'cache_audio_read', 'output_text', 'reasoning', 'output_audio'] = '{}'
  then round((
    app.bucket_cost((buckets ->> 'input_uncached')::numeric, price.input_per_mtok)
    + app.bucket_cost((buckets ->> 'cache_read')::numeric,
        coalesce(price.cache_read_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'cache_write')::numeric,
        coalesce(price.cache_write_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'cache_write_1h')::numeric,
        coalesce(price.cache_write_1h_per_mtok, price.cache_write_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'input_audio')::numeric,
        coalesce(price.input_audio_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'cache_audio_read')::numeric,
        coalesce(price.cache_audio_read_per_mtok, price.input_audio_per_mtok,
          price.cache_read_per_mtok, price.input_per_mtok))
    + app.bucket_cost((buckets ->> 'output_text')::numeric, price.output_per_mtok)
    + app.bucket_cost((buckets ->> 'reasoning')::numeric,
        coalesce(price.reasoning_per_mtok, price.output_per_mtok))
    + app.bucket_cost((buckets ->> 'output_audio')::numeric,
        coalesce(price.output_audio_per_mtok, price.output_per_mtok))
    ) / 1000000, 12)
  end;
comment on function app.span_cost(jsonb, public.model_prices) is
  'US dollars for disjoint token buckets at one price row; null where a used bucket has no price, or a bucket is not known here. The library''s pricing.py does the same.';

-- Of what the covering index holds (spans_calls), so that a sum needs nothing else.
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
