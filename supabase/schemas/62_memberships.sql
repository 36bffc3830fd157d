-- Which Supabase users belong to a tenant, and as what.

create table public.memberships (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  user_id uuid not null,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default now(),
  created_by text not null default app.actor(),
  primary key (tenant_id, user_id)
);

-- Who logs in has no tenant yet.
create index memberships_by_user on public.memberships (user_id);

alter table public.memberships enable row level security;
alter table public.memberships force row level security;
create policy memberships_read on public.memberships for select to authenticated, llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.memberships from anon, authenticated;
grant select on public.memberships to authenticated, llm_admin;
grant select, insert, update, delete on public.memberships to service_role;
-- By hand in Supabase a membership is made by people; its maker is the column's default.
grant execute on function app.actor(), app.caller() to service_role;

comment on table public.memberships is
  'Supabase users (auth.users.id) and their role in a tenant. No key to auth.users: another project may hold the users.';
comment on column public.memberships.role is
  'owner and admin change settings, member reads and writes, viewer reads.';
comment on column public.memberships.created_by is
  'Who let the user in: user:<uuid>, dev or command; by hand in SQL the database role.';

create trigger audit_change
  after insert or update or delete on public.memberships
  for each row execute function app.audit_change('membership', 'user_id');
create trigger end_views after delete on public.memberships
  for each row execute function app.end_views();

create function public.find_memberships(jsonb) returns table (tenant_id text, role text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  person uuid := app.user_id_argument($1);
begin
  -- By user alone: the tenants are what is being asked for.
  return query select m.tenant_id, m.role from public.memberships m
    where m.user_id = person order by m.tenant_id;
end
$$;
comment on function public.find_memberships(jsonb) is
  'The tenants of {"user_id"} and the user''s role in each.';

create function app.keep_an_owner(tenant text, leaving uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  -- All owners in one order, so that of two who leave at once the second sees the first gone.
  perform from public.memberships
  where tenant_id = tenant and role = 'owner' order by user_id for update;
  if (select bool_and(user_id = leaving) from public.memberships
      where tenant_id = tenant and role = 'owner') then
    raise sqlstate 'PT409' using
      message = 'This is the tenant''s last owner.', hint = 'Make somebody else an owner first.';
  end if;
end
$$;
comment on function app.keep_an_owner(text, uuid) is
  'Refuses to let the last owner of a tenant go.';

create function app.require_member(tenant text, person uuid) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if not exists (select from public.memberships where tenant_id = tenant and user_id = person) then
    raise sqlstate 'PT404' using
      message = 'This user is no member of the tenant.', hint = 'GET /members lists who is.';
  end if;
end
$$;
comment on function app.require_member(text, uuid) is 'Refuses a user who is no member of the tenant.';

create function app.spare_owners(tenant text, person uuid, wanted text) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if wanted = 'owner' or exists (
    select from public.memberships
    where tenant_id = tenant and user_id = person and role = 'owner'
  ) then
    perform app.require_right(tenant, 'owner');
  end if;
end
$$;
comment on function app.spare_owners(text, uuid, text) is
  'Refuses to make, change or remove an owner to whoever is none.';

create function app.find_keys_beyond(tenant text, person uuid, rights text[]) returns text[]
language plpgsql stable set search_path = ''
as $$
declare
  beyond text[] := array(
    select key_id from public.api_keys
    where tenant_id = tenant and not scopes <@ rights
      and key_id = any(app.find_heirs(tenant, array['user:' || person])));
begin
  return beyond || app.find_heirs(tenant, beyond);
end
$$;
comment on function app.find_keys_beyond(text, uuid, text[]) is
  'The keys of a user''s making that may do more than these rights, and what they made.';

create function public.set_membership(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('members');
  person uuid := app.user_id_argument($1);
  wanted text := app.argument(
    $1, 'role', '^(owner|admin|member|viewer)$', 'owner, admin, member or viewer');
  choice text := app.choice_argument($1, 'keys');
  stored public.memberships;
begin
  perform app.ensure_tenant(tenant);
  perform app.spare_owners(tenant, person, wanted);
  if wanted <> 'owner' then
    perform app.keep_an_owner(tenant, person);
  end if;
  insert into public.memberships as known (tenant_id, user_id, role)
  values (tenant, person, wanted)
  on conflict (tenant_id, user_id) do update set role = excluded.role
  returning * into stored;
  return to_jsonb(stored) || jsonb_build_object(
    'keys', app.end_keys(
      tenant, app.find_keys_beyond(tenant, person, app.role_rights(wanted)), choice),
    'invitations', app.end_invitations(tenant, person, app.role_rights(wanted)));
end
$$;
comment on function public.set_membership(jsonb) is
  'Gives {"user_id"} the "role" in the caller''s tenant; never takes it from the last owner. Keys of the user''s making that may do more than the role are revoked, unless "keys" is keep, and invitations into more are taken back; answers both.';

create function app.end_membership(tenant text, person uuid, choice text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  removed public.memberships;
begin
  perform app.keep_an_owner(tenant, person);
  delete from public.memberships where tenant_id = tenant and user_id = person
  returning * into removed;
  return to_jsonb(removed) || jsonb_build_object(
    'keys', app.end_keys(tenant, app.find_heirs(tenant, array['user:' || person]), choice),
    'invitations', app.end_invitations(tenant, person, '{}'),
    'members', array(
      select user_id from public.memberships
      where tenant_id = tenant and created_by = 'user:' || person order by user_id));
end
$$;
comment on function app.end_membership(text, uuid, text) is
  'Takes a member out, never the last owner, with their open invitations and, unless the choice is keep, the keys of their making; answers all that and the members whom they let in, who stay.';

create function public.remove_membership(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('members');
  person uuid := app.user_id_argument($1);
  choice text := app.choice_argument($1, 'keys');
begin
  perform app.require_member(tenant, person);
  perform app.spare_owners(tenant, person, null);
  return app.end_membership(tenant, person, choice);
end
$$;
comment on function public.remove_membership(jsonb) is
  'Takes {"user_id"} out of the caller''s tenant; never the last owner. Keys of the user''s making are revoked, unless "keys" is keep, and invitations taken back; answers both, and the members whom the user let in, who stay.';

-- For llm_join, since a viewer leaves, too, and llm_admin is for those who administer.
create function public.leave_tenant(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access();
  person uuid := app.require_person();
  choice text := app.choice_argument($1, 'keys');
begin
  perform app.require_right(tenant, 'read');
  return app.end_membership(tenant, person, choice);
end
$$;
comment on function public.leave_tenant(jsonb) is
  'Takes the user of the token out of the tenant of the token, whatever their role; as remove_membership.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.find_memberships(jsonb), public.set_membership(jsonb), public.remove_membership(jsonb),
  public.leave_tenant(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.find_memberships(jsonb) to llm_gate;
grant execute on function public.set_membership(jsonb), public.remove_membership(jsonb) to llm_admin;
grant execute on function public.leave_tenant(jsonb) to llm_join;
