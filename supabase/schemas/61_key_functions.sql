-- Looking up, making, rotating and revoking keys.

create function public.authenticate_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  found_key public.api_keys;
begin
  -- By id alone: the tenant is what is being asked for.
  select * into found_key from public.api_keys
  where key_id = $1 ->> 'key_id' and encode(digest, 'hex') = $1 ->> 'digest'
    and revoked_at is null and (expires_at is null or expires_at > now());
  if found_key.tenant_id is null then
    return null;
  end if;
  if coalesce(found_key.last_used_at, '-infinity') < now() - interval '5 minutes' then
    update public.api_keys set last_used_at = now()
    where tenant_id = found_key.tenant_id and key_id = (
      -- Whoever is late leaves it to the other: a lookup never waits.
      select key_id from public.api_keys
      where tenant_id = found_key.tenant_id and key_id = found_key.key_id
      for no key update skip locked);
  end if;
  return jsonb_build_object(
    'tenant_id', found_key.tenant_id, 'scopes', found_key.scopes,
    'environment', found_key.environment, 'expires_at', found_key.expires_at);
end
$$;
comment on function public.authenticate_key(jsonb) is
  'Takes {"key_id", "digest"} (hex) and answers whose key that is and what it may do, or null.';

create function app.digest_argument(arguments jsonb) returns bytea
language sql immutable set search_path = ''
as $$
  select decode(app.argument(
    arguments, 'digest', '^[0-9a-f]{64}$', 'an HMAC-SHA-256 in 64 hex digits'), 'hex')
$$;
comment on function app.digest_argument(jsonb) is 'The digest of a key''s secret.';

create function app.scopes_argument(arguments jsonb) returns text[]
language plpgsql immutable set search_path = ''
as $$
declare
  given jsonb := arguments -> 'scopes';
begin
  if (jsonb_typeof(given) = 'array' and given <> '[]' and given <@ '["admin", "ingest", "read"]')
     is not true then
    raise invalid_parameter_value using
      message = 'scopes is not a list of ingest, read and admin.',
      hint = 'Send {"scopes": ["read"]} with one of them at least.';
  end if;
  return app.distinct_sorted(array(select jsonb_array_elements_text(given)));
end
$$;
comment on function app.scopes_argument(jsonb) is 'What a key may do, in order and without repeats.';

create function app.name_argument(arguments jsonb) returns text
language sql immutable set search_path = ''
as $$ select app.argument(arguments, 'name', '^.{1,200}$', 'a name of 1 to 200 characters') $$;
comment on function app.name_argument(jsonb) is 'What people call a key.';

