-- What somebody found of a span or an answer: a score, a label and a reason, one row per finding.

create table public.evaluations (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  -- Made from what it says: the same finding that comes again is the same row.
  evaluation_id text not null check (evaluation_id ~ '^[0-9a-f]{64}$'),
  name text not null check (length(name) between 1 and 256),
  score double precision check (score between -1e300 and 1e300),
  label text check (length(label) <= 256),
  explanation text check (length(explanation) <= 8192),
  trace_id text check (octet_length(trace_id) = 32 and trace_id ~ '^[0-9a-f]*$'),
  span_id text check (octet_length(span_id) = 16 and span_id ~ '^[0-9a-f]*$'),
  response_id text check (length(response_id) between 1 and 256),
  evaluated_at timestamptz,
  received_at timestamptz not null default now(),
  constraint evaluations_subject check (trace_id is not null or response_id is not null),
  primary key (tenant_id, evaluation_id)
);

create index evaluations_of_trace on public.evaluations (tenant_id, trace_id) where trace_id is not null;
create index evaluations_of_response on public.evaluations (tenant_id, response_id)
  where response_id is not null;
create index evaluations_oldest on public.evaluations (tenant_id, received_at);

alter table public.evaluations enable row level security;
alter table public.evaluations force row level security;
create policy evaluations_read on public.evaluations for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.evaluations from anon, authenticated;
grant select on public.evaluations to authenticated;
grant select, insert, update, delete on public.evaluations to service_role;

comment on table public.evaluations is
  'What evaluators found, as OpenTelemetry''s gen_ai.evaluation.result events tell: of a span, by trace_id and span_id, or of an answer, by response_id.';
comment on column public.evaluations.explanation is
  'Content: null unless the tenant''s is kept.';
comment on column public.evaluations.evaluated_at is
  'When the event happened, as its sender says; null where it does not.';

create function app.store_evaluations(tenant text, payload jsonb, keeps_content boolean) returns bigint
language plpgsql set search_path = ''
as $$
declare
  stored bigint;
begin
  if payload is null or payload = '[]' then
    return 0;
  end if;
  with sent as (
    select encode(sha256(convert_to(jsonb_build_array(
        e.name, e.score, e.label, e.trace_id, e.span_id, e.response_id, e.time_ns)::text, 'UTF8')), 'hex') as id,
      e.*, case when keeps_content then e.explanation end as reason
    from jsonb_to_recordset(payload) as e(
      name text, score double precision, label text, explanation text,
      trace_id text, span_id text, response_id text, time_ns bigint)
  )
  insert into public.evaluations as known (
    tenant_id, evaluation_id, name, score, label, explanation, trace_id, span_id, response_id, evaluated_at)
  select distinct on (id) tenant, id, name, score, label, reason, trace_id, span_id, response_id,
    app.to_time(time_ns)
  from sent
  -- One order for all writers: unsorted, concurrent batches deadlock.
  order by id, reason collate "C" desc nulls last
  on conflict (tenant_id, evaluation_id) do update
    set explanation = greatest(known.explanation collate "C", excluded.explanation)
    where known.explanation is distinct from greatest(known.explanation collate "C", excluded.explanation);
  get diagnostics stored = row_count;
  return stored;
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    -- Not the database's own message, which may quote what was sent.
    raise invalid_parameter_value using
      message = 'An evaluation is malformed.',
      hint = 'No evaluation and no span of this batch was stored. Correct or leave out that one.';
end
$$;
comment on function app.store_evaluations(text, jsonb, boolean) is
  'Stores a tenant''s evaluations; answers how many rows were made or changed.';

create function app.forget_evaluations(tenant text, gone public.spans[], traces text[]) returns bigint
language plpgsql set search_path = ''
as $$
declare
  forgotten bigint;
begin
  delete from public.evaluations e
    where e.tenant_id = tenant and (
      e.trace_id = any(traces) and (e.span_id is null or not exists (
        select from public.spans s where s.tenant_id = tenant and s.trace_id = e.trace_id and s.span_id = e.span_id))
      or e.response_id in (select response_id from unnest(gone)));
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;
comment on function app.forget_evaluations(text, public.spans[], text[]) is
  'Deletes what was found of calls that are gone, and in these traces of spans that are not there; answers how many.';

create function app.expire_evaluations(
  tenant text, since timestamptz, content_since timestamptz, most integer
) returns bigint
language plpgsql set search_path = ''
as $$
declare
  expired bigint;
begin
  update public.evaluations set explanation = null
    where tenant_id = tenant and received_at < content_since and explanation is not null;
  delete from public.evaluations
    where tenant_id = tenant and evaluation_id in (
      select evaluation_id from public.evaluations
      where tenant_id = tenant and received_at < since order by received_at limit most);
  get diagnostics expired = row_count;
  return expired;
end
$$;
comment on function app.expire_evaluations(text, timestamptz, timestamptz, integer) is
  'Takes away explanations that are too old, and so many evaluations; answers how many of these.';

create view public.trace_evaluations with (security_invoker = true) as
select e.tenant_id, e.trace_id, e.span_id, e.evaluation_id, e.name, e.score, e.label, e.explanation,
  e.response_id, e.evaluated_at, e.received_at
from public.evaluations e
where e.trace_id is not null
union all
select e.tenant_id, s.trace_id, s.span_id, e.evaluation_id, e.name, e.score, e.label, e.explanation,
  e.response_id, e.evaluated_at, e.received_at
from public.evaluations e
join public.spans s on s.tenant_id = e.tenant_id and s.response_id = e.response_id and s.counted
where e.trace_id is null;
comment on view public.trace_evaluations is
  'Evaluations with the trace and span that they are of; those that name a response alone are of the call that tells of it.';

revoke execute on all functions in schema app from public;
revoke all on public.trace_evaluations from anon, authenticated;
grant select on public.trace_evaluations to authenticated, service_role;
