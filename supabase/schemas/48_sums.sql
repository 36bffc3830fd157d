-- One definition of the sums: folding, reading what changed, expiry and verification all ask it.

-- OpenTelemetry's exponential histogram at scale 3, as an array of one entry for each bucket that
-- holds anything: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram.
-- Bucket i holds 2^(i/8) < x <= 2^((i+1)/8); the bucket of 0 is -1000. 8 / ln 2 = 11.5415603….
create function app.to_entry(measured double precision) returns bigint
language sql immutable parallel safe
return case when measured > 0 then ((ceil(ln(measured) * 11.541560327111707)::bigint - 1) << 40) + 1
  when measured = 0 then (-1000::bigint << 40) + 1 end;
comment on function app.to_entry(double precision) is
  'A measured value as an entry of a histogram: its bucket''s number in the high 24 bits, a count of 1 in the low 40.';

create function app.merge_histogram(entries bigint[]) returns bigint[]
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  -- Of nothing there is no histogram: an empty array would take 13 bytes of each row that tells of tools.
  if entries is null or cardinality(entries) <= 1 then
    return entries;
  end if;
  return array(
    select (bucket << 40) + spans
    from (
      -- `offset 0`: to sort the few buckets takes less than to sort all entries.
      select entry >> 40 as bucket, sum(entry & 1099511627775)::bigint as spans
      from unnest(entries) entry group by 1 offset 0) e
    order by bucket);
end
$$;
comment on function app.merge_histogram(bigint[]) is
  'Entries of one or more histograms as one: one entry a bucket, in order.';

create type app.histogram as (entries bigint[]);
comment on type app.histogram is 'A histogram as a row, so that many of them are gathered in one array.';

create function app.merge_histograms(parts app.histogram[], taken app.histogram[] default null)
returns bigint[]
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  if taken is null and (parts is null or cardinality(parts) = 1) then
    return parts[1].entries;
  elsif taken is null then
    return array(
      select (bucket << 40) + spans
      from (
        select entry >> 40 as bucket, sum(entry & 1099511627775)::bigint as spans
        from unnest(parts) p cross join unnest(p.entries) entry group by 1 offset 0) e
      order by bucket);
  end if;
  return array(
    select (bucket << 40) + spans
    from (
      select entry >> 40 as bucket,
        sum(case when added then entry & 1099511627775 else -(entry & 1099511627775) end)::bigint as spans
      from (
        select true as added, entry from unnest(parts) p cross join unnest(p.entries) entry
        union all
        select false, entry from unnest(taken) p cross join unnest(p.entries) entry) told
      group by 1 offset 0) e
    where spans > 0 order by bucket);
end
$$;
comment on function app.merge_histograms(app.histogram[], app.histogram[]) is
  'Merged histograms as one, without what others of them took. To join thousands of arrays one by one would take their square.';

create function app.relative_error() returns double precision
language sql immutable parallel safe
return 0.0433;
comment on function app.relative_error() is
  'By how much of itself a percentile of a histogram may be wrong: (g - 1) / (g + 1), where g = 2^(1/8) is how much wider each bucket is than the one before.';

create function app.quantiles(histogram bigint[], shares double precision[])
returns double precision[]
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  total bigint := 0;
  reached bigint := 0;
  next integer := 1;
  entry bigint;
  found double precision[] := array_fill(null::double precision, array[cardinality(shares)]);
begin
  foreach entry in array coalesce(histogram, '{}') loop
    total := total + (entry & 1099511627775);
  end loop;
  foreach entry in array coalesce(histogram, '{}') loop
    reached := reached + (entry & 1099511627775);
    while next <= cardinality(shares) and reached >= ceil(shares[next] * total) loop
      -- 2ab / (a + b) of its bounds is as far from both, in relation to them.
      found[next] := case when entry >> 40 = -1000 then 0
        else power(2::double precision, (entry >> 40) / 8.0::double precision) * 1.0432946174993891 end;
      next := next + 1;
    end loop;
    exit when next > cardinality(shares);
  end loop;
  return found;
end
$$;
comment on function app.quantiles(bigint[], double precision[]) is
  'Values at these shares, in rising order, of a merged histogram, by nearest rank, each at most app.relative_error() wrong; null where it holds nothing.';

create function app.detail_dimensions() returns text[]
language sql immutable parallel safe
return array[
  'environment', 'service', 'operation', 'provider', 'model', 'agent', 'tool', 'prompt',
  'error_type', 'api_key', 'release'];