-- Nobody makes what may do more, or lives longer, than they do themselves.
create function app.bound_expiry(tenant text, wanted timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  ends_at timestamptz := (app.find_standing(tenant, app.caller())).ends_at;
begin
  if wanted > ends_at then
    raise invalid_parameter_value using
      message = format('expires_at is later than the end of the key that asks for it, %s.',
        to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
      hint = 'Give an earlier time, or have somebody ask whose access does not end before.';
  end if;
  return coalesce(wanted, ends_at);
end
$$;
comment on function app.bound_expiry(text, timestamptz) is
  'When what the caller makes expires: as wanted, never after the caller; null for never.';

create function app.require_scopes(tenant text, wanted text[]) returns text[]
language plpgsql stable set search_path = ''
as $$
begin
  if not wanted <@ (app.find_standing(tenant, app.caller())).rights then
    raise sqlstate 'PT403' using
      message = 'A key may do no more than whoever makes it.',
      hint = 'Leave out the scopes that you do not have; GET /me tells them.';
  end if;
  return wanted;
end
$$;
comment on function app.require_scopes(text, text[]) is
  'The scopes of what the caller makes; refuses those that go beyond the caller''s rights.';

create function app.require_room(tenant text) returns void
language plpgsql stable set search_path = ''
as $$
declare
  most constant integer := 200;
begin
  if (select count(*) from public.api_keys where tenant_id = tenant and revoked_at is null
      and (expires_at is null or expires_at > now())) >= most then
    raise sqlstate 'PT409' using
      message = format('This tenant has %s keys and tokens that work, which is the most.', most),
      hint = 'Revoke those that nobody needs; GET /keys lists them. A rotated key counts until its overlap ends.';
  end if;
end
$$;
comment on function app.require_room(text) is
  'Refuses one more key where a tenant has as many as it may; its access is held (app.hold_access).';

create function public.create_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  created public.api_keys;
begin
  perform app.ensure_tenant(tenant);
  perform app.require_room(tenant);
  insert into public.api_keys (
    tenant_id, key_id, kind, name, environment, digest, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'key_id'), 'api_key', app.name_argument($1),
    app.argument($1, 'environment', '^[a-z0-9-]{1,32}$', '1 to 32 characters of a-z, 0-9 and -'),
    app.digest_argument($1), app.require_scopes(tenant, app.scopes_argument($1)),
    app.bound_expiry(tenant, app.expiry_argument($1)))
  returning * into created;
  return app.describe_key(created);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.create_api_key(jsonb) is
  'Registers {"key_id", "digest", "name", "environment", "scopes", "expires_at"}; answers the row without its digest. It may do no more than its maker, and ends no later.';

create function app.lock_key(tenant text, wanted text) returns public.api_keys
language plpgsql set search_path = ''
as $$
declare
  found_key public.api_keys;
begin
  select * into found_key from public.api_keys
  where tenant_id = tenant and key_id = wanted
  for no key update;
  if found_key.tenant_id is null then
    raise sqlstate 'PT404' using
      message = 'This tenant has no key with that id.', hint = 'GET /keys lists its keys.';
  end if;
  return found_key;
end
$$;
comment on function app.lock_key(text, text) is
  'A tenant''s key, held until the end of the transaction; refuses an unknown id.';

create function app.lock_rotatable_key(tenant text, wanted text) returns public.api_keys
language plpgsql set search_path = ''
as $$
declare
  old_key public.api_keys := app.lock_key(tenant, wanted);
begin
  if old_key.kind <> 'api_key' then
    raise invalid_parameter_value using
      message = 'An ingest token cannot be rotated.',
      hint = 'Create another one and revoke this one.';
  end if;
  if old_key.replaced_by is not null or old_key.revoked_at is not null
     or old_key.expires_at <= now() then
    raise sqlstate 'PT409' using
      message = 'This key was rotated or revoked already, or has expired.',
      hint = 'Rotate its successor, or create a key.';
  end if;
  return old_key;
end
$$;
comment on function app.lock_rotatable_key(text, text) is
  'A key that works and has no successor, held until the end of the transaction.';

create function public.rotate_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  overlap integer := coalesce(app.integer_argument($1, 'overlap_hours', 0, 72), 24);
  old_key public.api_keys := app.lock_rotatable_key(tenant, app.key_id_argument($1, 'key_id'));
  -- As long as the old one was made to live, unless said otherwise.
  wanted timestamptz := coalesce(
    app.expiry_argument($1),
    least(now() + (old_key.expires_at - old_key.created_at), app.bound_expiry(tenant, null)));
  new_key public.api_keys;
begin
  perform app.require_room(tenant);
  insert into public.api_keys (
    tenant_id, key_id, kind, name, environment, digest, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'new_key_id'), 'api_key', old_key.name, old_key.environment,
    app.digest_argument($1), app.require_scopes(tenant, old_key.scopes),
    app.bound_expiry(tenant, wanted))
  returning * into new_key;
  update public.api_keys set
    replaced_by = new_key.key_id,
    expires_at = least(expires_at, now() + overlap * interval '1 hour')
  where tenant_id = tenant and key_id = old_key.key_id
  returning * into old_key;
  return app.describe_key(new_key) || jsonb_build_object('replaces', app.describe_key(old_key));
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.rotate_api_key(jsonb) is
  'Takes {"key_id", "new_key_id", "digest", "overlap_hours" (0 to 72, else 24), "expires_at"}: a new key like the old one, which expires after the overlap. It ends no later than whoever rotates.';

