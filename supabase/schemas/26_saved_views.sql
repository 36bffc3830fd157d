-- Questions that people ask again: a filter, and how its rows are shown, under a name.

create table public.saved_views (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  view_id uuid not null default gen_random_uuid(),
  kind text not null check (kind in ('traces', 'spans', 'sessions', 'analyze')),
  name text not null check (length(name) between 1 and 120),
  shared boolean not null default false,
  filter text not null check (length(filter) <= 8192),
  tree jsonb not null check (octet_length(tree::text) <= 65536),
  settings jsonb not null
    check (jsonb_typeof(settings) = 'object' and octet_length(settings::text) <= 8192),
  created_at timestamptz not null default now(),
  created_by text not null default app.actor() check (length(created_by) <= 64),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, view_id),
  constraint saved_views_name_is_free unique (tenant_id, created_by, kind, name)
);

create index saved_views_newest on public.saved_views (tenant_id, created_at, view_id);

-- app.actor(): one who signs tokens without a credential has views, too.
alter table public.saved_views enable row level security;
alter table public.saved_views force row level security;
create policy saved_views_read on public.saved_views for select to authenticated
  using (tenant_id = (select app.tenant_id()) and (shared or created_by = (select app.actor())));

revoke all on public.saved_views from anon, authenticated;
grant select on public.saved_views to authenticated;
grant select, insert, update, delete on public.saved_views to service_role;
grant execute on function app.actor(), app.caller() to authenticated;

comment on table public.saved_views is
  'What people look at again. A private one is seen by its maker alone, a shared one by all who read the tenant.';
comment on column public.saved_views.kind is 'The page that shows it.';
comment on column public.saved_views.filter is 'As its maker wrote it, text or JSON; empty: everything.';
comment on column public.saved_views.tree is
  'What the filter means, as app.compile_filter takes it; checked when it was saved.';
comment on column public.saved_views.settings is
  'What else its page needs: sort, columns, range. The database reads none of it.';
comment on column public.saved_views.created_by is
  'Its maker: user:<uuid>, a key''s id, dev. Of a key that was rotated its successor.';

create function app.view_argument(arguments jsonb) returns public.saved_views
language plpgsql stable set search_path = ''
as $$
declare
  given public.saved_views;
begin
  given.kind := app.argument(
    arguments, 'kind', '^(traces|spans|sessions|analyze)$', 'traces, spans, sessions or analyze');
  given.name := app.argument(
    arguments, 'name', '^[^[:cntrl:]]{1,120}$', 'a name of 1 to 120 characters in one line');
  given.filter := app.argument(arguments, 'filter', '', 'a filter, as text or JSON');
  given.tree := coalesce(arguments -> 'tree', '{}');
  given.settings := coalesce(arguments -> 'settings', '{}');
  if jsonb_typeof(coalesce(arguments -> 'shared', 'null')) <> 'boolean' then
    raise invalid_parameter_value using
      message = 'shared is neither true nor false.', hint = 'Send {"shared": false} for yourself alone.';
  end if;
  given.shared := arguments -> 'shared';
  if jsonb_typeof(given.settings) <> 'object' or octet_length(given.settings::text) > 8192 then
    raise invalid_parameter_value using
      message = 'settings are no object, or longer than 8 KiB.', hint = 'Save fewer columns.';
  end if;
  -- As its page asks: sums are of spans, sessions are looked for by their traces.
  perform app.compile_filter(given.tree,
    case when given.kind in ('traces', 'sessions') then 'traces' else 'spans' end);
  return given;
end
$$;
comment on function app.view_argument(jsonb) is
  'What is to be saved, with a filter that is one; refused in words otherwise.';

create function app.hold_views(tenant text) returns void
language plpgsql set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(tenant, 6203417));
end
$$;
comment on function app.hold_views(text) is
  'Lets one at a time change the tenant''s views, so that each counts those of all others.';

create function app.lock_view(tenant text, wanted text) returns public.saved_views
language plpgsql set search_path = ''
as $$
declare
  known public.saved_views;
begin
  select * into known from public.saved_views
  where tenant_id = tenant and view_id = wanted::uuid and (shared or created_by = app.actor())
  for update;
  if known.tenant_id is null then
    raise sqlstate 'PT404' using
      message = 'There is no such view.', hint = 'GET /views lists yours and those that are shared.';
  end if;
  if known.created_by <> app.actor() then
    perform app.require_right(tenant, 'admin');
  end if;
  return known;
end
$$;
comment on function app.lock_view(text, text) is
  'A view that the caller may change: their own, or, with the right admin, one that is shared.';

create function app.view_id_argument(arguments jsonb) returns text
language sql immutable set search_path = ''
as $$
  select app.argument(
    arguments, 'view_id', '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', 'a view''s UUID')
$$;
comment on function app.view_id_argument(jsonb) is 'The id of a view.';

create function app.refuse_view_name() returns void
language plpgsql immutable set search_path = ''
as $$
begin
  raise sqlstate 'PT409' using
    message = 'You have a view of this kind and name.', hint = 'Choose another name, or change that one.';
