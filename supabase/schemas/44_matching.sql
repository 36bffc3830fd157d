-- Which of many spans enclose a call each: a wrapper stands for one call at most, and a call has one
-- wrapper at most of those around it, so that as many calls are counted as there can have been.

-- Twenty calls at once, each traced by two instrumentations, lie inside each other in many ways.
create function app.most_entangled() returns integer
language sql immutable parallel safe
return 128;
comment on function app.most_entangled() is
  'Among how many spans, each of which encloses another of them, pairs are looked for: of more all are counted.';

create function app.list_pairs(spans public.spans[], above integer[], below integer[])
returns app.edges
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.list_pairs(public.spans[], integer[], integer[]) is
  'Wrappers and calls of which it is proven that they are of one call, and wrappers of which it may be; above and below are which of these spans lie below which (app.list_lineage).';

create function app.pair_calls(spans public.spans[], above integer[], below integer[])
returns app.pairs
language plpgsql immutable set search_path = ''
as $$
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
$$;
comment on function app.pair_calls(public.spans[], integer[], integer[]) is
  'Of spans that are counted so far those that enclose one of them, each another one, as many as can be; and those of which it is not known, though they resemble the wrapper of any.';

-- Kuhn's matching. From the last wrapper to the first, each takes the call inside it that ends last,
-- which those around it can spare best, so that hardly any is looked for twice. Which wrappers find
-- a call depends on their order alone, and not on which call they find (it is a matroid's basis).
create function app.match_pairs(outside integer[], inside integer[]) returns integer[]
language plpgsql immutable set search_path = ''
as $$
declare
  most integer := (select coalesce(max(place), 0) from unnest(outside || inside) place);
  firsts integer[] := array_fill(0, array[most]);
  lasts integer[] := firsts;
  taker integer[] := firsts;
  taken integer[] := firsts;
  reached_from integer[] := firsts;
  wrappers integer[] := '{}';
  matched integer[] := '{}';
  queue integer[];
  reached integer[];
  wrapper integer;
  call integer;
  looks_from integer;
  next integer;
begin
  for edge in 1 .. coalesce(cardinality(outside), 0) loop
    if firsts[outside[edge]] = 0 then
      firsts[outside[edge]] := edge;
      wrappers := wrappers || outside[edge];
    end if;
    lasts[outside[edge]] := edge;
  end loop;
  foreach wrapper in array wrappers loop
    queue := array[wrapper];
    reached := '{}';
    next := 0;
    <<search>>
    while next < cardinality(queue) loop
      next := next + 1;
      looks_from := queue[next];
      for edge in firsts[looks_from] .. lasts[looks_from] loop
        call := inside[edge];
        continue when reached_from[call] <> 0;
        reached_from[call] := looks_from;
        reached := reached || call;
        exit search when taker[call] = 0;
        queue := queue || taker[call];
      end loop;
      call := null;
    end loop;
    -- Calls that were reached in vain lead nowhere for later wrappers either, and stay marked.
    continue when call is null;
    matched := matched || wrapper;
    -- Each on the way there takes what it reached and leaves what it had to the one before.
    while call <> 0 loop
      looks_from := reached_from[call];
      taker[call] := looks_from;
      next := taken[looks_from];
      taken[looks_from] := call;
      call := next;
    end loop;
    foreach call in array reached loop
      reached_from[call] := 0;
    end loop;
  end loop;
  return matched;
end
$$;
comment on function app.match_pairs(integer[], integer[]) is
  'Of wrappers and the calls inside them, pair by pair and wrapper by wrapper, the wrappers of a greatest matching: the first ones, where not all find a call.';

create function app.find_crowded(outside integer[], inside integer[]) returns integer[]
language plpgsql immutable set search_path = ''
as $$
declare
  places integer[] := array(select distinct place from unnest(outside || inside) place);
  leader integer[];
  one integer;
  other integer;
begin
  if cardinality(places) <= app.most_entangled() then
    return '{}';
  end if;
  leader := array(select generate_series(1, (select max(place) from unnest(places) place)));
  for edge in 1 .. cardinality(outside) loop
    one := outside[edge];
    other := inside[edge];
    while leader[one] <> one loop
      leader[one] := leader[leader[one]];
      one := leader[one];
    end loop;
    while leader[other] <> other loop
      leader[other] := leader[leader[other]];
      other := leader[other];
    end loop;
    leader[greatest(one, other)] := least(one, other);
  end loop;
  -- A leader comes before those it leads.
  for place in 1 .. cardinality(leader) loop
    leader[place] := leader[leader[place]];
  end loop;
  return array(
    select place from (
      select place, count(*) over (partition by leader[place]) as many from unnest(places) place) p
    where many > app.most_entangled());
end
$$;
comment on function app.find_crowded(integer[], integer[]) is
  'The spans of these pairs that are entangled with more than app.most_entangled(): by a chain of pairs.';

revoke execute on all functions in schema app from public;
