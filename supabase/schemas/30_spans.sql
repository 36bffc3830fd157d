-- One row per span, and its content apart.

-- Checks of columns. A size is no more than stable for Postgres, which puts such a function in place
-- of its call only if it says so, too: as immutable each would be called for every row.

-- JSON parsers of others give up on what is 1,000 levels deep, and one such span would break each
-- answer that it is in.
create function app.is_readable(content jsonb) returns boolean
language sql stable parallel safe
return pg_column_size(content) <= 1048576
  -- Each level takes eight bytes at least: what is small is not looked through.
  and case when pg_column_size(content) <= 512 then true
    else not jsonb_path_exists(content, 'strict $.**{65}', silent => true) end;
comment on function app.is_readable(jsonb) is 'Whether a value has 1 MiB and 64 levels at most.';

create function app.has_short_names(names text[]) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return coalesce((select max(length(name)) from unnest(names) name), 0) <= 256;
end
$$;
comment on function app.has_short_names(text[]) is
  'Whether no name of a list has more than 256 characters.';

create function app.is_name_list(names text[]) returns boolean
language sql stable parallel safe
return coalesce(array_ndims(names), 1) = 1 and cardinality(names) <= 128
  and array_position(names, null) is null
  -- A short list has no long name; others are looked through.
  and case when pg_column_size(names) > 280 then app.has_short_names(names) else true end;
comment on function app.is_name_list(text[]) is
  'Whether an array is a plain list of at most 128 names, of at most 256 characters each.';

create function app.are_tags(tags jsonb) returns boolean
language sql stable parallel safe
return jsonb_typeof(tags) = 'object' and pg_column_size(tags) <= 65536
  and not jsonb_path_exists(
    tags, 'strict $.keyvalue() ? (@.value.type() != "string" || @.key like_regex "^.{65}" flag "s"
      || @.value like_regex "^.{128}.{129}" flag "s")', silent => true);
comment on function app.are_tags(jsonb) is
  'Whether a value is an object of texts: keys of at most 64 characters, values of at most 256.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.has_short_names(text[]), app.is_name_list(text[]), app.is_readable(jsonb),
  app.are_tags(jsonb) to service_role;

