-- Sessions of calls that tell none, from OpenAI's previous_response_id: a call stands in the session
-- of the one whose response it names. Who writes notes what there is to look at; the job roll_ups
-- finds the sessions, one transaction after another, so that no writer holds another's traces.

create table public.response_chains (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  response_id text not null check (length(response_id) <= 256),
  change_id uuid not null default gen_random_uuid(),
  trace_id text,
  after timestamptz,
  settled boolean not null default false,
  noted_at timestamptz not null default now(),
  primary key (tenant_id, response_id, change_id)
);

create index response_chains_noted on public.response_chains (tenant_id, noted_at)
  where not settled;
create index response_chains_settled on public.response_chains (tenant_id, noted_at) where settled;

alter table public.response_chains enable row level security;
alter table public.response_chains force row level security;
create policy response_chains_read on public.response_chains for select to llm_admin
  using (tenant_id = (select app.tenant_id()));
revoke all on public.response_chains from anon, authenticated, service_role;
grant select on public.response_chains to llm_admin;
grant select, insert, update, delete on public.response_chains to service_role;

comment on table public.response_chains is
  'Responses that calls name as the one before, with what has changed about them since their calls'' sessions were found (spans.chained_session_id).';
comment on column public.response_chains.trace_id is
  'The calls of this trace look for their session; null: those that name the response do.';
comment on column public.response_chains.after is
  'Of those that name the response, those that started from here on.';
comment on column public.response_chains.settled is
  'True where nothing is to be looked at: the row says that the response is named.';

create function app.chain_session(response_id text) returns text
language sql immutable parallel safe
-- As long as an id is at most.
return 'response:' || case when length(response_id) <= 247 then response_id
  else 'sha256:' || encode(sha256(convert_to(response_id, 'UTF8')), 'hex') end;
comment on function app.chain_session(text) is
  'The session of a chain of responses that tells none, by the first of them.';

create function app.is_named(tenant text, response text) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return exists (
    select from public.spans
    where tenant_id = tenant and app.tells_of(previous_response_id, response) and countable);
end
$$;
comment on function app.is_named(text, text) is 'Whether a stored call names this response as the one before.';

-- Each link leads to a call that started earlier, so that no chain is a circle.
create function app.find_chained_session(tenant text, call public.spans) returns text
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  if call.previous_response_id is null then
    return case when app.is_named(tenant, call.response_id) then app.chain_session(call.response_id) end;
  end if;
  return coalesce((
    select coalesce(told, chained_session_id) from (
      select coalesce(s.session_id, t.session_id) as told, s.chained_session_id
      from public.spans s cross join lateral (
        select coalesce(root_session_id, session_id) as session_id from public.traces
        where tenant_id = tenant and trace_id between s.trace_id and s.trace_id
        order by trace_id limit 1  -- asks for the primary key (see app.add_to_traces)
      ) t
      where s.tenant_id = tenant and app.tells_of(s.response_id, call.previous_response_id)
        and s.countable and s.start_ns < call.start_ns
    ) before
    order by told is null, 1 limit 1), app.chain_session(call.previous_response_id));
end
$$;
comment on function app.find_chained_session(text, public.spans) is
  'The session of the call whose response this one names; of one that names none and is named, its own chain''s; null of all others.';

create function app.note_links(tenant text, links text[], responses text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  insert into public.response_chains (tenant_id, response_id, trace_id)
  select distinct tenant, substr(link, 33), left(link, 32) from unnest(links) link
  union all
  select tenant, response, null from unnest(responses) response
  where exists (
    select from public.response_chains c where c.tenant_id = tenant and c.response_id = response);
end
$$;
comment on function app.note_links(text, text[], text[]) is
  'Has sessions be found for calls that name a response (links: trace id and response id in one text), and for those that name one of these responses.';

create function app.list_links(spans public.spans[]) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(
    select trace_id || coalesce(previous_response_id, response_id) from unnest(spans)
    where previous_response_id is not null
      or response_id is not null and chained_session_id is not null);
end
$$;
comment on function app.list_links(public.spans[]) is
  'Of spans in chains of responses the trace id and, in the same text, the response that they name, else their own.';

create function app.note_changed(tenant text, changed public.spans[]) returns void
language plpgsql set search_path = ''
as $$
begin
  if changed <> '{}' then
    perform app.note_links(tenant, app.list_links(changed), array(
      select distinct response_id from unnest(changed) where response_id is not null));
  end if;
end
$$;
comment on function app.note_changed(text, public.spans[]) is
  'The same of stored spans that change or go, and of what they are merged with.';

create function app.linked_responses(links text[]) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(select distinct substr(link, 33) from unnest(links) link);
end
$$;
comment on function app.linked_responses(text[]) is 'The responses that links (app.note_links) lead to.';

create function app.note_retold(tenant text, trace text) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  -- For most tenants there is no chain.
  if exists (select from public.response_chains where tenant_id = tenant) then
    perform app.note_links(tenant, '{}', array(
      select distinct response_id from public.spans
      where tenant_id = tenant and trace_id = trace and countable and response_id is not null));
  end if;
end
$$;
comment on function app.note_retold(text, text) is
  'Has sessions be found for the calls that name a response of this trace, which tells another session now.';

create function app.take_links(tenant text, most integer) returns public.response_chains[]
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  taken public.response_chains[];
begin
  with gone as (
    delete from public.response_chains where ctid = any(array(
      select ctid from public.response_chains
      where tenant_id = tenant and not settled order by noted_at limit most))
    returning *
  )
  select array_agg(g::public.response_chains) into taken from gone g;
  return coalesce(taken, '{}');
end
$$;
comment on function app.take_links(text, integer) is
  'Takes away so many of a tenant''s notes, the oldest first.';

-- A response may be named by a hundred thousand calls: by so many at once, each page from where the
-- last one ended.
create function app.list_followers(
  tenant text, taken public.response_chains[], page integer
) returns public.spans[]
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found public.spans[] := '{}';
  part public.spans[];
  asked record;
begin
  for asked in
    select response_id, min(coalesce(after, '-infinity')) as after
    from unnest(taken) where trace_id is null group by response_id order by response_id
  loop
    part := array(
      select s::public.spans from public.spans s
      where s.tenant_id = tenant and app.tells_of(s.previous_response_id, asked.response_id)
        and s.countable and s.start_time >= asked.after
      -- By itself the start asks for the index of all spans.
      order by hashtextextended(s.previous_response_id, 0), s.start_time limit page);
    found := found || part;
    if cardinality(part) = page then
      insert into public.response_chains (tenant_id, response_id, after)
      values (tenant, asked.response_id, greatest(
        part[page].start_time, asked.after + interval '1 microsecond'));
    end if;
  end loop;
  return found;
end
$$;
comment on function app.list_followers(text, public.response_chains[], integer) is
  'The calls that name these responses, of each one a page; what is left is noted for the next time.';

create function app.list_linked(tenant text, traces text[], responses text[]) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return array(
    select s::public.spans from unnest(traces) trace cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id between trace and trace and countable
        and (previous_response_id is not null or chained_session_id is not null)
      order by trace_id) s
  ) || array(
    select s::public.spans from unnest(responses) response cross join lateral (
      select * from public.spans
      where tenant_id = tenant and app.tells_of(response_id, response) and countable) s);
