-- One row per trace, kept by ingest_spans in the same transaction as its spans.

create table public.traces (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  trace_id text not null check (octet_length(trace_id) = 32 and trace_id ~ '^[0-9a-f]*$'),
  root_span_id text,
  root_start_ns bigint,
  root_span_name text,
  root_status text check (root_status in ('unset', 'ok', 'error')),
  start_time timestamptz not null,
  end_time timestamptz not null,
  start_ns bigint not null,
  end_ns bigint not null,
  duration_ms double precision generated always as
    ((end_ns - start_ns)::double precision / 1000000) stored,
  status text generated always as
    (coalesce(root_status, case when error_count > 0 then 'error' else 'unset' end)) stored,
  span_count bigint not null default 0,
  error_count bigint not null default 0,
  requests bigint not null default 0,
  unpriced_requests bigint not null default 0,
  unmeasured_requests bigint not null default 0,
  input_tokens bigint,
  output_tokens bigint,
  total_tokens bigint,
  total_cost_usd numeric,
  models text[] not null default '{}',
  providers text[] not null default '{}',
  operations text[] not null default '{}',
  service_name text,
  environment text,
  session_id text,
  user_id text,
  updated_at timestamptz not null default now(),
  root_session_id text,
  root_user_id text,
  misdated text[] not null default '{}',
  undated boolean not null default false,
  earliest timestamptz,
  latest timestamptz,
  error_types text[] not null default '{}',
  customer_id text,
  root_customer_id text,
  chained_session_id text,
  primary key (tenant_id, trace_id)
)
-- A row changes with every batch of its trace: room for the next version beside it.
with (fillfactor = 80);

create index traces_newest on public.traces (tenant_id, start_time, trace_id);
-- Asked by each filter (app.find_outdated): normally nothing.
create index traces_misdated on public.traces (tenant_id, start_time) where misdated <> '{}';
-- By hashes, which take less room than ids, and bound a row's width.
create index traces_of_session on public.traces (
  tenant_id, (hashtextextended(coalesce(root_session_id, session_id, chained_session_id), 0)), start_time)
  where coalesce(root_session_id, session_id, chained_session_id) is not null;
create index traces_of_user on public.traces (
  tenant_id, (hashtextextended(coalesce(root_user_id, user_id), 0)), start_time)
  where coalesce(root_user_id, user_id) is not null;
-- By day (UTC), as those of spans.
create index traces_by_duration on public.traces (
  tenant_id, ((start_ns / 86400000000000)::integer), duration_ms)
  where not undated;
create index traces_by_cost on public.traces (
  tenant_id, ((start_ns / 86400000000000)::integer), (total_cost_usd::double precision))
  where not undated and total_cost_usd is not null;
create index traces_by_tokens on public.traces (
  tenant_id, ((start_ns / 86400000000000)::integer), (total_tokens::double precision))
  where not undated and total_tokens is not null;
create index traces_by_errors on public.traces (
  tenant_id, ((start_ns / 86400000000000)::integer), (error_count::double precision))
  where not undated and error_count > 0;
-- Those that go on in another hour than they start in (app.find_begun).
create index traces_across on public.traces (tenant_id, end_time, start_time)
  where date_bin('1 hour', start_time, 'epoch') <> date_bin('1 hour', end_time, 'epoch');

alter table public.traces enable row level security;
alter table public.traces force row level security;
create policy traces_read on public.traces for select to authenticated
  using (tenant_id = (select app.tenant_id()));

revoke all on public.traces from anon, authenticated;
grant select on public.traces to authenticated;
grant select, insert, update, delete on public.traces to service_role;

comment on table public.traces is
  'One row per trace: what a list shows, kept by ingest_spans. Who writes a trace holds its row.';
comment on column public.traces.root_span_id is
  'The span without a parent; of several the one that started first.';
comment on column public.traces.status is
  'The root span''s status; while there is no root, error if any span failed.';
comment on column public.traces.models is
  'Canonical models of its calls, the first 32 by alphabet; so are providers, and operations of all its spans.';
comment on column public.traces.error_types is
  'Error types of its failed spans, the first 32 by alphabet; a span that failed may tell none.';
comment on column public.traces.requests is
  'Model calls (counted spans).';
comment on column public.traces.unpriced_requests is
  'Answered model calls of known usage and unknown price (app.is_unpriced): total_cost_usd leaves them out.';
comment on column public.traces.unmeasured_requests is
  'Answered model calls of unknown usage (app.is_unmeasured): tokens and total_cost_usd leave them out.';
comment on column public.traces.start_time is
  'From here to end_time are its well-dated spans; all of them where none is. So are start_ns, end_ns and duration_ms.';
comment on column public.traces.session_id is
  'The least that a span of it tells; its root''s, root_session_id, stands over it. So are user_id and customer_id.';
comment on column public.traces.chained_session_id is
  'The least that a call of it has from its chain of responses (spans.chained_session_id): the trace''s session where no span tells one.';
comment on column public.traces.misdated is
  'How spans of it are misdated (spans.misdated): future, past, both, or not.';
comment on column public.traces.undated is
  'True where every span of it is misdated.';
comment on column public.traces.earliest is
  'The start of the first of all its spans, misdated ones, too, where that is not start_time; so is latest for end_time. Who looks for its spans looks from the one to the other.';
comment on column public.traces.total_tokens is
  'Sum over model calls whose usage is known; null where none is.';
