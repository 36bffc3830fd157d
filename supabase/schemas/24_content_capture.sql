-- What comes past the door, and whose content is stored: as the process that sends it decides,
-- unless its tenant forbids it.

-- An ingest token passes by every process of ours: what it brings, nobody of ours has looked at.
create function app.is_past_the_door(tenant text) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  -- Most callers have no key's id, and are not looked for.
  if (app.caller() ~ '^[0-9a-z]{8}$') is not true then
    return false;
  end if;
  return not exists (
    select from public.api_keys
    where tenant_id = tenant and key_id = app.caller() and kind = 'api_key');
end
$$;
comment on function app.is_past_the_door(text) is
  'Whether the caller has an ingest token: a key''s id that is no API key''s of the tenant.';

create function app.require_doubles(payload jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  -- A number of 5,000 digits is short in jsonb, and more than the parsers of its readers take.
  if jsonb_path_exists(
    payload, 'strict $.** ? (@.type() == "number" && (@ > 1.8e308 || @ < -1.8e308))', silent => true)
  then
    raise invalid_parameter_value using
      message = 'A span is malformed: a number in it is more than a double holds.',
      hint = 'No span of this batch was stored. Correct or leave out that one and send the rest.';
  end if;
end
$$;
comment on function app.require_doubles(jsonb) is
  'Refuses spans with a number, in whatever depth, that no double holds.';

create function app.is_short(attribute text, value jsonb) returns boolean
language sql immutable set search_path = ''
as $$
  select length(attribute) <= 256 and case jsonb_typeof(value)
    when 'string' then length(value #>> '{}') <= 256
    when 'array' then jsonb_array_length(value) <= 128 and not exists (
      select from jsonb_array_elements(value) item
      where jsonb_typeof(item) in ('array', 'object') or length(item #>> '{}') > 256)
    when 'object' then false
    else true
  end
$$;
comment on function app.is_short(text, jsonb) is
  'Whether an attribute is a number, a flag, a text of 256 characters or a list of these: not prose, as far as SQL can tell.';

create function app.without_content(span jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  attributes jsonb := case when jsonb_typeof(span -> 'attributes') = 'object'
    then span -> 'attributes' else '{}' end;
  kept jsonb;
  repairs jsonb;
begin
  select coalesce(jsonb_object_agg(key, value), '{}') into kept
    from jsonb_each(attributes) where app.is_short(key, value);
  if kept = attributes
     and jsonb_strip_nulls(jsonb_build_array(
       span -> 'input', span -> 'output', span -> 'status_message')) = '[null, null, null]' then
    return span;
  end if;
  repairs := case when jsonb_typeof(kept -> 'llm_observe.repairs') = 'array'
    then kept -> 'llm_observe.repairs' else '[]' end;
  if not repairs ? 'content_dropped' then
    repairs := repairs || '["content_dropped"]';
  end if;
  return (span - array['input', 'output', 'status_message'])
    || jsonb_build_object('attributes', kept || jsonb_build_object('llm_observe.repairs', repairs));
end
$$;
comment on function app.without_content(jsonb) is
  'A span as it was sent, without prompt, answer, message and attributes that may be prose; llm_observe.repairs tells if there was any.';

create function app.withhold_content(payload jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(
      case when jsonb_typeof(span) = 'object' then app.without_content(span) else span end
      order by place), '[]')
    from jsonb_array_elements(payload) with ordinality s (span, place));
end
$$;
comment on function app.withhold_content(jsonb) is 'The spans of a payload without content.';

create function public.set_content_capture(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  mode text := app.argument($1, 'content_capture', '^(follow|off|on)$', 'follow, off or on');
begin
  -- On lets in what no process of the project has looked at.
  if mode = 'on' then
    perform app.require_right(tenant, 'operator');
  end if;
  perform app.ensure_tenant(tenant);
  update public.tenants set content_capture = mode where tenant_id = tenant;
  return jsonb_build_object('content_capture', mode);
end
$$;
comment on function public.set_content_capture(jsonb) is
  'Sets {"content_capture"} of the caller''s tenant: follow, off, or on, which is for the project''s operator. It holds for what comes from then on.';

revoke execute on all functions in schema app from public;
revoke execute on function public.set_content_capture(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.set_content_capture(jsonb) to llm_admin;
