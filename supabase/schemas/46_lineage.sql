-- Which calls lie below which others in one trace, through spans that are no calls: a framework's
-- call, a request of its, and the client's call below that are one call. The same trace with
-- parentage is proof, of whatever service and process.

create function app.most_steps() returns integer
language sql immutable parallel safe
return 32;
comment on function app.most_steps() is
  'From how far above a call, in spans, another one is looked for that it is of.';

create function app.clock_skew_ns() returns bigint
language sql immutable parallel safe
return 1000000000;
comment on function app.clock_skew_ns() is
  'By how many nanoseconds, a second, the clocks of two machines in one trace may differ.';

-- What an agent or a tool calls is a call of its own, if a call is around it or not: no operation is
-- let through that has a name, known or not.
create function app.is_transparent(
  countable boolean, operation text, agent_name text, tool_name text, attributes jsonb
) returns boolean
language sql immutable parallel safe
return not countable and operation is null and agent_name is null and tool_name is null
  -- Tools and agents by their names alone, and requests of the Model Context Protocol.
  and not attributes ?| '{gen_ai.tool.name,gen_ai.tool.call.id,gen_ai.agent.name,gen_ai.agent.id,mcp.method.name}';
comment on function app.is_transparent(boolean, text, text, text, jsonb) is
  'Whether a span is no call, and no agent, tool or other operation either, as a request or a function: a call below it is of what is above it.';

create function app.retells(outside app.call, inside app.call) returns boolean
language sql immutable parallel safe
return outside.response_id is null and outside.instrumentation <> inside.instrumentation
  and inside.start_ns between outside.start_ns - app.clock_skew_ns()
    and least(outside.end_ns, outside.start_ns + app.call_window_ns()) + app.clock_skew_ns()
  and (outside.status = 'error') = (inside.status = 'error')
  and case when outside.reported and inside.reported then
      (outside.input_tokens, outside.output_tokens)
        is not distinct from (inside.input_tokens, inside.output_tokens)
    else outside.request_model = inside.request_model or outside.model = inside.model end;
comment on function app.retells(app.call, app.call) is
  'Whether a span without a response id may tell of the call of one below it: made by another instrumentation, begun in its time, both failed or neither, of the same tokens, whatever a router named as the model; of the same model where one of them knows no tokens.';

create function app.is_proven_below(outside app.call, inside app.call) returns boolean
language sql immutable parallel safe
return (inside.reported or not outside.reported)
  and (outside.request_model = inside.request_model or outside.model = inside.model
    or inside.reported and outside.reported and app.name_one_model(outside.model, inside.model)
    ) is true;
comment on function app.is_proven_below(app.call, app.call) is
  'Whether of two spans, of which the outer one may tell of the other''s call (app.retells) and is above it, it does: of the same model, and no tokens are lost by it.';

create function app.list_lineage(spans public.spans[], out above integer[], out below integer[])
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.list_lineage(public.spans[]) is
  'Of spans the places of calls without a response id, each with that of a call below it, through transparent spans (app.is_transparent) and calls; a span that is its own ancestor has none.';

create function app.find_lineage(
  tenant text, calls public.spans[], since timestamptz, until timestamptz,
  out above integer[], out below integer[]
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
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
$$;
comment on function app.find_lineage(text, public.spans[], timestamptz, timestamptz) is
  'The same (app.list_lineage) of stored calls, with what else is stored between them.';

create function app.find_callers(
  tenant text, spans public.spans[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
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
$$;
comment on function app.find_callers(text, public.spans[], timestamptz, timestamptz) is
  'The stored calls without a response id above these spans, through transparent spans and calls.';

create function app.find_called(
  tenant text, wrappers public.spans[], since timestamptz, until timestamptz
) returns public.spans[]
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan
as $$
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
$$;
comment on function app.find_called(text, public.spans[], timestamptz, timestamptz) is
  'The stored calls that these, of the same trace, may tell of (app.retells), whether or not below them: a span between them may be gone or another by now.';

revoke execute on all functions in schema app from public;