-- The one list of what is known of a span. A column that a sender fills has its merge rule in
-- app.merge_two, and its field in the library's SpanRecord; app.read_spans fills the others.
create table public.spans (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  -- A pattern that counts, such as [0-9a-f]{32}, takes five times as long.
  trace_id text not null check (octet_length(trace_id) = 32 and trace_id ~ '^[0-9a-f]*$'),
  span_id text not null check (octet_length(span_id) = 16 and span_id ~ '^[0-9a-f]*$'),
  parent_span_id text check (octet_length(parent_span_id) = 16 and parent_span_id ~ '^[0-9a-f]*$'),
  start_time timestamptz not null,
  end_time timestamptz not null,
  -- Fixed bounds, 1970 to 2100, as in the library: the start is part of the key.
  start_ns bigint not null check (start_ns >= 0),
  end_ns bigint not null check (end_ns < 4102444800000000000),
  duration_ms double precision not null
    check (duration_ms = (end_ns - start_ns)::double precision / 1000000),
  -- Names have 256 characters at most, as the library cuts them, and ids of people and groups, too:
  -- longer ones come as their hash. No index takes a text of 2,700. A check is prepared for each
  -- statement: of plain operators in a third of the time that a function of ours takes.
  name text not null check (length(name) <= 256),
  kind text not null check (kind in ('internal', 'server', 'client', 'producer', 'consumer')),
  status text not null check (status in ('unset', 'ok', 'error')),
  status_message text check (length(status_message) <= 8192),
  error_type text check (length(error_type) <= 256),
  operation text check (length(operation) <= 256),
  provider text check (length(provider) <= 256),
  model text check (length(model) <= 256),
  request_model text check (length(request_model) <= 256),
  response_model text check (length(response_model) <= 256),
  canonical_model text check (length(canonical_model) <= 256),
  response_id text check (length(response_id) <= 256),
  service_tier text check (length(service_tier) <= 256),
  agent_name text check (length(agent_name) <= 256),
  tool_name text check (length(tool_name) <= 256),
  instrumentation text check (length(instrumentation) <= 256),
  service_name text check (length(service_name) <= 256),
  environment text check (length(environment) <= 256),
  release text check (length(release) <= 256),
  session_id text check (length(session_id) <= 256),
  user_id text check (length(user_id) <= 256),
  customer_id text check (length(customer_id) <= 256),
  api_key_id text check (octet_length(api_key_id) = 8 and api_key_id ~ '^[0-9a-z]*$'),
  prompt_name text check (length(prompt_name) <= 256),
  prompt_version text check (length(prompt_version) <= 256),
  tags jsonb check (app.are_tags(tags)),
  countable boolean not null,
  counted boolean not null,
  usage_status text check (usage_status in ('reported', 'unknown')),
  input_tokens bigint check (input_tokens between 0 and 10000000000000),
  output_tokens bigint check (output_tokens between 0 and 10000000000000),
  total_tokens bigint check (total_tokens between 0 and 10000000000000),
  cache_read_tokens bigint check (cache_read_tokens between 0 and 10000000000000),
  cache_write_tokens bigint check (cache_write_tokens between 0 and 10000000000000),
  reasoning_tokens bigint check (reasoning_tokens between 0 and 10000000000000),
  usage_buckets jsonb check (
    jsonb_typeof(usage_buckets) = 'object' and pg_column_size(usage_buckets) <= 4096
    and not jsonb_path_exists(
      usage_buckets, 'strict $.* ? (@.type() != "number" || @ < 0 || @ > 10000000000000)',
      silent => true)
    -- Names of buckets, and no prose.
    and not jsonb_path_exists(
      usage_buckets, 'strict $.keyvalue() ? (@.key like_regex "[^A-Za-z0-9_]")', silent => true)),
  cost_usd numeric check (cost_usd >= 0 and cost_usd < 1000000000 and scale(cost_usd) <= 12),
  price_id text check (length(price_id) <= 512),
  price_source text check (price_source in ('table', 'wheel')),
  time_to_first_token_ms double precision check (time_to_first_token_ms between 0 and 1e13),
  streamed boolean,
  finish_reasons text[] check (app.is_name_list(finish_reasons)),
  input_digest text check (length(input_digest) <= 128),
  input_length integer check (input_length >= 0),
  output_digest text check (length(output_digest) <= 128),
  output_length integer check (output_length >= 0),
  attributes jsonb not null default '{}'
    check (jsonb_typeof(attributes) = 'object' and app.is_readable(attributes)),
  received_at timestamptz not null default now(),
  unknown_because text check (length(unknown_because) <= 256),
  cost_min_usd numeric check (cost_min_usd >= 0 and cost_min_usd < 1000000000 and scale(cost_min_usd) <= 12),
  cost_max_usd numeric check (cost_max_usd >= 0 and cost_max_usd < 1000000000 and scale(cost_max_usd) <= 12),
  usage_uncounted text check (length(usage_uncounted) <= 256),
  process_keys text[] check (app.is_name_list(process_keys)),
  misdated text check (misdated in ('future', 'past')),
  -- Null in a row that was on its way when the column came.
  possible_duplicate boolean default false,
  previous_response_id text check (length(previous_response_id) <= 256),
  chained_session_id text check (length(chained_session_id) <= 256),
  constraint spans_end_after_start check (end_ns >= start_ns),
  primary key (tenant_id, trace_id, span_id, start_time)
) partition by range (start_time);

-- Rows of one microsecond are few: lists sort them by their ids, which so need not stand here.
create index spans_newest on public.spans (tenant_id, start_time);
-- What sums leave out or doubt: few, but for senders whose agents repeat their calls' usage.
create index spans_marked on public.spans (tenant_id, start_time) include (misdated)
  where usage_uncounted is not null or possible_duplicate or misdated is not null;
