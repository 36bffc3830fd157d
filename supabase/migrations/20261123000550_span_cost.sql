-- What a span cost.

create function app.span_cost(buckets jsonb, price public.model_prices) returns numeric
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select case when coalesce(bool_and(rate is not null), true)
      then coalesce(round(sum(tokens * rate) / 1000000, 12), 0) end
    from (
      select value::numeric as tokens,
        case key
          when 'input_uncached' then price.input_per_mtok
          when 'cache_read' then coalesce(price.cache_read_per_mtok, price.input_per_mtok)
          when 'cache_write' then coalesce(price.cache_write_per_mtok, price.input_per_mtok)
          when 'cache_write_1h' then coalesce(
            price.cache_write_1h_per_mtok, price.cache_write_per_mtok, price.input_per_mtok)
          when 'input_audio' then coalesce(price.input_audio_per_mtok, price.input_per_mtok)
          when 'cache_audio_read' then coalesce(
            price.cache_audio_read_per_mtok, price.input_audio_per_mtok,
            price.cache_read_per_mtok, price.input_per_mtok)
          when 'output_text' then price.output_per_mtok
          when 'reasoning' then coalesce(price.reasoning_per_mtok, price.output_per_mtok)
          when 'output_audio' then coalesce(price.output_audio_per_mtok, price.output_per_mtok)
        end as rate
      from jsonb_each_text(buckets)
    ) bucket
    where tokens > 0);
end
$$;
comment on function app.span_cost(jsonb, public.model_prices) is
  'US dollars for disjoint token buckets at one price row; null where a used bucket has no price. The library''s pricing.py does the same.';

revoke execute on all functions in schema app from public;
