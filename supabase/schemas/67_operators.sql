-- People who see what all tenants add up to, and nothing that any of them wrote.

create table public.operators (
  user_id uuid not null,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  ended_by text,
  created_by text not null default app.actor(),
  primary key (user_id, created_at),
  check ((ended_at is null) = (ended_by is null))
);

create unique index operators_at_work on public.operators (user_id) where ended_at is null;

-- No policy: no role of a request reads it, and nobody is made an operator by hand in Studio.
alter table public.operators enable row level security;
alter table public.operators force row level security;
revoke all on public.operators from anon, authenticated, service_role;
grant select on public.operators to service_role;

comment on table public.operators is
  'Supabase users (auth.users.id) who see the sums of all tenants. A row stays when its user is no operator any more: it is its own audit, since the audit''s events are a tenant''s.';
comment on column public.operators.created_by is
  'Who made the user an operator: command, which is make access.';

create function app.require_command() returns void
language plpgsql stable set search_path = ''
as $$
begin
  if app.caller() is distinct from 'command' then
    raise sqlstate 'PT403' using
      message = 'Operators are named on the command line only.',
      hint = 'Whoever holds the signing key runs make access ARGS="operator --user …".';
  end if;
end
$$;
comment on function app.require_command() is 'Refuses every caller but the command make access.';

create function app.is_operator(person uuid) returns boolean
language sql stable set search_path = ''
as $$
  select exists (select from public.operators where user_id = person and ended_at is null)
$$;
comment on function app.is_operator(uuid) is 'Whether a user is an operator now.';

create function public.add_operator(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  person uuid := app.user_id_argument($1);
begin
  perform app.require_command();
  insert into public.operators (user_id) values (person)
  on conflict (user_id) where ended_at is null do nothing;
  return (select to_jsonb(o) from public.operators o where user_id = person and ended_at is null);
end
$$;
comment on function public.add_operator(jsonb) is
  'Lets {"user_id"} see the sums of all tenants; for make access alone. Again changes nothing.';

create function public.remove_operator(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  person uuid := app.user_id_argument($1);
  ended public.operators;
begin
  perform app.require_command();
  update public.operators set ended_at = now(), ended_by = app.actor()
  where user_id = person and ended_at is null
  returning * into ended;
  if ended.user_id is null then
    raise sqlstate 'PT404' using
      message = 'This user is no operator.', hint = 'There is nothing to take away.';
  end if;
  return to_jsonb(ended);
end
$$;
comment on function public.remove_operator(jsonb) is
  'Takes the sums of all tenants away from {"user_id"}, who sees those of their own tenants on; for make access alone.';

create function app.window_argument(arguments jsonb) returns tstzrange
language plpgsql immutable set search_path = ''
as $$
declare
  most constant interval := '92 days';
  window_start timestamptz := app.time_argument(arguments, 'window_start');
  window_end timestamptz := app.time_argument(arguments, 'window_end');
begin
  if window_start >= window_end or window_end - window_start > most then
    raise invalid_parameter_value using
      message = 'The window does not start before it ends, or is longer than 92 days.',
      hint = 'Give two times, window_start before window_end, at most 92 days apart.';
  end if;
  return tstzrange(window_start, window_end);
end
$$;
comment on function app.window_argument(jsonb) is
  'The time from window_start to before window_end: some, and at most 92 days.';

create function app.sum_calls(tenant text, during tstzrange) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return app.describe_all(app.read_level(
      app.start_reading(tenant, array[lower(during), upper(during)], 'hour', null, null, '{}'),
      0, true, '{}', false))
    - '{latency_ms,time_to_first_token_ms,spans,failed_spans,span_latency_ms}'::text[];
end
$$;
comment on function app.sum_calls(text, tstzrange) is
  'A tenant''s model calls of a window as query_metrics sums them, without what needs each call''s time.';

create function app.list_visible(person uuid, is_operator boolean, after text, most integer)
returns table (tenant_id text, role text, generated boolean)
language plpgsql stable set search_path = ''
as $$
begin
  return query
    with visible as (
      (select m.tenant_id from public.memberships m
        where m.user_id = person and m.tenant_id > after order by 1 limit most)
      union
      (select t.tenant_id from public.tenants t
        where is_operator and t.deleted_at is null and t.tenant_id > after order by 1 limit most)
    )
    select v.tenant_id, m.role, coalesce(t.generated, false)
    from visible v
      left join public.tenants t on t.tenant_id = v.tenant_id
      left join public.memberships m on m.tenant_id = v.tenant_id and m.user_id = person
    order by 1 limit most;
end
$$;
comment on function app.list_visible(uuid, boolean, text, integer) is
  'The next tenants by name whose sums a user may see: where they are a member, all that there are for an operator; with their role.';

create function public.sum_tenants(jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- Nobody is named by the argument: whose tenants these are is the token's person's.
  person uuid := app.require_person();
  is_operator boolean := app.is_operator(person);
  during tstzrange := app.window_argument($1);
  most integer := coalesce(app.integer_argument($1, 'limit', 1, 100), 100);
  enough constant interval := '4 s';
  last_seen text := case when coalesce($1 -> 'after', 'null') <> 'null' then
    app.argument($1, 'after', '^[a-z0-9][a-z0-9_-]{0,62}$', 'a tenant''s id') else '' end;
  visible record;
  found jsonb[] := '{}';
  is_last boolean := true;
begin
  for visible in select * from app.list_visible(person, is_operator, last_seen, most + 1) loop
    -- Half of the role's time, so that a page comes however large its tenants are.
    if cardinality(found) = most
       or cardinality(found) > 0 and clock_timestamp() - statement_timestamp() > enough then
      is_last := false;
      exit;
    end if;
    found := found || (to_jsonb(visible) || app.sum_calls(visible.tenant_id, during));
    last_seen := visible.tenant_id;
  end loop;
  return jsonb_build_object(
    'operator', is_operator, 'tenants', to_jsonb(found),
    'next', case when not is_last then last_seen end);
end
$$;
comment on function public.sum_tenants(jsonb) is
  'What model calls of {"window_start", "window_end"} add up to, by tenant: of those where the token''s person is a member, of all for an operator; by name, after "after", at most "limit" (100), fewer where that takes long. Sums, and the person''s own role; no content and nobody''s name.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.add_operator(jsonb), public.remove_operator(jsonb), public.sum_tenants(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.add_operator(jsonb), public.remove_operator(jsonb) to llm_operator;
grant execute on function public.sum_tenants(jsonb) to llm_sums;