-- What settles which of several spans stands for a call: a span's children, and what tells of one
-- response. A response id is slow to compare: its hash is not.
create index spans_of_call on public.spans (tenant_id, trace_id, parent_span_id) where countable;
create index spans_of_response on public.spans (
  tenant_id, (hashtextextended(response_id, 0)), counted, start_time)
  where countable and response_id is not null;
-- Spans that could enclose a call, by how long they are: of short ones only the last few matter.
create index spans_unnamed on public.spans (
  tenant_id, (hashtextextended(request_model, 0)),
  (width_bucket(end_ns - start_ns, '{10000000000,100000000000,1000000000000}'::bigint[])), start_ns)
  where countable and response_id is null;
-- Counted in every answer of sums, over all time: normally nothing.
create index spans_misdated on public.spans (tenant_id) where misdated is not null;
-- What claims to start after it came, or before there were calls, is expired by when it came
-- (app.find_ahead): normally nothing.
create index spans_ahead on public.spans (tenant_id, received_at, start_time)
  where start_time > received_at or misdated is not null;
-- The calls that go on from a response: none, but of who keeps conversations at OpenAI.
create index spans_of_previous on public.spans (
  tenant_id, (hashtextextended(previous_response_id, 0)), start_time)
  where countable and previous_response_id is not null;
-- Of calls whose content is not kept, where there is a key of digests.
create index spans_of_input on public.spans (tenant_id, (hashtextextended(input_digest, 0)))
  where input_digest is not null;
-- Without the trace or the time: spans of one user share an entry, and it is a third of the size.
create index spans_of_user on public.spans (tenant_id, user_id) where user_id is not null;
-- By day (UTC): a list of a window takes the first ones of each of its days (app.rank_rows). Each of
-- these takes 5 to 8 us of the 44 that an insert took: there is none for tokens.
create index spans_by_duration on public.spans (
  tenant_id, ((start_ns / 86400000000000)::integer), duration_ms)
  where misdated is null;
create index spans_by_cost on public.spans (
  tenant_id, ((start_ns / 86400000000000)::integer), (cost_usd::double precision))
  where misdated is null and cost_usd is not null;

create table public.span_contents (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  trace_id text not null check (octet_length(trace_id) = 32),
  span_id text not null check (octet_length(span_id) = 16),
  start_time timestamptz not null,
  input jsonb check (app.is_readable(input)),
  output jsonb check (app.is_readable(output)),
  -- Written by the database, of the span (app.list_labels).
  labels jsonb not null default '[]',
  text_config text not null default 'simple',
  primary key (tenant_id, trace_id, span_id, start_time)
) partition by range (start_time);

create index span_contents_oldest on public.span_contents (tenant_id, start_time);
-- The tenant is in each hash (app.find_texts). No list of what is to be added: it would be gone
-- through by every search.
create index span_contents_words on public.span_contents using gin (
  (app.content_words(tenant_id, start_time, text_config, labels, input, output)))
  with (fastupdate = off);

alter table public.spans enable row level security;
alter table public.spans force row level security;
create policy spans_read on public.spans for select to authenticated
  using (tenant_id = (select app.tenant_id()));
alter table public.span_contents enable row level security;
alter table public.span_contents force row level security;
create policy span_contents_read on public.span_contents for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.spans, public.span_contents from anon, authenticated;
grant select on public.spans, public.span_contents to authenticated;
grant select, insert, update, delete on public.spans, public.span_contents to service_role;

comment on table public.spans is
  'One row per span, whatever was delivered of it (app.merge_spans). Measures and filters have columns, the rest is in attributes, content is in span_contents.';
comment on column public.spans.start_ns is
  'Start in nanoseconds since 1970, the least that was delivered: orders siblings that start_time (microseconds) cannot.';
comment on column public.spans.model is
  'The model that answered, else the model that was asked for.';
comment on column public.spans.canonical_model is
  'The model that prices and sums go by: the price''s, else the one that was asked for, else the one that answered.';
comment on column public.spans.release is
  'The version of the application that the span is of.';
comment on column public.spans.customer_id is
  'The group of users that the span was for, such as an account; in the form of user_id. forget_user passes it by.';
