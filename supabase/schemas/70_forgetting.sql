-- Deleting a trace, a user's data or a tenant: one transaction each, answered with a receipt.

-- A receipt may outlive what it is about, so it does not name a person. Whoever knows the id can
-- find the receipt, until the salt is destroyed.
create function app.pseudonym(tenant text, person text) returns text
language sql stable set search_path = ''
as $$
  select 'user:' || coalesce(encode(
    sha256((select digest_salt from public.tenants where tenant_id = tenant)
      || convert_to(person, 'UTF8')), 'hex'), 'unknown')
$$;
comment on function app.pseudonym(text, text) is
  'A user''s id as a digest under the tenant''s salt; user:unknown where the salt was destroyed.';

create function app.forget_traces(
  tenant text, doomed text[], out spans bigint, out contents bigint, out traces bigint, out evaluations bigint
)
language plpgsql set search_path = ''
as $$
declare
  calls public.spans[];
begin
  with gone as (delete from public.spans where tenant_id = tenant and trace_id = any(doomed) returning *)
  select count(*), coalesce(array_agg(g::public.spans) filter (where countable), '{}')
    into spans, calls from gone g;
  evaluations := app.forget_evaluations(tenant, calls, doomed);
  delete from public.span_contents where tenant_id = tenant and trace_id = any(doomed);
  get diagnostics contents = row_count;
  delete from public.traces where tenant_id = tenant and trace_id = any(doomed);
  get diagnostics traces = row_count;
  perform app.settle_without(tenant, calls);
  perform app.note_forgotten(tenant, array(select 'trace:' || trace from unnest(doomed) trace));
end
$$;
comment on function app.forget_traces(text, text[]) is
  'Deletes traces of a tenant that is held, with their content, lowers its sums and remembers the traces; answers what went.';