comment on function app.detail_dimensions() is
  'The dimensions that have few values: columns of the sums in detail.';

create function app.close_dimensions() returns text[]
language sql immutable parallel safe
return array['environment', 'provider', 'model'];
comment on function app.close_dimensions() is
  'The dimensions that sums of users, customers, sessions and tags tell apart, too.';

create function app.fine_dimensions() returns text[]
language sql immutable parallel safe
return array['total', 'model'];
comment on function app.fine_dimensions() is 'The dimensions of which sums are kept by five minutes, too.';

create function app.list_dimensions(tenant text) returns text[]
language plpgsql stable set search_path = ''
as $$
begin
  return array['total', 'detail'] || app.detail_dimensions()
    || array['user', 'customer', 'session', 'left_out'] || array(
      select 'tag:' || key from public.tenants t, unnest(t.tag_dimensions) key
      where t.tenant_id = tenant);
end
$$;
comment on function app.list_dimensions(text) is
  'What a tenant''s sums are made by (roll_ups.dimension), with the tags that the tenant chose.';

-- In sums are calls, and of other spans what failed or is told as an operation.
-- By its estimate of few rows the planner would sort all of them, by thirteen columns; so it would
-- in the functions below.
create function app.sum_details(
  tenant text, since timestamptz, until timestamptz, minutes integer, by_model_alone boolean,
  without_buckets boolean default false, traces text[] default null, late timestamptz default null
) returns setof public.roll_ups
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off set jit = off
as $$
begin
  return query
    select tenant, 'detail', minutes::smallint, o.bucket, false,
      (row_number() over ())::integer, null::text, o.counted,
      c.environment, c.service_name, o.provider, canonical, c.operation, c.agent_name,
      c.tool_name, c.prompt, c.told_type, c.api_key_id, c.release,
      count(*)::integer, sum(failed::integer)::integer,
      (count(*) filter (where o.counted and app.is_unpriced(status, o.total_tokens, o.cost_usd)))::integer,
      (count(*) filter (where o.counted and app.is_unmeasured(status, o.total_tokens)))::integer,
      sum(o.input_tokens) filter (where o.counted)::bigint,
      sum(o.output_tokens) filter (where o.counted)::bigint,
      sum(o.total_tokens) filter (where o.counted)::bigint,
      sum((buckets -> 'input_uncached')::bigint)::bigint,
      sum((buckets -> 'cache_read')::bigint)::bigint, sum((rare -> 'cache_write')::bigint)::bigint,
      sum((rare -> 'cache_write_1h')::bigint)::bigint,
      sum((rare -> 'cache_write_12h')::bigint)::bigint,
      sum((rare -> 'input_audio')::bigint)::bigint,
      sum((rare -> 'cache_audio_read')::bigint)::bigint,
      sum((rare -> 'input_image')::bigint)::bigint,
      sum((rare -> 'cache_image_read')::bigint)::bigint,
      sum((rare -> 'input_unsplit')::bigint)::bigint,
      sum((buckets -> 'output_text')::bigint)::bigint,
      sum((buckets -> 'reasoning')::bigint)::bigint, sum((rare -> 'output_audio')::bigint)::bigint,
      sum((rare -> 'output_image')::bigint)::bigint,
      sum((rare -> 'output_unsplit')::bigint)::bigint,
      sum(o.cost_usd) filter (where o.counted),
      min(start_time) filter (where failed), max(start_time) filter (where failed),
      app.merge_histogram(array_agg(app.to_entry(duration_ms))),
      app.merge_histogram(array_agg(app.to_entry(first_token)) filter (where first_token is not null))
    from (
      select date_bin(minutes * interval '1 minute', s.start_time, 'epoch') as bucket, s.*,
        coalesce(s.canonical_model, s.request_model, s.model) as canonical,
        s.prompt_name || coalesce('@' || s.prompt_version, '') as prompt,
        s.status = 'error' as failed,
        -- OpenTelemetry's name of a type that nobody told.
        case when s.status = 'error' then coalesce(s.error_type, '_OTHER') end as told_type,
        case when s.counted then s.time_to_first_token_ms end as first_token,
        case when s.counted and not without_buckets then s.usage_buckets end as buckets,
        -- Most calls have none of the others: to look for each is not free.
        case when s.counted and not without_buckets and s.usage_buckets
            - '{input_uncached,cache_read,output_text,reasoning}'::text[] <> '{}' then s.usage_buckets end as rare
      from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until and s.misdated is null
      and (late is null or s.trace_id = any(traces) and (s.received_at < late or s.start_time < late))
        and (s.counted or s.status = 'error' or not s.countable and s.operation is not null)
    ) o
    left join lateral (
      select o.environment, o.service_name, o.operation, o.agent_name, o.tool_name, o.prompt,
        o.told_type, o.api_key_id, o.release
    ) c on not by_model_alone
    group by o.bucket, o.counted, c.environment, c.service_name, o.provider, canonical, c.operation,
      c.agent_name, c.tool_name, c.prompt, c.told_type, c.api_key_id, c.release;
