-- How much a tenant may send: a token bucket for spans and one for bytes, a minute's worth each.
-- A batch is let in while a whole one is left, and charged as the last thing, so that writers wait
-- for each other no longer than a commit takes. In any m minutes limit * (m + 1) pass at most, and
-- the last batch of each writer that had asked by then: c * b - 1 more, of c writers at once with
-- batches of b. The debt is made up for before the next: over time the limit holds.

create table public.ingest_budgets (
  tenant_id text primary key check (app.is_tenant_id(tenant_id)),
  spans_left double precision,
  bytes_left double precision,
  charged_at timestamptz not null
);

alter table public.ingest_budgets enable row level security;
alter table public.ingest_budgets force row level security;
create policy ingest_budgets_read on public.ingest_budgets for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.ingest_budgets from anon, authenticated;
grant select on public.ingest_budgets to authenticated;
grant select, insert, update, delete on public.ingest_budgets to service_role;

comment on table public.ingest_budgets is
  'What was left of a tenant''s limits (tenants.spans_per_minute, bytes_per_minute) after its last batch. No row without a limit.';
comment on column public.ingest_budgets.spans_left is
  'Below zero after a batch that was larger than what was left: the next one waits until it is made up for.';
comment on column public.ingest_budgets.charged_at is
  'When the last batch was charged; what is left has grown since, to a minute''s worth at most.';

create function app.budget_left(per_minute bigint, kept double precision, since timestamptz)
returns double precision
language sql volatile set search_path = ''
as $$
  -- A bucket that was never drawn from is full.
  select least(per_minute, coalesce(
    kept + greatest(extract(epoch from clock_timestamp() - since), 0) * per_minute / 60, per_minute))
$$;
comment on function app.budget_left(bigint, double precision, timestamptz) is
  'What a bucket holds now that held so much then; null without a limit.';

create function app.refuse_over(limit_name text, per_minute bigint, held double precision)
returns void
language plpgsql set search_path = ''
as $$
declare
  seconds bigint := greatest(ceil((1 - held) * 60 / per_minute), 1);
begin
  -- Null, where there is no limit, is not refused.
  if held < 1 then
    raise sqlstate 'PT429' using
      message = format('This tenant sent more than its %s of %s.', limit_name, per_minute),
      detail = seconds::text,
      hint = format('Send the batch again in %s s, or have the operator raise tenants.%s.',
        seconds, limit_name);
  end if;
end
$$;
comment on function app.refuse_over(text, bigint, double precision) is
  'Raises PT429, with the seconds to wait as detail, where a bucket does not hold one whole span or byte.';

create function app.check_budget(tenant public.tenants) returns boolean
language plpgsql set search_path = ''
as $$
declare
  budget public.ingest_budgets;
begin
  if coalesce(tenant.spans_per_minute, tenant.bytes_per_minute) is null then
    return false;
  end if;
  select b.* into budget from public.ingest_budgets b
    where b.tenant_id = tenant.tenant_id;
  perform app.refuse_over('spans_per_minute', tenant.spans_per_minute,
    app.budget_left(tenant.spans_per_minute, budget.spans_left, budget.charged_at));
  perform app.refuse_over('bytes_per_minute', tenant.bytes_per_minute,
    app.budget_left(tenant.bytes_per_minute, budget.bytes_left, budget.charged_at));
  return true;
end
$$;
comment on function app.check_budget(public.tenants) is
  'Refuses a tenant whose budget is used up; answers whether it has a limit at all. Takes no lock.';

create function app.charge_budget(tenant text, spans bigint, bytes bigint) returns void
language sql set search_path = ''
as $$
  insert into public.ingest_budgets as known (tenant_id, spans_left, bytes_left, charged_at)
  select tenant_id, spans_per_minute - spans, bytes_per_minute - bytes, clock_timestamp()
  from public.tenants where tenant_id = tenant
  on conflict (tenant_id) do update set (spans_left, bytes_left, charged_at) = (
    select app.budget_left(t.spans_per_minute, known.spans_left, known.charged_at) - spans,
      app.budget_left(t.bytes_per_minute, known.bytes_left, known.charged_at) - bytes,
      greatest(clock_timestamp(), known.charged_at)
    from public.tenants t where t.tenant_id = tenant)
$$;
comment on function app.charge_budget(text, bigint, bigint) is
  'Takes a batch from its tenant''s budget, into debt where it is larger. The last thing a writer does: from here to its commit it holds the row.';

revoke execute on all functions in schema app from public;
