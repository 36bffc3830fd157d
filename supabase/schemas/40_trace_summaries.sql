-- A trace's summary, from its spans. A key is a trace id and a span id in one text, or a trace id
-- alone: the whole trace.

create function app.trace_of(key text) returns text
language sql immutable parallel safe
return left(key, 32);
comment on function app.trace_of(text) is 'The trace id of a key.';

create function app.is_of_key(span_id text, key text) returns boolean
language sql immutable parallel safe
-- g comes after every hex digit.
return span_id between substr(key, 33) and coalesce(nullif(substr(key, 33), ''), 'g');
comment on function app.is_of_key(text, text) is
  'Whether a span of a key''s trace is the key''s: every one where it names none.';

create function app.hold_traces(arrived public.spans[]) returns text[]
language plpgsql set search_path = ''
as $$
declare
  known text[];
begin
  with wanted as materialized (
    select tenant_id, trace_id, min(start_time) as start_time, max(end_time) as end_time,
      min(start_ns) as start_ns, max(end_ns) as end_ns
    from unnest(arrived)
    group by tenant_id, trace_id
    -- One order for all writers: unsorted, concurrent batches deadlock.
    order by trace_id
  ),
  made as (
    insert into public.traces (tenant_id, trace_id, start_time, end_time, start_ns, end_ns, undated)
    select *, true from wanted
    -- Takes the lock of a row that is there, and leaves it as it is.
    on conflict (tenant_id, trace_id) do update set updated_at = excluded.updated_at where false
    returning trace_id
  )
  select coalesce(array_agg(trace_id), '{}') into known from wanted
    where trace_id not in (select trace_id from made);
  return known;
end
$$;
comment on function app.hold_traces(public.spans[]) is
  'Locks the summaries of these spans'' traces until the transaction ends, empty ones made where there was none; answers which traces were known.';

create function app.knows_any(tenant text, trace_ids text[]) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return exists (
    select from unnest(trace_ids) key cross join lateral (
      select from public.traces
      where tenant_id = tenant and trace_id between key and key
      order by trace_id limit 1  -- asks for the primary key (see app.add_to_traces)
    ) t);
end
$$;
comment on function app.knows_any(text, text[]) is
  'Whether a summary of one of these traces is stored.';

create function app.find_keyed(
  tenant text, keys text[], since timestamptz, until timestamptz
) returns setof public.spans
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  -- Rows, and no array of them: large attributes stay packed, outside of their rows.
  return query select s.* from unnest(keys) key cross join lateral (
    select * from public.spans
    where tenant_id = tenant and trace_id = app.trace_of(key)
      and app.is_of_key(span_id, key) and start_time between since and until
    -- Asks for the primary key: by estimate another index may look as good, and is not.
    order by span_id, start_time) s;
end
$$;
comment on function app.find_keyed(text, text[], timestamptz, timestamptz) is
  'The stored spans of these keys.';

-- Parsed when it is made, so that it is put in place of its calls: where keys is null, stored spans are
-- not even planned for. Its columns are named, and no row of traces: one more there, and writers under
-- way would answer another row than they promised.
create function app.sum_up(
  tenant text, arrived public.spans[], keys text[], since timestamptz, until timestamptz
) returns table (
  tenant_id text, trace_id text, root_span_id text, root_start_ns bigint, root_span_name text,
  root_status text, start_time timestamptz, end_time timestamptz, start_ns bigint, end_ns bigint,
  span_count bigint, error_count bigint, requests bigint, unpriced_requests bigint,
  unmeasured_requests bigint, input_tokens bigint, output_tokens bigint, total_tokens bigint,
  total_cost_usd numeric, models text[], providers text[], operations text[], service_name text,
  environment text, session_id text, user_id text, root_session_id text, root_user_id text,
  misdated text[], undated boolean, earliest timestamptz, latest timestamptz, error_types text[],
  customer_id text, root_customer_id text, chained_session_id text
)
language sql stable
begin atomic
  select tenant, trace_id,
    -- The same aggregate again and again is one to Postgres.
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][1],
    min(start_ns) filter (where parent_span_id is null),
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][2],
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][3],
    coalesce(min(start_time) filter (where misdated is null), min(start_time)),
    coalesce(max(end_time) filter (where misdated is null), max(end_time)),
    coalesce(min(start_ns) filter (where misdated is null), min(start_ns)),
    coalesce(max(end_ns) filter (where misdated is null), max(end_ns)),
    count(*), count(*) filter (where status = 'error'), count(*) filter (where counted),
    count(*) filter (where counted and app.is_unpriced(status, total_tokens, cost_usd)),
    count(*) filter (where counted and app.is_unmeasured(status, total_tokens)),
    sum(input_tokens) filter (where counted), sum(output_tokens) filter (where counted),
    sum(total_tokens) filter (where counted), sum(cost_usd) filter (where counted),
    -- By the names that the sums tell calls apart by (app.sum_spans).
    coalesce((array_agg(distinct coalesce(canonical_model, request_model, model)
      order by coalesce(canonical_model, request_model, model))
      filter (where counted and coalesce(canonical_model, request_model, model) is not null))[1:32], '{}'),
    coalesce((array_agg(distinct provider order by provider) filter (where counted and provider is not null))[1:32], '{}'),
    coalesce((array_agg(distinct operation order by operation) filter (where operation is not null))[1:32], '{}'),
    min(service_name), min(environment), min(session_id), min(user_id),
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][4],
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][5],
    array_remove(array[max(misdated) filter (where misdated = 'future'), max(misdated) filter (where misdated = 'past')], null),
    coalesce(bool_and(misdated is not null), false),
    nullif(min(start_time), coalesce(min(start_time) filter (where misdated is null), min(start_time))),
    nullif(max(end_time), coalesce(max(end_time) filter (where misdated is null), max(end_time))),
    coalesce((array_agg(distinct error_type order by error_type) filter (where status = 'error' and error_type is not null))[1:32], '{}'),
    min(customer_id),
    (array_agg(root order by start_ns, span_id) filter (where parent_span_id is null))[1][6],
    min(chained_session_id)
  from (select * from unnest(arrived)
    union all select * from app.find_keyed(tenant, keys, since, until) where keys is not null) s
  cross join lateral (values (array[span_id, name, status, session_id, user_id, customer_id])) r (root)
  group by trace_id;
