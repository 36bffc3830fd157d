-- How a text finds its rows: by the words of contents, which an index has, and by names. They narrow,
-- and nothing else: the compiled filter is asked of each row, as its reader.

create function app.list_required(tree jsonb) returns setof jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  member jsonb;
begin
  if tree ? 'field' then
    return next tree;
  end if;
  for member in select m from jsonb_array_elements(tree -> 'and') m loop
    return query select * from app.list_required(member);
  end loop;
end
$$;
comment on function app.list_required(jsonb) is
  'The terms that a checked tree asks of every row.';

create function app.choose_text(filters jsonb) returns text
language sql immutable set search_path = ''
as $$
  select t #>> '{values,0}' from jsonb_array_elements(filters) filter, app.list_required(filter) t
  where t ->> 'field' = 'text' order by length(t #>> '{values,0}') desc, t limit 1
$$;
comment on function app.choose_text(jsonb) is
  'The text by which rows are looked up, the longest; null where filters ask for none of every row.';

create function app.choose_digests(filters jsonb) returns text[]
language sql immutable set search_path = ''
as $$
  select array(select jsonb_array_elements_text(t -> 'values'))
  from jsonb_array_elements(filters) filter, app.list_required(filter) t
  where t ->> 'field' = 'input_digest' limit 1
$$;
comment on function app.choose_digests(jsonb) is
  'The digests one of which filters ask of every row; null where they ask for none.';

create function app.first_start(filters jsonb) returns timestamptz
language sql stable set search_path = ''
as $$
  select coalesce(max(case when v like '%T%' then v else v || 'T00:00:00Z' end::timestamptz), '-infinity')
  from jsonb_array_elements(filters) filter, app.list_required(filter) t,
    lateral (select t #>> '{values,0}' as v) w
  where t ->> 'field' = 'started' and t ->> 'op' in ('ge', 'gt')
$$;
comment on function app.first_start(jsonb) is
  'The time at or after which each row starts that checked filters let through.';

-- The index's operator is not leakproof: under row level security it would be asked of every row of
-- the tenant. Here the tenant is in each hash, and compared besides.
create function app.find_texts(told text, since timestamptz, until timestamptz, most integer)
returns table (start_time timestamptz, trace_id text)
language plpgsql stable security definer set search_path = '' set jit = off
-- Whatever part of a table has a word: to read each row's words takes half a millisecond.
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  tenant text := app.require_tenant();
  configs constant text[] := (select t.text_configs from public.tenants t where t.tenant_id = tenant);
  day timestamptz;
  asked text;
  found bigint;
begin
  while most > 0 loop
    select date_bin('1 day', max(k.start_time), 'epoch') into day
      from public.span_contents k
      where k.tenant_id = tenant and k.start_time >= since and k.start_time < until;
    exit when day is null;
    select string_agg(format(
        'app.content_words(k.tenant_id, k.start_time, k.text_config, k.labels, k.input, k.output) @> %L',
        words), ' or ')
      into asked
      from unnest(configs) config cross join lateral (
        select app.hash_words(tenant, day,
          app.text_vector(config, jsonb_build_array(told))) as words) w
      where words <> '{}';
    exit when asked is null;
    -- By the index of words and no other: the partition is named, all else asked later (`offset 0`).
    return query execute format($query$
      select k.start_time, k.trace_id from (
        select * from %s k where %s offset 0) k
      where k.tenant_id = %L and k.start_time >= %L and k.start_time < %L
      order by k.start_time desc fetch first %s rows with ties$query$,
      coalesce(to_regclass(format('public.%I', app.partition_name(
          'span_contents', date_trunc('month', day at time zone 'UTC')::date))),
        'public.span_contents_default'::regclass), asked, tenant,
      greatest(since, day), least(until, day + interval '1 day'), most);
    get diagnostics found = row_count;
    most := most - found;
    until := day;
  end loop;
end
$$;
comment on function app.find_texts(text, timestamptz, timestamptz, integer) is
  'The starts and traces of the caller''s spans in a window whose contents have all words of a text, about the newest so many, day after day. Some others may be among them.';

create function app.find_named(told text, since timestamptz, until timestamptz, most integer)
returns table (start_time timestamptz, trace_id text)
language plpgsql stable set search_path = '' set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  tenant text := app.require_tenant();
  covered timestamptz[] := app.find_covered(tenant, false, since, until);
  keys bigint[] := app.name_keys(told);
  word text := app.longest_word(told);
begin
  return query
    with starts as materialized (
      select distinct at
      from unnest(covered) c (hour) cross join lateral (
        select h.places, h.size from public.hour_terms h
        where h.tenant_id = tenant and not h.of_traces and h.hour = c.hour and h.term = 0) h
      cross join lateral (
        select bit_and(coalesce(k.bits, app.to_bits(k.places, h.size))) as found, count(*) as words
        from unnest(keys) key join public.hour_terms k on k.term = key
        where k.tenant_id = tenant and not k.of_traces and k.hour = c.hour) n
      cross join lateral app.list_starts(c.hour, h.places, n.found) at
      where n.words = cardinality(keys) and at >= since and at < until
      order by at desc limit most)
    select n.start_time, n.trace_id from (
      select s.start_time, s.trace_id from starts cross join lateral (
        select s.start_time, s.trace_id from public.spans s
        where s.tenant_id = tenant and s.start_time between starts.at and starts.at
        order by s.start_time) s
      union all
      select g.start_time, g.trace_id from app.list_gaps(covered, since, until) r cross join lateral (
        select s.start_time, s.trace_id from public.spans s
        where s.tenant_id = tenant and s.start_time >= r.gap_since and s.start_time < r.gap_until
          and strpos(lower(concat_ws(e'\n', s.name, s.agent_name, s.tool_name)), word) > 0
        order by s.start_time desc fetch first most rows with ties) g
    ) n order by n.start_time desc fetch first (most) rows with ties;
end
$$;
comment on function app.find_named(text, timestamptz, timestamptz, integer) is
  'The starts and traces of the caller''s spans in a window whose names may have the words of a text, the newest so many: by the terms of hours, and by letters where hours have none.';

-- The hash is not leakproof, either.
create function app.find_digested(digests text[], until timestamptz, most integer)
returns table (start_time timestamptz, trace_id text)
language plpgsql stable security definer set search_path = '' set jit = off
as $$
declare
  tenant text := app.require_tenant();
begin
  return query execute format($query$
    select s.start_time, s.trace_id from public.spans s
    where s.tenant_id = %L and s.input_digest is not null and s.input_digest = any(%L::text[])
      and hashtextextended(s.input_digest, 0) = any(%L::bigint[]) and s.start_time < %L
    limit %s$query$, tenant, digests,
    array(select hashtextextended(digest, 0) from unnest(digests) digest), until, most);
end
$$;
comment on function app.find_digested(text[], timestamptz, integer) is
  'The starts and traces of the caller''s spans with one of these digests of a prompt that start before a time; where there are more than so many, of some.';

create function app.walk_digests(
  tenant text, kind text, question text, digests text[], before timestamptz, room integer
) returns table (start_time timestamptz, trace_id text, span_id text)
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
declare
  most constant integer := 20000;
  starts timestamptz[];
  traces text[];
  found bigint;
  narrowing text;
begin
  select array_agg(distinct d.start_time), array_agg(distinct d.trace_id), count(*)
    into starts, traces, found
    from app.find_digested(digests, case kind when 'spans' then before else 'infinity' end, most) d;
  -- A prompt that so many calls had is near wherever one looks.
  narrowing := case when found = most then 'true' when kind = 'spans' then 's.start_time = any($1)'
    else 't.trace_id = any($5)' end;
  return query execute app.verifying_texts(tenant, kind, question, narrowing)
    using starts, '-infinity'::timestamptz, before, room, traces;
end
$$;
comment on function app.walk_digests(text, text, text, text[], timestamptz, integer) is
  'The rows of app.match_rows where a prompt''s digest is asked for.';

create function app.verifying_texts(tenant text, kind text, question text, narrowing text) returns text
language sql immutable set search_path = ''
as $$
  select case kind
    when 'spans' then format(
      'select s.start_time, s.trace_id, s.span_id from public.span_summaries s
      where s.tenant_id = %L and s.start_time >= $2 and s.start_time < $3 and %s and %s
      order by s.start_time desc, s.trace_id desc, s.span_id desc limit $4', tenant, narrowing, question)
    else format(
      'select t.start_time, t.trace_id, null::text from public.trace_summaries t
      where t.tenant_id = %L and t.start_time >= $2 and t.start_time < $3 and %s and %s
      order by t.start_time desc, t.trace_id desc limit $4', tenant, narrowing, question) end
$$;
comment on function app.verifying_texts(text, text, text, text) is
  'The rows that a question lets through, as app.match_rows has them, of those that start from $2 to before $3 and that are narrowed to $1, at most $4, as SQL.';

create function app.find_newest(tenant text, kind text, before timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  -- To look into a trace is as dear as into some spans.
  if kind = 'spans' then
    return (select min(n.start_time) from (
      select s.start_time from public.spans s
      where s.tenant_id = tenant and s.start_time < before order by s.start_time desc limit 100) n);
  end if;
  return (select min(n.start_time) from (
    select t.start_time from public.traces t
    where t.tenant_id = tenant and t.start_time < before order by t.start_time desc limit 20) n);
end
$$;
comment on function app.find_newest(text, text, timestamptz) is
  'Since when the newest rows start that are looked into as they come: a word that many have fills a page with them.';

-- A trace is found by a span, which starts no earlier: all that start since then are known once all
-- spans since then were looked for.
create function app.walk_texts(
  tenant text, kind text, question text, told text, first timestamptz, before timestamptz, room integer
) returns table (start_time timestamptz, trace_id text, span_id text)
language plpgsql stable set search_path = '' set jit = off rows 100
as $$
declare
  shown_until timestamptz := before;
  since timestamptz := greatest(first, app.find_newest(tenant, kind, before));
  until timestamptz := 'infinity';
  days integer := 1;
  most integer := greatest(200, room * 2);
  starts timestamptz[];
  -- The terms of hours do not have misdated spans.
  traces text[] := array(
    select t.trace_id from public.traces t
    where kind = 'traces' and t.tenant_id = tenant and t.misdated <> '{}');
  near text[];
  found bigint;
begin
  if since is null then
    return;
  end if;
  return query execute app.verifying_texts(tenant, kind, question, '$1 is null')
    using null::text, since, shown_until, room;
  get diagnostics found = row_count;
  shown_until := since;
  if kind = 'spans' then
    until := since;
  end if;
  loop
    room := room - found;
    exit when room <= 0 or since <= first;
    since := greatest(first, case when days < 30 then least(until, now()) - days * interval '24 hours'
      else '-infinity' end);
    select array_agg(c.start_time order by c.start_time desc), array_agg(distinct c.trace_id)
      into starts, near
      from (
        select u.start_time, u.trace_id from (
          select * from app.find_texts(told, since, until, most)
          union all select * from app.find_named(told, since, until, most)) u
        order by u.start_time desc fetch first (most) rows with ties) c;
    if cardinality(starts) >= most then
      since := starts[cardinality(starts)];
      most := least(most * 2, 20000);
    else
      days := days * 7;
    end if;
    if kind = 'spans' then
      return query execute app.verifying_texts(tenant, kind, question, 's.start_time = any($1)')
        using starts, since, shown_until, room;
    else
      traces := traces || near;
      return query execute app.verifying_texts(tenant, kind, question, 't.trace_id = any($1)')
        using traces, since, shown_until, room;
    end if;
    get diagnostics found = row_count;
    traces := array(
      select t.trace_id from public.traces t
      where t.tenant_id = tenant and t.trace_id = any(traces) and t.start_time < since);
    shown_until := least(shown_until, since);
    until := since;
  end loop;
end
$$;
comment on function app.walk_texts(text, text, text, text, timestamptz, timestamptz, integer) is
  'The rows of app.match_rows where a text is asked for: a piece of time after the other, the newest first.';

create function app.text_config_argument(arguments jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
  wanted constant text := app.argument(
    arguments, 'text_config', '^[a-z_]{1,63}$', 'the name of a text search configuration');
  known constant text[] := array(
    select c.cfgname from pg_catalog.pg_ts_config c
    where c.cfgnamespace = 'pg_catalog'::regnamespace order by 1);
begin
  if wanted <> all(known) then
    raise invalid_parameter_value using
      message = 'There is no such text search configuration.',
      hint = format('Choose one of %s.', array_to_string(known, ', '));
  end if;
  return wanted;
end
$$;
comment on function app.text_config_argument(jsonb) is
  'A text search configuration that Postgres itself has.';

-- What was stored stays as it is, and a search looks for it by what it was stored with.
create function public.set_text_config(jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  tenant text := app.share_tenant('admin');
  wanted text := app.text_config_argument($1);
  configs text[];
begin
  perform app.ensure_tenant(tenant);
  select array[wanted] || array_remove(t.text_configs, wanted) into configs
    from public.tenants t where t.tenant_id = tenant for update;
  if cardinality(configs) > 4 then
    raise exception using errcode = 'PT409',
      message = 'Contents of this tenant are read by 4 text search configurations already.',
      hint = format('Choose one of %s.', array_to_string(configs[2:], ', '));
  end if;
  update public.tenants set text_configs = configs where tenant_id = tenant;
  return jsonb_build_object('text_config', wanted, 'before', to_jsonb(configs[2:]));
end
$$;
comment on function public.set_text_config(jsonb) is
  'Sets {"text_config"} of the caller''s tenant, by which the words of contents are read that are stored from then on: simple, english, german …; before are those of what is stored, of which there are three at most.';

create function public.find_digest_source(jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  tenant text := app.argument($1, 'tenant_id', '^[a-z0-9][a-z0-9_-]{0,62}$', 'a tenant''s name');
begin
  return (select app.digest_source(t) from public.tenants t where t.tenant_id = tenant);
end
$$;
comment on function public.find_digest_source(jsonb) is
  'What the digest key of the tenant {"tenant_id"} derives from, to look for a prompt by its digest; null where there is none.';

revoke execute on all functions in schema app from public;
revoke execute on function public.find_digest_source(jsonb), public.set_text_config(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.set_text_config(jsonb) to llm_admin;
grant execute on function public.find_digest_source(jsonb) to llm_gate;
grant execute on function
  app.list_required(jsonb), app.choose_text(jsonb), app.choose_digests(jsonb),
  app.find_digested(text[], timestamptz, integer),
  app.walk_digests(text, text, text, text[], timestamptz, integer), app.first_start(jsonb),
  app.find_texts(text, timestamptz, timestamptz, integer),
  app.find_named(text, timestamptz, timestamptz, integer),
  app.verifying_texts(text, text, text, text), app.find_newest(text, text, timestamptz),
  app.walk_texts(text, text, text, text, timestamptz, timestamptz, integer)
  to authenticated, service_role;
