-- Who changed keys, memberships and settings, and what was deleted. Written here and nowhere else.

create table public.audit_events (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  event_id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  actor text not null,
  action text not null,
  target text not null,
  details jsonb not null default '{}',
  primary key (tenant_id, event_id)
);

create index audit_events_newest on public.audit_events (tenant_id, created_at, event_id);

alter table public.audit_events enable row level security;
alter table public.audit_events force row level security;
create policy audit_events_read on public.audit_events for select to llm_admin
  using (tenant_id = (select app.tenant_id()));

-- Nobody but the owner may write, change, delete or truncate: rows come from functions and
-- triggers that run as the owner.
revoke all on public.audit_events from anon, authenticated, service_role;
grant select on public.audit_events to llm_admin, service_role;

comment on table public.audit_events is
  'What was done to a tenant''s keys, memberships, settings and data. Append-only; it outlives the tenant.';
comment on column public.audit_events.actor is
  'The credential (a key''s id, user:<uuid>, dev), else the database role.';
comment on column public.audit_events.action is
  'Subject and verb: api_key.created, membership.changed, trace.forgotten.';
comment on column public.audit_events.target is
  'What it was done to: a key''s id, a user, a trace. A forgotten user stands as a digest.';
comment on column public.audit_events.details is
  'Counts, names, scopes, roles and days. Never content, never a secret.';

create function app.actor() returns text
language sql stable set search_path = ''
as $$
  -- current_user is the owner inside a function that runs as its definer; the setting is not.
  select coalesce(app.caller(), nullif(current_setting('role'), 'none'), session_user::text)
$$;
comment on function app.actor() is
  'Who acts: the credential of the token, else the role that was set, else the role that logged in.';

create function app.record_event(tenant text, action text, target text, details jsonb) returns jsonb
language sql set search_path = ''
as $$
  insert into public.audit_events (tenant_id, actor, action, target, details)
  values (tenant, app.actor(), action, target, details)
  returning audit_events.details || jsonb_build_object(
    'receipt_id', event_id, 'action', audit_events.action, 'target', audit_events.target,
    'at', created_at, 'by', actor)
$$;
comment on function app.record_event(text, text, text, jsonb) is
  'Writes an audit event and answers it as a receipt.';

create function app.changed_values(old_row jsonb, new_row jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, case
    when key in ('digest', 'digest_salt', 'email') then to_jsonb('replaced'::text)
    else jsonb_build_object('from', old_row -> key, 'to', value) end), '{}')
  from jsonb_each(new_row)
  where key <> 'last_used_at' and value is distinct from old_row -> key
$$;
comment on function app.changed_values(jsonb, jsonb) is
  'The columns that differ, as {"column": {"from", "to"}}; of secrets and addresses only that they were replaced.';

-- Arguments of the trigger: the subject (or {column} that names it), and the target's column.
create function app.audit_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  old_row jsonb := to_jsonb(old);
  new_row jsonb := to_jsonb(new);
  known jsonb := coalesce(new_row, old_row);
  subject text := coalesce(known ->> trim('{}' from tg_argv[0]), tg_argv[0]);
  target text := known ->> tg_argv[1];
  changes jsonb;
begin
  if tg_op = 'UPDATE' then
    changes := app.changed_values(old_row, new_row);
    if changes = '{}' then
      return null;
    end if;
    perform app.record_event(known ->> 'tenant_id', subject || case
      when changes ? 'deleted_at' and new_row ->> 'deleted_at' is null then '.restored'
      when changes ? 'replaced_by' then '.rotated'
      when changes ? 'accepted_at' then '.accepted'
      when changes ? 'revoked_at' then '.revoked'
      when changes ? 'digest_salt' then '.digests_shredded'
      else '.changed' end, target, changes);
  else
    perform app.record_event(known ->> 'tenant_id', subject || case tg_op
      when 'INSERT' then '.created' else '.deleted' end, target,
      jsonb_strip_nulls(known - array['tenant_id', 'digest', 'email', 'last_used_at', tg_argv[1]]));
  end if;
  return null;
end
$$;
comment on function app.audit_change() is
  'Records a change of a row, made by whomever in whatever way.';

create trigger audit_change
  after update of
    span_days, content_days, spans_per_minute, bytes_per_minute, content_capture, digest_key_id,
    digest_salt, deleted_at, roll_up_days, tag_dimensions, text_configs
  on public.tenants
  for each row execute function app.audit_change('tenant', 'tenant_id');

revoke execute on all functions in schema app from public;