end
$$;
comment on function app.list_linked(text, text[], text[]) is
  'The calls in chains of these traces, and those that gave these responses.';

create function app.move_call(tenant text, call public.spans) returns boolean
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found_session constant text := app.find_chained_session(tenant, call);
begin
  if found_session is not distinct from call.chained_session_id then
    return false;
  end if;
  update public.spans set chained_session_id = found_session
    where tenant_id = tenant and trace_id = call.trace_id and span_id = call.span_id
      and start_time = call.start_time;
  return true;
end
$$;
comment on function app.move_call(text, public.spans) is
  'Stores the session that a call has from its chain, where it is another; answers whether it is.';

create function app.move_traces(tenant text, moved text[]) returns void
language plpgsql set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  update public.traces t set chained_session_id = c.least, updated_at = now()
  from unnest(moved) trace cross join lateral (
    select min(chained_session_id) as least from (
      select chained_session_id from public.spans
      where tenant_id = tenant and trace_id between trace and trace
      order by trace_id offset 0) s
  ) c
  where t.tenant_id = tenant and t.trace_id = trace
    and t.chained_session_id is distinct from c.least;
end
$$;
comment on function app.move_traces(text, text[]) is
  'Gives traces the least session that a call of theirs has from its chain.';

create function app.remember_named(tenant text, responses text[]) returns void
language sql set search_path = ''
as $$
  delete from public.response_chains
  where tenant_id = tenant and response_id = any(responses) and settled;
  insert into public.response_chains (tenant_id, response_id, settled)
  select tenant, response, true from unnest(responses) response where app.is_named(tenant, response)
$$;
comment on function app.remember_named(text, text[]) is
  'Remembers which of these responses a call names.';

-- Expiry changes no session of the calls that are left: nothing is noted of it.
create function app.expire_links(tenant text, since timestamptz) returns void
language sql set search_path = ''
as $$
  delete from public.response_chains where tenant_id = tenant and settled and noted_at < since
$$;
comment on function app.expire_links(text, timestamptz) is
  'Forgets which responses were named by calls that are too old.';

-- Each in the order of its start: what a call goes on from was judged before it.
create function app.settle_chains(tenant text, most integer, page integer default 100) returns integer
language plpgsql set search_path = ''
as $$
declare
  taken public.response_chains[];
  named text[];
  linked public.spans[];
  call public.spans;
  moved public.spans[] := '{}';
begin
  -- One at a time, and nobody is forgotten meanwhile. Then as who writes (app.write_spans).
  perform app.hold_folding(tenant);
  perform pg_advisory_xact_lock_shared(app.tenant_lock(tenant));
  lock table only public.spans in row exclusive mode;
  taken := app.take_links(tenant, most);
  named := array(select distinct response_id from unnest(taken));
  linked := app.list_followers(tenant, taken, page)
    || app.list_linked(tenant, array(select distinct trace_id from unnest(taken)), named);
  -- A writer that tells a call's session writes its trace, and afterwards looks for its followers.
  perform from public.traces
    where tenant_id = tenant and trace_id = any(array(select trace_id from unnest(linked)))
    order by trace_id for update;
  for call in
    select s.* from (select distinct trace_id, span_id, start_time from unnest(linked)) l
    cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id = l.trace_id
        and span_id between l.span_id and l.span_id and start_time = l.start_time
      order by span_id, start_time  -- asks for the primary key (see app.add_to_traces)
    ) s
    order by s.start_ns, s.trace_id, s.span_id
  loop
    if app.move_call(tenant, call) then
      moved := moved || call;
    end if;
  end loop;
  perform app.move_traces(tenant, array(select distinct trace_id from unnest(moved)));
  perform app.remember_named(tenant, named);
  perform app.note_links(tenant, '{}', array(
    select distinct response_id from unnest(moved) where response_id is not null));
  return cardinality(taken);
end
$$;
comment on function app.settle_chains(text, integer, integer) is
  'Finds the sessions of a tenant''s calls that are noted, of so many notes; answers how many there were. What follows from them is noted.';

revoke execute on all functions in schema app from public;
