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
  unique (provider, model, service_tier, min_input_tokens, valid_from)
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
  'provider/model/service_tier/min_input_tokens/valid_from: what spans.price_id names.';
comment on column public.model_prices.min_input_tokens is
  'The row holds for calls with at least this many input tokens (long-context tiers).';
comment on column public.model_prices.valid_from is
  'A span is priced by its own start: valid_from <= start_time < valid_to.';
comment on column public.model_prices.cache_read_per_mtok is
  'Null: as input_per_mtok. See app.span_cost for every fallback.';
comment on column public.model_prices.source is
  'Where the price comes from; rows of the shipped seed say genai-prices.';