end
$$;
comment on function app.sum_details(text, timestamptz, timestamptz, integer, boolean, boolean, text[], timestamptz) is
  'The sums in detail of raw rows, or of that only provider and model: see app.sum_spans.';

create function app.value_of(dimension text, detail public.roll_ups) returns text
language sql immutable parallel safe
return case dimension when 'environment' then detail.environment
  when 'service' then detail.service_name when 'operation' then detail.operation
  when 'provider' then detail.provider when 'model' then detail.model
  when 'agent' then detail.agent_name when 'tool' then detail.tool_name
  when 'prompt' then detail.prompt when 'error_type' then detail.error_type
  when 'api_key' then detail.api_key_id when 'release' then detail.release end;
comment on function app.value_of(text, public.roll_ups) is
  'What a row of sums in detail says of a dimension of few values.';

create function app.sum_plainly(details public.roll_ups[], dimensions text[])
returns setof public.roll_ups
language plpgsql stable set search_path = ''
as $$
begin
  return query
    select r.tenant_id, d.dimension, r.grain, r.bucket_start, false,
      (row_number() over (partition by d.dimension, r.bucket_start))::integer, told.value, r.counted,
      null::text, null::text, told.provider, null::text, null::text, null::text, null::text,
      null::text, null::text, null::text, null::text,
      sum(r.spans)::integer, sum(r.errors)::integer, sum(r.unpriced)::integer,
      sum(r.unmeasured)::integer, sum(r.input_tokens)::bigint, sum(r.output_tokens)::bigint,
      sum(r.total_tokens)::bigint,
      sum(r.input_uncached)::bigint, sum(r.cache_read)::bigint, sum(r.cache_write)::bigint,
      sum(r.cache_write_1h)::bigint, sum(r.cache_write_12h)::bigint, sum(r.input_audio)::bigint,
      sum(r.cache_audio_read)::bigint, sum(r.input_image)::bigint, sum(r.cache_image_read)::bigint,
      sum(r.input_unsplit)::bigint, sum(r.output_text)::bigint, sum(r.reasoning)::bigint,
      sum(r.output_audio)::bigint, sum(r.output_image)::bigint, sum(r.output_unsplit)::bigint,
      sum(r.cost_usd),
      min(r.first_start) filter (where d.dimension = 'error_type'),
      max(r.last_start) filter (where d.dimension = 'error_type'),
      app.merge_histograms(
        array_agg(row(r.latency)::app.histogram) filter (where r.latency is not null)),
      app.merge_histograms(array_agg(row(r.time_to_first_token)::app.histogram)
        filter (where r.time_to_first_token is not null))
    from unnest(dimensions) d (dimension) cross join unnest(details) r
    cross join lateral (
      select app.value_of(d.dimension, r) as value,
        case when d.dimension = 'model' then r.provider end as provider
    ) told
    where d.dimension = 'total' or d.dimension = any(app.detail_dimensions()) and told.value is not null
    group by r.tenant_id, d.dimension, r.grain, r.bucket_start, told.value, r.counted, told.provider;
end
$$;
comment on function app.sum_plainly(public.roll_ups[], text[]) is
  'Sums in all and by each dimension of few values, of sums in detail.';

-- A call that names no user, session or customer is its trace's: the root's, before what its other
-- spans name.
create function app.find_attribution(tenant text, trace text, wanted boolean)
returns table (user_id text, session_id text, customer_id text, chained_session_id text)
language sql stable
begin atomic
  select coalesce(t.root_user_id, t.user_id), coalesce(t.root_session_id, t.session_id),
    coalesce(t.root_customer_id, t.customer_id), t.chained_session_id
  from public.traces t
  where wanted and t.tenant_id = tenant and t.trace_id = trace
  limit 1;
