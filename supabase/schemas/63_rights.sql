-- What a credential may do in a tenant, right now: asked before every request (app.check_request),
-- and again by each function that administers, in its own transaction.

-- An API key's scopes are rights by name; `members`, `owner` and `operator` are no scopes: those acts
-- are for people, for a developer's machine, and for whoever holds the project's signing key.
create function app.role_rights(role text) returns text[]
language sql immutable
return case role
  when 'owner' then array['admin', 'ingest', 'members', 'owner', 'read']
  when 'admin' then array['admin', 'ingest', 'members', 'read']
  when 'member' then array['ingest', 'read']
  when 'viewer' then array['read']
end;
comment on function app.role_rights(text) is 'What a member with this role may do.';

create function app.scope_rights(scopes text[]) returns text[]
language sql immutable
return case when 'admin' = any(scopes) then array['admin', 'ingest', 'read'] else scopes end;
comment on function app.scope_rights(text[]) is 'What a key with these scopes may do.';

-- Null, dev and command are claims of tokens that only the signing key's holder makes; so is
-- span_writer, whose spans were let in at the door.
create function app.find_standing(
  tenant text, credential text, out rights text[], out ends_at timestamptz
)
language plpgsql stable set search_path = ''
as $$
begin
  if credential is null or credential in ('dev', 'command') then
    rights := app.role_rights('owner') || array['operator'];
  elsif credential ~ '^[0-9a-z]{8}$' then
    select app.scope_rights(scopes), expires_at into rights, ends_at from public.api_keys
    where tenant_id = tenant and key_id = credential and revoked_at is null
      and (expires_at is null or expires_at > clock_timestamp());
  elsif credential ~ '^user:[0-9a-f-]{36}$' then
    select app.role_rights(role) into rights from public.memberships
    where tenant_id = tenant and user_id = substr(credential, 6)::uuid;
  elsif credential = 'span_writer' then
    rights := array['ingest'];
  end if;
end
$$;
comment on function app.find_standing(text, text) is
  'What a credential may do in a tenant, null where that has ended or it is nobody''s, and when it ends by itself.';

create function app.refuse_stranger(credential text) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if credential like 'user:%' then
    raise sqlstate 'PT403' using
      message = 'You are not a member of this tenant, or no longer.',
      hint = 'Have an owner of the tenant let you in.';
  elsif credential ~ '^[0-9a-z]{8}$' then
    raise sqlstate 'PT401' using
      message = 'The key behind this token was revoked or has expired.',
      hint = 'Use another key.';
  end if;
  raise sqlstate 'PT401' using
    message = 'This token stands for no credential that is known here.',
    hint = 'Mint it with the key_id of an API key, or user:<uuid>.';
end
$$;
comment on function app.refuse_stranger(text) is
  'Says that a credential is not, or no longer, one of the tenant''s.';

create function app.require_person() returns uuid
language plpgsql stable set search_path = ''
as $$
begin
  if (app.caller() ~ '^user:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') is not true then
    raise sqlstate 'PT403' using
      message = 'Only a person who has logged in may do this.', hint = 'Log in with Supabase Auth.';
  end if;
  return substr(app.caller(), 6)::uuid;
end
$$;
comment on function app.require_person() is
  'The user whom the caller''s token stands for; refuses every other credential.';

create function app.require_right(tenant text, wanted text) returns void
language plpgsql stable set search_path = ''
as $$
declare
  credential text := app.caller();
  rights text[] := (app.find_standing(tenant, credential)).rights;
begin
  if rights is null then
    perform app.refuse_stranger(credential);
  elsif wanted <> all(rights) then
    raise sqlstate 'PT403' using
      message = case wanted
        when 'members' then 'This needs the role owner or admin in the tenant; no API key may do it.'
        when 'owner' then 'This needs the role owner in the tenant; no API key may do it.'
        when 'operator' then 'This is for the project''s operator: make access.'
        else format('Your key or role does not, or no longer, allow this: it needs the right %s.', wanted)
      end,
      hint = 'GET /me tells what you may do.';
  end if;
end
$$;
comment on function app.require_right(text, text) is
  'Refuses a caller whose key or membership has ended (PT401, PT403) or does not have the right (PT403).';

-- The row is held until the end of the transaction: who takes the right away meanwhile waits, and
-- who took it away before is seen.
create function app.hold_standing(tenant text, wanted text) returns void
language plpgsql set search_path = ''
as $$
declare
  credential text := app.caller();
begin
  if credential ~ '^[0-9a-z]{8}$' then
    perform from public.api_keys where tenant_id = tenant and key_id = credential for share;
  elsif credential ~ '^user:[0-9a-f-]{36}$' then
    perform from public.memberships
    where tenant_id = tenant and user_id = substr(credential, 6)::uuid for share;
  end if;
  perform app.require_right(tenant, wanted);
  if exists (select from public.tenants where tenant_id = tenant and deleted_at is not null) then
    perform app.refuse_deleted(tenant);
  end if;
end
$$;
comment on function app.hold_standing(text, text) is
  'Holds the caller''s key or membership, and refuses a caller without the right, and a deleted tenant.';

create function app.share_tenant(wanted text) returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
begin
  perform app.hold_standing(tenant, wanted);
  return tenant;
end
$$;
comment on function app.share_tenant(text) is
  'As app.share_tenant(), for a caller who still has this right.';

create function app.hold_tenant(wanted text) returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.hold_tenant();
begin
  perform app.hold_standing(tenant, wanted);
  return tenant;
end
$$;
comment on function app.hold_tenant(text) is
  'As app.hold_tenant(), for a caller who still has this right.';

-- Keys and memberships of a tenant change one at a time: what is made while its maker is taken out
-- is either seen and ended, or refused. After the tenant's lock, before any row.
create function app.hold_access() returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
begin
  perform pg_advisory_xact_lock(hashtextextended(tenant, 2553047));
  return tenant;
end
$$;
comment on function app.hold_access() is
  'The caller''s tenant, to let in somebody who has no right in it yet; no other changes its keys or members meanwhile.';

create function app.hold_access(wanted text) returns text
language plpgsql set search_path = ''
as $$
declare
  tenant text := app.hold_access();
begin
  perform app.hold_standing(tenant, wanted);
  return tenant;
end
$$;
comment on function app.hold_access(text) is
  'The caller''s tenant, to change its keys or members, which no other does meanwhile; for a caller who still has this right.';

revoke execute on all functions in schema app from public;
