-- How long each tenant's spans and contents are kept.

create function public.set_retention(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  for_spans integer := app.integer_argument($1, 'span_days', 1, 3650);
  for_contents integer := app.integer_argument($1, 'content_days', 1, 3650);
  for_roll_ups integer := app.integer_argument($1, 'roll_up_days', 1, 3650);
begin
  if not coalesce($1 ?& array['span_days', 'content_days'], false) then
    raise invalid_parameter_value using
      message = 'span_days or content_days is missing.',
      hint = 'Send both; null keeps the data until it is deleted.';
  end if;
  if for_contents > for_spans then
    raise invalid_parameter_value using
      message = 'content_days is more than span_days.',
      hint = 'Content goes with its span at the latest.';
  end if;
  perform app.ensure_tenant(tenant);
  if not $1 ? 'roll_up_days' then
    select roll_up_days into for_roll_ups from public.tenants where tenant_id = tenant;
  end if;
  if for_roll_ups < coalesce(for_spans, 3651) then
    raise invalid_parameter_value using
      message = 'roll_up_days is less than span_days.',
      hint = 'Sums are kept as long as their spans at least: send a larger roll_up_days, or null.';
  end if;
  update public.tenants
  set span_days = for_spans, content_days = for_contents, roll_up_days = for_roll_ups
  where tenant_id = tenant;
  return jsonb_build_object(
    'span_days', for_spans, 'content_days', for_contents, 'roll_up_days', for_roll_ups);
end
$$;
comment on function public.set_retention(jsonb) is
  'Sets {"span_days", "content_days"} of the caller''s tenant, and {"roll_up_days"} where it is given; null keeps. What is older goes with the next run of the job expiry.';

create function app.kept_since(days integer) returns timestamptz
language sql stable set search_path = ''
as $$ select now() - days * interval '24 hours' $$;
comment on function app.kept_since(integer) is
  'The start of what is kept for so many days; null: everything is.';

-- A span is kept for so many days after its start; where it claims to start later than it came, or
-- in the far past, after it came: a start in 2099 would keep it until then, one in 1970 not at all.
create function app.find_ahead(tenant text, since timestamptz)
returns table (trace_id text, span_id text, start_time timestamptz)
language sql stable set search_path = ''
as $$
  select s.trace_id, s.span_id, s.start_time from public.spans s
  where s.tenant_id = tenant and (s.start_time > s.received_at or s.misdated is not null)
    and s.received_at < since
    -- The others are late by their start already.
    and (s.start_time >= since or s.misdated is not null)
$$;
comment on function app.find_ahead(text, timestamptz) is
  'A tenant''s spans that came before a time and claim to start after it, or are misdated.';

-- Else a call would be nobody's from the run on that takes the span before it that named its user.
create function app.keep_attribution(tenant text, traces text[], since timestamptz) returns void
language sql set search_path = ''
as $$
  update public.spans s
  set user_id = coalesce(s.user_id, t.root_user_id, t.user_id),
    session_id = coalesce(s.session_id, t.root_session_id, t.session_id),
    customer_id = coalesce(s.customer_id, t.root_customer_id, t.customer_id),
    chained_session_id = coalesce(s.chained_session_id, t.chained_session_id)
  from public.traces t
  where t.tenant_id = tenant and t.trace_id = any(traces) and t.end_time >= since
    and s.tenant_id = tenant and s.trace_id = t.trace_id
    and s.start_time >= since and s.start_time <= t.end_time and s.countable
    and (s.user_id is null and coalesce(t.root_user_id, t.user_id) is not null
      or s.session_id is null and coalesce(t.root_session_id, t.session_id) is not null
      or s.customer_id is null and coalesce(t.root_customer_id, t.customer_id) is not null
      or s.chained_session_id is null and t.chained_session_id is not null)
$$;
comment on function app.keep_attribution(text, text[], timestamptz) is
  'Writes a trace''s user, session and customer, as its summary has them, into those of its calls from a time on that name none.';

create function app.expire_spans(
  tenant text, since timestamptz, most integer,
  out seen integer, out spans bigint, out contents bigint, out traces bigint
)
language plpgsql set search_path = ''
as $$
declare
  old_traces text[];
  naming text[];
  earliest timestamptz;
  latest timestamptz;
begin
  -- A trace starts with its first span: it is late exactly while it has, or had, a span too old.
  old_traces := array(
    (select trace_id from public.traces where tenant_id = tenant and start_time < since and not undated
      order by start_time, trace_id limit most)
    union
    (select trace_id from app.find_ahead(tenant, since) limit most));
  seen := cardinality(old_traces);
  spans := app.count_spans(tenant, old_traces);
  -- Nothing that is late, and not misdated, starts later (app.find_misdating).
  select min(t.start_time), least(max(t.end_time), since + interval '24 hours') + interval '1 microsecond'
    into earliest, latest
    from public.traces t where t.tenant_id = tenant and t.trace_id = any(old_traces) and not t.undated;
  if earliest is not null then
    perform app.take_spans(tenant, old_traces, since, earliest, latest);
  end if;
  with gone as (
    delete from public.spans
    where tenant_id = tenant and trace_id = any(old_traces)
      and (received_at < since or start_time < since and misdated is null)
    returning *
  ),
  contents_gone as (
    delete from public.span_contents c using gone g
    where c.tenant_id = tenant and (c.trace_id, c.span_id, c.start_time) = (g.trace_id, g.span_id, g.start_time)
    returning 1
  ),
  contents_alone as (
    delete from public.span_contents c
    where c.tenant_id = tenant and c.trace_id = any(old_traces)
      and c.start_time >= app.earliest_call() and c.start_time < since
      and not exists (select from gone g
        where (g.trace_id, g.span_id, g.start_time) = (c.trace_id, c.span_id, c.start_time))
    returning 1
  )
  select array(select distinct trace_id from gone where coalesce(user_id, session_id, customer_id, chained_session_id) is not null),
    (select count(*) from contents_gone) + (select count(*) from contents_alone) into naming, contents;
  -- Nothing is counted anew: a call whose counted span went is in what was taken, and once.
  perform app.keep_attribution(tenant, naming, since);
  traces := app.summarize_traces(tenant, old_traces);
  spans := spans - app.count_spans(tenant, old_traces);
end
$$;
comment on function app.expire_spans(text, timestamptz, integer) is
  'Takes away what is too old of so many of a tenant''s traces, summaries included; answers how many it found and what is gone.';

create function app.count_spans(tenant text, trace_ids text[]) returns bigint
language sql stable set search_path = ''
as $$
  select coalesce(sum(span_count), 0)::bigint from public.traces
  where tenant_id = tenant and trace_id = any(trace_ids)
$$;
comment on function app.count_spans(text, text[]) is 'How many spans some traces of a tenant have, by their summaries.';

create function app.expire_contents(tenant text, since timestamptz, most integer) returns bigint
language plpgsql set search_path = ''
as $$
declare
  gone bigint;
begin
  delete from public.span_contents c using (
      (select trace_id, span_id, start_time from public.span_contents
        where tenant_id = tenant and start_time >= app.earliest_call() and start_time < since
        order by start_time limit most)
      union all
      (select k.trace_id, k.span_id, k.start_time from app.find_ahead(tenant, since) a
        join public.span_contents k
          on k.tenant_id = tenant and (k.trace_id, k.span_id, k.start_time) = (a.trace_id, a.span_id, a.start_time)
        limit most)
    ) old
    where c.tenant_id = tenant
      and (c.trace_id, c.span_id, c.start_time) = (old.trace_id, old.span_id, old.start_time);
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app.expire_contents(text, timestamptz, integer) is
  'Takes away so many of a tenant''s contents that are too old; answers how many.';

create function app.expire_roll_ups(tenant text, since timestamptz, most integer) returns bigint
language plpgsql set search_path = ''
as $$
declare
  first_day timestamptz := date_bin('1 day', since, 'epoch');
  gone bigint;
begin
  -- A day is made of its hours, so they go together.
  delete from public.roll_ups where ctid = any(array(
    select old.ctid
    from unnest(app.list_folded(tenant)) d (dimension) cross join lateral (
      select r.ctid from public.roll_ups r
      where r.tenant_id = tenant and r.dimension = d.dimension and r.grain in (5, 60, 1440)
        and r.bucket_start < first_day limit most) old
    limit most));
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app.expire_roll_ups(text, timestamptz, integer) is
  'Takes away so many of a tenant''s sums of days that are too old; answers how many.';

create function app.expire_batch(tenant text, most integer, run uuid default null) returns bigint
language plpgsql set search_path = ''
as $$
declare
  spans_since timestamptz;
  contents_since timestamptz;
  roll_ups_since timestamptz;
  gone record;
  old_contents bigint;
  old_evaluations bigint;
  old_roll_ups bigint;
begin
  perform pg_advisory_xact_lock(app.tenant_lock(tenant));
  select app.kept_since(span_days), app.kept_since(coalesce(content_days, span_days)),
      app.kept_since(roll_up_days)
    into spans_since, contents_since, roll_ups_since from public.tenants where tenant_id = tenant;
  gone := app.expire_spans(tenant, spans_since, most);
  old_contents := app.expire_contents(tenant, contents_since, most);
  old_evaluations := app.expire_evaluations(tenant, spans_since, contents_since, most);
  perform app.expire_links(tenant, spans_since);
  -- After the spans, whose sums were kept until now.
  old_roll_ups := app.expire_roll_ups(tenant, roll_ups_since, most * 10);
  if run is not null then
    perform app.note_expiry(tenant, run, gone.spans, gone.contents + old_contents, gone.traces);
  end if;
  return gone.seen + old_contents + old_evaluations + old_roll_ups;
end
$$;
comment on function app.expire_batch(text, integer, uuid) is
  'Takes away what is too old of so many of a tenant''s traces, contents, evaluations and sums, summaries included; answers how many it found.';

create function app.partition_is_needed(parent text, partition text, month_end timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
declare
  needed boolean;
begin
  -- The tenants in it, one look into its key for each.
  execute format($query$
    with recursive present (tenant_id) as (
      (select tenant_id from public.%1$I order by tenant_id limit 1)
      union all
      select (select p.tenant_id from public.%1$I p
        where p.tenant_id > present.tenant_id order by p.tenant_id limit 1)
      from present where present.tenant_id is not null
    )
    select exists (
      select from present left join public.tenants t using (tenant_id)
      -- Sums of spans are taken batch by batch, before the spans go: none may be left.
      where present.tenant_id is not null and ($2 = 'spans' or ($1 <= app.kept_since(
        case $2 when 'span_contents' then coalesce(t.content_days, t.span_days) else t.span_days end
      )) is not true))
    $query$, partition) into needed using month_end, parent;
  return needed;
end
$$;
comment on function app.partition_is_needed(text, text, timestamptz) is
  'Whether a month''s partition of contents holds a row of a tenant that still keeps some of that month; of spans, whether it holds any.';

create function app.drop_partitions(parent text, most integer default null, run uuid default null)
returns integer
language plpgsql set search_path = '' set lock_timeout = '2s'
as $$
declare
  partition text;
  month_end timestamptz;
  dropped integer := 0;
begin
  -- The months that app.ensure_partitions makes stay, empty or not.
  for partition, month_end in
    select c.relname, (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC'
    from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = format('public.%I', parent)::regclass and c.relname ~ '_\d{4}_\d{2}$'
      and to_date(right(c.relname, 7), 'YYYY_MM') < date_trunc('month', now() at time zone 'UTC') - interval '1 month'
    order by c.relname
  loop
    exit when dropped = most;
    continue when app.partition_is_needed(parent, partition, month_end);
    if parent = 'span_contents' and run is not null then
      perform app.note_contents(partition, run);
    end if;
    -- Everybody waits behind this lock, so it is not waited for long, and asked again under it.
    execute format('lock table only public.%I in access exclusive mode', parent);
    continue when app.partition_is_needed(parent, partition, month_end);
    execute format('drop table public.%I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
exception when lock_not_available then
  return 0;
end
$$;
comment on function app.drop_partitions(text, integer, uuid) is
  'Drops the months of spans or span_contents that no tenant keeps; answers how many. A busy table is left to the next time.';

revoke execute on all routines in schema app from public;
revoke execute on function public.set_retention(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.set_retention(jsonb) to llm_admin;
