-- people_places_and_parentage: supabase/schemas as it stands now, less the migrations before this one.
-- Written by `make migration`; "by hand" marks what Supabase's `db diff` does not write.

-- Gives up rather than hold up the writers behind it; push it again then.
set local lock_timeout = '5s';

-- by hand: copied from supabase/schemas/10_roles.sql. May it run a second time?
do $$
declare
  wanted text;
begin
  foreach wanted in array array['llm_ingest', 'llm_admin', 'llm_join', 'llm_gate', 'llm_operator'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      execute format('create role %I nologin noinherit', wanted);
    end if;
    execute format('grant %I to authenticator', wanted);
  end loop;
end
$$;

-- by hand: copied from supabase/schemas/10_roles.sql. May it run a second time?
alter role llm_join set statement_timeout = '8s';

SET local check_function_bodies = off;

ALTER TABLE "public"."model_prices"
  DROP CONSTRAINT "model_prices_provider_model_service_tier_min_input_tokens_v_key";

DROP FUNCTION "app"."find_entangled"(text, public.spans[], public.spans[]);

DROP FUNCTION "app"."find_unsettled"(public.spans[], public.spans[], text[], public.spans[]);

DROP FUNCTION "app"."leave_crowded"(public.spans[], public.spans[]);

DROP FUNCTION "app"."pair_calls"(public.spans[]);

CREATE TABLE "public"."forgotten" (
  "tenant_id"    text                     NOT NULL,
  "subject"      text                     NOT NULL,
  "forgotten_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "forgotten_pkey" PRIMARY KEY (tenant_id, subject),
  CONSTRAINT "forgotten_subject_check" CHECK (((octet_length(subject) <= 69) AND (subject ~ '^(trace|nameless):[0-9a-f]{32}$|^user:[0-9a-f]{64}$'::text))),
  CONSTRAINT "forgotten_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."forgotten"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."forgotten"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."forgotten" FROM "anon", "authenticated";

CREATE TABLE "public"."invitations" (
  "tenant_id"     text                     NOT NULL,
  "invitation_id" text                     NOT NULL,
  "role"          text                     NOT NULL,
  "email"         text,
  "digest"        bytea                    NOT NULL,
  "created_at"    timestamp with time zone NOT NULL DEFAULT now(),
  "expires_at"    timestamp with time zone NOT NULL,
  "accepted_at"   timestamp with time zone,
  "accepted_by"   text,
  "revoked_at"    timestamp with time zone,
  CONSTRAINT "invitations_digest_check" CHECK ((length(digest) = 32)),
  CONSTRAINT "invitations_email_check" CHECK (((email ~ '^[!-?A-~]{1,64}@[a-z0-9.-]{1,255}$'::text) AND (email = lower(email)))),
  CONSTRAINT "invitations_expires_at_check" CHECK (isfinite(expires_at)),
  CONSTRAINT "invitations_invitation_id_check" CHECK ((invitation_id ~ '^[0-9a-z]{8}$'::text)),
  CONSTRAINT "invitations_pkey" PRIMARY KEY (tenant_id, invitation_id),
  CONSTRAINT "invitations_role_check" CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text, 'viewer'::text]))),
  "created_by"    text                     NOT NULL DEFAULT app.actor(),
  CONSTRAINT "invitations_tenant_id_check" CHECK (app.is_tenant_id(tenant_id))
);

ALTER TABLE "public"."invitations"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."invitations"
  FORCE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE "public"."invitations" FROM "anon", "authenticated";

ALTER TABLE "public"."model_prices"
  ADD COLUMN "from_minute" smallint;

ALTER TABLE "public"."model_prices"
  ADD COLUMN "to_minute" smallint;

ALTER TABLE "public"."model_prices"
  ADD COLUMN "weekdays" smallint[];

CREATE TYPE "app"."edges" AS (
  "outside"  integer[],
  "inside"   integer[],
  "opening"  boolean[],
  "doubtful" integer[]
);

CREATE OR REPLACE FUNCTION app.audit_change()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  old_row jsonb := to_jsonb(old);
  new_row jsonb := to_jsonb(new);
  known jsonb := coalesce(new_row, old_row);
  subject text := coalesce(known ->> trim('{}' from tg_argv[0]), tg_argv[0]);
  target text := known ->> tg_argv[1];
  changes jsonb;
begin
  if tg_op = 'UPDATE' then
    changes := app.changed_values(old_row, new_row);
    if changes = '{}' then
      return null;
    end if;
    perform app.record_event(known ->> 'tenant_id', subject || case
      when changes ? 'deleted_at' and new_row ->> 'deleted_at' is null then '.restored'
      when changes ? 'replaced_by' then '.rotated'
      when changes ? 'accepted_at' then '.accepted'
      when changes ? 'revoked_at' then '.revoked'
      when changes ? 'digest_salt' then '.digests_shredded'
      else '.changed' end, target, changes);
  else
    perform app.record_event(known ->> 'tenant_id', subject || case tg_op
      when 'INSERT' then '.created' else '.deleted' end, target,
      jsonb_strip_nulls(known - array['tenant_id', 'digest', 'email', 'last_used_at', tg_argv[1]]));
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION app.changed_values (
  old_row jsonb,
  new_row jsonb
)
  RETURNS jsonb
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select coalesce(jsonb_object_agg(key, case
    when key in ('digest', 'digest_salt', 'email') then to_jsonb('replaced'::text)
    else jsonb_build_object('from', old_row -> key, 'to', value) end), '{}')
  from jsonb_each(new_row)
  where key <> 'last_used_at' and value is distinct from old_row -> key
$function$;

CREATE OR REPLACE FUNCTION app.check_request()
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.tenant_id();
  acting text := current_setting('role');
begin
  -- Only our own roles: the project's other applications share `authenticated` and `anon`.
  if acting in ('llm_ingest', 'llm_admin', 'llm_join') then
    perform app.require_tenant();
  end if;
  -- Whoever joins has no right yet: what they may be let in by is asked by what lets them in.
  if acting = 'llm_join' then
    perform app.require_person();
    return;
  end if;
  -- A token of another application lacks one of the two claims; the library's has no key.
  if tenant is not null and app.caller() is not null then
    perform app.require_right(tenant, case acting
      when 'llm_ingest' then 'ingest' when 'llm_admin' then 'admin' else 'read' end);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.clock_skew_ns()
  RETURNS bigint
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 1000000000;