-- 25 s, since a tenant can be large; the Data API sets it before it calls.
create function public.forget_trace(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '25s'
as $$
declare
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  tenant text := app.hold_tenant('admin');
  gone record;
begin
  gone := app.forget_traces(tenant, array[trace]);
  if gone.spans + gone.contents + gone.traces + gone.evaluations = 0 then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such trace.', hint = 'It may be deleted already.';
  end if;
  return app.record_event(tenant, 'trace.forgotten', trace, jsonb_build_object(
    'deleted', jsonb_build_object('spans', gone.spans, 'contents', gone.contents, 'traces', gone.traces)
      || case when gone.evaluations > 0 then jsonb_build_object('evaluations', gone.evaluations) else '{}' end));
end
$$;
comment on function public.forget_trace(jsonb) is
  'Deletes the trace {"trace_id"} of the caller''s tenant with its content; answers the receipt.';

create function public.forget_user(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '25s'
as $$
declare
  person text := app.argument($1, 'user_id', '^.', 'a user''s id');
  -- In the form of a credential an id is not stored, but its pseudonym is.
  pseudonym text := case when $1 ->> 'pseudonym' is not null then
    app.argument($1, 'pseudonym', '^u1:', 'a user''s pseudonym') end;
  names text[] := array_remove(array[person, pseudonym], null);
  -- Before the tenant is held: its writers would wait for the end of a folding, too.
  summed text := app.hold_sums();
  tenant text := app.hold_tenant('admin');
  involved text[];
  calls public.spans[];
  spans bigint;
  contents bigint;
  traces bigint;
  evaluations bigint;
  views bigint := app.forget_views(tenant, names);
begin
  involved := array(
    select distinct trace_id from public.spans where tenant_id = tenant and user_id = any(names));
  with gone as (
    -- A span that names nobody belongs to whom its trace is about.
    delete from public.spans
    where tenant_id = tenant and trace_id = any(involved) and (user_id = any(names) or user_id is null)
    returning *
  ),
  contents_gone as (
    delete from public.span_contents c using gone g
    where c.tenant_id = tenant and (c.trace_id, c.span_id, c.start_time) = (g.trace_id, g.span_id, g.start_time)
    returning 1
  )
  select
    (select count(*) from gone), (select count(*) from contents_gone),
    array(select g::public.spans from gone g
      where countable or app.is_transparent(countable, operation, agent_name, tool_name, attributes)) into spans, contents, calls;
  evaluations := app.forget_evaluations(tenant, calls, involved);
  -- The hours of what went are marked; sums by this person go at once, and what was taken of them.
  delete from public.roll_ups where tenant_id = tenant and dimension = 'user' and value = any(names);
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, involved);
  perform app.note_forgotten(tenant, array(
    select app.pseudonym(tenant, name) from unnest(names) name
    union all select 'nameless:' || trace from unnest(involved) trace));
  return app.record_event(tenant, 'user.forgotten', app.pseudonym(tenant, person), jsonb_build_object(
    'deleted', jsonb_build_object('spans', spans, 'contents', contents, 'traces', traces)
      || case when evaluations > 0 then jsonb_build_object('evaluations', evaluations) else '{}' end
      || case when views > 0 then jsonb_build_object('saved_views', views) else '{}' end));
end
$$;
comment on function public.forget_user(jsonb) is
  'Deletes what there is of {"user_id", "pseudonym" (of the same user, if given)} in the caller''s tenant: spans that name the user, in their traces those that name nobody, and saved views that ask of the user; answers the receipt.';

create function public.forget_tenant(jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '25s'
as $$
declare
  summed text := app.hold_sums();
  tenant text := app.hold_tenant('owner');
  deleted jsonb;
begin
  if ($1 ->> 'tenant_id') is distinct from tenant then
    raise invalid_parameter_value using
      message = 'tenant_id does not repeat the tenant of the token.',
      hint = 'Send {"tenant_id": "…"} with the tenant that is to be deleted for good.';
  end if;
  with
    s as (delete from public.spans where tenant_id = tenant returning 1),
    c as (delete from public.span_contents where tenant_id = tenant returning 1),
    t as (delete from public.traces where tenant_id = tenant returning 1),
    u as (delete from public.roll_ups where tenant_id = tenant returning 1),
    h as (delete from public.hour_terms where tenant_id = tenant returning 1),
    e as (delete from public.evaluations where tenant_id = tenant returning 1),
    p as (delete from public.processes where tenant_id = tenant returning 1),
    b as (delete from public.ingest_budgets where tenant_id = tenant returning 1),
    k as (delete from public.api_keys where tenant_id = tenant returning 1),
    i as (delete from public.invitations where tenant_id = tenant returning 1),
    m as (delete from public.memberships where tenant_id = tenant returning 1),
    a as (delete from public.attribute_mappings where tenant_id = tenant returning 1),
    v as (delete from public.saved_views where tenant_id = tenant returning 1),
    f as (delete from public.forgotten where tenant_id = tenant returning 1),
    r as (delete from public.retention_runs where tenant_id = tenant returning 1),
    w as (delete from public.roll_up_progress where tenant_id = tenant returning 1),
    l as (delete from public.response_chains where tenant_id = tenant returning 1),
    d as (delete from public.deletions where tenant_id = tenant returning 1),
    n as (delete from public.deletion_traces where tenant_id = tenant returning 1),
    -- The salt goes with the row: digests in a backup are meaningless from now on.
    o as (delete from public.tenants where tenant_id = tenant returning 1)
  select jsonb_build_object(
    'spans', (select count(*) from s), 'contents', (select count(*) from c),
    'traces', (select count(*) from t), 'roll_ups', (select count(*) from u), 'hour_terms', (select count(*) from h), 'evaluations', (select count(*) from e), 'processes', (select count(*) from p),
    'ingest_budgets', (select count(*) from b),
    'api_keys', (select count(*) from k), 'invitations', (select count(*) from i),
    'memberships', (select count(*) from m),
    'attribute_mappings', (select count(*) from a),
    'saved_views', (select count(*) from v),
    'forgotten', (select count(*) from f),
    'retention_runs', (select count(*) from r),
    'roll_up_progress', (select count(*) from w),
    'response_chains', (select count(*) from l),
    'deletions', (select count(*) from d), 'deletion_traces', (select count(*) from n),
    'tenants', (select count(*) from o)) into deleted;
  -- The deletion of spans marked their hours when its statement ended.
  delete from public.roll_up_changes where tenant_id = tenant;
  -- Without this, whoever signs tokens of its own would bring it back with the next span.
  insert into public.tenants (tenant_id, digest_key_id, digest_salt, deleted_at)
  values (tenant, null, null, now());
  return app.record_event(
    tenant, 'tenant.forgotten', tenant, jsonb_build_object('deleted', deleted));
end
$$;
comment on function public.forget_tenant(jsonb) is
  'Deletes all there is of the caller''s tenant, which {"tenant_id"} has to repeat; audit events stay, and an empty row that keeps it deleted. For owners. Answers the receipt.';

create function public.restore_tenant() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_tenant();
begin
  perform app.require_right(tenant, 'operator');
  -- As a tenant's first write makes it.
  update public.tenants
  set deleted_at = null, digest_key_id = default, digest_salt = default, created_at = now()
  where tenant_id = tenant and deleted_at is not null;
  if not found then
    raise sqlstate 'PT404' using
      message = 'This tenant was not deleted.', hint = 'There is nothing to lift.';
  end if;
  return jsonb_build_object('tenant_id', tenant);
end
$$;
comment on function public.restore_tenant() is
  'Lets a deleted tenant begin anew, with nothing of what it was. For the project''s operator: no key and no user may.';

create function public.shred_digests() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.hold_tenant('admin');
  kid text;
begin
  perform app.ensure_tenant(tenant);
  update public.tenants set digest_key_id = default, digest_salt = default
  where tenant_id = tenant
  returning digest_key_id into kid;
  return jsonb_build_object('digest_key_id', kid, 'ingest_tokens', array(
    select key_id from public.api_keys where tenant_id = tenant and kind = 'ingest_token'
      and revoked_at is null and expires_at > now() order by key_id));
end
$$;
comment on function public.shred_digests() is
  'Destroys the salt behind the tenant''s digests, and draws a new one; answers its key id, and the ingest tokens that work: what was derived for them goes on testing guesses against old digests.';

revoke execute on all functions in schema app from public;
revoke execute on function
  public.forget_trace(jsonb), public.forget_user(jsonb), public.forget_tenant(jsonb),
  public.shred_digests(), public.restore_tenant()
  from public, anon, authenticated, service_role;
grant execute on function
  public.forget_trace(jsonb), public.forget_user(jsonb), public.forget_tenant(jsonb),
  public.shred_digests(), public.restore_tenant()
  to llm_admin;