end;
comment on function app.find_attribution(text, text, boolean) is
  'Whose the calls of a trace are that do not say it themselves, in sums, and the session that they have from a chain of responses; nothing where it is not wanted.';

create function app.sum_values(
  tenant text, since timestamptz, until timestamptz, minutes integer, dimensions text[],
  traces text[] default null, late timestamptz default null
) returns setof public.roll_ups
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off set jit = off
as $$
begin
  return query
    with observed as materialized (
      select date_bin(minutes * interval '1 minute', s.start_time, 'epoch') as bucket,
        s.counted, s.environment, s.provider, s.tags, s.start_time, s.input_tokens, s.output_tokens,
        coalesce(s.canonical_model, s.request_model, s.model) as model, s.total_tokens, s.cost_usd,
        app.to_entry(s.duration_ms) as latency,
        app.to_entry(s.time_to_first_token_ms) as first_token,
        coalesce(s.user_id, t.user_id) as user_id,
        coalesce(s.session_id, t.session_id, s.chained_session_id, t.chained_session_id) as session_id,
        coalesce(s.customer_id, t.customer_id) as customer_id,
        coalesce(s.usage_uncounted, case when s.possible_duplicate then 'possible_duplicates' end) as left_out,
        (s.status = 'error')::integer as failed,
        (s.counted and app.is_unpriced(s.status, s.total_tokens, s.cost_usd))::integer as unpriced,
        (s.counted and app.is_unmeasured(s.status, s.total_tokens))::integer as unmeasured
      from public.spans s
      left join lateral app.find_attribution(
        tenant, s.trace_id,
        s.user_id is null or s.session_id is null or s.customer_id is null) t on true
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until and s.misdated is null
      and (late is null or s.trace_id = any(traces) and (s.received_at < late or s.start_time < late))
        and (s.counted or s.usage_uncounted is not null)
    )
    select tenant, d.dimension, minutes::smallint, o.bucket, false,
      (row_number() over ())::integer, told.value, o.counted,
      told.environment, null::text, told.provider, told.model, null::text, null::text, null::text,
      null::text, null::text, null::text, null::text,
      count(*)::integer, sum(failed)::integer, sum(o.unpriced)::integer, sum(o.unmeasured)::integer,
      sum(o.input_tokens) filter (where summed)::bigint,
      sum(o.output_tokens) filter (where summed)::bigint,
      sum(o.total_tokens) filter (where summed)::bigint,
      null::bigint, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint,
      null::bigint, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint,
      null::bigint, null::bigint, null::bigint,
      sum(o.cost_usd) filter (where summed), min(o.start_time) filter (where summed),
      max(o.start_time) filter (where summed),
      app.merge_histogram(array_agg(o.latency) filter (where summed)),
      app.merge_histogram(array_agg(o.first_token) filter (where summed and o.first_token is not null))
    from unnest(dimensions) d (dimension) cross join observed o
    cross join lateral (
      select case d.dimension when 'user' then o.user_id when 'customer' then o.customer_id
          when 'session' then o.session_id when 'left_out' then o.left_out
          else o.tags ->> substr(d.dimension, 5) end as value,
        -- Of what the sums leave out, spans are counted and nothing is added up.
        d.dimension <> 'left_out' as summed,
        case when d.dimension <> 'left_out' then o.environment end as environment,
        case when d.dimension <> 'left_out' then o.provider end as provider,
        case when d.dimension <> 'left_out' then o.model end as model
    ) told
    where told.value is not null and (o.counted or not summed)
    group by d.dimension, o.bucket, told.value, o.counted, told.environment, told.provider,
      told.model;
end
$$;
comment on function app.sum_values(text, timestamptz, timestamptz, integer, text[], text[], timestamptz) is
  'Sums by dimensions of many values, of raw rows, and of what the sums leave out: see app.sum_spans.';

create function app.sum_spans(
  tenant text, since timestamptz, until timestamptz, minutes integer, dimensions text[],
  traces text[] default null, late timestamptz default null, without_buckets boolean default false
) returns setof public.roll_ups
language plpgsql stable set search_path = ''
as $$
declare
  plain constant text[] := array(
    select d from unnest(dimensions) d where d = 'total' or d = any(app.detail_dimensions()));
  valued constant text[] := array(
    select d from unnest(dimensions) d where d <> 'detail' and d <> all(plain));
  details public.roll_ups[];