-- Whoever renews a key that was made by another leaves it that one's child.
create function app.find_heirs(tenant text, makers text[]) returns text[]
language sql stable set search_path = ''
as $$
  with recursive heirs (key_id) as (
    select key_id from public.api_keys where tenant_id = tenant and created_by = any(makers)
    union
    select k.key_id
    from heirs
      join public.api_keys old on old.tenant_id = tenant and old.key_id = heirs.key_id
      join public.api_keys k on k.tenant_id = tenant
        and (k.created_by = old.key_id or k.key_id = old.replaced_by)
  )
  select array(select key_id from heirs where key_id <> all(makers))
$$;
comment on function app.find_heirs(text, text[]) is
  'The keys and tokens that these keys or users made, those that they made in turn, and their successors.';

create function app.find_forerunners(tenant text, key text) returns text[]
language sql stable set search_path = ''
as $$
  with recursive chain (key_id) as (
    select key
    union
    select k.key_id from chain join public.api_keys k
      on k.tenant_id = tenant and k.replaced_by = chain.key_id
  )
  select array(select key_id from chain)
$$;
comment on function app.find_forerunners(text, text) is
  'A key and those that it replaced by rotation, one after the other.';

create function app.choice_argument(arguments jsonb, name text) returns text
language sql immutable set search_path = ''
as $$
  select case when arguments -> name is null then 'revoke' else
    app.argument(arguments, name, '^(revoke|keep)$', 'revoke or keep') end
$$;
comment on function app.choice_argument(jsonb, text) is
  'What becomes of the keys that somebody made who goes: revoke, unless keep is said.';

create function app.end_keys(tenant text, key_ids text[], choice text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  working text[] := array(
    select key_id from public.api_keys where tenant_id = tenant and key_id = any(key_ids)
      and revoked_at is null and (expires_at is null or expires_at > now()));
begin
  if choice = 'revoke' then
    update public.api_keys set revoked_at = now() where tenant_id = tenant and key_id = any(working);
  end if;
  return (
    select coalesce(jsonb_agg(app.describe_key(k) order by k.created_at, k.key_id), '[]')
    from public.api_keys k where tenant_id = tenant and key_id = any(working));
end
$$;
comment on function app.end_keys(text, text[], text) is
  'Revokes those of these keys that work, or keeps them, by choice; answers them.';

create function public.revoke_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  choice text := app.choice_argument($1, 'children');
  revoked public.api_keys := app.lock_key(tenant, app.key_id_argument($1, 'key_id'));
  children jsonb;
begin
  children := app.end_keys(
    tenant, app.find_heirs(tenant, app.find_forerunners(tenant, revoked.key_id)), choice);
  update public.api_keys set revoked_at = coalesce(revoked_at, now())
  where tenant_id = tenant and key_id = revoked.key_id
  returning * into revoked;
  return app.describe_key(revoked) || jsonb_build_object('children', children);
end
$$;
comment on function public.revoke_api_key(jsonb) is
  'Ends the key or ingest token {"key_id"} at once, and with it the keys that it made, unless "children" is keep; answers both. Again changes nothing.';

create function public.create_ingest_token(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_access('admin');
  digest jsonb := app.ensure_tenant(tenant);
  created public.api_keys;
begin
  if app.expiry_argument($1) is null then
    raise invalid_parameter_value using
      message = 'An ingest token has no expires_at.', hint = 'Give a time in the future.';
  end if;
  perform app.require_room(tenant);
  insert into public.api_keys (tenant_id, key_id, kind, name, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'key_id'), 'ingest_token', app.name_argument($1),
    app.require_scopes(tenant, array['ingest']), app.bound_expiry(tenant, app.expiry_argument($1)))
  returning * into created;
  if 'operator' <> all((app.find_standing(tenant, app.caller())).rights) then
    digest := digest - 'salt';
  end if;
  return app.describe_key(created) || jsonb_build_object('digest', digest);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.create_ingest_token(jsonb) is
  'Registers {"key_id", "name", "expires_at"}; answers the row, and in digest the tenant''s digest key''s id; to the project''s operator the salt, too.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.authenticate_key(jsonb), public.create_api_key(jsonb), public.rotate_api_key(jsonb),
  public.revoke_api_key(jsonb), public.create_ingest_token(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.authenticate_key(jsonb) to llm_gate;
grant execute on function
  public.create_api_key(jsonb), public.rotate_api_key(jsonb), public.revoke_api_key(jsonb),
  public.create_ingest_token(jsonb)
  to llm_admin;
