-- Which spans and traces of an hour have what a term of a filter asks. Made when the hour is folded
-- (app.make_terms), and read only where nothing changed since (app.walk_matches).

create table public.hour_terms (
  tenant_id text not null check (app.is_tenant_id(tenant_id)),
  of_traces boolean not null,
  hour timestamptz not null,
  term bigint not null,
  places integer[],
  bits bit varying,
  size integer,
  primary key (tenant_id, of_traces, hour, term)
);

create index hour_terms_hours on public.hour_terms (tenant_id, of_traces, hour) where term = 0;

alter table public.hour_terms enable row level security;
alter table public.hour_terms force row level security;
create policy hour_terms_read on public.hour_terms for select to authenticated
  using (tenant_id = (select app.tenant_id()));
revoke all on public.hour_terms from anon, authenticated;
grant select on public.hour_terms to authenticated;
grant select, insert, update, delete on public.hour_terms to service_role;

comment on table public.hour_terms is
  'By hour and term, which spans or traces that start in the hour have it, as the hour was when it was folded. An hour that is not over, has few spans or has changed since (roll_up_changes) is read from raw rows.';
comment on column public.hour_terms.of_traces is
  'True: the places are of traces, each with what any of its spans tells. False: of spans.';
comment on column public.hour_terms.term is
  'A hash of a field and a value (app.term_key). 0: the hour''s own row, which has no term.';
comment on column public.hour_terms.places is
  'Places in the hour, from 0, by start and ids; of the hour''s own row the starts of all, in microseconds after its middle.';
comment on column public.hour_terms.bits is
  'The same where they are many: a bit for each place of the hour.';
comment on column public.hour_terms.size is
  'Of the hour''s own row: how many places the hour has.';
