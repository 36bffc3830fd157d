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
  if cardinality(entries) <= 1 then
    return entries;
  end if;
  return array(
    select (bucket << 40) + sum(entry - (bucket << 40))::bigint
    from (select entry, entry >> 40 as bucket from unnest(entries) entry) e
    group by bucket order by bucket);
end
$$;
comment on function app.merge_histogram(bigint[]) is
  'Entries of one or more histograms as one: one entry a bucket, in order.';

create aggregate app.join_histograms(bigint[]) (
  sfunc = array_cat, stype = bigint[], parallel = safe
);
comment on aggregate app.join_histograms(bigint[]) is
  'The entries of several histograms, for app.merge_histogram.';

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

create function app.list_dimensions(tenant text) returns text[]
language plpgsql stable set search_path = ''
as $$
begin
  return array['total', 'detail', 'user', 'customer', 'session', 'left_out'] || array(
    select 'tag:' || key from public.tenants t, unnest(t.tag_dimensions) key
    where t.tenant_id = tenant);
end
$$;
comment on function app.list_dimensions(text) is
  'What a tenant''s sums are made by (roll_ups.dimension), with the tags that the tenant chose.';

-- In sums are calls, and of other spans what failed or is told as an operation.
create function app.sum_spans(
  tenant text, since timestamptz, until timestamptz, minutes integer, dimensions text[],
  traces text[] default null, late timestamptz default null
) returns setof public.roll_ups
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return query
    with observed as materialized (
      select date_bin(minutes * interval '1 minute', s.start_time, 'epoch') as bucket, s.start_time,
        s.counted, s.counted or s.status = 'error' or not s.countable and s.operation is not null as summed,
        s.environment, s.service_name, s.provider, s.operation, s.agent_name, s.tool_name,
        coalesce(s.canonical_model, s.request_model, s.model) as model,
        s.prompt_name || coalesce('@' || s.prompt_version, '') as prompt,
        -- OpenTelemetry's name of a type that nobody told.
        case when s.status = 'error' then coalesce(s.error_type, '_OTHER') end as error_type,
        s.api_key_id, s.release, s.user_id, s.customer_id, s.session_id, s.tags,
        coalesce(s.usage_uncounted,
          case when s.possible_duplicate and s.counted then 'possible_duplicates' end) as left_out,
        (s.status = 'error')::integer as error,
        (s.counted and app.is_unpriced(s.status, s.total_tokens, s.cost_usd))::integer as unpriced,
        (s.counted and app.is_unmeasured(s.status, s.total_tokens))::integer as unmeasured,
        case when s.counted then s.input_tokens end as input_tokens,
        case when s.counted then s.output_tokens end as output_tokens,
        case when s.counted then s.total_tokens end as total_tokens,
        case when s.counted then s.cost_usd end as cost_usd,
        case when s.counted then s.usage_buckets end as buckets,
        app.to_entry(s.duration_ms) as latency,
        case when s.counted then app.to_entry(s.time_to_first_token_ms) end as first_token
      from public.spans s
      where s.tenant_id = tenant and s.start_time >= since and s.start_time < until
        and s.misdated is null
        and (s.counted or s.status = 'error' or not s.countable and s.operation is not null
          or s.usage_uncounted is not null)
        and (late is null or s.trace_id = any(traces) and (s.received_at < late or s.start_time < late))
    ),
    told as (
      select d.dimension, case d.dimension when 'total' then null when 'detail' then null
          when 'user' then o.user_id when 'customer' then o.customer_id when 'session' then o.session_id
          when 'left_out' then o.left_out else o.tags ->> substr(d.dimension, 5) end as value,
        case when d.dimension <> 'total' then o.environment end as environment,
        detail.*, o.bucket, o.counted, o.error, o.unpriced, o.unmeasured,
        o.input_tokens, o.output_tokens, o.total_tokens, o.cost_usd, o.latency, o.first_token,
        case when d.dimension in ('total', 'detail') then o.buckets end as buckets,
        -- Most calls have none of the others: to look for each is not free.
        case when d.dimension in ('total', 'detail')
            and o.buckets - '{input_uncached,cache_read,output_text,reasoning}'::text[] <> '{}'
          then o.buckets end as rare,
        case when d.dimension not in ('total', 'left_out') and (d.dimension <> 'detail' or o.error = 1)
          then o.start_time end as seen
      from unnest(dimensions) d (dimension) cross join observed o
      left join lateral (
        select o.service_name, o.provider, o.model, o.operation, o.agent_name, o.tool_name, o.prompt,
          o.error_type, o.api_key_id, o.release
      ) detail on d.dimension = 'detail'
      where case d.dimension when 'total' then o.summed when 'detail' then o.summed
        when 'left_out' then o.left_out is not null else o.counted end
    )
    select tenant, t.dimension, minutes::smallint, t.bucket, false,
      (row_number() over (partition by t.dimension, t.bucket))::integer,
      t.value, t.counted, t.environment, t.service_name, t.provider, t.model, t.operation,
      t.agent_name, t.tool_name, t.prompt, t.error_type, t.api_key_id, t.release,
      count(*)::integer, sum(t.error)::integer, sum(t.unpriced)::integer, sum(t.unmeasured)::integer,
      sum(t.input_tokens)::bigint, sum(t.output_tokens)::bigint, sum(t.total_tokens)::bigint,
      sum((buckets -> 'input_uncached')::bigint)::bigint, sum((buckets -> 'cache_read')::bigint)::bigint,
      sum((rare -> 'cache_write')::bigint)::bigint,
      sum((rare -> 'cache_write_1h')::bigint)::bigint,
      sum((rare -> 'cache_write_12h')::bigint)::bigint,
      sum((rare -> 'input_audio')::bigint)::bigint,
      sum((rare -> 'cache_audio_read')::bigint)::bigint,
      sum((rare -> 'input_image')::bigint)::bigint,
      sum((rare -> 'cache_image_read')::bigint)::bigint,
      sum((rare -> 'input_unsplit')::bigint)::bigint,
      sum((buckets -> 'output_text')::bigint)::bigint, sum((buckets -> 'reasoning')::bigint)::bigint,
      sum((rare -> 'output_audio')::bigint)::bigint,
      sum((rare -> 'output_image')::bigint)::bigint,
      sum((rare -> 'output_unsplit')::bigint)::bigint,
      sum(t.cost_usd), min(seen), max(seen),
      app.merge_histogram(array_agg(t.latency) filter (where t.dimension <> 'left_out')),
      app.merge_histogram(array_agg(first_token) filter (where first_token is not null))
    from told t
    where t.value is not null or t.dimension in ('total', 'detail')
    group by t.dimension, t.bucket, t.value, t.counted,
      t.environment, t.service_name, t.provider, t.model, t.operation,
      t.agent_name, t.tool_name, t.prompt, t.error_type, t.api_key_id, t.release;