CREATE OR REPLACE FUNCTION app.compare_prices (
  document jsonb
)
  RETURNS TABLE (
    stored  public.model_prices,
    wanted  public.model_prices,
    changed boolean,
    moment  timestamp with time zone
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return query
    with latest as (
      select distinct on (name) p as stored, name, regexp_replace(name, '/\d\d:\d\d$', '') as key
      from public.model_prices p, regexp_replace(p.price_id, '@[^/]*$', '') as name
      where p.source = document ->> 'source'
      order by name, p.valid_from desc
    )
    select l.stored, w,
      -- A period that is over keeps its amounts, and the hours that they held.
      (w.valid_to <= m) is not true and case when l.name is null then h.are_new
        else to_jsonb(l.stored) - keys <> to_jsonb(w) - keys end, m
    from latest l full join app.read_prices(document) w on w.price_id = l.name
    cross join lateral (
      select l.name is null
        and regexp_replace(w.price_id, '/\d\d:\d\d$', '') in (select key from latest)
    ) as h(are_new)
    -- A row ends after it begins, also one that begins later than now.
    cross join lateral greatest(now(), (l.stored).valid_from + interval '1 microsecond') as m
    cross join (values (array['price_id', 'valid_from', 'valid_to', 'source_version'])) as k(keys)
    where not (h.are_new and coalesce(w.valid_to <= m, false));
end
$function$;

CREATE OR REPLACE FUNCTION app.confirm_email (
  person  uuid,
  claimed text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  known record;
begin
  select * into known from app.find_emails(array[person]);
  return case when found then known.email else claimed end;
end
$function$;

CREATE OR REPLACE FUNCTION app.converge (
  tenant           text,
  arrived          public.spans[],
  before           public.spans[],
  contents         public.span_contents[],
  peers            public.spans[],
  known            text[],
  added            text[],
  responses        text[],
  instrumentations text[],
  alone            boolean,
  since            timestamp with time zone,
  until            timestamp with time zone,
  OUT              merged bigint,
  OUT              restless text[]
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  states public.spans[] := app.find_repeated(arrived || before);
  repeated public.spans[] := app.merge_spans(states);
  changed text[];
  settled public.spans[];
  turned text[] := '{}';
  -- A batch without calls may bring a span that stands between two.
  mixed boolean := (
    select cardinality(call_instrumentations) > 1 from public.tenants where tenant_id = tenant);
begin
  select coalesce(array_agg(b.trace_id || b.span_id), '{}') into changed
    from unnest(before) b join unnest(repeated) r using (trace_id, span_id) where b *<> r;
  merged := cardinality(changed);
  perform app.replace_spans(tenant, states, repeated);
  perform app.replace_contents(tenant, contents, states, repeated);
  if added <> '{}' or changed <> '{}' then
    select s.settled, s.turned into settled, turned
      from app.settle_counts(
        tenant, app.find_unsettled(arrived || before || repeated, repeated, known, peers, mixed is true),
        added, mixed is true, since, until) s;
    perform app.require_held(arrived, before, settled, responses, known, instrumentations, alone);
  end if;
  restless := array(
    select app.trace_of(key) from unnest(changed) key
    union select app.trace_of(key) from unnest(turned) key where key <> all(added));
end
$function$;

CREATE OR REPLACE FUNCTION app.describe_invitation (
  invitation public.invitations
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO ''
  AS $function$
  select to_jsonb(invitation)
    - array['tenant_id', 'digest', 'accepted_at', 'accepted_by', 'revoked_at']
$function$;

CREATE OR REPLACE FUNCTION app.email_argument (
  arguments jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select case when coalesce(arguments -> 'email', 'null') <> 'null' then lower(app.argument(
    arguments, 'email', '^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}$', 'an e-mail address in ASCII'))
  end
$function$;

CREATE OR REPLACE FUNCTION app.end_invitations (
  tenant text,
  person uuid,
  rights text[]
)
  RETURNS text[]
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  with ended as (
    update public.invitations i set revoked_at = now()
    where tenant_id = tenant and created_by = 'user:' || person and app.is_open(i)
      and not app.may_let_in(rights, role)
    returning invitation_id
  )
  select array(select invitation_id from ended order by invitation_id)
$function$;

CREATE OR REPLACE FUNCTION app.enter_as (
  invitation public.invitations,
  person     uuid
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  ranks constant text[] := array['viewer', 'member', 'admin', 'owner'];
  present text := (
    select role from public.memberships where tenant_id = (invitation).tenant_id and user_id = person);
begin
  if array_position(ranks, present) >= array_position(ranks, (invitation).role) then
    return present;
  end if;
  insert into public.memberships (tenant_id, user_id, role, created_by)
  values ((invitation).tenant_id, person, (invitation).role, (invitation).created_by)
  on conflict (tenant_id, user_id) do update set role = excluded.role;
  return (invitation).role;
end
$function$;

CREATE OR REPLACE FUNCTION app.expire_spans (
  tenant text,
  since  timestamp with time zone,
  most   integer,
  OUT    seen integer,
  OUT    spans bigint,
  OUT    contents bigint,
  OUT    traces bigint
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  old_traces text[];
  calls public.spans[];
begin
  -- A trace starts with its first span: it is late exactly while it has, or had, a span too old.
  old_traces := array(
    (select trace_id from public.traces where tenant_id = tenant and start_time < since and not undated
      order by start_time, trace_id limit most)
    union
    (select trace_id from app.find_ahead(tenant, since) limit most));
  seen := cardinality(old_traces);
  -- By the summaries, since the spans of a dropped month are gone already.
  spans := app.count_spans(tenant, old_traces);
  with gone as (
    delete from public.spans
    where tenant_id = tenant and trace_id = any(old_traces)
      and (received_at < since or start_time < since and misdated is null)
    returning *
  ),
  contents_gone as (
    delete from public.span_contents c using gone g
    where c.tenant_id = tenant and (c.trace_id, c.span_id, c.start_time) = (g.trace_id, g.span_id, g.start_time)
    returning 1
  ),
  contents_alone as (
    delete from public.span_contents c
    where c.tenant_id = tenant and c.trace_id = any(old_traces)
      and c.start_time >= app.earliest_call() and c.start_time < since
      and not exists (select from gone g
        where (g.trace_id, g.span_id, g.start_time) = (c.trace_id, c.span_id, c.start_time))
    returning 1
  )
  -- The spans that are left start later, and within an hour of one that told of the same call.
  select array(select g::public.spans from gone g
      where (countable or app.is_transparent(countable, operation, agent_name, tool_name, attributes))
        and start_time >= since - interval '1 hour'),
    (select count(*) from contents_gone) + (select count(*) from contents_alone) into calls, contents;
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, old_traces);
  spans := spans - app.count_spans(tenant, old_traces);
end
$function$;

CREATE OR REPLACE FUNCTION app.explain_invitation (
  invitation public.invitations,
  acting     text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  return case
    when (invitation).accepted_by = acting then 'You have accepted this invitation before.'
    when (invitation).accepted_at is not null then 'This invitation was accepted by somebody else.'
    when (invitation).revoked_at is not null then 'This invitation was taken back.'
    when (invitation).expires_at <= clock_timestamp() then 'This invitation has expired.'
    when not app.may_let_in(
        (app.find_standing((invitation).tenant_id, (invitation).created_by)).rights, (invitation).role)
      then 'Whoever invited you may no longer let you in.'
  end;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_called (
  tenant   text,
  wrappers public.spans[],
  since    timestamp with time zone,
  until    timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    with outer_calls as materialized (
      select (app.to_call(w)).* from unnest(wrappers) w
      where countable and response_id is null and instrumentation is not null
    ),
    reach as (
      select trace_id, min(start_ns) - app.clock_skew_ns() as first_ns,
        max(least(end_ns, start_ns + app.call_window_ns())) + app.clock_skew_ns() as last_ns
      from outer_calls group by trace_id
    )
    select c::public.spans from reach r cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id between r.trace_id and r.trace_id
        and start_time between since and until and start_ns between r.first_ns and r.last_ns
        and countable and instrumentation is not null
      order by parent_span_id) c
    where exists (
      select from outer_calls w
      where w.trace_id = r.trace_id and app.retells(w::app.call, app.to_call(c))));
end
$function$;

CREATE OR REPLACE FUNCTION app.find_callers (
  tenant text,
  spans  public.spans[],
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  return array(
    with recursive climbing as (
      select trace_id, parent_span_id as up, 1 as steps, null::text as wrapper
      from unnest(spans)
      where parent_span_id is not null
        and (countable or app.is_transparent(countable, operation, agent_name, tool_name, attributes))
      union
      select c.trace_id, s.parent_span_id, c.steps + 1, s.wrapper
      from climbing c cross join lateral (
        select parent_span_id, case when countable and response_id is null then span_id end as wrapper
        from public.spans
        where tenant_id = tenant and trace_id = c.trace_id and span_id between c.up and c.up
          and start_time between since and until
          and (countable or app.is_transparent(countable, operation, agent_name, tool_name, attributes))
        order by span_id, start_time limit 1) s
      where c.steps <= app.most_steps()
    )
    select w::public.spans from (
      select distinct trace_id, wrapper from climbing where wrapper is not null
    ) k cross join lateral (
      select * from public.spans
      where tenant_id = tenant and trace_id = k.trace_id
        and span_id between k.wrapper and k.wrapper and start_time between since and until
      order by span_id, start_time limit 1) w);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_emails (
  people uuid[]
)
  RETURNS TABLE (
    user_id uuid,
    email   text
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  -- As a text, since the table need not be there: another project may hold the users.
  return query execute
    'select id, case when email_confirmed_at is not null then lower(email::text) end
     from auth.users where id = any($1)'
    using people;
exception when invalid_schema_name or undefined_table or undefined_column or insufficient_privilege then
  return;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_entangled (
  tenant   text,
  touched  public.spans[],
  affected public.spans[],
  earliest timestamp with time zone,
  latest   timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  last public.spans[] := array(select distinct s from unnest(touched || affected) s);
  found public.spans[];
  proven boolean := false;
  since timestamptz;
  until timestamptz;
begin
  while last <> '{}' loop
    found := app.find_callers(tenant, last, earliest, latest);
    if found <> '{}' or exists (select from unnest(last) where countable) then
      found := found || app.find_called(tenant, last || found, earliest, latest);
      select min(start_time), max(start_time) into since, until from unnest(last) where countable;
      found := found || app.find_enclosing(tenant, last, proven, since, until)
        || app.find_enclosed(tenant, last, true, app.most_entangled(), since, until);
    end if;
    last := array(
      select distinct on (trace_id, span_id) f from unnest(found) f
      where (trace_id, span_id) not in (select trace_id, span_id from unnest(affected)));
    affected := affected || last;
    proven := true;
    if last <> '{}' and cardinality(affected) > app.most_entangled() then
      last := app.leave_crowded(tenant, affected, last, earliest, latest);
    end if;
  end loop;
  return affected;
end
$function$;

CREATE OR REPLACE FUNCTION app.find_lineage (
  tenant text,
  calls  public.spans[],
  since  timestamp with time zone,
  until  timestamp with time zone,
  OUT    above integer[],
  OUT    below integer[]
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
begin
  with recursive nodes as materialized (
    select ordinality::integer as place, trace_id, span_id, parent_span_id,
      response_id is null as unnamed
    from unnest(calls) with ordinality where countable
  ),
  climbing as (
    select place as call, trace_id, span_id as bottom, parent_span_id as up, 0 as steps,
      null::text as wrapper
    from nodes
    where parent_span_id is not null and trace_id in (select trace_id from nodes where unnamed)
    union all
    select c.call, c.trace_id, c.bottom, s.parent_span_id, c.steps + 1,
      case when s.countable and s.response_id is null then s.span_id end
    from climbing c cross join lateral (
      select span_id, parent_span_id, countable, response_id from public.spans
      where tenant_id = tenant and trace_id = c.trace_id and span_id between c.up and c.up
        and start_time between since and until
        and (countable or app.is_transparent(countable, operation, agent_name, tool_name, attributes))
      order by span_id, start_time limit 1) s
    where c.steps < 2 * app.most_steps() and c.up <> c.bottom
  )
  select array_agg(n.place), array_agg(c.call) into above, below
    from climbing c join nodes n on (n.trace_id, n.span_id) = (c.trace_id, c.wrapper)
    where c.steps <= app.most_steps()
      and c.call not in (select call from climbing where up = bottom);
end
$function$;

CREATE OR REPLACE FUNCTION app.find_unsettled (
  states   public.spans[],
  repeated public.spans[],
  known    text[],
  peers    public.spans[],
  mixed    boolean
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return array(
    with calls as materialized (
      select s, response_id, trace_id = any(known)
        or trace_id in (select trace_id from unnest(repeated)) as partly_told
      from unnest(states) s where countable
    )
    select s from calls
    where partly_told
      or response_id in (select response_id from calls where partly_told)
      or response_id in (select response_id from unnest(peers))
      or exists (
        select from unnest(peers) p
        where app.resembles(app.to_call(p), app.to_call(s))
          or app.resembles(app.to_call(s), app.to_call(p)))
    union all
    select s from unnest(states) s
    where mixed and parent_span_id is not null
      and app.is_transparent(countable, operation, agent_name, tool_name, attributes)
      and (trace_id = any(known) or trace_id in (select trace_id from unnest(repeated))));
end
$function$;

CREATE OR REPLACE FUNCTION app.hold_access()
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant();
begin
  perform pg_advisory_xact_lock(hashtextextended(tenant, 2553047));
  return tenant;
end
$function$;

CREATE OR REPLACE FUNCTION app.hold_access (
  wanted text
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access();
begin
  perform app.hold_standing(tenant, wanted);
  return tenant;
end
$function$;

CREATE OR REPLACE FUNCTION app.holds_at (
  minutes     bigint,
  from_minute smallint,
  to_minute   smallint,
  weekdays    smallint[]
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ((from_minute IS NULL) OR (((((minutes - from_minute) + 1440) % (1440)::bigint) < (((to_minute - from_minute) + 1440) % 1440)) AND ((weekdays IS NULL) OR (((((minutes / 1440) +
  3) % (7)::bigint) + 1) = ANY (weekdays)))));

CREATE OR REPLACE FUNCTION app.invitation_argument (
  arguments jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
  select app.argument(
    arguments, 'invitation_id', '^[0-9a-z]{8}$', 'an invitation''s id: 8 characters of 0-9 and a-z')
$function$;

CREATE OR REPLACE FUNCTION app.is_open (
  invitation public.invitations
)
  RETURNS boolean
  LANGUAGE sql
  STABLE
RETURN (((invitation).accepted_at IS NULL) AND ((invitation).revoked_at IS NULL) AND ((invitation).expires_at > clock_timestamp()));

CREATE OR REPLACE FUNCTION app.is_proven_below (
  outside app.call,
  inside  app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (((inside).reported OR (NOT (outside).reported)) AND ((((outside).request_model = (inside).request_model) OR ((outside).model = (inside).model) OR ((inside).reported AND
  (outside).reported AND app.name_one_model((outside).model, (inside).model))) IS TRUE));

CREATE OR REPLACE FUNCTION app.is_transparent (
  countable  boolean,
  operation  text,
  agent_name text,
  tool_name  text,
  attributes jsonb
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  ((NOT countable) AND (operation IS NULL) AND (agent_name IS NULL) AND (tool_name IS NULL) AND (NOT (attributes ?|
  '{gen_ai.tool.name,gen_ai.tool.call.id,gen_ai.agent.name,gen_ai.agent.id,mcp.method.name}'::text[])));

CREATE OR REPLACE FUNCTION app.leave_crowded (
  tenant text,
  spans  public.spans[],
  last   public.spans[],
  since  timestamp with time zone,
  until  timestamp with time zone
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  crowded integer[] := (
    select (app.pair_calls(spans, l.above, l.below)).crowded
    from app.find_lineage(tenant, spans, since, until) l);
  first integer := cardinality(spans) - cardinality(last);
begin
  return array(
    select last[place] from generate_subscripts(last, 1) place
    where first + place <> all(crowded));
end
$function$;

CREATE OR REPLACE FUNCTION app.list_lineage (
  spans public.spans[],
  OUT   above integer[],
  OUT   below integer[]
)
  RETURNS record
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  with recursive nodes as materialized (
    -- Of a span that is told twice one is enough: in a circle, paths would double at each step.
    select distinct on (trace_id, span_id) ordinality::integer as place, trace_id, span_id,
      parent_span_id, countable, response_id is null as unnamed
    from unnest(spans) with ordinality
    where countable or app.is_transparent(countable, operation, agent_name, tool_name, attributes)
    order by trace_id, span_id
  ),
  climbing as (
    select place as call, trace_id, span_id as bottom, parent_span_id as up, 0 as steps,
      null::integer as wrapper
    from nodes where countable and parent_span_id is not null
      and trace_id in (select trace_id from nodes where countable and unnamed)
    union all
    select c.call, c.trace_id, c.bottom, n.parent_span_id, c.steps + 1,
      case when n.countable and n.unnamed then n.place end
    from climbing c join nodes n on (n.trace_id, n.span_id) = (c.trace_id, c.up)
    where c.steps < 2 * app.most_steps() and c.up <> c.bottom
  )
  select array_agg(wrapper), array_agg(call) into above, below from climbing
    where wrapper is not null and steps <= app.most_steps()
      and call not in (select call from climbing where up = bottom);
end
$function$;

CREATE OR REPLACE FUNCTION app.list_pairs (
  spans public.spans[],
  above integer[],
  below integer[]
)
  RETURNS app.edges
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  edges app.edges;
begin
  with calls as materialized (
    -- The columns of app.call, in its order.
    select ordinality::integer as place, trace_id, span_id, parent_span_id,
      instrumentation, service_name, environment, operation,
      model, request_model, response_id, status,
      usage_status is not distinct from 'reported' as reported,
      input_tokens, output_tokens, start_ns, end_ns,
      streamed, time_to_first_token_ms as first_part_ms, nullif(process_keys, '{}'), input_length,
      service_tier is not null
    from unnest(spans) with ordinality where countable
  ),
  alike as materialized (
    select w.place as wrapper, c.place as call, w.instrumentation = c.instrumentation as opening,
      app.is_proven(w::app.call, c::app.call) as proven
    -- Most are no pair by their times, which are compared with less work than names.
    from calls w join calls c on w.response_id is null and w.request_model = c.request_model
      and c.start_ns >= w.start_ns
      and case when c.start_ns <= case when w.streamed then w.start_ns + app.call_window_ns() else w.end_ns end
        then app.resembles(w::app.call, c::app.call) end
    union all
    select w.place, c.place, false, app.is_proven_below(w::app.call, c::app.call)
    from unnest(above, below) l (wrapper, call)
    join calls w on w.place = l.wrapper join calls c on c.place = l.call
    where app.retells(w::app.call, c::app.call)
  ),
  ordered as (
    select alike.* from alike join calls w on w.place = wrapper join calls c on c.place = call
    order by w.start_ns desc, w.end_ns, w.span_id, w.trace_id,
      c.end_ns desc, c.start_ns, c.span_id, c.trace_id
  )
  select array_agg(wrapper) filter (where proven), array_agg(call) filter (where proven),
    array_agg(ordered.opening) filter (where proven),
    array_agg(distinct wrapper) filter (where not proven)
    into edges.outside, edges.inside, edges.opening, edges.doubtful from ordered;
  return edges;
end
$function$;

CREATE OR REPLACE FUNCTION app.mark_counted (
  spans public.spans[]
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  place integer;
  above integer[];
  below integer[];
  pairs app.pairs;
begin
  foreach place in array app.find_uncounted(spans) loop
    spans[place].counted := false;
  end loop;
  if (
    select bool_or(response_id is null) and (
      min(instrumentation) <> max(instrumentation) or bool_or(app.is_opening(app.to_call(s))))
    from unnest(spans) s where countable
  ) then
    select l.above, l.below into above, below from app.list_lineage(spans) l;
    pairs := app.pair_calls(spans, above, below);
    foreach place in array pairs.enclosing loop
      spans[place].counted := false;
    end loop;
    foreach place in array pairs.doubtful loop
      spans[place].possible_duplicate := true;
    end loop;
  end if;
  return spans;
end
$function$;

CREATE OR REPLACE FUNCTION app.may_let_in (
  rights text[],
  role   text
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
RETURN COALESCE((('members'::text = ANY (rights)) AND (app.role_rights(ROLE) <@ rights)), false);

CREATE OR REPLACE FUNCTION app.most_steps()
  RETURNS integer
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN 32;

CREATE OR REPLACE FUNCTION app.note_forgotten (
  tenant   text,
  subjects text[]
)
  RETURNS void
  LANGUAGE sql
  SET search_path TO ''
  AS $function$
  delete from public.forgotten where tenant_id = tenant and forgotten_at < now() - interval '45 days';
  insert into public.forgotten (tenant_id, subject)
  select distinct tenant, subject from unnest(subjects) subject where subject <> 'user:unknown'
  on conflict (tenant_id, subject) do update set forgotten_at = now();
$function$;

CREATE OR REPLACE FUNCTION app.pair_calls (
  spans public.spans[],
  above integer[],
  below integer[]
)
  RETURNS app.pairs
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
declare
  edges app.edges := app.list_pairs(spans, above, below);
  opened boolean;
  -- Of this type each is found at once; of spans an array is walked through.
  free boolean[];
  place integer;
  pairs app.pairs;
begin
  pairs.crowded := app.find_crowded(edges.outside, edges.inside);
  pairs.doubtful := edges.doubtful || array(
    select unnest(edges.outside) intersect select unnest(pairs.crowded));
  free := array(select counted from unnest(spans));
  foreach place in array pairs.crowded loop
    free[place] := false;
  end loop;
  -- A log is repeated by the opening of its stream, and by a wrapper besides.
  pairs.enclosing := '{}';
  foreach opened in array array[true, false] loop
    pairs.enclosing := pairs.enclosing || (
      select app.match_pairs(array_agg(w order by rank), array_agg(c order by rank))
      from unnest(edges.outside, edges.inside, edges.opening)
        with ordinality p (w, c, is_opening, rank)
      where free[w] and free[c] and is_opening = opened);
    foreach place in array pairs.enclosing loop
      free[place] := false;
    end loop;
  end loop;
  pairs.doubtful := array(
    select distinct w from unnest(pairs.doubtful) w
    where spans[w].counted and w <> all(pairs.enclosing));
  return pairs;
end
$function$;

CREATE OR REPLACE FUNCTION app.read_prices (
  document jsonb
)
  RETURNS SETOF public.model_prices
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  -- Passed over, a misspelled amount would price its tokens as others or not at all.
  if exists (
    select from jsonb_array_elements_text(document -> 'row') as name
    where not to_jsonb(jsonb_populate_record(null::public.model_prices, '{}')) ? name)
  then
    raise invalid_parameter_value using
      message = 'The document''s row names something that is no column of model_prices.',
      hint = 'Apply the migrations first, then send src/llm_observe/cost/prices.json as it is.';
  end if;
  return query
    select filled.* from jsonb_each(document -> 'providers') as provider
    cross join jsonb_array_elements(provider.value -> 'models') as model
    cross join jsonb_array_elements(model.value -> 2) as price
    cross join lateral (
      select jsonb_object_agg(name, price.value -> (place - 1)::integer)
      from jsonb_array_elements_text(document -> 'row') with ordinality as r(name, place)
    ) as named(cells)
    cross join lateral jsonb_populate_record(null::public.model_prices, cells || jsonb_build_object(
      'price_id', concat_ws('/', provider.key, model.value ->> 0, cells ->> 'service_tier',
        cells ->> 'min_input_tokens', coalesce(cells ->> 'valid_from', '-'),
        to_char((cells ->> 'from_minute')::integer * interval '1 minute', 'HH24:MI')),
      'provider', provider.key,
      'model', model.value ->> 0,
      -- The library compares days of UTC, whatever the time zone of this session.
      'valid_from', coalesce(cells ->> 'valid_from', '1970-01-01') || 'T00:00Z',
      'valid_to', cells ->> 'valid_to' || 'T00:00Z',
      'source', document ->> 'source',
      'source_version', document ->> 'source_version')) as filled;
end
$function$;

CREATE OR REPLACE FUNCTION app.read_spans (
  tenant  text,
  payload jsonb
)
  RETURNS public.spans[]
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
declare
  key_id text := substring(app.caller() from '^[0-9a-z]{8}$');
  arrived public.spans[] := '{}';
  span public.spans;
  sent record;
begin
  for sent in
    select d.span, p.price_id, p.cost
    from (
      select (s.span).trace_id, (s.span).span_id, (s.span).start_ns, s.span, s.element,
        (s.span).usage_buckets, coalesce((s.span).input_tokens, 0) as input_tokens,
        app.to_time((s.span).start_ns) as start_time
      from (
        select element, jsonb_populate_record(null::public.spans, element) as span
        from jsonb_array_elements(payload) element offset 0
      ) s offset 0
    ) d
    left join lateral (
      select m.price_id, app.span_cost(d.usage_buckets, m) as cost from public.model_prices m
      where d.usage_buckets is not null and m.provider = d.element ->> 'price_provider'
        and m.model = d.element ->> 'price_model'
        and m.service_tier = coalesce(d.element ->> 'price_tier', 'standard')
        and m.min_input_tokens <= d.input_tokens
        and m.valid_from <= d.start_time and (m.valid_to is null or d.start_time < m.valid_to)
        and app.holds_at(d.start_ns / 60000000000, m.from_minute, m.to_minute, m.weekdays)
        -- A tier that has no step where the standard one has is not sold for so much input.
        and (m.service_tier = 'standard' or not exists (
          select from public.model_prices s
          where s.provider = m.provider and s.model = m.model and s.service_tier = 'standard'
            and s.min_input_tokens > m.min_input_tokens and s.min_input_tokens <= d.input_tokens
            and s.valid_from <= d.start_time and (s.valid_to is null or d.start_time < s.valid_to)
            and app.holds_at(d.start_ns / 60000000000, s.from_minute, s.to_minute, s.weekdays)))
      order by m.min_input_tokens desc, m.valid_from desc, m.from_minute is null, m.price_id
      limit 1
    ) p on true
    -- One order for all writers: unsorted, concurrent batches deadlock.
    order by d.trace_id, d.span_id, d.start_ns
  loop
    -- A sender fills each column by its name; what is the database's to say stands over it.
    span := sent.span;
    span.tenant_id := tenant;
    span.api_key_id := coalesce(key_id, span.api_key_id);
    span.start_time := app.to_time(span.start_ns);
    span.end_time := app.to_time(span.end_ns);
    span.duration_ms := (span.end_ns - span.start_ns)::double precision / 1000000;
    span.received_at := now();
    span.model := coalesce(span.response_model, span.request_model);
    -- An empty id names nobody, and nobody could be forgotten by it.
    span.response_id := nullif(span.response_id, '');
    span.session_id := nullif(span.session_id, '');
    span.user_id := nullif(span.user_id, '');
    span.customer_id := nullif(span.customer_id, '');
    span.counted := span.countable;
    span.cost_usd := case when sent.price_id is null then round(span.cost_usd, 12) else sent.cost end;
    span.price_id := case when span.cost_usd is not null then coalesce(sent.price_id, span.price_id) end;
    span.price_source := case when span.cost_usd is null then null
      when sent.price_id is null then 'wheel' else 'table' end;
    -- Zero has two signs, which are equal and not the same.
    span.time_to_first_token_ms := span.time_to_first_token_ms + 0;
    span.attributes := coalesce(span.attributes, '{}');
    if sent.cost is not null then
      span.unknown_because := null;
      span.cost_min_usd := null;
      span.cost_max_usd := null;
    elsif sent.price_id is not null then
      select b.least_usd, b.most_usd, b.because
      into span.cost_min_usd, span.cost_max_usd, span.unknown_because
      from public.model_prices m, app.bound_cost(span.usage_buckets, m) b
      where m.price_id = sent.price_id;
    end if;
    span.misdated := app.find_misdating(span.start_time, span.end_time, span.received_at);
    span.possible_duplicate := false;
    arrived := array_append(arrived, span);
  end loop;
  return arrived;
end
$function$;

CREATE OR REPLACE FUNCTION app.refuse_name (
  tenant text
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  -- A deleted tenant's name stays its own; and whose a name is, nobody learns.
  if exists (select from public.tenants where tenant_id = tenant)
     or exists (select from public.memberships where tenant_id = tenant)
     or exists (select from public.api_keys where tenant_id = tenant) then
    raise sqlstate 'PT409' using
      message = 'This name is taken.', hint = 'Choose another one.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.require_member (
  tenant text,
  person uuid
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if not exists (select from public.memberships where tenant_id = tenant and user_id = person) then
    raise sqlstate 'PT404' using
      message = 'This user is no member of the tenant.', hint = 'GET /members lists who is.';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION app.require_person()
  RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if (app.caller() ~ '^user:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') is not true then
    raise sqlstate 'PT403' using
      message = 'Only a person who has logged in may do this.', hint = 'Log in with Supabase Auth.';
  end if;
  return substr(app.caller(), 6)::uuid;
end
$function$;

CREATE OR REPLACE FUNCTION app.retells (
  outside app.call,
  inside  app.call
)
  RETURNS boolean
  LANGUAGE sql
  IMMUTABLE
  PARALLEL SAFE
RETURN
  (((outside).response_id IS NULL) AND ((outside).instrumentation <> (inside).instrumentation) AND (((inside).start_ns >= ((outside).start_ns - app.clock_skew_ns())) AND
  ((inside).start_ns <= (LEAST((outside).end_ns, ((outside).start_ns + app.call_window_ns())) + app.clock_skew_ns()))) AND
  (((outside).status = 'error'::text) = ((inside).status = 'error'::text)) AND CASE WHEN ((outside).reported AND (inside).reported) THEN
  (NOT (((outside).input_tokens IS DISTINCT FROM (inside).input_tokens) OR ((outside).output_tokens IS DISTINCT FROM (inside).output_tokens))) ELSE
  (((outside).request_model = (inside).request_model) OR ((outside).model = (inside).model)) END);

CREATE OR REPLACE FUNCTION app.settle_counts (
  tenant  text,
  touched public.spans[],
  added   text[],
  mixed   boolean,
  since   timestamp with time zone,
  until   timestamp with time zone,
  OUT     settled public.spans[],
  OUT     turned text[]
)
  RETURNS record
  LANGUAGE plpgsql
  SET search_path TO ''
  SET plan_cache_mode TO 'force_generic_plan'
  AS $function$
declare
  judged public.spans[];
  pairs app.pairs;
  place integer;
begin
  settled := app.find_affected(tenant, touched, added, mixed, since, until);
  if mixed then
    settled := app.find_entangled(tenant, touched, settled, since, until);
  end if;
  judged := settled;
  for place in 1 .. cardinality(judged) loop
    judged[place].counted := false;
    judged[place].possible_duplicate := false;
  end loop;
  foreach place in array app.find_unwrapped(tenant, settled, mixed, since, until) loop
    judged[place].counted := true;
  end loop;
  if mixed then
    select p.* into pairs from app.find_lineage(tenant, settled, since, until) l
      cross join lateral app.pair_calls(judged, l.above, l.below) p;
    foreach place in array pairs.enclosing loop
      judged[place].counted := false;
    end loop;
    foreach place in array pairs.doubtful || app.find_doubtful(tenant, judged) loop
      judged[place].possible_duplicate := true;
    end loop;
  end if;
  turned := app.turn_spans(tenant, settled, judged);
end
$function$;

CREATE OR REPLACE FUNCTION app.without_forgotten (
  tenant text,
  spans  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO ''
  AS $function$
begin
  if app.caller() is distinct from 'span_writer'
     or not exists (select from public.forgotten where tenant_id = tenant) then
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
$function$;

CREATE OR REPLACE FUNCTION public.accept_invitation (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access();
  person uuid := app.require_person();
  wanted text := app.invitation_argument($1);
  secret bytea := app.digest_argument($1);
  address text := app.confirm_email(person, app.email_argument($1));
  known public.invitations;
  reason text;
begin
  select * into known from public.invitations
  where tenant_id = tenant and invitation_id = wanted and digest = secret;
  -- Of what is not theirs nobody learns why.
  if known.tenant_id is null or known.email <> coalesce(address, '') then
    return null;
  end if;
  reason := app.explain_invitation(known, app.caller());
  if reason is not null then
    if known.email is null and known.accepted_by is distinct from app.caller() then
      return null;
    end if;
    raise sqlstate 'PT409' using message = reason, hint = 'Ask for another one, if you need it.';
  end if;
  update public.invitations set accepted_at = now(), accepted_by = app.caller()
  where tenant_id = tenant and invitation_id = wanted;
  return jsonb_build_object('tenant_id', tenant, 'role', app.enter_as(known, person));
end
$function$;

REVOKE ALL ON FUNCTION "public"."accept_invitation"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.change_membership (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access('members');
begin
  perform app.require_member(tenant, app.user_id_argument($1));
  return public.set_membership($1);
end
$function$;

REVOKE ALL ON FUNCTION "public"."change_membership"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.create_invitation (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access('members');
  most constant integer := 100;
  wanted text := app.argument(
    $1, 'role', '^(owner|admin|member|viewer)$', 'owner, admin, member or viewer');
  days integer := coalesce(app.integer_argument($1, 'days', 1, 30), 7);
  created public.invitations;
begin
  perform app.ensure_tenant(tenant);
  perform app.spare_owners(tenant, null, wanted);
  -- Addresses of people who did not come are not kept for ever.
  delete from public.invitations where tenant_id = tenant and expires_at < now() - interval '30 days';
  if (select count(*) from public.invitations i where tenant_id = tenant and app.is_open(i)) >= most then
    raise sqlstate 'PT409' using
      message = format('This tenant has %s open invitations, which is the most.', most),
      hint = 'Take back those that nobody needs; GET /members lists them.';
  end if;
  insert into public.invitations (tenant_id, invitation_id, role, email, digest, expires_at)
  values (
    tenant, app.invitation_argument($1), wanted, app.email_argument($1), app.digest_argument($1),
    now() + days * interval '1 day')
  returning * into created;
  return app.describe_invitation(created);
exception when unique_violation then
  raise sqlstate 'PT409' using
    message = 'This tenant has an invitation with that id.', hint = 'Draw another id.';
end
$function$;

REVOKE ALL ON FUNCTION "public"."create_invitation"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.create_tenant (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access();
  person uuid := app.require_person();
  most constant integer := 20;
  address text := app.email_argument($1);
begin
  if address <> coalesce(app.confirm_email(person, address), '') then
    raise sqlstate 'PT403' using
      message = 'Your e-mail address is not confirmed.', hint = 'Confirm it, and log in again.';
  end if;
  perform app.refuse_name(tenant);
  -- One at a time for each person, so that nobody makes more by asking at once.
  perform pg_advisory_xact_lock(hashtextextended(person::text, 9184201));
  if (select count(*) from public.memberships
      where user_id = person and role = 'owner' and created_by = app.caller()) >= most then
    raise sqlstate 'PT409' using
      message = format('You own %s tenants of your own making, which is the most.', most),
      hint = 'Delete one that nobody needs, or have the operator make another.';
  end if;
  perform app.ensure_tenant(tenant);
  insert into public.memberships (tenant_id, user_id, role) values (tenant, person, 'owner');
  return jsonb_build_object('tenant_id', tenant, 'role', 'owner');
end
$function$;

REVOKE ALL ON FUNCTION "public"."create_tenant"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.find_invitation (
  jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  wanted text := app.invitation_argument($1);
  secret bytea := app.digest_argument($1);
begin
  -- By id and digest alone: the tenant is what is being asked for.
  return (select tenant_id from public.invitations where invitation_id = wanted and digest = secret);
end
$function$;

REVOKE ALL ON FUNCTION "public"."find_invitation"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.forget_tenant (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '25s'
  AS $function$
declare
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
    e as (delete from public.evaluations where tenant_id = tenant returning 1),
    p as (delete from public.processes where tenant_id = tenant returning 1),
    b as (delete from public.ingest_budgets where tenant_id = tenant returning 1),
    k as (delete from public.api_keys where tenant_id = tenant returning 1),
    i as (delete from public.invitations where tenant_id = tenant returning 1),
    m as (delete from public.memberships where tenant_id = tenant returning 1),
    a as (delete from public.attribute_mappings where tenant_id = tenant returning 1),
    f as (delete from public.forgotten where tenant_id = tenant returning 1),
    r as (delete from public.retention_runs where tenant_id = tenant returning 1),
    -- The salt goes with the row: digests in a backup are meaningless from now on.
    o as (delete from public.tenants where tenant_id = tenant returning 1)
  select jsonb_build_object(
    'spans', (select count(*) from s), 'contents', (select count(*) from c),
    'traces', (select count(*) from t), 'evaluations', (select count(*) from e), 'processes', (select count(*) from p),
    'ingest_budgets', (select count(*) from b),
    'api_keys', (select count(*) from k), 'invitations', (select count(*) from i),
    'memberships', (select count(*) from m),
    'attribute_mappings', (select count(*) from a),
    'forgotten', (select count(*) from f),
    'retention_runs', (select count(*) from r),
    'tenants', (select count(*) from o)) into deleted;
  -- Without this, whoever signs tokens of its own would bring it back with the next span.
  insert into public.tenants (tenant_id, digest_key_id, digest_salt, deleted_at)
  values (tenant, null, null, now());
  return app.record_event(
    tenant, 'tenant.forgotten', tenant, jsonb_build_object('deleted', deleted));
end
$function$;

CREATE OR REPLACE FUNCTION public.forget_trace (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '25s'
  AS $function$
declare
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  tenant text := app.hold_tenant('admin');
  spans bigint;
  contents bigint;
  traces bigint;
  calls public.spans[];
  evaluations bigint;
begin
  with gone as (delete from public.spans where tenant_id = tenant and trace_id = trace returning *)
  select count(*), coalesce(array_agg(g::public.spans) filter (where countable), '{}')
    into spans, calls from gone g;
  evaluations := app.forget_evaluations(tenant, calls, array[trace]);
  delete from public.span_contents where tenant_id = tenant and trace_id = trace;
  get diagnostics contents = row_count;
  delete from public.traces where tenant_id = tenant and trace_id = trace;
  get diagnostics traces = row_count;
  perform app.settle_without(tenant, calls);
  if spans + contents + traces + evaluations = 0 then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such trace.', hint = 'It may be deleted already.';
  end if;
  perform app.note_forgotten(tenant, array['trace:' || trace]);
  return app.record_event(tenant, 'trace.forgotten', trace, jsonb_build_object(
    'deleted', jsonb_build_object('spans', spans, 'contents', contents, 'traces', traces)
      || case when evaluations > 0 then jsonb_build_object('evaluations', evaluations) else '{}' end));
end
$function$;

CREATE OR REPLACE FUNCTION public.forget_user (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  SET statement_timeout TO '25s'
  AS $function$
declare
  person text := app.argument($1, 'user_id', '^.', 'a user''s id');
  -- In the form of a credential an id is not stored, but its pseudonym is.
  pseudonym text := case when $1 ->> 'pseudonym' is not null then
    app.argument($1, 'pseudonym', '^u1:', 'a user''s pseudonym') end;
  names text[] := array_remove(array[person, pseudonym], null);
  tenant text := app.hold_tenant('admin');
  involved text[];
  calls public.spans[];
  spans bigint;
  contents bigint;
  traces bigint;
  evaluations bigint;
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
  perform app.settle_without(tenant, calls);
  traces := app.summarize_traces(tenant, involved);
  perform app.note_forgotten(tenant, array(
    select app.pseudonym(tenant, name) from unnest(names) name
    union all select 'nameless:' || trace from unnest(involved) trace));
  return app.record_event(tenant, 'user.forgotten', app.pseudonym(tenant, person), jsonb_build_object(
    'deleted', jsonb_build_object('spans', spans, 'contents', contents, 'traces', traces)
      || case when evaluations > 0 then jsonb_build_object('evaluations', evaluations) else '{}' end));
end
$function$;

CREATE OR REPLACE FUNCTION public.ingest_spans (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant();
  received bigint;
  limited boolean;
  digest jsonb;
  past_the_door boolean := app.is_past_the_door(tenant);
  keeps_content boolean;
  spans jsonb;
  outcome record;
begin
  if jsonb_typeof($1 -> 'spans') is distinct from 'array' then
    raise invalid_parameter_value using
      message = 'The body has no array of spans.',
      hint = 'Send {"spans": [...], "process": {...}}.';
  end if;
  received := jsonb_array_length($1 -> 'spans')
    + case when jsonb_typeof($1 -> 'evaluations') = 'array' then jsonb_array_length($1 -> 'evaluations') else 0 end;
  -- A call without spans asks for the digest's key, which a limit does not keep back.
  limited := received > 0 and app.check_budget(tenant);
  digest := app.ensure_tenant(tenant);
  if past_the_door then
    perform app.require_doubles($1 -> 'spans');
  end if;
  select content_capture = 'on' or content_capture = 'follow' and not past_the_door
    into keeps_content from public.tenants where tenant_id = tenant;
  spans := app.without_forgotten(tenant, $1 -> 'spans');
  outcome := app.store_spans(
    tenant, case when keeps_content then spans else app.withhold_content(spans) end);
  perform app.store_evaluations(
    tenant, case when jsonb_typeof($1 -> 'evaluations') = 'array' then $1 -> 'evaluations' end, keeps_content);
  perform app.record_process(tenant, $1 -> 'process', outcome.stored);
  if limited then
    perform app.charge_budget(tenant, received, pg_column_size($1));
  end if;
  return jsonb_build_object(
    'received', received, 'stored', outcome.stored, 'merged', outcome.merged,
    -- Its token's holder has the key that was derived for it, and learns here whether it is current.
    'digest', case when past_the_door then digest - 'salt' else digest end, 'content', keeps_content,
    'mappings', case when $1 -> 'settings' = 'true' then app.list_mappings(tenant) end);
end
$function$;

CREATE OR REPLACE FUNCTION public.list_members (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.share_tenant('members');
begin
  return jsonb_build_object('members', (
    select coalesce(jsonb_agg(
      to_jsonb(m) - 'tenant_id' || jsonb_build_object('email', e.email)
      order by m.created_at, m.user_id), '[]')
    from public.memberships m
      left join app.find_emails(array(
        select user_id from public.memberships where tenant_id = tenant)) e using (user_id)
    where m.tenant_id = tenant), 'invitations', (
    select coalesce(jsonb_agg(app.describe_invitation(i) order by i.created_at, i.invitation_id), '[]')
    from public.invitations i where i.tenant_id = tenant and app.is_open(i)));
end
$function$;

REVOKE ALL ON FUNCTION "public"."list_members"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.remove_membership (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access('members');
  person uuid := app.user_id_argument($1);
  choice text := app.choice_argument($1, 'keys');
  removed public.memberships;
begin
  perform app.require_member(tenant, person);
  perform app.spare_owners(tenant, person, null);
  perform app.keep_an_owner(tenant, person);
  delete from public.memberships where tenant_id = tenant and user_id = person
  returning * into removed;
  return to_jsonb(removed) || jsonb_build_object(
    'keys', app.end_keys(tenant, app.find_heirs(tenant, array['user:' || person]), choice),
    'invitations', app.end_invitations(tenant, person, '{}'),
    'members', array(
      select user_id from public.memberships
      where tenant_id = tenant and created_by = 'user:' || person order by user_id));
end
$function$;

CREATE OR REPLACE FUNCTION public.revoke_invitation (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access('members');
  wanted text := app.invitation_argument($1);
  known public.invitations;
begin
  select * into known from public.invitations where tenant_id = tenant and invitation_id = wanted;
  if known.tenant_id is null then
    raise sqlstate 'PT404' using
      message = 'This tenant has no invitation with that id.', hint = 'GET /members lists its invitations.';
  elsif known.accepted_at is not null then
    raise sqlstate 'PT409' using
      message = 'This invitation was accepted.', hint = 'Take the member out instead.';
  end if;
  perform app.spare_owners(tenant, null, known.role);
  update public.invitations set revoked_at = coalesce(revoked_at, now())
  where tenant_id = tenant and invitation_id = wanted
  returning * into known;
  return app.describe_invitation(known);
end
$function$;

REVOKE ALL ON FUNCTION "public"."revoke_invitation"(jsonb) FROM PUBLIC, "anon", "authenticated", "service_role";

CREATE OR REPLACE FUNCTION public.set_membership (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO ''
  AS $function$
declare
  tenant text := app.hold_access('members');
  person uuid := app.user_id_argument($1);
  wanted text := app.argument(
    $1, 'role', '^(owner|admin|member|viewer)$', 'owner, admin, member or viewer');
  choice text := app.choice_argument($1, 'keys');
  stored public.memberships;
begin
  perform app.ensure_tenant(tenant);
  perform app.spare_owners(tenant, person, wanted);
  if wanted <> 'owner' then
    perform app.keep_an_owner(tenant, person);
  end if;
  insert into public.memberships as known (tenant_id, user_id, role)
  values (tenant, person, wanted)
  on conflict (tenant_id, user_id) do update set role = excluded.role
  returning * into stored;
  return to_jsonb(stored) || jsonb_build_object(
    'keys', app.end_keys(
      tenant, app.find_keys_beyond(tenant, person, app.role_rights(wanted)), choice),
    'invitations', app.end_invitations(tenant, person, app.role_rights(wanted)));
end
$function$;

CREATE OR REPLACE FUNCTION public.set_model_prices (
  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO ''
  AS $function$
declare
  answer jsonb;
  is_whole boolean;
begin
  -- One at a time; readers go on.
  lock table public.model_prices in share row exclusive mode;
  with compared as materialized (
    select * from app.compare_prices($1)
  ), ended as (
    update public.model_prices p set valid_to = c.ends
    from (
      select (stored).price_id, case
        when (wanted).price_id is null or changed then least((stored).valid_to, moment)
        when (wanted).valid_to is not null then
          greatest((wanted).valid_to, (stored).valid_from + interval '1 microsecond')
        end as ends
      from compared
    ) c
    where p.price_id = c.price_id and p.valid_to is distinct from c.ends
    returning p.price_id, p.valid_to
  ), added as (
    insert into public.model_prices
    select a.* from compared
    cross join lateral jsonb_populate_record(wanted, case when changed then jsonb_build_object(
      'price_id', (wanted).price_id
        || to_char(moment at time zone 'UTC', '"@"YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'valid_from', moment) else '{}' end) a
    where (wanted).price_id is not null and ((stored).price_id is null or changed)
    -- A row of another source that begins there stays.
    on conflict on constraint model_prices_key do nothing
    returning price_id
  )
  select jsonb_build_object(
    'added', (select count(*) from added),
    'closed', (select count(valid_to) from ended),
    'reopened', (select count(*) from ended where valid_to is null),
    'unchanged', (
      select count(*) from compared
      where (wanted).price_id is not null and (stored).price_id is not null and not changed
        and (stored).price_id not in (select price_id from ended))),
    (select count(*) > 0 and count(*) = count(distinct (wanted).price_id)
      from compared where (wanted).price_id is not null)
  into answer, is_whole;
  if not is_whole then
    raise invalid_parameter_value using
      message = 'The document has no prices, or one of them twice.',
      hint = 'Send src/llm_observe/cost/prices.json as it is.';
  end if;
  return answer;
end
$function$;

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_from_minute_check" CHECK (((from_minute >= 0) AND (from_minute <= 1439)));

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_hours_check" CHECK ((((from_minute IS NULL) = (to_minute IS NULL)) AND (from_minute <> to_minute) AND ((weekdays IS NULL) OR (from_minute IS
    NOT NULL))));

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_key" UNIQUE NULLS NOT DISTINCT (PROVIDER, model, service_tier, min_input_tokens, valid_from, from_minute);

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_to_minute_check" CHECK (((to_minute >= 0) AND (to_minute <= 1439)));

ALTER TABLE "public"."model_prices"
  ADD CONSTRAINT "model_prices_weekdays_check" CHECK (((weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]) AND ((cardinality(weekdays) >= 1) AND (cardinality(weekdays) <= 7))));

CREATE INDEX invitations_by_id ON public.invitations USING btree (invitation_id);

CREATE POLICY "forgotten_read" ON "public"."forgotten"
  FOR SELECT
  TO "llm_admin"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

CREATE POLICY "invitations_read" ON "public"."invitations"
  FOR SELECT
  TO "llm_admin"
  USING ((tenant_id = ( SELECT app.tenant_id() AS tenant_id)));

COMMENT ON COLUMN "public"."forgotten"."subject" IS 'trace:<id>; user:<a digest under the tenant''s salt>, as in the audit; nameless:<id>, a trace of a forgotten user, whose spans that name nobody went with the user''s.';

COMMENT ON COLUMN "public"."invitations"."accepted_by" IS 'Who came in by it: user:<uuid>.';

COMMENT ON COLUMN "public"."invitations"."digest" IS 'HMAC-SHA-256 of the link''s secret under a pepper that is not in the database.';

COMMENT ON COLUMN "public"."invitations"."email" IS 'In lower case, the only address that may accept it; null: whoever has the link.';

COMMENT ON COLUMN "public"."invitations"."invitation_id" IS 'The public part of loi_<id>_….';

COMMENT ON COLUMN "public"."model_prices"."from_minute" IS 'The row holds from this minute of each day of UTC; null: all day.';

COMMENT ON COLUMN "public"."model_prices"."price_id" IS 'provider/model/service_tier/min_input_tokens/valid_from, and the hour at which it begins where it has hours: what spans.price_id names. A price that changed without a date of its own continues as the same id with @ and the moment.';

COMMENT ON COLUMN "public"."model_prices"."to_minute" IS 'The row ends before this minute of the day, of the next one where it is less than from_minute.';

COMMENT ON COLUMN "public"."model_prices"."weekdays" IS 'The row holds for calls that start on these days of UTC, 1 is Monday; null: on all.';

COMMENT ON FUNCTION "app"."changed_values"(jsonb, jsonb) IS 'The columns that differ, as {"column": {"from", "to"}}; of secrets and addresses only that they were replaced.';

COMMENT ON FUNCTION "app"."clock_skew_ns"() IS 'By how many nanoseconds, a second, the clocks of two machines in one trace may differ.';

COMMENT ON FUNCTION "app"."compare_prices"(jsonb) IS 'Each price of a document beside the row that now stands for it; changed: in its amounts or hours.';

COMMENT ON FUNCTION "app"."confirm_email"(uuid, text) IS 'A user''s confirmed address: as Supabase Auth knows it now, or that of the login where it knows none here.';

COMMENT ON FUNCTION "app"."describe_invitation"(public.invitations) IS 'An invitation as administrators see it, as JSON.';

COMMENT ON FUNCTION "app"."email_argument"(jsonb) IS 'An address in lower case, or null where none is given.';

COMMENT ON FUNCTION "app"."end_invitations"(text, uuid, text[]) IS 'Takes back the open invitations by a user that these rights would no longer allow; answers their ids.';

COMMENT ON FUNCTION "app"."enter_as"(public.invitations, uuid) IS 'Lets a person in as invited, or leaves the higher role that they have; answers the role.';

COMMENT ON FUNCTION "app"."explain_invitation"(public.invitations, text) IS 'Why an invitation does not work, as a sentence for the invited; null where it does.';

COMMENT ON FUNCTION "app"."find_called"(text, public.spans[], timestamp with time zone, timestamp with time zone) IS 'The stored calls that these, of the same trace, may tell of (app.retells), whether or not below them: a span between them may be gone or another by now.';

COMMENT ON FUNCTION "app"."find_callers"(text, public.spans[], timestamp with time zone, timestamp with time zone) IS 'The stored calls without a response id above these spans, through transparent spans and calls.';

COMMENT ON FUNCTION "app"."find_emails"(uuid[]) IS 'The addresses of these users, in lower case, null where not confirmed; no row where auth.users has none, or is not in this database.';

COMMENT ON FUNCTION "app"."find_entangled"(text, public.spans[], public.spans[], timestamp with time zone, timestamp with time zone) IS 'These affected spans, and the stored ones whose counting those that touched them bear on because they enclose a call or lie above it: by chains of proven pairs, each as long as it may be (app.most_entangled).';

COMMENT ON FUNCTION "app"."find_lineage"(text, public.spans[], timestamp with time zone, timestamp with time zone) IS 'The same (app.list_lineage) of stored calls, with what else is stored between them.';

COMMENT ON FUNCTION "app"."find_unsettled"(public.spans[], public.spans[], text[], public.spans[], boolean) IS 'The countable ones of these states in traces, or of calls, of which the batch does not tell all; and (mixed: calls are of several instrumentations) the transparent ones (app.is_transparent), which may lie between two.';

COMMENT ON FUNCTION "app"."hold_access"() IS 'The caller''s tenant, to let in somebody who has no right in it yet; no other changes its keys or members meanwhile.';

COMMENT ON FUNCTION "app"."holds_at"(bigint, smallint, smallint, smallint[]) IS 'Whether a price holds at a time, in minutes of UTC since 1970. The library''s hours.py does the same.';

COMMENT ON FUNCTION "app"."invitation_argument"(jsonb) IS 'An invitation''s public id.';

COMMENT ON FUNCTION "app"."is_open"(public.invitations) IS 'Whether an invitation was neither accepted nor revoked, nor has expired.';

COMMENT ON FUNCTION "app"."is_proven_below"(app.call, app.call) IS 'Whether of two spans, of which the outer one may tell of the other''s call (app.retells) and is above it, it does: of the same model, and no tokens are lost by it.';

COMMENT ON FUNCTION "app"."is_transparent"(boolean, text, text, text, jsonb) IS 'Whether a span is no call, and no agent, tool or other operation either, as a request or a function: a call below it is of what is above it.';

COMMENT ON FUNCTION "app"."leave_crowded"(text, public.spans[], public.spans[], timestamp with time zone, timestamp with time zone) IS 'The last of these spans without those that are entangled with too many.';

COMMENT ON FUNCTION "app"."list_lineage"(public.spans[]) IS 'Of spans the places of calls without a response id, each with that of a call below it, through transparent spans (app.is_transparent) and calls; a span that is its own ancestor has none.';

COMMENT ON FUNCTION "app"."list_pairs"(public.spans[], integer[], integer[]) IS 'Wrappers and calls of which it is proven that they are of one call, and wrappers of which it may be; above and below are which of these spans lie below which (app.list_lineage).';

COMMENT ON FUNCTION "app"."may_let_in"(text[], text) IS 'Whether these rights let somebody in with the role: nobody gives more than they have.';

COMMENT ON FUNCTION "app"."most_steps"() IS 'From how far above a call, in spans, another one is looked for that it is of.';

COMMENT ON FUNCTION "app"."note_forgotten"(text, text[]) IS 'Remembers what was forgotten, and no longer what was 45 days ago.';

COMMENT ON FUNCTION "app"."pair_calls"(public.spans[], integer[], integer[]) IS 'Of spans that are counted so far those that enclose one of them, each another one, as many as can be; and those of which it is not known, though they resemble the wrapper of any.';

COMMENT ON FUNCTION "app"."refuse_name"(text) IS 'Refuses the name of a tenant that is, or was, there.';

COMMENT ON FUNCTION "app"."require_member"(text, uuid) IS 'Refuses a user who is no member of the tenant.';

COMMENT ON FUNCTION "app"."require_person"() IS 'The user whom the caller''s token stands for; refuses every other credential.';

COMMENT ON FUNCTION "app"."retells"(app.call, app.call) IS 'Whether a span without a response id may tell of the call of one below it: made by another instrumentation, begun in its time, both failed or neither, of the same tokens, whatever a router named as the model; of the same model where one of them knows no tokens.';

COMMENT ON FUNCTION "app"."settle_without"(text, public.spans[]) IS 'Counts what stands for a call now that these spans, calls or between calls, are deleted, and moves the traces.';

COMMENT ON FUNCTION "app"."span_cost"(jsonb, public.model_prices) IS 'US dollars for disjoint token buckets at one price row; null where a used bucket has no price, or a bucket is not known here. The library''s rates.py does the same.';

COMMENT ON FUNCTION "app"."without_forgotten"(text, jsonb) IS 'The spans that the queue''s writer brings without those of forgotten traces, and of users who were forgotten after they began; another writer''s as they are.';

COMMENT ON FUNCTION "public"."accept_invitation"(jsonb) IS 'Lets the user of the token in by {"invitation_id", "digest", "email" (of the login)}, once; a higher role stays. Answers the tenant and the role, null for what is not theirs to know, and to the invited why it does not work.';

COMMENT ON FUNCTION "public"."change_membership"(jsonb) IS 'As set_membership, for {"user_id"} who is a member already: the others are invited.';

COMMENT ON FUNCTION "public"."create_invitation"(jsonb) IS 'Registers {"invitation_id", "digest", "role", "email" (the only one that may accept it; null: any), "days" (1 to 30, else 7)}; answers the row without its digest.';

COMMENT ON FUNCTION "public"."create_tenant"(jsonb) IS 'Makes the tenant of the token, with its user as the first owner; {"email"} where it has to be theirs and confirmed. A name that is or was somebody''s is refused, 20 a person are the most.';

COMMENT ON FUNCTION "public"."find_invitation"(jsonb) IS 'The tenant that the invitation {"invitation_id", "digest"} is into, or null; whether it still works is asked when it is accepted.';

COMMENT ON FUNCTION "public"."list_members"(jsonb) IS 'The members and the open invitations of the caller''s tenant, the oldest first; members with their address where Supabase Auth has a confirmed one.';

COMMENT ON FUNCTION "public"."remove_membership"(jsonb) IS 'Takes {"user_id"} out of the caller''s tenant; never the last owner. Keys of the user''s making are revoked, unless "keys" is keep, and invitations taken back; answers both, and the members whom the user let in, who stay.';

COMMENT ON FUNCTION "public"."revoke_invitation"(jsonb) IS 'Takes the invitation {"invitation_id"} back; answers it. Again changes nothing.';

COMMENT ON FUNCTION "public"."set_membership"(jsonb) IS 'Gives {"user_id"} the "role" in the caller''s tenant; never takes it from the last owner. Keys of the user''s making that may do more than the role are revoked, unless "keys" is keep, and invitations into more are taken back; answers both.';

COMMENT ON TABLE "public"."forgotten" IS 'Traces and users that were forgotten in the last 45 days, longer than a span can wait in the queue. Written whether there is a queue or not.';

COMMENT ON TABLE "public"."invitations" IS 'Invitations into a tenant, each for one person. A row is kept for 30 days after its end, so that the invited learn why it does not work.';

COMMENT ON TYPE "app"."edges" IS 'Places of spans in a list: wrappers, each with a call that it tells of and whether it is the opening of its stream; and wrappers of which it is not known.';

REVOKE ALL ON FUNCTION "app"."check_request"() FROM "llm_join";

GRANT EXECUTE ON FUNCTION "app"."check_request"() TO "llm_join";

REVOKE ALL ON FUNCTION "app"."clock_skew_ns"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."confirm_email"(uuid, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."describe_invitation"(public.invitations) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."email_argument"(jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."end_invitations"(text, uuid, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."enter_as"(public.invitations, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."explain_invitation"(public.invitations, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_called"(text, public.spans[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_callers"(text, public.spans[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_emails"(uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_entangled"(text, public.spans[], public.spans[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_lineage"(text, public.spans[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."find_unsettled"(public.spans[], public.spans[], text[], public.spans[], boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."hold_access"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."holds_at"(bigint, smallint, smallint, smallint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."invitation_argument"(jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_open"(public.invitations) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_proven_below"(app.call, app.call) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."is_transparent"(boolean, text, text, text, jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."leave_crowded"(text, public.spans[], public.spans[], timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_lineage"(public.spans[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."list_pairs"(public.spans[], integer[], integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."may_let_in"(text[], text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."most_steps"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."note_forgotten"(text, text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."pair_calls"(public.spans[], integer[], integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."refuse_name"(text) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."require_member"(text, uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."require_person"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."retells"(app.call, app.call) FROM PUBLIC;

REVOKE ALL ON FUNCTION "app"."without_forgotten"(text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."accept_invitation"(jsonb) TO "llm_join";

GRANT EXECUTE ON FUNCTION "public"."change_membership"(jsonb) TO "llm_admin";

GRANT EXECUTE ON FUNCTION "public"."create_invitation"(jsonb) TO "llm_admin";

GRANT EXECUTE ON FUNCTION "public"."create_tenant"(jsonb) TO "llm_join";

GRANT EXECUTE ON FUNCTION "public"."find_invitation"(jsonb) TO "llm_gate";

GRANT EXECUTE ON FUNCTION "public"."list_members"(jsonb) TO "llm_admin";

GRANT EXECUTE ON FUNCTION "public"."revoke_invitation"(jsonb) TO "llm_admin";

REVOKE ALL ON SCHEMA "app" FROM "llm_join";

GRANT USAGE ON SCHEMA "app" TO "llm_join";

REVOKE ALL ON SCHEMA "public" FROM "llm_join";

GRANT USAGE ON SCHEMA "public" TO "llm_join";

GRANT SELECT ON TABLE "public"."forgotten" TO "llm_admin";

REVOKE ALL ON TABLE "public"."forgotten" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."forgotten" TO "service_role";

GRANT SELECT ("accepted_at") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("accepted_by") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("created_at") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("email") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("expires_at") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("invitation_id") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("revoked_at") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("role") ON TABLE "public"."invitations" TO "llm_admin";

GRANT SELECT ("tenant_id") ON TABLE "public"."invitations" TO "llm_admin";

REVOKE ALL ON TABLE "public"."invitations" FROM "service_role";

REVOKE ALL ("accepted_at") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("accepted_at") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("accepted_by") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("accepted_by") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("created_at") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("created_at") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("email") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("email") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("expires_at") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("expires_at") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("invitation_id") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("invitation_id") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("revoked_at") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("revoked_at"), UPDATE ("revoked_at") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("role") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("role") ON TABLE "public"."invitations" TO "service_role";

REVOKE ALL ("tenant_id") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("tenant_id") ON TABLE "public"."invitations" TO "service_role";

CREATE TRIGGER audit_change
  AFTER INSERT OR DELETE OR UPDATE OF tenant_id, invitation_id, ROLE, email, digest, created_by, expires_at, accepted_at, accepted_by, revoked_at ON public.invitations
  FOR EACH ROW
  EXECUTE FUNCTION app.audit_change('invitation', 'invitation_id');

COMMENT ON COLUMN "public"."invitations"."created_by" IS 'Who invites: user:<uuid>, dev or command. It is void once they may no longer let anybody in as much.';

GRANT SELECT ("created_by") ON TABLE "public"."invitations" TO "llm_admin";

REVOKE ALL ("created_by") ON TABLE "public"."invitations" FROM "service_role";

GRANT SELECT ("created_by") ON TABLE "public"."invitations" TO "service_role";
