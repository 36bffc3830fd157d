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

create function public.create_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
  created public.api_keys;
begin
  perform app.ensure_tenant(tenant);
  insert into public.api_keys (
    tenant_id, key_id, kind, name, environment, digest, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'key_id'), 'api_key', app.name_argument($1),
    app.argument($1, 'environment', '^[a-z0-9-]{1,32}$', '1 to 32 characters of a-z, 0-9 and -'),
    app.digest_argument($1), app.scopes_argument($1), app.expiry_argument($1))
  returning * into created;
  return app.describe_key(created);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.create_api_key(jsonb) is
  'Registers {"key_id", "digest", "name", "environment", "scopes", "expires_at"}; answers the row without its digest.';

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
      message = 'This tenant has no key with that id.', hint = 'See api_key_summaries for its keys.';
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
  tenant text := app.share_tenant();
  overlap integer := coalesce(app.integer_argument($1, 'overlap_hours', 0, 72), 24);
  old_key public.api_keys := app.lock_rotatable_key(tenant, app.key_id_argument($1, 'key_id'));
  new_key public.api_keys;
begin
  insert into public.api_keys (
    tenant_id, key_id, kind, name, environment, digest, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'new_key_id'), 'api_key', old_key.name, old_key.environment,
    app.digest_argument($1), old_key.scopes,
    -- As long as the old one was made to live, unless said otherwise.
    coalesce(app.expiry_argument($1), now() + (old_key.expires_at - old_key.created_at)))
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
  'Takes {"key_id", "new_key_id", "digest", "overlap_hours" (0 to 72, else 24), "expires_at"}: a new key like the old one, which expires after the overlap.';

create function public.revoke_api_key(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
  revoked public.api_keys := app.lock_key(tenant, app.key_id_argument($1, 'key_id'));
begin
  update public.api_keys set revoked_at = coalesce(revoked_at, now())
  where tenant_id = tenant and key_id = revoked.key_id
  returning * into revoked;
  return app.describe_key(revoked);
end
$$;
comment on function public.revoke_api_key(jsonb) is
  'Ends the key or ingest token {"key_id"} at once; again changes nothing.';

create function public.create_ingest_token(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant();
  digest jsonb := app.ensure_tenant(tenant);
  created public.api_keys;
begin
  if app.expiry_argument($1) is null then
    raise invalid_parameter_value using
      message = 'An ingest token has no expires_at.', hint = 'Give a time in the future.';
  end if;
  insert into public.api_keys (tenant_id, key_id, kind, name, scopes, expires_at)
  values (
    tenant, app.key_id_argument($1, 'key_id'), 'ingest_token', app.name_argument($1),
    array['ingest'], app.expiry_argument($1))
  returning * into created;
  return app.describe_key(created) || jsonb_build_object('digest', digest);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has a key with that id.', hint = 'Draw another id.';
end
$$;
comment on function public.create_ingest_token(jsonb) is
  'Registers {"key_id", "name", "expires_at"}; answers the row, and in digest what the tenant''s digest key derives from.';

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
