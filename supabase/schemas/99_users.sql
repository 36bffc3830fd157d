-- People by the sums of their calls: the same that query_metrics groups by user.

create type app.person as (
  user_id text, provider text, model text, requests bigint, errors bigint, unpriced bigint, unmeasured bigint,
  input_tokens numeric, output_tokens numeric, total_tokens numeric, cost_usd numeric,
  first_start timestamptz, last_start timestamptz);
comment on type app.person is 'The sums of a user''s model calls in a window, of all or of one model, with the first and the last.';

create function app.sum_users(
  tenant text, window_start timestamptz, window_end timestamptz, person text, beginning text
) returns setof app.person
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
set enable_sort = off set jit = off
as $$
declare
  ranges constant app.sum_range[] := array(select w from app.widen_ranges(
    array(select r from app.plan_ranges(tenant, array[window_start, window_end], 60) r), 60) w);
begin
  return query
    with part as (
      select u.* from unnest(ranges) r cross join lateral (
        select o.value, o.provider, o.model, o.spans, o.errors, o.unpriced, o.unmeasured, o.input_tokens,
          o.output_tokens, o.total_tokens, o.cost_usd, o.first_start, o.last_start
        from public.roll_ups o
        where o.tenant_id = tenant and o.dimension = 'user' and o.grain = r.grain
          and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
          and (beginning is null or starts_with(o.value, beginning))
        offset 0) u
      where person is null
      union all
      select u.* from unnest(ranges) r cross join lateral (
        select o.value, o.provider, o.model, o.spans, o.errors, o.unpriced, o.unmeasured, o.input_tokens,
          o.output_tokens, o.total_tokens, o.cost_usd, o.first_start, o.last_start
        from public.roll_ups o
        where o.tenant_id = tenant and o.dimension = 'user' and o.grain = r.grain
          and o.bucket_start >= r.since and o.bucket_start < r.until and (o.taken or not r.raw)
          -- As the index asks that has these.
          and o.value = person and o.first_start is not null
        offset 0) u
      where person is not null
      union all
      select s.value, s.provider, s.model, s.spans, s.errors, s.unpriced, s.unmeasured, s.input_tokens,
        s.output_tokens, s.total_tokens, s.cost_usd, s.first_start, s.last_start
      from unnest(ranges) r cross join lateral app.sum_spans(
        tenant, r.since, r.until, 1440, '{user}', without_buckets => true) s
      where r.raw and (person is null or s.value = person)
        and (beginning is null or starts_with(s.value, beginning))
    )
    -- Of one person by model, too.
    select p.value, case when person is not null then p.provider end as provider,
      case when person is not null then p.model end as model, sum(p.spans)::bigint, sum(p.errors)::bigint, sum(p.unpriced)::bigint,
      sum(p.unmeasured)::bigint, sum(p.input_tokens), sum(p.output_tokens), sum(p.total_tokens),
      sum(p.cost_usd), min(p.first_start), max(p.last_start)
    from part p group by 1, 2, 3;
end
$$;
comment on function app.sum_users(text, timestamptz, timestamptz, text, text) is
  'The sums of users in a window, of all of them or those whose ids begin so, or of one of them by model, by roll-ups where they are true and by raw rows elsewhere.';

create function app.describe_user(told app.person) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object('user_id', told.user_id, 'first_seen', told.first_start,
      'last_seen', told.last_start)
    || (app.metrics_of(told.requests, told.errors, told.unpriced, told.unmeasured, told.input_tokens,
      told.output_tokens, told.total_tokens, told.cost_usd, '{}') - 'latency_ms')
$$;
comment on function app.describe_user(app.person) is 'A user''s sums as JSON, named as query_metrics names them.';

create function app.amount_of(told app.person, sort text) returns numeric
language sql immutable parallel safe
return case sort when 'calls' then told.requests when 'errors' then told.errors
  when 'cost' then told.cost_usd when 'tokens' then told.total_tokens
  when 'last' then extract(epoch from told.last_start)
  when 'first' then extract(epoch from told.first_start) end;
comment on function app.amount_of(app.person, text) is 'What users are sorted by; null where it is not known.';

create function app.asked_window(arguments jsonb) returns timestamptz[]
language plpgsql stable set search_path = ''
as $$
declare
  window_start constant timestamptz := app.time_argument(arguments, 'start');
  window_end constant timestamptz := app.time_argument(arguments, 'end');
begin
  perform app.check_window(window_start, window_end, 'day');
  return array[window_start, window_end];
end
$$;
comment on function app.asked_window(jsonb) is 'The window {"start", "end"}, as query_metrics takes it by the day.';