begin
  if plain <> '{}' then
    details := array(
      select s::public.roll_ups from app.sum_details(
        tenant, since, until, minutes, dimensions <@ '{total,provider,model}',
        without_buckets, traces, late) s);
    return query select * from app.sum_plainly(details, plain);
    return query select * from unnest(details) where 'detail' = any(dimensions);
  elsif 'detail' = any(dimensions) then
    return query select * from app.sum_details(tenant, since, until, minutes, false, without_buckets, traces, late);
  end if;
  if valued <> '{}' then
    return query select * from app.sum_values(tenant, since, until, minutes, valued, traces, late);
  end if;
end
$$;
comment on function app.sum_spans(text, timestamptz, timestamptz, integer, text[], text[], timestamptz, boolean) is
  'Sums over a tenant''s raw rows that start in a window, by buckets of so many minutes (UTC) and these dimensions, as roll_ups holds them; of what expires alone, where traces, and late, before which it came or started, are given. Reading needs no buckets of usage, which take a third of the time.';

create function app.add_up(
  tenant text, of_dimensions text[], of_grain integer, since timestamptz, until timestamptz,
  minutes integer, taken_alone boolean
) returns setof public.roll_ups
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off set jit = off
as $$
begin
  return query
    select tenant, r.dimension, minutes::smallint,
      date_bin(minutes * interval '1 minute', r.bucket_start, 'epoch') as bucket, taken_alone,
      (row_number() over ())::integer,
      r.value, r.counted, r.environment, r.service_name, r.provider, r.model, r.operation,
      r.agent_name, r.tool_name, r.prompt, r.error_type, r.api_key_id, r.release,
      sum(r.spans)::integer, sum(r.errors)::integer, sum(r.unpriced)::integer,
      sum(r.unmeasured)::integer, sum(r.input_tokens)::bigint, sum(r.output_tokens)::bigint,
      sum(r.total_tokens)::bigint, sum(r.input_uncached)::bigint, sum(r.cache_read)::bigint,
      sum(r.cache_write)::bigint, sum(r.cache_write_1h)::bigint, sum(r.cache_write_12h)::bigint,
      sum(r.input_audio)::bigint, sum(r.cache_audio_read)::bigint, sum(r.input_image)::bigint,
      sum(r.cache_image_read)::bigint, sum(r.input_unsplit)::bigint, sum(r.output_text)::bigint,
      sum(r.reasoning)::bigint, sum(r.output_audio)::bigint, sum(r.output_image)::bigint,
      sum(r.output_unsplit)::bigint, sum(r.cost_usd), min(r.first_start), max(r.last_start),
      app.merge_histograms(
        array_agg(row(r.latency)::app.histogram) filter (where r.latency is not null)),
      app.merge_histograms(array_agg(row(r.time_to_first_token)::app.histogram)
        filter (where r.time_to_first_token is not null))
    from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(of_dimensions) and r.grain = of_grain
      and r.bucket_start >= since and r.bucket_start < until and (r.taken or not taken_alone)
    group by r.dimension, bucket, r.value, r.counted,
      r.environment, r.service_name, r.provider, r.model, r.operation,
      r.agent_name, r.tool_name, r.prompt, r.error_type, r.api_key_id, r.release;
end
$$;
comment on function app.add_up(text, text[], integer, timestamptz, timestamptz, integer, boolean) is
  'Sums of a tenant''s roll-ups of one grain, by longer buckets or the same: of what was taken alone, or of all.';

revoke execute on all functions in schema app from public;
grant execute on function
  app.to_entry(double precision), app.merge_histogram(bigint[]),
  app.merge_histograms(app.histogram[], app.histogram[]),
  app.value_of(text, public.roll_ups), app.close_dimensions(), app.fine_dimensions(),
  app.relative_error(), app.quantiles(bigint[], double precision[]), app.detail_dimensions(),
  app.list_dimensions(text), app.find_attribution(text, text, boolean),
  app.sum_details(text, timestamptz, timestamptz, integer, boolean, boolean, text[], timestamptz),
  app.sum_plainly(public.roll_ups[], text[]),
  app.sum_values(text, timestamptz, timestamptz, integer, text[], text[], timestamptz),
  app.sum_spans(text, timestamptz, timestamptz, integer, text[], text[], timestamptz, boolean)
  to authenticated, service_role;