end;
comment on function app.sum_up(text, public.spans[], text[], timestamptz, timestamptz) is
  'What spans come to, by trace: those at hand as they are, and stored ones by their keys, if there are any.';

create function app.begin_traces(tenant text, arrived public.spans[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  -- Without the update that a conflict asks for: to prepare that takes as long as all else here.
  insert into public.traces (
    tenant_id, trace_id, root_span_id, root_start_ns, root_span_name, root_status,
    start_time, end_time, start_ns, end_ns, span_count, error_count, requests,
    unpriced_requests, unmeasured_requests, input_tokens, output_tokens, total_tokens,
    total_cost_usd, models, providers, operations, service_name, environment, session_id, user_id,
    root_session_id, root_user_id, misdated, undated, earliest, latest, error_types,
    customer_id, root_customer_id, chained_session_id)
  select * from app.sum_up(tenant, arrived, null, null, null)
  -- One order for all writers: unsorted, concurrent batches deadlock.
  order by trace_id;
end
$$;
comment on function app.begin_traces(text, public.spans[]) is
  'Makes the summaries of traces that are new; one that is there is a unique violation.';

create function app.add_to_traces(
  tenant text, keys text[], since timestamptz, until timestamptz
) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  if keys = '{}' then
    return;
  end if;
  -- An insert for its conflict, too: a row that is there (hold_traces) is found by the primary key,
  -- which no plan for an update of many is sure to take.
  insert into public.traces as known (
    tenant_id, trace_id, root_span_id, root_start_ns, root_span_name, root_status,
    start_time, end_time, start_ns, end_ns, span_count, error_count, requests,
    unpriced_requests, unmeasured_requests, input_tokens, output_tokens, total_tokens,
    total_cost_usd, models, providers, operations, service_name, environment, session_id, user_id,
    root_session_id, root_user_id, misdated, undated, earliest, latest, error_types,
    customer_id, root_customer_id, chained_session_id)
  select * from app.sum_up(tenant, '{}', keys, since, until)
  -- One order for all writers: unsorted, concurrent batches deadlock.
  order by trace_id
  on conflict (tenant_id, trace_id) do update set
    -- The first of several roots, whichever was delivered first.
    (root_span_id, root_start_ns, root_span_name, root_status, root_session_id, root_user_id,
      root_customer_id) = (
      select root.* from (values
        (known.root_span_id, known.root_start_ns, known.root_span_name, known.root_status,
          known.root_session_id, known.root_user_id, known.root_customer_id),
        (excluded.root_span_id, excluded.root_start_ns, excluded.root_span_name, excluded.root_status,
          excluded.root_session_id, excluded.root_user_id, excluded.root_customer_id)
      ) root (span_id, start_ns, name, status, session_id, user_id, customer_id)
      order by start_ns, span_id limit 1),
    -- The window of well-dated spans, and beside it that of all, where it is another.
    (start_time, end_time, start_ns, end_ns, earliest, latest) = (
      select shown.start_time, shown.end_time, shown.start_ns, shown.end_ns,
        nullif(least(known.start_time, known.earliest, excluded.start_time, excluded.earliest), shown.start_time),
        nullif(greatest(known.end_time, known.latest, excluded.end_time, excluded.latest), shown.end_time)
      from (
        -- Of one whose spans are all misdated, and one where they are not, the other.
        select least(case when not k then known.start_time end, case when not e then excluded.start_time end),
          greatest(case when not k then known.end_time end, case when not e then excluded.end_time end),
          least(case when not k then known.start_ns end, case when not e then excluded.start_ns end),
          greatest(case when not k then known.end_ns end, case when not e then excluded.end_ns end)
        from (values (known.undated > excluded.undated, excluded.undated > known.undated)) outdone (k, e)
      ) shown (start_time, end_time, start_ns, end_ns)),
    misdated = case when known.misdated = excluded.misdated then known.misdated
      else app.unite(known.misdated, excluded.misdated) end,
    undated = known.undated and excluded.undated,
    span_count = known.span_count + excluded.span_count, error_count = known.error_count + excluded.error_count,
    requests = known.requests + excluded.requests,
    unpriced_requests = known.unpriced_requests + excluded.unpriced_requests,
    unmeasured_requests = known.unmeasured_requests + excluded.unmeasured_requests,
    input_tokens = coalesce(known.input_tokens + excluded.input_tokens, known.input_tokens, excluded.input_tokens),
    output_tokens = coalesce(known.output_tokens + excluded.output_tokens, known.output_tokens, excluded.output_tokens),
    total_tokens = coalesce(known.total_tokens + excluded.total_tokens, known.total_tokens, excluded.total_tokens),
    total_cost_usd = coalesce(known.total_cost_usd + excluded.total_cost_usd, known.total_cost_usd, excluded.total_cost_usd),
    models = app.unite(known.models, excluded.models),
    providers = app.unite(known.providers, excluded.providers),
    operations = app.unite(known.operations, excluded.operations),
    error_types = app.unite(known.error_types, excluded.error_types),
    service_name = least(known.service_name, excluded.service_name),
    environment = least(known.environment, excluded.environment),
    session_id = least(known.session_id, excluded.session_id), user_id = least(known.user_id, excluded.user_id),
    customer_id = least(known.customer_id, excluded.customer_id),
    chained_session_id = least(known.chained_session_id, excluded.chained_session_id),
    updated_at = now();
end
$$;
comment on function app.add_to_traces(text, text[], timestamptz, timestamptz) is
  'Adds stored spans, by their keys, to the summaries of their traces, which it makes where there are none.';

create function app.summarize_traces(
  tenant text, trace_ids text[],
  since timestamptz default '-infinity', until timestamptz default 'infinity'
) returns bigint
language plpgsql set search_path = ''
as $$
declare
  gone bigint;
begin
  if trace_ids = '{}' then
    return 0;
  end if;
  update public.traces set
    root_span_id = null, root_start_ns = null, root_span_name = null, root_status = null,
    start_time = 'infinity', end_time = '-infinity', start_ns = 9223372036854775807, end_ns = 0,
    span_count = 0, error_count = 0, requests = 0, unpriced_requests = 0, unmeasured_requests = 0,
    input_tokens = null, output_tokens = null, total_tokens = null, total_cost_usd = null,
    models = '{}', providers = '{}', operations = '{}',
    service_name = null, environment = null, session_id = null, user_id = null,
    root_session_id = null, root_user_id = null, misdated = '{}', undated = true,
    earliest = null, latest = null, error_types = '{}', customer_id = null, root_customer_id = null,
    chained_session_id = null
    where tenant_id = tenant and trace_id = any(trace_ids);
  perform app.add_to_traces(tenant, trace_ids, since, until);
  delete from public.traces
    where tenant_id = tenant and trace_id = any(trace_ids) and span_count = 0;
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app.summarize_traces(text, text[], timestamptz, timestamptz) is
  'Makes the summaries of a tenant''s traces anew from the spans that are left; answers how many are gone.';

create function app.find_topmost(
  tenant text, trace text, since timestamptz, until timestamptz
) returns text
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    with within as materialized (
      select span_id, parent_span_id, name, start_ns, misdated from public.spans
      where tenant_id = tenant and trace_id between trace and trace
        and start_time between since and until
      order by trace_id  -- asks for the primary key (see app.add_to_traces)
    )
    select name from within
    -- In a circle every parent is stored: its earliest span is as good as a topmost one.
    order by coalesce(parent_span_id in (select span_id from within), false),
      misdated is not null, start_ns, span_id
    limit 1);
end
$$;
comment on function app.find_topmost(text, text, timestamptz, timestamptz) is
  'The name of a trace''s earliest span whose parent is not stored. Asked when a trace without a root is read, since parents come late.';

create function app.unite(known text[], added text[]) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  if known @> coalesce(added, '{}') then
    return known;
  elsif known = '{}' then
    return added;
  end if;
  -- The first of a union do not depend on its order, and a row that grows with each batch would.
  return array(select unnest(known) union select unnest(added) order by 1 limit 32);
end
$$;
comment on function app.unite(text[], text[]) is
  'The union of two sorted arrays without repeats, its first 32; the second may be null.';

revoke execute on all functions in schema app from public;
grant execute on function app.find_topmost(text, text, timestamptz, timestamptz)
  to authenticated, service_role;
