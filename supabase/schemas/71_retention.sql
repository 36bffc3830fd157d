-- How long each tenant's spans and contents are kept.

create function public.set_retention(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  for_spans integer := app.integer_argument($1, 'span_days', 1, 3650);
  for_contents integer := app.integer_argument($1, 'content_days', 1, 3650);
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
  update public.tenants set span_days = for_spans, content_days = for_contents
  where tenant_id = tenant;
  return jsonb_build_object('span_days', for_spans, 'content_days', for_contents);
end
$$;
comment on function public.set_retention(jsonb) is
  'Sets {"span_days", "content_days"} of the caller''s tenant; null keeps. What is older goes with the next app.expire_data.';

create function app.kept_since(days integer) returns timestamptz
language sql stable set search_path = ''
as $$ select now() - days * interval '24 hours' $$;
comment on function app.kept_since(integer) is
  'The start of what is kept for so many days; null: everything is.';

-- A span is kept for so many days after its start; where it claims to start later than it came,
-- after it came, or a start in 2099 would keep it until then.
create function app.find_ahead(tenant text, since timestamptz)
returns table (trace_id text, span_id text, start_time timestamptz)
language sql stable set search_path = ''
as $$
  select s.trace_id, s.span_id, s.start_time from public.spans s
  where s.tenant_id = tenant and s.start_time > s.received_at and s.received_at < since
    -- The others are late by their start already.
    and s.start_time >= since
$$;
comment on function app.find_ahead(text, timestamptz) is
  'A tenant''s spans that came before a time and claim to start after it.';

create function app.expire_batch(tenant text, most integer) returns bigint
language plpgsql set search_path = ''
as $$
declare
  spans_since timestamptz;
  contents_since timestamptz;
  old_traces text[];
  old_contents bigint;
  calls public.spans[];
begin
  perform pg_advisory_xact_lock(app.tenant_lock(tenant));
  select app.kept_since(span_days), app.kept_since(coalesce(content_days, span_days))
    into spans_since, contents_since from public.tenants where tenant_id = tenant;
  -- A trace starts with its first span: it is late exactly while it has, or had, a span too old.
  old_traces := array(
    (select trace_id from public.traces where tenant_id = tenant and start_time < spans_since
      order by start_time, trace_id limit most)
    union
    (select trace_id from app.find_ahead(tenant, spans_since) limit most));
  with gone as (
    delete from public.spans
    where tenant_id = tenant and trace_id = any(old_traces)
      and least(start_time, received_at) < spans_since
    returning *
  ),
  contents_gone as (
    delete from public.span_contents c using gone g
    where c.tenant_id = tenant and (c.trace_id, c.span_id, c.start_time) = (g.trace_id, g.span_id, g.start_time)
  )
  -- What is left starts later, and within an hour of a span that told of the same call.
  select coalesce(array_agg(g::public.spans), '{}') into calls
    from gone g where countable and start_time >= spans_since - interval '1 hour';
  perform app.settle_without(tenant, calls);
  delete from public.span_contents
    where tenant_id = tenant and trace_id = any(old_traces) and start_time < spans_since;
  perform app.summarize_traces(tenant, old_traces);
  delete from public.span_contents c using (
      (select trace_id, span_id, start_time from public.span_contents
        where tenant_id = tenant and start_time < contents_since order by start_time limit most)
      union all
      (select k.trace_id, k.span_id, k.start_time from app.find_ahead(tenant, contents_since) a
        join public.span_contents k
          on k.tenant_id = tenant and (k.trace_id, k.span_id, k.start_time) = (a.trace_id, a.span_id, a.start_time)
        limit most)
    ) old
    where c.tenant_id = tenant
      and (c.trace_id, c.span_id, c.start_time) = (old.trace_id, old.span_id, old.start_time);
  get diagnostics old_contents = row_count;
  return cardinality(old_traces) + old_contents;
end
$$;
comment on function app.expire_batch(text, integer) is
  'Takes away what is too old of so many of a tenant''s traces and contents, summaries included; answers how many it found.';

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
      where present.tenant_id is not null and ($1 <= app.kept_since(
        case $2 when 'span_contents' then coalesce(t.content_days, t.span_days) else t.span_days end
      )) is not true)
    $query$, partition) into needed using month_end, parent;
  return needed;
end
$$;
comment on function app.partition_is_needed(text, text, timestamptz) is
  'Whether a month''s partition holds a row of a tenant that still keeps some of that month.';

create function app.drop_partitions(parent text) returns integer
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
    continue when app.partition_is_needed(parent, partition, month_end);
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
comment on function app.drop_partitions(text) is
  'Drops the months of spans or span_contents that no tenant keeps; answers how many. A busy table is left to the next time.';

-- A procedure, since it commits after each batch; Postgres then allows no search_path of its own,
-- so every name is qualified, and nobody but the owner may call it.
create procedure app.expire_data(batch integer default 1000)
language plpgsql
as $$
declare
  tenant text;
begin
  perform app.drop_partitions('spans');
  commit;
  perform app.drop_partitions('span_contents');
  commit;
  for tenant in
    select tenant_id from public.tenants
    where span_days is not null or content_days is not null order by tenant_id
  loop
    while app.expire_batch(tenant, batch) > 0 loop
      commit;
    end loop;
    commit;
  end loop;
end
$$;
comment on procedure app.expire_data(integer) is
  'Deletes what tenants keep no longer, whole months at once where it can. Safe to repeat; run it daily, outside a transaction.';

revoke execute on all routines in schema app from public;
revoke execute on function public.set_retention(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.set_retention(jsonb) to llm_admin;

do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('llm-observe-retention', '41 * * * *', 'call app.expire_data()');
  end if;
end
$$;
