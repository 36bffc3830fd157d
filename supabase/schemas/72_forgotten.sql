-- What was forgotten while spans of it may wait in the queue: their writer asks before it stores.

create table public.forgotten (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  subject text not null check (
    octet_length(subject) <= 69 and subject ~ '^(trace|nameless):[0-9a-f]{32}$|^user:[0-9a-f]{64}$'),
  forgotten_at timestamptz not null default now(),
  primary key (tenant_id, subject)
);

alter table public.forgotten enable row level security;
alter table public.forgotten force row level security;
create policy forgotten_read on public.forgotten for select to llm_admin
  using (tenant_id = (select app.tenant_id()));

revoke all on public.forgotten from anon, authenticated, service_role;
grant select on public.forgotten to llm_admin;
grant select, insert, update, delete on public.forgotten to service_role;

comment on table public.forgotten is
  'Traces and users that were forgotten in the last 45 days, longer than a span can wait in the queue. Written whether there is a queue or not.';
comment on column public.forgotten.subject is
  'trace:<id>; user:<a digest under the tenant''s salt>, as in the audit; nameless:<id>, a trace of a forgotten user, whose spans that name nobody went with the user''s.';

create function app.note_forgotten(tenant text, subjects text[]) returns void
language sql set search_path = ''
as $$
  delete from public.forgotten where tenant_id = tenant and forgotten_at < now() - interval '45 days';
  insert into public.forgotten (tenant_id, subject)
  select distinct tenant, subject from unnest(subjects) subject where subject <> 'user:unknown'
  on conflict (tenant_id, subject) do update set forgotten_at = now();
$$;
comment on function app.note_forgotten(text, text[]) is
  'Remembers what was forgotten, and no longer what was 45 days ago.';

-- A user comes back with spans that began later; a trace does not.
create function app.without_forgotten(tenant text, spans jsonb) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  if app.caller() is distinct from 'span_writer' then
    return spans;
  end if;
  if not exists (select from public.forgotten where tenant_id = tenant) then
    return spans;
  end if;
  return (
    with arrived as (
      select span, place, span ->> 'trace_id' as trace_id, span ->> 'user_id' as user_id,
        case when jsonb_typeof(span -> 'start_ns') = 'number' then (span ->> 'start_ns')::numeric end as start_ns
      from jsonb_array_elements(spans) with ordinality s (span, place)
    ),
    people as (
      select user_id, app.pseudonym(tenant, user_id) as subject
      from (select distinct user_id from arrived where user_id is not null) named
    ),
    named as (
      select a.place, a.trace_id from arrived a
        join people p using (user_id)
        join public.forgotten f on f.tenant_id = tenant and f.subject = p.subject
          and a.start_ns <= extract(epoch from f.forgotten_at) * 1000000000
    ),
    gone as (
      select place from named
      union
      select a.place from arrived a
        join public.forgotten f on f.tenant_id = tenant and f.subject = 'trace:' || a.trace_id
      union
      select a.place from arrived a
        join public.forgotten f on f.tenant_id = tenant and f.subject = 'nameless:' || a.trace_id
          and a.start_ns <= extract(epoch from f.forgotten_at) * 1000000000
      where a.user_id is null
      union
      select place from arrived
      where user_id is null and trace_id in (select trace_id from named)
    )
    select coalesce(jsonb_agg(span order by place), '[]') from arrived
    where place not in (select place from gone));
end
$$;
comment on function app.without_forgotten(text, jsonb) is
  'The spans that the queue''s writer brings without those of forgotten traces, and of users who were forgotten after they began; another writer''s as they are.';

revoke execute on all functions in schema app from public;