create function public.list_users(jsonb) returns json
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  between_these timestamptz[] := app.asked_window($1);
  room integer := coalesce(app.integer_argument($1, 'most', 1, 201), 50);
  sort text := app.argument($1, 'sort', '^-?(calls|errors|cost|tokens|last|first)$',
    'calls, errors, cost, tokens, last or first, or one of these behind a minus');
  named constant text := ltrim(sort, '-');
  way constant integer := case when sort like '-%' then -1 else 1 end;
  after constant jsonb := nullif($1 -> 'after', 'null');
  after_user constant text := case when after is not null then app.argument(after, 'user', '^.', 'a user''s id') end;
  after_amount constant numeric := case when coalesce(after -> 'amount', 'null') <> 'null'
    then app.argument(after, 'amount', '^-?[0-9]{1,30}(\.[0-9]{1,30})?$', 'an amount')::numeric end;
  beginning constant text := case when coalesce($1 -> 'beginning', 'null') <> 'null'
    then app.argument($1, 'beginning', '^', 'how an id begins') end;
begin
  return (
    select coalesce(json_agg(app.describe_user(u.person) || jsonb_build_object('amount', u.amount::text)
      order by u.amount is null, way * u.amount, u.user_id), '[]')
    from (
      select p::app.person as person, p.user_id, app.amount_of(p, named) as amount
      from app.sum_users(tenant, between_these[1], between_these[2], null, beginning) p
      where after_user is null
        -- Those of an unknown amount come last, either way.
        or (app.amount_of(p, named) is null, coalesce(way * app.amount_of(p, named), 0), p.user_id)
          > (after_amount is null, coalesce(way * after_amount, 0), after_user)
      order by app.amount_of(p, named) is null, way * app.amount_of(p, named), p.user_id
      limit room) u);
end
$$;
comment on function public.list_users(jsonb) is
  'Users of the caller''s tenant with calls in {"start", "end"}, by {"sort"}: calls, errors, cost, tokens, last or first, behind a minus the most first; those whose ids begin with {"beginning"}; {"most"} of them, after {"user", "amount"} of the page before. Their numbers are those of query_metrics by user.';

create function app.add_models(models app.person[], person text) returns app.person
language plpgsql immutable set search_path = ''
as $$
declare
  told app.person;
begin
  select person, null, null, coalesce(sum(m.requests), 0)::bigint, coalesce(sum(m.errors), 0)::bigint,
      coalesce(sum(m.unpriced), 0)::bigint, coalesce(sum(m.unmeasured), 0)::bigint, sum(m.input_tokens),
      sum(m.output_tokens), sum(m.total_tokens), sum(m.cost_usd), min(m.first_start), max(m.last_start)
    into told from unnest(models) m;
  return told;
end
$$;
comment on function app.add_models(app.person[], text) is 'The sums of a user over all models.';

create function public.read_user(jsonb) returns jsonb
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  person text := app.argument($1, 'user_id', '^.', 'a user''s id');
  between_these timestamptz[] := app.asked_window($1);
  room integer := coalesce(app.integer_argument($1, 'most', 1, 50), 10);
  models app.person[] := array(
    select u::app.person from app.sum_users(tenant, between_these[1], between_these[2], person, null) u);
  traces jsonb;
  sessions jsonb;
begin
  -- Of the newest traces, since a user may have had no call in the window.
  with newest as (select * from app.list_traces_of(person, 500)),
    recent as (
      select session_id, max(start_time) as last from newest where session_id is not null
      group by 1 order by 2 desc, 1 limit room)
  select coalesce((
      select jsonb_agg(to_jsonb(app.find_turn(n.trace_id)) order by n.start_time desc, n.trace_id desc)
      from (select * from newest order by start_time desc, trace_id desc limit room) n), '[]'),
    coalesce((
      select jsonb_agg(d.told order by n.last desc, n.session_id)
      from recent n join app.describe_sessions(array(select session_id from recent)) d using (session_id)),
      '[]')
    into traces, sessions;
  if models = '{}' and traces = '[]' then
    raise sqlstate 'PT404' using
      message = 'This tenant has no such user.', hint = 'Ask for more time, or look at list_users.';
  end if;
  return jsonb_build_object(
    'user', app.describe_user(app.add_models(models, person)),
    'by_model', (
      select coalesce(jsonb_agg(app.describe_user(m)
        || jsonb_build_object('provider', m.provider, 'model', m.model)
        order by m.requests desc, m.provider, m.model), '[]')
      from unnest(models) m),
    'traces', traces, 'sessions', sessions);
end
$$;
comment on function public.read_user(jsonb) is
  'The user {"user_id"} of the caller''s tenant: the sums of {"start", "end"}, by model, too, and {"most"} of the newest traces and of the newest sessions among 500 traces, whenever they were.';

revoke execute on all functions in schema app from public;
revoke execute on function public.list_users(jsonb), public.read_user(jsonb)
  from public, anon, authenticated;
grant execute on function
  app.sum_users(text, timestamptz, timestamptz, text, text), app.describe_user(app.person),
  app.amount_of(app.person, text), app.asked_window(jsonb),
  app.add_models(app.person[], text),
  public.list_users(jsonb), public.read_user(jsonb)
  to authenticated, service_role;