end
$$;
comment on function app.sum_spans(text, timestamptz, timestamptz, integer, text[], text[], timestamptz) is
  'Sums over a tenant''s raw rows that start in a window, by buckets of so many minutes (UTC) and these dimensions, as roll_ups holds them; of what expires alone, where traces, and late, before which it came or started, are given.';

create function app.add_up(
  tenant text, of_dimensions text[], of_grain integer, since timestamptz, until timestamptz,
  minutes integer, taken_alone boolean
) returns setof public.roll_ups
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return query
    select tenant, r.dimension, minutes::smallint,
      date_bin(minutes * interval '1 minute', r.bucket_start, 'epoch') as bucket, taken_alone,
      (row_number() over (partition by r.dimension,
        date_bin(minutes * interval '1 minute', r.bucket_start, 'epoch')))::integer,
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
      app.merge_histogram(app.join_histograms(r.latency)),
      app.merge_histogram(app.join_histograms(r.time_to_first_token))
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
  app.to_entry(double precision), app.merge_histogram(bigint[]), app.join_histograms(bigint[]),
  app.relative_error(), app.quantiles(bigint[], double precision[]), app.list_dimensions(text),
  app.sum_spans(text, timestamptz, timestamptz, integer, text[], text[], timestamptz)
  to authenticated, service_role;
