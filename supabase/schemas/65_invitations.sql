-- Invitations into a tenant: links that work once, until a day, for whoever holds them, or for the
-- one whose address they name. Their secrets are not here.

create table public.invitations (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  invitation_id text not null check (invitation_id ~ '^[0-9a-z]{8}$'),
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  -- Letters of ASCII only: of others two that look alike may be folded into one.
  email text check (email ~ '^[!-?A-~]{1,64}@[a-z0-9.-]{1,255}$' and email = lower(email)),
  digest bytea not null check (length(digest) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (isfinite(expires_at)),
  accepted_at timestamptz,
  accepted_by text,
  revoked_at timestamptz,
  created_by text not null default app.actor(),
  primary key (tenant_id, invitation_id)
);

-- Whoever was invited has no tenant yet. Not unique, so that no tenant can take another's id.
create index invitations_by_id on public.invitations (invitation_id);

alter table public.invitations enable row level security;
alter table public.invitations force row level security;
create policy invitations_read on public.invitations for select to llm_admin
  using (tenant_id = (select app.tenant_id()));

-- Column by column, as with keys: the digest is nobody's to read. By hand one is taken back.
revoke all on public.invitations from anon, authenticated, service_role;
grant select (
  tenant_id, invitation_id, role, email, created_at, created_by, expires_at, accepted_at,
  accepted_by, revoked_at) on public.invitations to llm_admin, service_role;
grant update (revoked_at) on public.invitations to service_role;

comment on table public.invitations is
  'Invitations into a tenant, each for one person. A row is kept for 30 days after its end, so that the invited learn why it does not work.';
comment on column public.invitations.invitation_id is
  'The public part of loi_<id>_….';
comment on column public.invitations.email is
  'In lower case, the only address that may accept it; null: whoever has the link.';
comment on column public.invitations.digest is
  'HMAC-SHA-256 of the link''s secret under a pepper that is not in the database.';
comment on column public.invitations.created_by is
  'Who invites: user:<uuid>, dev or command. It is void once they may no longer let anybody in as much.';
comment on column public.invitations.accepted_by is
  'Who came in by it: user:<uuid>.';

create trigger audit_change
  after insert or delete or update of
    tenant_id, invitation_id, role, email, digest, created_by, expires_at, accepted_at, accepted_by,
    revoked_at
  on public.invitations
  for each row execute function app.audit_change('invitation', 'invitation_id');

create function app.invitation_argument(arguments jsonb) returns text
language sql immutable set search_path = ''
as $$
  select app.argument(
    arguments, 'invitation_id', '^[0-9a-z]{8}$', 'an invitation''s id: 8 characters of 0-9 and a-z')
$$;
comment on function app.invitation_argument(jsonb) is 'An invitation''s public id.';

create function app.email_argument(arguments jsonb) returns text
language sql immutable set search_path = ''
as $$
  select case when coalesce(arguments -> 'email', 'null') <> 'null' then lower(app.argument(
    arguments, 'email', '^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}$', 'an e-mail address in ASCII'))
  end
$$;
comment on function app.email_argument(jsonb) is
  'An address in lower case, or null where none is given.';

create function app.describe_invitation(invitation public.invitations) returns jsonb
language sql stable set search_path = ''
as $$
  select to_jsonb(invitation)
    - array['tenant_id', 'digest', 'accepted_at', 'accepted_by', 'revoked_at']
$$;
comment on function app.describe_invitation(public.invitations) is
  'An invitation as administrators see it, as JSON.';

create function app.is_open(invitation public.invitations) returns boolean
language sql stable
return (invitation).accepted_at is null and (invitation).revoked_at is null
  and (invitation).expires_at > clock_timestamp();
comment on function app.is_open(public.invitations) is
  'Whether an invitation was neither accepted nor revoked, nor has expired.';

create function app.may_let_in(rights text[], role text) returns boolean
language sql immutable
return coalesce('members' = any(rights) and app.role_rights(role) <@ rights, false);
comment on function app.may_let_in(text[], text) is
  'Whether these rights let somebody in with the role: nobody gives more than they have.';

create function app.end_invitations(tenant text, person uuid, rights text[]) returns text[]
language sql set search_path = ''
as $$
  with ended as (
    update public.invitations i set revoked_at = now()
    where tenant_id = tenant and created_by = 'user:' || person and app.is_open(i)
      and not app.may_let_in(rights, role)
    returning invitation_id
  )
  select array(select invitation_id from ended order by invitation_id)
$$;
comment on function app.end_invitations(text, uuid, text[]) is
  'Takes back the open invitations by a user that these rights would no longer allow; answers their ids.';

create function public.create_invitation(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('members');
  most constant integer := 100;
  wanted text := app.argument(
    $1, 'role', '^(owner|admin|member|viewer)$', 'owner, admin, member or viewer');
  days integer := coalesce(app.integer_argument($1, 'days', 1, 30), 7);
  created public.invitations;
begin
  perform app.ensure_tenant(tenant);
  perform app.spare_owners(tenant, null, wanted);
  -- Addresses of people who did not come are not kept for ever.
  delete from public.invitations where tenant_id = tenant and expires_at < now() - interval '30 days';
  if (select count(*) from public.invitations i where tenant_id = tenant and app.is_open(i)) >= most then
    raise sqlstate 'PT409' using
      message = format('This tenant has %s open invitations, which is the most.', most),
      hint = 'Take back those that nobody needs; GET /members lists them.';
  end if;
  insert into public.invitations (tenant_id, invitation_id, role, email, digest, expires_at)
  values (
    tenant, app.invitation_argument($1), wanted, app.email_argument($1), app.digest_argument($1),
    now() + days * interval '1 day')
  returning * into created;
  return app.describe_invitation(created);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has an invitation with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.create_invitation(jsonb) is
  'Registers {"invitation_id", "digest", "role", "email" (the only one that may accept it; null: any), "days" (1 to 30, else 7)}; answers the row without its digest.';

create function public.revoke_invitation(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('members');
  wanted text := app.invitation_argument($1);
  known public.invitations;
begin
  select * into known from public.invitations where tenant_id = tenant and invitation_id = wanted;
  if known.tenant_id is null then
    raise sqlstate 'PT404' using
      message = 'This tenant has no invitation with that id.', hint = 'GET /members lists its invitations.';
  elsif known.accepted_at is not null then
    raise sqlstate 'PT409' using
      message = 'This invitation was accepted.', hint = 'Take the member out instead.';
  end if;
  perform app.spare_owners(tenant, null, known.role);
  update public.invitations set revoked_at = coalesce(revoked_at, now())
  where tenant_id = tenant and invitation_id = wanted
  returning * into known;
  return app.describe_invitation(known);
end
$$;
comment on function public.revoke_invitation(jsonb) is
  'Takes the invitation {"invitation_id"} back; answers it. Again changes nothing.';

create function public.find_invitation(jsonb) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  wanted text := app.invitation_argument($1);
  secret bytea := app.digest_argument($1);
begin
  -- By id and digest alone: the tenant is what is being asked for.
  return (select tenant_id from public.invitations where invitation_id = wanted and digest = secret);
end
$$;
comment on function public.find_invitation(jsonb) is
  'The tenant that the invitation {"invitation_id", "digest"} is into, or null; whether it still works is asked when it is accepted.';

create function app.explain_invitation(invitation public.invitations, acting text) returns text
language plpgsql stable set search_path = ''
as $$
begin
  return case
    when (invitation).accepted_by = acting then 'You have accepted this invitation before.'
    when (invitation).accepted_at is not null then 'This invitation was accepted by somebody else.'
    when (invitation).revoked_at is not null then 'This invitation was taken back.'
    when (invitation).expires_at <= clock_timestamp() then 'This invitation has expired.'
    when not app.may_let_in(
        (app.find_standing((invitation).tenant_id, (invitation).created_by)).rights, (invitation).role)
      then 'Whoever invited you may no longer let you in.'
  end;
end
$$;
comment on function app.explain_invitation(public.invitations, text) is
  'Why an invitation does not work, as a sentence for the invited; null where it does.';

create function app.enter_as(invitation public.invitations, person uuid) returns text
language plpgsql set search_path = ''
as $$
declare
  ranks constant text[] := array['viewer', 'member', 'admin', 'owner'];
  present text := (
    select role from public.memberships where tenant_id = (invitation).tenant_id and user_id = person);
begin
  if array_position(ranks, present) >= array_position(ranks, (invitation).role) then
    return present;
  end if;
  insert into public.memberships (tenant_id, user_id, role, created_by)
  values ((invitation).tenant_id, person, (invitation).role, (invitation).created_by)
  on conflict (tenant_id, user_id) do update set role = excluded.role;
  return (invitation).role;
end
$$;
comment on function app.enter_as(public.invitations, uuid) is
  'Lets a person in as invited, or leaves the higher role that they have; answers the role.';

create function public.accept_invitation(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access();
  person uuid := app.require_person();
  wanted text := app.invitation_argument($1);
  secret bytea := app.digest_argument($1);
  address text := app.confirm_email(person, app.email_argument($1));
  known public.invitations;
  reason text;
begin
  select * into known from public.invitations
  where tenant_id = tenant and invitation_id = wanted and digest = secret;
  -- Of what is not theirs nobody learns why.
  if known.tenant_id is null or known.email <> coalesce(address, '') then
    return null;
  end if;
  reason := app.explain_invitation(known, app.caller());
  if reason is not null then
    if known.email is null and known.accepted_by is distinct from app.caller() then
      return null;
    end if;
    raise sqlstate 'PT409' using message = reason, hint = 'Ask for another one, if you need it.';
  end if;
  update public.invitations set accepted_at = now(), accepted_by = app.caller()
  where tenant_id = tenant and invitation_id = wanted;
  return jsonb_build_object('tenant_id', tenant, 'role', app.enter_as(known, person));
end
$$;
comment on function public.accept_invitation(jsonb) is
  'Lets the user of the token in by {"invitation_id", "digest", "email" (of the login)}, once; a higher role stays. Answers the tenant and the role, null for what is not theirs to know, and to the invited why it does not work.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.create_invitation(jsonb), public.revoke_invitation(jsonb), public.find_invitation(jsonb),
  public.accept_invitation(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.create_invitation(jsonb), public.revoke_invitation(jsonb) to llm_admin;
grant execute on function public.find_invitation(jsonb) to llm_gate;
grant execute on function public.accept_invitation(jsonb) to llm_join;
