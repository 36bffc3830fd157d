-- Who the data belongs to.

create table public.tenants (
  tenant_id text primary key check (app.is_tenant_id(tenant_id)),
  generated boolean not null default false,
  digest_key_id text default substr(replace(gen_random_uuid()::text, '-', ''), 1, 8),
  -- Two version 4 UUIDs carry 244 random bits; pgcrypto is not everywhere.
  digest_salt bytea default decode(
    replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
  created_at timestamptz not null default now()
);

alter table public.tenants enable row level security;
alter table public.tenants force row level security;
create policy tenants_read on public.tenants for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.tenants from anon, authenticated;
grant select (tenant_id, generated, created_at) on public.tenants to authenticated;
grant select, insert, update, delete on public.tenants to service_role;

comment on table public.tenants is
  'One row per tenant, made at its first write.';
comment on column public.tenants.generated is
  'True where the data is generated sample traffic and not real calls.';
comment on column public.tenants.digest_key_id is
  'Names the key behind the tenant''s digests (h1:<kid>:…).';
comment on column public.tenants.digest_salt is
  'With the master secret it yields the digest key. Set to null, all digests become meaningless.';
