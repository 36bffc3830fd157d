-- What each process says it emitted and what of it arrived: the ledger behind "no span lost".

create table public.processes (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  process_id text not null check (process_id ~ '^[0-9a-f]{32}$'),
  emitted bigint not null check (emitted >= 0),
  stored bigint not null check (stored >= 0),
  dropped jsonb not null default '{}' check (pg_column_size(dropped) <= 16384),
  first_received_at timestamptz not null default now(),
  last_received_at timestamptz not null default now(),
  primary key (tenant_id, process_id)
);

alter table public.processes enable row level security;
alter table public.processes force row level security;
create policy processes_read on public.processes for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.processes from anon, authenticated;
grant select on public.processes to authenticated;
grant select, insert, update, delete on public.processes to service_role;

comment on table public.processes is
  'One row per process that sent spans: what it emitted by its own count, and what was stored.';
comment on column public.processes.emitted is
  'The highest count of ended spans that the process has reported for this tenant.';
comment on column public.processes.stored is
  'Spans of this process that were really new when they came.';
comment on column public.processes.dropped is
  'What the process reported lost, by reason.';

create function app.record_process(tenant text, process jsonb, stored bigint) returns void
language plpgsql set search_path = ''
as $$
begin
  -- Older senders do not describe themselves; their spans are stored all the same.
  if (process ->> 'id') ~ '^[0-9a-f]{32}$' is not true
     or jsonb_typeof(process -> 'emitted') is distinct from 'number' then
    return;
  end if;
  insert into public.processes as known (tenant_id, process_id, emitted, stored, dropped)
  values (
    tenant, process ->> 'id',
    least(greatest((process ->> 'emitted')::numeric, 0), 1e15)::bigint, stored,
    app.counts_only(process -> 'dropped'))
  on conflict (tenant_id, process_id) do update set
    emitted = greatest(known.emitted, excluded.emitted),
    stored = known.stored + excluded.stored,
    dropped = case when excluded.emitted >= known.emitted then excluded.dropped else known.dropped end,
    last_received_at = now();
end
$$;
comment on function app.record_process(text, jsonb, bigint) is
  'Notes what a process says of itself and how many of its spans were new.';

create function app.counts_only(reported jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  if reported = '{}' then
    return '{}';
  end if;
  return (
    select coalesce(
      jsonb_object_agg(left(key, 64), least(greatest(trunc(value::text::numeric), 0), 1e15)), '{}')
    from (
      select * from jsonb_each(case when jsonb_typeof(reported) = 'object' then reported else '{}' end)
      where jsonb_typeof(value) = 'number'
      order by key collate "C" limit 32
    ) counts);
end
$$;
comment on function app.counts_only(jsonb) is
  'The counts of a JSON object, by name, within bounds that a sum can take; the first 32 by alphabet.';

create view public.delivery_ledger with (security_invoker = true) as
select
  tenant_id, process_id, emitted, stored,
  lost.dropped, emitted - stored - lost.dropped as gaps,
  p.dropped as dropped_by_reason, first_received_at, last_received_at
from public.processes p
cross join lateral (
  select least(coalesce(sum(value::numeric), 0), 1e18)::bigint as dropped from jsonb_each_text(p.dropped)
) lost;
comment on view public.delivery_ledger is
  'Emitted = stored + dropped + gaps, per process. A gap is on its way, or went with a process that was killed; the metric line of its last invocation tells.';
revoke all on public.delivery_ledger from anon, authenticated;
grant select on public.delivery_ledger to authenticated, service_role;

revoke execute on all functions in schema app from public;
