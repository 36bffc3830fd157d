-- Spans of several traces that tell of one response: who writes any of them holds the response.

create function app.list_responses(spans public.spans[]) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    select distinct response_id collate "C" from unnest(spans)
    where countable and response_id is not null);
end
$$;
comment on function app.list_responses(public.spans[]) is
  'The response ids of the countable ones of these spans.';

-- Postgres keeps all locks in one table of 64 (max_locks_per_transaction) for each connection, so a
-- writer takes 17 of them at most: few responses one by one, many as all of its tenant's at once.
-- The lock of all comes first, and the others have odd numbers, in order: nobody deadlocks.
create function app.hold_responses(tenant text, responses text[]) returns void
language plpgsql set search_path = ''
as $$
declare
  response integer;
begin
  if responses = '{}' then
    return;
  elsif cardinality(responses) > 16 then
    perform pg_advisory_xact_lock(hashtext(tenant), 0);
    return;
  end if;
  perform pg_advisory_xact_lock_shared(hashtext(tenant), 0);
  for response in select distinct hashtext(id) | 1 from unnest(responses) id order by 1 loop
    perform pg_advisory_xact_lock(hashtext(tenant), response);
  end loop;
end
$$;
comment on function app.hold_responses(text, text[]) is
  'Lets nobody else write spans of these responses until the transaction ends: what is committed of them is all there is.';

create function app.find_peers(
  tenant text, responses text[], reopened text[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select s::public.spans from unnest(responses) r cross join lateral (
      select * from public.spans
      where tenant_id = tenant and response_id = r
        and hashtextextended(response_id, 0)
          between hashtextextended(r, 0) and hashtextextended(r, 0)
        and start_time between since - interval '1 hour' and until + interval '1 hour'
        and countable
      order by hashtextextended(response_id, 0) desc, counted desc, start_time desc
      limit case when r <> all(reopened) then 4 end) s);
end
$$;
comment on function app.find_peers(text, text[], text[], timestamptz, timestamptz) is
  'Stored spans of these responses, those counted first: of reopened ones all, else a few, since no two that are counted start within an hour.';

create function app.require_held(
  arrived public.spans[], settled public.spans[], responses text[], known text[]
) returns void
language plpgsql stable set search_path = ''
as $$
declare
  missing text[] := array(
    select distinct response_id from unnest(settled)
    where countable and response_id is not null and (
      response_id not in (select unnest(responses))
      or trace_id not in (select trace_id from unnest(arrived) union select unnest(known))));
begin
  if missing <> '{}' then
    raise sqlstate 'LO409' using
      message = 'A response has turned up that this transaction does not hold.',
      detail = to_jsonb(missing)::text;
  end if;
end
$$;
comment on function app.require_held(public.spans[], public.spans[], text[], text[]) is
  'Refuses, with the response ids as detail, to have settled spans whose response or trace is not held: locks are taken in order, so the writer begins again with these.';

revoke execute on all functions in schema app from public;