comment on column public.spans.api_key_id is
  'The API key or ingest token that brought the span (api_keys.key_id), as its token says, or the queue''s writer, whose token is no key''s; null for people and in development.';
comment on column public.spans.prompt_name is
  'The stored prompt that the input was made of; its version is prompt_version.';
comment on column public.spans.tags is
  'The application''s own words for a span, each a name and a text: {"feature": "search"}.';
comment on column public.spans.duration_ms is
  'end_ns - start_ns, in milliseconds.';
comment on column public.spans.instrumentation is
  'The instrumentation that made the span (OpenTelemetry''s instrumentation scope).';
comment on column public.spans.user_id is
  'As it came, to be found and forgotten by; over 256 characters sha256: and the hash in hex. So are session_id, customer_id, response_id and previous_response_id.';
comment on column public.spans.previous_response_id is
  'The response that the call goes on from, as OpenAI''s Responses API has it.';
comment on column public.spans.chained_session_id is
  'The session of the call whose response this one names, or of the chain that begins here (app.find_chained_session). It holds where neither the call nor its trace tells one.';
comment on column public.spans.countable is
  'What the sender said: this span describes a model call. Several may describe the same one.';
comment on column public.spans.counted is
  'True for the one countable span that stands for a model call (app.find_uncounted). Sums are over counted spans only.';
comment on column public.spans.usage_status is
  'reported: the provider said how many tokens; unknown: it did not, and nothing is guessed.';
comment on column public.spans.input_tokens is
  'All input tokens, cached ones included (OpenTelemetry''s meaning).';
comment on column public.spans.output_tokens is
  'All output tokens, reasoning included.';
comment on column public.spans.usage_buckets is
  'The same tokens in disjoint buckets, each with a price of its own (see app.span_cost).';
comment on column public.spans.cost_usd is
  'US dollars; null where the model or its usage is unknown, never 0 for that.';
comment on column public.spans.cost_min_usd is
  'Between this and cost_max_usd lies a cost that is not known because of what was not told; null where the cost is known, or nothing of it is.';
comment on column public.spans.unknown_because is
  'The reason for which a model call has no usage, or usage and no cost: usage_not_told, usage_estimated, usage_contradictory, model_not_told, model_not_priced, tier_not_told, tier_not_priced, before_prices, cache_not_told, reasoning_not_told, image_not_told, part_not_priced.';
comment on column public.spans.usage_uncounted is
  'The reason for which a span that tells of tokens is no model call: repeats_calls (an agent, a workflow or a tool tells the sums of calls within it), no_model.';
comment on column public.spans.process_keys is
  'Hashes of what names the process that made the span (service.instance.id, faas.invocation_id, process.pid with its container or host): two spans with one in common are of one process.';
comment on column public.spans.misdated is
  'future: it claims to start or to end more than a day after it came; past: to start before there were such calls, 2015-01-01. Such a span is in no window and no percentile, and its start stays as it came.';
comment on column public.spans.possible_duplicate is
  'True for a counted call that looks like another''s wrapper and is not proven to be one: it may be counted twice.';
comment on column public.spans.price_id is
  'The price that was used (model_prices.price_id).';
comment on column public.spans.price_source is
  'table: priced here, by model_prices; wheel: priced by the library''s own file.';
comment on column public.spans.input_digest is
  'h1:<kid>:<base64url>: HMAC-SHA-256 of the prompt under the tenant''s key; null without a key.';
comment on column public.spans.input_length is
  'Characters in the prompt.';
comment on column public.spans.received_at is
  'When the span first came, by the database''s clock.';
comment on column public.span_contents.labels is
  'The texts of the span beside its content, for text search: its names, its message, the values of its tags and attributes, 4,096 characters at most.';
comment on column public.span_contents.text_config is
  'The text search configuration that the row''s words are read by: the tenant''s when it was stored (tenants.text_configs).';
comment on table public.span_contents is
  'Prompts and answers, only where ALLOW_CONTENT_CAPTURE opened them, cut to the configured lengths.';
