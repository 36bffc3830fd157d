-- People of a tenant as their administrators see them. Users and their addresses are Supabase Auth's.

create function app.find_emails(people uuid[]) returns table (user_id uuid, email text)
language plpgsql stable set search_path = ''
as $$
begin
  -- As a text, since the table need not be there: another project may hold the users.
  return query execute
    'select id, case when email_confirmed_at is not null then lower(email::text) end
     from auth.users where id = any($1)'
    using people;
exception when invalid_schema_name or undefined_table or undefined_column or insufficient_privilege then
  return;
end
$$;
comment on function app.find_emails(uuid[]) is
  'The addresses of these users, in lower case, null where not confirmed; no row where auth.users has none, or is not in this database.';

create function app.confirm_email(person uuid, claimed text) returns text
language plpgsql stable set search_path = ''
as $$
declare
  known record;
begin
  select * into known from app.find_emails(array[person]);
  return case when found then known.email else claimed end;
end
$$;
comment on function app.confirm_email(uuid, text) is
  'A user''s confirmed address: as Supabase Auth knows it now, or that of the login where it knows none here.';

create function public.list_members(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('members');
begin
  return jsonb_build_object('members', (
    select coalesce(jsonb_agg(
      to_jsonb(m) - 'tenant_id' || jsonb_build_object('email', e.email)
      order by m.created_at, m.user_id), '[]')
    from public.memberships m
      left join app.find_emails(array(
        select user_id from public.memberships where tenant_id = tenant)) e using (user_id)
    where m.tenant_id = tenant), 'invitations', (
    select coalesce(jsonb_agg(app.describe_invitation(i) order by i.created_at, i.invitation_id), '[]')
    from public.invitations i where i.tenant_id = tenant and app.is_open(i)));
end
$$;
comment on function public.list_members(jsonb) is
  'The members and the open invitations of the caller''s tenant, the oldest first; members with their address where Supabase Auth has a confirmed one.';

create function public.change_membership(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('members');
begin
  perform app.require_member(tenant, app.user_id_argument($1));
  return public.set_membership($1);
end
$$;
comment on function public.change_membership(jsonb) is
  'As set_membership, for {"user_id"} who is a member already: the others are invited.';

create function app.refuse_name(tenant text) returns void
language plpgsql stable set search_path = ''
as $$
begin
  -- A deleted tenant's name stays its own; and whose a name is, nobody learns.
  if exists (select from public.tenants where tenant_id = tenant)
     or exists (select from public.memberships where tenant_id = tenant)
     or exists (select from public.api_keys where tenant_id = tenant) then
    raise sqlstate 'PT409' using
      message = 'This name is taken.', hint = 'Choose another one.';
  end if;
end
$$;
comment on function app.refuse_name(text) is 'Refuses the name of a tenant that is, or was, there.';

create function public.create_tenant(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access();
  person uuid := app.require_person();
  most constant integer := 20;
  address text := app.email_argument($1);
begin
  if address <> coalesce(app.confirm_email(person, address), '') then
    raise sqlstate 'PT403' using
      message = 'Your e-mail address is not confirmed.', hint = 'Confirm it, and log in again.';
  end if;
  perform app.refuse_name(tenant);
  -- One at a time for each person, so that nobody makes more by asking at once.
  perform pg_advisory_xact_lock(hashtextextended(person::text, 9184201));
  if (select count(*) from public.memberships
      where user_id = person and role = 'owner' and created_by = app.caller()) >= most then
    raise sqlstate 'PT409' using
      message = format('You own %s tenants of your own making, which is the most.', most),
      hint = 'Delete one that nobody needs, or have the operator make another.';
  end if;
  perform app.ensure_tenant(tenant);
  insert into public.memberships (tenant_id, user_id, role) values (tenant, person, 'owner');
  return jsonb_build_object('tenant_id', tenant, 'role', 'owner');
end
$$;
comment on function public.create_tenant(jsonb) is
  'Makes the tenant of the token, with its user as the first owner; {"email"} where it has to be theirs and confirmed. A name that is or was somebody''s is refused, 20 a person are the most.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.list_members(jsonb), public.change_membership(jsonb), public.create_tenant(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.create_tenant(jsonb) to llm_join;
grant execute on function public.list_members(jsonb), public.change_membership(jsonb) to llm_admin;
