-- A trace a page at a time, and one span of it with what its cost is made of.

create function app.compile_place(arguments jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  after constant jsonb := coalesce(arguments -> 'after', 'null');
begin
  if after = 'null' then
    return 'true';
  end if;
  perform app.time_argument(after, 'start');
  perform app.argument(after, 'span', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  return format('s.start_time >= %1$L::timestamptz and (s.start_time, s.span_id) > (%1$L::timestamptz, %2$L)',
    after ->> 'start', after ->> 'span');
end
$$;
comment on function app.compile_place(jsonb) is
  'What comes after a span of its trace, by start and id, as SQL.';

-- One statement's snapshot for all of it: the sums are those of the spans that it counts.
create function public.read_trace(jsonb) returns json
-- PostgREST sets a function's own limit before its statement: less than callers wait.
language plpgsql stable set search_path = '' set jit = off set statement_timeout = '6s'
as $$
declare
  tenant text := app.require_tenant();
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  room integer := coalesce(app.integer_argument($1, 'most', 1, 2001), 2001);
  summary record;
  source text;
  spans json;
begin
  select t.*, r.root_span_id into summary
    from public.trace_summaries t join public.traces r using (tenant_id, trace_id)
    where t.tenant_id = tenant and t.trace_id = trace;
  if not found then
    return null;
  end if;
  source := format('public.span_summaries s where s.tenant_id = %L and s.trace_id = %L
      and s.start_time between %L and %L and %s
      order by s.start_time, s.span_id limit %s',
    tenant, trace, summary.earliest, summary.latest, app.compile_place($1), room);
  -- Of a long trace the keys are gone through, which an index has, and the rows of one page are read.
  if summary.span_count > room then
    source := format('(select s.span_id, s.start_time from %s) k cross join lateral (
        select * from public.span_summaries d where d.tenant_id = %L and d.trace_id = %L
          and d.span_id = k.span_id and d.start_time = k.start_time limit 1) s
        order by k.start_time, k.span_id', source, tenant, trace);
  end if;
  execute format('select coalesce(json_agg(r), ''[]'') from (select %s from %s) r',
    (select string_agg(format('s.%I', name), ', ') from unnest(app.check_columns($1)) name), source)
    into spans;
  return json_build_object('trace', row_to_json(summary), 'spans', spans);
end
$$;
comment on function public.read_trace(jsonb) is
  'A trace of the caller''s tenant and a page of its spans by start and id: {"trace_id", "shown", "after", "most"}, where shown are columns of span_summaries and after is the last span of the page before, {"start", "span"}. trace is its row of trace_summaries with root_span_id, whichever page it is; null where there is no such trace.';

-- Rates come from app.span_cost itself, which is linear in the tokens: one bucket's at 10^18, since it
-- rounds, and the others', which say of what kind tokens are, at none.
create function app.list_cost_lines(buckets jsonb, price public.model_prices)
returns table (bucket text, tokens numeric, rate_per_mtok numeric, cost_usd numeric)
language sql immutable set search_path = ''
as $$
  select e.key, e.value::numeric, r.rate, e.value::numeric * r.rate * 1e-6
  from jsonb_each(buckets) with ordinality e (key, value, place)
  cross join lateral (
    select 1e-12 * app.span_cost(
      jsonb_object_agg(o.key, case when o.key = e.key then 1e18 else 0 end), price) as rate
    from jsonb_each(buckets) o) r
  where e.value::numeric > 0
  order by e.place
$$;
comment on function app.list_cost_lines(jsonb, public.model_prices) is
  'What each bucket of a span''s tokens costs at a price: together app.span_cost, before that is rounded.';

create function app.explain_cost(span public.spans, price public.model_prices)
returns table (cost_lines json, because text)
language plpgsql stable set search_path = ''
as $$
declare
  total numeric;
begin
  because := case
    when span.cost_usd is null then coalesce(
      span.unknown_because, case when span.usage_buckets is null then 'no_usage' else 'no_price' end)
    when span.usage_buckets is null then 'buckets_not_told'
    when price.price_id is null then 'price_not_kept' end;
  if because is null then
    select coalesce(json_agg(l), '[]'), coalesce(sum(l.cost_usd), 0) into cost_lines, total
      from app.list_cost_lines(span.usage_buckets, price) l;
    if (abs(total - span.cost_usd) <= 1e-12) is not true then
      cost_lines := null;
      because := 'price_differs';
    end if;
  end if;
  return next;
end
$$;
comment on function app.explain_cost(public.spans, public.model_prices) is
  'The lines that add up to a span''s cost; null with the reason where it is not known, or was made of something else than this price.';

create function public.read_span(jsonb) returns json
language plpgsql stable set search_path = '' set jit = off
as $$
declare
  tenant text := app.require_tenant();
  trace text := app.argument($1, 'trace_id', '^[0-9a-f]{32}$', '32 hex digits in lower case');
  wanted text := app.argument($1, 'span_id', '^[0-9a-f]{16}$', '16 hex digits in lower case');
  summary record;
  span public.spans;
  found json;
begin
  select t.earliest, t.latest into summary from public.trace_summaries t
    where t.tenant_id = tenant and t.trace_id = trace;
  select * into span from public.spans s
    where s.tenant_id = tenant and s.trace_id = trace and s.span_id = wanted
      and s.start_time between summary.earliest and summary.latest
    order by s.tenant_id, s.trace_id, s.span_id, s.start_time limit 1;
  if span.span_id is null then
    return null;
  end if;
  select json_build_object(
      'span', (select row_to_json(v) from public.span_summaries v
        where v.tenant_id = tenant and v.trace_id = trace and v.span_id = wanted and v.start_time = span.start_time),
      'content', (select json_build_object('input', c.input, 'output', c.output) from public.span_contents c
        where c.tenant_id = tenant and c.trace_id = trace and c.span_id = wanted and c.start_time = span.start_time),
      'price', case when p.price_id is not null then row_to_json(p) end,
      'cost_lines', e.cost_lines,
      'cost_lines_unknown_because', e.because,
      'evaluations', (select coalesce(json_agg(v order by v.received_at, v.evaluation_id), '[]') from (
        select * from public.trace_evaluations v
        where v.tenant_id = tenant and v.trace_id = trace and v.span_id = wanted
        order by v.received_at, v.evaluation_id limit 100) v))
    into found
    from (values (1)) one left join public.model_prices p on p.price_id = span.price_id
    cross join lateral app.explain_cost(span, p) e;
  return found;
end
$$;
comment on function public.read_span(jsonb) is
  'All there is of the span {"trace_id", "span_id"} of the caller''s tenant: its row, its content, the price that it was priced by, the lines that its cost is the sum of, and what was found of it; null where there is no such span.';

revoke execute on all functions in schema app from public;
revoke execute on function public.read_trace(jsonb), public.read_span(jsonb)
  from public, anon, authenticated;
grant execute on function
  app.compile_place(jsonb), app.list_cost_lines(jsonb, public.model_prices),
  app.explain_cost(public.spans, public.model_prices),
  -- What a cost is asked of runs as its caller, too.
  app.span_cost(jsonb, public.model_prices), app.bucket_cost(numeric, numeric),
  app.may_hold_images(jsonb, public.model_prices), app.unsplit_rates(jsonb, public.model_prices),
  public.read_trace(jsonb), public.read_span(jsonb)
  to authenticated, service_role;