end
$$;
comment on function app.refuse_view_name() is 'Refuses a name that the maker has given already.';

create function public.create_view(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('read');
  given public.saved_views := app.view_argument($1);
  most constant integer := 200;
  created public.saved_views;
begin
  if given.shared then
    perform app.require_right(tenant, 'ingest');
  end if;
  perform app.ensure_tenant(tenant);
  perform app.hold_views(tenant);
  if (select count(*) from public.saved_views
      where tenant_id = tenant and created_by = app.actor()) >= most then
    raise sqlstate 'PT409' using
      message = format('You have %s views, which is the most.', most),
      hint = 'Delete those that you do not need.';
  end if;
  insert into public.saved_views (tenant_id, kind, name, shared, filter, tree, settings)
  values (tenant, given.kind, given.name, given.shared, given.filter, given.tree, given.settings)
  returning * into created;
  return to_jsonb(created);
exception when unique_violation then
  perform app.refuse_view_name();
end
$$;
comment on function public.create_view(jsonb) is
  'Saves {"kind", "name", "shared", "filter", "tree", "settings"} as a view of the caller''s, who has 200 at most; answers it. To share one needs the right ingest.';

create function public.replace_view(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('read');
  given public.saved_views := app.view_argument($1);
  known public.saved_views := app.lock_view(tenant, app.view_id_argument($1));
begin
  if given.shared then
    perform app.require_right(tenant, 'ingest');
  end if;
  update public.saved_views set
    kind = given.kind, name = given.name, shared = given.shared, filter = given.filter,
    tree = given.tree, settings = given.settings, changed_at = now()
  where tenant_id = tenant and view_id = known.view_id
  returning * into known;
  return to_jsonb(known);
exception when unique_violation then
  perform app.refuse_view_name();
end
$$;
comment on function public.replace_view(jsonb) is
  'Makes the view {"view_id"} what create_view would have made of the rest; its maker stays. Shared ones by admins, too.';

create function public.delete_view(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('read');
  known public.saved_views := app.lock_view(tenant, app.view_id_argument($1));
begin
  delete from public.saved_views where tenant_id = tenant and view_id = known.view_id;
  return to_jsonb(known);
end
$$;
comment on function public.delete_view(jsonb) is
  'Deletes the view {"view_id"} and answers it; shared ones may be deleted by admins, too.';

-- A filter and a name may name a person, so the audit has neither.
create function app.audit_view() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  known public.saved_views := coalesce(new, old);
  before constant boolean := coalesce(old.shared, false);
  after constant boolean := coalesce(new.shared, false);
  changed text[] := array(
    select key from jsonb_each(app.changed_values(to_jsonb(old), to_jsonb(new)))
    where before and after and key <> 'changed_at' order by key);
begin
  if not (before or after) or before and after and changed = '{}' then
    return null;
  end if;
  perform app.record_event(known.tenant_id, 'saved_view.' || case
    when tg_op = 'DELETE' then 'deleted' when not before then 'shared'
    when not after then 'unshared' else 'changed' end, known.view_id::text,
    jsonb_build_object('kind', known.kind, 'created_by', known.created_by)
      || case when changed = '{}' then '{}' else jsonb_build_object('changed', changed) end);
  return null;
end
$$;
comment on function app.audit_view() is
  'Records what becomes of views that others see; private ones are their maker''s business.';

create trigger audit_view after insert or update or delete on public.saved_views
  for each row execute function app.audit_view();

create function app.end_views() returns trigger
language plpgsql set search_path = ''
as $$
begin
  delete from public.saved_views
  where tenant_id = old.tenant_id and created_by = 'user:' || old.user_id and not shared;
  return null;
end
$$;
comment on function app.end_views() is
  'Takes the private views of a member who goes; shared ones stay, for admins to change.';

create function app.pass_views_on() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.replaced_by is distinct from old.replaced_by then
    update public.saved_views set created_by = new.replaced_by
    where tenant_id = new.tenant_id and created_by = new.key_id;
  end if;
  if new.revoked_at is not null then
    delete from public.saved_views
    where tenant_id = new.tenant_id and created_by = new.key_id and not shared;
  end if;
  return null;
end
$$;
comment on function app.pass_views_on() is
  'Gives the views of a rotated key to its successor, and takes the private ones of a revoked key.';

create function app.forget_views(tenant text, names text[]) returns bigint
language sql set search_path = ''
as $$
  with gone as (
    delete from public.saved_views v
    where v.tenant_id = tenant and (v.name = any(names) or exists (
      select from jsonb_path_query(
        jsonb_build_array(v.tree, v.settings), 'strict $.** ? (@.type() == "string")') told
      where told #>> '{}' = any(names)))
    returning 1)
  select count(*) from gone
$$;
comment on function app.forget_views(text, text[]) is
  'Deletes the views that ask of a user by one of these names; answers how many.';

revoke execute on all functions in schema app from public;
revoke execute on function public.create_view(jsonb), public.replace_view(jsonb), public.delete_view(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.create_view(jsonb), public.replace_view(jsonb), public.delete_view(jsonb)
  to authenticated;
