-- Spans of several traces that tell of one call: who writes any of them keeps out whoever writes
-- another.

-- Postgres keeps all locks in one table of 64 (max_locks_per_transaction) for each connection, so a
-- writer takes 17 of them at most: few responses one by one, many as all of its tenant's at once.
-- The lock of all comes first, and the others have odd numbers, in order: nobody deadlocks.
create function app.hold_responses(tenant text, responses text[], alone boolean) returns void
language plpgsql set search_path = ''
as $$
declare
  held boolean;
begin
  -- As an expression each lock takes a fraction of what a statement does.
  if alone or cardinality(responses) > 16 then
    held := pg_advisory_xact_lock(hashtext(tenant), 0) is not null;
    return;
  end if;
  held := pg_advisory_xact_lock_shared(hashtext(tenant), 0) is not null;
  perform pg_advisory_xact_lock(hashtext(tenant), response) from (
    select distinct hashtext(id) | 1 as response from unnest(responses) id order by 1 offset 0) r;
end
$$;
comment on function app.hold_responses(text, text[], boolean) is
  'Lets nobody else write spans of these responses, or alone no calls at all, until the transaction ends: what is committed of them is all there is.';

-- A call without a response id has to see those of every other instrumentation, so its writer is
-- alone; so is who brings an instrumentation that the others do not yet know of.
create function app.hold_calls(
  tenant text, told text[], unnamed boolean, responses text[],
  inout alone boolean, out instrumentations text[]
)
language plpgsql set search_path = ''
as $$
declare
  known text[];
  held boolean;
begin
  if told = '{}' and responses = '{}' and not alone then
    instrumentations := '{}';
    return;
  end if;
  -- Two instrumentations are known for good; of fewer, another may come before the lock is held.
  for turn in 1 .. 2 loop
    select call_instrumentations into known from public.tenants where tenant_id = tenant;
    instrumentations := case when told <@ known then known else
      (known || array(select unnest(told) except select unnest(known) order by 1))[1:2] end;
    if instrumentations <> known or unnamed and cardinality(instrumentations) > 1 then
      if turn = 2 and not alone then
        raise sqlstate 'LO409' using
          message = 'A call of another instrumentation has turned up.', detail = '{}';
      end if;
      alone := true;
    end if;
    exit when turn = 2;
    held := app.hold_responses(tenant, responses, alone) is not null;
    exit when cardinality(known) = 2;
  end loop;
  if instrumentations <> known then
    update public.tenants set call_instrumentations = instrumentations where tenant_id = tenant;
  end if;
end
$$;
comment on function app.hold_calls(text, text[], boolean, text[], boolean) is
  'Holds what may tell of calls of these instrumentations (unnamed: one of them without a response id), by response or alone; answers whether alone, and the tenant''s first two instrumentations of calls, one where there is one.';

create function app.find_peers(
  tenant text, responses text[], reopened text[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  if responses = '{}' then
    return '{}';
  end if;
  return array(
    select s::public.spans from unnest(responses) r cross join lateral (
      select * from public.spans
      where tenant_id = tenant and app.tells_of(response_id, r)
        and start_time between since - app.call_window() and until + app.call_window()
        and countable
      order by hashtextextended(response_id, 0) desc, counted desc, start_time desc
      limit case when r <> all(reopened) then 4 end) s);
end
$$;
comment on function app.find_peers(text, text[], text[], timestamptz, timestamptz) is
  'Stored spans of these responses, those counted first: of reopened ones all, else a few, since no two that are counted start within an hour.';

create function app.find_nested(
  tenant text, arrived public.spans[], held text[], instrumentations text[],
  since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found public.spans[] := '{}';
begin
  if cardinality(instrumentations) > 1 then
    found := app.find_enclosing(tenant, arrived, false, since, until)
      || app.find_enclosed(tenant, arrived, false, 16, since, until);
  end if;
  if held <> '{}' then
    found := found || array(
      select s::public.spans from unnest(held) t cross join lateral (
        select * from public.spans
        where tenant_id = tenant and trace_id between t and t and start_time between since and until
        order by trace_id limit 1) s);
  end if;
  return found;
end
$$;
comment on function app.find_nested(text, public.spans[], text[], text[], timestamptz, timestamptz) is
  'Stored spans that these resemble the calls or the wrappers of, and one of each trace that is to be held besides.';

create function app.require_held(
  arrived public.spans[], before public.spans[], settled public.spans[],
  responses text[], known text[], instrumentations text[], alone boolean
) returns void
language plpgsql stable set search_path = ''
as $$
declare
  others text[];
  traces text[];
  unseen boolean := not alone and exists (
    select from unnest(before) where countable and instrumentation is not null
      and (instrumentations = '{}' or response_id is null and cardinality(instrumentations) > 1));
begin
  select
    coalesce(array_agg(distinct response_id) filter (
      where response_id is not null and response_id not in (select unnest(responses))), '{}'),
    coalesce(array_agg(distinct trace_id) filter (
      where trace_id not in (select trace_id from unnest(arrived) union select unnest(known))), '{}')
    into others, traces from unnest(before || settled) where countable;
  if others <> '{}' or traces <> '{}' or unseen then
    raise sqlstate 'LO409' using
      message = 'A call has turned up that this transaction does not hold.',
      detail = jsonb_build_object('responses', others, 'traces', traces)::text;
  end if;
end
$$;
comment on function app.require_held(
  public.spans[], public.spans[], public.spans[], text[], text[], text[], boolean
) is
  'Refuses, with these as detail, to have settled spans whose response or trace is not held, or changed some that want to be alone: locks are taken in order, so the writer begins again with them, alone.';

revoke execute on all functions in schema app from public;
