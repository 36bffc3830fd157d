-- The keys of tags by which a tenant's sums are made, and those that its calls bring.

-- Bounded by spans and not by calls: a tenant with few calls among many spans is looked through
-- no longer. A span that claims to start in 2099 is among no newest ones.
create view public.tag_keys with (security_invoker = true) as
select t.tenant_id, k.tag_key, count(*) as calls
from public.tenants t
  cross join lateral (
    select s.counted, s.misdated, s.tags from public.spans s
    where s.tenant_id = t.tenant_id and s.start_time < now() + interval '24 hours'
    order by s.start_time desc limit 10000
  ) newest
  cross join lateral jsonb_object_keys(newest.tags) k (tag_key)
where newest.counted and newest.misdated is null
group by t.tenant_id, k.tag_key;
comment on view public.tag_keys is
  'Keys of tags on the model calls among each tenant''s newest 10,000 spans, and on how many of these calls each stands. set_tag_dimensions chooses those by which sums are kept (tenants.tag_dimensions).';
revoke all on public.tag_keys from anon, authenticated;
grant select on public.tag_keys to authenticated, service_role;

create function app.tag_keys_argument(arguments jsonb) returns text[]
language plpgsql immutable set search_path = ''
as $$
declare
  keys constant jsonb := arguments -> 'keys';
  problem constant text := case
    when jsonb_typeof(keys) is distinct from 'array' then 'keys is not a list.'
    when jsonb_array_length(keys) > 8 then 'keys has more than 8 keys.'
    when exists (
      select from jsonb_array_elements(keys) key
      where jsonb_typeof(key) <> 'string' or length(key #>> '{}') not between 1 and 64)
      then 'A key in keys is not a text of 1 to 64 characters.'
    when (select count(distinct key) from jsonb_array_elements(keys) key) < jsonb_array_length(keys)
      then 'A key stands in keys twice.'
  end;
begin
  if problem is not null then
    raise invalid_parameter_value using
      message = problem,
      hint = 'Send {"keys": ["plan", "team"]}: at most 8 keys of tags, each once; [] keeps no sums by tags.';
  end if;
  return array(select jsonb_array_elements_text(keys));
end
$$;
comment on function app.tag_keys_argument(jsonb) is
  'At most 8 keys of tags, each once, in the order given; refused in words otherwise.';

-- Sums by a new key are made where hours are folded, and a sum is read from spans until then. Of
-- what the expiry took there is none by a new key: those calls tell no value of it.
create function public.set_tag_dimensions(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  -- Whoever folds already knows the keys that were chosen, and takes marks away.
  summed constant text := app.hold_sums();
  tenant text := app.share_tenant('admin');
  wanted constant text[] := app.tag_keys_argument($1);
  before text[];
begin
  perform app.ensure_tenant(tenant);
  select tag_dimensions into before from public.tenants where tenant_id = tenant;
  update public.tenants set tag_dimensions = wanted where tenant_id = tenant;
  delete from public.roll_ups r
    where r.tenant_id = tenant and r.dimension = any(array(
      select 'tag:' || key from unnest(before) key where key <> all(wanted)));
  if not wanted <@ before then
    perform app.mark_hours(tenant, array(
      select distinct r.bucket_start from public.roll_ups r
      where r.tenant_id = tenant and r.dimension = 'total' and r.grain = 60 and not r.taken));
  end if;
  return jsonb_build_object('keys', to_jsonb(wanted));
end
$$;
comment on function public.set_tag_dimensions(jsonb) is
  'Sets {"keys"}, the keys of tags by which sums of the caller''s tenant are kept, at most eight. Sums by a key that is left out go at once; for a new one all hours are read from spans until they are folded, and calls that expired before tell no value of it.';

revoke execute on all functions in schema app from public;
revoke execute on function public.set_tag_dimensions(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.set_tag_dimensions(jsonb) to llm_admin;
